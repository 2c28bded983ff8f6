//! One walk over the ranked rows, from the highest score to the lowest, and what it counts.
//!
//! Every row counts as often as its cluster was drawn, so the same walk serves the rows as they
//! are (each once) and every bootstrap resample. Nothing here is rounded.
//!
//! - ROC-AUC: probability that a random positive row scores above a random negative one, ties
//!   counting half (Hanley and McNeil 1982); exact, by trapezoids between the steps.
//! - Average precision: sum over the steps of (R_k - R_(k-1)) P_k, with recall R and precision P
//!   at the end of step k (as scikit-learn's `average_precision_score`; no interpolation, which
//!   Davis and Goadrich 2006 show to be optimistic). Scaled to the base rate by scaling P.

use super::counts::Scale;
use super::ranking::{Clusters, Ranking, allowed_negatives, needed_positives};
use super::slice::Cells;
use super::{BaseRate, Counts, Slice, Statistic};

/// Recall is looked at in so many steps, at 1/100, 2/100, ...
pub(crate) const N_RECALLS: usize = 100;

/// Workloads at which recall is looked at: every 0.5 % up to 10 %, then every 1 %.
pub(crate) const N_WORKLOADS: usize = 111;

/// Slack in comparing workloads, so that the last of them, which is all edits, is reached.
const ROUNDING: f64 = 1e-9;

/// False positive rates of unattended use.
pub(crate) const FALSE_POSITIVE_RATES: [f64; 3] = [0.001, 0.0025, 0.01];

/// The workload of that index.
pub(crate) fn workload(idx: usize) -> f64 {
    if idx < 20 {
        idx as f64 / 200.0
    } else {
        (idx as f64 - 10.0) / 100.0
    }
}

/// Cuts (numbers of rows flagged) at which a sweep takes note.
#[derive(Clone, Debug)]
pub(crate) struct Marks {
    /// Where it counts every cell; the first is 0.
    cells: Vec<usize>,
    /// Where it only counts rows by label, which takes a fraction of the memory.
    totals: Vec<usize>,
}

impl Marks {
    pub(crate) fn new(mut cuts: Vec<usize>) -> Self {
        cuts.push(0);
        cuts.sort_unstable();
        cuts.dedup();
        Self {
            cells: cuts,
            totals: Vec::new(),
        }
    }

    /// Also counts rows by label at these cuts, which rise and are not 0.
    pub(crate) fn with_totals(self, cuts: Vec<usize>) -> Self {
        Self {
            totals: cuts,
            ..self
        }
    }
}

/// What one walk counted.
#[derive(Clone, Debug)]
pub(crate) struct Sweep {
    /// Rows of each cell.
    all: Cells,
    /// What is flagged at each mark.
    flagged: Vec<Flagged>,
    /// Flagged (positives, negatives) at each of the marks for totals.
    totals: Vec<(u64, u64)>,
    /// What rows of each label stand for.
    pub(crate) scale: Scale,
    pub(crate) roc_auc: Option<f64>,
    /// Average precision at the sample rate.
    pub(crate) average_precision: Option<f64>,
    /// Average precision at the base rate.
    pub(crate) scaled_average_precision: Option<f64>,
    /// Flagged (positives, negatives) at the first cut that reaches each recall.
    at_recalls: [(u64, u64); N_RECALLS],
    /// Caught positives at the last cut within each of [`FALSE_POSITIVE_RATES`].
    at_false_positive_rates: [u64; FALSE_POSITIVE_RATES.len()],
    /// Recall at each workload, between two cuts by straight line; NaN when it does not exist.
    at_workloads: Vec<f32>,
    /// Sum of (score - label) squared.
    square_error: f64,
    /// Sum of score - label.
    error: f64,
}

/// The rows above a mark.
#[derive(Clone, Copy, Debug)]
struct Flagged {
    /// How many there are in each cell.
    cells: Cells,
    /// The sum of their scores.
    score_sum: f64,
}

impl Flagged {
    const NONE: Self = Self {
        cells: Cells::ZERO,
        score_sum: 0.0,
    };
}

