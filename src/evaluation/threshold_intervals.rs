//! Intervals for any threshold, read off a grid of them.
//!
//! Resampling pages gives an interval for each of ten statistics at each of up to 2,800
//! thresholds: too many numbers for a report. They change slowly from one threshold to the next,
//! so they are kept for some seventy cuts: a quarter more rows flagged at each, and every
//! twentieth of the rows. At a cut of the grid the interval is exactly the bootstrap's
//! (`bootstrap`); between two cuts, what lies between the value and either end is interpolated by
//! a straight line in the number of flagged rows, and laid about the value at hand, which is
//! always exact.
//!
//! Why not a formula: Wilson's interval with a design effect needs one effect for each statistic
//! and threshold too, because the vandals of a page share its top scores and not its low ones,
//! and it has nothing to say about F1 or about rates scaled to a base rate.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::bootstrap::{Resampled, round};
use super::ranking::Ranking;
use super::{Interval, Statistic};

/// How much more is flagged at each cut of the grid, while that is less than a step of
/// [`N_EVEN_CUTS`].
const GROWTH: f64 = 1.25;

/// So many cuts of the grid divide the rows evenly.
const N_EVEN_CUTS: usize = 20;

/// How far the ends of the intervals lie from the values.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ThresholdIntervals {
    /// How many rows are flagged at each cut of the grid; they rise.
    pub flagged: Vec<u64>,
    /// For each cut, how far the lower end lies below the value, and the upper end above it;
    /// `None` where there is no interval.
    pub distances: BTreeMap<Statistic, Vec<Option<(f64, f64)>>>,
}

