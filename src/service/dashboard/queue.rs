//! `/wiki/{wiki}/queue`: the newest edits that a model flags and nobody judged or reverted, one at a time.
//!
//! The place in the queue is in the address, so that the page reads the same again, in two windows, and
//! after a skip without anything kept.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

use super::diff::visible;
use super::edit::View;
use super::judge::{form, keys, queue_of, said};
use super::layout::{Page, error_page, no_ledger, notice};
use super::links::Links;
use super::load;
use super::look::{Leave, look, look_ahead};
use super::scores::probability;
use super::visit::{At, Visit};
use crate::revision::{RevisionId, Timestamp};
use crate::service::App;
use crate::service::error::ServiceError;
use crate::service::ledger::{LedgerEdit, StoredModel, Wanted};
use crate::service::report::chosen;

/// Edits that a page knows of: the one that is looked at, and those that come next.
const LENGTH: usize = 12;

/// Edits that are fetched ahead.
const AHEAD: usize = 3;

/// Shows the next edit.
pub(super) async fn show(
    State(app): State<App>,
    At(wiki): At<String>,
    leave: Leave,
    visit: Visit,
) -> Response {
    match page(&app, &wiki, &visit, &leave).await {
        Ok(main) => Page {
            title: &format!("{}: {wiki}", visit.words.say("queue_title")),
            wiki: Some(&wiki),
            main,
        }
        .answer(&visit),
        Err(error) => error_page(&visit, error),
    }
}

async fn page(app: &App, wiki: &str, visit: &Visit, leave: &Leave) -> Result<Markup, ServiceError> {
    let words = visit.words;
    let Some(store) = load::store(app) else {
        return Ok(html! { h1 { (words.say("queue_title")) } (no_ledger(words)) });
    };
    let models = load::models(app, wiki).await?;
    // What is not understood is not asked: people change addresses by hand.
    let asked = chosen(&models, visit.asked("model"));
    let Some(stored) = asked.or_else(|| chosen(&models, None)) else {
        return Ok(
            html! { h1 { (words.say("queue_title")) } (notice(words.say("nothing_scored"))) },
        );
    };
    let (level, at_least) = level_of(stored, visit.asked("level"));
    let wanted = Wanted {
        model: stored.id,
        at_least,
        before: visit.asked("before").and_then(place),
        is_open: true,
        limit: LENGTH,
    };
    let edits = store.edits(wiki, &wanted).await.map_err(load::broken)?;
    let head = html! {
        h1 { (words.say("queue_title")) }
        (said(visit, wiki))
        (levels(visit, stored, level))
    };
    let Some((first, next)) = edits.split_first() else {
        return Ok(html! { (head) (nothing(visit, wiki)) });
    };
    let look = look(app, visit, leave, wiki, first.revision.0, true).await;
    let ahead = next.iter().take(AHEAD).map(|edit| edit.revision.0);
    look_ahead(app, visit, wiki, ahead.collect());
    let links = Links::of(app, wiki);
    let view = View {
        wiki,
        rev_id: first.revision.0,
        edit: Some(first),
        models: &models,
        look: &look,
        links: links.as_ref(),
    };
    let skip = visit.with("before", Some(&place_of(first)));
    Ok(html! {
        (head)
        section.now aria-labelledby="now" {
            h2 #now.unseen { (words.fill("edit_title", &[("n", &first.revision.0.to_string())])) }
            (view.render(words))
            (form(visit, wiki, first.revision.0, Some(&skip)))
        }
        (coming(visit, wiki, stored, next))
        (keys(words))
    })
}

/// The level's name and threshold; what flags anywhere else, where it has none of that name.
fn level_of<'a>(stored: &'a StoredModel, asked: Option<&str>) -> (&'a str, f64) {
    let level = asked.and_then(|name| stored.model.level(name));
    level.unwrap_or_else(|| {
        let (name, threshold) = stored.model.review();
        (name.unwrap_or_default(), threshold)
    })
}

/// An edit's place in the order of time, as an address has it; as the ledger orders, by the time of its score
/// where its own is not known.
fn place_of(edit: &LedgerEdit) -> String {
    let at = edit.timestamp.or(edit.scored_at).map_or(0, |at| at.0);
    format!("{at}.{}", edit.revision.0)
}

fn place(text: &str) -> Option<(Timestamp, RevisionId)> {
    let (at, revision) = text.split_once('.')?;
    Some((
        Timestamp(at.parse().ok()?),
        RevisionId(revision.parse().ok()?),
    ))
}

fn levels(visit: &Visit, stored: &StoredModel, current: &str) -> Markup {
    let words = visit.words;
    html! {
        p.levels {
            (words.say("queue_level"))
            @for (name, threshold) in &stored.model.levels {
                " " a href=(visit.with("level", Some(name))) aria-current=[(name == current).then_some("true")] title=(words.percent(*threshold)) {
                    (super::threshold::level(words, name))
                }
            }
        }
    }
}

fn nothing(visit: &Visit, wiki: &str) -> Markup {
    let words = visit.words;
    html! {
        div.notice.done { p { (words.say("queue_empty")) } }
        @if visit.asked("before").is_some() {
            p { a.button.plain href=(queue_of(wiki)) { (words.say("queue_again")) } }
        }
    }
}

/// What comes next.
fn coming(visit: &Visit, wiki: &str, stored: &StoredModel, next: &[LedgerEdit]) -> Markup {
    let words = visit.words;
    html! {
        @if !next.is_empty() {
            section aria-labelledby="next" {
                h2 #next { (words.say("queue_next")) }
                ol.next {
                    @for edit in next {
                        @let score = edit.scores.iter().find(|score| score.model == stored.id);
                        li {
                            a href=(format!("/wiki/{wiki}/edit/{}", edit.revision.0)) { bdi { (visible(&edit.page.title)) } }
                            @if let Some(at) = edit.timestamp { " " span.quiet { (words.time(at)) } }
                            @if let Some(score) = score { (probability(words, score.probability)) }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_and_nonsense_is_none() {
        assert_eq!(place("12.7"), Some((Timestamp(12), RevisionId(7))));
        for text in ["", "12", "12.", ".7", "a.b", "12.7.8", "12.-7"] {
            assert_eq!(place(text), None, "{text}");
        }
    }
}
