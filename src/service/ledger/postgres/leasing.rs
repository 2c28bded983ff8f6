//! Leases: locks of a session, each with a connection of its own, so that it ends with whatever ends the process.

use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;

use super::PostgresStore;
use crate::service::ledger::lease::{Held, Lease};
use crate::service::ledger::store::StoreError;

/// How long the server may take to say that it is still there.
const PING_LIMIT: Duration = Duration::from_secs(5);

/// A connection that has a lock; `None` once it is lost.
struct Session(Option<PgConnection>);

pub(super) async fn lease(store: &PostgresStore, job: &str) -> Result<Option<Lease>, StoreError> {
    let mut connection = store.connecting.lease().await?;
    let is_mine: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
        .bind(store.lock_of("job", job))
        .fetch_one(&mut connection)
        .await?;
    if !is_mine {
        connection.close().await?;
        return Ok(None);
    }
    Ok(Some(Lease::new(Session(Some(connection)))))
}

impl Held for Session {
    fn is_held(&mut self) -> BoxFuture<'_, bool> {
        Box::pin(async {
            if let Some(connection) = &mut self.0 {
                let ping = tokio::time::timeout(PING_LIMIT, connection.ping()).await;
                if !matches!(ping, Ok(Ok(()))) {
                    self.0 = None;
                }
            }
            self.0.is_some()
        })
    }
}
