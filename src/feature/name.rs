//! How the author's account is named.
//!
//! A group of its own, because not every wiki wants a name to count: a recipe leaves it out as a
//! whole. Missing for all but registered accounts, whose names are their own choice.

use super::{Feature, Unit, flag};
use crate::edit::Edit;
use crate::revision::UserKind;

const SPACE: char = ' ';

/// The features.
pub(super) const FEATURES: &[Feature] = &[
    Feature::of_edit("name.chars", Unit::Chars, "length of the name", |edit| {
        of_name(edit, |name| name.chars().count() as f32)
    }),
    Feature::of_edit(
        "name.digits_share",
        Unit::Ratio,
        "digits in the name",
        |edit| of_name(edit, |name| share_of(name, char::is_numeric)),
    ),
    Feature::of_edit(
        "name.capitals_share",
        Unit::Ratio,
        "capitals in the name",
        |edit| of_name(edit, |name| share_of(name, char::is_uppercase)),
    ),
    Feature::of_edit(
        "name.symbols_share",
        Unit::Ratio,
        "characters of the name that are no letter, digit or space",
        |edit| {
            of_name(edit, |name| {
                share_of(name, |c| !c.is_alphanumeric() && c != SPACE)
            })
        },
    ),
    Feature::of_edit(
        "name.longest_repeat",
        Unit::Chars,
        "the longest run of one letter in the name",
        |edit| of_name(edit, longest_repeat),
    ),
    Feature::of_edit(
        "name.ends_in_digits",
        Unit::Flag,
        "the name ends in two digits or more",
        |edit| of_name(edit, ends_in_digits),
    ),
    Feature::of_edit(
        "name.has_space",
        Unit::Flag,
        "the name is more than one word",
        |edit| of_name(edit, |name| flag(Some(name.contains(SPACE)))),
    ),
];

fn of_name(edit: &Edit<'_>, compute: impl Fn(&str) -> f32) -> f32 {
    let user = &edit.revision().user;
    match &user.name {
        Some(name) if user.kind == UserKind::Registered => compute(name),
        _ => f32::NAN,
    }
}

fn share_of(name: &str, belongs: impl Fn(char) -> bool) -> f32 {
    name.chars().filter(|c| belongs(*c)).count() as f32 / name.chars().count() as f32
}

fn longest_repeat(name: &str) -> f32 {
    let (mut longest, mut run, mut previous) = (0, 0, None);
    for c in name.chars().flat_map(char::to_lowercase) {
        run = if previous == Some(c) { run + 1 } else { 1 };
        longest = longest.max(run);
        previous = Some(c);
    }
    longest as f32
}

fn ends_in_digits(name: &str) -> f32 {
    flag(Some(
        name.chars()
            .rev()
            .take(2)
            .filter(|c| c.is_numeric())
            .count()
            == 2,
    ))
}

#[cfg(test)]
mod tests {
    use crate::feature::testing::{check_value, revision};
    use crate::revision::{Revision, User};

    #[track_caller]
    fn check(feature: &str, name: &str, expected: f32) {
        check_value(
            feature,
            None,
            &Revision {
                user: User::named(name),
                ..revision("a")
            },
            expected,
        );
    }

    #[test]
    fn names_are_measured() {
        check("name.chars", "Ann", 3.0);
        check("name.digits_share", "Ann1", 0.25);
        check("name.capitals_share", "ANnn", 0.5);
        check("name.symbols_share", "a!", 0.5);
        check("name.longest_repeat", "Aaah", 3.0);
        check("name.ends_in_digits", "Ann1999", 1.0);
        check("name.ends_in_digits", "R2D2", 0.0);
        check("name.has_space", "Ann B", 1.0);
        check("name.chars", "192.0.2.1", f32::NAN);
        check("name.chars", "~2025-1", f32::NAN);
    }
}
