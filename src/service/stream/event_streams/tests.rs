//! Streams that come in pieces, end, fail, hang and say nothing, over real sockets.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use futures_util::{StreamExt as _, stream};
use serde_json::json;

use super::*;
use crate::service::stream::listening::Listening;

/// What a connection gets.
enum Reply {
    /// These pieces, then the end of the stream.
    Ends(&'static [&'static str]),
    /// These pieces, then a broken connection.
    Breaks(&'static [&'static str]),
    /// These pieces, then nothing.
    Hangs(&'static [&'static str]),
    /// No answer.
    Silence,
    Status(u16, Option<u32>),
    /// Another kind of content.
    Html,
    Redirect(String),
    /// Message after message of a kilobyte, counted as they are taken.
    Endless(Arc<AtomicUsize>),
}

#[derive(Clone, Default)]
struct Shared {
    replies: Arc<Mutex<VecDeque<Reply>>>,
    asked: Arc<Mutex<Vec<HeaderMap>>>,
}

/// A stream on a free port, which hangs when its replies are used up.
struct Server {
    shared: Shared,
    listening: Listening,
}

impl Server {
    async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let shared = Shared::default();
        shared.replies.lock().unwrap().extend(replies);
        let router = Router::new().fallback(reply).with_state(shared.clone());
        let listening = Listening::start(router).await;
        Self { shared, listening }
    }

    /// A source that waits for milliseconds where others wait for seconds.
    fn source(&self) -> EventStream {
        let config = json!({"url": format!("http://{}/v2/stream", self.listening.address), "user_agent": "tests (a@b.example)"});
        let mut source = EventStream::new(&serde_json::from_value(config).unwrap()).unwrap();
        source.pace = Pace {
            first: Duration::from_millis(1),
            longest: Duration::from_millis(4),
            idle: Duration::from_millis(200),
        };
        source
    }

    /// The header of each request that says where to go on.
    fn last_ids(&self) -> Vec<Option<String>> {
        let asked = self.shared.asked.lock().unwrap();
        let ids = asked.iter().map(|headers| {
            let id = headers.get("last-event-id");
            id.map(|id| id.to_str().unwrap().to_owned())
        });
        ids.collect()
    }
}

async fn reply(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    shared.asked.lock().unwrap().push(headers);
    let reply = shared.replies.lock().unwrap().pop_front();
    let pieces = |pieces: &'static [&'static str]| {
        let pieces =
            stream::iter(pieces).map(|piece| Ok::<_, &str>(Bytes::from_static(piece.as_bytes())));
        // Each piece arrives by itself.
        pieces.then(async |piece| {
            tokio::task::yield_now().await;
            piece
        })
    };
    let of_kind = |body| {
        (
            [(header::CONTENT_TYPE, "text/event-stream; charset=utf-8")],
            body,
        )
            .into_response()
    };
    match reply.unwrap_or(Reply::Hangs(&[])) {
        Reply::Ends(all) => of_kind(Body::from_stream(pieces(all))),
        Reply::Breaks(all) => {
            let end = stream::iter([Err("broken")]);
            of_kind(Body::from_stream(pieces(all).chain(end)))
        }
        Reply::Hangs(all) => of_kind(Body::from_stream(pieces(all).chain(stream::pending()))),
        Reply::Silence => std::future::pending().await,
        Reply::Status(status, seconds) => {
            let status = StatusCode::from_u16(status).unwrap();
            match seconds {
                None => status.into_response(),
                Some(seconds) => {
                    (status, [(header::RETRY_AFTER, seconds.to_string())]).into_response()
                }
            }
        }
        Reply::Html => ([(header::CONTENT_TYPE, "text/html")], "data: x\n\n").into_response(),
        Reply::Redirect(to) => (StatusCode::FOUND, [(header::LOCATION, to)]).into_response(),
        Reply::Endless(n_taken) => {
            let message = Bytes::from(format!("id: 1\ndata: {}\n\n", "x".repeat(1_000)));
            of_kind(Body::from_stream(stream::repeat(()).map(move |()| {
                n_taken.fetch_add(1, Ordering::Relaxed);
                Ok::<_, &str>(message.clone())
            })))
        }
    }
}

fn received(payload: &str, position: &str) -> Received {
    Received {
        payload: payload.into(),
        position: position.to_owned(),
    }
}

