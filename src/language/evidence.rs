//! Learned evidence: how much oftener than usual edits with a word were bad, by naive Bayes.
//!
//! A trainer counts labelled edits by their [`TextItems`] ([`EvidenceBuilder`]); a model carries
//! one number a bucket ([`Evidence`]). The builder also judges the rows that it learns from, by
//! what it had counted before them on other pages, so that the features made of it tell a later
//! estimator no more than they will tell of live edits. Only text is judged here, no author.

use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::items::{Channel, TextItems, added_words};
use super::regression::Regression;

/// Buckets a channel that items are hashed into; a power of two. Items that share a bucket share
/// their evidence.
const BUCKETS: usize = 1 << 15;
/// Stored steps a nat.
const STEPS: f32 = 16.0;
/// Stored steps a nat of a weight.
const WEIGHT_STEPS: f32 = 256.0;
/// How many imagined edits of the usual kind every item starts with.
const PRIOR_EDITS: f32 = 2.0;
/// Before so many bad edits were counted, evidence is worth nothing.
const MIN_BAD: u32 = 20;
/// Pages are dealt into this many groups; a row is judged by the other groups.
const GROUPS: usize = 8;
/// A word says something from here on: edits with it were bad twice as often as usual, or half.
const TELLING: f32 = std::f32::consts::LN_2;
/// How many items the worst and the best are the mean of.
const EXTREMES: usize = 3;

/// What was learned of each item; empty where nothing was.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Its log-odds by itself: `ln P(bad | item) / P(good | item)` less that of all edits, with two
    /// edits of the usual kind added, in steps of 1/16 nat.
    log_odds: Vec<i8>,
    /// Its weight beside the others of an edit, in steps of 1/256 nat.
    weights: Vec<i16>,
}

/// What is known about an edit's text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judgement {
    channels: [Verdict; Channel::ALL.len()],
    /// The weights of all items together, in nats: 0 says nothing, NaN that nothing is known.
    pub together: f32,
}

impl Judgement {
    /// Nothing is known.
    pub const NONE: Self = Self {
        channels: [Verdict::NONE; Channel::ALL.len()],
        together: f32::NAN,
    };

    /// What each item of a channel says by itself.
    pub fn of(&self, channel: Channel) -> Verdict {
        self.channels[channel as usize]
    }
}

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
        self.log_odds.is_empty()
    }

    /// What is known about an edit's text.
    pub fn judge(&self, items: &TextItems) -> Judgement {
        if self.is_empty() {
            return Judgement::NONE;
        }
        Judgement {
            channels: Channel::ALL.map(|channel| {
                Verdict::of(items.of(channel), |bucket| {
                    f32::from(self.log_odds[channel as usize * BUCKETS + bucket]) / STEPS
                })
            }),
            together: match self.weights.is_empty() {
                true => f32::NAN,
                false => places(items)
                    .map(|(place, value)| f32::from(self.weights[place]) / WEIGHT_STEPS * value)
                    .sum(),
            },
        }
    }

    /// The words of an added text that say most, the worst first (or the best, when not `is_bad`),
    /// with their log-odds in nats: only those that say something in that direction.
    pub fn telling_words(&self, added: &str, is_bad: bool) -> Vec<(String, f32)> {
        let Some(steps) = self.log_odds.get(..BUCKETS * Channel::ALL.len()) else {
            return Vec::new();
        };
        let log_odds = |item| f32::from(steps[place(Channel::AddedWords, item)]) / STEPS;
        let sign = if is_bad { 1.0 } else { -1.0 };
        let words = added_words(added).into_iter();
        let mut telling: Vec<(String, f32)> = words
            .map(|(word, item)| (word, log_odds(item)))
            .filter(|(_, log_odds)| sign * log_odds >= TELLING)
            .collect();
        telling.sort_by(|a, b| (sign * b.1).total_cmp(&(sign * a.1)));
        let mut named = FxHashSet::default();
        telling.retain(|(word, _)| named.insert(word.clone()));
        telling
    }

    /// Whether evidence that was read from outside can be used.
    pub(crate) fn is_sound(&self) -> bool {
        let n_items = BUCKETS * Channel::ALL.len();
        // Older models have no weights.
        match (self.log_odds.len(), self.weights.len()) {
            (0, 0) => true,
            (len, 0) => len == n_items,
            (len, n_weights) => len == n_items && n_weights == n_items,
        }
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
    /// Learned from the pages of the other groups; in the table of all, from all.
    regression: Regression,
}

