//! `POST /api/v1/score/stream`: edits in and scores out, a line each, for as long as somebody sends.
//!
//! A line is an edit with its texts, or `{"rev_id": N}` for a revision that is fetched. What has
//! arrived is scored together, and answered before more is read: whoever reads slowly is sent to
//! slowly, and nothing piles up. A line that is not understood costs its own answer; a line that
//! is too long, or a stream that stalls, ends with a last line that says so.

use std::time::Instant;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::batch::Edits;
use super::score::{Question, Switch, answer, groups};
use crate::model::TargetError;
use crate::service::App;
use crate::service::body::{Admission, discard};
use crate::service::error::{ErrorBody, ServiceError};

/// Lines that are scored together: as many revisions as a wiki gives at once.
const MAX_LINES: usize = 50;

/// How long to wait when every thread is busy.
const BUSY_PAUSE: std::time::Duration = std::time::Duration::from_millis(20);

/// What is asked of all lines, in the address.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StreamQuery {
    wiki: String,
    /// Targets with commas between.
    targets: Option<String>,
    without: Option<String>,
    #[serde(default)]
    explain: Switch,
}

/// Scores lines as they come.
pub(crate) async fn stream(
    State(app): State<App>,
    query: Result<Query<StreamQuery>, QueryRejection>,
    request: Request,
) -> Result<Response, ServiceError> {
    let Query(query) = query.map_err(ServiceError::of_query)?;
    let (parts, body) = request.into_parts();
    let admitted = Scorer::new(app.clone(), query)
        .and_then(|scorer| Ok((scorer, Admission::of_stream(&parts, &app)?)));
    let (scorer, admission) = match admitted {
        Ok(admitted) => admitted,
        Err(error) => {
            discard(&parts.headers, body, &app);
            return Err(error);
        }
    };
    let lines = Lines {
        limit: app.limits().body_bytes,
        idle: app.limits().header_timeout,
        body: body.into_data_stream(),
        buffer: Vec::new(),
        n_searched: 0,
        is_ended: false,
    };
    let state = Some(Streaming {
        scorer,
        lines,
        _admission: admission,
    });
    let answers = stream::unfold(state, |state| async move {
        let mut streaming = state?;
        let (text, goes_on) = streaming.next().await?;
        Some((
            Ok::<_, std::convert::Infallible>(text),
            goes_on.then_some(streaming),
        ))
    });
    let mut response = Response::new(Body::from_stream(answers));
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/x-ndjson"),
    );
    Ok(response)
}

/// A stream that goes on.
struct Streaming {
    scorer: Scorer,
    lines: Lines,
    _admission: Admission,
}

/// What is asked of every line.
struct Scorer {
    app: App,
    question: Question,
}

impl Streaming {
    /// The next answers, and whether there may be more; `None` at the end.
    async fn next(&mut self) -> Option<(Bytes, bool)> {
        let lines = tokio::select! {
            biased;
            () = self.scorer.app.draining() => Err(ServiceError::Draining),
            lines = self.lines.next() => lines,
        };
        let lines = match lines {
            Ok(lines) if lines.is_empty() => return None,
            Ok(lines) => lines,
            Err(error) => return Some((error_line(&error), false)),
        };
        match self.scorer.answer(lines).await {
            Ok(text) => Some((text, true)),
            Err(error) => Some((error_line(&error), false)),
        }
    }
}

impl Scorer {
    /// Finds what can be seen to be wrong before anything is answered.
    fn new(app: App, query: StreamQuery) -> Result<Self, ServiceError> {
        let targets = query.targets.map(|names| {
            let names = names.split(',');
            names.map(str::parse).collect::<Result<_, TargetError>>()
        });
        let question = Question {
            wiki: query.wiki,
            targets: targets.transpose()?,
            without: groups(query.without.as_deref()).collect(),
            is_explained: query.explain.is_on(),
            is_awaited: false,
        };
        question.check(&app)?;
        Ok(Self { app, question })
    }

