//! Logistic regression: linfa-logistic on columns scaled by linfa-preprocessing.
//!
//! The baseline that boosting has to beat, and a predictor of a few kilobytes. Each column enters
//! as logarithm and as rank (see `linear.rs`), and with a flag where some of its values are
//! missing; those are otherwise taken for the column's median.

use linfa::DatasetBase;
use linfa::traits::{Fit, Transformer};
use linfa_preprocessing::linear_scaling::LinearScaler;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};
use serde::{Deserialize, Serialize};

use super::linear::{Column, Linear, rank, signed_log};
use super::params::{Checked, Table, check_table, expect_parameter};
use super::{EstimatorError, Predictor};

/// Hyperparameters of logistic regression.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogisticRegressionParams {
    /// Shrinks the weights: half of it times their squared sum is added to the loss, which is
    /// summed over rows. At least 0. Default 3.
    pub l2: f64,
    /// The most steps of the solver (L-BFGS), at least 1. Default 100.
    pub max_steps: u64,
    /// Into how many ranges a column's ranks are divided, 1 to 1000. Default 32.
    pub n_ranges: usize,
    /// Not used: the fit makes no random choice. Default 0.
    #[serde(skip)]
    pub seed: u64,
}

impl Default for LogisticRegressionParams {
    fn default() -> Self {
        Self {
            l2: 3.0,
            max_steps: 100,
            n_ranges: 32,
            seed: 0,
        }
    }
}

impl LogisticRegressionParams {
    pub(super) const KIND: &'static str = "logistic_regression";

    /// The checked form, which can fit.
    pub fn check(self) -> Result<Checked<Self>, EstimatorError> {
        expect_parameter(
            self.l2.is_finite() && self.l2 >= 0.0,
            "l2",
            "of at least 0",
            self.l2,
        )?;
        expect_parameter(
            self.max_steps >= 1,
            "max_steps",
            "of at least 1",
            self.max_steps,
        )?;
        expect_parameter(
            (1..=1000).contains(&self.n_ranges),
            "n_ranges",
            "from 1 to 1000",
            self.n_ranges,
        )?;
        Ok(Checked(self))
    }
}

impl<'a> Fit<ArrayView2<'a, f32>, ArrayView1<'a, bool>, EstimatorError>
    for Checked<LogisticRegressionParams>
{
    type Object = Linear;

    fn fit(&self, table: &Table<'a>) -> Result<Linear, EstimatorError> {
        check_table(table)?;
        let params = &self.0;
        let failed = |message: String| EstimatorError::Library {
            estimator: LogisticRegressionParams::KIND,
            message,
        };
        let rows = repeated_rows(table);
        let views: Vec<ColumnView> = table
            .records()
            .columns()
            .into_iter()
            .enumerate()
            .filter_map(|(column_idx, column)| ColumnView::new(column_idx, column, params.n_ranges))
            .collect();
        let design = Array2::from_shape_fn((rows.len(), views.len() * VIEWS), |(idx, view_idx)| {
            let value = table.records()[(rows[idx], views[view_idx / VIEWS].column_idx)];
            views[view_idx / VIEWS].values(value)[view_idx % VIEWS]
        });
        let targets: Array1<bool> = rows
            .iter()
            .map(|&row_idx| table.targets()[row_idx])
            .collect();
        let mut linear = Linear {
            intercept: log_odds(&targets),
            columns: vec![Column::default(); table.records().ncols()],
        };
        if views.is_empty() {
            return Ok(linear);
        }
        let dataset = DatasetBase::new(design, targets);
        let scaler = LinearScaler::standard()
            .fit(&dataset)
            .map_err(|error| failed(error.to_string()))?;
        let fitted = linfa_logistic::LogisticRegression::default()
            .alpha(params.l2)
            .max_iterations(params.max_steps)
            .fit(&scaler.transform(dataset))
            .map_err(|error| failed(error.to_string()))?;
        // linfa scores the label that has more rows. The scaling is folded into the weights.
        let sign = if fitted.labels().pos.class { 1.0 } else { -1.0 };
        linear.intercept = sign * fitted.intercept();
        let weights = fitted.params() * scaler.scales() * sign;
        for (view_idx, view) in views.into_iter().enumerate() {
            let first = view_idx * VIEWS;
            let flag = weights[first + 2];
            linear.intercept -= flag * scaler.offsets()[first + 2];
            let column = &mut linear.columns[view.column_idx];
            column.log_weight = weights[first];
            column.log_center = scaler.offsets()[first];
            column.rank_weight = weights[first + 1];
            column.rank_center = scaler.offsets()[first + 1];
            column.missing = column.log_weight * (signed_log(view.median) - column.log_center)
                + column.rank_weight * (rank(&view.knots, view.median) - column.rank_center)
                + flag;
            column.knots = view.knots;
            column.spread = spread(column, table.records().column(view.column_idx));
        }
        Ok(linear)
    }
}

