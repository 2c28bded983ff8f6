//! What was said of an edit, for the ledger.
//!
//! Made beside the score, on the same thread, while everything about the edit is at hand. Only what
//! clients get is recorded: edits that were saved, scored by models as they are.

use std::sync::{Arc, Mutex, PoisonError};

use super::{EditParts, Overrides, Wanted};
use crate::corpus::Sighting;
use crate::edit::Edit;
use crate::evaluation::{Kind, UserClass};
use crate::history::Facts;
use crate::revision::{Page, Revision, Timestamp};
use crate::service::App;
use crate::service::error::ServiceError;
use crate::service::ledger::{Change, EditFacts, Ledger, LedgerPage, ModelScore, ScoredEdit, now};
use crate::service::models::Served;

/// What becomes of what is said of edits.
#[derive(Clone, Default)]
pub(crate) enum Recording {
    /// Nobody keeps it.
    #[default]
    Off,
    /// The ledger gets it when it has time; of this wiki.
    Queued(Arc<str>),
    /// It is collected for whoever waits until the ledger has it; `None` of an edit that is not kept.
    Awaited(Arc<str>, Arc<Mutex<Vec<Option<Change>>>>),
}

/// Reasons that are kept of a flagged edit.
const N_REASONS: usize = 3;

impl Recording {
    /// Of a wiki's edits, where the ledger keeps them.
    pub(crate) fn of(app: &App, wiki: &str) -> Self {
        match app.ledger() {
            Some(ledger) if ledger.keeps(wiki) => Self::Queued(wiki.into()),
            _ => Self::Off,
        }
    }

    /// The same, for whoever waits.
    pub(crate) fn awaited(self) -> Self {
        match self {
            Self::Queued(wiki) => Self::Awaited(wiki, Arc::default()),
            other => other,
        }
    }

    /// The same, for whom nobody waits.
    pub(super) fn queued(self) -> Self {
        match self {
            Self::Awaited(wiki, _) => Self::Queued(wiki),
            other => other,
        }
    }

    /// Whether somebody waits for it.
    pub(super) fn is_awaited(&self) -> bool {
        matches!(self, Self::Awaited(..))
    }

    /// Whether scores of this edit are recorded.
    pub(super) fn is_on(
        &self,
        parts: &EditParts,
        overrides: &Overrides,
        models: &[Wanted],
    ) -> bool {
        !matches!(self, Self::Off)
            && parts.revision.id.0 != 0
            && is_plausible(parts.revision.timestamp)
            && overrides.is_empty()
            && models.iter().all(|wanted| wanted.without.is_none())
    }

    /// What was collected, in the order of the edits; of each that was scored, if it is kept.
    pub(crate) fn collected(&self) -> Vec<Option<Change>> {
        match self {
            Self::Awaited(_, changes) => {
                std::mem::take(&mut *changes.lock().unwrap_or_else(PoisonError::into_inner))
            }
            Self::Off | Self::Queued(_) => Vec::new(),
        }
    }

    /// Waits until the ledger has what was collected. Gives whether that is all that was scored.
    pub(crate) async fn finish(self, app: &App) -> Result<bool, ServiceError> {
        match (&self, app.ledger()) {
            (Self::Awaited(..), Some(ledger)) => {
                let changes = self.collected();
                let is_all = changes.iter().all(Option::is_some);
                let written = ledger.write(changes.into_iter().flatten().collect()).await;
                written.map_or(Err(ServiceError::LedgerUnavailable), |()| Ok(is_all))
            }
            _ => Ok(false),
        }
    }

    /// Takes what was said of an edit; `None` of one that is not kept.
    pub(super) fn record(&self, app: &App, recorded: Option<Recorded>) {
        match (self, app.ledger()) {
            (Self::Queued(wiki), Some(ledger)) => {
                if let Some(recorded) = recorded {
                    ledger.record(recorded.into_edit(Arc::clone(wiki)));
                }
            }
            (Self::Awaited(wiki, changes), _) => {
                let edit = recorded.map(|recorded| recorded.into_edit(Arc::clone(wiki)));
                let mut changes = changes.lock().unwrap_or_else(PoisonError::into_inner);
                changes.push(edit.map(Change::Scored));
            }
            (Self::Off | Self::Queued(_), _) => {}
        }
    }
}

/// An edit with its scores, on its way to the ledger.
pub(super) struct Recorded {
    page: LedgerPage,
    edit: EditFacts,
    scores: Vec<ModelScore>,
}

impl Recorded {
    /// An edit without its scores.
    pub(super) fn new(ledger: &Ledger, edit: &Edit<'_>, past: Option<&Facts>) -> Self {
        Self {
            page: page_of(edit.page()),
            edit: EditFacts {
                kind: Some(Kind::of(edit)),
                is_first: edit.parent().is_none(),
                ..facts_of(ledger, edit.revision(), past)
            },
            scores: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, served: &Served, edit: &Edit<'_>, row: &[f32], probability: f64) {
        let is_counted = served.measure.counts(edit);
        self.scores
            .push(model_score(served, row, probability, is_counted));
    }

    fn into_edit(self, wiki: Arc<str>) -> ScoredEdit {
        ScoredEdit {
            wiki,
            page: self.page,
            edit: self.edit,
            scored_at: Some(now()),
            scores: self.scores,
        }
    }
}

/// A score with what a ledger keeps beside it.
pub(crate) fn model_score(
    served: &Served,
    row: &[f32],
    probability: f64,
    is_counted: bool,
) -> ModelScore {
    let is_flagged = probability >= served.review_threshold();
    let reasons = is_flagged.then(|| served.model.reasons(row));
    // Drift is told among edits like those that were learned from.
    let spreads = served.model.report().spreads.iter();
    let tenths = spreads.filter(|_| is_counted).zip(row);
    ModelScore {
        model: Arc::clone(&served.ledgered),
        probability,
        reasons: reasons
            .into_iter()
            .flatten()
            .take(N_REASONS)
            .map(|(family, part)| (family, part as f32))
            .collect(),
        is_counted,
        tenths: tenths
            .map(|(spread, value)| spread.place(*value) as u8)
            .collect(),
    }
}

/// Whether an edit can be of that time: a client's clock that is ahead would make days that stay open, and a
/// model that stays the latest.
pub(crate) fn is_plausible(time: Option<Timestamp>) -> bool {
    const A_DAY: i64 = 86_400;
    time.is_none_or(|time| time.0 <= now().0 + A_DAY)
}

/// Where an edit was made.
pub(crate) fn page_of(page: &Page) -> LedgerPage {
    LedgerPage {
        id: page.id,
        title: page.title.clone(),
        namespace: page.namespace,
    }
}

/// What a ledger keeps of a revision, by itself: without the digest of its text, what it does and whether it
/// is the first. With what the wiki's history said before it, where there is one.
pub(crate) fn facts_of(ledger: &Ledger, revision: &Revision, past: Option<&Facts>) -> EditFacts {
    let (user, at) = (&revision.user, revision.timestamp);
    let user_class = match past {
        Some(past) => UserClass::of(&past.complete(user.clone(), at), at),
        None => UserClass::of(user, at),
    };
    EditFacts {
        sighting: Sighting {
            revision: revision.id,
            timestamp: at,
            digest: None,
            author: user.name.as_deref().map(|name| ledger.author(name)),
        },
        user_name: user.name.clone().filter(|_| ledger.keeps_names()),
        user_class,
        is_first: false,
        kind: None,
    }
}
