//! `/wiki/{wiki}/model/{target}`: a model's card, thresholds and pictures, and its versions side by side.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};

use super::figures::{cell, percent};
use super::layout::{Page, error_page};
use super::load;
use super::threshold::level;
use super::visit::{At, Visit};
use super::words::Words;
use crate::evaluation::{Estimate, Level, Picture, Statistic};
use crate::model::{Card, Target};
use crate::service::App;
use crate::service::error::ServiceError;
use crate::service::ledger::Day;
use crate::service::models::Served;
use crate::service::report::Report;

/// Versions that stand side by side.
const MAX_VERSIONS: usize = 6;

/// Days that a version is counted over, so that the page does not read a ledger of ten years.
const MAX_DAYS: Day = 365;

/// Features that are named.
const MAX_FEATURES: usize = 12;

/// Shows a model.
pub(super) async fn show(
    State(app): State<App>,
    At((wiki, target)): At<(String, String)>,
    visit: Visit,
) -> Response {
    let found = match find(&app, &wiki, &target) {
        Ok(served) => versions(&app, &wiki, &served, &visit)
            .await
            .map(|versions| (served, versions)),
        Err(error) => Err(error),
    };
    match found {
        Ok((served, versions)) => Page {
            title: &served.name,
            wiki: Some(&wiki),
            main: render(visit.words, &wiki, &served, &versions),
        }
        .answer(&visit),
        Err(error) => error_page(&visit, error),
    }
}

/// Gives one of its pictures.
pub(super) async fn picture(
    State(app): State<App>,
    At((wiki, target, name)): At<(String, String, String)>,
    visit: Visit,
) -> Response {
    let picture = find(&app, &wiki, &target).and_then(|served| {
        let mut pictures = pictures(&served).into_iter();
        let picture = pictures.find(|picture| picture.name == name);
        picture.ok_or(ServiceError::RouteNotFound)
    });
    match picture {
        Ok(picture) => {
            let headers = [
                (header::CONTENT_TYPE, "image/svg+xml"),
                (header::CACHE_CONTROL, "private, max-age=3600"),
            ];
            (headers, picture.svg).into_response()
        }
        Err(error) => error_page(&visit, error),
    }
}

fn find(app: &App, wiki: &str, target: &str) -> Result<Arc<Served>, ServiceError> {
    let target: Target = target.parse()?;
    let models = app.models();
    let found = models.find(wiki, target).cloned();
    found.ok_or_else(|| ServiceError::ModelNotFound {
        what: format!(
            "{target} for {:?}",
            wiki.chars().take(40).collect::<String>()
        ),
        known: models.names(),
    })
}

/// The reports of a model's versions, the latest first.
async fn versions(
    app: &App,
    wiki: &str,
    served: &Served,
    visit: &Visit,
) -> Result<Vec<Report>, ServiceError> {
    let mut reports = Vec::new();
    let models = load::models(app, wiki).await?;
    let same = models
        .iter()
        .filter(|stored| stored.model.name == served.name);
    for stored in same.take(MAX_VERSIONS) {
        let asked = load::Asked {
            model: Some(stored.full_name()),
            ..load::Asked::of(visit)
        };
        // Each over its own days, unless the address names some: versions follow one another.
        let asked = match (asked.from.or(asked.to), stored.days) {
            (None, Some((from, to))) => load::Asked {
                from: Some(from.max(to - MAX_DAYS + 1)),
                to: Some(to),
                ..asked
            },
            _ => asked,
        };
        reports.extend(load::report(app, wiki, &asked).await?);
    }
    Ok(reports)
}

fn pictures(served: &Served) -> Vec<Picture> {
    let mut pictures = served.model.report().pictures();
    let card = served.model.card();
    let shares = card.importance.iter();
    let shares: Vec<(&str, f64)> = shares
        .map(|importance| (importance.feature.as_str(), importance.share))
        .collect();
    pictures.push(Picture::feature_importance(&shares));
    pictures
}

