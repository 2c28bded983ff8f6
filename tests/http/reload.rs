//! `POST /api/v1/admin/reload`: who may ask for it, and that all models change or none.

use std::path::Path;

use axum::body::Body;
use axum::http::Request;
use revscore::model::{Model, Target};
use revscore::service::{Access, App, AppParts, Models, ReadAccess, Token, Tokens};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Answer, app, config, get, model_of, post_json, send, spam};
use crate::wiki::{Wiki, metric, wikis};

pub(crate) const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// A model that trusts links the less the smaller the weight.
pub(crate) fn weighted(target: Target, weight: f64) -> Model {
    model_of("enwiki", target, &["links.added"], weight)
}

pub(crate) fn save(model: &Model, directory: &Path) {
    let name = format!("{}.model", model.name());
    model.save(directory.join(name)).unwrap();
}

pub(crate) fn token_file(directory: &Path) -> std::path::PathBuf {
    let file = directory.join("token");
    std::fs::write(&file, format!("{TOKEN}\n")).unwrap();
    file
}

/// Administration for whoever has the directory's token.
fn access(directory: &Path) -> Access {
    let token = Token::read(&token_file(directory)).unwrap();
    Access::new(
        Tokens::default().with_admin(Some(token)),
        ReadAccess::Public,
    )
}

fn directory() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    save(&weighted(Target::Reverted, 5.0), directory.path());
    save(&weighted(Target::Goodfaith, 5.0), directory.path());
    directory
}

fn app_in(directory: &Path, wiki: Option<&Wiki>) -> App {
    let parts = AppParts {
        models: Models::open(directory).unwrap(),
        access: access(directory),
        wikis: wiki.map_or_else(Default::default, |wiki| wikis(wiki.address, json!({}))),
        ..AppParts::default()
    };
    App::with_parts(parts, &config()).unwrap()
}

async fn reload(app: &App, authorization: &str) -> Answer {
    let request = Request::post("/api/v1/admin/reload").header("authorization", authorization);
    send(app, request.body(Body::empty()).unwrap()).await
}

async fn reload_with_token(app: &App) -> Answer {
    reload(app, &format!("Bearer {TOKEN}")).await
}

/// The version that scores, and the probability that it gives.
async fn score(app: &App) -> (String, f64) {
    let answer = post_json(app, json!({"wiki": "enwiki", "edits": [spam()]}))
        .await
        .json();
    let version = answer["models"]["reverted"]["version"].as_str().unwrap();
    let probability = &answer["scores"][0]["scores"]["reverted"]["probability"];
    (version.to_owned(), probability.as_f64().unwrap())
}

#[track_caller]
fn check(answer: &Answer, status: u16, code: &str, words: &str) {
    assert_eq!(answer.code(), (status, code.to_owned()));
    let json = answer.json();
    assert!(
        json["error"]["message"].as_str().unwrap().contains(words),
        "{json}"
    );
}

#[tokio::test]
async fn only_whoever_has_the_token_may_ask() {
    let closed = reload_with_token(&app()).await;
    check(&closed, 403, "admin_closed", "--admin-token-file opens it");
    let directory = directory();
    let app = app_in(directory.path(), None);
    for authorization in ["", "Bearer", "Bearer 0123456789abcdef", TOKEN, "Basic Og=="] {
        let answer = reload(&app, authorization).await;
        check(
            &answer,
            401,
            "unauthorized",
            "expected the token of administration",
        );
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
    }
    let wrong = get(&app, "/api/v1/admin/reload").await;
    check(&wrong, 405, "method_not_allowed", "");
    assert_eq!(
        metric(&app, "revscore_reloads_total{outcome=\"taken\"}").await,
        0.0
    );
    let answer = reload_with_token(&app).await;
    assert_eq!(answer.status, 200);
    let answer = answer.json();
    let names: Vec<&Value> = answer["models"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| &m["name"])
        .collect();
    assert_eq!(names, ["enwiki.reverted", "enwiki.goodfaith"]);
    assert_eq!(answer["models"][0]["version"], score(&app).await.0);
    assert_eq!(
        metric(&app, "revscore_reloads_total{outcome=\"taken\"}").await,
        1.0
    );
}

#[tokio::test]
async fn models_from_no_directory_stay() {
    let file = tempfile::tempdir().unwrap();
    let parts = AppParts {
        models: crate::support::models(),
        access: access(file.path()),
        ..AppParts::default()
    };
    let app = App::with_parts(parts, &config()).unwrap();
    let answer = reload_with_token(&app).await;
    check(
        &answer,
        409,
        "reload_refused",
        "the models were not opened from a directory",
    );
}

