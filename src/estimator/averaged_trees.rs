//! What random forests and extra trees share: both are grown by smartcore on 0/1 labels and
//! averaged.
//!
//! smartcore knows no missing values and no quantiles, so it never sees the values themselves: it
//! gets each value's rank among the column's different values, and 0 for a missing one. A split
//! by rank is a split by value; a missing value is simply lower than all others, and can be split
//! off. A column without missing values in training sends them to where more rows went.

use linfa::traits::Fit;
use ndarray::ArrayView1;
use rayon::prelude::*;
use serde::Deserialize;
use smartcore::error::Failed;
use smartcore::linalg::basic::matrix::DenseMatrix;

use super::EstimatorError;
use super::flatten::{SourceNode, SourceSplit};
use super::forest::Forest;
use super::params::{Checked, Table, check_table, expect_parameter};

/// The rows as smartcore wants them.
pub(super) struct RankedRows {
    pub(super) ranks: DenseMatrix<f32>,
    pub(super) labels: Vec<f64>,
    /// Absent when all rows weigh the same.
    pub(super) weights: Option<Vec<f64>>,
}

/// A kind of averaged trees.
pub(super) trait AveragedTrees: Sync {
    const KIND: &'static str;

    fn n_trees(&self) -> usize;

    fn seed(&self) -> u64;

    /// Grows some trees and gives them as smartcore serialises them: the only way to their nodes.
    fn grow(
        &self,
        rows: &RankedRows,
        n_trees: usize,
        seed: u64,
    ) -> Result<serde_json::Result<Vec<u8>>, Failed>;
}

/// Trees that are grown in one piece; pieces are grown in parallel.
const TREES_IN_A_PIECE: usize = 10;

/// Keeps the pieces' seeds apart; smartcore numbers the trees of a piece from its seed on.
const PIECE_SEED_STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Grows, converts and averages.
pub(super) fn fit_averaged<P: AveragedTrees>(
    params: &P,
    table: &Table<'_>,
) -> Result<Forest, EstimatorError> {
    let failed = |message: String| EstimatorError::Library {
        estimator: P::KIND,
        message,
    };
    let columns: Vec<RankedColumn> = table
        .records()
        .columns()
        .into_iter()
        .map(RankedColumn::new)
        .collect();
    let n_rows = table.targets().len();
    let ranks: Vec<f32> = columns
        .iter()
        .flat_map(|column| column.ranks.iter().map(|rank| *rank as f32))
        .collect();
    let rows = RankedRows {
        ranks: DenseMatrix::new(n_rows, columns.len(), ranks, true)
            .map_err(|error| failed(error.to_string()))?,
        labels: table
            .targets()
            .iter()
            .map(|label| f64::from(u8::from(*label)))
            .collect(),
        weights: table
            .weights()
            .filter(|weights| weights.iter().any(|weight| *weight != weights[0]))
            .map(|weights| weights.iter().map(|weight| f64::from(*weight)).collect()),
    };
    let pieces: Vec<Vec<Vec<SourceNode>>> = (0..params.n_trees().div_ceil(TREES_IN_A_PIECE))
        .into_par_iter()
        .map(|piece_idx| {
            let n_trees = TREES_IN_A_PIECE.min(params.n_trees() - piece_idx * TREES_IN_A_PIECE);
            let seed = params
                .seed()
                .wrapping_add((piece_idx as u64).wrapping_mul(PIECE_SEED_STEP));
            let json = params
                .grow(&rows, n_trees, seed)
                .map_err(|error| failed(error.to_string()))?
                .map_err(|error| failed(error.to_string()))?;
            let grown: GrownForest =
                serde_json::from_slice(&json).map_err(|error| failed(error.to_string()))?;
            let trees = grown
                .forest_regressor
                .and_then(|forest| forest.trees)
                .unwrap_or_default();
            Ok(trees
                .iter()
                .map(|tree| source_nodes(&tree.nodes, &columns, rows.weights.as_deref()))
                .collect())
        })
        .collect::<Result<_, EstimatorError>>()?;
    let mut forest = Forest::empty(columns.len(), 0.0);
    for tree in pieces.iter().flatten() {
        forest.push_tree(tree, 1.0 / params.n_trees() as f64);
    }
    Ok(forest)
}

