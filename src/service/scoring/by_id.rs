//! Scores of revisions by their ids: fetched where needed, scored where needed.
//!
//! A score that was given lately is given again, as long as the model is the same and nothing
//! special was asked. Fetching and scoring share the request's deadline; a revision that is not
//! fetched by then gets an error of its own.

use std::sync::Arc;
use std::time::Instant;

use futures_util::future::join_all;
use tokio::sync::OwnedSemaphorePermit;

use super::{Asked, EditParts, Overrides, Scored, Wanted, score_edit};
use crate::model::Score;
use crate::service::error::ServiceError;
use crate::service::metrics::Stage;
use crate::service::models::Served;
use crate::service::wiki::{FetchError, Fetched, Wiki, fetch};
use crate::service::{App, PoolError};

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
    let is_known = |subject: &Subject| known_scores(app, &asking, subject).is_some();
    let _place = match subjects.iter().all(is_known) {
        true => None,
        false => Some(app.admit_fetching()?),
    };
    let asking = Arc::new(asking);
    let batches = subjects
        .chunks(BATCH)
        .map(|batch| score_batch(app, batch.to_vec(), Arc::clone(&asking)));
    let mut outcomes = Vec::with_capacity(subjects.len());
    for batch in join_all(batches).await {
        outcomes.extend(batch?);
    }
    Ok(outcomes)
}

async fn score_batch(
    app: &App,
    subjects: Vec<Subject>,
    asking: Arc<Asking>,
) -> Result<Vec<Outcome>, ServiceError> {
    let mut outcomes: Vec<Option<Outcome>> = Vec::new();
    for subject in &subjects {
        let known = known_scores(app, &asking, subject);
        outcomes.push(known.map(Ok));
    }
    let open: Vec<usize> = (0..subjects.len())
        .filter(|idx| outcomes[*idx].is_none())
        .collect();
    app.metrics()
        .score_lookups((subjects.len() - open.len()) as u64, open.len() as u64);
    if open.is_empty() {
        return Ok(counted(app, outcomes));
    }
    let ids: Vec<u64> = open.iter().map(|idx| subjects[*idx].rev_id).collect();
    let fetched = fetch_held(app, &asking.wiki, &ids, asking.deadline).await;
    let held = fetched.held;
    let mut work = Vec::new();
    for (idx, fetched) in open.into_iter().zip(fetched.results) {
        match fetched {
            Ok(parts) if asking.needs_parent && parts.parent.is_none() => {
                let id = subjects[idx].rev_id;
                outcomes[idx] = Some(Err(FetchError::FirstRevision { id }.into()));
            }
            Ok(parts) => work.push((idx, parts)),
            Err(error) => outcomes[idx] = Some(Err(error.into())),
        }
    }
    let places: Vec<usize> = work.iter().map(|(idx, _)| *idx).collect();
    let (worker, deadline) = (app.clone(), asking.deadline);
    let score = move |(idx, parts): (usize, Arc<EditParts>)| {
        let subject: &Subject = &subjects[idx];
        let scores = score_one(&worker, &parts, &subject.overrides, &asking.asked);
        if asking.is_plain(subject) {
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
    if !work.is_empty() {
        let done = app.pool().run(work, deadline, score).await;
        let done = done.map_err(|error| refuse(app, error))?;
        for (idx, done) in places.into_iter().zip(done) {
            app.metrics().stage(Stage::Queue, done.waited);
            // Without a value, scoring panicked.
            outcomes[idx] = Some(done.value.ok_or(ScoreError::Internal));
        }
    }
    drop(held);
    Ok(counted(app, outcomes))
}

/// Fetched revisions, and the permission to hold them in memory.
pub(crate) struct Held {
    pub(crate) results: Vec<Fetched>,
    held: Option<OwnedSemaphorePermit>,
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
            held: None,
        };
    };
    let results = fetch(app, wiki, ids, fetched_by).await;
    Held { results, held }
}

impl Asking {
    /// Scores with models as they are, of a wiki's revisions.
    pub(crate) fn of(app: &App, wiki: &Arc<Wiki>, models: Vec<Arc<Served>>) -> Self {
        Self {
            asked: Asked {
                models: models.into_iter().map(Wanted::from).collect(),
                history: app.histories().find(&wiki.name).cloned(),
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

/// What came of each revision; errors are counted.
fn counted(app: &App, outcomes: Vec<Option<Outcome>>) -> Vec<Outcome> {
    let outcomes = outcomes.into_iter();
    let outcomes: Vec<Outcome> = outcomes
        .map(|outcome| outcome.unwrap_or(Err(ScoreError::Internal)))
        .collect();
    for error in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        app.metrics().edit_error(error.code());
    }
    outcomes
}

/// Scores on a thread of the pool, and counts it.
pub(crate) fn score_one(
    app: &App,
    parts: &Arc<EditParts>,
    overrides: &Overrides,
    asked: &Asked,
) -> Vec<Scored> {
    let started = Instant::now();
    let (scores, is_coarse) = score_edit(parts, overrides, asked);
    count(app, parts, asked, &scores, is_coarse);
    app.metrics().stage(Stage::Score, started.elapsed());
    scores
}

/// Counts scores, and lets the models in the shadow score the same edit when there is time.
pub(crate) fn count(
    app: &App,
    parts: &Arc<EditParts>,
    asked: &Asked,
    scores: &[Scored],
    is_coarse: bool,
) {
    if is_coarse {
        app.metrics().coarse_diff();
    }
    // What would be is no news of what is.
    let scored = asked.models.iter().zip(scores);
    for (wanted, scored) in
        scored.filter(|(wanted, scored)| wanted.without.is_none() && scored.overridden.is_none())
    {
        app.metrics()
            .score(&wanted.served, scored.score.probability);
        app.compare_in_shadow(parts, &wanted.served, asked, scored.wanted_probability);
    }
}

/// The pool did not compute a batch.
pub(crate) fn refuse(app: &App, error: PoolError) -> ServiceError {
    let error = ServiceError::of_pool(error, app.limits().timeout);
    if matches!(error, ServiceError::Overloaded) {
        app.metrics().rejected("queue_full", 1);
    }
    error
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
            let probability = match served.model.target().is_inverted() {
                true => 1.0 - wanted_probability,
                false => wanted_probability,
            };
            Some(Scored {
                score: Score {
                    probability,
                    prediction: probability >= 0.5,
                },
                wanted_probability,
                overridden: None,
                explanation: None,
                values: None,
            })
        })
        .collect()
}
