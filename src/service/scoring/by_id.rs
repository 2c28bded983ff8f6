//! Scores of revisions by their ids: fetched where needed, scored where needed.
//!
//! A score that was given lately is given again, as long as the model is the same and nothing
//! special was asked. Fetching and scoring share the request's deadline; a revision that is not
//! fetched by then gets an error of its own.

use std::sync::Arc;
use std::time::Instant;

use super::{Asked, EditParts, Overrides, Scored, score_edit};
use crate::model::Score;
use crate::service::error::ServiceError;
use crate::service::metrics::Stage;
use crate::service::wiki::{FetchError, Wiki, fetch};
use crate::service::{App, PoolError};

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
    #[error("the revision was not fetched within {limit_ms} ms")]
    Timeout { limit_ms: u128 },
    #[error("something went wrong inside the service; its log says more")]
    Internal,
}

/// One revision's scores, in the order of the models.
pub(crate) type Outcome = Result<Vec<Scored>, ScoreError>;

/// Gives scores in the order of the subjects.
pub(crate) async fn score_revisions(
    app: &App,
    subjects: Vec<Subject>,
    asking: Asking,
) -> Result<Vec<Outcome>, ServiceError> {
    let Asking {
        wiki,
        asked,
        deadline,
        needs_parent,
    } = asking;
    // What the cache knows does not say whether there was a parent.
    let is_plain = !needs_parent
        && !asked.is_explained
        && !asked.has_values
        && asked.models.iter().all(|wanted| wanted.without.is_none());
    let mut outcomes: Vec<Option<Outcome>> = Vec::new();
    for subject in &subjects {
        let known = (is_plain && subject.overrides.is_empty())
            .then(|| known_scores(app, &wiki, subject.rev_id, &asked))
            .flatten();
        outcomes.push(known.map(Ok));
    }
    let open: Vec<usize> = (0..subjects.len())
        .filter(|idx| outcomes[*idx].is_none())
        .collect();
    let (n_open, n_known) = (open.len(), subjects.len() - open.len());
    app.metrics()
        .score_lookups(n_known as u64, if is_plain { n_open as u64 } else { 0 });
    let ids: Vec<u64> = open.iter().map(|idx| subjects[*idx].rev_id).collect();
    let Ok(fetched) = tokio::time::timeout_at(deadline.into(), fetch(app, &wiki, &ids)).await
    else {
        let limit_ms = app.limits().timeout.as_millis();
        for idx in open {
            outcomes[idx] = Some(Err(ScoreError::Timeout { limit_ms }));
        }
        return Ok(counted(app, outcomes));
    };
    let mut work = Vec::new();
    for (idx, fetched) in open.into_iter().zip(fetched) {
        match fetched {
            Ok(parts) if needs_parent && parts.parent.is_none() => {
                let id = subjects[idx].rev_id;
                outcomes[idx] = Some(Err(FetchError::FirstRevision { id }.into()));
            }
            Ok(parts) => work.push((idx, parts)),
            Err(error) => outcomes[idx] = Some(Err(error.into())),
        }
    }
    let places: Vec<usize> = work.iter().map(|(idx, _)| *idx).collect();
    let subjects = Arc::new(subjects);
    let (worker, keeps) = (app.clone(), is_plain);
    let score = move |(idx, parts): (usize, Arc<EditParts>)| {
        let subject = &subjects[idx];
        let scores = score_one(&worker, &parts, &subject.overrides, &asked);
        if keeps && subject.overrides.is_empty() {
            for (wanted, scored) in asked.models.iter().zip(&scores) {
                worker.caches().keep_score(
                    &wiki,
                    subject.rev_id,
                    wanted.served.checksum,
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
    Ok(counted(app, outcomes))
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
pub(super) fn score_one(
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
fn known_scores(app: &App, wiki: &Wiki, id: u64, asked: &Asked) -> Option<Vec<Scored>> {
    let models = asked.models.iter();
    models
        .map(|wanted| {
            let served = &wanted.served;
            let wanted_probability = app.caches().score(wiki, id, served.checksum)?;
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
