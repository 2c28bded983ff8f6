//! A sink that posts to EventGate, Wikimedia's way into its streams.
//!
//! EventGate holds each event of a list against its schema and answers for each: 201 and 204 say that all were
//! taken, 202 that they will be looked at later (`?hasty=true`, when nobody learns what becomes of them). 207
//! and 400 name those that are invalid, which are refused for good by their `meta.id`. Those that EventGate
//! itself failed with (`error`) may be taken later, and the others with them: who reads the stream knows by
//! `meta.id` what came twice.

use axum::http::StatusCode;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde_json::Value;

use super::posting::{Calls, Poster, Verdict};
use super::scored::ScoredEvent;
use super::sink::{Sink, SinkError};
use crate::service::calling::CallingError;
use crate::service::config::EventGateConfig;

/// The longest reason that is kept.
const MAX_REASON_CHARS: usize = 200;

/// EventGate.
pub(crate) struct EventGate {
    name: String,
    poster: Poster,
}

impl EventGate {
    /// Gets ready to call it; calls nobody yet.
    pub(crate) fn new(name: &str, config: &EventGateConfig) -> Result<Self, CallingError> {
        let poster = Poster::new(Calls {
            url: &config.url,
            authorization: None,
            timeout_ms: config.timeout_ms,
            schema: config.schema,
            stream: &config.stream,
        })?;
        Ok(Self {
            name: name.to_owned(),
            poster,
        })
    }
}

impl Sink for EventGate {
    fn name(&self) -> &str {
        &self.name
    }

    fn deliver<'a>(
        &'a self,
        events: &'a [ScoredEvent],
    ) -> BoxFuture<'a, Result<Vec<(usize, String)>, SinkError>> {
        self.poster.deliver(events, judge).boxed()
    }
}

/// What EventGate says of events that were not taken.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    invalid: Vec<Value>,
    error: Vec<Value>,
}

/// What an answer means.
fn judge(status: StatusCode, answer: &[u8]) -> Verdict {
    if !matches!(status, StatusCode::MULTI_STATUS | StatusCode::BAD_REQUEST) {
        return Verdict::of_status(status);
    }
    let spoiled = Verdict::Spoiled(format!(
        "expected status 2xx or which events are invalid, got {}",
        status.as_u16()
    ));
    let Ok(Answer { invalid, error }) = serde_json::from_slice(answer) else {
        return spoiled;
    };
    if !error.is_empty() {
        let n_failed = error.len();
        return Verdict::Later(format!("EventGate failed with {n_failed} of the events"));
    }
    let named = invalid.iter().map(|one| {
        let id = one.pointer("/event/meta/id")?.as_str()?;
        let message = one.pointer("/context/message").and_then(Value::as_str);
        let reason = match message {
            Some(message) => {
                let message: String = message.chars().take(MAX_REASON_CHARS).collect();
                format!("EventGate finds it invalid: {message}")
            }
            None => "EventGate finds it invalid".to_owned(),
        };
        Some((id.to_owned(), reason))
    });
    match named.collect::<Option<Vec<_>>>() {
        Some(named) if !named.is_empty() => Verdict::TakenBut(named),
        // Some are, but it does not say which.
        _ => spoiled,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_are_judged_by_status_and_events() {
        let invalid = |id: &str| json!({"status": "invalid", "event": {"meta": {"id": id}}});
        let with_reason = json!({"event": {"meta": {"id": "c"}}, "context": {"message": "'.dt' should be string"}});
        let but = |named: &[(&str, &str)]| {
            let named = named
                .iter()
                .map(|(id, why)| ((*id).to_owned(), (*why).to_owned()));
            Verdict::TakenBut(named.collect())
        };
        let spoiled = |status| {
            Verdict::Spoiled(format!(
                "expected status 2xx or which events are invalid, got {status}"
            ))
        };
        let status = |status| format!("expected status 2xx, got {status}");
        let plain = "EventGate finds it invalid";
        for (code, answer, expected) in [
            (201, json!(null), Verdict::Taken),
            (202, json!(null), Verdict::Taken),
            (204, json!(null), Verdict::Taken),
            (
                207,
                json!({"invalid": [invalid("a")], "error": []}),
                but(&[("a", plain)]),
            ),
            (
                207,
                json!({"invalid": [invalid("a"), with_reason]}),
                but(&[
                    ("a", plain),
                    ("c", "EventGate finds it invalid: '.dt' should be string"),
                ]),
            ),
            (
                207,
                json!({"invalid": [invalid("a")], "error": [invalid("b")]}),
                Verdict::Later("EventGate failed with 1 of the events".to_owned()),
            ),
            (
                400,
                json!({"invalid": [invalid("a")]}),
                but(&[("a", plain)]),
            ),
            (400, json!({"invalid": [{"event": {}}]}), spoiled(400)),
            (400, json!({}), spoiled(400)),
            (400, json!("a page"), spoiled(400)),
            (207, json!({"invalid": "a"}), spoiled(207)),
            (413, json!(null), Verdict::Spoiled(status(413))),
            (404, json!(null), Verdict::Later(status(404))),
            (429, json!(null), Verdict::Later(status(429))),
            (
                500,
                json!({"invalid": [invalid("a")]}),
                Verdict::Later(status(500)),
            ),
            (503, json!(null), Verdict::Later(status(503))),
        ] {
            let code = StatusCode::from_u16(code).unwrap();
            assert_eq!(
                judge(code, answer.to_string().as_bytes()),
                expected,
                "{code} {answer}"
            );
        }
        assert_eq!(judge(StatusCode::BAD_REQUEST, b"<html>"), spoiled(400));
    }
}
