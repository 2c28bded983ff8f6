//! Kinds of edits, for reports: what kinds of vandalism a model catches, and which it misses.
//!
//! Rules of thumb on what the edit changed, each a function below, so that a report says the
//! same of the same edit whatever the model. They describe; they do not judge: a good edit has a
//! kind too (most that add a source are "link spam" here), and a report counts kinds among
//! edits with a true label only. The first rule that holds wins, in the order of [`Kind`]: a link
//! that sells something says more than the words around it, and an emptied page more than the
//! word that was left on it.

use serde::{Deserialize, Serialize};

use crate::diff::Change;
use crate::edit::Edit;

/// What an edit does, as far as a report tells edits apart.
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Adds an external link whose domain the page did not have.
    LinkSpam,
    /// Removes most of the page without putting as much in: less than half of its characters
    /// are left, and it has not become a redirect.
    Blanking,
    /// Adds a word of the language's list of profanity.
    Profanity,
    /// Adds letters that look like no words: one letter five times or more in a row, or keys hit
    /// at random in a quarter of the added words or more.
    Gibberish,
    /// Everything else, and edits whose text is not known.
    #[default]
    Other,
}

impl Kind {
    /// The kind of an edit.
    pub fn of(edit: &Edit<'_>) -> Self {
        let Some(change) = edit.change() else {
            return Self::Other;
        };
        if change.elements.new_domains() > 0 {
            Self::LinkSpam
        } else if is_blanking(change) {
            Self::Blanking
        } else if is_profane(edit) {
            Self::Profanity
        } else if is_gibberish(change) {
            Self::Gibberish
        } else {
            Self::Other
        }
    }
}

fn is_blanking(change: &Change) -> bool {
    change.after.chars < change.before.chars.div_ceil(2) && !change.after.is_redirect
}

fn is_profane(edit: &Edit<'_>) -> bool {
    edit.words().is_some_and(|words| {
        words
            .added
            .iter()
            .any(|word| edit.language().is_badword(word.word))
    })
}

fn is_gibberish(change: &Change) -> bool {
    let n_mashed = change.added.mashed_words();
    change.added.counts.longest_letter_repeat >= 5
        || n_mashed > 0 && n_mashed * 4 >= change.added.counts.words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::UNLISTED;
    use crate::revision::{Page, Revision};

    #[track_caller]
    fn check(before: &str, after: &str, expected: Kind) {
        let revision = |text: &str| Revision {
            text: Some(text.into()),
            ..Revision::default()
        };
        let (parent, revision, page) = (revision(before), revision(after), Page::default());
        let edit = Edit::new(Some(&parent), &revision, &page, &UNLISTED);
        assert_eq!(Kind::of(&edit), expected, "{before:?} -> {after:?}");
    }

    #[test]
    fn kinds_are_told_apart() {
        check(
            "a river",
            "a river http://pills.example.com",
            Kind::LinkSpam,
        );
        check(
            "http://a.com/1",
            "http://a.com/1 http://www.a.com/2",
            Kind::Other,
        );
        check("a long text about a river", "a river", Kind::Blanking);
        check("a river", "", Kind::Blanking);
        check("a long text about a river", "#REDIRECT [[A]]", Kind::Other);
        check("a river", "a shit river", Kind::Profanity);
        check("a shit river", "a shit river bank", Kind::Other);
        check("a river", "a river sdkjfhskdjfh", Kind::Gibberish);
        check("a river", "a rivvvvvver", Kind::Gibberish);
        check("a river", "a river ああああああ", Kind::Gibberish);
        check("a river", "a river in the north", Kind::Other);
        check("a river", "a river", Kind::Other);
        check("", "", Kind::Other);
    }

    #[test]
    fn the_first_rule_wins() {
        check(
            "a long text about a river",
            "shit http://a.com",
            Kind::LinkSpam,
        );
        check("a long text about a river", "shit", Kind::Blanking);
        check("a river", "a shit river sdkjfhskdjfh", Kind::Profanity);
    }

    #[test]
    fn unknown_texts_are_other() {
        let (revision, page) = (Revision::default(), Page::default());
        assert_eq!(
            Kind::of(&Edit::new(None, &revision, &page, &UNLISTED)),
            Kind::Other
        );
    }
}
