//! From a library's trees to the flat forest.
//!
//! Apart from `forest.rs` because only the trainer needs it: what predicts never depends on how
//! a library lays out its trees.

use std::collections::VecDeque;

use super::forest::{Forest, MISSING_LEFT, Node};
use super::interleaved::Derived;

/// A node as libraries have it: children by index, in any order.
pub(super) struct SourceNode {
    /// What the node would add to the score if it were a leaf.
    pub(super) value: f64,
    /// The weight of the training rows in the node, in any unit.
    pub(super) cover: f64,
    /// Absent in leaves.
    pub(super) split: Option<SourceSplit>,
}

/// Where an inner node leads.
pub(super) struct SourceSplit {
    pub(super) column: u32,
    /// Values below go left.
    pub(super) threshold: f32,
    pub(super) missing_left: bool,
    pub(super) left: usize,
    pub(super) right: usize,
    /// By how much the split improved the fit.
    pub(super) gain: f64,
}

impl Node {
    fn leaf(value: f32) -> Self {
        Self {
            threshold: 0.0,
            value,
            column: 0,
            left: 0,
        }
    }

    fn split(column: u32, threshold: f32, missing_left: bool) -> Self {
        let column = column | if missing_left { MISSING_LEFT } else { 0 };
        Self {
            threshold,
            value: 0.0,
            column,
            left: 0,
        }
    }
}

impl Forest {
    /// A forest without trees.
    pub(super) fn empty(n_features: usize, base: f64) -> Self {
        Self {
            n_features: n_features as u32,
            base,
            roots: Vec::new(),
            nodes: Vec::new(),
            gains: vec![0.0; n_features],
            derived: Derived::default(),
        }
    }

    /// Appends a tree whose first node is its root, with all values multiplied by `scale`.
    pub(super) fn push_tree(&mut self, tree: &[SourceNode], scale: f64) {
        if tree.is_empty() {
            return;
        }
        self.derived = Derived::default();
        let means = mean_values(tree);
        self.roots.push(self.nodes.len() as u32);
        self.nodes.push(Node::leaf(0.0));
        // Level by level, siblings side by side: the top of a tree shares cache lines.
        let mut queue = VecDeque::from([(0, self.nodes.len() - 1)]);
        while let Some((source_idx, node_idx)) = queue.pop_front() {
            let value = (means[source_idx] * scale) as f32;
            let Some(split) = &tree[source_idx].split else {
                self.nodes[node_idx] = Node::leaf(value);
                continue;
            };
            let left = self.nodes.len();
            self.nodes.extend([Node::leaf(0.0); 2]);
            let mut node = Node::split(split.column, split.threshold, split.missing_left);
            node.value = value;
            node.left = left as u32;
            self.nodes[node_idx] = node;
            self.gains[split.column as usize] += split.gain.max(0.0) * scale;
            queue.extend([(split.left, left), (split.right, left + 1)]);
        }
    }
}

/// Each node's mean leaf value, weighted by cover.
fn mean_values(tree: &[SourceNode]) -> Vec<f64> {
    let mut means: Vec<f64> = tree.iter().map(|node| node.value).collect();
    // Parents before children, whichever order the library chose.
    let mut order = vec![0];
    let mut next = 0;
    while let Some(&node_idx) = order.get(next) {
        next += 1;
        if let Some(split) = &tree[node_idx].split {
            order.extend([split.left, split.right]);
        }
    }
    for &node_idx in order.iter().rev() {
        if let Some(split) = &tree[node_idx].split {
            let (left, right) = (tree[split.left].cover, tree[split.right].cover);
            means[node_idx] = if left + right > 0.0 {
                (means[split.left] * left + means[split.right] * right) / (left + right)
            } else {
                (means[split.left] + means[split.right]) / 2.0
            };
        }
    }
    means
}
