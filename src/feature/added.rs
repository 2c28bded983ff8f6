//! The text that the edit added: how much of what, and whether it looks like prose.
//!
//! All read off [`Part`](crate::diff::Part), which counts once; what the words are is the
//! lexical group's business.

use super::{Feature, Unit, share};

/// The features.
pub(super) const FEATURES: &[Feature] = &[
    Feature::of_change("added.chars", Unit::Chars, "characters added", |change| {
        change.added.counts.chars as f32
    }),
    Feature::of_change("added.words", Unit::Count, "words added", |change| {
        change.added.counts.words as f32
    }),
    Feature::of_change("added.cjk", Unit::Count, "CJK characters added", |change| {
        change.added.counts.cjk as f32
    }),
    Feature::of_change("added.numbers", Unit::Count, "numbers added", |change| {
        change.added.counts.numbers as f32
    }),
    Feature::of_change("added.digits", Unit::Chars, "digits added", |change| {
        change.added.counts.digits as f32
    }),
    Feature::of_change(
        "added.punctuation",
        Unit::Count,
        "punctuation marks added",
        |change| change.added.counts.punctuation as f32,
    ),
    Feature::of_change(
        "added.symbols",
        Unit::Chars,
        "characters added that are no letter, digit or white space",
        |change| change.added.counts.symbols() as f32,
    ),
    Feature::of_change(
        "added.markup",
        Unit::Count,
        "pieces of markup added: brackets, braces, apostrophes, tags",
        |change| change.added.counts.markup as f32,
    ),
    Feature::of_change(
        "added.breaks",
        Unit::Count,
        "breaks between paragraphs added",
        |change| change.added.counts.breaks as f32,
    ),
    Feature::of_change(
        "added.segments",
        Unit::Count,
        "places where something was added",
        |change| {
            change
                .hunks()
                .iter()
                .filter(|hunk| !hunk.after.is_empty())
                .count() as f32
        },
    ),
    Feature::of_change(
        "added.capitals_share",
        Unit::Ratio,
        "capitals among the letters added; missing without letters",
        |change| share(change.added.counts.capitals, change.added.counts.letters),
    ),
    Feature::of_change(
        "added.digits_share",
        Unit::Ratio,
        "digits among the characters added; missing when nothing was added",
        |change| share(change.added.counts.digits, change.added.counts.chars),
    ),
    Feature::of_change(
        "added.symbols_share",
        Unit::Ratio,
        "symbols among the characters added; missing when nothing was added",
        |change| share(change.added.counts.symbols(), change.added.counts.chars),
    ),
    Feature::of_change(
        "added.whitespace_share",
        Unit::Ratio,
        "white space among the characters added; missing when nothing was added",
        |change| share(change.added.counts.whitespace, change.added.counts.chars),
    ),
    Feature::of_change(
        "added.markup_share",
        Unit::Ratio,
        "markup among the tokens added; missing when nothing was added",
        |change| share(change.added.counts.markup, change.added.counts.tokens),
    ),
    Feature::of_change(
        "added.words_per_char",
        Unit::Ratio,
        "words per character added: low for long ones; missing when nothing was added",
        |change| share(change.added.counts.words, change.added.counts.chars),
    ),
    Feature::of_change(
        "added.ascii_share",
        Unit::Ratio,
        "A to Z among the letters added; missing without letters",
        |change| {
            share(
                change.added.counts.ascii_letters,
                change.added.counts.letters,
            )
        },
    ),
    Feature::of_change(
        "added.capital_words",
        Unit::Count,
        "words added in capitals alone",
        |change| change.added.counts.capital_words as f32,
    ),
    Feature::of_change(
        "added.capital_words_share",
        Unit::Ratio,
        "words in capitals alone among those added; missing without words",
        |change| share(change.added.counts.capital_words, change.added.counts.words),
    ),
    Feature::of_change(
        "added.exclamations",
        Unit::Chars,
        "exclamation marks added",
        |change| change.added.counts.exclamations as f32,
    ),
    Feature::of_change(
        "added.questions",
        Unit::Chars,
        "question marks added",
        |change| change.added.counts.questions as f32,
    ),
    Feature::of_change(
        "added.oddities",
        Unit::Chars,
        "control characters, replacement characters and emoji added",
        |change| change.added.counts.oddities as f32,
    ),
    Feature::of_change(
        "added.longest_token",
        Unit::Chars,
        "the longest token added that is no address or tag; 0 when nothing was added",
        |change| change.added.counts.longest_token as f32,
    ),
    Feature::of_change(
        "added.longest_word",
        Unit::Chars,
        "the longest word added; 0 without words",
        |change| change.added.counts.longest_word as f32,
    ),
    Feature::of_change(
        "added.longest_repeat",
        Unit::Chars,
        "the longest run of one character added; 0 when nothing was added",
        |change| change.added.counts.longest_repeat as f32,
    ),
    Feature::of_change(
        "added.longest_letter_repeat",
        Unit::Chars,
        "the longest run of one letter added; 0 without letters",
        |change| change.added.counts.longest_letter_repeat as f32,
    ),
    Feature::of_change(
        "added.repeated_words_share",
        Unit::Ratio,
        "words that repeat another among those added; missing without words",
        |change| {
            share(
                change.added.repeated_words(),
                change.added.counts.words.min(10_000),
            )
        },
    ),
    Feature::of_change(
        "added.mashed_words",
        Unit::Count,
        "words added that look like keys hit at random",
        |change| change.added.mashed_words() as f32,
    ),
    Feature::of_change(
        "added.mashed_words_share",
        Unit::Ratio,
        "the same among all words added; missing without words",
        |change| {
            share(
                change.added.mashed_words(),
                change.added.counts.words.min(10_000),
            )
        },
    ),
    Feature::of_change(
        "added.entropy",
        Unit::Nats,
        "entropy of the characters added; missing when nothing was added",
        |change| change.added.entropy().unwrap_or(f32::NAN),
    ),
    Feature::of_change(
        "added.compressibility",
        Unit::Ratio,
        "added text compressed by LZ4 as a share of itself; missing when nothing was added",
        |change| change.added.compressibility().unwrap_or(f32::NAN),
    ),
];

#[cfg(test)]
mod tests {
    use crate::feature::testing::check_texts;

    #[test]
    fn added_text_is_counted() {
        check_texts("added.words", "a", "a two words", 2.0);
        check_texts("added.chars", "a", "a two", 4.0);
        check_texts("added.cjk", "日", "日本", 1.0);
        check_texts("added.digits", "", "12 a", 2.0);
        check_texts("added.segments", "a b c d", "x b c y", 2.0);
        check_texts("added.markup", "", "[[a]]", 2.0);
        check_texts("added.exclamations", "", "no!!", 2.0);
    }

    #[test]
    fn shouting_and_holding_keys_show() {
        check_texts("added.capitals_share", "", "ABcd", 0.5);
        check_texts("added.capital_words_share", "", "LOUD quiet", 0.5);
        check_texts("added.longest_repeat", "", "noooo", 4.0);
        check_texts("added.mashed_words", "", "asdfasdf is", 1.0);
        check_texts("added.repeated_words_share", "", "ha ha ha ha", 0.75);
    }

    #[test]
    fn nothing_added_leaves_shares_missing() {
        check_texts("added.words", "a b", "a", 0.0);
        for name in [
            "added.capitals_share",
            "added.digits_share",
            "added.entropy",
            "added.compressibility",
        ] {
            check_texts(name, "a b", "a", f32::NAN);
        }
    }
}
