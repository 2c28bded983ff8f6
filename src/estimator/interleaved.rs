//! The forest laid out for speed: 8-byte steps, and 16 trees walked side by side without a branch.
//!
//! Apart from `forest.rs` because it is derived: the model file holds [`Forest`], and this is built
//! from it when a model is opened, in about 10 ns a node. It scores, and nothing else; a
//! forest that does not fit (a group of 16 trees of more than 65,536 nodes, more than 32,767
//! columns) has none, and is walked node by node.
//!
//! What makes it fast: all trees of a group take the same number of steps, because a leaf leads to
//! itself, so that the processor never guesses; 16 walks whose loads do not wait for each other;
//! and half the memory. A row is written down twice, with missing values as NaN and as infinity,
//! and a step reads the one that goes to its side for missing values.
//!
//! 500 full trees of depth 7 on 80 columns took 5.7 us a row as a walk over nodes and 2.5 so, or 2.0
//! in batches (the least of many short measurements on one core). Tried and slower: padded trees
//! without child pointers (3.4), the same with 4-byte nodes over ranks (5.7, of which 3.9 are the
//! ranks), QuickScorer's bit masks (23), 8 trees a group (2.9), `left` halved so that twice as large
//! groups fit (3.0). Integers instead of floats, 24 or 32 trees a group: no gain.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use ndarray::{ArrayView2, Axis};

use super::forest::{Forest, Node};

/// How many trees are walked side by side.
const LANES: usize = 16;

/// Steps between two looks at whether all lanes have arrived: most forests need none.
const STEPS_UNSEEN: usize = 8;

/// Rows that go through a group of trees before the next group: the group stays in the nearest
/// cache, and so do they.
const ROWS_AT_ONCE: usize = 32;

/// The trees of a forest, in its order.
#[derive(Debug)]
pub(super) struct Interleaved {
    n_features: usize,
    groups: Vec<Group>,
    steps: Vec<Step>,
}

/// [`LANES`] trees; the last group may have lanes that add nothing.
#[derive(Debug)]
struct Group {
    /// Its place in the forest's steps. It begins with the root of each lane.
    steps: Range<usize>,
    /// The steps to the deepest leaf.
    depth: usize,
}

/// A node. A leaf asks whether NaN is at least its value, and so leads to itself.
#[derive(Clone, Copy, Debug)]
struct Step {
    /// Values of at least this go right; a leaf's value.
    threshold: f32,
    /// The place in a [`SpreadRow`]; 0 in leaves.
    column: u16,
    /// The left child's place in the group; the right one follows it. A leaf's own place.
    left: u16,
}

/// A row with each value twice: as it is, and with missing values as infinity. The first pair
/// stands for a column that is always missing.
type SpreadRow = Vec<[f32; 2]>;

const MISSING: [f32; 2] = [f32::NAN, f32::INFINITY];

impl Step {
    fn leaf(place: usize, value: f32) -> Option<Self> {
        Some(Self {
            threshold: value,
            column: 0,
            left: u16::try_from(place).ok()?,
        })
    }

    fn split(node: &Node, left: usize) -> Option<Self> {
        let column = 2 * (node.column() + 1) + usize::from(!node.is_missing_left());
        Some(Self {
            threshold: node.threshold,
            column: u16::try_from(column).ok()?,
            left: u16::try_from(left).ok()?,
        })
    }

    fn is_leaf(&self) -> bool {
        self.column == 0
    }

    #[inline]
    fn next(&self, row: &[f32]) -> usize {
        let right = row[usize::from(self.column)] >= self.threshold;
        usize::from(self.left) + usize::from(right)
    }
}

impl Interleaved {
    /// `None` for a forest that does not fit. One that was not checked is safe: it gets none, or
    /// one that may score nonsense.
    fn new(forest: &Forest) -> Option<Self> {
        let mut interleaved = Self {
            n_features: forest.n_features(),
            groups: Vec::new(),
            steps: Vec::new(),
        };
        for roots in forest.roots.chunks(LANES) {
            interleaved.push_group(forest, roots)?;
        }
        interleaved.steps.shrink_to_fit();
        Some(interleaved)
    }

