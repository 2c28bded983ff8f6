//! ORES' routes in the OpenAPI document, and its own description in Swagger 2.0.

use axum::Json;
use serde_json::{Map, Value, json};

use crate::service::dialect::specification::{
    Operation, answer_in, by_name, in_path, in_query, object, probability, tagged, text,
};

/// Statuses that every scoring route may answer with.
const STATUSES: [&str; 6] = ["400", "404", "429", "500", "503", "504"];

/// The routes, each with the slash that ORES' clients write.
pub(in crate::service::dialect) fn paths() -> Value {
    let context = || in_path("context", "enwiki", "the wiki's database name, or an alias");
    let model = || in_path("model", "damaging", "a model's name");
    let revid = || {
        json!({
            "name": "revid", "in": "path", "required": true, "description": "a revision's id",
            "schema": {"type": "integer", "minimum": 0}, "example": 12345,
        })
    };
    let list = |name, what| in_query(name, text(), what);
    let common = || {
        vec![
            list(
                "models",
                "names of models with | between; all when left out",
            ),
            list(
                "model_info",
                "paths into the models' descriptions, with | between",
            ),
            list("features", "gives values of features by being there"),
            list(
                "inject",
                "JSON: revision -> feature -> value that it is scored with",
            ),
            list(
                "feature.author.is_anonymous",
                "JSON: a value that every revision is scored with; any feature has such a parameter",
            ),
            list("format", "json for an answer without line breaks"),
            list("callback", "a name for JSONP"),
        ]
    };
    let revids = || list("revids", "ids of revisions with | between, up to 50");
    let error = object(json!({"error": object(json!({"code": text(), "message": text()}))}));
    let scored = |schema: Value, summary| {
        Operation::plain(summary, schema)
            .with_errors(&error, &STATUSES)
            .with(common())
    };
    let score = json!({"anyOf": [
        object(json!({
            "prediction": {"type": "boolean"},
            "probability": object(json!({"true": probability(), "false": probability()})),
        })),
        object(json!({"error": object(json!({"type": text(), "message": text()}))})),
    ]});
    let in_v3 = json!({"anyOf": [
        object(json!({"score": score["anyOf"][0]})),
        score["anyOf"][1],
    ]});
    let v3 = by_name(json!({
        "type": "object",
        "required": ["models"],
        "properties": {"models": by_name(json!({"type": "object"})), "scores": by_name(by_name(in_v3))},
    }));
    let v2 = object(json!({"scores": by_name(by_name(json!({
        "type": "object",
        "required": ["version"],
        "properties": {"version": text(), "scores": by_name(score.clone())},
    })))}));
    let any = json!({"type": "object"});
    let routes = vec![
        (
            "get",
            "/v3/",
            Operation {
                summary: "To the page to try routes on",
                parameters: Vec::new(),
                body: None,
                responses: vec![("307", json!({"description": "the page is at /docs/"}))],
            },
        ),
        (
            "get",
            "/v3/scores/",
            scored(
                by_name(object(json!({"models": any}))),
                "Wikis with their models",
            ),
        ),
        (
            "get",
            "/v3/scores/{context}/",
            scored(
                v3.clone(),
                "Scores of revisions; the wiki's models without any",
            )
            .with(vec![context(), revids()]),
        ),
        (
            "post",
            "/v3/scores/{context}/",
            scored(v3.clone(), "The same; parameters may stand in a form")
                .with(vec![context(), revids()]),
        ),
        (
            "get",
            "/v3/scores/{context}/{revid}/",
            scored(v3.clone(), "Scores of one revision").with(vec![context(), revid()]),
        ),
        (
            "post",
            "/v3/scores/{context}/{revid}/",
            scored(v3.clone(), "The same; parameters may stand in a form")
                .with(vec![context(), revid()]),
        ),
        (
            "get",
            "/v3/scores/{context}/{revid}/{model}/",
            scored(v3.clone(), "One model's score of one revision").with(vec![
                context(),
                revid(),
                model(),
            ]),
        ),
        (
            "post",
            "/v3/scores/{context}/{revid}/{model}/",
            scored(v3.clone(), "The same; parameters may stand in a form").with(vec![
                context(),
                revid(),
                model(),
            ]),
        ),
        (
            "post",
            "/v3/precache/",
            Operation::plain("Scores the edit of an event before anybody asks", v3)
                .with_body(any.clone())
                .with_response("204", json!({"description": "no model is for this event"}))
                .with_errors(&error, &STATUSES)
                .with_errors(&error, &["408", "413", "415"]),
        ),
        (
            "get",
            "/v3/spec/",
            Operation::plain("ORES' own description, in Swagger 2.0", any.clone()),
        ),
        (
            "get",
            "/v2/scores/",
            scored(v2.clone(), "Wikis with their models (version 2)"),
        ),
        (
            "get",
            "/v2/scores/{context}/",
            scored(v2.clone(), "Scores by model and revision").with(vec![context(), revids()]),
        ),
        (
            "get",
            "/v2/scores/{context}/{model}/",
            scored(v2.clone(), "One model's scores").with(vec![context(), model(), revids()]),
        ),
        (
            "get",
            "/v2/scores/{context}/{model}/{revid}/",
            scored(v2, "One model's score of one revision").with(vec![context(), model(), revid()]),
        ),
    ];
    let mut routes: Vec<(&str, String, Operation)> = routes
        .into_iter()
        .map(|(method, path, operation)| (method, path.to_owned(), operation))
        .collect();
    for (root, note) in [
        ("/v1/scores", "version 1"),
        ("/scores", "version 1, as the first clients asked"),
    ] {
        let contexts = if note == "version 1" {
            "Wikis (version 1)"
        } else {
            "Wikis (version 1, its first address)"
        };
        let paths: [(String, Operation); 4] = [
            (format!("{root}/"), scored(any.clone(), contexts)),
            (
                format!("{root}/{{context}}/"),
                scored(any.clone(), "Scores by revision and model").with(vec![context(), revids()]),
            ),
            (
                format!("{root}/{{context}}/{{model}}/"),
                scored(any.clone(), "One model's scores by revision").with(vec![
                    context(),
                    model(),
                    revids(),
                ]),
            ),
            (
                format!("{root}/{{context}}/{{model}}/{{revid}}/"),
                scored(by_name(score.clone()), "One model's score of one revision").with(vec![
                    context(),
                    model(),
                    revid(),
                ]),
            ),
        ];
        for (path, operation) in paths {
            routes.push(("get", path, operation));
        }
    }
    let mut paths = tagged("ORES", routes);
    // JSONP is asked for by a parameter.
    for operation in paths.as_object_mut().into_iter().flat_map(Map::values_mut) {
        for method in ["get", "post"] {
            let content = operation.pointer_mut(&format!("/{method}/responses/200/content"));
            if let Some(content) = content {
                let script = answer_in("application/javascript", "");
                content["application/javascript"] =
                    script["content"]["application/javascript"].clone();
            }
        }
    }
    paths
}

