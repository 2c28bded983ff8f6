//! Rows and named columns: what estimators learn from.
//!
//! A row is one labelled edit. Rows of a page belong together: [`Dataset::folds`] never puts two
//! of them on different sides, unless one page is so large that no fold could hold it.

use ndarray::{Array2, ArrayView1};

use crate::revision::{PageId, RevisionId, Timestamp};

/// Labelled rows.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// The columns' names, in the order of `values`.
    pub names: Vec<String>,
    /// Feature values, rows x columns; NaN when missing.
    pub values: Array2<f32>,
    /// One label a row: whether it is the kind of edit that is looked for.
    pub labels: Vec<bool>,
    /// One weight a row; 1 means an ordinary row.
    pub weights: Vec<f32>,
    /// What each row is about.
    pub rows: Vec<RowId>,
}

/// Which edit a row describes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RowId {
    /// The revision.
    pub revision: RevisionId,
    /// The page that it belongs to: the group that splits respect.
    pub page: PageId,
    /// When it was saved; rows without a time count as the earliest.
    pub timestamp: Option<Timestamp>,
}

impl Dataset {
    /// The number of rows.
    pub fn n_rows(&self) -> usize {
        self.labels.len()
    }

    /// The number of rows whose label is true.
    pub fn n_positive(&self) -> usize {
        self.labels.iter().filter(|label| **label).count()
    }

    /// One row's values.
    pub fn row(&self, row_idx: usize) -> ArrayView1<'_, f32> {
        self.values.row(row_idx)
    }

    /// The rows with these indices, in that order.
    pub fn select(&self, row_indices: &[usize]) -> Self {
        Self {
            names: self.names.clone(),
            values: self.values.select(ndarray::Axis(0), row_indices),
            labels: row_indices.iter().map(|&idx| self.labels[idx]).collect(),
            weights: row_indices.iter().map(|&idx| self.weights[idx]).collect(),
            rows: row_indices.iter().map(|&idx| self.rows[idx]).collect(),
        }
    }

    /// The same rows with these columns only, in this order; names that are not there are left
    /// out.
    pub fn with_columns(&self, names: &[String]) -> Self {
        let columns: Vec<usize> = names
            .iter()
            .filter_map(|wanted| self.names.iter().position(|name| name == wanted))
            .collect();
        Self {
            names: columns
                .iter()
                .map(|&column| self.names[column].clone())
                .collect(),
            values: self.values.select(ndarray::Axis(1), &columns),
            labels: self.labels.clone(),
            weights: self.weights.clone(),
            rows: self.rows.clone(),
        }
    }

    /// The names of the columns that can teach something: those with two different values. One
    /// with a single value beside missing ones would only tell who lacks it.
    pub fn informative_columns(&self) -> Vec<String> {
        let varies = |column: &usize| {
            let mut known = self
                .values
                .column(*column)
                .into_iter()
                .filter(|value| !value.is_nan());
            known
                .next()
                .is_some_and(|first| known.any(|value| value != first))
        };
        (0..self.names.len())
            .filter(varies)
            .map(|column| self.names[column].clone())
            .collect()
    }

    /// Assigns every row to one of `n_folds` folds: whole pages, the largest first, always into
    /// the fold with the fewest rows. A page with more rows than a fold should hold is cut into
    /// pieces that follow each other in time, so that a single huge page can be learned from at
    /// all. Deterministic; `n_folds` of 0 counts as 1.
    pub fn folds(&self, n_folds: usize) -> Vec<usize> {
        let n_folds = n_folds.max(1);
        let fold_size = self.n_rows().div_ceil(n_folds).max(1);
        let mut order: Vec<usize> = (0..self.n_rows()).collect();
        order.sort_by_key(|&idx| {
            (
                self.rows[idx].page,
                self.rows[idx].timestamp,
                self.rows[idx].revision,
            )
        });
        let mut pieces: Vec<&[usize]> = order
            .chunk_by(|&a, &b| self.rows[a].page == self.rows[b].page)
            .flat_map(|page| page.chunks(fold_size))
            .collect();
        pieces.sort_by_key(|piece| std::cmp::Reverse(piece.len()));
        let mut sizes = vec![0; n_folds];
        let mut folds = vec![0; self.n_rows()];
        for piece in pieces {
            let fold = (0..n_folds).min_by_key(|&fold| sizes[fold]).unwrap_or(0);
            sizes[fold] += piece.len();
            for &idx in piece {
                folds[idx] = fold;
            }
        }
        folds
    }
}
