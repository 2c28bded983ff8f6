//! What is remembered of an account, a page, a domain and the words of a wiki.

use std::collections::VecDeque;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{RADIUS, Seen};

const DAY: f64 = 86_400.0;

/// What a record must be able to do to be forgotten in an orderly way.
pub(super) trait Record: Clone + Default {
    /// When it was last edited, in seconds since 1970.
    fn last(&self) -> i64;
    /// What a sketch keeps of it.
    fn tally(&self) -> Tally;
    /// What is left when only that is known.
    fn remembered(tally: Tally) -> Self;
}

/// Edits, and how many of them somebody else reverted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tally {
    pub(super) edits: u32,
    pub(super) reverted: u32,
}

impl Tally {
    /// The wiki's share of reverted edits, never 0: what is expected of somebody unknown.
    pub(super) fn rate(self) -> f32 {
        (self.reverted as f32 + 1.0) / (self.edits as f32 + 50.0)
    }

    /// The share of reverted edits, as if two more had been seen that were reverted as often as
    /// anybody's.
    pub(super) fn share(self, prior: f32) -> f32 {
        (self.reverted as f32 + 2.0 * prior) / (self.edits as f32 + 2.0)
    }
}

/// A count of recent things that halves in a given time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Recent {
    count: f32,
    at: i64,
}

impl Recent {
    pub(super) fn at(self, now: i64, half_life_days: f64) -> f32 {
        let days = (now - self.at).max(0) as f64 / DAY;
        self.count * (-days / half_life_days).exp2() as f32
    }

    fn add(&mut self, n: f32, now: i64, half_life_days: f64) {
        self.count = self.at(now, half_life_days) + n;
        self.at = now.max(self.at);
    }
}

/// Half-lives in days.
pub(super) const EDITS_HALVE_IN: f64 = 1.0;
pub(super) const REVERTS_HALVE_IN: f64 = 7.0;

/// An author, or a network of addresses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Account {
    pub(super) tally: Tally,
    /// Reverts of others' edits that it made.
    pub(super) reverts_made: u32,
    /// Different pages.
    pub(super) pages: u32,
    /// Different days.
    pub(super) days: u32,
    pub(super) first: Option<i64>,
    pub(super) last: Option<i64>,
    pub(super) last_reverted: Option<i64>,
    pub(super) recent: Recent,
}

impl Account {
    pub(super) fn edit(&mut self, at: i64, is_new_page: bool, n_reverted: u32) {
        self.tally.edits += 1;
        self.reverts_made += u32::from(n_reverted > 0);
        self.pages += u32::from(is_new_page);
        let day = |at: i64| at.div_euclid(86_400);
        self.days += u32::from(self.last.is_none_or(|last| day(last) != day(at)));
        self.first.get_or_insert(at);
        self.last = Some(at);
        self.recent.add(1.0, at, EDITS_HALVE_IN);
    }

    pub(super) fn revert(&mut self, at: i64) {
        self.tally.reverted += 1;
        self.last_reverted = Some(at);
    }
}

impl Record for Account {
    fn last(&self) -> i64 {
        self.last.unwrap_or(i64::MIN)
    }

    fn tally(&self) -> Tally {
        self.tally
    }

    fn remembered(tally: Tally) -> Self {
        Self {
            tally,
            ..Self::default()
        }
    }
}

/// An author on a page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Pair {
    pub(super) tally: Tally,
    pub(super) last: i64,
}

impl Record for Pair {
    fn last(&self) -> i64 {
        self.last
    }

    fn tally(&self) -> Tally {
        self.tally
    }

    fn remembered(tally: Tally) -> Self {
        Self { tally, last: 0 }
    }
}

/// A domain that edits added links to.
pub(super) type Domain = Pair;

/// A page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Page {
    pub(super) tally: Tally,
    /// Edits from addresses.
    pub(super) anonymous: u32,
    /// Different authors.
    pub(super) editors: u32,
    pub(super) first: Option<i64>,
    pub(super) last: Option<i64>,
    pub(super) last_revert: Option<i64>,
    pub(super) recent: Recent,
    pub(super) recent_reverts: Recent,
    window: VecDeque<PageEntry>,
}

