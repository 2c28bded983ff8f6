//! `POST /api/v1/edits`: saved edits in, so that the wiki's history knows them, and the
//! ledger what became of those before them.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::batch::{Edits, find_wiki, text_of};
use super::edit::{read_edit, read_rev_id};
use crate::service::App;
use crate::service::body::{ScoringBody, read_frame};
use crate::service::error::{EditError, ErrorBody, ServiceError};
use crate::service::observing::{self, Observers, Sight};
use crate::service::scoring::is_plausible;

/// A request as clients send it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a request as an object")]
struct RequestBody<'a> {
    wiki: String,
    #[serde(borrow)]
    edits: Option<Vec<&'a RawValue>>,
    rev_ids: Option<Vec<u64>>,
}

/// The same, checked.
struct EditsRequest {
    wiki: String,
    edits: Edits,
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
    let wiki = app.wikis().find(&request.wiki);
    let name = wiki.map_or(&request.wiki, |wiki| &wiki.name);
    let Some(observers) = Observers::of(&app, name) else {
        return Err(ServiceError::HistoryNotFound {
            wiki: request.wiki.chars().take(40).collect(),
            known: app.histories().names(),
        });
    };
    let looked_at = match request.edits {
        Edits::Texts(edits) => look_at_texts(&app, &observers, edits, deadline).await?,
        Edits::Ids(ids) => {
            let wiki = Arc::clone(find_wiki(&app, &request.wiki)?);
            let looked = observing::look_at_ids(&app, &wiki, &observers, &ids, deadline).await?;
            let looked = looked
                .into_iter()
                .map(|looked| looked.map_err(|error| (&error).into()));
            ids.into_iter().map(Some).zip(looked).collect()
        }
    };
    let (mut sights, mut outcomes) = (Vec::new(), Vec::new());
    for (rev_id, looked) in looked_at {
        let error = match looked {
            Ok(edit) => {
                sights.push(edit);
                None
            }
            Err(error) => {
                app.metrics().edit_error(error.code);
                Some(error)
            }
        };
        outcomes.push((rev_id, error));
    }
    let mut observed = observing::observe(&app, &observers, sights, deadline)
        .await?
        .into_iter();
    let told = outcomes.into_iter().map(|(rev_id, error)| {
        let outcome = match error {
            Some(error) => Outcome::Error(error),
            None if observed.next() == Some(true) => Outcome::Status(Status::Observed),
            None => Outcome::Status(Status::AlreadyObserved),
        };
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
            edits: Edits::read(body, request.edits.as_deref(), request.rev_ids)?,
        })
    }
}

/// An edit's id, and the edit as those see it who are told of it.
type Looked = (Option<u64>, Result<Sight, ErrorBody>);

async fn look_at_texts(
    app: &App,
    observers: &Observers,
    edits: Vec<Bytes>,
    deadline: Instant,
) -> Result<Vec<Looked>, ServiceError> {
    let (worker, observers) = (app.clone(), observers.clone());
    let look = move |json: Bytes| look_at_text(&worker, &observers, &json);
    let looked_at = observing::look_at(app, edits.clone(), deadline, look).await?;
    let looked_at = edits.iter().zip(looked_at).map(|(json, looked)| {
        let looked = looked.unwrap_or(Err(EditError::Internal));
        (read_rev_id(json), looked.map_err(|error| (&error).into()))
    });
    Ok(looked_at.collect())
}

/// The edit as those see it who are told of it. Without its id it could be counted twice, without its time not
/// at all, and without its page on a wrong one.
fn look_at_text(app: &App, observers: &Observers, json: &Bytes) -> Result<Sight, EditError> {
    let (parts, _) = read_edit(json, app.limits().text_bytes)?;
    let checks = [
        (
            parts.rev_id.is_none_or(|id| id == 0),
            "rev_id",
            "missing_rev_id",
        ),
        (
            parts.revision.timestamp.is_none(),
            "timestamp",
            "missing_timestamp",
        ),
        (parts.page.id.0 == 0, "page.id", "missing_page_id"),
    ];
    if let Some((_, field, code)) = checks.into_iter().find(|(is_missing, ..)| *is_missing) {
        return Err(EditError::MissingField { field, code });
    }
    if !is_plausible(parts.revision.timestamp) {
        return Err(EditError::FutureTimestamp);
    }
    Ok(observers.see(app, &parts))
}
