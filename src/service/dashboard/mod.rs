//! The dashboard: pages for people, made here as HTML from reports, models and ledger.
//!
//! A page is a file: it loads (`load`), and renders with the words of the reader's language. Every page
//! reads without JavaScript; what little there is makes keys and the slider quicker. Edits are hostile:
//! their texts reach a page only through the templates, which escape, and no page allows a script or a
//! style that is not one of the two files in `assets`.

mod assets;
mod chart;
mod diff;
mod drift;
mod edit;
mod figures;
mod judge;
mod layout;
mod links;
pub(crate) mod load;
mod login;
mod look;
mod model;
mod overview;
mod queue;
mod scores;
mod series;
mod threshold;
mod visit;
mod wiki;
mod words;

use axum::Router;
use axum::extract::{FromRequestParts as _, Request};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use axum::routing::{get, post};

use super::App;
use super::error::ServiceError;
use visit::Visit;

/// Its routes, besides the root, which it shares with the list of routes.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/wiki/{wiki}", get(wiki::show))
        .route("/wiki/{wiki}/queue", get(queue::show))
        .route("/wiki/{wiki}/judge", post(judge::judge))
        .route("/wiki/{wiki}/edit", get(edit::find))
        .route("/wiki/{wiki}/edit/{rev_id}", get(edit::show))
        .route("/wiki/{wiki}/model/{target}", get(model::show))
        .route("/wiki/{wiki}/model/{target}/{picture}", get(model::picture))
        .route("/login", get(login::show).post(login::log_in))
        .route("/logout", post(login::log_out))
        .route("/assets/{name}", get(assets::asset))
        .layer(axum::middleware::map_response(|response| async {
            secured(response)
        }))
}

/// The page at the root.
pub(crate) async fn root(app: App, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let page = match Visit::from_request_parts(&mut parts, &app).await {
        Ok(visit) => overview::show(&app, &visit).await,
        Err(elsewhere) => elsewhere,
    };
    secured(page)
}

/// An error as a page, where nothing is known of who reads it.
pub(crate) fn error(error: ServiceError) -> Response {
    error_for(&HeaderMap::new(), error)
}

/// An error as a page in the language of whoever sent these headers.
fn error_for(headers: &HeaderMap, error: ServiceError) -> Response {
    secured(layout::error(visit::language_of(headers), &error))
}

/// Whether whoever asks would rather have a page than JSON, as browsers say they do.
pub(crate) fn is_wanted(headers: &HeaderMap) -> bool {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    let weight = |kind: &str| {
        let ranges = accept.unwrap_or_default().split(',');
        let weights = ranges.filter_map(|range| {
            let (name, parameters) = range.split_once(';').unwrap_or((range, ""));
            let weight = parameters.trim().strip_prefix("q=");
            let weight = weight.map_or(Some(1.0), |weight| weight.parse().ok());
            weight.filter(|_| name.trim().eq_ignore_ascii_case(kind))
        });
        weights.fold(0.0, f64::max)
    };
    weight("text/html") > weight("application/json")
}

/// With the headers that keep strangers' text from becoming anything else.
fn secured(mut response: Response) -> Response {
    const HEADERS: [(header::HeaderName, &str); 5] = [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
             connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        // Without any referrer browsers would send forms with the origin null.
        (header::REFERRER_POLICY, "same-origin"),
        (
            header::HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in HEADERS {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_get_pages_and_programs_json() {
        #[track_caller]
        fn check(accept: Option<&str>, expected: bool) {
            let accept = accept.map(|accept| (header::ACCEPT, accept.parse().unwrap()));
            assert_eq!(is_wanted(&accept.into_iter().collect()), expected);
        }
        check(None, false);
        check(Some("*/*"), false);
        check(Some("application/json"), false);
        check(
            Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
            true,
        );
        check(Some("application/json, text/html;q=0.5"), false);
        check(Some("application/json;q=0.1, text/html;q=0.5"), true);
        check(Some("text/html;q=0"), false);
    }
}
