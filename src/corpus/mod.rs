//! Dumps in, pages with their revisions out, and what became of each.
//!
//! In the data's order: a file is unpacked (`compression`), repaired (`utf8`), parsed (`dump`), sorted
//! (`time_order`); [`read`] does that for several files at once. A [`Labeller`] then finds which
//! revisions were reverted, and [`vandalism`] which of the reverts look like the end of vandalism.
//!
//! Apart because whoever learns from a dump and whoever replays one must find the same: this is the
//! only place that reads dumps and labels what is in them. It is behind the feature `corpus`, and the
//! one room of the library that opens files other than our own. What people said about edits, and
//! what is made of the revisions, is not known here; no text is kept longer than its order in time needs.
//!
//! Each file has one thread that reads and one that works on it, joined by a channel that holds a
//! few megabytes; results come back in the order of the files, so that they do not depend on the
//! threads. A page is never split between threads.
//!
//! ```
//! use revscore::corpus::{self, DumpError, Event, Input, LabelOptions, Labeller, Meter, ReadOptions};
//!
//! let dumps = [Input::File("tests/data/sample-wiki.xml.bz2".into())];
//! let files = corpus::read(&dumps, &ReadOptions::default(), &Meter::default(), |_, events| {
//!     let mut labeller = Labeller::new(&LabelOptions::default());
//!     let mut n_reverted = 0;
//!     for event in events {
//!         match event? {
//!             Event::Site(_) | Event::PageStart(_) => {}
//!             Event::Revision(revision) => labeller.push(&revision),
//!             Event::PageEnd => labeller.end_page(),
//!         }
//!         n_reverted += labeller.take_final().filter(|label| label.reverted.is_some()).count();
//!     }
//!     Ok::<_, DumpError>(n_reverted)
//! })?;
//! println!("{}: {} reverted", files[0].counts, files[0].result);
//! # assert!(files[0].result > 0);
//! # Ok::<(), DumpError>(())
//! ```

mod compression;
mod digest;
mod site;
mod utf8;

mod counts;
mod selection;

mod dump;
mod export;
mod time_order;

mod edit_war;
mod revert_comment;
mod reverts;
mod rule;
mod sighting;
mod vandalism;
mod window;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::{io, thread};

use crossbeam_channel::{Receiver, Sender, bounded};

pub use compression::Input;
pub use counts::DumpCounts;
pub use digest::TextDigest;
use dump::DumpParser;
pub use dump::{DumpError, DumpRevision, Event};
pub use revert_comment::{RevertComment, RevertCommentKind, RevertReason};
pub use reverts::{LabelOptions, Labeller, Reverted, Reverting, RevisionLabel};
pub use rule::{LeftOut, Rule};
pub use selection::PageSelection;
pub use sighting::Sighting;
pub use site::SiteInfo;
use time_order::TimeOrder;
pub use vandalism::vandalism;
pub use window::Window;

/// How dumps are read.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// The pages to read.
    pub pages: Arc<PageSelection>,
    /// Whether a truncated or damaged file counts as read as far as it goes.
    pub allow_truncated: bool,
    /// Files to read at the same time; at least 1.
    pub n_files_at_once: usize,
}

impl ReadOptions {
    /// Threads to unpack each file with: the files that are read at the same time share the cores.
    fn n_threads(&self) -> usize {
        n_cores().div_ceil(self.n_files_at_once)
    }
}

fn n_cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            pages: Arc::default(),
            allow_truncated: false,
            n_files_at_once: n_cores(),
        }
    }
}

/// How far the reading of all files has come, for whoever shows it.
#[derive(Debug, Default)]
pub struct Meter {
    /// Pages begun.
    pub pages: AtomicU64,
    /// Revisions read.
    pub revisions: AtomicU64,
    /// Bytes of XML, unpacked.
    pub xml_bytes: AtomicU64,
    /// Bytes of the files as they are.
    pub packed_bytes: Arc<AtomicU64>,
    /// Set from outside (as by Ctrl-C) to end all reading with [`DumpError::Interrupted`].
    pub stop: AtomicBool,
}

