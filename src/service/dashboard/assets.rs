//! The style sheet and the script: inside the binary, under names that change with what is in them, so
//! that browsers may keep them for good.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use xxhash_rust::xxh3::xxh3_64;

use crate::service::error::ServiceError;

/// A file.
pub(super) struct Asset {
    pub(super) path: String,
    content_type: &'static str,
    body: &'static str,
}

/// How pages look.
pub(super) static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    let body = include_str!("assets/style.css");
    Asset::new("style", "css", "text/css; charset=utf-8", body)
});

/// Keys and the slider.
pub(super) static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    let body = include_str!("assets/board.js");
    Asset::new("board", "js", "text/javascript; charset=utf-8", body)
});

/// A picture for the tab: a check mark, as an address of its own.
pub(super) const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E\
    %3Crect width='16' height='16' rx='4' fill='%231f5fae'/%3E%3Cpath d='M4 8.5l3 3 5-7' fill='none' stroke='white' \
    stroke-width='2'/%3E%3C/svg%3E";

impl Asset {
    fn new(name: &str, ending: &str, content_type: &'static str, body: &'static str) -> Self {
        let hash = xxh3_64(body.as_bytes());
        Self {
            path: format!("/assets/{name}-{hash:016x}.{ending}"),
            content_type,
            body,
        }
    }
}

/// Gives one of the files.
pub(super) async fn asset(Path(name): Path<String>) -> Response {
    let path = format!("/assets/{name}");
    let mut assets = [&*STYLE, &*SCRIPT].into_iter();
    match assets.find(|asset| asset.path == path) {
        Some(asset) => {
            let headers = [
                (header::CONTENT_TYPE, asset.content_type),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ];
            (headers, asset.body).into_response()
        }
        None => super::error(ServiceError::RouteNotFound),
    }
}
