//! `POST /v1/models/revertrisk-language-agnostic:predict`: the risk that an edit is reverted.
//!
//! A revision and a language, up to twenty of one language, an event, or the text of an edit that
//! is not saved yet (`revision_data`, as the abuse filter asks). The model is the wiki's own under the
//! name `revertrisk` when the configuration has one, else the one for reverts. First revisions of a
//! page are refused, as there: clients rely on it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::predict::{describe, status_of};
use crate::revision::{Page, PageId, Revision, RevisionId, Timestamp, User, UserKind};
use crate::service::App;
use crate::service::body::read_frame;
use crate::service::error::{ServiceError, as_answer, as_answer_after};
use crate::service::models::Models;
use crate::service::scoring::{
    Asking, EditParts, Outcome, Overrides, ScoreError, Subject, score_one, score_revisions,
};
use crate::service::stream::event::{Event, MAX_EVENT_BYTES};
use crate::service::wiki::{FetchError, Named, Wiki};

/// Names that this is served under; the multilingual one is asked for unregistered authors.
pub(super) const NAMES: [&str; 4] = [
    "revertrisk-language-agnostic",
    "revertrisk-language-agnostic-pre-save",
    "revertrisk-multilingual",
    "revertrisk-multilingual-pre-save",
];

/// Revisions of one request.
const MAX_INSTANCES: usize = 20;

/// Names by which a wiki's model is looked for.
const MODEL_NAMES: [&str; 4] = ["revertrisk", "reverted", "vandalism", "damaging"];

/// An error in its shape.
pub(super) fn error(error: ServiceError) -> Response {
    let (status, _) = error.status_and_code();
    detail(status, &error.to_string())
}

fn detail(status: StatusCode, message: &str) -> Response {
    as_answer(status, Json(json!({"detail": message})))
}

/// Why there is no answer.
struct Refusal {
    status: StatusCode,
    message: String,
    retry_after: Option<Duration>,
}

impl Refusal {
    fn new(status: StatusCode, message: String) -> Self {
        Self {
            status,
            message,
            retry_after: None,
        }
    }
}

impl From<String> for Refusal {
    fn from(message: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }
}

impl From<ServiceError> for Refusal {
    fn from(error: ServiceError) -> Self {
        Self::new(error.status_and_code().0, error.to_string())
    }
}

/// What clients send: one of these. Parts stay text until it is known which.
#[derive(Deserialize)]
#[serde(expecting = "a request as an object")]
struct Input<'a> {
    #[serde(borrow)]
    revision_data: Option<&'a RawValue>,
    #[serde(borrow)]
    instances: Option<&'a RawValue>,
    #[serde(borrow)]
    event: Option<&'a RawValue>,
}

/// One revision.
#[derive(Deserialize)]
#[serde(expecting = "an instance as an object")]
struct Instance {
    rev_id: Option<Value>,
    lang: Option<Value>,
}

/// Scores what a body asks.
pub(super) async fn score(app: &App, model: &str, body: Bytes) -> Response {
    match answer(app, model, body).await {
        Ok(document) => Json(document).into_response(),
        Err(refusal) => {
            let body = Json(json!({"detail": refusal.message}));
            as_answer_after(refusal.status, body, refusal.retry_after)
        }
    }
}

async fn answer(app: &App, model: &str, body: Bytes) -> Result<Value, Refusal> {
    let deadline = Instant::now() + app.limits().timeout;
    let read = read_frame(app, body, deadline, |body| Ok(Ask::read(body))).await??;
    let (wiki, rev_id) = match read {
        Ask::Unsaved(data) => return score_unsaved(app, model, *data).await,
        _ if model.ends_with("-pre-save") => {
            return Err("expected revision_data, got none".to_owned().into());
        }
        Ask::Instances(instances) => return score_instances(app, model, &instances).await,
        Ask::Event(event) => read_event(app, event)?,
        Ask::One(instance) => read_instance(app, &instance)?,
    };
    let named = known_model(app, wiki)?;
    let mut outcomes = score_saved(app, wiki, &named, &[rev_id]).await?;
    let outcome = outcomes.pop().unwrap_or(Err(ScoreError::Internal));
    write(model, wiki, &named, rev_id as i64, &outcome)
}

