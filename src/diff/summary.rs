//! Counts over one whole text, as revscoring makes them.
//!
//! Everything that the features on two whole texts need, in one pass over the tokens and one over
//! the markup. A summary owns no text: the next edit of the page takes it as its parent's, and a
//! changed word is looked up in the text that it was counted in. Which words are profane or known
//! is not decided here, and needs no counting of its own: only changed words matter.

use std::borrow::Cow;

use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::xxh3_64;

use super::frequency::{Frequencies, FrequencyChange};
use super::{MarkupCounts, TokenKind, tokenize};

/// Counts over one whole text.
#[derive(Clone, Debug)]
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
    /// Elements of wikitext.
    pub elements: MarkupCounts,
    /// Tokens of markup, by what they look like.
    pub markup_table: Frequencies,
    /// Numbers.
    pub number_table: Frequencies,
    /// Upper case words.
    pub uppercase_table: Frequencies,
    words: FxHashMap<u64, WordEntry>,
}

/// A word of a text.
#[derive(Clone, Copy, Debug)]
struct WordEntry {
    count: u32,
    /// Where it stands first, in bytes.
    start: u32,
    end: u32,
}

impl TextSummary {
    /// Counts a text.
    pub fn new(text: &str) -> Self {
        let mut summary = Self {
            chars: count_chars(text),
            longest_repeated_char: longest_repeated_char(text),
            elements: MarkupCounts::of(text),
            tokens: 0,
            tokens_by_kind: [0; TokenKind::COUNT],
            uppercase_words: 0,
            markups: 0,
            longest_token: 0,
            markup_table: Frequencies::default(),
            number_table: Frequencies::default(),
            uppercase_table: Frequencies::default(),
            words: FxHashMap::default(),
        };
        let mut lower = String::new();
        for token in tokenize(text) {
            let span = &text[token.start as usize..token.end as usize];
            summary.tokens += 1;
            summary.tokens_by_kind[token.kind.index()] += 1;
            if span.len() > summary.longest_token as usize {
                summary.longest_token = summary.longest_token.max(count_chars(span));
            }
            if token.kind.is_word() {
                if is_uppercase(span) {
                    summary.uppercase_words += 1;
                    summary.uppercase_table.add(span);
                }
                lower_into(span, &mut lower);
                let new = WordEntry {
                    count: 0,
                    start: token.start,
                    end: token.end,
                };
                summary
                    .words
                    .entry(xxh3_64(lower.as_bytes()))
                    .or_insert(new)
                    .count += 1;
            } else if token.kind.is_markup() {
                summary.markups += 1;
                summary.markup_table.add(span);
            } else if token.kind == TokenKind::Number {
                summary.number_table.add(span);
            }
        }
        summary
    }

    /// Words.
    pub fn words(&self) -> u32 {
        self.tokens_by_kind[TokenKind::Word.index()]
    }

    /// Tokens of this kind.
    pub fn tokens_of(&self, kind: TokenKind) -> u32 {
        self.tokens_by_kind[kind.index()]
    }
}

/// What differs between the tables of two texts.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SummaryChange {
    /// Tokens of markup.
    pub markups: FrequencyChange,
    /// Numbers.
    pub numbers: FrequencyChange,
    /// Upper case words.
    pub uppercase_words: FrequencyChange,
}

impl SummaryChange {
    /// Compares the tables of two texts.
    pub fn between(before: &TextSummary, after: &TextSummary) -> Self {
        Self {
            markups: FrequencyChange::between(&before.markup_table, &after.markup_table),
            numbers: FrequencyChange::between(&before.number_table, &after.number_table),
            uppercase_words: FrequencyChange::between(
                &before.uppercase_table,
                &after.uppercase_table,
            ),
        }
    }
}

/// Calls `found` with every word, in lower case, whose number differs between two texts, and with
/// its number before and after: first the words of the text after, in its order, then those that
/// only the text before has, in that one's. The texts are those that were summarised.
pub(crate) fn each_changed_word(
    before: (&TextSummary, &str),
    after: (&TextSummary, &str),
    mut found: impl FnMut(&str, u32, u32),
) {
    let mut changed: Vec<(bool, WordEntry, u32, u32)> = Vec::new();
    for (hash, &entry) in &after.0.words {
        let n_before = before.0.words.get(hash).map_or(0, |entry| entry.count);
        if n_before != entry.count {
            changed.push((false, entry, n_before, entry.count));
        }
    }
    for (hash, &entry) in &before.0.words {
        if !after.0.words.contains_key(hash) {
            changed.push((true, entry, entry.count, 0));
        }
    }
    changed.sort_unstable_by_key(|(is_gone, entry, ..)| (*is_gone, entry.start));
    let mut lower = String::new();
    for (is_gone, entry, n_before, n_after) in changed {
        let text = if is_gone { before.1 } else { after.1 };
        if let Some(word) = text.get(entry.start as usize..entry.end as usize) {
            lower_into(word, &mut lower);
            found(&lower, n_before, n_after);
        }
    }
}

