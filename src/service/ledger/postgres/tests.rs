//! The store against a PostgreSQL that runs.

use std::sync::Arc;

use super::server::{self, schema};
use super::*;
use crate::service::ledger::battery::battery;

async fn open() -> Option<(Arc<PostgresStore>, ())> {
    let address = schema().await?;
    let store = PostgresStore::open(&address, 4).await;
    Some((store.expect("the store opens"), ()))
}

battery!(open);
