//! What an edit added and removed: a diff of tokens.
//!
//! The common beginning and end are left out before anything is tokenised ([`trim`](super::trim)),
//! so that the usual small edit costs little more than comparing bytes. The rest is diffed by
//! imara-diff's histogram algorithm, whose cost grows with tokens times differences; beyond
//! [`MAX_TOKENS`] the lines are diffed first and the tokens only within differing lines, and what
//! is still larger counts as removed and added whole. So the cost is linear in the texts, whatever
//! they hold; [`Change::is_coarse`] says when that showed. No word is judged here.

use std::ops::Range;

use super::element::ElementChange;
use super::part::Part;
use super::replaced::Replaced;
use super::side::{Side, differing_middle, line_hunks, token_hunks};
use super::size::TextSize;
use super::summary::TextSummaries;
use super::trim::{Windows, trim};

/// Windows with more tokens than this (both sides together) are not diffed in one go. The
/// adversary for the histogram algorithm is a text in which every other token was replaced:
/// quadratic, and at this size still under ten milliseconds. A window this large holds some
/// twenty paragraphs, so that lines are a fair first cut.
const MAX_TOKENS: usize = 8_000;

/// Longer texts are compared up to here: positions are 32-bit.
const MAX_BYTES: usize = 1 << 30;

/// What an edit added and removed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// The text that is new.
    pub added: Part,
    /// The text that is gone.
    pub removed: Part,
    /// Links, templates and other elements that are new or gone.
    pub elements: ElementChange,
    /// What stands in the place of something else.
    pub replaced: Replaced,
    /// The whole text before the edit.
    pub before: TextSize,
    /// The whole text after the edit.
    pub after: TextSize,
    hunks: Vec<Hunk>,
    is_coarse: bool,
    /// Where the texts may differ, cut between tokens.
    windows: Windows,
}

/// A place where something was removed, added, or replaced: positions in bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hunk {
    /// What was removed, in the text before the edit.
    pub before: Range<usize>,
    /// What was added, in the text after the edit.
    pub after: Range<usize>,
}

impl Change {
    /// The difference of two texts.
    pub fn between(before: &str, after: &str) -> Self {
        let (before, after) = (bounded(before), bounded(after));
        let (lines, words) = trim(before, after);
        let mut change = Self {
            elements: ElementChange::between(before, after, &lines, &words),
            before: TextSize::of(before),
            after: TextSize::of(after),
            windows: words.clone(),
            ..Self::default()
        };
        change.diff(
            &Side::new(before, words.before),
            &Side::new(after, words.after),
            true,
        );
        change
    }

    /// Where the texts differ, in order.
    pub fn hunks(&self) -> &[Hunk] {
        &self.hunks
    }

    /// Whether the texts were so large and different that some of the difference was not looked
    /// at token by token: then text that both have may count as removed and as added.
    pub fn is_coarse(&self) -> bool {
        self.is_coarse
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.hunks.is_empty()
    }

    /// Counts both texts, which must be those that this is the change between.
    pub fn summaries(&self, before: &str, after: &str) -> TextSummaries {
        TextSummaries::between(bounded(before), bounded(after), &self.windows)
    }

    /// How many word tokens were removed here and added there: moved, or put back into a
    /// rewritten sentence. Of the first 10,000 on either side.
    pub fn moved_words(&self) -> u32 {
        let mut counts: rustc_hash::FxHashMap<&str, u32> = rustc_hash::FxHashMap::default();
        for word in self.removed.words().take(10_000) {
            *counts.entry(word).or_default() += 1;
        }
        let mut n_moved = 0;
        for word in self.added.words().take(10_000) {
            if let Some(count) = counts.get_mut(word).filter(|count| **count > 0) {
                *count -= 1;
                n_moved += 1;
            }
        }
        n_moved
    }

    fn diff(&mut self, old: &Side<'_>, new: &Side<'_>, may_split: bool) {
        let (n_old, n_new) = (old.tokens.len(), new.tokens.len());
        if n_old == 0 || n_new == 0 {
            self.push(old, 0..n_old, new, 0..n_new);
        } else if n_old + n_new <= MAX_TOKENS {
            for (old_tokens, new_tokens) in token_hunks(old, new) {
                self.push(old, old_tokens, new, new_tokens);
            }
        } else if may_split {
            self.is_coarse = true;
            for (old_range, new_range) in line_hunks(old, new, MAX_TOKENS) {
                self.diff(
                    &Side::new(old.text, old_range),
                    &Side::new(new.text, new_range),
                    false,
                );
            }
        } else {
            let (old_tokens, new_tokens) = differing_middle(old, new);
            self.push(old, old_tokens, new, new_tokens);
        }
    }

    /// Takes in a hunk: these tokens of either side.
    fn push(
        &mut self,
        old: &Side<'_>,
        old_tokens: Range<usize>,
        new: &Side<'_>,
        new_tokens: Range<usize>,
    ) {
        if old_tokens.is_empty() && new_tokens.is_empty() {
            return;
        }
        self.hunks.push(Hunk {
            before: old.bytes(&old_tokens),
            after: new.bytes(&new_tokens),
        });
        let (removed, added) = (&old.tokens[old_tokens], &new.tokens[new_tokens]);
        self.replaced.push(old.text, removed, new.text, added);
        self.removed.push(old.text, removed);
        self.added.push(new.text, added);
    }
}

