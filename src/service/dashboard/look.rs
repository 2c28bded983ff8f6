//! What the wiki tells of one edit, for somebody who looks at it: the difference, who and why, and what the
//! models of today say. Within a short time, or not at all: facts and reasons are in the ledger.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::diff::Diff;
use crate::service::App;
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

/// Looks at an edit.
pub(super) async fn look(app: &App, wiki: &str, rev_id: u64) -> Look {
    let Some(wiki) = app.wikis().find(wiki).cloned() else {
        return Look::without("look_not_configured");
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

/// Fetches edits that somebody will look at next, while nobody waits.
pub(super) fn look_ahead(app: &App, wiki: &str, ids: Vec<u64>) {
    let Some(wiki) = app.wikis().find(wiki).cloned() else {
        return;
    };
    if ids.is_empty() {
        return;
    }
    let app = app.clone();
    tokio::spawn(async move {
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
