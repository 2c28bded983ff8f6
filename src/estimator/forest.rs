//! The flat forest: all trees of a predictor in one array of 16-byte nodes.
//!
//! Every tree model ends up here, whichever library grew it, so that scoring, explaining and the
//! model file have one format that is ours. It does not grow trees: `flatten.rs` fills it from
//! a library's trees, and `interleaved.rs` lays them out again for speed.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use super::interleaved::Derived;
use super::{Contributions, EstimatorError};

/// Trees whose leaves add up to a score.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Forest {
    pub(super) n_features: u32,
    /// The score before any tree.
    pub(super) base: f64,
    /// Where each tree begins in `nodes`.
    pub(super) roots: Vec<u32>,
    pub(super) nodes: Vec<Node>,
    /// By how much the splits on each column improved the fit.
    pub(super) gains: Vec<f64>,
    /// What scores in its stead. Replace it whenever roots, nodes or columns change.
    #[serde(skip)]
    pub(super) derived: Derived,
}

/// One node of a tree: 16 bytes, four of them to a cache line.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Node {
    /// Values below go left, others right.
    pub(super) threshold: f32,
    /// What a leaf adds to the score; for inner nodes the mean of the leaves below, weighted by
    /// training rows. The changes along a path are the contributions of the columns split on.
    pub(super) value: f32,
    /// The column, and in the highest bit whether missing values go left.
    pub(super) column: u32,
    /// The left child; the right one follows it. 0 marks a leaf, as no child is the first node.
    pub(super) left: u32,
}

/// The bit of [`Node::column`] that sends missing values left.
pub(super) const MISSING_LEFT: u32 = 1 << 31;

/// How many trees are walked side by side: their loads do not wait for each other.
const LANES: usize = 8;

/// How many nodes of a path are looked up side by side for contributions; deeper ones follow one
/// by one, as a bound on the memory that a file can ask for.
const PATH_NODES: usize = 16;

impl Node {
    pub(super) fn column(&self) -> usize {
        (self.column & !MISSING_LEFT) as usize
    }

    pub(super) fn is_missing_left(&self) -> bool {
        self.column & MISSING_LEFT != 0
    }

    pub(super) fn is_leaf(&self) -> bool {
        self.left == 0
    }

    /// The child that the row goes to; only for inner nodes.
    fn child(&self, row: &[f32]) -> u32 {
        let value = row.get(self.column()).copied().unwrap_or(f32::NAN);
        let right = (value >= self.threshold) | (value.is_nan() & !self.is_missing_left());
        self.left + u32::from(right)
    }
}

impl Forest {
    /// The number of columns that a row should have.
    pub fn n_features(&self) -> usize {
        self.n_features as usize
    }

    /// The number of trees.
    pub fn n_trees(&self) -> usize {
        self.roots.len()
    }

    /// The number of nodes in all trees.
    pub fn n_nodes(&self) -> usize {
        self.nodes.len()
    }

    /// The sum of the leaves that the row ends in.
    pub fn raw_score(&self, row: &[f32]) -> f64 {
        match self.derived.of(self) {
            Some(interleaved) => interleaved.raw_score(self.base, row),
            None => self.walk(row),
        }
    }

    /// See [`Predictor::raw_scores`](super::Predictor::raw_scores).
    pub fn raw_scores(&self, rows: ArrayView2<'_, f32>) -> Vec<f64> {
        match self.derived.of(self) {
            Some(interleaved) => interleaved.raw_scores(self.base, rows),
            None => super::score_each(rows, |row| self.walk(row)),
        }
    }

    /// The same sum over the nodes themselves, for forests too large to be laid out again.
    pub(super) fn walk(&self, row: &[f32]) -> f64 {
        let mut score = self.base;
        let (groups, rest) = self.roots.as_chunks::<LANES>();
        for group in groups {
            let mut lanes = *group;
            let mut moved = true;
            while moved {
                moved = false;
                for lane in &mut lanes {
                    let node = &self.nodes[*lane as usize];
                    if !node.is_leaf() {
                        *lane = node.child(row);
                        moved = true;
                    }
                }
            }
            for lane in lanes {
                score += f64::from(self.nodes[lane as usize].value);
            }
        }
        for &root in rest {
            let mut node = &self.nodes[root as usize];
            while !node.is_leaf() {
                node = &self.nodes[node.child(row) as usize];
            }
            score += f64::from(node.value);
        }
        score
    }

