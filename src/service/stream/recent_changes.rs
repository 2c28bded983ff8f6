//! A source of events over a wiki's recent changes, for wikis without streams.
//!
//! The list is asked for again and again, from a while before the newest row on, because a row may be listed
//! after later ones: it gets its time when its transaction begins, is there when it ends, and where a replica
//! answers when that has caught up. What was given already is known by its id and not given again; who goes on
//! from a position after a start gets the last while again. Rows become events (`row`), so that nobody else
//! knows where they came from. It never fails: a wiki that does not answer is asked again, with the retries
//! and pauses that all calls to wikis have and longer ones between.

mod row;

#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep_until};

use super::pulled::{Pulled, Received};
use crate::revision::Timestamp;
use crate::service::App;
use crate::service::calling::jittered;
use crate::service::wiki::{ApiError, Changes, Wiki};
use row::Row;

/// How late a row may be. MediaWiki is asked to refuse where replicas lag more than 5 seconds (`maxlag`), and
/// what a request writes is mostly there within a few more; as much again for what is slower. Rows of so many
/// seconds are listed twice and more: at ten edits a second, three hundred, which still fit in one call.
const OVERLAP_SECONDS: i64 = 30;

/// The longest pause after failures.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// A wiki's recent changes.
pub(crate) struct RecentChanges {
    app: App,
    wiki: Arc<Wiki>,
    /// Between two questions that are not for the rest of an answer.
    pause: Duration,
    place: Option<Place>,
    /// Given next.
    ready: VecDeque<Received>,
    /// A question that is not answered yet. Kept here, so that it goes on when who waits stops waiting.
    asking: Option<BoxFuture<'static, Result<Changes, ApiError>>>,
    /// Not asked before.
    not_before: Option<Instant>,
    n_failed: u32,
}

/// What was read so far.
struct Place {
    /// Rows before it are of no interest.
    begin: Timestamp,
    /// The time of the newest row.
    newest: Timestamp,
    /// Ids of rows that may be listed again, with their times.
    known: HashMap<u64, Timestamp>,
    /// What asks for the rest of an answer.
    rest: Option<String>,
}

impl RecentChanges {
    /// Gets ready to ask; asks nobody yet.
    pub(crate) fn new(app: &App, wiki: &Arc<Wiki>, every_seconds: u64) -> Self {
        Self {
            app: app.clone(),
            wiki: Arc::clone(wiki),
            pause: Duration::from_secs(every_seconds),
            place: None,
            ready: VecDeque::new(),
            asking: None,
            not_before: None,
            n_failed: 0,
        }
    }

    /// Waits for a change, and gives it with those that are known already, up to so many. Nothing is lost when
    /// it is dropped while it waits.
    async fn read(&mut self, most: usize) -> Vec<Received> {
        while self.ready.is_empty() {
            if let Some(moment) = self.not_before {
                sleep_until(moment).await;
            }
            if self.asking.is_none() {
                self.asking = Some(self.question());
                self.not_before = Some(Instant::now() + self.pause);
            }
            let Some(asking) = &mut self.asking else {
                continue;
            };
            let answer = asking.await;
            self.asking = None;
            match answer {
                Ok(changes) => {
                    self.n_failed = 0;
                    self.take(changes);
                }
                Err(error) => self.wait_after(error),
            }
        }
        let most = most.max(1).min(self.ready.len());
        self.ready.drain(..most).collect()
    }

    /// The next question: for the time first of all, where nothing is known.
    fn question(&self) -> BoxFuture<'static, Result<Changes, ApiError>> {
        let (app, wiki) = (self.app.clone(), Arc::clone(&self.wiki));
        let since = self.place.as_ref().map(Place::since);
        let rest = self.place.as_ref().and_then(|place| place.rest.clone());
        async move { wiki.changes(app.metrics(), since, rest.as_deref()).await }.boxed()
    }

    fn take(&mut self, changes: Changes) {
        let Some(place) = &mut self.place else {
            self.place = Some(Place::at(changes.now));
            self.not_before = None;
            return;
        };
        for row in changes.rows {
            let Some((row, time)) = Row::read(row) else {
                tracing::warn!(
                    wiki = self.wiki.name,
                    "a change of {} is not understood",
                    self.wiki.name
                );
                continue;
            };
            if place.known.insert(row.rcid, time).is_some() {
                continue;
            }
            // A row from the future would hide all that come before its time.
            place.newest = place.newest.max(time.min(changes.now));
            let position = place.position(row.rcid);
            let events = row.events(&self.wiki).into_iter();
            self.ready.extend(events.map(|event| Received {
                payload: event.to_string().into_bytes(),
                position: position.clone(),
            }));
        }
        place.forget();
        place.rest = changes.rest;
        if place.rest.is_some() {
            self.not_before = None;
        }
    }

    fn wait_after(&mut self, error: ApiError) {
        let doubled = self
            .pause
            .saturating_mul(2_u32.saturating_pow(self.n_failed));
        let mut pause = jittered(doubled.min(LONGEST_PAUSE));
        self.n_failed = self.n_failed.saturating_add(1);
        match error {
            ApiError::Throttled { retry_after } => pause = pause.max(retry_after),
            // Perhaps it is how the rest is asked for.
            ApiError::Refused => {
                if let Some(place) = &mut self.place {
                    place.rest = None;
                }
            }
            _ => {}
        }
        self.not_before = Some(Instant::now() + pause);
    }
}

impl Pulled for RecentChanges {
    /// Goes on from a position; from now, where there is none.
    fn resume_from(&mut self, position: Option<String>) {
        self.ready.clear();
        self.asking = None;
        self.place = position.and_then(|position| {
            let place = Place::of(&position);
            if place.is_none() {
                tracing::error!(
                    wiki = self.wiki.name,
                    "changes of {} are read from now on, because the position that was kept is none",
                    self.wiki.name
                );
            }
            place
        });
    }

    fn next(&mut self, most: usize) -> BoxFuture<'_, Vec<Received>> {
        self.read(most).boxed()
    }
}

impl Place {
    /// With what happens from a moment on.
    fn at(begin: Timestamp) -> Self {
        Self {
            begin,
            newest: begin,
            known: HashMap::new(),
            rest: None,
        }
    }

    /// A while before the row of a position.
    fn of(position: &str) -> Option<Self> {
        // The row itself may stand for several events, of which some were not given: it comes again.
        let (newest, _rcid) = position.split_once('|')?;
        let newest = newest.parse().ok()?;
        Some(Self {
            newest,
            ..Self::at(earlier(newest))
        })
    }

    /// After a row: the newest time up to it, and its id.
    fn position(&self, rcid: u64) -> String {
        format!("{}|{rcid}", self.newest)
    }

    /// From when on rows are asked for.
    fn since(&self) -> Timestamp {
        self.begin.max(earlier(self.newest))
    }

    /// Rows that are not listed again need not be known.
    fn forget(&mut self) {
        let since = self.since();
        self.known.retain(|_, time| *time >= since);
    }
}

/// From when on rows are asked for when this is the newest time.
fn earlier(Timestamp(newest): Timestamp) -> Timestamp {
    Timestamp(newest.saturating_sub(OVERLAP_SECONDS))
}
