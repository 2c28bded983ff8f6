//! A request with a batch of edits: its frame is read here, its edits later, each on its own.
//!
//! What the edits are sent for is the routes' concern.

use axum::body::Bytes;
use serde_json::value::RawValue;

use crate::service::error::ServiceError;

/// Edits that one request may hold.
pub(super) const MAX_EDITS: usize = 256;

/// A body as text.
pub(super) fn text_of(body: &Bytes) -> Result<&str, ServiceError> {
    std::str::from_utf8(body).map_err(|error| ServiceError::NotUtf8 {
        at: error.valid_up_to(),
    })
}

/// The edits of a body as slices of it.
pub(super) fn slices(body: &Bytes, edits: &[&RawValue]) -> Result<Vec<Bytes>, ServiceError> {
    if !(1..=MAX_EDITS).contains(&edits.len()) {
        return Err(ServiceError::BatchSize {
            limit: MAX_EDITS,
            got: edits.len(),
        });
    }
    let slice = |edit: &&RawValue| body.slice_ref(edit.get().as_bytes());
    Ok(edits.iter().map(slice).collect())
}
