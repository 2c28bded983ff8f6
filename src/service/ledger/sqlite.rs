//! The ledger in one file, by SQLite: what a single machine needs, and nothing to be installed.
//!
//! One connection writes, a few read beside it (WAL: none waits for the others). A transaction that was
//! committed outlives the process, whatever ends it; of the last ones before the machine's power fails
//! some may be lost, and none in part (`synchronous = NORMAL`). In the data's order: `schema` has the
//! tables (what is in their cells, `rows` knows), `apply` writes changes (with what `memory` knows, and `sums`),
//! `count` counts days, `read` answers, `positions` keeps where streams are, `compact` forgets.
//!
//! Whatever fails, the connection that wrote is given up with all that it remembered, and the next
//! change opens another.

mod schema;

mod memory;
mod sums;

mod apply;
mod compact;
mod count;
mod positions;
mod read;

use std::fs::File;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{
    SqliteAutoVacuum, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Connection as _, SqlitePool};
use tokio::sync::{Mutex, MutexGuard};

use self::memory::Memory;
use super::entry::Judgement;
use super::lease::{Lease, LocalJobs};
use super::rows::Tallies;
use super::store::{
    Answer, Change, Day, DayTally, FeatureCounts, KnownEdit, LedgerEdit, LedgerSize, ModelId,
    Store, StoreError, StoredModel, TailEntry, Wanted,
};
use super::tails::Tails;
use crate::revision::{PageId, RevisionId, Timestamp};

/// Connections that read at the same time.
const N_READERS: u32 = 3;

/// Memory for the file's pages of one connection, in KiB (that is what the minus says): edits of a busy
/// day touch pages all over the place.
const CACHE: &str = "-16384";

/// Pages of 4 KiB in the log of transactions before they go into the file: what changes again and again
/// goes there once.
const CHECKPOINT: &str = "4000";

/// How long a statement waits for a lock of somebody else, such as a copy that is being made.
const BUSY: Duration = Duration::from_secs(5);

/// A ledger in a file.
pub(crate) struct SqliteStore {
    options: SqliteConnectOptions,
    /// `None` until the first change, and after a failure.
    writer: Mutex<Option<Writer>>,
    readers: SqlitePool,
    /// What the writer reads by, so that it waits for nobody who asks.
    tails: SqlitePool,
    tallies: Tallies,
    jobs: LocalJobs,
    author_key: u64,
    /// Held as long as this lives, so that no other process writes the file.
    _lock: File,
}

/// The connection that writes, and what it knows of rows that are there.
struct Writer {
    connection: SqliteConnection,
    memory: Memory,
}

impl SqliteStore {
    /// Opens a ledger's file, or begins one.
    ///
    /// # Errors
    /// When it is none, is of a later version, is used by another process or cannot be read.
    pub(crate) async fn open(path: &Path) -> Result<Self, StoreError> {
        let lock = lock(path)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .auto_vacuum(SqliteAutoVacuum::Incremental)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .pragma("temp_store", "memory")
            .pragma("cache_size", CACHE)
            .pragma("wal_autocheckpoint", CHECKPOINT)
            .disable_statement_logging();
        let mut connection = options.connect().await?;
        let author_key = schema::bring_up_to_date(&mut connection).await?;
        connection.close().await?;
        let writer = Writer::connect(&options).await?;
        let pool = |n| {
            let reading = options.clone().create_if_missing(false);
            SqlitePoolOptions::new()
                .max_connections(n)
                // A file does not hang up.
                .test_before_acquire(false)
                .connect_lazy_with(reading.pragma("query_only", "1"))
        };
        let (readers, tails) = (pool(N_READERS), pool(1));
        Ok(Self {
            options,
            writer: Mutex::new(Some(writer)),
            readers,
            tails,
            tallies: Tallies::default(),
            jobs: LocalJobs::default(),
            author_key,
            _lock: lock,
        })
    }

    /// Writes changes, and what they say of earlier edits by pages' ends: nobody else writes, so those that were
    /// read once are as they are remembered.
    async fn write(&self, changes: &[Change], tails: Option<&mut Tails>) -> Result<(), StoreError> {
        let mut completed = None;
        if let Some(tails) = tails {
            for wanted in tails.missing(changes) {
                let entries = self.tail(&wanted.wiki, wanted.page, wanted.length).await?;
                tails.put(&wanted, entries);
            }
            completed = Some(tails.complete(changes));
        }
        let mut turn = self.writer().await?;
        apply::apply(&mut turn.writer, completed.as_deref().unwrap_or(changes)).await?;
        turn.give_back();
        Ok(())
    }

