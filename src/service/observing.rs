//! Saved edits into a wiki's history, whichever way the service is told of them.
//!
//! What a history is told of an edit takes a diff, so the pool computes it, edit by edit; then the
//! edits are taken in at once, in their order. Nothing is scored here.

use std::sync::Arc;
use std::time::Instant;

use super::App;
use super::error::ServiceError;
use super::histories::WikiHistory;
use super::metrics::Stage;
use super::scoring::{BATCH, EditParts, ScoreError, fetch_held};
use super::wiki::{FetchError, Fetched, Wiki};
use crate::edit::Edit;
use crate::history::Seen;
use crate::language::UNLISTED;

/// An edit as a history sees it.
pub(crate) fn see(parts: &EditParts) -> Seen {
    // No list of words is asked for.
    Edit::new(
        parts.parent.as_ref(),
        &parts.revision,
        &parts.page,
        &UNLISTED,
    )
    .seen()
}

/// Looks at edits on the pool; `None` where it panicked.
pub(crate) async fn look_at<I: Send + 'static, T: Send + 'static>(
    app: &App,
    edits: Vec<I>,
    deadline: Instant,
    look: impl Fn(I) -> T + Send + Sync + 'static,
) -> Result<Vec<Option<T>>, ServiceError> {
    let done = app.compute(edits, deadline, look).await?.into_iter();
    let values = done.map(|done| {
        app.metrics().stage(Stage::Queue, done.waited);
        done.value
    });
    Ok(values.collect())
}

/// Takes edits in; for each, whether it was new.
pub(crate) async fn observe(
    app: &App,
    history: Arc<WikiHistory>,
    seen: Vec<Seen>,
    deadline: Instant,
) -> Result<Vec<bool>, ServiceError> {
    let wiki = history.wiki().to_owned();
    let take_in = move |seen: Vec<Seen>| history.observe(&seen);
    let observed = app.compute(vec![seen], deadline, take_in).await?.pop();
    let observed = observed
        .and_then(|done| done.value)
        .ok_or(ServiceError::Internal)?;
    let n_new = observed.iter().filter(|is_new| **is_new).count();
    app.metrics().edits_observed(&wiki, n_new as u64);
    Ok(observed)
}

/// Fetches edits and looks at them, one batch after the other.
pub(crate) async fn look_at_ids(
    app: &App,
    wiki: &Arc<Wiki>,
    ids: &[u64],
    deadline: Instant,
) -> Result<Vec<Result<Seen, ScoreError>>, ServiceError> {
    let _place = app.admit_fetching()?;
    let mut looked_at = Vec::with_capacity(ids.len());
    for batch in ids.chunks(BATCH) {
        let fetched = fetch_held(app, wiki, batch, deadline).await;
        let look = |fetched: Fetched| fetched.map(|parts| see(&parts));
        let looked = look_at(app, fetched.results, deadline, look).await?;
        let looked = looked
            .into_iter()
            .map(|looked| looked.unwrap_or(Err(FetchError::Internal)));
        looked_at.extend(looked.map(|looked| looked.map_err(ScoreError::from)));
    }
    Ok(looked_at)
}

/// Tells the wiki's history, where one is kept, of an edit that was just scored. What goes wrong here is
/// logged and no more.
pub(crate) async fn observe_scored(app: &App, wiki: &Arc<Wiki>, rev_id: u64, deadline: Instant) {
    let name = &wiki.name;
    let Some(history) = app.histories().find(name).cloned() else {
        return;
    };
    // Known from being scored, as a rule; but a cache may forget when it likes.
    let result = match look_at_ids(app, wiki, &[rev_id], deadline).await {
        Ok(looked) => {
            let seen = looked.into_iter().filter_map(Result::ok).collect();
            observe(app, history, seen, deadline).await
        }
        Err(error) => Err(error),
    };
    if let Err(error) = result {
        tracing::warn!(wiki = name, %error, "the history of {name} was not told of an edit: {error}");
    }
}
