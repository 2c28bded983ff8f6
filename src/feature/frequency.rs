//! How the numbers of markup, numerals and upper case words differ between the two whole texts.
//!
//! A thing that moved within the page did not change; see [`FrequencyChange`] for what is summed.

use super::{Feature, Unit};
use crate::diff::{FrequencyChange, TextSummaries};
use crate::edit::Edit;

/// The six features of one table.
macro_rules! features_of {
    ($($what:literal, $things:literal, $field:ident;)*) => {
        &[$(
            Feature::of_edit(
                concat!("frequency.", $what, "_delta_sum"),
                Unit::Count,
                concat!("change of the numbers of ", $things, ", summed over all of them"),
                |edit| changed(edit, |change| &change.$field, FrequencyChange::sum),
            )
            .known_as(concat!("feature.wikitext.revision.diff.", $what, "_delta_sum")),
            Feature::of_edit(
                concat!("frequency.", $what, "_delta_increase"),
                Unit::Count,
                concat!("increase of the numbers of ", $things, " that became more"),
                |edit| changed(edit, |change| &change.$field, |change| change.increase),
            )
            .known_as(concat!("feature.wikitext.revision.diff.", $what, "_delta_increase")),
            Feature::of_edit(
                concat!("frequency.", $what, "_delta_decrease"),
                Unit::Count,
                concat!("change, below 0, of the numbers of ", $things, " that became fewer"),
                |edit| changed(edit, |change| &change.$field, |change| change.decrease),
            )
            .known_as(concat!("feature.wikitext.revision.diff.", $what, "_delta_decrease")),
            Feature::of_edit(
                concat!("frequency.", $what, "_prop_delta_sum"),
                Unit::Ratio,
                concat!("change of the numbers of ", $things, " in proportion to each before, summed"),
                |edit| changed(edit, |change| &change.$field, FrequencyChange::prop_sum),
            )
            .known_as(concat!("feature.wikitext.revision.diff.", $what, "_prop_delta_sum")),
            Feature::of_edit(
                concat!("frequency.", $what, "_prop_delta_increase"),
                Unit::Ratio,
                concat!("the same for ", $things, " that became more"),
                |edit| changed(edit, |change| &change.$field, |change| change.prop_increase),
            )
            .known_as(concat!("feature.wikitext.revision.diff.", $what, "_prop_delta_increase")),
            Feature::of_edit(
                concat!("frequency.", $what, "_prop_delta_decrease"),
                Unit::Ratio,
                concat!("the same, below 0, for ", $things, " that became fewer"),
                |edit| changed(edit, |change| &change.$field, |change| change.prop_decrease),
            )
            .known_as(concat!("feature.wikitext.revision.diff.", $what, "_prop_delta_decrease")),
        )*]
    };
}

/// The features.
pub(super) const FEATURES: &[Feature] = features_of! {
    "markup", "marks of wikitext", markups;
    "number", "numerals", numbers;
    "uppercase_word", "upper case words", uppercase_words;
};

fn changed(
    edit: &Edit<'_>,
    table: fn(&TextSummaries) -> &FrequencyChange,
    sum: fn(&FrequencyChange) -> f64,
) -> f32 {
    edit.summaries()
        .map_or(f32::NAN, |change| sum(table(change)) as f32)
}

#[cfg(test)]
mod tests {
    use crate::feature::testing::{check_texts, check_value, revision};
    use crate::revision::Revision;

    #[test]
    fn changes_are_summed_over_the_whole_text() {
        check_texts("frequency.number_delta_sum", "1 2 2", "2 3 4", 0.0);
        check_texts("frequency.number_delta_increase", "1 2 2", "2 3 4", 2.0);
        check_texts("frequency.number_delta_decrease", "1 2 2", "2 3 4", -2.0);
        check_texts("frequency.number_prop_delta_sum", "1 2 2", "2 3 4", 0.5);
        check_texts(
            "frequency.number_prop_delta_decrease",
            "1 2 2",
            "2 3 4",
            -1.5,
        );
        check_texts("frequency.markup_delta_sum", "[a]", "[[a]]", 0.0);
        check_texts("frequency.markup_delta_increase", "[a]", "[[a]]", 2.0);
        check_texts(
            "frequency.uppercase_word_prop_delta_increase",
            "US",
            "US US AB",
            1.5,
        );
        check_texts("frequency.number_delta_increase", "1 a 2", "2 a 1", 0.0);
    }

    #[test]
    fn suppressed_texts_are_missing() {
        check_value(
            "frequency.markup_delta_sum",
            Some(&Revision::default()),
            &revision("a"),
            f32::NAN,
        );
        check_value(
            "frequency.markup_delta_sum",
            None,
            &Revision::default(),
            f32::NAN,
        );
    }
}
