//! What becomes of messages: read, scored, delivered and kept; only then are they done with.
//!
//! A batch is one lane's (a partition's): its edits are scored in their order, each after the wiki's past was
//! told of the one before, so that the values are those of a single process. What is down is waited for,
//! however long: the lane stands still and nothing is lost. What can never be worked is given back as dead,
//! with why. Doing a batch again does no harm: what the ledger has was said for good, and is said again with
//! the same probability.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use moka::sync::Cache;
use tokio::sync::OwnedSemaphorePermit;

use super::event::{Event, EventKind};
use super::metrics::{Outcome, Waiting};
use super::patience::Patience;
use super::scored::ScoredEvent;
use super::scoring::{Models, Scoring, Verdict};
use super::sink::Sink;
use crate::revision::{PageId, RevisionId};
use crate::service::App;
use crate::service::config::Selection;
use crate::service::ledger::{Change, KnownEdit, LedgerError, now};
use crate::service::scoring::{BATCH, ScoreError};
use crate::service::wiki::{ApiError, FetchError, Fetched, Wiki, fetch};

/// The largest message that is read: what a broker takes unless it is told otherwise.
const MAX_MESSAGE_BYTES: usize = 1 << 20;

/// Deliveries that are remembered, so that what comes again soon is not delivered again.
const DELIVERED: u64 = 200_000;

/// How long the pool may need for a batch: in a queue behind others, it is as long as it is.
const POOL_PATIENCE: Duration = Duration::from_secs(3_600);

/// How often a revision is asked for again that is not there: a wiki's replicas lag behind its events.
const NOT_FOUND_TRIES: u32 = 3;

/// How often an answer that is not understood is asked for again: a wiki under maintenance answers anything,
/// and a revision that is too large for an answer never has one.
const GARBAGE_TRIES: u32 = 8;

/// Pauses after which revisions are asked for one by one.
const ALONE_AFTER: u32 = 6;

/// An event is fresh for so long; after that, what is not there is gone.
const FRESH_SECONDS: i64 = 600;

/// Works on a source's messages; lanes share it.
pub(crate) struct Worker {
    app: App,
    source: Arc<str>,
    selection: Selection,
    sinks: Arc<[Arc<dyn Sink>]>,
    /// By wiki, revision and the models' checksums.
    delivered: Cache<(u32, u64, u128), ()>,
}

/// A message that can never be worked on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Dead {
    /// Its place in the batch.
    pub(crate) place: usize,
    pub(crate) error: String,
}

/// An edit to score, and its place in the batch.
struct Work {
    place: usize,
    event: Arc<Event>,
}

impl Worker {
    pub(crate) fn new(
        app: App,
        source: &str,
        selection: Selection,
        sinks: Arc<[Arc<dyn Sink>]>,
    ) -> Self {
        Self {
            app,
            source: source.into(),
            selection,
            sinks,
            delivered: Cache::new(DELIVERED),
        }
    }

    /// What a source says of itself that is pulled.
    pub(crate) fn pulled(&self, n_reconnects: u64, n_too_large: u64) {
        let metrics = self.app.metrics();
        metrics.stream_pulled(&self.source, n_reconnects, n_too_large);
    }

    #[cfg(feature = "kafka")]
    pub(crate) fn app(&self) -> &App {
        &self.app
    }

    /// The source's name.
    pub(crate) fn source(&self) -> &Arc<str> {
        &self.source
    }

