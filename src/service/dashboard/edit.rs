//! `/wiki/{wiki}/edit/{rev_id}`: one edit with its difference, scores, reasons, outcome and judgements; and
//! the search that leads to it.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

use super::diff::visible;
use super::judge::{keys, said};
use super::layout::{Page, error_page, notice};
use super::links::Links;
use super::load;
use super::look::{Leave, Look, look};
use super::scores::{fate, group, judgements, probability, reasons};
use super::visit::{At, Visit, see_other};
use super::words::Words;
use crate::revision::RevisionId;
use crate::service::App;
use crate::service::error::ServiceError;
use crate::service::ledger::{Group, LedgerEdit, StoredModel};
use crate::service::models::Served;
use crate::service::scoring::Scored;

/// An edit with all that is known of it.
pub(super) struct View<'a> {
    pub(super) wiki: &'a str,
    pub(super) rev_id: u64,
    pub(super) edit: Option<&'a LedgerEdit>,
    pub(super) models: &'a [StoredModel],
    pub(super) look: &'a Look,
    pub(super) links: Option<&'a Links>,
}

/// Leads from the search to an edit.
pub(super) async fn find(At(wiki): At<String>, visit: Visit) -> Response {
    match visit
        .asked("rev_id")
        .map(str::trim)
        .and_then(|id| id.parse::<u64>().ok())
    {
        Some(rev_id) => see_other(&format!("/wiki/{}/edit/{rev_id}", path_part(&wiki))),
        None => see_other(&format!("/wiki/{}", path_part(&wiki))),
    }
}

