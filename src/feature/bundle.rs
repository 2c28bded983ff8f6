//! Features by what they tell: groups by their names, and bundles of what is spread over groups.
//!
//! For whoever wants to know what a score would be without them: a trainer that hides them from a
//! model, a service that is asked "what if".

use super::{Feature, GROUPS};

/// Bundles by name, each with the features in it: `*` stands for the rest of a name, or for any
/// group. One bundle is one row; where a group has the same name, it is a part of the bundle.
const BUNDLES: &[(&str, &[&str])] = &[(
    // What tells about the edit's author. Facts about the author of the edit before are none: they
    // are the page's past.
    "user",
    &[
        "user.*",
        "author.*",
        "author_history.*",
        "name.*",
        "time.since_user_edit",
        "origin.same_author",
        // Only registered users can call an edit minor.
        "edit_summary.is_minor",
        // By what the word means in every group.
        "*.user_*",
    ],
)];

/// The features of a bundle (`user`: all that tell about the author) or of a group, in the order of
/// [`GROUPS`]; `None` when nothing has that name.
pub fn bundle(name: &str) -> Option<Vec<&'static Feature>> {
    let all = GROUPS.iter().flat_map(|group| group.features);
    if let Some((_, patterns)) = BUNDLES.iter().find(|(bundle, _)| *bundle == name) {
        let is_in = |feature: &&Feature| patterns.iter().any(|p| is_match(feature.name, p));
        return Some(all.filter(is_in).collect());
    }
    let group = GROUPS.iter().find(|group| group.name == name)?;
    Some(group.features.iter().collect())
}

/// The names that [`bundle`] knows: bundles, then groups.
pub fn bundle_names() -> Vec<&'static str> {
    let bundles = BUNDLES.iter().map(|(name, _)| *name);
    let is_group = |name: &&str| BUNDLES.iter().all(|(bundle, _)| bundle != name);
    let groups = GROUPS.iter().map(|group| group.name).filter(is_group);
    bundles.chain(groups).collect()
}

/// Whether a name is `*` + middle + `*`, either star being optional.
fn is_match(name: &str, pattern: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(rest), Some(_)) => name.contains(rest.trim_end_matches('*')),
        (Some(end), None) => name.ends_with(end),
        (None, Some(beginning)) => name.starts_with(beginning),
        (None, None) => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn names(bundle_name: &str) -> Vec<&'static str> {
        let features = bundle(bundle_name).unwrap_or_else(|| panic!("no {bundle_name}"));
        features.iter().map(|feature| feature.name).collect()
    }

    #[test]
    fn groups_and_bundles_are_known_by_name() {
        assert_eq!(
            names("comment"),
            ["comment.suggests_section_edit", "comment.has_link"]
        );
        assert!(bundle("nothing").is_none());
        assert!(bundle("page.is_mainspace").is_none());
        let known = bundle_names();
        assert_eq!(known.len(), GROUPS.len());
        for name in known {
            assert!(!names(name).is_empty());
        }
    }

    #[test]
    fn the_author_is_told_by_features_of_many_groups() {
        #[track_caller]
        fn check(name: &str, is_in: bool) {
            assert_eq!(names("user").contains(&name), is_in, "{name}");
        }
        for name in [
            "user.age",
            "author.is_anonymous",
            "author_history.edits",
            "name.chars",
            "origin.same_author",
            "time.since_user_edit",
        ] {
            check(name, true);
        }
        for name in [
            "namespace.is_user",
            "origin.parent_is_anonymous",
            "page_history.edits",
            "page_history.parent_author_edits",
            "added.chars",
        ] {
            check(name, false);
        }
    }

    /// Whoever adds a feature whose doc speaks of the author has to decide: the bundle, or here.
    #[test]
    fn every_feature_about_the_author_is_in_the_bundle_or_known_to_be_none() {
        const ABOUT_OTHERS: [&str; 3] = [
            "namespace.is_user",
            "origin.parent_is_anonymous",
            "page_history.editors",
        ];
        let bundle = names("user");
        for feature in GROUPS.iter().flat_map(|group| group.features) {
            let speaks = ["author", "account", "user"]
                .iter()
                .any(|word| feature.doc.contains(word));
            assert!(
                !speaks || bundle.contains(&feature.name) || ABOUT_OTHERS.contains(&feature.name),
                "{}: {}",
                feature.name,
                feature.doc
            );
        }
    }
}
