//! Saved edits into a wiki's history and into the ledger, whichever way the service is told of them.
//!
//! What a history is told of an edit takes a diff, so the pool computes it, edit by edit; then the
//! edits are taken in at once, in their order. The ledger finds by them what became of earlier edits.
//! Nothing is scored here.

use std::sync::Arc;
use std::time::Instant;

use super::App;
use super::error::ServiceError;
use super::histories::WikiHistory;
use super::ledger::{Change, EditFacts, Ledger, SeenEdit, SeenParent};
use super::metrics::Stage;
use super::scoring::{BATCH, EditParts, ScoreError, fetch_held, ledger_facts_of, page_of};
use super::wiki::{FetchError, Fetched, Wiki};
use crate::corpus::{RevertComment, TextDigest};
use crate::edit::Edit;
use crate::history::{Facts, Seen};
use crate::language::UNLISTED;
use crate::revision::Revision;

/// A saved edit, as those see it who are told of it.
pub(crate) struct Sight {
    /// As a history sees it.
    pub(crate) seen: Seen,
    /// As the ledger does, where it keeps the wiki's edits.
    pub(crate) edit: Option<SeenEdit>,
}

/// Who is told of a wiki's saved edits.
#[derive(Clone)]
pub(crate) struct Observers {
    wiki: Arc<str>,
    history: Option<Arc<WikiHistory>>,
    is_kept: bool,
    /// Whether other services follow what this one is told of.
    is_shared: bool,
}

impl Observers {
    /// Those of a wiki; `None` when nobody is told of its edits.
    pub(crate) fn of(app: &App, wiki: &str) -> Option<Self> {
        let history = app.histories().find(wiki).cloned();
        let is_kept = app.ledger().is_some_and(|ledger| ledger.keeps(wiki));
        (history.is_some() || is_kept).then(|| Self {
            wiki: wiki.into(),
            is_shared: history.is_some() && app.shares_past(wiki),
            history,
            is_kept,
        })
    }

    /// An edit as they see it. Read on the pool: it takes a diff, and a digest of the text.
    pub(crate) fn see(&self, app: &App, parts: &EditParts) -> Sight {
        let (revision, page) = (&parts.revision, &parts.page);
        // No list of words is asked for.
        let edit = Edit::new(parts.parent.as_ref(), revision, page, &UNLISTED);
        let seen = match self.history {
            Some(_) => edit.seen(),
            None => Seen::new(revision, page, None),
        };
        let ledger = app.ledger().filter(|_| self.is_kept);
        let edit = ledger.map(|ledger| {
            let past = self.history.as_ref().map(|history| history.facts(&seen));
            let parent = parts.parent.as_ref();
            SeenEdit {
                wiki: Arc::clone(&self.wiki),
                page: page_of(page),
                edit: EditFacts {
                    is_first: parent.is_none(),
                    ..told_facts(ledger, revision, past.as_ref())
                },
                comment: RevertComment::of(revision.comment.as_deref()),
                past: self.is_shared.then(|| Box::new(seen.clone())),
                parent: parent.map(|parent| {
                    Box::new(SeenParent {
                        edit: told_facts(ledger, parent, None),
                        comment: RevertComment::of(parent.comment.as_deref()),
                    })
                }),
            }
        });
        Sight { seen, edit }
    }
}

impl Observers {
    /// Tells the history of an edit at once; whether it was new to it.
    pub(crate) fn take_in(&self, app: &App, sight: &Sight) -> bool {
        let Some(history) = &self.history else {
            return true;
        };
        let is_new = history.observe(std::slice::from_ref(&sight.seen)) == [true];
        app.metrics().edits_observed(&self.wiki, u64::from(is_new));
        is_new
    }
}

/// What the ledger keeps of a revision that it is told of.
fn told_facts(ledger: &Ledger, revision: &Revision, past: Option<&Facts>) -> EditFacts {
    let mut facts = ledger_facts_of(ledger, revision, past);
    facts.sighting.digest = revision.text.as_deref().map(TextDigest::of);
    facts
}

