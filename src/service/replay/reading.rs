//! A dump's revisions, read page by page on all cores, into what a replay needs of each.
//!
//! Some hundred bytes a revision are held in memory; the features of edits that are to be scored go to a
//! temporary file, and texts are held only as long as an edit on them is looked at.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use anyhow::Context as _;

use crate::corpus::{
    self, DumpCounts, DumpError, DumpRevision, Event, Events, Input, Meter, ReadOptions,
    RevertComment, Sighting,
};
use crate::diff::MarkupCounts;
use crate::edit::Edit;
use crate::evaluation::Kind;
use crate::history::Seen;
use crate::revision::{Page, Revision, Timestamp, User};
use crate::service::ledger::LedgerPage;
use crate::service::models::Served;

/// Revisions, and bytes of text, that are looked at together.
const CHUNK_REVISIONS: usize = 512;
const CHUNK_BYTES: usize = 16 << 20;

/// What is read off a dump.
pub(super) struct Reading {
    pub(super) revisions: Vec<ReplayedRevision>,
    pub(super) rows: Rows,
    pub(super) counts: DumpCounts,
    /// Why a file was not read to its end.
    pub(super) damage: Vec<DumpError>,
}

/// A revision without its text.
pub(super) struct ReplayedRevision {
    pub(super) seen: Seen,
    pub(super) page: Arc<LedgerPage>,
    pub(super) sighting: Sighting,
    pub(super) comment: RevertComment,
    pub(super) user: User,
    pub(super) kind: Kind,
    pub(super) is_first: bool,
    /// The place of its rows, when it is to be scored; whether it counts, model by model.
    pub(super) row: Option<(u64, Vec<bool>)>,
}

/// Which revisions are scored, and how.
pub(super) struct Scoring<'a> {
    pub(super) models: &'a [Arc<Served>],
    pub(super) since: Option<Timestamp>,
    pub(super) until: Option<Timestamp>,
    /// A number for a name.
    pub(super) author: &'a (dyn Fn(&str) -> u64 + Sync),
    pub(super) keeps_names: bool,
}

/// The features of scored edits, those of all models one after the other, in a file that has no name.
pub(super) struct Rows {
    file: File,
    n_columns: usize,
}

impl Rows {
    /// The values at a place.
    pub(super) fn read(&self, place: u64) -> anyhow::Result<Vec<f32>> {
        let mut bytes = vec![0; self.n_columns * size_of::<f32>()];
        let at = place * bytes.len() as u64;
        let read = self.file.read_exact_at(&mut bytes, at);
        read.context("the temporary file of features cannot be read")?;
        let (values, _) = bytes.as_chunks();
        Ok(values
            .iter()
            .map(|value| f32::from_le_bytes(*value))
            .collect())
    }
}

/// An edit on its way.
struct Item {
    page: Arc<Page>,
    ledger_page: Arc<LedgerPage>,
    parent: Option<Arc<Revision>>,
    revision: Arc<Revision>,
    sighting: Sighting,
}

/// Reads dumps to their end.
pub(super) fn read(
    dumps: &[Input],
    options: &ReadOptions,
    meter: &Meter,
    scoring: &Scoring<'_>,
) -> anyhow::Result<Reading> {
    let n_columns = scoring
        .models
        .iter()
        .map(|served| served.model.features().len());
    let n_columns: usize = n_columns.sum();
    let file = tempfile::tempfile().context("no temporary file can be made")?;
    let spool = std::sync::Mutex::new(Spool {
        file: BufWriter::with_capacity(1 << 20, file),
        n_rows: 0,
    });
    let files = corpus::read(dumps, options, meter, |_, events| {
        read_file(events, scoring, &spool)
    })?;
    let mut reading = Reading {
        revisions: Vec::new(),
        rows: Rows {
            file: spool
                .into_inner()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .file
                .into_inner()
                .map_err(std::io::IntoInnerError::into_error)
                .context(NOT_WRITTEN)?,
            n_columns,
        },
        counts: DumpCounts::default(),
        damage: Vec::new(),
    };
    for file in files {
        reading.revisions.extend(file.result);
        reading.counts += file.counts;
        reading.damage.extend(file.damage);
    }
    Ok(reading)
}

const NOT_WRITTEN: &str =
    "the temporary file of features cannot be written (is the disk of TMPDIR full?)";

struct Spool {
    file: BufWriter<File>,
    n_rows: u64,
}

