//! What the author may do, and how old the account is, as revscoring's enwiki model asks for it.
//!
//! The groups are those of revscoring's lists. A source that does not give them makes the six
//! flags missing, where revscoring would have said no. `is_anonymous` is for IP addresses alone:
//! revscoring asks whether the user id is 0, which is not so for temporary accounts; the group
//! `author` tells them apart.

use super::{Feature, Unit, flag};
use crate::edit::Edit;
use crate::revision::UserKind;

/// The age that revscoring gives an account whose registration lies behind the edit.
const ONE_YEAR: i64 = 365 * 24 * 60 * 60;

/// The features.
pub(super) const FEATURES: &[Feature] = &[
    Feature::of_edit(
        "user.is_bot",
        Unit::Flag,
        "a bot by its groups; missing where groups are not known",
        |edit| is_in(edit, &["bot"]),
    )
    .known_as("feature.revision.user.is_bot"),
    Feature::of_edit(
        "user.has_advanced_rights",
        Unit::Flag,
        "a functionary: check user, bureaucrat, oversighter, steward; missing where groups are not known",
        |edit| is_in(edit, &["checkuser", "bureaucrat", "oversight", "steward"]),
    )
    .known_as("feature.revision.user.has_advanced_rights"),
    Feature::of_edit(
        "user.is_admin",
        Unit::Flag,
        "an administrator; missing where groups are not known",
        |edit| is_in(edit, &["sysop"]),
    )
    .known_as("feature.revision.user.is_admin"),
    Feature::of_edit(
        "user.is_trusted",
        Unit::Flag,
        "in a group of trusted accounts; missing where groups are not known",
        |edit| is_in(edit, &["browsearchive", "deletedhistory", "interface-editor", "noratelimit", "accountcreator", "massmessage-sender", "templateeditor", "autopatrolled", "propertycreator", "centralnoticeadmin"]),
    )
    .known_as("feature.revision.user.is_trusted"),
    Feature::of_edit(
        "user.is_patroller",
        Unit::Flag,
        "in a group of those who patrol; missing where groups are not known",
        |edit| is_in(edit, &["rollback", "abusefilter", "patroller", "reviewer", "autoreview", "autoreviewer", "editor", "autoeditor", "eliminator"]),
    )
    .known_as("feature.revision.user.is_patroller"),
    Feature::of_edit(
        "user.is_curator",
        Unit::Flag,
        "in a group of those who import and move; missing where groups are not known",
        |edit| is_in(edit, &["import", "filemover", "suppressredirect"]),
    )
    .known_as("feature.revision.user.is_curator"),
    Feature::of_edit(
        "user.is_anonymous",
        Unit::Flag,
        "known by an IP address; no for temporary accounts; missing when the author is not known",
        |edit| {
            let kind = edit.revision().user.kind;
            flag((kind != UserKind::Unknown).then_some(kind == UserKind::Anonymous))
        },
    )
    .known_as("feature.revision.user.is_anon"),
    Feature::of_edit(
        "user.age",
        Unit::LogSeconds,
        "time since the account was registered, a year if that lies behind the edit, 0 for an IP address; missing when not known",
        age,
    )
    .known_as("feature.log((temporal.revision.user.seconds_since_registration + 1))"),
];

fn is_in(edit: &Edit<'_>, groups: &[&str]) -> f32 {
    let known = edit.revision().user.groups.as_ref();
    flag(known.map(|known| known.iter().any(|group| groups.contains(&group.as_str()))))
}

fn age(edit: &Edit<'_>) -> f32 {
    let revision = edit.revision();
    if revision.user.kind == UserKind::Anonymous {
        return 0.0;
    }
    let (Some(registered), Some(edited)) = (revision.user.registered_at, revision.timestamp) else {
        return f32::NAN;
    };
    let seconds = if registered > edited {
        ONE_YEAR
    } else {
        edited.0.saturating_sub(registered.0)
    };
    (seconds as f64).ln_1p() as f32
}

#[cfg(test)]
mod tests {
    use crate::feature::testing::{check_value, revision};
    use crate::revision::{Revision, Timestamp, User};

    #[track_caller]
    fn check(name: &str, user: User, expected: f32) {
        let revision = Revision {
            user,
            timestamp: Some(Timestamp(1_000)),
            ..revision("a")
        };
        check_value(name, None, &revision, expected);
    }

    fn in_group(group: &str) -> User {
        User {
            groups: Some(vec!["user".into(), group.into()]),
            ..User::named("Ann")
        }
    }

    #[test]
    fn groups_give_rights() {
        check("user.is_bot", in_group("bot"), 1.0);
        check("user.is_bot", in_group("sysop"), 0.0);
        check("user.is_bot", User::named("AnnBot"), f32::NAN);
        check("user.has_advanced_rights", in_group("steward"), 1.0);
        check("user.has_advanced_rights", in_group("checkuser"), 1.0);
        check("user.is_admin", in_group("sysop"), 1.0);
        check("user.is_admin", in_group("bureaucrat"), 0.0);
        check("user.is_trusted", in_group("autopatrolled"), 1.0);
        check("user.is_patroller", in_group("eliminator"), 1.0);
        check("user.is_curator", in_group("filemover"), 1.0);
        check("user.is_curator", in_group("rollback"), 0.0);
        check("user.is_curator", User::default(), f32::NAN);
    }

    #[test]
    fn only_addresses_are_anonymous() {
        check("user.is_anonymous", User::named("192.0.2.1"), 1.0);
        check("user.is_anonymous", User::named("~2025-1"), 0.0);
        check("user.is_anonymous", User::named("Ann"), 0.0);
        check("user.is_anonymous", User::default(), f32::NAN);
    }

    #[test]
    fn accounts_have_an_age() {
        let registered = |at| User {
            registered_at: Some(Timestamp(at)),
            ..User::named("Ann")
        };
        check("user.age", registered(1), 1_000_f32.ln());
        check("user.age", registered(1_000), 0.0);
        check("user.age", registered(1_001), 31_536_001_f32.ln());
        check("user.age", User::named("192.0.2.1"), 0.0);
        check("user.age", User::named("Ann"), f32::NAN);
    }
}