/// `GET /v3/spec/`: version 3 as ORES described itself.
pub(super) async fn specification() -> Json<Value> {
    let parameter = |name: &str, place: &str, kind: &str, required: bool, what: &str| json!({"name": name, "in": place, "type": kind, "required": required, "description": what});
    let context = || {
        parameter(
            "context",
            "path",
            "string",
            true,
            "the wiki's database name",
        )
    };
    let revid = || parameter("revid", "path", "integer", true, "a revision's id");
    let model = || parameter("model", "path", "string", true, "a model's name");
    let common = [
        parameter(
            "models",
            "query",
            "string",
            false,
            "names of models with | between",
        ),
        parameter(
            "model_info",
            "query",
            "string",
            false,
            "paths into the models' descriptions, with | between",
        ),
        parameter(
            "features",
            "query",
            "boolean",
            false,
            "whether values of features are given",
        ),
        parameter(
            "inject",
            "query",
            "string",
            false,
            "JSON: revision -> feature -> value",
        ),
    ];
    let route = |path: Vec<Value>, summary: &str| {
        let parameters: Vec<Value> = path.into_iter().chain(common.iter().cloned()).collect();
        json!({"get": {
            "summary": summary,
            "produces": ["application/json"],
            "parameters": parameters,
            "responses": {"200": {"description": "the answer"}, "default": {"description": "an error"}},
        }})
    };
    let revids = parameter(
        "revids",
        "query",
        "string",
        false,
        "ids of revisions with | between, up to 50",
    );
    Json(json!({
        "swagger": "2.0",
        "info": {"title": "ORES, served by revscore", "version": env!("CARGO_PKG_VERSION")},
        "basePath": "/v3",
        "paths": {
            "/scores/": route(vec![], "Wikis with their models"),
            "/scores/{context}/": route(vec![context(), revids], "Scores of revisions"),
            "/scores/{context}/{revid}/": route(vec![context(), revid()], "Scores of one revision"),
            "/scores/{context}/{revid}/{model}/": route(vec![context(), revid(), model()], "One model's score of one revision"),
        },
    }))
}
