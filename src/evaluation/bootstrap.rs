//! Page-clustered percentile bootstrap.
//!
//! Edits of one page are alike (one article attracts one sort of vandal), so the unit that is
//! drawn with replacement is the page, not the edit: a resample takes as many pages as there are,
//! and each edit counts as often as its page was drawn. The 95 % interval of a statistic runs
//! from the 2.5th to the 97.5th percentile of its values over the resamples (Efron and
//! Tibshirani 1993, chapter 13; clusters: Field and Welsh 2007). Two scorers are compared on the
//! same resamples, and the interval is that of the difference, which is much narrower than two
//! intervals suggest.
//!
//! No normal approximation, no bias correction: with few pages or few positive rows intervals are
//! too narrow, and the report says so in its notes.

use serde::{Deserialize, Serialize};

use super::figure::share;
use super::ranking::{Clusters, Ranking};
use super::sweep::{Marks, Sweep};
use super::{BaseRate, Options};

/// A statistic with its 95 % interval.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Estimate {
    /// The value on the rows as they are, to six decimals.
    pub value: f64,
    /// Lower end of the 95 % interval. Absent when there is none: without resamples, when the
    /// statistic exists in fewer than half of them, and when all of them agree, as they do on 0
    /// of n and n of n, where the bootstrap is blind (the rule of three then puts the other end
    /// about 3 / n away).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// Upper end of the 95 % interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
}

/// A 95 % interval on its own, beside a value that stands elsewhere.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Sweeps over the rows as they are and over every resample.
pub(crate) struct Resampled {
    pub(crate) observed: Sweep,
    resamples: Vec<Sweep>,
}

impl Resampled {
    /// Sweeps over several rankings of the same rows, all on the same resamples. Each has marks of its
    /// own, which are ends of its steps.
    pub(crate) fn sweep_all<const N: usize>(
        rankings: [(&Ranking, &Marks); N],
        clusters: &Clusters,
        options: &Options,
    ) -> [Self; N] {
        let base_rate: Option<BaseRate> = options.base_rate;
        let mut times = vec![1; clusters.counts.len()];
        let mut sweeps = rankings.map(|(ranking, marks)| Self {
            observed: Sweep::new(ranking, clusters, &times, marks, base_rate),
            resamples: Vec::with_capacity(options.resamples as usize),
        });
        let mut random = SplitMix64(options.seed);
        for _ in 0..options.resamples {
            draw(&mut random, &mut times);
            for (sweep, (ranking, marks)) in sweeps.iter_mut().zip(rankings) {
                sweep
                    .resamples
                    .push(Sweep::new(ranking, clusters, &times, marks, base_rate));
            }
        }
        sweeps
    }

    /// Whether there is anything to make intervals of.
    pub(crate) fn has_resamples(&self) -> bool {
        !self.resamples.is_empty()
    }

    /// A statistic and its interval; `None` when it does not exist on the rows as they are.
    pub(crate) fn estimate(&self, statistic: impl Fn(&Sweep) -> Option<f64>) -> Option<Estimate> {
        let resampled = self.resamples.iter().filter_map(&statistic).collect();
        let estimate = Estimate::new(statistic(&self.observed)?, resampled, self.resamples.len())?;
        Some(if estimate.low == estimate.high {
            Estimate::without_interval(estimate.value)
        } else {
            estimate
        })
    }

    /// The interval of an error that noise can only raise: resamples are noisier than the rows,
    /// so their values lie too high by what that noise adds. Their spread is taken about the
    /// value on the rows as they are, not about their own mean; the lower end is at least 0.
    pub(crate) fn interval_about(
        &self,
        value: f64,
        error: impl Fn(&Sweep) -> Option<f64>,
    ) -> Option<Interval> {
        let resampled: Vec<f64> = self.resamples.iter().filter_map(&error).collect();
        let excess = resampled.iter().sum::<f64>() / resampled.len() as f64 - value;
        let estimate = Estimate::new(value, resampled, self.resamples.len())?;
        let (low, high) = estimate.low.zip(estimate.high)?;
        (low < high).then(|| Interval {
            low: round((low - excess).max(0.0)),
            high: round(high - excess),
        })
    }

    /// The difference `self - other` of a statistic, paired by resample.
    pub(crate) fn difference(
        &self,
        other: &Self,
        statistic: impl Fn(&Sweep) -> Option<f64>,
    ) -> Option<Estimate> {
        self.difference_between(&statistic, other, &statistic)
    }

    /// The difference between a statistic of `self` and one of `other`, which may look at another
    /// threshold, paired by resample.
    pub(crate) fn difference_between(
        &self,
        own: impl Fn(&Sweep) -> Option<f64>,
        other: &Self,
        others: impl Fn(&Sweep) -> Option<f64>,
    ) -> Option<Estimate> {
        let subtract = |(a, b): (&Sweep, &Sweep)| Some(own(a)? - others(b)?);
        let resampled = self
            .resamples
            .iter()
            .zip(&other.resamples)
            .filter_map(subtract)
            .collect();
        Estimate::new(
            subtract((&self.observed, &other.observed))?,
            resampled,
            self.resamples.len(),
        )
    }
}

impl Estimate {
    /// A share in percent with its interval, as in reports; `-` where there is none.
    pub fn as_share(estimate: Option<Self>) -> String {
        share(estimate)
    }

