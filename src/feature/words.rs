//! Listed words of the two whole texts: profanity and slang, whose numbers changed.
//!
//! The lists are the language's own, not revscoring's patterns, so that the values differ from
//! its. Words are word tokens; an edit that changes more different words than are kept
//! ([`crate::language::Words`]) is judged by the first of them, those of the new text first.

use super::{Feature, Unit};
use crate::diff::FrequencyChange;
use crate::edit::Edit;
use crate::language::Language;

/// The six features of one list.
macro_rules! features_of {
    ($($what:literal, $things:literal, $is_listed:expr;)*) => {
        &[$(
            Feature::of_edit(
                concat!("words.", $what, "_delta_sum"),
                Unit::Count,
                concat!("change of the numbers of ", $things, ", summed over all of them"),
                |edit| changed(edit, $is_listed, FrequencyChange::sum),
            )
            .known_as(concat!("feature.english.", $what, ".revision.diff.match_delta_sum")),
            Feature::of_edit(
                concat!("words.", $what, "_delta_increase"),
                Unit::Count,
                concat!("increase of the numbers of ", $things, " that became more"),
                |edit| changed(edit, $is_listed, |change| change.increase),
            )
            .known_as(concat!("feature.english.", $what, ".revision.diff.match_delta_increase")),
            Feature::of_edit(
                concat!("words.", $what, "_delta_decrease"),
                Unit::Count,
                concat!("change, below 0, of the numbers of ", $things, " that became fewer"),
                |edit| changed(edit, $is_listed, |change| change.decrease),
            )
            .known_as(concat!("feature.english.", $what, ".revision.diff.match_delta_decrease")),
            Feature::of_edit(
                concat!("words.", $what, "_prop_delta_sum"),
                Unit::Ratio,
                concat!("change of the numbers of ", $things, " in proportion to each before, summed"),
                |edit| changed(edit, $is_listed, FrequencyChange::prop_sum),
            )
            .known_as(concat!("feature.english.", $what, ".revision.diff.match_prop_delta_sum")),
            Feature::of_edit(
                concat!("words.", $what, "_prop_delta_increase"),
                Unit::Ratio,
                concat!("the same for ", $things, " that became more"),
                |edit| changed(edit, $is_listed, |change| change.prop_increase),
            )
            .known_as(concat!("feature.english.", $what, ".revision.diff.match_prop_delta_increase")),
            Feature::of_edit(
                concat!("words.", $what, "_prop_delta_decrease"),
                Unit::Ratio,
                concat!("the same, below 0, for ", $things, " that became fewer"),
                |edit| changed(edit, $is_listed, |change| change.prop_decrease),
            )
            .known_as(concat!("feature.english.", $what, ".revision.diff.match_prop_delta_decrease")),
        )*]
    };
}

/// The features.
pub(super) const FEATURES: &[Feature] = features_of! {
    "badwords", "profane words", Language::is_badword;
    "informals", "words of slang or chat", Language::is_informal;
};

fn changed(
    edit: &Edit<'_>,
    is_listed: fn(&Language, &str) -> bool,
    sum: fn(&FrequencyChange) -> f64,
) -> f32 {
    let Some(words) = edit.words() else {
        return f32::NAN;
    };
    let mut change = FrequencyChange::default();
    for word in words
        .changed
        .iter()
        .filter(|word| is_listed(edit.language(), word.word))
    {
        change.add(word.before, word.after);
    }
    sum(&change) as f32
}

#[cfg(test)]
mod tests {
    use crate::feature::testing::{check_texts, check_value, revision};
    use crate::revision::Revision;

    #[test]
    fn listed_words_are_counted_where_their_number_changed() {
        check_texts("words.badwords_delta_sum", "a", "a Shit shit", 2.0);
        check_texts("words.badwords_delta_sum", "shit a", "a shit", 0.0);
        check_texts(
            "words.badwords_delta_increase",
            "shit",
            "shit shit shit",
            2.0,
        );
        check_texts(
            "words.badwords_prop_delta_increase",
            "shit",
            "shit shit shit",
            1.0,
        );
        check_texts(
            "words.badwords_prop_delta_sum",
            "shit",
            "shit shit shit",
            1.0,
        );
        check_texts("words.badwords_delta_decrease", "shit", "", -1.0);
        check_texts(
            "words.badwords_prop_delta_decrease",
            "shit shit",
            "shit",
            -0.5,
        );
        check_texts("words.informals_delta_sum", "", "lol", 1.0);
        check_texts("words.informals_delta_sum", "a", "b", 0.0);
    }

    #[test]
    fn suppressed_texts_are_missing() {
        check_value(
            "words.badwords_delta_sum",
            Some(&Revision::default()),
            &revision("a"),
            f32::NAN,
        );
        check_value(
            "words.informals_delta_sum",
            None,
            &Revision::default(),
            f32::NAN,
        );
    }
}