fn count_chars(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

/// Puts a word in lower case. A dotted capital I becomes a plain i, as in revscoring.
fn lower_into(word: &str, lower: &mut String) {
    lower.clear();
    lower.push_str(word);
    if word.is_ascii() {
        lower.make_ascii_lowercase();
    } else {
        let plain = if word.contains('İ') {
            Cow::Owned(word.replace('İ', "i"))
        } else {
            Cow::Borrowed(word)
        };
        lower.replace_range(.., &plain.to_lowercase());
    }
}

/// Whether a word has at least two characters, and none that is its own lower case.
fn is_uppercase(word: &str) -> bool {
    let bytes = word.as_bytes();
    if !bytes
        .first()
        .is_some_and(|first| first.is_ascii_uppercase() || !first.is_ascii())
    {
        return false;
    }
    let has_lower = |c: char| c.to_lowercase().next() != Some(c);
    word.chars().nth(1).is_some() && word.chars().all(has_lower)
}

fn longest_repeated_char(text: &str) -> u32 {
    let (mut longest, mut run, mut previous) = (1, 0, None);
    let mut count = |c: char| {
        run = if previous == Some(c) { run + 1 } else { 1 };
        previous = Some(c);
        longest = longest.max(run);
    };
    for c in text.chars() {
        if c.is_ascii() {
            count(c.to_ascii_lowercase());
        } else {
            c.to_lowercase().for_each(&mut count);
        }
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_counted() {
        let summary = TextSummary::new("== Öl ==\nNATO NATO A 12 [[a|b]] ''i''");
        assert_eq!(summary.chars, 37);
        assert_eq!(summary.tokens, 23);
        assert_eq!(summary.words(), 7);
        assert_eq!(summary.uppercase_words, 2);
        assert_eq!(summary.markups, 4);
        assert_eq!(summary.tokens_of(TokenKind::Italic), 2);
        assert_eq!(summary.longest_token, 4);
        assert_eq!(summary.uppercase_table.get("NATO"), 2);
        assert_eq!(summary.number_table.get("12"), 1);
        assert_eq!(summary.markup_table.get("=="), 2);
        assert_eq!(
            (summary.elements.headings, summary.elements.wikilinks),
            (1, 1)
        );
    }

    #[test]
    fn an_empty_text_has_nothing_but_a_run_of_one() {
        let summary = TextSummary::new("");
        assert_eq!(
            (summary.chars, summary.tokens, summary.longest_token),
            (0, 0, 0)
        );
        assert_eq!(summary.longest_repeated_char, 1);
    }

    #[track_caller]
    fn check_uppercase(word: &str, expected: bool) {
        assert_eq!(is_uppercase(word), expected, "{word}");
    }

    #[test]
    fn uppercase_words_have_nothing_but_capitals() {
        check_uppercase("USA", true);
        check_uppercase("ЦСКА", true);
        check_uppercase("A", false);
        check_uppercase("B2", false);
        check_uppercase("Ab", false);
        check_uppercase("aB", false);
        check_uppercase("I'M", false);
    }

    #[track_caller]
    fn check_run(text: &str, expected: u32) {
        assert_eq!(longest_repeated_char(text), expected, "{text}");
    }

    #[test]
    fn runs_are_of_one_character_in_any_case() {
        check_run("abc", 1);
        check_run("coOol", 3);
        check_run("ÄäÄx", 3);
        check_run("日日", 2);
    }

    #[track_caller]
    fn check_changed(before: &str, after: &str, expected: &[(&str, u32, u32)]) {
        let summaries = (TextSummary::new(before), TextSummary::new(after));
        let mut got = Vec::new();
        each_changed_word(
            (&summaries.0, before),
            (&summaries.1, after),
            |word, n_before, n_after| {
                got.push((word.to_owned(), n_before, n_after));
            },
        );
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
    }
}
