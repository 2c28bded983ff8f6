//! The numbers that a history gives about an edit; features are made of them.

use super::record::{Account, Domain, EDITS_HALVE_IN, Page, Pair, REVERTS_HALVE_IN, Tally, Words};
use crate::revision::{Timestamp, User};

/// What the past says about one edit. NaN where it says nothing: without a history, for a
/// suppressed author, for edits that add no word or no link.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(
    missing_docs,
    reason = "each is the value of the feature of that name, which has the doc"
)]
pub struct Facts {
    pub author_edits: f32,
    pub author_reverted: f32,
    pub author_reverted_share: f32,
    pub author_since_first_seconds: f32,
    pub author_since_last_seconds: f32,
    pub author_since_reverted_seconds: f32,
    pub author_recent_edits: f32,
    pub author_days: f32,
    pub author_pages: f32,
    pub author_reverts_made: f32,
    pub author_page_edits: f32,
    pub author_page_reverted: f32,
    pub author_run: f32,
    pub network_edits: f32,
    pub network_reverted_share: f32,
    pub page_edits: f32,
    pub page_reverted_share: f32,
    pub page_recently_reverted: f32,
    pub page_recent_reverts: f32,
    pub page_recent_edits: f32,
    pub page_editors: f32,
    pub page_anonymous_share: f32,
    pub page_since_first_seconds: f32,
    pub page_since_revert_seconds: f32,
    pub parent_is_revert: f32,
    pub parent_author_edits: f32,
    pub parent_author_reverted_share: f32,
    pub domain_kept_least: f32,
    pub domain_reverted_share_most: f32,
    pub word_reverted_share_most: f32,
    pub word_reverted_share_mean: f32,
    pub word_log_odds_top: f32,
    pub word_log_odds_bottom: f32,
    pub word_never_kept_share: f32,
}

/// Nothing is known.
impl Default for Facts {
    fn default() -> Self {
        let unknown = f32::NAN;
        Self {
            author_edits: unknown,
            author_reverted: unknown,
            author_reverted_share: unknown,
            author_since_first_seconds: unknown,
            author_since_last_seconds: unknown,
            author_since_reverted_seconds: unknown,
            author_recent_edits: unknown,
            author_days: unknown,
            author_pages: unknown,
            author_reverts_made: unknown,
            author_page_edits: unknown,
            author_page_reverted: unknown,
            author_run: unknown,
            network_edits: unknown,
            network_reverted_share: unknown,
            page_edits: unknown,
            page_reverted_share: unknown,
            page_recently_reverted: unknown,
            page_recent_reverts: unknown,
            page_recent_edits: unknown,
            page_editors: unknown,
            page_anonymous_share: unknown,
            page_since_first_seconds: unknown,
            page_since_revert_seconds: unknown,
            parent_is_revert: unknown,
            parent_author_edits: unknown,
            parent_author_reverted_share: unknown,
            domain_kept_least: unknown,
            domain_reverted_share_most: unknown,
            word_reverted_share_most: unknown,
            word_reverted_share_mean: unknown,
            word_log_odds_top: unknown,
            word_log_odds_bottom: unknown,
            word_never_kept_share: unknown,
        }
    }
}

/// How many words the top and the bottom of the log-odds are the mean of.
const EXTREMES: usize = 3;

impl Facts {
    /// The same, for an edit of which nobody said on which page it was made.
    pub fn without_page(self) -> Self {
        let unknown = f32::NAN;
        Self {
            author_page_edits: unknown,
            author_page_reverted: unknown,
            author_run: unknown,
            page_edits: unknown,
            page_reverted_share: unknown,
            page_recently_reverted: unknown,
            page_recent_reverts: unknown,
            page_recent_edits: unknown,
            page_editors: unknown,
            page_anonymous_share: unknown,
            page_since_first_seconds: unknown,
            page_since_revert_seconds: unknown,
            parent_is_revert: unknown,
            parent_author_edits: unknown,
            parent_author_reverted_share: unknown,
            ..self
        }
    }

    /// An author of whom the source does not say how many edits the account had made and when it was
    /// registered, with what the edits seen before this one tell.
    pub fn complete(&self, user: User, edited_at: Option<Timestamp>) -> User {
        let seen = |value: f32| if value.is_nan() { 0.0 } else { value };
        let since_first = seen(self.author_since_first_seconds) as i64;
        let first_seen = edited_at.map(|at| Timestamp(at.0 - since_first));
        User {
            registered_at: user.registered_at.or(first_seen),
            edit_count: user.edit_count.or(Some(seen(self.author_edits) as u64)),
            ..user
        }
    }

