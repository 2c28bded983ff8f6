//! Counts over the two whole texts of an edit, as revscoring makes them.
//!
//! The two are counted in one pass, and what they have in common only once: [`trim`](super::trim)
//! cuts between tokens, so that the counts of a text are those of its window and of the rest. Of the
//! things whose numbers matter one by one (words, numerals, marks of wikitext) only those that stand
//! in a window can have changed; the rest is asked for those alone. No table of a whole text is
//! made, and nothing is allocated a token. Which words are profane or known is not decided here.

use super::frequency::FrequencyChange;
use super::letters::{is_uppercase, lower_into, may_be_uppercase};
use super::repeats::longest_repeated_char;
use super::trim::Windows;
use super::watch::Watch;
use super::{Token, TokenKind, tokenize};

/// Counts over one whole text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TextSummary {
    /// Unicode characters.
    pub chars: u32,
    /// Tokens of all kinds.
    pub tokens: u32,
    /// Tokens by [`TokenKind::index`].
    pub tokens_by_kind: [u32; TokenKind::COUNT],
    /// Words of at least two characters, all of them upper case.
    pub uppercase_words: u32,
    /// Tokens of markup.
    pub markups: u32,
    /// Characters of the longest token; 0 for an empty text.
    pub longest_token: u32,
    /// The longest run of one character, whatever its case; 1 for an empty text.
    pub longest_repeated_char: u32,
}

/// Counts over both texts of an edit, and what differs between them.
#[derive(Clone, PartialEq, Debug)]
pub struct TextSummaries {
    /// Of the text before the edit.
    pub before: TextSummary,
    /// Of the text after the edit.
    pub after: TextSummary,
    /// How the numbers of the marks of wikitext changed.
    pub markups: FrequencyChange,
    /// How the numbers of numerals changed.
    pub numbers: FrequencyChange,
    /// How the numbers of upper case words changed.
    pub uppercase_words: FrequencyChange,
    words: Vec<ChangedWord>,
}

/// A word whose number changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct ChangedWord {
    /// Whether only the text before the edit has it.
    pub(super) is_gone: bool,
    /// Where it stands first, in bytes: in the text after the edit, or in that before when gone.
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) before: u32,
    pub(super) after: u32,
}

impl TextSummaries {
    /// Counts two texts, which are equal outside of the windows.
    pub(super) fn between(before: &str, after: &str, windows: &Windows) -> Self {
        let mut watch = Watch::default();
        let old_window = &before[windows.before.clone()];
        let new_window = &after[windows.after.clone()];
        let (start, end) = (
            &before[..windows.before.start],
            &before[windows.before.end..],
        );
        let old = count(old_window, |token, _| {
            watch.see_before(token, token.text(old_window), windows.before.start);
        });
        let new = count(new_window, |token, _| {
            watch.see_after(token, token.text(new_window), windows.after.start);
        });
        watch.keep_changed();
        let start = count(start, |token, span| {
            if watch.may_hold(token.kind, span) {
                watch.see_common(token, token.text(start), 0);
            }
        });
        let end = count(end, |token, span| {
            if watch.may_hold(token.kind, span) {
                watch.see_common(token, token.text(end), windows.after.end);
            }
        });
        let common = start.joined(&end);
        let changes = watch.finish();
        Self {
            before: common.joined(&old),
            after: common.joined(&new),
            markups: changes.markups,
            numbers: changes.numbers,
            uppercase_words: changes.uppercase_words,
            words: changes.words,
        }
    }

    /// Calls `found` with every word, in lower case, whose number differs, and with its number before
    /// and after: first the words of the text after, in its order, then those that only the text
    /// before has, in that one's. The texts are those that were counted.
    pub(crate) fn each_changed_word(
        &self,
        before: &str,
        after: &str,
        mut found: impl FnMut(&str, u32, u32),
    ) {
        let mut lower = String::new();
        for word in &self.words {
            let text = if word.is_gone { before } else { after };
            if let Some(span) = text.get(word.start as usize..word.end as usize) {
                lower_into(span, &mut lower);
                found(&lower, word.before, word.after);
            }
        }
    }
}

impl TextSummary {
    /// Counts one text.
    pub fn of(text: &str) -> Self {
        count(text, |_, _| ())
    }

    /// Words.
    pub fn words(&self) -> u32 {
        self.tokens_by_kind[TokenKind::Word.index()]
    }

    /// Tokens of this kind.
    pub fn tokens_of(&self, kind: TokenKind) -> u32 {
        self.tokens_by_kind[kind.index()]
    }

