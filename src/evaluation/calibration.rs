//! Whether probabilities mean what they say.
//!
//! - Brier score: mean of (probability - label) squared (Brier 1950); lower is better. Beside it
//!   the score of always saying the sample rate r, which is r (1 - r).
//! - Expected calibration error: rows are sorted into ten bins of equal count, and the error is
//!   the mean over the bins, weighted by rows, of |mean probability - share labelled true|
//!   (Naeini, Cooper and Hauskrecht 2015, with bins of equal count). Rows with the same
//!   probability stay in one bin, so bins may be fewer and larger. Its interval is that of the
//!   page bootstrap over the same bins, moved down by what resampling adds to the error on
//!   average: noise in a bin only ever raises it. The error itself is too high for the same
//!   reason, the more so the fewer rows there are; the interval says how far it may be off by
//!   chance, not how much of it is noise.
//!
//! All of this is about the rows as they are, not scaled to a base rate: a probability can only
//! be checked against the mixture of edits that it was given for.

use serde::{Deserialize, Serialize};

use super::bootstrap::{Interval, Resampled, round};
use super::counts::ratio;
use super::ranking::Ranking;
use super::sweep::{Marks, Sweep};
use super::{Estimate, Slice};

/// The number of bins aimed at.
const N_BINS: usize = 10;

/// How far probabilities can be believed, among the rows as sampled.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Calibration {
    /// Brier score.
    pub brier: Option<Estimate>,
    /// Brier score of always saying the sample rate.
    pub brier_of_constant: f64,
    /// Expected calibration error.
    pub expected_error: f64,
    /// Its 95 % interval; absent without resamples, and in reports of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_error_interval: Option<Interval>,
    /// Reliability table, from low to high probabilities.
    pub bins: Vec<CalibrationBin>,
}

/// Rows with similar probabilities.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CalibrationBin {
    /// The number of rows.
    pub n: u64,
    /// How many of them are labelled true.
    pub positives: u64,
    /// The lowest probability.
    pub low: f64,
    /// The highest probability.
    pub high: f64,
    /// The mean probability.
    pub predicted: f64,
    /// The share of rows labelled true.
    pub observed: Estimate,
}

/// How many edits of each label got which probabilities.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Distribution {
    /// Ends of the bins, rising from 0 to 1: equal steps of 0.5 in log-odds between 0.0009 and
    /// 0.9991, because most edits crowd near 0. A bin holds its lower end; the last both.
    pub edges: Vec<f64>,
    /// Rows labelled true in each bin.
    pub positives: Vec<u64>,
    /// Rows labelled false in each bin.
    pub negatives: Vec<u64>,
}

/// The cuts between bins, from the highest probabilities to the lowest, without 0 and with all
/// rows.
pub(crate) fn bin_cuts(ranking: &Ranking) -> Vec<usize> {
    let n_rows = ranking.n_rows();
    let mut cuts: Vec<usize> = (1..=N_BINS)
        .filter_map(|bin| {
            let wanted = bin * n_rows / N_BINS;
            // The end of a step that is nearest, so that one large tie does not swallow a bin.
            let after = ranking.steps.partition_point(|&end| end < wanted);
            let above = ranking.steps.get(after).copied()?;
            let below = after
                .checked_sub(1)
                .map_or(0, |before| ranking.steps[before]);
            Some(if wanted - below < above - wanted {
                below
            } else {
                above
            })
        })
        .filter(|&cut| cut > 0)
        .collect();
    cuts.push(n_rows);
    cuts.dedup();
    cuts
}