    /// Does all that messages ask for, as long as it takes; gives those that can never be worked on. When it
    /// is ready, every score is delivered and kept. Dropping it midway loses nothing that is not done again
    /// when the messages come again.
    pub(crate) async fn handle(&self, messages: &[&[u8]]) -> Vec<Dead> {
        let metrics = self.app.metrics();
        let mut dead = Vec::new();
        let mut edits: Vec<(&Arc<Wiki>, Vec<Work>)> = Vec::new();
        let mut others: Vec<(usize, &Arc<Wiki>, Event)> = Vec::new();
        let (mut n_skipped, mut newest) = (0, None);
        for (place, message) in messages.iter().enumerate() {
            let event = match read(message) {
                Ok(event) => event,
                Err(error) => {
                    dead.push(Dead { place, error });
                    continue;
                }
            };
            newest = newest.max(event.at);
            let Some(wiki) = self.wiki_of(&event) else {
                n_skipped += 1;
                continue;
            };
            if !event.is_edit() {
                others.push((place, wiki, event));
                continue;
            }
            let work = Work {
                place,
                event: Arc::new(event),
            };
            match edits.iter_mut().find(|(other, _)| other.idx == wiki.idx) {
                Some((_, of_wiki)) => of_wiki.push(work),
                None => edits.push((wiki, vec![work])),
            }
        }
        metrics.stream_events(&self.source, Outcome::Skipped, n_skipped);
        let done = edits.iter().map(|(wiki, work)| self.edits(wiki, work));
        dead.extend(join_all(done).await.into_iter().flatten());
        dead.extend(self.others(others).await);
        metrics.stream_events(&self.source, Outcome::Dead, dead.len() as u64);
        if let Some(newest) = newest {
            let age = now().0.saturating_sub(newest.0).max(0);
            metrics.stream_age(&self.source, age);
        }
        dead
    }

    /// The wiki of an event that is of interest.
    fn wiki_of(&self, event: &Event) -> Option<&Arc<Wiki>> {
        let is_passed_over =
            event.kind == EventKind::Other || (event.is_bot && self.selection.skip_bots);
        let wiki = self.app.wikis().find(&event.wiki);
        let Selection { wikis, .. } = &self.selection;
        wiki.filter(|wiki| !is_passed_over && (wikis.is_empty() || wikis.contains(&wiki.name)))
    }

    async fn edits(&self, wiki: &Arc<Wiki>, work: &[Work]) -> Vec<Dead> {
        let named = wiki.models(&self.app.models());
        if named.is_empty() {
            let n = work.len() as u64;
            self.app
                .metrics()
                .stream_events(&self.source, Outcome::Skipped, n);
            return Vec::new();
        }
        let models = Arc::new(Models::new(named));
        let mut dead = Vec::new();
        for batch in work.chunks(BATCH) {
            dead.extend(self.batch(wiki, &models, batch).await);
        }
        dead
    }

