//! Which revisions of a page were reverted, by whom, and whether that lasted.
//!
//! An identity revert, as mwreverts finds it (`mwreverts/detector.py`): a revision whose text
//! equals that of an earlier one, with at least one and at most `radius` revisions in between,
//! which are the reverted ones; of several equal earlier ones the latest counts, and a revision
//! equal to the one right before it (a save without a change) reverts nothing. A revision whose
//! text is not known takes its place in the row but equals none.
//!
//! Out of these reverts come labels (editquality, `utilities/autolabel.py`):
//! - *reverted*: by somebody else than the author, within the window. Two authors are the same
//!   when both names are known and equal.
//! - *self-reverted*: by the author, within the window, and by nobody else.
//! - *revert undone*: somebody other than the edit's author reverted the edit's (first) revert to
//!   the edit itself or to a revision between the edit and its revert, so that what the edit did
//!   was back. When its author brings it back, that is an edit war, and the label stays.
//! - *edit war*: see [`edit_war`](super::edit_war).
//!
//! The state is 2 x radius small entries a page: a revert of a revision comes at most `radius`
//! revisions after it, and the undoing at most `radius` revisions after the last one that could
//! be restored, so that a label is final after 2 x radius further revisions, or with the page.

use std::collections::VecDeque;

use crate::revision::{RevisionId, Timestamp};

use super::digest::TextDigest;
use super::dump::DumpRevision;
use super::edit_war::MutualReverts;
use super::revert_comment::{RevertComment, RevertCommentKind, RevertReason};
use super::sighting::Sighting;

/// What counts as a revert.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LabelOptions {
    /// Revisions that a revert can span at most; at least 1. Default 15, as mwreverts and
    /// editquality have it.
    pub radius: usize,
    /// Seconds within which a revert must follow; `None` for any time. Default 48 hours.
    pub window_seconds: Option<i64>,
}

impl Default for LabelOptions {
    fn default() -> Self {
        Self {
            radius: 15,
            window_seconds: Some(48 * 3600),
        }
    }
}

/// Everything that a page's later revisions tell about one revision.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RevisionLabel {
    /// The revision.
    pub revision: RevisionId,
    /// The first revert of it by somebody else within the window.
    pub reverted: Option<Reverted>,
    /// Whether its author, and nobody else, reverted it within the window.
    pub self_reverted: bool,
    /// Whether its revert did not last. Never set without `reverted`.
    pub revert_undone: bool,
    /// Whether its author and who reverted it were reverting each other. Never set without
    /// `reverted`.
    pub edit_war: bool,
    /// The revert that this revision itself is.
    pub reverting: Option<Reverting>,
}

/// How a revision was reverted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reverted {
    /// The reverting revision.
    pub by: RevisionId,
    /// Time from the revision to its revert; `None` when one of the times is not known.
    pub seconds: Option<i64>,
    /// What the reverting revision's comment says.
    pub comment: RevertCommentKind,
    /// What the reverting revision's comment gives as the reason.
    pub reason: RevertReason,
}

/// What a revision reverted; neither window nor authors matter here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reverting {
    /// The revision whose text was restored.
    pub to: RevisionId,
    /// The reverted revisions, oldest first.
    pub whose: Vec<RevisionId>,
}

impl RevisionLabel {
    /// Whether anybody reverted it within the window: what editquality sends to review.
    pub fn is_reverted_at_all(&self) -> bool {
        self.reverted.is_some() || self.self_reverted
    }
}

struct Entry {
    digest: Option<TextDigest>,
    timestamp: Option<Timestamp>,
    author: Option<u64>,
    label: RevisionLabel,
    /// Index in the page of the revision that first reverted this one for the label.
    reverted_at: Option<u64>,
    /// Who made that revert.
    reverter: Option<u64>,
    reverted_by_author: bool,
}

/// Labels the revisions of one page after another. They come out in the order they went in.
pub struct Labeller {
    options: LabelOptions,
    entries: VecDeque<Entry>,
    /// Index in the page of the first entry.
    first: u64,
    mutual: MutualReverts,
    is_final: VecDeque<RevisionLabel>,
}

