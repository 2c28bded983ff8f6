//! `POST /v3/precache/`: an event of a saved edit, so that its scores are at hand when asked for,
//! and the wiki's history knows it, where one is kept.

use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::error::{OresError, bad_request};
use super::request::OresRequest;
use super::scores::score;
use super::v3::write_scores;
use crate::service::App;
use crate::service::body::ScoringBody;
use crate::service::observing::observe_scored;
use crate::service::stream::event::{Event, MAX_EVENT_BYTES};

/// Scores the edit of an event; 204 for one that no model is for.
pub(super) async fn precache(
    State(app): State<App>,
    request: Request,
) -> Result<Response, OresError> {
    let (parts, body) = request.into_parts();
    let body = ScoringBody::of(&parts, body, &app, MAX_EVENT_BYTES).await?;
    let event: Value = serde_json::from_slice(&body.bytes).map_err(|error| {
        bad_request(format!(
            "expected an event as JSON, got something else: {error}"
        ))
    })?;
    let event = Event::read(event).map_err(|error| bad_request(error.to_string()))?;
    let wiki = app.wikis().find(&event.wiki).filter(|_| event.is_edit());
    let Some(wiki) = wiki else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    let models = wiki.models(&app.models());
    if models.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let query = parts.uri.query().unwrap_or_default();
    let request = OresRequest::of_query(query, body.admission)?;
    let deadline = Instant::now() + app.limits().timeout;
    let scores = score(&app, wiki, models, &[event.rev_id], &request).await?;
    // Scored first: it is none of its own past.
    observe_scored(&app, wiki, event.rev_id, deadline).await;
    let versions = scores
        .models
        .iter()
        .map(|named| (named.name.clone(), json!({"version": named.served.version})));
    let versions = Value::Object(versions.collect());
    Ok(request
        .style
        .write(&json!({&wiki.name: {"models": versions, "scores": write_scores(&scores)}})))
}
