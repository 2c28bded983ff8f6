//! Estimators: from labelled rows to a predictor, and from a row to a calibrated probability.
//!
//! What predicts ([`Predictor`], [`Calibration`]) is plain data in our own format, belongs to the
//! core and travels inside a model file. What learns (feature `train`) wraps a library per file
//! and hands over a predictor; nothing of a library's own format survives. Adding an estimator
//! is one file and one row in `params.rs`.
//!
//! This module knows matrices, not features: names, thresholds and reports belong to
//! [`model`](crate::model) and [`evaluation`](crate::evaluation).

mod forest;
mod interleaved;
mod linear;

mod blend;

#[cfg(feature = "train")]
mod flatten;

mod calibration;

#[cfg(feature = "train")]
mod params;

#[cfg(feature = "train")]
mod gradient_boosting;

#[cfg(feature = "train")]
mod logistic_regression;

#[cfg(feature = "train")]
mod averaged_trees;

#[cfg(feature = "train")]
mod random_forest;

#[cfg(feature = "train")]
mod extra_trees;

#[cfg(feature = "train")]
mod calibrated;

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

pub use self::blend::Blend;
#[cfg(feature = "train")]
pub use self::blend::BlendParams;
#[cfg(feature = "train")]
pub use self::calibrated::{CalibrationKind, Fitted, fit_calibrated};
pub use self::calibration::Calibration;
#[cfg(feature = "train")]
pub use self::extra_trees::ExtraTreesParams;
pub use self::forest::{Forest, Node};
#[cfg(feature = "train")]
pub use self::gradient_boosting::GradientBoostingParams;
pub use self::linear::{Column, Linear};
#[cfg(feature = "train")]
pub use self::logistic_regression::LogisticRegressionParams;
#[cfg(feature = "train")]
pub use self::params::{Checked, CheckedEstimator, EstimatorParams, Table};
#[cfg(feature = "train")]
pub use self::random_forest::RandomForestParams;

/// A fitted estimator: maps a row of feature values to a raw score.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Predictor {
    /// Trees, boosted or averaged.
    Forest(Forest),
    /// A weighted sum.
    Linear(Linear),
    /// Boosted trees and a weighted sum, averaged.
    Blend(Blend),
}

/// How a raw score came about: `bias` plus all of `features` is the raw score, up to the rounding
/// of the sum.
#[derive(Clone, PartialEq, Debug)]
pub struct Contributions {
    /// The score of a row about which nothing is known.
    pub bias: f64,
    /// What each column's value added, in the order of the columns.
    pub features: Vec<f64>,
}

impl Contributions {
    /// The raw score that is explained.
    pub fn raw_score(&self) -> f64 {
        self.bias + self.features.iter().sum::<f64>()
    }
}

impl Predictor {
    /// The number of columns that a row should have.
    pub fn n_features(&self) -> usize {
        match self {
            Self::Forest(forest) => forest.n_features(),
            Self::Linear(linear) => linear.n_features(),
            Self::Blend(blend) => blend.n_features(),
        }
    }

    /// The row's score: higher is more likely positive. Log-odds for boosted trees and for linear
    /// predictors, the trees' mean vote (0 to 1) for averaged ones; not a probability before
    /// [`Calibration`]. NaN, and a value beyond the row's end, is a missing value.
    pub fn raw_score(&self, row: &[f32]) -> f64 {
        match self {
            Self::Forest(forest) => forest.raw_score(row),
            Self::Linear(linear) => linear.raw_score(row),
            Self::Blend(blend) => blend.raw_score(row),
        }
    }

    /// The scores of many rows: the same to the bit as [`raw_score`](Self::raw_score) of each, in
    /// less time, as trees stay in the processor's cache from row to row.
    pub fn raw_scores(&self, rows: ArrayView2<'_, f32>) -> Vec<f64> {
        match self {
            Self::Forest(forest) => forest.raw_scores(rows),
            Self::Linear(linear) => linear.raw_scores(rows),
            Self::Blend(blend) => blend.raw_scores(rows),
        }
    }

    /// What each column's value added to the row's score.
    pub fn contributions(&self, row: &[f32]) -> Contributions {
        match self {
            Self::Forest(forest) => forest.contributions(row),
            Self::Linear(linear) => linear.contributions(row),
            Self::Blend(blend) => blend.contributions(row),
        }
    }

    /// How much each column matters over all rows; sums to 1, or is all 0 where nothing was
    /// learned.
    pub fn importance(&self) -> Vec<f64> {
        match self {
            Self::Forest(forest) => forest.importance(),
            Self::Linear(linear) => linear.importance(),
            Self::Blend(blend) => blend.importance(),
        }
    }

    /// Whether a predictor that was read from outside can be used: all indices in range, no
    /// cycles, all numbers finite. Scoring with one that was not checked may give a nonsensical
    /// score, or never end.
    pub fn check(&self) -> Result<(), EstimatorError> {
        match self {
            Self::Forest(forest) => forest.check(),
            Self::Linear(linear) => linear.check(),
            Self::Blend(blend) => blend.check(),
        }
    }
}

/// Scores row by row, for what gains nothing from a batch.
fn score_each(rows: ArrayView2<'_, f32>, score: impl Fn(&[f32]) -> f64) -> Vec<f64> {
    let mut row = Vec::with_capacity(rows.ncols());
    rows.outer_iter()
        .map(|values| {
            row.clear();
            row.extend(values);
            score(&row)
        })
        .collect()
}

/// Why an estimator could not be fitted, or a predictor not be used.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum EstimatorError {
    /// A hyperparameter is out of its range.
    #[error("expected {name} {expected}, got {got}")]
    InvalidParameter {
        /// The parameter's name in a recipe.
        name: &'static str,
        /// Its range.
        expected: &'static str,
        /// Its value.
        got: String,
    },
    /// There is nothing to tell apart.
    #[error("expected rows of both labels, got {n_rows} rows of which {n_positive} are positive")]
    OneLabel {
        /// The number of rows.
        n_rows: usize,
        /// Those whose label is true.
        n_positive: usize,
    },
    /// There are no columns to learn from.
    #[error("expected at least one column, got none")]
    NoColumns,
    /// Too few rows of a label to fit on some and predict the others.
    #[error(
        "expected at least {expected} rows of each label to calibrate on, got {n_positive} positive and {n_negative} negative ones"
    )]
    TooFewRows {
        /// How many of each label are needed.
        expected: usize,
        /// Rows whose label is true.
        n_positive: usize,
        /// Rows whose label is false.
        n_negative: usize,
    },
    /// The parts of a dataset differ in length.
    #[error("expected one weight for each of {n_rows} rows, each finite and at least 0, got {got}")]
    Weights {
        /// The number of rows.
        n_rows: usize,
        /// What is wrong with them.
        got: String,
    },
    /// The library behind an estimator failed.
    #[error("{estimator} failed: {message}")]
    Library {
        /// The estimator's name in a recipe.
        estimator: &'static str,
        /// The library's own words.
        message: String,
    },
    /// A predictor or calibration read from outside does not hold together.
    #[error("expected {expected}, got {got}")]
    Corrupt {
        /// What should have been there.
        expected: String,
        /// What was.
        got: String,
    },
}

impl EstimatorError {
    fn corrupt(expected: impl Into<String>, got: impl ToString) -> Self {
        Self::Corrupt {
            expected: expected.into(),
            got: got.to_string(),
        }
    }
}

#[cfg(feature = "train")]
impl From<linfa::Error> for EstimatorError {
    fn from(error: linfa::Error) -> Self {
        Self::Library {
            estimator: "linfa",
            message: error.to_string(),
        }
    }
}
