//! A dump's events -> rows of features with their labels, in the dump's order, on all cores.
//!
//! The reading thread cuts each page into chunks of consecutive revisions; workers compute the
//! features of a chunk, counting each text's elements once for the edits on both sides of it; rows leave in
//! order, each as soon as its label is final. Only the texts of a few chunks are held at a time,
//! and the rows of a bounded number of them, whatever the dump's size. What becomes of the rows (a
//! table, a model, scores) is the sink's business.

use std::collections::VecDeque;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use anyhow::{Result, anyhow};
use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded};
use revscore::corpus::{DumpRevision, LabelOptions, Labeller, RevisionLabel, SiteInfo};
use revscore::diff::MarkupCounts;
use revscore::edit::Edit;
use revscore::evaluation::Kind;
use revscore::feature::Feature;
use revscore::history::Seen;
use revscore::language::{Language, TextItems, Vocabulary, Words, page_words};
use revscore::revision::{Page, Revision, RevisionId, Timestamp, User};
use rustc_hash::FxHashSet;

use crate::timeline::SiteId;

/// A chunk is closed when it holds this many revisions or bytes of text.
const CHUNK_REVISIONS: usize = 64;
const CHUNK_BYTES: usize = 4 << 20;

/// More chunks than this do not wait behind one that is not done: most pages are a small chunk
/// each, and while a large one is computed many of them must get by.
const MAX_WAITING: usize = 1024;

/// Nor do chunks of more text than this for each worker, which what is made of them grows with.
const MAX_WAITING_BYTES: usize = 8 * CHUNK_BYTES;

/// Different words that are kept of a page; no page of this many words is written by people.
const MAX_PAGE_WORDS: usize = 1 << 20;

/// What features that look nothing up are given. Made once: an empty vocabulary takes longer to
/// make than many a feature to compute.
static NO_WORDS: LazyLock<Vocabulary> = LazyLock::new(Vocabulary::default);

/// What to compute, and for which revisions.
#[derive(Clone)]
pub(crate) struct Extraction {
    /// The columns.
    pub(crate) columns: Vec<&'static Feature>,
    /// Where to look words up; `None` keeps every row's words for later.
    pub(crate) vocabulary: Option<Vocabulary>,
    /// Collect the different words of each page.
    pub(crate) page_words: bool,
    /// The wiki's language.
    pub(crate) language: &'static Language,
    /// Which revisions become rows.
    pub(crate) wanted: Wanted,
    /// How reverts are found.
    pub(crate) labels: LabelOptions,
    /// Whether all dumps are of the same wiki, whatever they say of themselves.
    pub(crate) is_one_wiki: bool,
}

/// Which revisions become rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// Only these, whatever else is said here.
    pub(crate) only: Option<FxHashSet<RevisionId>>,
    /// Bots' edits too.
    pub(crate) bots: bool,
    /// First revisions of pages too.
    pub(crate) first_revisions: bool,
    /// Edits too of which a text, the comment or the author is suppressed. Suppression follows bad
    /// edits, so a model that learned from them would learn what it never sees of a live edit.
    pub(crate) suppressed: bool,
    /// None before this time.
    pub(crate) since: Option<Timestamp>,
    /// None from this time on.
    pub(crate) until: Option<Timestamp>,
}

impl Wanted {
    fn includes(&self, revision: &Revision, parent: Option<&Revision>) -> bool {
        if let Some(only) = &self.only {
            return only.contains(&revision.id);
        }
        let in_time = match revision.timestamp {
            Some(at) => {
                self.since.is_none_or(|since| at >= since)
                    && self.until.is_none_or(|until| at < until)
            }
            None => self.since.is_none() && self.until.is_none(),
        };
        let is_suppressed = revision.text.is_none()
            || revision.comment.is_none()
            || revision.user.name.is_none()
            || parent.is_some_and(|parent| parent.text.is_none());
        in_time
            && (self.suppressed || !is_suppressed)
            && (self.bots || !revision.user.is_bot())
            && (self.first_revisions || parent.is_some())
    }
}

