//! `/openapi.json` against the code: every route is described, and nothing else is.
//!
//! That answers are as they are described is `tests/openapi/run.sh`'s to prove.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::{app, get};

/// Addresses that stand in the code as routes: texts that begin with a slash, in files that make
/// routers.
fn routes_in_code() -> BTreeSet<String> {
    let dialects = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/service/dialect");
    let mut routes = BTreeSet::new();
    for entry in fs::read_dir(dialects).unwrap() {
        let path = entry.unwrap().path().join("mod.rs");
        let Ok(text) = fs::read_to_string(path) else {
            continue;
        };
        let code = text.split("mod tests").next().unwrap();
        let texts = code.split('"').skip(1).step_by(2);
        routes.extend(
            texts
                .filter(|text| text.starts_with('/') && !text.contains('*'))
                .map(without_slash),
        );
    }
    routes
}

/// The same address with a slash at its end is described once.
fn without_slash(path: &str) -> String {
    match path {
        "/" => "/".to_owned(),
        path => path.trim_end_matches('/').to_owned(),
    }
}

#[tokio::test]
async fn every_route_is_described_and_nothing_else() {
    let document = get(&app(), "/openapi.json").await.json();
    let described = document["paths"].as_object().unwrap().keys();
    let described: BTreeSet<String> = described.map(|path| without_slash(path)).collect();
    let routes = routes_in_code();
    assert!(routes.len() > 30, "{routes:?}");
    assert_eq!(described, routes);
}

#[tokio::test]
async fn the_page_to_try_routes_on_loads_nothing_from_elsewhere() {
    let app = app();
    let moved = get(&app, "/docs").await;
    assert_eq!(
        (moved.status.as_u16(), &moved.headers["location"]),
        (308, &"/docs/".parse().unwrap())
    );
    for (path, content_type) in [
        ("/docs/", "text/html"),
        ("/docs/swagger-initializer.js", "text/javascript"),
        ("/docs/swagger-ui.css", "text/css"),
    ] {
        let file = get(&app, path).await;
        assert_eq!(file.status, 200, "{path}");
        assert_eq!(file.headers["content-type"], content_type, "{path}");
        let policy = file.headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'; connect-src 'self'"),
            "{policy}"
        );
    }
    let page = get(&app, "/docs/").await.body;
    let page = String::from_utf8(page.to_vec()).unwrap();
    assert!(!page.contains("//"), "{page}");
    let initializer = get(&app, "/docs/swagger-initializer.js").await.body;
    let initializer = String::from_utf8(initializer.to_vec()).unwrap();
    assert!(initializer.contains("/openapi.json"), "{initializer}");
    assert_eq!(
        get(&app, "/docs/nothing.js").await.code(),
        (404, "not_found".into())
    );
    // Where ORES had its own.
    assert_eq!(get(&app, "/v3/").await.headers["location"], "/docs/");
}