    /// The answers of lines, in their order.
    async fn answer(&self, lines: Vec<Bytes>) -> Result<Bytes, ServiceError> {
        let mut text = Vec::new();
        let mut lines = lines.into_iter().peekable();
        // Neighbours of one kind go together, so that answers keep the order of the lines.
        while let Some(line) = lines.next() {
            let edits = match read_id(&line) {
                None => {
                    let mut edits = vec![line];
                    while let Some(line) = lines.next_if(|line| read_id(line).is_none()) {
                        edits.push(line);
                    }
                    Edits::Texts(edits)
                }
                Some(id) => {
                    let mut ids = vec![id];
                    while let Some(id) = lines.peek().and_then(read_id) {
                        ids.push(id);
                        lines.next();
                    }
                    Edits::Ids(ids)
                }
            };
            for score in self.score(edits).await? {
                text.extend_from_slice(score.get().as_bytes());
                text.push(b'\n');
            }
        }
        Ok(text.into())
    }

    /// Waits for room while every thread is busy, as long as a request may take.
    async fn score(&self, edits: Edits) -> Result<Vec<Box<RawValue>>, ServiceError> {
        let deadline = Instant::now() + self.app.limits().timeout;
        while !self.app.pool().has_room_for(MAX_LINES) && Instant::now() < deadline {
            tokio::time::sleep(BUSY_PAUSE).await;
        }
        let response = answer(&self.app, &self.question, edits, deadline).await?;
        Ok(response.into_scores())
    }
}

/// Lines of a body.
struct Lines {
    body: BodyDataStream,
    buffer: Vec<u8>,
    /// So many bytes of it hold no end of a line.
    n_searched: usize,
    limit: usize,
    idle: std::time::Duration,
    is_ended: bool,
}

impl Lines {
    /// The lines that have arrived, at least one; none at the end.
    async fn next(&mut self) -> Result<Vec<Bytes>, ServiceError> {
        let mut lines = Vec::new();
        // Bytes that are no line do not count as news.
        let deadline = tokio::time::Instant::now() + self.idle;
        loop {
            self.take(&mut lines);
            if lines.len() >= MAX_LINES || self.is_ended {
                return Ok(lines);
            }
            if self.buffer.len() > self.limit {
                return Err(ServiceError::BodyTooLarge { limit: self.limit });
            }
            let frame = match lines.is_empty() {
                true => tokio::time::timeout_at(deadline, self.body.next())
                    .await
                    .map_err(|_| ServiceError::BodyTimeout {
                        limit_ms: self.idle.as_millis(),
                    })?,
                // What is not there yet comes with the next lines.
                false => match self.body.next().now_or_never() {
                    Some(frame) => frame,
                    None => return Ok(lines),
                },
            };
            match frame {
                Some(Ok(data)) => self.buffer.extend_from_slice(&data),
                Some(Err(_)) => return Err(ServiceError::BodyBroken),
                None => {
                    self.is_ended = true;
                    // The last line needs no end.
                    if !self.buffer.is_empty() {
                        self.buffer.push(b'\n');
                    }
                }
            }
        }
    }

    /// Takes whole lines; empty ones are none.
    fn take(&mut self, lines: &mut Vec<Bytes>) {
        let mut start = 0;
        while lines.len() < MAX_LINES {
            let rest = &self.buffer[self.n_searched..];
            let Some(at) = memchr::memchr(b'\n', rest) else {
                self.n_searched = self.buffer.len();
                break;
            };
            let end = self.n_searched + at;
            let line = self.buffer[start..end].trim_ascii();
            if !line.is_empty() {
                lines.push(Bytes::copy_from_slice(line));
            }
            start = end + 1;
            self.n_searched = start;
        }
        self.buffer.drain(..start);
        self.n_searched -= start;
    }
}

/// The id of a line that has nothing else.
fn read_id(line: &Bytes) -> Option<u64> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct IdAlone {
        rev_id: u64,
    }
    serde_json::from_slice::<IdAlone>(line)
        .ok()
        .map(|line| line.rev_id)
}

fn error_line(error: &ServiceError) -> Bytes {
    #[derive(Serialize)]
    struct Line {
        error: ErrorBody,
    }
    let line = Line {
        error: error.into(),
    };
    let mut text = serde_json::to_vec(&line).unwrap_or_default();
    text.push(b'\n');
    text.into()
}