    pub(super) fn of_author(&mut self, account: &Account, pair: &Pair, now: i64, prior: f32) {
        let since = |at: Option<i64>| at.map_or(f32::NAN, |at| (now - at).max(0) as f32);
        self.author_edits = account.tally.edits as f32;
        self.author_reverted = account.tally.reverted as f32;
        self.author_reverted_share = account.tally.share(prior);
        self.author_since_first_seconds = since(account.first);
        self.author_since_last_seconds = since(account.last);
        self.author_since_reverted_seconds = since(account.last_reverted);
        self.author_recent_edits = account.recent.at(now, EDITS_HALVE_IN);
        self.author_days = account.days as f32;
        self.author_pages = account.pages as f32;
        self.author_reverts_made = account.reverts_made as f32;
        self.author_page_edits = pair.tally.edits as f32;
        self.author_page_reverted = pair.tally.reverted as f32;
        self.author_run = 0.0;
    }

    pub(super) fn of_network(&mut self, network: &Account, prior: f32) {
        self.network_edits = network.tally.edits as f32;
        self.network_reverted_share = network.tally.share(prior);
    }

    pub(super) fn of_parent_author(&mut self, account: &Account, prior: f32) {
        self.parent_author_edits = account.tally.edits as f32;
        self.parent_author_reverted_share = account.tally.share(prior);
    }

    /// `page` is `None` when no edit of it was seen.
    pub(super) fn of_page(&mut self, page: Option<&Page>, now: i64, prior: f32) {
        let since = |at: Option<i64>| at.map_or(f32::NAN, |at| (now - at).max(0) as f32);
        let unseen = Page::default();
        let page = page.unwrap_or(&unseen);
        self.page_edits = page.tally.edits as f32;
        self.page_reverted_share = page.tally.share(prior);
        self.page_recently_reverted = page.recently_reverted() as f32;
        self.page_recent_reverts = page.recent_reverts.at(now, REVERTS_HALVE_IN);
        self.page_recent_edits = page.recent.at(now, EDITS_HALVE_IN);
        self.page_editors = page.editors as f32;
        // 0 / 0 is NaN, which is what is wanted.
        self.page_anonymous_share = page.anonymous as f32 / page.tally.edits as f32;
        self.page_since_first_seconds = since(page.first);
        self.page_since_revert_seconds = since(page.last_revert);
    }

    /// One of the domains that the edit links to; the worst counts.
    pub(super) fn of_domain(&mut self, domain: &Domain) {
        let Tally { edits, reverted } = domain.tally;
        let share = (reverted as f32 + 0.1) / (edits as f32 + 1.0);
        // `f32::min` and `f32::max` pass over NaN.
        self.domain_kept_least = self
            .domain_kept_least
            .min(edits.saturating_sub(reverted) as f32);
        self.domain_reverted_share_most = self.domain_reverted_share_most.max(share);
    }

    /// The words that the edit adds.
    pub(super) fn of_words(&mut self, record: &Words, words: &[u32], prior: f32) {
        if words.is_empty() {
            return;
        }
        let n_words = words.len() as f32;
        let prior_log_odds = (prior / (1.0 - prior)).ln();
        let (mut most, mut sum, mut n_never_kept) = (0.0_f32, 0.0_f32, 0_u32);
        let mut log_odds: Vec<f32> = Vec::with_capacity(words.len());
        for &word in words {
            let Tally { edits, reverted } = record.tally(word);
            let (kept, reverted) = (edits.saturating_sub(reverted) as f32, reverted as f32);
            let share = (reverted + prior) / (kept + reverted + 1.0);
            most = most.max(share);
            sum += share;
            n_never_kept += u32::from(kept == 0.0);
            log_odds.push(((reverted + prior) / (kept + 1.0 - prior)).ln() - prior_log_odds);
        }
        log_odds.sort_unstable_by(f32::total_cmp);
        let n_extremes = EXTREMES.min(log_odds.len());
        let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
        self.word_reverted_share_most = most;
        self.word_reverted_share_mean = sum / n_words;
        self.word_never_kept_share = n_never_kept as f32 / n_words;
        self.word_log_odds_top = mean(&log_odds[log_odds.len() - n_extremes..]);
        self.word_log_odds_bottom = mean(&log_odds[..n_extremes]);
    }
}
