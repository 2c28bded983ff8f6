//! What the wiki tells of one edit, for somebody who looks at it: the difference, who and why, and what the
//! models of today say. Within a short time, or not at all: facts and reasons are in the ledger.
//!
//! Texts come from the wiki with this service's own means, so strangers may look at little: at what the
//! ledger has, of wikis that everybody may read. And they come by few places at once, so that pages never
//! take what scoring needs.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::diff::Diff;
use super::visit::Visit;
use crate::service::App;
use crate::service::body::Admission;
use crate::service::models::Served;
use crate::service::scoring::{Asking, EditParts, Scored, explain_one, fetch_held};
use crate::service::wiki::FetchError;

/// The longest that a page waits for a wiki and for a difference.
const LIMIT: Duration = Duration::from_millis(2_500);

/// What is known of an edit beside the ledger.
#[derive(Default)]
pub(super) struct Look {
    pub(super) parts: Option<Arc<EditParts>>,
    pub(super) diff: Option<Diff>,
    /// What each model of the wiki says, with its reasons.
    pub(super) scores: Vec<(Arc<Served>, Scored)>,
    /// Why there is no difference to see, as the name of a text.
    pub(super) problem: Option<&'static str>,
}

/// The client's leave to be worked for, as scoring has it; without it a page shows no texts.
pub(super) struct Leave(Option<Admission>);

impl FromRequestParts<App> for Leave {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self(Admission::of(parts, app).ok()))
    }
}

/// Looks at an edit, which the ledger has or has not.
pub(super) async fn look(
    app: &App,
    visit: &Visit,
    leave: &Leave,
    wiki: &str,
    rev_id: u64,
    is_in_ledger: bool,
) -> Look {
    let Some(wiki) = app.wikis().find(wiki).cloned() else {
        return Look::without("look_not_configured");
    };
    if let Some(problem) = refusal(visit.visitor.is_some(), wiki.is_private, is_in_ledger) {
        return Look::without(problem);
    }
    let Some(_place) = leave.0.as_ref().and_then(|_| app.admit_looking()) else {
        return Look::without("look_busy");
    };
    let deadline = Instant::now() + LIMIT.min(app.limits().timeout);
    let mut held = fetch_held(app, &wiki, &[rev_id], deadline).await;
    let parts = match held.results.pop() {
        Some(Ok(parts)) => parts,
        Some(Err(error)) => return Look::without(problem(&error)),
        None => return Look::without("look_no_answer"),
    };
    let served = app.models().for_wiki(&wiki.name);
    let asking = Asking::of(app, &wiki, served.clone());
    let worker = app.clone();
    let work = move |parts: Arc<EditParts>| {
        let text = |text: &Option<Arc<str>>| text.clone().unwrap_or_default();
        let before = parts.parent.as_ref().map(|parent| text(&parent.text));
        let diff = Diff::between(&before.unwrap_or_default(), &text(&parts.revision.text));
        (diff, explain_one(&worker, &parts, &asking.asked))
    };
    let done = app.compute(vec![Arc::clone(&parts)], deadline, work).await;
    let done = done.ok().and_then(|mut done| done.pop()?.value);
    let Some((diff, scores)) = done else {
        return Look {
            parts: Some(parts),
            ..Look::without("look_busy")
        };
    };
    Look {
        parts: Some(parts),
        diff: Some(diff),
        scores: served.into_iter().zip(scores).collect(),
        problem: None,
    }
}

/// Fetches edits that somebody who judges will look at next, while nobody waits, and if there is a place.
pub(super) fn look_ahead(app: &App, visit: &Visit, wiki: &str, ids: Vec<u64>) {
    let Some(wiki) = app.wikis().find(wiki).cloned() else {
        return;
    };
    if ids.is_empty() || !visit.may_judge() {
        return;
    }
    let Some(place) = app.admit_looking() else {
        return;
    };
    let app = app.clone();
    tokio::spawn(async move {
        let _place = place;
        let deadline = Instant::now() + LIMIT;
        drop(fetch_held(&app, &wiki, &ids, deadline).await);
    });
}

impl Look {
    fn without(problem: &'static str) -> Self {
        Self {
            problem: Some(problem),
            ..Self::default()
        }
    }
}

/// Why a visitor may not look, as the name of a text.
fn refusal(has_token: bool, is_private: bool, is_in_ledger: bool) -> Option<&'static str> {
    match (has_token, is_private, is_in_ledger) {
        (true, ..) | (false, false, true) => None,
        (false, true, _) => Some("look_private"),
        (false, false, false) => Some("look_not_in_ledger"),
    }
}

fn problem(error: &FetchError) -> &'static str {
    match error {
        FetchError::RevisionNotFound { .. } | FetchError::ParentNotFound { .. } => "look_gone",
        FetchError::TextHidden { .. }
        | FetchError::ParentTextHidden { .. }
        | FetchError::UserHidden { .. }
        | FetchError::CommentHidden { .. } => "look_hidden",
        FetchError::ContentModel { .. } => "look_not_wikitext",
        FetchError::TextTooLarge { .. } => "look_too_large",
        FetchError::FirstRevision { .. }
        | FetchError::Timeout { .. }
        | FetchError::Api(_)
        | FetchError::Internal => "look_no_answer",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_look_at_what_the_ledger_has_of_wikis_that_all_may_read() {
        for (has_token, is_private, is_in_ledger, expected) in [
            (false, false, true, None),
            (false, false, false, Some("look_not_in_ledger")),
            (false, true, true, Some("look_private")),
            (false, true, false, Some("look_private")),
            (true, false, false, None),
            (true, true, false, None),
        ] {
            assert_eq!(refusal(has_token, is_private, is_in_ledger), expected);
        }
    }
}