impl Sweep {
    /// Walks over the ranking, counting each row as often as `times` says of its cluster.
    pub(crate) fn new(
        ranking: &Ranking,
        clusters: &Clusters,
        times: &[u32],
        marks: &Marks,
        base_rate: Option<BaseRate>,
    ) -> Self {
        let all = clusters.totals(times);
        let scale = Scale::new(all.0, all.1, base_rate);
        let mut walk = Walk::new(all, scale);
        let mut above = Flagged::NONE;
        let mut flagged = Vec::with_capacity(marks.cells.len());
        flagged.push(above);
        let mut totals = Vec::with_capacity(marks.totals.len());
        let mut start = 0;
        for &end in &ranking.steps {
            let (mut positives, mut negatives) = (0, 0);
            for (cell_idx, cluster) in ranking.cells[start..end]
                .iter()
                .zip(&ranking.clusters[start..end])
            {
                let times = times[*cluster as usize];
                above.cells.add(*cell_idx, times);
                *if cell_idx.label() {
                    &mut positives
                } else {
                    &mut negatives
                } += u64::from(times);
            }
            if positives + negatives > 0 {
                walk.step(positives, negatives);
                above.score_sum += (positives + negatives) as f64 * ranking.scores[start];
            }
            start = end;
            if marks.cells.get(flagged.len()) == Some(&end) {
                flagged.push(above);
            }
            if marks.totals.get(totals.len()) == Some(&end) {
                totals.push(walk.flagged);
            }
        }
        let sum = |errors: &[f64]| {
            let repeated = errors.iter().zip(times);
            repeated
                .map(|(error, &times)| error * f64::from(times))
                .sum()
        };
        let errors = (sum(&ranking.square_errors), sum(&ranking.errors));
        walk.finish(above.cells, flagged, totals, errors)
    }

    /// All rows of a group: (positives, negatives).
    pub(crate) fn count(&self, slice: Slice) -> (u64, u64) {
        self.all.count(slice)
    }

    /// The rows of a group that are flagged at a mark: (positives, negatives).
    pub(crate) fn flagged(&self, marks: &Marks, cut: usize, slice: Slice) -> (u64, u64) {
        self.above(marks, cut).cells.count(slice)
    }

    /// The sum of the scores of the rows that are flagged at a mark.
    pub(crate) fn score_sum(&self, marks: &Marks, cut: usize) -> f64 {
        self.above(marks, cut).score_sum
    }

    fn above(&self, marks: &Marks, cut: usize) -> &Flagged {
        let mark_idx = marks.cells.binary_search(&cut).unwrap_or(0);
        self.flagged.get(mark_idx).unwrap_or(&Flagged::NONE)
    }

    /// A statistic of all rows at one of the marks for totals.
    pub(crate) fn statistic_of_total(&self, mark_idx: usize, statistic: Statistic) -> Option<f64> {
        Counts::new(*self.totals.get(mark_idx)?, self.count(Slice::All))
            .scaled_statistic(statistic, self.scale)
    }

    /// A statistic of a group at a mark.
    pub(crate) fn statistic(
        &self,
        marks: &Marks,
        cut: usize,
        slice: Slice,
        statistic: Statistic,
    ) -> Option<f64> {
        Counts::new(self.flagged(marks, cut, slice), self.count(slice))
            .scaled_statistic(statistic, self.scale)
    }

    /// A statistic at the first cut that reaches a recall of `(recall_idx + 1) / 100`: the cut
    /// is looked for in this sweep, not taken from another.
    pub(crate) fn statistic_at_recall(
        &self,
        recall_idx: usize,
        statistic: Statistic,
    ) -> Option<f64> {
        let flagged = *self.at_recalls.get(recall_idx)?;
        // Without positive rows no recall is reached.
        (flagged.0 > 0)
            .then(|| Counts::new(flagged, self.count(Slice::All)))?
            .scaled_statistic(statistic, self.scale)
    }

    /// Recall at the last cut within one of [`FALSE_POSITIVE_RATES`], looked for in this sweep.
    pub(crate) fn recall_at_false_positive_rate(&self, idx: usize) -> Option<f64> {
        let (positives, negatives) = self.count(Slice::All);
        (positives > 0 && negatives > 0)
            .then(|| self.at_false_positive_rates[idx] as f64 / positives as f64)
    }

    /// Recall when the workload of that index is spent.
    pub(crate) fn recall_at_workload(&self, idx: usize) -> Option<f64> {
        self.at_workloads
            .get(idx)
            .map(|&recall| f64::from(recall))
            .filter(|recall| !recall.is_nan())
    }

