//! Learned evidence: how much oftener than usual edits with a word were bad, by naive Bayes.
//!
//! A trainer counts labelled edits by their [`TextItems`] ([`EvidenceBuilder`]); a model carries
//! one number a bucket ([`Evidence`]). The builder also judges the rows that it learns from, by
//! what it had counted before them on other pages, so that the features made of it tell a later
//! estimator no more than they will tell of live edits. Only text is judged here, no author.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::items::{Channel, TextItems};

/// Buckets a channel that items are hashed into; a power of two. Items that share a bucket share
/// their evidence.
const BUCKETS: usize = 1 << 15;
/// Stored steps a nat.
const STEPS: f32 = 16.0;
/// How many imagined edits of the usual kind every item starts with.
const PRIOR_EDITS: f32 = 2.0;
/// Before so many bad edits were counted, evidence is worth nothing.
const MIN_BAD: u32 = 20;
/// Pages are dealt into this many groups; a row is judged by the other groups.
const GROUPS: usize = 8;
/// How many items the worst and the best are the mean of.
const EXTREMES: usize = 3;

/// The log-odds of each item: `ln P(bad | item) / P(good | item)` less that of all edits, with
/// two edits of the usual kind added, in steps of 1/16 nat. Empty where nothing was learned.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence(Vec<i8>);

/// What the evidence says about a channel of one edit, in nats above the usual; NaN without items
/// or without evidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// The sum over the items, divided by the square root of their number: neighbouring words are
    /// not independent, so a plain sum would shout about long texts.
    pub sum: f32,
    /// The mean of the three worst items.
    pub worst: f32,
    /// The mean of the three best items.
    pub best: f32,
}

impl Verdict {
    /// Nothing is known.
    pub const NONE: Self = Self {
        sum: f32::NAN,
        worst: f32::NAN,
        best: f32::NAN,
    };

    fn of(items: &[u32], log_odds: impl Fn(usize) -> f32) -> Self {
        if items.is_empty() {
            return Self::NONE;
        }
        let mut each: Vec<f32> = items
            .iter()
            .map(|&item| log_odds(item as usize % BUCKETS))
            .collect();
        each.sort_unstable_by(f32::total_cmp);
        let n_extremes = EXTREMES.min(each.len());
        let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
        Self {
            sum: each.iter().sum::<f32>() / (each.len() as f32).sqrt(),
            worst: mean(&each[each.len() - n_extremes..]),
            best: mean(&each[..n_extremes]),
        }
    }
}

impl Evidence {
    /// Whether nothing was learned.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is known about a channel of an edit.
    pub fn judge(&self, items: &TextItems, channel: Channel) -> Verdict {
        let first = channel as usize * BUCKETS;
        match self.0.get(first..first + BUCKETS) {
            Some(steps) => {
                Verdict::of(items.of(channel), |bucket| f32::from(steps[bucket]) / STEPS)
            }
            None => Verdict::NONE,
        }
    }

    /// Whether evidence that was read from outside can be used.
    pub(crate) fn is_sound(&self) -> bool {
        [0, BUCKETS * Channel::ALL.len()].contains(&self.0.len())
    }
}

/// Edits, and bad ones.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    edits: u32,
    bad: u32,
}

impl Tally {
    fn add(&mut self, is_bad: bool) {
        self.edits += 1;
        self.bad += u32::from(is_bad);
    }

    fn less(self, other: Self) -> Self {
        Self {
            edits: self.edits - other.edits,
            bad: self.bad - other.bad,
        }
    }

    /// In steps, as it is stored; `usual` is the share of bad edits among all.
    fn steps(self, usual: f32) -> i8 {
        let bad = self.bad as f32 + PRIOR_EDITS * usual;
        let good = (self.edits - self.bad) as f32 + PRIOR_EDITS * (1.0 - usual);
        let log_odds = (bad / good).ln() - (usual / (1.0 - usual)).ln();
        // The cast saturates, and is 0 for NaN.
        (log_odds * STEPS).round() as i8
    }
}

/// Counts labelled edits, in order of time.
#[derive(Debug)]
pub struct EvidenceBuilder {
    /// One table for each group of pages.
    groups: Vec<Table>,
    all: Table,
}

#[derive(Clone, Debug)]
struct Table {
    items: Vec<Tally>,
    edits: Tally,
}

impl Table {
    fn new() -> Self {
        Self {
            items: vec![Tally::default(); BUCKETS * Channel::ALL.len()],
            edits: Tally::default(),
        }
    }

    fn add(&mut self, items: &TextItems, is_bad: bool) {
        self.edits.add(is_bad);
        for channel in Channel::ALL {
            for &item in items.of(channel) {
                self.items[place(channel, item)].add(is_bad);
            }
        }
    }
}

fn place(channel: Channel, item: u32) -> usize {
    channel as usize * BUCKETS + item as usize % BUCKETS
}

impl Default for EvidenceBuilder {
    fn default() -> Self {
        Self {
            groups: vec![Table::new(); GROUPS],
            all: Table::new(),
        }
    }
}