    fn push_group(&mut self, forest: &Forest, roots: &[u32]) -> Option<()> {
        let first = self.steps.len();
        // No node is taken twice: shared nodes or a cycle, which `check` refuses, end here.
        let at_most = forest.nodes.len() + LANES * (self.groups.len() + 1);
        for lane in 0..LANES {
            // To add -0.0 changes no sum, not even one of -0.0.
            self.steps.push(Step::leaf(lane, -0.0)?);
        }
        let mut level: Vec<(usize, usize)> = roots
            .iter()
            .enumerate()
            .map(|(lane, root)| (*root as usize, lane))
            .collect();
        let mut depth = 0;
        loop {
            let mut next_level = Vec::with_capacity(2 * level.len());
            for (node_idx, place) in level {
                let node = forest.nodes.get(node_idx)?;
                if node.is_leaf() {
                    self.steps[first + place] = Step::leaf(place, node.value)?;
                    continue;
                }
                if node.column() >= self.n_features || self.steps.len() + 2 > at_most {
                    return None;
                }
                let left = self.steps.len() - first;
                let step = Step::split(node, left)?;
                self.steps[first + place] = step;
                // Both are overwritten in the next round.
                self.steps.extend([step; 2]);
                let left_idx = node.left as usize;
                next_level.extend([(left_idx, left), (left_idx + 1, left + 1)]);
            }
            if next_level.is_empty() {
                break;
            }
            level = next_level;
            depth += 1;
        }
        self.groups.push(Group {
            steps: first..self.steps.len(),
            depth,
        });
        Some(())
    }

    /// See [`Forest::raw_score`].
    pub(super) fn raw_score(&self, base: f64, row: &[f32]) -> f64 {
        let mut spread = self.unknown_row();
        spread_row(row.iter().copied(), &mut spread);
        let row = spread.as_flattened();
        self.groups
            .iter()
            .fold(base, |score, group| self.add_group(group, row, score))
    }

    /// See [`Predictor::raw_scores`](super::Predictor::raw_scores).
    pub(super) fn raw_scores(&self, base: f64, rows: ArrayView2<'_, f32>) -> Vec<f64> {
        let mut scores = vec![base; rows.nrows()];
        let mut spread = vec![self.unknown_row(); ROWS_AT_ONCE.min(rows.nrows())];
        let blocks = rows.axis_chunks_iter(Axis(0), ROWS_AT_ONCE);
        for (block, scores) in blocks.zip(scores.chunks_mut(ROWS_AT_ONCE)) {
            for (row, spread) in block.outer_iter().zip(&mut spread) {
                spread_row(row.iter().copied(), spread);
            }
            for group in &self.groups {
                for (score, row) in scores.iter_mut().zip(&spread) {
                    *score = self.add_group(group, row.as_flattened(), *score);
                }
            }
        }
        scores
    }

    /// Adds the leaves of a group's trees to the score, in the trees' order: the sum is that of a
    /// walk tree by tree, to the bit.
    #[inline]
    fn add_group(&self, group: &Group, row: &[f32], mut score: f64) -> f64 {
        let steps = &self.steps[group.steps.clone()];
        let mut lanes: [usize; LANES] = std::array::from_fn(|lane| lane);
        for _ in 0..group.depth.min(STEPS_UNSEEN) {
            for lane in &mut lanes {
                *lane = steps[*lane].next(row);
            }
        }
        if group.depth > STEPS_UNSEEN {
            lanes = walk_deeper(steps, row, lanes, group.depth - STEPS_UNSEEN);
        }
        for lane in lanes {
            score += f64::from(steps[lane].threshold);
        }
        score
    }

    fn unknown_row(&self) -> SpreadRow {
        vec![MISSING; self.n_features + 1]
    }
}

/// The steps after the first ones, until all lanes have arrived. Apart, so that forests without
/// deep trees do not pay for it.
#[inline(never)]
fn walk_deeper(
    steps: &[Step],
    row: &[f32],
    mut lanes: [usize; LANES],
    mut ahead: usize,
) -> [usize; LANES] {
    while ahead > 0 && !lanes.iter().all(|lane| steps[*lane].is_leaf()) {
        for _ in 0..ahead.min(STEPS_UNSEEN) {
            for lane in &mut lanes {
                *lane = steps[*lane].next(row);
            }
        }
        ahead = ahead.saturating_sub(STEPS_UNSEEN);
    }
    lanes
}

