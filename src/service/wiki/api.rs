//! Calls to one wiki's Action API: few at a time, in time, again where that may help.
//!
//! A call that fails for a passing reason (no connection, 5xx, 429, replication lag) is repeated
//! after a pause that doubles and is never the same twice. A wiki that says when to come back is
//! not called before: calls that cannot wait so long fail at once. Redirects are refused, so that
//! nobody but the configured host is ever called. What stands in an answer is `answer`'s.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderValue, StatusCode, header};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::answer::Answer;
use super::{Secret, WikiConfig, WikisError};
use crate::service::calling::{MAX_RETRY_AFTER, bearer, client, jittered, retry_after};
use crate::service::metrics::Metrics;

/// The first pause before a call is repeated.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// Calls that may wait for their turn, for each that may be open.
const WAITING_PER_SLOT: usize = 16;

/// The largest answer; MediaWiki's own limit is 8 MB unless an operator raised it.
const MAX_ANSWER_BYTES: usize = 64 << 20;

/// Smaller answers are parsed where they arrive.
const MAX_INLINE_BYTES: usize = 256 << 10;

/// How long a wiki is not called that refuses without saying until when.
const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(5);

/// The longest that a call waits for the end of such a time, with a place that others wait for.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// One wiki's API.
pub(super) struct Api {
    wiki: String,
    client: reqwest::Client,
    url: reqwest::Url,
    authorization: Option<HeaderValue>,
    timeout: Duration,
    max_retries: u32,
    maxlag: String,
    slots: Semaphore,
    places: Semaphore,
    /// Not called before.
    paused_until: Mutex<Option<Instant>>,
}

/// Why there is no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("the wiki did not answer in time")]
    Timeout,
    #[error("the wiki cannot be reached")]
    Unavailable,
    #[error("the wiki asks to be called later")]
    Throttled { retry_after: Duration },
    #[error("the wiki's answer is not understood")]
    Garbage,
    #[error("the wiki refuses to answer")]
    Refused,
    #[error("too many calls to the wiki wait for their turn")]
    Busy,
}

impl ApiError {
    /// As a label of a metric.
    fn outcome(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Unavailable => "unavailable",
            Self::Throttled { .. } => "throttled",
            Self::Garbage => "garbage",
            Self::Refused => "refused",
            Self::Busy => "busy",
        }
    }

    /// Whether the same call may succeed in a moment.
    fn is_passing(self) -> bool {
        matches!(
            self,
            Self::Timeout | Self::Unavailable | Self::Throttled { .. }
        )
    }
}

impl Api {
    pub(super) fn url(&self) -> &reqwest::Url {
        &self.url
    }

    pub(super) fn new(
        wiki: &str,
        config: &WikiConfig,
        token: Option<Secret>,
    ) -> Result<Self, WikisError> {
        let wrong_header = |what| WikisError::Header {
            wiki: wiki.to_owned(),
            what,
        };
        let authorization = token
            .map(|token| bearer(&token))
            .transpose()
            .map_err(|_| wrong_header("the OAuth token"))?;
        let timeout = Duration::from_millis(config.timeout_ms);
        let client = client(config.user_agent.as_deref())
            .map_err(|_| wrong_header("the user_agent"))?
            .gzip(true)
            .timeout(timeout)
            .connect_timeout(timeout)
            .pool_idle_timeout(Duration::from_secs(60))
            .pool_max_idle_per_host(config.max_concurrent)
            .build()
            .map_err(|cause| WikisError::Client {
                wiki: wiki.to_owned(),
                cause,
            })?;
        Ok(Self {
            wiki: wiki.to_owned(),
            client,
            url: config.api_url.0.clone(),
            authorization,
            timeout,
            max_retries: config.max_retries,
            maxlag: config.maxlag_seconds.to_string(),
            slots: Semaphore::new(config.max_concurrent),
            places: Semaphore::new(config.max_concurrent * (1 + WAITING_PER_SLOT)),
            paused_until: Mutex::default(),
        })
    }