impl Calibration {
    /// From sweeps that count at [`bin_cuts`].
    pub(crate) fn new(ranking: &Ranking, sweeps: &Resampled, marks: &Marks) -> Self {
        let cuts = bin_cuts(ranking);
        let starts = std::iter::once(0).chain(cuts.iter().copied());
        let ranges: Vec<(usize, usize)> = starts.zip(cuts.iter().copied()).collect();
        let mut bins: Vec<CalibrationBin> = ranges
            .iter()
            .filter_map(|&(start, end)| CalibrationBin::new(start, end, ranking, sweeps, marks))
            .collect();
        bins.reverse();
        let n_rows = ranking.n_rows() as f64;
        let expected_error: f64 = bins
            .iter()
            .map(|bin| bin.n as f64 / n_rows * (bin.predicted - bin.observed.value).abs())
            .sum();
        let (positives, negatives) = sweeps.observed.count(Slice::All);
        let sample_rate = positives as f64 / (positives + negatives) as f64;
        Self {
            brier: sweeps.estimate(|sweep| sweep.mean_square_error()),
            brier_of_constant: round(sample_rate * (1.0 - sample_rate)),
            expected_error: round(expected_error),
            expected_error_interval: sweeps.interval_about(expected_error, |sweep| {
                expected_error_of(sweep, &ranges, marks)
            }),
            bins,
        }
    }

    /// The expected calibration error with its interval.
    pub(crate) fn error_estimate(&self) -> Estimate {
        Estimate::with_interval(self.expected_error, self.expected_error_interval)
    }
}

/// The expected calibration error of a sweep over these bins: n / N |mean probability - share| is
/// |sum of probabilities - positives| / N.
fn expected_error_of(sweep: &Sweep, bins: &[(usize, usize)], marks: &Marks) -> Option<f64> {
    let (positives, negatives) = sweep.count(Slice::All);
    let sum: f64 = bins
        .iter()
        .map(|&(start, end)| {
            let n_positive =
                sweep.flagged(marks, end, Slice::All).0 - sweep.flagged(marks, start, Slice::All).0;
            let scores = sweep.score_sum(marks, end) - sweep.score_sum(marks, start);
            (scores - n_positive as f64).abs()
        })
        .sum();
    ratio(sum, (positives + negatives) as f64)
}

impl CalibrationBin {
    fn new(
        start: usize,
        end: usize,
        ranking: &Ranking,
        sweeps: &Resampled,
        marks: &Marks,
    ) -> Option<Self> {
        let count = |sweep: &Sweep| {
            let (above, here) = (
                sweep.flagged(marks, start, Slice::All),
                sweep.flagged(marks, end, Slice::All),
            );
            (here.0 - above.0, here.1 - above.1)
        };
        let (positives, negatives) = count(&sweeps.observed);
        let scores = ranking.scores.get(start..end)?;
        let observed = sweeps.estimate(|sweep| {
            let (positives, negatives) = count(sweep);
            ratio(positives as f64, (positives + negatives) as f64)
        })?;
        Some(Self {
            n: positives + negatives,
            positives,
            low: round(*scores.last()?),
            high: round(*scores.first()?),
            predicted: round(scores.iter().sum::<f64>() / scores.len() as f64),
            observed,
        })
    }
}

