//! A look at the last days' edits beside those that the models learned from, every few minutes.
//!
//! A lookup that broke, a client that leaves something out, a wiki that changed: all show first in
//! features that are spread otherwise than in training, long before anybody can say that scores are
//! wrong. The result is a metric, for an alert; the report has the same figures by feature.

use std::time::Duration;

use super::App;
use super::ledger::{StoreError, now};
use super::report::{ANOTHER, day_of, drift};

/// How often it is done.
pub(crate) const EVERY: Duration = Duration::from_secs(300);

/// Edits below which chance alone moves features.
const FEWEST_EDITS: u64 = 300;

/// Days that are looked at: today and yesterday, so that there is always at least a day.
const DAYS: i32 = 2;

/// Looks at every wiki and every model that is served now.
pub(crate) async fn watch(app: &App) {
    if let Err(error) = look(app).await {
        tracing::warn!(%error, "drift is not watched: {error}");
    }
}

async fn look(app: &App) -> Result<(), StoreError> {
    let Some(ledger) = app.ledger() else {
        return Ok(());
    };
    let store = ledger.store();
    let served = app.models();
    let today = day_of(now());
    for wiki in store.wikis().await? {
        for stored in store.models(&wiki).await? {
            let own = served
                .iter()
                .find(|served| served.model.checksum() == stored.model.checksum);
            let Some(own) = own else { continue };
            let days = today - DAYS + 1..=today;
            let counts = store.features(&wiki, stored.id, days).await?;
            let mut drift = drift(&own.model.report().spreads, &counts);
            // Too few edits say nothing, which is no alarm.
            drift.retain(|drift| drift.n >= FEWEST_EDITS);
            let largest = drift.first().map(|drift| drift.index);
            let n_drifted = drift.iter().filter(|drift| drift.index >= ANOTHER).count();
            let metrics = app.metrics();
            metrics.drift(&wiki, &own.name, largest.unwrap_or(0.0), n_drifted);
        }
    }
    Ok(())
}
