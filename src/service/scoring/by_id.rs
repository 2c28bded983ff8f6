//! Scores of revisions by their ids: fetched where needed, scored where needed.
//!
//! A score that was given lately is given again, as long as the model is the same and nothing
//! special was asked. Fetching and scoring share the request's deadline; a revision that is not
//! fetched by then gets an error of its own.

use std::sync::Arc;
use std::time::Instant;

use futures_util::future::join_all;
use tokio::sync::OwnedSemaphorePermit;

use super::{Asked, EditParts, Overrides, Recording, Scored, Wanted, score_one};
use crate::service::App;
use crate::service::error::ServiceError;
use crate::service::metrics::Stage;
use crate::service::models::Served;
use crate::service::wiki::{FetchError, Fetched, Wiki, fetch};

/// Revisions that are fetched and scored together: as many as a wiki gives at once.
pub(crate) const BATCH: usize = 50;

/// A revision to score.
#[derive(Clone)]
pub(crate) struct Subject {
    pub(crate) rev_id: u64,
    pub(crate) overrides: Overrides,
}

/// What is asked of all of them.
pub(crate) struct Asking {
    pub(crate) wiki: Arc<Wiki>,
    pub(crate) asked: Asked,
    pub(crate) deadline: Instant,
    /// Whether first revisions of a page are refused.
    pub(crate) needs_parent: bool,
}

/// Why a revision has no scores.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum ScoreError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("something went wrong inside the service; its log says more")]
    Internal,
}

/// One revision's scores, in the order of the models.
pub(crate) type Outcome = Result<Vec<Scored>, ScoreError>;

/// Gives scores in the order of the subjects. Each batch goes its own way, so that one that is
/// fetched slowly holds up no other.
pub(crate) async fn score_revisions(
    app: &App,
    subjects: Vec<Subject>,
    asking: Asking,
) -> Result<Vec<Outcome>, ServiceError> {
    let mut outcomes: Vec<Option<Outcome>> = Vec::with_capacity(subjects.len());
    let mut open = Vec::new();
    for (idx, subject) in subjects.into_iter().enumerate() {
        let known = known_scores(app, &asking, &subject);
        if known.is_none() {
            open.push((idx, subject));
        }
        outcomes.push(known.map(Ok));
    }
    let n_known = outcomes.len() - open.len();
    app.metrics()
        .score_lookups(n_known as u64, open.len() as u64);
    if !open.is_empty() {
        let _place = app.admit_fetching()?;
        let asking = Arc::new(asking);
        let batches = open.chunks(BATCH).map(|batch| {
            let subjects = batch.iter().map(|(_, subject)| subject.clone());
            score_batch(app, subjects.collect(), Arc::clone(&asking))
        });
        let mut places = open.iter().map(|(idx, _)| *idx);
        for batch in join_all(batches).await {
            for (outcome, idx) in batch?.into_iter().zip(&mut places) {
                if let Err(error) = &outcome {
                    app.metrics().edit_error(error.code());
                }
                outcomes[idx] = Some(outcome);
            }
        }
    }
    let outcomes = outcomes.into_iter();
    Ok(outcomes
        .map(|outcome| outcome.unwrap_or(Err(ScoreError::Internal)))
        .collect())
}

