//! Figures in words: shares with their intervals, periods, and the sentence that may be quoted.

use maud::{Markup, html};

use super::words::Words;
use crate::model::Target;
use crate::service::report::{Report, Row, Share, date};

/// A share in percent, or a dash for a share of nothing.
pub(super) fn percent(words: &Words, share: Share) -> String {
    share
        .value()
        .map_or_else(|| "–".to_owned(), |value| words.percent(value))
}

/// A share's interval and number, such as "92.8 to 95.2, n = 1,312".
pub(super) fn interval(words: &Words, share: Share) -> Option<String> {
    let (low, high) = share.interval()?;
    let ends = [low, high].map(|end| words.decimal(100.0 * end, 1));
    let n = words.number(share.whole);
    Some(words.fill(
        "interval",
        &[("low", &ends[0]), ("high", &ends[1]), ("n", &n)],
    ))
}

/// A share with its interval.
pub(super) fn share(words: &Words, share: Share) -> String {
    match interval(words, share) {
        Some(interval) => format!("{} ({interval})", percent(words, share)),
        None => "–".to_owned(),
    }
}

/// A share with its interval below it, for tables.
pub(super) fn cell(words: &Words, share: Share) -> Markup {
    html! {
        (percent(words, share))
        @if let Some(interval) = interval(words, share) { small { (interval) } }
    }
}

/// The period, as the beginning of a sentence: "In October 2026".
fn when(words: &Words, report: &Report) -> String {
    let (first, last) = (date(report.from), date(report.to));
    if first == last {
        words.fill("when_day", &[("day", &words.day(report.from))])
    } else if first == last.first_of_month() && last == first.last_of_month() {
        words.fill("when_month", &[("month", &words.month(report.from))])
    } else {
        words.fill(
            "when_days",
            &[
                ("from", &words.day(report.from)),
                ("to", &words.day(report.to)),
            ],
        )
    }
}

/// What the report says, in the sentence that may be quoted.
pub(super) fn sentence(words: &Words, report: &Report) -> String {
    let all = &report.all;
    let when = when(words, report);
    let workload = percent(words, all.workload());
    let wiki = report.wiki.as_str();
    if all.settled == 0 {
        let n = words.number(all.pending);
        return words.fill(
            "sentence_pending",
            &[("when", &when), ("wiki", wiki), ("n", &n)],
        );
    }
    if all.bad == 0 {
        let n = words.number(all.settled);
        let values = [
            ("when", when.as_str()),
            ("wiki", wiki),
            ("n", &n),
            ("workload", &workload),
        ];
        return words.fill("sentence_none", &values);
    }
    let caught = share(words, all.recall());
    let values = [
        ("when", when.as_str()),
        ("wiki", wiki),
        ("caught", &caught),
        ("workload", &workload),
    ];
    match report.model.target {
        Target::Vandalism => words.fill("sentence_vandalism", &values),
        _ => words.fill("sentence", &values),
    }
}

/// Time that flagged edits take to look at.
pub(super) fn work(words: &Words, row: &Row, seconds_an_edit: u32) -> String {
    words.duration(row.flagged as f64 * f64::from(seconds_an_edit))
}

/// Reports for tests of pages.
#[cfg(test)]
pub(super) mod testing {
    use super::*;
    use crate::revision::Timestamp;
    use crate::service::report::{ReportModel, day_of};

    pub(crate) fn report(from: &str, to: &str, all: Row) -> Report {
        let day = |text: &str| day_of(text.parse().expect("tests write dates"));
        Report {
            wiki: "papwiki".to_owned(),
            model: ReportModel {
                name: "papwiki.reverted".to_owned(),
                version: "1".to_owned(),
                target: Target::Reverted,
                levels: vec![("review".to_owned(), 0.2)],
            },
            from: day(from),
            to: day(to),
            settled_until: Timestamp(0),
            threshold: 0.2,
            level: Some("review".to_owned()),
            all,
            levels: vec![("review".to_owned(), 0.2, all)],
            thresholds: vec![(0.0, all), (0.2, all)],
            groups: Vec::new(),
            days: vec![(day(from), all)],
            score_delay: None,
            revert_delay_flagged: None,
            revert_delay_missed: None,
            calibration: None,
            drift: Vec::new(),
            seconds_an_edit: 30,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::words;
    use super::testing::report;
    use super::*;

    #[test]
    fn the_sentence_is_the_one_that_may_be_quoted() {
        let row = Row {
            scored: 20_000,
            settled: 20_000,
            bad: 1_312,
            flagged: 1_660,
            caught: 1_235,
            ..Row::default()
        };
        #[track_caller]
        fn check(code: &str, report: &Report, expected: &str) {
            let words = words::find(code).expect("the language is there");
            let plain = sentence(words, report).replace(['\u{a0}', '\u{202f}'], " ");
            assert_eq!(plain, expected);
        }
        let october = report("2026-10-01", "2026-10-31", row);
        check(
            "en",
            &october,
            "In October 2026, Revscore flagged 94.1 % (92.7 to 95.3, n = 1,312) of the edits later reverted on papwiki, with 8.3 % of all edits flagged.",
        );
        check(
            "de",
            &october,
            "Im Oktober 2026 hat Revscore 94,1 % (92,7 bis 95,3; n = 1.312) der Änderungen in papwiki markiert, die später zurückgesetzt wurden, und dafür 8,3 % aller Änderungen.",
        );
        check(
            "fr",
            &october,
            "En octobre 2026, Revscore a signalé 94,1 % (92,7 à 95,3 ; n = 1 312) des modifications révoquées plus tard sur papwiki, en signalant 8,3 % de toutes les modifications.",
        );
        let none = report(
            "2026-10-02",
            "2026-10-02",
            Row {
                settled: 5,
                ..Row::default()
            },
        );
        check(
            "en",
            &none,
            "On 2 October 2026, none of 5 edits on papwiki was reverted, and Revscore flagged 0.0 % of them.",
        );
        let pending = report(
            "2026-10-02",
            "2026-11-30",
            Row {
                pending: 7,
                ..Row::default()
            },
        );
        check(
            "en",
            &pending,
            "From 2 October 2026 to 30 November 2026, nothing is known yet of what became of the edits that Revscore scored on papwiki (7 wait for an outcome).",
        );
    }
}
