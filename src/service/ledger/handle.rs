//! The ledger as the rest of the service has it: what is told goes into a queue, one task writes it, and
//! another forgets what is old.
//!
//! Who scores never waits for it ([`Ledger::record`]); who wants to know that something is kept does
//! ([`Ledger::write`]).

use std::collections::BTreeSet;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::entry::ScoredEdit;
use super::place::LedgerPlace;
#[cfg(feature = "postgres")]
use super::postgres::PostgresStore;
use super::queue::{Item, Queue};
use super::rows::day_of;
use super::sqlite::SqliteStore;
use super::store::{Change, Store, StoreError};
use super::writer::{Cadence, Counters, write_all};
use super::{Lease, SharedPast};
use crate::corpus::LabelOptions;
use crate::revision::{RevisionId, Timestamp};
use crate::service::config::Config;
use crate::service::models::Models;

/// Changes that may wait to be written: about 20 MB, or some seconds of the fastest scoring.
const QUEUE: usize = 20_000;

/// Connections to a database, where the configuration says nothing.
const DEFAULT_CONNECTIONS: u32 = 8;

/// When the first old edits are forgotten, and how often after that.
const FIRST_COMPACTION: Duration = Duration::from_secs(60);
const COMPACTION_INTERVAL: Duration = Duration::from_secs(3_600);

/// How long whoever tells waits until it is written.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the end waits for what is not written yet.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);

/// A ledger that is written and read; clones share it.
#[derive(Clone)]
pub struct Ledger(Arc<Shared>);

struct Shared {
    options: LedgerOptions,
    wikis: BTreeSet<String>,
    store: Arc<dyn Store>,
    queue: Arc<Queue>,
    counters: Arc<Counters>,
    dropped: Mutex<Cadence>,
    writing: tokio::sync::Mutex<Option<JoinHandle<()>>>,
    compacting: Option<JoinHandle<()>>,
}

/// How a ledger is kept.
#[derive(Clone, Debug)]
pub struct LedgerOptions {
    /// Where it is kept.
    pub place: LedgerPlace,
    /// Connections to a database, at most; at least two.
    pub connections: u32,
    /// The wikis whose edits are kept.
    pub wikis: Vec<String>,
    /// Whether accounts' names are kept.
    pub names: bool,
    /// Time after which an edit that nobody reverted counts as kept.
    pub settle_seconds: i64,
    /// Days for which single edits are kept before they are counts alone; 0 keeps them for ever.
    pub keep_days: u32,
}

/// Why something is not in the ledger.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LedgerError {
    /// It was not opened.
    #[error("the ledger {place} is not opened: {cause}")]
    NotOpened {
        /// Where it is kept.
        place: LedgerPlace,
        /// Why.
        cause: String,
    },
    /// The store does not take it. Nothing of it is kept.
    #[error("the ledger is not written: {0}")]
    NotWritten(String),
    /// The store will never take it. Nothing of it is kept.
    #[error("the ledger refuses it: {0}")]
    Refused(String),
    /// More waits to be written than may. Nothing of it is kept.
    #[error("the ledger has too much to write at the moment")]
    Busy,
    /// The service ends. Nothing of it is kept.
    #[error("the ledger is closed")]
    Closed,
}

/// What a ledger says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct LedgerState {
    /// Changes that were written.
    pub(crate) n_written: u64,
    /// Transactions.
    pub(crate) n_batches: u64,
    /// Attempts to write that failed.
    pub(crate) n_failures: u64,
    /// Changes that were recorded and are lost.
    pub(crate) n_dropped: u64,
    /// Changes that wait.
    pub(crate) n_waiting: usize,
    /// Whether the last attempt to write succeeded.
    pub(crate) is_written: bool,
    /// Of all that is kept.
    pub(crate) size_bytes: u64,
}

/// Now, in seconds since 1970.
pub(crate) fn now() -> Timestamp {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH);
    Timestamp(elapsed.map_or(0, |elapsed| elapsed.as_secs() as i64))
}

