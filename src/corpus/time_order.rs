//! Puts a page's revisions in the order of time and drops duplicates.
//!
//! Dumps are mostly sorted by id, which is mostly the order of time; imported and restored
//! revisions break both. Revisions wait in a buffer sorted by (time, id) until the buffer holds
//! more text than its limit; pages below the limit are thereby sorted entirely, longer ones
//! within a window. A revision that comes after its place was given out is left out and counted
//! as late (a duplicate of one that left the buffer long ago is one of these).
//!
//! On the three histories with known reverts, the order (time, id) gives exactly the reverts
//! that mwreverts finds; the order of ids alone gives one wrong revert in 1,596.

use std::collections::{BTreeMap, VecDeque};

use crate::revision::{RevisionId, Timestamp};
use rustc_hash::FxHashSet;

use super::counts::DumpCounts;
use super::dump::DumpRevision;

/// Bytes of text that wait at most, beside the newest revision: 32 MiB.
pub(super) const WINDOW_BYTES: usize = 32 << 20;

/// Time, id, and the order of arrival, which only tells revisions without ids apart.
type Place = (Timestamp, RevisionId, u64);

/// The buffer for one page at a time.
pub(super) struct TimeOrder {
    limit_bytes: usize,
    waiting: BTreeMap<Place, DumpRevision>,
    waiting_ids: FxHashSet<RevisionId>,
    waiting_bytes: usize,
    /// The last revision given out, without its text.
    last_out: Option<(Place, DumpRevision)>,
    /// The latest time that was seen on this page, the place of a revision without a time.
    latest: Timestamp,
    n_arrived: u64,
}

impl TimeOrder {
    /// A buffer for `limit_bytes` of text.
    pub(super) fn new(limit_bytes: usize) -> Self {
        Self {
            limit_bytes,
            waiting: BTreeMap::new(),
            waiting_ids: FxHashSet::default(),
            waiting_bytes: 0,
            last_out: None,
            latest: Timestamp(i64::MIN),
            n_arrived: 0,
        }
    }

    /// Takes the next revision as it comes, and gives out those whose turn it is.
    pub(super) fn push(
        &mut self,
        revision: DumpRevision,
        counts: &mut DumpCounts,
        out: &mut VecDeque<DumpRevision>,
    ) {
        let time = revision.revision.timestamp.unwrap_or(self.latest);
        self.latest = self.latest.max(time);
        self.n_arrived += 1;
        let place = (time, revision.revision.id, self.n_arrived);
        if self.is_duplicate(place, &revision) {
            counts.duplicates += 1;
            return;
        }
        if self
            .last_out
            .as_ref()
            .is_some_and(|(last, _)| place < *last)
        {
            counts.late += 1;
            return;
        }
        self.waiting_bytes += size_bytes(&revision);
        self.waiting_ids.insert(revision.revision.id);
        self.waiting.insert(place, revision);
        while self.waiting_bytes > self.limit_bytes && self.waiting.len() > 1 {
            self.give_out(out);
        }
    }

    /// The page has ended: gives out what waits.
    pub(super) fn end_page(&mut self, out: &mut VecDeque<DumpRevision>) {
        while !self.waiting.is_empty() {
            self.give_out(out);
        }
        self.last_out = None;
        self.latest = Timestamp(i64::MIN);
    }

    fn give_out(&mut self, out: &mut VecDeque<DumpRevision>) {
        let Some((place, revision)) = self.waiting.pop_first() else {
            return;
        };
        self.waiting_bytes -= size_bytes(&revision);
        self.waiting_ids.remove(&revision.revision.id);
        let mut without_text = revision.clone();
        without_text.revision.text = None;
        self.last_out = Some((place, without_text));
        out.push_back(revision);
    }

    fn is_duplicate(&self, place: Place, revision: &DumpRevision) -> bool {
        // An export without ids (0) cannot repeat them.
        if place.1 != RevisionId(0) && self.waiting_ids.contains(&place.1) {
            return true;
        }
        let same_time = (place.0, RevisionId(0), 0)..=(place.0, RevisionId(u64::MAX), u64::MAX);
        self.waiting
            .range(same_time)
            .any(|(_, other)| is_same_edit(revision, other))
            || self.last_out.as_ref().is_some_and(|(last, other)| {
                last.0 == place.0
                    && ((last.1 == place.1 && place.1 != RevisionId(0))
                        || is_same_edit(revision, other))
            })
    }
}

