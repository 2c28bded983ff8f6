//! Two scorers on the same rows.
//!
//! The figures of one scorer move with the luck of the sample, and those of two scorers move
//! together; so the difference is what has to be looked at, on the same resamples of pages
//! ("paired"). A difference whose interval holds 0 is not shown by these rows.

use serde::{Deserialize, Serialize};

use super::bootstrap::Resampled;
use super::ranking::{Clusters, Ranking};
use super::sweep::{Marks, Sweep};
use super::{BaseRate, Estimate, EvaluationError, Options, Outcome, Statistic};

/// The evaluated scorer beside another one.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Comparison {
    /// The other scorer's name.
    pub name: String,
    /// The number of rows.
    pub n: u64,
    /// How many of them are labelled true.
    pub positives: u64,
    /// The base rate that filter rates are scaled to; absent when rows are taken as they come.
    pub base_rate: Option<BaseRate>,
    /// The statistics.
    pub rows: Vec<ComparisonRow>,
}

/// One statistic of two scorers; `None` where it does not exist.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ComparisonRow {
    /// What is compared: `roc_auc`, `average_precision` (at the sample rate),
    /// `filter_rate @ recall 0.75` or `filter_rate @ recall 0.9`.
    pub statistic: String,
    /// The evaluated scorer.
    pub this: Option<Estimate>,
    /// The other scorer.
    pub other: Option<Estimate>,
    /// `this - other`, with the interval of the paired difference.
    pub difference: Option<Estimate>,
}

pub(crate) type SweepStatistic = fn(&Sweep) -> Option<f64>;

/// What scorers are compared by.
pub(crate) const STATISTICS: [(&str, SweepStatistic); 4] = [
    ("roc_auc", |sweep| sweep.roc_auc),
    ("average_precision", |sweep| sweep.average_precision),
    ("filter_rate @ recall 0.75", |sweep| {
        sweep.statistic_at_recall(74, Statistic::FilterRate)
    }),
    ("filter_rate @ recall 0.9", |sweep| {
        sweep.statistic_at_recall(89, Statistic::FilterRate)
    }),
];

/// Compares the outcomes' own probabilities with another scorer's numbers for the same edits, one
/// each and in the same order. They may be on any scale: only their order is used.
pub fn compare(
    outcomes: &[Outcome],
    other: &[f64],
    name: &str,
    options: &Options,
) -> Result<Comparison, EvaluationError> {
    let clusters = Clusters::new(outcomes)?;
    let this = Ranking::of_probabilities(outcomes, &clusters)?;
    let other = Ranking::of_scores(outcomes, name, other, &clusters)?;
    let marks = Marks::new(Vec::new());
    let [this, other] =
        Resampled::sweep_all([(&this, &marks), (&other, &marks)], &clusters, options);
    Ok(Comparison {
        name: name.to_owned(),
        n: outcomes.len() as u64,
        positives: outcomes.iter().filter(|outcome| outcome.label).count() as u64,
        base_rate: options.base_rate,
        rows: STATISTICS
            .into_iter()
            .map(|(statistic, of)| ComparisonRow {
                statistic: statistic.to_owned(),
                this: this.estimate(of),
                other: other.estimate(of),
                difference: this.difference(&other, of),
            })
            .collect(),
    })
}
