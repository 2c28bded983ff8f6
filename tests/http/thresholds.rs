//! `GET /api/v1/thresholds/{wiki}`: the extension's levels as thresholds of the models that are served.

use axum::body::Body;
use axum::http::Request;
use serde_json::Value;

use crate::support::{answers, get, send};
use crate::wiki::{ClosedWiki, app_of};

#[tokio::test]
async fn the_levels_of_a_wiki_are_thresholds_of_its_models() {
    // Nothing is fetched for it.
    let app = app_of(ClosedWiki::new().address);
    let paths = [
        "/api/v1/thresholds/enwiki",
        "/api/v1/thresholds/papwiki",
        "/api/v1/thresholds/%ff",
    ];
    insta::assert_json_snapshot!(answers(&app, paths.map(Into::into)).await);
}

#[tokio::test]
async fn levels_of_good_faith_are_those_of_bad_edits_turned_round() {
    let app = app_of(ClosedWiki::new().address);
    let document = get(&app, "/api/v1/thresholds/enwiki").await.json();
    let filters = &document["filters"];
    for level in ["likelygood", "maybebad", "likelybad", "verylikelybad"] {
        let (damaging, good) = (&filters["damaging"][level], &filters["goodfaith"][level]);
        if damaging == &Value::Bool(false) {
            assert_eq!(good, damaging, "{level}");
            continue;
        }
        let turned = |end: &str| 1.0 - good[end].as_f64().unwrap();
        let difference = |end: &str, other: &str| damaging[end].as_f64().unwrap() - turned(other);
        assert!(
            difference("min", "max").abs() < 1e-9,
            "{level}: {damaging} {good}"
        );
        assert!(
            difference("max", "min").abs() < 1e-9,
            "{level}: {damaging} {good}"
        );
    }
}

#[tokio::test]
async fn caches_are_told_that_nothing_has_changed() {
    let app = app_of(ClosedWiki::new().address);
    let path = "/api/v1/thresholds/enwiki";
    let first = get(&app, path).await;
    assert_eq!(first.headers["cache-control"], "public, max-age=300");
    let ask = |tag: &str| {
        let request = Request::get(path).header("if-none-match", tag);
        request.body(Body::empty()).unwrap()
    };
    let tag = first.headers["etag"].to_str().unwrap();
    let again = send(&app, ask(tag)).await;
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
    assert_eq!(again.headers["etag"], tag);
    assert_eq!(send(&app, ask("\"other\"")).await.body, first.body);
}