/// The grid: numbers of flagged rows at which a threshold can lie.
pub(crate) fn grid_cuts(ranking: &Ranking) -> Vec<usize> {
    let n_rows = ranking.n_rows();
    let growing = std::iter::successors(Some(1), |&n: &usize| {
        Some(((n as f64 * GROWTH) as usize).max(n + 1))
    });
    let even = (1..=N_EVEN_CUTS).map(|idx| idx * n_rows / N_EVEN_CUTS);
    let mut cuts: Vec<usize> = growing
        .take_while(|&n| n < n_rows)
        .chain(even)
        .filter(|&n| n > 0)
        .filter_map(|n| ranking.end_of_step(n - 1))
        .collect();
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

impl ThresholdIntervals {
    /// From sweeps that count totals at [`grid_cuts`]; `None` when nothing was resampled.
    pub(crate) fn new(cuts: &[usize], sweeps: &Resampled) -> Option<Self> {
        let distances = |statistic| {
            let distance = |mark_idx| {
                let estimate =
                    sweeps.estimate(|sweep| sweep.statistic_of_total(mark_idx, statistic))?;
                let (low, high) = estimate.low.zip(estimate.high)?;
                Some((round(estimate.value - low), round(high - estimate.value)))
            };
            (statistic, (0..cuts.len()).map(distance).collect())
        };
        sweeps.has_resamples().then(|| Self {
            flagged: cuts.iter().map(|&cut| cut as u64).collect(),
            distances: Statistic::ALL.into_iter().map(distances).collect(),
        })
    }

    /// The interval of a statistic that has this value where so many rows are flagged.
    ///
    /// A value of 0 or 1 has none: there the bootstrap sees no spread. Where only one of the
    /// neighbours on the grid has an interval, its distances are taken as they are.
    pub(crate) fn get(&self, statistic: Statistic, flagged: u64, value: f64) -> Option<Interval> {
        if flagged == 0 || value <= 0.0 || value >= 1.0 {
            return None;
        }
        let distances = self.distances.get(&statistic)?;
        let at = |idx: usize| distances.get(idx).copied().flatten();
        let next = self.flagged.partition_point(|&cut| cut < flagged);
        let after = self.flagged.get(next).copied();
        let (below, above) = if after == Some(flagged) {
            at(next)?
        } else {
            let before = next.checked_sub(1);
            match (before.and_then(at), at(next)) {
                (Some(left), Some(right)) => {
                    let start = self.flagged[next - 1];
                    let part = (flagged - start) as f64 / (after? - start) as f64;
                    let between = |left: f64, right: f64| left + part * (right - left);
                    (between(left.0, right.0), between(left.1, right.1))
                }
                (left, right) => left.or(right)?,
            }
        };
        Some(Interval {
            low: round((value - below).max(0.0)),
            high: round((value + above).min(1.0)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::{Options, Report, evaluate, testing::outcomes};
    use crate::revision::PageId;

    /// 4,000 edits of 500 pages, of which a tenth is true, mostly at the top; pages differ.
    fn report(resamples: u32) -> Report {
        let rows: Vec<_> = (0..4_000_u32)
            .map(|idx| {
                let random = |salt: u32| {
                    let mixed = (idx ^ salt).wrapping_mul(2_654_435_761);
                    f64::from(mixed ^ (mixed >> 15)) / f64::from(u32::MAX)
                };
                let label = idx % 10 == 0 && idx / 8 % 3 > 0;
                let score: f64 = random(7);
                (score.powi(if label { 1 } else { 4 }), label)
            })
            .collect();
        let mut outcomes = outcomes(&rows);
        for outcome in &mut outcomes {
            outcome.page = PageId(outcome.revision.0.div_ceil(8));
        }
        let options = Options {
            resamples,
            ..Options::default()
        };
        evaluate(&outcomes, &options).unwrap()
    }

    /// Named levels have intervals that were resampled for their very threshold.
    #[test]
    fn interpolated_intervals_are_those_that_resampling_gives() {
        let report = report(300);
        let mut n_compared = 0;
        let points = report
            .levels
            .iter()
            .filter_map(|level| level.point.as_ref());
        for point in points.chain([&report.at_half]) {
            let row = report.thresholds.at(point.threshold);
            for statistic in Statistic::ALL {
                let Some(exact) = point.get(statistic) else {
                    continue;
                };
                assert!((row.get(statistic).unwrap() - exact.value).abs() < 1e-6);
                let (Some(got), Some((low, high))) =
                    (row.interval(statistic), exact.low.zip(exact.high))
                else {
                    continue;
                };
                let tolerance = 0.1 * (high - low) + 0.002;
                assert!(
                    (got.low - low).abs() < tolerance && (got.high - high).abs() < tolerance,
                    "{} at {}: {got:?}, resampled {low} to {high}",
                    statistic.name(),
                    point.threshold
                );
                n_compared += 1;
            }
        }
        assert!(n_compared >= 20, "{n_compared}");
    }

    #[test]
    fn every_rate_between_0_and_1_has_an_interval_that_holds_it() {
        let report = report(200);
        for &(threshold, ..) in &report.thresholds.rows {
            let row = report.thresholds.at(threshold);
            for statistic in [Statistic::Recall, Statistic::FilterRate, Statistic::Fpr] {
                let value = row.get(statistic).unwrap();
                let Some(interval) = row.interval(statistic) else {
                    assert!(
                        value == 0.0 || value == 1.0 || threshold > 0.9,
                        "{} at {threshold}",
                        statistic.name()
                    );
                    continue;
                };
                assert!(
                    interval.low <= value && value <= interval.high,
                    "{} at {threshold}: {value} in {interval:?}",
                    statistic.name()
                );
            }
        }
    }

    #[test]
    fn complements_have_complementary_intervals() {
        let row = report(100).thresholds.at(0.3);
        let (match_rate, filter_rate) = (
            row.interval(Statistic::MatchRate).unwrap(),
            row.interval(Statistic::FilterRate).unwrap(),
        );
        assert!((match_rate.low + filter_rate.high - 1.0).abs() < 1e-5);
        assert!((match_rate.high + filter_rate.low - 1.0).abs() < 1e-5);
    }

    #[test]
    fn without_resamples_there_are_no_intervals_and_nothing_is_stored() {
        let report = report(0);
        assert_eq!(report.thresholds.intervals, None);
        assert!(report.thresholds.at(0.3).intervals.is_empty());
        let json = serde_json::to_value(&report).unwrap();
        assert!(json["thresholds"].get("intervals").is_none());
        assert!(json["calibration"].get("expected_error_interval").is_none());
    }
}
