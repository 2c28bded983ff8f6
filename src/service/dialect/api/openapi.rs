//! The service's own routes in the OpenAPI document.

use serde_json::{Value, json};

use crate::service::dialect::specification::{
    Operation, answer, by_name, in_path, in_query, object, probability, tagged, text,
};

/// The routes.
pub(in crate::service::dialect) fn paths() -> Value {
    let error = object(json!({"error": object(json!({"code": text(), "message": text()}))}));
    let posted = [
        "400", "404", "408", "413", "415", "429", "500", "503", "504",
    ];
    let edit_error =
        || object(json!({"error": object(json!({"code": text(), "message": text()}))}));
    let scores = object(json!({"scores": by_name(object(json!({
        "prediction": {"type": "boolean"},
        "probability": probability(),
        "levels": by_name(json!({"type": ["boolean", "null"]})),
    })))}));
    let scored = object(json!({
        "wiki": text(),
        "models": by_name(object(json!({"name": text(), "version": text()}))),
        "scores": {"type": "array", "items": {"anyOf": [scores, edit_error()]}},
    }));
    let observed = object(json!({
        "wiki": text(),
        "edits": {"type": "array", "items": {"anyOf": [object(json!({"status": text()})), edit_error()]}},
    }));
    let wiki = || in_path("wiki", "enwiki", "the wiki's database name");
    let target = || {
        in_path(
            "target",
            "reverted",
            "reverted, vandalism, damaging or goodfaith",
        )
    };
    let without = || {
        in_query(
            "without",
            text(),
            "groups of features to score without, with commas between",
        )
    };
    let explain = || in_query("explain", switch(), "whether to say what moved each score");
    let recorded = in_query(
        "recorded",
        switch(),
        "whether to answer when the ledger has the scores",
    );
    let any = || json!({"type": "object"});
    let cached = |summary, schema| {
        Operation::plain(summary, schema)
            .with_response("304", json!({"description": "as it was"}))
            .with_errors(&error, &["400", "404"])
    };
    let stream = json!({"description": "an answer a line", "content": {
        "application/x-ndjson": {"schema": text()},
    }});
    let mut stream_route = Operation::plain("Scores edits or revisions as they come, a line each", any())
        .with(vec![
            json!({"name": "wiki", "in": "query", "required": true, "schema": text(), "example": "enwiki"}),
            in_query("targets", text(), "targets with commas between; all when left out"),
            without(),
            explain(),
        ])
        .with_errors(&error, &posted);
    stream_route.responses[0] = ("200", stream);
    let mut stream_route = vec![("post", "/api/v1/score/stream", stream_route)];
    let mut routes = vec![
        (
            "post",
            "/api/v1/score",
            Operation::plain("Scores 1 to 256 edits with their texts, or revisions by id", scored)
                .with(vec![without(), explain(), recorded])
                .with_body(score_body())
                .with_errors(&error, &posted),
        ),
        (
            "post",
            "/api/v1/edits",
            Operation::plain("Tells of 1 to 256 edits that were saved, for the wiki's history", observed)
                .with_body(edits_body())
                .with_errors(&error, &posted),
        ),
        (
            "get",
            "/api/v1/models",
            Operation::plain("Lists the models", object(json!({"models": {"type": "array"}, "refused": {"type": "array"}})))
                .with_response("304", json!({"description": "as it was"})),
        ),
        (
            "get",
            "/api/v1/models/{wiki}/{target}",
            cached("A model's card", any()).with(vec![wiki(), target()]),
        ),
        (
            "get",
            "/api/v1/models/{wiki}/{target}/caught",
            cached(
                "What it catches at which cost; ?at=maximum filter_rate @ recall >= 0.95 asks for one threshold",
                any(),
            )
            .with(vec![wiki(), target(), in_query("at", text(), "what the threshold is to do")]),
        ),
        (
            "get",
            "/api/v1/thresholds/{wiki}",
            cached(
                "Thresholds of the levels that MediaWiki's ORES extension knows",
                object(json!({"wiki": text(), "models": any(), "filters": any()})),
            )
            .with(vec![wiki()]),
        ),
        (
            "post",
            "/api/v1/admin/reload",
            Operation::plain("Opens the models' files anew, all or none", object(json!({"models": {"type": "array"}})))
                .with_errors(&error, &["401", "403", "409", "500"]),
        ),
    ];
    routes.append(&mut stream_route);
    routes.append(&mut judgement_routes(&error));
    let rev_id = json!({
        "name": "rev_id", "in": "path", "required": true, "description": "the revision",
        "schema": {"type": "integer", "minimum": 0}, "example": 12345,
    });
    let edit = object(json!({
        "wiki": text(), "rev_id": {"type": "integer"}, "page": any(), "user_class": text(),
        "scores": {"type": "array"}, "outcome": any(), "judgements": {"type": "array"},
    }));
    let summary = "What the ledger has of an edit: scores, outcome, judgements";
    let known = Operation::plain(summary, edit)
        .with(vec![wiki(), rev_id])
        .with_errors(&error, &["400", "401", "404", "503"]);
    routes.push(("get", "/api/v1/edits/{wiki}/{rev_id}", known));
    routes.push(("get", "/api/v1/report", report(&error)));
    let mut paths = tagged("Revscore", routes);
    // What the lines are called does not matter.
    let lines = json!({
        "application/x-ndjson": {"schema": text()},
        "text/plain": {"schema": text(), "example": "{\"rev_id\":12345}\n"},
    });
    paths["/api/v1/score/stream"]["post"]["requestBody"] =
        json!({"required": true, "content": lines});
    for (path, method) in [
        ("/api/v1/admin/reload", "post"),
        ("/api/v1/judgements", "post"),
        ("/api/v1/judgements", "delete"),
    ] {
        paths[path][method]["security"] = json!([{"token": []}]);
    }
    paths
}

