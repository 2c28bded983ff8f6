//! Open Inference Protocol (KServe's version 2) over REST.
//!
//! A model has one input, `rev_id`, and the outputs `probability`, `prediction` and `error`. The
//! protocol has no error of a part: where only some revisions cannot be scored, their probability
//! is -1 and `error` says why; where none can, the whole answer is the first one's error.

mod infer;
mod openapi;

use axum::Json;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

pub(super) use openapi::paths;

use crate::service::App;
use crate::service::dialect::lift_wing;
use crate::service::error::{ServiceError, as_answer};
use crate::service::wiki::{Named, Wiki};

/// Its routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/v2", get(server))
        .route("/v2/", get(server))
        .route("/v2/health/live", get(live))
        .route("/v2/health/ready", get(ready))
        .route("/v2/models/{model}", get(metadata))
        .route("/v2/models/{model}/versions/{version}", get(metadata_of))
        .route("/v2/models/{model}/ready", get(model_ready))
        .route(
            "/v2/models/{model}/versions/{version}/ready",
            get(model_ready_of),
        )
        .route("/v2/models/{model}/infer", post(infer::infer))
        .route(
            "/v2/models/{model}/versions/{version}/infer",
            post(infer::infer_of),
        )
}

/// An error in its shape.
pub(super) fn error(error: ServiceError) -> Response {
    let (status, _) = error.status_and_code();
    as_answer(status, Json(json!({"error": error.to_string()})))
}

/// An error of this dialect's handlers.
struct InferenceError(ServiceError);

impl axum::response::IntoResponse for InferenceError {
    fn into_response(self) -> Response {
        error(self.0)
    }
}

impl From<ServiceError> for InferenceError {
    fn from(error: ServiceError) -> Self {
        Self(error)
    }
}

async fn server() -> Json<Value> {
    Json(json!({
        "name": "revscore",
        "version": env!("CARGO_PKG_VERSION"),
        "extensions": [],
    }))
}

async fn live() -> Json<Value> {
    Json(json!({"live": true}))
}

async fn ready(State(app): State<App>) -> Response {
    match (app.is_draining(), app.is_catching_up()) {
        (false, false) => Json(json!({"ready": true})).into_response(),
        (true, _) => error(ServiceError::Draining),
        (_, true) => error(ServiceError::CatchingUp),
    }
}

async fn metadata(
    State(app): State<App>,
    Path(model): Path<String>,
) -> Result<Json<Value>, InferenceError> {
    let (_, named) = find(&app, &model, None)?;
    Ok(Json(describe(&model, &named)))
}

async fn metadata_of(
    State(app): State<App>,
    Path((model, version)): Path<(String, String)>,
) -> Result<Json<Value>, InferenceError> {
    let (_, named) = find(&app, &model, Some(&version))?;
    Ok(Json(describe(&model, &named)))
}

async fn model_ready(
    State(app): State<App>,
    Path(model): Path<String>,
) -> Result<Json<Value>, InferenceError> {
    find(&app, &model, None)?;
    Ok(Json(json!({"name": model, "ready": true})))
}

async fn model_ready_of(
    State(app): State<App>,
    Path((model, version)): Path<(String, String)>,
) -> Result<Json<Value>, InferenceError> {
    find(&app, &model, Some(&version))?;
    Ok(Json(json!({"name": model, "ready": true})))
}

fn describe(model: &str, named: &Named) -> Value {
    let tensor = |name, datatype| json!({"name": name, "datatype": datatype, "shape": [-1]});
    json!({
        "name": model,
        "versions": [named.served.version],
        "platform": "revscore",
        "inputs": [tensor("rev_id", "INT64")],
        "outputs": [
            tensor("probability", "FP64"),
            tensor("prediction", "BOOL"),
            tensor("error", "BYTES"),
        ],
    })
}

/// A model by its name, such as `enwiki-damaging`, in the version that is served.
fn find<'a>(
    app: &'a App,
    model: &str,
    version: Option<&str>,
) -> Result<(&'a std::sync::Arc<Wiki>, Named), InferenceError> {
    let found = lift_wing::find(app, model)
        .filter(|(_, named)| version.is_none_or(|version| version == named.served.version));
    found.ok_or_else(|| {
        let of_version = version.map_or_else(String::new, |version| {
            format!(
                " in version {:?}",
                version.chars().take(60).collect::<String>()
            )
        });
        InferenceError(ServiceError::ModelNotFound {
            what: format!(
                "{:?}{of_version}",
                model.chars().take(60).collect::<String>()
            ),
            known: "those that GET /v1/models names".to_owned(),
        })
    })
}