/// What became of one file.
#[derive(Debug)]
pub struct FileRead<T> {
    /// The consumer's result.
    pub result: T,
    /// What was read and left out.
    pub counts: DumpCounts,
    /// Why the file was not read to its end, with `allow_truncated`.
    pub damage: Option<DumpError>,
}

/// Reads files side by side. `consume` is called once a file, on a thread of its own, with the
/// file's index and its events: each page's revisions in order of time without duplicates.
/// Results are in the order of `inputs`. The first error, in that order, ends everything.
///
/// A consumer must pass on the errors of its events; after `damage`, the events before it are
/// complete pages, but for the last one, which ends early.
pub fn read<T: Send, E: From<DumpError> + Send>(
    inputs: &[Input],
    options: &ReadOptions,
    meter: &Meter,
    consume: impl Fn(usize, &mut Events<'_>) -> Result<T, E> + Sync,
) -> Result<Vec<FileRead<T>>, E> {
    let options = &ReadOptions {
        n_files_at_once: options.n_files_at_once.clamp(1, inputs.len().max(1)),
        ..options.clone()
    };
    let next_file = AtomicUsize::new(0);
    let has_failed = AtomicBool::new(false);
    let (sender, results) = crossbeam_channel::unbounded();
    thread::scope(|scope| {
        for _ in 0..options.n_files_at_once {
            let sender = sender.clone();
            scope.spawn(|| {
                let sender = sender;
                loop {
                    let file_idx = next_file.fetch_add(1, Ordering::Relaxed);
                    let Some(input) = inputs.get(file_idx) else {
                        break;
                    };
                    if has_failed.load(Ordering::Relaxed) {
                        break;
                    }
                    let result =
                        read_file(input, options, meter, |events| consume(file_idx, events));
                    has_failed.fetch_or(result.is_err(), Ordering::Relaxed);
                    // The receiver outlives the scope.
                    let _ = sender.send((file_idx, result));
                }
            });
        }
    });
    drop(sender);
    let mut files: Vec<_> = results.into_iter().collect();
    files.sort_by_key(|(file_idx, _)| *file_idx);
    files.into_iter().map(|(_, result)| result).collect()
}

fn read_file<T, E: From<DumpError>>(
    input: &Input,
    options: &ReadOptions,
    meter: &Meter,
    consume: impl FnOnce(&mut Events<'_>) -> Result<T, E>,
) -> Result<FileRead<T>, E> {
    thread::scope(|scope| {
        let (sender, batches) = bounded(N_BATCHES);
        let reader = thread::Builder::new()
            .name("dump reader".into())
            .spawn_scoped(scope, move || produce(input, options, meter, &sender))
            .map_err(|source| DumpError::Thread { source })?;
        let mut events = Events {
            batches,
            batch: VecDeque::new(),
            meter,
        };
        let result = consume(&mut events);
        // A consumer that stopped early must not leave the reader waiting.
        drop(events);
        let (counts, damage) = reader.join().map_err(|_| DumpError::Failed {
            file: input.to_string(),
        })?;
        Ok(FileRead {
            result: result?,
            counts,
            damage,
        })
    })
}

/// Bytes of text after which a batch of events is handed over.
const BATCH_BYTES: usize = 1 << 20;

/// Batches that wait for the consumer. With texts of MediaWiki's usual limit of 2 MiB, at most
/// 18 MiB wait.
const N_BATCHES: usize = 4;

type Batch = VecDeque<Result<Event, DumpError>>;

/// The events of one file, in its order.
pub struct Events<'a> {
    batches: Receiver<Batch>,
    batch: Batch,
    meter: &'a Meter,
}

impl Iterator for Events<'_> {
    type Item = Result<Event, DumpError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.batch.is_empty() {
            self.batch = self.batches.recv().ok()?;
        }
        let event = self.batch.pop_front()?;
        match &event {
            Ok(Event::PageStart(_)) => self.meter.pages.fetch_add(1, Ordering::Relaxed),
            Ok(Event::Revision(_)) => self.meter.revisions.fetch_add(1, Ordering::Relaxed),
            _ => 0,
        };
        Some(event)
    }
}

