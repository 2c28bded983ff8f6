//! Random forest, grown by smartcore: trees on resampled rows, each split the best of some columns.
//!
//! An alternative to boosting, and a check on it: hard to misfit, larger in the model file.

use serde::{Deserialize, Serialize};
use smartcore::ensemble::random_forest_regressor::{
    RandomForestRegressor, RandomForestRegressorParameters,
};
use smartcore::error::Failed;
use smartcore::linalg::basic::matrix::DenseMatrix;

use super::EstimatorError;
use super::averaged_trees::{AveragedTrees, RankedRows, check_ranges};
use super::params::Checked;

/// Hyperparameters of a random forest.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RandomForestParams {
    /// Trees to average, at least 1. Default 200.
    pub n_trees: usize,
    /// The deepest a tree may grow, 1 to 64: 1 is a single question. Default 12.
    pub max_depth: u16,
    /// The least rows that a leaf may hold, at least 1. Default 5.
    pub min_leaf_rows: usize,
    /// How many columns each split chooses from, at least 1; the square root of their number when
    /// absent. Default absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns_per_split: Option<usize>,
    /// Where the random choices begin; a recipe gives it once for everything. Default 0.
    #[serde(skip)]
    pub seed: u64,
}

impl Default for RandomForestParams {
    fn default() -> Self {
        Self {
            n_trees: 200,
            max_depth: 12,
            min_leaf_rows: 5,
            columns_per_split: None,
            seed: 0,
        }
    }
}

impl RandomForestParams {
    pub(super) const KIND: &'static str = "random_forest";

    /// The checked form, which can fit.
    pub fn check(self) -> Result<Checked<Self>, EstimatorError> {
        check_ranges(
            self.n_trees,
            self.max_depth,
            self.min_leaf_rows,
            self.columns_per_split,
        )?;
        Ok(Checked(self))
    }
}

type Grown = RandomForestRegressor<f32, f64, DenseMatrix<f32>, Vec<f64>>;

impl AveragedTrees for RandomForestParams {
    const KIND: &'static str = Self::KIND;

    fn n_trees(&self) -> usize {
        self.n_trees
    }

    fn seed(&self) -> u64 {
        self.seed
    }

    fn grow(
        &self,
        rows: &RankedRows,
        n_trees: usize,
        seed: u64,
    ) -> Result<serde_json::Result<Vec<u8>>, Failed> {
        let params = RandomForestRegressorParameters {
            // smartcore counts levels of nodes, not of questions.
            max_depth: Some(self.max_depth + 1),
            min_samples_leaf: self.min_leaf_rows,
            min_samples_split: 2 * self.min_leaf_rows,
            n_trees,
            m: self.columns_per_split,
            keep_samples: false,
            seed,
        };
        let grown = match &rows.weights {
            Some(weights) => Grown::fit_with_weights(&rows.ranks, &rows.labels, weights, params)?,
            None => Grown::fit(&rows.ranks, &rows.labels, params)?,
        };
        Ok(serde_json::to_vec(&grown))
    }
}