impl EvidenceBuilder {
    /// What was known about an edit before it: of the edits counted so far, those on pages of
    /// other groups than its own. All is missing while that is too little to go by.
    pub fn judge(&self, items: &TextItems, page: u64) -> [Verdict; Channel::ALL.len()] {
        let group = &self.groups[group_of(page)];
        let edits = self.all.edits.less(group.edits);
        if edits.bad < MIN_BAD || edits.bad == edits.edits {
            return [Verdict::NONE; Channel::ALL.len()];
        }
        let usual = edits.bad as f32 / edits.edits as f32;
        Channel::ALL.map(|channel| {
            Verdict::of(items.of(channel), |bucket| {
                let place = channel as usize * BUCKETS + bucket;
                let tally = self.all.items[place].less(group.items[place]);
                f32::from(tally.steps(usual)) / STEPS
            })
        })
    }

    /// Counts an edit.
    pub fn add(&mut self, items: &TextItems, page: u64, is_bad: bool) {
        self.groups[group_of(page)].add(items, is_bad);
        self.all.add(items, is_bad);
    }

    /// What was learned from all edits; empty where they were too few.
    pub fn finish(&self) -> Evidence {
        let Tally { edits, bad } = self.all.edits;
        if bad < MIN_BAD || bad == edits {
            return Evidence::default();
        }
        let usual = bad as f32 / edits as f32;
        Evidence(
            self.all
                .items
                .iter()
                .map(|tally| tally.steps(usual))
                .collect(),
        )
    }
}

fn group_of(page: u64) -> usize {
    xxh3_64(&page.to_le_bytes()) as usize % GROUPS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::Change;

    fn items(text: &str) -> TextItems {
        TextItems::new(&Change::between("", text), None)
    }

    fn built(rows: &[(&str, u64, bool)]) -> EvidenceBuilder {
        let mut builder = EvidenceBuilder::default();
        for (text, page, is_bad) in rows {
            builder.add(&items(text), *page, *is_bad);
        }
        builder
    }

    #[test]
    fn words_of_bad_edits_are_evidence() {
        let mut rows = vec![("poop", 1, true); 30];
        rows.extend([("river", 2, false); 90]);
        let evidence = built(&rows).finish();
        let of = |text| evidence.judge(&items(text), Channel::AddedWords);
        assert!(of("poop").sum > 2.0);
        assert!(of("river").sum < -1.0);
        assert!((of("never seen").sum).abs() < 0.2);
        assert!(of("poop river").worst > of("river lake").worst);
        assert!(of("").sum.is_nan());
        assert!(
            Evidence::default()
                .judge(&items("poop"), Channel::AddedWords)
                .sum
                .is_nan()
        );
    }

    #[test]
    fn a_page_does_not_judge_itself() {
        let (page, other) = (
            1,
            (2..)
                .find(|&other| group_of(other) != group_of(1))
                .unwrap_or(2),
        );
        let mut rows = vec![("poop", page, true); 40];
        rows.extend([("lake", other, true); 40]);
        rows.extend([("river", other, false); 40]);
        let builder = built(&rows);
        let worst =
            |text, page| builder.judge(&items(text), page)[Channel::AddedWords as usize].worst;
        assert!(worst("poop", page).abs() < 0.2);
        assert!(worst("poop", other).is_nan() || worst("poop", other) >= 0.0);
        assert!(worst("lake", page) > 0.5);
    }

    #[test]
    fn too_few_bad_edits_are_no_evidence() {
        let rows = [("poop", 1, true), ("river", 2, false)];
        assert!(built(&rows).finish().is_empty());
        assert!(built(&rows).judge(&items("poop"), 3)[0].sum.is_nan());
    }

    /// Labels drawn at random cannot be learned: what is said of a row before it is counted has
    /// nothing to do with its label, though pages and words repeat.
    #[test]
    fn shuffled_labels_cannot_be_learned() {
        let mut builder = EvidenceBuilder::default();
        let (mut said, mut state) = (Vec::new(), 7_u64);
        for idx in 0..6_000_u64 {
            state = xxh3_64(&state.to_le_bytes());
            let is_bad = state % 4 == 0;
            let items = items(&format!(
                "w{} w{} page{}",
                state / 8 % 300,
                state / 4_000 % 300,
                idx % 40
            ));
            let verdict = builder.judge(&items, idx % 40)[Channel::AddedWords as usize];
            if !verdict.sum.is_nan() {
                said.push((verdict.sum, is_bad));
            }
            builder.add(&items, idx % 40, is_bad);
        }
        let (mut n_right, mut n_pairs) = (0.0, 0.0);
        for (bad, _) in said.iter().filter(|(_, is_bad)| *is_bad) {
            for (good, _) in said.iter().filter(|(_, is_bad)| !*is_bad) {
                n_right += f64::from(u8::from(bad > good)) + 0.5 * f64::from(u8::from(bad == good));
                n_pairs += 1.0;
            }
        }
        let area = n_right / n_pairs;
        assert!((area - 0.5).abs() < 0.03, "{area}");
    }
}
