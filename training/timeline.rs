//! All edits of a corpus, to be replayed in order of time: a dump goes page by page, but an
//! author's past is on other pages.
//!
//! About 150 bytes an edit are held in memory, and nothing of its texts.

use revscore::corpus::SiteInfo;
use revscore::history::{Facts, History, Seen};

/// Edits as histories see them, in the order in which they were read.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    edits: Vec<(SiteId, Seen)>,
}

/// Which wiki an edit is from; wikis do not share their histories.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct SiteId(u64);

impl SiteId {
    /// The wiki that a dump says it is from.
    pub(crate) fn of(site: &SiteInfo) -> Self {
        let name = site.wiki_id.as_deref().unwrap_or(&site.name);
        let language = site.language.as_deref().unwrap_or_default();
        Self(xxhash_rust::xxh3::xxh3_64(
            format!("{name}\n{language}").as_bytes(),
        ))
    }
}

impl Timeline {
    /// Takes an edit in and gives its place.
    pub(crate) fn push(&mut self, site: SiteId, edit: Seen) -> usize {
        self.edits.push((site, edit));
        self.edits.len() - 1
    }

    /// The number of edits taken in.
    pub(crate) fn len(&self) -> usize {
        self.edits.len()
    }

    /// Takes another one's edits in, behind the own ones.
    pub(crate) fn absorb(&mut self, other: Self) {
        self.edits.extend(other.edits);
    }

    /// Calls `found` with the place of each edit and what the past says of it, in order of time,
    /// wiki by wiki. Gives the history of the last wiki, as it is after its last edit.
    pub(crate) fn replay(&self, mut found: impl FnMut(usize, Facts)) -> History {
        let mut order: Vec<usize> = (0..self.edits.len()).collect();
        order.sort_by_key(|&place| {
            let (site, edit) = &self.edits[place];
            (*site, edit.timestamp, edit.revision)
        });
        let mut history = History::default();
        let mut current = None;
        for place in order {
            let (site, edit) = &self.edits[place];
            if current.is_some_and(|current| current != *site) {
                history = History::default();
            }
            current = Some(*site);
            found(place, history.facts(edit));
            history.observe(edit);
        }
        history
    }
}
