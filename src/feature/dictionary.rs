//! Words whose numbers changed, by whether the wiki's vocabulary knows them.
//!
//! Where revscoring asks a spelling dictionary of the system, a word is known here when it stands
//! on enough other pages of the wiki, so that the values differ from its. Without a vocabulary
//! every word is unknown.

use super::{Feature, Unit};
use crate::diff::FrequencyChange;
use crate::language::{Vocabulary, Words};

/// The six features of known or of unknown words.
macro_rules! features_of {
    ($($what:literal, $theirs:literal, $is_known:literal;)*) => {
        &[$(
            Feature::lexical(
                concat!("dictionary.", $what, "_delta_sum"),
                Unit::Count,
                concat!("change of the numbers of ", $what, " words, summed over all of them"),
                |words, vocabulary| changed(words, vocabulary, $is_known).sum() as f32,
            )
            .known_as(concat!("feature.english.dictionary.revision.diff.", $theirs, "_delta_sum")),
            Feature::lexical(
                concat!("dictionary.", $what, "_delta_increase"),
                Unit::Count,
                concat!("increase of the numbers of ", $what, " words that became more"),
                |words, vocabulary| changed(words, vocabulary, $is_known).increase as f32,
            )
            .known_as(concat!("feature.english.dictionary.revision.diff.", $theirs, "_delta_increase")),
            Feature::lexical(
                concat!("dictionary.", $what, "_delta_decrease"),
                Unit::Count,
                concat!("change, below 0, of the numbers of ", $what, " words that became fewer"),
                |words, vocabulary| changed(words, vocabulary, $is_known).decrease as f32,
            )
            .known_as(concat!("feature.english.dictionary.revision.diff.", $theirs, "_delta_decrease")),
            Feature::lexical(
                concat!("dictionary.", $what, "_prop_delta_sum"),
                Unit::Ratio,
                concat!("change of the numbers of ", $what, " words in proportion to each before, summed"),
                |words, vocabulary| changed(words, vocabulary, $is_known).prop_sum() as f32,
            )
            .known_as(concat!("feature.english.dictionary.revision.diff.", $theirs, "_prop_delta_sum")),
            Feature::lexical(
                concat!("dictionary.", $what, "_prop_delta_increase"),
                Unit::Ratio,
                concat!("the same for ", $what, " words that became more"),
                |words, vocabulary| changed(words, vocabulary, $is_known).prop_increase as f32,
            )
            .known_as(concat!("feature.english.dictionary.revision.diff.", $theirs, "_prop_delta_increase")),
            Feature::lexical(
                concat!("dictionary.", $what, "_prop_delta_decrease"),
                Unit::Ratio,
                concat!("the same, below 0, for ", $what, " words that became fewer"),
                |words, vocabulary| changed(words, vocabulary, $is_known).prop_decrease as f32,
            )
            .known_as(concat!("feature.english.dictionary.revision.diff.", $theirs, "_prop_delta_decrease")),
        )*]
    };
}

/// The features.
pub(super) const FEATURES: &[Feature] = features_of! {
    "known", "dict_word", true;
    "unknown", "non_dict_word", false;
};

fn changed(words: &Words, vocabulary: &Vocabulary, is_known: bool) -> FrequencyChange {
    let mut change = FrequencyChange::default();
    for word in words
        .changed
        .iter()
        .filter(|word| vocabulary.knows(*word) == is_known)
    {
        change.add(word.before, word.after);
    }
    change
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::Edit;
    use crate::feature::testing::revision;
    use crate::language::{UNLISTED, VocabularyBuilder, page_words};
    use crate::revision::{Page, Revision};

    fn vocabulary() -> Vocabulary {
        let mut builder = VocabularyBuilder::default();
        builder.add_page(&page_words("river Bank"));
        builder.add_page(&page_words("river bank"));
        builder.finish()
    }

    #[track_caller]
    fn check(name: &str, before: &str, after: &str, expected: f32) {
        let (before, after, page) = (revision(before), revision(after), Page::default());
        let edit = Edit::new(Some(&before), &after, &page, &UNLISTED);
        let feature = crate::feature::find(name).unwrap();
        assert_eq!(feature.value(&edit, &vocabulary()), expected, "{name}");
    }

    #[test]
    fn known_and_unknown_words_are_counted_apart() {
        check("dictionary.known_delta_sum", "a", "a River bank xyzzy", 2.0);
        check(
            "dictionary.unknown_delta_sum",
            "a",
            "a River bank xyzzy",
            1.0,
        );
        check("dictionary.known_delta_increase", "bank", "river", 1.0);
        check("dictionary.known_delta_decrease", "bank", "river", -1.0);
        check(
            "dictionary.known_prop_delta_sum",
            "bank bank",
            "bank bank bank river",
            1.0 + 1.0 / 3.0,
        );
        check(
            "dictionary.unknown_prop_delta_decrease",
            "xyzzy xyzzy",
            "xyzzy",
            -0.5,
        );
        check(
            "dictionary.unknown_prop_delta_increase",
            "",
            "xyzzy xyzzy",
            2.0,
        );
    }

    #[test]
    fn suppressed_texts_are_missing() {
        let (revision, page) = (Revision::default(), Page::default());
        let edit = Edit::new(None, &revision, &page, &UNLISTED);
        assert!(
            FEATURES
                .iter()
                .all(|feature| feature.value(&edit, &vocabulary()).is_nan())
        );
    }
}
