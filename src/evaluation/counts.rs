//! Confusion counts and the rates that come from them.
//!
//! Definitions are revscoring's (`scaled_prediction_statistics.py`, revscoring 2.11.13), so that
//! figures can be set beside those published for its models. With the scaled counts `tp`, `fp`,
//! `tn`, `fn`, and `n` their sum:
//!
//! | statistic | formula |
//! |-|-|
//! | `match_rate` (workload) | (tp + fp) / n |
//! | `filter_rate` | 1 - match_rate |
//! | `recall` | tp / (tp + fn) |
//! | `!recall` | tn / (tn + fp) |
//! | `precision` | tp / (tp + fp) |
//! | `!precision` | tn / (tn + fn) |
//! | `accuracy` | (tp + tn) / n |
//! | `fpr` | fp / (fp + tn) |
//! | `f1` | 2 precision recall / (precision + recall) |
//! | `!f1` | the same of `!precision` and `!recall` |
//!
//! A rate whose denominator is 0 does not exist (`None`).
//!
//! **Population scaling** (`scaled_classification_matrix.py`): rows are often a sample in which
//! labelled-true edits are more or less frequent (observed rate o) than among live edits (base
//! rate p). tp and fn are then divided by o/p, tn and fp by (1-o)/(1-p). Recall and the false
//! positive rate do not change; everything else does.

use serde::{Deserialize, Serialize};

use super::BaseRate;

/// How many edits were flagged and how many were not, by label.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Labelled true and flagged.
    pub true_positives: u64,
    /// Labelled false and flagged.
    pub false_positives: u64,
    /// Labelled false and not flagged.
    pub true_negatives: u64,
    /// Labelled true and not flagged.
    pub false_negatives: u64,
}

/// A rate made from [`Counts`], under revscoring's name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Statistic {
    /// Share of all edits that are flagged: the workload.
    MatchRate,
    /// Share of all edits that nobody needs to look at.
    FilterRate,
    /// Share of the flagged edits that are labelled true.
    Precision,
    /// Share of the edits not flagged that are labelled false.
    #[serde(rename = "!precision")]
    NotPrecision,
    /// Share of the labelled-true edits that are flagged.
    Recall,
    /// Share of the labelled-false edits that are not flagged.
    #[serde(rename = "!recall")]
    NotRecall,
    /// Share of the edits on the right side.
    Accuracy,
    /// False positive rate: share of the labelled-false edits that are flagged.
    Fpr,
    /// Harmonic mean of precision and recall.
    F1,
    /// Harmonic mean of `!precision` and `!recall`.
    #[serde(rename = "!f1")]
    NotF1,
}

impl Statistic {
    /// All of them, in revscoring's order.
    pub const ALL: [Self; 10] = [
        Self::MatchRate,
        Self::FilterRate,
        Self::Precision,
        Self::NotPrecision,
        Self::Recall,
        Self::NotRecall,
        Self::Accuracy,
        Self::Fpr,
        Self::F1,
        Self::NotF1,
    ];

    /// revscoring's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::MatchRate => "match_rate",
            Self::FilterRate => "filter_rate",
            Self::Precision => "precision",
            Self::NotPrecision => "!precision",
            Self::Recall => "recall",
            Self::NotRecall => "!recall",
            Self::Accuracy => "accuracy",
            Self::Fpr => "fpr",
            Self::F1 => "f1",
            Self::NotF1 => "!f1",
        }
    }
}

/// What one row of each label counts for among live edits.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Scale {
    pub(crate) positive: f64,
    pub(crate) negative: f64,
}

impl Scale {
    /// The scale that turns a sample with so many rows of each label into a population with that
    /// base rate. Rows stand for themselves when no base rate is given, and when there are rows
    /// of one label only, which nothing can scale.
    pub(crate) fn new(positives: u64, negatives: u64, base_rate: Option<BaseRate>) -> Self {
        match base_rate {
            Some(base_rate) if positives > 0 && negatives > 0 => {
                let observed = positives as f64 / (positives + negatives) as f64;
                Self {
                    positive: base_rate.get() / observed,
                    negative: (1.0 - base_rate.get()) / (1.0 - observed),
                }
            }
            _ => Self {
                positive: 1.0,
                negative: 1.0,
            },
        }
    }

    /// The share of labelled-true edits among (positives, negatives).
    pub(crate) fn precision(self, (positives, negatives): (u64, u64)) -> Option<f64> {
        ratio(
            self.positive * positives as f64,
            self.sum((positives, negatives)),
        )
    }

    /// What so many rows of each label stand for.
    pub(crate) fn sum(self, (positives, negatives): (u64, u64)) -> f64 {
        self.positive * positives as f64 + self.negative * negatives as f64
    }
}

impl Counts {
    /// From flagged (positives, negatives) and all of them.
    pub(crate) fn new(flagged: (u64, u64), all: (u64, u64)) -> Self {
        Self {
            true_positives: flagged.0,
            false_positives: flagged.1,
            true_negatives: all.1.saturating_sub(flagged.1),
            false_negatives: all.0.saturating_sub(flagged.0),
        }
    }

    /// A rate among live edits of that base rate, or among the counted edits when none is given;
    /// `None` when it does not exist.
    pub fn statistic(&self, statistic: Statistic, base_rate: Option<BaseRate>) -> Option<f64> {
        let positives = self.true_positives + self.false_negatives;
        let negatives = self.true_negatives + self.false_positives;
        self.scaled_statistic(statistic, Scale::new(positives, negatives, base_rate))
    }

