//! For whoever operates the service and whoever tries it: health, metrics, the list of routes, the
//! OpenAPI document of all dialects, and a page to try them.

mod health;
mod openapi;

use axum::Router;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

pub(super) use openapi::paths;

use crate::service::App;
use crate::service::error::ServiceError;

/// Its routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(health::index))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .route("/openapi.json", get(openapi::document))
        .route("/docs", get(openapi::to_page))
        .route("/docs/", get(openapi::first_page))
        .route("/docs/{*file}", get(openapi::page))
}

/// An error in its shape.
pub(super) fn error(error: ServiceError) -> Response {
    error.into_response()
}
