//! The table of thresholds, and its answers to queries.
//!
//! A row says what is flagged when every edit with at least that probability is. revscoring has
//! one row for each distinct probability rounded to three decimals (`thresholds`, revscoring
//! 2.11.13). This table differs in two ways that make it exact for whoever applies a threshold.
//! Thresholds are rounded down, so that `probability >= threshold` holds for exactly the edits
//! that the row counts (rounded to the nearest, a probability of 0.1496 would be counted at a
//! threshold of 0.150 that it does not reach). And below 0.1 they keep three significant digits,
//! down to 0.00001, because calibrated probabilities of rare edits crowd there.
//!
//! Only counts are stored, at most 2,800 rows; the statistics of a row are computed when asked,
//! and their intervals read off a grid ([`ThresholdIntervals`]). An interval is that of the
//! threshold as it stands: it says how far recall or precision may be off on other edits at this
//! very threshold, not how far another sample's best threshold would lie from this one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::query::Goal;
use super::ranking::Ranking;
use super::{BaseRate, Counts, Interval, Query, Statistic, ThresholdIntervals};

/// What each threshold flags.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Thresholds {
    /// Rows labelled true.
    pub positives: u64,
    /// Rows labelled false.
    pub negatives: u64,
    /// The base rate that statistics are scaled to; absent when rows are taken as they come.
    pub base_rate: Option<BaseRate>,
    /// Threshold, and flagged rows labelled true and false; thresholds rise.
    pub rows: Vec<(f64, u64, u64)>,
    /// Where the intervals of a row's statistics come from; absent without resamples, and in
    /// reports of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intervals: Option<ThresholdIntervals>,
}

/// One threshold with all its statistics.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ThresholdRow {
    /// Edits with at least this probability are flagged.
    pub threshold: f64,
    /// The number of rows that the statistics rest on.
    pub n: u64,
    /// How many of them are labelled true.
    pub positives: u64,
    /// Every statistic, `None` where it does not exist.
    #[serde(flatten)]
    pub statistics: BTreeMap<Statistic, Option<f64>>,
    /// Their 95 % intervals; a statistic has none where resampling shows no spread (as for 0 of n
    /// and n of n), and none has one in reports without resamples.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub intervals: BTreeMap<Statistic, Interval>,
}

impl Thresholds {
    pub(crate) fn new(ranking: &Ranking, base_rate: Option<BaseRate>) -> Self {
        let mut rows: Vec<(f64, u64, u64)> = Vec::new();
        let (mut positives, mut negatives) = (0, 0);
        let mut start = 0;
        for &end in &ranking.steps {
            for cell_idx in &ranking.cells[start..end] {
                *if cell_idx.label() {
                    &mut positives
                } else {
                    &mut negatives
                } += 1;
            }
            let row = (round_down(ranking.scores[start]), positives, negatives);
            match rows.last_mut() {
                Some(last) if last.0 == row.0 => *last = row,
                _ => rows.push(row),
            }
            start = end;
        }
        rows.reverse();
        Self {
            positives,
            negatives,
            base_rate,
            rows,
            intervals: None,
        }
    }

    /// The best threshold for a query, or `None` when no threshold keeps its condition. Of
    /// thresholds that are equally good, the higher one for a maximum and the lower one for a
    /// minimum, as in revscoring.
    pub fn answer(&self, query: &Query) -> Option<ThresholdRow> {
        let best = self
            .rows
            .iter()
            .filter_map(|row| {
                let counts = self.counts(row);
                let condition = counts.statistic(query.condition, self.base_rate)?;
                let target = counts.statistic(query.target, self.base_rate)?;
                query.admits(condition).then_some((target, row.0, row))
            })
            .reduce(|a, b| {
                let is_b_above = b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1)).is_gt();
                if is_b_above == (query.goal == Goal::Maximum) {
                    b
                } else {
                    a
                }
            })?;
        Some(self.row(best.2))
    }

    /// What a threshold of any value would have flagged.
    pub fn at(&self, threshold: f64) -> ThresholdRow {
        let row_idx = self.rows.partition_point(|row| row.0 < threshold);
        let counts = self.rows.get(row_idx).map_or((0, 0), |row| (row.1, row.2));
        self.row(&(threshold, counts.0, counts.1))
    }

    fn row(&self, row: &(f64, u64, u64)) -> ThresholdRow {
        let counts = self.counts(row);
        let statistics = Statistic::ALL.map(|statistic| {
            let value = counts.statistic(statistic, self.base_rate);
            (statistic, value)
        });
        let interval = |(statistic, value): (Statistic, Option<f64>)| {
            let intervals = self.intervals.as_ref()?;
            Some((statistic, intervals.get(statistic, row.1 + row.2, value?)?))
        };
        ThresholdRow {
            threshold: row.0,
            n: self.positives + self.negatives,
            positives: self.positives,
            statistics: statistics.into_iter().collect(),
            intervals: statistics.into_iter().filter_map(interval).collect(),
        }
    }

    pub(super) fn counts(&self, row: &(f64, u64, u64)) -> Counts {
        Counts::new((row.1, row.2), (self.positives, self.negatives))
    }
}

