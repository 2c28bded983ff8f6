//! Sources without groups of consumers: one replica reads, and the ledger keeps where it is.
//!
//! Whoever has the source's lease reads on from the position that was kept last. A position is kept when
//! everything up to it is done with, so that what was not comes again.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::watch;

use super::patience::Patience;
use super::streams::stopped;
use super::worker::Worker;
use crate::service::ledger::{Lease, Ledger, StoreError};

/// Messages that are worked on together.
const BATCH: usize = 100;

/// How often it is asked whether another replica has left the source.
const LEASE_PAUSE: Duration = Duration::from_secs(5);

/// A message, and where its source is after it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Received {
    pub(crate) payload: Vec<u8>,
    pub(crate) position: String,
}

/// A source that is asked for messages, and goes on by itself after whatever fails.
pub(crate) trait Pulled: Send {
    /// Reads on from here; from now, where nothing is known.
    fn resume_from(&mut self, position: Option<String>);

    /// How often it was connected to again.
    fn n_reconnects(&self) -> u64 {
        0
    }

    /// Messages so large that they were passed over.
    fn n_too_large(&self) -> u64 {
        0
    }

    /// Waits for a message, and gives it with those that are there at once, up to so many.
    fn next(&mut self, most: usize) -> BoxFuture<'_, Vec<Received>>;
}

/// Reads until it is told to stop.
pub(super) async fn run(
    mut source: Box<dyn Pulled>,
    worker: Arc<Worker>,
    ledger: Ledger,
    mut stop: watch::Receiver<bool>,
) {
    let reading = async {
        let mut patience = Patience::new();
        loop {
            patience.rest();
            let read = read(&mut *source, &worker, &ledger).await;
            if let Err(error) = read {
                worker.wait(&mut patience, "ledger", &error).await;
            }
        }
    };
    tokio::select! {
        () = stopped(&mut stop) => {}
        () = reading => {}
    }
}

/// Reads as long as this replica has the lease.
async fn read(source: &mut dyn Pulled, worker: &Worker, ledger: &Ledger) -> Result<(), StoreError> {
    let name = format!("source.{}", worker.source());
    let mut lease = take(ledger, &name).await?;
    source.resume_from(ledger.position(&name).await?);
    tracing::info!(source = name, "{name} is read here");
    loop {
        let received = source.next(BATCH).await;
        worker.pulled(source.n_reconnects(), source.n_too_large());
        if !lease.is_held().await {
            tracing::warn!(
                source = name,
                "{name} is read by another replica now, or by none"
            );
            return Ok(());
        }
        let messages: Vec<&[u8]> = received
            .iter()
            .map(|received| received.payload.as_slice())
            .collect();
        for dead in worker.handle(&messages).await {
            let position = received.get(dead.place).map(|received| &*received.position);
            let (position, error) = (position.unwrap_or_default(), dead.error);
            tracing::error!(
                source = name,
                position,
                error,
                "{name}: what came before {position} is passed over: {error}"
            );
        }
        if let Some(last) = received.last() {
            ledger.keep_position(&name, &last.position).await?;
        }
    }
}

/// The lease, as soon as nobody else has it.
async fn take(ledger: &Ledger, name: &str) -> Result<Lease, StoreError> {
    loop {
        if let Some(lease) = ledger.lease(name).await? {
            return Ok(lease);
        }
        tokio::time::sleep(LEASE_PAUSE).await;
    }
}
