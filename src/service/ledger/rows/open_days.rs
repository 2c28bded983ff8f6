//! Counts of days whose outcomes are still open, in memory.
//!
//! They hold for one version of the day and one state of the clock. A wiki that nobody tells of edits has
//! nothing but open days, and its report would count its whole ledger each time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::bytes;
use super::counting::Counts;
use crate::revision::Timestamp;
use crate::service::ledger::store::{Day, ModelId};

/// Days that are remembered, of some kilobytes each; then all are forgotten.
const MAX_DAYS: usize = 2_000;

/// A day, as it is at a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Asked {
    pub(crate) wiki: i64,
    pub(crate) day: Day,
    pub(crate) settled_until: Timestamp,
}

/// Each model's counts, as they are stored.
type Stored = Arc<Vec<(ModelId, Vec<u8>)>>;

/// The days.
#[derive(Default)]
pub(crate) struct OpenDays(Mutex<HashMap<(i64, Day), Entry>>);

/// What a day was counted at, its version and the state of the clock, and its counts.
type Entry = (i64, Timestamp, Stored);

impl OpenDays {
    /// The counts of a day, if they still hold.
    pub(crate) fn find(&self, asked: &Asked, version: i64) -> Option<Stored> {
        let days = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (counted, settled_until, stored) = days.get(&(asked.wiki, asked.day))?;
        let holds = (*counted, *settled_until) == (version, asked.settled_until);
        holds.then(|| Arc::clone(stored))
    }

    /// Remembers what was counted.
    pub(crate) fn keep(&self, asked: Asked, version: i64, counts: &Counts) {
        let counts = counts.iter();
        let stored = counts.map(|(model, groups)| (*model, bytes::encode_groups(groups)));
        let stored = Arc::new(stored.collect());
        let mut days = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if days.len() >= MAX_DAYS {
            days.clear();
        }
        days.insert(
            (asked.wiki, asked.day),
            (version, asked.settled_until, stored),
        );
    }
}
