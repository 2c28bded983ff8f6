//! One side of a change: the text that an edit added, or the text that it removed, and counts
//! over it.
//!
//! Counts are taken while the diff hands over its tokens, in one pass; the few values that cost
//! more (entropy, compressibility) are methods, computed when asked. What the text means to the
//! page (is a link new, was a word only altered) is not seen from one side.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::mash::is_mashed;
use super::token::{Token, TokenKind};

/// Longer parts are judged by their first bytes where a method says so: the value has settled by
/// then.
const SAMPLE_BYTES: usize = 64 * 1024;

/// The text that an edit added, or removed, piece after piece.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    text: String,
    words: Vec<Range<u32>>,
    /// Counts over the text.
    pub counts: PartCounts,
}

/// Counts over the text of a [`Part`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartCounts {
    /// Tokens of any kind.
    pub tokens: u32,
    /// Word tokens.
    pub words: u32,
    /// Word tokens of two or more letters, all of them capitals.
    pub capital_words: u32,
    /// Number tokens.
    pub numbers: u32,
    /// Tokens that are one CJK character.
    pub cjk: u32,
    /// Addresses.
    pub urls: u32,
    /// Punctuation tokens.
    pub punctuation: u32,
    /// Markup tokens: brackets, braces, apostrophes, equals signs, tags.
    pub markup: u32,
    /// Breaks between paragraphs.
    pub breaks: u32,
    /// Characters.
    pub chars: u32,
    /// Letters.
    pub letters: u32,
    /// Letters A to Z and a to z.
    pub ascii_letters: u32,
    /// Capital letters.
    pub capitals: u32,
    /// Digits.
    pub digits: u32,
    /// White space characters.
    pub whitespace: u32,
    /// Exclamation marks, also full-width ones.
    pub exclamations: u32,
    /// Question marks, also full-width and Arabic ones.
    pub questions: u32,
    /// Control and private-use characters, replacement characters, and emoji.
    pub oddities: u32,
    /// Characters of the longest token that is neither an address nor a tag.
    pub longest_token: u32,
    /// Characters of the longest word token.
    pub longest_word: u32,
    /// The longest run of one character; letters of either case count as one, and white space
    /// and markup are no run.
    pub longest_repeat: u32,
    /// The same of letters alone.
    pub longest_letter_repeat: u32,
}

impl PartCounts {
    /// Characters that are neither letters nor digits nor white space.
    pub fn symbols(&self) -> u32 {
        self.chars - self.letters - self.digits - self.whitespace
    }
}

impl Part {
    /// All pieces, each on a line of its own, so that none runs into the next.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether there is nothing on this side.
    pub fn is_empty(&self) -> bool {
        self.counts.tokens == 0
    }

