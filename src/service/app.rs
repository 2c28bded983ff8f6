//! What all requests share: the models, the histories, the wikis, the pool, the caches, the counters
//! and the limits.
//!
//! Models change while they are served: whoever handles a request takes them once and keeps them
//! until it is answered.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use axum::http::HeaderName;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::access::Access;
use super::caches::Caches;
use super::clients::Clients;
use super::error::ServiceError;
use super::ledger::Ledger;
use super::metrics::Metrics;
use super::models::Refused;
use super::stream::Streams;
use super::wiki::Wikis;
use super::{Config, Done, Histories, Models, ModelsError, Pool, PoolError};

/// The service without a socket; clones share one state.
#[derive(Clone)]
pub struct App(Arc<Shared>);

struct Shared {
    models: ArcSwap<Models>,
    shadow: ArcSwap<Models>,
    /// Where they were opened; `None` when they were handed over.
    directory: Option<PathBuf>,
    shadow_directory: Option<PathBuf>,
    /// One at a time, so that the files as they were are never served after those as they are.
    reloading: Mutex<()>,
    histories: Histories,
    ledger: Option<Ledger>,
    streams: Streams,
    wikis: Wikis,
    caches: Caches,
    clients: Clients,
    client_header: Option<HeaderName>,
    access: Access,
    pool: Pool,
    metrics: Metrics,
    limits: Limits,
    requests: Arc<Semaphore>,
    /// Streams have places of their own, so that idle ones keep nobody else out.
    open_streams: Arc<Semaphore>,
    fetched: Arc<Semaphore>,
    /// So many requests may wait for a wiki: a wiki that hangs takes no others' places.
    fetching: Arc<Semaphore>,
    /// So many people may look at texts: pages never take the places of what scores.
    looking: Arc<Semaphore>,
    is_draining: watch::Sender<bool>,
    /// Whether all is known that others were told of when this service began.
    has_caught_up: AtomicBool,
}

/// Fetched revisions, with their parents, that may be held besides those in the cache. Wikis have
/// few large pages; if all were of 2 MB it would be a gigabyte.
const MAX_FETCHED: u32 = 256;

/// People who look at an edit's texts at once, and edits that are fetched ahead for them.
const MAX_LOOKING: usize = 4;

/// How much of anything is allowed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) body_bytes: usize,
    pub(crate) text_bytes: usize,
    pub(crate) connections: usize,
    pub(crate) timeout: Duration,
    pub(crate) body_timeout: Duration,
    pub(crate) header_timeout: Duration,
    pub(crate) drain: Duration,
    /// `None` never saves histories.
    pub(crate) history_save: Option<Duration>,
    pub(crate) history_follow: Duration,
}

/// What an app is made of, besides its configuration.
#[derive(Default)]
pub struct AppParts {
    /// The models that are served.
    pub models: Models,
    /// Those that are only compared with them.
    pub shadow_models: Models,
    /// What is known of the wikis' pasts.
    pub histories: Histories,
    /// What was said of edits, and what became of them.
    pub ledger: Option<Ledger>,
    /// Where events come from, and where scores go.
    pub streams: Streams,
    /// Where revisions are fetched.
    pub wikis: Wikis,
    /// Who may do what.
    pub access: Access,
}

/// Why models were not opened anew.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// There is nothing to open.
    #[error(transparent)]
    Models(#[from] ModelsError),
    /// Files that cannot be served; the models stay as they were.
    #[error("the models stay as they were: {}", in_a_sentence(.0))]
    Refused(Vec<Refused>),
    /// The models come from no directory.
    #[error("the models were not opened from a directory")]
    NoDirectory,
}

/// Places for so many, and for one at least.
fn places(n: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(n.clamp(1, Semaphore::MAX_PERMITS)))
}

fn in_a_sentence(refused: &[Refused]) -> String {
    let reasons = refused
        .iter()
        .map(|Refused { file, reason }| format!("{file}: {reason}"));
    reasons.collect::<Vec<_>>().join("; ")
}

impl App {
    /// An app with these models that knows no wiki's past; starts the threads of its pool.
    ///
    /// # Errors
    /// When the system has no more threads.
    pub fn new(models: Models, config: &Config) -> std::io::Result<Self> {
        let parts = AppParts {
            models,
            ..AppParts::default()
        };
        Self::with_parts(parts, config)
    }

