//! What is posted and what becomes of it, over real sockets.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::*;
use crate::service::stream::event::Event;
use crate::service::stream::event_gate::EventGate;
use crate::service::stream::listening::Listening;
use crate::service::stream::scored::{Said, TrueProbability};
use crate::service::stream::sink::Sink;
use crate::service::stream::webhook::Webhook;

/// What a call gets.
#[derive(Clone)]
enum Reply {
    Status(u16),
    /// 400 where one of these revisions is in the list, 200 otherwise; for ever.
    Refuses(&'static [u64]),
    /// The same as EventGate says it.
    Names(&'static [u64]),
    /// EventGate itself failed with some of it.
    Fails,
    Redirect(String),
    Silence,
}

#[derive(Clone, Default)]
struct Shared {
    replies: Arc<Mutex<VecDeque<Reply>>>,
    calls: Arc<Mutex<Vec<(HeaderMap, Value)>>>,
}

impl Shared {
    /// The next reply, 200 when they are used up.
    fn next(&self) -> Reply {
        let mut replies = self.replies.lock().unwrap();
        match replies.front() {
            Some(standing @ Reply::Refuses(_)) => standing.clone(),
            _ => replies.pop_front().unwrap_or(Reply::Status(200)),
        }
    }
}

/// An address that takes lists, on a free port.
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

    fn webhook(&self, special: Value) -> Webhook {
        let mut config =
            json!({"url": format!("http://{}/hook?key=secret", self.listening.address)});
        for (name, value) in special.as_object().unwrap() {
            config[name] = value.clone();
        }
        Webhook::new("hook", &serde_json::from_value(config).unwrap()).unwrap()
    }

    fn event_gate(&self) -> EventGate {
        let config = json!({"url": format!("http://{}/v1/events", self.listening.address)});
        EventGate::new("gate", &serde_json::from_value(config).unwrap()).unwrap()
    }

    /// The revisions of each list.
    fn lists(&self) -> Vec<Vec<u64>> {
        let calls = self.shared.calls.lock().unwrap();
        calls.iter().map(|(_, list)| revisions(list)).collect()
    }
}

fn revisions(list: &Value) -> Vec<u64> {
    let events = list.as_array().unwrap().iter();
    let ids = events.map(|event| {
        event
            .pointer("/revision/rev_id")
            .unwrap_or(&event["rev_id"])
            .as_u64()
            .unwrap()
    });
    ids.collect()
}

async fn reply(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let list: Value = serde_json::from_slice(&body).unwrap();
    let ids = revisions(&list);
    shared.calls.lock().unwrap().push((headers, list.clone()));
    let reply = shared.next();
    match reply {
        Reply::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Reply::Refuses(bad) => {
            let is_bad = ids.iter().any(|id| bad.contains(id));
            let status = if is_bad {
                StatusCode::BAD_REQUEST
            } else {
                StatusCode::OK
            };
            status.into_response()
        }
        Reply::Names(bad) => {
            let events = list.as_array().unwrap().iter();
            let bad = events.zip(&ids).filter(|(_, id)| bad.contains(id));
            let invalid: Vec<Value> = bad
                .map(|(event, _)| json!({"status": "invalid", "event": event, "context": {"message": "no"}}))
                .collect();
            let status = match invalid.len() {
                0 => return StatusCode::CREATED.into_response(),
                n if n == ids.len() => StatusCode::BAD_REQUEST,
                _ => StatusCode::MULTI_STATUS,
            };
            (status, axum::Json(json!({"invalid": invalid}))).into_response()
        }
        Reply::Fails => {
            let error = json!({"invalid": [], "error": [{"status": "error", "event": list[0]}]});
            (StatusCode::MULTI_STATUS, axum::Json(error)).into_response()
        }
        Reply::Redirect(to) => {
            (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, to)]).into_response()
        }
        Reply::Silence => std::future::pending().await,
    }
}