impl Labeller {
    /// A labeller before its first page. A radius of 0 is taken as 1.
    pub fn new(options: &LabelOptions) -> Self {
        let options = LabelOptions {
            radius: options.radius.max(1),
            ..*options
        };
        Self {
            options,
            entries: VecDeque::new(),
            first: 0,
            mutual: MutualReverts::default(),
            is_final: VecDeque::new(),
        }
    }

    /// Takes the page's next revision, in order of time.
    pub fn push(&mut self, revision: &DumpRevision) {
        let comment = revision.revision.comment.as_deref();
        self.take(&Sighting::of(revision), || RevertComment::of(comment));
    }

    /// The same, of a revision of which no more is known. What its comment says is asked for when it is
    /// a revert.
    pub fn take(&mut self, sighting: &Sighting, comment: impl FnOnce() -> RevertComment) {
        let mut entry = Entry {
            digest: sighting.digest,
            timestamp: sighting.timestamp,
            author: sighting.author,
            label: RevisionLabel {
                revision: sighting.revision,
                ..RevisionLabel::default()
            },
            reverted_at: None,
            reverter: None,
            reverted_by_author: false,
        };
        if let Some(restored) = self.find_restored(sighting.digest) {
            entry.label.reverting = Some(self.record_revert(restored, sighting, comment()));
        }
        self.entries.push_back(entry);
        while self.entries.len() > 2 * self.options.radius {
            self.finish_first();
        }
    }

    /// The page has no more revisions: all labels are final.
    pub fn end_page(&mut self) {
        while !self.entries.is_empty() {
            self.finish_first();
        }
        self.first = 0;
        self.mutual = MutualReverts::default();
    }

    /// The labels that became final since the last call.
    pub fn take_final(&mut self) -> impl Iterator<Item = RevisionLabel> + '_ {
        self.is_final.drain(..)
    }

    /// What is known so far of the revisions whose labels are not final, in their order: as it would be if
    /// the page had no more.
    pub fn so_far(&self) -> impl Iterator<Item = RevisionLabel> + '_ {
        self.entries.iter().map(|entry| self.label_of(entry))
    }

    /// Position of the latest entry with that text, when the next revision would revert to it.
    fn find_restored(&self, digest: Option<TextDigest>) -> Option<usize> {
        digest?;
        let distance = self
            .entries
            .iter()
            .rev()
            .take(self.options.radius + 1)
            .position(|e| e.digest == digest)?;
        (distance > 0).then(|| self.entries.len() - 1 - distance)
    }

    fn record_revert(
        &mut self,
        restored: usize,
        by: &Sighting,
        RevertComment {
            kind: comment,
            reason,
        }: RevertComment,
    ) -> Reverting {
        let by_index = self.first + self.entries.len() as u64;
        let author = by.author;
        for entry in self.entries.range_mut(restored + 1..) {
            self.mutual.record(by_index, author, entry.author);
            let seconds = by
                .timestamp
                .zip(entry.timestamp)
                .map(|(by, time)| by.0 - time.0);
            let is_within = self
                .options
                .window_seconds
                .is_none_or(|window| seconds.is_some_and(|s| s <= window));
            if !is_within {
                continue;
            }
            if is_same_author(entry.author, author) {
                entry.reverted_by_author = true;
            } else if entry.label.reverted.is_none() {
                entry.label.reverted = Some(Reverted {
                    by: by.revision,
                    seconds,
                    comment,
                    reason,
                });
                entry.reverted_at = Some(by_index);
                entry.reverter = author;
            }
        }
        // Reverts that are now reverted themselves, to a revision that has what they took out.
        let restored_index = self.first + restored as u64;
        for entry in self.entries.range_mut(..=restored) {
            let is_undone = entry.reverted_at.is_some_and(|at| at > restored_index);
            if is_undone && !is_same_author(entry.author, author) {
                entry.label.revert_undone = true;
            }
        }
        Reverting {
            to: self.entries[restored].label.revision,
            whose: self
                .entries
                .range(restored + 1..)
                .map(|e| e.label.revision)
                .collect(),
        }
    }

    fn finish_first(&mut self) {
        if let Some(entry) = self.entries.pop_front() {
            self.is_final.push_back(self.label_of(&entry));
            self.first += 1;
            let reach = 2 * self.options.radius as u64;
            self.mutual.forget_before(self.first.saturating_sub(reach));
        }
    }

    fn label_of(&self, entry: &Entry) -> RevisionLabel {
        RevisionLabel {
            self_reverted: entry.reverted_by_author && entry.label.reverted.is_none(),
            edit_war: self.mutual.have_reverted(entry.author, entry.reverter),
            ..entry.label.clone()
        }
    }
}

