//! `POST /api/v1/edits`: saved edits in, so that the wiki's history knows them.
//!
//! What a history is told of an edit takes a diff, so the pool computes it, edit by edit; then the
//! batch is taken in at once, in its order. Nothing is scored here.

use std::time::Instant;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::batch::{slices, text_of};
use super::edit::{read_edit, read_rev_id};
use crate::edit::Edit;
use crate::history::Seen;
use crate::language::UNLISTED;
use crate::service::App;
use crate::service::body::{ScoringBody, read_frame};
use crate::service::error::{EditError, ErrorBody, ServiceError};
use crate::service::metrics::Stage;
use crate::service::scoring::{EditParts, refuse};

/// A request as clients send it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a request as an object")]
struct RequestBody<'a> {
    wiki: String,
    #[serde(borrow)]
    edits: Vec<&'a RawValue>,
}

/// The same, checked; edits are slices of the body.
struct EditsRequest {
    wiki: String,
    edits: Vec<Bytes>,
}

#[derive(Serialize)]
pub(crate) struct EditsResponse {
    wiki: String,
    edits: Vec<Told>,
}

/// What became of one edit.
#[derive(Serialize)]
struct Told {
    rev_id: Option<u64>,
    #[serde(flatten)]
    outcome: Outcome,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Status(Status),
    Error(ErrorBody),
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Observed,
    /// One of the last edits; it was not counted again.
    AlreadyObserved,
}

/// Tells the wiki's history of edits.
pub(crate) async fn observe(
    State(app): State<App>,
    body: ScoringBody,
) -> Result<Json<EditsResponse>, ServiceError> {
    let deadline = Instant::now() + app.limits().timeout;
    let request = read_frame(&app, body.bytes.clone(), deadline, EditsRequest::parse).await?;
    let Some(history) = app.histories().find(&request.wiki).cloned() else {
        return Err(ServiceError::HistoryNotFound {
            wiki: request.wiki.chars().take(40).collect(),
            known: app.histories().names(),
        });
    };
    let worker = app.clone();
    let look = move |json: Bytes| look_at(&worker, &json);
    let looked_at = app
        .pool()
        .run(request.edits.clone(), deadline, look)
        .await
        .map_err(|error| refuse(&app, error))?;
    let mut seen = Vec::new();
    let mut outcomes = Vec::new();
    for done in looked_at {
        app.metrics().stage(Stage::Queue, done.waited);
        // Without a value, looking at it panicked.
        outcomes.push(match done.value.unwrap_or(Err(EditError::Internal)) {
            Ok(edit) => {
                seen.push(edit);
                Ok(())
            }
            Err(error) => Err(error),
        });
    }
    let observed = app
        .pool()
        .run(vec![seen], deadline, move |seen: Vec<Seen>| {
            history.observe(&seen)
        })
        .await
        .map_err(|error| refuse(&app, error))?
        .pop()
        .and_then(|done| done.value)
        .ok_or(ServiceError::Internal)?;
    let n_observed = observed.iter().filter(|is_new| **is_new).count();
    app.metrics()
        .edits_observed(&request.wiki, n_observed as u64);
    let mut observed = observed.into_iter();
    let told = request.edits.iter().zip(outcomes).map(|(json, outcome)| {
        let outcome = match outcome {
            Ok(()) if observed.next() == Some(true) => Outcome::Status(Status::Observed),
            Ok(()) => Outcome::Status(Status::AlreadyObserved),
            Err(error) => {
                app.metrics().edit_error(error.code());
                Outcome::Error((&error).into())
            }
        };
        let rev_id = read_rev_id(json);
        Told { rev_id, outcome }
    });
    Ok(Json(EditsResponse {
        edits: told.collect(),
        wiki: request.wiki,
    }))
}

impl EditsRequest {
    fn parse(body: &Bytes) -> Result<Self, ServiceError> {
        let request: RequestBody<'_> = serde_json::from_str(text_of(body)?)?;
        Ok(Self {
            wiki: request.wiki,
            edits: slices(body, &request.edits)?,
        })
    }
}

/// The edit as a history sees it. Without its id it could be counted twice, without its time not
/// at all, and without its page on a wrong one.
fn look_at(app: &App, json: &Bytes) -> Result<Seen, EditError> {
    let (parts, _) = read_edit(json, app.limits().text_bytes)?;
    let EditParts {
        rev_id,
        parent,
        revision,
        page,
    } = parts;
    let checks = [
        (rev_id.is_none_or(|id| id == 0), "rev_id", "missing_rev_id"),
        (
            revision.timestamp.is_none(),
            "timestamp",
            "missing_timestamp",
        ),
        (page.id.0 == 0, "page.id", "missing_page_id"),
    ];
    if let Some((_, field, code)) = checks.into_iter().find(|(is_missing, ..)| *is_missing) {
        return Err(EditError::MissingField { field, code });
    }
    // No list of words is asked for.
    Ok(Edit::new(parent.as_ref(), &revision, &page, &UNLISTED).seen())
}
