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
use super::scoring::{EditParts, refuse};
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
    let done = app.pool().run(edits, deadline, look).await;
    let done = done.map_err(|error| refuse(app, error))?.into_iter();
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
    let observed = app.pool().run(vec![seen], deadline, take_in).await;
    let observed = observed.map_err(|error| refuse(app, error))?.pop();
    let observed = observed
        .and_then(|done| done.value)
        .ok_or(ServiceError::Internal)?;
    let n_new = observed.iter().filter(|is_new| **is_new).count();
    app.metrics().edits_observed(&wiki, n_new as u64);
    Ok(observed)
}

/// Takes a fetched edit in, where the wiki's history is kept. It was scored already, so that what goes
/// wrong here is logged and no more.
pub(crate) async fn observe_fetched(
    app: &App,
    wiki: &str,
    parts: Arc<EditParts>,
    deadline: Instant,
) {
    let Some(history) = app.histories().find(wiki).cloned() else {
        return;
    };
    let looked = look_at(app, vec![parts], deadline, |parts| see(&parts)).await;
    let result = match looked {
        Ok(seen) => observe(app, history, seen.into_iter().flatten().collect(), deadline).await,
        Err(error) => Err(error),
    };
    if let Err(error) = result {
        tracing::warn!(wiki, %error, "the history of {wiki} was not told of an edit: {error}");
    }
}
