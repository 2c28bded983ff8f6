//! The same thresholds seen from the other label: what is good, where reports look for what is bad.
//!
//! An edit is bad from a threshold on, so it is good below it: with probabilities of the other label
//! the threshold is `1 - t`, what was flagged was not, and each statistic is another one of the
//! same counts (`recall` of the one label is `!recall` of the other). revscoring keeps both tables;
//! here the second is read off the first. An edit exactly at a threshold is on the first label's side.

use std::collections::BTreeMap;

use super::query::Goal;
use super::{Interval, Query, Side, Statistic, ThresholdRow, Thresholds};

impl Thresholds {
    /// The best threshold for a query about the other label.
    pub fn answer_for_other_label(&self, query: &Query) -> Option<ThresholdRow> {
        let row = self.answer(&query.for_other_label())?;
        Some(row.for_other_label())
    }

    /// The area under precision over recall, in steps from threshold to threshold; `None` without
    /// an edit of the label.
    pub fn average_precision(&self, is_of_other_label: bool) -> Option<f64> {
        let (precision, recall) = match is_of_other_label {
            false => (Statistic::Precision, Statistic::Recall),
            true => (Statistic::NotPrecision, Statistic::NotRecall),
        };
        let (mut area, mut last) = (0.0, 0.0);
        let mut step = |row: &(f64, u64, u64)| {
            let counts = self.counts(row);
            let recall = counts.statistic(recall, self.base_rate);
            let precision = counts.statistic(precision, self.base_rate);
            if let Some((recall, precision)) = recall.zip(precision) {
                area += (recall - last) * precision;
                last = recall;
            }
        };
        match is_of_other_label {
            false => self.rows.iter().rev().for_each(&mut step),
            true => {
                self.rows.iter().for_each(&mut step);
                // All edits, when nothing is flagged any more.
                step(&(f64::INFINITY, 0, 0));
            }
        }
        (last > 0.0).then_some(area)
    }
}

impl Query {
    /// The query about one label that asks the same as this one about the other.
    #[must_use]
    pub fn for_other_label(&self) -> Self {
        let (target, is_target_turned) = of_other_label(self.target);
        let (condition, is_condition_turned) = of_other_label(self.condition);
        let goal = match (self.goal, is_target_turned) {
            (Goal::Maximum, false) | (Goal::Minimum, true) => Goal::Maximum,
            (Goal::Minimum, false) | (Goal::Maximum, true) => Goal::Minimum,
        };
        let (side, bound) = match (self.side, is_condition_turned) {
            (side, false) => (side, self.bound),
            (Side::AtLeast, true) => (Side::AtMost, 1.0 - self.bound),
            (Side::AtMost, true) => (Side::AtLeast, 1.0 - self.bound),
        };
        Self {
            goal,
            target,
            condition,
            side,
            bound,
        }
    }
}

impl ThresholdRow {
    /// The row as the other label's table has it.
    #[must_use]
    pub fn for_other_label(&self) -> Self {
        let value = |statistic| match of_other_label(statistic) {
            (other, false) => self.get(other),
            (other, true) => self.get(other).map(|value| 1.0 - value),
        };
        let interval = |statistic| {
            let (other, is_turned) = of_other_label(statistic);
            let &Interval { low, high } = self.intervals.get(&other)?;
            Some(match is_turned {
                false => Interval { low, high },
                true => Interval {
                    low: 1.0 - high,
                    high: 1.0 - low,
                },
            })
        };
        let intervals = Statistic::ALL
            .into_iter()
            .filter_map(|statistic| Some((statistic, interval(statistic)?)));
        Self {
            // Thresholds have five decimals at most; what is further down is the subtraction's.
            threshold: ((1.0 - self.threshold) * 1e9).round() / 1e9,
            n: self.n,
            positives: self.n - self.positives,
            statistics: Statistic::ALL
                .into_iter()
                .map(|statistic| (statistic, value(statistic)))
                .collect::<BTreeMap<_, _>>(),
            intervals: intervals.collect(),
        }
    }
}

/// What a statistic of one label is among those of the other, and whether it is one minus that.
fn of_other_label(statistic: Statistic) -> (Statistic, bool) {
    match statistic {
        Statistic::MatchRate => (Statistic::FilterRate, false),
        Statistic::FilterRate => (Statistic::MatchRate, false),
        Statistic::Precision => (Statistic::NotPrecision, false),
        Statistic::NotPrecision => (Statistic::Precision, false),
        Statistic::Recall => (Statistic::NotRecall, false),
        Statistic::NotRecall => (Statistic::Recall, false),
        Statistic::F1 => (Statistic::NotF1, false),
        Statistic::NotF1 => (Statistic::F1, false),
        Statistic::Accuracy => (Statistic::Accuracy, false),
        // Of what is bad, that which is taken for good.
        Statistic::Fpr => (Statistic::Recall, true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_query(query: &str, other: &str) {
        let query: Query = query.parse().unwrap();
        assert_eq!(query.for_other_label().to_string(), other);
    }

    #[test]
    fn queries_ask_the_same_of_the_other_label() {
        check_query(
            "maximum recall @ precision >= 0.995",
            "maximum !recall @ !precision >= 0.995",
        );
        check_query(
            "maximum filter_rate @ recall >= 0.9",
            "maximum match_rate @ !recall >= 0.9",
        );
        check_query(
            "maximum recall @ fpr <= 0.25",
            "maximum !recall @ recall >= 0.75",
        );
        check_query("minimum fpr @ !f1 >= 0.5", "maximum recall @ f1 >= 0.5");
        check_query(
            "maximum accuracy @ recall >= 0",
            "maximum accuracy @ !recall >= 0",
        );
    }

    #[test]
    fn rows_count_the_same_edits() {
        // Of 4 bad edits 3 are flagged at .6, of 16 good ones 1.
        let thresholds = Thresholds {
            positives: 4,
            negatives: 16,
            base_rate: None,
            rows: vec![(0.25, 4, 8), (0.6, 3, 1)],
            intervals: None,
        };
        let query = "maximum recall @ precision >= 0.9".parse().unwrap();
        let row = thresholds.answer_for_other_label(&query).unwrap();
        assert_eq!((row.threshold, row.n, row.positives), (0.4, 20, 16));
        let value = |statistic| row.get(statistic).unwrap();
        // Those below .6: 15 good ones, and 1 bad one.
        assert_eq!(value(Statistic::Precision), 15.0 / 16.0);
        assert_eq!(value(Statistic::Recall), 15.0 / 16.0);
        assert_eq!(value(Statistic::NotRecall), 3.0 / 4.0);
        assert_eq!(value(Statistic::Fpr), 1.0 / 4.0);
        assert_eq!(value(Statistic::MatchRate), 16.0 / 20.0);
        assert_eq!(row.for_other_label().threshold, 0.6);
    }
}
