//! `POST /api/v1/score?without=`, and `features` of an edit: what the score would be.

use revscore::model::Target;
use revscore::service::{App, Models};
use serde_json::{Value, json};

use crate::support::{config, correction, get, model, model_of, post_to, spam};

/// A service with a model that minds links and anonymous authors, and one that minds links alone.
fn app() -> App {
    let columns = ["author.is_anonymous", "links.added"];
    let models = Models::new([
        model_of("enwiki", Target::Reverted, &columns, 2.0),
        model("enwiki", Target::Goodfaith),
    ]);
    App::new(models, &config()).unwrap()
}

async fn ask(app: &App, query: &str, without: Value, edit: Value) -> Value {
    let body = json!({"wiki": "enwiki", "explain": true, "without": without, "edits": [edit]});
    let path = format!("/api/v1/score{query}");
    post_to(app, &path, body.to_string()).await.json()
}

fn with_features(mut edit: Value, features: Value) -> Value {
    edit["features"] = features;
    edit
}

fn probability(answer: &Value, target: &str) -> f64 {
    answer["scores"][0]["scores"][target]["probability"]
        .as_f64()
        .unwrap_or_else(|| panic!("{answer}"))
}

#[tokio::test]
async fn scores_without_the_author_are_those_of_an_edit_without_one() {
    let app = app();
    let mut nobodys = spam();
    nobodys["user"] = Value::Null;
    let expected = ask(&app, "", Value::Null, nobodys).await;
    let own = ask(&app, "", Value::Null, spam()).await;
    assert!(own["models"]["reverted"].get("without").is_none(), "{own}");
    for (query, without) in [
        ("?without=user", Value::Null),
        ("", json!(["user"])),
        ("?without=author,name", json!(["user"])),
    ] {
        let answer = ask(&app, query, without, spam()).await;
        for target in ["reverted", "goodfaith"] {
            assert_eq!(probability(&answer, target), probability(&expected, target));
        }
        assert!(probability(&answer, "reverted") < probability(&own, "reverted"));
        let without = |target: &str| answer["models"][target]["without"].clone();
        assert_eq!(without("reverted"), json!(["author.is_anonymous"]));
        assert_eq!(without("goodfaith"), json!([]));
    }
}

#[tokio::test]
async fn an_edits_features_can_be_set_and_what_was_set_is_said() {
    let app = app();
    let plain = ask(&app, "", Value::Null, correction()).await;
    assert!(
        plain["scores"][0]["scores"]["reverted"]
            .get("overridden")
            .is_none()
    );
    let features = json!({"links.added": 1, "author.is_anonymous": true, "author.age": null});
    let answer = ask(&app, "", Value::Null, with_features(correction(), features)).await;
    let expected = ask(&app, "", Value::Null, spam()).await;
    for target in ["reverted", "goodfaith"] {
        assert_eq!(probability(&answer, target), probability(&expected, target));
    }
    let overridden =
        |answer: &Value, target: &str| answer["scores"][0]["scores"][target]["overridden"].clone();
    assert_eq!(
        overridden(&answer, "reverted"),
        json!({"author.is_anonymous": 1.0, "links.added": 1.0})
    );
    assert_eq!(
        overridden(&answer, "goodfaith"),
        json!({"links.added": 1.0})
    );
    // What is set outranks what is left out, and null sets a missing value.
    let features = json!({"author.is_anonymous": true, "links.added": null});
    let answer = ask(
        &app,
        "?without=user",
        Value::Null,
        with_features(spam(), features),
    )
    .await;
    assert_eq!(
        overridden(&answer, "reverted"),
        json!({"author.is_anonymous": 1.0, "links.added": null})
    );
    let explanation = &answer["scores"][0]["scores"]["reverted"]["explanation"];
    assert_eq!(explanation[0]["feature"], "author.is_anonymous");
    assert_eq!(explanation.as_array().unwrap().len(), 1, "{explanation}");
}

#[tokio::test]
async fn what_would_be_is_not_counted_as_a_score() {
    let app = app();
    ask(&app, "?without=user", Value::Null, spam()).await;
    ask(
        &app,
        "",
        Value::Null,
        with_features(spam(), json!({"links.added": 0})),
    )
    .await;
    let metrics =
        || async { String::from_utf8(get(&app, "/metrics").await.body.to_vec()).unwrap() };
    assert!(!metrics().await.contains("revscore_scores_total{"));
    ask(&app, "", Value::Null, spam()).await;
    assert!(metrics().await.contains("revscore_scores_total{"));
}

#[tokio::test]
async fn what_is_not_known_is_said() {
    let app = app();
    let bad = [
        (
            json!({"author.is_anon": true}),
            "unknown_feature",
            "expected names of features such as author.is_anonymous in features, got \"author.is_anon\"",
        ),
        (
            json!({"author.age": "old"}),
            "invalid_feature_value",
            "expected true, false, a number or null as features.author.age, got a text",
        ),
    ];
    for (features, code, message) in bad {
        let answer = ask(&app, "", Value::Null, with_features(spam(), features)).await;
        let expected = json!({"code": code, "message": message});
        assert_eq!(answer["scores"][0]["error"], expected);
    }
    for (query, without) in [("?without=authors", Value::Null), ("", json!(["authors"]))] {
        let answer = ask(&app, query, without, spam()).await;
        assert_eq!(answer["error"]["code"], "unknown_group");
        let message = answer["error"]["message"].as_str().unwrap();
        let known = "expected groups of features as without (user, page, parent, ";
        assert!(message.starts_with(known), "{message}");
        assert!(message.ends_with("), got \"authors\""), "{message}");
    }
    let answer = ask(&app, "?witout=user", Value::Null, spam()).await;
    assert_eq!(
        answer["error"],
        json!({
            "code": "invalid_request",
            "message": "the request is not understood: its address: witout: unknown field `witout`, expected one of `without`, `explain`, `recorded`",
        })
    );
}

#[tokio::test]
async fn reasons_may_be_asked_for_in_the_address() {
    let app = app();
    let body = json!({"wiki": "enwiki", "edits": [spam()]}).to_string();
    for (query, is_explained) in [
        ("?explain", true),
        ("?explain=true", true),
        ("?without=user&explain=1", true),
        ("?explain=false", false),
        ("", false),
    ] {
        let path = format!("/api/v1/score{query}");
        let answer = post_to(&app, &path, body.clone()).await.json();
        let reasons = &answer["scores"][0]["scores"]["reverted"]["reasons"];
        assert_eq!(reasons.is_array(), is_explained, "{query}: {answer}");
    }
    let answer = post_to(&app, "/api/v1/score?explain=perhaps", body).await;
    assert_eq!(answer.json()["error"]["code"], "invalid_request");
}
