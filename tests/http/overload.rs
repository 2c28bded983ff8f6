//! More requests than the service can answer.

use axum::body::Body;
use revscore::service::{App, Config};
use serde_json::json;

use crate::support::{config, correction, get, models, occupy, post, post_json, spam};

async fn metrics(app: &App) -> String {
    String::from_utf8(get(app, "/metrics").await.body.to_vec()).unwrap()
}

#[tokio::test]
async fn a_full_queue_is_answered_at_once_with_when_to_come_back() {
    let app = App::new(
        models(),
        &Config {
            threads: 1,
            queue: 2,
            ..config()
        },
    )
    .unwrap();
    let release = occupy(&app).await;
    let request = || json!({"wiki": "enwiki", "edits": [spam(), correction()]});
    let waiting = tokio::spawn({
        let app = app.clone();
        async move { post_json(&app, request()).await }
    });
    while app.pool().n_waiting() < 2 {
        tokio::task::yield_now().await;
    }
    let refused = post_json(&app, request()).await;
    assert_eq!(refused.code(), (503, "overloaded".into()));
    assert_eq!(refused.headers["retry-after"], "1");
    assert_eq!(get(&app, "/readyz").await.status, 200);
    let counted = metrics(&app).await;
    assert!(
        counted.contains("revscore_rejected_total{reason=\"queue_full\"} 1"),
        "{counted}"
    );
    assert!(counted.contains("revscore_waiting_edits 2"), "{counted}");
    drop(release);
    assert_eq!(waiting.await.unwrap().status, 200);
    assert_eq!(post_json(&app, request()).await.status, 200);
}

#[tokio::test]
async fn requests_beyond_the_limit_are_answered_before_they_are_read() {
    let app = App::new(
        models(),
        &Config {
            max_requests: 1,
            threads: 1,
            ..config()
        },
    )
    .unwrap();
    let release = occupy(&app).await;
    let waiting = tokio::spawn({
        let app = app.clone();
        async move { post_json(&app, json!({"wiki": "enwiki", "edits": [spam()]})).await }
    });
    while app.pool().n_waiting() < 1 {
        tokio::task::yield_now().await;
    }
    let refused = post(&app, "not even JSON").await;
    assert_eq!(refused.code(), (503, "overloaded".into()));
    assert_eq!(refused.headers["retry-after"], "1");
    assert_eq!(get(&app, "/api/v1/models").await.status, 200);
    drop(release);
    assert_eq!(waiting.await.unwrap().status, 200);
    assert!(
        metrics(&app)
            .await
            .contains("revscore_rejected_total{reason=\"too_many_requests\"} 1")
    );
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_given_up() {
    let app = App::new(
        models(),
        &Config {
            timeout_ms: 5,
            threads: 1,
            ..config()
        },
    )
    .unwrap();
    let release = occupy(&app).await;
    let late = post_json(&app, json!({"wiki": "enwiki", "edits": [spam()]})).await;
    assert_eq!(late.code(), (504, "timeout".into()));
    drop(release);
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_given_up() {
    let app = App::new(
        models(),
        &Config {
            body_timeout_ms: 5,
            ..config()
        },
    )
    .unwrap();
    let never = Body::new(Pending);
    assert_eq!(post(&app, never).await.code(), (408, "body_timeout".into()));
}

/// A body of which nothing ever arrives.
struct Pending;

impl hyper::body::Body for Pending {
    type Data = axum::body::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Self::Data>, Self::Error>>> {
        std::task::Poll::Pending
    }
}
