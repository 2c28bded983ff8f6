//! How to evaluate.

use super::BaseRate;

/// How to evaluate.
#[derive(Clone, PartialEq, Debug)]
pub struct Options {
    /// What a true label means, as a word that goes before "edits" in sentences. Default
    /// "reverted".
    pub label: String,
    /// The share of such edits among all live edits of the wiki, when it is known to differ from
    /// the share among the rows. Default `None`: the rows are taken as they come.
    pub base_rate: Option<BaseRate>,
    /// How often the bootstrap resamples; 0 leaves intervals out. Default 1000. Time grows with
    /// rows times resamples (some 10 ns each); from 300 on, the ends of an interval hardly move.
    pub resamples: u32,
    /// Seed of the bootstrap. Default 0.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            label: "reverted".to_owned(),
            base_rate: None,
            resamples: 1000,
            seed: 0,
        }
    }
}
