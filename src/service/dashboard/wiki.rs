//! `/wiki/{wiki}`: what a model's flags caught, missed and cost: in total, by threshold, by kind of edit and
//! of author, over time, and whether the model still fits.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

use super::chart;
use super::figures::{cell, interval, percent, sentence, work};
use super::layout::{Page, error_page, no_ledger, notice};
use super::overview::large_figure;
use super::scores::group;
use super::visit::{At, Visit};
use super::words::Words;
use super::{drift, load, series, threshold};
use crate::service::App;
use crate::service::error::ServiceError;
use crate::service::ledger::{Group, StoredModel};
use crate::service::report::{By, Report, Row, date};

/// Shows a wiki's report.
pub(super) async fn show(State(app): State<App>, At(wiki): At<String>, visit: Visit) -> Response {
    match page(&app, &wiki, &visit).await {
        Ok(main) => Page {
            title: &wiki,
            wiki: Some(&wiki),
            main,
        }
        .answer(&visit),
        Err(error) => error_page(&visit, error),
    }
}

async fn page(app: &App, wiki: &str, visit: &Visit) -> Result<Markup, ServiceError> {
    let asked = load::Asked::of(visit);
    let report = load::report(app, wiki, &asked).await?;
    let models = load::models(app, wiki).await?;
    let served = app.models().for_wiki(wiki);
    let is_known = report.is_some() || !served.is_empty() || app.wikis().find(wiki).is_some();
    if !is_known {
        return Err(ServiceError::WikiNotFound {
            wiki: wiki.chars().take(40).collect(),
            known: app.wikis().names(),
        });
    }
    let targets: Vec<&str> = served
        .iter()
        .map(|served| served.model.target().name())
        .collect();
    Ok(html! {
        h1 { bdi { (wiki) } }
        @match &report {
            Some(report) => (render(visit, report, &models)),
            None if app.ledger().is_none() => (no_ledger(visit.words)),
            None => (notice(visit.words.say("nothing_scored"))),
        }
        @if !targets.is_empty() {
            section aria-labelledby="models" {
                h2 #models { (visit.words.say("models_title")) }
                ul.models {
                    @for target in targets {
                        li { a href=(format!("/wiki/{wiki}/model/{target}")) { (visit.words.say(&format!("target_{target}"))) } }
                    }
                }
            }
        }
    })
}

fn render(visit: &Visit, report: &Report, models: &[StoredModel]) -> Markup {
    let words = visit.words;
    html! {
        p.sentence { (sentence(words, report)) }
        (headline(words, report))
        p.go { a.button href=(format!("/wiki/{}/queue", report.wiki)) { (words.say("to_queue")) } }
        (choice(visit, report, models))
        (threshold::section(visit, report))
        (by(words, report, By::Kind, "by_kind"))
        (by(words, report, By::UserClass, "by_user_class"))
        (by(words, report, By::Namespace, "by_namespace"))
        (series::section(words, report))
        (drift::sections(words, report))
    }
}

/// The figures that matter, large.
fn headline(words: &Words, report: &Report) -> Markup {
    let all = &report.all;
    let beneath = |share| interval(words, share).unwrap_or_default();
    let flagged = words.fill(
        "flagged_of",
        &[
            ("flagged", &words.number(all.flagged)),
            ("settled", &words.number(all.settled)),
        ],
    );
    let time = work(words, all, report.seconds_an_edit);
    html! {
        dl.figures.large {
            (large_figure(words.say("figure_caught"), &percent(words, all.recall()), &beneath(all.recall())))
            (large_figure(words.say("figure_flagged"), &percent(words, all.workload()), &flagged))
            (large_figure(words.say("figure_precision"), &percent(words, all.precision()), &beneath(all.precision())))
            (large_figure(words.say("figure_missed"), &words.number(all.missed()), words.say("figure_missed_what")))
            (large_figure(words.say("figure_work"), &time, &words.count("figure_work_what", report.seconds_an_edit.into())))
        }
        p.quiet {
            (words.fill("left_out", &[
                ("pending", &words.number(all.pending)),
                ("left_out", &words.number(all.left_out)),
                ("not_counted", &words.number(all.not_counted)),
            ]))
            @if let Some(judged) = interval(words, all.judged_precision()) {
                " " (words.fill("judged_precision", &[("share", &percent(words, all.judged_precision())), ("interval", &judged)]))
            }
        }
    }
}

