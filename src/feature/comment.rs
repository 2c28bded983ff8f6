//! The edit summary's form, as revscoring's enwiki model asks for it.
//!
//! Only the first line is looked at, as by a pattern whose `.` stops at a line end; MediaWiki
//! keeps comments on one line. Missing when the comment is suppressed.

use super::{Feature, Unit, flag};

/// The features.
pub(super) const FEATURES: &[Feature] = &[
    Feature::of_edit(
        "comment.suggests_section_edit",
        Unit::Flag,
        "begins with the section's name, as MediaWiki writes it; missing when suppressed",
        |edit| flag(edit.revision().comment.as_deref().map(names_section)),
    )
    .known_as("feature.revision.comment.suggests_section_edit"),
    Feature::of_edit(
        "comment.has_link",
        Unit::Flag,
        "holds a link within the wiki; missing when suppressed",
        |edit| flag(edit.revision().comment.as_deref().map(has_link)),
    )
    .known_as("feature.revision.comment.has_link"),
];

/// Whether a comment begins with `/* name */`.
fn names_section(comment: &str) -> bool {
    let line = comment.split('\n').next().unwrap_or_default();
    let mut name = line.strip_prefix("/* ").unwrap_or_default().chars();
    name.next().is_some() && name.as_str().contains(" */")
}

/// Whether `[[`, something without a bracket, and `]]` stand in a comment, the first on its first
/// line. A piece between two closing brackets has at most one such link that ends with it.
fn has_link(comment: &str) -> bool {
    let end_of_line = comment.find('\n').unwrap_or(comment.len());
    let mut piece_start = 0;
    for (at, _) in comment.match_indices(']') {
        let opens_at = comment[piece_start..at].find("[[").map(|n| piece_start + n);
        let is_closed = comment[at..].starts_with("]]");
        if is_closed && opens_at.is_some_and(|open| open < end_of_line && open + 2 < at) {
            return true;
        }
        piece_start = at + 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::testing::{check_value, revision};
    use crate::revision::Revision;

    #[track_caller]
    fn check(comment: &str, section: bool, link: bool) {
        assert_eq!(
            (names_section(comment), has_link(comment)),
            (section, link),
            "{comment:?}"
        );
    }

    #[test]
    fn comments_are_told_by_their_form() {
        check("", false, false);
        check("/* History */", true, false);
        check("/* History */ new [[fact]]", true, true);
        check("/*  */", false, false);
        check("/*   */", true, false);
        check("/* a\nb */", false, false);
        check("see /* History */", false, false);
        check("[[a]] first", false, true);
        check("[[a|b]", false, false);
        check("[[]]", false, false);
        check("[[]]]", false, false);
        check("[[a] b]]", false, false);
        check("[[[[a]]", false, true);
        check("\n[[a]]", false, false);
        check("[[a\nb]]", false, true);
    }

    #[test]
    fn suppressed_comments_are_missing() {
        check_value("comment.has_link", None, &Revision::default(), f32::NAN);
        check_value(
            "comment.suggests_section_edit",
            None,
            &Revision::default(),
            f32::NAN,
        );
        check_value("comment.has_link", None, &revision("a"), 0.0);
    }
}
