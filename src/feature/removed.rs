//! The text that the edit removed.
//!
//! Fewer counts than for added text: what is gone matters mostly by its size, and by whether it
//! deserved to go.

use super::{Feature, Unit, share};

/// The features.
pub(super) const FEATURES: &[Feature] = &[
    Feature::of_change(
        "removed.chars",
        Unit::Chars,
        "characters removed",
        |change| change.removed.counts.chars as f32,
    ),
    Feature::of_change("removed.words", Unit::Count, "words removed", |change| {
        change.removed.counts.words as f32
    }),
    Feature::of_change(
        "removed.cjk",
        Unit::Count,
        "CJK characters removed",
        |change| change.removed.counts.cjk as f32,
    ),
    Feature::of_change(
        "removed.numbers",
        Unit::Count,
        "numbers removed",
        |change| change.removed.counts.numbers as f32,
    ),
    Feature::of_change("removed.digits", Unit::Chars, "digits removed", |change| {
        change.removed.counts.digits as f32
    }),
    Feature::of_change(
        "removed.punctuation",
        Unit::Count,
        "punctuation marks removed",
        |change| change.removed.counts.punctuation as f32,
    ),
    Feature::of_change(
        "removed.symbols",
        Unit::Chars,
        "characters removed that are no letter, digit or white space",
        |change| change.removed.counts.symbols() as f32,
    ),
    Feature::of_change(
        "removed.markup",
        Unit::Count,
        "pieces of markup removed",
        |change| change.removed.counts.markup as f32,
    ),
    Feature::of_change(
        "removed.breaks",
        Unit::Count,
        "breaks between paragraphs removed",
        |change| change.removed.counts.breaks as f32,
    ),
    Feature::of_change(
        "removed.segments",
        Unit::Count,
        "places where something was removed",
        |change| {
            change
                .hunks()
                .iter()
                .filter(|hunk| !hunk.before.is_empty())
                .count() as f32
        },
    ),
    Feature::of_change(
        "removed.capitals_share",
        Unit::Ratio,
        "capitals among the letters removed; missing without letters",
        |change| {
            share(
                change.removed.counts.capitals,
                change.removed.counts.letters,
            )
        },
    ),
    Feature::of_change(
        "removed.ascii_share",
        Unit::Ratio,
        "A to Z among the letters removed; missing without letters",
        |change| {
            share(
                change.removed.counts.ascii_letters,
                change.removed.counts.letters,
            )
        },
    ),
    Feature::of_change(
        "removed.longest_letter_repeat",
        Unit::Chars,
        "the longest run of one letter removed: long when the edit mends vandalism",
        |change| change.removed.counts.longest_letter_repeat as f32,
    ),
    Feature::of_change(
        "removed.mashed_words",
        Unit::Count,
        "words removed that look like keys hit at random",
        |change| change.removed.mashed_words() as f32,
    ),
    Feature::of_change(
        "removed.capital_words",
        Unit::Count,
        "words removed in capitals alone",
        |change| change.removed.counts.capital_words as f32,
    ),
];

#[cfg(test)]
mod tests {
    use crate::feature::testing::check_texts;

    #[test]
    fn removed_text_is_counted() {
        check_texts("removed.words", "a two words", "a", 2.0);
        check_texts("removed.chars", "a two", "a", 4.0);
        check_texts("removed.segments", "x b c y", "a b c d", 2.0);
        check_texts("removed.capitals_share", "ABcd", "", 0.5);
        check_texts("removed.mashed_words", "asdfasdf is", "is", 1.0);
        check_texts("removed.capitals_share", "", "a", f32::NAN);
    }
}
