//! `GET /openapi.json`, put together from what each dialect says of itself, and `/docs/`, a page to
//! try it on.
//!
//! The page's files are inside the binary and load nothing from elsewhere.

use std::sync::{Arc, LazyLock};

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Value, json};
use utoipa_swagger_ui::Config;

use super::error as error_in;
use crate::service::dialect::all_paths;
use crate::service::dialect::document::cached;
use crate::service::dialect::specification::{Operation, answer_in, object, tagged, text};
use crate::service::error::ServiceError;

/// The routes of this room.
pub(in crate::service::dialect) fn paths() -> Value {
    let health = || object(json!({"status": text()}));
    let error = object(json!({"error": object(json!({"code": text(), "message": text()}))}));
    let of_type = |content_type, summary| Operation {
        summary,
        parameters: Vec::new(),
        body: None,
        responses: vec![("200", answer_in(content_type, "the answer"))],
    };
    let routes = vec![
        (
            "get",
            "/",
            Operation::plain("The routes", json!({"type": "object"})),
        ),
        (
            "get",
            "/healthz",
            Operation::plain("Whether the process answers", health()),
        ),
        (
            "get",
            "/readyz",
            Operation::plain(
                "Whether it takes requests: not any more while it shuts down",
                health(),
            )
            .with_errors(&error, &["503"]),
        ),
        (
            "get",
            "/metrics",
            of_type("text/plain", "Counters and latencies for Prometheus"),
        ),
        (
            "get",
            "/openapi.json",
            Operation::plain("This document", json!({"type": "object"})),
        ),
        (
            "get",
            "/docs/",
            of_type("text/html", "A page to try the routes on"),
        ),
    ];
    tagged("Operation", routes)
}

/// The document of all dialects, made once.
pub(super) static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Revscore",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Scores edits of MediaWiki wikis, in its own API and in the dialects of ORES, Lift Wing and KServe.",
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "paths": all_paths(),
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    })
});

/// Every route with its line.
pub(super) fn routes() -> impl Iterator<Item = (String, &'static str)> {
    let paths = DOCUMENT["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, operations)| {
        let operations = operations.as_object().into_iter().flatten();
        operations.map(move |(method, operation)| {
            let summary = operation["summary"].as_str().unwrap_or_default();
            (format!("{} {path}", method.to_uppercase()), summary)
        })
    })
}

/// The document.
pub(super) async fn document(headers: HeaderMap) -> Result<Response, ServiceError> {
    static TEXT: LazyLock<Bytes> = LazyLock::new(|| DOCUMENT.to_string().into());
    cached(&headers, env!("CARGO_PKG_VERSION"), || Ok(TEXT.clone()))
}

/// The page's address has a slash at its end.
pub(super) async fn to_page() -> Redirect {
    Redirect::permanent("/docs/")
}

/// The page itself.
pub(super) async fn first_page() -> Response {
    file("")
}

/// A file of the page.
pub(super) async fn page(Path(file_name): Path<String>) -> Response {
    file(&file_name)
}

fn file(name: &str) -> Response {
    static CONFIG: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
        // Nobody else is asked whether the document is right.
        Arc::new(Config::from("/openapi.json").validator_url("none"))
    });
    match utoipa_swagger_ui::serve(name, Arc::clone(&CONFIG)) {
        Ok(Some(file)) => {
            let headers = [
                (header::CONTENT_TYPE, file.content_type),
                (
                    header::CONTENT_SECURITY_POLICY,
                    "default-src 'none'; connect-src 'self'; font-src 'self'; img-src 'self' data:; \
                     script-src 'self'; style-src 'self' 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
                        .to_owned(),
                ),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
                (header::CACHE_CONTROL, "public, max-age=300".to_owned()),
            ];
            let mut response = (headers, file.bytes.into_owned()).into_response();
            if file.gzpipped {
                response.headers_mut().insert(
                    header::CONTENT_ENCODING,
                    axum::http::HeaderValue::from_static("gzip"),
                );
            }
            response
        }
        Ok(None) => error_in(ServiceError::RouteNotFound),
        Err(error) => {
            tracing::error!(%error, "the page of routes cannot be made: {error}");
            error_in(ServiceError::Internal)
        }
    }
}
