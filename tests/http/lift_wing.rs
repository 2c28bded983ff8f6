//! Lift Wing's shapes: `enwiki-damaging:predict`, and the revert risk of saved and unsaved edits,
//! each with the errors of its family.

use serde_json::{Value, json};

use crate::ores::event;
use crate::support::{Asked, answers, get, post_to};
use crate::wiki::{Wiki, app_of};

#[tokio::test]
async fn models_are_listed_and_ready() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    let paths = [
        "/v1/models",
        "/v1/models/enwiki-damaging",
        "/v1/models/en-damaging",
        "/v1/models/revertrisk-language-agnostic",
        "/v1/models/enwiki-spam",
        "/v1/models/frwiki-damaging",
        "/v1/models/damaging",
    ];
    insta::assert_json_snapshot!(answers(&app, paths.map(Into::into)).await);
}

#[tokio::test]
async fn a_revision_is_scored_in_the_shape_of_ores() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    let damaging = "/v1/models/enwiki-damaging:predict";
    let rows: [Asked; 7] = [
        (damaging, json!({"rev_id": 1512})).into(),
        (damaging, json!({"rev_id": 1512, "extended_output": true})).into(),
        (damaging, json!({"event": event(false, "enwiki", 1512)})).into(),
        (
            damaging,
            json!({"event": event(true, "enwiki", 1512), "extended_output": true}),
        )
            .into(),
        (
            "/v1/models/enwiki-goodfaith:predict",
            json!({"rev_id": 1512}),
        )
            .into(),
        (
            "/v1/models/enwiki-reverted:predict",
            json!({"rev_id": 1510}),
        )
            .into(),
        (
            "/v1/models/dewiki-reverted:predict",
            json!({"rev_id": 1512}),
        )
            .into(),
    ];
    insta::assert_json_snapshot!(answers(&app, rows).await);
}

#[tokio::test]
async fn errors_are_texts() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    let damaging = "/v1/models/enwiki-damaging:predict";
    let of_revision = [1526, 1530, 1531, 1532, 1533, 1534, 1535, 1540]
        .map(|rev_id| (damaging, json!({"rev_id": rev_id})).into());
    let of_request: [Asked; 10] = [
        (damaging, json!({})).into(),
        (damaging, json!({"rev_id": "1512"})).into(),
        (damaging, json!({"rev_id": -1})).into(),
        (damaging, "rev_id=1512").into(),
        (damaging, "").into(),
        (
            damaging,
            json!({"event": {"$schema": "/mediawiki/user/create/1.0.0"}}),
        )
            .into(),
        (damaging, json!({"event": event(false, "dewiki", 1512)})).into(),
        ("/v1/models/enwiki-spam:predict", json!({"rev_id": 1512})).into(),
        (
            "/v1/models/frwiki-damaging:predict",
            json!({"rev_id": 1512}),
        )
            .into(),
        (
            "/v1/models/enwiki-damaging:explain",
            json!({"rev_id": 1512}),
        )
            .into(),
    ];
    insta::assert_json_snapshot!(answers(&app, of_revision.into_iter().chain(of_request)).await);
}

/// The extension knows a revision that is not there by these words.
#[tokio::test]
async fn a_revision_that_is_not_there_is_told_in_the_words_that_clients_look_for() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    let words = "The MW API does not have any info related to the rev-id";
    for rev_id in [1526, 1534] {
        let path = "/v1/models/enwiki-damaging:predict";
        let answer = post_to(&app, path, json!({"rev_id": rev_id}).to_string()).await;
        assert_eq!(answer.status, 400);
        let answer = answer.json();
        assert!(
            answer["error"].as_str().unwrap().starts_with(words),
            "{answer}"
        );
    }
}

const RISK: &str = "/v1/models/revertrisk-language-agnostic:predict";

fn instance(rev_id: u64) -> Value {
    json!({"rev_id": rev_id, "lang": "en"})
}

#[tokio::test]
async fn the_risk_of_saved_edits_is_told_one_by_one_and_twenty_at_a_time() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    let several =
        json!({"instances": [instance(1512), instance(1526), instance(1510), instance(1511)]});
    let rows: [Asked; 6] = [
        (RISK, instance(1512)).into(),
        ("/v1/models/revertrisk-multilingual:predict", instance(1512)).into(),
        (RISK, json!({"rev_id": 1512, "lang": "de"})).into(),
        (RISK, json!({"event": event(true, "enwiki", 1512)})).into(),
        (RISK, several).into(),
        (RISK, json!({"instances": [instance(1526)]})).into(),
    ];
    insta::assert_json_snapshot!(answers(&app, rows).await);
    let instances: Vec<Value> = (2000..2020).map(instance).collect();
    let n_calls = wiki.n_calls();
    let answer = post_to(&app, RISK, json!({"instances": instances}).to_string()).await;
    let answer = answer.json();
    let predictions = answer["predictions"].as_array().unwrap();
    let ids: Vec<&Value> = predictions.iter().map(|one| &one["revision_id"]).collect();
    assert_eq!(ids, (2000..2020).collect::<Vec<u64>>());
    assert_eq!(answer.get("errors"), None);
    assert_eq!(wiki.n_calls(), n_calls + 2);
}