    /// Follows the row down every tree and credits each column with the change of the mean value
    /// where it was asked (Saabas's path contributions). They add up exactly; unlike Shapley
    /// values they favour columns asked late, which is the price for costing no more than a
    /// score.
    pub fn contributions(&self, row: &[f32]) -> Contributions {
        let mut bias = self.base;
        let mut features = vec![0.0; self.n_features()];
        let mut paths = [[0; LANES]; PATH_NODES];
        for group in self.roots.chunks(LANES) {
            // First all ways down, side by side; then the sums, tree by tree.
            paths[0][..group.len()].copy_from_slice(group);
            let mut n_nodes = 1;
            let mut moved = true;
            while moved && n_nodes < PATH_NODES {
                moved = false;
                let mut lanes = paths[n_nodes - 1];
                for lane in &mut lanes[..group.len()] {
                    let node = &self.nodes[*lane as usize];
                    if !node.is_leaf() {
                        *lane = node.child(row);
                        moved = true;
                    }
                }
                paths[n_nodes] = lanes;
                n_nodes += 1;
            }
            for (lane, root) in group.iter().enumerate() {
                let mut node = &self.nodes[*root as usize];
                bias += f64::from(node.value);
                let mut known = paths[1..n_nodes].iter().map(|nodes| nodes[lane]);
                while !node.is_leaf() {
                    let child_idx = known.next().unwrap_or_else(|| node.child(row));
                    let child = &self.nodes[child_idx as usize];
                    features[node.column()] += f64::from(child.value) - f64::from(node.value);
                    node = child;
                }
            }
        }
        Contributions { bias, features }
    }

    /// Each column's share of the improvement that all splits brought in training.
    pub fn importance(&self) -> Vec<f64> {
        super::linear::shares(&self.gains)
    }

