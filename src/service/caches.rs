//! What was fetched and scored by revision id lately, within a bound of bytes and of time.
//!
//! One bound for both: scores are small and get an eighth. A score is kept by the model's checksum,
//! so that a model that was changed scores anew. Nothing is kept for edits that came with their
//! texts.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;

use super::scoring::EditParts;
use super::wiki::Wiki;
use crate::revision::PageId;

/// What an entry takes besides its texts.
const ENTRY_BYTES: usize = 1_000;

/// A score with its key, as the cache keeps it.
const SCORE_BYTES: u32 = 160;

/// A wiki's place, and a revision's id.
type EditKey = (u32, u64);

/// The same, and a model's checksum.
type ScoreKey = (u32, u64, u128);

/// Revisions and scores.
pub(crate) struct Caches {
    edits: Cache<EditKey, Arc<EditParts>>,
    scores: Cache<ScoreKey, f64>,
}

impl Caches {
    pub(crate) fn new(bytes: u64, kept: Duration) -> Self {
        let edits = Cache::builder()
            .max_capacity(bytes - bytes / 8)
            .weigher(|_, parts: &Arc<EditParts>| size_of(parts))
            .support_invalidation_closures()
            .time_to_live(kept)
            .build();
        let scores = Cache::builder()
            .max_capacity(bytes / 8)
            .weigher(|_, _| SCORE_BYTES)
            .time_to_live(kept)
            .build();
        Self { edits, scores }
    }

    pub(crate) fn edit(&self, wiki: &Wiki, id: u64) -> Option<Arc<EditParts>> {
        self.edits.get(&(wiki.idx, id))
    }

    pub(crate) fn keep_edit(&self, wiki: &Wiki, id: u64, parts: Arc<EditParts>) {
        self.edits.insert((wiki.idx, id), parts);
    }

    /// Forgets a revision that may not be seen any more, and what was made of its text.
    pub(crate) fn forget_revision(&self, wiki: &Wiki, id: u64) {
        self.forget(wiki, move |key, parts| {
            let parent = parts.parent.as_ref();
            key == id || parent.is_some_and(|parent| parent.id.0 == id)
        });
    }

    /// Forgets the revisions of a page that is gone.
    pub(crate) fn forget_page(&self, wiki: &Wiki, page: PageId) {
        self.forget(wiki, move |_, parts| parts.page.id == page);
    }

    /// What is forgotten is not given any more from now on; its memory is free a little later.
    fn forget(
        &self,
        wiki: &Wiki,
        is_gone: impl Fn(u64, &EditParts) -> bool + Send + Sync + 'static,
    ) {
        let idx = wiki.idx;
        let forgotten = self
            .edits
            .invalidate_entries_if(move |(wiki, id), parts| *wiki == idx && is_gone(*id, parts));
        forgotten.expect("the cache was made with closures for this");
        self.edits.run_pending_tasks();
    }

    /// The wanted probability that a model gave.
    pub(crate) fn score(&self, wiki: &Wiki, id: u64, checksum: u128) -> Option<f64> {
        self.scores.get(&(wiki.idx, id, checksum))
    }

    pub(crate) fn keep_score(&self, wiki: &Wiki, id: u64, checksum: u128, probability: f64) {
        self.scores.insert((wiki.idx, id, checksum), probability);
    }

    /// Bytes of revisions and of scores.
    pub(crate) fn bytes(&self) -> [(&'static str, u64); 2] {
        [
            ("edits", self.edits.weighted_size()),
            ("scores", self.scores.weighted_size()),
        ]
    }
}

/// A text that two edits share counts for both: the bound holds, and is not used up.
fn size_of(parts: &EditParts) -> u32 {
    let texts = [Some(&parts.revision), parts.parent.as_ref()].into_iter();
    let texts = texts
        .flatten()
        .filter_map(|revision| revision.text.as_ref());
    let bytes = ENTRY_BYTES + texts.map(|text| text.len()).sum::<usize>();
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
