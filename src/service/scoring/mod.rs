//! Edits in, scores out: the one call into the core that every dialect makes.
//!
//! It knows models, histories and edits, and nothing of how a client asked: a dialect reads its
//! requests into [`EditParts`] (or into ids, which [`by_id`] fetches), and writes [`Scored`] in
//! its own words.

mod by_id;
mod recording;
mod shadow;
mod what_if;

use std::sync::Arc;
use std::time::Instant;

pub(crate) use by_id::{Asking, BATCH, Outcome, ScoreError, Subject, fetch_held, score_revisions};
use recording::Recorded;
pub(crate) use recording::{
    Recording, facts_of as ledger_facts_of, is_plausible, model_score, page_of,
};
pub(crate) use shadow::Side;
pub(crate) use what_if::{Applied, Overrides, Without, hide, read_value};

use crate::diff::Change;
use crate::edit::Edit;
use crate::history::Facts;
use crate::model::Explanation;
use crate::revision::{Page, Revision};
use crate::service::App;
use crate::service::histories::WikiHistory;
use crate::service::metrics::Stage;
use crate::service::models::Served;

/// What an edit is computed from.
#[derive(Clone, Debug)]
pub(crate) struct EditParts {
    /// As the client gave it, to be given back.
    pub(crate) rev_id: Option<u64>,
    /// `None` when the edit creates the page.
    pub(crate) parent: Option<Revision>,
    pub(crate) revision: Revision,
    pub(crate) page: Page,
}

/// A model that was asked for.
#[derive(Clone)]
pub(crate) struct Wanted {
    pub(crate) served: Arc<Served>,
    /// Those of its features that it is not to see; `None` when nothing was said.
    pub(crate) without: Option<Vec<&'static str>>,
}

/// What is asked of every edit of a request.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) models: Arc<[Wanted]>,
    /// The wiki's own, whosever models these are.
    pub(crate) history: Option<Arc<WikiHistory>>,
    /// What becomes of the scores besides the answer.
    pub(crate) recording: Recording,
    pub(crate) is_explained: bool,
    /// Whether the features' values are given too.
    pub(crate) has_values: bool,
}

/// One model's score of one edit.
pub(crate) struct Scored {
    /// On the scale of the model's thresholds.
    pub(crate) wanted_probability: f64,
    pub(crate) overridden: Option<Applied>,
    pub(crate) explanation: Option<Explanation>,
    /// The row that was scored, in the order of the model's features.
    pub(crate) values: Option<Vec<f32>>,
}

impl From<Arc<Served>> for Wanted {
    fn from(served: Arc<Served>) -> Self {
        Self {
            served,
            without: None,
        }
    }
}

/// Scores an edit on a thread of the pool, and counts it; lets the models in the shadow score it too
/// when there is time.
pub(crate) fn score_one(
    app: &App,
    parts: &Arc<EditParts>,
    overrides: &Overrides,
    asked: &Asked,
) -> Vec<Scored> {
    let started = Instant::now();
    let (scores, is_coarse) = score_edit(app, parts, overrides, asked);
    if is_coarse {
        app.metrics().coarse_diff();
    }
    // What would be is no news of what is.
    let scored = asked.models.iter().zip(&scores);
    for (Wanted { served, .. }, scored) in
        scored.filter(|(wanted, scored)| wanted.without.is_none() && scored.overridden.is_none())
    {
        let probability = scored.wanted_probability;
        app.metrics()
            .score(served, served.model.score_of(probability).probability);
        app.compare_in_shadow(parts, served, asked, probability);
    }
    app.metrics().stage(Stage::Score, started.elapsed());
    scores
}

/// What models say of an edit and why, for whoever looks at it: it is counted and kept nowhere.
pub(crate) fn explain_one(app: &App, parts: &EditParts, asked: &Asked) -> Vec<Scored> {
    let asked = Asked {
        is_explained: true,
        recording: Recording::Off,
        ..asked.clone()
    };
    score_edit(app, parts, &Overrides::default(), &asked).0
}

/// Scores an edit with each model. What is read off the edit is computed once for all models of
/// a language, which is one unless a wiki borrows a model for some target. Says too whether the edit
/// was too large to be diffed token by token. The ledger is told here, where all is at hand.
fn score_edit(
    app: &App,
    parts: &EditParts,
    overrides: &Overrides,
    asked: &Asked,
) -> (Vec<Scored>, bool) {
    let mut edits: Vec<Edit<'_>> = Vec::new();
    let mut facts = None;
    let mut scores = Vec::with_capacity(asked.models.len());
    let is_recorded = asked.recording.is_on(parts, overrides, &asked.models);
    let ledger = app.ledger().filter(|_| is_recorded);
    let mut recorded = None;
    let is_historic = asked.models.iter().any(|wanted| wanted.served.is_historic);
    let history = asked.history.as_ref();
    let history = history.filter(|_| is_historic || is_recorded);
    for Wanted { served, without } in asked.models.iter() {
        let model = &served.model;
        let language = model.language();
        let idx = edits
            .iter()
            .position(|edit| std::ptr::eq(edit.language(), language))
            .unwrap_or_else(|| {
                let mut edit = Edit::new(
                    parts.parent.as_ref(),
                    &parts.revision,
                    &parts.page,
                    language,
                );
                if let Some(history) = history {
                    let facts = *facts.get_or_insert_with(|| facts_of(&edit, history));
                    edit = edit.with_facts(facts);
                }
                edits.push(edit);
                edits.len() - 1
            });
        let mut row = model.extract(&edits[idx]);
        hide(without.as_deref().unwrap_or_default(), model, &mut row);
        let overridden = overrides.apply(model, &mut row);
        let wanted_probability = model.wanted_probability(&row);
        if let Some(ledger) = ledger {
            let edit = &edits[idx];
            recorded
                .get_or_insert_with(|| Recorded::new(ledger, edit, facts.as_ref()))
                .add(served, edit, &row, wanted_probability);
        }
        scores.push(Scored {
            wanted_probability,
            explanation: asked
                .is_explained
                .then(|| model.explain_row(&edits[idx], &row)),
            overridden,
            values: asked.has_values.then_some(row),
        });
    }
    asked.recording.record(app, recorded);
    let is_coarse = |edit: &Edit<'_>| edit.computed_change().is_some_and(Change::is_coarse);
    (scores, edits.first().is_some_and(is_coarse))
}

/// What the wiki's history says of an edit, as far as the client says where it was made. A page
/// that the edit creates has no id yet.
fn facts_of(edit: &Edit<'_>, history: &WikiHistory) -> Facts {
    let facts = history.facts(&edit.seen());
    match edit.page().id.0 == 0 && edit.parent().is_some() {
        true => facts.without_page(),
        false => facts,
    }
}
