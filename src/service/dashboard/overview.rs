//! `/`: every wiki with what its model caught lately, and where to go on.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::response::Response;
use maud::{Markup, html};

use super::figures::{percent, sentence};
use super::layout::{Page, error_page, no_ledger};
use super::load;
use super::visit::Visit;
use super::words::Words;
use crate::evaluation::Statistic;
use crate::model::ANY_WIKI;
use crate::service::App;
use crate::service::error::ServiceError;
use crate::service::models::Served;
use crate::service::report::Report;

/// A wiki in short.
struct Card {
    wiki: String,
    report: Option<Report>,
    models: Vec<Arc<Served>>,
}

/// Shows all wikis.
pub(super) async fn show(app: &App, visit: &Visit) -> Response {
    match cards(app).await {
        Ok(cards) => {
            let main = render(visit.words, &cards, load::store(app).is_some());
            let title = visit.words.say("overview_title");
            Page {
                title,
                wiki: None,
                main,
            }
            .answer(visit)
        }
        Err(error) => error_page(visit, error),
    }
}

async fn cards(app: &App) -> Result<Vec<Card>, ServiceError> {
    let models = app.models();
    let mut wikis: BTreeSet<String> = models
        .iter()
        .map(|served| served.model.wiki().to_owned())
        .filter(|wiki| wiki != ANY_WIKI)
        .collect();
    wikis.extend(app.wikis().iter().map(|wiki| wiki.name.clone()));
    if let Some(store) = load::store(app) {
        wikis.extend(store.wikis().await.map_err(load::broken)?);
    }
    let mut cards = Vec::new();
    for wiki in wikis {
        let asked = load::Asked::default();
        cards.push(Card {
            report: load::report(app, &wiki, &asked).await?,
            models: models.for_wiki(&wiki),
            wiki,
        });
    }
    // Those of which something is known first.
    cards.sort_by_key(|card| card.report.is_none());
    Ok(cards)
}

fn render(words: &Words, cards: &[Card], has_ledger: bool) -> Markup {
    html! {
        h1 { (words.say("overview_title")) }
        @if !has_ledger { (no_ledger(words)) }
        @if cards.is_empty() { p { (words.say("no_wikis")) } }
        @for card in cards { (section(words, card, has_ledger)) }
    }
}

fn section(words: &Words, card: &Card, has_ledger: bool) -> Markup {
    let wiki = card.wiki.as_str();
    html! {
        section.card aria-labelledby=(format!("wiki-{wiki}")) {
            h2 id=(format!("wiki-{wiki}")) { a href=(format!("/wiki/{wiki}")) { bdi { (wiki) } } }
            @if let Some(report) = &card.report {
                p.sentence { (sentence(words, report)) }
                dl.figures {
                    (figure(words.say("figure_caught"), &percent(words, report.all.recall())))
                    (figure(words.say("figure_flagged"), &percent(words, report.all.workload())))
                    (figure(words.say("figure_precision"), &percent(words, report.all.precision())))
                }
            } @else if has_ledger {
                p.quiet { (words.say("nothing_scored")) }
            }
            p.go {
                @if card.report.is_some() { a.button href=(format!("/wiki/{wiki}/queue")) { (words.say("to_queue")) } }
                a href=(format!("/wiki/{wiki}")) { (words.say("to_report")) }
            }
            @if !card.models.is_empty() {
                h3 { (words.say("models_title")) }
                ul.models {
                    @for served in &card.models { li { (model(words, wiki, served)) } }
                }
            }
        }
    }
}

fn figure(name: &str, value: &str) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

/// A model with what it caught when it was measured.
fn model(words: &Words, wiki: &str, served: &Served) -> Markup {
    let target = served.model.target().name();
    let report = served.model.report();
    let level = report.levels.iter().find(|level| level.name == "review");
    let point = level.and_then(|level| level.point.as_ref());
    let statistic = |statistic| {
        let estimate = point.and_then(|point| *point.statistics.get(&statistic)?);
        estimate.map(|estimate: crate::evaluation::Estimate| estimate.value)
    };
    let measured = statistic(Statistic::Recall).zip(statistic(Statistic::FilterRate));
    html! {
        a href=(format!("/wiki/{wiki}/model/{target}")) { bdi { (served.name) } }
        @if let Some((recall, filter_rate)) = measured {
            " " span.quiet {
                (words.fill("model_measured", &[
                    ("caught", &words.percent(recall)),
                    ("workload", &words.percent(1.0 - filter_rate)),
                    ("n", &words.number(report.positives)),
                ]))
            }
        }
    }
}

/// A figure with its name and what it stands on, large.
pub(super) fn large_figure(name: &str, value: &str, beneath: &str) -> Markup {
    html! { div { dt { (name) } dd { strong { (value) } small { (beneath) } } } }
}

#[cfg(test)]
mod tests {
    use super::super::words;
    use super::*;

    #[test]
    fn names_are_text() {
        let card = Card {
            wiki: "<b>&\"".to_owned(),
            report: None,
            models: Vec::new(),
        };
        let words = words::find("en").unwrap();
        let html = render(words, &[card], false).into_string();
        assert!(!html.contains("<b>"), "{html}");
        assert!(html.contains("--ledger"), "{html}");
    }
}
