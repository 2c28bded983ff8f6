//! Rows in the order in which a threshold reaches them.
//!
//! Built once for a scorer; everything that is counted later is counted by walking over it. A
//! threshold can only lie between two different scores, so rows with the same score form one
//! step, and every cut is the end of a step.

use super::slice::CellIdx;
use super::{EvaluationError, Outcome, Probability, Slice};
use crate::revision::PageId;

/// Rows sorted by falling score.
pub(crate) struct Ranking {
    /// Each row's score.
    pub(crate) scores: Vec<f64>,
    /// Each row's cell.
    pub(crate) cells: Vec<CellIdx>,
    /// Each row's cluster.
    pub(crate) clusters: Vec<u32>,
    /// The number of rows up to the end of each step, rising; the last is all rows.
    pub(crate) steps: Vec<usize>,
    /// Sum over each cluster's rows of (score - label) squared.
    pub(crate) square_errors: Vec<f64>,
    /// Sum over each cluster's rows of score - label.
    pub(crate) errors: Vec<f64>,
}

/// What the bootstrap resamples: rows that belong together.
pub(crate) struct Clusters {
    /// Each row's cluster, in the order of the outcomes.
    of_rows: Vec<u32>,
    /// Rows of each cluster: (labelled true, labelled false).
    pub(crate) counts: Vec<(u32, u32)>,
    /// The number of different known pages.
    pub(crate) n_pages: usize,
    /// Whether clusters are single rows, because fewer than two pages are known.
    pub(crate) are_rows: bool,
}

impl Clusters {
    /// One cluster a page, numbered by page id. Rows of unknown pages are clusters of their own;
    /// so is every row when all are of one page, because resampling one page shows no spread.
    pub(crate) fn new(outcomes: &[Outcome]) -> Result<Self, EvaluationError> {
        if outcomes.is_empty() {
            return Err(EvaluationError::NoRows);
        }
        if u32::try_from(outcomes.len()).is_err() {
            return Err(EvaluationError::TooManyRows {
                got: outcomes.len(),
            });
        }
        let mut order: Vec<usize> = (0..outcomes.len()).collect();
        order.sort_by_key(|&idx| outcomes[idx].page);
        let is_same_page = |a: PageId, b: PageId| a == b && a != PageId(0);
        let n_pages = order
            .chunk_by(|&a, &b| outcomes[a].page == outcomes[b].page)
            .filter(|rows| rows.iter().any(|&idx| outcomes[idx].page != PageId(0)))
            .count();
        let n_unknown = outcomes
            .iter()
            .filter(|outcome| outcome.page == PageId(0))
            .count();
        let are_rows = n_pages + n_unknown < 2 || n_pages == 0;

        let mut of_rows = vec![0; outcomes.len()];
        let mut counts: Vec<(u32, u32)> = Vec::new();
        let is_same =
            |&a: &usize, &b: &usize| !are_rows && is_same_page(outcomes[a].page, outcomes[b].page);
        for (cluster, rows) in (0..).zip(order.chunk_by(is_same)) {
            let mut count = (0, 0);
            for &idx in rows {
                of_rows[idx] = cluster;
                *if outcomes[idx].label {
                    &mut count.0
                } else {
                    &mut count.1
                } += 1;
            }
            counts.push(count);
        }
        Ok(Self {
            of_rows,
            counts,
            n_pages,
            are_rows,
        })
    }

    /// Rows by label when each cluster is taken so many times: (positives, negatives).
    pub(crate) fn totals(&self, times: &[u32]) -> (u64, u64) {
        self.counts
            .iter()
            .zip(times)
            .fold((0, 0), |(positives, negatives), (count, &times)| {
                let times = u64::from(times);
                (
                    positives + times * u64::from(count.0),
                    negatives + times * u64::from(count.1),
                )
            })
    }
}

