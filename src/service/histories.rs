//! What the service knows of wikis' pasts: opened beside the models, asked for every edit that is
//! scored, told of edits that were saved, and written back.
//!
//! A file `<wiki>.history` is opened at start; one that is broken is named and left out, and never
//! written over. A wiki without one has no past, and its edits are scored with missing values,
//! unless the configuration says to begin one. Locks are held for as long as it takes to look an
//! edit up, to count one batch, or to copy the state into bytes; never while a disk or a client is
//! waited for. What the past means is the core's business; how several services share one, that of `past`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockWriteGuard};

use super::ledger::{Place, Snapshot};
use super::models::Refused;
use crate::history::{Facts, History, HistoryError, Seen};
use crate::revision::Timestamp;

/// The extension of their files.
const EXTENSION: &str = "history";

/// The histories at hand, by wiki.
#[derive(Debug, Default)]
pub struct Histories {
    by_wiki: BTreeMap<String, Arc<WikiHistory>>,
    refused: Vec<Refused>,
}

/// One wiki's past.
#[derive(Debug)]
pub(crate) struct WikiHistory {
    wiki: String,
    path: PathBuf,
    known: RwLock<Known>,
    /// Edits in the file, as far as known; also keeps two from writing at the same time.
    n_saved: Mutex<u64>,
}

/// What is known of a wiki's past.
#[derive(Debug)]
struct Known {
    history: History,
    /// Up to where in the log that services share, if they do.
    place: Place,
}

impl Histories {
    /// Opens a directory's histories, and begins those of other wikis that are to be learned.
    /// Which files were refused, and why, is logged.
    ///
    /// # Errors
    /// When the directory cannot be listed.
    pub fn open(directory: &Path, learned: &[String]) -> std::io::Result<Self> {
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(directory)? {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == EXTENSION)
            {
                paths.push(path);
            }
        }
        paths.sort();
        let mut histories = Self::default();
        for path in paths {
            let text = |part: Option<&std::ffi::OsStr>| {
                part.unwrap_or_default().to_string_lossy().into_owned()
            };
            let (wiki, file) = (text(path.file_stem()), text(path.file_name()));
            match History::open(&path) {
                Ok(history) => histories.add(wiki, path, history),
                Err(error) => {
                    let reason = error.to_string();
                    tracing::warn!(file, reason, "the history {file} is not used: {reason}");
                    histories.refused.push(Refused { file, reason });
                }
            }
        }
        for wiki in learned {
            let file = format!("{wiki}.{EXTENSION}");
            let is_there = histories.by_wiki.contains_key(wiki)
                || histories.refused.iter().any(|refused| refused.file == file);
            if !is_there {
                histories.add(wiki.clone(), directory.join(file), History::default());
            }
        }
        Ok(histories)
    }

    fn add(&mut self, wiki: String, path: PathBuf, history: History) {
        let history = WikiHistory {
            wiki: wiki.clone(),
            path,
            n_saved: Mutex::new(history.n_edits()),
            known: RwLock::new(Known { history, place: 0 }),
        };
        self.by_wiki.insert(wiki, Arc::new(history));
    }

    /// A wiki's own past; there is none for any wiki.
    pub(crate) fn find(&self, wiki: &str) -> Option<&Arc<WikiHistory>> {
        self.by_wiki.get(wiki)
    }

    /// Every history, by wiki.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<WikiHistory>> {
        self.by_wiki.values()
    }

    /// The files that are not used.
    pub(crate) fn refused(&self) -> &[Refused] {
        &self.refused
    }

    /// The wikis' names in a sentence.
    pub(crate) fn names(&self) -> String {
        match self.by_wiki.is_empty() {
            true => "none".to_owned(),
            false => self
                .by_wiki
                .keys()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(", "),
        }
    }
}

impl WikiHistory {
    /// The wiki.
    pub(crate) fn wiki(&self) -> &str {
        &self.wiki
    }

    /// What the past says about an edit.
    pub(crate) fn facts(&self, edit: &Seen) -> Facts {
        self.read(|history| history.facts(edit))
    }

    /// Takes edits in, in their order; whether each counts, or was known.
    pub(crate) fn observe(&self, edits: &[Seen]) -> Vec<bool> {
        let history = &mut self.write().history;
        edits.iter().map(|edit| history.observe(edit)).collect()
    }

