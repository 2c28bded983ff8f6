//! How a feature's values are spread: tenths of what a model learned from, and how far other edits are
//! from them.
//!
//! A broken lookup once made every edit of a wiki look bad for a day, and nobody noticed. The
//! population stability index notices: it is 0 where values fall into the tenths as they did in
//! training, and grows with every share that moves. Customary marks are 0.1 (look) and 0.25 (another
//! population).

use serde::{Deserialize, Serialize};

/// Tenths, at most.
const N_TENTHS: usize = 10;

/// The place of values that are missing, after the tenths.
pub const MISSING: usize = N_TENTHS;

/// Counts by tenth, the missing ones last.
pub type TenthCounts = [u64; N_TENTHS + 1];

/// A share of nothing would make the index infinite; smaller shares count as this.
const SMALLEST_SHARE: f64 = 1e-4;

/// Where a feature's values are cut into tenths, and how many fell into each.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Spread {
    /// The feature's name.
    pub feature: String,
    /// A value is in the tenth whose number is that of the cuts that it reaches; rising, at most 9. Fewer
    /// where many values are the same.
    pub cuts: Vec<f32>,
    /// Values in each tenth, missing ones last.
    pub counts: TenthCounts,
}

impl Spread {
    /// The spread of a feature's values; NaN is a missing one.
    pub fn of(feature: &str, values: impl IntoIterator<Item = f32>) -> Self {
        let mut values: Vec<f32> = values.into_iter().collect();
        values.sort_by(f32::total_cmp);
        let n_known = values.iter().filter(|value| !value.is_nan()).count();
        let known = || values.iter().copied().filter(|value| !value.is_nan());
        let sorted: Vec<f32> = known().collect();
        let mut cuts: Vec<f32> = (1..N_TENTHS)
            .filter_map(|tenth| sorted.get(tenth * n_known / N_TENTHS).copied())
            .collect();
        cuts.dedup();
        // A cut at the least value would leave the tenth before it empty.
        cuts.retain(|cut| sorted.first().is_some_and(|first| cut > first));
        let mut spread = Self {
            feature: feature.to_owned(),
            cuts,
            counts: TenthCounts::default(),
        };
        for value in &values {
            let place = spread.place(*value);
            spread.counts[place] += 1;
        }
        spread
    }

    /// Where a value falls: its tenth, or [`MISSING`].
    pub fn place(&self, value: f32) -> usize {
        match value.is_nan() {
            true => MISSING,
            false => self
                .cuts
                .partition_point(|cut| *cut <= value)
                .min(N_TENTHS - 1),
        }
    }

    /// The population stability index of other values: the sum over all places of (q - p) ln(q / p), for
    /// shares p here and q there; `None` where there are none. With n and m values, chance alone gives
    /// about (1/n + 1/m) times the number of places less one.
    pub fn stability_index(&self, counts: &TenthCounts) -> Option<f64> {
        let total = |counts: &TenthCounts| counts.iter().sum::<u64>() as f64;
        let (n, m) = (total(&self.counts), total(counts));
        if n == 0.0 || m == 0.0 {
            return None;
        }
        let share = |count: u64, of: f64| (count as f64 / of).max(SMALLEST_SHARE);
        let places = self.counts.iter().zip(counts);
        Some(
            places
                .map(|(here, there)| {
                    let (p, q) = (share(*here, n), share(*there, m));
                    (q - p) * (q / p).ln()
                })
                .sum(),
        )
    }

    /// The share of missing values.
    pub fn missing(&self) -> f64 {
        let n: u64 = self.counts.iter().sum();
        self.counts[MISSING] as f64 / (n as f64).max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[f32], cuts: &[f32], counts: TenthCounts) {
        let spread = Spread::of("a.b", values.iter().copied());
        assert_eq!((spread.cuts.as_slice(), spread.counts), (cuts, counts));
    }

    #[test]
    fn values_are_cut_into_tenths_as_far_as_they_differ() {
        let hundred: Vec<f32> = (0..100).map(|value| value as f32).collect();
        let cuts: Vec<f32> = (1..10).map(|tenth| (tenth * 10) as f32).collect();
        check(&hundred, &cuts, [10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 0]);
        let flags = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0];
        check(&flags, &[1.0], [8, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        check(&[0.0, f32::NAN], &[], [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        check(&[], &[], TenthCounts::default());
        check(&[f32::NAN], &[], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    }

    #[test]
    fn the_index_grows_with_what_moves() {
        let spread = Spread::of("a.b", (0..1_000).map(|value| (value % 100) as f32));
        let same = spread.stability_index(&spread.counts).unwrap();
        assert!(same.abs() < 1e-12);
        let index = |values: &mut dyn Iterator<Item = f32>| {
            let mut counts = TenthCounts::default();
            values.for_each(|value| counts[spread.place(value)] += 1);
            spread.stability_index(&counts)
        };
        let shifted = index(&mut (0..1_000).map(|value| (value % 100 + 5) as f32)).unwrap();
        let missing = index(&mut (0..1_000).map(|_| f32::NAN)).unwrap();
        assert!(shifted > 0.0 && shifted < 0.1, "{shifted}");
        assert!(missing > 5.0, "{missing}");
        assert_eq!(index(&mut std::iter::empty()), None);
    }

    /// Siddiqi, "Credit Risk Scorecards" (2006), has the sum; two places of one half against 0.6 and 0.4
    /// give 0.1 ln 1.2 - 0.1 ln 0.8.
    #[test]
    fn the_index_is_the_customary_sum() {
        let spread = Spread::of("a.b", [0.0, 0.0, 1.0, 1.0]);
        let mut counts = TenthCounts::default();
        (counts[0], counts[1]) = (60, 40);
        let expected = 0.1 * 1.2_f64.ln() - 0.1 * 0.8_f64.ln();
        let got = spread.stability_index(&counts).unwrap();
        assert!((got - expected).abs() < 1e-12, "{got}");
    }
}
