//! ORES, as its clients speak it: version 3, and the read paths of versions 1 and 2.
//!
//! Shapes are those of ORES 1.4.0. A request is read once, whatever its version ([`request`]),
//! answered by one call ([`scores`]), and written in the shape of its version. That a revision
//! cannot be scored is an error of its own inside an answer with status 200, under the names of
//! revscoring's exceptions. Values of features are those of the models that are served, so they
//! are named as these models name them; where revscoring has the same number, it has its name.

mod error;
mod inject;
mod model_info;
mod openapi;
mod precache;
mod request;
mod scores;
mod v1;
mod v2;
mod v3;

pub(in crate::service) use error::kind_and_message;

use axum::Router;
use axum::response::Redirect;
use axum::routing::{get, post};

pub(super) use error::error;
pub(super) use inject::feature_values;
pub(super) use openapi::paths;
pub(super) use scores::score_body;

use crate::service::App;

/// Its routes, with and without a slash at the end: ORES redirected from the one to the other.
pub(super) fn routes() -> Router<App> {
    let mut router = Router::new()
        // Where its own page to try them was.
        .route("/v3", get(to_page))
        .route("/v3/", get(to_page))
        .route("/v3/precache", post(precache::precache))
        .route("/v3/precache/", post(precache::precache))
        .route("/v3/spec", get(openapi::specification))
        .route("/v3/spec/", get(openapi::specification));
    for (path, handler) in [
        ("/v3/scores", get(v3::contexts)),
        ("/v3/scores/{context}", get(v3::context).post(v3::context)),
        (
            "/v3/scores/{context}/{revid}",
            get(v3::revision).post(v3::revision),
        ),
        (
            "/v3/scores/{context}/{revid}/{model}",
            get(v3::model).post(v3::model),
        ),
        ("/v2/scores", get(v2::contexts)),
        ("/v2/scores/{context}", get(v2::context)),
        ("/v2/scores/{context}/{model}", get(v2::model)),
        ("/v2/scores/{context}/{model}/{revid}", get(v2::revision)),
        ("/v1/scores", get(v1::contexts)),
        ("/v1/scores/{context}", get(v1::context)),
        ("/v1/scores/{context}/{model}", get(v1::model)),
        ("/v1/scores/{context}/{model}/{revid}", get(v1::revision)),
        ("/scores", get(v1::contexts)),
        ("/scores/{context}", get(v1::context)),
        ("/scores/{context}/{model}", get(v1::model)),
        ("/scores/{context}/{model}/{revid}", get(v1::revision)),
    ] {
        router = router
            .route(path, handler.clone())
            .route(&format!("{path}/"), handler);
    }
    router
}

async fn to_page() -> Redirect {
    Redirect::temporary("/docs/")
}
