//! A source of events over server-sent events, as Wikimedia's EventStreams.
//!
//! It never fails: a stream that ends, fails or says nothing for a minute is asked for again behind the last
//! message, after a pause that doubles until a message comes, and is never the same twice. Only what was asked
//! for is read, so that a stream waits (by TCP) for who cannot keep up; besides what is handed over, one piece
//! of the stream and one message are in memory. The format is `sse`'s; what a message says is not read here.

mod sse;

#[cfg(test)]
mod tests;

use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderValue, StatusCode, header};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep_until, timeout};

use super::pulled::{Pulled, Received};
use crate::service::calling::{CallingError, MAX_RETRY_AFTER, client, jittered, retry_after};
use crate::service::config::EventStreamsConfig;
use sse::{Reader, Said};

/// How long is waited, for what.
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// The first pause before a stream is asked for again that does not say how long it should be.
    first: Duration,
    /// The longest.
    longest: Duration,
    /// For a connection, and for a byte.
    idle: Duration,
}

const PACE: Pace = Pace {
    first: Duration::from_secs(1),
    longest: Duration::from_secs(60),
    idle: Duration::from_secs(60),
};

/// A stream.
pub(crate) struct EventStream {
    client: reqwest::Client,
    url: reqwest::Url,
    pace: Pace,
    reader: Reader,
    /// A question that is not answered yet. Kept here, so that it goes on when who waits stops waiting.
    asking: Option<BoxFuture<'static, Result<reqwest::Response, Failure>>>,
    response: Option<reqwest::Response>,
    /// What of the response is not read yet.
    chunk: Bytes,
    /// Connections in a row without a message.
    n_failed: u32,
    /// The first pause that the stream asked for.
    retry: Option<Duration>,
    /// Not asked for before.
    not_before: Option<Instant>,
    n_asked: u64,
    n_too_large: u64,
}

/// Why there is no stream, and when there may be.
struct Failure {
    why: String,
    retry_after: Option<Duration>,
}

impl EventStream {
    /// Gets ready to ask; asks nobody yet.
    pub(crate) fn new(config: &EventStreamsConfig) -> Result<Self, CallingError> {
        let client = client(config.user_agent.as_deref())?
            .connect_timeout(PACE.idle)
            .build()?;
        Ok(Self {
            client,
            url: config.url.0.clone(),
            pace: PACE,
            reader: Reader::default(),
            asking: None,
            response: None,
            chunk: Bytes::new(),
            n_failed: 0,
            retry: None,
            not_before: None,
            n_asked: 0,
            n_too_large: 0,
        })
    }

    /// Waits for a message, then gives what else is there already, up to so many. Nothing is lost when it is
    /// dropped while it waits.
    async fn read(&mut self, most: usize) -> Vec<Received> {
        let most = most.max(1);
        let mut received = Vec::new();
        loop {
            while received.len() < most {
                match self.reader.read(&mut self.chunk) {
                    Some(said) => received.extend(self.hear(said)),
                    None => break,
                }
            }
            if received.len() == most {
                return received;
            }
            let chunk = match (&mut self.response, received.is_empty()) {
                (None, true) => {
                    self.ask().await;
                    continue;
                }
                (None, false) => return received,
                (Some(response), true) => {
                    let chunk = timeout(self.pace.idle, response.chunk()).await;
                    chunk.map_err(|_| "nothing came in time".to_owned())
                }
                // What is not there yet waits for the next call.
                (Some(response), false) => match response.chunk().now_or_never() {
                    Some(chunk) => Ok(chunk),
                    None => return received,
                },
            };
            match chunk {
                Ok(Ok(Some(chunk))) => self.chunk = chunk,
                Ok(Ok(None)) => self.give_up("it ended", None),
                Ok(Err(error)) => self.give_up(&error.without_url().to_string(), None),
                Err(why) => self.give_up(&why, None),
            }
        }
    }

