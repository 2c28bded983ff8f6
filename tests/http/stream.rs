//! `POST /api/v1/score/stream`: a line in, a line out, in the same order, whatever is on it; and how a
//! stream ends that cannot go on.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Request;
use revscore::service::{App, Config, router};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tower::ServiceExt as _;

use crate::support::{config, correction, post_json, post_to, spam};
use crate::wiki::{ClosedWiki, Wiki, app_of, app_with};

const STREAM: &str = "/api/v1/score/stream?wiki=enwiki";

async fn lines(app: &App, path: &str, body: impl Into<Body>) -> Vec<Value> {
    let answer = post_to(app, path, body).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["content-type"], "application/x-ndjson");
    let lines = answer.body.split(|byte| *byte == b'\n');
    let lines = lines.filter(|line| !line.is_empty());
    lines
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

#[tokio::test]
async fn texts_and_ids_are_scored_in_the_order_of_their_lines() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    let id = |id: u64| json!({"rev_id": id});
    let sent = [
        id(1512),
        id(1526),
        spam(),
        correction(),
        id(1511),
        json!([]),
        id(1530),
    ];
    let body: Vec<String> = sent.iter().map(Value::to_string).collect();
    let streamed = lines(&app, STREAM, body.join("\n")).await;
    let ask = async |body: Value| post_json(&app, body).await.json()["scores"].clone();
    let texts = ask(json!({"wiki": "enwiki", "edits": [spam(), correction(), []]})).await;
    let ids = ask(json!({"wiki": "enwiki", "rev_ids": [1512, 1526, 1511, 1530]})).await;
    let expected = [
        &ids[0], &ids[1], &texts[0], &texts[1], &ids[2], &texts[2], &ids[3],
    ];
    assert_eq!(streamed.iter().collect::<Vec<_>>(), expected);
    assert_eq!(streamed[1]["error"]["code"], "revision_not_found");
}

#[tokio::test]
async fn a_line_that_is_not_understood_costs_its_own_answer() {
    let app = app_of(ClosedWiki::new().address);
    let body = format!(
        "{}\n\nnot JSON\n  \r\n{{\"rev_id\":\"x\"}}\r\n{}\n",
        spam(),
        spam()
    );
    let answers = lines(&app, STREAM, body).await;
    let codes: Vec<&Value> = answers.iter().map(|line| &line["error"]["code"]).collect();
    assert_eq!(
        codes,
        [
            &Value::Null,
            &json!("invalid_edit"),
            &json!("invalid_edit"),
            &Value::Null
        ]
    );
}

#[tokio::test]
async fn what_is_asked_of_all_lines_stands_in_the_address() {
    let app = app_of(ClosedWiki::new().address);
    let path = format!("{STREAM}&targets=reverted&explain&without=author");
    let answers = lines(&app, &path, spam().to_string()).await;
    assert!(
        answers[0]["scores"]["reverted"]["explanation"].is_array(),
        "{answers:?}"
    );
    for (path, code) in [
        ("/api/v1/score/stream", "invalid_request"),
        ("/api/v1/score/stream?wiki=enwiki&x=1", "invalid_request"),
        (
            "/api/v1/score/stream?wiki=enwiki&targets=spam",
            "unknown_target",
        ),
    ] {
        assert_eq!(post_to(&app, path, "").await.code(), (400, code.to_owned()));
    }
    for (path, status, code) in [
        (
            "/api/v1/score/stream?wiki=enwiki&targets=damaging",
            404,
            "model_not_found",
        ),
        (
            "/api/v1/score/stream?wiki=enwiki&without=x",
            400,
            "unknown_group",
        ),
    ] {
        let answer = post_to(&app, path, spam().to_string()).await;
        assert_eq!(answer.code(), (status, code.to_owned()));
    }
    // Known only once there is an id.
    let unknown = lines(&app, "/api/v1/score/stream?wiki=frwiki", "{\"rev_id\":1}").await;
    assert_eq!(unknown[0]["error"]["code"], "wiki_not_found");
    assert_eq!(lines(&app, STREAM, "").await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_line_without_end_ends_the_stream() {
    let app = app_of(ClosedWiki::new().address);
    let body = format!("{}\n{}", spam(), "x".repeat(200_000));
    let answers = lines(&app, STREAM, body).await;
    assert_eq!(answers.last().unwrap()["error"]["code"], "body_too_large");
    assert!(answers.len() <= 2, "{answers:?}");
}

/// A stream that is fed line by line.
struct Feed(mpsc::UnboundedSender<Result<Bytes, std::io::Error>>);

impl Feed {
    fn new() -> (Self, Body) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let stream = futures_util::stream::unfold(receiver, |mut receiver| async move {
            Some((receiver.recv().await?, receiver))
        });
        (Self(sender), Body::from_stream(stream))
    }

    fn send(&self, line: &str) {
        self.0.send(Ok(Bytes::from(line.to_owned()))).unwrap();
    }
}

async fn begin(app: &App, body: Body) -> axum::body::BodyDataStream {
    let request = Request::post(STREAM).body(body).unwrap();
    let response = router(app.clone()).oneshot(request).await.unwrap();
    response.into_body().into_data_stream()
}

async fn next(stream: &mut axum::body::BodyDataStream) -> Option<String> {
    use futures_util::StreamExt as _;
    let next = tokio::time::timeout(Duration::from_secs(60), stream.next());
    let bytes = next.await.expect("an answer within a minute")?;
    Some(String::from_utf8(bytes.unwrap().to_vec()).unwrap())
}

#[tokio::test]
async fn a_line_is_answered_before_the_next_is_sent() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    let (feed, body) = Feed::new();
    let mut stream = begin(&app, body).await;
    for (part, expected) in [
        ("{\"rev_id\":1512}\n", "\"rev_id\":1512,\"scores\""),
        ("{\"rev_id\":1511}\n{\"rev_", "\"rev_id\":1511,\"scores\""),
        ("id\":1526}\n", "\"revision_not_found\""),
    ] {
        feed.send(part);
        let answer = next(&mut stream).await.unwrap();
        assert!(answer.contains(expected), "{answer}");
        assert_eq!(answer.matches('\n').count(), 1, "{answer}");
    }
    drop(feed);
    assert_eq!(next(&mut stream).await, None);
}