fn render(words: &Words, wiki: &str, served: &Served, versions: &[Report]) -> Markup {
    let card = served.model.card();
    let report = served.model.report();
    let target = served.model.target().name();
    html! {
        h1 { bdi { (served.name) } }
        p.quiet { (words.say("version")) " " code { (served.version) } }
        // What a model says of itself is English.
        p.sentence lang="en" { (capitalised(&card.caught)) "." }
        p.quiet {
            (words.fill("model_rows", &[
                ("n", &words.number(card.evaluated_edits)),
                ("positives", &words.number(card.evaluated_positives)),
            ]))
        }
        (side_by_side(words, versions))
        (levels(words, &report.levels))
        section aria-labelledby="pictures" {
            h2 #pictures { (words.say("pictures_title")) }
            div.charts {
                @for picture in pictures(served) {
                    figure {
                        img.picture src=(format!("/wiki/{wiki}/model/{target}/{}?v={}", picture.name, super::edit::path_part(&served.version))) width="720" height="450" loading="lazy" alt=(words.say(&format!("picture_{}", picture.name.replace('-', "_"))));
                    }
                }
            }
            p { a href=(format!("/api/v1/models/{wiki}/{target}/caught")) { (words.say("caught_link")) } }
        }
        (made_from(words, &card))
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + chars.as_str()
}

fn side_by_side(words: &Words, versions: &[Report]) -> Markup {
    let days = |report: &Report| {
        words.fill(
            "days",
            &[
                ("from", &words.day(report.from)),
                ("to", &words.day(report.to)),
            ],
        )
    };
    html! {
        @if !versions.is_empty() {
            section aria-labelledby="versions" {
                h2 #versions { (words.say("versions_title")) }
                div.scroll tabindex="0" role="group" aria-labelledby="versions" {
                    table {
                        thead { tr {
                            th scope="col" { (words.say("version")) }
                            th scope="col" { (words.say("column_days")) }
                            th.number scope="col" { (words.say("column_edits")) }
                            th.number scope="col" { (words.say("figure_caught")) }
                            th.number scope="col" { (words.say("figure_flagged")) }
                            th.number scope="col" { (words.say("figure_precision")) }
                            th.number scope="col" { (words.say("column_calibration")) }
                        } }
                        tbody {
                            @for report in versions {
                                tr {
                                    th scope="row" { code { (report.model.version) } }
                                    td { (days(report)) }
                                    td.number { (words.number(report.all.settled)) }
                                    td.number { (cell(words, report.all.recall())) }
                                    td.number { (percent(words, report.all.workload())) }
                                    td.number { (cell(words, report.all.precision())) }
                                    td.number { @if let Some(calibration) = &report.calibration { (words.percent(calibration.error)) } @else { "–" } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn levels(words: &Words, levels: &[Level]) -> Markup {
    let estimate = |estimate: Option<Estimate>| {
        html! {
            @match estimate {
                None => "–",
                Some(estimate) => {
                    (words.percent(estimate.value))
                    @if let Some((low, high)) = estimate.low.zip(estimate.high) {
                        small { (words.fill("range", &[("low", &words.decimal(100.0 * low, 1)), ("high", &words.decimal(100.0 * high, 1))])) }
                    }
                }
            }
        }
    };
    html! {
        section aria-labelledby="thresholds" {
            h2 #thresholds { (words.say("thresholds_title")) }
            p { (words.say("thresholds_what")) }
            div.scroll tabindex="0" role="group" aria-labelledby="thresholds" {
                table {
                    thead { tr {
                        th scope="col" { (words.say("column_level")) }
                        th.number scope="col" { (words.say("threshold_at")) }
                        th.number scope="col" { (words.say("figure_caught")) }
                        th.number scope="col" { (words.say("figure_precision")) }
                        th.number scope="col" { (words.say("column_filter_rate")) }
                    } }
                    tbody {
                        @for named in levels {
                            @let statistic = |statistic| named.point.as_ref().and_then(|point| *point.statistics.get(&statistic)?);
                            tr {
                                th scope="row" { (level(words, &named.name)) }
                                td.number { @if let Some(point) = &named.point { (words.decimal(point.threshold, 3)) } @else { "–" } }
                                td.number { (estimate(statistic(Statistic::Recall))) }
                                td.number { (estimate(statistic(Statistic::Precision))) }
                                td.number { (estimate(statistic(Statistic::FilterRate))) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn made_from(words: &Words, card: &Card) -> Markup {
    let provenance = &card.provenance;
    html! {
        section aria-labelledby="card" {
            h2 #card { (words.say("card_title")) }
            dl.facts {
                div { dt { (words.say("card_rows")) } dd { (words.fill("card_rows_of", &[("n", &words.number(provenance.n_rows)), ("positives", &words.number(provenance.n_positive))])) } }
                @if let (Some(first), Some(last)) = (provenance.first, provenance.last) {
                    div { dt { (words.say("card_time")) } dd { (words.time(first)) " – " (words.time(last)) } }
                }
                div { dt { (words.say("card_features")) } dd { (words.number(card.n_features as u64)) } }
                div { dt { (words.say("card_sources")) } dd { ul { @for source in &provenance.sources { li { bdi { (source.name) } } } } } }
            }
            h3 { (words.say("card_reasons")) }
            ul.importance {
                @for reason in card.reasons.iter().take(MAX_FEATURES) {
                    li { span { (words.say(&format!("family_{}", reason.family))) } (super::scores::probability(words, reason.share)) }
                }
            }
            @if !card.notes.is_empty() {
                h3 { (words.say("card_notes")) }
                ul lang="en" { @for note in &card.notes { li { (note) } } }
            }
            details {
                summary { (words.say("card_feature_list")) }
                ul lang="en" { @for importance in card.importance.iter() { li { code { (importance.feature) } " " (importance.doc) } } }
            }
        }
    }
}
