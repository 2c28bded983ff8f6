//! The ends of pages' rows that were needed last, by which a seen edit says what became of those before.
//!
//! A store reads those that are missing, and keeps them in memory as long as nobody else writes and everything
//! that they rest on is written: after a failure they are forgotten, and read anew.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::entry::{EditFacts, SeenEdit, SeenParent};
use super::outcome::{changed_fates, tail_length};
use super::store::{Change, TailEntry};
use crate::corpus::{LabelOptions, RevertComment};
use crate::revision::{PageId, RevisionId};

/// Pages that are kept; of 92 revisions each they would be 25 MB.
const MAX_PAGES: usize = 2_000;

/// What counts as a revert, by wiki.
pub(super) type Labels = Arc<dyn Fn(&str) -> LabelOptions + Send + Sync>;

type Key = (Arc<str>, PageId);

/// A page whose end is needed, and how much of it.
#[derive(Debug)]
pub(super) struct WantedTail {
    pub(super) wiki: Arc<str>,
    pub(super) page: PageId,
    pub(super) length: usize,
}

/// The ends of pages.
pub(crate) struct Tails {
    labels: Labels,
    pages: HashMap<Key, Tail>,
    /// Counts uses.
    now: u64,
}

struct Tail {
    entries: Vec<TailEntry>,
    used: u64,
}

impl Tails {
    pub(super) fn new(labels: Labels) -> Self {
        Self {
            labels,
            pages: HashMap::new(),
            now: 0,
        }
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.pages.clear();
    }

    /// The pages whose ends have to be put in before these changes are completed, each once.
    pub(super) fn missing(&self, changes: &[Change]) -> Vec<WantedTail> {
        let mut missing = BTreeMap::new();
        for change in changes {
            if let Change::Seen(seen) = change
                && seen.page.id != PageId(0)
            {
                let key = (Arc::clone(&seen.wiki), seen.page.id);
                if !self.pages.contains_key(&key) {
                    missing
                        .entry(key)
                        .or_insert_with(|| tail_length(&(self.labels)(&seen.wiki)));
                }
            }
        }
        let missing = missing.into_iter();
        missing
            .map(|((wiki, page), length)| WantedTail { wiki, page, length })
            .collect()
    }

    /// Takes in the end of a page's row as the store has it, in order of time.
    pub(super) fn put(&mut self, wanted: &WantedTail, entries: Vec<TailEntry>) {
        let key = (Arc::clone(&wanted.wiki), wanted.page);
        self.pages.insert(key, Tail { entries, used: 0 });
    }

    /// Adds to changes what they say of earlier edits. Nothing is missing any more.
    pub(super) fn complete(&mut self, changes: &[Change]) -> Vec<Change> {
        let mut completed = Vec::with_capacity(2 * changes.len());
        for change in changes {
            completed.push(change.clone());
            match change {
                Change::Scored(edit) if edit.page.id != PageId(0) => {
                    let key = (Arc::clone(&edit.wiki), edit.page.id);
                    let mut entry = entry_of(&edit.edit, RevertComment::of(None));
                    // Without a digest it is known to be only scored, so that its comment is taken from
                    // whoever tells of it.
                    entry.sighting.digest = None;
                    if let Some(tail) = self.pages.get_mut(&key) {
                        insert(&mut tail.entries, entry);
                        trim(&mut tail.entries, &(self.labels)(&edit.wiki));
                    }
                }
                Change::Seen(seen) if seen.page.id != PageId(0) => self.see(seen, &mut completed),
                _ => {}
            }
        }
        self.forget_oldest();
        completed
    }

    fn see(&mut self, seen: &SeenEdit, changes: &mut Vec<Change>) {
        let wiki = &seen.wiki;
        let options = (self.labels)(wiki);
        let entry = entry_of(&seen.edit, seen.comment);
        let place = place_of(&entry);
        let key = (Arc::clone(wiki), seen.page.id);
        self.now += 1;
        let tail = self.pages.entry(key).or_insert_with(|| Tail {
            entries: Vec::new(),
            used: 0,
        });
        tail.used = self.now;
        if let Some(parent) = &seen.parent {
            changes.extend(insert_parent(&mut tail.entries, parent, seen));
        }
        insert(&mut tail.entries, entry);
        trim(&mut tail.entries, &options);
        let told = tail
            .entries
            .partition_point(|entry| place_of(entry) < place);
        for (revision, fate) in changed_fates(&tail.entries, told, &options) {
            let entries = tail.entries.iter_mut();
            for entry in entries.filter(|entry| entry.sighting.revision == revision) {
                entry.fate.clone_from(&fate);
            }
            changes.push(Change::Became {
                wiki: Arc::clone(wiki),
                revision,
                fate,
            });
        }
    }

