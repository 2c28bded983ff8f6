//! A look at the last days' edits beside those that the models learned from, every few minutes.
//!
//! A lookup that broke, a client that leaves something out, a wiki that changed: all show first in
//! features that are spread otherwise than in training, long before anybody can say that scores are
//! wrong. The result is a metric, for an alert; the report has the same figures by feature.

use std::time::Duration;

use super::App;
use super::ledger::{StoreError, now};
use super::report::day_of;

/// How often it is done.
pub(crate) const EVERY: Duration = Duration::from_secs(300);

/// Edits below which chance alone moves features.
const FEWEST_EDITS: u64 = 300;

/// Days that are looked at: today and yesterday, so that there is always at least a day.
const DAYS: i32 = 2;

/// The index from which on a feature counts as another one: the customary mark.
pub(crate) const DRIFTED: f64 = 0.25;

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
            let counts = store
                .features(&wiki, stored.id, today - DAYS + 1..=today)
                .await?
                .counts;
            let spreads = own.model.report().spreads.iter().zip(&counts);
            let indices: Vec<f64> = spreads
                .filter(|(_, counts)| counts.iter().sum::<u64>() >= FEWEST_EDITS)
                .filter_map(|(spread, counts)| spread.stability_index(counts))
                .collect();
            let largest = indices.iter().copied().max_by(f64::total_cmp);
            // Too few edits say nothing, which is no alarm.
            let n_drifted = indices.iter().filter(|index| **index >= DRIFTED).count();
            let metrics = app.metrics();
            metrics.drift(&wiki, &own.name, largest.unwrap_or(0.0), n_drifted);
        }
    }
    Ok(())
}