impl From<Linear> for Predictor {
    fn from(linear: Linear) -> Self {
        Self::Linear(linear)
    }
}

/// The number of ways in which each column enters: logarithm, rank, missing flag.
const VIEWS: usize = 3;

/// What to know of a column before its values can enter.
struct ColumnView {
    column_idx: usize,
    knots: Vec<f32>,
    median: f32,
}

impl ColumnView {
    /// Nothing for a column that tells nothing: all its values are one, or missing.
    fn new(column_idx: usize, column: ArrayView1<'_, f32>, n_ranges: usize) -> Option<Self> {
        let mut known: Vec<f32> = column
            .iter()
            .filter(|value| !value.is_nan())
            .map(|value| value.clamp(f32::MIN, f32::MAX))
            .collect();
        known.sort_by(f32::total_cmp);
        let last = known.len().checked_sub(1)?;
        if known[0] == known[last] && known.len() == column.len() {
            return None;
        }
        let mut knots: Vec<f32> = (0..=n_ranges)
            .map(|idx| known[idx * last / n_ranges])
            .collect();
        // Also makes one of the two zeros.
        knots.dedup();
        Some(Self {
            column_idx,
            knots,
            median: known[last / 2],
        })
    }

    fn values(&self, value: f32) -> [f64; VIEWS] {
        let known = if value.is_nan() { self.median } else { value };
        [
            signed_log(known),
            rank(&self.knots, known),
            f64::from(u8::from(value.is_nan())),
        ]
    }
}

/// All rows once; where their weights differ, as many rows, each as often as its weight says: since
/// linfa-logistic knows no weights, of rows that weigh half as much as the mean it sees every other.
fn repeated_rows(table: &Table<'_>) -> Vec<usize> {
    let n_rows = table.targets().len();
    let weights = table.weights().unwrap_or_default();
    if weights.iter().all(|weight| *weight == weights[0]) {
        return (0..n_rows).collect();
    }
    let mean = weights.iter().map(|weight| f64::from(*weight)).sum::<f64>() / n_rows as f64;
    let mut owed = 0.0;
    let mut rows = Vec::new();
    for (row_idx, weight) in weights.iter().enumerate() {
        // What rounding takes from one row it gives to the next.
        owed += f64::from(*weight) / mean;
        let n_times = owed.round().max(0.0);
        owed -= n_times;
        rows.extend(std::iter::repeat_n(row_idx, n_times as usize));
    }
    rows
}

fn log_odds(labels: &Array1<bool>) -> f64 {
    let n_positive = labels.iter().filter(|label| **label).count() as f64;
    (n_positive / (labels.len() as f64 - n_positive)).ln()
}

/// The standard deviation of what the column adds.
fn spread(column: &Column, values: ArrayView1<'_, f32>) -> f64 {
    let terms: Vec<f64> = values
        .iter()
        .map(|value| column.term(Some(*value)))
        .collect();
    let mean = terms.iter().sum::<f64>() / terms.len() as f64;
    (terms.iter().map(|term| (term - mean).powi(2)).sum::<f64>() / terms.len() as f64).sqrt()
}
