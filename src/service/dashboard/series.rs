//! What was caught over time: by days, weeks or months, as many as can be read.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::chart::{Axis, Frame, Point};
use super::figures::{cell, percent};
use super::words::Words;
use crate::service::ledger::Day;
use crate::service::report::{Report, Row, date};

/// Steps that are drawn.
const MAX_STEPS: usize = 62;

/// A stretch of days that is counted together.
struct Step {
    name: String,
    /// For the axis.
    short: String,
    row: Row,
}

/// The section; nothing when all is one day.
pub(super) fn section(words: &Words, report: &Report) -> Markup {
    let steps = steps(words, report);
    if steps.len() < 2 {
        return html! {};
    }
    html! {
        section aria-labelledby="series" {
            h2 #series { (words.say("series_title")) }
            div.charts {
                figure { (caught(words, &steps)) figcaption { (words.say("series_caught_caption")) } }
                figure { (counts(words, &steps)) figcaption { (words.say("series_counts_caption")) } }
            }
            details {
                summary { (words.say("series_table")) }
                (table(words, &steps))
            }
        }
    }
}

fn steps(words: &Words, report: &Report) -> Vec<Step> {
    let by_days = |length: Day| {
        let mut rows: BTreeMap<Day, Row> = BTreeMap::new();
        for (day, row) in &report.days {
            // Weeks begin on Mondays; 1970-01-01 was a Thursday.
            let first = day - (day + if length == 7 { 3 } else { 0 }).rem_euclid(length);
            add(rows.entry(first).or_default(), row);
        }
        rows
    };
    let by_months = || {
        let mut rows: BTreeMap<Day, Row> = BTreeMap::new();
        for (day, row) in &report.days {
            let first = day - Day::from(date(*day).day()) + 1;
            add(rows.entry(first).or_default(), row);
        }
        rows
    };
    let n_days = report.days.len();
    let (rows, is_months) = match n_days {
        0..=MAX_STEPS => (by_days(1), false),
        _ if n_days <= 7 * MAX_STEPS => (by_days(7), false),
        _ => (by_months(), true),
    };
    let name = |day| match is_months {
        true => (words.month(day), words.month(day)),
        false => (words.day(day), words.short_day(day)),
    };
    let steps = rows.into_iter().map(|(day, row)| {
        let (name, short) = name(day);
        Step { name, short, row }
    });
    steps.collect()
}

/// Adds one day's counts to others'.
fn add(to: &mut Row, row: &Row) {
    to.scored += row.scored;
    to.settled += row.settled;
    to.bad += row.bad;
    to.flagged += row.flagged;
    to.caught += row.caught;
    to.pending += row.pending;
}

/// Names along the axis, few enough to be read.
fn x_axis(steps: &[Step]) -> Axis {
    let every = steps.len().div_ceil(3).max(1);
    let labelled = steps.iter().enumerate().step_by(every);
    Axis {
        title: String::new(),
        end: steps.len() as f64,
        ticks: labelled
            .map(|(idx, step)| (idx as f64 + 0.5, step.short.clone()))
            .collect(),
    }
}

fn caught(words: &Words, steps: &[Step]) -> Markup {
    let points = steps.iter().enumerate().filter_map(|(idx, step)| {
        let recall = step.row.recall();
        Some(Point {
            x: idx as f64 + 0.5,
            y: recall.value()?,
            interval: recall.interval(),
        })
    });
    let frame = Frame {
        name: "series-caught",
        title: words.say("series_caught"),
        description: words.say("series_table_says"),
        x: x_axis(steps),
        y: Axis::of_shares(String::new(), 1.0, |value| {
            format!("{:.0} %", 100.0 * value)
        }),
    };
    frame.dots(&points.collect::<Vec<_>>())
}

fn counts(words: &Words, steps: &[Step]) -> Markup {
    let bars: Vec<(u64, u64)> = steps
        .iter()
        .map(|step| (step.row.settled, step.row.flagged))
        .collect();
    let highest = bars.iter().map(|(settled, _)| *settled).max();
    let frame = Frame {
        name: "series-counts",
        title: words.say("series_counts"),
        description: words.say("series_table_says"),
        x: x_axis(steps),
        y: Axis::of_counts(String::new(), highest.unwrap_or(0), |value| {
            words.number(value as u64)
        }),
    };
    frame.bars(&bars)
}

fn table(words: &Words, steps: &[Step]) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label=(words.say("series_table")) {
            table {
                thead { tr {
                    th scope="col" { (words.say("column_time")) }
                    th.number scope="col" { (words.say("column_edits")) }
                    th.number scope="col" { (words.say("column_bad")) }
                    th.number scope="col" { (words.say("figure_caught")) }
                    th.number scope="col" { (words.say("figure_flagged")) }
                } }
                tbody {
                    @for step in steps {
                        tr {
                            th scope="row" { (step.name) }
                            td.number { (words.number(step.row.settled)) }
                            td.number { (words.number(step.row.bad)) }
                            td.number { (cell(words, step.row.recall())) }
                            td.number { (percent(words, step.row.workload())) }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{figures::testing, words};
    use super::*;

    #[test]
    fn days_become_weeks_and_months_before_they_are_too_many() {
        #[track_caller]
        fn check(n_days: Day, n_steps: usize, first: &str) {
            let mut report = testing::report("2026-01-01", "2026-12-31", Row::default());
            let row = Row {
                settled: 1,
                ..Row::default()
            };
            // From Monday, 2024-01-01.
            report.days = (0..n_days).map(|day| (19_723 + day, row)).collect();
            let steps = steps(words::find("en").unwrap(), &report);
            assert_eq!((steps.len(), steps[0].name.as_str()), (n_steps, first));
            let n: u64 = steps.iter().map(|step| step.row.settled).sum();
            assert_eq!(n, n_days as u64);
        }
        check(62, 62, "1 January 2024");
        check(63, 9, "1 January 2024");
        check(435, 15, "January 2024");
    }
}
