//! A small MediaWiki of our own on a free port, which answers `action=query` as version 1.39 does
//! with `formatversion=2`, counts what it is asked, and misbehaves on request.
//!
//! Its revisions are a table in [`revision`]; those from 2000 to 2999 are there too, each with a parent that
//! is 1000 later, for whoever needs many. What the next calls get instead of an answer is a script
//! of [`Reply`]; when the script is at its end, every call gets what [`Wiki::always`] set.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::{StreamExt as _, stream};
use revscore::model::Target;
use revscore::service::{App, AppParts, Config, Models, WikiConfig, Wikis};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;

use crate::support::{config, get, model, model_of};

/// What a call gets.
#[derive(Clone)]
pub(crate) enum Reply {
    /// What MediaWiki says.
    Answer,
    /// The same, one revision and one user a call, with `continue`.
    Pieces,
    /// The same, with `badrevids` as a list.
    ListedBad,
    /// The same, after a while.
    Slow(Duration),
    /// The same, once this is true.
    Held(watch::Receiver<bool>),
    /// Nothing, ever.
    Hang,
    Status(u16),
    /// Too many requests, with `Retry-After`.
    RetryAfter(u16, u32),
    /// Status 200 with an error of the API's own.
    Complaint(&'static str),
    /// Status 200 with this.
    Text(&'static str),
    Redirect(String),
    /// Half of what it promises, then the connection is closed.
    CutOff,
    /// So many bytes of JSON.
    Large(usize),
    /// Nothing but a `continue` that is another each time.
    Endless,
}

/// One call.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) headers: HeaderMap,
}

impl Call {
    pub(crate) fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }
}

struct Shared {
    calls: Mutex<Vec<Call>>,
    script: Mutex<VecDeque<Reply>>,
    standing: Mutex<Reply>,
}

/// A wiki that listens until it is dropped.
pub(crate) struct Wiki {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    server: tokio::task::JoinHandle<()>,
}

/// A wiki whose port refuses connections until it is opened.
pub(crate) struct ClosedWiki {
    pub(crate) address: SocketAddr,
    socket: TcpSocket,
}

impl ClosedWiki {
    /// The port is bound, so that nobody else has it, but nobody listens.
    pub(crate) fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        Self {
            address: socket.local_addr().unwrap(),
            socket,
        }
    }

    pub(crate) fn open(self) -> Wiki {
        Wiki::on(self.socket.listen(1024).unwrap())
    }
}

impl Wiki {
    pub(crate) async fn start() -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    fn on(listener: TcpListener) -> Self {
        let shared = Arc::new(Shared {
            calls: Mutex::default(),
            script: Mutex::default(),
            standing: Mutex::new(Reply::Answer),
        });
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .fallback(answer_call)
            .with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self {
            address,
            shared,
            server,
        }
    }

    /// The next calls get these, in this order.
    pub(crate) fn script(&self, replies: impl IntoIterator<Item = Reply>) {
        self.shared.script.lock().unwrap().extend(replies);
    }

    /// All calls after the script get this.
    pub(crate) fn always(&self, reply: Reply) {
        *self.shared.standing.lock().unwrap() = reply;
    }

    /// Calls wait until true is sent, or what is given back is dropped.
    pub(crate) fn hold(&self) -> watch::Sender<bool> {
        let (sender, receiver) = watch::channel(false);
        self.always(Reply::Held(receiver));
        sender
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.shared.calls.lock().unwrap().clone()
    }

    pub(crate) fn n_calls(&self) -> usize {
        self.shared.calls.lock().unwrap().len()
    }

    /// Waits until so many calls have arrived.
    pub(crate) async fn called(&self, n: usize) {
        eventually("the wiki is called", async || self.n_calls() >= n).await;
    }
}

impl Drop for Wiki {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Waits until something holds, for as long as a slow machine may need.
pub(crate) async fn eventually(what: &str, holds: impl AsyncFn() -> bool) {
    let wait = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(60), wait).await;
    assert!(waited.is_ok(), "{what}: not within a minute");
}

