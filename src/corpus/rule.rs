//! What counts: which edits are looked at, and what a label means for them.
//!
//! A recipe chooses; whoever learns by it and whoever measures by it apply the same choice here.

use super::reverts::RevisionLabel;
use super::vandalism::vandalism;

/// A recipe's choice.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rule {
    /// Edits by bots count.
    pub bots: bool,
    /// First revisions of pages count.
    pub first_revisions: bool,
    /// Edits that only their own author reverted count (as not reverted).
    pub self_reverted: bool,
    /// Edits whose revert was itself undone count (as reverted).
    pub revert_undone: bool,
}

/// Why a label says neither.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum LeftOut {
    /// Only the edit's own author reverted it.
    SelfReverted,
    /// It was reverted, and the revert was undone.
    RevertUndone,
    /// It was reverted, and it is unclear whether as vandalism.
    Unclear,
}

impl Rule {
    /// Whether an edit counts as reverted.
    ///
    /// # Errors
    /// When it counts as neither.
    pub fn reverted(&self, label: &RevisionLabel) -> Result<bool, LeftOut> {
        if label.revert_undone && !self.revert_undone {
            Err(LeftOut::RevertUndone)
        } else if label.self_reverted && label.reverted.is_none() && !self.self_reverted {
            Err(LeftOut::SelfReverted)
        } else {
            Ok(label.reverted.is_some())
        }
    }

    /// Whether an edit counts as vandalism.
    ///
    /// # Errors
    /// When it counts as neither.
    pub fn vandalism(&self, label: &RevisionLabel) -> Result<bool, LeftOut> {
        match self.reverted(label)? {
            true => vandalism(label).ok_or(LeftOut::Unclear),
            false => Ok(false),
        }
    }
}
