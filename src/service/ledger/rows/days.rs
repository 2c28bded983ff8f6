//! Times and days, in UTC.

use crate::revision::Timestamp;
use crate::service::ledger::store::Day;

const SECONDS_A_DAY: i64 = 86_400;

/// Seconds since 1970, of an edit whose time may be known only by its score.
pub(crate) fn time_of(timestamp: Option<Timestamp>, scored_at: Option<Timestamp>) -> i64 {
    timestamp.or(scored_at).map_or(0, |time| time.0)
}

pub(crate) fn day_of(time: i64) -> Day {
    let day = time.div_euclid(SECONDS_A_DAY);
    day.clamp(Day::MIN.into(), Day::MAX.into()) as Day
}

/// The first second of a day.
pub(crate) fn start_of(day: Day) -> i64 {
    i64::from(day) * SECONDS_A_DAY
}

/// Its last.
pub(crate) fn end_of(day: Day) -> i64 {
    start_of(day) + SECONDS_A_DAY - 1
}
