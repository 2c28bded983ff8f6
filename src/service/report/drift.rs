//! How far a period's edits are from those that a model learned from, feature by feature.

use crate::evaluation::{MISSING, Spread};
use crate::service::ledger::FeatureCounts;

/// The population stability index from which on a feature counts as another one: the customary mark.
pub(crate) const ANOTHER: f64 = 0.25;

/// How far a feature has moved from what the model learned from.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct FeatureDrift {
    pub(crate) feature: String,
    /// The population stability index; from [`ANOTHER`] on the feature is another one.
    pub(crate) index: f64,
    pub(crate) n: u64,
    /// The share of edits without a value, now and in training.
    pub(crate) missing: f64,
    pub(crate) missing_in_training: f64,
}

/// The features that there are edits of, the farthest first.
pub(crate) fn drift(spreads: &[Spread], counts: &FeatureCounts) -> Vec<FeatureDrift> {
    let features = spreads.iter().zip(&counts.counts);
    let mut drift: Vec<FeatureDrift> = features
        .filter_map(|(spread, counts)| {
            let n: u64 = counts.iter().sum();
            Some(FeatureDrift {
                feature: spread.feature.clone(),
                index: spread.stability_index(counts)?,
                n,
                missing: counts[MISSING] as f64 / n as f64,
                missing_in_training: spread.missing(),
            })
        })
        .collect();
    drift.sort_by(|a, b| b.index.total_cmp(&a.index));
    drift
}
