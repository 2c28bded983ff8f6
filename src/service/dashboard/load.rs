//! The few lines between pages and the ledger.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::revision::Timestamp;
use crate::service::App;
use crate::service::error::ServiceError;
use crate::service::ledger::{Change, Store, StoreError};

/// Where the ledger is kept; `None` without a ledger.
pub(crate) fn store(app: &App) -> Option<&Arc<dyn Store>> {
    app.ledger().map(|ledger| ledger.store())
}

/// Writes to the ledger, and waits until it is written.
pub(crate) async fn write(app: &App, changes: Vec<Change>) -> Result<(), ServiceError> {
    let ledger = app.ledger().ok_or(ServiceError::NoLedger)?;
    ledger.write(changes).await.map_err(|error| {
        tracing::error!(%error, "the ledger was not written: {error}");
        ServiceError::LedgerUnavailable
    })
}

/// The ledger's trouble is the log's to tell.
pub(crate) fn broken(error: StoreError) -> ServiceError {
    tracing::error!(%error, "a question to the ledger failed: {error}");
    ServiceError::LedgerUnavailable
}

/// The time.
pub(crate) fn now() -> Timestamp {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    Timestamp(now.map_or(0, |now| now.as_secs() as i64))
}