impl Ranking {
    /// Ranks outcomes by their own probabilities, which are checked here.
    pub(crate) fn of_probabilities(
        outcomes: &[Outcome],
        clusters: &Clusters,
    ) -> Result<Self, EvaluationError> {
        let probabilities: Vec<f64> = outcomes
            .iter()
            .map(|outcome| {
                Probability::new(outcome.probability)
                    .map(Probability::get)
                    .map_err(|_| EvaluationError::Probability {
                        revision: outcome.revision,
                        got: outcome.probability,
                    })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self::new(outcomes, &probabilities, clusters))
    }

    /// Ranks outcomes by another scorer's numbers, one a row, which need not be probabilities.
    pub(crate) fn of_scores(
        outcomes: &[Outcome],
        name: &str,
        scores: &[f64],
        clusters: &Clusters,
    ) -> Result<Self, EvaluationError> {
        if scores.len() != outcomes.len() {
            let (expected, got) = (outcomes.len(), scores.len());
            return Err(EvaluationError::ScoreCount {
                name: name.to_owned(),
                expected,
                got,
            });
        }
        match outcomes
            .iter()
            .zip(scores)
            .find(|(_, score)| score.is_nan())
        {
            Some((outcome, &got)) => Err(EvaluationError::Score {
                name: name.to_owned(),
                revision: outcome.revision,
                got,
            }),
            None => Ok(Self::new(outcomes, scores, clusters)),
        }
    }

    fn new(outcomes: &[Outcome], scores: &[f64], clusters: &Clusters) -> Self {
        let mut order: Vec<usize> = (0..outcomes.len()).collect();
        order.sort_unstable_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
        let mut square_errors = vec![0.0; clusters.counts.len()];
        let mut errors = vec![0.0; clusters.counts.len()];
        for (row_idx, outcome) in outcomes.iter().enumerate() {
            let error = scores[row_idx] - f64::from(u8::from(outcome.label));
            square_errors[clusters.of_rows[row_idx] as usize] += error * error;
            errors[clusters.of_rows[row_idx] as usize] += error;
        }
        let steps = order
            .chunk_by(|&a, &b| scores[a] == scores[b])
            .scan(0, |end, rows| {
                *end += rows.len();
                Some(*end)
            })
            .collect();
        Self {
            scores: order.iter().map(|&idx| scores[idx]).collect(),
            cells: order
                .iter()
                .map(|&idx| CellIdx::of(&outcomes[idx]))
                .collect(),
            clusters: order.iter().map(|&idx| clusters.of_rows[idx]).collect(),
            steps,
            square_errors,
            errors,
        }
    }

    /// The number of rows.
    pub(crate) fn n_rows(&self) -> usize {
        self.scores.len()
    }

    /// The score that a cut flags down to; `None` for the cut that flags nothing.
    pub(crate) fn threshold_at(&self, cut: usize) -> Option<f64> {
        cut.checked_sub(1)
            .and_then(|last| self.scores.get(last))
            .copied()
    }

    /// The cut that flags every row with at least this score.
    pub(crate) fn cut_at_threshold(&self, threshold: f64) -> usize {
        self.scores.partition_point(|&score| score >= threshold)
    }

    /// The first cut that flags at least this share of a group's labelled-true rows; `None` when
    /// the group has none.
    pub(crate) fn cut_at_recall(&self, slice: Slice, target: f64) -> Option<usize> {
        let n_positive = self.rows_of(slice, true).count() as u64;
        let needed = needed_positives(target, n_positive)?;
        let nth = usize::try_from(needed - 1).ok()?;
        let row_idx = self.rows_of(slice, true).nth(nth)?;
        self.end_of_step(row_idx)
    }

    /// The cut that catches the most labelled-true rows while it flags at most this share of the
    /// labelled-false ones, and of several such cuts the first; it may be 0, which flags nothing.
    /// `None` when no row is labelled false.
    pub(crate) fn cut_at_false_positive_rate(&self, limit: f64) -> Option<usize> {
        let n_negative = self.rows_of(Slice::All, false).count() as u64;
        if n_negative == 0 {
            return None;
        }
        let allowed = usize::try_from(allowed_negatives(limit, n_negative)).ok()?;
        let first_beyond = self
            .rows_of(Slice::All, false)
            .nth(allowed)
            .unwrap_or(self.n_rows());
        let n_steps = self.steps.partition_point(|&end| end <= first_beyond);
        let last_cut = n_steps.checked_sub(1).map_or(0, |step| self.steps[step]);
        let last_positive = self.cells[..last_cut]
            .iter()
            .rposition(|cell_idx| cell_idx.label());
        Some(
            last_positive
                .and_then(|row_idx| self.end_of_step(row_idx))
                .unwrap_or(0),
        )
    }

    /// The first cut that flags a row.
    pub(crate) fn end_of_step(&self, row_idx: usize) -> Option<usize> {
        self.steps
            .get(self.steps.partition_point(|&end| end <= row_idx))
            .copied()
    }

    fn rows_of(&self, slice: Slice, label: bool) -> impl Iterator<Item = usize> {
        self.cells
            .iter()
            .enumerate()
            .filter(move |(_, cell_idx)| cell_idx.label() == label && slice.contains(**cell_idx))
            .map(|(row_idx, _)| row_idx)
    }
}

/// The fewest rows that are at least this share of `n`, and at least one; `None` of no rows. The
/// small term undoes the rounding of products such as 0.07 x 100.
pub(crate) fn needed_positives(share: f64, n: u64) -> Option<u64> {
    (n > 0).then(|| ((share * n as f64 - 1e-9).ceil() as u64).clamp(1, n))
}

/// The most rows that are at most this share of `n`.
pub(crate) fn allowed_negatives(share: f64, n: u64) -> u64 {
    (share * n as f64 + 1e-9).floor() as u64
}
