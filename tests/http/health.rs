//! `/`, `/healthz`, `/readyz`, `/metrics`, and addresses where nothing is.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::support::{app, get, post_to, send, without_versions};

#[tokio::test]
async fn the_root_names_the_routes() {
    insta::assert_json_snapshot!(without_versions(get(&app(), "/").await.json()));
}

#[tokio::test]
async fn a_running_service_is_alive_and_ready() {
    let app = app();
    assert_eq!(get(&app, "/healthz").await.body, r#"{"status":"ok"}"#);
    assert_eq!(get(&app, "/readyz").await.body, r#"{"status":"ready"}"#);
}

#[tokio::test]
async fn nothing_is_json_too() {
    let app = app();
    for path in ["/nothing", "/v4/models", "/v5", "/api/v1", "/api/v1/score/"] {
        assert_eq!(
            get(&app, path).await.code(),
            (404, "not_found".into()),
            "{path}"
        );
    }
    let wrong = get(&app, "/api/v1/score").await;
    assert_eq!(wrong.code(), (405, "method_not_allowed".into()));
    assert_eq!(wrong.headers["allow"], "POST");
    let wrong = send(
        &app,
        Request::post("/api/v1/models").body(Body::empty()).unwrap(),
    )
    .await;
    assert_eq!(wrong.code(), (405, "method_not_allowed".into()));
    assert_eq!(wrong.headers["allow"], "GET,HEAD");
}

#[tokio::test]
async fn metrics_count_routes_and_never_paths() {
    let app = app();
    get(&app, "/some/secret/path").await;
    get(&app, "/api/v1/models/enwiki/reverted").await;
    let answer = get(&app, "/metrics").await;
    assert_eq!(
        answer.headers["content-type"],
        "text/plain; version=0.0.4; charset=utf-8"
    );
    let metrics = String::from_utf8(answer.body.to_vec()).unwrap();
    assert!(
        metrics.contains(
            "revscore_requests_total{dialect=\"operation\",route=\"unmatched\",status=\"404\"} 1"
        ),
        "{metrics}"
    );
    let card = "revscore_requests_total{dialect=\"api\",route=\"/api/v1/models/{wiki}/{target}\",status=\"200\"} 1";
    assert!(metrics.contains(card), "{metrics}");
    assert!(!metrics.contains("secret"));
}

#[tokio::test]
async fn edits_too_large_for_a_fine_diff_are_counted() {
    let app = app();
    for (n_words, expected) in [(10, 0), (4_500, 1)] {
        let text = |word: &str| format!("{word},").repeat(n_words);
        let edit = json!({"parent_text": text("a"), "text": text("b")});
        let body = json!({"wiki": "enwiki", "edits": [edit]}).to_string();
        post_to(&app, "/api/v1/score", body).await.json();
        let metrics = get(&app, "/metrics").await.body;
        let metrics = String::from_utf8(metrics.to_vec()).unwrap();
        let line = format!("revscore_coarse_diffs_total {expected}\n");
        assert!(metrics.contains(&line), "{metrics}");
    }
}
