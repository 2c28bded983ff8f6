//! Routes, and what surrounds every request: counting, one log line, and a net under panics.
//!
//! `/v1`, `/v2` and `/v3` are left free for other dialects.

use std::any::Any;
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;

use super::App;
use super::api::{edits, health, models, score};
use super::error::ServiceError;

/// The whole service, without a socket.
pub fn router(app: App) -> Router {
    let routes = Router::new()
        .route("/", get(health::index))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .route("/api/v1/score", post(score::score))
        .route("/api/v1/edits", post(edits::observe))
        .route("/api/v1/models", get(models::list))
        .route("/api/v1/models/{wiki}/{target}", get(models::card))
        .route("/api/v1/models/{wiki}/{target}/caught", get(models::caught));
    surround(routes, app)
}

/// Puts around routes what every request gets.
fn surround(routes: Router<App>, app: App) -> Router {
    routes
        .fallback(|| async { ServiceError::RouteNotFound })
        .method_not_allowed_fallback(|| async { ServiceError::MethodNotAllowed })
        .layer(CatchPanicLayer::custom(answer_panic))
        .layer(from_fn_with_state(app.clone(), observe))
        .with_state(app)
}

/// The panic hook has logged it.
fn answer_panic(_: Box<dyn Any + Send>) -> Response {
    ServiceError::Internal.into_response()
}

/// Counts and logs a request by its route: a path may hold anything.
async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let response = next.run(request).await;
    let (status, elapsed) = (response.status().as_u16(), started.elapsed());
    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    app.metrics().request(route, status, elapsed);
    let elapsed_ms = elapsed.as_secs_f64() * 1e3;
    if route.starts_with("/api") {
        tracing::info!(%method, route, status, elapsed_ms, "{method} {route} answered {status} in {elapsed_ms:.1} ms");
    } else {
        tracing::debug!(%method, route, status, elapsed_ms, "{method} {route} answered {status} in {elapsed_ms:.1} ms");
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use tower::ServiceExt as _;

    use super::*;
    use crate::service::{Config, Models};

    #[tokio::test]
    async fn a_panic_is_answered_and_counted_and_says_nothing() {
        async fn panic() {
            panic!("the text of an edit");
        }
        let app = App::new(Models::default(), &Config::default()).unwrap();
        let router = surround(Router::new().route("/panic", get(panic)), app.clone());
        let request = Request::get("/panic").body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status(), 500);
        let body = axum::body::to_bytes(response.into_body(), 1_000)
            .await
            .unwrap();
        assert_eq!(
            body,
            r#"{"error":{"code":"internal","message":"something went wrong inside the service; its log says more"}}"#
        );
        let metrics = app.metrics().render(0);
        assert!(
            metrics.contains("revscore_requests_total{route=\"/panic\",status=\"500\"} 1"),
            "{metrics}"
        );
    }
}