/// One of the last revisions of a page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct PageEntry {
    pub(super) author: Option<u64>,
    pub(super) network: Option<u64>,
    pub(super) text: Option<u64>,
    pub(super) is_reverted: bool,
    pub(super) is_revert: bool,
    pub(super) domains: Box<[u64]>,
    pub(super) words: Box<[u32]>,
}

impl Page {
    /// The entries that an edit reverts: those after the latest one with the same text, unless
    /// that is the very last.
    pub(super) fn reverted_by(&self, edit: &Seen) -> Range<usize> {
        let end = self.window.len();
        let same = |entry: &PageEntry| edit.text.is_some() && entry.text == edit.text;
        match self.window.iter().rposition(same) {
            Some(restored) => restored + 1..end,
            None => end..end,
        }
    }

    pub(super) fn entries_mut(
        &mut self,
        range: Range<usize>,
    ) -> impl Iterator<Item = &mut PageEntry> {
        self.window.range_mut(range)
    }

    pub(super) fn last(&self) -> Option<&PageEntry> {
        self.window.back()
    }

    /// How many of the last edits, one after the other, the author made.
    pub(super) fn run_of(&self, author: u64) -> usize {
        let is_theirs = |entry: &&PageEntry| entry.author == Some(author);
        self.window.iter().rev().take_while(is_theirs).count()
    }

    /// How many of the last revisions were reverted.
    pub(super) fn recently_reverted(&self) -> usize {
        self.window.iter().filter(|entry| entry.is_reverted).count()
    }

    pub(super) fn note_reverts(&mut self, n_reverted: u32, at: i64) {
        if n_reverted > 0 {
            self.tally.reverted += n_reverted;
            self.last_revert = Some(at);
            self.recent_reverts.add(1.0, at, REVERTS_HALVE_IN);
        }
    }

    pub(super) fn push(&mut self, entry: PageEntry, at: i64, is_new_author: bool) {
        self.tally.edits += 1;
        self.anonymous += u32::from(entry.network.is_some());
        self.editors += u32::from(is_new_author);
        self.first.get_or_insert(at);
        self.last = Some(at);
        self.recent.add(1.0, at, EDITS_HALVE_IN);
        // The restored revision and up to RADIUS reverted ones.
        if self.window.len() > RADIUS {
            self.window.pop_front();
        }
        self.window.push_back(entry);
    }

    pub(super) fn is_sound(&self) -> bool {
        self.window.len() <= RADIUS + 1
    }
}

impl Record for Page {
    fn last(&self) -> i64 {
        self.last.unwrap_or(i64::MIN)
    }

    fn tally(&self) -> Tally {
        self.tally
    }

    fn remembered(tally: Tally) -> Self {
        Self {
            tally,
            ..Self::default()
        }
    }
}

/// Buckets that words are hashed into; a power of two.
const BUCKETS: usize = 1 << 18;

/// How often edits added each word, and how often such edits were reverted, by hash: words that
/// share a bucket share their record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Words {
    /// Empty until the first word.
    added: Vec<u16>,
    reverted: Vec<u16>,
}

impl Words {
    pub(super) fn tally(&self, word: u32) -> Tally {
        let bucket = word as usize % BUCKETS;
        let count = |counts: &[u16]| counts.get(bucket).copied().map_or(0, u32::from);
        Tally {
            edits: count(&self.added),
            reverted: count(&self.reverted),
        }
    }

    pub(super) fn add(&mut self, words: &[u32]) {
        if !words.is_empty() && self.added.is_empty() {
            self.added = vec![0; BUCKETS];
            self.reverted = vec![0; BUCKETS];
        }
        for &word in words {
            let bucket = word as usize % BUCKETS;
            if self.added[bucket] == u16::MAX {
                self.added[bucket] /= 2;
                self.reverted[bucket] /= 2;
            }
            self.added[bucket] += 1;
        }
    }

    pub(super) fn revert(&mut self, words: &[u32]) {
        for &word in words {
            let bucket = word as usize % BUCKETS;
            if let Some(count) = self.reverted.get_mut(bucket) {
                *count = count.saturating_add(1);
            }
        }
    }

    pub(super) fn is_sound(&self) -> bool {
        self.added.len() == self.reverted.len() && [0, BUCKETS].contains(&self.added.len())
    }
}
