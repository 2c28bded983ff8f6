//! `POST /api/v1/score`: edits in, scores out, in the same order.
//!
//! The request's frame is read first, each edit on its own by the thread that scores it, which
//! also writes its part of the answer; so the threads that serve connections only pass bytes on.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::batch::{read_frame, refuse, slices, text_of};
use super::edit::{EditParts, read_edit, read_rev_id};
use super::what_if::{Applied, ScoreQuery, Switch, Without, hide};
use crate::diff::Change;
use crate::edit::Edit;
use crate::history::Facts;
use crate::model::{Explanation, Score, Target};
use crate::revision::Revision;
use crate::service::App;
use crate::service::body::ScoringBody;
use crate::service::error::{EditError, ErrorBody, ServiceError};
use crate::service::histories::WikiHistory;
use crate::service::metrics::Stage;
use crate::service::models::Served;

/// Features that an explanation names, the strongest first.
const EXPLAINED_FEATURES: usize = 10;

/// A request as clients send it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a request as an object")]
struct RequestBody<'a> {
    wiki: String,
    targets: Option<Vec<String>>,
    explain: Option<bool>,
    without: Option<Vec<String>>,
    #[serde(borrow)]
    edits: Vec<&'a RawValue>,
}

/// The same, checked; edits are slices of the body.
struct ScoreRequest {
    wiki: String,
    /// `None` asks for all that the wiki has.
    targets: Option<Vec<Target>>,
    is_explained: bool,
    /// Groups of features, as the client names them.
    without: Option<Vec<String>>,
    edits: Vec<Bytes>,
}

#[derive(Serialize)]
pub(crate) struct ScoreResponse {
    wiki: String,
    models: ModelNames,
    scores: Vec<Box<RawValue>>,
}

/// The answer for one edit.
#[derive(Serialize)]
struct EditScores<'a> {
    rev_id: Option<u64>,
    #[serde(flatten)]
    outcome: EditOutcome<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum EditOutcome<'a> {
    Scores(ByTarget<'a>),
    Error(ErrorBody),
}

/// What one model says of one edit.
#[derive(Serialize)]
struct ScoreBody<'a> {
    prediction: bool,
    probability: f64,
    levels: Levels<'a>,
    /// What it was computed with instead of the edit's own values.
    #[serde(skip_serializing_if = "Option::is_none")]
    overridden: Option<&'a Applied>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bias: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasons: Option<Vec<ReasonBody<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Vec<FeatureBody<'a>>>,
}

#[derive(Serialize)]
struct ReasonBody<'a> {
    family: &'a str,
    contribution: f64,
    share: f64,
    text: &'a str,
}

#[derive(Serialize)]
struct FeatureBody<'a> {
    feature: &'a str,
    value: Option<f32>,
    contribution: f64,
    share: f64,
    text: &'a str,
}

/// Scores the edits of a request.
pub(crate) async fn score(
    State(app): State<App>,
    query: Result<Query<ScoreQuery>, QueryRejection>,
    body: ScoringBody,
) -> Result<Json<ScoreResponse>, ServiceError> {
    let limit = app.limits().timeout;
    let deadline = Instant::now() + limit;
    let Query(query) = query.map_err(ServiceError::of_query)?;
    let mut request = read_frame(&app, body.bytes.clone(), deadline, ScoreRequest::parse).await?;
    let without = Without::read(request.without.take(), &query)?;
    let models: Arc<[Wanted]> = find_models(&app, &request)?
        .into_iter()
        .map(|served| Wanted {
            without: without.of(&served.model),
            served,
        })
        .collect();
    let asked = Asked {
        models: Arc::clone(&models),
        history: app.histories().find(&request.wiki).cloned(),
        is_explained: request.is_explained || matches!(query.explain, Switch::On),
    };
    let worker = app.clone();
    let answer = move |json: Bytes| answer_edit(&worker, &asked, &json);
    let answers = app
        .pool()
        .run(request.edits.clone(), deadline, answer)
        .await;
    let answers = answers.map_err(|error| refuse(&app, error))?;
    let scores = answers.into_iter().zip(&request.edits).map(|(done, json)| {
        app.metrics().stage(Stage::Queue, done.waited);
        // Without a value, scoring panicked.
        done.value
            .flatten()
            .map_or_else(|| answer_error(&app, json, &EditError::Internal), Ok)
    });
    Ok(Json(ScoreResponse {
        wiki: request.wiki,
        scores: scores.collect::<Result<_, _>>()?,
        models: ModelNames(models),
    }))
}

