//! `GET /healthz`, `/readyz`, `/metrics`, and `/`: for whoever operates the service.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use super::openapi;
use crate::service::App;
use crate::service::dashboard;
use crate::service::error::ServiceError;
use crate::service::ledger::Ledger;

#[derive(Serialize)]
pub(crate) struct Index {
    name: &'static str,
    version: &'static str,
    models: Vec<String>,
    histories: Vec<String>,
    wikis: Vec<String>,
    documentation: &'static str,
    routes: Vec<Route>,
}

#[derive(Serialize)]
struct Route {
    route: String,
    what: &'static str,
}

#[derive(Serialize)]
pub(crate) struct Health {
    status: &'static str,
}

/// Names the models and the routes; shows the dashboard to whoever would rather have a page.
pub(crate) async fn index(State(app): State<App>, request: Request) -> Response {
    if dashboard::is_wanted(request.headers()) {
        return dashboard::root(app, request).await;
    }
    let index = Json(Index {
        name: "revscore",
        version: env!("CARGO_PKG_VERSION"),
        models: app
            .models()
            .iter()
            .map(|served| served.name.clone())
            .collect(),
        histories: app
            .histories()
            .iter()
            .map(|history| history.wiki().to_owned())
            .collect(),
        wikis: app.wikis().iter().map(|wiki| wiki.name.clone()).collect(),
        documentation: "/docs/",
        routes: openapi::routes()
            .map(|(route, what)| Route { route, what })
            .collect(),
    });
    ([(header::VARY, "accept")], index).into_response()
}

/// The process answers.
pub(crate) async fn healthz() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// The service takes requests. It has opened its models before it listens.
pub(crate) async fn readyz(State(app): State<App>) -> Result<Json<Health>, ServiceError> {
    if app.is_draining() {
        Err(ServiceError::Draining)
    } else if app.is_catching_up() {
        Err(ServiceError::CatchingUp)
    } else {
        Ok(Json(Health { status: "ready" }))
    }
}

/// What Prometheus collects.
pub(crate) async fn metrics(State(app): State<App>) -> ([(HeaderName, &'static str); 1], String) {
    let content_type = [(
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    )];
    // A history's edits may be of tomorrow by a clock that goes wrong; they have no age then.
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    for history in app.histories().iter() {
        if let Some(latest) = history.latest() {
            let latest = Duration::from_secs(latest.0.max(0).unsigned_abs());
            app.metrics()
                .history_age(history.wiki(), now.saturating_sub(latest));
        }
    }
    (
        content_type,
        app.metrics().render(
            app.pool().n_waiting(),
            app.caches(),
            app.ledger().map(Ledger::state),
        ),
    )
}