/// Reads until so many messages came.
async fn read(source: &mut EventStream, n: usize) -> Vec<Received> {
    let mut all = Vec::new();
    while all.len() < n {
        all.extend(source.next(n - all.len()).await);
    }
    all
}

#[tokio::test]
async fn messages_come_with_their_positions() {
    let id = r#"[{"topic":"eqiad.mediawiki.page_change.v1","partition":0,"offset":7}]"#;
    let pieces = &[
        ": hello\n\nevent: message\nid: [{\"topic\":\"eqiad.mediawiki.page_change.v1\",",
        "\"partition\":0,\"offset\":7}]\ndata: {\"a\":1}\n",
        "\ndata: {\"b\"\ndata: :2}\n\nevent: error\ndata: x\n\nid: 8\ndata: c\n\n",
    ];
    let server = Server::start([Reply::Hangs(pieces)]).await;
    let mut source = server.source();
    let expected = [
        received("{\"a\":1}", id),
        received("{\"b\"\n:2}", id),
        received("c", "8"),
    ];
    assert_eq!(read(&mut source, 3).await, expected);
    assert_eq!(source.n_reconnects(), 0);
    let asked = server.shared.asked.lock().unwrap();
    assert_eq!(asked[0][header::ACCEPT], "text/event-stream");
    assert_eq!(asked[0][header::USER_AGENT], "tests (a@b.example)");
    assert!(!asked[0].contains_key("last-event-id"));
}

#[tokio::test]
async fn no_more_is_given_than_was_asked_for() {
    let pieces = &["data: a\n\ndata: b\n\ndata: c\n\n"];
    let server = Server::start([Reply::Hangs(pieces)]).await;
    let mut source = server.source();
    assert_eq!(source.next(2).await.len(), 2);
    // What else is there, without waiting for more.
    assert_eq!(source.next(100).await, [received("c", "")]);
    // Nobody asks for nothing.
    let server = Server::start([Reply::Hangs(pieces)]).await;
    assert_eq!(server.source().next(0).await, [received("a", "")]);
}

#[tokio::test]
async fn a_lost_stream_goes_on_behind_the_last_message() {
    let other = Server::start([]).await;
    let replies = [
        Reply::Ends(&["id: 1\ndata: a\n\nid: 2\ndata: half a mess"]),
        Reply::Breaks(&["id: 2\ndata: b\n\n", "id: 3\nda"]),
        Reply::Hangs(&["id: 3\ndata: c\n\nid: 4\n"]),
        Reply::Silence,
        Reply::Status(500, None),
        Reply::Status(429, Some(0)),
        Reply::Status(204, None),
        Reply::Html,
        Reply::Redirect(format!("http://{}/", other.listening.address)),
        Reply::Ends(&[]),
        Reply::Hangs(&["data: d\n\n"]),
    ];
    let server = Server::start(replies).await;
    let mut source = server.source();
    let expected = [
        received("a", "1"),
        received("b", "2"),
        received("c", "3"),
        received("d", "3"),
    ];
    assert_eq!(read(&mut source, 4).await, expected);
    assert_eq!(source.n_reconnects(), 10);
    let ids = server.last_ids();
    let ids: Vec<&str> = ids
        .iter()
        .map(|id| id.as_deref().unwrap_or("none"))
        .collect();
    let expected = ["none", "1", "2", "3", "3", "3", "3", "3", "3", "3", "3"];
    assert_eq!(ids, expected);
    // Nobody else was called.
    assert_eq!(other.last_ids(), []);
}

#[tokio::test]
async fn a_saved_position_is_sent_as_it_was() {
    let id = r#"[{"topic":"a","partition":0,"timestamp":1700000000000},{"topic":"b","partition":0,"offset":-1}]"#;
    for (position, expected) in [
        (Some(id.to_owned()), Some(id.to_owned())),
        (Some(String::new()), None),
        (None, None),
        // No header can hold it.
        (Some("a\nb".to_owned()), None),
    ] {
        let server = Server::start([Reply::Hangs(&["data: a\n\n"])]).await;
        let mut source = server.source();
        source.resume_from(position.clone());
        let position = position.unwrap_or_default();
        assert_eq!(source.next(1).await, [received("a", &position)]);
        assert_eq!(server.last_ids(), [expected]);
    }
}

