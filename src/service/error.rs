//! Errors as clients see them: the one place that gives them a status, a code and JSON.
//!
//! Codes are stable, for programs; messages are for people and may get better. What went wrong
//! inside is logged where it happens and never reaches a client.

use std::time::Duration;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::PoolError;
use super::ledger::StoreError;
use super::report::ReportError;
use super::scoring::ScoreError;
use super::wiki::{ApiError, FetchError};
use crate::evaluation::QueryError;
use crate::model::TargetError;
use crate::revision::TimestampError;

/// Seconds after which a client that was turned away may try again: the queue turns over in less.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("1");

/// Why a whole request failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServiceError {
    #[error("expected JSON in UTF-8, got other bytes at byte {at}")]
    NotUtf8 { at: usize },
    #[error("expected JSON, got something else: {0}")]
    InvalidJson(serde_json::Error),
    #[error("the request is not understood: {0}")]
    InvalidRequest(String),
    #[error("expected 1 to {limit} edits, got {got}")]
    BatchSize { limit: usize, got: usize },
    #[error(transparent)]
    UnknownTarget(#[from] TargetError),
    #[error("expected groups of features as without ({known}), got {got:?}")]
    UnknownGroup { known: String, got: String },
    #[error(transparent)]
    InvalidQuery(#[from] QueryError),
    #[error("no model scores {what}; there are {known}")]
    ModelNotFound { what: String, known: String },
    #[error(
        "no wiki {wiki:?} is configured to fetch revisions from; there are: {known} ([wiki.NAME] in the configuration file adds one)"
    )]
    WikiNotFound { wiki: String, known: String },
    #[error("expected at most {limit} revisions, got {got}")]
    TooManyRevisions { limit: usize, got: usize },
    #[error("expected at most {limit} open requests of one client; wait for the answers of some")]
    ClientLimit { limit: usize },
    #[error("expected {} as Authorization: Bearer", in_words(right))]
    TokenNeeded { right: &'static str },
    #[error("expected a token with the right {right}, got one without it")]
    RightNeeded { right: &'static str },
    #[error(
        "expected the session's own x-csrf-token, from a page of this service; load the page again"
    )]
    ForeignForm,
    #[error("too fast; try again in {} s", retry_after.as_secs().max(1))]
    TooFast { retry_after: Duration },
    #[error("judging is closed; --tokens-file with a token that may judge opens it")]
    JudgingClosed,
    #[error("administration is closed; --admin-token-file opens it")]
    AdminClosed,
    #[error("a model cannot be served, and all stay as they were: {0}")]
    ReloadRefused(String),
    #[error("no history of {wiki:?} is kept; there are: {known} (--learn-history begins one)")]
    HistoryNotFound { wiki: String, known: String },
    #[error("no ledger is kept; --ledger FILE keeps one")]
    NoLedger,
    #[error("the ledger cannot be written now; nothing of the request is lost if it is sent again")]
    LedgerUnavailable,
    #[error("the ledger has no revision {rev_id}")]
    EditNotFound { rev_id: u64 },
    #[error("{0}")]
    Report(ReportError),
    #[error("there is nothing at this address; GET / names the routes")]
    RouteNotFound,
    #[error("this address does not take that method; the header Allow says which it takes")]
    MethodNotAllowed,
    #[error("expected a body within {limit_ms} ms, got a part of it")]
    BodyTimeout { limit_ms: u128 },
    #[error("expected a body of at most {limit} bytes, got a larger one")]
    BodyTooLarge { limit: usize },
    #[error("expected a whole body, got a part of it")]
    BodyBroken,
    #[error("expected a body without content encoding, got one with it")]
    UnsupportedEncoding,
    #[error("the service is busy; try again in a moment")]
    Overloaded,
    #[error("the request was not scored within {limit_ms} ms; send fewer or smaller edits")]
    Timeout { limit_ms: u128 },
    #[error("the service is shutting down")]
    Draining,
    #[error("the service has begun, and learns what others were told of; it is ready in a moment")]
    CatchingUp,
    #[error("something went wrong inside the service; its log says more")]
    Internal,
}

