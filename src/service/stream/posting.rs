//! Events with scores as JSON lists to one address: what sinks over HTTP share.
//!
//! A list is sent in one call of bounded time. What an answer means is a verdict of the sink's own; a list that
//! is refused because of something in it is halved until it is known what. Whoever cannot be reached, has no
//! time or sends elsewhere may have it later: nothing is tried again here.

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};

use super::scored::{ScoredEvent, write};
use super::sink::SinkError;
use crate::service::calling::{CallingError, client};
use crate::service::config::{ApiUrl, ScoreSchema};
use crate::service::ledger::now;

/// The largest list but one of a single event: half of what a proxy takes that nobody told otherwise.
const MAX_LIST_BYTES: usize = 512 << 10;

/// How much of an answer is read, which may have all events in it again, and more on each.
const MAX_ANSWER_BYTES: usize = 4 << 20;

/// An address, and how it is called.
pub(super) struct Poster {
    client: reqwest::Client,
    url: reqwest::Url,
    authorization: Option<HeaderValue>,
    pub(super) schema: ScoreSchema,
    /// The stream that events name.
    pub(super) stream: String,
}

/// How a sink is called.
pub(super) struct Calls<'a> {
    pub(super) url: &'a ApiUrl,
    pub(super) authorization: Option<HeaderValue>,
    pub(super) timeout_ms: u64,
    pub(super) schema: ScoreSchema,
    pub(super) stream: &'a str,
}

/// What an answer means for the events of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// All are delivered.
    Taken,
    /// All but these are, which are refused for good: `meta.id` and why.
    TakenBut(Vec<(String, String)>),
    /// Something in the list is, which is found by sending less of it.
    Spoiled(String),
    /// Nothing is known to be delivered.
    Later(String),
}

/// An event of a list.
struct Item {
    /// The place of what it says among the scored events.
    place: usize,
    id: String,
    body: Vec<u8>,
}

impl Poster {
    pub(super) fn new(calls: Calls<'_>) -> Result<Self, CallingError> {
        let timeout = Duration::from_millis(calls.timeout_ms);
        let client = client(None)?
            .timeout(timeout)
            .connect_timeout(timeout)
            .build()?;
        Ok(Self {
            client,
            url: calls.url.0.clone(),
            authorization: calls.authorization,
            schema: calls.schema,
            stream: calls.stream.to_owned(),
        })
    }

    /// Sends all of them, in their order. Gives the places of those that are refused for good, with why.
    pub(super) async fn deliver(
        &self,
        events: &[ScoredEvent],
        judge: fn(StatusCode, &[u8]) -> Verdict,
    ) -> Result<Vec<(usize, String)>, SinkError> {
        let items = self.items(events);
        let mut refused: Vec<(usize, String)> = Vec::new();
        let mut refuse = |item: &Item, why: &str| {
            // Of several events about one edit, one is enough to say so.
            if refused.last().is_none_or(|(place, _)| *place != item.place) {
                refused.push((item.place, why.to_owned()));
            }
        };
        // The next list is the last one, so that events stay in order.
        let mut lists = lists(&items);
        lists.reverse();
        while let Some(list) = lists.pop() {
            let sent = &items[list.clone()];
            let (status, answer) = self.send(sent).await?;
            let verdict = match judge(status, &answer) {
                // One that was not sent stands for one that was.
                Verdict::TakenBut(named) if !named.iter().all(|(id, _)| is_among(id, sent)) => {
                    Verdict::Spoiled("expected ids of events that were sent, got others".to_owned())
                }
                verdict => verdict,
            };
            match verdict {
                Verdict::Taken => {}
                Verdict::Later(why) => return Err(SinkError(why)),
                Verdict::Spoiled(_) if sent.len() > 1 => {
                    let middle = list.start + sent.len() / 2;
                    lists.push(middle..list.end);
                    lists.push(list.start..middle);
                }
                Verdict::Spoiled(why) => {
                    sent.iter().for_each(|item| refuse(item, &why));
                }
                Verdict::TakenBut(named) => {
                    for item in sent {
                        if let Some((_, why)) = named.iter().find(|(id, _)| *id == item.id) {
                            refuse(item, why);
                        }
                    }
                }
            }
        }
        Ok(refused)
    }

    /// The events as they are written.
    fn items(&self, events: &[ScoredEvent]) -> Vec<Item> {
        let now = now();
        let items = events.iter().enumerate().flat_map(|(place, scored)| {
            let written = write(self.schema, scored, &self.stream, now).into_iter();
            written.map(move |emitted| Item {
                place,
                id: emitted.id,
                body: emitted.body,
            })
        });
        items.collect()
    }

    /// One call.
    async fn send(&self, items: &[Item]) -> Result<(StatusCode, Vec<u8>), SinkError> {
        let bodies: Vec<&[u8]> = items.iter().map(|item| &item.body[..]).collect();
        let list = [b"[", &bodies.join(&b","[..])[..], b"]"].concat();
        let mut request = self
            .client
            .post(self.url.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .body(list);
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization.clone());
        }
        // The address may have a secret in it.
        let failed = |error: reqwest::Error| SinkError(error.without_url().to_string());
        let mut response = request.send().await.map_err(failed)?;
        let status = response.status();
        let mut answer = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            let room = MAX_ANSWER_BYTES - answer.len();
            if chunk.len() > room {
                break;
            }
            answer.extend_from_slice(&chunk);
        }
        Ok((status, answer))
    }
}

impl Verdict {
    /// What a status means of which nothing else is known: 2xx is delivered, what is said about the content is
    /// looked into, everything else may be delivered later.
    pub(super) fn of_status(status: StatusCode) -> Self {
        let answered = format!("expected status 2xx, got {}", status.as_u16());
        match status {
            // These are about what was sent, which may be a single event.
            StatusCode::BAD_REQUEST
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::UNPROCESSABLE_ENTITY => Self::Spoiled(answered),
            status if status.is_success() => Self::Taken,
            // An address or a token that is wrong on one side is put right on one side.
            _ => Self::Later(answered),
        }
    }
}

fn is_among(id: &str, items: &[Item]) -> bool {
    items.iter().any(|item| item.id == id)
}

/// As few lists as their size allows.
fn lists(items: &[Item]) -> Vec<Range<usize>> {
    let mut lists = Vec::new();
    let (mut start, mut size_bytes) = (0, 0);
    for (idx, item) in items.iter().enumerate() {
        if size_bytes > 0 && size_bytes + item.body.len() > MAX_LIST_BYTES {
            lists.push(start..idx);
            (start, size_bytes) = (idx, 0);
        }
        size_bytes += item.body.len() + 1;
    }
    if start < items.len() {
        lists.push(start..items.len());
    }
    lists
}
