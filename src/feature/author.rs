//! The author's account, as known at the time of the edit.
//!
//! Anonymous authors and temporary accounts are told apart: the wikis that have the latter no
//! longer have the former, so that a model sees which one it learned from. The account's name
//! has its own group, which a recipe can leave out.

use super::{Feature, Unit, flag};
use crate::edit::Edit;
use crate::revision::UserKind;

/// The features.
pub(super) const FEATURES: &[Feature] = &[
    Feature::of_edit(
        "author.is_anonymous",
        Unit::Flag,
        "known by an IP address; missing when the author is not known",
        |edit| is_kind(edit, UserKind::Anonymous),
    ),
    Feature::of_edit(
        "author.is_temporary",
        Unit::Flag,
        "a temporary account; missing when the author is not known",
        |edit| is_kind(edit, UserKind::Temporary),
    ),
    Feature::of_edit(
        "author.is_registered",
        Unit::Flag,
        "a registered account; missing when the author is not known",
        |edit| is_kind(edit, UserKind::Registered),
    ),
    Feature::of_edit(
        "author.is_bot",
        Unit::Flag,
        "a bot by its groups, or where these are not known by its name",
        |edit| flag(Some(edit.revision().user.is_bot())),
    ),
    Feature::of_edit(
        "author.edit_count",
        Unit::LogCount,
        "edits by the author before this one; missing when not known",
        |edit| {
            edit.revision()
                .user
                .edit_count
                .map_or(f32::NAN, |count| (count as f64).ln_1p() as f32)
        },
    ),
    Feature::of_edit(
        "author.age",
        Unit::LogSeconds,
        "time since the account was registered, 0 for an IP address; missing when not known",
        age,
    ),
    Feature::of_edit(
        "author.n_groups",
        Unit::Count,
        "groups that the account is in; missing when not known",
        |edit| {
            edit.revision()
                .user
                .groups
                .as_ref()
                .map_or(f32::NAN, |groups| groups.len() as f32)
        },
    ),
];

fn is_kind(edit: &Edit<'_>, kind: UserKind) -> f32 {
    let user = &edit.revision().user;
    flag((user.kind != UserKind::Unknown).then_some(user.kind == kind))
}

fn age(edit: &Edit<'_>) -> f32 {
    let revision = edit.revision();
    if revision.user.kind == UserKind::Anonymous {
        return 0.0;
    }
    match (revision.user.registered_at, revision.timestamp) {
        // Clocks of servers differ: an edit before the registration is one at once.
        (Some(registered), Some(edited)) => {
            (edited.0.saturating_sub(registered.0).max(0) as f64).ln_1p() as f32
        }
        _ => f32::NAN,
    }
}

#[cfg(test)]
mod tests {
    use crate::feature::testing::{check_value, revision};
    use crate::revision::{Revision, Timestamp, User, UserKind};

    #[track_caller]
    fn check(name: &str, user: User, expected: f32) {
        check_value(
            name,
            None,
            &Revision {
                user,
                timestamp: Some(Timestamp(1_000)),
                ..revision("a")
            },
            expected,
        );
    }

    #[test]
    fn kinds_of_accounts_are_told_apart() {
        check("author.is_anonymous", User::named("192.0.2.1"), 1.0);
        check("author.is_anonymous", User::named("~2025-1"), 0.0);
        check("author.is_temporary", User::named("~2025-1"), 1.0);
        check("author.is_registered", User::named("Ann"), 1.0);
        check("author.is_anonymous", User::default(), f32::NAN);
        check("author.is_bot", User::named("AnnBot"), 1.0);
    }

    #[test]
    fn experience_is_missing_when_not_known() {
        check(
            "author.edit_count",
            User {
                edit_count: Some(0),
                ..User::named("Ann")
            },
            0.0,
        );
        check("author.edit_count", User::named("Ann"), f32::NAN);
        check(
            "author.age",
            User {
                registered_at: Some(Timestamp(1)),
                ..User::named("Ann")
            },
            1_000_f32.ln(),
        );
        check(
            "author.age",
            User {
                registered_at: Some(Timestamp(2_000)),
                ..User::named("Ann")
            },
            0.0,
        );
        check("author.age", User::named("Ann"), f32::NAN);
        check(
            "author.age",
            User {
                kind: UserKind::Anonymous,
                ..User::default()
            },
            0.0,
        );
        check(
            "author.n_groups",
            User {
                groups: Some(vec!["bot".into()]),
                ..User::named("Ann")
            },
            1.0,
        );
    }
}