    /// The word tokens as they are written.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.words
            .iter()
            .map(|word| &self.text[word.start as usize..word.end as usize])
    }

    /// How many word tokens look like keys hit at random; of the first 10,000.
    pub fn mashed_words(&self) -> u32 {
        self.words()
            .take(10_000)
            .filter(|word| is_mashed(word))
            .count() as u32
    }

    /// How many word tokens repeat one that came before (in any case); of the first 10,000.
    pub fn repeated_words(&self) -> u32 {
        let mut seen = rustc_hash::FxHashSet::default();
        self.words()
            .take(10_000)
            .filter(|word| !seen.insert(word.to_lowercase()))
            .count() as u32
    }

    /// Shannon entropy of the characters, in nats a character, of the first 64 KB; `None`
    /// without text.
    pub fn entropy(&self) -> Option<f32> {
        let mut counts: FxHashMap<char, u32> = FxHashMap::default();
        let mut total = 0_u32;
        for c in self.sample().chars().filter(|c| *c != '\n') {
            *counts.entry(c).or_default() += 1;
            total += 1;
        }
        let mut counts: Vec<u32> = counts.into_values().collect();
        // The order of a sum shows in its last bits, and a map has none.
        counts.sort_unstable();
        let entropy: f64 = counts
            .iter()
            .map(|&count| {
                let share = f64::from(count) / f64::from(total);
                -share * share.ln()
            })
            .sum();
        (total > 0).then_some(entropy as f32)
    }

    /// The length of the first 64 KB compressed by LZ4, as a share of their own; `None` without
    /// text. Near or above 1 for short texts, near 0 for one letter repeated.
    pub fn compressibility(&self) -> Option<f32> {
        let sample = self.sample().as_bytes();
        (!sample.is_empty())
            .then(|| lz4_flex::block::compress(sample).len() as f32 / sample.len() as f32)
    }

    fn sample(&self) -> &str {
        let mut end = self.text.len().min(SAMPLE_BYTES);
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        &self.text[..end]
    }

    /// Takes in a piece: tokens that follow each other in `text`.
    pub(super) fn push(&mut self, text: &str, tokens: &[Token]) {
        let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else {
            return;
        };
        let offset = self.text.len();
        self.text
            .push_str(&text[first.start as usize..last.end as usize]);
        self.text.push('\n');
        for token in tokens {
            if token.kind == TokenKind::Word {
                let start = offset as u32 + token.start - first.start;
                self.words.push(start..start + token.end - token.start);
            }
        }
        self.counts.add(text, tokens);
    }
}

impl PartCounts {
    fn add(&mut self, text: &str, tokens: &[Token]) {
        let mut run = 0;
        let mut previous = None;
        for token in tokens {
            let mut sizes = Sizes::default();
            let is_text = is_prose(token.kind);
            for c in token.text(text).chars() {
                sizes.count(c);
                let folded = match is_text {
                    true if c.is_ascii() => Some(c.to_ascii_lowercase()),
                    true => c.to_lowercase().next(),
                    false => None,
                };
                run = if folded.is_some() && folded == previous {
                    run + 1
                } else {
                    1
                };
                if folded.is_some() {
                    self.longest_repeat = self.longest_repeat.max(run);
                    if c.is_alphabetic() {
                        self.longest_letter_repeat = self.longest_letter_repeat.max(run);
                    }
                }
                previous = folded;
            }
            self.count_token(token.kind, &sizes);
        }
    }

    fn count_token(&mut self, kind: TokenKind, sizes: &Sizes) {
        self.tokens += 1;
        self.chars += sizes.chars;
        self.letters += sizes.letters;
        self.ascii_letters += sizes.ascii_letters;
        self.capitals += sizes.capitals;
        self.digits += sizes.digits;
        self.whitespace += sizes.whitespace;
        self.exclamations += sizes.exclamations;
        self.questions += sizes.questions;
        self.oddities += sizes.oddities;
        if is_prose(kind) {
            self.longest_token = self.longest_token.max(sizes.chars);
        }
        match kind {
            TokenKind::Word => {
                self.words += 1;
                self.longest_word = self.longest_word.max(sizes.chars);
                self.capital_words +=
                    u32::from(sizes.letters > 1 && sizes.capitals == sizes.letters);
            }
            TokenKind::Number => self.numbers += 1,
            TokenKind::Cjk => self.cjk += 1,
            TokenKind::Url => self.urls += 1,
            TokenKind::Break => self.breaks += 1,
            kind if kind.is_punctuation() => self.punctuation += 1,
            kind if is_markup(kind) => self.markup += 1,
            _ => {}
        }
    }
}

/// Characters of one token.
#[derive(Default)]
struct Sizes {
    chars: u32,
    letters: u32,
    ascii_letters: u32,
    capitals: u32,
    digits: u32,
    whitespace: u32,
    exclamations: u32,
    questions: u32,
    oddities: u32,
}

