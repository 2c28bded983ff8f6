//! Documents that change with the models alone: they may be kept, and asked for by their tag.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Serialize;

use crate::service::error::ServiceError;

/// Caches may answer for so long without asking.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// 304 when the client has it already, the document otherwise.
pub(super) fn cached(
    headers: &HeaderMap,
    tag: &str,
    document: impl FnOnce() -> Result<Bytes, ServiceError>,
) -> Result<Response, ServiceError> {
    let tag = format!("\"{tag}\"");
    let is_known = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|tags| tags.to_str().ok())
        .any(|tags| {
            tags.split(',')
                .map(str::trim)
                .any(|known| known == "*" || known.trim_start_matches("W/") == tag)
        });
    let mut response = if is_known {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        Response::new(Body::from(document()?))
    };
    let headers = response.headers_mut();
    if !is_known {
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
    }
    headers.insert(header::CACHE_CONTROL, CACHE_CONTROL);
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    Ok(response)
}

/// A document as JSON.
pub(super) fn json(document: &impl Serialize) -> Result<Bytes, ServiceError> {
    serde_json::to_vec(document)
        .map(Bytes::from)
        .map_err(|_| ServiceError::Internal)
}
