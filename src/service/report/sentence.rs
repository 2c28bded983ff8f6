//! The sentence that may be quoted, in English.

use super::{Period, Report, Share};
use crate::model::Target;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// What the report says, such as "In October 2013, Revscore flagged 94.1 % (92.8 to 95.2, n = 1,312) of the
/// edits later reverted on papwiki, with 8.3 % of all edits flagged."
pub(crate) fn sentence(report: &Report) -> String {
    let wiki = &report.wiki;
    let when = when(Period::of(report.from, report.to));
    let all = &report.all;
    let what = match report.model.target {
        Target::Vandalism => "edits later reverted as vandalism",
        _ => "edits later reverted",
    };
    if all.settled == 0 {
        let pending = thousands(all.pending);
        return format!(
            "{when}, nothing is known yet of what became of the edits that Revscore scored on {wiki} ({pending} wait for an outcome)."
        );
    }
    match percent_with_interval(all.recall()) {
        None => format!(
            "{when}, none of {} edits on {wiki} was reverted, and Revscore flagged {} of them.",
            thousands(all.settled),
            percent(all.workload()),
        ),
        Some(caught) => format!(
            "{when}, Revscore flagged {caught} of the {what} on {wiki}, with {} of all edits flagged.",
            percent(all.workload()),
        ),
    }
}

fn when(period: Period) -> String {
    match period {
        Period::Year(year) => format!("In {year}"),
        Period::Month(year, month) => {
            let month = usize::try_from(month - 1)
                .ok()
                .and_then(|idx| MONTHS.get(idx));
            format!("In {} {year}", month.unwrap_or(&""))
        }
        Period::Day(day) => format!("On {day}"),
        Period::Days(first, last) => format!("From {first} to {last}"),
    }
}

fn percent_with_interval(share: Share) -> Option<String> {
    let (low, high) = share.interval()?;
    let n = thousands(share.whole);
    Some(format!(
        "{} ({:.1} to {:.1}, n = {n})",
        percent(share),
        100.0 * low,
        100.0 * high
    ))
}

/// A share in percent with one decimal, or a dash for a share of nothing.
pub(crate) fn percent(share: Share) -> String {
    share
        .value()
        .map_or_else(|| "-".to_owned(), |value| format!("{:.1} %", 100.0 * value))
}

/// A number with commas.
pub(crate) fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let first = digits.len() % 3;
    let mut text = digits[..first].to_owned();
    for group in digits.as_bytes()[first..].chunks(3) {
        if !text.is_empty() {
            text.push(',');
        }
        text.extend(group.iter().map(|digit| char::from(*digit)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas() {
        for (n, expected) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (12_345, "12,345"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(thousands(n), expected);
        }
    }

    /// The intervals of Newcombe (1998), table I, method 3.
    #[test]
    fn intervals_are_wilsons() {
        for (part, whole, expected) in [
            (81, 263, "30.8 % (25.5 to 36.6, n = 263)"),
            (15, 148, "10.1 % (6.2 to 16.0, n = 148)"),
            (0, 20, "0.0 % (0.0 to 16.1, n = 20)"),
            (1, 29, "3.4 % (0.6 to 17.2, n = 29)"),
        ] {
            let share = Share { part, whole };
            assert_eq!(percent_with_interval(share).as_deref(), Some(expected));
        }
        assert_eq!(percent_with_interval(Share { part: 0, whole: 0 }), None);
    }
}