impl Sizes {
    fn count(&mut self, c: char) {
        self.chars += 1;
        match c {
            'a'..='z' => {
                self.letters += 1;
                self.ascii_letters += 1;
            }
            'A'..='Z' => {
                self.letters += 1;
                self.ascii_letters += 1;
                self.capitals += 1;
            }
            '0'..='9' => self.digits += 1,
            '!' | '！' => self.exclamations += 1,
            '?' | '？' | '؟' => self.questions += 1,
            '\u{fffd}'
            | '\u{e000}'..='\u{f8ff}'
            | '\u{2600}'..='\u{27bf}'
            | '\u{1f000}'..='\u{1faff}' => {
                self.oddities += 1;
            }
            c if c.is_whitespace() => self.whitespace += 1,
            c if c.is_alphabetic() => {
                self.letters += 1;
                self.capitals += u32::from(c.is_uppercase());
            }
            c if c.is_numeric() => self.digits += 1,
            c if c.is_control() => self.oddities += 1,
            _ => {}
        }
    }
}

/// Whether a token is read by readers: no address, tag, white space or run of markup.
fn is_prose(kind: TokenKind) -> bool {
    kind.is_word()
        || kind.is_punctuation()
        || matches!(
            kind,
            TokenKind::Number | TokenKind::Cjk | TokenKind::Etc | TokenKind::Danda
        )
}

/// Markup as this crate's own features count it: revscoring's, and what revscoring leaves out.
fn is_markup(kind: TokenKind) -> bool {
    kind.is_markup()
        || matches!(
            kind,
            TokenKind::Italic
                | TokenKind::Bar
                | TokenKind::Tag
                | TokenKind::RefOpen
                | TokenKind::RefClose
                | TokenKind::RefSingleton
                | TokenKind::CommentStart
                | TokenKind::CommentEnd
                | TokenKind::Entity
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::Change;

    #[track_caller]
    fn check(added: &str, count: fn(&PartCounts) -> u32, expected: u32) {
        let counts = Change::between("", added).added.counts;
        assert_eq!(count(&counts), expected, "{added}: {counts:?}");
    }

    #[test]
    fn text_is_counted() {
        check("two words", |counts| counts.words, 2);
        check("BIG Small I", |counts| counts.capital_words, 1);
        check("Ábc ДЕ", |counts| counts.capitals, 3);
        check("ab é 12", |counts| counts.letters, 3);
        check("12 ３ 4.5", |counts| counts.numbers, 4);
        check("日本 に", |counts| counts.cjk, 3);
        check("[[a]] '''b''' ''c''", |counts| counts.markup, 6);
        check("a, b. c!", |counts| counts.punctuation, 3);
        check("no!! いいえ！ why?", |counts| counts.exclamations, 3);
        check("$ € -", PartCounts::symbols, 3);
        check("😀 \u{fffd}", |counts| counts.oddities, 2);
        check("a\n\nb", |counts| counts.breaks, 1);
        check("http://a.com/x y", |counts| counts.urls, 1);
    }

    #[test]
    fn the_longest_things_are_measured() {
        check(
            "a bcd http://example.org/long",
            |counts| counts.longest_token,
            3,
        );
        check("a bcd", |counts| counts.longest_word, 3);
        check("nOoOo!!", |counts| counts.longest_repeat, 4);
        check("a!!!!", |counts| counts.longest_repeat, 4);
        check("a!!!!", |counts| counts.longest_letter_repeat, 1);
        check("ああああ", |counts| counts.longest_letter_repeat, 4);
        check("== == a", |counts| counts.longest_repeat, 1);
        check("", |counts| counts.longest_repeat, 0);
    }

    #[test]
    fn samples_end_between_characters() {
        let part = Change::between("", &"日".repeat(50_000)).added;
        assert_eq!(part.entropy(), Some(0.0));
        assert!(part.compressibility().is_some_and(|ratio| ratio < 0.02));
        assert_eq!(Part::default().entropy(), None);
        assert_eq!(Part::default().compressibility(), None);
    }

    #[test]
    fn repeated_words_are_counted_in_any_case() {
        assert_eq!(Change::between("", "Ha ha HA no").added.repeated_words(), 2);
    }
}
