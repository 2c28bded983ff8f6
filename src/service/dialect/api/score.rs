//! `POST /api/v1/score`: edits (or ids of revisions) in, scores out, in the same order.
//!
//! The request's frame is read first, each edit on its own by the thread that scores it, which
//! also writes its part of the answer; so the threads that serve connections only pass bytes on.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::batch::{Edits, find_wiki, text_of};
use super::edit::{read_edit, read_rev_id};
use super::edit_scores::{ByTarget, EditOutcome, EditScores, ModelNames};
use crate::model::Target;
use crate::revision::Revision;
use crate::service::App;
use crate::service::body::{ScoringBody, read_frame};
use crate::service::error::{EditError, ServiceError};
use crate::service::metrics::Stage;
use crate::service::models::{Models, Served};
use crate::service::scoring::{
    Asked, Asking, EditParts, Overrides, Recording, Subject, Wanted, Without, score_one,
    score_revisions,
};

/// A request as clients send it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a request as an object")]
struct RequestBody<'a> {
    wiki: String,
    targets: Option<Vec<String>>,
    explain: Option<bool>,
    without: Option<Vec<String>>,
    #[serde(borrow)]
    edits: Option<Vec<&'a RawValue>>,
    /// Revisions that are fetched from the wiki.
    rev_ids: Option<Vec<u64>>,
}

/// What is asked of edits, whichever they are.
pub(super) struct Question {
    pub(super) wiki: String,
    /// `None` asks for all that the wiki has.
    pub(super) targets: Option<Vec<Target>>,
    /// Groups of features, as the client names them.
    pub(super) without: Vec<String>,
    pub(super) is_explained: bool,
    /// Whether the answer waits for the ledger.
    pub(super) is_awaited: bool,
}

/// What is asked of all edits of a request, in its address.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScoreQuery {
    /// Groups with commas between.
    without: Option<String>,
    /// Whether to say what moved each score.
    #[serde(default)]
    explain: Switch,
    /// Whether to answer when the ledger has the scores.
    #[serde(default)]
    recorded: Switch,
}

/// `?explain`, `?explain=true` or `?explain=1`; off when it is not there.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) enum Switch {
    #[default]
    #[serde(rename = "false", alias = "0")]
    Off,
    #[serde(rename = "true", alias = "1", alias = "")]
    On,
}

#[derive(Serialize)]
pub(crate) struct ScoreResponse {
    wiki: String,
    models: ModelNames,
    scores: Vec<Box<RawValue>>,
    /// When that was asked: whether the ledger has all of the scores now.
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded: Option<bool>,
}

impl ScoreResponse {
    /// The edits' parts of the answer alone.
    pub(super) fn into_scores(self) -> Vec<Box<RawValue>> {
        self.scores
    }
}

/// Scores the edits of a request.
pub(crate) async fn score(
    State(app): State<App>,
    query: Result<Query<ScoreQuery>, QueryRejection>,
    body: ScoringBody,
) -> Result<Json<ScoreResponse>, ServiceError> {
    let deadline = Instant::now() + app.limits().timeout;
    let Query(query) = query.map_err(ServiceError::of_query)?;
    let request = read_frame(&app, body.bytes.clone(), deadline, Question::parse).await?;
    let (mut question, edits) = request;
    question.without.extend(groups(query.without.as_deref()));
    question.is_explained |= query.explain.is_on();
    question.is_awaited = query.recorded.is_on();
    answer(&app, &question, edits, deadline).await.map(Json)
}

/// Groups with commas between.
pub(super) fn groups(names: Option<&str>) -> impl Iterator<Item = String> {
    let names = names.into_iter().flat_map(|names| names.split(','));
    names.map(str::to_owned)
}

/// Answers a question about edits.
pub(super) async fn answer(
    app: &App,
    question: &Question,
    edits: Edits,
    deadline: Instant,
) -> Result<ScoreResponse, ServiceError> {
    let asked = question.check(app)?;
    let (models, recording) = (Arc::clone(&asked.models), asked.recording.clone());
    let scores = match edits {
        Edits::Texts(edits) => score_texts(app, edits, asked, deadline).await?,
        Edits::Ids(ids) => {
            let asking = Asking {
                wiki: Arc::clone(find_wiki(app, &question.wiki)?),
                asked,
                deadline,
                needs_parent: false,
            };
            score_ids(app, ids, asking, &models).await?
        }
    };
    let recorded = match question.is_awaited {
        true => Some(recording.finish(app).await?),
        false => None,
    };
    Ok(ScoreResponse {
        wiki: question.wiki.clone(),
        recorded,
        scores,
        models: ModelNames(models),
    })
}

/// Scores edits that came with their texts; a thread of the pool also writes the answers.
async fn score_texts(
    app: &App,
    edits: Vec<Bytes>,
    asked: Asked,
    deadline: Instant,
) -> Result<Vec<Box<RawValue>>, ServiceError> {
    let worker = app.clone();
    let answer = move |json: Bytes| answer_edit(&worker, &asked, &json);
    let answers = app.compute(edits.clone(), deadline, answer).await?;
    let scores = answers.into_iter().zip(&edits).map(|(done, json)| {
        app.metrics().stage(Stage::Queue, done.waited);
        // Without a value, scoring panicked.
        done.value
            .flatten()
            .map_or_else(|| answer_error(app, json, &EditError::Internal), Ok)
    });
    scores.collect()
}