/// Fills in the columns that the row has; the others stay as they are.
fn spread_row(row: impl Iterator<Item = f32>, spread: &mut SpreadRow) {
    for (value, pair) in row.zip(spread.iter_mut().skip(1)) {
        *pair = if value.is_nan() {
            MISSING
        } else {
            [value, value]
        };
    }
}

/// An [`Interleaved`] that is built when it is first asked for. To serde and to `==` it is not
/// there: it follows from the forest.
#[derive(Clone, Default, Debug)]
pub(super) struct Derived(OnceLock<Option<Arc<Interleaved>>>);

impl Derived {
    pub(super) fn of(&self, forest: &Forest) -> Option<&Interleaved> {
        self.0
            .get_or_init(|| Interleaved::new(forest).map(Arc::new))
            .as_deref()
    }
}

impl PartialEq for Derived {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::estimator::forest::MISSING_LEFT;

    /// Numbers from a seed.
    struct Noise(u64);

    impl Noise {
        fn below(&mut self, end: usize) -> usize {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) as usize % end
        }

        fn pick(&mut self, numbers: &[f32]) -> f32 {
            numbers[self.below(numbers.len())]
        }
    }

    /// Few different ones, so that rows hit them; all finite.
    const THRESHOLDS: [f32; 8] = [
        -0.0,
        0.0,
        1.5,
        -1.5,
        f32::MIN,
        f32::MAX,
        f32::MIN_POSITIVE,
        1e-45,
    ];

    /// What no threshold can be, and what none is.
    const OTHER_VALUES: [f32; 6] = [
        f32::NAN,
        -f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
        1.0,
        -3.0,
    ];

    fn leaf(value: f32) -> Node {
        Node {
            threshold: 0.0,
            value,
            column: 0,
            left: 0,
        }
    }

    /// Trees of any shape: each split takes a leaf at random, or always the last one (a chain).
    fn random_forest(
        noise: &mut Noise,
        n_features: usize,
        n_trees: usize,
        n_splits: usize,
    ) -> Forest {
        let mut forest = Forest {
            gains: vec![0.0; n_features],
            ..Forest::empty(n_features, noise.pick(&[-0.0, 0.5, -3.25]).into())
        };
        for _ in 0..n_trees {
            let root = forest.nodes.len();
            forest.roots.push(root as u32);
            let value = |noise: &mut Noise| noise.pick(&[-0.0, 0.1, -7.3, 1e-20, 3e8]);
            forest.nodes.push(leaf(value(noise)));
            let is_chain = noise.below(4) == 0;
            for _ in 0..noise.below(n_splits + 1) {
                let end = forest.nodes.len();
                let split = if is_chain {
                    end - 1
                } else {
                    root + noise.below(end - root)
                };
                let missing_left = [0, MISSING_LEFT][noise.below(2)];
                let node = &mut forest.nodes[split];
                if node.left == 0 {
                    node.left = end as u32;
                    node.threshold = noise.pick(&THRESHOLDS);
                    node.column = noise.below(n_features) as u32 | missing_left;
                    let children = [leaf(value(noise)), leaf(value(noise))];
                    forest.nodes.extend(children);
                }
            }
        }
        forest.check().unwrap();
        forest
    }

    fn random_rows(noise: &mut Noise, n_rows: usize, n_columns: usize) -> Array2<f32> {
        Array2::from_shape_fn((n_rows, n_columns), |_| match noise.below(3) {
            0 => noise.pick(&OTHER_VALUES),
            _ => noise.pick(&THRESHOLDS),
        })
    }

    /// The forest's definition: tree by tree, node by node.
    fn expected_score(forest: &Forest, row: &[f32]) -> f64 {
        let mut score = forest.base;
        for root in &forest.roots {
            let mut node = forest.nodes[*root as usize];
            while node.left != 0 {
                let value = row.get(node.column()).copied().unwrap_or(f32::NAN);
                let is_left = if value.is_nan() {
                    node.is_missing_left()
                } else {
                    value < node.threshold
                };
                node = forest.nodes[node.left as usize + usize::from(!is_left)];
            }
            score += f64::from(node.value);
        }
        score
    }

    #[track_caller]
    fn check_scores(forest: &Forest, rows: &Array2<f32>) {
        let scores = forest.raw_scores(rows.view());
        assert_eq!(scores.len(), rows.nrows());
        for (row, score) in rows.outer_iter().zip(scores) {
            let row = row.to_vec();
            let expected = expected_score(forest, &row).to_bits();
            assert_eq!(score.to_bits(), expected, "{row:?}");
            assert_eq!(forest.raw_score(&row).to_bits(), expected, "{row:?}");
            assert_eq!(forest.walk(&row).to_bits(), expected, "{row:?}");
            let contributions = forest.contributions(&row).raw_score();
            let size: f64 = forest
                .nodes
                .iter()
                .map(|node| f64::from(node.value.abs()))
                .sum();
            assert!((contributions - f64::from_bits(expected)).abs() <= 1e-9 * (1.0 + size));
        }
    }

    #[test]
    fn steps_are_8_bytes() {
        assert_eq!(size_of::<Step>(), 8);
    }

    #[test]
    fn every_forest_scores_as_its_nodes_say() {
        for seed in 0..200 {
            let noise = &mut Noise(seed);
            let n_features = 1 + noise.below(6);
            let n_trees = noise.below(3 * LANES + 2);
            let n_splits = [0, 3, 20, 120][noise.below(4)];
            let forest = random_forest(noise, n_features, n_trees, n_splits);
            assert!(forest.derived.of(&forest).is_some());
            // Rows too short, of the right length, and too long.
            let n_columns = n_features - 1 + noise.below(3);
            let n_rows = noise.below(2 * ROWS_AT_ONCE + 2);
            check_scores(&forest, &random_rows(noise, n_rows, n_columns));
        }
    }

    /// One tree that splits its right-most leaf again and again.
    fn chain(n_splits: u32) -> Forest {
        let mut forest = Forest::empty(1, 0.0);
        forest.roots.push(0);
        forest.nodes.push(leaf(0.0));
        for split in 0..n_splits {
            let end = forest.nodes.len();
            forest.nodes[end - 1].left = end as u32;
            forest.nodes[end - 1].threshold = split as f32;
            forest.nodes.extend([leaf(split as f32), leaf(-1.0)]);
        }
        forest.check().unwrap();
        forest
    }

    #[test]
    fn what_does_not_fit_is_walked() {
        let rows = Array2::from_shape_vec((4, 1), vec![f32::NAN, -1.0, 40_000.0, 1e9]);
        let rows = rows.expect("four rows of one column");
        for (n_splits, fits) in [(32_760, true), (32_761, false), (70_000, false)] {
            let forest = chain(n_splits);
            assert_eq!(forest.derived.of(&forest).is_some(), fits, "{n_splits}");
            check_scores(&forest, &rows);
        }
        for (n_features, fits) in [(32_766, true), (32_767, true), (32_768, false)] {
            let mut forest = chain(1);
            forest.nodes[0].column = n_features - 1;
            forest.n_features = n_features;
            forest.gains = vec![0.0; n_features as usize];
            forest.derived = Derived::default();
            assert_eq!(forest.derived.of(&forest).is_some(), fits, "{n_features}");
        }
    }

    #[test]
    fn what_check_refuses_builds_nothing() {
        #[track_caller]
        fn check(change: impl FnOnce(&mut Forest)) {
            let mut forest = chain(2);
            change(&mut forest);
            assert!(forest.check().is_err());
            assert!(Interleaved::new(&forest).is_none());
        }
        check(|forest| forest.roots.push(9));
        check(|forest| forest.roots = vec![0; 100]);
        check(|forest| forest.nodes[0].column = 1);
        check(|forest| forest.nodes[2].left = 1);
        check(|forest| forest.nodes[2].left = 4);
    }

    #[test]
    fn it_is_not_part_of_what_is_stored_or_compared() {
        let forest = chain(2);
        let stored = postcard::to_stdvec(&forest).unwrap();
        let opened: Forest = postcard::from_bytes(&stored).unwrap();
        assert!(forest.derived.0.get().is_some() && opened.derived.0.get().is_none());
        assert_eq!(opened, forest);
    }
}