#[tokio::test]
async fn errors_of_the_risk_are_details() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    let with = |language: &str| json!({"rev_id": 1512, "lang": language});
    let many: Vec<Value> = (2000..2021).map(instance).collect();
    let of_revision =
        [1510, 1526, 1530, 1531, 1532, 1533, 1535, 1540].map(|id| (RISK, instance(id)).into());
    let of_request: [Asked; 13] = [
        (RISK, with("enwiki")).into(),
        (RISK, with("tlh")).into(),
        (RISK, json!({"rev_id": 1512})).into(),
        (RISK, json!({"lang": "en"})).into(),
        (RISK, json!({"rev_id": "1512", "lang": "en"})).into(),
        (RISK, "{").into(),
        (RISK, json!({"instances": many})).into(),
        (RISK, json!({"instances": []})).into(),
        (RISK, json!({"instances": {}})).into(),
        (RISK, json!({"instances": [with("en"), with("de")]})).into(),
        (RISK, json!({"instances": [with("en"), {"rev_id": 1512}]})).into(),
        (RISK, json!({"event": event(true, "wikidatawiki", 1512)})).into(),
        (RISK, json!({"event": {}})).into(),
    ];
    let answers = answers(&app, of_revision.into_iter().chain(of_request)).await;
    for row in answers
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["body"]["predictions"].is_null())
    {
        assert!(row["body"]["detail"].is_string(), "{row}");
    }
    insta::assert_json_snapshot!(answers);
}

fn unsaved() -> Value {
    json!({
        "id": -1, "lang": "en", "text": "A river. [http://watches.example watches]",
        "timestamp": "2026-01-31T12:00:00Z", "bytes": 41, "comment": "",
        "page": {"id": 1, "title": "Danube", "first_edit_timestamp": "2004-01-01T00:00:00Z"},
        "parent": {
            "id": 7, "lang": "en", "text": "A river.", "timestamp": "2026-01-30T12:00:00Z", "bytes": 8,
            "comment": "begun",
        },
        "user": {"id": 0},
    })
}

#[tokio::test]
async fn an_edit_that_is_not_saved_is_scored_by_its_text() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    let twin = "/v1/models/revertrisk-language-agnostic-pre-save:predict";
    let change = |field: &str, value: Value| {
        let mut data = unsaved();
        data[field] = value;
        json!({"revision_data": data})
    };
    let whole = json!({"revision_data": unsaved()});
    let rows: [Asked; 11] = [
        (RISK, whole.clone()).into(),
        (twin, whole).into(),
        (twin, change("user", json!({"id": 7}))).into(),
        (twin, change("user", Value::Null)).into(),
        (twin, change("parent", Value::Null)).into(),
        (twin, change("lang", json!("tlh"))).into(),
        (twin, change("text", Value::Null)).into(),
        (twin, change("text", json!("x".repeat(10_001)))).into(),
        (twin, change("timestamp", json!("yesterday"))).into(),
        (twin, json!({"revision_data": []})).into(),
        (twin, instance(1512)).into(),
    ];
    let mut answers = answers(&app, rows).await;
    for row in answers.as_array_mut().unwrap() {
        let shown = row["request"].as_str().unwrap().chars().take(80);
        row["request"] = shown.collect::<String>().into();
    }
    insta::assert_json_snapshot!(answers);
    assert_eq!(wiki.n_calls(), 0);
}

#[tokio::test]
async fn the_type_of_a_body_does_not_matter() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json",
    ] {
        let request = axum::http::Request::post("/v1/models/enwiki-damaging:predict")
            .header("content-type", content_type)
            .header(
                "host",
                "enwiki-damaging.revscoring-editquality-damaging.wikimedia.org",
            );
        let request = request
            .body(axum::body::Body::from(r#"{"rev_id": 1512}"#))
            .unwrap();
        assert_eq!(crate::support::send(&app, request).await.status, 200);
    }
    assert_eq!(
        get(&app, "/v1/models/enwiki-damaging:predict").await.status,
        404
    );
}
