//! The task that writes: it takes what waits, in one transaction, and says when it is kept.
//!
//! Changes that come while one transaction is written go into the next, so that the more there is to do
//! the fewer transactions it takes. When the store cannot be written, who waits is told at once; what was
//! only recorded stays in its place in the queue, and is tried again until it can be, after pauses that
//! grow. The log says it when it begins, once a minute, and when it is over.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::{Duration, Instant};

use super::LedgerError;
use super::queue::{Item, Queue};
use super::store::{Change, Store, StoreError};
use super::tails::{Labels, Tails};

/// Changes that one transaction takes, unless one request has more.
const MAX_BATCH: usize = 1_000;

/// The first pause after a failure; it doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The least time between two lines of the log about the same.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// What the writer counts.
#[derive(Default)]
pub(super) struct Counters {
    /// Changes that were written.
    pub(super) n_written: AtomicU64,
    /// Transactions.
    pub(super) n_batches: AtomicU64,
    /// Attempts that failed.
    pub(super) n_failures: AtomicU64,
    /// Changes that were recorded and will never be written.
    pub(super) n_dropped: AtomicU64,
    /// Whether the last attempt failed.
    pub(super) is_failing: AtomicBool,
}

/// Writes what waits until the queue is closed and empty.
pub(super) async fn write_all(
    store: Arc<dyn Store>,
    queue: Arc<Queue>,
    counters: Arc<Counters>,
    labels: Labels,
) {
    let mut tails = Tails::new(labels);
    let mut pause = FIRST_PAUSE;
    let mut log = Cadence::default();
    while let Some(items) = queue.take(MAX_BATCH).await {
        let mut result = write(&*store, &mut tails, &items).await;
        let mut items = items;
        if matches!(result, Err(StoreError::NotUnderstood(_))) && items.len() > 1 {
            // One of them is refused for good, and the others shall not go with it.
            tails.clear();
            let n_all = items.len();
            items = write_singly(&*store, &mut tails, &queue, &counters, items).await;
            let n_refused = n_all - items.len();
            tracing::error!(
                n_refused,
                "{n_refused} of {n_all} requests to the ledger are not written"
            );
            result = Ok(());
        }
        let n: usize = items.iter().map(|item| item.changes.len()).sum();
        match result {
            Ok(()) => {
                queue.free(n);
                counters.n_written.fetch_add(n as u64, Relaxed);
                counters.n_batches.fetch_add(1, Relaxed);
                if counters.is_failing.swap(false, Relaxed) {
                    tracing::info!("the ledger is written again");
                }
                pause = FIRST_PAUSE;
                log = Cadence::default();
                for item in items {
                    acknowledge(item, || Ok(()));
                }
            }
            Err(error) => {
                tails.clear();
                counters.n_failures.fetch_add(1, Relaxed);
                counters.is_failing.store(true, Relaxed);
                if log.is_due() {
                    let n = queue.n_changes();
                    tracing::error!(%error, n, "the ledger is not written, and {n} changes wait: {error}");
                }
                let n_refused = refuse(&queue, &counters, items, &error);
                queue.free(n_refused);
                tokio::time::sleep(pause).await;
                pause = (2 * pause).min(LONGEST_PAUSE);
            }
        }
    }
}

async fn write(store: &dyn Store, tails: &mut Tails, items: &[Item]) -> Result<(), StoreError> {
    let changes = items.iter().flat_map(|item| item.changes.iter().cloned());
    let changes: Vec<Change> = changes.collect();
    store.apply(&changes, Some(tails)).await
}

/// Writes items one after the other; gives those that are written.
async fn write_singly(
    store: &dyn Store,
    tails: &mut Tails,
    queue: &Queue,
    counters: &Counters,
    items: Vec<Item>,
) -> Vec<Item> {
    let mut written = Vec::with_capacity(items.len());
    for item in items {
        match write(store, tails, std::slice::from_ref(&item)).await {
            Ok(()) => written.push(item),
            Err(error) => {
                tails.clear();
                counters.n_failures.fetch_add(1, Relaxed);
                let n_refused = refuse(queue, counters, vec![item], &error);
                queue.free(n_refused);
            }
        }
    }
    written
}

/// Tells all who wait, and puts the others back; gives how many changes are done with.
fn refuse(queue: &Queue, counters: &Counters, items: Vec<Item>, error: &StoreError) -> usize {
    let (awaited, recorded): (Vec<Item>, Vec<Item>) = items
        .into_iter()
        .partition(|item| item.acknowledge.is_some());
    let mut n_refused = 0;
    match error {
        StoreError::Full(_) | StoreError::Unusable(_) => queue.put_back(recorded),
        // It would fail for ever, and keep everything else waiting.
        StoreError::NotUnderstood(_) => {
            let n: usize = recorded.iter().map(|item| item.changes.len()).sum();
            counters.n_dropped.fetch_add(n as u64, Relaxed);
            n_refused += n;
        }
    }
    // Where the store is to blame, those who wait behind are told at once.
    let behind = match error {
        StoreError::Full(_) | StoreError::Unusable(_) => queue.take_awaited(),
        StoreError::NotUnderstood(_) => Vec::new(),
    };
    for item in awaited.into_iter().chain(behind) {
        n_refused += item.changes.len();
        acknowledge(item, || Err(of_store(error)));
    }
    n_refused
}

fn of_store(error: &StoreError) -> LedgerError {
    match error {
        StoreError::Full(_) | StoreError::Unusable(_) => LedgerError::NotWritten(error.to_string()),
        StoreError::NotUnderstood(_) => LedgerError::Refused(error.to_string()),
    }
}

fn acknowledge(item: Item, result: impl FnOnce() -> Result<(), LedgerError>) {
    if let Some(acknowledge) = item.acknowledge {
        // Who asked may have left.
        let _ = acknowledge.send(result());
    }
}

/// Says when the log may have the next line about the same thing.
#[derive(Default)]
pub(super) struct Cadence(Option<Instant>);

impl Cadence {
    pub(super) fn is_due(&mut self) -> bool {
        let is_due = self.0.is_none_or(|last| last.elapsed() >= LOG_INTERVAL);
        if is_due {
            self.0 = Some(Instant::now());
        }
        is_due
    }
}
