//! Why rows cannot be evaluated.

use crate::revision::RevisionId;

/// Rows that cannot be evaluated. Rows of a single class can be: statistics that need both are
/// then absent from the report.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluationError {
    /// There is nothing to count.
    #[error("expected at least one scored edit, got none")]
    NoRows,
    /// More rows than the counters hold.
    #[error("expected at most {max} scored edits, got {got}", max = u32::MAX)]
    TooManyRows {
        /// How many there are.
        got: usize,
    },
    /// A probability that is none.
    #[error("expected a probability from 0 to 1 for revision {revision}, got {got}", revision = revision.0)]
    Probability {
        /// The revision it was given for.
        revision: RevisionId,
        /// What was given.
        got: f64,
    },
    /// Another scorer's score that cannot be ordered.
    #[error("expected a number from {name:?} for revision {revision}, got {got}", revision = revision.0)]
    Score {
        /// The other scorer.
        name: String,
        /// The revision it was given for.
        revision: RevisionId,
        /// What was given.
        got: f64,
    },
    /// Another scorer with another number of rows.
    #[error("expected {expected} scores from {name:?}, one for each edit, got {got}")]
    ScoreCount {
        /// The other scorer.
        name: String,
        /// The number of edits.
        expected: usize,
        /// The number of scores.
        got: usize,
    },
}