/// One revision as it leaves the extraction.
pub(crate) struct Extracted {
    /// The revision's id.
    pub(crate) id: RevisionId,
    /// When it was saved.
    pub(crate) timestamp: Option<Timestamp>,
    /// What became of it.
    pub(crate) label: RevisionLabel,
    /// The wiki that it is from.
    pub(crate) site: SiteId,
    /// What a history is told of it; `None` from the time on from which nothing is wanted.
    pub(crate) seen: Option<Seen>,
    /// Its features, when it is a row.
    pub(crate) row: Option<Row>,
}

/// The features of one revision.
pub(crate) struct Row {
    /// One value a column; those of lexical features are NaN until the words are looked up.
    pub(crate) values: Vec<f32>,
    /// The changed words, where they are looked up later.
    pub(crate) words: Option<Words>,
    /// What the edit says, where it is learned from.
    pub(crate) text_items: Option<TextItems>,
    /// What kind of edit it is.
    pub(crate) kind: Kind,
    /// The author without name and groups.
    pub(crate) user: UserFacts,
}

/// What a report needs to know about an author.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UserFacts {
    /// The account's kind.
    pub(crate) kind: revscore::revision::UserKind,
    /// Whether it is a bot.
    pub(crate) is_bot: bool,
    /// When it was registered, where that is known.
    pub(crate) registered_at: Option<Timestamp>,
    /// Its edits before, where that is known.
    pub(crate) edit_count: Option<u64>,
}

impl UserFacts {
    fn of(user: &User) -> Self {
        Self {
            kind: user.kind,
            is_bot: user.is_bot(),
            registered_at: user.registered_at,
            edit_count: user.edit_count,
        }
    }
}

/// Takes what leaves an extraction.
pub(crate) trait Sink {
    /// A revision of the page was read, after its parent; its texts are not kept.
    fn read(
        &mut self,
        _page: &Arc<Page>,
        _parent: Option<&Arc<Revision>>,
        _revision: &Arc<Revision>,
    ) {
    }
    /// The next revision of the current page.
    fn revision(&mut self, page: &Page, revision: Extracted) -> Result<()>;
    /// The page is complete; with its different words, when they were asked for.
    fn page_end(&mut self, page: &Page, words: FxHashSet<String>) -> Result<()>;
    /// All pages so far are of another wiki than those of other sinks: of this one, by number.
    fn scope_pages(&mut self, _wiki: u64) {}
}

impl<S: Sink> Sink for &Mutex<S> {
    fn read(&mut self, page: &Arc<Page>, parent: Option<&Arc<Revision>>, revision: &Arc<Revision>) {
        self.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .read(page, parent, revision);
    }

    fn revision(&mut self, page: &Page, revision: Extracted) -> Result<()> {
        self.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .revision(page, revision)
    }

    fn page_end(&mut self, page: &Page, words: FxHashSet<String>) -> Result<()> {
        self.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .page_end(page, words)
    }
}

/// Consecutive revisions of one page.
#[derive(Default)]
struct Chunk {
    /// The revision before the first.
    parent: Option<Arc<Revision>>,
    revisions: Vec<Arc<Revision>>,
    /// Whether each becomes a row.
    wanted: Vec<bool>,
    bytes: usize,
}

/// A chunk for a worker.
pub(crate) struct Job {
    page: Arc<Page>,
    chunk: Chunk,
    done: Sender<Done>,
}

/// What a worker made of a chunk.
struct Done {
    rows: Vec<Option<Row>>,
    seen: Vec<Option<Seen>>,
    words: FxHashSet<String>,
}

/// A chunk on its way: what is left of it while its worker and its labels are not done.
struct Slot {
    page: Arc<Page>,
    heads: Vec<Head>,
    bytes: usize,
    ends_page: bool,
    done: Receiver<Done>,
}

/// What an extracted revision is known by.
struct Head {
    id: RevisionId,
    timestamp: Option<Timestamp>,
}

/// The reading side of an extraction: feed it a dump's events, in order.
pub(crate) struct Extractor<S> {
    options: Arc<Extraction>,
    jobs: Sender<Job>,
    labeller: Labeller,
    /// Final labels that have not left yet, in the order of the revisions.
    labels: VecDeque<RevisionLabel>,
    slots: VecDeque<Slot>,
    /// Bytes of text that the chunks in `slots` had.
    waiting_bytes: usize,
    max_waiting_bytes: usize,
    site: SiteId,
    page: Arc<Page>,
    previous: Option<Arc<Revision>>,
    chunk: Chunk,
    page_words: FxHashSet<String>,
    sink: S,
}

