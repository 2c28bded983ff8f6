//! The words that an edit changed: what lexical features are computed from.
//!
//! Kept apart from the edit because a trainer stores them until its vocabulary is complete;
//! bounded, because a page can be rewritten whole.

use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use super::is_unspaced;
use crate::diff::{Change, TokenKind, tokenize};

/// At most this many different words are kept of each table; an edit that changes more is
/// judged by its first ones.
pub(crate) const MAX_WORDS: usize = 2_000;

/// Longer words are left out: no vocabulary has them, and some are whole pages.
const MAX_WORD_BYTES: usize = 200;

/// The words that one edit changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Words {
    /// Words whose number in the whole text changed, as revscoring counts them: word tokens,
    /// lower case.
    pub changed: WordTable,
    /// Words inside the added part: word tokens in lower case, and every two neighbouring
    /// characters of scripts without spaces. `before` is their number in the whole parent text
    /// as far as known from `changed`, else 0; `after` the number of times added.
    pub added: WordTable,
    /// Words inside the removed part, likewise; `before` is the number of times removed.
    pub removed: WordTable,
}

/// Different words with their numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WordTable {
    text: String,
    entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq)]
struct Entry {
    span: Range<u32>,
    before: u32,
    after: u32,
    on_own_page: bool,
}

/// One word of a table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WordCount<'a> {
    /// The word, in lower case.
    pub word: &'a str,
    /// How often it stood in the text before the edit.
    pub before: u32,
    /// How often it stands in the text after the edit.
    pub after: u32,
    /// Whether the edit's own page is among those that a vocabulary counted for this word: set
    /// by the trainer, so that a row's vocabulary does not know the row's own page.
    pub on_own_page: bool,
}

impl WordTable {
    /// Adds a word; dropped when the table is full.
    pub fn push(&mut self, word: &str, before: u32, after: u32) {
        if self.entries.len() < MAX_WORDS
            && word.len() <= MAX_WORD_BYTES
            && self.text.len() + word.len() <= u32::MAX as usize
        {
            let start = self.text.len() as u32;
            self.text.push_str(word);
            let span = start..self.text.len() as u32;
            self.entries.push(Entry {
                span,
                before,
                after,
                on_own_page: false,
            });
        }
    }

    /// The words, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = WordCount<'_>> {
        self.entries.iter().map(|entry| WordCount {
            word: &self.text[entry.span.start as usize..entry.span.end as usize],
            before: entry.before,
            after: entry.after,
            on_own_page: entry.on_own_page,
        })
    }

    /// Whether no word changed.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Marks the words that stand on the edit's own page.
    fn mark_own_page(&mut self, is_on_page: impl Fn(&str) -> bool) {
        for entry in &mut self.entries {
            entry.on_own_page =
                is_on_page(&self.text[entry.span.start as usize..entry.span.end as usize]);
        }
    }
}

/// The different words of a text, for a vocabulary.
pub fn page_words(text: &str) -> FxHashSet<String> {
    let mut words = FxHashSet::default();
    each_word(text, |word| {
        if !words.contains(word) {
            words.insert(word.to_owned());
        }
    });
    words
}

/// Calls `found` with every word of a text: word tokens in lower case, and every two neighbouring
/// characters of a script without spaces.
pub(crate) fn each_word(text: &str, mut found: impl FnMut(&str)) {
    let mut lower = String::new();
    let mut previous: Option<(char, usize)> = None;
    for token in tokenize(text) {
        let span = &text[token.start as usize..token.end as usize];
        let first = span.chars().next().unwrap_or(' ');
        if token.kind == TokenKind::Cjk || is_unspaced(first) {
            for (offset, c) in span.char_indices() {
                let start = token.start as usize + offset;
                let before = previous.replace((c, start + c.len_utf8()));
                if let Some((before, _)) = before.filter(|(_, end)| *end == start) {
                    lower.clear();
                    lower.push(before);
                    lower.push(c);
                    found(&lower);
                }
            }
        } else if token.kind.is_word() {
            lower.clear();
            if span.is_ascii() {
                lower.push_str(span);
                lower.make_ascii_lowercase();
            } else {
                lower.extend(span.chars().flat_map(char::to_lowercase));
            }
            found(&lower);
        }
    }
}