/// Why one edit of a batch has no scores.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EditError {
    #[error("the edit is not understood: {0}")]
    Invalid(serde_json::Error),
    #[error("expected the text after the edit as text, got none")]
    MissingText,
    #[error("expected the text before the edit as parent_text beside parent, got none")]
    MissingParentText,
    #[error("an edit whose text, or whose parent's text, is hidden cannot be scored")]
    HiddenText,
    #[error("expected {field} of an edit that was saved, got none")]
    MissingField {
        field: &'static str,
        code: &'static str,
    },
    #[error("expected names of features such as author.is_anonymous in features, got {got:?}")]
    UnknownFeature { got: String },
    #[error("expected true, false, a number or null as features.{feature}, got {got}")]
    FeatureValue {
        feature: &'static str,
        got: &'static str,
    },
    #[error("expected at most {limit} bytes of UTF-8 as {field}, got {got}")]
    TextTooLarge {
        field: &'static str,
        limit: usize,
        got: usize,
    },
    #[error("{field}: {source}")]
    Timestamp {
        field: &'static str,
        source: TimestampError,
    },
    #[error("expected the timestamp of an edit that was saved, got one in the future")]
    FutureTimestamp,
    #[error("something went wrong inside the service; its log says more")]
    Internal,
}

/// A token by what it is asked for.
fn in_words(right: &str) -> String {
    match right {
        "admin" => "the token of administration".to_owned(),
        right => format!("a token with the right {right}"),
    }
}

/// An error as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct ErrorBody {
    pub(crate) code: &'static str,
    message: String,
}

impl ServiceError {
    /// Its status, and its stable code.
    pub(crate) fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NotUtf8 { .. } | Self::InvalidJson(_) => {
                (StatusCode::BAD_REQUEST, "invalid_json")
            }
            Self::InvalidRequest(_) => (StatusCode::BAD_REQUEST, "invalid_request"),
            Self::BatchSize { .. } => (StatusCode::BAD_REQUEST, "invalid_batch_size"),
            Self::UnknownTarget(_) => (StatusCode::BAD_REQUEST, "unknown_target"),
            Self::UnknownGroup { .. } => (StatusCode::BAD_REQUEST, "unknown_group"),
            Self::InvalidQuery(_) => (StatusCode::BAD_REQUEST, "invalid_query"),
            Self::ModelNotFound { .. } => (StatusCode::NOT_FOUND, "model_not_found"),
            Self::WikiNotFound { .. } => (StatusCode::NOT_FOUND, "wiki_not_found"),
            Self::TooManyRevisions { .. } => (StatusCode::BAD_REQUEST, "invalid_batch_size"),
            Self::ClientLimit { .. } => (StatusCode::TOO_MANY_REQUESTS, "client_limit"),
            Self::TokenNeeded { .. } => (StatusCode::UNAUTHORIZED, "unauthorized"),
            Self::RightNeeded { .. } => (StatusCode::FORBIDDEN, "forbidden"),
            Self::ForeignForm => (StatusCode::FORBIDDEN, "foreign_form"),
            Self::TooFast { .. } => (StatusCode::TOO_MANY_REQUESTS, "rate_limited"),
            Self::JudgingClosed => (StatusCode::FORBIDDEN, "judging_closed"),
            Self::AdminClosed => (StatusCode::FORBIDDEN, "admin_closed"),
            Self::ReloadRefused(_) => (StatusCode::CONFLICT, "reload_refused"),
            Self::HistoryNotFound { .. } => (StatusCode::NOT_FOUND, "history_not_found"),
            Self::EditNotFound { .. } => (StatusCode::NOT_FOUND, "edit_not_found"),
            Self::NoLedger => (StatusCode::NOT_FOUND, "no_ledger"),
            Self::LedgerUnavailable => (StatusCode::SERVICE_UNAVAILABLE, "ledger_unavailable"),
            Self::Report(error) => match error {
                ReportError::NoScores { .. } => (StatusCode::NOT_FOUND, "no_scores"),
                ReportError::NoModel { .. } => (StatusCode::NOT_FOUND, "model_not_found"),
                ReportError::NoLevel { .. }
                | ReportError::NoThreshold { .. }
                | ReportError::NoPeriod { .. } => (StatusCode::BAD_REQUEST, "invalid_query"),
                ReportError::Late { .. } => (StatusCode::GATEWAY_TIMEOUT, "timeout"),
                ReportError::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, "ledger_unavailable"),
            },
            Self::RouteNotFound => (StatusCode::NOT_FOUND, "not_found"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::BodyTimeout { .. } => (StatusCode::REQUEST_TIMEOUT, "body_timeout"),
            Self::BodyTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
            Self::BodyBroken => (StatusCode::BAD_REQUEST, "incomplete_body"),
            Self::UnsupportedEncoding => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_encoding")
            }
            Self::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, "overloaded"),
            Self::Timeout { .. } => (StatusCode::GATEWAY_TIMEOUT, "timeout"),
            Self::Draining => (StatusCode::SERVICE_UNAVAILABLE, "draining"),
            Self::CatchingUp => (StatusCode::SERVICE_UNAVAILABLE, "catching_up"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        }
    }
}