/// A column as ranks, and the values that they stand for.
struct RankedColumn {
    /// The different known values, ascending; the first one's rank is 1.
    values: Vec<f32>,
    /// One a row; 0 is missing.
    ranks: Vec<u32>,
    has_missing: bool,
}

impl RankedColumn {
    fn new(column: ArrayView1<'_, f32>) -> Self {
        let mut values: Vec<f32> = column
            .iter()
            .copied()
            .filter(|value| !value.is_nan())
            .collect();
        values.sort_by(f32::total_cmp);
        values.dedup();
        let rank = |value: &f32| match value.is_nan() {
            true => 0,
            false => values.partition_point(|other| other <= value) as u32,
        };
        let ranks: Vec<u32> = column.iter().map(rank).collect();
        let has_missing = ranks.contains(&0);
        Self {
            values,
            ranks,
            has_missing,
        }
    }

    /// The value between this rank and the next: all values of this rank are below, all of the
    /// next are not. Rank 0 gives a number below all values.
    fn threshold_after(&self, rank: usize) -> f32 {
        match (
            rank.checked_sub(1).and_then(|idx| self.values.get(idx)),
            self.values.get(rank),
        ) {
            (None, _) => f32::MIN,
            (Some(_), None) => f32::MAX,
            (Some(&low), Some(&high)) => {
                let middle = low / 2.0 + high / 2.0;
                let threshold = if middle > low && middle <= high {
                    middle
                } else {
                    high
                };
                threshold.clamp(f32::MIN, f32::MAX)
            }
        }
    }
}

/// What we read of smartcore's serialised forest.
#[derive(Deserialize)]
struct GrownForest {
    forest_regressor: Option<GrownTrees>,
}

#[derive(Deserialize)]
struct GrownTrees {
    trees: Option<Vec<GrownTree>>,
}

#[derive(Deserialize)]
struct GrownTree {
    nodes: Vec<GrownNode>,
}

/// Ranks of at most `split_value` go to the true child.
#[derive(Deserialize)]
struct GrownNode {
    output: f64,
    split_feature: usize,
    split_value: Option<f64>,
    true_child: Option<usize>,
    false_child: Option<usize>,
}

impl GrownNode {
    /// The last rank that goes to the true child, and both children.
    fn split(&self) -> Option<(u32, usize, usize)> {
        Some((
            self.split_value?.floor() as u32,
            self.true_child?,
            self.false_child?,
        ))
    }
}

/// Sends the training rows down a tree again, as smartcore keeps neither covers nor gains.
fn source_nodes(
    nodes: &[GrownNode],
    columns: &[RankedColumn],
    weights: Option<&[f64]>,
) -> Vec<SourceNode> {
    let n_rows = columns.first().map_or(0, |column| column.ranks.len());
    let mut covers = vec![0.0; nodes.len()];
    for row_idx in 0..n_rows {
        let weight = weights.map_or(1.0, |weights| weights[row_idx]);
        let mut node_idx = 0;
        covers[node_idx] += weight;
        while let Some((rank, left, right)) = nodes[node_idx].split() {
            let goes_left = columns[nodes[node_idx].split_feature].ranks[row_idx] <= rank;
            node_idx = if goes_left { left } else { right };
            covers[node_idx] += weight;
        }
    }
    let square = |child: usize, node: &GrownNode| {
        covers[child] * (nodes[child].output - node.output).powi(2)
    };
    nodes
        .iter()
        .zip(&covers)
        .map(|(node, &cover)| SourceNode {
            value: node.output,
            cover,
            split: node.split().map(|(rank, left, right)| {
                let column = &columns[node.split_feature];
                SourceSplit {
                    column: node.split_feature as u32,
                    threshold: column.threshold_after(rank as usize),
                    missing_left: column.has_missing || covers[left] >= covers[right],
                    left,
                    right,
                    gain: square(left, node) + square(right, node),
                }
            }),
        })
        .collect()
}