#[tokio::test]
async fn a_broken_file_leaves_everything_as_it_was() {
    let directory = directory();
    let path = directory.path();
    let app = app_in(path, None);
    let before = score(&app).await;
    let good = std::fs::read(path.join("enwiki.reverted.model")).unwrap();
    // Another model is better, and yet not taken while one is broken.
    save(&weighted(Target::Goodfaith, 1.0), path);
    let mut flipped = good.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    for broken in [&good[..good.len() - 9], &flipped, b"", b"\x80\x04 a pickle"] {
        std::fs::write(path.join("enwiki.reverted.model"), broken).unwrap();
        let answer = reload_with_token(&app).await;
        check(&answer, 409, "reload_refused", "enwiki.reverted.model");
        assert!(
            !String::from_utf8_lossy(&answer.body).contains("REVSCORE"),
            "it says how it is made"
        );
        assert_eq!(score(&app).await, before);
    }
    assert_eq!(
        metric(&app, "revscore_reloads_total{outcome=\"refused\"}").await,
        4.0
    );
    assert_eq!(metric(&app, "revscore_models_refused").await, 0.0);
    save(&weighted(Target::Reverted, 1.0), path);
    assert_eq!(reload_with_token(&app).await.status, 200);
    let after = score(&app).await;
    assert!(
        after.0 != before.0 && after.1 < before.1,
        "{before:?} {after:?}"
    );
    let info = |version: &str| {
        format!("revscore_model_info{{model=\"enwiki.reverted\",version=\"{version}\"}}")
    };
    assert_eq!(metric(&app, &info(&before.0)).await, 0.0);
    assert_eq!(metric(&app, &info(&after.0)).await, 1.0);
    assert!(metric(&app, "revscore_reload_timestamp_seconds").await > 1.7e9);
}

#[tokio::test]
async fn the_only_file_is_named_too() {
    let directory = directory();
    let path = directory.path();
    std::fs::remove_file(path.join("enwiki.goodfaith.model")).unwrap();
    let app = app_in(path, None);
    std::fs::write(path.join("enwiki.reverted.model"), "broken").unwrap();
    let answer = reload_with_token(&app).await;
    check(&answer, 409, "reload_refused", "enwiki.reverted.model");
    std::fs::remove_file(path.join("enwiki.reverted.model")).unwrap();
    let answer = reload_with_token(&app).await;
    check(
        &answer,
        409,
        "reload_refused",
        "there is none in the directory",
    );
    score(&app).await;
}

#[tokio::test]
async fn models_come_and_go() {
    let directory = directory();
    let app = app_in(directory.path(), None);
    std::fs::remove_file(directory.path().join("enwiki.goodfaith.model")).unwrap();
    let damaging = model_of("dewiki", Target::Damaging, &["links.added"], 1.0);
    save(&damaging, directory.path());
    let before = get(&app, "/api/v1/thresholds/enwiki").await;
    assert_eq!(reload_with_token(&app).await.status, 200);
    assert_eq!(
        get(&app, "/api/v1/models/enwiki/goodfaith").await.status,
        404
    );
    assert_eq!(
        get(&app, "/api/v1/models/dewiki/damaging").await.status,
        200
    );
    assert_eq!(metric(&app, "revscore_models_loaded").await, 2.0);
    // Caches are told.
    let after = get(&app, "/api/v1/thresholds/enwiki").await;
    assert_ne!(after.headers["etag"], before.headers["etag"]);
}

#[tokio::test]
async fn what_was_scored_by_the_model_before_is_scored_anew() {
    let wiki = Wiki::start().await;
    let directory = directory();
    let app = app_in(directory.path(), Some(&wiki));
    let ask = async || {
        let answer = get(&app, "/v3/scores/enwiki/1512/reverted").await.json();
        let answer = &answer["enwiki"]["scores"]["1512"]["reverted"]["score"];
        answer["probability"]["true"].as_f64().unwrap()
    };
    let before = ask().await;
    let n_calls = wiki.n_calls();
    save(&weighted(Target::Reverted, 1.0), directory.path());
    assert_eq!(reload_with_token(&app).await.status, 200);
    assert!(ask().await < before);
    assert_eq!(wiki.n_calls(), n_calls, "its text is at hand");
}