    pub(crate) fn scaled_statistic(&self, statistic: Statistic, scale: Scale) -> Option<f64> {
        let tp = scale.positive * self.true_positives as f64;
        let fp = scale.negative * self.false_positives as f64;
        let tn = scale.negative * self.true_negatives as f64;
        let fn_ = scale.positive * self.false_negatives as f64;
        let n = tp + fp + tn + fn_;
        let get = |statistic| self.scaled_statistic(statistic, scale);
        match statistic {
            Statistic::MatchRate => ratio(tp + fp, n),
            Statistic::FilterRate => get(Statistic::MatchRate).map(|match_rate| 1.0 - match_rate),
            Statistic::Precision => ratio(tp, tp + fp),
            Statistic::NotPrecision => ratio(tn, tn + fn_),
            // Unscaled where scaling cancels, so that 9 of 10 is exactly 0.9.
            Statistic::Recall => share(self.true_positives, self.false_negatives),
            Statistic::NotRecall => share(self.true_negatives, self.false_positives),
            Statistic::Accuracy => ratio(tp + tn, n),
            Statistic::Fpr => share(self.false_positives, self.true_negatives),
            Statistic::F1 => harmonic_mean(get(Statistic::Precision)?, get(Statistic::Recall)?),
            Statistic::NotF1 => {
                harmonic_mean(get(Statistic::NotPrecision)?, get(Statistic::NotRecall)?)
            }
        }
    }
}

/// `part / whole`, unless there is no whole.
pub(crate) fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

fn share(part: u64, rest: u64) -> Option<f64> {
    ratio(part as f64, (part + rest) as f64)
}

fn harmonic_mean(a: f64, b: f64) -> Option<f64> {
    ratio(2.0 * a * b, a + b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(
        counts: (u64, u64, u64, u64),
        base_rate: Option<f64>,
        expected: &[(Statistic, Option<f64>)],
    ) {
        let (true_positives, false_positives, true_negatives, false_negatives) = counts;
        let counts = Counts {
            true_positives,
            false_positives,
            true_negatives,
            false_negatives,
        };
        let base_rate = base_rate.map(|rate| BaseRate::new(rate).unwrap());
        for &(statistic, expected) in expected {
            let got = counts.statistic(statistic, base_rate);
            let equal = match (got, expected) {
                (Some(got), Some(expected)) => (got - expected).abs() < 1e-12,
                (got, expected) => got == expected,
            };
            assert!(
                equal,
                "{} of {counts:?} is {got:?}, expected {expected:?}",
                statistic.name()
            );
        }
    }

    #[test]
    fn rates_of_a_sample_taken_as_it_is() {
        check(
            (6, 2, 8, 4),
            None,
            &[
                (Statistic::MatchRate, Some(0.4)),
                (Statistic::FilterRate, Some(0.6)),
                (Statistic::Precision, Some(0.75)),
                (Statistic::NotPrecision, Some(8.0 / 12.0)),
                (Statistic::Recall, Some(0.6)),
                (Statistic::NotRecall, Some(0.8)),
                (Statistic::Accuracy, Some(0.7)),
                (Statistic::Fpr, Some(0.2)),
                (Statistic::F1, Some(0.9 / 1.35)),
                (
                    Statistic::NotF1,
                    Some(2.0 * (8.0 / 12.0) * 0.8 / (8.0 / 12.0 + 0.8)),
                ),
            ],
        );
    }

    /// Half of the rows are positive, a tenth of live edits: of 20 live edits 2 are positive (1.2
    /// caught) and 18 negative (3.6 flagged).
    #[test]
    fn rates_are_scaled_to_the_base_rate() {
        check(
            (6, 2, 8, 4),
            Some(0.1),
            &[
                (Statistic::MatchRate, Some(4.8 / 20.0)),
                (Statistic::FilterRate, Some(15.2 / 20.0)),
                (Statistic::Precision, Some(1.2 / 4.8)),
                (Statistic::NotPrecision, Some(14.4 / 15.2)),
                (Statistic::Recall, Some(0.6)),
                (Statistic::NotRecall, Some(0.8)),
                (Statistic::Accuracy, Some(15.6 / 20.0)),
                (Statistic::Fpr, Some(0.2)),
                (Statistic::F1, Some(2.0 * 0.25 * 0.6 / 0.85)),
            ],
        );
    }

    #[test]
    fn rates_without_denominator_do_not_exist() {
        check(
            (0, 0, 3, 0),
            None,
            &[
                (Statistic::Recall, None),
                (Statistic::Precision, None),
                (Statistic::F1, None),
            ],
        );
        check(
            (0, 0, 3, 0),
            Some(0.1),
            &[
                (Statistic::FilterRate, Some(1.0)),
                (Statistic::NotRecall, Some(1.0)),
            ],
        );
        check(
            (2, 0, 0, 1),
            None,
            &[(Statistic::Fpr, None), (Statistic::NotF1, None)],
        );
        check(
            (0, 0, 0, 0),
            None,
            &[(Statistic::MatchRate, None), (Statistic::Accuracy, None)],
        );
        // Precision and recall are both 0: their harmonic mean does not exist, as in revscoring.
        check((0, 1, 1, 1), None, &[(Statistic::F1, None)]);
    }
}
