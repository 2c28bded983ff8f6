//! When the edit was made, and how long after others.
//!
//! Times are differences between what the source gives; no clock is read.

use super::{Feature, Unit};
use crate::edit::Edit;
use crate::revision::{PreviousEdit, Timestamp};

/// Seconds of a day.
const DAY: i64 = 86_400;

/// Stands for the time since the last edit of an author who never edited: a billion seconds, 31
/// years, longer than any wiki has existed.
const NEVER: f64 = 1e9;

/// The features.
pub(super) const FEATURES: &[Feature] = &[
    Feature::of_edit(
        "time.since_page_edit",
        Unit::LogSeconds,
        "time since the page was edited before; missing for new pages and unknown times",
        since_page_edit,
    ),
    Feature::of_edit(
        "time.since_user_edit",
        Unit::LogSeconds,
        "time since the author edited before, of a billion seconds when never; missing when not known",
        since_user_edit,
    ),
    Feature::of_edit(
        "time.hour",
        Unit::Hours,
        "hour of the day; missing when the time is not known",
        |edit| of_time(edit, |seconds| seconds.rem_euclid(DAY) / 3_600),
    ),
    Feature::of_edit(
        "time.day_of_week",
        Unit::Code,
        "day of the week, Monday 0 to Sunday 6, in UTC; missing when the time is not known",
        |edit| of_time(edit, |seconds| (seconds.div_euclid(DAY) + 3).rem_euclid(7)),
    ),
];

fn of_time(edit: &Edit<'_>, compute: impl Fn(i64) -> i64) -> f32 {
    edit.revision()
        .timestamp
        .map_or(f32::NAN, |time| compute(time.0) as f32)
}

fn since_page_edit(edit: &Edit<'_>) -> f32 {
    match (
        edit.parent().and_then(|parent| parent.timestamp),
        edit.revision().timestamp,
    ) {
        (Some(before), Some(now)) => log_seconds(before, now),
        _ => f32::NAN,
    }
}

fn since_user_edit(edit: &Edit<'_>) -> f32 {
    match (
        edit.revision().user.previous_edit,
        edit.revision().timestamp,
    ) {
        (PreviousEdit::Never, _) => NEVER.ln_1p() as f32,
        (PreviousEdit::At(before), Some(now)) => log_seconds(before, now),
        _ => f32::NAN,
    }
}

/// Times out of order count as no time between.
fn log_seconds(before: Timestamp, now: Timestamp) -> f32 {
    (now.0.saturating_sub(before.0).max(0) as f64).ln_1p() as f32
}

#[cfg(test)]
mod tests {
    use crate::feature::testing::{check_value, revision};
    use crate::revision::{PreviousEdit, Revision, Timestamp, User};

    fn at(seconds: i64) -> Revision {
        Revision {
            timestamp: Some(Timestamp(seconds)),
            ..revision("a")
        }
    }

    #[test]
    fn times_between_edits_are_logarithms() {
        check_value(
            "time.since_page_edit",
            Some(&at(100)),
            &at(199),
            100_f32.ln(),
        );
        check_value("time.since_page_edit", Some(&at(100)), &at(50), 0.0);
        check_value("time.since_page_edit", None, &at(50), f32::NAN);
        check_value(
            "time.since_page_edit",
            Some(&revision("a")),
            &at(50),
            f32::NAN,
        );
    }

    #[test]
    fn authors_who_never_edited_are_not_unknown() {
        for (previous_edit, expected) in [
            (PreviousEdit::Unknown, f32::NAN),
            (PreviousEdit::Never, 20.723_266),
            (PreviousEdit::At(Timestamp(1)), 100_f32.ln()),
        ] {
            let user = User {
                previous_edit,
                ..User::named("Ann")
            };
            check_value(
                "time.since_user_edit",
                None,
                &Revision { user, ..at(100) },
                expected,
            );
        }
    }

    #[test]
    fn hours_and_days_are_in_utc() {
        // 2001-10-11 was a Thursday.
        let revision = Revision {
            timestamp: "2001-10-11T20:18:47Z".parse().ok(),
            ..revision("a")
        };
        check_value("time.hour", None, &revision, 20.0);
        check_value("time.day_of_week", None, &revision, 3.0);
        check_value("time.day_of_week", None, &at(-1), 2.0);
        check_value("time.hour", None, &Revision::default(), f32::NAN);
    }
}
