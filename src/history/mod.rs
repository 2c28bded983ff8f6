//! What the past says about an edit: its author's record, its page's, its words' and its links'.
//!
//! A [`History`] is told of a wiki's edits in order of time ([`History::observe`]) and asked about
//! an edit before it is told of it ([`History::facts`]), so that nothing from after an edit can
//! reach its features: an edit counts as reverted only from the moment at which somebody reverted
//! it. Trainers replay a dump through it; services keep one and tell it of edits as they come in.
//! Reverts are found here, as the trainer's labels find them: an identity revert with at most
//! [`RADIUS`] revisions in between, by somebody else.
//!
//! State is bounded ([`Limits`]): records of authors, pages and domains are exact as long as there
//! are not too many; then those that were quiet for longest give way, and only their numbers of
//! edits and of reverted edits live on, in a sketch. Names are kept as hashes. What a record means
//! for an edit is not decided here.

mod bounded;
mod facts;
mod recent_ids;
mod record;
mod seen;
mod state;

pub use facts::Facts;
pub use seen::Seen;
pub use state::HistoryError;

use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};

use bounded::Bounded;
use recent_ids::RecentIds;
use record::{Account, Domain, Page, PageEntry, Pair, Tally, Words};

use crate::revision::Timestamp;

/// How many revisions may lie between a reverting revision and the one whose text it restores.
pub const RADIUS: usize = 15;

/// How many records of each kind are kept exactly.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Limits {
    /// Authors, and networks of addresses.
    pub authors: usize,
    /// Pages; each keeps its last 16 revisions.
    pub pages: usize,
    /// Authors on pages.
    pub pairs: usize,
    /// Domains of links to other sites.
    pub domains: usize,
}

/// About 150 MB when all are full.
impl Default for Limits {
    fn default() -> Self {
        Self {
            authors: 200_000,
            pages: 100_000,
            pairs: 500_000,
            domains: 100_000,
        }
    }
}

/// A wiki's past, as far as it tells something about the next edit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct History {
    accounts: Bounded<Account>,
    networks: Bounded<Account>,
    pages: Bounded<Page>,
    pairs: Bounded<Pair>,
    domains: Bounded<Domain>,
    words: Words,
    wiki: Tally,
    recent_ids: RecentIds,
    /// The latest time of an edit.
    latest: Option<i64>,
}

impl Default for History {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl History {
    /// The history of a wiki of which nothing is known.
    pub fn new(limits: Limits) -> Self {
        Self {
            accounts: Bounded::new(limits.authors),
            networks: Bounded::new(limits.authors),
            pages: Bounded::new(limits.pages),
            pairs: Bounded::new(limits.pairs),
            domains: Bounded::new(limits.domains),
            words: Words::default(),
            wiki: Tally::default(),
            recent_ids: RecentIds::default(),
            latest: None,
        }
    }

    /// How many edits it was told of.
    pub fn n_edits(&self) -> u64 {
        u64::from(self.wiki.edits)
    }

    /// The latest time of an edit that it was told of.
    pub fn latest(&self) -> Option<Timestamp> {
        self.latest.map(Timestamp)
    }

    /// What the past says about an edit that it was not told of yet. All is missing where the
    /// edit has no time, where nothing was told of the wiki at all, and where the edit is one of
    /// the last that it was told of: their past cannot be told from their consequences any more.
    pub fn facts(&self, edit: &Seen) -> Facts {
        let Some(at) = edit.timestamp else {
            return Facts::default();
        };
        if self.wiki.edits == 0 || self.recent_ids.contains(edit.revision) {
            return Facts::default();
        }
        let prior = self.wiki.rate();
        let mut facts = Facts::default();
        let page = self.pages.get(edit.page);
        facts.of_page(page.as_deref(), at.0, prior);
        if let Some(author) = edit.author {
            let account = self.accounts.get(author).unwrap_or_default();
            let pair = self
                .pairs
                .get(pair_key(author, edit.page))
                .unwrap_or_default();
            facts.of_author(&account, &pair, at.0, prior);
            if let Some(page) = &page {
                facts.author_run = page.run_of(author) as f32;
            }
        }
        if let Some(network) = edit.network {
            facts.of_network(&self.networks.get(network).unwrap_or_default(), prior);
        }
        let parent = page.as_ref().and_then(|page| page.last());
        if let Some(parent) = parent {
            facts.parent_is_revert = f32::from(u8::from(parent.is_revert));
            if let Some(author) = parent.author {
                facts.of_parent_author(&self.accounts.get(author).unwrap_or_default(), prior);
            }
        }
        for &domain in &edit.domains {
            facts.of_domain(&self.domains.get(domain).unwrap_or_default());
        }
        facts.of_words(&self.words, &edit.words, prior);
        facts
    }

