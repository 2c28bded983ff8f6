//! `POST /v2/models/{model}/infer`: ids of revisions in, tensors out.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{InferenceError, find};
use crate::service::App;
use crate::service::body::ScoringBody;
use crate::service::dialect::lift_wing::status_of;
use crate::service::error::{ServiceError, as_answer_after};
use crate::service::scoring::{Asking, Subject, score_revisions};
use crate::service::stream::event::MAX_EVENT_BYTES;

/// Revisions of one request.
const MAX_REVISIONS: usize = 256;

/// The probability of a revision without a score.
const NO_PROBABILITY: f64 = -1.0;

#[derive(Deserialize)]
#[serde(expecting = "a request as an object")]
struct Input {
    id: Option<String>,
    inputs: Vec<InputTensor>,
    #[serde(default)]
    outputs: Vec<OutputName>,
}

#[derive(Deserialize)]
#[serde(expecting = "a tensor as an object")]
struct InputTensor {
    name: String,
    shape: Vec<i64>,
    datatype: String,
    data: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(expecting = "an output as an object")]
struct OutputName {
    name: String,
}

#[derive(Serialize)]
struct OutputTensor {
    name: &'static str,
    shape: [usize; 1],
    datatype: &'static str,
    data: Vec<Value>,
}

/// Scores with the version that is served.
pub(super) async fn infer(
    State(app): State<App>,
    Path(model): Path<String>,
    request: Request,
) -> Result<Response, InferenceError> {
    answer(&app, &model, None, request).await
}

/// The same, if it is this version.
pub(super) async fn infer_of(
    State(app): State<App>,
    Path((model, version)): Path<(String, String)>,
    request: Request,
) -> Result<Response, InferenceError> {
    answer(&app, &model, Some(&version), request).await
}

async fn answer(
    app: &App,
    model: &str,
    version: Option<&str>,
    request: Request,
) -> Result<Response, InferenceError> {
    let (wiki, named) = find(app, model, version)?;
    let (parts, body) = request.into_parts();
    let body = ScoringBody::of(&parts, body, app, MAX_EVENT_BYTES).await?;
    let input: Input = serde_json::from_slice(&body.bytes).map_err(ServiceError::from)?;
    let ids = read_ids(&input.inputs)?;
    let outputs = read_outputs(&input.outputs)?;
    let asking = Asking::of(app, wiki, vec![Arc::clone(&named.served)]);
    let subjects = ids.iter().map(|rev_id| Subject::plain(*rev_id));
    let outcomes = score_revisions(app, subjects.collect(), asking).await?;
    if let Some(Err(first)) = outcomes.first()
        && outcomes.iter().all(Result::is_err)
    {
        let body = json!({"error": first.to_string()});
        return Ok(as_answer_after(
            status_of(first),
            Json(body),
            first.retry_after(),
        ));
    }
    let (mut probabilities, mut predictions, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    for outcome in &outcomes {
        let scored = outcome.as_ref().ok().and_then(|scores| scores.first());
        let probability = scored.map(|scored| named.probability(scored.wanted_probability));
        probabilities.push(json!(probability.unwrap_or(NO_PROBABILITY)));
        predictions.push(json!(
            probability.is_some_and(|probability| probability >= 0.5)
        ));
        let error = outcome.as_ref().err();
        errors.push(json!(error.map_or_else(String::new, ToString::to_string)));
    }
    let tensor = |name, datatype, data| OutputTensor {
        name,
        shape: [ids.len()],
        datatype,
        data,
    };
    let mut tensors = vec![
        tensor("probability", "FP64", probabilities),
        tensor("prediction", "BOOL", predictions),
        tensor("error", "BYTES", errors),
    ];
    tensors.retain(|tensor| outputs.is_empty() || outputs.contains(&tensor.name));
    let mut document = json!({
        "model_name": model,
        "model_version": named.served.version,
        "outputs": tensors,
    });
    if let Some(id) = input.id {
        document["id"] = id.into();
    }
    Ok(Json(document).into_response())
}

fn read_ids(inputs: &[InputTensor]) -> Result<Vec<u64>, InferenceError> {
    let wrong = |message: &str| InferenceError(ServiceError::InvalidRequest(message.to_owned()));
    let [input] = inputs else {
        return Err(wrong("expected one input, rev_id"));
    };
    let is_known = input.name == "rev_id" && matches!(input.datatype.as_str(), "INT64" | "UINT64");
    if !is_known {
        return Err(wrong(
            "expected the input rev_id of datatype INT64 or UINT64",
        ));
    }
    if input.shape != [input.data.len() as i64] {
        return Err(wrong(
            "expected a shape of one dimension, the length of data",
        ));
    }
    if !(1..=MAX_REVISIONS).contains(&input.data.len()) {
        return Err(InferenceError(ServiceError::BatchSize {
            limit: MAX_REVISIONS,
            got: input.data.len(),
        }));
    }
    let ids = input.data.iter().map(Value::as_u64);
    let ids: Option<Vec<u64>> = ids.collect();
    ids.ok_or_else(|| wrong("expected ids of revisions as data"))
}

/// The outputs that are asked for; none for all.
fn read_outputs(outputs: &[OutputName]) -> Result<Vec<&str>, InferenceError> {
    let known = ["probability", "prediction", "error"];
    let names = outputs.iter().map(|output| output.name.as_str());
    let names: Vec<&str> = names.collect();
    match names.iter().all(|name| known.contains(name)) {
        true => Ok(names),
        false => Err(InferenceError(ServiceError::InvalidRequest(
            "expected outputs among probability, prediction and error".to_owned(),
        ))),
    }
}
