//! What all requests share: the models, the histories, the pool, the counters and the limits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::metrics::Metrics;
use super::{Config, Histories, Models, Pool};

/// The service without a socket; clones share one state.
#[derive(Clone)]
pub struct App(Arc<Shared>);

struct Shared {
    models: Models,
    histories: Histories,
    pool: Pool,
    metrics: Metrics,
    limits: Limits,
    requests: Arc<Semaphore>,
    is_draining: AtomicBool,
}

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
}

impl App {
    /// An app with these models that knows no wiki's past; starts the threads of its pool.
    ///
    /// # Errors
    /// When the system has no more threads.
    pub fn new(models: Models, config: &Config) -> std::io::Result<Self> {
        Self::with_histories(models, Histories::default(), config)
    }

    /// An app that knows these wikis' pasts.
    ///
    /// # Errors
    /// As [`App::new`].
    pub fn with_histories(
        models: Models,
        histories: Histories,
        config: &Config,
    ) -> std::io::Result<Self> {
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
        };
        Ok(Self(Arc::new(Shared {
            metrics: Metrics::new(&models, &histories),
            pool: Pool::start(config.threads, config.queue)?,
            models,
            histories,
            limits,
            requests: Arc::new(Semaphore::new(
                config.max_requests.clamp(1, Semaphore::MAX_PERMITS),
            )),
            is_draining: AtomicBool::new(false),
        })))
    }

    /// The threads that score.
    pub fn pool(&self) -> &Pool {
        &self.0.pool
    }

    /// The models that are served.
    pub fn models(&self) -> &Models {
        &self.0.models
    }

    /// What is known of the wikis' pasts.
    pub fn histories(&self) -> &Histories {
        &self.0.histories
    }

    /// Writes the histories that have something new. A failure is logged and counted; the next
    /// attempt will write what this one did not.
    pub(crate) fn save_histories(&self) {
        for history in self.0.histories.iter() {
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

    /// Permission to hold one scoring request in memory; `None` when too many are held.
    pub(crate) fn admit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.requests).try_acquire_owned().ok()
    }

    /// From now on the service says that it is not ready for further requests.
    pub(crate) fn start_draining(&self) {
        self.0.is_draining.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.0.is_draining.load(Ordering::Relaxed)
    }
}
