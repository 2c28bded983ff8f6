//! The service's own API, under `/api/v1`.
//!
//! Its types are written here by hand: once out, a shape stays, whatever becomes of the core's
//! types. `docs/API.md` is its manual.

mod batch;
mod edit;
mod edit_scores;
mod edits;
mod judgements;
mod ledger_edit;
mod models;
mod openapi;
mod reload;
mod report;
mod score;
mod stream;
mod thresholds;

use axum::Router;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};

pub(super) use openapi::paths;

use crate::service::App;
use crate::service::error::ServiceError;

/// Its routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/score", post(score::score))
        .route("/api/v1/score/stream", post(stream::stream))
        .route("/api/v1/edits", post(edits::observe))
        .route("/api/v1/edits/{wiki}/{rev_id}", get(ledger_edit::show))
        .route("/api/v1/models", get(models::list))
        .route("/api/v1/models/{wiki}/{target}", get(models::card))
        .route("/api/v1/models/{wiki}/{target}/caught", get(models::caught))
        .route("/api/v1/thresholds/{wiki}", get(thresholds::thresholds))
        .route(
            "/api/v1/judgements",
            get(judgements::list)
                .post(judgements::create)
                .delete(judgements::take_back),
        )
        .route("/api/v1/report", get(report::show))
        .route("/api/v1/admin/reload", post(reload::reload))
}

/// An error in its shape.
pub(super) fn error(error: ServiceError) -> Response {
    error.into_response()
}