impl LedgerOptions {
    /// Names are not kept, single edits for ever, and outcomes are settled after two days.
    pub(crate) fn new(
        place: impl Into<LedgerPlace>,
        wikis: impl IntoIterator<Item = String>,
    ) -> Self {
        Self {
            place: place.into(),
            connections: DEFAULT_CONNECTIONS,
            wikis: wikis.into_iter().collect(),
            names: false,
            settle_seconds: 48 * 3_600,
            keep_days: 0,
        }
    }
}

impl Ledger {
    /// Opens the ledger that a configuration names, if it names one; what counts as a revert on a wiki is
    /// what its models learned by.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub async fn configured(config: &Config, models: &Models) -> Result<Option<Self>, LedgerError> {
        let Some(place) = &config.ledger else {
            return Ok(None);
        };
        let named = config.ledger_wikis.iter().flat_map(|wikis| &wikis.0);
        let wikis = named.chain(config.wikis.keys()).cloned();
        let options = LedgerOptions {
            names: config.ledger_names,
            settle_seconds: i64::from(config.settle_hours) * 3_600,
            keep_days: config.ledger_keep_days,
            connections: config.ledger_connections,
            ..LedgerOptions::new(place.clone(), wikis)
        };
        let labels_of = |wiki: &String| {
            let served = models.for_wiki(wiki);
            let labels = served.first().map(|served| served.measure.labels);
            let labels = labels.unwrap_or(DEFAULT_LABELS);
            if served.iter().any(|served| served.measure.labels != labels) {
                tracing::warn!(
                    wiki,
                    "models of {wiki} differ in what counts as a revert; the ledger goes by {}",
                    served[0].name
                );
            }
            (wiki.clone(), labels)
        };
        let labels: std::collections::BTreeMap<String, LabelOptions> =
            options.wikis.iter().map(labels_of).collect();
        let labels = move |wiki: &str| labels.get(wiki).copied().unwrap_or(DEFAULT_LABELS);
        Self::open(options, labels).await.map(Some)
    }

    /// Opens a ledger, or begins one, and starts to write what it is told. `labels` says what counts as a
    /// revert on a wiki.
    ///
    /// # Errors
    /// When the place cannot be used, holds no ledger or one of a later version, or when another process has the
    /// file.
    pub async fn open(
        options: LedgerOptions,
        labels: impl Fn(&str) -> LabelOptions + Send + Sync + 'static,
    ) -> Result<Self, LedgerError> {
        let store = open_store(&options).await;
        let store = store.map_err(|cause| LedgerError::NotOpened {
            place: options.place.clone(),
            cause: cause.to_string(),
        })?;
        Ok(Self::with_store(store, options, QUEUE, labels))
    }

    fn with_store(
        store: Arc<dyn Store>,
        options: LedgerOptions,
        capacity: usize,
        labels: impl Fn(&str) -> LabelOptions + Send + Sync + 'static,
    ) -> Self {
        let queue = Arc::new(Queue::new(capacity));
        let counters = Arc::new(Counters::default());
        let writing = tokio::spawn(write_all(
            Arc::clone(&store),
            Arc::clone(&queue),
            Arc::clone(&counters),
            Arc::new(labels),
        ));
        let compacting = (options.keep_days > 0)
            .then(|| tokio::spawn(compact_always(Arc::clone(&store), options.clone())));
        Self(Arc::new(Shared {
            wikis: options.wikis.iter().cloned().collect(),
            options,
            store,
            queue,
            counters,
            dropped: Mutex::default(),
            writing: Some(writing).into(),
            compacting,
        }))
    }

    /// Whether a wiki's edits are kept.
    pub(crate) fn keeps(&self, wiki: &str) -> bool {
        self.0.wikis.contains(wiki)
    }

    /// Whether accounts' names are kept.
    pub(crate) fn keeps_names(&self) -> bool {
        self.0.options.names
    }

    /// An author as a number that only this ledger has for the name.
    pub(crate) fn author(&self, name: &str) -> u64 {
        xxh3_64_with_seed(name.as_bytes(), self.0.store.author_key())
    }

    /// Keeps scores when there is time for it. When there is no place for them they are lost, which is
    /// counted.
    pub(crate) fn record(&self, edit: ScoredEdit) {
        // What is not saved yet has no id.
        if edit.edit.sighting.revision == RevisionId(0) || !self.keeps(&edit.wiki) {
            return;
        }
        let item = self.item(vec![Change::Scored(edit)], None);
        if let Err((error, item)) = self.0.queue.push(item) {
            self.count_dropped(item.changes.len(), &error);
        }
    }

    /// Keeps changes; ready when they outlive this process.
    ///
    /// # Errors
    /// When they are not kept. Telling them again does no harm.
    pub(crate) async fn write(&self, changes: Vec<Change>) -> Result<(), LedgerError> {
        let written = self.write_for_long(changes);
        match tokio::time::timeout(WRITE_TIMEOUT, written).await {
            Ok(result) => result,
            // It may be written yet; told again it is not written twice.
            Err(_) => Err(LedgerError::Busy),
        }
    }

    /// The same, for who has all the time in the world: a second copy would only keep the first one waiting.
    ///
    /// # Errors
    /// As [`Ledger::write`].
    pub(crate) async fn write_for_long(&self, changes: Vec<Change>) -> Result<(), LedgerError> {
        if changes.is_empty() {
            return Ok(());
        }
        let (acknowledge, acknowledged) = oneshot::channel();
        let item = self.item(changes, Some(acknowledge));
        self.0.queue.push(item).map_err(|(error, _)| error)?;
        acknowledged.await.unwrap_or(Err(LedgerError::Closed))
    }

    fn item(
        &self,
        mut changes: Vec<Change>,
        acknowledge: Option<super::queue::Acknowledge>,
    ) -> Item {
        if !self.keeps_names() {
            for change in &mut changes {
                match change {
                    Change::Scored(edit) => edit.edit.user_name = None,
                    Change::Seen(seen) => seen.edit.user_name = None,
                    Change::Became { .. }
                    | Change::PageChanged { .. }
                    | Change::Visibility { .. }
                    | Change::Judged(_)
                    | Change::Unjudged { .. } => {}
                }
            }
        }
        Item {
            changes,
            acknowledge,
        }
    }

    fn count_dropped(&self, n: usize, error: &LedgerError) {
        let n_dropped = self.0.counters.n_dropped.fetch_add(n as u64, Relaxed) + n as u64;
        let mut cadence = self
            .0
            .dropped
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if cadence.is_due() {
            tracing::error!(%error, n_dropped, "scores are missing in the ledger, {n_dropped} so far: {error}");
        }
    }

    /// What answers questions.
    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        &self.0.store
    }

    /// Until when outcomes are known: an edit up to then that nobody reverted was kept. When nobody tells
    /// of edits any more it stays where it is; before anybody did it is 1970.
    pub(crate) async fn settled_until(&self, wiki: &str) -> Timestamp {
        let until = settled_until(&*self.0.store, wiki, self.0.options.settle_seconds).await;
        until.unwrap_or_else(|error| {
            tracing::warn!(wiki, %error, "it is not known what became of edits of {wiki}: {error}");
            Timestamp(0)
        })
    }

    /// The past that several services share, where they do.
    pub(crate) fn shared_past(&self) -> Option<&dyn SharedPast> {
        self.0.store.shared_past()
    }

    /// Where the source of a stream is, as it was kept last.
    pub(crate) async fn position(&self, source: &str) -> Result<Option<String>, StoreError> {
        self.0.store.position(source).await
    }

    /// Keeps where the source of a stream is.
    pub(crate) async fn keep_position(
        &self,
        source: &str,
        position: &str,
    ) -> Result<(), StoreError> {
        self.0.store.keep_position(source, position).await
    }

    /// A job that one process of those that share the ledger does at a time; `None` while another has it.
    pub(crate) async fn lease(&self, job: &str) -> Result<Option<Lease>, StoreError> {
        self.0.store.lease(job).await
    }

    /// What it says of itself.
    pub(crate) fn state(&self) -> LedgerState {
        let Shared {
            store,
            queue,
            counters,
            ..
        } = &*self.0;
        LedgerState {
            n_written: counters.n_written.load(Relaxed),
            n_batches: counters.n_batches.load(Relaxed),
            n_failures: counters.n_failures.load(Relaxed),
            n_dropped: counters.n_dropped.load(Relaxed),
            n_waiting: queue.n_changes(),
            is_written: !counters.is_failing.load(Relaxed),
            size_bytes: store.size_bytes(),
        }
    }

    /// Takes nothing more, and waits until what waits is written, for a limited time.
    pub async fn close(&self) {
        if let Some(compacting) = &self.0.compacting {
            compacting.abort();
        }
        self.0.queue.close();
        let Some(mut writing) = self.0.writing.lock().await.take() else {
            return;
        };
        let is_written = tokio::time::timeout(CLOSE_TIMEOUT, &mut writing)
            .await
            .is_ok();
        if !is_written {
            writing.abort();
            let n = self.0.queue.n_changes();
            self.0.counters.n_dropped.fetch_add(n as u64, Relaxed);
            tracing::error!(
                n,
                "{n} changes are not in the ledger: there was no more time"
            );
        }
        match tokio::time::timeout(CLOSE_TIMEOUT, self.0.store.close()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the ledger is closed in a hurry: {error}"),
            Err(_) => tracing::warn!("the ledger is closed in a hurry: somebody still reads"),
        }
    }
}

