//! What an edit put in the place of something else: numbers for numbers, words for nearly the
//! same words.
//!
//! Small, silent falsifications (a changed year) and typing corrections look alike in every
//! count of what was added; here they are told apart as far as the two sides say. A hunk counts
//! only when it has as many tokens before as after, so that they can be paired; whether the new
//! value is true is not known here.

use super::token::{Token, TokenKind};

/// At most this many words of one edit are compared letter by letter.
const MAX_COMPARED: u32 = 1_000;

/// Longer words are not compared.
const MAX_LETTERS: usize = 24;

/// What an edit put in the place of something else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replaced {
    /// Numbers replaced by other numbers.
    pub numbers: u32,
    /// Words replaced by words that differ in one or two letters.
    pub altered_words: u32,
    /// Words replaced by a word that holds the old one and more (`ball` -> `snowball`).
    pub extended_words: u32,
    /// Words replaced by the same in other case.
    pub recased_words: u32,
    /// Tokens replaced by something else, or added or removed without a counterpart.
    pub others: u32,
    n_compared: u32,
}

impl Replaced {
    /// Takes in a hunk.
    pub(super) fn push(&mut self, old_text: &str, old: &[Token], new_text: &str, new: &[Token]) {
        if old.len() != new.len() {
            self.others += old.len().max(new.len()) as u32;
            return;
        }
        for (old, new) in old.iter().zip(new) {
            let (old_word, new_word) = (old.text(old_text), new.text(new_text));
            if old_word == new_word {
                continue;
            }
            match (old.kind, new.kind) {
                (TokenKind::Number, TokenKind::Number) => self.numbers += 1,
                (TokenKind::Word, TokenKind::Word) => self.push_words(old_word, new_word),
                _ => self.others += 1,
            }
        }
    }

    fn push_words(&mut self, old: &str, new: &str) {
        self.n_compared += 1;
        if self.n_compared > MAX_COMPARED {
            self.others += 1;
            return;
        }
        let old: Vec<char> = old
            .chars()
            .flat_map(char::to_lowercase)
            .take(MAX_LETTERS + 1)
            .collect();
        let new: Vec<char> = new
            .chars()
            .flat_map(char::to_lowercase)
            .take(MAX_LETTERS + 1)
            .collect();
        if old == new {
            self.recased_words += 1;
        } else if old.len() <= MAX_LETTERS && new.len() <= MAX_LETTERS && is_near(&old, &new) {
            self.altered_words += 1;
        } else if old.len() >= 2
            && new.len() > old.len()
            && (new.starts_with(&old) || new.ends_with(&old))
        {
            self.extended_words += 1;
        } else {
            self.others += 1;
        }
    }
}

/// Whether words of four letters or more differ in one or two of them (Levenshtein distance).
fn is_near(old: &[char], new: &[char]) -> bool {
    if old.len().min(new.len()) < 3
        || old.len().max(new.len()) < 4
        || old.len().abs_diff(new.len()) > 2
    {
        return false;
    }
    let mut row: Vec<usize> = (0..=new.len()).collect();
    for (row_idx, a) in old.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], row_idx + 1);
        for (column, b) in new.iter().enumerate() {
            let substituted = diagonal + usize::from(a != b);
            diagonal = row[column + 1];
            row[column + 1] = substituted.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[new.len()] <= 2
}

#[cfg(test)]
mod tests {
    use crate::diff::Change;

    /// The expected numbers: numbers, altered, extended, recased words, others.
    #[track_caller]
    fn check(before: &str, after: &str, expected: [u32; 5]) {
        let got = Change::between(before, after).replaced;
        let got = [
            got.numbers,
            got.altered_words,
            got.extended_words,
            got.recased_words,
            got.others,
        ];
        assert_eq!(got, expected, "{before:?} -> {after:?}");
    }

    #[test]
    fn replacements_are_told_apart() {
        check("born 1920 in", "born 1930 in", [1, 0, 0, 0, 0]);
        check("1920 1921", "1930 1931", [2, 0, 0, 0, 0]);
        check("in thier way", "in their way", [0, 1, 0, 0, 0]);
        check("the ball is", "the snowball is", [0, 0, 1, 0, 0]);
        check("the Ball is", "the ball is", [0, 0, 0, 1, 0]);
        check("the cat is", "the elephant is", [0, 0, 0, 0, 1]);
        check("the is", "the new is", [0, 0, 0, 0, 2]);
        check("its it", "is it", [0, 0, 0, 0, 1]);
        check("same", "same", [0, 0, 0, 0, 0]);
    }
}
