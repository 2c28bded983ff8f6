//! One row of an evaluation.

use super::{Kind, UserClass};
use crate::revision::{PageId, RevisionId, Timestamp};

/// A scored edit whose label is known.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Outcome {
    /// The edit.
    pub revision: RevisionId,
    /// Its page: the unit that the bootstrap resamples. Rows with page 0 ("not known") count as
    /// pages of their own.
    pub page: PageId,
    /// When it was saved; the report says from when to when.
    pub timestamp: Option<Timestamp>,
    /// Whether it is what the scorer looks for.
    pub label: bool,
    /// The scorer's probability that it is; 0 to 1, anything else is refused.
    pub probability: f64,
    /// Who made it.
    pub user_class: UserClass,
    /// What it does.
    pub kind: Kind,
}
