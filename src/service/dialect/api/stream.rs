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

use super::score::{Edits, ScoreQuery, ScoreRequest, Switch, answer};
use crate::model::{Target, TargetError};
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
    let admission = match Admission::of(&parts, &app) {
        Ok(admission) => admission,
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
        is_ended: false,
    };
    let targets = query.targets.map(|names| {
        let names = names.split(',');
        names.map(str::parse).collect::<Result<_, TargetError>>()
    });
    let state = Some(Streaming {
        scorer: Scorer {
            app,
            wiki: query.wiki,
            targets: targets.transpose()?,
            query: ScoreQuery {
                without: query.without,
                explain: query.explain,
            },
        },
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
    wiki: String,
    targets: Option<Vec<Target>>,
    query: ScoreQuery,
}

impl Streaming {
    /// The next answers, and whether there may be more; `None` at the end.
    async fn next(&mut self) -> Option<(Bytes, bool)> {
        if self.scorer.app.is_draining() {
            return Some((error_line(&ServiceError::Draining), false));
        }
        let lines = match self.lines.next().await {
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

    /// Waits while every thread is busy, as long as a request may take.
    async fn score(&self, edits: Edits) -> Result<Vec<Box<RawValue>>, ServiceError> {
        let deadline = Instant::now() + self.app.limits().timeout;
        let request = ScoreRequest::new(self.wiki.clone(), self.targets.clone(), edits);
        loop {
            let result = answer(&self.app, request.clone(), &self.query, deadline).await;
            match result {
                Err(ServiceError::Overloaded) if Instant::now() < deadline => {
                    tokio::time::sleep(BUSY_PAUSE).await;
                }
                result => return result.map(|response| response.into_scores()),
            }
        }
    }
}

/// Lines of a body.
struct Lines {
    body: BodyDataStream,
    buffer: Vec<u8>,
    limit: usize,
    idle: std::time::Duration,
    is_ended: bool,
}

impl Lines {
    /// The lines that have arrived, at least one; none at the end.
    async fn next(&mut self) -> Result<Vec<Bytes>, ServiceError> {
        let mut lines = Vec::new();
        loop {
            self.take(&mut lines);
            if lines.len() >= MAX_LINES || self.is_ended {
                return Ok(lines);
            }
            if self.buffer.len() > self.limit {
                return Err(ServiceError::BodyTooLarge { limit: self.limit });
            }
            let frame = match lines.is_empty() {
                true => tokio::time::timeout(self.idle, self.body.next())
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
        for at in memchr::memchr_iter(b'\n', &self.buffer) {
            if lines.len() >= MAX_LINES {
                break;
            }
            let line = self.buffer[start..at].trim_ascii();
            if !line.is_empty() {
                lines.push(Bytes::copy_from_slice(line));
            }
            start = at + 1;
        }
        self.buffer.drain(..start);
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
