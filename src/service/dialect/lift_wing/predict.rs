//! `POST /v1/models/enwiki-damaging:predict`: one revision, one model, ORES' shape.
//!
//! The extension of MediaWiki tells a revision that is not there from other failures by the first
//! words of the error's text, so these are kept as they are.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use crate::service::App;
use crate::service::dialect::ores::{feature_values, score_body};
use crate::service::error::{ServiceError, as_answer, as_answer_after};
use crate::service::scoring::{Asking, ScoreError, Subject, score_revisions};
use crate::service::stream::event::Event;
use crate::service::wiki::{ApiError, FetchError, Named, Wiki};

/// The words by which clients know that a revision is not there.
const NOT_FOUND: &str = "The MW API does not have any info related to the rev-id";

/// An error in its shape.
pub(crate) fn error(error: ServiceError) -> Response {
    let (status, _) = error.status_and_code();
    as_answer(status, Json(json!({"error": error.to_string()})))
}

/// A model that is not served.
pub(super) fn not_found(app: &App, name: &str) -> Response {
    error(ServiceError::ModelNotFound {
        what: format!("{:?}", name.chars().take(60).collect::<String>()),
        known: format!(
            "those that GET /v1/models names, of the wikis {}",
            app.wikis().names()
        ),
    })
}

/// Scores a revision, for a client that calls the wiki so.
pub(super) async fn score(
    app: &App,
    context: &str,
    wiki: &Arc<Wiki>,
    named: Named,
    body: &[u8],
) -> Response {
    let input = match Input::read(body, wiki) {
        Ok(input) => input,
        Err(message) => return refuse(StatusCode::BAD_REQUEST, &message, None),
    };
    let mut asking = Asking::of(app, wiki, vec![Arc::clone(&named.served)]);
    asking.asked.has_values = input.is_extended;
    let subject = Subject::plain(input.rev_id);
    let outcome = match score_revisions(app, vec![subject], asking).await {
        Ok(mut outcomes) => outcomes.pop().unwrap_or(Err(ScoreError::Internal)),
        Err(failed) => return error(failed),
    };
    let scored = match outcome.map(|mut scores| scores.pop()) {
        Ok(Some(scored)) => scored,
        Ok(None) => return error(ServiceError::Internal),
        Err(failed) => {
            let (status, message) = describe(&failed);
            return refuse(status, &message, failed.retry_after());
        }
    };
    let mut body = json!({"score": score_body(named.probability(scored.wanted_probability))});
    if let Some(values) = &scored.values {
        body["features"] = feature_values(&named.served, values);
    }
    let name = &named.name;
    let answer = json!({context: {
        "models": {name: {"version": named.served.version}},
        "scores": {input.rev_id.to_string(): {name: body}},
    }});
    Json(answer).into_response()
}

/// What a client sends.
struct Input {
    rev_id: u64,
    is_extended: bool,
}

impl Input {
    /// Reads a revision's id, or an event about one.
    fn read(body: &[u8], wiki: &Wiki) -> Result<Self, String> {
        let input: Value = serde_json::from_slice(body)
            .map_err(|error| format!("expected JSON, got something else: {error}"))?;
        // Whatever Python takes for true.
        let is_extended = match &input["extended_output"] {
            Value::Bool(is_extended) => *is_extended,
            Value::Number(number) => number.as_f64() != Some(0.0),
            _ => false,
        };
        if let Some(event) = input.get("event") {
            let event = Event::read(event.clone()).map_err(|error| error.to_string())?;
            if !event.is_edit() {
                return Err("expected an event of an edit, got one of something else".to_owned());
            }
            if event.wiki != wiki.name {
                return Err(format!(
                    "expected an event of {}, got one of another wiki",
                    wiki.name
                ));
            }
            return Ok(Self {
                rev_id: event.rev_id,
                is_extended,
            });
        }
        match input.get("rev_id") {
            None => Err("Missing \"rev_id\" in input data.".to_owned()),
            Some(rev_id) => Ok(Self {
                rev_id: rev_id
                    .as_u64()
                    .ok_or("Expected \"rev_id\" to be an integer.")?,
                is_extended,
            }),
        }
    }
}

/// Status and text of a revision without a score.
pub(super) fn describe(error: &ScoreError) -> (StatusCode, String) {
    let status = status_of(error);
    let message = match error {
        ScoreError::Fetch(
            FetchError::RevisionNotFound { id } | FetchError::ParentNotFound { id },
        ) => format!(
            "{NOT_FOUND} provided as input ({id}): the revision, or its parent, does not exist, or its \
             page was deleted"
        ),
        error => error.to_string(),
    };
    (status, message)
}

/// What cannot be scored is the request's fault, what was not fetched is not.
pub(in crate::service::dialect) fn status_of(error: &ScoreError) -> StatusCode {
    match error {
        ScoreError::Fetch(FetchError::Api(error)) => match error {
            ApiError::Timeout => StatusCode::GATEWAY_TIMEOUT,
            ApiError::Unavailable | ApiError::Throttled { .. } | ApiError::Busy => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            ApiError::Garbage | ApiError::Refused => StatusCode::BAD_GATEWAY,
        },
        ScoreError::Fetch(FetchError::Timeout { .. }) => StatusCode::GATEWAY_TIMEOUT,
        ScoreError::Fetch(FetchError::Internal) | ScoreError::Internal => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
        ScoreError::Fetch(_) => StatusCode::BAD_REQUEST,
    }
}

fn refuse(status: StatusCode, message: &str, retry_after: Option<Duration>) -> Response {
    as_answer_after(status, Json(json!({"error": message})), retry_after)
}