impl EditError {
    /// Its stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid_edit",
            Self::MissingText => "missing_text",
            Self::MissingParentText => "missing_parent_text",
            Self::HiddenText => "hidden_text",
            Self::MissingField { code, .. } => code,
            Self::UnknownFeature { .. } => "unknown_feature",
            Self::FeatureValue { .. } => "invalid_feature_value",
            Self::TextTooLarge { .. } => "text_too_large",
            Self::Timestamp { .. } | Self::FutureTimestamp => "invalid_timestamp",
            Self::Internal => "internal",
        }
    }
}

impl IntoResponse for ServiceError {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Body {
            error: ErrorBody,
        }
        let (status, _) = self.status_and_code();
        let error = ErrorBody::from(&self);
        as_answer_after(status, Json(Body { error }), self.retry_after())
    }
}

/// An error as an answer, in whatever shape: not to be kept, and with the time to come back.
pub(crate) fn as_answer(status: StatusCode, body: impl IntoResponse) -> Response {
    as_answer_after(status, body, None)
}

/// The same, where it is known when to come back.
pub(crate) fn as_answer_after(
    status: StatusCode,
    body: impl IntoResponse,
    retry_after: Option<Duration>,
) -> Response {
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if matches!(
        status,
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS
    ) {
        let seconds = retry_after.map(|after| HeaderValue::from(after.as_secs().max(1)));
        headers.insert(header::RETRY_AFTER, seconds.unwrap_or(RETRY_AFTER_SECONDS));
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// What is wrong with the ledger is logged, and no client's business.
impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a question to the ledger failed: {error}");
        Self::LedgerUnavailable
    }
}

impl From<ReportError> for ServiceError {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::Store(error) => error.into(),
            error => Self::Report(error),
        }
    }
}

impl From<&ServiceError> for ErrorBody {
    fn from(error: &ServiceError) -> Self {
        Self {
            code: error.status_and_code().1,
            message: error.to_string(),
        }
    }
}

impl From<&ScoreError> for ErrorBody {
    fn from(error: &ScoreError) -> Self {
        Self {
            code: error.code(),
            message: error.to_string(),
        }
    }
}

impl ScoreError {
    /// When the wiki is to be called again, if it said so.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Fetch(FetchError::Api(ApiError::Throttled { retry_after })) => Some(*retry_after),
            _ => None,
        }
    }

    /// Its stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Fetch(error) => match error {
                FetchError::RevisionNotFound { .. } => "revision_not_found",
                FetchError::ParentNotFound { .. } => "parent_not_found",
                FetchError::FirstRevision { .. } => "first_revision",
                FetchError::TextHidden { .. } => "text_hidden",
                FetchError::ParentTextHidden { .. } => "parent_text_hidden",
                FetchError::UserHidden { .. } => "user_hidden",
                FetchError::CommentHidden { .. } => "comment_hidden",
                FetchError::ContentModel { .. } => "unexpected_content_model",
                FetchError::TextTooLarge { .. } => "text_too_large",
                FetchError::Timeout { .. } | FetchError::Api(ApiError::Timeout) => "wiki_timeout",
                FetchError::Api(ApiError::Unavailable | ApiError::Busy) => "wiki_unavailable",
                FetchError::Api(ApiError::Throttled { .. }) => "wiki_throttled",
                FetchError::Api(ApiError::Garbage) => "wiki_garbage",
                FetchError::Api(ApiError::Refused) => "wiki_refused",
                FetchError::Internal => "internal",
            },
            Self::Internal => "internal",
        }
    }
}

impl From<&EditError> for ErrorBody {
    fn from(error: &EditError) -> Self {
        Self {
            code: error.code(),
            message: error.to_string(),
        }
    }
}

/// JSON that cannot be read is told apart from JSON that says something else.
impl From<serde_json::Error> for ServiceError {
    fn from(error: serde_json::Error) -> Self {
        if error.is_data() {
            Self::InvalidRequest(error.to_string())
        } else {
            Self::InvalidJson(error)
        }
    }
}

impl ServiceError {
    /// When to come back, where that is known.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            // The next whole second.
            Self::TooFast { retry_after } => Some(*retry_after + Duration::from_millis(999)),
            _ => None,
        }
    }

    /// The address is not understood.
    pub(crate) fn of_query(error: QueryRejection) -> Self {
        let text = error.body_text();
        let what = text
            .split_once(": ")
            .map_or(text.as_str(), |(_, what)| what);
        Self::InvalidRequest(format!("its address: {what}"))
    }

    /// The pool did not compute a batch.
    pub(crate) fn of_pool(error: PoolError, limit: Duration) -> Self {
        match error {
            PoolError::Full => Self::Overloaded,
            PoolError::DeadlinePassed => Self::Timeout {
                limit_ms: limit.as_millis(),
            },
        }
    }
}
