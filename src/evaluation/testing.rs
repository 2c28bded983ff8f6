//! Rows for the tests of this room.

use super::{Kind, Outcome, UserClass};
use crate::revision::{PageId, RevisionId};

/// Outcomes with these probabilities and labels, each on a page of its own.
pub(crate) fn outcomes(rows: &[(f64, bool)]) -> Vec<Outcome> {
    (1..)
        .zip(rows)
        .map(|(id, &(probability, label))| Outcome {
            revision: RevisionId(id),
            page: PageId(id),
            timestamp: None,
            label,
            probability,
            user_class: UserClass::Unknown,
            kind: Kind::Other,
        })
        .collect()
}