impl ScoreRequest {
    fn parse(body: &Bytes) -> Result<Self, ServiceError> {
        let request: RequestBody<'_> = serde_json::from_str(text_of(body)?)?;
        let edits = slices(body, &request.edits)?;
        let targets = request
            .targets
            .map(|names| names.iter().map(|name| name.parse()).collect());
        Ok(Self {
            wiki: request.wiki,
            targets: targets.transpose()?,
            is_explained: request.explain.unwrap_or(false),
            without: request.without,
            edits,
        })
    }
}

/// The models that were asked for, one a target.
fn find_models(app: &App, request: &ScoreRequest) -> Result<Vec<Arc<Served>>, ServiceError> {
    let models = app.models();
    let wiki: String = request.wiki.chars().take(40).collect();
    let not_found = |what| ServiceError::ModelNotFound {
        what,
        known: models.names(),
    };
    let found = match &request.targets {
        None => models.for_wiki(&request.wiki),
        Some(targets) => {
            let mut targets = targets.clone();
            targets.sort_unstable();
            targets.dedup();
            let find = |target| {
                let found = models.find(&request.wiki, target).cloned();
                found.ok_or_else(|| not_found(format!("{target} for {wiki:?}")))
            };
            targets.into_iter().map(find).collect::<Result<_, _>>()?
        }
    };
    match (&request.targets, found.is_empty()) {
        (_, false) => Ok(found),
        (None, true) => Err(not_found(format!("{wiki:?}"))),
        (Some(_), true) => Err(ServiceError::InvalidRequest(
            "expected at least one target, or no targets at all for every model of the wiki"
                .to_owned(),
        )),
    }
}

/// A model that was asked for.
struct Wanted {
    served: Arc<Served>,
    /// Those of its features that it is not to see; `None` when nothing was said.
    without: Option<Vec<&'static str>>,
}

/// What is asked of every edit of a request.
struct Asked {
    models: Arc<[Wanted]>,
    /// The wiki's own, whosever models these are.
    history: Option<Arc<WikiHistory>>,
    is_explained: bool,
}

/// One edit's part of the answer, as JSON; `None` when it cannot be written.
fn answer_edit(app: &App, asked: &Asked, json: &Bytes) -> Option<Box<RawValue>> {
    let metrics = app.metrics();
    let started = Instant::now();
    let parts = read_edit(json, app.limits().text_bytes).and_then(with_texts);
    metrics.stage(Stage::Parse, started.elapsed());
    let parts = match parts {
        Ok(parts) => parts,
        Err(error) => return answer_error(app, json, &error).ok(),
    };
    let started = Instant::now();
    let models = &asked.models;
    let (scores, is_coarse) = score_edit(&parts, asked);
    if is_coarse {
        metrics.coarse_diff();
    }
    // What would be is no news of what is.
    let scored = models.iter().zip(&scores);
    for (wanted, scored) in
        scored.filter(|(wanted, scored)| wanted.without.is_none() && scored.overridden.is_none())
    {
        metrics.score(&wanted.served, scored.score.probability);
    }
    let outcome = EditOutcome::Scores(ByTarget {
        models,
        scores: &scores,
    });
    let answer = EditScores {
        rev_id: parts.rev_id,
        outcome,
    };
    let answer = to_raw_value(&answer).ok();
    metrics.stage(Stage::Score, started.elapsed());
    answer
}

fn answer_error(app: &App, json: &Bytes, error: &EditError) -> Result<Box<RawValue>, ServiceError> {
    app.metrics().edit_error(error.code());
    let outcome = EditOutcome::Error(error.into());
    to_raw_value(&EditScores {
        rev_id: read_rev_id(json),
        outcome,
    })
    .map_err(|_| ServiceError::Internal)
}

/// One model's score of one edit.
struct Scored {
    score: Score,
    /// On the scale of the model's thresholds.
    wanted_probability: f64,
    overridden: Option<Applied>,
    explanation: Option<Explanation>,
}

