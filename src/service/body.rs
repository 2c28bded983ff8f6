//! Admitting a scoring request, and reading its body: whole, within a limit of bytes and of time.
//!
//! A body that is too large, or of a request that is not admitted, is read on for a while and thrown
//! away, because a client that is still sending would see a broken connection instead of the answer
//! that says what is wrong.

use std::net::IpAddr;
use std::time::Instant;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt;
use tokio::sync::OwnedSemaphorePermit;

use super::App;
use super::clients::ClientSlot;
use super::error::ServiceError;
use super::metrics::Stage;

/// At most so much of a body that is too large is read for politeness.
const MAX_DISCARDED_BYTES: usize = 64 << 20;

/// The address that connected, put into each request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Permission to be worked on: of the service, and of the client's share.
pub(crate) struct Admission {
    _permit: OwnedSemaphorePermit,
    _slot: Option<ClientSlot>,
}

/// A scoring request's body, and the permission to hold it in memory.
pub(crate) struct ScoringBody {
    pub(crate) bytes: Bytes,
    pub(crate) admission: Admission,
}

impl Admission {
    /// Admits a request, or says that there are too many.
    pub(crate) fn of(parts: &Parts, app: &App) -> Result<Self, ServiceError> {
        Self::with_place(parts, app, App::admit)
    }

    /// Admits a stream.
    pub(crate) fn of_stream(parts: &Parts, app: &App) -> Result<Self, ServiceError> {
        // However long it gets.
        check_header(&parts.headers, usize::MAX)?;
        Self::with_place(parts, app, App::admit_stream)
    }

    fn with_place(
        parts: &Parts,
        app: &App,
        admit: fn(&App) -> Result<OwnedSemaphorePermit, ServiceError>,
    ) -> Result<Self, ServiceError> {
        let client = client_of(&parts.headers, parts.extensions.get().copied(), app);
        let slot = app.clients().admit(client).map_err(|limit| {
            app.metrics().rejected("client_limit", 1);
            ServiceError::ClientLimit { limit }
        })?;
        Ok(Self {
            _permit: admit(app)?,
            _slot: slot,
        })
    }
}

/// What a client is called: as a trusted proxy names it, or by its address.
pub(crate) fn client_of(headers: &HeaderMap, peer: Option<Peer>, app: &App) -> Option<String> {
    let named = app.client_header().and_then(|name| headers.get(name));
    match named {
        Some(client) => Some(String::from_utf8_lossy(client.as_bytes()).into_owned()),
        None => peer.map(|Peer(ip)| ip.to_string()),
    }
}

impl ScoringBody {
    /// Admits a request and reads its body of at most so many bytes, or what is allowed to any.
    pub(crate) async fn of(
        parts: &Parts,
        body: Body,
        app: &App,
        limit: usize,
    ) -> Result<Self, ServiceError> {
        let limits = app.limits();
        let limit = limit.min(limits.body_bytes);
        let checked = Admission::of(parts, app).and_then(|admission| {
            check_header(&parts.headers, limit)?;
            Ok(admission)
        });
        let admission = match checked {
            Ok(admission) => admission,
            Err(error) => {
                discard(&parts.headers, body, app);
                return Err(error);
            }
        };
        let started = Instant::now();
        let bytes = tokio::time::timeout(limits.body_timeout, read(body, limit))
            .await
            .map_err(|_| ServiceError::BodyTimeout {
                limit_ms: limits.body_timeout.as_millis(),
            })??;
        app.metrics().stage(Stage::Read, started.elapsed());
        Ok(Self { bytes, admission })
    }
}

/// The body of a request that scores nothing: a form, or judgements.
pub(crate) struct SmallBody(pub(crate) Bytes);

/// A thousand judgements with notes.
const MAX_SMALL_BYTES: usize = 1 << 20;

impl FromRequest<App> for SmallBody {
    type Rejection = ServiceError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ServiceError> {
        let (parts, body) = request.into_parts();
        let limits = app.limits();
        let limit = MAX_SMALL_BYTES.min(limits.body_bytes);
        if let Err(error) = check_header(&parts.headers, limit) {
            discard(&parts.headers, body, app);
            return Err(error);
        }
        let read = tokio::time::timeout(limits.body_timeout, read(body, limit)).await;
        read.map_err(|_| ServiceError::BodyTimeout {
            limit_ms: limits.body_timeout.as_millis(),
        })?
        .map(Self)
    }
}

impl FromRequest<App> for ScoringBody {
    type Rejection = ServiceError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ServiceError> {
        let (parts, body) = request.into_parts();
        Self::of(&parts, body, app, usize::MAX).await
    }
}

/// Reads the body of a request that is refused, while it is answered, and keeps nothing of it.
pub(crate) fn discard(headers: &HeaderMap, mut body: Body, app: &App) {
    // Whoever asked first has not begun to send.
    if headers.contains_key(header::EXPECT) {
        return;
    }
    let limit = app.limits().body_timeout;
    let read = async move {
        let mut n_read = 0;
        while let Some(Ok(frame)) = body.frame().await {
            n_read += frame.data_ref().map_or(0, Bytes::len);
            if n_read > MAX_DISCARDED_BYTES {
                break;
            }
        }
    };
    tokio::spawn(tokio::time::timeout(limit, read));
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

/// A smaller body's frame (one edit of a page of 50 kB) is read in a fraction of a millisecond,
/// where it arrives; a larger one by the pool.
const MAX_INLINE_BYTES: usize = 128 << 10;

/// Reads a body, or the frame of a larger one, with `parse`.
pub(crate) async fn read_frame<T: Send + 'static>(
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
    let done = app.compute(vec![body], deadline, parse).await?.pop();
    // Without a value, parsing panicked.
    done.and_then(|done| done.value)
        .unwrap_or(Err(ServiceError::Internal))
}
