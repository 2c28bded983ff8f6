//! Lift Wing's routes in the OpenAPI document.

use serde_json::{Value, json};

use crate::service::dialect::specification::{
    Operation, by_name, in_path, object, probability, tagged, text,
};

/// The routes.
pub(in crate::service::dialect) fn paths() -> Value {
    let error = json!({"anyOf": [
        object(json!({"error": text()})),
        object(json!({"detail": text()})),
    ]});
    let probabilities = || object(json!({"true": probability(), "false": probability()}));
    let per_wiki = by_name(object(json!({
        "models": by_name(object(json!({"version": text()}))),
        "scores": by_name(by_name(object(json!({"score": object(json!({
            "prediction": {"type": "boolean"}, "probability": probabilities(),
        }))})))),
    })));
    let revert_risk = object(json!({
        "model_name": text(), "model_version": text(), "wiki_db": text(),
        "revision_id": {"type": "integer"},
        "output": object(json!({"prediction": {"type": "boolean"}, "probabilities": probabilities()})),
    }));
    let batch = json!({
        "type": "object",
        "required": ["predictions"],
        "properties": {
            "predictions": {"type": "array", "items": revert_risk},
            "errors": {"type": "array", "items": text()},
        },
    });
    let body = json!({
        "type": "object",
        "properties": {
            "rev_id": {"type": "integer", "minimum": 0, "description": "a revision's id"},
            "lang": {"type": "string", "description": "for revertrisk: the wiki's language"},
            "extended_output": {"type": "boolean", "description": "whether values of features are given"},
            "event": {"type": "object", "description": "an event of mediawiki/revision/create or mediawiki/page/change"},
            "instances": {"type": "array", "description": "for revertrisk: up to 20 of rev_id and lang"},
            "revision_data": {"type": "object", "description": "for revertrisk: an edit that is not saved yet"},
        },
        "example": {"rev_id": 12345},
    });
    let name = |example, description| in_path("model", example, description);
    let routes = vec![
        (
            "get",
            "/v1/models",
            Operation::plain(
                "Names of models",
                object(json!({"models": {"type": "array", "items": text()}})),
            ),
        ),
        (
            "get",
            "/v1/models/{model}",
            Operation::plain(
                "Whether a model is there",
                object(json!({"name": text(), "ready": {"type": "boolean"}})),
            )
            .with(vec![name(
                "enwiki-damaging",
                "such as enwiki-damaging or revertrisk-language-agnostic",
            )])
            .with_errors(&error, &["404"]),
        ),
        (
            "post",
            "/v1/models/{model}",
            Operation::plain(
                "A model's score of a revision",
                json!({"anyOf": [per_wiki, revert_risk, batch]}),
            )
            .with(vec![name(
                "enwiki-damaging:predict",
                "a model's name with :predict at its end",
            )])
            .with_body(body)
            .with_errors(
                &error,
                &[
                    "400", "404", "408", "413", "415", "422", "429", "500", "502", "503", "504",
                ],
            ),
        ),
    ];
    tagged("Lift Wing", routes)
}