impl ThresholdRow {
    /// One statistic; `None` where it does not exist.
    pub fn get(&self, statistic: Statistic) -> Option<f64> {
        self.statistics.get(&statistic).copied().flatten()
    }

    /// The 95 % interval of a statistic; `None` where it has none.
    pub fn interval(&self, statistic: Statistic) -> Option<Interval> {
        self.intervals.get(&statistic).copied()
    }
}

/// The largest threshold of the table's grid that is at most this probability.
fn round_down(probability: f64) -> f64 {
    let per_unit = match probability {
        p if p >= 0.1 => 1e3,
        p if p >= 0.01 => 1e4,
        _ => 1e5,
    };
    // The product may be off by one step where the probability lies on the grid itself.
    let steps = (probability * per_unit).floor();
    [steps + 1.0, steps]
        .into_iter()
        .map(|steps| steps / per_unit)
        .find(|threshold| *threshold <= probability)
        .unwrap_or_else(|| (steps - 1.0).max(0.0) / per_unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::ranking::Clusters;
    use crate::evaluation::testing::outcomes;

    #[track_caller]
    fn check_grid(probability: f64, expected: f64) {
        assert_eq!(round_down(probability), expected, "{probability}");
    }

    #[test]
    fn thresholds_are_rounded_down() {
        check_grid(1.0, 1.0);
        check_grid(0.149_6, 0.149);
        check_grid(0.29, 0.29);
        check_grid(0.1, 0.1);
        check_grid(0.099_99, 0.0999);
        check_grid(0.003_456, 0.003_45);
        check_grid(0.000_012_3, 0.000_01);
        check_grid(0.000_001, 0.0);
        check_grid(0.0, 0.0);
        for steps in 0..=1000 {
            let on_grid = f64::from(steps) / 1e3;
            check_grid(on_grid, on_grid);
        }
    }

    fn table(rows: &[(f64, bool)], base_rate: Option<f64>) -> Thresholds {
        let outcomes = outcomes(rows);
        let clusters = Clusters::new(&outcomes).unwrap();
        let ranking = Ranking::of_probabilities(&outcomes, &clusters).unwrap();
        Thresholds::new(&ranking, base_rate.map(|rate| BaseRate::new(rate).unwrap()))
    }

    #[test]
    fn a_row_counts_exactly_the_edits_that_reach_its_threshold() {
        let rows = [
            (0.9, true),
            (0.5004, false),
            (0.5001, true),
            (0.2, false),
            (0.0004, false),
        ];
        assert_eq!(
            table(&rows, None).rows,
            [(0.0004, 2, 3), (0.2, 2, 2), (0.5, 2, 1), (0.9, 1, 0)],
        );
    }

    const ROWS: [(f64, bool); 8] = [
        (0.9, true),
        (0.8, true),
        (0.7, false),
        (0.6, true),
        (0.5, false),
        (0.4, false),
        (0.3, true),
        (0.2, false),
    ];

    #[track_caller]
    fn check(query: &str, expected: Option<(f64, f64)>) {
        let query: Query = query.parse().unwrap();
        let answer = table(&ROWS, None).answer(&query);
        assert_eq!(
            answer.map(|row| (row.threshold, row.get(query.target).unwrap())),
            expected,
            "{query}"
        );
    }

    #[test]
    fn queries_find_the_best_threshold() {
        check("maximum filter_rate @ recall >= 0.75", Some((0.6, 0.5)));
        check("maximum filter_rate @ recall >= 0.76", Some((0.3, 0.125)));
        check("maximum recall @ precision >= 0.9", Some((0.8, 0.5)));
        check("maximum recall @ fpr <= 0", Some((0.8, 0.5)));
        check("minimum match_rate @ recall >= 1", Some((0.3, 0.875)));
        check("maximum recall @ precision >= 1.1", None);
        check("minimum recall @ match_rate <= 0.1", None);
    }

    #[test]
    fn ties_go_to_the_higher_threshold_for_a_maximum_and_to_the_lower_for_a_minimum() {
        check("maximum precision @ recall >= 0.1", Some((0.9, 1.0)));
        check("maximum recall @ recall <= 0.5", Some((0.8, 0.5)));
        check("maximum recall @ precision >= 0.5", Some((0.3, 1.0)));
        check("minimum fpr @ recall >= 0.1", Some((0.8, 0.0)));
        check("minimum !recall @ recall >= 0.1", Some((0.2, 0.0)));
    }

    #[test]
    fn a_base_rate_moves_precision_and_not_recall() {
        let row = table(&ROWS, Some(0.1)).at(0.55);
        assert_eq!(row.get(Statistic::Recall), Some(0.75));
        // Of 80 live edits 8 are positive (6 caught) and 72 negative (18 flagged).
        let precision = row.get(Statistic::Precision).unwrap();
        assert!((precision - 6.0 / 24.0).abs() < 1e-12, "{precision}");
    }

    #[test]
    fn rows_become_flat_json() {
        let json = serde_json::to_value(table(&ROWS, None).at(0.9)).unwrap();
        assert_eq!(
            (&json["threshold"], &json["!recall"], &json["n"]),
            (&0.9.into(), &1.0.into(), &8.into())
        );
    }
}