/// Edits with these ids, two models each.
fn events(ids: impl IntoIterator<Item = u64>) -> Vec<ScoredEvent> {
    let said = |name: &str| Said {
        model_name: name.to_owned(),
        model_version: "1".to_owned(),
        score: Ok(TrueProbability(0.5)),
    };
    let events = ids.into_iter().map(|rev_id| {
        let source = json!({"database": "enwiki", "rev_id": rev_id, "page_title": "A", "dt": "2020-06-10T18:56:00Z"});
        ScoredEvent {
            event: Arc::new(Event::read(source).unwrap()),
            said: vec![said("damaging"), said("goodfaith")],
        }
    });
    events.collect()
}

fn refused(places: &[usize], why: &str) -> Vec<(usize, String)> {
    places
        .iter()
        .map(|place| (*place, why.to_owned()))
        .collect()
}

#[test]
fn lists_are_as_large_as_they_may_be() {
    let item = |n_bytes| Item {
        place: 0,
        id: String::new(),
        body: vec![b'x'; n_bytes],
    };
    let most = MAX_LIST_BYTES;
    for (sizes, expected) in [
        (vec![], vec![]),
        (vec![10], vec![(0, 1)]),
        (vec![10, 10, 10], vec![(0, 3)]),
        (vec![most / 2, most / 2 - 1, 10], vec![(0, 2), (2, 3)]),
        (vec![10, 2 * most, 10], vec![(0, 1), (1, 2), (2, 3)]),
        (vec![most, most], vec![(0, 1), (1, 2)]),
    ] {
        let items: Vec<Item> = sizes.iter().map(|n_bytes| item(*n_bytes)).collect();
        let lists = lists(&items).into_iter();
        let lists: Vec<(usize, usize)> = lists.map(|list| (list.start, list.end)).collect();
        assert_eq!(lists, expected, "{sizes:?}");
    }
}

#[tokio::test]
async fn a_webhook_gets_a_batch_as_a_list() {
    let directory = tempfile::tempdir().unwrap();
    let token_file = directory.path().join("token");
    std::fs::write(&token_file, "s3cret\n").unwrap();
    let server = Server::start([]).await;
    let webhook = server.webhook(json!({"token_file": token_file, "stream": "a.stream"}));
    assert_eq!(webhook.name(), "hook");
    assert_eq!(webhook.deliver(&events(1..=3)).await, Ok(vec![]));
    assert_eq!(server.lists(), [[1, 2, 3]]);
    let calls = server.shared.calls.lock().unwrap();
    let (headers, list) = &calls[0];
    assert_eq!(headers[header::AUTHORIZATION], "Bearer s3cret");
    assert_eq!(headers[header::CONTENT_TYPE], "application/json");
    assert!(
        headers[header::USER_AGENT]
            .to_str()
            .unwrap()
            .starts_with("revscore/")
    );
    assert_eq!(list[0]["meta"]["stream"], "a.stream");
    assert_eq!(list[0]["scores"].as_object().unwrap().len(), 2);
}

#[tokio::test]
async fn nothing_is_posted_without_events() {
    let server = Server::start([]).await;
    assert_eq!(server.webhook(json!({})).deliver(&[]).await, Ok(vec![]));
    assert_eq!(server.lists(), [[0_u64; 0]; 0]);
}

#[tokio::test]
async fn statuses_say_what_becomes_of_a_batch() {
    let other = Server::start([]).await;
    let redirect = Reply::Redirect(format!("http://{}/", other.listening.address));
    let why = |status| format!("expected status 2xx, got {status}");
    for (reply, expected) in [
        (Reply::Status(201), Ok(vec![])),
        (Reply::Status(204), Ok(vec![])),
        (Reply::Status(401), Err(SinkError(why(401)))),
        (Reply::Status(404), Err(SinkError(why(404)))),
        (Reply::Status(408), Err(SinkError(why(408)))),
        (Reply::Status(425), Err(SinkError(why(425)))),
        (Reply::Status(429), Err(SinkError(why(429)))),
        (Reply::Status(500), Err(SinkError(why(500)))),
        (Reply::Status(503), Err(SinkError(why(503)))),
        (redirect, Err(SinkError(why(307)))),
        // Sent again by halves, and then it is good.
        (Reply::Status(400), Ok(vec![])),
        (Reply::Status(413), Ok(vec![])),
    ] {
        let server = Server::start([reply]).await;
        let webhook = server.webhook(json!({}));
        assert_eq!(webhook.deliver(&events([1, 2])).await, expected);
    }
    assert!(other.lists().is_empty());
}