    /// From the value and those of the resamples in which it exists. There is no interval when
    /// it exists in fewer than half of them.
    fn new(value: f64, mut resampled: Vec<f64>, n_resamples: usize) -> Option<Self> {
        resampled.retain(|value| value.is_finite());
        let has_interval = !resampled.is_empty() && 2 * resampled.len() >= n_resamples;
        resampled.sort_unstable_by(f64::total_cmp);
        let end = |share| has_interval.then(|| round(percentile(&resampled, share)));
        value.is_finite().then(|| Self {
            value: round(value),
            low: end(0.025),
            high: end(0.975),
        })
    }

    /// A value with an interval that was found elsewhere, if there is one.
    pub(crate) fn with_interval(value: f64, interval: Option<Interval>) -> Self {
        Self {
            value: round(value),
            low: interval.map(|interval| interval.low),
            high: interval.map(|interval| interval.high),
        }
    }

    /// A value that has no interval.
    pub(crate) fn without_interval(value: f64) -> Self {
        Self {
            value: round(value),
            low: None,
            high: None,
        }
    }
}

/// Six decimals: less than any interval can tell apart, and short in a file.
pub(crate) fn round(value: f64) -> f64 {
    // Adding zero turns a negative zero into a plain one.
    (value * 1e6).round() / 1e6 + 0.0
}

/// Percentile of sorted values by straight line between neighbours (R's type 7, numpy's default).
fn percentile(sorted: &[f64], share: f64) -> f64 {
    let position = share * (sorted.len() - 1) as f64;
    let below = sorted[position.floor() as usize];
    let above = sorted[position.ceil() as usize];
    below + (above - below) * position.fract()
}

/// Draws as many clusters as there are, with replacement.
fn draw(random: &mut SplitMix64, times: &mut [u32]) {
    times.fill(0);
    for _ in 0..times.len() {
        let cluster = random.below(times.len() as u64);
        times[cluster as usize] += 1;
    }
}

/// Steele, Lea and Flood 2014: small, fast, and the same on every machine and in every release,
/// which a dependency does not promise.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`. The bias of multiply-and-shift is below n / 2^64.
    fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(n)) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_lie_between_neighbours() {
        let sorted = [0.0, 10.0, 20.0, 30.0, 40.0];
        for (share, expected) in [
            (0.0, 0.0),
            (0.025, 1.0),
            (0.5, 20.0),
            (0.975, 39.0),
            (1.0, 40.0),
        ] {
            assert!(
                (percentile(&sorted, share) - expected).abs() < 1e-9,
                "{share}"
            );
        }
        assert_eq!(percentile(&[7.0], 0.975), 7.0);
    }

    #[test]
    fn a_resample_draws_as_many_clusters_as_there_are() {
        let mut random = SplitMix64(1);
        let mut times = vec![0; 1000];
        draw(&mut random, &mut times);
        assert_eq!(times.iter().sum::<u32>(), 1000);
        // A cluster is missing from a resample with probability 1/e.
        let n_missing = times.iter().filter(|times| **times == 0).count();
        assert!((330..410).contains(&n_missing), "{n_missing}");
    }

    /// First output for seed 0 in the public-domain reference implementation (Vigna,
    /// splitmix64.c).
    #[test]
    fn the_generator_is_splitmix64() {
        assert_eq!(SplitMix64(0).next(), 0xe220_a839_7b1d_cdaf);
    }

    #[test]
    fn a_statistic_that_mostly_does_not_exist_has_no_interval() {
        let estimate = Estimate::new(0.5, vec![0.5; 4], 10).unwrap();
        assert_eq!((estimate.low, estimate.high), (None, None));
        assert_eq!(Estimate::new(0.5, vec![0.4; 5], 10).unwrap().low, Some(0.4));
        assert_eq!(Estimate::new(f64::NAN, vec![], 0), None);
    }

    /// Ten edits on each of 40 pages; on a page, all edits have the same label. Resampling pages
    /// has to show that there are 40 independent labels here, not 400.
    #[test]
    fn edits_of_a_page_are_drawn_together() {
        use crate::evaluation::{evaluate, testing::outcomes};
        use crate::revision::PageId;

        let rows: Vec<_> = (0..400)
            .map(|idx| (f64::from(idx % 10) / 10.0, idx / 10 % 2 == 0))
            .collect();
        let mut outcomes = outcomes(&rows);
        let width = |outcomes: &[crate::evaluation::Outcome]| {
            let report = evaluate(outcomes, &Options::default()).unwrap();
            let precision = report
                .at_half
                .get(crate::evaluation::Statistic::Precision)
                .unwrap();
            assert_eq!(precision.value, 0.5);
            precision.high.unwrap() - precision.low.unwrap()
        };
        // 1.96 standard errors either way: of 200 labels about 0.14 wide, of 40 about 0.31.
        let by_edit = width(&outcomes);
        for outcome in &mut outcomes {
            outcome.page = PageId(outcome.revision.0.div_ceil(10));
        }
        let by_page = width(&outcomes);
        assert!((0.12..0.16).contains(&by_edit), "{by_edit}");
        assert!((0.27..0.35).contains(&by_page), "{by_page}");
    }
}