/// What a body asks.
enum Ask {
    Unsaved(Box<RevisionData>),
    Instances(Vec<Instance>),
    Event(Value),
    One(Instance),
}

impl Ask {
    fn read(body: &Bytes) -> Result<Self, String> {
        let not_json = |error| format!("expected JSON, got something else: {error}");
        let input: Input<'_> = serde_json::from_slice(body).map_err(not_json)?;
        if let Some(data) = input.revision_data {
            let data = serde_json::from_str(data.get());
            let data = data.map_err(|error| format!("revision_data is not understood: {error}"))?;
            return Ok(Self::Unsaved(Box::new(data)));
        }
        // Texts alone are large.
        if body.len() > MAX_EVENT_BYTES {
            return Err(format!(
                "expected at most {MAX_EVENT_BYTES} bytes without revision_data, got {}",
                body.len()
            ));
        }
        if let Some(instances) = input.instances {
            let instances = serde_json::from_str(instances.get());
            let instances =
                instances.map_err(|error| format!("instances are not understood: {error}"))?;
            return Ok(Self::Instances(instances));
        }
        match input.event {
            Some(event) => serde_json::from_str(event.get())
                .map(Self::Event)
                .map_err(not_json),
            None => serde_json::from_slice(body)
                .map(Self::One)
                .map_err(not_json),
        }
    }
}

/// The model that says how likely a wiki's edits are reverted.
fn find_model(models: &Models, wiki: &Wiki) -> Option<Named> {
    let mut names = MODEL_NAMES.iter();
    names.find_map(|name| wiki.model(models, name))
}

/// Whether there is a wiki whose edits it is told of.
pub(super) fn is_served(app: &App) -> bool {
    let models = app.models();
    let mut wikis = app.wikis().iter();
    wikis.any(|wiki| find_model(&models, wiki).is_some())
}

fn known_model(app: &App, wiki: &Wiki) -> Result<Named, Refusal> {
    let models = app.models();
    find_model(&models, wiki).ok_or_else(|| {
        Refusal::from(ServiceError::ModelNotFound {
            what: format!("reverts on {}", wiki.name),
            known: models.names(),
        })
    })
}

/// Scores saved revisions; first ones have no parent, and get that for an error.
async fn score_saved(
    app: &App,
    wiki: &Arc<Wiki>,
    named: &Named,
    ids: &[u64],
) -> Result<Vec<Outcome>, Refusal> {
    let mut asking = Asking::of(app, wiki, vec![Arc::clone(&named.served)]);
    asking.needs_parent = true;
    let subjects = ids.iter().map(|rev_id| Subject::plain(*rev_id));
    Ok(score_revisions(app, subjects.collect(), asking).await?)
}

async fn score_instances(app: &App, model: &str, instances: &[Instance]) -> Result<Value, Refusal> {
    if !(1..=MAX_INSTANCES).contains(&instances.len()) {
        let message = format!(
            "expected 1 to {MAX_INSTANCES} instances, got {}",
            instances.len()
        );
        return Err(message.into());
    }
    let read = instances
        .iter()
        .map(|instance| read_instance(app, instance));
    let read: Vec<(&Arc<Wiki>, u64)> = read.collect::<Result<_, _>>()?;
    let wiki = read[0].0;
    if read.iter().any(|(other, _)| other.name != wiki.name) {
        return Err("expected instances of one language, got several"
            .to_owned()
            .into());
    }
    let ids: Vec<u64> = read.iter().map(|(_, id)| *id).collect();
    let named = known_model(app, wiki)?;
    let outcomes = score_saved(app, wiki, &named, &ids).await?;
    let (mut predictions, mut errors) = (Vec::new(), Vec::new());
    for (id, outcome) in ids.iter().zip(&outcomes) {
        match write(model, wiki, &named, *id as i64, outcome) {
            Ok(prediction) => predictions.push(prediction),
            Err(Refusal {
                message: reason, ..
            }) => errors.push(format!(
                "Could not make prediction for revision {id} ({}). Reason: {reason}",
                wiki.language
            )),
        }
    }
    let mut document = json!({"predictions": predictions});
    if !errors.is_empty() {
        document["errors"] = json!(errors);
    }
    Ok(document)
}

