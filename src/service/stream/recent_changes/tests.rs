//! Rows and what becomes of them, from a small wiki on a free port that lists them as MediaWiki 1.39 does.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Form, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::*;
use crate::service::stream::event::{Event, EventKind, Visibility};
use crate::service::stream::scored::validator::validator;
use crate::service::{AppParts, Config, Wikis};

/// The wiki's clock.
const NOW: &str = "2026-01-02T03:04:05Z";

/// A call's parameters.
type Call = BTreeMap<String, String>;

#[derive(Clone, Default)]
struct Shared {
    rows: Arc<Mutex<Vec<Value>>>,
    calls: Arc<Mutex<Vec<Call>>>,
    /// What the next calls get instead of an answer.
    failures: Arc<Mutex<VecDeque<Failure>>>,
}

#[derive(Clone, Copy)]
enum Failure {
    Status(u16),
    RetryAfter(u32),
    Complaint(&'static str),
    Garbage,
}

/// A wiki that listens until it is dropped.
struct SmallWiki {
    shared: Shared,
    app: App,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for SmallWiki {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl SmallWiki {
    async fn start() -> Self {
        let shared = Shared::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api_url = format!("http://{}/w/api.php", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(shared.clone());
        let task = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        let config = json!({"api_url": api_url, "max_retries": 0});
        let configs = [("enwiki".to_owned(), serde_json::from_value(config).unwrap())];
        let parts = AppParts {
            wikis: Wikis::new(&configs.into()).unwrap(),
            ..AppParts::default()
        };
        let config = Config {
            threads: 1,
            ..Config::default()
        };
        Self {
            shared,
            app: App::with_parts(parts, &config).unwrap(),
            task,
        }
    }

    /// A source that waits for milliseconds where others wait for seconds.
    fn source(&self) -> RecentChanges {
        let wiki = self.app.wikis().find("enwiki").unwrap();
        let mut source = RecentChanges::new(&self.app, wiki, 5);
        source.pause = Duration::from_millis(1);
        source
    }

    fn list(&self, rows: impl IntoIterator<Item = Value>) {
        self.shared.rows.lock().unwrap().extend(rows);
    }

    fn fail(&self, failures: impl IntoIterator<Item = Failure>) {
        self.shared.failures.lock().unwrap().extend(failures);
    }

    fn calls(&self) -> Vec<Call> {
        self.shared.calls.lock().unwrap().clone()
    }
}

/// Rows a call, so that three make two calls.
const ROWS: usize = 2;

async fn answer(State(wiki): State<Shared>, Form(call): Form<Call>) -> Response {
    wiki.calls.lock().unwrap().push(call.clone());
    if let Some(failure) = wiki.failures.lock().unwrap().pop_front() {
        let complain = |code| axum::Json(json!({"error": {"code": code}})).into_response();
        return match failure {
            Failure::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
            Failure::RetryAfter(seconds) => {
                let headers = [(header::RETRY_AFTER, seconds.to_string())];
                (StatusCode::TOO_MANY_REQUESTS, headers).into_response()
            }
            Failure::Complaint(code) => complain(code),
            Failure::Garbage => "<html>".into_response(),
        };
    }
    let mut answer = json!({"curtimestamp": NOW});
    if call.contains_key("list") {
        let mut rows = wiki.rows.lock().unwrap().clone();
        let place = |row: &Value| {
            let time = row["timestamp"].as_str().unwrap().to_owned();
            (time, row["rcid"].as_u64().unwrap())
        };
        rows.sort_by_key(place);
        rows.retain(|row| row["timestamp"].as_str() >= Some(&call["rcstart"]));
        if let Some(rest) = call.get("rccontinue") {
            let (time, rcid) = rest.split_once('|').unwrap();
            let from = (time.to_owned(), rcid.parse().unwrap());
            rows.retain(|row| place(row) >= from);
        }
        if rows.len() > ROWS {
            let (time, rcid) = place(&rows[ROWS]);
            answer["continue"] = json!({"rccontinue": format!("{time}|{rcid}"), "continue": "-||"});
            rows.truncate(ROWS);
        }
        answer["query"] = json!({"recentchanges": rows});
    }
    axum::Json(answer).into_response()
}

/// An edit whose revision is a hundred times its row.
fn edit(rcid: u64, time: &str) -> Value {
    json!({"type": "edit", "ns": 0, "title": "A page", "pageid": 7, "revid": 100 * rcid, "old_revid": 41,
        "rcid": rcid, "user": "Ann", "userid": 5, "bot": false, "new": false, "minor": true, "oldlen": 10,
        "newlen": 12, "timestamp": format!("2026-01-02T{time}Z"), "comment": "why", "redirect": false,
        "sha1": "b748ae00fd14a30fc12d45d585b62b14dec470ae"})
}

fn log(kind: &str, action: &str, parameters: Value) -> Value {
    let mut row = edit(1, "03:05:00");
    for (name, value) in [
        ("type", json!("log")),
        ("logtype", json!(kind)),
        ("logaction", json!(action)),
        ("logparams", parameters),
        ("revid", json!(0)),
        ("old_revid", json!(0)),
    ] {
        row[name] = value;
    }
    row.as_object_mut().unwrap().remove("sha1");
    row
}

fn with(mut row: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        row[name] = value.clone();
    }
    row
}

/// The rows that the next events are of, in their order, with their positions.
async fn read(source: &mut RecentChanges, n: usize) -> Vec<(u64, String)> {
    let mut all = Vec::new();
    while all.len() < n {
        all.extend(source.next(n - all.len()).await);
    }
    let rows = all.iter().map(|received| {
        let event: Value = serde_json::from_slice(&received.payload).unwrap();
        let rev_id = event["revision"]["rev_id"].as_u64().unwrap();
        (rev_id / 100, received.position.clone())
    });
    rows.collect()
}

/// Asks so many times, and finds nothing.
async fn read_nothing(source: &mut RecentChanges, wiki: &SmallWiki, n_calls: usize) {
    let n_before = wiki.calls().len();
    while wiki.calls().len() < n_before + n_calls {
        tokio::select! {
            received = source.next(9) => panic!("{} changes", received.len()),
            () = tokio::task::yield_now() => {}
        }
    }
}

fn at(rcid: u64, time: &str) -> (u64, String) {
    (rcid, format!("2026-01-02T{time}Z|{rcid}"))
}

async fn events_of(row: &Value) -> Vec<Value> {
    let wiki = SmallWiki::start().await;
    let (row, _) = Row::read(row.clone()).unwrap();
    row.events(wiki.app.wikis().find("enwiki").unwrap())
}

#[tokio::test]
async fn an_edit_is_a_change_of_its_page() {
    let page =
        json!({"page_id": 7, "page_title": "A_page", "namespace_id": 0, "is_redirect": false});
    let user = json!({"user_text": "Ann", "user_id": 5, "is_bot": false, "is_temp": false});
    let expected = json!({
        "$schema": "/mediawiki/page/change/1.2.0",
        "meta": {"stream": "recent-changes", "domain": "127.0.0.1"},
        "dt": "2026-01-02T03:05:00Z", "wiki_id": "enwiki",
        "page_change_kind": "edit", "changelog_kind": "update", "comment": "why",
        "performer": user, "page": page,
        "revision": {"rev_id": 100, "rev_parent_id": 41, "rev_dt": "2026-01-02T03:05:00Z", "rev_size": 12,
            "rev_sha1": "b748ae00fd14a30fc12d45d585b62b14dec470ae", "is_minor_edit": true, "comment": "why",
            "editor": user, "is_content_visible": true, "is_comment_visible": true, "is_editor_visible": true},
    });
    assert_eq!(events_of(&edit(1, "03:05:00")).await, [expected]);
}

#[tokio::test]
async fn rows_are_told_apart_by_what_they_say() {
    let edit = || edit(1, "03:05:00");
    let moved = json!({"target_ns": 1, "target_title": "Talk:Another page"});
    let new =
        json!({"bitmask": 5, "content": true, "comment": false, "user": true, "restricted": false});
    let hidden = |kind: &str| json!({"type": kind, "ids": [8, 9], "new": new});
    let seen = EventKind::Visibility(Visibility {
        text: false,
        user: false,
        comment: true,
    });
    // Kinds, and what the schema misses.
    let nothing: (&[EventKind], &[&str]) = (&[], &[]);
    let valid = |kinds: &'static [EventKind]| (kinds, &[][..]);
    let (no_revision, no_time) = (&["rev_id", "rev_dt"][..], &["rev_dt"][..]);
    let seen_both = [seen, seen];
    for (row, (kinds, missing)) in [
        (edit(), valid(&[EventKind::Edit])),
        (
            with(edit(), json!({"type": "new", "old_revid": 0})),
            valid(&[EventKind::Edit]),
        ),
        (
            with(edit(), json!({"ns": 1, "title": "Talk:A page"})),
            valid(&[EventKind::Edit]),
        ),
        (
            with(
                edit(),
                json!({"user": "192.0.2.7", "userid": 0, "anon": true}),
            ),
            valid(&[EventKind::Edit]),
        ),
        (
            with(edit(), json!({"userhidden": true, "commenthidden": true})),
            valid(&[EventKind::Edit]),
        ),
        (
            with(
                edit(),
                json!({"user": null, "userid": null, "comment": null, "sha1": null}),
            ),
            valid(&[EventKind::Edit]),
        ),
        (with(edit(), json!({"revid": 0})), nothing),
        (with(edit(), json!({"type": "categorize"})), nothing),
        (with(edit(), json!({"title": null})), nothing),
        (
            log("move", "move", moved.clone()),
            (&[EventKind::Move], no_revision),
        ),
        (
            with(log("move", "move_redir", moved), json!({"revid": 300})),
            valid(&[EventKind::Move]),
        ),
        (log("move", "move", json!({})), nothing),
        (
            log("delete", "delete", json!({})),
            (&[EventKind::Deletion], no_revision),
        ),
        (
            log("delete", "restore", json!({})),
            (&[EventKind::Undeletion], no_revision),
        ),
        (log("delete", "delete_redir", json!({})), nothing),
        (
            log("delete", "revision", hidden("revision")),
            (&seen_both, no_time),
        ),
        (
            log("suppress", "revision", hidden("archive")),
            (&seen_both, no_time),
        ),
        (log("delete", "revision", hidden("oldimage")), nothing),
        (
            log(
                "delete",
                "revision",
                json!({"type": "revision", "ids": [8]}),
            ),
            nothing,
        ),
        (log("delete", "event", hidden("logging")), nothing),
        (log("protect", "protect", json!({})), nothing),
        (
            with(
                log("delete", "delete", json!({})),
                json!({"title": null, "actionhidden": true}),
            ),
            nothing,
        ),
        (
            with(log("delete", "delete", json!({})), json!({"ns": -1})),
            nothing,
        ),
    ] {
        let events = events_of(&row).await;
        let read = events
            .iter()
            .map(|event| Event::read(event.clone()).unwrap());
        let read: Vec<Event> = read.collect();
        let got: Vec<EventKind> = read.iter().map(|event| event.kind).collect();
        assert_eq!(got, kinds, "{row}");
        for event in &read {
            assert_eq!((&*event.wiki, event.page_id), ("enwiki", 7));
        }
        let Some(validator) = validator("mediawiki_page_change_1.2.0") else {
            continue;
        };
        for event in &events {
            let errors: Vec<String> = validator
                .iter_errors(event)
                .map(|error| error.to_string())
                .collect();
            let expected: Vec<String> = missing
                .iter()
                .map(|field| format!("\"{field}\" is a required property"))
                .collect();
            assert_eq!(errors, expected, "{event:#}");
        }
    }
}

#[tokio::test]
async fn what_is_hidden_stays_hidden() {
    let hidden = json!({"userhidden": true, "commenthidden": true, "sha1hidden": true});
    let events = events_of(&with(edit(1, "03:05:00"), hidden)).await;
    let text = events[0].to_string();
    assert!(!text.contains("Ann") && !text.contains("why"), "{text}");
    let revision = &events[0]["revision"];
    for what in [
        "is_content_visible",
        "is_comment_visible",
        "is_editor_visible",
    ] {
        assert_eq!(revision[what], false, "{what}");
    }
}

#[tokio::test]
async fn a_moved_page_has_its_new_title() {
    let moved = json!({"target_ns": 4, "target_title": "Project:Another page"});
    let row = with(log("move", "move", moved), json!({"revid": 300}));
    let event = events_of(&row).await.remove(0);
    let page = json!({"page_id": 7, "page_title": "Project:Another_page", "namespace_id": 4});
    assert_eq!(event["page"], page);
    let before = json!({"page": {"page_id": 7, "page_title": "A_page", "namespace_id": 0}});
    assert_eq!(event["prior_state"], before);
    assert_eq!(event["revision"]["rev_id"], 300);
}

#[tokio::test]
async fn without_a_position_changes_are_read_from_now_on() {
    let wiki = SmallWiki::start().await;
    wiki.list([
        edit(1, "03:04:04"),
        edit(2, "03:04:05"),
        edit(3, "03:04:06"),
    ]);
    let mut source = wiki.source();
    let expected = [at(2, "03:04:05"), (3, "2026-01-02T03:04:05Z|3".to_owned())];
    assert_eq!(read(&mut source, 2).await, expected);
    let calls = wiki.calls();
    assert!(!calls[0].contains_key("list"));
    assert_eq!(calls[1]["rcstart"], NOW);
    for (name, value) in [
        ("rctype", "edit|new|log"),
        ("rcdir", "newer"),
        ("rclimit", "500"),
        ("maxlag", "5"),
    ] {
        assert_eq!(calls[1][name], value, "{name}");
    }
}

#[tokio::test]
async fn rows_that_appear_late_are_found_and_others_not_given_twice() {
    let wiki = SmallWiki::start().await;
    let mut source = wiki.source();
    source.resume_from(Some("2026-01-02T03:00:00Z|9".to_owned()));
    wiki.list([
        edit(10, "03:00:40"),
        edit(12, "03:00:41"),
        edit(13, "03:00:50"),
    ]);
    let expected = [at(10, "03:00:40"), at(12, "03:00:41"), at(13, "03:00:50")];
    assert_eq!(read(&mut source, 3).await, expected);
    // Two calls, since one holds two rows; then from half a minute before the newest row.
    read_nothing(&mut source, &wiki, 5).await;
    let begins: Vec<String> = wiki
        .calls()
        .iter()
        .map(|call| call["rcstart"].clone())
        .collect();
    assert_eq!(begins[0], "2026-01-02T02:59:30Z");
    assert_eq!(begins.last().unwrap(), "2026-01-02T03:00:20Z");
    // Of the same second, and of one before; what is too late is not looked for.
    wiki.list([
        edit(11, "03:00:41"),
        edit(9, "03:00:20"),
        edit(8, "03:00:19"),
    ]);
    let late = |rcid| (rcid, format!("2026-01-02T03:00:50Z|{rcid}"));
    assert_eq!(read(&mut source, 2).await, [late(9), late(11)]);
    read_nothing(&mut source, &wiki, 9).await;
    // Who goes on from there gets the last half minute again.
    let mut other = wiki.source();
    other.resume_from(Some(late(11).1));
    let again: Vec<u64> = read(&mut other, 5)
        .await
        .iter()
        .map(|(rcid, _)| *rcid)
        .collect();
    assert_eq!(again, [9, 10, 11, 12, 13]);
}

#[tokio::test]
async fn no_more_is_given_than_was_asked_for() {
    let wiki = SmallWiki::start().await;
    let mut source = wiki.source();
    source.resume_from(Some("2026-01-02T03:00:00Z|0".to_owned()));
    wiki.list([edit(1, "03:00:01"), edit(2, "03:00:02")]);
    assert_eq!(source.next(1).await.len(), 1);
    assert_eq!(source.next(0).await.len(), 1);
    assert_eq!(wiki.calls().len(), 1);
}

#[tokio::test]
async fn rows_that_were_read_long_ago_are_forgotten() {
    let wiki = SmallWiki::start().await;
    let mut source = wiki.source();
    source.resume_from(Some("2026-01-02T01:00:00Z|0".to_owned()));
    wiki.list((0..100).map(|rcid| {
        edit(
            rcid + 1,
            &format!("01:{:02}:{:02}", rcid / 6, rcid % 6 * 10),
        )
    }));
    assert_eq!(read(&mut source, 100).await.len(), 100);
    read_nothing(&mut source, &wiki, 4).await;
    let known = &source.place.as_ref().unwrap().known;
    assert!(known.len() <= 4, "{}", known.len());
}

#[tokio::test]
async fn a_row_from_the_future_hides_no_other() {
    let wiki = SmallWiki::start().await;
    let mut source = wiki.source();
    source.resume_from(Some("2026-01-02T03:04:00Z|0".to_owned()));
    wiki.list([edit(1, "23:00:00")]);
    assert_eq!(read(&mut source, 1).await, [(1, format!("{NOW}|1"))]);
    wiki.list([edit(2, "03:04:05")]);
    assert_eq!(read(&mut source, 1).await, [(2, format!("{NOW}|2"))]);
    read_nothing(&mut source, &wiki, 4).await;
}

#[tokio::test]
async fn a_wiki_that_fails_is_asked_again() {
    let wiki = SmallWiki::start().await;
    wiki.fail([
        Failure::Status(500),
        Failure::RetryAfter(0),
        Failure::Complaint("readapidenied"),
        Failure::Garbage,
    ]);
    let mut source = wiki.source();
    wiki.list([
        edit(1, "03:04:05"),
        edit(2, "03:04:06"),
        edit(3, "03:04:07"),
    ]);
    assert_eq!(read(&mut source, 2).await.len(), 2);
    assert_eq!(source.n_failed, 0);
    // How the rest was asked for is not understood: all is asked for again, and nothing given twice.
    wiki.fail([Failure::Complaint("badcontinue")]);
    assert_eq!(read(&mut source, 1).await[0].0, 3);
    let calls = wiki.calls();
    let rests = calls.iter().map(|call| call.contains_key("rccontinue"));
    let rests: Vec<bool> = rests.skip(5).collect();
    assert_eq!(rests, [false, true, false, true]);
}

#[tokio::test]
async fn rows_that_are_none_are_passed_over() {
    let wiki = SmallWiki::start().await;
    let mut source = wiki.source();
    source.resume_from(Some("2026-01-02T03:00:00Z|0".to_owned()));
    let odd = with(edit(1, "03:00:01"), json!({"pageid": "seven"}));
    wiki.list([odd, edit(2, "03:00:02")]);
    assert_eq!(read(&mut source, 1).await, [at(2, "03:00:02")]);
}

#[tokio::test]
async fn positions_that_are_none_are_passed_over() {
    for position in [
        "",
        "yesterday|3",
        "2026-01-02T03:00:00Z",
        "[{\"offset\":1}]",
    ] {
        let wiki = SmallWiki::start().await;
        let mut source = wiki.source();
        source.resume_from(Some(position.to_owned()));
        assert!(source.place.is_none(), "{position:?}");
    }
}

#[tokio::test]
async fn nothing_is_lost_by_who_stops_waiting() {
    let wiki = SmallWiki::start().await;
    let mut source = wiki.source();
    source.resume_from(Some("2026-01-02T03:00:00Z|0".to_owned()));
    wiki.list([
        edit(1, "03:00:01"),
        edit(2, "03:00:02"),
        edit(3, "03:00:03"),
    ]);
    let mut n_read = 0;
    while n_read < 3 {
        // Polled once, then dropped.
        n_read += source
            .next(1)
            .now_or_never()
            .map_or(0, |received| received.len());
        tokio::task::yield_now().await;
    }
    assert_eq!(wiki.calls().len(), 2);
}
