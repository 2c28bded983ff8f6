//! What all requests share: the models, the pool, the counters and the limits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::metrics::Metrics;
use super::{Config, Models, Pool};

/// The service without a socket; clones share one state.
#[derive(Clone)]
pub struct App(Arc<Shared>);

struct Shared {
    models: Models,
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
}

impl App {
    /// An app with these models; starts the threads of its pool.
    ///
    /// # Errors
    /// When the system has no more threads.
    pub fn new(models: Models, config: &Config) -> std::io::Result<Self> {
        let limits = Limits {
            body_bytes: config.max_body_bytes,
            text_bytes: config.max_text_bytes,
            connections: config.max_connections.clamp(1, Semaphore::MAX_PERMITS),
            timeout: Duration::from_millis(config.timeout_ms),
            body_timeout: Duration::from_millis(config.body_timeout_ms),
            header_timeout: Duration::from_millis(config.header_timeout_ms),
            drain: Duration::from_millis(config.drain_ms),
        };
        Ok(Self(Arc::new(Shared {
            metrics: Metrics::new(&models),
            pool: Pool::start(config.threads, config.queue)?,
            models,
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
