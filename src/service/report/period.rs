//! Days in UTC, and periods that have a name.

use jiff::civil::Date;

use crate::revision::Timestamp;
use crate::service::ledger::Day;

const SECONDS_A_DAY: i64 = 86_400;

/// A period, as people call it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Period {
    Year(i16),
    /// Year, and month from 1.
    Month(i16, i8),
    /// One day.
    Day(Date),
    /// The first and the last day.
    Days(Date, Date),
}

impl Period {
    /// The period from one day to another, both inclusive.
    pub(crate) fn of(from: Day, to: Day) -> Self {
        let (first, last) = (date(from), date(to));
        let (is_month, is_year) = (
            first == last.first_of_month() && last == first.last_of_month(),
            first == last.first_of_year() && last == first.last_of_year(),
        );
        match () {
            () if is_year => Self::Year(first.year()),
            () if is_month => Self::Month(first.year(), first.month()),
            () if first == last => Self::Day(first),
            () => Self::Days(first, last),
        }
    }
}

/// The day of a time.
pub(crate) fn day_of(time: Timestamp) -> Day {
    Day::try_from(time.0.div_euclid(SECONDS_A_DAY)).unwrap_or_default()
}

/// A day's first second.
pub(crate) fn first_second(day: Day) -> Timestamp {
    Timestamp(i64::from(day) * SECONDS_A_DAY)
}

/// A day in the calendar; days beyond the calendar (the year 9999) are its last.
pub(crate) fn date(day: Day) -> Date {
    let instant = jiff::Timestamp::from_second(first_second(day).0);
    let instant = instant.unwrap_or(match day < 0 {
        true => jiff::Timestamp::MIN,
        false => jiff::Timestamp::MAX,
    });
    jiff::tz::TimeZone::UTC.to_datetime(instant).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(from: &str, to: &str, expected: Period) {
        let day = |text: &str| day_of(text.parse().unwrap());
        assert_eq!(Period::of(day(from), day(to)), expected);
    }

    #[test]
    fn whole_months_and_years_have_names() {
        let date = jiff::civil::date;
        check("2013-10-01", "2013-10-31", Period::Month(2013, 10));
        check("2012-02-01", "2012-02-29", Period::Month(2012, 2));
        check("2013-01-01", "2013-12-31", Period::Year(2013));
        check("2013-01-01", "2013-01-01", Period::Day(date(2013, 1, 1)));
        let days = Period::Days(date(2013, 1, 1), date(2014, 12, 31));
        check("2013-01-01", "2014-12-31", days);
        let days = Period::Days(date(2013, 10, 1), date(2013, 10, 30));
        check("2013-10-01", "2013-10-30", days);
        let days = Period::Days(date(2012, 10, 1), date(2013, 10, 31));
        check("2012-10-01", "2013-10-31", days);
    }

    #[test]
    fn no_day_is_beyond_the_calendar() {
        assert_eq!(date(i32::MIN).year(), -9999);
        assert_eq!(date(i32::MAX).year(), 9999);
        assert_eq!(day_of(Timestamp(-1)), -1);
    }
}
