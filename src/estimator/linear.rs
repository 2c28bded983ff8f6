//! Linear predictors: a weighted sum over columns, each seen in two ways.
//!
//! Counts of words and characters have long tails, on which a straight line fits badly. So each
//! column enters as its signed logarithm, and as its rank among the training rows; a missing
//! value adds a constant of its own.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use super::{Contributions, EstimatorError};

/// An intercept and one curve a column.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Linear {
    /// The log-odds of an average row.
    pub(super) intercept: f64,
    pub(super) columns: Vec<Column>,
}

/// What a column's value `x` adds to the log-odds:
/// `log_weight * (sign(x) ln(1 + |x|) - log_center) + rank_weight * (rank(x) - rank_center)`.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Column {
    pub(super) log_weight: f64,
    pub(super) log_center: f64,
    pub(super) rank_weight: f64,
    pub(super) rank_center: f64,
    /// Training quantiles, ascending: a value's rank is its place between them, from 0 to 1.
    pub(super) knots: Vec<f32>,
    /// What a missing value adds.
    pub(super) missing: f64,
    /// The standard deviation of what the column adds, over the training rows.
    pub(super) spread: f64,
}

impl Linear {
    /// The number of columns that a row should have.
    pub fn n_features(&self) -> usize {
        self.columns.len()
    }

    /// The log-odds of the row.
    pub fn raw_score(&self, row: &[f32]) -> f64 {
        self.intercept + self.terms(row).sum::<f64>()
    }

    /// See [`Predictor::raw_scores`](super::Predictor::raw_scores).
    pub fn raw_scores(&self, rows: ArrayView2<'_, f32>) -> Vec<f64> {
        super::score_each(rows, |row| self.raw_score(row))
    }

    /// The terms of the sum: exact, as the predictor is additive.
    pub fn contributions(&self, row: &[f32]) -> Contributions {
        Contributions {
            bias: self.intercept,
            features: self.terms(row).collect(),
        }
    }

    /// Each column's share of the spread of the scores.
    pub fn importance(&self) -> Vec<f64> {
        let spreads: Vec<f64> = self.columns.iter().map(|column| column.spread).collect();
        shares(&spreads)
    }

    /// See [`Predictor::check`](super::Predictor::check).
    pub fn check(&self) -> Result<(), EstimatorError> {
        if !self.intercept.is_finite() {
            return Err(EstimatorError::corrupt(
                "a finite intercept",
                self.intercept,
            ));
        }
        for (column_idx, column) in self.columns.iter().enumerate() {
            let numbers = [
                column.log_weight,
                column.log_center,
                column.rank_weight,
                column.rank_center,
                column.missing,
                column.spread,
            ];
            if let Some(number) = numbers.iter().find(|number| !number.is_finite()) {
                return Err(EstimatorError::corrupt(
                    format!("finite numbers in column {column_idx}"),
                    number,
                ));
            }
            if column.spread < 0.0 {
                return Err(EstimatorError::corrupt(
                    format!("a spread of at least 0 in column {column_idx}"),
                    column.spread,
                ));
            }
            if column.knots.iter().any(|knot| !knot.is_finite())
                || column.knots.windows(2).any(|pair| pair[0] >= pair[1])
            {
                return Err(EstimatorError::corrupt(
                    format!("finite, ascending knots in column {column_idx}"),
                    format_args!("{:?}", column.knots),
                ));
            }
        }
        Ok(())
    }

    fn terms(&self, row: &[f32]) -> impl Iterator<Item = f64> {
        self.columns
            .iter()
            .enumerate()
            .map(|(column_idx, column)| column.term(row.get(column_idx).copied()))
    }
}

impl Column {
    pub(super) fn term(&self, value: Option<f32>) -> f64 {
        match value {
            Some(value) if !value.is_nan() => {
                self.log_weight * (signed_log(value) - self.log_center)
                    + self.rank_weight * (rank(&self.knots, value) - self.rank_center)
            }
            _ => self.missing,
        }
    }
}

/// `sign(x) ln(1 + |x|)`; infinities count as the largest number.
pub(super) fn signed_log(value: f32) -> f64 {
    let value = f64::from(value.clamp(f32::MIN, f32::MAX));
    value.abs().ln_1p().copysign(value)
}

/// The value's place among the ascending knots: 0 at the first, 1 at the last, linear between
/// neighbours; 0 where there are fewer than two knots.
pub(super) fn rank(knots: &[f32], value: f32) -> f64 {
    let (Some(&first), Some(&last)) = (knots.first(), knots.last()) else {
        return 0.0;
    };
    if knots.len() < 2 || value <= first {
        return 0.0;
    }
    if value >= last {
        return 1.0;
    }
    let above = knots.partition_point(|knot| *knot <= value);
    let (low, high) = (f64::from(knots[above - 1]), f64::from(knots[above]));
    let between = (f64::from(value) - low) / (high - low);
    ((above - 1) as f64 + between) / (knots.len() - 1) as f64
}

/// The parts of a whole, all 0 when the whole is.
pub(super) fn shares(parts: &[f64]) -> Vec<f64> {
    let whole: f64 = parts.iter().sum();
    parts
        .iter()
        .map(|part| if whole > 0.0 { part / whole } else { 0.0 })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_places_between_knots() {
        let knots = [0.0, 1.0, 10.0];
        for (value, expected) in [
            (-5.0, 0.0),
            (0.0, 0.0),
            (0.5, 0.25),
            (1.0, 0.5),
            (5.5, 0.75),
            (10.0, 1.0),
            (1e30, 1.0),
        ] {
            assert_eq!(rank(&knots, value), expected, "{value}");
        }
        assert_eq!((rank(&[], 3.0), rank(&[1.0], 3.0)), (0.0, 0.0));
    }

    #[test]
    fn what_is_not_finite_or_out_of_order_is_found() {
        let linear = |column: Column| Linear {
            intercept: 0.0,
            columns: vec![Column::default(), column],
        };
        linear(Column::default()).check().unwrap();
        for (column, expected) in [
            (
                Column {
                    missing: f64::NAN,
                    ..Column::default()
                },
                "expected finite numbers in column 1, got NaN",
            ),
            (
                Column {
                    spread: -1.0,
                    ..Column::default()
                },
                "expected a spread of at least 0 in column 1, got -1",
            ),
            (
                Column {
                    knots: vec![1.0, 1.0],
                    ..Column::default()
                },
                "expected finite, ascending knots in column 1, got [1.0, 1.0]",
            ),
        ] {
            assert_eq!(linear(column).check().unwrap_err().to_string(), expected);
        }
    }
}