/// A wiki's name as a part of an address.
pub(super) fn path_part(name: &str) -> String {
    percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// Shows an edit.
pub(super) async fn show(
    State(app): State<App>,
    At((wiki, rev_id)): At<(String, u64)>,
    leave: Leave,
    visit: Visit,
) -> Response {
    match page(&app, &wiki, rev_id, &visit, &leave).await {
        Ok(main) => {
            let title = visit
                .words
                .fill("edit_title", &[("n", &rev_id.to_string())]);
            Page {
                title: &title,
                wiki: Some(&wiki),
                main,
            }
            .answer(&visit)
        }
        Err(error) => error_page(&visit, error),
    }
}

async fn page(
    app: &App,
    wiki: &str,
    rev_id: u64,
    visit: &Visit,
    leave: &Leave,
) -> Result<Markup, ServiceError> {
    let words = visit.words;
    let edit = match load::store(app) {
        Some(store) => {
            let edit = store.edit(wiki, RevisionId(rev_id)).await;
            edit.map_err(load::broken)?
        }
        None => None,
    };
    let models = load::models(app, wiki).await?;
    let look = look(app, visit, leave, wiki, rev_id, edit.is_some()).await;
    let links = Links::of(app, wiki);
    let is_known = edit.is_some() || look.parts.is_some();
    let view = View {
        wiki,
        rev_id,
        edit: edit.as_ref(),
        models: &models,
        look: &look,
        links: links.as_ref(),
    };
    Ok(html! {
        h1 { (words.fill("edit_title", &[("n", &rev_id.to_string())])) }
        (said(visit, wiki))
        @if is_known {
            (view.render(words))
            @if edit.is_some() {
                (super::judge::form(visit, wiki, rev_id, None))
                @if visit.may_judge() { (keys(words)) }
            }
        } @else {
            (notice(&words.fill("edit_unknown", &[("wiki", wiki)])))
            @if let Some(problem) = look.problem { p.quiet { (words.say(problem)) } }
        }
    })
}

impl View<'_> {
    /// Everything but the heading.
    pub(super) fn render(&self, words: &Words) -> Markup {
        html! {
            article.edit {
                (self.head(words))
                (self.scores(words))
                (self.difference(words))
                (self.facts(words))
            }
        }
    }

    pub(super) fn title(&self) -> &str {
        let of_ledger = self.edit.map(|edit| edit.page.title.as_str());
        let of_wiki = self
            .look
            .parts
            .as_ref()
            .map(|parts| parts.page.title.as_str());
        of_ledger
            .or(of_wiki)
            .filter(|title| !title.is_empty())
            .unwrap_or("–")
    }

    fn user(&self) -> Option<&str> {
        let of_wiki = self.look.parts.as_ref();
        let of_wiki = of_wiki.and_then(|parts| parts.revision.user.name.as_deref());
        of_wiki.or_else(|| self.edit.and_then(|edit| edit.user_name.as_deref()))
    }

    fn head(&self, words: &Words) -> Markup {
        let at = self.edit.and_then(|edit| edit.timestamp).or_else(|| {
            let parts = self.look.parts.as_ref()?;
            parts.revision.timestamp
        });
        let comment = self
            .look
            .parts
            .as_ref()
            .and_then(|parts| parts.revision.comment.as_deref());
        html! {
            p.page { bdi { (visible(self.title())) } }
            p.byline {
                @if let Some(at) = at { time datetime=(at.to_string()) { (words.time(at)) } }
                @if let Some(edit) = self.edit { " · " (group(words, Group::UserClass(edit.user_class))) }
                @if let Some(user) = self.user() { " · " bdi { (visible(user)) } }
            }
            @if let Some(comment) = comment.filter(|comment| !comment.is_empty()) {
                p.comment { span.unseen { (words.say("edit_comment")) " " } bdi { "“" (visible(comment)) "”" } }
            }
            (self.ways(words))
        }
    }

    /// To the wiki.
    fn ways(&self, words: &Words) -> Markup {
        let Some(links) = self.links else {
            return html! {};
        };
        let page = self.edit.map(|edit| edit.page.id);
        let page = page.or_else(|| self.look.parts.as_ref().map(|parts| parts.page.id));
        let mut ways = vec![("link_diff", links.diff(RevisionId(self.rev_id)))];
        ways.extend(page.and_then(|page| Some(("link_history", links.history(page)?))));
        if let Some(user) = self.user() {
            ways.push(("link_talk", links.talk(user)));
            ways.push(("link_contributions", links.contributions(user)));
        }
        html! {
            ul.ways aria-label=(words.say("links")) {
                @for (name, address) in ways {
                    li { a href=(address) rel="noopener noreferrer" target="_blank" { (words.say(name)) span.unseen { " " (words.say("link_new_tab")) } } }
                }
            }
        }
    }

    fn scores(&self, words: &Words) -> Markup {
        let look: &[(Arc<Served>, Scored)] = &self.look.scores;
        let stored = |id| self.models.iter().find(|stored| stored.id == id);
        let of_ledger = self.edit.map_or(&[][..], |edit| &edit.scores);
        let named = of_ledger.iter().map(|score| (stored(score.model), score));
        // What a model of today says explains no score of yesterday's.
        let explanation = |stored: Option<&StoredModel>| {
            let stored = &stored?.model;
            let same = |served: &Served| {
                (&served.name, &served.version) == (&stored.name, &stored.version)
            };
            let (_, scored) = look.iter().find(|(served, _)| same(served))?;
            scored.explanation.as_ref()
        };
        html! {
            @for (stored, score) in named {
                @let name = stored.map_or("–", |stored| stored.model.name.as_str());
                div.score {
                    p { (probability(words, score.probability)) " " span.quiet { bdi { (name) } } }
                    (reasons(words, Some(score), explanation(stored)))
                }
            }
            @if of_ledger.is_empty() {
                @for (served, scored) in look {
                    div.score {
                        p { (probability(words, scored.wanted_probability)) " " span.quiet { bdi { (served.name) } " · " (words.say("scored_now")) } }
                        (reasons(words, None, scored.explanation.as_ref()))
                    }
                }
            }
        }
    }

    fn difference(&self, words: &Words) -> Markup {
        html! {
            @match (&self.look.diff, self.look.problem) {
                (Some(diff), _) => (diff.render(words)),
                (None, problem) => (notice(words.say(problem.unwrap_or("look_no_answer")))),
            }
        }
    }

    fn facts(&self, words: &Words) -> Markup {
        let Some(edit) = self.edit else {
            return html! {};
        };
        html! {
            dl.facts {
                div { dt { (words.say("fate")) } dd { (fate(words, &edit.fate, self.wiki)) } }
                @if let Some(kind) = edit.kind { div { dt { (words.say("kind")) } dd { (group(words, Group::Kind(kind))) } } }
                @if edit.is_first { div { dt { (words.say("edit_first")) } dd { (words.say("yes")) } } }
                @if !edit.judgements.is_empty() {
                    div { dt { (words.say("judged")) } dd { (judgements(words, &edit.judgements)) } }
                }
                div { dt { (words.say("revision")) } dd { a href=(format!("/wiki/{}/edit/{}", self.wiki, self.rev_id)) { (self.rev_id) } } }
            }
        }
    }
}
