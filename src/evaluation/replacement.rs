//! What changes when one scorer takes another's place: which edits change sides, and whether the
//! new one ranks better.
//!
//! The scorers are called A, which is there, and B, which may come. Differences are B less A, on the
//! same resamples of pages; one whose interval holds 0 is not shown by these edits. A report says
//! what one scorer catches; here is only what differs.

use serde::{Deserialize, Serialize};

use super::bootstrap::round;
use super::comparison::STATISTICS;
use super::counts::Scale;
use super::notes;
use super::side_by_side::{SideBySide, count};
use super::slice::CellIdx;
use super::{BaseRate, Estimate, EvaluationError, Options, Outcome, Slice, Statistic};
use crate::revision::Timestamp;

/// Shares of the edits at which scores are shown.
const QUANTILES: [f64; 9] = [0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999, 1.0];

/// What a threshold does, as far as scorers are compared by it.
const AT_THRESHOLDS: [Statistic; 3] = [
    Statistic::MatchRate,
    Statistic::Recall,
    Statistic::Precision,
];

/// Two scorers on the same edits.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Replacement {
    /// What a true label means, as a word that goes before "edits".
    pub label: String,
    /// The number of edits.
    pub n: u64,
    /// How many of them are labelled true.
    pub positives: u64,
    /// The number of pages that they belong to; 0 when pages are not known.
    pub pages: u64,
    /// When the first of the edits was saved, where known.
    pub first: Option<Timestamp>,
    /// When the last of the edits was saved, where known.
    pub last: Option<Timestamp>,
    /// The share of labelled-true edits among live ones, to which workload, precision and filter rate are
    /// scaled; absent when edits are taken as they come.
    pub base_rate: Option<BaseRate>,
    /// How often the bootstrap resampled the pages.
    pub resamples: u32,
    /// What a reader has to know before believing the figures.
    pub notes: Vec<String>,
    /// All edits, then each class of users and each kind of edit that occurs.
    pub groups: Vec<ReplacementGroup>,
}

/// Two scorers on a group of edits.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ReplacementGroup {
    /// The group.
    #[serde(flatten)]
    pub slice: Slice,
    /// The number of edits.
    pub n: u64,
    /// How many of them are labelled true.
    pub positives: u64,
    /// How scores are distributed, and how they differ.
    pub scores: Vec<ScoreQuantile>,
    /// What each threshold does.
    pub thresholds: Vec<Sides>,
    /// Which scorer ranks better, by the figures by which scorers are compared.
    pub accuracy: Vec<Paired>,
}

/// What a share of the edits has at most. Each of the three is sorted by itself.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct ScoreQuantile {
    /// The share.
    pub share: f64,
    /// A's probability.
    pub a: f64,
    /// B's probability.
    pub b: f64,
    /// B's less A's of the same edit.
    pub difference: f64,
}

/// Which edits are on which side of a threshold.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Sides {
    /// The threshold's name.
    pub name: String,
    /// Edits with at least this probability are flagged.
    pub threshold: f64,
    /// Flagged by both.
    pub both: Tally,
    /// Flagged by A alone.
    pub only_a: Tally,
    /// Flagged by B alone.
    pub only_b: Tally,
    /// Flagged by neither.
    pub neither: Tally,
    /// Workload (`match_rate`), recall and precision of each.
    pub figures: Vec<Paired>,
}

/// Edits, and how many of them are labelled true.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Tally {
    /// The number of edits.
    pub n: u64,
    /// How many of them are labelled true.
    pub positives: u64,
}

/// One statistic of both; `None` where it does not exist.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Paired {
    /// What is compared.
    pub statistic: String,
    /// A's.
    pub a: Option<Estimate>,
    /// B's.
    pub b: Option<Estimate>,
    /// B's less A's, with the interval of the paired difference.
    pub difference: Option<Estimate>,
}

