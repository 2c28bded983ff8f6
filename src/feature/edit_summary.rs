//! What the author says about the edit: its summary (`comment` in dumps), and the minor flag.
//!
//! Kept to shape and to claims that MediaWiki or long custom phrases alike on many wikis. Phrases
//! are looked for in lower case, anywhere; a wiki whose language is not among them has 0, so that
//! a model learns nothing from them there. That the claims are true is not checked.

use super::{Feature, Unit, flag};
use crate::diff::is_mashed;
use crate::edit::Edit;

/// The features.
pub(super) const FEATURES: &[Feature] = &[
    Feature::of_edit(
        "edit_summary.chars",
        Unit::Chars,
        "characters; missing when it is suppressed, as all in this group",
        |edit| of_comment(edit, |comment| comment.chars().count() as f32),
    ),
    Feature::of_edit(
        "edit_summary.own_chars",
        Unit::Chars,
        "characters without the section that MediaWiki puts first",
        |edit| of_comment(edit, |comment| own_part(comment).chars().count() as f32),
    ),
    Feature::of_edit(
        "edit_summary.own_words",
        Unit::Count,
        "words without the section",
        |edit| {
            of_comment(edit, |comment| {
                own_part(comment).split_whitespace().count() as f32
            })
        },
    ),
    Feature::of_edit(
        "edit_summary.is_empty",
        Unit::Flag,
        "nothing was said, but maybe the section",
        |edit| of_comment(edit, |comment| flag(Some(own_part(comment).is_empty()))),
    ),
    Feature::of_edit(
        "edit_summary.names_section",
        Unit::Flag,
        "begins with the section that was edited",
        |edit| {
            of_comment(edit, |comment| {
                flag(Some(own_part(comment).len() < comment.trim().len()))
            })
        },
    ),
    Feature::of_edit(
        "edit_summary.is_automatic",
        Unit::Flag,
        "written by MediaWiki: page blanked, replaced, created, redirected",
        |edit| of_comment(edit, |comment| flag(Some(contains_any(comment, AUTOMATIC)))),
    ),
    Feature::of_edit(
        "edit_summary.is_automatic_blanking",
        Unit::Flag,
        "written by MediaWiki: page blanked or replaced",
        |edit| {
            of_comment(edit, |comment| {
                flag(Some(contains_any(comment, AUTOMATIC_BLANKING)))
            })
        },
    ),
    Feature::of_edit(
        "edit_summary.claims_revert",
        Unit::Flag,
        "calls the edit a revert, undo or rollback",
        |edit| of_comment(edit, |comment| flag(Some(claims_revert(comment)))),
    ),
    Feature::of_edit(
        "edit_summary.mentions_vandalism",
        Unit::Flag,
        "speaks of vandalism or spam",
        |edit| of_comment(edit, |comment| flag(Some(contains_any(comment, VANDALISM)))),
    ),
    Feature::of_edit(
        "edit_summary.mentions_bot",
        Unit::Flag,
        "calls the edit a work of a bot",
        |edit| of_comment(edit, |comment| flag(Some(mentions_bot(comment)))),
    ),
    Feature::of_edit(
        "edit_summary.has_url",
        Unit::Flag,
        "holds an address",
        |edit| {
            of_comment(edit, |comment| {
                flag(Some(comment.contains("://") || comment.contains("www.")))
            })
        },
    ),
    Feature::of_edit(
        "edit_summary.capitals_share",
        Unit::Ratio,
        "capitals among its letters, without the section; missing without letters",
        |edit| of_comment(edit, |comment| capitals_share(own_part(comment))),
    ),
    Feature::of_edit(
        "edit_summary.longest_repeat",
        Unit::Chars,
        "the longest run of one character",
        |edit| of_comment(edit, longest_repeat),
    ),
    Feature::of_edit(
        "edit_summary.exclamations",
        Unit::Chars,
        "exclamation marks",
        |edit| of_comment(edit, |comment| comment.matches(EXCLAMATIONS).count() as f32),
    ),
    Feature::of_edit(
        "edit_summary.mashed_words",
        Unit::Count,
        "words that look like keys hit at random, without the section",
        |edit| {
            of_comment(edit, |comment| {
                own_part(comment)
                    .split_whitespace()
                    .filter(|word| is_mashed(word))
                    .count() as f32
            })
        },
    ),
    Feature::of_edit(
        "edit_summary.is_minor",
        Unit::Flag,
        "the author called the edit minor; missing when not known",
        |edit| flag(edit.revision().minor),
    ),
];

const EXCLAMATIONS: [char; 2] = ['!', '！'];

/// MediaWiki's automatic summaries: an arrow on many wikis, else the words of its messages
/// (`autosumm-*`).
const AUTOMATIC: &[&str] = &[
    "←",
    "wp:aes",
    "blanked the page",
    "replaced content with",
    "replaced page with",
    "created page with",
    "redirected page to",
    "redirecting to",
    "new page:",
    "ページの白紙化",
    "ページの置換",
    "新しいページ",
    "内容を「",
    "転送",
];

/// Those of them that tell of a blanked or replaced page.
const AUTOMATIC_BLANKING: &[&str] = &[
    "blanked the page",
    "replaced content with",
    "replaced page with",
    "ページの白紙化",
    "ページの置換",
];

