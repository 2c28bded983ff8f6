//! What all calls to others over HTTP have in common, whoever is called.
//!
//! No redirects, so that nobody but who is configured is ever called; no proxies from the environment; a name
//! by which operators of other services know who calls. When a call is made again, and what its answer means,
//! is known to who calls.

use std::hash::{BuildHasher as _, RandomState};
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use reqwest::redirect::Policy;

use super::config::Secret;

/// The longest that anybody is believed who says when to come back.
pub(crate) const MAX_RETRY_AFTER: Duration = Duration::from_secs(120);

/// How the service introduces itself where the configuration says nothing.
const USER_AGENT: &str = concat!(
    "revscore/",
    env!("CARGO_PKG_VERSION"),
    " (",
    env!("CARGO_PKG_REPOSITORY"),
    ")"
);

/// Why calls cannot be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallingError {
    #[error("the token cannot be read from {}: {cause}", path.display())]
    Token {
        path: PathBuf,
        cause: std::io::Error,
    },
    #[error("expected {what} in printable ASCII, got something else")]
    Header { what: &'static str },
    #[error("calls cannot be made: {0}")]
    Client(#[from] reqwest::Error),
}

/// A client without limits of time.
pub(crate) fn client(user_agent: Option<&str>) -> Result<reqwest::ClientBuilder, CallingError> {
    let user_agent = HeaderValue::from_str(user_agent.unwrap_or(USER_AGENT));
    let user_agent = user_agent.map_err(|_| CallingError::Header {
        what: "the user_agent",
    })?;
    // Fails when there is one already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Ok(reqwest::Client::builder()
        .user_agent(user_agent)
        .redirect(Policy::none())
        .no_proxy())
}

/// The token in a file.
pub(crate) fn read_token(path: &Path) -> Result<Secret, CallingError> {
    match std::fs::read_to_string(path) {
        Ok(token) => Ok(Secret(token.trim().to_owned())),
        Err(cause) => Err(CallingError::Token {
            path: path.to_owned(),
            cause,
        }),
    }
}

/// `Authorization` with a token, which is never shown.
pub(crate) fn bearer(Secret(token): &Secret) -> Result<HeaderValue, CallingError> {
    let value = HeaderValue::from_str(&format!("Bearer {token}"));
    let mut value = value.map_err(|_| CallingError::Header { what: "the token" })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Half to one and a half times as long.
pub(crate) fn jittered(pause: Duration) -> Duration {
    // Every state has keys of its own.
    let chance = RandomState::new().hash_one(()) as f64 / u64::MAX as f64;
    pause.mul_f64(0.5 + chance)
}

/// In seconds; the form with a date is rare, and no reason to guess.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}