    async fn batch(&self, wiki: &Arc<Wiki>, models: &Arc<Models>, work: &[Work]) -> Vec<Dead> {
        let metrics = self.app.metrics();
        let key = |rev_id: u64| (wiki.idx, rev_id, models.checksum());
        let mut ids = HashSet::new();
        let fresh: Vec<&Work> = work
            .iter()
            .filter(|work| {
                let rev_id = work.event.rev_id;
                !self.delivered.contains_key(&key(rev_id)) && ids.insert(rev_id)
            })
            .collect();
        let n_known = (work.len() - fresh.len()) as u64;
        metrics.stream_events(&self.source, Outcome::Known, n_known);
        if fresh.is_empty() {
            return Vec::new();
        }
        let ids: Vec<u64> = fresh.iter().map(|work| work.event.rev_id).collect();
        let known = self.known(wiki, &ids).await;
        let is_done = |id: &u64| known.get(id).is_some_and(|known| models.are_in(known));
        let (done, open): (Vec<u64>, Vec<u64>) = ids.iter().partition(|id| is_done(id));
        metrics.stream_events(&self.source, Outcome::Known, done.len() as u64);
        let is_fresh = |work: &&&Work| {
            work.event
                .at
                .is_none_or(|at| now().0 - at.0 < FRESH_SECONDS)
        };
        let newest: HashSet<u64> = fresh
            .iter()
            .filter(is_fresh)
            .map(|work| work.event.rev_id)
            .collect();
        let (verdicts, changes) = self.score(wiki, models, &open, &newest).await;
        let verdicts: HashMap<u64, Verdict> = open.into_iter().zip(verdicts).collect();
        let n_failed = verdicts.values().filter(|verdict| verdict.is_err()).count() as u64;
        metrics.stream_events(&self.source, Outcome::Failed, n_failed);
        let n_scored = verdicts.len() as u64 - n_failed;
        metrics.stream_events(&self.source, Outcome::Scored, n_scored);
        // The ledger first: what it has is said, whoever else scored the same edit meanwhile.
        let mut unkept = Vec::new();
        let known = match changes.is_empty() {
            true => known,
            false => {
                unkept = self.keep(changes).await;
                self.known(wiki, &ids).await
            }
        };
        let scored: Vec<ScoredEvent> = fresh
            .iter()
            .map(|work| {
                let id = work.event.rev_id;
                models.say(&work.event, known.get(&id), verdicts.get(&id))
            })
            .collect();
        let sinks = self.sinks.iter().map(|sink| self.deliver(&**sink, &scored));
        let refused = join_all(sinks).await;
        let refused = refused.into_iter().flatten();
        let refused = refused.map(|(idx, error)| (fresh[idx], error));
        let unkept = unkept.into_iter().filter_map(|(id, error)| {
            let work = fresh.iter().find(|work| work.event.rev_id == id)?;
            Some((*work, error))
        });
        let dead: Vec<(&Work, String)> = refused.chain(unkept).collect();
        // A dead letter that is replayed is to be delivered then.
        let dead_ids: HashSet<u64> = dead.iter().map(|(work, _)| work.event.rev_id).collect();
        for id in ids.into_iter().filter(|id| !dead_ids.contains(id)) {
            self.delivered.insert(key(id), ());
        }
        let dead = dead.into_iter().map(|(work, error)| Dead {
            place: work.place,
            error,
        });
        dead.collect()
    }

    /// What the ledger has of revisions.
    async fn known(&self, wiki: &Wiki, ids: &[u64]) -> HashMap<u64, KnownEdit> {
        let Some(ledger) = self.app.ledger().filter(|ledger| ledger.keeps(&wiki.name)) else {
            return HashMap::new();
        };
        let revisions: Vec<RevisionId> = ids.iter().copied().map(RevisionId).collect();
        let mut patience = Patience::new();
        loop {
            match ledger.store().known(&wiki.name, &revisions).await {
                Ok(known) => {
                    let known = known.into_iter();
                    return known.map(|known| (known.revision.0, known)).collect();
                }
                Err(error) => self.wait(&mut patience, "ledger", &error).await,
            }
        }
    }

    /// Fetches revisions, scores them in their order, and gives what is to be kept of it: each change with
    /// its revision.
    async fn score(
        &self,
        wiki: &Arc<Wiki>,
        models: &Arc<Models>,
        ids: &[u64],
        newest: &HashSet<u64>,
    ) -> (Vec<Verdict>, Vec<(u64, Change)>) {
        if ids.is_empty() {
            return Default::default();
        }
        let (fetched, _held) = self.fetch(wiki, ids, newest).await;
        let scoring = Scoring::of(&self.app, wiki, models);
        let mut patience = Patience::new();
        loop {
            let scoring = scoring.clone();
            let score = move |fetched: Vec<Fetched>| scoring.score(fetched);
            let deadline = Instant::now() + POOL_PATIENCE;
            let work = vec![fetched.clone()];
            match self.app.compute(work, deadline, score).await {
                Ok(mut done) => {
                    let scored = done.pop().and_then(|done| done.value);
                    return scored.unwrap_or_else(|| {
                        let failed = ids.iter().map(|_| Err(ScoreError::Internal));
                        (failed.collect(), Vec::new())
                    });
                }
                Err(error) => self.wait(&mut patience, "pool", &error).await,
            }
        }
    }