/// The ranges that both kinds' parameters share.
pub(super) fn check_ranges(
    n_trees: usize,
    max_depth: u16,
    min_leaf_rows: usize,
    columns_per_split: Option<usize>,
) -> Result<(), EstimatorError> {
    expect_parameter(
        (1..=10_000).contains(&n_trees),
        "n_trees",
        "from 1 to 10000",
        n_trees,
    )?;
    expect_parameter(
        (1..=64).contains(&max_depth),
        "max_depth",
        "from 1 to 64",
        max_depth,
    )?;
    expect_parameter(
        min_leaf_rows >= 1,
        "min_leaf_rows",
        "of at least 1",
        min_leaf_rows,
    )?;
    let n_columns = columns_per_split.unwrap_or(1);
    expect_parameter(
        n_columns >= 1,
        "columns_per_split",
        "of at least 1",
        n_columns,
    )
}

impl<'a, P: AveragedTrees> Fit<ndarray::ArrayView2<'a, f32>, ArrayView1<'a, bool>, EstimatorError>
    for Checked<P>
{
    type Object = Forest;

    fn fit(&self, table: &Table<'a>) -> Result<Forest, EstimatorError> {
        check_table(table)?;
        fit_averaged(&self.0, table)
    }
}

#[cfg(test)]
mod tests {
    use linfa::DatasetBase;
    use ndarray::{Array1, Array2, arr1};
    use smartcore::ensemble::random_forest_regressor::{
        RandomForestRegressor, RandomForestRegressorParameters,
    };

    use super::*;
    use crate::estimator::RandomForestParams;

    #[test]
    fn ranks_count_different_values_and_thresholds_lie_between_them() {
        let column = arr1(&[5.0, f32::NAN, 1.0, 5.0, 2.0, f32::INFINITY]);
        let ranked = RankedColumn::new(column.view());
        assert_eq!(ranked.ranks, [3, 0, 1, 3, 2, 4]);
        assert!(ranked.has_missing);
        let thresholds: Vec<f32> = (0..5).map(|rank| ranked.threshold_after(rank)).collect();
        assert_eq!(thresholds, [f32::MIN, 1.5, 3.5, f32::MAX, f32::MAX]);
        let next_to_each_other = RankedColumn::new(arr1(&[1.0, 1.0_f32.next_up()]).view());
        assert_eq!(next_to_each_other.threshold_after(1), 1.0_f32.next_up());
    }

    #[test]
    fn the_flat_forest_scores_as_smartcore_does() {
        let mut state = 3_u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1 << 24) as f32
        };
        let values = Array2::from_shape_fn((500, 4), |(_, column_idx)| {
            if column_idx == 1 && next() < 0.3 {
                f32::NAN
            } else {
                next()
            }
        });
        let labels: Array1<bool> = values
            .outer_iter()
            .map(|row| row[2] + row[3] > 1.4 || row[1] > 0.9)
            .collect();
        let table: Table<'_> = DatasetBase::new(values.view(), labels.view());
        let params = RandomForestParams {
            n_trees: TREES_IN_A_PIECE,
            ..RandomForestParams::default()
        };
        let forest = fit_averaged(&params, &table).unwrap();
        let ranks: Vec<f32> = values
            .columns()
            .into_iter()
            .flat_map(|column| {
                RankedColumn::new(column)
                    .ranks
                    .into_iter()
                    .map(|rank| rank as f32)
                    .collect::<Vec<_>>()
            })
            .collect();
        let ranks = DenseMatrix::new(500, 4, ranks, true).unwrap();
        let labels: Vec<f64> = labels
            .iter()
            .map(|label| f64::from(u8::from(*label)))
            .collect();
        let library = RandomForestRegressor::fit(
            &ranks,
            &labels,
            RandomForestRegressorParameters {
                max_depth: Some(params.max_depth + 1),
                min_samples_leaf: params.min_leaf_rows,
                min_samples_split: 2 * params.min_leaf_rows,
                n_trees: TREES_IN_A_PIECE,
                m: None,
                keep_samples: false,
                seed: params.seed,
            },
        )
        .unwrap();
        for (row, expected) in values.outer_iter().zip(library.predict(&ranks).unwrap()) {
            let got = forest.raw_score(&row.to_vec());
            assert!((got - expected).abs() < 1e-6, "{got} != {expected}");
        }
    }
}
