//! What is counted of a day's scored edits: enough for every figure of a report, and to the edit.
//!
//! Probabilities fall into bands, cut at every hundredth and at the model's levels. Whoever asks for a
//! threshold at one of the cuts gets exact counts; sums over days are sums of tallies. A tally is a
//! few hundred bytes however many edits there are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::evaluation::{Kind, UserClass};

/// What a tally is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) enum Group {
    All,
    Kind(Kind),
    UserClass(UserClass),
    Namespace(i32),
}

/// Where a model's probabilities are cut.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Bands {
    /// Rising, the first 0.
    cuts: Vec<f64>,
}

/// What became of an edit, for counting.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) enum Fated {
    /// It has no outcome yet, and may still get one.
    Pending,
    /// Its time has passed and nobody reverted it.
    Kept,
    /// Somebody else reverted it.
    Reverted,
    /// Only its author reverted it: neither.
    SelfReverted,
    /// It was reverted, and that was undone: neither.
    RevertUndone,
    /// It was reverted, and it is unclear whether as vandalism: neither.
    Unclear,
    /// The model's recipe does not measure by such edits: a bot's, or a page's first.
    NotCounted,
    /// Somebody else reverted it, and its time has not passed: among edits of the same age most are pending.
    RevertedEarly,
}

/// What people said of an edit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) enum Judged {
    Not,
    Good,
    Bad,
}

/// One edit, for counting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted {
    pub(crate) probability: f64,
    pub(crate) fated: Fated,
    pub(crate) judged: Judged,
    /// From the edit to its score.
    pub(crate) score_delay_seconds: Option<i64>,
    /// From the edit to its revert.
    pub(crate) revert_seconds: Option<i64>,
}

/// The counts.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Tally {
    /// Edits by band, outcome and judgement.
    pub(crate) edits: BTreeMap<(u16, Fated, Judged), u64>,
    /// Sums of probabilities of counted, settled edits by band, in millionths, so that they stay exact.
    pub(crate) millionths: BTreeMap<u16, u64>,
    /// Edits by time until their score.
    pub(crate) score_delays: BTreeMap<Delay, u64>,
    /// Reverted edits by band and time until their revert.
    pub(crate) revert_delays: BTreeMap<(u16, Delay), u64>,
}

/// A time, as the power of the square root of 2 (in seconds) that it reaches: 0 for less than a second,
/// 1 for 1 s, 2 for 1.4 s, 3 for 2 s, ..; known to within a fifth.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) struct Delay(pub(crate) u8);

impl Delay {
    pub(crate) fn of(seconds: i64) -> Self {
        match seconds {
            ..=0 => Self(0),
            seconds => Self(1 + (2.0 * (seconds as f64).log2()).floor() as u8),
        }
    }

    /// The middle of what it stands for.
    pub(crate) fn seconds(self) -> f64 {
        match self.0 {
            0 => 0.0,
            step => (f64::from(step - 1) / 2.0 + 0.25).exp2(),
        }
    }
}

impl Bands {
    /// Bands cut at hundredths and at these thresholds.
    pub(crate) fn new(levels: &[(String, f64)]) -> Self {
        let hundredths = (0..100).map(|hundredth| f64::from(hundredth) / 100.0);
        let levels = levels.iter().map(|(_, threshold)| *threshold);
        let mut cuts: Vec<f64> = hundredths
            .chain(levels.filter(|level| *level > 0.0))
            .collect();
        cuts.sort_by(f64::total_cmp);
        cuts.dedup();
        Self { cuts }
    }

    /// The band of a probability: the last cut that it reaches.
    pub(crate) fn of(&self, probability: f64) -> u16 {
        let above = self.cuts.partition_point(|cut| *cut <= probability);
        above.saturating_sub(1) as u16
    }

    /// The first band whose edits a threshold flags; `None` when it is no cut, and would split one.
    pub(crate) fn from(&self, threshold: f64) -> Option<u16> {
        let idx = self.cuts.binary_search_by(|cut| cut.total_cmp(&threshold));
        idx.ok().map(|idx| idx as u16)
    }

    /// The thresholds that can be asked for.
    pub(crate) fn cuts(&self) -> &[f64] {
        &self.cuts
    }
}

impl Tally {
    /// Counts an edit.
    pub(crate) fn add(&mut self, bands: &Bands, counted: &Counted) {
        let band = bands.of(counted.probability);
        *self
            .edits
            .entry((band, counted.fated, counted.judged))
            .or_default() += 1;
        if matches!(counted.fated, Fated::Kept | Fated::Reverted) {
            *self.millionths.entry(band).or_default() += (counted.probability * 1e6).round() as u64;
        }
        if let Some(seconds) = counted.score_delay_seconds {
            *self.score_delays.entry(Delay::of(seconds)).or_default() += 1;
        }
        if let (Fated::Reverted, Some(seconds)) = (counted.fated, counted.revert_seconds) {
            *self
                .revert_delays
                .entry((band, Delay::of(seconds)))
                .or_default() += 1;
        }
    }

    /// Adds another day's counts.
    pub(crate) fn absorb(&mut self, other: &Self) {
        fn add<K: Ord + Copy>(to: &mut BTreeMap<K, u64>, from: &BTreeMap<K, u64>) {
            for (key, n) in from {
                *to.entry(*key).or_default() += n;
            }
        }
        add(&mut self.edits, &other.edits);
        add(&mut self.millionths, &other.millionths);
        add(&mut self.score_delays, &other.score_delays);
        add(&mut self.revert_delays, &other.revert_delays);
    }
}