/// A wiki's configuration, with what is special about it.
pub(crate) fn wiki_config(address: SocketAddr, special: Value) -> WikiConfig {
    let mut config = json!({"api_url": format!("http://{address}/w/api.php")});
    for (name, value) in special.as_object().unwrap() {
        config[name] = value.clone();
    }
    serde_json::from_value(config).unwrap()
}

/// enwiki, where a model of reverts serves ORES' names, and dewiki, which borrows the model for any
/// wiki; both are the same small wiki, which is called once and given up.
pub(crate) fn wikis(address: SocketAddr, special: Value) -> Wikis {
    let mut english = json!({
        "aliases": ["en"], "max_retries": 0,
        "models": {"damaging": "reverted", "goodfaith": "reverted"},
    });
    for (name, value) in special.as_object().unwrap() {
        english[name] = value.clone();
    }
    let configs = [
        ("enwiki".to_owned(), wiki_config(address, english)),
        (
            "dewiki".to_owned(),
            wiki_config(address, json!({"max_retries": 0})),
        ),
    ];
    Wikis::new(&configs.into()).unwrap()
}

/// One model looks at links and at who is not logged in.
pub(crate) fn wiki_models() -> Models {
    let features = ["links.added", "user.is_anonymous", "author.is_anonymous"];
    Models::new([
        model_of("enwiki", Target::Reverted, &features, 2.0),
        model("any", Target::Reverted),
    ])
}

/// An app that fetches from a wiki.
pub(crate) fn app_of(address: SocketAddr) -> App {
    app_with(address, json!({}), config())
}

pub(crate) fn app_with(address: SocketAddr, special: Value, config: Config) -> App {
    let parts = AppParts {
        models: wiki_models(),
        wikis: wikis(address, special),
        ..AppParts::default()
    };
    App::with_parts(parts, &config).unwrap()
}

/// The value of a metric; 0 when it has none yet.
pub(crate) async fn metric(app: &App, name: &str) -> f64 {
    let text = get(app, "/metrics").await.body;
    let text = String::from_utf8(text.to_vec()).unwrap();
    let mut lines = text.lines();
    let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.map_or(0.0, |value| value.parse().unwrap())
}

/// Nothing that was begun at the wiki is still open.
pub(crate) async fn nothing_is_open(app: &App) {
    eventually("calls to the wiki are closed", async || {
        metric(app, "revscore_upstream_in_flight{wiki=\"enwiki\"}").await == 0.0
    })
    .await;
}

async fn answer_call(
    State(wiki): State<Arc<Shared>>,
    headers: HeaderMap,
    Form(parameters): Form<BTreeMap<String, String>>,
) -> Response {
    let call = Call {
        parameters: parameters.clone(),
        headers,
    };
    wiki.calls.lock().unwrap().push(call);
    let scripted = wiki.script.lock().unwrap().pop_front();
    let reply = scripted.unwrap_or_else(|| wiki.standing.lock().unwrap().clone());
    let plain = || axum::Json(query(&parameters, &Reply::Answer)).into_response();
    match reply {
        Reply::Answer => plain(),
        Reply::Pieces | Reply::ListedBad => axum::Json(query(&parameters, &reply)).into_response(),
        Reply::Slow(pause) => {
            tokio::time::sleep(pause).await;
            plain()
        }
        Reply::Held(mut receiver) => {
            // Dropped is as good as true.
            let _ = receiver.wait_for(|is_free| *is_free).await;
            plain()
        }
        Reply::Hang => std::future::pending().await,
        Reply::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Reply::RetryAfter(status, seconds) => (
            StatusCode::from_u16(status).unwrap(),
            [(header::RETRY_AFTER, seconds.to_string())],
            "<html>slow down</html>",
        )
            .into_response(),
        Reply::Complaint(code) => {
            let error =
                json!({"code": code, "info": "Waiting for 10.64.0.1: 7 seconds lagged.", "lag": 7});
            let headers = [(header::RETRY_AFTER, "5")];
            (headers, axum::Json(json!({"error": error}))).into_response()
        }
        Reply::Text(text) => text.into_response(),
        Reply::Redirect(to) => (StatusCode::FOUND, [(header::LOCATION, to)]).into_response(),
        Reply::CutOff => {
            let part = stream::iter([
                Ok(Bytes::from_static(b"{\"batchcomplete\":true,\"query\":{")),
                Err("cut off"),
            ]);
            let length = [(header::CONTENT_LENGTH, "5000")];
            (length, Body::from_stream(part)).into_response()
        }
        Reply::Endless => {
            let rest = json!({"rvcontinue": wiki.calls.lock().unwrap().len(), "continue": "||"});
            axum::Json(json!({"continue": rest, "query": {}})).into_response()
        }
        Reply::Large(n_bytes) => {
            let chunk = Bytes::from(vec![b' '; 1 << 20]);
            let chunks = stream::iter(0..n_bytes >> 20);
            let chunks = chunks.map(move |_| Ok::<_, Infallible>(chunk.clone()));
            Body::from_stream(chunks).into_response()
        }
    }
}