    /// Takes edits in that stand in the shared log, each at its place; those that are known count no more.
    pub(crate) fn follow(&self, edits: &[(Place, Seen)]) {
        let mut known = self.write();
        for (place, edit) in edits {
            known.history.observe(edit);
            known.place = *place;
        }
    }

    /// Up to where the shared log is known.
    pub(crate) fn place(&self) -> Place {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.place
    }

    /// Takes what others know in place of what is known here.
    pub(crate) fn restore(&self, history: History, place: Place) {
        *self.write() = Known { history, place };
    }

    /// What is known, for others.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        Snapshot {
            place: known.place,
            bytes: known.history.to_bytes(),
        }
    }

    /// The number of edits that it was told of.
    pub(crate) fn n_edits(&self) -> u64 {
        self.read(History::n_edits)
    }

    /// The time of the latest edit that it was told of.
    pub(crate) fn latest(&self) -> Option<Timestamp> {
        self.read(History::latest)
    }

    /// Writes the file, if there is something new; gives the number of edits in it.
    pub(crate) fn save(&self) -> Result<Option<u64>, HistoryError> {
        let mut n_saved = self.n_saved.lock().unwrap_or_else(PoisonError::into_inner);
        let n_known = *n_saved;
        let copy = |history: &History| {
            let n_edits = history.n_edits();
            (n_edits != n_known).then(|| (n_edits, history.to_bytes()))
        };
        let Some((n_edits, bytes)) = self.read(copy) else {
            return Ok(None);
        };
        History::save_bytes(&bytes, &self.path)?;
        *n_saved = n_edits;
        Ok(Some(n_edits))
    }

    fn read<T>(&self, read: impl FnOnce(&History) -> T) -> T {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        read(&known.history)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Known> {
        // A poisoned history lacks at most a part of the edit at which it happened.
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::revision::RevisionId;

    fn edit(id: u64) -> Seen {
        Seen {
            revision: RevisionId(id),
            timestamp: Some(Timestamp(1_000 + id as i64)),
            page: 1,
            author: Some(7),
            ..Seen::default()
        }
    }

    #[test]
    fn a_broken_file_is_refused_kept_and_never_begun_anew() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let mut history = History::default();
        history.observe(&edit(1));
        history.save(path("enwiki.history")).unwrap();
        std::fs::write(path("dewiki.history"), b"REVHIST\0 and no more").unwrap();
        let learned = ["dewiki", "enwiki", "papwiki"].map(str::to_owned);
        let histories = Histories::open(directory.path(), &learned).unwrap();
        assert_eq!(histories.names(), "enwiki, papwiki");
        assert_eq!(histories.find("enwiki").unwrap().n_edits(), 1);
        assert_eq!(histories.find("papwiki").unwrap().n_edits(), 0);
        let [refused] = histories.refused() else {
            panic!("{:?}", histories.refused());
        };
        assert_eq!(
            (refused.file.as_str(), refused.reason.as_str()),
            (
                "dewiki.history",
                "the history file is damaged (it ends in its header); copy it again"
            )
        );
        assert_eq!(Histories::default().names(), "none");
    }

    #[test]
    fn what_is_new_is_written_once() {
        let directory = tempfile::tempdir().unwrap();
        let histories = Histories::open(directory.path(), &["papwiki".to_owned()]).unwrap();
        let history = histories.find("papwiki").unwrap();
        assert_eq!(history.save().unwrap(), None);
        assert_eq!(
            history.observe(&[edit(1), edit(2), edit(1)]),
            [true, true, false]
        );
        assert_eq!(history.save().unwrap(), Some(2));
        assert_eq!(history.save().unwrap(), None);
        assert_eq!(history.latest(), Some(Timestamp(1_002)));
        let again = Histories::open(directory.path(), &[]).unwrap();
        let again = again.find("papwiki").unwrap();
        assert_eq!(again.observe(&[edit(2), edit(3)]), [false, true]);
        assert_eq!(again.facts(&edit(4)).author_edits, 3.0);
        drop(directory);
        assert!(matches!(again.save(), Err(HistoryError::Io { .. })));
    }
}