    /// An app of these parts.
    ///
    /// # Errors
    /// As [`App::new`].
    pub fn with_parts(parts: AppParts, config: &Config) -> std::io::Result<Self> {
        let AppParts {
            models,
            shadow_models,
            histories,
            ledger,
            streams,
            wikis,
            access,
        } = parts;
        let limits = Limits {
            body_bytes: config.max_body_bytes,
            text_bytes: config.max_text_bytes,
            connections: config.max_connections.clamp(1, Semaphore::MAX_PERMITS),
            timeout: Duration::from_millis(config.timeout_ms),
            body_timeout: Duration::from_millis(config.body_timeout_ms),
            header_timeout: Duration::from_millis(config.header_timeout_ms),
            drain: Duration::from_millis(config.drain_ms),
            history_save: Some(Duration::from_secs(config.history_save_seconds))
                .filter(|every| !every.is_zero()),
            history_follow: Duration::from_millis(config.history_follow_ms),
        };
        let metrics = Metrics::new(&histories, &wikis);
        metrics.models(&models);
        for wiki in wikis.iter() {
            for (name, target) in wiki.unserved(&models) {
                let wiki = &wiki.name;
                tracing::warn!(wiki, name, %target, "nobody serves {name} of {wiki}: there is no model for {target}");
            }
        }
        Ok(Self(Arc::new(Shared {
            metrics,
            pool: Pool::start(config.threads, config.queue)?,
            caches: Caches::new(
                config.cache_bytes,
                Duration::from_secs(config.cache_seconds),
            ),
            clients: Clients::new(config.max_client_requests),
            client_header: config.client_header.clone(),
            access,
            directory: models.directory().map(Path::to_owned),
            shadow_directory: shadow_models.directory().map(Path::to_owned),
            models: ArcSwap::from_pointee(models),
            shadow: ArcSwap::from_pointee(shadow_models),
            streams,
            wikis,
            reloading: Mutex::default(),
            histories,
            ledger,
            limits,
            requests: places(config.max_requests),
            open_streams: places(config.max_requests.div_ceil(2)),
            fetched: places(MAX_FETCHED as usize),
            fetching: places(config.max_requests - config.max_requests / 4),
            looking: places(MAX_LOOKING),
            is_draining: watch::Sender::new(false),
            has_caught_up: AtomicBool::new(false),
        })))
    }

    /// The threads that score.
    pub fn pool(&self) -> &Pool {
        &self.0.pool
    }

    /// Computes every item on these threads ([`Pool::run`]).
    pub(crate) async fn compute<I, T>(
        &self,
        items: Vec<I>,
        deadline: Instant,
        compute: impl Fn(I) -> T + Send + Sync + 'static,
    ) -> Result<Vec<Done<T>>, ServiceError>
    where
        I: Send + 'static,
        T: Send + 'static,
    {
        let done = self.pool().run(items, deadline, compute).await;
        done.map_err(|error| {
            if error == PoolError::Full {
                self.metrics().rejected("queue_full", 1);
            }
            ServiceError::of_pool(error, self.limits().timeout)
        })
    }

    /// The models that are served now.
    pub fn models(&self) -> Arc<Models> {
        self.0.models.load_full()
    }

    /// Those that are only compared with them.
    pub(crate) fn shadow(&self) -> Arc<Models> {
        self.0.shadow.load_full()
    }

    /// Opens the models' files anew, and serves them: all, or none when one of them is broken.
    /// Reads files, so it is not for threads that serve connections.
    ///
    /// # Errors
    /// When the models stay as they were.
    pub fn reload(&self) -> Result<Arc<Models>, ReloadError> {
        let reloading = self.0.reloading.lock();
        let _reloading = reloading.unwrap_or_else(PoisonError::into_inner);
        let result = self.open_anew();
        match &result {
            Ok((models, _)) => {
                let names = models.names();
                tracing::info!(models = names, "opened the models anew: {names}");
            }
            Err(error) => tracing::error!(%error, "the models were not opened anew: {error}"),
        }
        self.metrics().reloaded(result.is_ok());
        let (models, shadow) = result?;
        self.metrics().models_changed(&self.models(), &models);
        let models = Arc::new(models);
        self.0.models.store(Arc::clone(&models));
        if let Some(shadow) = shadow {
            self.0.shadow.store(Arc::new(shadow));
        }
        Ok(models)
    }

    fn open_anew(&self) -> Result<(Models, Option<Models>), ReloadError> {
        let open = |directory: &PathBuf| {
            let models = match Models::open(directory) {
                Err(ModelsError::AllRefused { refused, .. }) => {
                    return Err(ReloadError::Refused(refused));
                }
                opened => opened?,
            };
            match models.refused() {
                [] => Ok(models),
                refused => Err(ReloadError::Refused(refused.to_vec())),
            }
        };
        let directory = self.0.directory.as_ref().ok_or(ReloadError::NoDirectory)?;
        let shadow = self.0.shadow_directory.as_ref().map(open).transpose()?;
        Ok((open(directory)?, shadow))
    }

