//! What each threshold would have caught and cost: the slider, the curve, and the table that is both.
//!
//! The table holds every figure, written by the reader's language; the script only shows the row that the
//! slider points at. Without it a number is typed into a form that loads the page again.

use maud::{Markup, html};

use super::chart::{Axis, Frame, Point};
use super::figures::{cell, percent, share, work};
use super::visit::Visit;
use super::words::Words;
use crate::service::report::{Report, Row};

/// The section.
pub(super) fn section(visit: &Visit, report: &Report) -> Markup {
    let words = visit.words;
    html! {
        section.threshold aria-labelledby="threshold" data-threshold="" {
            h2 #threshold { (words.say("threshold_title")) }
            p { (words.say("threshold_what")) }
            form method="get" {
                @for name in ["from", "to", "model"] {
                    @if let Some(value) = visit.asked(name) { input type="hidden" name=(name) value=(value); }
                }
                noscript {
                    label { (words.say("threshold_label")) " " input type="number" name="threshold" min="0" max="0.99" step="0.01" value=(format!("{:.2}", report.threshold)); }
                }
                label for="slider" { (words.say("threshold_label")) }
                // The script gives it the name under which the form sends it.
                input #slider type="range" min="0" max="0.99" step="0.01" value=(format!("{:.2}", report.threshold)) aria-describedby="slider-says";
                button { (words.say("show")) }
            }
            p.levels {
                (words.say("levels"))
                @for (name, _, _) in &report.levels {
                    " " a href=(format!("{}#threshold", without_threshold(visit, name))) aria-current=[(report.level.as_deref() == Some(name)).then_some("true")] { (level(words, name)) }
                }
            }
            (live(words, report))
            (curve(words, report))
            details {
                summary { (words.say("threshold_table")) }
                (table(words, report))
            }
        }
    }
}

/// A level's name in words; an unknown one is itself.
pub(super) fn level(words: &Words, name: &str) -> String {
    let text = format!("level_{name}");
    match words.say(&text) {
        missing if missing == text => name.to_owned(),
        text => text.to_owned(),
    }
}

fn without_threshold(visit: &Visit, level: &str) -> String {
    let mut address = format!("{}?", visit.path);
    let mut query = form_urlencoded::Serializer::new(String::new());
    for name in ["from", "to", "model"] {
        if let Some(value) = visit.asked(name) {
            query.append_pair(name, value);
        }
    }
    query.append_pair("level", level);
    address += &query.finish();
    address
}

/// The row at the threshold, as sentences that the script fills in anew.
fn live(words: &Words, report: &Report) -> Markup {
    let row = &report.all;
    html! {
        dl.figures #slider-says {
            div { dt { (words.say("threshold_at")) } dd data-show="0" { (words.decimal(report.threshold, 2)) } }
            div { dt { (words.say("column_flagged")) } dd data-show="1" { (words.number(row.flagged)) } }
            div { dt { (words.say("figure_flagged")) } dd data-show="2" { (percent(words, row.workload())) } }
            div { dt { (words.say("figure_caught")) } dd data-show="3" { (cell(words, row.recall())) } }
            div { dt { (words.say("figure_precision")) } dd data-show="4" { (cell(words, row.precision())) } }
            div { dt { (words.say("figure_missed")) } dd data-show="5" { (words.number(row.missed())) } }
            div { dt { (words.say("figure_work")) } dd data-show="6" { (work(words, row, report.seconds_an_edit)) } }
        }
    }
}

fn frame<'a>(words: &Words, title: &'a str, description: &'a str) -> Frame<'a> {
    let label = |value: f64| format!("{:.0}", 100.0 * value);
    Frame {
        name: "curve",
        title,
        description,
        x: Axis::of_shares(words.say("axis_workload").to_owned(), 1.0, label),
        y: Axis::of_shares(String::new(), 1.0, label),
    }
}

fn point(row: &Row) -> Option<Point> {
    Some(Point {
        x: row.workload().value()?,
        y: row.recall().value()?,
        interval: row.recall().interval(),
    })
}

fn curve(words: &Words, report: &Report) -> Markup {
    let mut points: Vec<Point> = report
        .thresholds
        .iter()
        .filter_map(|(_, row)| point(row))
        .collect();
    points.push(Point {
        x: 0.0,
        y: 0.0,
        interval: None,
    });
    points.sort_by(|a, b| a.x.total_cmp(&b.x));
    let description = words.fill(
        "curve_what",
        &[
            ("caught", &share(words, report.all.recall())),
            ("workload", &percent(words, report.all.workload())),
        ],
    );
    let frame = frame(words, words.say("curve_title"), &description);
    html! {
        @if points.len() > 1 {
            figure {
                (frame.curve(&points, point(&report.all)))
                figcaption { (words.say("curve_caption")) }
            }
        }
    }
}

/// Every threshold. The script reads its cells in this order.
fn table(words: &Words, report: &Report) -> Markup {
    let frame = frame(words, "", "");
    html! {
        div.scroll tabindex="0" role="group" aria-label=(words.say("threshold_table")) {
            table.thresholds {
                thead { tr {
                    th scope="col" { (words.say("threshold_at")) }
                    th.number scope="col" { (words.say("column_flagged")) }
                    th.number scope="col" { (words.say("figure_flagged")) }
                    th.number scope="col" { (words.say("figure_caught")) }
                    th.number scope="col" { (words.say("figure_precision")) }
                    th.number scope="col" { (words.say("figure_missed")) }
                    th.number scope="col" { (words.say("figure_work")) }
                } }
                tbody {
                    @for (threshold, row) in &report.thresholds {
                        @let at = point(row);
                        tr data-at=(format!("{threshold}")) data-x=[at.map(|at| format!("{:.1}", frame.x(at.x)))] data-y=[at.map(|at| format!("{:.1}", frame.y(at.y)))] {
                            th scope="row" { (words.decimal(*threshold, if (threshold * 100.0).fract().abs() < 1e-6 { 2 } else { 4 })) }
                            td.number { (words.number(row.flagged)) }
                            td.number { (percent(words, row.workload())) }
                            td.number { (cell(words, row.recall())) }
                            td.number { (cell(words, row.precision())) }
                            td.number { (words.number(row.missed())) }
                            td.number { (work(words, row, report.seconds_an_edit)) }
                        }
                    }
                }
            }
        }
    }
}