    /// See [`Predictor::check`](super::Predictor::check).
    pub fn check(&self) -> Result<(), EstimatorError> {
        let n_nodes = self.nodes.len();
        if u32::try_from(n_nodes).is_err() || self.n_features >= MISSING_LEFT {
            return Err(EstimatorError::corrupt(
                "a forest of at most 2^32 nodes and 2^31 columns",
                n_nodes,
            ));
        }
        if self.gains.len() != self.n_features() {
            return Err(EstimatorError::corrupt(
                format!("one importance for each of {} columns", self.n_features),
                self.gains.len(),
            ));
        }
        if let Some(gain) = self
            .gains
            .iter()
            .find(|gain| !gain.is_finite() || **gain < 0.0)
        {
            return Err(EstimatorError::corrupt(
                "a finite importance of at least 0",
                gain,
            ));
        }
        if !self.base.is_finite() {
            return Err(EstimatorError::corrupt("a finite base score", self.base));
        }
        if let Some(root) = self.roots.iter().find(|root| **root as usize >= n_nodes) {
            return Err(EstimatorError::corrupt(
                format!("a tree's root below {n_nodes}"),
                root,
            ));
        }
        // A node that several trees or branches share would let a small file ask for endless work.
        let mut is_reached = vec![false; n_nodes];
        let mut reach = |node_idx: usize| {
            let was_reached = std::mem::replace(&mut is_reached[node_idx], true);
            if was_reached {
                return Err(EstimatorError::corrupt(
                    "nodes with one way to each",
                    format_args!("two to node {node_idx}"),
                ));
            }
            Ok(())
        };
        for root in &self.roots {
            reach(*root as usize)?;
        }
        for (node_idx, node) in self.nodes.iter().enumerate() {
            if !node.value.is_finite() || !node.threshold.is_finite() {
                return Err(EstimatorError::corrupt(
                    format!("finite numbers in node {node_idx}"),
                    format_args!("value {} and threshold {}", node.value, node.threshold),
                ));
            }
            if node.is_leaf() {
                continue;
            }
            if node.column() >= self.n_features() {
                return Err(EstimatorError::corrupt(
                    format!("a column below {} in node {node_idx}", self.n_features),
                    node.column(),
                ));
            }
            // Children that come after their parent cannot lead back to it.
            let left = node.left as usize;
            if left <= node_idx || left + 1 >= n_nodes {
                return Err(EstimatorError::corrupt(
                    format!("children of node {node_idx} after it and below {n_nodes}"),
                    left,
                ));
            }
            reach(left)?;
            reach(left + 1)?;
        }
        // What was checked is about to score: laid out now, the first row does not wait for it.
        self.derived.of(self);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One tree: column 0 below 1.5 gives 1, else (also when missing) 3.
    fn stump() -> Forest {
        let leaf = |value| Node {
            threshold: 0.0,
            value,
            column: 0,
            left: 0,
        };
        let root = Node {
            threshold: 1.5,
            value: 2.0,
            column: 0,
            left: 1,
        };
        Forest {
            n_features: 2,
            base: 0.5,
            roots: vec![0],
            nodes: vec![root, leaf(1.0), leaf(3.0)],
            gains: vec![4.0, 0.0],
            derived: Derived::default(),
        }
    }

    #[test]
    fn nodes_are_16_bytes() {
        assert_eq!(size_of::<Node>(), 16);
    }

    #[test]
    fn a_row_ends_in_one_leaf() {
        let mut forest = stump();
        let scores =
            |forest: &Forest| [1.0, 1.5, 9.0, f32::NAN].map(|value| forest.raw_score(&[value]));
        assert_eq!(scores(&forest), [1.5, 3.5, 3.5, 3.5]);
        assert_eq!(
            forest.contributions(&[9.0]),
            Contributions {
                bias: 2.5,
                features: vec![1.0, 0.0]
            }
        );
        assert_eq!(forest.importance(), [1.0, 0.0]);
        forest.nodes[0].column |= MISSING_LEFT;
        forest.derived = Derived::default();
        assert_eq!(scores(&forest), [1.5, 3.5, 3.5, 1.5]);
        // Full groups of lanes and a rest; trees that share nodes are not laid out again.
        forest.roots = vec![0; 2 * LANES + 3];
        forest.derived = Derived::default();
        assert_eq!(forest.raw_score(&[9.0]), 0.5 + 3.0 * (2 * LANES + 3) as f64);
    }

    #[track_caller]
    fn check_corrupt(change: impl FnOnce(&mut Forest), expected: &str) {
        let mut forest = stump();
        change(&mut forest);
        assert_eq!(forest.check().unwrap_err().to_string(), expected);
    }

    #[test]
    fn what_cannot_be_walked_is_found() {
        stump().check().unwrap();
        check_corrupt(
            |forest| forest.roots.push(3),
            "expected a tree's root below 3, got 3",
        );
        check_corrupt(
            |forest| forest.nodes[0].column = 2,
            "expected a column below 2 in node 0, got 2",
        );
        check_corrupt(
            |forest| forest.nodes[1].left = 1,
            "expected children of node 1 after it and below 3, got 1",
        );
        check_corrupt(
            |forest| forest.nodes[0].left = 2,
            "expected children of node 0 after it and below 3, got 2",
        );
        check_corrupt(
            |forest| forest.nodes[2].value = f32::NAN,
            "expected finite numbers in node 2, got value NaN and threshold 0",
        );
        check_corrupt(
            |forest| forest.base = f64::INFINITY,
            "expected a finite base score, got inf",
        );
        check_corrupt(
            |forest| forest.gains.truncate(1),
            "expected one importance for each of 2 columns, got 1",
        );
        check_corrupt(
            |forest| forest.gains[0] = -1.0,
            "expected a finite importance of at least 0, got -1",
        );
    }
}