fn read_instance<'a>(app: &'a App, instance: &Instance) -> Result<(&'a Arc<Wiki>, u64), Refusal> {
    let missing = |field: &str| Refusal::from(format!("Missing {field:?} in input data."));
    let rev_id = instance.rev_id.as_ref().ok_or_else(|| missing("rev_id"))?;
    let rev_id = rev_id
        .as_u64()
        .ok_or_else(|| "Expected \"rev_id\" to be an integer.".to_owned())?;
    let language = instance.lang.as_ref().and_then(Value::as_str);
    let language = language.ok_or_else(|| missing("lang"))?;
    Ok((find_wiki(app, language)?, rev_id))
}

fn find_wiki<'a>(app: &'a App, language: &str) -> Result<&'a Arc<Wiki>, Refusal> {
    let shown: String = language.chars().take(40).collect();
    if language.ends_with("wiki") {
        let message = format!(
            "expected a language such as en as lang, without wiki at its end, got {shown:?}"
        );
        return Err(message.into());
    }
    let known = || {
        let languages = app.wikis().iter().map(|wiki| wiki.language.as_str());
        languages.collect::<Vec<_>>().join(", ")
    };
    let wiki = app.wikis().of_language(language);
    wiki.ok_or_else(|| {
        format!(
            "expected a language that is served ({}) as lang, got {shown:?}",
            known()
        )
        .into()
    })
}

fn read_event(app: &App, event: Value) -> Result<(&Arc<Wiki>, u64), Refusal> {
    let event = Event::read(event).map_err(|error| error.to_string())?;
    if !event.is_edit() {
        return Err("expected an event of an edit, got one of something else"
            .to_owned()
            .into());
    }
    let wiki = app.wikis().find(&event.wiki);
    let wiki = wiki.ok_or_else(|| {
        let domain = event.domain.unwrap_or_default();
        format!("expected an event of a wiki that is served, got one of {domain:?}")
    })?;
    Ok((wiki, event.rev_id))
}

/// An edit that is not saved yet.
#[derive(Deserialize)]
#[serde(expecting = "an edit as an object")]
struct RevisionData {
    lang: String,
    text: Arc<str>,
    timestamp: Option<String>,
    comment: Option<String>,
    page: Option<PageData>,
    parent: Option<ParentData>,
    user: Option<UserData>,
}

#[derive(Deserialize)]
#[serde(expecting = "a page as an object")]
struct PageData {
    id: Option<i64>,
    title: Option<String>,
}

#[derive(Deserialize)]
#[serde(expecting = "a parent as an object")]
struct ParentData {
    id: Option<i64>,
    text: Option<Arc<str>>,
    timestamp: Option<String>,
    comment: Option<String>,
}

#[derive(Deserialize)]
#[serde(expecting = "a user as an object")]
struct UserData {
    id: Option<i64>,
}

async fn score_unsaved(app: &App, model: &str, data: RevisionData) -> Result<Value, Refusal> {
    let wiki = find_wiki(app, &data.lang)?;
    let parts = data.into_parts(app.limits().text_bytes)?;
    let named = known_model(app, wiki)?;
    let asking = Asking::of(app, wiki, vec![Arc::clone(&named.served)]);
    let (worker, asked) = (app.clone(), asking.asked);
    let score =
        move |parts: Arc<EditParts>| score_one(&worker, &parts, &Overrides::default(), &asked);
    let work = vec![Arc::new(parts)];
    let done = app.compute(work, asking.deadline, score).await?.pop();
    let outcome = done.and_then(|done| done.value).ok_or(ScoreError::Internal);
    // Nothing is saved that could be named.
    write(model, wiki, &named, -1, &outcome)
}

