//! A request of any version: which wiki, which models, which revisions, and what is asked of them.
//!
//! Parameters stand in the address or in a form. What is not known is ignored, as ORES did.

use std::collections::BTreeSet;

use axum::extract::{FromRequest, Request};
use axum::http::{Method, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::error::{OresError, bad_request};
use super::inject::Injections;
use crate::service::App;
use crate::service::body::{Admission, ScoringBody};
use crate::service::error::ServiceError;

/// Revisions that one request of version 3 may name.
const MAX_REVISIONS: usize = 50;

/// Versions 1 and 2 named no limit; there has to be one.
const MAX_OLD_REVISIONS: usize = 500;

/// The largest form.
const MAX_FORM_BYTES: usize = 256 << 10;

/// What stands in the address and in the form, read.
pub(crate) struct OresRequest {
    /// `None` where the parameter is not there.
    pub(super) models: Option<Vec<String>>,
    pub(super) revids: Option<Vec<u64>>,
    /// Paths; `None` where the parameter is not there.
    pub(super) model_info: Option<Vec<String>>,
    pub(super) has_features: bool,
    pub(super) injections: Injections,
    pub(super) style: Style,
    _admission: Admission,
}

/// How the answer is written.
pub(crate) struct Style {
    is_minified: bool,
    callback: Option<String>,
}

impl FromRequest<App> for OresRequest {
    type Rejection = OresError;

    async fn from_request(request: Request, app: &App) -> Result<Self, OresError> {
        let (parts, body) = request.into_parts();
        let mut parameters = pairs(parts.uri.query().unwrap_or_default());
        let admission = if parts.method == Method::POST {
            let content_type = parts.headers.get(header::CONTENT_TYPE);
            let is_form = content_type.is_none_or(|value| {
                let value = value.to_str().unwrap_or_default();
                value.starts_with("application/x-www-form-urlencoded")
            });
            let body = ScoringBody::of(&parts, body, app, MAX_FORM_BYTES).await?;
            if is_form {
                let form = std::str::from_utf8(&body.bytes)
                    .map_err(|_| bad_request("expected a form in UTF-8, got other bytes"))?;
                parameters.extend(pairs(form));
            }
            body.admission
        } else {
            Admission::of(&parts, app)?
        };
        let is_v3 = parts.uri.path().starts_with("/v3");
        let limit = if is_v3 {
            MAX_REVISIONS
        } else {
            MAX_OLD_REVISIONS
        };
        Self::read(parameters, admission, limit)
    }
}

impl OresRequest {
    /// The parameters of an address alone.
    pub(super) fn of_query(query: &str, admission: Admission) -> Result<Self, OresError> {
        Self::read(pairs(query), admission, MAX_REVISIONS)
    }

    fn read(
        parameters: Vec<(String, String)>,
        admission: Admission,
        limit: usize,
    ) -> Result<Self, OresError> {
        let find = |wanted: &str| {
            let mut parameters = parameters.iter();
            let found = parameters.find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.as_str())
        };
        let revids = find("revids")
            .map(|text| read_revids(text, limit))
            .transpose()?;
        let split = |text: &str| -> Vec<String> {
            let names = text.split('|').filter(|name| !name.is_empty());
            names.map(str::to_owned).collect()
        };
        Ok(Self {
            models: find("models").map(split).filter(|names| !names.is_empty()),
            revids,
            model_info: find("model_info").map(split),
            has_features: find("features").is_some(),
            injections: Injections::read(&parameters, find("inject"))?,
            style: Style::read(find("format"), find("callback"))?,
            _admission: admission,
        })
    }

    /// The one revision of a path.
    pub(super) fn of_path(text: &str) -> Result<u64, OresError> {
        text.parse().map_err(|_| {
            bad_request(format!(
                "expected a revision's id in the path, got {:?}",
                shown(text)
            ))
        })
    }
}

impl Style {
    fn read(format: Option<&str>, callback: Option<&str>) -> Result<Self, OresError> {
        // Whatever else it says would be run by whoever asked.
        let is_name = |name: &str| {
            (1..=100).contains(&name.len())
                && !name.starts_with(|c: char| c.is_ascii_digit())
                && name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "_.$".contains(c))
        };
        match callback {
            Some(name) if !is_name(name) => Err(bad_request(format!(
                "expected a name as callback, got {:?}",
                shown(name)
            ))),
            callback => Ok(Self {
                is_minified: format == Some("json"),
                callback: callback.map(str::to_owned),
            }),
        }
    }

    /// The answer, which nobody is to keep.
    pub(super) fn write(&self, document: &Value) -> Response {
        let written = match self.is_minified {
            true => serde_json::to_string(document),
            false => serde_json::to_string_pretty(document),
        };
        let Ok(text) = written else {
            return OresError(ServiceError::Internal).into_response();
        };
        let (content_type, text) = match &self.callback {
            None => ("application/json", text),
            // The comment keeps what is before it from being read as something else.
            Some(name) => ("application/javascript", format!("/**/{name}({text})")),
        };
        let headers = [
            (header::CONTENT_TYPE, content_type),
            (
                header::CACHE_CONTROL,
                "no-store, no-cache, must-revalidate, max-age=0",
            ),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        (headers, text).into_response()
    }
}

/// Pairs of an address's query or a form.
fn pairs(text: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(text.as_bytes())
        .into_owned()
        .collect()
}

fn read_revids(text: &str, limit: usize) -> Result<Vec<u64>, OresError> {
    let ids = text.split('|').filter(|id| !id.is_empty()).map(|id| {
        id.parse().map_err(|_| {
            bad_request(format!(
                "expected ids of revisions with | between as revids, got {:?}",
                shown(id)
            ))
        })
    });
    let ids: Vec<u64> = ids.collect::<Result<_, _>>()?;
    // Each once, in the order of the request.
    let mut seen = BTreeSet::new();
    let ids: Vec<u64> = ids.into_iter().filter(|id| seen.insert(*id)).collect();
    match ids.len() > limit {
        true => Err(OresError(ServiceError::TooManyRevisions {
            limit,
            got: ids.len(),
        })),
        false => Ok(ids),
    }
}

/// The beginning of what a client sent.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}
