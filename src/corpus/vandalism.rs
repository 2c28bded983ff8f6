//! Which reverts look like the end of vandalism: the labels of the target `vandalism`.
//!
//! A dump does not say why an edit was reverted, but how tells much. A reverted edit is
//! *vandalism-like* when it is in no edit war, its revert was not undone, and one of these holds:
//!
//! 1. **said**: the reverting edit's comment speaks of vandalism, spam, nonsense or tests
//!    ([`RevertReason::Damage`]);
//! 2. **tool**: it was made with an anti-vandalism tool or with rollback, which the wikis' own
//!    rules keep for plain damage, and gives no reason of a dispute;
//! 3. **quick**: it calls itself a revert or says nothing, gives no reason of a dispute, and came
//!    within an hour ([`QUICK_SECONDS`]).
//!
//! Reverts that are none of this - late ones without a reason, disputes about sources or points of
//! view, edits that happen to restore an old text - are neither vandalism nor its opposite: some
//! undo damage that nobody named. They are **left out** rather than taken for good edits, as are
//! edits that their own author reverted; taken for good, they would teach that late-found damage is
//! none. Edits that nobody reverted are the other class. Author and content of the reverted edit
//! play no part, so that the label does not repeat a prejudice that the features can see.
//!
//! What it leaves: vandals who revert back are in an edit war and left out with the disputes, and
//! someone who calls an honest edit vandalism is believed.

use super::revert_comment::{RevertCommentKind, RevertReason};
use super::reverts::{Reverted, RevisionLabel};

/// A revert within so many seconds is quick.
const QUICK_SECONDS: i64 = 3600;

/// Whether an edit is vandalism-like; `None` where that is unclear.
pub fn vandalism(label: &RevisionLabel) -> Option<bool> {
    match &label.reverted {
        None => (!label.self_reverted).then_some(false),
        Some(reverted) => {
            let is_disputed = label.edit_war || label.revert_undone;
            (!is_disputed && ends_vandalism(reverted)).then_some(true)
        }
    }
}

fn ends_vandalism(reverted: &Reverted) -> bool {
    match reverted.reason {
        RevertReason::Damage => true,
        RevertReason::Dispute => false,
        RevertReason::NotGiven => match reverted.comment {
            RevertCommentKind::Tool | RevertCommentKind::Rollback => true,
            RevertCommentKind::Undo | RevertCommentKind::Manual | RevertCommentKind::Empty => {
                reverted
                    .seconds
                    .is_some_and(|seconds| seconds <= QUICK_SECONDS)
            }
            RevertCommentKind::Other | RevertCommentKind::Suppressed => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use crate::revision::RevisionId;

    use super::*;

    fn reverted(comment: &str, seconds: Option<i64>) -> RevisionLabel {
        RevisionLabel {
            reverted: Some(Reverted {
                by: RevisionId(2),
                seconds,
                comment: RevertCommentKind::of(Some(comment)),
                reason: RevertReason::of(Some(comment)),
            }),
            ..RevisionLabel::default()
        }
    }

    #[track_caller]
    fn check(comment: &str, hours: i64, expected: Option<bool>) {
        let label = reverted(comment, Some(hours * 3600));
        assert_eq!(vandalism(&label), expected, "{comment} after {hours} h");
    }

    #[test]
    fn what_is_called_vandalism_counts_whenever_it_was_found() {
        check("rvv", 900, Some(true));
        check("revert vandalism, see talk", 900, Some(true));
        check("Undid revision 12 by [[User:A|A]]: spam", 900, Some(true));
        check("荒らしのため差し戻し", 900, Some(true));
    }

    #[test]
    fn rollback_and_tools_count_unless_they_name_a_dispute() {
        let rollback = "Reverted edits by [[Special:Contributions/A|A]] ([[User talk:A|talk]]) to last version by B";
        check(rollback, 900, Some(true));
        check(&format!("{rollback} ([[WP:HG|HG]])"), 900, Some(true));
        check(&format!("{rollback}: POV"), 0, None);
    }

    #[test]
    fn other_reverts_count_when_they_are_quick_and_give_no_reason_of_a_dispute() {
        for comment in [
            "Undid revision 12 by [[User:A|A]] ([[User talk:A|talk]])",
            "rv",
            "",
        ] {
            check(comment, 1, Some(true));
            check(comment, 2, None);
        }
        check("rv, unsourced", 0, None);
        check("rv; please discuss first", 0, None);
        check("better wording", 0, None);
        assert_eq!(vandalism(&reverted("rv", None)), None);
    }

    #[test]
    fn what_did_not_last_is_unclear_and_what_nobody_reverted_is_none() {
        let war = RevisionLabel {
            edit_war: true,
            ..reverted("rvv", Some(1))
        };
        assert_eq!(vandalism(&war), None);
        let undone = RevisionLabel {
            revert_undone: true,
            ..reverted("rvv", Some(1))
        };
        assert_eq!(vandalism(&undone), None);
        let own = RevisionLabel {
            self_reverted: true,
            ..RevisionLabel::default()
        };
        assert_eq!(vandalism(&own), None);
        assert_eq!(vandalism(&RevisionLabel::default()), Some(false));
    }
}
