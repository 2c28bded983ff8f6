//! Lift Wing, as its clients speak it: version 1 of KServe's protocol, with a model a wiki and name.
//!
//! `enwiki-damaging:predict` answers in ORES' shape ([`predict`]); `revertrisk-language-agnostic:predict`
//! in its own ([`revert_risk`]), also for texts that are not saved yet. Which Host a request names does
//! not matter. The two families have errors of two shapes, as they had there.

mod openapi;
mod predict;
mod revert_risk;

use axum::Json;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde_json::{Value, json};

pub(super) use openapi::paths;
pub(super) use predict::{error, status_of};

use crate::service::App;
use crate::service::body::ScoringBody;
use crate::service::error::ServiceError;
use crate::service::stream::event::MAX_EVENT_BYTES;
use crate::service::wiki::{Named, Wiki};

/// Its routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/models", get(list))
        .route("/v1/models/{model}", get(ready).post(score))
}

/// Names of all models.
async fn list(State(app): State<App>) -> Json<Value> {
    let models = app.models();
    let per_wiki = app.wikis().iter().flat_map(|wiki| {
        let named = wiki.models(&models).into_iter();
        named.map(|named| format!("{}-{}", wiki.name, named.name))
    });
    let names: Vec<String> = revert_risk::NAMES
        .iter()
        .filter(|_| revert_risk::is_served(&app))
        .map(|name| (*name).to_owned())
        .chain(per_wiki)
        .collect();
    Json(json!({"models": names}))
}

/// Whether a model is there.
async fn ready(State(app): State<App>, Path(name): Path<String>) -> Response {
    let is_known = match revert_risk::NAMES.contains(&name.as_str()) {
        true => revert_risk::is_served(&app),
        false => find(&app, &name).is_some(),
    };
    match is_known {
        true => Json(json!({"name": name, "ready": true})).into_response(),
        false => predict::not_found(&app, &name),
    }
}

/// Scores with a model whose name ends in `:predict`.
async fn score(State(app): State<App>, Path(name): Path<String>, request: Request) -> Response {
    let Some(model) = name.strip_suffix(":predict") else {
        return error(ServiceError::RouteNotFound);
    };
    let (parts, body) = request.into_parts();
    let is_revert_risk = revert_risk::NAMES.contains(&model);
    // Texts come with revert risk alone.
    let limit = if is_revert_risk {
        usize::MAX
    } else {
        MAX_EVENT_BYTES
    };
    let body = match ScoringBody::of(&parts, body, &app, limit).await {
        Ok(body) => body,
        Err(failed) if is_revert_risk => return revert_risk::error(failed),
        Err(failed) => return error(failed),
    };
    if is_revert_risk {
        return revert_risk::score(&app, model, body.bytes).await;
    }
    let context = model.rsplit_once('-').map_or(model, |(context, _)| context);
    match find(&app, model) {
        Some((wiki, named)) => predict::score(&app, context, wiki, named, &body.bytes).await,
        None => predict::not_found(&app, model),
    }
}

/// The wiki and the model of `enwiki-damaging`.
pub(super) fn find<'a>(app: &'a App, name: &str) -> Option<(&'a std::sync::Arc<Wiki>, Named)> {
    let (wiki, model) = name.rsplit_once('-')?;
    let wiki = app.wikis().find(wiki)?;
    Some((wiki, wiki.model(&app.models(), model)?))
}
