//! Wikitext elements that the edit added and removed, but for external links.
//!
//! An element is its kind and key ([`ElementChange`](crate::diff::ElementChange)): moving one
//! counts as nothing.

use super::{Feature, Unit, flag};
use crate::diff::{Change, Element};

/// The features.
pub(super) const FEATURES: &[Feature] = &[
    Feature::of_change(
        "elements.wikilinks_added",
        Unit::Count,
        "links within the wiki added",
        |change| change.elements.added(Element::Wikilink) as f32,
    ),
    Feature::of_change(
        "elements.wikilinks_removed",
        Unit::Count,
        "links within the wiki removed",
        |change| change.elements.removed(Element::Wikilink) as f32,
    ),
    Feature::of_change(
        "elements.language_links_added",
        Unit::Count,
        "links to other languages added",
        |change| change.elements.added(Element::LanguageLink) as f32,
    ),
    Feature::of_change(
        "elements.language_links_removed",
        Unit::Count,
        "links to other languages removed",
        |change| change.elements.removed(Element::LanguageLink) as f32,
    ),
    Feature::of_change(
        "elements.categories_added",
        Unit::Count,
        "categories added",
        |change| change.elements.added(Element::Category) as f32,
    ),
    Feature::of_change(
        "elements.categories_removed",
        Unit::Count,
        "categories removed",
        |change| change.elements.removed(Element::Category) as f32,
    ),
    Feature::of_change(
        "elements.files_added",
        Unit::Count,
        "images and other files added",
        |change| change.elements.added(Element::File) as f32,
    ),
    Feature::of_change(
        "elements.files_removed",
        Unit::Count,
        "images and other files removed",
        |change| change.elements.removed(Element::File) as f32,
    ),
    Feature::of_change(
        "elements.templates_added",
        Unit::Count,
        "templates added",
        |change| change.elements.added(Element::Template) as f32,
    ),
    Feature::of_change(
        "elements.templates_removed",
        Unit::Count,
        "templates removed",
        |change| change.elements.removed(Element::Template) as f32,
    ),
    Feature::of_change(
        "elements.references_added",
        Unit::Count,
        "footnotes added",
        |change| change.elements.added(Element::Reference) as f32,
    ),
    Feature::of_change(
        "elements.references_removed",
        Unit::Count,
        "footnotes removed",
        |change| change.elements.removed(Element::Reference) as f32,
    ),
    Feature::of_change(
        "elements.headings_added",
        Unit::Count,
        "headings of sections added",
        |change| change.elements.added(Element::Heading) as f32,
    ),
    Feature::of_change(
        "elements.headings_removed",
        Unit::Count,
        "headings of sections removed",
        |change| change.elements.removed(Element::Heading) as f32,
    ),
    Feature::of_change(
        "elements.tables_added",
        Unit::Count,
        "tables added",
        |change| change.elements.added(Element::Table) as f32,
    ),
    Feature::of_change(
        "elements.tables_removed",
        Unit::Count,
        "tables removed",
        |change| change.elements.removed(Element::Table) as f32,
    ),
    Feature::of_change(
        "elements.tags_added",
        Unit::Count,
        "other tags added",
        |change| change.elements.added(Element::Tag) as f32,
    ),
    Feature::of_change(
        "elements.tags_removed",
        Unit::Count,
        "other tags removed",
        |change| change.elements.removed(Element::Tag) as f32,
    ),
    Feature::of_change(
        "elements.list_items_added",
        Unit::Count,
        "items of lists added",
        |change| change.elements.added(Element::ListItem) as f32,
    ),
    Feature::of_change(
        "elements.list_items_removed",
        Unit::Count,
        "items of lists removed",
        |change| change.elements.removed(Element::ListItem) as f32,
    ),
    Feature::of_change(
        "elements.unbalanced",
        Unit::Count,
        "more brackets left open after the edit than before; negative when it mends some",
        |change| change.elements.unbalanced as f32,
    ),
    Feature::of_change(
        "elements.toolbar_samples",
        Unit::Count,
        "samples of the edit toolbar added: Example.jpg, example.com, empty bold",
        toolbar_samples,
    ),
    Feature::of_change(
        "elements.only_language_links",
        Unit::Flag,
        "language links changed and no word outside of them: the work of interwiki bots",
        only_language_links,
    ),
];

/// What the buttons above the edit box insert when nothing is selected. Their words are
/// translated in every wiki; their example file, example site and bare markup are not.
fn toolbar_samples(change: &Change) -> f32 {
    const SAMPLES: [&str; 5] = [
        "Example.jpg",
        "Example.ogg",
        "www.example.com",
        "''''''",
        "--~~~~",
    ];
    SAMPLES
        .iter()
        .map(|sample| change.added.text().matches(sample).count())
        .sum::<usize>() as f32
}

fn only_language_links(change: &Change) -> f32 {
    let links = change.elements.added(Element::LanguageLink)
        + change.elements.removed(Element::LanguageLink);
    // A link is its code and a title of a few words.
    let words = change.added.counts.words + change.removed.counts.words;
    flag(Some(links > 0 && words <= 6 * links))
}

#[cfg(test)]
mod tests {
    use crate::feature::testing::check_texts;

    #[test]
    fn elements_are_counted() {
        check_texts("elements.wikilinks_added", "a", "[[a]]", 1.0);
        check_texts("elements.wikilinks_removed", "[[a]]", "[[b]]", 1.0);
        check_texts("elements.categories_removed", "a [[Category:B]]", "a", 1.0);
        check_texts("elements.files_added", "a", "a [[File:B.jpg]]", 1.0);
        check_texts("elements.templates_removed", "{{a}}", "", 1.0);
        check_texts("elements.references_added", "a", "a<ref>b</ref>", 1.0);
        check_texts("elements.headings_added", "a", "a\n== b ==\n", 1.0);
        check_texts("elements.tables_added", "a", "a\n{|\n|}", 1.0);
        check_texts("elements.unbalanced", "[[a]]", "[[a", 1.0);
    }

    #[test]
    fn toolbar_samples_are_counted() {
        check_texts(
            "elements.toolbar_samples",
            "a",
            "a [[Image:Example.jpg]]",
            1.0,
        );
        check_texts(
            "elements.toolbar_samples",
            "a",
            "a [http://www.example.com link title] b",
            1.0,
        );
    }

    #[test]
    fn interwiki_work_shows() {
        check_texts(
            "elements.only_language_links",
            "a",
            "a\n[[de:A]]\n[[fr:A]]",
            1.0,
        );
        check_texts("elements.only_language_links", "a", "a b", 0.0);
    }
}
