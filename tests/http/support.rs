//! Small real models, and requests without a socket.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use revscore::evaluation::{Kind, Options, Outcome, UserClass, evaluate};
use revscore::language::Vocabulary;
use revscore::model::{Model, Parts, Provenance, Target};
use revscore::revision::{PageId, RevisionId};
use revscore::service::{App, Config, Models, router};
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// A linear model that finds edits which add links suspicious, and is 12 % sure of all others.
pub(crate) fn model(wiki: &str, target: Target) -> Model {
    model_of(wiki, target, &["links.added"], 5.0)
}

/// A linear model of any columns, all with the same weight.
pub(crate) fn model_of(wiki: &str, target: Target, features: &[&str], weight: f64) -> Model {
    let column = json!({
        "log_weight": weight, "log_center": 0.0, "rank_weight": 0.0, "rank_center": 0.0,
        "knots": [], "missing": 0.0, "spread": 1.0,
    });
    let columns = vec![column; features.len()];
    let predictor = json!({"Linear": {"intercept": -2.0, "columns": columns}});
    let options = Options {
        resamples: 0,
        ..Options::default()
    };
    Model::new(Parts {
        wiki: wiki.to_owned(),
        target,
        features: features.iter().map(|name| (*name).to_owned()).collect(),
        foreign: false,
        vocabulary: Vocabulary::default(),
        predictor: serde_json::from_value(predictor).unwrap(),
        calibration: serde_json::from_value(json!({"Platt": {"slope": 1.0, "intercept": 0.0}}))
            .unwrap(),
        scale: None,
        report: evaluate(&outcomes(), &options).unwrap(),
        provenance: Provenance {
            crate_version: "0.0.0-test".to_owned(),
            ..Provenance::default()
        },
    })
    .unwrap()
}

/// 200 edits, of which every tenth is reverted; reverted ones mostly get high probabilities.
fn outcomes() -> Vec<Outcome> {
    let outcome = |idx: u32| {
        let label = idx.is_multiple_of(10);
        let noise = f64::from(idx * 7 % 100) / 100.0;
        Outcome {
            revision: RevisionId(idx.into()),
            page: PageId(u64::from(idx / 4 + 1)),
            timestamp: None,
            label,
            probability: if label {
                0.3 + 0.7 * noise
            } else {
                0.6 * noise
            },
            user_class: if idx.is_multiple_of(3) {
                UserClass::Anonymous
            } else {
                UserClass::Experienced
            },
            kind: if label { Kind::LinkSpam } else { Kind::Other },
        }
    };
    (0..200).map(outcome).collect()
}

/// Models for one wiki, and for any other.
pub(crate) fn models() -> Models {
    Models::new([
        model("enwiki", Target::Reverted),
        model("enwiki", Target::Goodfaith),
        model("any", Target::Reverted),
    ])
}

/// Few threads, and limits that tests reach quickly.
pub(crate) fn config() -> Config {
    Config {
        threads: 2,
        max_body_bytes: 100_000,
        max_text_bytes: 10_000,
        ..Config::default()
    }
}

