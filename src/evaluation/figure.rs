//! How figures are written in texts and pictures.
//!
//! Shares are percentages, a value is followed by its interval, and nothing shows digits that the
//! rows cannot support.

use super::{CaughtGroup, CaughtRow, Estimate, Slice};

/// A caught row in one sentence.
pub(crate) fn caught_in_words(group: &CaughtGroup, row: &CaughtRow, label: &str) -> String {
    let what = match group.slice {
        Slice::All => format!("{label} edits"),
        slice => format!("{label} {}", slice.in_words()),
    };
    let n = format!("n = {}", group.positives);
    let recall = row.recall.map_or_else(
        || format!("none ({n})"),
        |recall| match interval(&recall, 1) {
            Some(interval) => format!("{} ({interval}, {n})", percent(recall.value)),
            None => format!("{} ({n})", percent(recall.value)),
        },
    );
    let workload = row
        .workload
        .map_or_else(|| "all".to_owned(), |workload| percent(workload.value));
    format!("caught {recall} of {what} with {workload} of edits left to review")
}

/// A share in percent with its interval.
pub(crate) fn share(estimate: Option<Estimate>) -> String {
    let Some(estimate) = estimate else {
        return "-".to_owned();
    };
    let value = percent(estimate.value);
    interval(&estimate, percent_decimals(estimate.value))
        .map_or_else(|| value.clone(), |ends| format!("{value} ({ends})"))
}

/// The ends of a share's interval, in percent; `None` when there is none.
fn interval(estimate: &Estimate, decimals: usize) -> Option<String> {
    let (low, high) = estimate.low.zip(estimate.high)?;
    Some(format!(
        "{} to {}",
        number(100.0 * low, decimals),
        number(100.0 * high, decimals)
    ))
}

/// A number that is no share, with its interval.
pub(crate) fn plain(estimate: Option<Estimate>) -> String {
    let Some(estimate) = estimate else {
        return "-".to_owned();
    };
    let value = number(estimate.value, 3);
    match estimate.low.zip(estimate.high) {
        Some((low, high)) => format!("{value} ({} to {})", number(low, 3), number(high, 3)),
        None => value,
    }
}

/// A share in percent.
pub(crate) fn percent(share: f64) -> String {
    format!("{} %", number(100.0 * share, percent_decimals(share)))
}

/// One decimal, and two for what is below 1 %.
fn percent_decimals(share: f64) -> usize {
    if share != 0.0 && share.abs() < 0.00995 {
        2
    } else {
        1
    }
}

/// A threshold, rounded down so that it still flags the same edits.
pub(crate) fn threshold(threshold: Option<f64>) -> String {
    threshold.map_or_else(
        || "none".to_owned(),
        |threshold| {
            number((threshold * 1e5).floor() / 1e5, 5)
                .trim_end_matches('0')
                .trim_end_matches('.')
                .to_owned()
        },
    )
}

/// A number with so many decimals, without a negative zero.
pub(crate) fn number(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    match text.strip_prefix('-') {
        Some(digits) if digits.chars().all(|digit| matches!(digit, '0' | '.')) => digits.to_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: f64, interval: Option<(f64, f64)>, expected_share: &str, expected_plain: &str) {
        let (low, high) = interval.unzip();
        let estimate = Some(Estimate { value, low, high });
        assert_eq!(
            (share(estimate).as_str(), plain(estimate).as_str()),
            (expected_share, expected_plain)
        );
    }

    #[test]
    fn figures_carry_their_intervals() {
        check(
            0.901_2,
            Some((0.861_9, 0.934)),
            "90.1 % (86.2 to 93.4)",
            "0.901 (0.862 to 0.934)",
        );
        check(
            0.0025,
            Some((0.0, 0.0102)),
            "0.25 % (0.00 to 1.02)",
            "0.003 (0.000 to 0.010)",
        );
        check(0.00999, None, "1.0 %", "0.010");
        check(0.0, None, "0.0 %", "0.000");
        check(-0.000_01, None, "0.00 %", "0.000");
        check(
            -0.034,
            Some((-0.05, 0.001)),
            "-3.4 % (-5.0 to 0.1)",
            "-0.034 (-0.050 to 0.001)",
        );
        assert_eq!((share(None).as_str(), plain(None).as_str()), ("-", "-"));
    }

    #[test]
    fn thresholds_are_rounded_down() {
        for (value, expected) in [
            (0.5, "0.5"),
            (0.123_459, "0.12345"),
            (1.0, "1"),
            (0.000_001, "0"),
        ] {
            assert_eq!(threshold(Some(value)), expected);
        }
        assert_eq!(threshold(None), "none");
    }
}