    /// Asks `action=query` with these parameters, which are not too many for one call. What is asked for is
    /// said where it fails.
    pub(super) async fn query(
        &self,
        metrics: &Metrics,
        what: &'static str,
        parameters: &[(&str, &str)],
    ) -> Result<Answer, ApiError> {
        let Some(_turn) = self.turn().await else {
            metrics.upstream_refused(&self.wiki, ApiError::Busy.outcome());
            return Err(ApiError::Busy);
        };
        let mut n_failed = 0;
        loop {
            let started = Instant::now();
            let answer = match self.pause_left() {
                // Whoever asked to be called later would say so again.
                Some(retry_after) => Err(ApiError::Throttled { retry_after }),
                None => {
                    let answer = self.call(metrics, parameters).await;
                    let outcome = answer.as_ref().err().map_or("ok", |error| error.outcome());
                    metrics.upstream(&self.wiki, outcome, started.elapsed());
                    answer
                }
            };
            let error = match answer {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let (pause, limit) = match error {
                ApiError::Throttled { retry_after } => (retry_after, MAX_WAIT.min(self.timeout)),
                _ => {
                    let pause = FIRST_PAUSE * 2_u32.saturating_pow(n_failed);
                    (jittered(pause), self.timeout.max(2 * FIRST_PAUSE))
                }
            };
            if !error.is_passing() || n_failed >= self.max_retries || pause > limit {
                tracing::warn!(wiki = self.wiki, %error, "{what} of {} are not fetched: {error}", self.wiki);
                return Err(error);
            }
            n_failed += 1;
            tokio::time::sleep(pause).await;
        }
    }

    /// Waits for a call's turn; `None` when too many wait, or for too long.
    async fn turn(&self) -> Option<(SemaphorePermit<'_>, SemaphorePermit<'_>)> {
        let place = self.places.try_acquire().ok()?;
        // Whoever asked has given up by then.
        let slot = tokio::time::timeout(self.timeout * 2, self.slots.acquire()).await;
        Some((place, slot.ok()?.ok()?))
    }

    async fn call(
        &self,
        metrics: &Metrics,
        parameters: &[(&str, &str)],
    ) -> Result<Answer, ApiError> {
        let common = [
            ("action", "query"),
            ("format", "json"),
            ("formatversion", "2"),
            ("maxlag", &self.maxlag),
        ];
        let form: Vec<(&str, &str)> = common
            .into_iter()
            .chain(parameters.iter().copied())
            .collect();
        let mut request = self
            .client
            .post(self.url.clone())
            // Lets a farm answer from the nearest data centre although it is a POST.
            .header("promise-non-write-api-action", "true")
            .form(&form);
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization.clone());
        }
        let _open = metrics.upstream_open(&self.wiki);
        let response = request.send().await.map_err(of_transport)?;
        let (status, retry_after) = (response.status(), retry_after(response.headers()));
        if matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
        ) {
            return Err(self.throttled(retry_after.unwrap_or(DEFAULT_RETRY_AFTER)));
        }
        if status.is_server_error() {
            return Err(ApiError::Unavailable);
        }
        if !status.is_success() {
            return Err(ApiError::Refused);
        }
        let answer = parse(read(response).await?).await?;
        match &answer.error {
            None => Ok(answer),
            Some(complaint) => match complaint.code.as_str() {
                "maxlag" | "ratelimited" | "readonly" => {
                    Err(self.throttled(retry_after.unwrap_or(DEFAULT_RETRY_AFTER)))
                }
                code if code.starts_with("internal_api_error") => Err(ApiError::Unavailable),
                code => {
                    tracing::warn!(wiki = self.wiki, code, "{} refuses: {code}", self.wiki);
                    Err(ApiError::Refused)
                }
            },
        }
    }

    /// Remembers when the wiki wants to be called again.
    fn throttled(&self, retry_after: Duration) -> ApiError {
        let retry_after = retry_after.min(MAX_RETRY_AFTER);
        let until = Instant::now() + retry_after;
        let mut paused_until = self.lock();
        // Of two that say something else, the later one holds.
        *paused_until = Some(paused_until.map_or(until, |known| known.max(until)));
        ApiError::Throttled { retry_after }
    }

    /// How long the wiki is not to be called.
    fn pause_left(&self) -> Option<Duration> {
        let mut paused_until = self.lock();
        let left = paused_until.and_then(|until| until.checked_duration_since(Instant::now()));
        if left.is_none() {
            *paused_until = None;
        }
        left.filter(|left| !left.is_zero())
    }

    /// Nothing fails under the lock.
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.paused_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn of_transport(error: reqwest::Error) -> ApiError {
    if error.is_timeout() {
        ApiError::Timeout
    } else if error.is_decode() {
        ApiError::Garbage
    } else {
        ApiError::Unavailable
    }
}

async fn read(mut response: reqwest::Response) -> Result<Vec<u8>, ApiError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(of_transport)? {
        if bytes.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(ApiError::Garbage);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

async fn parse(bytes: Vec<u8>) -> Result<Answer, ApiError> {
    let is_small = bytes.len() <= MAX_INLINE_BYTES;
    let parse = move || serde_json::from_slice(&bytes).map_err(|_| ApiError::Garbage);
    if is_small {
        return parse();
    }
    tokio::task::spawn_blocking(parse)
        .await
        .map_err(|_| ApiError::Garbage)?
}