    /// Brings the log of transactions into the file, and closes both.
    async fn let_go(&self) -> Result<(), StoreError> {
        self.readers.close().await;
        self.tails.close().await;
        if let Some(mut writer) = self.writer.lock().await.take() {
            sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                .execute(&mut writer.connection)
                .await?;
            writer.connection.close().await?;
        }
        Ok(())
    }

    /// The connection that writes, for one at a time. Who does not give it back, after an error or because
    /// nobody waits any more, loses it, and with it a transaction that is not committed.
    async fn writer(&self) -> Result<Turn<'_>, StoreError> {
        let mut place = self.writer.lock().await;
        let writer = match place.take() {
            Some(writer) => writer,
            None => Writer::connect(&self.options).await?,
        };
        Ok(Turn { place, writer })
    }
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

impl Writer {
    async fn connect(options: &SqliteConnectOptions) -> Result<Self, StoreError> {
        let mut connection = options.connect().await?;
        let memory = Memory::read(&mut connection).await?;
        Ok(Self { connection, memory })
    }
}

impl Store for SqliteStore {
    fn apply<'a>(&'a self, changes: &'a [Change], tails: Option<&'a mut Tails>) -> Answer<'a, ()> {
        Box::pin(self.write(changes, tails))
    }

    fn tail<'a>(&'a self, wiki: &'a str, page: PageId, limit: usize) -> Answer<'a, Vec<TailEntry>> {
        Box::pin(read::tail(&self.tails, wiki, page, limit))
    }

    fn author_key(&self) -> u64 {
        self.author_key
    }

    fn wikis(&self) -> Answer<'_, Vec<String>> {
        Box::pin(read::wikis(&self.readers))
    }

    fn size<'a>(&'a self, wiki: &'a str) -> Answer<'a, LedgerSize> {
        Box::pin(read::size(&self.readers, wiki))
    }

    fn models<'a>(&'a self, wiki: &'a str) -> Answer<'a, Vec<StoredModel>> {
        Box::pin(read::models(&self.readers, wiki))
    }

    fn tallies<'a>(
        &'a self,
        wiki: &'a str,
        model: Option<ModelId>,
        days: RangeInclusive<Day>,
        settled_until: Timestamp,
    ) -> Answer<'a, Vec<DayTally>> {
        Box::pin(self.tallies.of(self, wiki, model, days, settled_until))
    }

    fn features<'a>(
        &'a self,
        wiki: &'a str,
        model: ModelId,
        days: RangeInclusive<Day>,
    ) -> Answer<'a, FeatureCounts> {
        Box::pin(read::features(&self.readers, wiki, model, days))
    }

    fn edit<'a>(&'a self, wiki: &'a str, revision: RevisionId) -> Answer<'a, Option<LedgerEdit>> {
        Box::pin(read::edit(&self.readers, wiki, revision))
    }

    fn known<'a>(
        &'a self,
        wiki: &'a str,
        revisions: &'a [RevisionId],
    ) -> Answer<'a, Vec<KnownEdit>> {
        Box::pin(read::known(&self.readers, wiki, revisions))
    }

    fn edits<'a>(&'a self, wiki: &'a str, wanted: &'a Wanted) -> Answer<'a, Vec<LedgerEdit>> {
        Box::pin(read::edits(&self.readers, wiki, wanted))
    }

    fn judgements<'a>(&'a self, wiki: &'a str) -> Answer<'a, Vec<Judgement>> {
        Box::pin(read::judgements(&self.readers, wiki))
    }

    fn size_bytes(&self) -> u64 {
        let size = |suffix: &str| {
            let mut path = self.options.get_filename().as_os_str().to_owned();
            path.push(suffix);
            std::fs::metadata(path).map_or(0, |file| file.len())
        };
        size("") + size("-wal")
    }

    fn position<'a>(&'a self, source: &'a str) -> Answer<'a, Option<String>> {
        Box::pin(positions::position(&self.readers, source))
    }

    fn keep_position<'a>(&'a self, source: &'a str, position: &'a str) -> Answer<'a, ()> {
        Box::pin(positions::keep(self, source, position))
    }

    fn lease<'a>(&'a self, job: &'a str) -> Answer<'a, Option<Lease>> {
        Box::pin(std::future::ready(Ok(self.jobs.lease(job))))
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

/// Takes the ledger for this process. The lock is a file of its own: SQLite loses its locks on a file that
/// the process opens and closes beside it.
fn lock(path: &Path) -> Result<File, StoreError> {
    let mut name = path.as_os_str().to_owned();
    name.push("-lock");
    let name = PathBuf::from(name);
    let unusable = |what: String| StoreError::Unusable(format!("{}: {what}", name.display()));
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&name);
    let file = file.map_err(|cause| unusable(cause.to_string()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => {
            Err(unusable("another process has the ledger open".to_owned()))
        }
        Err(std::fs::TryLockError::Error(cause)) => Err(unusable(cause.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::ledger::battery::battery;

    async fn open() -> (SqliteStore, tempfile::TempDir) {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&directory.path().join("ledger.db")).await;
        (store.unwrap(), directory)
    }

    async fn opened() -> Option<(Box<SqliteStore>, tempfile::TempDir)> {
        let (store, directory) = open().await;
        Some((Box::new(store), directory))
    }

    battery!(opened);

    /// One number that a statement gives.
    async fn number(store: &SqliteStore, question: &'static str) -> i64 {
        let mut turn = store.writer().await.unwrap();
        let (number,) = sqlx::query_as(question)
            .fetch_one(&mut turn.writer.connection)
            .await
            .unwrap();
        turn.give_back();
        number
    }

    async fn execute(store: &SqliteStore, statement: &'static str) {
        let mut turn = store.writer().await.unwrap();
        sqlx::raw_sql(statement)
            .execute(&mut turn.writer.connection)
            .await
            .unwrap();
        turn.give_back();
    }

    #[tokio::test]
    async fn a_file_is_opened_again_by_one_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.db");
        let store = SqliteStore::open(&path).await.unwrap();
        let error = SqliteStore::open(&path).await.err().unwrap().to_string();
        assert!(
            error.ends_with("ledger.db-lock: another process has the ledger open"),
            "{error}"
        );
        let key = store.author_key();
        drop(store);
        let store = SqliteStore::open(&path).await.unwrap();
        assert_eq!(store.author_key(), key);
        assert_ne!(open().await.0.author_key(), key);
    }

    #[tokio::test]
    async fn what_is_no_ledger_of_this_version_is_refused() {
        #[track_caller]
        fn check(result: Result<SqliteStore, StoreError>, expected: &str) {
            let error = result.err().unwrap().to_string();
            assert_eq!(error, expected);
        }
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.db");
        let store = SqliteStore::open(&path).await.unwrap();
        execute(&store, "PRAGMA user_version = 99").await;
        drop(store);
        check(
            SqliteStore::open(&path).await,
            "the ledger holds what this version does not understand: it has version 99, and this program knows those up to 2",
        );
        let store = open().await;
        let path = store.1.path().join("ledger.db");
        execute(&store.0, "PRAGMA application_id = 7").await;
        drop(store.0);
        check(
            SqliteStore::open(&path).await,
            "the ledger holds what this version does not understand: it is another application's database",
        );
        let path = directory.path().join("text.db");
        std::fs::write(
            &path,
            "a text that is no database, and long enough to be read as its header",
        )
        .unwrap();
        check(
            SqliteStore::open(&path).await,
            "the ledger cannot be used: file is not a database",
        );
        check(
            SqliteStore::open(&directory.path().join("no/ledger.db")).await,
            &format!(
                "the ledger cannot be used: {}: No such file or directory (os error 2)",
                directory.path().join("no/ledger.db-lock").display()
            ),
        );
    }

    #[tokio::test]
    async fn a_file_of_an_earlier_version_gets_what_is_new() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.db");
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true);
        let mut connection = options.connect().await.unwrap();
        sqlx::raw_sql(concat!(
            include_str!("sqlite/migrations/1.sql"),
            "PRAGMA application_id = 1920355399; PRAGMA user_version = 1;
             INSERT INTO wiki (name, edits) VALUES ('papwiki', 7)"
        ))
        .execute(&mut connection)
        .await
        .unwrap();
        connection.close().await.unwrap();
        for _ in 0..2 {
            let store = SqliteStore::open(&path).await.unwrap();
            assert_eq!(number(&store, "PRAGMA user_version").await, 2);
            assert_eq!(store.size("papwiki").await.unwrap().edits, 7);
            assert_eq!(store.position("a stream").await.unwrap(), None);
        }
    }

    #[tokio::test]
    async fn the_file_is_opened_as_the_module_says() {
        let (store, _directory) = open().await;
        assert_eq!(number(&store, "PRAGMA foreign_keys").await, 1);
        assert_eq!(number(&store, "PRAGMA synchronous").await, 1);
        assert_eq!(number(&store, "PRAGMA auto_vacuum").await, 2);
    }
}
