//! Bodies that nobody sends by accident.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use revscore::feature::GROUPS;
use revscore::model::Target;
use revscore::service::{App, Models};

use crate::support::{app, config, model_of, post, post_json, send, spam};

#[track_caller]
fn check(answer: &crate::support::Answer, status: u16, code: &str, message: &str) {
    assert_eq!(answer.code(), (status, code.to_owned()));
    let json = answer.json();
    assert!(
        json["error"]["message"]
            .as_str()
            .unwrap()
            .starts_with(message),
        "{json}"
    );
}

#[tokio::test]
async fn what_is_not_json_is_refused() {
    let app = app();
    for body in [
        "",
        "{",
        "wiki=enwiki",
        "{\"wiki\":\"enwiki\",\"edits\":[{]}",
        "{\"wiki\":\"\\ud800\",\"edits\":[]}",
    ] {
        check(
            &post(&app, body).await,
            400,
            "invalid_json",
            "expected JSON, got something else: ",
        );
    }
    let bytes = b"{\"wiki\":\"en\xffwiki\"}".to_vec();
    check(
        &post(&app, bytes).await,
        400,
        "invalid_json",
        "expected JSON in UTF-8, got other bytes at byte 11",
    );
}

#[tokio::test]
async fn json_of_another_shape_is_refused() {
    let app = app();
    let understood = "the request is not understood: ";
    for body in [
        json!(null),
        json!("enwiki"),
        json!({"edits": [spam()]}),
        json!({"wiki": "enwiki"}),
        json!({"wiki": 7, "edits": [spam()]}),
        json!({"wiki": "enwiki", "edits": {}}),
        json!({"wiki": "enwiki", "edits": [spam()], "explain": "yes"}),
        json!({"wiki": "enwiki", "edits": [spam()], "target": "reverted"}),
    ] {
        check(
            &post_json(&app, body).await,
            400,
            "invalid_request",
            understood,
        );
    }
}

#[tokio::test]
async fn deep_nesting_is_refused_or_skipped() {
    let app = app();
    let deep = format!("{}{}", "[".repeat(40_000), "]".repeat(40_000));
    let answer = post(&app, deep.clone()).await;
    assert_eq!(answer.status, 400);
    let answer = post(&app, format!(r#"{{"wiki":{deep},"edits":[]}}"#)).await;
    assert_eq!(answer.status, 400);
    for edit in [
        deep.clone(),
        format!(r#"{{"text":{deep}}}"#),
        format!(r#"{{"rev_id":1,"x":{deep}}}"#),
    ] {
        let answer = post(&app, format!(r#"{{"wiki":"enwiki","edits":[{edit}]}}"#)).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json()["scores"][0]["error"]["code"], "invalid_edit");
    }
}

#[tokio::test]
async fn large_bodies_are_refused_with_the_limit() {
    let app = app();
    let message = "expected a body of at most 100000 bytes, got a larger one";
    check(
        &post(&app, vec![b' '; 20 << 20]).await,
        413,
        "body_too_large",
        message,
    );
    check(
        &post(&app, vec![b' '; 100_001]).await,
        413,
        "body_too_large",
        message,
    );
    check(
        &post(&app, vec![b' '; 100_000]).await,
        400,
        "invalid_json",
        "",
    );
    let asking = Request::post("/api/v1/score")
        .header("expect", "100-continue")
        .header("content-length", "100001");
    check(
        &send(&app, asking.body(Body::empty()).unwrap()).await,
        413,
        "body_too_large",
        message,
    );
}

#[tokio::test]
async fn compressed_bodies_are_refused() {
    let request = Request::post("/api/v1/score").header("content-encoding", "gzip");
    let answer = send(&app(), request.body(Body::from("x")).unwrap()).await;
    check(
        &answer,
        415,
        "unsupported_encoding",
        "expected a body without content encoding",
    );
}

#[tokio::test]
async fn odd_texts_are_scored_by_every_feature() {
    let names: Vec<&str> = GROUPS
        .iter()
        .flat_map(|group| group.features)
        .map(|feature| feature.name)
        .collect();
    let models = Models::new([model_of("enwiki", Target::Reverted, &names, 0.01)]);
    let app = App::new(models, &config()).unwrap();
    let texts = [
        "",
        "\0",
        "\u{202e}",
        "\u{feff}",
        "{{",
        "[[",
        "[http://",
        "<ref",
        "<!--",
        "''",
        "==",
        "|-\n",
        "e\u{301}",
        "\u{1f468}\u{200d}\u{1f469}",
        "\r\n",
        "\u{10ffff}",
        "日本",
        "ß",
    ];
    let edits: Vec<_> = texts
        .iter()
        .flat_map(|text| {
            let long = text.repeat(300);
            [
                json!({"text": long}),
                json!({"parent_text": "x", "text": long, "comment": text, "page": {"title": text}}),
                json!({"parent_text": long, "text": "", "user": {"name": text, "is_anon": true}}),
                json!({"parent": {"user": {"name": text}}, "parent_text": "x", "text": long, "timestamp": "-009999-01-02T01:59:59Z"}),
            ]
        })
        .collect();
    let request = json!({"wiki": "enwiki", "explain": true, "edits": edits});
    let answer = post_json(&app, request).await.json();
    for (score, edit) in answer["scores"].as_array().unwrap().iter().zip(&edits) {
        let reverted = &score["scores"]["reverted"];
        assert!(reverted["probability"].is_f64(), "{edit}: {score}");
        let reasons = reverted["explanation"].as_array().unwrap();
        assert!(reasons.len() <= 10 && reasons.iter().all(|reason| !reason["share"].is_null()));
    }
}