    /// Of a text that was cut between two tokens.
    fn joined(mut self, other: &Self) -> Self {
        self.chars += other.chars;
        self.tokens += other.tokens;
        for (count, other) in self.tokens_by_kind.iter_mut().zip(other.tokens_by_kind) {
            *count += other;
        }
        self.uppercase_words += other.uppercase_words;
        self.markups += other.markups;
        self.longest_token = self.longest_token.max(other.longest_token);
        self.longest_repeated_char = self.longest_repeated_char.max(other.longest_repeated_char);
        self
    }
}

/// Counts a text, and shows each of its tokens with its bytes.
fn count(text: &str, mut see: impl FnMut(Token, &[u8])) -> TextSummary {
    let mut tokens_by_kind = [0_u32; TokenKind::COUNT];
    let (mut uppercase_words, mut longest_token) = (0, 0);
    for token in tokenize(text) {
        // Bytes, because a piece of a text is only cut after a look at the characters around.
        let span = &text.as_bytes()[token.start as usize..token.end as usize];
        tokens_by_kind[token.kind.index()] += 1;
        if span.len() > longest_token as usize {
            longest_token = longest_token.max(count_chars(token.text(text)));
        }
        if token.kind.is_word() && may_be_uppercase(span) && is_uppercase(token.text(text)) {
            uppercase_words += 1;
        }
        see(token, span);
    }
    let markups = TokenKind::ALL.iter().filter(|kind| kind.is_markup());
    TextSummary {
        chars: count_chars(text),
        tokens: tokens_by_kind.iter().sum(),
        markups: markups.map(|kind| tokens_by_kind[kind.index()]).sum(),
        tokens_by_kind,
        uppercase_words,
        longest_token,
        longest_repeated_char: longest_repeated_char(text),
    }
}

fn count_chars(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::diff::Change;

    fn summaries(before: &str, after: &str) -> TextSummaries {
        Change::between(before, after).summaries(before, after)
    }

    #[test]
    fn texts_are_counted() {
        let text = "== Öl ==\nNATO NATO A 12 [[a|b]] ''i''";
        let changed = summaries("", text);
        let summary = changed.after;
        assert_eq!(summary.chars, 37);
        assert_eq!(summary.tokens, 23);
        assert_eq!(summary.words(), 7);
        assert_eq!(summary.uppercase_words, 2);
        assert_eq!(summary.markups, 4);
        assert_eq!(summary.tokens_of(TokenKind::Italic), 2);
        assert_eq!(summary.longest_token, 4);
        assert_eq!(changed.uppercase_words.increase, 2.0);
        assert_eq!(changed.numbers.increase, 1.0);
        assert_eq!(changed.markups.increase, 4.0);
    }

    #[test]
    fn an_empty_text_has_nothing_but_a_run_of_one() {
        let TextSummaries { before, after, .. } = summaries("", "");
        assert_eq!(before, after);
        assert_eq!(
            (before.chars, before.tokens, before.longest_token),
            (0, 0, 0)
        );
        assert_eq!(before.longest_repeated_char, 1);
    }

    #[track_caller]
    fn check_changed(before: &str, after: &str, expected: &[(&str, u32, u32)]) {
        let mut got = Vec::new();
        summaries(before, after).each_changed_word(before, after, |word, n_before, n_after| {
            got.push((word.to_owned(), n_before, n_after));
        });
        let expected: Vec<_> = expected
            .iter()
            .map(|&(word, a, b)| (word.to_owned(), a, b))
            .collect();
        assert_eq!(got, expected, "{before} -> {after}");
    }

    #[test]
    fn changed_words_are_given_in_lower_case_and_order() {
        check_changed("a b", "b a", &[]);
        check_changed(
            "Gone here",
            "New NEW here HERE",
            &[("new", 0, 2), ("here", 1, 2), ("gone", 1, 0)],
        );
        check_changed("", "İstanbul Ärger", &[("istanbul", 0, 1), ("ärger", 0, 1)]);
        check_changed("x x x", "x", &[("x", 3, 1)]);
        check_changed(
            "Oft Rest x oft",
            "Oft Rest neu OFT oft",
            &[("oft", 2, 3), ("neu", 0, 1), ("x", 1, 0)],
        );
    }

    proptest! {
        /// The windows are a matter of speed alone.
        #[test]
        fn trimming_changes_nothing(
            start in "([abAB <>/ref'\n日.İ12\\[\\]=]{0,9}\n){0,4}",
            removed in "[abAB <>/ref'\n日.İ12\\[\\]=]{0,9}",
            added in "[abAB <>/ref'\n日.İ12\\[\\]=]{0,9}",
            end in "(\n[abAB <>/ref'\n日.İ12\\[\\]=]{0,9}){0,4}",
        ) {
            let (before, after) = (format!("{start}{removed}{end}"), format!("{start}{added}{end}"));
            let whole = Windows { before: 0..before.len(), after: 0..after.len() };
            prop_assert_eq!(
                summaries(&before, &after),
                TextSummaries::between(&before, &after, &whole)
            );
        }
    }
}