/// Opens what keeps a ledger.
async fn open_store(options: &LedgerOptions) -> Result<Arc<dyn Store>, StoreError> {
    match &options.place {
        LedgerPlace::File(path) => Ok(Arc::new(SqliteStore::open(path).await?)),
        #[cfg(feature = "postgres")]
        LedgerPlace::Postgres(address) => {
            Ok(PostgresStore::open(address, options.connections).await?)
        }
        #[cfg(not(feature = "postgres"))]
        LedgerPlace::Postgres(_) => Err(StoreError::Unusable(
            "this program was built without the feature postgres; build it with --features postgres, or name a file"
                .to_owned(),
        )),
    }
}

/// What counts as a revert where no model says.
const DEFAULT_LABELS: LabelOptions = LabelOptions {
    radius: 15,
    window_seconds: None,
};

/// In whole hours, so that what was counted holds for a while.
async fn settled_until(
    store: &dyn Store,
    wiki: &str,
    settle_seconds: i64,
) -> Result<Timestamp, StoreError> {
    let seen_until = store.size(wiki).await?.seen_until;
    let until = seen_until.map_or(0, |seen| seen.0.min(now().0).saturating_sub(settle_seconds));
    Ok(Timestamp((until - until.rem_euclid(3_600)).max(0)))
}

