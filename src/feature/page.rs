//! The kind of page, as revscoring's enwiki model asks for it.

use super::{Feature, Unit, flag};
use crate::edit::Edit;

/// The namespace of drafts on the English Wikipedia, which is where revscoring's model asks.
const DRAFTS: i32 = 118;

/// The features.
pub(super) const FEATURES: &[Feature] = &[
    Feature::of_edit(
        "page.is_articleish",
        Unit::Flag,
        "an article, or a draft of one",
        |edit| is_in(edit, &[0, DRAFTS]),
    )
    .known_as("feature.revision.page.is_articleish"),
    Feature::of_edit("page.is_mainspace", Unit::Flag, "an article", |edit| {
        is_in(edit, &[0])
    })
    .known_as("feature.revision.page.is_mainspace"),
    Feature::of_edit(
        "page.is_draftspace",
        Unit::Flag,
        "a draft in the namespace that the English Wikipedia has for them",
        |edit| is_in(edit, &[DRAFTS]),
    )
    .known_as("feature.revision.page.is_draftspace"),
];

fn is_in(edit: &Edit<'_>, namespaces: &[i32]) -> f32 {
    flag(Some(namespaces.contains(&edit.page().namespace)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::UNLISTED;
    use crate::revision::{Page, Revision};

    #[track_caller]
    fn check(namespace: i32, expected: [f32; 3]) {
        let page = Page {
            namespace,
            ..Page::default()
        };
        let revision = Revision::default();
        let edit = Edit::new(None, &revision, &page, &UNLISTED);
        let vocabulary = crate::language::Vocabulary::default();
        let got: Vec<f32> = FEATURES
            .iter()
            .map(|feature| feature.value(&edit, &vocabulary))
            .collect();
        assert_eq!(got, expected, "{namespace}");
    }

    #[test]
    fn namespaces_are_told_apart() {
        check(0, [1.0, 1.0, 0.0]);
        check(118, [1.0, 0.0, 1.0]);
        check(1, [0.0, 0.0, 0.0]);
        check(-1, [0.0, 0.0, 0.0]);
    }
}