    /// Fetches revisions, those that may come later again and again. Places for their texts are held from the
    /// last call on; nothing is held while something is waited for, so that lanes never wait for each other.
    async fn fetch(
        &self,
        wiki: &Arc<Wiki>,
        ids: &[u64],
        newest: &HashSet<u64>,
    ) -> (Vec<Fetched>, Option<OwnedSemaphorePermit>) {
        let mut results: HashMap<u64, Fetched> = HashMap::new();
        let mut open = ids.to_vec();
        let mut patience = Patience::new();
        let held = loop {
            let held = self.app.hold_fetched(open.len()).await;
            // What spoils a call for all of them is found by asking for each alone.
            let n_at_once = match patience.n_waits < ALONE_AFTER {
                true => BATCH,
                false => 1,
            };
            let mut fetched = Vec::with_capacity(open.len());
            for ids in open.chunks(n_at_once) {
                let deadline = Instant::now() + self.app.limits().timeout;
                fetched.extend(fetch(&self.app, wiki, ids, deadline).await);
            }
            let is_answered = n_at_once == 1 && fetched.iter().any(Result::is_ok);
            let mut later = None;
            for (id, fetched) in std::mem::take(&mut open).into_iter().zip(fetched) {
                match fetched {
                    // The wiki is there, and does not give this one. One that cannot be reached gives none.
                    Err(error @ FetchError::Api(ApiError::Refused | ApiError::Garbage))
                        if is_answered =>
                    {
                        results.insert(id, Err(error));
                    }
                    Err(error) if may_come(&error, patience.n_waits, newest.contains(&id)) => {
                        later = Some(error);
                        open.push(id);
                    }
                    fetched => drop(results.insert(id, fetched)),
                }
            }
            let Some(error) = later else {
                break held;
            };
            drop(held);
            self.wait(&mut patience, "wiki", &error).await;
        };
        let results = ids.iter().map(|id| {
            let result = results.get(id).cloned();
            result.unwrap_or(Err(FetchError::Internal))
        });
        (results.collect(), held)
    }

    /// Delivers to a sink; gives those events that it refuses for good.
    async fn deliver(&self, sink: &dyn Sink, scored: &[ScoredEvent]) -> Vec<(usize, String)> {
        let mut patience = Patience::new();
        loop {
            match sink.deliver(scored).await {
                Ok(refused) => {
                    let (name, n_refused) = (sink.name(), refused.len() as u64);
                    let n_delivered = scored.len() as u64 - n_refused;
                    self.app.metrics().sink_events(name, n_delivered, n_refused);
                    let refused = refused.into_iter();
                    return refused
                        .map(|(idx, error)| (idx, format!("sink {name} refuses it: {error}")))
                        .collect();
                }
                Err(error) => self.wait(&mut patience, sink.name(), &error).await,
            }
        }
    }

    /// Writes changes into the ledger; gives those that it will never take, by what they stand under.
    async fn keep(&self, changes: Vec<(u64, Change)>) -> Vec<(u64, String)> {
        let (ids, changes): (Vec<u64>, Vec<Change>) = changes.into_iter().unzip();
        let mut refused = Vec::new();
        // Where one of them is to blame, the others are kept.
        if self.write(&changes).await.is_err() {
            for (id, change) in ids.into_iter().zip(&changes) {
                if let Err(error) = self.write(std::slice::from_ref(change)).await {
                    refused.push((id, error.to_string()));
                }
            }
        }
        refused
    }

    /// Writes changes into the ledger, if there is one, as long as that takes; an error is for good.
    async fn write(&self, changes: &[Change]) -> Result<(), LedgerError> {
        let Some(ledger) = self.app.ledger() else {
            return Ok(());
        };
        let mut patience = Patience::new();
        loop {
            match ledger.write_for_long(changes.to_vec()).await {
                Ok(()) => return Ok(()),
                Err(error @ LedgerError::Refused(_)) => return Err(error),
                Err(error) => self.wait(&mut patience, "ledger", &error).await,
            }
        }
    }

