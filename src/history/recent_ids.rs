//! The ids of the last edits, so that none of them is counted twice.
//!
//! They are part of the state: whoever tells a service of edits may have to begin again some edits
//! before the state was saved.

use std::collections::VecDeque;

use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};

use crate::revision::RevisionId;

/// So many ids are kept.
const AT_MOST: usize = 10_000;

/// Ids in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "VecDeque<RevisionId>", into = "VecDeque<RevisionId>")]
pub(super) struct RecentIds {
    order: VecDeque<RevisionId>,
    ids: FxHashSet<RevisionId>,
}

impl RecentIds {
    /// Whether an id came lately.
    pub(super) fn contains(&self, id: RevisionId) -> bool {
        self.ids.contains(&id)
    }

    /// Whether an id is new; 0 always is, being that of a text that is not saved yet.
    pub(super) fn insert(&mut self, id: RevisionId) -> bool {
        if id.0 == 0 {
            return true;
        }
        if !self.ids.insert(id) {
            return false;
        }
        self.order.push_back(id);
        if self.order.len() > AT_MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        true
    }
}

impl From<VecDeque<RevisionId>> for RecentIds {
    fn from(order: VecDeque<RevisionId>) -> Self {
        let mut recent = Self::default();
        for id in order {
            recent.insert(id);
        }
        recent
    }
}

impl From<RecentIds> for VecDeque<RevisionId> {
    fn from(recent: RecentIds) -> Self {
        recent.order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_new_once_until_so_many_others_came() {
        let mut recent = RecentIds::default();
        let mut is_new = |id| recent.insert(RevisionId(id));
        assert!(is_new(1));
        assert!(!is_new(1));
        assert!(is_new(0) && is_new(0));
        assert!((2..=AT_MOST as u64).all(&mut is_new));
        assert!(!is_new(1));
        assert!(is_new(AT_MOST as u64 + 1));
        assert!(is_new(1));
        let back = RecentIds::from(VecDeque::from(recent.clone()));
        assert_eq!(back, recent);
    }
}