    /// Mean of (score - label) squared: the Brier score when scores are probabilities.
    pub(crate) fn mean_square_error(&self) -> Option<f64> {
        let (positives, negatives) = self.count(Slice::All);
        super::counts::ratio(self.square_error, (positives + negatives) as f64)
    }

    /// Mean of score - label: by how much probabilities are too high on the whole.
    pub(crate) fn mean_error(&self) -> Option<f64> {
        let (positives, negatives) = self.count(Slice::All);
        super::counts::ratio(self.error, (positives + negatives) as f64)
    }
}

/// The state between two steps of a walk.
struct Walk {
    all: (u64, u64),
    flagged: (u64, u64),
    scale: Scale,
    /// Pairs of a positive and a negative row in the right order, ties half.
    n_ordered_pairs: f64,
    precisions: f64,
    scaled_precisions: f64,
    needed: [u64; N_RECALLS],
    at_recalls: [(u64, u64); N_RECALLS],
    n_recalls: usize,
    allowed: [u64; FALSE_POSITIVE_RATES.len()],
    at_false_positive_rates: [u64; FALSE_POSITIVE_RATES.len()],
    at_workloads: Vec<f32>,
    /// What all rows stand for.
    sum_of_all: f64,
    /// What the flagged rows stand for when the next of the workloads is reached.
    wanted: f64,
    /// What the flagged rows stood for at the last step, and how many of them were positive.
    last: (f64, f64),
}

impl Walk {
    fn new(all: (u64, u64), scale: Scale) -> Self {
        let needed = |idx: usize| {
            needed_positives((idx + 1) as f64 / N_RECALLS as f64, all.0).unwrap_or(u64::MAX)
        };
        Self {
            all,
            flagged: (0, 0),
            scale,
            n_ordered_pairs: 0.0,
            precisions: 0.0,
            scaled_precisions: 0.0,
            needed: std::array::from_fn(needed),
            at_recalls: [(0, 0); N_RECALLS],
            n_recalls: 0,
            allowed: FALSE_POSITIVE_RATES.map(|rate| allowed_negatives(rate, all.1)),
            at_false_positive_rates: [0; FALSE_POSITIVE_RATES.len()],
            at_workloads: Vec::with_capacity(N_WORKLOADS),
            sum_of_all: scale.sum(all),
            // Nothing can be caught where nothing is positive.
            wanted: if all.0 > 0 { 0.0 } else { f64::INFINITY },
            last: (0.0, 0.0),
        }
    }

    /// Flags the rows of one step.
    fn step(&mut self, positives: u64, negatives: u64) {
        let below = self.flagged.0 as f64 + positives as f64 / 2.0;
        self.n_ordered_pairs += negatives as f64 * below;
        self.flagged = (self.flagged.0 + positives, self.flagged.1 + negatives);
        if positives > 0 {
            let precision = |scale: Scale| scale.precision(self.flagged).unwrap_or(0.0);
            let unscaled = Scale {
                positive: 1.0,
                negative: 1.0,
            };
            self.precisions += positives as f64 * precision(unscaled);
            self.scaled_precisions += positives as f64 * precision(self.scale);
            while self
                .needed
                .get(self.n_recalls)
                .is_some_and(|needed| *needed <= self.flagged.0)
            {
                self.at_recalls[self.n_recalls] = self.flagged;
                self.n_recalls += 1;
            }
        }
        for (caught, allowed) in self.at_false_positive_rates.iter_mut().zip(self.allowed) {
            if self.flagged.1 <= allowed {
                *caught = self.flagged.0;
            }
        }
        self.pass_workloads();
    }

    /// Notes the recall at each workload that lies between the last step and this one.
    fn pass_workloads(&mut self) {
        let here = (self.scale.sum(self.flagged), self.flagged.0 as f64);
        // Compared as sums, because this is done at every step and division is slow.
        while here.0 >= self.wanted {
            let wanted = workload(self.at_workloads.len()) * self.sum_of_all;
            let part = ((wanted - self.last.0) / (here.0 - self.last.0)).clamp(0.0, 1.0);
            let caught = self.last.1 + part * (here.1 - self.last.1);
            self.at_workloads.push((caught / self.all.0 as f64) as f32);
            self.wanted = if self.at_workloads.len() < N_WORKLOADS {
                (workload(self.at_workloads.len()) - ROUNDING) * self.sum_of_all
            } else {
                f64::INFINITY
            };
        }
        self.last = here;
    }