    /// Takes in what happened to pages and revisions besides edits.
    async fn others(&self, events: Vec<(usize, &Arc<Wiki>, Event)>) -> Vec<Dead> {
        let n = events.len() as u64;
        let caches = self.app.caches();
        let mut changes: Vec<(u64, Change)> = Vec::new();
        for (place, wiki, event) in events {
            let mut change = |change: Option<Change>| {
                changes.extend(change.map(|change| (place as u64, change)));
            };
            let page_changed = |title: Option<String>, is_deleted: Option<bool>| {
                (event.page_id != 0).then(|| Change::PageChanged {
                    wiki: wiki.name.as_str().into(),
                    page: PageId(event.page_id),
                    title,
                    is_deleted,
                })
            };
            match event.kind {
                EventKind::Move => change(page_changed(event.page_title.clone(), None)),
                EventKind::Deletion => {
                    caches.forget_page(wiki, PageId(event.page_id));
                    change(page_changed(None, Some(true)));
                }
                EventKind::Undeletion => change(page_changed(None, Some(false))),
                EventKind::Visibility(visible) => {
                    if !(visible.text && visible.user && visible.comment) {
                        caches.forget_revision(wiki, event.rev_id);
                    }
                    change(Some(Change::Visibility {
                        wiki: wiki.name.as_str().into(),
                        revision: RevisionId(event.rev_id),
                        is_text_visible: visible.text,
                        is_user_visible: visible.user,
                    }));
                }
                EventKind::Edit | EventKind::Other => {}
            }
        }
        self.app
            .metrics()
            .stream_events(&self.source, Outcome::Changed, n);
        let refused = self.keep(changes).await.into_iter();
        let dead = refused.map(|(place, error)| Dead {
            place: place as usize,
            error,
        });
        dead.collect()
    }

    /// Waits before something is tried again.
    pub(crate) async fn wait(
        &self,
        patience: &mut Patience,
        what: &str,
        error: &(dyn std::error::Error + Sync),
    ) {
        let source = &*self.source;
        // At the first and then ever more seldom; who is patient for long says so twice a minute.
        if patience.n_waits.is_power_of_two() || patience.n_waits % 4 == 3 {
            tracing::warn!(source, what, %error, "{source} waits for {what}: {error}");
        }
        let metrics = self.app.metrics();
        metrics.stream_retry(source, what);
        let waiting = &mut patience.waiting;
        waiting.get_or_insert_with(|| Waiting::new(metrics, source, what));
        patience.wait().await;
    }
}

/// Reads a message.
fn read(message: &[u8]) -> Result<Event, String> {
    if message.len() > MAX_MESSAGE_BYTES {
        let n = message.len();
        return Err(format!(
            "expected an event of at most {MAX_MESSAGE_BYTES} bytes, got {n}"
        ));
    }
    let event = serde_json::from_slice(message)
        .map_err(|error| format!("expected an event as JSON, got something else: {error}"))?;
    Event::read(event).map_err(|error| error.to_string())
}

/// Whether a revision that was not given may be given later, after so many pauses. A wiki whose replicas lag
/// does not have what was saved just now.
fn may_come(error: &FetchError, n_waits: u32, is_fresh: bool) -> bool {
    match error {
        FetchError::Timeout { .. } => true,
        FetchError::Api(ApiError::Garbage) => n_waits < GARBAGE_TRIES,
        FetchError::Api(_) => true,
        FetchError::RevisionNotFound { .. } | FetchError::ParentNotFound { .. } => {
            is_fresh && n_waits < NOT_FOUND_TRIES
        }
        FetchError::Internal => n_waits < NOT_FOUND_TRIES,
        FetchError::FirstRevision { .. }
        | FetchError::TextHidden { .. }
        | FetchError::ParentTextHidden { .. }
        | FetchError::UserHidden { .. }
        | FetchError::CommentHidden { .. }
        | FetchError::ContentModel { .. }
        | FetchError::TextTooLarge { .. } => false,
    }
}
