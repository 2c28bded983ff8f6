//! A request with a batch of edits: its frame is read here, its edits later, each on its own.
//!
//! What the edits are sent for is the routes' concern.

use std::time::Instant;

use axum::body::Bytes;
use serde_json::value::RawValue;

use crate::service::App;
use crate::service::error::ServiceError;
use crate::service::metrics::Stage;
use crate::service::scoring::refuse;

/// Edits that one request may hold.
pub(super) const MAX_EDITS: usize = 256;

/// A smaller body's frame (one edit of a page of 50 kB) is read in a fraction of a millisecond,
/// where it arrives; a larger one by the pool.
const MAX_INLINE_BYTES: usize = 128 << 10;

/// Reads a request's frame with `parse`.
pub(super) async fn read_frame<T: Send + 'static>(
    app: &App,
    body: Bytes,
    deadline: Instant,
    parse: fn(&Bytes) -> Result<T, ServiceError>,
) -> Result<T, ServiceError> {
    let worker = app.clone();
    let parse = move |body: Bytes| {
        let started = Instant::now();
        let request = parse(&body);
        worker.metrics().stage(Stage::Parse, started.elapsed());
        request
    };
    if body.len() <= MAX_INLINE_BYTES {
        return parse(body);
    }
    let parsed = app.pool().run(vec![body], deadline, parse).await;
    let done = parsed.map_err(|error| refuse(app, error))?.pop();
    // Without a value, parsing panicked.
    done.and_then(|done| done.value)
        .unwrap_or(Err(ServiceError::Internal))
}

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
