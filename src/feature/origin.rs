//! What the edit was made from: the page's state, and who left it so.
//!
//! Known before the first letter is changed; what was changed is in the groups after it.

use super::edit_summary::claims_revert;
use super::{Feature, Unit, flag, share};
use crate::edit::Edit;
use crate::revision::UserKind;

/// The features.
pub(super) const FEATURES: &[Feature] = &[
    Feature::of_edit(
        "origin.is_new_page",
        Unit::Flag,
        "the edit creates the page",
        |edit| flag(Some(edit.parent().is_none())),
    ),
    Feature::of_change(
        "origin.parent_chars",
        Unit::LogCount,
        "characters of the page before the edit; 0 for a new page",
        |change| (change.before.chars as f32).ln_1p(),
    ),
    Feature::of_change(
        "origin.parent_is_redirect",
        Unit::Flag,
        "the page was a redirect",
        |change| flag(Some(change.before.is_redirect)),
    ),
    Feature::of_change(
        "origin.parent_ascii_share",
        Unit::Ratio,
        "A to Z among the letters of the page before; missing without letters",
        |change| {
            share(
                change.before.ascii_letters,
                change.before.ascii_letters + change.before.beyond_ascii,
            )
        },
    ),
    Feature::of_edit(
        "origin.same_author",
        Unit::Flag,
        "the author also made the edit before; missing for new pages and unknown authors",
        same_author,
    ),
    Feature::of_edit(
        "origin.parent_is_anonymous",
        Unit::Flag,
        "the edit before was made from an IP address or temporary account; missing for new pages and unknown authors",
        parent_is_anonymous,
    ),
    Feature::of_edit(
        "origin.parent_is_bot",
        Unit::Flag,
        "the edit before was made by a bot; missing for new pages",
        |edit| flag(edit.parent().map(|parent| parent.user.is_bot())),
    ),
    Feature::of_edit(
        "origin.parent_claims_revert",
        Unit::Flag,
        "the edit before calls itself a revert; missing for new pages and unknown comments",
        |edit| {
            flag(
                edit.parent()
                    .and_then(|parent| parent.comment.as_deref())
                    .map(claims_revert),
            )
        },
    ),
    Feature::of_edit(
        "origin.title_chars",
        Unit::Chars,
        "length of the title",
        |edit| edit.page().title.chars().count() as f32,
    ),
];

fn same_author(edit: &Edit<'_>) -> f32 {
    let names = edit.parent().map(|parent| {
        (
            parent.user.name.as_ref(),
            edit.revision().user.name.as_ref(),
        )
    });
    match names {
        Some((Some(before), Some(now))) => flag(Some(before == now)),
        _ => f32::NAN,
    }
}

fn parent_is_anonymous(edit: &Edit<'_>) -> f32 {
    let kind = edit
        .parent()
        .map_or(UserKind::Unknown, |parent| parent.user.kind);
    let is_anonymous = matches!(kind, UserKind::Anonymous | UserKind::Temporary);
    flag((kind != UserKind::Unknown).then_some(is_anonymous))
}

#[cfg(test)]
mod tests {
    use crate::feature::testing::{check_texts, check_value, revision};
    use crate::revision::{Revision, User};

    fn by(name: &str) -> Revision {
        Revision {
            user: User::named(name),
            ..revision("a")
        }
    }

    #[test]
    fn the_page_before_is_described() {
        check_value("origin.is_new_page", None, &by("Ann"), 1.0);
        check_value("origin.is_new_page", Some(&by("Ann")), &by("Ann"), 0.0);
        check_texts("origin.parent_chars", "abc", "", 4_f32.ln());
        check_texts("origin.parent_is_redirect", "#REDIRECT [[a]]", "", 1.0);
        check_texts("origin.parent_ascii_share", "ab日本", "", 0.5);
    }

    #[test]
    fn the_author_before_is_compared() {
        check_value("origin.same_author", Some(&by("Ann")), &by("Ann"), 1.0);
        check_value("origin.same_author", Some(&by("Ben")), &by("Ann"), 0.0);
        check_value("origin.same_author", None, &by("Ann"), f32::NAN);
        check_value(
            "origin.parent_is_anonymous",
            Some(&by("192.0.2.1")),
            &by("Ann"),
            1.0,
        );
        check_value(
            "origin.parent_is_anonymous",
            Some(&revision("a")),
            &by("Ann"),
            f32::NAN,
        );
        check_value("origin.parent_is_bot", Some(&by("AnnBot")), &by("Ann"), 1.0);
        let reverting = Revision {
            comment: Some("rv vandalism".into()),
            ..by("Ann")
        };
        check_value(
            "origin.parent_claims_revert",
            Some(&reverting),
            &by("Ben"),
            1.0,
        );
    }
}