/// Parts of words in which editors and MediaWiki speak of taking an edit back.
const REVERT: &[&str] = &[
    "revert",
    "rollback",
    "rolled back",
    "undid",
    "undo ",
    "undoing",
    "restored ",
    "rücksetz",
    "rückgängig",
    "annul",
    "deshecha",
    "deshacer",
    "desfeita",
    "ongedaan",
    "teruggedraaid",
    "отмена",
    "откат",
    "取り消し",
    "差し戻し",
    "巻き戻し",
    "戻しました",
    "リバート",
    "撤销",
    "撤銷",
    "回退",
];

const VANDALISM: &[&str] = &["vandal", "rvv", "spam", "вандал", "荒らし", "破坏", "破壞"];

fn of_comment(edit: &Edit<'_>, compute: impl Fn(&str) -> f32) -> f32 {
    edit.revision().comment.as_deref().map_or(f32::NAN, compute)
}

/// The summary without the section (`/* History */`) in front.
fn own_part(comment: &str) -> &str {
    let comment = comment.trim();
    match comment
        .strip_prefix("/*")
        .and_then(|rest| rest.split_once("*/"))
    {
        Some((_, own)) => own.trim(),
        None => comment,
    }
}

fn contains_any(comment: &str, phrases: &[&str]) -> bool {
    let comment = comment.to_lowercase();
    phrases.iter().any(|phrase| comment.contains(phrase))
}

/// Whether a summary calls its edit a revert; `rv` only as a word.
pub(super) fn claims_revert(comment: &str) -> bool {
    contains_any(comment, REVERT)
        || words(comment).any(|word| matches!(word.as_str(), "rv" | "rvv" | "rvt" | "rev"))
}

fn mentions_bot(comment: &str) -> bool {
    words(comment).any(|word| {
        matches!(
            word.as_str(),
            "bot" | "robot" | "robô" | "ロボット" | "бот" | "autowikibrowser" | "awb"
        )
    })
}

fn words(comment: &str) -> impl Iterator<Item = String> {
    comment
        .split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase)
}

fn capitals_share(text: &str) -> f32 {
    let n_letters = text.chars().filter(|c| c.is_alphabetic()).count();
    super::share(
        text.chars().filter(|c| c.is_uppercase()).count() as u32,
        n_letters as u32,
    )
}

fn longest_repeat(comment: &str) -> f32 {
    let (mut longest, mut run, mut previous) = (0, 0, None);
    for c in comment.chars() {
        run = if previous == Some(c) { run + 1 } else { 1 };
        longest = longest.max(run);
        previous = Some(c);
    }
    longest as f32
}

#[cfg(test)]
mod tests {
    use crate::feature::testing::{check_value, revision};
    use crate::revision::Revision;

    #[track_caller]
    fn check(name: &str, comment: &str, expected: f32) {
        check_value(
            name,
            None,
            &Revision {
                comment: Some(comment.into()),
                ..revision("a")
            },
            expected,
        );
    }

    #[test]
    fn the_section_is_not_the_authors_word() {
        check("edit_summary.own_chars", "/* History */ typo", 4.0);
        check("edit_summary.own_words", "/* History */ fixed typo", 2.0);
        check("edit_summary.is_empty", "/* History */ ", 1.0);
        check("edit_summary.names_section", "/* History */ ", 1.0);
        check("edit_summary.names_section", "a /* b */", 0.0);
        check("edit_summary.is_empty", "", 1.0);
    }

    #[test]
    fn claims_are_recognised() {
        for comment in [
            "Reverted edits by [[Special:Contributions/1.2.3.4]]",
            "rv",
            "RVV!",
            "Undid revision 1",
            "取り消し",
        ] {
            check("edit_summary.claims_revert", comment, 1.0);
        }
        for comment in ["", "curve", "survey", "a river"] {
            check("edit_summary.claims_revert", comment, 0.0);
        }
        check(
            "edit_summary.is_automatic",
            "[[WP:AES|←]]Blanked the page",
            1.0,
        );
        check(
            "edit_summary.is_automatic_blanking",
            "←Blanked the page",
            1.0,
        );
        check(
            "edit_summary.is_automatic_blanking",
            "←Created page with 'a'",
            0.0,
        );
        check("edit_summary.mentions_vandalism", "removed vandalism", 1.0);
        check("edit_summary.mentions_bot", "robot Adding: de", 1.0);
        check("edit_summary.mentions_bot", "bottom", 0.0);
        check("edit_summary.has_url", "see http://a.com", 1.0);
    }

    #[test]
    fn shape_is_measured() {
        check("edit_summary.capitals_share", "ABcd", 0.5);
        check("edit_summary.capitals_share", "", f32::NAN);
        check("edit_summary.longest_repeat", "noooo", 4.0);
        check("edit_summary.exclamations", "a!! b！", 3.0);
        check("edit_summary.mashed_words", "asdf it", 1.0);
        check_value("edit_summary.chars", None, &Revision::default(), f32::NAN);
        check_value(
            "edit_summary.is_minor",
            None,
            &Revision {
                minor: Some(true),
                ..revision("a")
            },
            1.0,
        );
        check_value("edit_summary.is_minor", None, &revision("a"), f32::NAN);
    }
}
