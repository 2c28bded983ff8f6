//! The changed words against the vocabulary that the wiki itself uses.
//!
//! Words are weighted by how often they were added or removed. In scripts without spaces a word
//! is every two neighbouring characters. Without a vocabulary every word is unknown and its
//! surprise missing.

use super::{Feature, Unit};
use crate::language::{Vocabulary, WordTable, Words};

/// The features.
pub(super) const FEATURES: &[Feature] = &[
    Feature::lexical(
        "lexical.added_words",
        Unit::Count,
        "different words added",
        |words, _| words.added.iter().count() as f32,
    ),
    Feature::lexical(
        "lexical.added_unknown",
        Unit::Count,
        "words added that the wiki does not use elsewhere",
        |words, vocabulary| count_unknown(&words.added, vocabulary).unknown,
    ),
    Feature::lexical(
        "lexical.added_unknown_share",
        Unit::Ratio,
        "the same among all words added; missing without words",
        |words, vocabulary| count_unknown(&words.added, vocabulary).share(),
    ),
    Feature::lexical(
        "lexical.added_longest_unknown",
        Unit::Chars,
        "the longest word added that the wiki does not use elsewhere; 0 without any",
        longest_unknown,
    ),
    Feature::lexical(
        "lexical.added_oddness",
        Unit::Nats,
        "mean surprise of the letters of the words added; missing without words",
        |words, vocabulary| mean_oddness(&words.added, vocabulary),
    ),
    Feature::lexical(
        "lexical.added_oddness_max",
        Unit::Nats,
        "surprise of the oddest word added; missing without words",
        |words, vocabulary| max_oddness(&words.added, vocabulary),
    ),
    Feature::lexical(
        "lexical.removed_unknown",
        Unit::Count,
        "words removed that the wiki does not use elsewhere",
        |words, vocabulary| count_unknown(&words.removed, vocabulary).unknown,
    ),
    Feature::lexical(
        "lexical.removed_unknown_share",
        Unit::Ratio,
        "the same among all words removed; missing without words",
        |words, vocabulary| count_unknown(&words.removed, vocabulary).share(),
    ),
    Feature::lexical(
        "lexical.removed_known",
        Unit::Count,
        "words removed that the wiki uses elsewhere",
        |words, vocabulary| count_unknown(&words.removed, vocabulary).known,
    ),
    Feature::lexical(
        "lexical.removed_oddness",
        Unit::Nats,
        "mean surprise of the letters of the words removed; missing without words",
        |words, vocabulary| mean_oddness(&words.removed, vocabulary),
    ),
    Feature::lexical(
        "lexical.unknown_shift",
        Unit::Ratio,
        "unknown share of the words added less that of the words removed; missing without either",
        |words, vocabulary| {
            count_unknown(&words.added, vocabulary).share()
                - count_unknown(&words.removed, vocabulary).share()
        },
    ),
    Feature::lexical(
        "lexical.oddness_shift",
        Unit::Nats,
        "surprise of the words added less that of the words removed; missing without either",
        |words, vocabulary| {
            mean_oddness(&words.added, vocabulary) - mean_oddness(&words.removed, vocabulary)
        },
    ),
];

/// How many words a vocabulary knows.
struct Known {
    known: f32,
    unknown: f32,
}

impl Known {
    /// Unknown words among all; 0 / 0 is NaN, which is what is wanted.
    fn share(&self) -> f32 {
        self.unknown / (self.known + self.unknown)
    }
}

/// In a table of added words the number of times is `after`, of removed ones `before`; the other
/// one is smaller or 0 there.
fn count_unknown(table: &WordTable, vocabulary: &Vocabulary) -> Known {
    let mut counts = Known {
        known: 0.0,
        unknown: 0.0,
    };
    for word in table.iter() {
        let side = if vocabulary.knows(word) {
            &mut counts.known
        } else {
            &mut counts.unknown
        };
        *side += word.after.max(word.before).max(1) as f32;
    }
    counts
}

fn longest_unknown(words: &Words, vocabulary: &Vocabulary) -> f32 {
    let unknown = words.added.iter().filter(|word| !vocabulary.knows(*word));
    unknown
        .map(|word| word.word.chars().count())
        .max()
        .unwrap_or(0) as f32
}

/// The mean over the words that the vocabulary can judge: it passes over very short ones.
fn mean_oddness(table: &WordTable, vocabulary: &Vocabulary) -> f32 {
    let (mut sum, mut n_words) = (0.0_f64, 0.0_f64);
    for word in table.iter() {
        let oddness = f64::from(vocabulary.oddness(word.word));
        if !oddness.is_nan() {
            sum += oddness;
            n_words += 1.0;
        }
    }
    // 0 / 0 is NaN, which is what is wanted.
    (sum / n_words) as f32
}

fn max_oddness(table: &WordTable, vocabulary: &Vocabulary) -> f32 {
    // `f32::max` passes over NaN.
    table
        .iter()
        .map(|word| vocabulary.oddness(word.word))
        .fold(f32::NAN, f32::max)
}

#[cfg(test)]
mod tests {
    use crate::feature::testing::check_texts;

    #[test]
    fn without_a_vocabulary_all_words_are_unknown() {
        check_texts("lexical.added_words", "a", "a Two two words", 2.0);
        check_texts("lexical.added_unknown", "a", "a Two two words", 3.0);
        check_texts("lexical.added_unknown_share", "a", "a two", 1.0);
        check_texts("lexical.added_unknown_share", "a two", "a", f32::NAN);
        check_texts("lexical.added_longest_unknown", "a", "a two words", 5.0);
        check_texts("lexical.removed_unknown", "a b", "a", 1.0);
        check_texts("lexical.added_oddness", "a", "a two", f32::NAN);
    }
}