impl Table {
    fn new() -> Self {
        let n_items = BUCKETS * Channel::ALL.len();
        Self {
            items: vec![Tally::default(); n_items],
            edits: Tally::default(),
            regression: Regression::new(n_items),
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

/// The place and the value of each item: those of a channel have length 1 together, so that long
/// texts do not shout.
fn places(items: &TextItems) -> impl Iterator<Item = (usize, f32)> {
    Channel::ALL.into_iter().flat_map(|channel| {
        let items = items.of(channel);
        let value = 1.0 / (items.len() as f32).sqrt();
        items.iter().map(move |&item| (place(channel, item), value))
    })
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
    pub fn judge(&self, items: &TextItems, page: u64) -> Judgement {
        let group = &self.groups[group_of(page)];
        let edits = self.all.edits.less(group.edits);
        if edits.bad < MIN_BAD || edits.bad == edits.edits {
            return Judgement::NONE;
        }
        let usual = edits.bad as f32 / edits.edits as f32;
        Judgement {
            channels: Channel::ALL.map(|channel| {
                Verdict::of(items.of(channel), |bucket| {
                    let place = channel as usize * BUCKETS + bucket;
                    let tally = self.all.items[place].less(group.items[place]);
                    f32::from(tally.steps(usual)) / STEPS
                })
            }),
            together: places(items)
                .map(|(place, value)| group.regression.weight(place) * value)
                .sum(),
        }
    }

    /// Counts an edit.
    pub fn add(&mut self, items: &TextItems, page: u64, is_bad: bool) {
        let places: Vec<(usize, f32)> = places(items).collect();
        let own = group_of(page);
        for (idx, group) in self.groups.iter_mut().enumerate() {
            if idx != own {
                group.regression.add(&places, is_bad);
            }
        }
        self.all.regression.add(&places, is_bad);
        self.groups[own].add(items, is_bad);
        self.all.add(items, is_bad);
    }

    /// What was learned from all edits; empty where they were too few.
    pub fn finish(&self) -> Evidence {
        let Tally { edits, bad } = self.all.edits;
        if bad < MIN_BAD || bad == edits {
            return Evidence::default();
        }
        let usual = bad as f32 / edits as f32;
        let items = self.all.items.iter();
        Evidence {
            log_odds: items.map(|tally| tally.steps(usual)).collect(),
            weights: (0..self.all.items.len())
                .map(|place| (self.all.regression.weight(place) * WEIGHT_STEPS).round() as i16)
                .collect(),
        }
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
        let of = |text| evidence.judge(&items(text)).of(Channel::AddedWords);
        assert!(of("poop").sum > 2.0);
        assert!(of("river").sum < -1.0);
        assert!((of("never seen").sum).abs() < 0.2);
        assert!(of("poop river").worst > of("river lake").worst);
        assert!(of("").sum.is_nan());
        let telling = |is_bad| evidence.telling_words("a river of poop, unseen", is_bad);
        assert!(matches!(&telling(true)[..], [(word, _)] if word == "poop"));
        assert!(matches!(&telling(false)[..], [(word, _)] if word == "river"));
        assert!(
            Evidence::default()
                .judge(&items("poop"))
                .of(Channel::AddedWords)
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
        let worst = |text, page| {
            builder
                .judge(&items(text), page)
                .of(Channel::AddedWords)
                .worst
        };
        assert!(worst("poop", page).abs() < 0.2);
        assert!(worst("poop", other).is_nan() || worst("poop", other) >= 0.0);
        assert!(worst("lake", page) > 0.5);
    }

    #[test]
    fn too_few_bad_edits_are_no_evidence() {
        let rows = [("poop", 1, true), ("river", 2, false)];
        assert!(built(&rows).finish().is_empty());
        assert!(built(&rows).judge(&items("poop"), 3).together.is_nan());
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
            let judgement = builder.judge(&items, idx % 40);
            if !judgement.together.is_nan() {
                said.push((judgement, is_bad));
            }
            builder.add(&items, idx % 40, is_bad);
        }
        let figures: [fn(&Judgement) -> f32; 2] = [
            |judgement| judgement.of(Channel::AddedWords).sum,
            |judgement| judgement.together,
        ];
        for figure in figures {
            let (mut n_right, mut n_pairs) = (0.0, 0.0);
            for (bad, _) in said.iter().filter(|(_, is_bad)| *is_bad) {
                for (good, _) in said.iter().filter(|(_, is_bad)| !*is_bad) {
                    let (bad, good) = (figure(bad), figure(good));
                    n_right += if bad > good { 1.0 } else { 0.0 };
                    n_right += if bad == good { 0.5 } else { 0.0 };
                    n_pairs += 1.0;
                }
            }
            let area = n_right / n_pairs;
            assert!((area - 0.5_f64).abs() < 0.03, "{area}");
        }
    }
}