/// Scores revisions that are fetched.
async fn score_ids(
    app: &App,
    ids: Vec<u64>,
    asking: Asking,
    models: &[Wanted],
) -> Result<Vec<Box<RawValue>>, ServiceError> {
    let subjects = ids.iter().map(|rev_id| Subject::plain(*rev_id));
    let outcomes = score_revisions(app, subjects.collect(), asking).await?;
    let answers = ids.iter().zip(&outcomes).map(|(rev_id, outcome)| {
        let outcome = match outcome {
            Ok(scores) => EditOutcome::Scores(ByTarget { models, scores }),
            Err(error) => EditOutcome::Error(error.into()),
        };
        let rev_id = Some(*rev_id);
        to_raw_value(&EditScores { rev_id, outcome }).map_err(|_| ServiceError::Internal)
    });
    answers.collect()
}

impl Question {
    /// Reads a body's question, and the edits that it is about.
    fn parse(body: &Bytes) -> Result<(Self, Edits), ServiceError> {
        let request: RequestBody<'_> = serde_json::from_str(text_of(body)?)?;
        let edits = Edits::read(body, request.edits.as_deref(), request.rev_ids)?;
        let targets = request
            .targets
            .map(|names| names.iter().map(|name| name.parse()).collect());
        let question = Self {
            wiki: request.wiki,
            targets: targets.transpose()?,
            without: request.without.unwrap_or_default(),
            is_explained: request.explain.unwrap_or(false),
            is_awaited: false,
        };
        Ok((question, edits))
    }

    /// What it asks of each edit, if it can be answered.
    pub(super) fn check(&self, app: &App) -> Result<Asked, ServiceError> {
        let without = Without::read(self.without.iter().map(String::as_str))?;
        let wiki = app.wikis().find(&self.wiki);
        let name = wiki.map_or(&self.wiki, |wiki| &wiki.name);
        let models = find_models(&app.models(), name, self.targets.as_deref())?;
        let models = models.into_iter().map(|served| Wanted {
            without: without.of(&served.model),
            served,
        });
        Ok(Asked {
            models: models.collect(),
            history: app.histories().find(name).cloned(),
            recording: match self.is_awaited {
                true => Recording::of(app, name).awaited(),
                false => Recording::of(app, name),
            },
            is_explained: self.is_explained,
            has_values: false,
        })
    }
}

impl Switch {
    pub(super) fn is_on(self) -> bool {
        matches!(self, Self::On)
    }
}

/// The models that were asked for, one a target; `None` asks for all that the wiki has.
fn find_models(
    models: &Models,
    wiki: &str,
    targets: Option<&[Target]>,
) -> Result<Vec<Arc<Served>>, ServiceError> {
    let shown: String = wiki.chars().take(40).collect();
    let not_found = |what| ServiceError::ModelNotFound {
        what,
        known: models.names(),
    };
    let found = match targets {
        None => models.for_wiki(wiki),
        Some(targets) => {
            let mut targets = targets.to_vec();
            targets.sort_unstable();
            targets.dedup();
            let find = |target| {
                let found = models.find(wiki, target).cloned();
                found.ok_or_else(|| not_found(format!("{target} for {shown:?}")))
            };
            targets.into_iter().map(find).collect::<Result<_, _>>()?
        }
    };
    match (targets, found.is_empty()) {
        (_, false) => Ok(found),
        (None, true) => Err(not_found(format!("{shown:?}"))),
        (Some(_), true) => Err(ServiceError::InvalidRequest(
            "expected at least one target, or no targets at all for every model of the wiki"
                .to_owned(),
        )),
    }
}

/// One edit's part of the answer, as JSON; `None` when it cannot be written.
fn answer_edit(app: &App, asked: &Asked, json: &Bytes) -> Option<Box<RawValue>> {
    let started = Instant::now();
    let read = read_edit(json, app.limits().text_bytes).and_then(with_texts);
    app.metrics().stage(Stage::Parse, started.elapsed());
    let (parts, overrides) = match read {
        Ok(read) => read,
        Err(error) => return answer_error(app, json, &error).ok(),
    };
    let parts = Arc::new(parts);
    let scores = score_one(app, &parts, &overrides, asked);
    let outcome = EditOutcome::Scores(ByTarget {
        models: &asked.models,
        scores: &scores,
    });
    let answer = EditScores {
        rev_id: parts.rev_id,
        outcome,
    };
    to_raw_value(&answer).ok()
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

/// Nobody learned from edits of which a text is hidden.
fn with_texts(read: (EditParts, Overrides)) -> Result<(EditParts, Overrides), EditError> {
    let is_hidden = |revision: &Revision| revision.text.is_none();
    let (parts, _) = &read;
    match is_hidden(&parts.revision) || parts.parent.as_ref().is_some_and(is_hidden) {
        true => Err(EditError::HiddenText),
        false => Ok(read),
    }
}
