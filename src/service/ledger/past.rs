//! The past that several services share, where a store keeps it: a log of the edits that any of them was told of, and
//! now and then a history as one of them had it.
//!
//! An edit goes into the log with the transaction that keeps it, so the log is in the order in which edits were
//! written. What it means is the histories' business (`service::past`); the store holds it as it is told.

use std::sync::Arc;

use super::store::Answer;
use crate::history::Seen;

/// A place in a wiki's log: the number of edits up to there. 0 is its beginning.
pub(crate) type Place = i64;

/// A history's bytes, and the place up to which it knows the log.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Snapshot {
    pub(crate) place: Place,
    pub(crate) bytes: Vec<u8>,
}

/// A store's part that several services follow.
pub(crate) trait SharedPast: Send + Sync {
    /// What stands in wikis' logs after these places, in the order of each, at most so many of each; which wiki of the
    /// list, the place, and the edit.
    fn sights<'a>(
        &'a self,
        after: &'a [(Arc<str>, Place)],
        limit: usize,
    ) -> Answer<'a, Vec<(usize, Place, Seen)>>;

    /// The place of the last edit of a wiki's log.
    fn end<'a>(&'a self, wiki: &'a str) -> Answer<'a, Place>;

    /// The place of a wiki's snapshot; `None` without one.
    fn snapshot_place<'a>(&'a self, wiki: &'a str) -> Answer<'a, Option<Place>>;

    /// A wiki's snapshot.
    fn snapshot<'a>(&'a self, wiki: &'a str) -> Answer<'a, Option<Snapshot>>;

    /// Keeps a snapshot in place of an earlier one, and drops what the log has before it and is older than a day.
    fn keep_snapshot<'a>(&'a self, wiki: &'a str, snapshot: &'a Snapshot) -> Answer<'a, ()>;
}
