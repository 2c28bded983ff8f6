//! The languages that clients speak: each is a room here, and a row in one table.
//!
//! A dialect has its own routes, types and errors; once out, its shapes stay. All of them read
//! requests into what `scoring` takes, and write what it gives.

mod api;
mod document;
mod lift_wing;
mod open_inference;
mod operation;
mod ores;
mod specification;

pub(in crate::service) use ores::kind_and_message;

use std::any::Any;

use axum::Router;
use axum::extract::Request;
use axum::http::Uri;
use axum::middleware::Next;
use axum::response::Response;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use tower_http::catch_panic::CatchPanicLayer;

use super::App;
use super::dashboard;
use super::error::ServiceError;

/// A dialect.
#[derive(Clone, Copy)]
pub(crate) struct Dialect {
    /// As a label of metrics.
    pub(crate) name: &'static str,
    /// What its paths begin with; nothing for what is no other's.
    prefixes: &'static [&'static str],
    routes: fn() -> Router<App>,
    /// An error in its shape.
    error: fn(ServiceError) -> Response,
    /// Its part of the OpenAPI document.
    paths: fn() -> Value,
}

/// Every dialect.
const DIALECTS: &[Dialect] = &[
    Dialect {
        name: "api",
        prefixes: &["/api/"],
        routes: api::routes,
        error: api::error,
        paths: api::paths,
    },
    Dialect {
        name: "ores",
        prefixes: &["/v3", "/v2/scores", "/v1/scores", "/scores"],
        routes: ores::routes,
        error: ores::error,
        paths: ores::paths,
    },
    Dialect {
        name: "lift_wing",
        prefixes: &["/v1/models"],
        routes: lift_wing::routes,
        error: lift_wing::error,
        paths: lift_wing::paths,
    },
    Dialect {
        name: "open_inference",
        prefixes: &["/v2"],
        routes: open_inference::routes,
        error: open_inference::error,
        paths: open_inference::paths,
    },
    Dialect {
        name: "dashboard",
        prefixes: &["/wiki/", "/login", "/logout", "/assets/"],
        routes: dashboard::routes,
        error: dashboard::error,
        // Pages are for people.
        paths: || Value::Object(serde_json::Map::new()),
    },
    OPERATION,
];

/// For whoever operates the service; also what is no route at all.
pub(crate) const OPERATION: Dialect = Dialect {
    name: "operation",
    prefixes: &[],
    routes: operation::routes,
    error: operation::error,
    paths: operation::paths,
};

impl Dialect {
    /// Marks answers as of this dialect, and answers a panic in its shape.
    fn wrap(&'static self, routes: Router<App>) -> Router<App> {
        let mark = |mut response: Response| async {
            response.extensions_mut().insert(*self);
            response
        };
        // The panic hook has logged it.
        let answer_panic = |_: Box<dyn Any + Send>| (self.error)(ServiceError::Internal);
        let check = |request: Request, next: Next| async {
            match percent_decode_str(request.uri().path())
                .decode_utf8()
                .is_ok()
            {
                true => next.run(request).await,
                false => (self.error)(ServiceError::InvalidRequest(
                    "expected UTF-8 in the address, got other bytes".to_owned(),
                )),
            }
        };
        routes
            .layer(CatchPanicLayer::custom(answer_panic))
            .layer(axum::middleware::from_fn(check))
            .layer(axum::middleware::map_response(mark))
    }
}

/// The routes of all dialects.
pub(crate) fn routes() -> Router<App> {
    let routes = DIALECTS.iter().fold(Router::new(), |router, dialect| {
        router.merge(dialect.wrap((dialect.routes)()))
    });
    routes
        .fallback(|uri: Uri| async move { answer(&uri, ServiceError::RouteNotFound) })
        .method_not_allowed_fallback(|uri: Uri| async move {
            answer(&uri, ServiceError::MethodNotAllowed)
        })
}

/// What all dialects say of their routes, for the OpenAPI document.
fn all_paths() -> Value {
    let mut paths = serde_json::Map::new();
    for dialect in DIALECTS {
        if let Value::Object(more) = (dialect.paths)() {
            paths.extend(more);
        }
    }
    Value::Object(paths)
}

/// An error about an address, in the shape of the dialect that it would be of.
fn answer(uri: &Uri, error: ServiceError) -> Response {
    let dialect = DIALECTS
        .iter()
        .find(|dialect| {
            let mut prefixes = dialect.prefixes.iter();
            prefixes.any(|prefix| uri.path().starts_with(prefix))
        })
        .unwrap_or(&OPERATION);
    let mut response = (dialect.error)(error);
    response.extensions_mut().insert(*dialect);
    response
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;
    use crate::service::{Config, Models};

    #[tokio::test]
    async fn a_panic_is_answered_in_the_shape_of_its_dialect_and_says_nothing() {
        async fn panic() {
            panic!("the text of an edit");
        }
        let inner = "something went wrong inside the service; its log says more";
        let app = App::new(Models::default(), &Config::default()).unwrap();
        for (dialect, expected) in DIALECTS.iter().zip([
            format!(r#"{{"error":{{"code":"internal","message":"{inner}"}}}}"#),
            format!(r#"{{"error":{{"code":"internal server error","message":"{inner}"}}}}"#),
            format!(r#"{{"error":"{inner}"}}"#),
            format!(r#"{{"error":"{inner}"}}"#),
            "<p>Something went wrong inside the service.</p>".to_owned(),
            format!(r#"{{"error":{{"code":"internal","message":"{inner}"}}}}"#),
        ]) {
            let routes = dialect.wrap(Router::new().route("/panic", get(panic)));
            let request = Request::get("/panic").body(Body::empty()).unwrap();
            let response = routes.with_state(app.clone()).oneshot(request);
            let response = response.await.unwrap();
            assert_eq!(response.status(), 500, "{}", dialect.name);
            let marked = response.extensions().get::<Dialect>();
            assert_eq!(marked.map(|marked| marked.name), Some(dialect.name));
            let body = axum::body::to_bytes(response.into_body(), 4_000).await;
            let body = String::from_utf8(body.unwrap().to_vec()).unwrap();
            // A page has more around it.
            let is_page = body.starts_with("<!DOCTYPE html>") && body.contains(&expected);
            assert!(is_page || body == expected, "{}: {body}", dialect.name);
        }
    }
}