    fn finish(
        mut self,
        all: Cells,
        flagged: Vec<Flagged>,
        totals: Vec<(u64, u64)>,
        (square_error, error): (f64, f64),
    ) -> Sweep {
        let (positives, negatives) = (self.all.0 as f64, self.all.1 as f64);
        let has_both = self.all.0 > 0 && self.all.1 > 0;
        self.at_workloads.resize(N_WORKLOADS, f32::NAN);
        Sweep {
            all,
            flagged,
            totals,
            scale: self.scale,
            roc_auc: has_both.then(|| self.n_ordered_pairs / (positives * negatives)),
            average_precision: has_both.then(|| self.precisions / positives),
            scaled_average_precision: has_both.then(|| self.scaled_precisions / positives),
            at_recalls: self.at_recalls,
            at_false_positive_rates: self.at_false_positive_rates,
            at_workloads: self.at_workloads,
            square_error,
            error,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::evaluation::testing::outcomes;

    fn sweep(rows: &[(f64, bool)], times: Option<&[u32]>, base_rate: Option<f64>) -> Sweep {
        let outcomes = outcomes(rows);
        let clusters = Clusters::new(&outcomes).unwrap();
        let ranking = Ranking::of_probabilities(&outcomes, &clusters).unwrap();
        let once = vec![1; rows.len()];
        let base_rate = base_rate.map(|rate| BaseRate::new(rate).unwrap());
        Sweep::new(
            &ranking,
            &clusters,
            times.unwrap_or(&once),
            &Marks::new(vec![]),
            base_rate,
        )
    }

    #[track_caller]
    fn check_areas(rows: &[(f64, bool)], roc_auc: Option<f64>, average_precision: Option<f64>) {
        let sweep = sweep(rows, None, None);
        let is_near = |got: Option<f64>, expected: Option<f64>| match (got, expected) {
            (Some(got), Some(expected)) => (got - expected).abs() < 1e-12,
            (got, expected) => got == expected,
        };
        assert!(
            is_near(sweep.roc_auc, roc_auc),
            "ROC-AUC {:?}, expected {roc_auc:?}",
            sweep.roc_auc
        );
        let got = sweep.average_precision;
        assert!(
            is_near(got, average_precision),
            "average precision {got:?}, expected {average_precision:?}"
        );
    }

    #[test]
    fn areas_of_small_rankings() {
        check_areas(&[(0.9, true), (0.1, false)], Some(1.0), Some(1.0));
        check_areas(&[(0.1, true), (0.9, false)], Some(0.0), Some(0.5));
        check_areas(&[(0.5, true), (0.5, false)], Some(0.5), Some(0.5));
        // Pairs in order: 0.8 over both, 0.35 over one of two. Precision 1/1 and 2/3.
        check_areas(
            &[(0.1, false), (0.4, false), (0.35, true), (0.8, true)],
            Some(0.75),
            Some(0.5 + 0.5 * 2.0 / 3.0),
        );
        check_areas(&[(0.3, true), (0.2, true)], None, None);
        check_areas(&[(0.3, false)], None, None);
    }

    #[test]
    fn average_precision_is_scaled_by_precision() {
        // Precision at the two positives: 1, and 2 of 3 among rows that are half positive; at a
        // base rate of 0.1 the second is 0.2 / (0.2 + 0.9).
        let sweep = sweep(
            &[(0.1, false), (0.4, false), (0.35, true), (0.8, true)],
            None,
            Some(0.1),
        );
        let got = sweep.scaled_average_precision.unwrap();
        assert!(
            (got - (0.5 + 0.5 * 0.2 / (0.2 + 0.9))).abs() < 1e-12,
            "{got}"
        );
    }

    #[test]
    fn workload_at_recall_stops_at_the_first_threshold_that_reaches_it() {
        let rows = [
            (0.9, true),
            (0.8, false),
            (0.7, true),
            (0.6, false),
            (0.5, false),
        ];
        let sweep = sweep(&rows, None, None);
        for (recall_idx, workload) in [(0, 0.2), (49, 0.2), (50, 0.6), (99, 0.6)] {
            assert_eq!(
                sweep.statistic_at_recall(recall_idx, Statistic::MatchRate),
                Some(workload),
                "{recall_idx}"
            );
        }
    }

    #[test]
    fn recall_rises_in_straight_lines_between_cuts() {
        let sweep = sweep(
            &[(0.9, true), (0.1, false), (0.1, true), (0.1, false)],
            None,
            None,
        );
        for (percent, recall) in [(0, 0.0), (10, 0.2), (25, 0.5), (55, 0.7), (100, 1.0)] {
            let idx = (0..N_WORKLOADS)
                .find(|&idx| (workload(idx) * 100.0 - f64::from(percent)).abs() < 1e-9)
                .unwrap();
            let got = sweep.recall_at_workload(idx).unwrap();
            assert!((got - recall).abs() < 1e-6, "{percent} %: {got}");
        }
        assert_eq!(workload(N_WORKLOADS - 1), 1.0);
    }

    fn brute_force_roc_auc(rows: &[(f64, bool)]) -> f64 {
        let of = |label| {
            rows.iter()
                .filter(move |row| row.1 == label)
                .map(|row| row.0)
        };
        let mut sum = 0.0;
        for positive in of(true) {
            for negative in of(false) {
                sum += match positive.total_cmp(&negative) {
                    std::cmp::Ordering::Greater => 1.0,
                    std::cmp::Ordering::Equal => 0.5,
                    std::cmp::Ordering::Less => 0.0,
                };
            }
        }
        sum / (of(true).count() * of(false).count()) as f64
    }

    fn brute_force_average_precision(rows: &[(f64, bool)]) -> f64 {
        let n_positive = rows.iter().filter(|row| row.1).count() as f64;
        let precision_at = |threshold: f64| {
            let flagged: Vec<_> = rows.iter().filter(|row| row.0 >= threshold).collect();
            flagged.iter().filter(|row| row.1).count() as f64 / flagged.len() as f64
        };
        rows.iter()
            .filter(|row| row.1)
            .map(|row| precision_at(row.0))
            .sum::<f64>()
            / n_positive
    }

    fn rows() -> impl Strategy<Value = Vec<(f64, bool)>> {
        proptest::collection::vec(
            ((0..20u8).prop_map(|p| f64::from(p) / 20.0), any::<bool>()),
            2..60,
        )
        .prop_filter("both labels", |rows| {
            rows.iter().any(|row| row.1) && rows.iter().any(|row| !row.1)
        })
    }

    proptest! {
        #[test]
        fn areas_equal_their_definitions(rows in rows()) {
            let sweep = sweep(&rows, None, None);
            prop_assert!((sweep.roc_auc.unwrap() - brute_force_roc_auc(&rows)).abs() < 1e-9);
            let expected = brute_force_average_precision(&rows);
            prop_assert!((sweep.average_precision.unwrap() - expected).abs() < 1e-9);
        }

        /// Counting a row twice is the same as having it twice.
        #[test]
        fn a_row_drawn_twice_counts_as_two_rows(rows in rows(), seed in any::<u64>()) {
            let times: Vec<u32> = (0..rows.len()).map(|idx| (seed >> (idx % 62)) as u32 % 3).collect();
            let repeated: Vec<_> =
                rows.iter().zip(&times).flat_map(|(row, &times)| vec![*row; times as usize]).collect();
            prop_assume!(!repeated.is_empty());
            let drawn = sweep(&rows, Some(&times), Some(0.3));
            let plain = sweep(&repeated, None, Some(0.3));
            prop_assert_eq!(drawn.at_recalls, plain.at_recalls);
            prop_assert_eq!(drawn.at_false_positive_rates, plain.at_false_positive_rates);
            let near = |a: Option<f64>, b: Option<f64>| match (a, b) {
                (Some(a), Some(b)) => (a - b).abs() < 1e-9,
                (a, b) => a == b,
            };
            prop_assert!(near(drawn.roc_auc, plain.roc_auc));
            prop_assert!(near(drawn.scaled_average_precision, plain.scaled_average_precision));
            prop_assert!(near(drawn.mean_square_error(), plain.mean_square_error()));
            for idx in 0..N_WORKLOADS {
                prop_assert!(near(drawn.recall_at_workload(idx), plain.recall_at_workload(idx)));
            }
        }
    }
}
