//! The protocol's routes in the OpenAPI document.

use serde_json::{Value, json};

use crate::service::dialect::specification::{Operation, in_path, object, tagged, text};

/// The routes.
pub(in crate::service::dialect) fn paths() -> Value {
    let error = object(json!({"error": text()}));
    let flag = || json!({"type": "boolean"});
    let ready = || object(json!({"name": text(), "ready": flag()}));
    let tensors = |properties: Value| json!({"type": "array", "items": object(properties)});
    let described =
        || tensors(json!({"name": text(), "datatype": text(), "shape": {"type": "array"}}));
    let metadata = || {
        object(json!({
            "name": text(), "versions": {"type": "array", "items": text()}, "platform": text(),
            "inputs": described(), "outputs": described(),
        }))
    };
    let body = || {
        json!({
            "type": "object",
            "required": ["inputs"],
            "properties": {
                "id": text(),
                "inputs": {"type": "array", "items": object(json!({
                    "name": {"const": "rev_id"}, "datatype": {"enum": ["INT64", "UINT64"]},
                    "shape": {"type": "array", "items": {"type": "integer"}},
                    "data": {"type": "array", "items": {"type": "integer", "minimum": 0}},
                }))},
                "outputs": tensors(json!({"name": {"enum": ["probability", "prediction", "error"]}})),
            },
            "example": {"inputs": [{"name": "rev_id", "shape": [1], "datatype": "INT64", "data": [12345]}]},
        })
    };
    let inferred = || {
        object(json!({
            "model_name": text(), "model_version": text(),
            "outputs": tensors(json!({
                "name": text(), "datatype": text(), "shape": {"type": "array"}, "data": {"type": "array"},
            })),
        }))
    };
    let infer = |parameters| {
        Operation::plain("Scores of revisions, as tensors", inferred())
            .with(parameters)
            .with_body(body())
            .with_errors(
                &error,
                &[
                    "400", "404", "408", "413", "415", "429", "500", "502", "503", "504",
                ],
            )
    };
    let model = || in_path("model", "enwiki-damaging", "a model's name");
    let version = || in_path("version", "0.1.0+3dc0a64a", "the version that is served");
    let routes = vec![
        (
            "get",
            "/v2",
            Operation::plain(
                "The server",
                object(json!({"name": text(), "version": text(), "extensions": {"type": "array"}})),
            ),
        ),
        (
            "get",
            "/v2/health/live",
            Operation::plain(
                "Whether the process answers",
                object(json!({"live": flag()})),
            ),
        ),
        (
            "get",
            "/v2/health/ready",
            Operation::plain(
                "Whether it takes requests",
                object(json!({"ready": flag()})),
            )
            .with_errors(&error, &["503"]),
        ),
        (
            "get",
            "/v2/models/{model}",
            Operation::plain("A model's inputs and outputs", metadata())
                .with(vec![model()])
                .with_errors(&error, &["404"]),
        ),
        (
            "get",
            "/v2/models/{model}/versions/{version}",
            Operation::plain("The same, of a version", metadata())
                .with(vec![model(), version()])
                .with_errors(&error, &["404"]),
        ),
        (
            "get",
            "/v2/models/{model}/ready",
            Operation::plain("Whether a model is there", ready())
                .with(vec![model()])
                .with_errors(&error, &["404"]),
        ),
        (
            "get",
            "/v2/models/{model}/versions/{version}/ready",
            Operation::plain("The same, of a version", ready())
                .with(vec![model(), version()])
                .with_errors(&error, &["404"]),
        ),
        ("post", "/v2/models/{model}/infer", infer(vec![model()])),
        (
            "post",
            "/v2/models/{model}/versions/{version}/infer",
            infer(vec![model(), version()]),
        ),
    ];
    tagged("Open Inference Protocol", routes)
}