/// Makes counts of old edits, now and then.
async fn compact_always(store: Arc<dyn Store>, options: LedgerOptions) {
    let mut pause = FIRST_COMPACTION;
    loop {
        tokio::time::sleep(pause).await;
        pause = COMPACTION_INTERVAL;
        if let Err(error) = compact(&*store, &options).await {
            tracing::error!(%error, "old edits stay in the ledger: {error}");
        }
    }
}

/// Days are counted back from the wiki's latest edit, not from today: a dump that was replayed, and a wiki whose
/// feed has stopped, lose nothing. Edits whose outcome may still come stay. One process does it at a time, of
/// those that share the ledger.
async fn compact(store: &dyn Store, options: &LedgerOptions) -> Result<(), StoreError> {
    let Some(mut lease) = store.lease("compaction").await? else {
        return Ok(());
    };
    let keep_days = i32::try_from(options.keep_days).unwrap_or(i32::MAX);
    for wiki in store.wikis().await? {
        if !lease.is_held().await {
            break;
        }
        let Some(seen_until) = store.size(&wiki).await?.seen_until else {
            continue;
        };
        let settled_until = settled_until(store, &wiki, options.settle_seconds).await?;
        let before = day_of(seen_until.0.min(now().0)).saturating_sub(keep_days);
        let before = before.min(day_of(settled_until.0));
        let n = store.compact(&wiki, before, settled_until).await?;
        if n > 0 {
            tracing::info!(wiki, n, "{n} old edits of {wiki} are counts alone now");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use sqlx::{ConnectOptions as _, Connection as _};

    use super::*;
    use crate::corpus::{RevertComment, Sighting, TextDigest};
    use crate::evaluation::UserClass;
    use crate::model::Target;
    use crate::revision::PageId;
    use crate::service::ledger::SeenParent;
    use crate::service::ledger::entry::{EditFacts, LedgerModel, LedgerPage, ModelScore, SeenEdit};

    const WIKI: &str = "papwiki";

    fn facts(revision: u64, text: Option<&str>, author: u64) -> EditFacts {
        EditFacts {
            sighting: Sighting {
                revision: RevisionId(revision),
                timestamp: Some(Timestamp(1_000_000 + 60 * revision as i64)),
                digest: text.map(TextDigest::of),
                author: Some(author),
            },
            user_name: Some("Somebody".to_owned()),
            user_class: UserClass::Newcomer,
            is_first: false,
            kind: None,
        }
    }

    fn page() -> LedgerPage {
        LedgerPage {
            id: PageId(7),
            title: "A page".to_owned(),
            namespace: 0,
        }
    }

    fn scored(revision: u64) -> ScoredEdit {
        let model = LedgerModel {
            name: "papwiki.reverted".to_owned(),
            version: "1".to_owned(),
            target: Target::Reverted,
            checksum: 1,
            rule: crate::corpus::Rule::default(),
            levels: vec![],
            features: vec![],
        };
        ScoredEdit {
            wiki: WIKI.into(),
            page: page(),
            edit: facts(revision, None, 2),
            scored_at: None,
            scores: vec![ModelScore {
                model: Arc::new(model),
                probability: 0.5,
                reasons: vec![],
                is_counted: true,
                tenths: vec![],
            }],
        }
    }

    fn seen(revision: u64, text: &str, author: u64) -> Change {
        Change::Seen(SeenEdit {
            wiki: WIKI.into(),
            page: page(),
            edit: facts(revision, Some(text), author),
            comment: RevertComment::of(Some("rvv")),
            parent: None,
            past: None,
        })
    }

    async fn open(directory: &Path, keeps_names: bool) -> Ledger {
        let options = LedgerOptions {
            names: keeps_names,
            ..LedgerOptions::new(&*directory.join("ledger.db"), [WIKI.to_owned()])
        };
        Ledger::open(options, |_| DEFAULT_LABELS).await.unwrap()
    }

    async fn edit(ledger: &Ledger, revision: u64) -> Option<super::super::LedgerEdit> {
        let edit = ledger.store().edit(WIKI, RevisionId(revision)).await;
        edit.unwrap()
    }

    /// Does something to the file from beside.
    async fn meddle(directory: &Path, statement: &'static str) {
        let options = sqlx::sqlite::SqliteConnectOptions::new();
        let options = options.filename(directory.join("ledger.db"));
        let mut connection = options.connect().await.unwrap();
        sqlx::raw_sql(statement)
            .execute(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
    }

    const BREAK: &str = "ALTER TABLE score RENAME TO away";
    const MEND: &str = "ALTER TABLE away RENAME TO score";

    #[tokio::test]
    async fn what_is_seen_says_what_became_of_edits_across_a_restart() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = open(directory.path(), false).await;
        ledger.record(scored(2));
        let changes = vec![seen(1, "good", 1), seen(2, "bad", 2)];
        ledger.write(changes).await.unwrap();
        assert!(edit(&ledger, 2).await.unwrap().fate.reverted.is_none());
        ledger.close().await;
        drop(ledger);
        let ledger = open(directory.path(), false).await;
        ledger.write(vec![seen(3, "good", 3)]).await.unwrap();
        let reverted = edit(&ledger, 2).await.unwrap();
        let by = reverted.fate.reverted.unwrap();
        assert_eq!((by.revision, by.seconds), (RevisionId(3), Some(60)));
        assert_eq!(by.user_class, UserClass::Newcomer);
        assert_eq!(reverted.scores.len(), 1);
        // An edit that comes late stands where it was made, and one that brings the text back undoes.
        let late = vec![seen(5, "best", 4), seen(4, "better", 4)];
        ledger.write(late).await.unwrap();
        assert!(!edit(&ledger, 2).await.unwrap().fate.revert_undone);
        ledger.write(vec![seen(6, "bad", 5)]).await.unwrap();
        assert!(edit(&ledger, 2).await.unwrap().fate.revert_undone);
        let state = ledger.state();
        assert!(state.is_written && state.size_bytes > 0 && state.n_waiting == 0);
        assert!(state.n_batches <= state.n_written);
    }

    /// A page that is older than its ledger: what was there before an edit is told with it.
    #[tokio::test]
    async fn a_revert_to_what_was_there_before_the_ledger_is_found() {
        let time = facts(1, None, 1).sighting.timestamp;
        for (parent_id, timestamp) in [(1, time), (1, None), (0, None)] {
            let directory = tempfile::tempdir().unwrap();
            let ledger = open(directory.path(), false).await;
            let mut vandal = match seen(2, "bad", 2) {
                Change::Seen(seen) => seen,
                other => panic!("{other:?}"),
            };
            let mut parent = facts(1, Some("good"), 1);
            parent.sighting.revision = RevisionId(parent_id);
            parent.sighting.timestamp = timestamp;
            vandal.parent = Some(Box::new(SeenParent {
                edit: parent,
                comment: RevertComment::of(None),
            }));
            ledger.write(vec![Change::Seen(vandal)]).await.unwrap();
            ledger.write(vec![seen(3, "good", 3)]).await.unwrap();
            let fate = edit(&ledger, 2).await.unwrap().fate;
            assert_eq!(
                fate.reverted.map(|by| by.revision),
                Some(RevisionId(3)),
                "{parent_id}"
            );
        }
    }

    #[tokio::test]
    async fn only_what_is_asked_for_is_kept() {
        for keeps_names in [false, true] {
            let directory = tempfile::tempdir().unwrap();
            let ledger = open(directory.path(), keeps_names).await;
            let mut other = scored(1);
            other.wiki = "enwiki".into();
            ledger.record(other);
            ledger.record(scored(0));
            ledger.record(scored(2));
            ledger.close().await;
            assert!(ledger.keeps(WIKI) && !ledger.keeps("enwiki"));
            let late = ledger.write(vec![seen(3, "", 1)]).await;
            assert_eq!(late, Err(LedgerError::Closed));
            ledger.record(scored(4));
            assert_eq!(ledger.state().n_dropped, 1);
            drop(ledger);
            let ledger = open(directory.path(), keeps_names).await;
            assert_eq!(ledger.store().wikis().await.unwrap(), [WIKI]);
            assert_eq!(ledger.store().size(WIKI).await.unwrap().edits, 1);
            let name = edit(&ledger, 2).await.unwrap().user_name;
            assert_eq!(name.is_some(), keeps_names);
        }
    }

    #[tokio::test]
    async fn what_cannot_be_written_is_said_and_kept_until_it_can() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = open(directory.path(), false).await;
        ledger.write(vec![Change::Scored(scored(1))]).await.unwrap();
        meddle(directory.path(), BREAK).await;
        ledger.record(scored(2));
        let error = ledger.write(vec![Change::Scored(scored(3))]).await;
        let error = error.unwrap_err().to_string();
        assert_eq!(
            error,
            "the ledger is not written: the ledger cannot be used: no such table: score"
        );
        let state = ledger.state();
        assert!(!state.is_written && state.n_failures > 0);
        assert_eq!(state.n_waiting, 1);
        meddle(directory.path(), MEND).await;
        while ledger.write(vec![Change::Scored(scored(4))]).await.is_err() {}
        assert!(ledger.state().is_written);
        for (revision, is_there) in [(1, true), (2, true), (3, false), (4, true)] {
            let edit = edit(&ledger, revision).await;
            assert_eq!(edit.is_some(), is_there, "{revision}");
        }
        assert_eq!(ledger.state().n_dropped, 0);
    }

    #[tokio::test]
    async fn what_finds_no_place_is_counted() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.db");
        let store = Arc::new(SqliteStore::open(&path).await.unwrap());
        let options = LedgerOptions::new(&*path, [WIKI.to_owned()]);
        let ledger = Ledger::with_store(store, options, 3, |_| DEFAULT_LABELS);
        meddle(directory.path(), BREAK).await;
        for revision in 1..=5 {
            ledger.record(scored(revision));
        }
        assert_eq!(ledger.state().n_dropped, 2);
        let busy = ledger.write(vec![Change::Scored(scored(6))]).await;
        assert_eq!(busy, Err(LedgerError::Busy));
        meddle(directory.path(), MEND).await;
        ledger.close().await;
        assert_eq!(ledger.state().n_dropped, 2);
        drop(ledger);
        let again = SqliteStore::open(&path).await.unwrap();
        assert_eq!(again.size(WIKI).await.unwrap().edits, 3);
    }

    #[tokio::test]
    async fn outcomes_settle_by_what_was_seen() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = open(directory.path(), false).await;
        assert_eq!(ledger.settled_until(WIKI).await, Timestamp(0));
        ledger.record(scored(9));
        ledger.write(vec![seen(1, "", 1)]).await.unwrap();
        // In whole hours.
        let expected = 1_000_060 - 48 * 3_600;
        let expected = expected - expected % 3_600;
        assert_eq!(ledger.settled_until(WIKI).await, Timestamp(expected));
        // A clock that goes wrong settles nothing before its time.
        let mut tomorrow = facts(2, Some(""), 1);
        tomorrow.sighting.timestamp = Some(Timestamp(i64::MAX));
        let tomorrow = Change::Seen(SeenEdit {
            wiki: WIKI.into(),
            page: page(),
            edit: tomorrow,
            comment: RevertComment::of(None),
            parent: None,
            past: None,
        });
        ledger.write(vec![tomorrow]).await.unwrap();
        assert!(ledger.settled_until(WIKI).await < now());
    }

    #[tokio::test]
    async fn positions_and_leases_are_the_stores() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = open(directory.path(), false).await;
        ledger.keep_position("a stream", "7").await.unwrap();
        let position = ledger.position("a stream").await.unwrap();
        assert_eq!(position.as_deref(), Some("7"));
        let mut lease = ledger.lease("a stream").await.unwrap().unwrap();
        assert!(lease.is_held().await);
        assert!(ledger.lease("a stream").await.unwrap().is_none());
    }

    #[tokio::test]
    async fn old_edits_are_forgotten_by_their_wiki() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = open(directory.path(), false).await;
        let changes = vec![Change::Scored(scored(1)), seen(2, "", 1)];
        ledger.write(changes).await.unwrap();
        let options = LedgerOptions {
            settle_seconds: 0,
            keep_days: 7,
            ..LedgerOptions::new(directory.path(), [])
        };
        let n_left = async || {
            compact(&**ledger.store(), &options).await.unwrap();
            ledger.store().size(WIKI).await.unwrap().edits
        };
        // That was in 1970, and nothing has come since.
        assert_eq!(n_left().await, 2);
        let mut later = facts(3, Some(""), 1);
        later.sighting.timestamp = Some(Timestamp(1_000_000 + 9 * 86_400));
        let later = Change::Seen(SeenEdit {
            wiki: WIKI.into(),
            page: page(),
            edit: later,
            comment: RevertComment::of(None),
            parent: None,
            past: None,
        });
        ledger.write(vec![later]).await.unwrap();
        assert_eq!(n_left().await, 1);
        assert_ne!(ledger.author("A"), ledger.author("B"));
    }
}
