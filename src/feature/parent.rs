//! The whole page before the edit: how much of what stands in it.
//!
//! 0 for a new page, whose text before is empty; missing where that text is suppressed.

use super::{Feature, Unit};
use crate::diff::{MarkupCounts, TextSummary};
use crate::edit::Edit;

/// The features.
pub(super) const FEATURES: &[Feature] = &[
    Feature::of_edit(
        "parent.chars",
        Unit::LogCount,
        "characters of the page before the edit",
        |edit| log(edit, |parent| parent.chars),
    )
    .known_as("feature.log((wikitext.revision.parent.chars + 1))"),
    Feature::of_edit(
        "parent.tokens",
        Unit::LogCount,
        "tokens of the page before the edit",
        |edit| log(edit, |parent| parent.tokens),
    )
    .known_as("feature.log((len(<datasource.tokenized(datasource.revision.parent.text)>) + 1))"),
    Feature::of_edit(
        "parent.words",
        Unit::LogCount,
        "words of the page before the edit",
        |edit| log(edit, |parent| parent.words()),
    )
    .known_as("feature.log((len(<datasource.wikitext.revision.parent.words>) + 1))"),
    Feature::of_edit(
        "parent.uppercase_words",
        Unit::LogCount,
        "words of the page in upper case before the edit",
        |edit| log(edit, |parent| parent.uppercase_words),
    )
    .known_as("feature.log((len(<datasource.wikitext.revision.parent.uppercase_words>) + 1))"),
    Feature::of_edit(
        "parent.headings",
        Unit::LogCount,
        "headings of the page before the edit",
        |edit| log_elements(edit, |parent| parent.headings),
    )
    .known_as("feature.log((wikitext.revision.parent.headings + 1))"),
    Feature::of_edit(
        "parent.wikilinks",
        Unit::LogCount,
        "links within the wiki before the edit",
        |edit| log_elements(edit, |parent| parent.wikilinks),
    )
    .known_as("feature.log((wikitext.revision.parent.wikilinks + 1))"),
    Feature::of_edit(
        "parent.external_links",
        Unit::LogCount,
        "links to other sites before the edit",
        |edit| log_elements(edit, |parent| parent.external_links),
    )
    .known_as("feature.log((wikitext.revision.parent.external_links + 1))"),
    Feature::of_edit(
        "parent.templates",
        Unit::LogCount,
        "templates before the edit",
        |edit| log_elements(edit, |parent| parent.templates),
    )
    .known_as("feature.log((wikitext.revision.parent.templates + 1))"),
    Feature::of_edit(
        "parent.ref_tags",
        Unit::LogCount,
        "tags whose name begins with ref before the edit",
        |edit| log_elements(edit, |parent| parent.ref_tags),
    )
    .known_as("feature.log((wikitext.revision.parent.ref_tags + 1))"),
    Feature::of_edit(
        "parent.chars_per_word",
        Unit::Ratio,
        "characters for each word, of the page before the edit; its characters when it has no word",
        |edit| ratio(edit, |parent| (parent.chars, parent.words())),
    )
    .known_as("feature.revision.parent.chars_per_word"),
    Feature::of_edit(
        "parent.words_per_token",
        Unit::Ratio,
        "words among the tokens of the page before the edit; 0 without any",
        |edit| ratio(edit, |parent| (parent.words(), parent.tokens)),
    )
    .known_as("feature.revision.parent.words_per_token"),
    Feature::of_edit(
        "parent.uppercase_words_per_word",
        Unit::Ratio,
        "upper case words among the words of the page before the edit; 0 without any",
        |edit| ratio(edit, |parent| (parent.uppercase_words, parent.words())),
    )
    .known_as("feature.revision.parent.uppercase_words_per_word"),
    Feature::of_edit(
        "parent.markups_per_token",
        Unit::Ratio,
        "marks of wikitext among the tokens of the page before the edit; 0 without any",
        |edit| ratio(edit, |parent| (parent.markups, parent.tokens)),
    )
    .known_as("feature.revision.parent.markups_per_token"),
];

fn log(edit: &Edit<'_>, count: fn(&TextSummary) -> u32) -> f32 {
    edit.parent_summary()
        .map_or(f32::NAN, |parent| f64::from(count(parent)).ln_1p() as f32)
}

/// A quotient whose divisor is at least 1, as revscoring has it.
fn log_elements(edit: &Edit<'_>, count: fn(&MarkupCounts) -> u32) -> f32 {
    edit.parent_elements()
        .map_or(f32::NAN, |parent| f64::from(count(parent)).ln_1p() as f32)
}

fn ratio(edit: &Edit<'_>, parts: fn(&TextSummary) -> (u32, u32)) -> f32 {
    edit.parent_summary().map_or(f32::NAN, |parent| {
        let (part, whole) = parts(parent);
        (f64::from(part) / f64::from(whole.max(1))) as f32
    })
}

#[cfg(test)]
mod tests {
    use crate::feature::testing::{check_texts, check_value, revision};
    use crate::revision::Revision;

    #[test]
    fn the_page_before_the_edit_is_counted() {
        let text = "== A ==\nNATO [[x]] {{y}} <ref>z</ref>";
        check_texts("parent.chars", text, "", 38_f32.ln());
        check_texts("parent.headings", text, "", 2_f32.ln());
        check_texts("parent.wikilinks", text, "", 2_f32.ln());
        check_texts("parent.templates", text, "", 2_f32.ln());
        check_texts("parent.ref_tags", text, "", 2_f32.ln());
        check_texts("parent.external_links", text, "", 0.0);
        check_texts("parent.words", text, "", 6_f32.ln());
        check_texts("parent.uppercase_words", text, "", 2_f32.ln());
        check_texts("parent.uppercase_words_per_word", text, "", 0.2);
        check_texts("parent.chars_per_word", "ab cd", "", 2.5);
        check_texts("parent.chars_per_word", "12", "", 2.0);
        check_texts("parent.words_per_token", "ab cd", "", 2.0 / 3.0);
        check_texts("parent.markups_per_token", "[a]", "", 2.0 / 3.0);
    }

    #[test]
    fn a_new_page_had_nothing_and_a_suppressed_one_is_missing() {
        check_value("parent.chars", None, &revision("a"), 0.0);
        check_value("parent.words_per_token", None, &revision("a"), 0.0);
        check_value(
            "parent.chars",
            Some(&Revision::default()),
            &revision("a"),
            f32::NAN,
        );
        check_value(
            "parent.chars_per_word",
            Some(&Revision::default()),
            &revision("a"),
            f32::NAN,
        );
    }
}
