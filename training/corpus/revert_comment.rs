//! What a reverting edit's comment says about how the revert was made.
//!
//! For reports and for choosing labels: a rollback says "damage" more surely than an edit that
//! happens to restore an old text. The kind never decides whether an edit counts as reverted.

use serde::{Deserialize, Serialize};

/// How a revert says it was made. The first row of the table that matches decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RevertCommentKind {
    /// An anti-vandalism tool or bot names itself.
    Tool,
    /// MediaWiki's undo button.
    Undo,
    /// MediaWiki's rollback button, or a script with the same words.
    Rollback,
    /// The author's own words say "revert".
    Manual,
    /// A comment that does not speak of reverting.
    Other,
    /// No comment.
    Empty,
    /// The comment is suppressed.
    Suppressed,
}

/// Rows of (kind, pattern in lower case); a pattern with `*` is a beginning, the `*`, and a part
/// that must follow somewhere. Words of MediaWiki's own comments are those of its message files
/// (`undo-summary`, `revertpage`) in English, Spanish, Dutch and Japanese, as they were at some
/// time; tools as they sign in the English Wikipedia. Other languages fall to `Other`.
const PATTERNS: [(RevertCommentKind, &str); 33] = [
    (RevertCommentKind::Tool, "[[wp:hg"),
    (RevertCommentKind::Tool, "([[wikipedia:huggle"),
    (RevertCommentKind::Tool, "[[wp:tw|"),
    (RevertCommentKind::Tool, "[[help:twinkle"),
    (RevertCommentKind::Tool, "[[wp:stiki"),
    (RevertCommentKind::Tool, "[[wp:rw|"),
    (RevertCommentKind::Tool, "[[wp:redwarn"),
    (RevertCommentKind::Tool, "[[wp:uv|"),
    (RevertCommentKind::Tool, "[[wp:vandalproof"),
    (RevertCommentKind::Tool, "vandalproof"),
    (RevertCommentKind::Tool, "[[user:lupin/anti-vandal"),
    (RevertCommentKind::Tool, "lupin's tool"),
    (RevertCommentKind::Tool, "[[wp:popups"),
    (
        RevertCommentKind::Tool,
        "identified as test/vandalism using",
    ),
    (
        RevertCommentKind::Tool,
        "reverting possible vandalism by * to version by",
    ),
    (RevertCommentKind::Tool, "bot--reverting"),
    (RevertCommentKind::Undo, "undid revision"),
    (RevertCommentKind::Undo, "undo revision"),
    (RevertCommentKind::Undo, "deshecha la edición"),
    (RevertCommentKind::Undo, "deshecha la revisión"),
    (RevertCommentKind::Undo, "versie * ongedaan gemaakt"),
    (RevertCommentKind::Undo, "による * の版を*取り消"),
    (RevertCommentKind::Undo, "による版*を取り消"),
    (RevertCommentKind::Rollback, "reverted edits by"),
    (RevertCommentKind::Rollback, "reverted * by * to last "),
    (RevertCommentKind::Rollback, "revertidos los cambios de"),
    (
        RevertCommentKind::Rollback,
        "wijzigingen door * hersteld tot de",
    ),
    (
        RevertCommentKind::Rollback,
        "wijzigingen door * teruggedraaid",
    ),
    (RevertCommentKind::Rollback, "による版を*に差し戻"),
    (RevertCommentKind::Rollback, "による編集を*に差し戻"),
    (RevertCommentKind::Manual, "revert"),
    (RevertCommentKind::Manual, "差し戻"),
    (RevertCommentKind::Manual, "リバート"),
];

/// Words that mean a revert only when they stand alone.
const MANUAL_WORDS: [&str; 6] = ["rv", "rvv", "rvt", "rev", "undo", "undoing"];

impl RevertCommentKind {
    /// The kind of a comment; `None` stands for a suppressed one.
    pub(crate) fn of(comment: Option<&str>) -> Self {
        let Some(comment) = comment else {
            return Self::Suppressed;
        };
        if comment.trim().is_empty() {
            return Self::Empty;
        }
        let comment = comment.to_lowercase();
        if let Some(&(kind, _)) = PATTERNS
            .iter()
            .find(|(_, pattern)| is_match(&comment, pattern))
        {
            return kind;
        }
        let is_manual = comment
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| MANUAL_WORDS.contains(&word));
        if is_manual { Self::Manual } else { Self::Other }
    }
}

/// Whether the parts of the pattern occur one after another.
fn is_match(comment: &str, pattern: &str) -> bool {
    let mut rest = comment;
    pattern.split('*').all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(comment: &str, expected: RevertCommentKind) {
        assert_eq!(RevertCommentKind::of(Some(comment)), expected, "{comment}");
    }

    #[test]
    fn comments_tell_how_a_revert_was_made() {
        use RevertCommentKind::{Empty, Manual, Other, Rollback, Suppressed, Tool, Undo};
        let by = "[[Special:Contributions/192.0.2.7|192.0.2.7]] ([[User talk:192.0.2.7|talk]])";
        check(
            &format!("Reverted edits by {by} to last version by Example"),
            Rollback,
        );
        check(
            &format!("Reverted 2 edits by {by} to last revision by Example"),
            Rollback,
        );
        check(&format!("Undid revision 12 by {by}"), Undo);
        check(&format!("Undo revision 12 by {by}"), Undo);
        check(
            &format!("Reverted edits by {by} to last version by Example ([[WP:HG|HG]])"),
            Tool,
        );
        check(
            "Reverting possible vandalism by [[Special:Contributions/A|A]] to version by B. Questions?",
            Tool,
        );
        check(
            "[[Special:Contributions/A|A]] ([[User talk:A|会話]]) による ID:12 の版を[[H:RV|取り消し]]",
            Undo,
        );
        check(
            "[[Special:Contributions/A|A]] ([[User talk:A|会話]]) による版を B による版に差し戻し",
            Rollback,
        );
        check("内容の差し戻し", Manual);
        check("rv vandalism", Manual);
        check("RVV", Manual);
        check("reverting to the last good version", Manual);
        check("curve fitting, survey", Other);
        check("  ", Empty);
        assert_eq!(RevertCommentKind::of(None), Suppressed);
    }
}