/// What MediaWiki says to a query.
fn query(parameters: &BTreeMap<String, String>, reply: &Reply) -> Value {
    let parameter = |name: &str| parameters.get(name).map_or("", String::as_str);
    let list = |name: &str| -> Vec<String> {
        let values = parameter(name).split('|').filter(|value| !value.is_empty());
        values.map(str::to_owned).collect()
    };
    let (ids, names) = (list("revids"), list("ususers"));
    if ids.len().max(names.len()) > 50 {
        return json!({"error": {"code": "toomanyvalues", "info": "Too many values supplied", "limit": 50}});
    }
    let is_in_pieces = matches!(reply, Reply::Pieces);
    // After the bars stand the modules that have said all.
    let has_said_all = |module: &str| {
        let done = parameter("continue").split_once("||");
        done.is_some_and(|(_, done)| done.split('|').any(|name| name == module))
    };
    let mut pages: BTreeMap<u64, Value> = BTreeMap::new();
    let mut bad = Vec::new();
    let mut rest = serde_json::Map::new();
    let mut has_given = false;
    let start = parameter("rvcontinue").parse().unwrap_or(0_u64);
    let mut ids: Vec<u64> = ids.iter().map(|id| id.parse().unwrap()).collect();
    ids.sort_unstable();
    for id in ids {
        let Some((mut page, revision)) = revision(id) else {
            bad.push(id);
            continue;
        };
        let number = page["pageid"].as_u64().unwrap();
        let is_first_piece = start == 0;
        let page = pages.entry(number).or_insert_with(|| {
            // Pages that have nothing in this piece have an empty list, or none.
            if is_first_piece {
                page["revisions"] = json!([]);
            }
            page
        });
        if has_said_all("revisions") || id < start {
            continue;
        }
        if is_in_pieces && has_given {
            rest.entry("rvcontinue").or_insert(id.into());
            continue;
        }
        has_given = true;
        if page.get("revisions").is_none() {
            page["revisions"] = json!([]);
        }
        page["revisions"].as_array_mut().unwrap().push(revision);
    }
    let mut users = names.iter().map(|name| user(name));
    let users: Vec<Value> = match (has_said_all("users"), is_in_pieces) {
        (true, _) => Vec::new(),
        (false, false) => users.collect(),
        (false, true) => users.next().into_iter().collect(),
    };
    if is_in_pieces && !has_said_all("users") && names.len() > 1 {
        rest.insert("ususers".to_owned(), names[1..].join("|").into());
    }
    let mut document = json!({"query": {}});
    if !bad.is_empty() {
        let entry = |id: &u64| json!({"revid": id, "missing": true});
        document["query"]["badrevids"] = match reply {
            Reply::ListedBad => bad.iter().map(entry).collect(),
            _ => bad.iter().map(|id| (id.to_string(), entry(id))).collect(),
        };
    }
    if !pages.is_empty() {
        document["query"]["pages"] = pages.into_values().collect();
    }
    if !users.is_empty() {
        document["query"]["users"] = users.into();
    }
    if rest.is_empty() {
        document["batchcomplete"] = true.into();
    } else {
        let done = match (
            rest.contains_key("rvcontinue"),
            rest.contains_key("ususers"),
        ) {
            (true, false) => "||users",
            (false, true) => "-||revisions",
            _ => "||",
        };
        rest.insert("continue".to_owned(), done.into());
        document["continue"] = rest.into();
    }
    document
}