/// Sets two scorers side by side: A's probabilities are the outcomes' own, B's are one an outcome and
/// in the same order. Thresholds have names.
pub fn replace(
    outcomes: &[Outcome],
    b: &[f64],
    thresholds: &[(String, f64)],
    options: &Options,
) -> Result<Replacement, EvaluationError> {
    let all = ReplacementGroup::new(Slice::All, outcomes, b, thresholds, options)?;
    let [a, _] = &all.1.sweeps;
    let times = || outcomes.iter().filter_map(|outcome| outcome.timestamp);
    let (positives, negatives) = count(outcomes);
    let mut replacement = Replacement {
        label: options.label.clone(),
        n: positives + negatives,
        positives,
        pages: all.1.clusters.n_pages as u64,
        first: times().min(),
        last: times().max(),
        base_rate: options.base_rate,
        resamples: options.resamples,
        notes: notes::notes(&all.1.clusters, &a.observed, options),
        groups: vec![all.0],
    };
    let scale = Scale::new(positives, negatives, options.base_rate);
    for slice in Slice::all().filter(|slice| *slice != Slice::All) {
        let (members, b): (Vec<Outcome>, Vec<f64>) = outcomes
            .iter()
            .zip(b)
            .filter(|(outcome, _)| slice.contains(CellIdx::of(outcome)))
            .unzip();
        if members.is_empty() {
            continue;
        }
        // The base rate is that of all edits; a group has its own.
        let rate = scale.precision(count(&members));
        let options = Options {
            base_rate: options
                .base_rate
                .and(rate)
                .and_then(|rate| BaseRate::new(rate).ok()),
            ..options.clone()
        };
        let group = ReplacementGroup::new(slice, &members, &b, thresholds, &options)?;
        replacement.groups.push(group.0);
    }
    Ok(replacement)
}

impl ReplacementGroup {
    fn new(
        slice: Slice,
        outcomes: &[Outcome],
        b: &[f64],
        thresholds: &[(String, f64)],
        options: &Options,
    ) -> Result<(Self, SideBySide<2>), EvaluationError> {
        let a: Vec<f64> = outcomes.iter().map(|outcome| outcome.probability).collect();
        let at: Vec<f64> = thresholds.iter().map(|(_, at)| *at).collect();
        let scorers = SideBySide::new(outcomes, [&a, b], &at, options)?;
        let [of_a, of_b] = &scorers.sweeps;
        let accuracy = STATISTICS.into_iter().map(|(statistic, of)| Paired {
            statistic: statistic.to_owned(),
            a: of_a.estimate(of),
            b: of_b.estimate(of),
            difference: of_b.difference(of_a, of),
        });
        let sides = thresholds
            .iter()
            .map(|(name, at)| Sides::new(name, *at, outcomes, b, &scorers));
        let (positives, negatives) = count(outcomes);
        let group = Self {
            slice,
            n: positives + negatives,
            positives,
            scores: quantiles(&a, b),
            thresholds: sides.collect(),
            accuracy: accuracy.collect(),
        };
        Ok((group, scorers))
    }
}

impl Sides {
    fn new(
        name: &str,
        threshold: f64,
        outcomes: &[Outcome],
        b: &[f64],
        scorers: &SideBySide<2>,
    ) -> Self {
        let mut sides = Self {
            name: name.to_owned(),
            threshold,
            both: Tally::default(),
            only_a: Tally::default(),
            only_b: Tally::default(),
            neither: Tally::default(),
            figures: Vec::new(),
        };
        for (outcome, b) in outcomes.iter().zip(b) {
            let side = match (outcome.probability >= threshold, *b >= threshold) {
                (true, true) => &mut sides.both,
                (true, false) => &mut sides.only_a,
                (false, true) => &mut sides.only_b,
                (false, false) => &mut sides.neither,
            };
            side.n += 1;
            side.positives += u64::from(outcome.label);
        }
        let [a, b] = &scorers.sweeps;
        let figures = AT_THRESHOLDS.map(|statistic| {
            let of = |nth| scorers.statistic_at(nth, threshold, statistic);
            Paired {
                statistic: statistic.name().to_owned(),
                a: a.estimate(of(0)),
                b: b.estimate(of(1)),
                difference: b.difference_between(of(1), a, of(0)),
            }
        });
        sides.figures = figures.into();
        sides
    }
}

