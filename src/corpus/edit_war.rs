//! Edit wars: who reverted whom on a page, and whether they did it to each other.
//!
//! A reverted edit is *in an edit war* when its author and the one who reverted it have reverted
//! each other: the mutual reverts by which Sumi, Yasseri, Rung, Kornai and Kertész ("Edit wars in
//! Wikipedia", 2011) tell a conflict from cleaning up. Looked for are identity reverts of any age
//! on the same page, from 2 x radius revisions before the edit to 2 x radius after it, which is
//! as far as a label waits. Both sides' edits are in it: the one that was taken back, and the
//! revert that was taken back in its turn. Authors without a name are in no war.
//!
//! That is a weak sign and not a verdict: vandals who insist are caught by it as well as two
//! editors of good will. What is done with it is the recipe's business (`rows.edit_war_weight`)
//! and that of the [`vandalism`](super::vandalism) label.

use std::collections::VecDeque;

/// The reverts of a page as far back as they matter.
#[derive(Default)]
pub(super) struct MutualReverts {
    /// Index of the reverting revision in the page, who made it, and whose edit it took back.
    reverts: VecDeque<(u64, u64, u64)>,
}

impl MutualReverts {
    /// Notes that the revision at an index reverted an edit; nothing where an author is not known, or
    /// both are the same.
    pub(super) fn record(&mut self, at: u64, by: Option<u64>, whose: Option<u64>) {
        let (Some(by), Some(whose)) = (by, whose) else {
            return;
        };
        let revert = (at, by, whose);
        if by != whose && !self.reverts.iter().rev().any(|known| *known == revert) {
            self.reverts.push_back(revert);
        }
    }

    /// Whether somebody reverted somebody else's edit.
    pub(super) fn have_reverted(&self, by: Option<u64>, whose: Option<u64>) -> bool {
        by.zip(whose).is_some_and(|(by, whose)| {
            let mut reverts = self.reverts.iter();
            reverts.any(|(_, known_by, known_whose)| (*known_by, *known_whose) == (by, whose))
        })
    }

    /// Drops the reverts before an index.
    pub(super) fn forget_before(&mut self, index: u64) {
        while self.reverts.front().is_some_and(|(at, ..)| *at < index) {
            self.reverts.pop_front();
        }
    }
}