/// What people said about edits.
fn judgement_routes(error: &Value) -> Vec<(&'static str, &'static str, Operation)> {
    let path = "/api/v1/judgements";
    let wiki = || json!({"name": "wiki", "in": "query", "required": true, "schema": text(), "example": "testwiki"});
    let list = object(json!({"wiki": text(), "judgements": {"type": "array"}}));
    let mut list = Operation::plain(
        "A wiki's judgements, as revscore-train --labels reads them",
        list,
    )
    .with(vec![
        wiki(),
        in_query(
            "format",
            json!({"type": "string", "enum": ["json", "jsonl", "csv"]}),
            "json, lines of JSON, or CSV",
        ),
    ])
    .with_errors(error, &["400", "401", "404", "500", "503"]);
    let content = &mut list.responses[0].1["content"];
    content["text/csv"] = json!({"schema": text()});
    content["application/x-ndjson"] = json!({"schema": text()});
    let mut take = Operation::plain(
        "Writes down what a person says about 1 to 1,000 edits",
        object(json!({})),
    )
    .with(vec![in_query(
        "wiki",
        text(),
        "the wiki, for judgements that do not name theirs",
    )])
    .with_body(judgement_body())
    .with_errors(
        error,
        &[
            "400", "401", "403", "404", "408", "413", "415", "429", "500", "503",
        ],
    );
    take.responses[0] = (
        "201",
        answer(
            "how many were written down",
            object(json!({"judgements": {"type": "integer"}})),
        ),
    );
    let rev_id = json!({"name": "rev_id", "in": "query", "required": true, "schema": {"type": "integer", "minimum": 1}});
    let mut back = Operation::plain(
        "Takes one's own judgement of an edit back",
        object(json!({})),
    )
    .with(vec![wiki(), rev_id])
    .with_errors(error, &["400", "401", "403", "404", "429", "500", "503"]);
    back.responses[0] = ("204", json!({"description": "it is gone"}));
    vec![
        ("get", path, list),
        ("post", path, take),
        ("delete", path, back),
    ]
}

fn judgement_body() -> Value {
    let judgement = json!({
        "type": "object",
        "required": ["rev_id"],
        "additionalProperties": false,
        "properties": {
            "wiki": {"type": ["string", "null"]},
            "rev_id": {"type": "integer", "minimum": 1},
            "damaging": {"type": ["boolean", "null"]},
            "goodfaith": {"type": ["boolean", "null"]},
            "spam": {"type": ["boolean", "null"]},
            "note": {"type": ["string", "null"], "maxLength": 2000},
            "by": {}, "at": {},
        },
    });
    json!({
        "anyOf": [judgement, {"type": "array", "minItems": 1, "maxItems": super::judgements::MAX_JUDGEMENTS, "items": judgement}],
        "example": {"wiki": "testwiki", "rev_id": 12345, "damaging": true, "note": "spam for watches"},
    })
}

fn switch() -> Value {
    json!({"type": "string", "enum": ["true", "1", "", "false", "0"]})
}