#[tokio::test]
async fn a_stream_that_refuses_connections_is_asked_for_again() {
    let server = Server::start([]).await;
    let mut source = server.source();
    // Bound, so that nobody else has it, but nobody listens.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    source.url = format!("http://{address}/").parse().unwrap();
    for _ in 0..3 {
        source.ask().await;
    }
    assert_eq!((source.n_reconnects(), source.n_failed), (2, 3));
    let listener = socket.listen(8).unwrap();
    let shared = server.shared.clone();
    shared
        .replies
        .lock()
        .unwrap()
        .push_back(Reply::Hangs(&["data: a\n\n"]));
    let router = Router::new().fallback(reply).with_state(shared);
    let task = tokio::spawn(async move {
        let _ = axum::serve(listener, router).await;
    });
    assert_eq!(source.next(1).await, [received("a", "")]);
    assert_eq!(source.n_failed, 0);
    task.abort();
}

#[tokio::test]
async fn messages_that_are_too_large_are_counted() {
    let line: &'static str = ["data: ", &"x".repeat(sse::MAX_MESSAGE_BYTES), "\n\n"]
        .concat()
        .leak();
    let pieces: &'static [&'static str] = vec!["id: 1\n", line, "id: 2\ndata: b\n\n"].leak();
    let server = Server::start([Reply::Hangs(pieces)]).await;
    let mut source = server.source();
    assert_eq!(read(&mut source, 1).await, [received("b", "2")]);
    assert_eq!((source.n_too_large(), source.n_reconnects()), (1, 0));
}

#[tokio::test]
async fn a_stream_that_cannot_be_read_so_fast_waits() {
    let n_taken = Arc::new(AtomicUsize::new(0));
    let server = Server::start([Reply::Endless(Arc::clone(&n_taken))]).await;
    let mut source = server.source();
    let mut n_before = usize::MAX;
    assert_eq!(source.next(1).await.len(), 1);
    // Until the server finds no more room, be it in buffers of the system.
    while n_before != n_taken.load(Ordering::Relaxed) {
        n_before = n_taken.load(Ordering::Relaxed);
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
    }
    // 64 MB, which no buffer of a socket holds.
    assert!(n_before < 64_000, "{n_before}");
    assert!(source.chunk.len() < 1 << 20);
    assert_eq!(
        source.next(5_000).await.last(),
        Some(&received(&"x".repeat(1_000), "1"))
    );
}

#[tokio::test]
async fn nothing_is_lost_by_who_stops_waiting() {
    let server = Server::start([Reply::Hangs(&["data: a\n\nid: 1\n", "data: b\n\n"])]).await;
    let mut source = server.source();
    let mut all = Vec::new();
    while all.len() < 2 {
        // Polled once, then dropped.
        if let Some(received) = source.next(1).now_or_never() {
            all.extend(received);
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(all, [received("a", ""), received("b", "1")]);
    assert_eq!(source.n_reconnects(), 0);
}

#[tokio::test]
async fn who_says_when_to_come_back_is_believed() {
    let server = Server::start([]).await;
    let mut source = server.source();
    for (seconds, expected) in [(None, 0), (Some(7), 7), (Some(5_000), 120)] {
        source.give_up("a test", seconds.map(Duration::from_secs));
        let pause = source.not_before.unwrap() - Instant::now();
        let pause = pause.as_secs_f64().ceil() as u64;
        assert!((expected..=expected.max(1)).contains(&pause), "{pause}");
    }
}

#[test]
fn pauses_double_up_to_a_minute() {
    for (n_failed, retry_ms, expected_ms) in [
        (0, None, 1_000),
        (1, None, 2_000),
        (5, None, 32_000),
        (6, None, 60_000),
        (u32::MAX, None, 60_000),
        (0, Some(250), 250),
        (3, Some(250), 2_000),
        (0, Some(0), 0),
        (0, Some(u64::MAX), 60_000),
        (u32::MAX, Some(u64::MAX), 60_000),
    ] {
        let pause = PACE.pause(n_failed, retry_ms.map(Duration::from_millis));
        assert_eq!(pause.as_millis(), expected_ms, "{n_failed} {retry_ms:?}");
    }
}