impl RevisionData {
    fn into_parts(self, limit: usize) -> Result<EditParts, Refusal> {
        let parent = self
            .parent
            .and_then(|parent| Some((parent.text.clone()?, parent)));
        let Some((parent_text, parent)) = parent else {
            return Err(first_revision());
        };
        for text in [&self.text, &parent_text] {
            if text.len() > limit {
                let got = text.len();
                let message = format!("expected at most {limit} bytes of UTF-8 as text, got {got}");
                return Err(message.into());
            }
        }
        let time = |text: Option<String>| -> Result<Option<Timestamp>, Refusal> {
            let parsed = text.map(|text| text.parse().map_err(|error| format!("{error}")));
            Ok(parsed.transpose()?)
        };
        let id = |id: Option<i64>| id.and_then(|id| u64::try_from(id).ok()).unwrap_or_default();
        // Who it is is not told, only whether there is an account.
        let kind = match self.user.and_then(|user| user.id) {
            None => UserKind::Unknown,
            Some(0) => UserKind::Anonymous,
            Some(_) => UserKind::Registered,
        };
        let page = self.page;
        Ok(EditParts {
            rev_id: None,
            parent: Some(Revision {
                id: RevisionId(id(parent.id)),
                timestamp: time(parent.timestamp)?,
                comment: parent.comment,
                text: Some(parent_text),
                ..Revision::default()
            }),
            revision: Revision {
                parent_id: Some(RevisionId(id(parent.id))).filter(|id| id.0 != 0),
                timestamp: time(self.timestamp)?,
                user: User {
                    kind,
                    ..User::default()
                },
                comment: Some(self.comment.unwrap_or_default()),
                // It is not told, as most of the author is not.
                minor: None,
                text: Some(self.text),
                ..Revision::default()
            },
            page: page.map_or_else(Page::default, |page| Page {
                id: PageId(id(page.id)),
                title: page.title.unwrap_or_default(),
                namespace: 0,
            }),
        })
    }
}

fn first_revision() -> Refusal {
    Refusal::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "parent_revision_missing: the first revision of a page has no parent to compare it with"
            .to_owned(),
    )
}

/// One prediction.
fn write(
    model: &str,
    wiki: &Wiki,
    named: &Named,
    rev_id: i64,
    outcome: &Outcome,
) -> Result<Value, Refusal> {
    let scored = match outcome {
        Ok(scores) => scores.first().ok_or(ServiceError::Internal)?,
        Err(ScoreError::Fetch(FetchError::FirstRevision { .. })) => return Err(first_revision()),
        Err(error) => {
            let (status, message) = describe(error);
            // What the revision itself is to blame for, with a code for programs.
            return Err(match status {
                StatusCode::BAD_REQUEST => {
                    Refusal::new(unprocessable(error), format!("{}: {message}", error.code()))
                }
                status => Refusal {
                    retry_after: error.retry_after(),
                    ..Refusal::new(status, message)
                },
            });
        }
    };
    let risk = scored.wanted_probability;
    Ok(json!({
        "model_name": model,
        "model_version": named.served.version,
        "wiki_db": wiki.name,
        "revision_id": rev_id,
        "output": {
            "prediction": risk >= 0.5,
            "probabilities": {"true": risk, "false": 1.0 - risk},
        },
    }))
}

/// A revision that is not there is 400, by which the extension knows it; what it holds is 422.
fn unprocessable(error: &ScoreError) -> StatusCode {
    match error {
        ScoreError::Fetch(
            FetchError::RevisionNotFound { .. } | FetchError::ParentNotFound { .. },
        ) => status_of(error),
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}