    /// When there are too many pages, the half that was not needed for longest goes.
    fn forget_oldest(&mut self) {
        if self.pages.len() > MAX_PAGES {
            let mut uses: Vec<u64> = self.pages.values().map(|tail| tail.used).collect();
            let half = uses.len() / 2;
            let (_, &mut oldest, _) = uses.select_nth_unstable(half);
            self.pages.retain(|_, tail| tail.used >= oldest);
        }
    }
}

/// Puts the revision that an edit was made on into the page's row, where it is missing; gives what the store
/// has to be told of it. Without an id, or without a time to stand at, it stays in memory, before the edit.
fn insert_parent(
    entries: &mut Vec<TailEntry>,
    parent: &SeenParent,
    seen: &SeenEdit,
) -> Option<Change> {
    let id = parent.edit.sighting.revision;
    let mut entry = entry_of(&parent.edit, parent.comment);
    if id != RevisionId(0) && entry.sighting.timestamp.is_some() {
        if entries
            .iter()
            .any(|known| known.sighting.revision == id && known.sighting.digest.is_some())
        {
            return None;
        }
        insert(entries, entry);
        return Some(Change::Seen(SeenEdit {
            wiki: Arc::clone(&seen.wiki),
            page: seen.page.clone(),
            edit: parent.edit.clone(),
            comment: parent.comment,
            parent: None,
            past: None,
        }));
    }
    entry.sighting.revision = RevisionId(0);
    entry.sighting.timestamp = seen.edit.sighting.timestamp;
    let place = place_of(&entry);
    let at = entries.partition_point(|known| place_of(known) < place);
    let is_there = at.checked_sub(1).and_then(|before| entries.get(before));
    if is_there.is_none_or(|before| before.sighting.digest != entry.sighting.digest) {
        entries.insert(at, entry);
    }
    None
}

/// Drops what is too old to decide anything.
fn trim(entries: &mut Vec<TailEntry>, options: &LabelOptions) {
    let surplus = entries.len().saturating_sub(tail_length(options));
    entries.drain(..surplus);
}

/// Where a revision stands in its page's row. One whose time is not known came last.
fn place_of(entry: &TailEntry) -> (i64, RevisionId) {
    let time = entry.sighting.timestamp.map_or(i64::MAX, |time| time.0);
    (time, entry.sighting.revision)
}

fn entry_of(edit: &EditFacts, comment: RevertComment) -> TailEntry {
    TailEntry {
        sighting: edit.sighting,
        comment,
        user_class: edit.user_class,
        fate: super::entry::Fate::default(),
    }
}

/// Puts a revision into a page's row, or fills the gaps of one that is there, as the store does.
fn insert(entries: &mut Vec<TailEntry>, entry: TailEntry) {
    let known = entries
        .iter()
        .position(|known| known.sighting.revision == entry.sighting.revision);
    let entry = match known {
        None => entry,
        Some(idx) => {
            let mut known = entries.remove(idx);
            let sighting = &mut known.sighting;
            // Without a digest it was scored, and its comment was not told.
            if sighting.digest.is_none() {
                known.comment = entry.comment;
            }
            sighting.timestamp = sighting.timestamp.or(entry.sighting.timestamp);
            sighting.digest = sighting.digest.or(entry.sighting.digest);
            sighting.author = sighting.author.or(entry.sighting.author);
            if known.user_class == crate::evaluation::UserClass::Unknown {
                known.user_class = entry.user_class;
            }
            known
        }
    };
    let idx = entries.partition_point(|other| place_of(other) < place_of(&entry));
    entries.insert(idx, entry);
}
