//! Connections, and how long anything may take on one.
//!
//! One writes; a few read, and write what is small; each lease has its own. The server ends statements that take too
//! long, and so does this side, should the server be gone without a word.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{ConnectOptions as _, PgPool};

use crate::service::ledger::store::StoreError;

/// How long a connection may take, or a place among those that read.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// How long an answer may take; the server gives a statement a little less.
pub(super) const READ_LIMIT: Duration = Duration::from_secs(40);
const READ_STATEMENT: &str = "30s";

/// How long a batch or a portion may take, with the time for which others write the same wiki.
pub(super) const WRITE_LIMIT: Duration = Duration::from_secs(90);
const WRITE_STATEMENT: &str = "60s";
const WRITE_LOCK: &str = "20s";

/// How to reach a database, in each way that it is used.
pub(super) struct Connecting {
    writer: PgConnectOptions,
    reader: PgConnectOptions,
    lease: PgConnectOptions,
}

impl Connecting {
    /// To an address; what it does not say comes from the environment (`PGPASSWORD` and so on).
    pub(super) fn new(address: &str) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(address);
        let options = options.map_err(|cause| StoreError::Unusable(cause.to_string()))?;
        let options = options
            .application_name("revscore")
            .disable_statement_logging()
            // A compiler of queries that costs more than it gives where there are many parts.
            .options([("jit", "off"), ("tcp_keepalives_idle", "30")])
            .options([
                ("tcp_keepalives_interval", "10"),
                ("tcp_keepalives_count", "3"),
            ]);
        let writer = options
            .clone()
            .options([
                ("statement_timeout", WRITE_STATEMENT),
                ("lock_timeout", WRITE_LOCK),
            ])
            .options([("idle_in_transaction_session_timeout", WRITE_STATEMENT)])
            // A batch names each row that it needs: always by an index, whatever the tables' sizes were thought to be,
            // and planned once.
            .options([
                ("plan_cache_mode", "force_generic_plan"),
                ("enable_seqscan", "off"),
            ])
            .options([("enable_hashjoin", "off"), ("enable_mergejoin", "off")]);
        let reader = options
            .clone()
            .options([
                ("statement_timeout", READ_STATEMENT),
                ("lock_timeout", WRITE_LOCK),
            ])
            .options([("idle_in_transaction_session_timeout", WRITE_STATEMENT)])
            // For a page of edits, looks them up one by one instead of reading along all others.
            .options([("enable_mergejoin", "off")]);
        Ok(Self {
            writer,
            reader,
            lease: options,
        })
    }

    pub(super) async fn writer(&self) -> Result<PgConnection, StoreError> {
        connect(&self.writer).await
    }

    pub(super) async fn lease(&self) -> Result<PgConnection, StoreError> {
        connect(&self.lease).await
    }

    /// Connections that read, at most so many.
    pub(super) fn pool(&self, n: u32) -> PgPool {
        PgPoolOptions::new()
            .max_connections(n)
            .acquire_timeout(CONNECT_LIMIT)
            .connect_lazy_with(self.reader.clone())
    }
}

async fn connect(options: &PgConnectOptions) -> Result<PgConnection, StoreError> {
    limited(CONNECT_LIMIT, async { Ok(options.connect().await?) }).await
}

/// What is ready in time, or an error.
pub(super) async fn limited<T>(
    limit: Duration,
    answer: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let late = || StoreError::Unusable(format!("no answer in {} s", limit.as_secs()));
    tokio::time::timeout(limit, answer)
        .await
        .unwrap_or_else(|_| Err(late()))
}
