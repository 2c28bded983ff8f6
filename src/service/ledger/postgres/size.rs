//! How large the ledger is: asked for now and then, and remembered.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::PgPool;

use crate::service::ledger::store::StoreError;

/// How long what was asked holds.
const INTERVAL: Duration = Duration::from_secs(300);

/// The size that was asked last.
#[derive(Default)]
pub(super) struct Size {
    bytes: AtomicU64,
    asked: Mutex<Option<Instant>>,
}

impl Size {
    /// As far as is known; asks anew, beside, when that is old.
    pub(super) fn bytes(self: &Arc<Self>, pool: &PgPool) -> u64 {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.is_none_or(|asked| asked.elapsed() >= INTERVAL)
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            *asked = Some(Instant::now());
            let (size, pool) = (Arc::clone(self), pool.clone());
            runtime.spawn(async move {
                if let Err(error) = size.ask(&pool).await {
                    tracing::debug!(%error, "the ledger does not say how large it is: {error}");
                }
            });
        }
        self.bytes.load(Relaxed)
    }

    /// Asks the database.
    pub(super) async fn ask(&self, pool: &PgPool) -> Result<(), StoreError> {
        let bytes: i64 = sqlx::query_scalar(
            "SELECT coalesce(sum(pg_total_relation_size(relid)), 0)::bigint FROM (
                 SELECT relid FROM pg_partition_tree('edit') UNION ALL
                 SELECT relid FROM pg_partition_tree('score') UNION ALL
                 SELECT unnest(ARRAY['wiki', 'model', 'page', 'judgement', 'day', 'tally', 'feature',
                     'sight', 'past']::regclass[])
             ) AS parts",
        )
        .fetch_one(pool)
        .await?;
        self.bytes.store(bytes.cast_unsigned(), Relaxed);
        Ok(())
    }
}
