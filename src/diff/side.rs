//! One side of a diff as tokens, and the ranges in which two sides differ.
//!
//! The only file that knows imara-diff. What a range means to an edit, and how much may be
//! diffed at once, is decided by [`Change`](super::Change).

use std::ops::Range;

use imara_diff::{Algorithm, Diff, InternedInput, TokenSource};

use super::token::{Token, TokenKind, tokenize};

/// A range of one of the texts, tokenised; positions are those in the whole text.
pub(super) struct Side<'a> {
    pub(super) text: &'a str,
    range: Range<usize>,
    pub(super) tokens: Vec<Token>,
}

impl<'a> Side<'a> {
    pub(super) fn new(text: &'a str, range: Range<usize>) -> Self {
        // The tokenizer reads 4 GiB at most.
        let offset = u32::try_from(range.start).unwrap_or(u32::MAX);
        let shift = |token: Token| Token {
            start: token.start + offset,
            end: token.end + offset,
            ..token
        };
        let tokens = tokenize(&text[range.clone()]).map(shift).collect();
        Self {
            text,
            range,
            tokens,
        }
    }

    fn token_text(&self, token: &Token) -> &'a str {
        token.text(self.text)
    }

    fn token_texts(&self) -> Vec<&'a str> {
        self.tokens
            .iter()
            .map(|token| self.token_text(token))
            .collect()
    }

    /// Where some of the tokens stand; for none, where they would.
    pub(super) fn bytes(&self, tokens: &Range<usize>) -> Range<usize> {
        let start = self
            .tokens
            .get(tokens.start)
            .map_or(self.range.end, |token| token.start as usize);
        let end = if tokens.is_empty() {
            start
        } else {
            self.tokens[tokens.end - 1].end as usize
        };
        start..end
    }
}

/// Pairs of ranges (of tokens, of bytes): what was removed, what was added in its place.
pub(super) type Ranges = Vec<(Range<usize>, Range<usize>)>;

/// The ranges of tokens that differ. Two that only one white space keeps apart are made one, so
/// that a phrase put in the place of another stays a phrase.
pub(super) fn token_hunks(old: &Side<'_>, new: &Side<'_>) -> Ranges {
    let mut hunks: Ranges = Vec::new();
    for (old_range, new_range) in diff(&old.token_texts(), &new.token_texts()) {
        match hunks.last_mut() {
            Some((last_old, last_new))
                if last_old.end + 1 == old_range.start
                    && old.tokens[last_old.end].kind == TokenKind::Whitespace =>
            {
                last_old.end = old_range.end;
                last_new.end = new_range.end;
            }
            _ => hunks.push((old_range, new_range)),
        }
    }
    hunks
}

/// What is left of the tokens without those that are common to the beginning or the end.
pub(super) fn differing_middle(old: &Side<'_>, new: &Side<'_>) -> (Range<usize>, Range<usize>) {
    let is_equal = |(a, b): &(&Token, &Token)| old.token_text(a) == new.token_text(b);
    let n_prefix = old
        .tokens
        .iter()
        .zip(&new.tokens)
        .take_while(is_equal)
        .count();
    let (old_rest, new_rest) = (&old.tokens[n_prefix..], &new.tokens[n_prefix..]);
    let n_suffix = old_rest
        .iter()
        .rev()
        .zip(new_rest.iter().rev())
        .take_while(is_equal)
        .count();
    (
        n_prefix..old.tokens.len() - n_suffix,
        n_prefix..new.tokens.len() - n_suffix,
    )
}

/// The ranges of bytes whose lines differ; all of it when there are more than `max_lines` (both
/// sides together).
pub(super) fn line_hunks(old: &Side<'_>, new: &Side<'_>, max_lines: usize) -> Ranges {
    let old_lines: Vec<&str> = old.text[old.range.clone()].split_inclusive('\n').collect();
    let new_lines: Vec<&str> = new.text[new.range.clone()].split_inclusive('\n').collect();
    if old_lines.len() + new_lines.len() > max_lines {
        return vec![(old.range.clone(), new.range.clone())];
    }
    let (old_starts, new_starts) = (
        starts(old.range.start, &old_lines),
        starts(new.range.start, &new_lines),
    );
    diff(&old_lines, &new_lines)
        .into_iter()
        .map(|(a, b)| {
            (
                old_starts[a.start]..old_starts[a.end],
                new_starts[b.start]..new_starts[b.end],
            )
        })
        .collect()
}

/// Where each line starts, and where the last one ends.
fn starts(first: usize, lines: &[&str]) -> Vec<usize> {
    let ends = lines.iter().scan(first, |at, line| {
        *at += line.len();
        Some(*at)
    });
    std::iter::once(first).chain(ends).collect()
}

fn diff(old: &[&str], new: &[&str]) -> Ranges {
    let input = InternedInput::new(Items(old), Items(new));
    let range = |range: Range<u32>| range.start as usize..range.end as usize;
    Diff::compute(Algorithm::Histogram, &input)
        .hunks()
        .map(|hunk| (range(hunk.before), range(hunk.after)))
        .collect()
}

/// Strings as imara-diff takes them.
struct Items<'a>(&'a [&'a str]);

impl<'a> TokenSource for Items<'a> {
    type Token = &'a str;
    type Tokenizer = std::iter::Copied<std::slice::Iter<'a, &'a str>>;

    fn tokenize(&self) -> Self::Tokenizer {
        self.0.iter().copied()
    }

    fn estimate_tokens(&self) -> u32 {
        self.0.len() as u32
    }
}