impl Distribution {
    pub(crate) fn new(ranking: &Ranking) -> Self {
        let inner = (-14..=14).map(|half| round(1.0 / (1.0 + (-f64::from(half) / 2.0).exp())));
        let edges: Vec<f64> = std::iter::once(0.0).chain(inner).chain([1.0]).collect();
        let n_bins = edges.len() - 1;
        let (mut positives, mut negatives) = (vec![0; n_bins], vec![0; n_bins]);
        for (score, cell_idx) in ranking.scores.iter().zip(&ranking.cells) {
            let bin = edges.partition_point(|edge| edge <= score).clamp(1, n_bins) - 1;
            *if cell_idx.label() {
                &mut positives[bin]
            } else {
                &mut negatives[bin]
            } += 1;
        }
        Self {
            edges,
            positives,
            negatives,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::{Options, evaluate, testing::outcomes};

    fn calibration(rows: &[(f64, bool)]) -> Calibration {
        evaluate(
            &outcomes(rows),
            &Options {
                resamples: 0,
                ..Options::default()
            },
        )
        .unwrap()
        .calibration
    }

    #[track_caller]
    fn check(rows: &[(f64, bool)], brier: f64, expected_error: f64, bin_sizes: &[u64]) {
        let calibration = calibration(rows);
        assert_eq!(calibration.brier.unwrap().value, brier);
        assert_eq!(calibration.expected_error, expected_error);
        assert_eq!(
            calibration.bins.iter().map(|bin| bin.n).collect::<Vec<_>>(),
            bin_sizes
        );
    }

    #[test]
    fn errors_of_small_tables() {
        check(&[(1.0, true), (0.0, false)], 0.0, 0.0, &[1, 1]);
        check(&[(0.0, true), (1.0, false)], 1.0, 1.0, &[1, 1]);
        // (0.01 + 0.49 + 0.09 + 0.09) / 4; equal probabilities stay together.
        check(
            &[(0.9, true), (0.7, false), (0.3, false), (0.3, false)],
            0.17,
            0.35,
            &[2, 1, 1],
        );
        // Half of the edits at 0.5 are positive: as it should be.
        check(&[(0.5, true), (0.5, false)], 0.25, 0.0, &[2]);
    }

    /// 40 pages of ten edits; on every second page the probabilities are too high.
    #[test]
    fn the_error_lies_in_its_interval_and_more_pages_make_it_narrower() {
        let interval = |n_pages: u64| {
            let rows: Vec<_> = (0..10 * n_pages as u32)
                .map(|idx| {
                    (
                        f64::from(idx % 10) / 10.0,
                        (idx % 10) * 7 % 10 + idx / 10 % 4 > 7,
                    )
                })
                .collect();
            let mut outcomes = outcomes(&rows);
            for outcome in &mut outcomes {
                outcome.page = crate::revision::PageId(outcome.revision.0.div_ceil(10));
            }
            let report = evaluate(&outcomes, &Options::default()).unwrap();
            let error = report.headline.calibration_error.unwrap();
            let (low, high) = error.low.zip(error.high).unwrap();
            assert!(
                0.0 <= low && low < error.value && error.value < high,
                "{error:?}"
            );
            high - low
        };
        let (few, many) = (interval(20), interval(200));
        assert!(many < few / 2.0, "{many} {few}");
    }

    #[test]
    fn bins_have_equal_counts() {
        let rows: Vec<_> = (0..105)
            .map(|idx| (f64::from(idx) / 105.0, idx % 2 == 0))
            .collect();
        let bins = calibration(&rows).bins;
        assert_eq!(bins.len(), 10);
        assert!(bins.iter().all(|bin| (10..=11).contains(&bin.n)));
        assert!(bins.windows(2).all(|pair| pair[0].high < pair[1].low));
    }

    #[test]
    fn a_large_tie_does_not_swallow_its_neighbours() {
        let rows: Vec<_> = (0..100)
            .map(|idx| (if idx < 95 { 0.1 } else { 0.9 }, idx % 9 == 0))
            .collect();
        assert_eq!(
            calibration(&rows)
                .bins
                .iter()
                .map(|bin| bin.n)
                .collect::<Vec<_>>(),
            [95, 5]
        );
    }

    #[test]
    fn every_probability_has_its_bin() {
        let rows = [
            (0.0, false),
            (0.5, true),
            (1.0, true),
            (0.0008, false),
            (0.9995, true),
        ];
        let distribution = evaluate(&outcomes(&rows), &Options::default())
            .unwrap()
            .distribution;
        assert_eq!(
            (distribution.edges.len(), distribution.positives.len()),
            (31, 30)
        );
        assert_eq!(
            (distribution.negatives[0], distribution.positives[29]),
            (2, 2)
        );
        assert_eq!(distribution.positives[15], 1);
    }
}