/// What each share of the edits has at most, of at least one edit.
fn quantiles(a: &[f64], b: &[f64]) -> Vec<ScoreQuantile> {
    let sorted = |values: &mut dyn Iterator<Item = f64>| {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let differences = sorted(&mut a.iter().zip(b).map(|(a, b)| b - a));
    let (a, b) = (
        sorted(&mut a.iter().copied()),
        sorted(&mut b.iter().copied()),
    );
    let at = |values: &[f64], share: f64| {
        let last = (share * values.len() as f64).ceil() as usize;
        round(values[last.clamp(1, values.len()) - 1])
    };
    let quantile = |share| ScoreQuantile {
        share,
        a: at(&a, share),
        b: at(&b, share),
        difference: at(&differences, share),
    };
    QUANTILES.map(quantile).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::{UserClass, testing::outcomes};

    fn replaced(base_rate: Option<f64>) -> Replacement {
        let mut outcomes = outcomes(&[
            (0.9, true),
            (0.8, true),
            (0.6, false),
            (0.2, false),
            (0.1, true),
            (0.1, false),
        ]);
        for outcome in &mut outcomes[..3] {
            outcome.user_class = UserClass::Anonymous;
        }
        let b = [0.9, 0.4, 0.3, 0.1, 0.7, 0.55];
        let options = Options {
            resamples: 100,
            base_rate: base_rate.map(|rate| BaseRate::new(rate).unwrap()),
            ..Options::default()
        };
        replace(&outcomes, &b, &[("half".to_owned(), 0.5)], &options).unwrap()
    }

    #[test]
    fn every_edit_is_on_one_side_of_each_threshold() {
        let all = &replaced(None).groups[0];
        let sides = &all.thresholds[0];
        let tally = |n, positives| Tally { n, positives };
        assert_eq!(sides.both, tally(1, 1));
        assert_eq!(sides.only_a, tally(2, 1));
        assert_eq!(sides.only_b, tally(2, 1));
        assert_eq!(sides.neither, tally(1, 0));
        let [workload, recall, precision] = &sides.figures[..] else {
            panic!("three figures")
        };
        for (figure, expected) in [(workload, 0.5), (recall, 0.666_667), (precision, 0.666_667)] {
            let values = [figure.a, figure.b].map(|estimate| estimate.unwrap().value);
            assert_eq!(values, [expected; 2], "{}", figure.statistic);
            let difference = figure.difference.unwrap();
            assert_eq!(difference.value, 0.0);
            assert!(difference.low.unwrap() < 0.0 && difference.high.unwrap() > 0.0);
        }
        assert_eq!(
            (all.scores[0].difference, all.scores[8].difference),
            (-0.4, 0.6)
        );
    }

    #[test]
    fn a_group_has_its_own_share_of_bad_edits_among_live_ones() {
        let replacement = replaced(Some(0.2));
        let slices: Vec<Slice> = replacement.groups.iter().map(|group| group.slice).collect();
        assert_eq!(
            slices[..3],
            [
                Slice::All,
                Slice::User(UserClass::Anonymous),
                Slice::User(UserClass::Unknown)
            ]
        );
        let workload = |group: usize| {
            let figures = &replacement.groups[group].thresholds[0].figures;
            figures[0].b.unwrap().value
        };
        // Bad edits stand for 0.4 each, others for 1.6. B flags two bad ones and one other of all;
        // of the anonymous ones a bad one, of two and one other.
        assert_eq!(workload(0), 0.4);
        assert_eq!(workload(1), 0.166_667);
    }

    #[test]
    fn two_scorers_that_are_one_do_not_differ() {
        let rows: Vec<(f64, bool)> = (0..60)
            .map(|idx| (f64::from(idx) / 60.0, idx % 3 == 0))
            .collect();
        let outcomes = outcomes(&rows);
        let same: Vec<f64> = rows.iter().map(|row| row.0).collect();
        let thresholds = [("half".to_owned(), 0.5)];
        let replacement = replace(&outcomes, &same, &thresholds, &Options::default()).unwrap();
        for group in replacement.groups {
            let sides = &group.thresholds[0];
            assert_eq!((sides.only_a.n, sides.only_b.n), (0, 0));
            for figure in sides.figures.iter().chain(&group.accuracy) {
                assert_eq!(figure.difference.unwrap().value, 0.0);
            }
        }
    }
}