/// Whether two revisions of one time are one edit: by the same author, with the same text, both
/// known.
fn is_same_edit(a: &DumpRevision, b: &DumpRevision) -> bool {
    a.digest.is_some()
        && a.digest == b.digest
        && a.revision.user.name.is_some()
        && a.revision.user.name == b.revision.user.name
}

fn size_bytes(revision: &DumpRevision) -> usize {
    let text = revision.revision.text.as_ref().map_or(0, |text| text.len());
    let comment = revision.revision.comment.as_ref().map_or(0, String::len);
    text + comment + size_of::<DumpRevision>()
}

#[cfg(test)]
mod tests {
    use crate::revision::{Revision, User};

    use super::*;
    use crate::corpus::digest::TextDigest;

    fn revision(id: u64, time: i64, user: &str, text: &str) -> DumpRevision {
        DumpRevision {
            revision: Revision {
                id: RevisionId(id),
                timestamp: Some(Timestamp(time)),
                user: User::named(user),
                text: Some(text.into()),
                ..Revision::default()
            },
            digest: Some(TextDigest::of(text)),
        }
    }

    /// `rows` are (id, time, user, text) as they come; `expected` the ids as they go, duplicates,
    /// late ones.
    #[track_caller]
    fn check(limit_bytes: usize, rows: &[(u64, i64, &str, &str)], expected: (&[u64], u64, u64)) {
        let mut order = TimeOrder::new(limit_bytes);
        // The second page must not remember the first.
        for _ in 0..2 {
            let mut counts = DumpCounts::default();
            let mut out = VecDeque::new();
            for &(id, time, user, text) in rows {
                order.push(revision(id, time, user, text), &mut counts, &mut out);
            }
            order.end_page(&mut out);
            let ids: Vec<u64> = out.iter().map(|r| r.revision.id.0).collect();
            assert_eq!((ids.as_slice(), counts.duplicates, counts.late), expected);
        }
    }

    #[test]
    fn revisions_come_out_in_order_of_time_then_id() {
        check(
            1 << 20,
            &[(3, 30, "A", "c"), (1, 10, "A", "a"), (2, 20, "A", "b")],
            (&[1, 2, 3], 0, 0),
        );
        check(
            1 << 20,
            &[(9, 10, "A", "a"), (1, 20, "A", "b")],
            (&[9, 1], 0, 0),
        );
        check(
            1 << 20,
            &[(2, 10, "A", "b"), (1, 10, "A", "a")],
            (&[1, 2], 0, 0),
        );
    }

    #[test]
    fn duplicates_are_counted_once() {
        check(
            1 << 20,
            &[(1, 10, "A", "a"), (1, 10, "A", "a")],
            (&[1], 1, 0),
        );
        check(
            1 << 20,
            &[(1, 10, "A", "a"), (2, 10, "A", "a")],
            (&[1], 1, 0),
        );
        check(
            1 << 20,
            &[(1, 10, "A", "a"), (2, 10, "B", "a")],
            (&[1, 2], 0, 0),
        );
        check(
            1 << 20,
            &[(1, 10, "A", "a"), (2, 11, "A", "a")],
            (&[1, 2], 0, 0),
        );
        check(
            1,
            &[
                (1, 10, "A", "a"),
                (2, 20, "A", "b"),
                (1, 10, "A", "a"),
                (2, 20, "A", "b"),
            ],
            (&[1, 2], 2, 0),
        );
    }

    #[test]
    fn what_comes_after_its_place_was_given_out_is_late() {
        let rows = [
            (2, 20, "A", "b"),
            (3, 30, "A", "c"),
            (4, 40, "A", "d"),
            (1, 10, "A", "a"),
        ];
        check(1, &rows, (&[2, 3, 4], 0, 1));
        check(1 << 20, &rows, (&[1, 2, 3, 4], 0, 0));
    }

    #[test]
    fn revisions_without_a_time_stay_where_they_are() {
        let mut order = TimeOrder::new(1 << 20);
        let (mut counts, mut out) = (DumpCounts::default(), VecDeque::new());
        let mut timeless = revision(7, 0, "A", "x");
        timeless.revision.timestamp = None;
        for row in [
            revision(5, 10, "A", "a"),
            timeless,
            revision(9, 20, "A", "b"),
        ] {
            order.push(row, &mut counts, &mut out);
        }
        order.end_page(&mut out);
        assert_eq!(
            out.iter().map(|r| r.revision.id.0).collect::<Vec<_>>(),
            [5, 7, 9]
        );
    }
}