fn read_file(
    events: &mut Events<'_>,
    scoring: &Scoring<'_>,
    spool: &std::sync::Mutex<Spool>,
) -> anyhow::Result<Vec<ReplayedRevision>> {
    let mut revisions = Vec::new();
    let mut chunk = Vec::new();
    let mut chunk_bytes = 0;
    let (mut page, mut ledger_page): (Arc<Page>, Arc<LedgerPage>) = Default::default();
    let mut parent: Option<Arc<Revision>> = None;
    for event in events {
        match event? {
            Event::Site(_) | Event::PageEnd => {}
            Event::PageStart(started) => {
                ledger_page = Arc::new(LedgerPage {
                    id: started.id,
                    title: started.title.clone(),
                    namespace: started.namespace,
                });
                page = Arc::new(started);
                parent = None;
            }
            Event::Revision(dumped) => {
                let DumpRevision { revision, digest } = dumped;
                let revision = Arc::new(revision);
                let name = revision.user.name.as_deref();
                let sighting = Sighting {
                    revision: revision.id,
                    timestamp: revision.timestamp,
                    digest,
                    author: name.map(scoring.author),
                };
                chunk_bytes += revision.text.as_ref().map_or(0, |text| text.len());
                chunk.push(Item {
                    page: Arc::clone(&page),
                    ledger_page: Arc::clone(&ledger_page),
                    parent: parent.replace(Arc::clone(&revision)),
                    revision,
                    sighting,
                });
                if chunk.len() >= CHUNK_REVISIONS || chunk_bytes >= CHUNK_BYTES {
                    look_at(std::mem::take(&mut chunk), scoring, spool, &mut revisions)?;
                    chunk_bytes = 0;
                }
            }
        }
    }
    look_at(chunk, scoring, spool, &mut revisions)?;
    Ok(revisions)
}

/// Looks at a chunk on all cores; what comes of it is in its order.
fn look_at(
    chunk: Vec<Item>,
    scoring: &Scoring<'_>,
    spool: &std::sync::Mutex<Spool>,
    revisions: &mut Vec<ReplayedRevision>,
) -> anyhow::Result<()> {
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = chunk.len().div_ceil(n_threads).max(1);
    let looked: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = chunk
            .chunks(share)
            .map(|items| scope.spawn(|| look_at_some(items, scoring)))
            .collect();
        threads
            .into_iter()
            .map(std::thread::ScopedJoinHandle::join)
            .collect()
    });
    let mut spool = spool
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    for looked in looked {
        let looked = looked.map_err(|_| {
            anyhow::anyhow!(
                "a thread ended early; this is a bug, please report it with the message above"
            )
        })?;
        for (mut revision, row) in looked {
            if let Some((row, is_counted)) = row {
                for value in row {
                    spool
                        .file
                        .write_all(&value.to_le_bytes())
                        .context(NOT_WRITTEN)?;
                }
                revision.row = Some((spool.n_rows, is_counted));
                spool.n_rows += 1;
            }
            revisions.push(revision);
        }
    }
    Ok(())
}

/// A revision with its rows, if it is to be scored.
type Looked = (ReplayedRevision, Option<(Vec<f32>, Vec<bool>)>);

fn look_at_some(items: &[Item], scoring: &Scoring<'_>) -> Vec<Looked> {
    let mut looked = Vec::with_capacity(items.len());
    // Elements of a text are counted once for the edits on both sides of it.
    let mut before: Option<(&Arc<Revision>, MarkupCounts)> = None;
    for item in items {
        let is_next = |(revision, _): &(&Arc<Revision>, MarkupCounts)| {
            let parent = item.parent.as_ref();
            parent.is_some_and(|parent| Arc::ptr_eq(parent, revision))
        };
        let elements = before.take().filter(is_next).map(|(_, elements)| elements);
        let mut edits: Vec<Edit<'_>> = Vec::new();
        for served in scoring.models {
            let language = served.model.language();
            if !edits
                .iter()
                .any(|edit| std::ptr::eq(edit.language(), language))
            {
                let parent = item.parent.as_deref();
                let edit = Edit::new(parent, &item.revision, &item.page, language);
                edits.push(edit.with_parent_elements(elements));
            }
        }
        let Some(edit) = edits.first() else { continue };
        let row = scoring.includes(item).then(|| {
            let of_model = |served: &Arc<Served>| {
                let language = served.model.language();
                let edit = edits
                    .iter()
                    .find(|edit| std::ptr::eq(edit.language(), language));
                edit.map_or_else(Vec::new, |edit| served.model.extract(edit))
            };
            let counted = scoring
                .models
                .iter()
                .map(|served| served.measure.counts(edit));
            (
                scoring.models.iter().flat_map(of_model).collect(),
                counted.collect(),
            )
        });
        let revision = &item.revision;
        let user = &revision.user;
        let replayed = ReplayedRevision {
            seen: edit.seen(),
            page: Arc::clone(&item.ledger_page),
            sighting: item.sighting,
            comment: RevertComment::of(revision.comment.as_deref()),
            user: User {
                name: user.name.clone().filter(|_| scoring.keeps_names),
                groups: user.is_bot().then(|| vec!["bot".to_owned()]),
                ..User {
                    name: None,
                    ..user.clone()
                }
            },
            kind: Kind::of(edit),
            is_first: item.parent.is_none(),
            row: None,
        };
        before = edit
            .computed_elements()
            .map(|elements| (&item.revision, elements));
        looked.push((replayed, row));
    }
    looked
}

impl Scoring<'_> {
    /// Whether an edit is scored. One whose text, or whose parent's text, is suppressed has no score that
    /// anybody would have been shown.
    fn includes(&self, item: &Item) -> bool {
        let (revision, parent) = (&item.revision, item.parent.as_ref());
        let at = revision.timestamp;
        revision.text.is_some()
            && parent.is_none_or(|parent| parent.text.is_some())
            && self.since.is_none_or(|since| at >= Some(since))
            && self
                .until
                .is_none_or(|until| at.is_some_and(|at| at < until))
    }
}
