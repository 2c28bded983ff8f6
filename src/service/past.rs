//! The pasts that several services share: each follows the log of what others were told of, and one of them writes down
//! now and then what they all know.
//!
//! An edit that this service is told of goes into its own history at once; it comes back with the log, and counts once.
//! Others know it when they have followed, so a score is made with all of the past but what others were told of in the
//! last moment. A service that begins opens the last snapshot, or its own file where there is none yet, and follows the
//! log from there; it is not ready before it knows what the log had when it began. Where nothing is shared, histories
//! are files, and nothing of this runs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::App;
use super::histories::WikiHistory;
use super::ledger::{Place, SharedPast, Snapshot, StoreError};
use crate::history::{History, Seen};

/// Edits of a wiki that are followed at once.
const BATCH: usize = 500;

/// How long to wait after a failure, and between two lines of the log about the same.
const PAUSE: Duration = Duration::from_secs(1);
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// Why a past is not followed.
#[derive(Debug, thiserror::Error)]
enum PastError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the snapshot of {wiki} cannot be used: {cause}")]
    Snapshot { wiki: String, cause: String },
    #[error("the log of {wiki} goes on after edit {place}, and no snapshot reaches to there")]
    Gap { wiki: String, place: Place },
    #[error("taking in what others were told of failed")]
    Interrupted,
}

/// Catches up with the log and then follows it, until it is aborted.
pub(crate) async fn follow_always(app: App) {
    let shared = shared(&app);
    if shared.is_empty() {
        return;
    }
    let mut logged: Option<Instant> = None;
    let mut has_failed = |error: &PastError| {
        if logged.is_none_or(|logged| logged.elapsed() >= LOG_INTERVAL) {
            logged = Some(Instant::now());
            tracing::error!(%error, "the past that services share is not followed: {error}");
        }
    };
    while let Err(error) = begin(&app, &shared).await {
        has_failed(&error);
        tokio::time::sleep(PAUSE).await;
    }
    for history in &shared {
        let (wiki, n_edits) = (history.wiki(), history.n_edits());
        tracing::info!(
            wiki,
            n_edits,
            "follows what others are told of {wiki}, after {n_edits} edits"
        );
    }
    app.has_caught_up();
    let every = app.limits().history_follow;
    loop {
        let pause = match follow(&app, &shared).await {
            Ok(()) => every,
            Err(error) => {
                has_failed(&error);
                PAUSE
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Writes down what is known of shared pasts, where no other service does it at the moment.
pub(crate) async fn save(app: App) {
    for history in shared(&app) {
        let wiki = history.wiki();
        match save_one(&app, &history).await {
            Ok(None) => {}
            Ok(Some(n_bytes)) => {
                tracing::info!(
                    wiki,
                    n_bytes,
                    "wrote down the history of {wiki}, {n_bytes} bytes"
                );
            }
            Err(error) => {
                app.metrics().history_not_saved(wiki);
                tracing::error!(wiki, %error, "the history of {wiki} is not written down: {error}");
            }
        }
    }
}

/// The histories that are shared.
fn shared(app: &App) -> Vec<Arc<WikiHistory>> {
    let histories = app.histories().iter();
    let shared = histories.filter(|history| app.shares_past(history.wiki()));
    shared.cloned().collect()
}

fn store(app: &App) -> Option<&dyn SharedPast> {
    app.ledger()?.shared_past()
}

/// Opens snapshots, and follows until all that the logs have now is known.
async fn begin(app: &App, shared: &[Arc<WikiHistory>]) -> Result<(), PastError> {
    let Some(past) = store(app) else {
        return Ok(());
    };
    let mut ends = Vec::with_capacity(shared.len());
    for history in shared {
        ends.push(past.end(history.wiki()).await?);
        // One that knows as much as a file does is better: the others begin with it too.
        restore(past, history, history.place()).await?;
    }
    let is_behind = || {
        shared
            .iter()
            .zip(&ends)
            .any(|(history, end)| history.place() < *end)
    };
    while is_behind() {
        follow(app, shared).await?;
    }
    Ok(())
}

/// Takes the snapshot, if it knows the log at least up to a place.
async fn restore(
    past: &dyn SharedPast,
    history: &Arc<WikiHistory>,
    least: Place,
) -> Result<(), PastError> {
    let wiki = history.wiki();
    let place = past.snapshot_place(wiki).await?;
    if place.is_none_or(|place| place < least) {
        return Ok(());
    }
    let Some(snapshot) = past.snapshot(wiki).await? else {
        return Ok(());
    };
    let Snapshot { place, bytes } = snapshot;
    let history = Arc::clone(history);
    let wiki = wiki.to_owned();
    blocking(move || {
        let restored = History::from_bytes(&bytes);
        let restored = restored.map_err(|error| PastError::Snapshot {
            wiki,
            cause: error.to_string(),
        })?;
        history.restore(restored, place);
        Ok(())
    })
    .await
}

/// Takes in what the logs have after what is known.
async fn follow(app: &App, shared: &[Arc<WikiHistory>]) -> Result<(), PastError> {
    let Some(past) = store(app) else {
        return Ok(());
    };
    loop {
        let after: Vec<(Arc<str>, Place)> = shared
            .iter()
            .map(|history| (history.wiki().into(), history.place()))
            .collect();
        let mut told: Vec<Vec<(Place, Seen)>> = vec![Vec::new(); shared.len()];
        for (wiki, place, seen) in past.sights(&after, BATCH).await? {
            if let Some(told) = told.get_mut(wiki) {
                told.push((place, seen));
            }
        }
        let mut is_more = told.iter().any(|told| told.len() >= BATCH);
        for ((history, (_, known)), told) in shared.iter().zip(&after).zip(told) {
            let Some((first, _)) = told.first() else {
                continue;
            };
            if *first != known + 1 {
                // It was away for longer than the log reaches back.
                restore(past, history, known + 1).await?;
                if history.place() <= *known {
                    let wiki = history.wiki().to_owned();
                    let place = *known;
                    return Err(PastError::Gap { wiki, place });
                }
                is_more = true;
                continue;
            }
            let following = Arc::clone(history);
            blocking(move || {
                following.follow(&told);
                Ok(())
            })
            .await?;
            let place = history.place() as f64;
            app.metrics().history_place(history.wiki(), place);
        }
        if !is_more {
            return Ok(());
        }
    }
}

async fn save_one(app: &App, history: &Arc<WikiHistory>) -> Result<Option<usize>, PastError> {
    let (Some(past), Some(ledger)) = (store(app), app.ledger()) else {
        return Ok(None);
    };
    let wiki = history.wiki();
    // What was not followed yet is no news to those who begin.
    let known = past.snapshot_place(wiki).await?;
    if known.map_or(history.n_edits() == 0, |known| history.place() <= known) {
        return Ok(None);
    }
    let Some(_lease) = ledger.lease(&format!("past.{wiki}")).await? else {
        return Ok(None);
    };
    let copied = Arc::clone(history);
    let snapshot = blocking(move || Ok(copied.snapshot())).await?;
    past.keep_snapshot(wiki, &snapshot).await?;
    Ok(Some(snapshot.bytes.len()))
}

/// What takes long is done by a thread that neither serves nor scores.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PastError> + Send + 'static,
) -> Result<T, PastError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or(Err(PastError::Interrupted))
}

#[cfg(test)]
mod tests;