/// Runs `read` with workers beside it: it is given the channel that [`Extractor::new`] needs.
pub(crate) fn with_workers<T>(
    options: &Arc<Extraction>,
    read: impl FnOnce(Sender<Job>) -> Result<T>,
) -> Result<T> {
    let n_workers = std::thread::available_parallelism().map_or(1, usize::from);
    let (sender, receiver) = bounded::<Job>(n_workers);
    std::thread::scope(|scope| {
        for _ in 0..n_workers {
            let receiver = receiver.clone();
            scope.spawn(move || {
                for job in receiver {
                    // The job's channel closes, which the reading side sees; the hook has printed why.
                    let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                        work(options, job)
                    }));
                }
            });
        }
        drop(receiver);
        read(sender)
    })
}

impl<S: Sink> Extractor<S> {
    pub(crate) fn new(options: &Arc<Extraction>, jobs: Sender<Job>, sink: S) -> Self {
        let n_workers = jobs.capacity().unwrap_or(1);
        Self {
            options: Arc::clone(options),
            jobs,
            labeller: Labeller::new(&options.labels),
            labels: VecDeque::new(),
            slots: VecDeque::new(),
            waiting_bytes: 0,
            max_waiting_bytes: n_workers * MAX_WAITING_BYTES,
            site: SiteId::default(),
            page: Arc::default(),
            previous: None,
            chunk: Chunk::default(),
            page_words: FxHashSet::default(),
            sink,
        }
    }

    /// The following pages belong to this wiki.
    pub(crate) fn start_site(&mut self, site: &SiteInfo) {
        if !self.options.is_one_wiki {
            self.site = SiteId::of(site);
        }
    }

    /// The following revisions belong to this page.
    pub(crate) fn start_page(&mut self, page: Page) {
        self.page = Arc::new(page);
        self.previous = None;
    }

    /// The page's next revision in time.
    pub(crate) fn push(&mut self, dumped: DumpRevision) -> Result<()> {
        self.labeller.push(&dumped);
        self.labels.extend(self.labeller.take_final());
        let revision = Arc::new(dumped.revision);
        self.sink
            .read(&self.page, self.previous.as_ref(), &revision);
        if self.chunk.revisions.is_empty() {
            self.chunk.parent = self.previous.clone();
        }
        self.chunk.wanted.push(
            self.options
                .wanted
                .includes(&revision, self.previous.as_deref()),
        );
        self.chunk.bytes += revision.text.as_ref().map_or(0, |text| text.len());
        self.chunk.revisions.push(Arc::clone(&revision));
        self.previous = Some(revision);
        if self.chunk.revisions.len() >= CHUNK_REVISIONS || self.chunk.bytes >= CHUNK_BYTES {
            self.dispatch(false)?;
        }
        Ok(())
    }

    /// The page is complete.
    pub(crate) fn end_page(&mut self) -> Result<()> {
        self.labeller.end_page();
        self.labels.extend(self.labeller.take_final());
        self.dispatch(true)
    }

    /// The dump is complete: waits for what is on its way.
    pub(crate) fn finish(mut self) -> Result<S> {
        while let Some(slot) = self.slots.pop_front() {
            let done = slot.done.recv().map_err(|_| worker_lost())?;
            self.emit(slot, done)?;
        }
        Ok(self.sink)
    }

    /// Hands the current chunk to a worker, waiting while all are busy, and lets out what is done.
    fn dispatch(&mut self, ends_page: bool) -> Result<()> {
        let chunk = std::mem::take(&mut self.chunk);
        let (sender, receiver) = bounded(1);
        let heads = chunk
            .revisions
            .iter()
            .map(|revision| Head::of(revision))
            .collect();
        self.waiting_bytes += chunk.bytes;
        self.slots.push_back(Slot {
            page: Arc::clone(&self.page),
            heads,
            bytes: chunk.bytes,
            ends_page,
            done: receiver,
        });
        let job = Job {
            page: Arc::clone(&self.page),
            chunk,
            done: sender,
        };
        self.jobs.send(job).map_err(|_| worker_lost())?;
        while let Some(slot) = self.slots.front() {
            if slot.heads.len() > self.labels.len() {
                break;
            }
            // Finished chunks must not pile up behind a slow one.
            if self.slots.len() > MAX_WAITING || self.waiting_bytes > self.max_waiting_bytes {
                let done = slot.done.recv().map_err(|_| worker_lost())?;
                if let Some(slot) = self.slots.pop_front() {
                    self.emit(slot, done)?;
                }
                continue;
            }
            let done = match slot.done.try_recv() {
                Ok(done) => done,
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return Err(worker_lost()),
            };
            if let Some(slot) = self.slots.pop_front() {
                self.emit(slot, done)?;
            }
        }
        Ok(())
    }