    /// Takes an edit in, and says whether it counts. Edits come in order of time; one without a
    /// time is passed over, and so is one with the id of one of the last 10,000, so that whoever
    /// does not know whether the history was told of an edit can tell it again.
    pub fn observe(&mut self, edit: &Seen) -> bool {
        let Some(at) = edit.timestamp.map(|at| at.0) else {
            return false;
        };
        if !self.recent_ids.insert(edit.revision) {
            return false;
        }
        self.latest = self.latest.max(Some(at));
        let mut page = self.pages.take(edit.page).unwrap_or_default();
        let reverted = page.reverted_by(edit);
        let is_revert = !reverted.is_empty();
        let mut n_reverted = 0;
        for entry in page.entries_mut(reverted) {
            if entry.is_reverted || (entry.author.is_some() && entry.author == edit.author) {
                continue;
            }
            entry.is_reverted = true;
            n_reverted += 1;
            if let Some(author) = entry.author {
                self.accounts.change(author, |account| account.revert(at));
                self.pairs
                    .change(pair_key(author, edit.page), |pair| pair.tally.reverted += 1);
            }
            if let Some(network) = entry.network {
                self.networks.change(network, |account| account.revert(at));
            }
            for &domain in &entry.domains {
                self.domains
                    .change(domain, |domain| domain.tally.reverted += 1);
            }
            self.words.revert(&entry.words);
        }
        self.wiki.reverted += n_reverted;
        self.wiki.edits = self.wiki.edits.saturating_add(1);
        page.note_reverts(n_reverted, at);
        let mut is_new_author = edit.author.is_none() && page.tally.edits == 0;
        if let Some(author) = edit.author {
            self.pairs.change(pair_key(author, edit.page), |pair| {
                is_new_author = pair.tally.edits == 0;
                pair.tally.edits += 1;
                pair.last = at;
            });
            self.accounts.change(author, |account| {
                account.edit(at, is_new_author, n_reverted)
            });
        }
        if let Some(network) = edit.network {
            self.networks.change(network, |account| {
                account.edit(at, is_new_author, n_reverted)
            });
        }
        // What a revert puts back is no evidence for or against its words and links.
        let (domains, words) = if is_revert {
            Default::default()
        } else {
            (edit.domains.clone(), edit.words.clone())
        };
        for &domain in &domains {
            self.domains.change(domain, |domain| {
                domain.tally.edits += 1;
                domain.last = at;
            });
        }
        self.words.add(&words);
        page.push(
            PageEntry {
                author: edit.author,
                network: edit.network,
                text: edit.text,
                is_reverted: false,
                is_revert,
                domains,
                words,
            },
            at,
            is_new_author,
        );
        self.pages.put(edit.page, page);
        true
    }
}

fn pair_key(author: u64, page: u64) -> u64 {
    author.rotate_left(17) ^ page.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// The different hashes in a list, in their order, at most so many.
fn distinct<T: Copy + Eq + std::hash::Hash>(
    items: impl Iterator<Item = T>,
    at_most: usize,
) -> Box<[T]> {
    let mut seen = FxHashSet::default();
    items
        .filter(|item| seen.insert(*item))
        .take(at_most)
        .collect()
}

#[cfg(test)]
mod tests;