pub(crate) fn app() -> App {
    App::new(models(), &config()).unwrap()
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    pub(crate) fn code(&self) -> (u16, String) {
        (
            self.status.as_u16(),
            self.json()["error"]["code"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        )
    }
}

pub(crate) async fn send(app: &App, request: Request<Body>) -> Answer {
    let response = router(app.clone()).oneshot(request).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let body = axum::body::to_bytes(response.into_body(), usize::MAX)
        .await
        .unwrap();
    Answer {
        status,
        headers,
        body,
    }
}

pub(crate) async fn get(app: &App, path: &str) -> Answer {
    send(app, Request::get(path).body(Body::empty()).unwrap()).await
}

pub(crate) async fn post_to(app: &App, path: &str, body: impl Into<Body>) -> Answer {
    let request = Request::builder().method(Method::POST).uri(path);
    send(app, request.body(body.into()).unwrap()).await
}

pub(crate) async fn post(app: &App, body: impl Into<Body>) -> Answer {
    post_to(app, "/api/v1/score", body).await
}

pub(crate) async fn post_json(app: &App, body: Value) -> Answer {
    post(app, body.to_string()).await
}

/// Answers to requests in a row, for snapshots: what was asked, the status, and the body.
pub(crate) async fn answers(app: &App, requests: impl IntoIterator<Item = Asked>) -> Value {
    let mut rows = Vec::new();
    for Asked { path, body } in requests {
        let (request, answer) = match body {
            None => (format!("GET {path}"), get(app, &path).await),
            Some(body) => {
                let answer = post_to(app, &path, body.clone()).await;
                (format!("POST {path} {body}"), answer)
            }
        };
        let body = serde_json::from_slice(&answer.body)
            .unwrap_or_else(|_| String::from_utf8_lossy(&answer.body).into());
        rows.push(json!({
            "request": request,
            "status": answer.status.as_u16(),
            "body": without_versions(body),
        }));
    }
    rows.into()
}

/// A request of a row.
pub(crate) struct Asked {
    path: String,
    body: Option<String>,
}

impl From<&str> for Asked {
    fn from(path: &str) -> Self {
        let encode = |c| match c {
            ' ' => "%20".to_owned(),
            '"' => "%22".to_owned(),
            '<' => "%3C".to_owned(),
            '>' => "%3E".to_owned(),
            c => c.to_string(),
        };
        Self {
            path: path.chars().map(encode).collect(),
            body: None,
        }
    }
}

impl From<(&str, Value)> for Asked {
    fn from((path, body): (&str, Value)) -> Self {
        Self {
            path: path.to_owned(),
            body: Some(body.to_string()),
        }
    }
}

impl From<(&str, &str)> for Asked {
    fn from((path, body): (&str, &str)) -> Self {
        Self {
            path: path.to_owned(),
            body: Some(body.to_owned()),
        }
    }
}

/// An edit that adds a link, as a client sends it.
pub(crate) fn spam() -> Value {
    json!({
        "rev_id": 2, "parent_text": "A river.", "text": "A river. [http://watches.example watches]",
        "comment": "", "minor": false, "timestamp": "2026-01-31T12:00:00Z",
        "user": {"name": "192.0.2.7", "is_anon": true, "groups": [], "registered_at": null, "edit_count": null},
        "page": {"id": 1, "title": "Danube", "namespace": 0},
    })
}

/// An edit that corrects a word.
pub(crate) fn correction() -> Value {
    json!({"rev_id": 3, "parent_text": "A rivr.", "text": "A river.", "user": {"name": "Example"}})
}

/// Occupies every thread of an app's pool until the returned senders are dropped.
pub(crate) async fn occupy(app: &App) -> Vec<std::sync::mpsc::Sender<()>> {
    let deadline = std::time::Instant::now() + Duration::from_secs(600);
    let mut releases = Vec::new();
    for _ in 0..app.pool().n_threads() {
        let (release, released) = std::sync::mpsc::channel::<()>();
        let (started, is_started) = tokio::sync::oneshot::channel();
        releases.push(release);
        let app = app.clone();
        tokio::spawn(async move {
            let wait = |(started, released): (
                tokio::sync::oneshot::Sender<()>,
                std::sync::mpsc::Receiver<()>,
            )| {
                let _ = started.send(());
                let _ = released.recv();
            };
            app.pool()
                .run(vec![(started, released)], deadline, wait)
                .await
                .map(|_| ())
        });
        is_started.await.unwrap();
    }
    releases
}

/// Versions change with every format; snapshots should not.
pub(crate) fn without_versions(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let old = field.take();
                *field = match name.as_str() {
                    "version" | "model_version" => json!("VERSION"),
                    "versions" => json!(["VERSION"]),
                    _ => without_versions(old),
                };
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| *item = without_versions(item.take())),
        _ => {}
    }
    value
}