    /// Where revisions are fetched.
    pub(crate) fn wikis(&self) -> &Wikis {
        &self.0.wikis
    }

    pub(crate) fn caches(&self) -> &Caches {
        &self.0.caches
    }

    /// Who may have how many requests open.
    pub(crate) fn clients(&self) -> &Clients {
        &self.0.clients
    }

    /// Where a trusted proxy names the client.
    pub(crate) fn client_header(&self) -> Option<&HeaderName> {
        self.0.client_header.as_ref()
    }

    /// Who may do what.
    pub(crate) fn access(&self) -> &Access {
        &self.0.access
    }

    /// What is known of the wikis' pasts.
    pub fn histories(&self) -> &Histories {
        &self.0.histories
    }

    /// What was said of edits, and what became of them; `None` keeps nothing of it.
    pub(crate) fn ledger(&self) -> Option<&Ledger> {
        self.0.ledger.as_ref()
    }

    /// Where events come from, and where scores go.
    pub(crate) fn streams(&self) -> &Streams {
        &self.0.streams
    }

    /// Whether several services share what is known of a wiki's past.
    pub(crate) fn shares_past(&self, wiki: &str) -> bool {
        let ledger = self.ledger();
        ledger.is_some_and(|ledger| ledger.keeps(wiki) && ledger.shared_past().is_some())
    }

    /// From now on all is known that others were told of when this service began.
    pub(crate) fn has_caught_up(&self) {
        self.0.has_caught_up.store(true, Relaxed);
    }

    /// Whether this service does not know yet what others were told of when it began.
    pub(crate) fn is_catching_up(&self) -> bool {
        let mut histories = self.histories().iter();
        !self.0.has_caught_up.load(Relaxed)
            && histories.any(|history| self.shares_past(history.wiki()))
    }

    /// Waits until this service knows what others were told of when it began.
    pub(crate) async fn caught_up(&self) {
        while self.is_catching_up() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Writes the histories that have something new and are not shared. A failure is logged and counted; the next
    /// attempt will write what this one did not.
    pub(crate) fn save_histories(&self) {
        let histories = self.0.histories.iter();
        for history in histories.filter(|history| !self.shares_past(history.wiki())) {
            let wiki = history.wiki();
            match history.save() {
                Ok(None) => {}
                Ok(Some(n_edits)) => {
                    tracing::info!(
                        wiki,
                        n_edits,
                        "saved the history of {wiki}, with {n_edits} edits"
                    );
                }
                Err(error) => {
                    self.0.metrics.history_not_saved(wiki);
                    tracing::error!(wiki, %error, "the history of {wiki} is not saved: {error}");
                }
            }
        }
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Permission to hold one scoring request in memory, unless too many are held.
    pub(crate) fn admit(&self) -> Result<OwnedSemaphorePermit, ServiceError> {
        self.take_place(&self.0.requests)
    }

    /// A place for one stream, unless there are too many.
    pub(crate) fn admit_stream(&self) -> Result<OwnedSemaphorePermit, ServiceError> {
        self.take_place(&self.0.open_streams)
    }

    /// Permission for a request to wait for a wiki, unless too many do.
    pub(crate) fn admit_fetching(&self) -> Result<OwnedSemaphorePermit, ServiceError> {
        self.take_place(&self.0.fetching)
    }

    /// A place to look at an edit's texts, if one is free; nobody is turned away for want of one.
    pub(crate) fn admit_looking(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.looking).try_acquire_owned().ok()
    }

    fn take_place(&self, places: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, ServiceError> {
        Arc::clone(places).try_acquire_owned().map_err(|_| {
            self.metrics().rejected("too_many_requests", 1);
            ServiceError::Overloaded
        })
    }

    /// From now on the service says that it is not ready for further requests.
    pub(crate) fn start_draining(&self) {
        self.0.is_draining.send_replace(true);
    }

    pub(crate) fn is_draining(&self) -> bool {
        *self.0.is_draining.borrow()
    }

    /// Waits until the service takes no further requests.
    pub(crate) async fn draining(&self) {
        let mut is_draining = self.0.is_draining.subscribe();
        // The sender lives as long as this app.
        let _ = is_draining.wait_for(|is_draining| *is_draining).await;
    }

    /// Waits for permission to hold so many fetched revisions in memory.
    pub(crate) async fn hold_fetched(&self, n: usize) -> Option<OwnedSemaphorePermit> {
        let n = u32::try_from(n).unwrap_or(MAX_FETCHED).min(MAX_FETCHED);
        Arc::clone(&self.0.fetched).acquire_many_owned(n).await.ok()
    }
}
