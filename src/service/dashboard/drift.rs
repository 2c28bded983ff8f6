//! Whether the model still fits: probabilities against what came true, times, and features that moved.

use maud::{Markup, html};

use super::figures::share;
use super::words::Words;
use crate::service::report::{ANOTHER, PeriodCalibration, Report, Times};

/// Features that are shown.
const MAX_FEATURES: usize = 12;

/// From this index on a feature has shifted, the lesser of the usual marks of the population stability index
/// (Siddiqi, 2006).
const SHIFTED: f64 = 0.1;

/// The sections that there is something for.
pub(super) fn sections(words: &Words, report: &Report) -> Markup {
    html! {
        (delays(words, report))
        @if let Some(calibration) = &report.calibration { (promise(words, calibration)) }
        @if !report.drift.is_empty() { (features(words, report)) }
    }
}

fn delays(words: &Words, report: &Report) -> Markup {
    let rows = [
        ("delay_score", report.score_delay),
        ("delay_flagged", report.revert_delay_flagged),
        ("delay_missed", report.revert_delay_missed),
    ];
    let say = |times: Times| {
        words.fill(
            "delay",
            &[
                ("median", &words.duration(times.median)),
                ("most", &words.duration(times.ninth_tenth)),
                ("n", &words.number(times.n)),
            ],
        )
    };
    html! {
        @if rows.iter().any(|(_, times)| times.is_some()) {
            section aria-labelledby="delays" {
                h2 #delays { (words.say("delays_title")) }
                dl.facts {
                    @for (name, times) in rows {
                        @if let Some(times) = times {
                            div { dt { (words.say(name)) } dd { (say(times)) } }
                        }
                    }
                }
            }
        }
    }
}

fn promise(words: &Words, calibration: &PeriodCalibration) -> Markup {
    html! {
        section aria-labelledby="calibration" {
            h2 #calibration { (words.say("calibration_title")) }
            p {
                (words.fill("calibration", &[
                    ("predicted", &words.percent(calibration.predicted)),
                    ("observed", &share(words, calibration.observed)),
                    ("error", &words.percent(calibration.error)),
                ]))
                @if let Some(own) = calibration.own_error {
                    " " (words.fill("calibration_own", &[("error", &words.percent(own))]))
                }
            }
        }
    }
}

fn features(words: &Words, report: &Report) -> Markup {
    let verdict = |index: f64| match index {
        ..SHIFTED => "drift_stable",
        ..ANOTHER => "drift_shifted",
        _ => "drift_another",
    };
    html! {
        section aria-labelledby="drift" {
            h2 #drift { (words.say("drift_title")) }
            p { (words.say("drift_what")) }
            div.scroll tabindex="0" role="group" aria-labelledby="drift" {
                table {
                    thead { tr {
                        th scope="col" { (words.say("column_feature")) }
                        th.number scope="col" { (words.say("column_index")) }
                        th scope="col" { (words.say("column_verdict")) }
                        th.number scope="col" { (words.say("column_missing")) }
                        th.number scope="col" { (words.say("column_missing_before")) }
                    } }
                    tbody {
                        @for drift in report.drift.iter().take(MAX_FEATURES) {
                            tr {
                                th scope="row" { code { (drift.feature) } }
                                td.number { (words.decimal(drift.index, 2)) }
                                td class=(verdict(drift.index)) { (words.say(verdict(drift.index))) }
                                td.number { (words.percent(drift.missing)) }
                                td.number { (words.percent(drift.missing_in_training)) }
                            }
                        }
                    }
                }
            }
        }
    }
}
