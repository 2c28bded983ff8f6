//! Errors as ORES has them: of a whole request, and of one score.

use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};

use crate::service::error::{ServiceError, as_answer};
use crate::service::scoring::ScoreError;
use crate::service::wiki::{ApiError, FetchError};

/// An error of a whole request, in ORES' shape.
pub(crate) struct OresError(pub(super) ServiceError);

/// A request that ORES would not understand either.
pub(super) fn bad_request(message: impl Into<String>) -> OresError {
    OresError(ServiceError::InvalidRequest(message.into()))
}

/// An error in its shape.
pub(crate) fn error(error: ServiceError) -> Response {
    #[derive(Serialize)]
    struct Body {
        error: Inner,
    }
    #[derive(Serialize)]
    struct Inner {
        code: &'static str,
        message: String,
    }
    let (status, _) = error.status_and_code();
    let code = match status {
        StatusCode::NOT_FOUND => "not found",
        StatusCode::METHOD_NOT_ALLOWED => "method not allowed",
        StatusCode::TOO_MANY_REQUESTS => "too_many_requests",
        StatusCode::SERVICE_UNAVAILABLE => "server overloaded",
        StatusCode::GATEWAY_TIMEOUT | StatusCode::REQUEST_TIMEOUT => "request_timeout",
        StatusCode::INTERNAL_SERVER_ERROR => "internal server error",
        _ => "bad request",
    };
    let message = error.to_string();
    as_answer(
        status,
        Json(Body {
            error: Inner { code, message },
        }),
    )
}

impl axum::response::IntoResponse for OresError {
    fn into_response(self) -> Response {
        error(self.0)
    }
}

impl From<ServiceError> for OresError {
    fn from(error: ServiceError) -> Self {
        Self(error)
    }
}

/// What stands in place of a score.
pub(super) fn score_error(error: &ScoreError) -> Value {
    let (kind, message) = kind_and_message(error);
    json!({"error": {"type": kind, "message": message}})
}

/// The same in its parts, as events have it too.
pub(in crate::service) fn kind_and_message(error: &ScoreError) -> (&'static str, String) {
    let kind = kind_of(error);
    let message = match error {
        ScoreError::Fetch(FetchError::RevisionNotFound { id }) => {
            format!("Could not find revision ({{revision}}:{id})")
        }
        ScoreError::Fetch(FetchError::ParentNotFound { id }) => {
            format!("Could not find revision ({{revision.parent}}:{id})")
        }
        ScoreError::Fetch(FetchError::TextHidden { .. }) => {
            "Text deleted (datasource.revision.text)".to_owned()
        }
        ScoreError::Fetch(FetchError::ParentTextHidden { .. }) => {
            "Text deleted (datasource.revision.parent.text)".to_owned()
        }
        ScoreError::Fetch(FetchError::UserHidden { .. }) => {
            "User deleted ({revision.user})".to_owned()
        }
        ScoreError::Fetch(FetchError::CommentHidden { .. }) => {
            "Comment deleted (datasource.revision.comment)".to_owned()
        }
        error => error.to_string(),
    };
    (kind, format!("{kind}: {message}"))
}

/// The exception of revscoring's that says the same.
fn kind_of(error: &ScoreError) -> &'static str {
    match error {
        ScoreError::Fetch(error) => match error {
            FetchError::RevisionNotFound { .. } | FetchError::ParentNotFound { .. } => {
                "RevisionNotFound"
            }
            FetchError::FirstRevision { .. } => "QueryNotSupported",
            FetchError::TextHidden { .. } | FetchError::ParentTextHidden { .. } => "TextDeleted",
            FetchError::UserHidden { .. } => "UserDeleted",
            FetchError::CommentHidden { .. } => "CommentDeleted",
            FetchError::ContentModel { .. } => "UnexpectedContentType",
            // ORES had no bound, and would have run out of time.
            FetchError::TextTooLarge { .. } => "TextTooLarge",
            FetchError::Timeout { .. } | FetchError::Api(ApiError::Timeout) => "TimeoutError",
            FetchError::Api(_) | FetchError::Internal => "DependencyError",
        },
        ScoreError::Internal => "DependencyError",
    }
}