#[tokio::test]
async fn what_spoils_a_list_is_found() {
    let why = "expected status 2xx, got 400";
    for (n, bad, places) in [
        (5, &[3][..], &[2][..]),
        (8, &[1, 8], &[0, 7]),
        (1, &[1], &[0]),
        (4, &[1, 2, 3, 4], &[0, 1, 2, 3]),
        (6, &[], &[]),
    ] {
        let server = Server::start([Reply::Refuses(bad)]).await;
        let outcome = server.webhook(json!({})).deliver(&events(1..=n)).await;
        assert_eq!(outcome, Ok(refused(places, why)));
        // What was taken came once each, in order.
        let lists = server.lists().into_iter();
        let taken = lists
            .filter(|list| !list.iter().any(|id| bad.contains(id)))
            .flatten();
        let good: Vec<u64> = (1..=n).filter(|id| !bad.contains(id)).collect();
        assert_eq!(taken.collect::<Vec<_>>(), good);
    }
}

#[tokio::test]
async fn an_edit_with_several_events_is_refused_once() {
    let server = Server::start([Reply::Refuses(&[2])]).await;
    let webhook = server.webhook(json!({"schema": "prediction-classification-change"}));
    let outcome = webhook.deliver(&events([1, 2])).await;
    assert_eq!(outcome, Ok(refused(&[1], "expected status 2xx, got 400")));
    assert_eq!(server.lists()[0], [1, 1, 2, 2]);
}

#[tokio::test]
async fn event_gate_says_which_are_invalid() {
    let why = "EventGate finds it invalid: no";
    for (reply, expected) in [
        (Reply::Status(201), Ok(vec![])),
        (Reply::Status(202), Ok(vec![])),
        (Reply::Names(&[]), Ok(vec![])),
        (Reply::Names(&[2]), Ok(refused(&[1], why))),
        (Reply::Names(&[1, 2, 3]), Ok(refused(&[0, 1, 2], why))),
        (
            Reply::Fails,
            Err(SinkError(
                "EventGate failed with 1 of the events".to_owned(),
            )),
        ),
        (
            Reply::Status(500),
            Err(SinkError("expected status 2xx, got 500".to_owned())),
        ),
    ] {
        let server = Server::start([reply]).await;
        let gate = server.event_gate();
        assert_eq!(gate.name(), "gate");
        assert_eq!(gate.deliver(&events([1, 2, 3])).await, expected);
        assert_eq!(server.lists(), [[1, 2, 3]]);
    }
}

#[tokio::test]
async fn calls_end_in_time_and_say_nothing_of_the_address() {
    let server = Server::start([Reply::Silence]).await;
    let webhook = server.webhook(json!({"timeout_ms": 50}));
    let SinkError(why) = webhook.deliver(&events([1])).await.unwrap_err();
    assert!(!why.contains("secret"), "{why}");
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}/?key=secret", socket.local_addr().unwrap());
    let config = serde_json::from_value(json!({"url": url})).unwrap();
    let webhook = Webhook::new("hook", &config).unwrap();
    let SinkError(why) = webhook.deliver(&events([1])).await.unwrap_err();
    assert!(!why.contains("secret"), "{why}");
}

#[test]
fn a_token_that_cannot_be_sent_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("token");
    let config = json!({"url": "http://localhost/", "token_file": path});
    let config = serde_json::from_value(config).unwrap();
    let why = || Webhook::new("hook", &config).err().unwrap().to_string();
    let expected = format!("the token cannot be read from {}: ", path.display());
    assert!(why().starts_with(&expected), "{}", why());
    std::fs::write(&path, "a\nb").unwrap();
    assert_eq!(
        why(),
        "expected the token in printable ASCII, got something else"
    );
}
