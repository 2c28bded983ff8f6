//! Which edits a person should look at: editquality's autolabel, as far as a dump can know.
//!
//! The rules and their order are editquality's (`utilities/autolabel.py`); its rule for blocked
//! users is missing, because no dump tells who is blocked. Wikimedia's dumps do not carry user
//! groups either: there, only the group `bot` can be told, by the account's name.

use revscore::corpus::RevisionLabel;
use revscore::revision::{User, UserKind};
use serde::Serialize;

/// Who is trusted enough to need no review unless reverted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trust {
    /// Members of one of these groups.
    pub(crate) groups: Vec<String>,
    /// Accounts with at least so many edits; `None` for no such rule.
    pub(crate) edits: Option<u64>,
}

/// Why a revision needs review or not.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub(crate) enum ReviewReason {
    /// Reverted by anybody, its author included.
    #[serde(rename = "reverted edit")]
    Reverted,
    /// The author was not logged in (or has a temporary account, or is suppressed).
    #[serde(rename = "anon")]
    Anonymous,
    /// The author is in a trusted group.
    #[serde(rename = "trusted user")]
    TrustedUser,
    /// The author has many edits.
    #[serde(rename = "trusted edits")]
    TrustedEdits,
}

/// Whether the revision needs review, and why; `None` where there is no reason to trust it.
/// `n_edits` are the author's edits.
pub(crate) fn review(
    label: &RevisionLabel,
    user: &User,
    n_edits: u64,
    trust: &Trust,
) -> (bool, Option<ReviewReason>) {
    if label.is_reverted_at_all() {
        (true, Some(ReviewReason::Reverted))
    } else if user.kind != UserKind::Registered {
        (true, Some(ReviewReason::Anonymous))
    } else if trust.groups.iter().any(|group| is_member(user, group)) {
        (false, Some(ReviewReason::TrustedUser))
    } else if trust.edits.is_some_and(|least| n_edits >= least) {
        (false, Some(ReviewReason::TrustedEdits))
    } else {
        (true, None)
    }
}

fn is_member(user: &User, group: &str) -> bool {
    let is_listed = user
        .groups
        .as_ref()
        .is_some_and(|groups| groups.iter().any(|g| g == group));
    is_listed || (group == "bot" && user.is_bot())
}

#[cfg(test)]
mod tests {
    use revscore::revision::RevisionId;

    use super::*;

    #[track_caller]
    fn check(
        user: User,
        n_edits: u64,
        self_reverted: bool,
        expected: (bool, Option<ReviewReason>),
    ) {
        let trust = Trust {
            groups: vec!["bot".into(), "sysop".into()],
            edits: Some(1000),
        };
        let label = RevisionLabel {
            revision: RevisionId(1),
            self_reverted,
            ..RevisionLabel::default()
        };
        assert_eq!(review(&label, &user, n_edits, &trust), expected, "{user:?}");
    }

    #[test]
    fn rules_apply_in_editqualitys_order() {
        let sysop = User {
            groups: Some(vec!["sysop".into()]),
            ..User::named("Example")
        };
        check(
            sysop.clone(),
            5000,
            true,
            (true, Some(ReviewReason::Reverted)),
        );
        check(
            User::named("192.0.2.1"),
            5000,
            false,
            (true, Some(ReviewReason::Anonymous)),
        );
        check(
            User::named("~2026-1"),
            5000,
            false,
            (true, Some(ReviewReason::Anonymous)),
        );
        check(
            User::default(),
            0,
            false,
            (true, Some(ReviewReason::Anonymous)),
        );
        check(sysop, 0, false, (false, Some(ReviewReason::TrustedUser)));
        check(
            User::named("ExampleBot"),
            0,
            false,
            (false, Some(ReviewReason::TrustedUser)),
        );
        check(
            User::named("Example"),
            1000,
            false,
            (false, Some(ReviewReason::TrustedEdits)),
        );
        check(User::named("Example"), 999, false, (true, None));
    }
}
