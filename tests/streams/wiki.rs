//! A wiki that has every revision, as `action=query` gives them: texts are made from ids.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicUsize};

use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use axum::{Json, Router};
use serde_json::{Value, json};

/// Parents have ids from here on.
const PARENTS: u64 = 1_000_000_000;

/// Revisions of a page.
pub(crate) const PER_PAGE: u64 = 10;

/// What it counts and is told.
#[derive(Default)]
pub(crate) struct Behaviour {
    pub(crate) n_calls: AtomicUsize,
    pub(crate) is_down: AtomicBool,
}

/// A wiki that listens as long as its runtime lives.
pub(crate) struct Wiki {
    address: SocketAddr,
    pub(crate) behaviour: Arc<Behaviour>,
}

impl Wiki {
    pub(crate) async fn start() -> Self {
        let behaviour = Arc::new(Behaviour::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new()
            .route("/api.php", any(answer))
            .with_state(Arc::clone(&behaviour));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, behaviour }
    }

    pub(crate) fn api_url(&self) -> String {
        format!("http://{}/api.php", self.address)
    }
}

async fn answer(
    State(behaviour): State<Arc<Behaviour>>,
    Form(parameters): Form<BTreeMap<String, String>>,
) -> Response {
    behaviour.n_calls.fetch_add(1, Relaxed);
    if behaviour.is_down.load(Relaxed) {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let ids = parameters.get("revids").map_or("", String::as_str);
    let ids = ids.split('|').filter_map(|id| id.parse::<u64>().ok());
    let pages: Vec<Value> = ids.map(page).collect();
    let users = parameters.get("ususers").map_or("", String::as_str);
    let users = users.split('|').filter(|name| !name.is_empty());
    let users: Vec<Value> = users
        .map(|name| {
            json!({"name": name, "userid": 7, "editcount": 40, "groups": ["*", "user"],
            "registration": "2015-01-01T00:00:00Z"})
        })
        .collect();
    Json(json!({"batchcomplete": true, "query": {"pages": pages, "users": users}})).into_response()
}

/// The time of a revision.
pub(crate) fn time_of(id: u64) -> String {
    let seconds = id % 86_400;
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    format!("2026-01-02T{hours:02}:{minutes:02}:{:02}Z", seconds % 60)
}

fn page(id: u64) -> Value {
    let own = id % PARENTS;
    let page = own / PER_PAGE + 1;
    let is_parent = id >= PARENTS;
    let text = match (is_parent, own % 3) {
        (true, _) => format!("The village number {page} lies by the river."),
        (false, 0) => format!(
            "The village number {page} lies by the river. BUY CHEAP {own} [http://spam.example x]"
        ),
        (false, _) => {
            format!("The village number {page} lies by the old river, {own} m above the sea.")
        }
    };
    let parent = if is_parent { 0 } else { id + PARENTS };
    json!({"pageid": page, "ns": 0, "title": format!("Village {page}"), "revisions": [{
        "revid": id, "parentid": parent, "timestamp": time_of(own), "user": format!("Author {}", own % 50),
        "minor": false, "comment": "", "slots": {"main": {
            "contentmodel": "wikitext", "contentformat": "text/x-wiki", "content": text,
        }},
    }]})
}
