//! What the tests of the groups share: edits with minimal inputs, and a look at one value.

use crate::edit::Edit;
use crate::language::{UNLISTED, Vocabulary};
use crate::revision::{Page, Revision};

/// A revision with this text.
pub(super) fn revision(text: &str) -> Revision {
    Revision {
        text: Some(text.into()),
        comment: Some(String::new()),
        ..Revision::default()
    }
}

/// The value of a feature for an edit in the main namespace.
pub(super) fn value(name: &str, parent: Option<&Revision>, revision: &Revision) -> f32 {
    let page = Page::default();
    let edit = Edit::new(parent, revision, &page, &UNLISTED);
    super::find(name)
        .unwrap_or_else(|| panic!("no feature {name}"))
        .value(&edit, &Vocabulary::default())
}

/// Checks a feature of an edit that makes the first text the second; NaN equals NaN.
#[track_caller]
pub(super) fn check_texts(name: &str, before: &str, after: &str, expected: f32) {
    check_value(name, Some(&revision(before)), &revision(after), expected);
}

/// Checks a feature of an edit; NaN equals NaN.
#[track_caller]
pub(super) fn check_value(
    name: &str,
    parent: Option<&Revision>,
    revision: &Revision,
    expected: f32,
) {
    let got = value(name, parent, revision);
    let is_equal = (got - expected).abs() < 1e-4 || got.is_nan() && expected.is_nan();
    assert!(
        is_equal,
        "{name}: expected {expected}, got {got} for {parent:?} -> {revision:?}"
    );
}