const MILL: &str = "The mill stands in Orrin. It ground oats until 1911.";

/// A page, and a revision of it.
fn revision(id: u64) -> Option<(Value, Value)> {
    let mill = json!({"pageid": 83, "ns": 0, "title": "Orrin Tide Mill"});
    let of = |parent: u64, user: &str, text: &str| {
        json!({
            "revid": id, "parentid": parent, "minor": false, "user": user, "userid": 5,
            "timestamp": "2024-03-01T12:00:00Z", "size": text.len(), "sha1": "..",
            "slots": {"main": {"contentmodel": "wikitext", "contentformat": "text/x-wiki", "content": text}},
            "comment": "more about the mill", "tags": [],
        })
    };
    let without = |mut revision: Value, field: &str, flag: &str| {
        revision.as_object_mut().unwrap().remove(field);
        revision[flag] = true.into();
        revision
    };
    let hidden = |mut revision: Value| {
        revision["slots"]["main"] = json!({"contentmodel": "wikitext", "texthidden": true});
        revision
    };
    let longer = format!("{MILL} Its wheel is kept.");
    let revision = match id {
        1510 => of(0, "Ada Vale", MILL),
        1511 => of(1510, "Jonas Quill", &longer),
        1512 => {
            let text = format!("{longer} [http://watches.example watches]");
            let mut spam = of(1511, "203.0.113.77", &text);
            (spam["anon"], spam["userid"]) = (true.into(), 0.into());
            spam
        }
        1530 => hidden(of(1511, "Jonas Quill", "")),
        1531 => without(of(1511, "", &longer), "user", "userhidden"),
        1532 => without(of(1511, "Jonas Quill", &longer), "comment", "commenthidden"),
        1533 => of(1530, "Jonas Quill", &longer),
        1534 => of(1526, "Jonas Quill", &longer),
        1535 => of(1511, "Jonas Quill", &"mill ".repeat(2_001)),
        1536 => of(1535, "Jonas Quill", &longer),
        1537 => {
            let mut temporary = of(1511, "~2024-1001", &longer);
            temporary["temp"] = true.into();
            temporary
        }
        1538 => of(1511, "Nobody", &longer),
        1540 => {
            let mut style = of(0, "Ada Vale", "body { color: red }");
            style["slots"]["main"]["contentmodel"] = "css".into();
            let page = json!({"pageid": 90, "ns": 8, "title": "MediaWiki:Common.css"});
            return Some((page, style));
        }
        2000..=2999 => {
            let page = json!({"pageid": id, "ns": 0, "title": format!("Page {id}")});
            let text = format!("{}[http://a.example a]", "word ".repeat(100));
            let editor = format!("Editor {id}");
            return Some((page, of(id + 1000, &editor, &text)));
        }
        3000..=3999 => {
            let page =
                json!({"pageid": id - 1000, "ns": 0, "title": format!("Page {}", id - 1000)});
            return Some((page, of(0, "Ada Vale", &"word ".repeat(100))));
        }
        _ => return None,
    };
    Some((mill, revision))
}

fn user(name: &str) -> Value {
    let account = |id: u64, count: u64| {
        json!({
            "userid": id, "name": name, "editcount": count, "registration": "2021-09-14T08:00:00Z",
            "groups": ["*", "user"],
        })
    };
    match name {
        "Jonas Quill" => account(5, 68),
        "Ada Vale" => account(6, 1),
        "~2024-1001" => account(7, 3),
        name if name.starts_with("Editor ") => account(8, 12),
        name if name.parse::<std::net::IpAddr>().is_ok() => json!({"name": name, "invalid": true}),
        name => json!({"name": name, "missing": true}),
    }
}