    /// A message, if that is what was said.
    fn hear(&mut self, said: Said) -> Option<Received> {
        match said {
            Said::Message(message) if message.kind == "message" => {
                self.n_failed = 0;
                Some(Received {
                    payload: message.data,
                    position: self.reader.last_id().to_owned(),
                })
            }
            Said::Message(message) => {
                let kind: String = message.kind.chars().take(60).collect();
                tracing::warn!(
                    host = self.url.host_str(),
                    kind,
                    "the stream tells of {kind:?}"
                );
                None
            }
            Said::TooLarge => {
                self.n_too_large += 1;
                let limit = sse::MAX_MESSAGE_BYTES;
                tracing::warn!(
                    host = self.url.host_str(),
                    limit,
                    "a message of the stream is passed over, because it has more than {limit} bytes"
                );
                None
            }
            Said::Retry(pause) => {
                self.retry = Some(pause);
                None
            }
        }
    }

    /// Asks for the stream, when its time has come.
    async fn ask(&mut self) {
        if let Some(moment) = self.not_before {
            sleep_until(moment).await;
        }
        if self.asking.is_none() {
            let request = self.request();
            self.n_asked += 1;
            self.asking = Some(open(request, self.pace.idle).boxed());
        }
        let Some(asking) = &mut self.asking else {
            return;
        };
        let outcome = asking.await;
        self.asking = None;
        match outcome {
            Ok(response) => self.response = Some(response),
            Err(Failure { why, retry_after }) => self.give_up(&why, retry_after),
        }
    }

    /// The question for what comes behind the last message.
    fn request(&self) -> reqwest::RequestBuilder {
        let request = self
            .client
            .get(self.url.clone())
            .header(header::ACCEPT, "text/event-stream");
        let last_id = self.reader.last_id();
        match HeaderValue::from_bytes(last_id.as_bytes()) {
            Ok(last_id) if !last_id.is_empty() => request.header("last-event-id", last_id),
            Ok(_) => request,
            Err(_) => {
                tracing::warn!(
                    host = self.url.host_str(),
                    "the stream begins anew, because no header can hold its position"
                );
                request
            }
        }
    }

    /// Lets go of the connection, and says when there may be another.
    fn give_up(&mut self, why: &str, retry_after: Option<Duration>) {
        self.response = None;
        self.chunk = Bytes::new();
        self.reader = Reader::behind(self.reader.last_id().to_owned());
        let pause = self.pace.pause(self.n_failed, self.retry);
        let pause = jittered(pause).min(self.pace.longest);
        let pause = pause.max(retry_after.unwrap_or_default().min(MAX_RETRY_AFTER));
        self.n_failed = self.n_failed.saturating_add(1);
        self.not_before = Some(Instant::now() + pause);
        let pause_ms = pause.as_millis() as u64;
        tracing::warn!(
            host = self.url.host_str(),
            pause_ms,
            "the stream is asked for again in {pause_ms} ms: {why}"
        );
    }
}

impl Pulled for EventStream {
    /// Goes on behind the message of a position; with what comes from now on where there is none.
    fn resume_from(&mut self, position: Option<String>) {
        self.reader = Reader::behind(position.unwrap_or_default());
        self.asking = None;
        self.response = None;
        self.chunk = Bytes::new();
    }

    fn n_reconnects(&self) -> u64 {
        self.n_asked.saturating_sub(1)
    }

    fn n_too_large(&self) -> u64 {
        self.n_too_large
    }

    fn next(&mut self, most: usize) -> BoxFuture<'_, Vec<Received>> {
        self.read(most).boxed()
    }
}

/// A response that is a stream, if it comes in time.
async fn open(
    request: reqwest::RequestBuilder,
    limit: Duration,
) -> Result<reqwest::Response, Failure> {
    let of = |why| Failure {
        why,
        retry_after: None,
    };
    let response = match timeout(limit, request.send()).await {
        Err(_) => return Err(of("there was no answer in time".to_owned())),
        Ok(Err(error)) => return Err(of(error.without_url().to_string())),
        Ok(Ok(response)) => response,
    };
    let content_type = response.headers().get(header::CONTENT_TYPE);
    let is_stream =
        content_type.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    if response.status() == StatusCode::OK && is_stream {
        return Ok(response);
    }
    let status = response.status().as_u16();
    Err(Failure {
        why: format!("expected status 200 and text/event-stream, got {status}"),
        retry_after: retry_after(response.headers()),
    })
}

impl Pace {
    /// The pause after so many connections in a row without a message, before chance.
    fn pause(self, n_failed: u32, retry: Option<Duration>) -> Duration {
        let first = retry.unwrap_or(self.first);
        let pause = first.saturating_mul(2_u32.saturating_pow(n_failed));
        pause.min(self.longest)
    }
}