/// The report; docs/API.md says what its figures are.
fn report(error: &Value) -> Operation {
    let threshold = || json!({"type": "number", "minimum": 0, "maximum": 1});
    let day = || json!({"type": "string", "format": "date"});
    let one_of = |names: &[&str]| json!({"type": "string", "enum": names});
    let wiki = json!({"name": "wiki", "in": "query", "required": true, "schema": text(), "example": "papwiki"});
    let parameters = [
        (
            "from",
            day(),
            "the first day; the first that is known when left out",
        ),
        ("to", day(), "the last day, inclusive"),
        (
            "model",
            text(),
            "a model's name, or its name, @ and its version",
        ),
        (
            "level",
            text(),
            "the level that flags; review when left out",
        ),
        (
            "threshold",
            threshold(),
            "the probability that flags instead: a whole hundredth",
        ),
        (
            "by",
            one_of(&["kind", "user_class", "namespace", "day"]),
            "what to break the figures down by",
        ),
        ("against", text(), "another model over the same period"),
        ("against_level", text(), "another level"),
        ("against_threshold", threshold(), "another threshold"),
        (
            "seconds_an_edit",
            json!({"type": "integer", "minimum": 0, "maximum": u32::MAX}),
            "time that a person takes to look at an edit",
        ),
        (
            "format",
            one_of(&["json", "csv", "markdown", "md"]),
            "json when left out",
        ),
    ];
    let parameters =
        parameters.map(|(name, schema, description)| in_query(name, schema, description));
    let answer = object(json!({
        "wiki": text(), "from": day(), "to": day(), "outcomes_known_until": text(), "sentence": text(),
        "model": {"type": "object"}, "threshold": threshold(), "all": {"type": "object"}, "levels": {"type": "array"},
    }));
    let mut operation =
        Operation::plain("What flags caught, missed and cost over a period", answer)
            .with([vec![wiki], parameters.to_vec()].concat())
            .with_errors(error, &["400", "401", "404", "500", "503"]);
    let content = &mut operation.responses[0].1["content"];
    content["text/csv"] = json!({"schema": text()});
    content["text/markdown"] = json!({"schema": text()});
    operation
}

fn score_body() -> Value {
    json!({
        "type": "object",
        "required": ["wiki"],
        "additionalProperties": false,
        "properties": {
            "wiki": text(),
            "targets": {"type": ["array", "null"], "items": {"enum": ["reverted", "vandalism", "damaging", "goodfaith"]}},
            "explain": {"type": ["boolean", "null"]},
            "without": {"type": ["array", "null"], "items": text()},
            "edits": {"type": "array", "minItems": 1, "maxItems": 256, "items": edit()},
            "rev_ids": rev_ids(),
        },
        "example": {"wiki": "enwiki", "edits": [{"parent_text": "A river.", "text": "A river. HAHAHA"}]},
    })
}

fn edits_body() -> Value {
    json!({
        "type": "object",
        "required": ["wiki"],
        "additionalProperties": false,
        "properties": {
            "wiki": text(),
            "edits": {"type": "array", "minItems": 1, "maxItems": 256, "items": edit()},
            "rev_ids": rev_ids(),
        },
    })
}

fn rev_ids() -> Value {
    json!({"type": "array", "minItems": 1, "maxItems": 256, "items": {"type": "integer", "minimum": 0}})
}

/// An edit as clients send it; docs/API.md says what each field is.
fn edit() -> Value {
    let id = || json!({"type": ["integer", "null"], "minimum": 0});
    let maybe = |kind: &str| json!({"type": [kind, "null"]});
    let time = || json!({"type": ["string", "null"], "format": "date-time"});
    let closed = |properties: Value| json!({"type": ["object", "null"], "additionalProperties": false, "properties": properties});
    let user = || {
        closed(json!({
            "name": maybe("string"), "is_anon": maybe("boolean"),
            "groups": {"type": ["array", "null"], "items": text()},
            "registered_at": time(), "edit_count": id(), "previous_edit_at": time(),
        }))
    };
    let mut edit = closed(json!({
        "rev_id": id(), "parent_text": maybe("string"), "text": maybe("string"),
        "text_hidden": maybe("boolean"), "comment": maybe("string"), "comment_hidden": maybe("boolean"),
        "minor": maybe("boolean"), "timestamp": time(), "user": user(),
        "page": closed(json!({
            "id": id(), "title": maybe("string"),
            "namespace": {"type": ["integer", "null"], "format": "int32"},
        })),
        "parent": closed(json!({
            "rev_id": id(), "timestamp": time(), "user": user(), "comment": maybe("string"),
            "text_hidden": maybe("boolean"),
        })),
        "features": {"type": ["object", "null"]},
    }));
    edit["type"] = "object".into();
    edit
}