/// What is read of a text.
fn bounded(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_BYTES)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn without_trimming(before: &str, after: &str) -> Change {
        let mut change = Change::default();
        change.diff(
            &Side::new(before, 0..before.len()),
            &Side::new(after, 0..after.len()),
            true,
        );
        change
    }

    /// `removed` and `added` are lists of pieces, a line each.
    #[track_caller]
    fn check(before: &str, after: &str, removed: &str, added: &str) {
        let change = Change::between(before, after);
        let got = (
            change.removed.text().trim_end_matches('\n'),
            change.added.text().trim_end_matches('\n'),
        );
        assert_eq!(got, (removed, added), "{before:?} -> {after:?}");
        check_reconstruction(before, after);
    }

    #[track_caller]
    fn check_reconstruction(before: &str, after: &str) {
        let change = Change::between(before, after);
        let (mut old_at, mut new_at) = (0, 0);
        let mut pieces = [String::new(), String::new()];
        for hunk in change.hunks() {
            assert_eq!(
                before[old_at..hunk.before.start],
                after[new_at..hunk.after.start],
                "kept text differs"
            );
            for (piece, text) in pieces
                .iter_mut()
                .zip([&before[hunk.before.clone()], &after[hunk.after.clone()]])
            {
                if !text.is_empty() {
                    piece.push_str(text);
                    piece.push('\n');
                }
            }
            (old_at, new_at) = (hunk.before.end, hunk.after.end);
        }
        assert_eq!(before[old_at..], after[new_at..], "kept text differs");
        assert_eq!(pieces, [change.removed.text(), change.added.text()]);
        let n_pieces = |is_there: fn(&Hunk) -> bool| {
            change.hunks().iter().filter(|hunk| is_there(hunk)).count()
        };
        let n_added = n_pieces(|hunk| !hunk.after.is_empty());
        assert_eq!(
            change.added.counts.chars as usize,
            change.added.text().chars().count() - n_added
        );
    }

    #[test]
    fn differences_are_tokens() {
        check("a b c", "a x c", "b", "x");
        check("a c", "a b c", "", "b ");
        check("a b c", "a c", "b ", "");
        check("one two three four", "one 2 3 four", "two three", "2 3");
        check("a\n\nb\n\nc", "a\n\nc", "b", "");
        check("[[Aruba]]", "[[Bonaire]]", "Aruba", "Bonaire");
        check("football", "footballpoop", "football", "footballpoop");
        check("日本の歴史", "日本国の歴史", "", "国");
        check(
            "http://a.com/x is",
            "http://b.com/x is",
            "http://a.com/x",
            "http://b.com/x",
        );
    }

    #[test]
    fn moved_text_is_removed_and_added() {
        let change = Change::between("alpha beta\ngamma delta\n", "gamma delta\nalpha beta\n");
        assert_eq!(
            (
                change.added.counts.words,
                change.removed.counts.words,
                change.moved_words()
            ),
            (2, 2, 2)
        );
    }

    #[test]
    fn empty_sides_are_whole_texts() {
        check("", "", "", "");
        check("same", "same", "", "");
        check("", "new text\n", "", "new text");
        check("old text\n", "", "old text", "");
        check(
            "old words here",
            "all of it new",
            "old words here",
            "all of it new",
        );
    }

    #[test]
    fn huge_texts_are_diffed_by_lines_first() {
        let line = |line_idx: usize| {
            format!(
                "line {line_idx} holds some words and numbers {}\n",
                line_idx * 7
            )
        };
        let before: String = (0..3_000).map(line).collect();
        let after: String = (0..3_000)
            .map(|idx| {
                if idx % 1_000 == 1 {
                    "line was changed\n".to_owned()
                } else {
                    line(idx)
                }
            })
            .collect();
        let change = Change::between(&before, &after);
        assert!(change.is_coarse());
        assert_eq!(change.added.counts.words, 6, "{:?}", change.added.text());
        check_reconstruction(&before, &after);
    }

    #[test]
    fn hostile_texts_are_linear() {
        let words = |word: &str, n: usize| {
            (0..n)
                .map(|idx| format!("{word}{} w{idx} ", idx % 7))
                .collect::<String>()
        };
        for (before, after) in [
            ("[".repeat(1_000_000), String::new()),
            (String::new(), "[[".repeat(500_000)),
            ("[[".repeat(300_000), "[[ ".repeat(300_000)),
            (words("old", 100_000), words("new", 100_000)),
            ("\n".repeat(500_000), "\n\n ".repeat(300_000)),
            ("<ref\n".repeat(150_000), "<ref\n".repeat(150_001)),
            ("a\n".repeat(200_000), "b\n".repeat(200_000)),
        ] {
            check_reconstruction(&before, &after);
        }
    }

    proptest! {
        #[test]
        fn kept_and_changed_text_make_up_both_texts(
            before in "[ab <>/ref\\[\\]{}|'=\n日é0.]{0,60}",
            after in "[ab <>/ref\\[\\]{}|'=\n日é0.]{0,60}",
        ) {
            check_reconstruction(&before, &after);
        }

        #[test]
        fn trimming_changes_nothing(
            start in "([ab <>/ref'\n日. ]{0,8}\n){0,4}",
            removed in "[ab <>/ref'\n日. ]{0,8}",
            added in "[ab <>/ref'\n日. ]{0,8}",
            end in "(\n[ab <>/ref'\n日. ]{0,8}){0,4}",
        ) {
            let (before, after) = (format!("{start}{removed}{end}"), format!("{start}{added}{end}"));
            let (trimmed, whole) = (Change::between(&before, &after), without_trimming(&before, &after));
            prop_assert_eq!(trimmed.hunks, whole.hunks);
            prop_assert_eq!(trimmed.added, whole.added);
            prop_assert_eq!(trimmed.removed, whole.removed);
        }
    }
}
