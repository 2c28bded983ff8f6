//! The ledger in PostgreSQL, for several services that share one: feature `postgres`.
//!
//! Every service may write any wiki. Who writes one holds its lock, from before anything is read that decides what is
//! written until the end of the transaction, so that what became of an edit is right whoever told of which edit. A
//! batch is read in a few questions, merged in memory, and written in a few statements, so that it costs a dozen round
//! trips. What was committed outlives the server as the server is set up to (`synchronous_commit`).
//!
//! In the data's order: `connecting` and `schema` open a database, `months` has the parts of its large tables, `text`
//! and `cells` what is special in its cells (`rows` knows the rest), `apply` writes changes (with `numbers`, `standing`,
//! `merge`, `pages` and `writing`), `count` counts days, `read` answers, `positions` keeps where streams are, `shared` the past that services share, `leasing`
//! says who of many does a job, `size` how much there is, `compact` forgets.
//!
//! Whatever fails, the connection that wrote is given up with all that it remembered, and the next change opens
//! another.

mod cells;
mod connecting;
mod months;
mod schema;
mod text;

mod merge;
mod numbers;
mod pages;
mod standing;
mod writing;

mod apply;
mod compact;
mod count;
mod leasing;
mod positions;
mod read;
mod shared;
mod size;

#[cfg(test)]
pub(crate) mod server;
#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;
use std::sync::Arc;

use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, PgPool};
use tokio::sync::{Mutex, MutexGuard};

use self::connecting::{Connecting, READ_LIMIT, WRITE_LIMIT, limited};
use self::months::Months;
use self::numbers::Numbers;
use self::size::Size;
use super::entry::Judgement;
use super::lease::Lease;
use super::past::SharedPast;
use super::rows::Tallies;
use super::store::{
    Answer, Change, Day, DayTally, FeatureCounts, KnownEdit, LedgerEdit, LedgerSize, ModelId,
    Store, StoreError, StoredModel, TailEntry, Wanted,
};
use super::tails::Tails;
use crate::revision::{PageId, RevisionId, Timestamp};

/// A ledger in a database.
pub(crate) struct PostgresStore {
    connecting: Connecting,
    /// `None` until the first change, and after a failure.
    writer: Mutex<Option<Writer>>,
    /// For questions, and for what is small.
    pool: PgPool,
    tallies: Tallies,
    size: Arc<Size>,
    author_key: u64,
}

/// The connection that writes, and what it knows of the database that does not change.
struct Writer {
    connection: PgConnection,
    numbers: Numbers,
    months: Months,
}

/// The connection that writes, until it is given back.
struct Turn<'a> {
    place: MutexGuard<'a, Option<Writer>>,
    writer: Writer,
}

impl Turn<'_> {
    fn give_back(mut self) {
        *self.place = Some(self.writer);
    }
}

impl PostgresStore {
    /// Opens a database's ledger, or begins one, with at most so many connections.
    ///
    /// # Errors
    /// When it cannot be reached, is none of a ledger, or one that takes a later version.
    pub(crate) async fn open(address: &str, n_connections: u32) -> Result<Arc<Self>, StoreError> {
        let connecting = Connecting::new(address)?;
        let mut connection = connecting.writer().await?;
        let bring = schema::bring_up_to_date(&mut connection, &schema::MIGRATIONS);
        let author_key = limited(WRITE_LIMIT, bring).await?;
        // The tables may be others than when it was opened.
        connection.close().await?;
        let pool = connecting.pool(n_connections.saturating_sub(1).max(1));
        let size = Arc::new(Size::default());
        size.ask(&pool).await?;
        Ok(Arc::new(Self {
            connecting,
            writer: Mutex::default(),
            pool,
            tallies: Tallies::default(),
            size,
            author_key,
        }))
    }

    /// The connection that writes, for one at a time. Who does not give it back, after an error or because
    /// nobody waits any more, loses it, and with it a transaction that is not committed.
    async fn writer(&self) -> Result<Turn<'_>, StoreError> {
        let mut place = self.writer.lock().await;
        let writer = match place.take() {
            Some(writer) => writer,
            None => Writer {
                connection: self.connecting.writer().await?,
                numbers: Numbers::default(),
                months: Months::default(),
            },
        };
        Ok(Turn { place, writer })
    }

    async fn write(&self, changes: &[Change], tails: Option<&mut Tails>) -> Result<(), StoreError> {
        let mut turn = self.writer().await?;
        apply::apply(self, &mut turn.writer, changes, tails).await?;
        turn.give_back();
        Ok(())
    }

    async fn let_go(&self) -> Result<(), StoreError> {
        self.pool.close().await;
        if let Some(writer) = self.writer.lock().await.take() {
            writer.connection.close().await?;
        }
        Ok(())
    }
}

