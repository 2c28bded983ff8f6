//! One partition's messages, worked on in their order by a task of its own.
//!
//! What waits is bounded by whoever fills the lane: it says when it is full, and the partition is paused
//! until there is room again. An offset is stored when everything before it is done with, and committed a
//! little later; a lane that is dropped stores nothing more.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicI64, AtomicUsize};

use rdkafka::Message as _;
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::message::OwnedMessage;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::context::{Context, Partition};
use super::dead_letters::DeadLetters;
use crate::service::stream::worker::Worker;

/// Messages that are worked on together: a few of what a wiki gives at once.
const BATCH: usize = 200;

/// A lane is full with so many messages, or so many bytes.
const FULL: usize = 1_000;
const FULL_BYTES: usize = 4 << 20;

/// A partition's messages that wait. The task ends with it.
pub(super) struct Lane {
    messages: mpsc::UnboundedSender<OwnedMessage>,
    load: Arc<Load>,
    pub(super) is_paused: bool,
    /// The first offset that is not done with.
    next_offset: Arc<AtomicI64>,
    task: AbortHandle,
}

/// What waits, or is being worked on.
#[derive(Default)]
struct Load {
    n: AtomicUsize,
    bytes: AtomicUsize,
}

/// What a lane's task works with.
#[derive(Clone)]
pub(super) struct Crew {
    pub(super) worker: Arc<Worker>,
    pub(super) consumer: Arc<StreamConsumer<Context>>,
    pub(super) dead_letters: Arc<DeadLetters>,
    /// Told when a lane has room again.
    pub(super) has_room: mpsc::UnboundedSender<Partition>,
}

impl Lane {
    /// Begins a partition's lane, with the offset of its first message.
    pub(super) fn start(crew: Crew, partition: Partition, first_offset: i64) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        let load = Arc::new(Load::default());
        let next_offset = Arc::new(AtomicI64::new(first_offset));
        let state = (Arc::clone(&load), Arc::clone(&next_offset));
        let task = tokio::spawn(work(crew, partition, receiver, state));
        Self {
            messages: sender,
            load,
            is_paused: false,
            next_offset,
            task: task.abort_handle(),
        }
    }

    /// Takes a message in; whether the lane is full now.
    pub(super) fn push(&self, message: OwnedMessage) -> bool {
        let size = message.payload().map_or(0, <[u8]>::len);
        let n = self.load.n.fetch_add(1, Relaxed) + 1;
        let bytes = self.load.bytes.fetch_add(size, Relaxed) + size;
        // The task is there as long as the lane.
        let _ = self.messages.send(message);
        n >= FULL || bytes >= FULL_BYTES
    }

    /// The first offset that is not done with.
    pub(super) fn next_offset(&self) -> i64 {
        self.next_offset.load(Relaxed)
    }

    /// Whether a partition that was paused may go on: at most a quarter of what fills the lane waits.
    pub(super) fn has_room(&self) -> bool {
        let (n, bytes) = (self.load.n.load(Relaxed), self.load.bytes.load(Relaxed));
        n <= FULL / 4 && bytes <= FULL_BYTES / 4
    }

    /// Whether nothing waits and nothing is being worked on.
    pub(super) fn is_idle(&self) -> bool {
        self.load.n.load(Relaxed) == 0
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn work(
    crew: Crew,
    partition: Partition,
    mut messages: mpsc::UnboundedReceiver<OwnedMessage>,
    (load, next_offset): (Arc<Load>, Arc<AtomicI64>),
) {
    let mut batch = Vec::with_capacity(BATCH);
    while messages.recv_many(&mut batch, BATCH).await > 0 {
        let payloads: Vec<&[u8]> = batch
            .iter()
            .map(|message| message.payload().unwrap_or_default())
            .collect();
        let dead = crew.worker.handle(&payloads).await;
        crew.dead_letters.take(&crew.worker, &batch, &dead).await;
        let Some(last) = batch.last() else {
            continue;
        };
        // Refused where the partition was taken away meanwhile: it comes again, there.
        let (topic, number) = (&partition.0, partition.1);
        if let Err(error) = crew.consumer.store_offset(topic, number, last.offset()) {
            tracing::debug!(%error, "an offset of {topic} is not stored: {error}");
        }
        next_offset.store(last.offset() + 1, Relaxed);
        let bytes: usize = payloads.iter().map(|payload| payload.len()).sum();
        load.n.fetch_sub(batch.len(), Relaxed);
        load.bytes.fetch_sub(bytes, Relaxed);
        // Who filled it decides whether that is room enough.
        let _ = crew.has_room.send(partition.clone());
        batch.clear();
    }
}
