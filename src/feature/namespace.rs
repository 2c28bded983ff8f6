//! The kind of page that is edited, as its namespace tells.
//!
//! MediaWiki's own namespaces have the same numbers on every wiki; those that a wiki adds are
//! not told apart.

use super::{Feature, Unit, flag};

/// The features.
pub(super) const FEATURES: &[Feature] = &[
    Feature::of_edit("namespace.is_main", Unit::Flag, "an article", |edit| {
        flag(Some(edit.page().namespace == 0))
    }),
    Feature::of_edit(
        "namespace.is_talk",
        Unit::Flag,
        "a talk page of any kind",
        |edit| {
            flag(Some(
                edit.page().namespace > 0 && edit.page().namespace % 2 == 1,
            ))
        },
    ),
    Feature::of_edit(
        "namespace.is_user",
        Unit::Flag,
        "a page of a user, or its talk page",
        |edit| flag(Some(matches!(edit.page().namespace, 2 | 3))),
    ),
    Feature::of_edit(
        "namespace.is_project",
        Unit::Flag,
        "a page about the wiki, or its talk page",
        |edit| flag(Some(matches!(edit.page().namespace, 4 | 5))),
    ),
    Feature::of_edit(
        "namespace.is_file",
        Unit::Flag,
        "the page of a file, or its talk page",
        |edit| flag(Some(matches!(edit.page().namespace, 6 | 7))),
    ),
    Feature::of_edit(
        "namespace.is_template",
        Unit::Flag,
        "a template, or its talk page",
        |edit| flag(Some(matches!(edit.page().namespace, 10 | 11))),
    ),
    Feature::of_edit(
        "namespace.is_category",
        Unit::Flag,
        "a category, or its talk page",
        |edit| flag(Some(matches!(edit.page().namespace, 14 | 15))),
    ),
];

#[cfg(test)]
mod tests {
    use crate::edit::Edit;
    use crate::feature::{find, testing::revision};
    use crate::language::{UNLISTED, Vocabulary};
    use crate::revision::Page;

    #[test]
    fn namespaces_are_told_apart() {
        for (namespace, name, expected) in [
            (0, "namespace.is_main", 1.0),
            (1, "namespace.is_main", 0.0),
            (1, "namespace.is_talk", 1.0),
            (-1, "namespace.is_talk", 0.0),
            (3, "namespace.is_user", 1.0),
            (4, "namespace.is_project", 1.0),
            (6, "namespace.is_file", 1.0),
            (10, "namespace.is_template", 1.0),
            (14, "namespace.is_category", 1.0),
        ] {
            let (revision, page) = (
                revision(""),
                Page {
                    namespace,
                    ..Page::default()
                },
            );
            let edit = Edit::new(None, &revision, &page, &UNLISTED);
            let value = find(name).map(|feature| feature.value(&edit, &Vocabulary::default()));
            assert_eq!(value, Some(expected), "{name} in {namespace}");
        }
    }
}