/// Looks at edits on the pool; `None` where it panicked.
pub(crate) async fn look_at<I: Send + 'static, T: Send + 'static>(
    app: &App,
    edits: Vec<I>,
    deadline: Instant,
    look: impl Fn(I) -> T + Send + Sync + 'static,
) -> Result<Vec<Option<T>>, ServiceError> {
    let done = app.compute(edits, deadline, look).await?.into_iter();
    let values = done.map(|done| {
        app.metrics().stage(Stage::Queue, done.waited);
        done.value
    });
    Ok(values.collect())
}

/// Takes edits in; for each, whether it was new (as far as a history knows). When it is answered, the
/// ledger has them.
pub(crate) async fn observe(
    app: &App,
    observers: &Observers,
    sights: Vec<Sight>,
    deadline: Instant,
) -> Result<Vec<bool>, ServiceError> {
    let (seen, edits): (Vec<Seen>, Vec<Option<SeenEdit>>) = sights
        .into_iter()
        .map(|sight| (sight.seen, sight.edit))
        .unzip();
    let observed = match observers.history.clone() {
        None => vec![true; seen.len()],
        Some(history) => {
            let take_in = move |seen: Vec<Seen>| history.observe(&seen);
            let observed = app.compute(vec![seen], deadline, take_in).await?.pop();
            observed
                .and_then(|done| done.value)
                .ok_or(ServiceError::Internal)?
        }
    };
    if let Some(ledger) = app.ledger().filter(|_| observers.is_kept) {
        let changes = edits.into_iter().flatten().map(Change::Seen).collect();
        ledger
            .write(changes)
            .await
            .map_err(|_| ServiceError::LedgerUnavailable)?;
    }
    let n_new = observed.iter().filter(|is_new| **is_new).count();
    app.metrics().edits_observed(&observers.wiki, n_new as u64);
    Ok(observed)
}

/// Fetches edits and looks at them, one batch after the other.
pub(crate) async fn look_at_ids(
    app: &App,
    wiki: &Arc<Wiki>,
    observers: &Observers,
    ids: &[u64],
    deadline: Instant,
) -> Result<Vec<Result<Sight, ScoreError>>, ServiceError> {
    let _place = app.admit_fetching()?;
    let mut looked_at = Vec::with_capacity(ids.len());
    for batch in ids.chunks(BATCH) {
        let fetched = fetch_held(app, wiki, batch, deadline).await;
        let (worker, observers) = (app.clone(), observers.clone());
        let look = move |fetched: Fetched| fetched.map(|parts| observers.see(&worker, &parts));
        let looked = look_at(app, fetched.results, deadline, look).await?;
        let looked = looked
            .into_iter()
            .map(|looked| looked.unwrap_or(Err(FetchError::Internal)));
        looked_at.extend(looked.map(|looked| looked.map_err(ScoreError::from)));
    }
    Ok(looked_at)
}

/// Tells the wiki's history and the ledger, where they are kept, of an edit that was just scored. What goes
/// wrong here is logged and no more.
pub(crate) async fn observe_scored(app: &App, wiki: &Arc<Wiki>, rev_id: u64, deadline: Instant) {
    let name = &wiki.name;
    let Some(observers) = Observers::of(app, name) else {
        return;
    };
    // Known from being scored, as a rule; but a cache may forget when it likes.
    let result = match look_at_ids(app, wiki, &observers, &[rev_id], deadline).await {
        Ok(looked) => {
            let sights = looked.into_iter().filter_map(Result::ok).collect();
            observe(app, &observers, sights, deadline).await
        }
        Err(error) => Err(error),
    };
    if let Err(error) = result {
        tracing::warn!(wiki = name, %error, "the past of {name} was not told of an edit: {error}");
    }
}