fn is_same_author(a: Option<u64>, b: Option<u64>) -> bool {
    a.is_some() && a == b
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::revision::{Revision, User};

    /// A page as (author, text, hour) with ids from 1; a text `?` is not known, an author `?`
    /// neither.
    fn label(options: LabelOptions, page: &[(&str, &str, i64)]) -> Vec<RevisionLabel> {
        let mut labeller = Labeller::new(&options);
        let mut labels = Vec::new();
        for (i, &(author, text, hour)) in page.iter().enumerate() {
            labeller.push(&DumpRevision {
                revision: Revision {
                    id: RevisionId(i as u64 + 1),
                    timestamp: Some(Timestamp(hour * 3600)),
                    user: if author == "?" {
                        User::default()
                    } else {
                        User::named(author)
                    },
                    comment: Some("rv".into()),
                    ..Revision::default()
                },
                digest: (text != "?").then(|| TextDigest::of(text)),
            });
            labels.extend(labeller.take_final());
        }
        labeller.end_page();
        labels.extend(labeller.take_final());
        assert!(
            labels
                .iter()
                .map(|l| l.revision.0)
                .eq(1..=page.len() as u64),
            "labels in the order of revisions"
        );
        labels
    }

    /// One letter a revision: `.` kept, `R` reverted, `S` self-reverted, `U` reverted and undone.
    fn summary(labels: &[RevisionLabel]) -> String {
        let letter = |label: &RevisionLabel| match (
            &label.reverted,
            label.self_reverted,
            label.revert_undone,
        ) {
            (None, false, false) => '.',
            (Some(_), false, false) => 'R',
            (None, true, false) => 'S',
            (Some(_), false, true) => 'U',
            other => panic!("impossible label {other:?}"),
        };
        labels.iter().map(letter).collect()
    }

    #[track_caller]
    fn check(page: &[(&str, &str, i64)], expected: &str) {
        assert_eq!(summary(&label(LabelOptions::default(), page)), expected);
    }

    #[test]
    fn a_revert_by_somebody_else_within_the_window_counts() {
        check(&[("A", "a", 0), ("V", "x", 1), ("A", "a", 2)], ".R.");
        check(
            &[("A", "a", 0), ("V", "x", 1), ("V", "y", 2), ("A", "a", 3)],
            ".RR.",
        );
        check(&[("A", "a", 0), ("V", "x", 1), ("A", "a", 49)], ".R.");
        check(&[("A", "a", 0), ("V", "x", 1), ("A", "a", 50)], "...");
        check(
            &[("A", "a", 0), ("V", "x", 1), ("W", "y", 30), ("A", "a", 60)],
            "..R.",
        );
    }

    #[test]
    fn self_reverts_are_told_apart() {
        check(&[("A", "a", 0), ("V", "x", 1), ("V", "a", 2)], ".S.");
        check(
            &[("A", "a", 0), ("V", "x", 1), ("W", "y", 2), ("V", "a", 3)],
            ".SR.",
        );
        check(&[("A", "a", 0), ("?", "x", 1), ("?", "a", 2)], ".R.");
    }

    #[test]
    fn saves_without_a_change_and_unknown_texts_revert_nothing() {
        check(&[("A", "a", 0), ("B", "a", 1), ("C", "a", 2)], "...");
        check(&[("A", "?", 0), ("B", "x", 1), ("C", "?", 2)], "...");
        check(&[("A", "a", 0), ("B", "?", 1), ("C", "a", 2)], ".R.");
        // The latest equal revision is the restored one: only V's edit is reverted.
        check(
            &[("A", "a", 0), ("B", "a", 1), ("V", "x", 2), ("C", "a", 3)],
            "..R.",
        );
    }

    #[test]
    fn an_undone_revert_is_marked() {
        let war = [("A", "a", 0), ("B", "b", 1), ("V", "a", 2), ("C", "b", 3)];
        check(&war, ".UR.");
        // The edit's own author does not undo its revert for the label.
        check(
            &[("A", "a", 0), ("V", "x", 1), ("A", "a", 2), ("V", "x", 3)],
            ".RR.",
        );
        // Undone by restoring a later revision that contains the edit.
        check(
            &[
                ("A", "a", 0),
                ("B", "b", 1),
                ("C", "bc", 2),
                ("V", "a", 3),
                ("D", "bc", 4),
            ],
            ".UUR.",
        );
        // A revert to an even older revision takes the edit out again: not undone.
        check(
            &[
                ("A", "0", 0),
                ("A", "a", 1),
                ("V", "x", 2),
                ("B", "a", 3),
                ("C", "0", 4),
            ],
            ".RRR.",
        );
    }

    /// One letter a revision: `w` for an edit war.
    #[track_caller]
    fn check_wars(page: &[(&str, &str, i64)], expected: &str) {
        let labels = label(LabelOptions::default(), page);
        let wars: String = labels
            .iter()
            .map(|label| if label.edit_war { 'w' } else { '.' })
            .collect();
        assert_eq!(wars, expected);
    }

    #[test]
    fn two_who_revert_each_other_are_in_an_edit_war() {
        // Neither a revert nor a second one of the same author's edits is a war.
        check_wars(
            &[
                ("A", "a", 0),
                ("V", "x", 1),
                ("A", "a", 2),
                ("V", "y", 3),
                ("A", "a", 4),
            ],
            ".....",
        );
        // V takes A's revert back: both sides, until A has the last word.
        check_wars(
            &[
                ("A", "a", 0),
                ("V", "x", 1),
                ("A", "a", 2),
                ("V", "x", 3),
                ("A", "a", 4),
            ],
            ".www.",
        );
        // Somebody else's edit in between is none of it, nor is a third person's revert.
        check_wars(
            &[
                ("A", "a", 0),
                ("V", "x", 1),
                ("A", "a", 2),
                ("W", "z", 3),
                ("A", "a", 4),
                ("V", "x", 5),
                ("A", "a", 6),
            ],
            ".ww.ww.",
        );
        check_wars(
            &[("A", "a", 0), ("V", "x", 1), ("B", "a", 2), ("W", "x", 3)],
            "....",
        );
        // A page's end is a war's end, and unknown authors are in none.
        check_wars(
            &[("?", "a", 0), ("?", "x", 1), ("?", "a", 2), ("?", "x", 3)],
            "....",
        );
    }

    #[test]
    fn the_radius_bounds_how_many_revisions_a_revert_spans() {
        for radius in 1..=4 {
            let mut page = vec![("A", "a", 0)];
            page.extend([("V", "1", 1), ("V", "2", 1), ("V", "3", 1)]);
            page.push(("A", "a", 2));
            let options = LabelOptions {
                radius,
                ..LabelOptions::default()
            };
            assert_eq!(
                summary(&label(options, &page)),
                if radius >= 3 { ".RRR." } else { "....." },
                "{radius}"
            );
        }
    }

    #[test]
    fn the_last_possible_undoing_is_waited_for() {
        let options = LabelOptions {
            radius: 2,
            window_seconds: None,
        };
        // Revision 2 is reverted by 4, whose predecessor 3 is restored by 6.
        let page = [
            ("A", "a", 0),
            ("B", "b", 1),
            ("C", "c", 2),
            ("V", "a", 3),
            ("W", "w", 4),
            ("D", "c", 5),
            ("E", "e", 6),
        ];
        assert_eq!(summary(&label(options, &page)), ".UURR..");
    }

    #[test]
    fn a_label_says_who_reverted_what() {
        let labels = label(
            LabelOptions::default(),
            &[("A", "a", 0), ("V", "x", 1), ("W", "y", 2), ("B", "a", 4)],
        );
        let reverted = Reverted {
            by: RevisionId(4),
            seconds: Some(3 * 3600),
            comment: RevertCommentKind::Manual,
            reason: RevertReason::NotGiven,
        };
        assert_eq!(labels[1].reverted, Some(reverted));
        let reverting = Reverting {
            to: RevisionId(1),
            whose: vec![RevisionId(2), RevisionId(3)],
        };
        assert_eq!(labels[3].reverting, Some(reverting));
        assert_eq!(
            labels
                .iter()
                .map(|label| label.reverted.is_some())
                .collect::<Vec<_>>(),
            [false, true, true, false]
        );
    }
}
