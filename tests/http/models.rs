//! `GET /api/v1/models...`.

use axum::body::Body;
use axum::http::Request;

use crate::support::{app, get, send, without_versions};

#[tokio::test]
async fn models_are_listed_with_their_figures() {
    insta::assert_json_snapshot!(without_versions(get(&app(), "/api/v1/models").await.json()));
}

#[tokio::test]
async fn a_card_says_what_the_model_is() {
    let card = get(&app(), "/api/v1/models/enwiki/reverted").await.json();
    assert_eq!(
        (&card["name"], &card["target"]),
        (&"enwiki.reverted".into(), &"reverted".into())
    );
    assert_eq!(card["importance"][0]["feature"], "links.added");
    assert_eq!(card["levels"][0]["name"], "review");
}

#[tokio::test]
async fn a_wiki_without_a_model_is_told_of_the_one_for_any_wiki() {
    let card = get(&app(), "/api/v1/models/papwiki/reverted").await.json();
    assert_eq!(card["name"], "any.reverted");
}

#[tokio::test]
async fn the_caught_table_has_a_row_for_each_recall() {
    let table = get(&app(), "/api/v1/models/enwiki/reverted/caught")
        .await
        .json();
    let review = table["groups"][0]["review"].as_array().unwrap();
    let targets: Vec<f64> = review
        .iter()
        .map(|row| row["target"].as_f64().unwrap())
        .collect();
    assert_eq!(targets, [0.5, 0.75, 0.9, 0.95, 0.99]);
}

#[tokio::test]
async fn a_threshold_is_asked_by_what_it_should_do() {
    let path = "/api/v1/models/enwiki/reverted/caught?at=maximum+filter_rate+@+recall+%3E%3D+0.75";
    insta::assert_json_snapshot!(without_versions(get(&app(), path).await.json()));
}

#[tokio::test]
async fn a_threshold_that_cannot_be_reached_is_null() {
    let path =
        "/api/v1/models/enwiki/reverted/caught?at=maximum%20recall%20@%20precision%20%3E=%201.1";
    let answer = get(&app(), path).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["threshold"], serde_json::Value::Null);
    assert_eq!(answer.json()["query"], "maximum recall @ precision >= 1.1");
}

#[track_caller]
fn check(answer: &crate::support::Answer, status: u16, code: &str, message: &str) {
    assert_eq!(answer.code(), (status, code.to_owned()));
    let json = answer.json();
    assert!(
        json["error"]["message"].as_str().unwrap().contains(message),
        "{json}"
    );
}

#[tokio::test]
async fn what_is_not_there_or_not_understood_is_said() {
    let app = app();
    let bad_query = get(&app, "/api/v1/models/enwiki/reverted/caught?at=recall").await;
    check(
        &bad_query,
        400,
        "invalid_query",
        "such as \"maximum filter_rate @ recall >= 0.75\", got \"recall\"",
    );
    let misspelt = get(&app, "/api/v1/models/enwiki/reverted/caught?att=x").await;
    check(
        &misspelt,
        400,
        "invalid_request",
        "unknown field `att`, expected `at`",
    );
    let misplaced = get(&app, "/api/v1/models/enwiki/reverted?at=x").await;
    check(
        &misplaced,
        400,
        "invalid_request",
        "?at= is answered by /api/v1/models/enwiki/reverted/caught",
    );
    let target = get(&app, "/api/v1/models/enwiki/spam").await;
    check(
        &target,
        400,
        "unknown_target",
        "expected reverted, vandalism, damaging or goodfaith, got \"spam\"",
    );
    let model = get(&app, "/api/v1/models/dewiki/damaging/caught").await;
    check(
        &model,
        404,
        "model_not_found",
        "no model scores damaging for \"dewiki\"; there are any.reverted, ",
    );
    let bytes = get(&app, "/api/v1/models/%ff/reverted").await;
    check(&bytes, 400, "invalid_request", "");
}

#[tokio::test]
async fn caches_are_told_by_a_tag_that_nothing_has_changed() {
    let app = app();
    for path in [
        "/api/v1/models",
        "/api/v1/models/enwiki/reverted",
        "/api/v1/models/enwiki/reverted/caught",
    ] {
        let first = get(&app, path).await;
        assert_eq!(first.headers["cache-control"], "public, max-age=300");
        let ask = |tags: String| {
            Request::get(path)
                .header("if-none-match", tags)
                .body(Body::empty())
                .unwrap()
        };
        let tag = first.headers["etag"].to_str().unwrap();
        let again = send(&app, ask(format!("\"other\", W/{tag}"))).await;
        assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
        assert_eq!(again.headers["etag"], tag);
        assert_eq!(send(&app, ask("\"other\"".to_owned())).await.status, 200);
    }
}
