//! The longest things that the page did not have before.

use super::{Feature, Unit};
use crate::diff::TextSummary;
use crate::edit::Edit;

/// The features.
pub(super) const FEATURES: &[Feature] = &[
    Feature::of_edit(
        "longest.new_token",
        Unit::Chars,
        "the longest token, if longer than any before the edit, else 1",
        |edit| longer(edit, |text| text.longest_token),
    )
    .known_as("feature.revision.diff.longest_new_token"),
    Feature::of_edit(
        "longest.new_repeated_char",
        Unit::Chars,
        "the longest run of one character, if longer than any before the edit, else 1",
        |edit| longer(edit, |text| text.longest_repeated_char),
    )
    .known_as("feature.revision.diff.longest_new_repeated_char"),
];

fn longer(edit: &Edit<'_>, longest: fn(&TextSummary) -> u32) -> f32 {
    let Some(texts) = edit.summaries() else {
        return f32::NAN;
    };
    match longest(&texts.after) {
        after if after > longest(&texts.before) => after as f32,
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use crate::feature::testing::{check_texts, check_value, revision};
    use crate::revision::Revision;

    #[test]
    fn only_what_is_longer_than_before_counts() {
        check_texts("longest.new_token", "abc", "abc de", 1.0);
        check_texts("longest.new_token", "abc", "abcäe", 5.0);
        check_texts("longest.new_token", "abc", "", 1.0);
        check_texts("longest.new_repeated_char", "aa", "aAaa", 4.0);
        check_texts("longest.new_repeated_char", "", "a", 1.0);
        check_value("longest.new_token", None, &Revision::default(), f32::NAN);
        check_value(
            "longest.new_repeated_char",
            Some(&Revision::default()),
            &revision("a"),
            f32::NAN,
        );
    }
}
