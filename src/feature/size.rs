//! How many more or fewer of everything the page has after the edit.

use super::{Feature, Unit};
use crate::diff::{MarkupCounts, TextSummaries, TextSummary};
use crate::edit::Edit;

/// The features.
pub(super) const FEATURES: &[Feature] = &[
    Feature::of_edit(
        "size.chars_change",
        Unit::Chars,
        "characters after the edit, less those before",
        |edit| change(edit, |text| text.chars),
    )
    .known_as("feature.revision.diff.chars_change"),
    Feature::of_edit(
        "size.tokens_change",
        Unit::Count,
        "tokens after the edit, less those before",
        |edit| change(edit, |text| text.tokens),
    )
    .known_as("feature.revision.diff.tokens_change"),
    Feature::of_edit(
        "size.words_change",
        Unit::Count,
        "words after the edit, less those before",
        |edit| change(edit, |text| text.words()),
    )
    .known_as("feature.revision.diff.words_change"),
    Feature::of_edit(
        "size.markups_change",
        Unit::Count,
        "marks of wikitext after the edit, less those before",
        |edit| change(edit, |text| text.markups),
    )
    .known_as("feature.revision.diff.markups_change"),
    Feature::of_edit(
        "size.headings_change",
        Unit::Count,
        "headings after the edit, less those before",
        |edit| change_of_elements(edit, |text| text.headings),
    )
    .known_as("feature.revision.diff.headings_change"),
    Feature::of_edit(
        "size.external_links_change",
        Unit::Count,
        "links to other sites after the edit, less those before",
        |edit| change_of_elements(edit, |text| text.external_links),
    )
    .known_as("feature.revision.diff.external_links_change"),
    Feature::of_edit(
        "size.wikilinks_change",
        Unit::Count,
        "links within the wiki after the edit, less those before",
        |edit| change_of_elements(edit, |text| text.wikilinks),
    )
    .known_as("feature.revision.diff.wikilinks_change"),
    Feature::of_edit(
        "size.templates_change",
        Unit::Count,
        "templates after the edit, less those before",
        |edit| change_of_elements(edit, |text| text.templates),
    )
    .known_as("feature.revision.diff.templates_change"),
    Feature::of_edit(
        "size.tags_change",
        Unit::Count,
        "tags, and marks that stand for one after the edit, less those before",
        |edit| change_of_elements(edit, |text| text.tags),
    )
    .known_as("feature.revision.diff.tags_change"),
    Feature::of_edit(
        "size.ref_tags_change",
        Unit::Count,
        "tags whose name begins with ref after the edit, less those before",
        |edit| change_of_elements(edit, |text| text.ref_tags),
    )
    .known_as("feature.revision.diff.ref_tags_change"),
];

fn change(edit: &Edit<'_>, count: fn(&TextSummary) -> u32) -> f32 {
    let difference =
        |texts: &TextSummaries| f64::from(count(&texts.after)) - f64::from(count(&texts.before));
    edit.summaries()
        .map_or(f32::NAN, |texts| difference(texts) as f32)
}

fn change_of_elements(edit: &Edit<'_>, count: fn(&MarkupCounts) -> u32) -> f32 {
    match (edit.parent_elements(), edit.elements()) {
        (Some(before), Some(after)) => (f64::from(count(after)) - f64::from(count(before))) as f32,
        _ => f32::NAN,
    }
}

#[cfg(test)]
mod tests {
    use crate::feature::testing::{check_texts, check_value, revision};
    use crate::revision::Revision;

    #[test]
    fn changes_have_a_sign() {
        check_texts("size.chars_change", "äb", "äbc", 1.0);
        check_texts("size.words_change", "a b", "a", -1.0);
        check_texts("size.tokens_change", "a b", "a", -2.0);
        check_texts("size.markups_change", "a", "[[a]]", 2.0);
        check_texts("size.headings_change", "== a ==", "", -1.0);
        check_texts(
            "size.external_links_change",
            "",
            "http://a.example [http://b.example b]",
            2.0,
        );
        check_texts("size.wikilinks_change", "[[a]]", "[[b]]", 0.0);
        check_texts("size.templates_change", "", "{{a|{{b}}}}", 2.0);
        check_texts("size.tags_change", "", "* a <br>", 2.0);
        check_texts("size.ref_tags_change", "", "<ref>a</ref><references/>", 2.0);
    }

    #[test]
    fn suppressed_texts_are_missing_and_new_pages_begin_at_nothing() {
        check_value("size.chars_change", None, &revision("abc"), 3.0);
        check_value(
            "size.chars_change",
            Some(&Revision::default()),
            &revision("a"),
            f32::NAN,
        );
        check_value(
            "size.chars_change",
            Some(&revision("a")),
            &Revision::default(),
            f32::NAN,
        );
    }
}