/// The reader's thread: everything up to time order.
fn produce(
    input: &Input,
    options: &ReadOptions,
    meter: &Meter,
    sender: &Sender<Batch>,
) -> (DumpCounts, Option<DumpError>) {
    let file = input.to_string();
    let source = match compression::open(input, options.n_threads(), meter.packed_bytes.clone()) {
        Ok(source) => source,
        Err(source) => {
            // A consumer that is gone needs no error.
            let _ = sender.send(Batch::from([Err(DumpError::Open { file, source })]));
            return Default::default();
        }
    };
    let mut parser = DumpParser::new(source, &file, options.pages.clone());
    let mut outbox = Outbox {
        sender,
        batch: Batch::new(),
        bytes: 0,
    };
    let (mut extra, damage) = sort_events(&mut parser, &file, options, meter, &mut outbox);
    outbox.flush();
    extra += parser.counts();
    (extra, damage)
}

fn sort_events(
    parser: &mut DumpParser<impl io::Read>,
    file: &str,
    options: &ReadOptions,
    meter: &Meter,
    outbox: &mut Outbox<'_>,
) -> (DumpCounts, Option<DumpError>) {
    let mut counts = DumpCounts::default();
    let mut order = TimeOrder::new(time_order::WINDOW_BYTES);
    let mut sorted = VecDeque::new();
    let mut is_in_page = false;
    let mut metered_bytes = 0;
    loop {
        let mut event = parser.next();
        if meter.stop.load(Ordering::Relaxed) {
            event = Err(DumpError::Interrupted { file: file.into() });
        }
        let xml_bytes = parser.xml_bytes();
        meter
            .xml_bytes
            .fetch_add(xml_bytes - metered_bytes, Ordering::Relaxed);
        metered_bytes = xml_bytes;
        let is_heard = match event {
            Ok(Some(Event::Revision(revision))) => {
                order.push(revision, &mut counts, &mut sorted);
                outbox.put_revisions(&mut sorted)
            }
            Ok(Some(Event::PageEnd)) => {
                is_in_page = false;
                order.end_page(&mut sorted);
                outbox.put_revisions(&mut sorted) && outbox.put(Ok(Event::PageEnd), 0)
            }
            Ok(Some(event)) => {
                is_in_page |= matches!(event, Event::PageStart(_));
                outbox.put(Ok(event), 0)
            }
            Ok(None) => return (counts, None),
            Err(error) => {
                // What was read of the page is still good.
                if is_in_page {
                    order.end_page(&mut sorted);
                    outbox.put_revisions(&mut sorted);
                    outbox.put(Ok(Event::PageEnd), 0);
                }
                if options.allow_truncated && matches!(error, DumpError::Damaged { .. }) {
                    return (counts, Some(error));
                }
                outbox.put(Err(error), 0);
                return (counts, None);
            }
        };
        if !is_heard {
            return (counts, None);
        }
    }
}

/// Collects events into batches.
struct Outbox<'a> {
    sender: &'a Sender<Batch>,
    batch: Batch,
    bytes: usize,
}

impl Outbox<'_> {
    /// False when nobody listens any more.
    fn put(&mut self, event: Result<Event, DumpError>, bytes: usize) -> bool {
        self.bytes += bytes + size_of::<Event>();
        self.batch.push_back(event);
        self.bytes < BATCH_BYTES || self.flush()
    }

    fn put_revisions(&mut self, revisions: &mut VecDeque<DumpRevision>) -> bool {
        revisions.drain(..).all(|revision| {
            let bytes = revision.revision.text.as_ref().map_or(0, |text| text.len());
            self.put(Ok(Event::Revision(revision)), bytes)
        })
    }

    fn flush(&mut self) -> bool {
        self.bytes = 0;
        self.batch.is_empty() || self.sender.send(std::mem::take(&mut self.batch)).is_ok()
    }
}