impl Store for PostgresStore {
    fn apply<'a>(&'a self, changes: &'a [Change], tails: Option<&'a mut Tails>) -> Answer<'a, ()> {
        Box::pin(limited(WRITE_LIMIT, self.write(changes, tails)))
    }

    fn tail<'a>(&'a self, wiki: &'a str, page: PageId, limit: usize) -> Answer<'a, Vec<TailEntry>> {
        Box::pin(limited(
            READ_LIMIT,
            read::tail(&self.pool, wiki, page, limit),
        ))
    }

    fn author_key(&self) -> u64 {
        self.author_key
    }

    fn wikis(&self) -> Answer<'_, Vec<String>> {
        Box::pin(limited(READ_LIMIT, read::wikis(&self.pool)))
    }

    fn size<'a>(&'a self, wiki: &'a str) -> Answer<'a, LedgerSize> {
        Box::pin(limited(READ_LIMIT, read::size(&self.pool, wiki)))
    }

    fn models<'a>(&'a self, wiki: &'a str) -> Answer<'a, Vec<StoredModel>> {
        Box::pin(limited(READ_LIMIT, read::models(&self.pool, wiki)))
    }

    fn tallies<'a>(
        &'a self,
        wiki: &'a str,
        model: Option<ModelId>,
        days: RangeInclusive<Day>,
        settled_until: Timestamp,
    ) -> Answer<'a, Vec<DayTally>> {
        // Each day that is counted has the time of one answer; all together may have more.
        Box::pin(self.tallies.of(self, wiki, model, days, settled_until))
    }

    fn features<'a>(
        &'a self,
        wiki: &'a str,
        model: ModelId,
        days: RangeInclusive<Day>,
    ) -> Answer<'a, FeatureCounts> {
        Box::pin(limited(
            READ_LIMIT,
            read::features(&self.pool, wiki, model, days),
        ))
    }

    fn edit<'a>(&'a self, wiki: &'a str, revision: RevisionId) -> Answer<'a, Option<LedgerEdit>> {
        Box::pin(limited(READ_LIMIT, read::edit(&self.pool, wiki, revision)))
    }

    fn known<'a>(
        &'a self,
        wiki: &'a str,
        revisions: &'a [RevisionId],
    ) -> Answer<'a, Vec<KnownEdit>> {
        Box::pin(limited(
            READ_LIMIT,
            read::known(&self.pool, wiki, revisions),
        ))
    }

    fn edits<'a>(&'a self, wiki: &'a str, wanted: &'a Wanted) -> Answer<'a, Vec<LedgerEdit>> {
        Box::pin(limited(READ_LIMIT, read::edits(&self.pool, wiki, wanted)))
    }

    fn judgements<'a>(&'a self, wiki: &'a str) -> Answer<'a, Vec<Judgement>> {
        Box::pin(limited(READ_LIMIT, read::judgements(&self.pool, wiki)))
    }

    fn size_bytes(&self) -> u64 {
        self.size.bytes(&self.pool)
    }

    fn position<'a>(&'a self, source: &'a str) -> Answer<'a, Option<String>> {
        Box::pin(limited(READ_LIMIT, positions::position(&self.pool, source)))
    }

    fn keep_position<'a>(&'a self, source: &'a str, position: &'a str) -> Answer<'a, ()> {
        Box::pin(limited(
            READ_LIMIT,
            positions::keep(&self.pool, source, position),
        ))
    }

    fn lease<'a>(&'a self, job: &'a str) -> Answer<'a, Option<Lease>> {
        Box::pin(limited(READ_LIMIT, leasing::lease(self, job)))
    }

    fn shared_past(&self) -> Option<&dyn SharedPast> {
        Some(self)
    }

    fn close(&self) -> Answer<'_, ()> {
        Box::pin(self.let_go())
    }

    fn compact<'a>(
        &'a self,
        wiki: &'a str,
        before: Day,
        settled_until: Timestamp,
    ) -> Answer<'a, u64> {
        Box::pin(compact::compact(self, wiki, before, settled_until))
    }
}