/// Which period and which model.
fn choice(visit: &Visit, report: &Report, models: &[StoredModel]) -> Markup {
    let words = visit.words;
    let (from, to) = (date(report.from).to_string(), date(report.to).to_string());
    let current = format!("{}@{}", report.model.name, report.model.version);
    html! {
        form.choice method="get" {
            label { (words.say("from_day")) input type="date" name="from" value=(from); }
            label { (words.say("to_day")) input type="date" name="to" value=(to); }
            @if models.len() > 1 {
                label {
                    (words.say("model"))
                    select name="model" {
                        @for stored in models {
                            @let name = stored.full_name();
                            option value=(name) selected[name == current] { (name) }
                        }
                    }
                }
            } @else {
                span.quiet { (words.say("model")) " " bdi { (current) } }
            }
            @if let Some(level) = visit.asked("level") { input type="hidden" name="level" value=(level); }
            @if let Some(threshold) = visit.asked("threshold") { input type="hidden" name="threshold" value=(threshold); }
            button { (words.say("show")) }
        }
    }
}

/// Groups of one sort, as a table.
fn by(words: &Words, report: &Report, by: By, title: &'static str) -> Markup {
    let mut rows: Vec<&(Group, Row)> = report
        .groups
        .iter()
        .filter(|(group, row)| By::of(*group) == Some(by) && row.settled > 0)
        .collect();
    if by == By::Namespace {
        rows.sort_by_key(|(_, row)| std::cmp::Reverse(row.settled));
        rows.truncate(12);
    }
    html! {
        @if !rows.is_empty() {
            section aria-labelledby=(title) {
                h2 id=(title) { (words.say(title)) }
                div.scroll tabindex="0" role="group" aria-labelledby=(title) {
                    table {
                        thead { tr {
                            th scope="col" { (words.say("column_group")) }
                            th.number scope="col" { (words.say("column_edits")) }
                            th.number scope="col" { (words.say("column_bad")) }
                            th.number scope="col" { (words.say("figure_caught")) }
                            th.number scope="col" { (words.say("figure_flagged")) }
                            th.number scope="col" { (words.say("figure_precision")) }
                        } }
                        tbody {
                            @for (name, row) in rows {
                                tr {
                                    th scope="row" { (group(words, *name)) }
                                    td.number { (words.number(row.settled)) }
                                    td.number { (words.number(row.bad)) }
                                    td.number { (cell(words, row.recall())) (chart::bar(row.recall().value())) }
                                    td.number { (percent(words, row.workload())) }
                                    td.number { (cell(words, row.precision())) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::words;
    use super::*;
    use crate::evaluation::Kind;

    #[test]
    fn groups_have_their_names_and_nothing_is_no_table() {
        let words = words::find("de").unwrap();
        let mut report =
            super::super::figures::testing::report("2026-10-01", "2026-10-31", Row::default());
        assert!(
            by(words, &report, By::Kind, "by_kind")
                .into_string()
                .is_empty()
        );
        report.groups.push((
            Group::Kind(Kind::LinkSpam),
            Row {
                settled: 1,
                ..Row::default()
            },
        ));
        let html = by(words, &report, By::Kind, "by_kind").into_string();
        assert!(html.contains("Link"), "{html}");
        assert!(
            by(words, &report, By::UserClass, "by_user_class")
                .into_string()
                .is_empty()
        );
    }
}
