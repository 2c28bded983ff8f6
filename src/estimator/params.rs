//! The estimators that a recipe can name: one row each.
//!
//! The shape is linfa's: plain parameters, `check()` gives the checked form, and only that can
//! [`Fit`] a linfa dataset. linfa's own `ParamGuard` is not implemented: it hands out a reference
//! to a checked form inside the unchecked one, and ours is made of public fields.

use linfa::DatasetBase;
use linfa::traits::Fit;
use ndarray::{Array1, ArrayView1, ArrayView2};
use serde::{Deserialize, Serialize};

use super::{
    BlendParams, EstimatorError, ExtraTreesParams, GradientBoostingParams,
    LogisticRegressionParams, Predictor, RandomForestParams,
};
use crate::dataset::Dataset;

/// A dataset as linfa sees it.
pub type Table<'a> = DatasetBase<ArrayView2<'a, f32>, ArrayView1<'a, bool>>;

/// Parameters that were found to be in range.
#[derive(Clone, PartialEq, Debug)]
pub struct Checked<P>(pub(super) P);

macro_rules! estimators {
    ($($(#[doc = $doc:literal])* $name:ident($params:ident),)*) => {
        /// An estimator and its hyperparameters, as a recipe's table gives them:
        /// `kind = "gradient_boosting"` and any fields that differ from the defaults. An unknown
        /// field is an error.
        #[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        pub enum EstimatorParams {
            $($(#[doc = $doc])* $name($params),)*
        }

        /// Checked [`EstimatorParams`].
        #[derive(Clone, PartialEq, Debug)]
        pub enum CheckedEstimator {
            $($(#[doc = $doc])* $name(Checked<$params>),)*
        }

        impl EstimatorParams {
            /// Every estimator with its default parameters.
            pub fn all() -> Vec<Self> {
                vec![$(Self::$name($params::default()),)*]
            }

            /// The name in a recipe.
            pub fn kind(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => $params::KIND,)*
                }
            }

            /// The checked form, which can fit.
            pub fn check(self) -> Result<CheckedEstimator, EstimatorError> {
                Ok(match self {
                    $(Self::$name(params) => CheckedEstimator::$name(params.check()?),)*
                })
            }

            /// The same estimator with another seed.
            pub fn with_seed(mut self, seed: u64) -> Self {
                match &mut self {
                    $(Self::$name(params) => params.seed = seed,)*
                }
                self
            }
        }

        impl<'a> Fit<ArrayView2<'a, f32>, ArrayView1<'a, bool>, EstimatorError> for CheckedEstimator {
            type Object = Predictor;

            fn fit(&self, table: &Table<'a>) -> Result<Predictor, EstimatorError> {
                match self {
                    $(Self::$name(checked) => Ok(Fit::fit(checked, table)?.into()),)*
                }
            }
        }
    };
}

estimators! {
    /// Gradient-boosted trees: for thousands of positives.
    GradientBoosting(GradientBoostingParams),
    /// Logistic regression: the baseline.
    LogisticRegression(LogisticRegressionParams),
    /// Trees on resampled rows, averaged.
    RandomForest(RandomForestParams),
    /// Trees with random splits, averaged.
    ExtraTrees(ExtraTreesParams),
    /// Boosted trees and a little logistic regression, averaged: the default.
    Blend(BlendParams),
}

/// A blend of boosted trees and a little logistic regression, as in the default recipe.
impl Default for EstimatorParams {
    fn default() -> Self {
        Self::Blend(BlendParams::default())
    }
}

impl CheckedEstimator {
    /// Learns from all rows. The same data, parameters and seed give the same predictor to the
    /// byte, whatever the number of threads.
    pub fn fit(&self, dataset: &Dataset) -> Result<Predictor, EstimatorError> {
        Fit::fit(self, &as_table(dataset))
    }
}

/// Borrows a dataset in linfa's form.
pub(super) fn as_table(dataset: &Dataset) -> Table<'_> {
    DatasetBase::new(dataset.values.view(), ArrayView1::from(&dataset.labels))
        .with_weights(Array1::from(dataset.weights.clone()))
}

/// What all estimators demand of the data.
pub(super) fn check_table(table: &Table<'_>) -> Result<(), EstimatorError> {
    let labels = table.targets();
    let (n_rows, n_positive) = (labels.len(), labels.iter().filter(|label| **label).count());
    if table.records().ncols() == 0 {
        return Err(EstimatorError::NoColumns);
    }
    if n_positive == 0 || n_positive == n_rows {
        return Err(EstimatorError::OneLabel { n_rows, n_positive });
    }
    match table.weights() {
        Some(weights) if weights.len() != n_rows => Err(EstimatorError::Weights {
            n_rows,
            got: format!("{} weights", weights.len()),
        }),
        Some(weights) => match weights
            .iter()
            .position(|weight| !weight.is_finite() || *weight < 0.0)
        {
            Some(row_idx) => Err(EstimatorError::Weights {
                n_rows,
                got: format!("{} for row {row_idx}", weights[row_idx]),
            }),
            None => Ok(()),
        },
        None => Ok(()),
    }
}

/// An error unless the parameter is in its range.
pub(super) fn expect_parameter(
    holds: bool,
    name: &'static str,
    expected: &'static str,
    got: impl ToString,
) -> Result<(), EstimatorError> {
    if holds {
        Ok(())
    } else {
        Err(EstimatorError::InvalidParameter {
            name,
            expected,
            got: got.to_string(),
        })
    }
}