#[tokio::test]
async fn a_stream_that_stalls_or_breaks_ends_with_a_word() {
    let config = Config {
        header_timeout_ms: 20,
        ..config()
    };
    let app = app_with(ClosedWiki::new().address, json!({}), config);
    let (_feed, body) = Feed::new();
    let mut stream = begin(&app, body).await;
    assert!(
        next(&mut stream)
            .await
            .unwrap()
            .contains("\"body_timeout\"")
    );
    assert_eq!(next(&mut stream).await, None);
    let (feed, body) = Feed::new();
    feed.0.send(Err(std::io::Error::other("broken"))).unwrap();
    let mut stream = begin(&app, body).await;
    assert!(
        next(&mut stream)
            .await
            .unwrap()
            .contains("\"incomplete_body\"")
    );
    assert_eq!(next(&mut stream).await, None);
}

#[tokio::test]
async fn a_stream_waits_for_its_wiki_no_longer_than_a_request() {
    let wiki = Wiki::start().await;
    wiki.always(crate::wiki::Reply::Hang);
    let config = Config {
        timeout_ms: 100,
        ..config()
    };
    let app = app_with(wiki.address, json!({}), config);
    let (feed, body) = Feed::new();
    let mut stream = begin(&app, body).await;
    feed.send("{\"rev_id\":1512}\n");
    let answer = next(&mut stream).await.unwrap();
    assert!(answer.contains("\"wiki_timeout\""), "{answer}");
    // It goes on: the next line has a deadline of its own.
    feed.send(&format!("{}\n", spam()));
    let answer = next(&mut stream).await.unwrap();
    assert!(answer.contains("\"scores\""), "{answer}");
}

/// Streams that say nothing take the places of streams, and no others.
#[tokio::test]
async fn idle_streams_keep_out_no_request() {
    let config = Config {
        max_requests: 4,
        ..config()
    };
    let app = app_with(ClosedWiki::new().address, json!({}), config);
    let (first, body) = Feed::new();
    let mut stream = begin(&app, body).await;
    let (_second, body) = Feed::new();
    let _idle = begin(&app, body).await;
    let refused = post_to(&app, STREAM, "").await;
    assert_eq!(refused.code(), (503, "overloaded".to_owned()));
    assert_eq!(refused.headers["retry-after"], "1");
    let scored = post_json(&app, json!({"wiki": "enwiki", "edits": [spam()]})).await;
    assert_eq!(scored.status, 200);
    drop(first);
    assert_eq!(next(&mut stream).await, None);
    drop(stream);
    assert_eq!(post_to(&app, STREAM, "").await.status, 200);
}

/// Bytes that make no line are no sign of life.
#[tokio::test]
async fn a_stream_of_spaces_stalls() {
    let config = Config {
        header_timeout_ms: 50,
        ..config()
    };
    let app = app_with(ClosedWiki::new().address, json!({}), config);
    let (feed, body) = Feed::new();
    let mut stream = begin(&app, body).await;
    let feeding = tokio::spawn(async move {
        while feed.0.send(Ok(Bytes::from_static(b" "))).is_ok() {
            tokio::task::yield_now().await;
        }
    });
    let last = next(&mut stream).await.unwrap();
    assert!(last.contains("\"body_timeout\""), "{last}");
    drop(stream);
    feeding.await.unwrap();
}

#[tokio::test]
async fn a_compressed_stream_is_refused() {
    let app = app_of(ClosedWiki::new().address);
    let request = Request::post(STREAM).header("content-encoding", "gzip");
    let response = router(app).oneshot(request.body(Body::empty()).unwrap());
    assert_eq!(response.await.unwrap().status(), 415);
}
