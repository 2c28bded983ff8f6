//! More requests than the service can answer.

use axum::body::Body;
use axum::http::Request;
use revscore::service::{App, Config};
use serde_json::{Value, json};

use crate::support::{
    Answer, config, correction, get, models, occupy, post, post_json, post_to, send, spam,
};
use crate::wiki::{Wiki, app_with};

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

/// One question for each shape of an error, with where its text stands.
fn questions() -> [(&'static str, Value, &'static str); 6] {
    let tensor = json!({"name": "rev_id", "shape": [1], "datatype": "INT64", "data": [1512]});
    let event = json!({"database": "enwiki", "rev_id": 1512});
    [
        (
            "/api/v1/score",
            json!({"wiki": "enwiki", "rev_ids": [1512]}),
            "/error/message",
        ),
        ("/v3/scores/enwiki/1512", json!({}), "/error/message"),
        ("/v3/precache", event, "/error/message"),
        (
            "/v1/models/enwiki-damaging:predict",
            json!({"rev_id": 1512}),
            "/error",
        ),
        (
            "/v1/models/revertrisk-language-agnostic:predict",
            json!({"rev_id": 1512, "lang": "en"}),
            "/detail",
        ),
        (
            "/v2/models/enwiki-damaging/infer",
            json!({"inputs": [tensor]}),
            "/error",
        ),
    ]
}

/// Asks as one client among several.
async fn ask(app: &App, path: &str, body: &Value) -> Answer {
    let request = Request::post(path).header("x-client-ip", "192.0.2.1");
    let request = request.header("content-type", "application/json");
    send(app, request.body(Body::from(body.to_string())).unwrap()).await
}

#[tokio::test]
async fn every_dialect_turns_away_in_its_own_shape() {
    let wiki = Wiki::start().await;
    let named = Config {
        max_client_requests: 1,
        client_header: Some("x-client-ip".parse().unwrap()),
        ..config()
    };
    for (config, status, words) in [
        (
            Config {
                max_requests: 1,
                ..config()
            },
            503,
            "the service is busy",
        ),
        (named, 429, "expected at most 1 open requests of one client"),
    ] {
        let app = app_with(wiki.address, json!({}), config);
        let n_calls = wiki.n_calls();
        let release = wiki.hold();
        let (path, body, _) = questions()[0].clone();
        let first = tokio::spawn({
            let app = app.clone();
            async move { ask(&app, path, &body).await }
        });
        wiki.called(n_calls + 1).await;
        for (path, body, place) in questions() {
            let refused = ask(&app, path, &body).await;
            let json = refused.json();
            assert_eq!(refused.status.as_u16(), status, "{path}: {json}");
            let text = json
                .pointer(place)
                .and_then(Value::as_str)
                .unwrap_or_default();
            assert!(text.starts_with(words), "{path}: {json}");
            assert_eq!(refused.headers["retry-after"], "1", "{path}");
        }
        // Streams have places of their own, but a client's share counts them too.
        let stream = ask(&app, "/api/v1/score/stream?wiki=enwiki", &json!({})).await;
        let expected = if status == 429 { 429 } else { 200 };
        assert_eq!(stream.status.as_u16(), expected);
        // Whoever asks only what the service is has no need to wait.
        for path in [
            "/api/v1/models",
            "/api/v1/thresholds/enwiki",
            "/v1/models",
            "/v2",
            "/readyz",
        ] {
            assert_eq!(get(&app, path).await.status, 200, "{path}");
        }
        drop(release);
        assert_eq!(first.await.unwrap().status, 200);
        for (path, body, _) in questions() {
            assert_eq!(ask(&app, path, &body).await.status, 200, "{path}");
        }
    }
}

#[tokio::test]
async fn every_dialect_gives_up_in_its_own_shape() {
    let wiki = Wiki::start().await;
    let config = Config {
        threads: 1,
        timeout_ms: 500,
        ..config()
    };
    let app = app_with(wiki.address, json!({}), config);
    let release = occupy(&app).await;
    for (path, body, place) in questions() {
        let late = post_to(&app, path, body.to_string()).await;
        let json = late.json();
        assert_eq!(late.status, 504, "{path}: {json}");
        let text = json
            .pointer(place)
            .and_then(Value::as_str)
            .unwrap_or_default();
        assert!(
            text.starts_with("the request was not scored within 500 ms"),
            "{path}: {json}"
        );
    }
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