/// Fetches revisions and scores them.
async fn score_batch(
    app: &App,
    subjects: Vec<Subject>,
    asking: Arc<Asking>,
) -> Result<Vec<Outcome>, ServiceError> {
    let ids: Vec<u64> = subjects.iter().map(|subject| subject.rev_id).collect();
    let Held { results, _held } = fetch_held(app, &asking.wiki, &ids, asking.deadline).await;
    let mut outcomes = Vec::with_capacity(subjects.len());
    let mut work = Vec::new();
    for (subject, fetched) in subjects.into_iter().zip(results) {
        outcomes.push(match fetched {
            Ok(parts) if asking.needs_parent && parts.parent.is_none() => {
                let id = subject.rev_id;
                Err(FetchError::FirstRevision { id }.into())
            }
            Ok(parts) => {
                work.push((subject, parts));
                // Until it is scored.
                Ok(Vec::new())
            }
            Err(error) => Err(error.into()),
        });
    }
    if work.is_empty() {
        return Ok(outcomes);
    }
    let (worker, deadline) = (app.clone(), asking.deadline);
    let score = move |(subject, parts): (Subject, Arc<EditParts>)| {
        let scores = score_one(&worker, &parts, &subject.overrides, &asking.asked);
        if asking.is_plain(&subject) {
            for (wanted, scored) in asking.asked.models.iter().zip(&scores) {
                worker.caches().keep_score(
                    &asking.wiki,
                    subject.rev_id,
                    wanted.served.model.checksum(),
                    scored.wanted_probability,
                );
            }
        }
        scores
    };
    let mut done = app.compute(work, deadline, score).await?.into_iter();
    for outcome in outcomes.iter_mut().filter(|outcome| outcome.is_ok()) {
        let done = done.next();
        if let Some(done) = &done {
            app.metrics().stage(Stage::Queue, done.waited);
        }
        // Without a value, scoring panicked.
        *outcome = done.and_then(|done| done.value).ok_or(ScoreError::Internal);
    }
    Ok(outcomes)
}

/// Fetched revisions, and the permission to hold them in memory.
pub(crate) struct Held {
    pub(crate) results: Vec<Fetched>,
    _held: Option<OwnedSemaphorePermit>,
}

/// Fetches a batch for whoever needs it by the deadline. What is fetched in time is worked on in time
/// too.
pub(crate) async fn fetch_held(
    app: &App,
    wiki: &Arc<Wiki>,
    ids: &[u64],
    deadline: Instant,
) -> Held {
    let left = deadline.saturating_duration_since(Instant::now());
    let fetched_by = deadline - left / 10;
    let held = tokio::time::timeout_at(fetched_by.into(), app.hold_fetched(ids.len())).await;
    let Ok(held) = held else {
        let late = ids.iter().map(|_| Err(FetchError::of_deadline(app)));
        return Held {
            results: late.collect(),
            _held: None,
        };
    };
    let results = fetch(app, wiki, ids, fetched_by).await;
    Held {
        results,
        _held: held,
    }
}

impl Asking {
    /// Scores with models as they are, of a wiki's revisions.
    pub(crate) fn of(app: &App, wiki: &Arc<Wiki>, models: Vec<Arc<Served>>) -> Self {
        Self {
            asked: Asked {
                models: models.into_iter().map(Wanted::from).collect(),
                history: app.histories().find(&wiki.name).cloned(),
                recording: Recording::of(app, &wiki.name),
                is_explained: false,
                has_values: false,
            },
            wiki: Arc::clone(wiki),
            deadline: Instant::now() + app.limits().timeout,
            needs_parent: false,
        }
    }

    /// Whether a score is nothing but the model's, so that it may be kept and given again.
    fn is_plain(&self, subject: &Subject) -> bool {
        let asked = &self.asked;
        subject.overrides.is_empty()
            && !asked.is_explained
            && !asked.has_values
            && !asked.recording.is_awaited()
            && asked.models.iter().all(|wanted| wanted.without.is_none())
    }
}

impl Subject {
    /// A revision as it is.
    pub(crate) fn plain(rev_id: u64) -> Self {
        Self {
            rev_id,
            overrides: Overrides::default(),
        }
    }
}

/// What the cache knows of a revision, when it knows all that was asked.
fn known_scores(app: &App, asking: &Asking, subject: &Subject) -> Option<Vec<Scored>> {
    let (wiki, id) = (&asking.wiki, subject.rev_id);
    if !asking.is_plain(subject) {
        return None;
    }
    // A score does not say whether there was a parent.
    if asking.needs_parent && app.caches().edit(wiki, id)?.parent.is_none() {
        return None;
    }
    let models = asking.asked.models.iter();
    models
        .map(|wanted| {
            let served = &wanted.served;
            let wanted_probability = app.caches().score(wiki, id, served.model.checksum())?;
            Some(Scored {
                wanted_probability,
                overridden: None,
                explanation: None,
                values: None,
            })
        })
        .collect()
}
