//! What a wiki's models say of fetched edits, and of edits of which they said it before.
//!
//! Edits of a batch are scored one after the other, each after the past was told of the one before. That is
//! why they are one piece of work for the pool.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::event::Event;
use super::scored::{Said, ScoredEvent, TrueProbability};
use crate::service::App;
use crate::service::dialect::kind_and_message;
use crate::service::ledger::{Change, KnownEdit};
use crate::service::models::Served;
use crate::service::observing::Observers;
use crate::service::scoring::{
    Asked, EditParts, Overrides, Recording, ScoreError, Wanted, is_plausible, score_one,
};
use crate::service::wiki::{Fetched, Named, Wiki};

/// What models said of an edit, in the order of the served models.
pub(super) type Verdict = Result<Vec<f64>, ScoreError>;

/// Models by the names of clients, and each of them once.
pub(super) struct Models {
    named: Vec<Named>,
    served: Vec<Arc<Served>>,
}

/// How a wiki's edits are scored; made anew for each batch, on the pool's threads.
#[derive(Clone)]
pub(super) struct Scoring {
    app: App,
    wiki: Arc<Wiki>,
    asked: Asked,
    observers: Option<Observers>,
}

impl Scoring {
    pub(super) fn of(app: &App, wiki: &Arc<Wiki>, models: &Models) -> Self {
        let served = models.served.iter();
        Self {
            asked: Asked {
                models: served.cloned().map(Wanted::from).collect(),
                history: app.histories().find(&wiki.name).cloned(),
                recording: Recording::of(app, &wiki.name),
                is_explained: false,
                has_values: false,
            },
            observers: Observers::of(app, &wiki.name),
            app: app.clone(),
            wiki: Arc::clone(wiki),
        }
    }

    pub(super) fn score(&self, fetched: Vec<Fetched>) -> (Vec<Verdict>, Vec<(u64, Change)>) {
        let mut changes = Vec::with_capacity(2 * fetched.len());
        let verdicts = fetched.into_iter().map(|fetched| {
            let parts = fetched?;
            let score = AssertUnwindSafe(|| self.score_one(&parts));
            let (verdict, of_edit) = catch_unwind(score).map_err(|_| ScoreError::Internal)?;
            let id = parts.revision.id.0;
            changes.extend(of_edit.into_iter().map(|change| (id, change)));
            Ok(verdict)
        });
        (verdicts.collect(), changes)
    }

    /// Scores an edit, and then tells the past of it: it is none of its own past.
    fn score_one(&self, parts: &Arc<EditParts>) -> (Vec<f64>, Vec<Change>) {
        let asked = Asked {
            recording: self.asked.recording.clone().awaited(),
            ..self.asked.clone()
        };
        let scores = score_one(&self.app, parts, &Overrides::default(), &asked);
        let id = parts.revision.id.0;
        for (wanted, scored) in asked.models.iter().zip(&scores) {
            let checksum = wanted.served.model.checksum();
            self.app
                .caches()
                .keep_score(&self.wiki, id, checksum, scored.wanted_probability);
        }
        let mut changes: Vec<Change> = asked.recording.collected().into_iter().flatten().collect();
        let observers = self.observers.as_ref();
        if let Some(observers) = observers.filter(|_| is_plausible(parts.revision.timestamp)) {
            let sight = observers.see(&self.app, parts);
            observers.take_in(&self.app, &sight);
            changes.extend(sight.edit.map(Change::Seen));
        }
        let probabilities = scores.iter().map(|scored| scored.wanted_probability);
        (probabilities.collect(), changes)
    }
}

impl Models {
    /// Names that one model serves cost one score.
    pub(super) fn new(named: Vec<Named>) -> Self {
        let mut served: Vec<Arc<Served>> = Vec::new();
        for named in &named {
            let checksum = named.served.model.checksum();
            if served
                .iter()
                .all(|other| other.model.checksum() != checksum)
            {
                served.push(Arc::clone(&named.served));
            }
        }
        Self { named, served }
    }

    /// Of all of them.
    pub(super) fn checksum(&self) -> u128 {
        let checksums = self.served.iter().map(|served| served.model.checksum());
        checksums.fold(0, |sum, checksum| sum.rotate_left(1) ^ checksum)
    }

    /// Whether all of them said something, and the edit was told of.
    pub(super) fn are_in(&self, known: &KnownEdit) -> bool {
        let mut served = self.served.iter();
        known.is_seen && served.all(|served| probability_in(known, served).is_some())
    }

    /// What they say of an event's edit: what they said once, they say for good.
    pub(super) fn say(
        &self,
        event: &Arc<Event>,
        known: Option<&KnownEdit>,
        verdict: Option<&Verdict>,
    ) -> ScoredEvent {
        let said = self.named.iter().map(|named| {
            let served = &named.served;
            let said_once = known.and_then(|known| probability_in(known, served));
            let place = self
                .served
                .iter()
                .position(|other| other.model.checksum() == served.model.checksum());
            let probability = match (said_once, verdict, place) {
                (Some(probability), _, _) => Ok(probability),
                (None, Some(Ok(probabilities)), Some(place)) => Ok(probabilities[place]),
                (None, Some(Err(error)), _) => Err(error.clone()),
                (None, ..) => Err(ScoreError::Internal),
            };
            let score =
                probability.map(|probability| TrueProbability(named.probability(probability)));
            Said {
                model_name: named.name.clone(),
                model_version: served.version.clone(),
                score: score.map_err(|error| {
                    let (kind, message) = kind_and_message(&error);
                    (kind.to_owned(), message)
                }),
            }
        });
        ScoredEvent {
            event: Arc::clone(event),
            said: said.collect(),
        }
    }
}

fn probability_in(known: &KnownEdit, served: &Served) -> Option<f64> {
    let checksum = served.model.checksum();
    let mut scores = known.scores.iter();
    let score = scores.find(|(model, _)| *model == checksum)?;
    Some(score.1)
}
