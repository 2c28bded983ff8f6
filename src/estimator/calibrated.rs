//! Fitting a predictor together with its calibration.
//!
//! A predictor is too sure of the rows that it learned from, so the calibration is fitted on
//! out-of-fold scores: each row scored by a predictor that saw none of its page. The predictor
//! that is kept learns from all rows.

use ndarray::Axis;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::calibration::ScoredRow;
use super::params::CheckedEstimator;
use super::{Calibration, EstimatorError, EstimatorParams, Predictor};
use crate::dataset::Dataset;

/// Which calibration to fit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CalibrationKind {
    /// [`Calibration::Platt`]: the default, good from some dozens of positives on.
    #[default]
    Platt,
    /// [`Calibration::Isotonic`]: for a thousand positives or more.
    Isotonic,
}

/// What [`fit_calibrated`] gives.
#[derive(Clone, PartialEq, Debug)]
pub struct Fitted {
    /// Fitted on all rows.
    pub predictor: Predictor,
    /// Fitted on the out-of-fold scores of all rows.
    pub calibration: Calibration,
    /// One calibrated probability a row, each from a predictor and a calibration that did not see
    /// the row's fold.
    pub out_of_fold: Vec<f64>,
    /// Whether folds were made of pages. False where all rows of one label are on pages of one fold,
    /// so that folds had to be drawn row by row: `out_of_fold` then flatters.
    pub whole_pages: bool,
    /// The fold of each row. Rows of a page that was too large for one fold are in several, and
    /// each is scored by a predictor that saw other times of its page, later ones too.
    pub folds: Vec<usize>,
}

/// Fits an estimator on all rows and a calibration on out-of-fold scores.
///
/// Folds are [`Dataset::folds`]. `out_of_fold` is cross-fitted throughout: the calibration that
/// is applied to a fold is fitted on the scores of the other folds (with two folds, or where
/// those lack a label, on all). The same arguments give the same bytes.
pub fn fit_calibrated(
    params: EstimatorParams,
    dataset: &Dataset,
    kind: CalibrationKind,
    n_folds: usize,
    seed: u64,
) -> Result<Fitted, EstimatorError> {
    let estimator = params.with_seed(seed).check()?;
    super::params::expect_parameter(
        (2..=100).contains(&n_folds),
        "n_folds",
        "from 2 to 100",
        n_folds,
    )?;
    let predictor = estimator.fit(dataset)?;
    let (folds, whole_pages) = choose_folds(dataset, n_folds)?;
    let scores = out_of_fold_scores(&estimator, dataset, &folds, n_folds)?;
    let rows: Vec<ScoredRow> = (0..dataset.n_rows())
        .map(|row_idx| ScoredRow {
            raw: scores[row_idx],
            label: dataset.labels[row_idx],
            weight: f64::from(dataset.weights[row_idx]),
        })
        .collect();
    let calibration = fit_calibration(kind, &rows);
    let mut out_of_fold = vec![0.0; dataset.n_rows()];
    for fold in 0..n_folds {
        let others: Vec<ScoredRow> = rows
            .iter()
            .zip(&folds)
            .filter(|(_, row_fold)| **row_fold != fold)
            .map(|(row, _)| *row)
            .collect();
        let fold_calibration = if n_folds > 2 && has_both_labels(&others) {
            &fit_calibration(kind, &others)
        } else {
            &calibration
        };
        for (row_idx, row) in rows
            .iter()
            .enumerate()
            .filter(|(row_idx, _)| folds[*row_idx] == fold)
        {
            out_of_fold[row_idx] = fold_calibration.probability(row.raw);
        }
    }
    Ok(Fitted {
        predictor,
        calibration,
        out_of_fold,
        whole_pages,
        folds,
    })
}

/// Folds of whole pages, unless some fold would then leave only one label to learn from.
fn choose_folds(dataset: &Dataset, n_folds: usize) -> Result<(Vec<usize>, bool), EstimatorError> {
    let folds = dataset.folds(n_folds);
    let learnable = (0..n_folds).all(|fold| {
        let mut labels = folds
            .iter()
            .zip(&dataset.labels)
            .filter(|(row_fold, _)| **row_fold != fold)
            .map(|(_, l)| *l);
        labels.clone().any(|label| label) && labels.any(|label| !label)
    });
    if learnable {
        return Ok((folds, true));
    }
    let n_positive = dataset.n_positive();
    let n_negative = dataset.n_rows() - n_positive;
    if n_positive.min(n_negative) < 2 {
        return Err(EstimatorError::TooFewRows {
            expected: 2,
            n_positive,
            n_negative,
        });
    }
    // Dealt like cards, each label by itself.
    let mut n_seen = [0; 2];
    let folds = dataset
        .labels
        .iter()
        .map(|label| {
            let seen = &mut n_seen[usize::from(*label)];
            *seen += 1;
            (*seen - 1) % n_folds
        })
        .collect();
    Ok((folds, false))
}

/// Each row's raw score from a predictor that saw the other folds.
fn out_of_fold_scores(
    estimator: &CheckedEstimator,
    dataset: &Dataset,
    folds: &[usize],
    n_folds: usize,
) -> Result<Vec<f64>, EstimatorError> {
    let parts: Vec<Vec<(usize, f64)>> = (0..n_folds)
        .into_par_iter()
        .map(|fold| {
            let (inside, outside): (Vec<usize>, Vec<usize>) =
                (0..dataset.n_rows()).partition(|row_idx| folds[*row_idx] == fold);
            if inside.is_empty() {
                return Ok(Vec::new());
            }
            let predictor = estimator.fit(&dataset.select(&outside))?;
            let rows = dataset.values.select(Axis(0), &inside);
            let scores = predictor.raw_scores(rows.view());
            Ok(inside.into_iter().zip(scores).collect())
        })
        .collect::<Result<_, EstimatorError>>()?;
    let mut scores = vec![0.0; dataset.n_rows()];
    for (row_idx, score) in parts.into_iter().flatten() {
        scores[row_idx] = score;
    }
    Ok(scores)
}

fn fit_calibration(kind: CalibrationKind, rows: &[ScoredRow]) -> Calibration {
    match kind {
        CalibrationKind::Platt => Calibration::fit_platt(rows),
        CalibrationKind::Isotonic => Calibration::fit_isotonic(rows),
    }
}

fn has_both_labels(rows: &[ScoredRow]) -> bool {
    rows.iter().any(|row| row.label) && rows.iter().any(|row| !row.label)
}
