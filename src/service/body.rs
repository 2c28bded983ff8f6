//! Reading a scoring request's body: whole, within a limit of bytes and of time.
//!
//! A body that is too large is read on for a while and thrown away, because a client that is
//! still sending would see a broken connection instead of the answer that says what is wrong.

use std::time::Instant;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt;
use tokio::sync::OwnedSemaphorePermit;

use super::App;
use super::error::ServiceError;
use super::metrics::Stage;

/// At most so much of a body that is too large is read for politeness.
const MAX_DISCARDED_BYTES: usize = 64 << 20;

/// A scoring request's body, and the permission to hold it in memory.
pub(crate) struct ScoringBody {
    pub(crate) bytes: Bytes,
    _permit: OwnedSemaphorePermit,
}

impl FromRequest<App> for ScoringBody {
    type Rejection = ServiceError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ServiceError> {
        let Some(permit) = app.admit() else {
            app.metrics().rejected("too_many_requests", 1);
            return Err(ServiceError::Overloaded);
        };
        let limits = app.limits();
        check_header(request.headers(), limits.body_bytes)?;
        let started = Instant::now();
        let bytes = tokio::time::timeout(
            limits.body_timeout,
            read(request.into_body(), limits.body_bytes),
        )
        .await
        .map_err(|_| ServiceError::BodyTimeout {
            limit_ms: limits.body_timeout.as_millis(),
        })??;
        app.metrics().stage(Stage::Read, started.elapsed());
        Ok(Self {
            bytes,
            _permit: permit,
        })
    }
}

/// Refuses what the header already tells; a client that asked first has not begun to send.
fn check_header(headers: &HeaderMap, limit: usize) -> Result<(), ServiceError> {
    if headers
        .get(header::CONTENT_ENCODING)
        .is_some_and(|encoding| encoding != "identity")
    {
        return Err(ServiceError::UnsupportedEncoding);
    }
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if headers.contains_key(header::EXPECT) && length.is_some_and(|length| length > limit as u64) {
        return Err(ServiceError::BodyTooLarge { limit });
    }
    Ok(())
}

async fn read(mut body: Body, limit: usize) -> Result<Bytes, ServiceError> {
    let mut bytes = Vec::new();
    let mut n_read = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| ServiceError::BodyBroken)?.into_data() else {
            continue;
        };
        n_read += data.len();
        if n_read <= limit {
            bytes.extend_from_slice(&data);
        } else if n_read <= limit.saturating_add(MAX_DISCARDED_BYTES) {
            bytes = Vec::new();
        } else {
            break;
        }
    }
    if n_read > limit {
        Err(ServiceError::BodyTooLarge { limit })
    } else {
        Ok(bytes.into())
    }
}