/// Scores an edit with each model. What is read off the edit is computed once for all models of
/// a language, which is one unless a wiki borrows a model for some target. Says too whether the edit
/// was too large to be diffed token by token.
fn score_edit(parts: &EditParts, asked: &Asked) -> (Vec<Scored>, bool) {
    let mut edits: Vec<Edit<'_>> = Vec::new();
    let mut facts = None;
    let mut scores = Vec::with_capacity(asked.models.len());
    let is_historic = asked.models.iter().any(|wanted| wanted.served.is_historic);
    let history = asked.history.as_ref().filter(|_| is_historic);
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
        let overridden = parts.overrides.apply(model, &mut row);
        scores.push(Scored {
            score: model.score_row(&row),
            wanted_probability: model.wanted_probability(&row),
            explanation: asked
                .is_explained
                .then(|| model.explain_row(&edits[idx], &row)),
            overridden,
        });
    }
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

/// Nobody learned from edits of which a text is hidden.
fn with_texts(parts: EditParts) -> Result<EditParts, EditError> {
    let is_hidden = |revision: &Revision| revision.text.is_none();
    match is_hidden(&parts.revision) || parts.parent.as_ref().is_some_and(is_hidden) {
        true => Err(EditError::HiddenText),
        false => Ok(parts),
    }
}

/// Target -> score, in the order of the models.
struct ByTarget<'a> {
    models: &'a [Wanted],
    scores: &'a [Scored],
}

impl Serialize for ByTarget<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entries = self.models.iter().zip(self.scores).map(|(wanted, scored)| {
            let served = &wanted.served;
            let body = ScoreBody {
                prediction: scored.score.prediction,
                probability: scored.score.probability,
                levels: Levels {
                    served,
                    wanted_probability: scored.wanted_probability,
                },
                overridden: scored.overridden.as_ref(),
                bias: scored.explanation.as_ref().map(|explained| explained.bias),
                raw_score: scored
                    .explanation
                    .as_ref()
                    .map(|explained| explained.raw_score),
                reasons: scored.explanation.as_ref().map(reasons),
                explanation: scored.explanation.as_ref().map(features),
            };
            (served.model.target().name(), body)
        });
        serializer.collect_map(entries)
    }
}

fn reasons(explanation: &Explanation) -> Vec<ReasonBody<'_>> {
    let reasons = explanation.reasons.iter().map(|reason| ReasonBody {
        family: reason.family.name(),
        contribution: reason.contribution,
        share: reason.share,
        text: &reason.text,
    });
    reasons.collect()
}

fn features(explanation: &Explanation) -> Vec<FeatureBody<'_>> {
    let strongest = explanation.features.iter().take(EXPLAINED_FEATURES);
    let body = strongest.map(|part| FeatureBody {
        feature: part.feature,
        // Infinity has no place in JSON.
        value: part.value.filter(|value| value.is_finite()),
        contribution: part.contribution,
        share: part.share,
        text: &part.text,
    });
    body.collect()
}

/// Name -> whether the edit is flagged at that threshold; null where the model has no threshold
/// that keeps the level's promise.
struct Levels<'a> {
    served: &'a Served,
    wanted_probability: f64,
}

impl Serialize for Levels<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let levels = &self.served.model.report().levels;
        serializer.collect_map(levels.iter().map(|level| {
            let is_flagged = level
                .point
                .as_ref()
                .map(|point| self.wanted_probability >= point.threshold);
            (&level.name, is_flagged)
        }))
    }
}

/// Target -> name and version of the model that scored it.
struct ModelNames(Arc<[Wanted]>);

impl Serialize for ModelNames {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct ModelName<'a> {
            name: &'a str,
            version: &'a str,
            /// The features that it did not see.
            #[serde(skip_serializing_if = "Option::is_none")]
            without: Option<&'a [&'a str]>,
        }
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for Wanted { served, without } in self.0.iter() {
            let name = ModelName {
                name: &served.name,
                version: &served.version,
                without: without.as_deref(),
            };
            map.serialize_entry(served.model.target().name(), &name)?;
        }
        map.end()
    }
}
