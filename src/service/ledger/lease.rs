//! A job that one process does at a time: who has the lease does it, and nobody else gets it meanwhile.
//!
//! A lease ends when it is dropped, and with its process, whatever ends that. A store that is reached over a
//! network may also lose one: who works for long asks in between whether it is still held, and stops where it
//! is not. What is done under a lease does no harm when it is done twice.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;

/// A job's lease.
pub(crate) struct Lease(Box<dyn Held>);

/// What keeps others from a job as long as it lives.
pub(super) trait Held: Send {
    /// Whether it still does.
    fn is_held(&mut self) -> BoxFuture<'_, bool>;
}

impl Lease {
    pub(super) fn new(held: impl Held + 'static) -> Self {
        Self(Box::new(held))
    }

    /// Whether nobody else can have the job yet.
    pub(crate) async fn is_held(&mut self) -> bool {
        self.0.is_held().await
    }
}

/// The jobs of a store that one process has alone: only its own tasks can want the same.
#[derive(Clone, Default)]
pub(super) struct LocalJobs(Arc<Mutex<HashSet<String>>>);

/// One of them, until it is dropped.
struct LocalJob {
    jobs: LocalJobs,
    job: String,
}

impl LocalJobs {
    /// A job's lease; `None` while another task has it.
    pub(super) fn lease(&self, job: &str) -> Option<Lease> {
        let mut jobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.insert(job.to_owned()).then(|| {
            Lease::new(LocalJob {
                jobs: self.clone(),
                job: job.to_owned(),
            })
        })
    }
}

impl Held for LocalJob {
    fn is_held(&mut self) -> BoxFuture<'_, bool> {
        Box::pin(std::future::ready(true))
    }
}

impl Drop for LocalJob {
    fn drop(&mut self) {
        let mut jobs = self.jobs.0.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.remove(&self.job);
    }
}