impl Words {
    /// Marks the words that stand on the edit's own page.
    pub fn mark_own_page(&mut self, is_on_page: impl Fn(&str) -> bool) {
        for table in [&mut self.changed, &mut self.added, &mut self.removed] {
            table.mark_own_page(&is_on_page);
        }
    }

    /// The words of an edit; `None` when either text is suppressed.
    pub fn of(edit: &crate::edit::Edit<'_>) -> Option<Self> {
        let change = edit.change()?;
        let mut words = Self::default();
        words.fill_changed(edit);
        words.fill_parts(change);
        Some(words)
    }

    /// The words whose number changed: those of the new text first.
    fn fill_changed(&mut self, edit: &crate::edit::Edit<'_>) -> Option<()> {
        let summaries = edit.summaries()?;
        summaries.each_changed_word(edit.parent_text()?, edit.text()?, |word, before, after| {
            self.changed.push(word, before, after);
        });
        Some(())
    }

    /// The tables of the added and the removed part.
    fn fill_parts(&mut self, change: &Change) {
        let before: FxHashMap<String, u32> = self
            .changed
            .iter()
            .map(|word| (word.word.to_owned(), word.before))
            .collect();
        for (word, n_added) in part_words(change.added.text()) {
            self.added
                .push(&word, before.get(&word).copied().unwrap_or(0), n_added);
        }
        for (word, n_removed) in part_words(change.removed.text()) {
            self.removed.push(&word, n_removed, 0);
        }
    }
}

/// The different words of a part with their numbers, by first appearance; at most [`MAX_WORDS`].
fn part_words(text: &str) -> Vec<(String, u32)> {
    let mut places: FxHashMap<String, usize> = FxHashMap::default();
    let mut counts: Vec<(String, u32)> = Vec::new();
    each_word(text, |word| {
        if let Some(&place) = places.get(word) {
            counts[place].1 += 1;
        } else if counts.len() < MAX_WORDS {
            places.insert(word.to_owned(), counts.len());
            counts.push((word.to_owned(), 1));
        }
    });
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected tables: word, before, after.
    #[track_caller]
    fn check_parts(
        before: &str,
        after: &str,
        added: &[(&str, u32, u32)],
        removed: &[(&str, u32, u32)],
    ) {
        let mut words = Words::default();
        words.fill_parts(&Change::between(before, after));
        let rows = |table: &WordTable| -> Vec<(String, u32, u32)> {
            table
                .iter()
                .map(|word| (word.word.to_owned(), word.before, word.after))
                .collect()
        };
        let expected = |rows: &[(&str, u32, u32)]| -> Vec<(String, u32, u32)> {
            rows.iter()
                .map(|(word, before, after)| ((*word).to_owned(), *before, *after))
                .collect()
        };
        assert_eq!(
            (rows(&words.added), rows(&words.removed)),
            (expected(added), expected(removed)),
            "{before} -> {after}"
        );
    }

    #[test]
    fn words_of_either_part_are_counted() {
        check_parts("a", "a Two two one", &[("two", 0, 2), ("one", 0, 1)], &[]);
        check_parts("a Two two", "a", &[], &[("two", 2, 0)]);
        check_parts("日本", "日本の歴史", &[("の歴", 0, 1), ("歴史", 0, 1)], &[]);
        check_parts("a b", "a b", &[], &[]);
    }

    #[test]
    fn tables_are_bounded() {
        let text: String = (0..MAX_WORDS + 10).map(|idx| format!("w{idx} ")).collect();
        let mut words = Words::default();
        words.fill_parts(&Change::between("", &text));
        assert_eq!(words.added.iter().count(), MAX_WORDS);
    }
}
