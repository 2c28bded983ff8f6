//! What a reverting edit's comment says about how the revert was made, and why.
//!
//! For reports and for choosing labels: a rollback says "damage" more surely than an edit that
//! happens to restore an old text. The kind never decides whether an edit counts as reverted.

use serde::{Deserialize, Serialize};

/// What a reverting edit's comment says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RevertComment {
    /// How the revert was made.
    pub kind: RevertCommentKind,
    /// Why.
    pub reason: RevertReason,
}

impl RevertComment {
    /// Reads a comment; `None` stands for a suppressed one.
    pub fn of(comment: Option<&str>) -> Self {
        Self {
            kind: RevertCommentKind::of(comment),
            reason: RevertReason::of(comment),
        }
    }
}

/// How a revert says it was made. The first row of the table that matches decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevertCommentKind {
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
    pub(super) fn of(comment: Option<&str>) -> Self {
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

/// Why a revert says it was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevertReason {
    /// Vandalism, spam, nonsense or a test; outranks a dispute that is named beside it.
    Damage,
    /// Something that honest editors disagree about: sources, points of view, consensus.
    Dispute,
    /// None of these, or no comment.
    NotGiven,
}

/// Parts of words, in lower case, that call an edit damage. `vandal` is the word in most languages
/// in Latin script; other scripts have the words of their wikis' vandalism pages.
const DAMAGE: [&str; 29] = [
    "vandal",
    "bandalism",
    "wandal",
    "ilkivalta",
    "hærverk",
    "klotter",
    "phá hoại",
    "rvv",
    "spam",
    "nonsense",
    "gibberish",
    "graffiti",
    "defac",
    "test edit",
    "blanking",
    "onzin",
    "вандал",
    "спам",
    "荒らし",
    "荒し",
    "いたずら",
    "スパム",
    "破坏",
    "破壞",
    "تخريب",
    "خرابکاری",
    "השחתה",
    "훼손",
    "반달",
];

/// Parts of words, in lower case, that name a matter of dispute. Plain `talk` is none of them:
/// MediaWiki's own comments link every author's talk page.
const DISPUTE: [&str; 30] = [
    "npov",
    "point of view",
    "consens",
    "discuss",
    "discusi",
    "diskuss",
    "disput",
    "see talk",
    "talk page",
    "on talk",
    "in talk",
    "source",
    "citation",
    "cite",
    "original research",
    "verif",
    "weasel",
    "biased",
    "edit war",
    "3rr",
    "relevan",
    "copyvio",
    "neutral",
    "出典",
    "議論",
    "合意",
    "ノート",
    "編集合戦",
    "独自研究",
    "中立",
];

/// Words that name a dispute only when they stand alone.
const DISPUTE_WORDS: [&str; 2] = ["pov", "bias"];

impl RevertReason {
    /// The reason that a comment gives; `None` stands for a suppressed one.
    pub(super) fn of(comment: Option<&str>) -> Self {
        let comment = comment.unwrap_or_default().to_lowercase();
        let has = |parts: &[&str]| parts.iter().any(|part| comment.contains(part));
        let is_dispute_word = |word: &str| DISPUTE_WORDS.contains(&word);
        if has(&DAMAGE) {
            Self::Damage
        } else if has(&DISPUTE)
            || comment
                .split(|c: char| !c.is_alphanumeric())
                .any(is_dispute_word)
        {
            Self::Dispute
        } else {
            Self::NotGiven
        }
    }
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

    #[test]
    fn comments_give_a_reason_or_none() {
        #[track_caller]
        fn check(comment: &str, expected: RevertReason) {
            assert_eq!(RevertReason::of(Some(comment)), expected, "{comment}");
        }
        use RevertReason::{Damage, Dispute, NotGiven};
        check("rvv", Damage);
        check("Revertido vandalismo", Damage);
        check("rv POV vandalism", Damage);
        check("いたずらを差し戻し", Damage);
        check("rv POV", Dispute);
        check("rv: see talk page", Dispute);
        check("出典なし", Dispute);
        check(
            "Undid revision 3 by [[User:A|A]] ([[User talk:A|talk]])",
            NotGiven,
        );
        check("rv povray link", NotGiven);
        check("", NotGiven);
        assert_eq!(RevertReason::of(None), NotGiven);
    }
}