    fn emit(&mut self, slot: Slot, done: Done) -> Result<()> {
        self.waiting_bytes -= slot.bytes;
        let labels = self.labels.drain(..slot.heads.len());
        let computed = done.rows.into_iter().zip(done.seen);
        for ((head, label), (row, seen)) in slot.heads.iter().zip(labels).zip(computed) {
            let revision = Extracted {
                id: head.id,
                timestamp: head.timestamp,
                label,
                site: self.site,
                seen,
                row,
            };
            self.sink.revision(&slot.page, revision)?;
        }
        let room = MAX_PAGE_WORDS.saturating_sub(self.page_words.len());
        self.page_words.extend(done.words.into_iter().take(room));
        if slot.ends_page {
            self.sink
                .page_end(&slot.page, std::mem::take(&mut self.page_words))?;
        }
        Ok(())
    }
}

impl Head {
    fn of(revision: &Revision) -> Self {
        Self {
            id: revision.id,
            timestamp: revision.timestamp,
        }
    }
}

fn worker_lost() -> anyhow::Error {
    anyhow!("a worker thread ended early; this is a bug, please report it with the message above")
}

/// Computes a chunk's rows.
fn work(options: &Extraction, job: Job) {
    let Chunk {
        parent,
        revisions,
        wanted,
        ..
    } = job.chunk;
    let mut rows = Vec::with_capacity(revisions.len());
    let mut seen = Vec::with_capacity(revisions.len());
    let has_history = options.columns.iter().any(|feature| feature.is_historic());
    let is_in_time = |revision: &Revision| {
        let until = options.wanted.until;
        until.is_none_or(|until| revision.timestamp < Some(until))
    };
    let mut parent = parent.as_ref();
    let mut parent_elements: Option<MarkupCounts> = None;
    for (revision, wanted) in revisions.iter().zip(wanted) {
        let edit = Edit::new(
            parent.map(|parent| &**parent),
            revision,
            &job.page,
            options.language,
        )
        .with_parent_elements(parent_elements);
        rows.push(wanted.then(|| Row::of(&edit, options)));
        seen.push(is_in_time(revision).then(|| match has_history {
            true => edit.seen(),
            // Who edited when tells newcomers from others in every report.
            false => Seen::new(revision, &job.page, None),
        }));
        parent_elements = edit.computed_elements();
        parent = Some(revision);
    }
    // A page's vocabulary is that of a text every now and then, and of its last one.
    let words = match revisions
        .iter()
        .rev()
        .find(|revision| is_in_time(revision))
        .and_then(|revision| revision.text.as_deref())
    {
        Some(text) if options.page_words => page_words(text),
        _ => FxHashSet::default(),
    };
    // Nobody waits for it any more when the reading side has given up.
    let _ = job.done.send(Done { rows, seen, words });
}

impl Row {
    fn of(edit: &Edit<'_>, options: &Extraction) -> Self {
        let vocabulary = options.vocabulary.as_ref();
        let value = |feature: &&Feature| match vocabulary {
            None if feature.is_lexical() || feature.is_textual() => f32::NAN,
            vocabulary => feature.value(edit, vocabulary.unwrap_or(&NO_WORDS)),
        };
        let keeps_words =
            vocabulary.is_none() && options.columns.iter().any(|feature| feature.is_lexical());
        Self {
            values: options.columns.iter().map(value).collect(),
            words: if keeps_words {
                edit.words().cloned()
            } else {
                None
            },
            text_items: match options.columns.iter().any(|feature| feature.is_textual()) {
                true if vocabulary.is_none() => edit.text_items().cloned(),
                _ => None,
            },
            kind: Kind::of(edit),
            user: UserFacts::of(&edit.revision().user),
        }
    }
}
