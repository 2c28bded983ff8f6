//! Serving an app on a listener until it is told to stop.
//!
//! Binds nothing and installs no signals. It serves connections itself instead of through
//! `axum::serve`, which has no time limit for clients that send their header slowly and no limit
//! for open connections. Slow bodies are `body`'s concern.

use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior};

use super::{App, router};

/// What a connection may buffer of a header, or ahead of whoever reads its body.
const BUFFER_BYTES: usize = 64 << 10;

/// How often recorded latencies are sorted into their buckets.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// How long to wait when the system has no more files to open.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Serves until `shutdown` is ready; then finishes the requests in flight, for a limited time,
/// saves the histories, and returns. New connections are refused from then on.
pub async fn run(listener: TcpListener, app: App, shutdown: impl Future<Output = ()>) {
    let limits = *app.limits();
    let slots = Arc::new(Semaphore::new(limits.connections));
    let (stop, is_stopped) = watch::channel(());
    let service = TowerToHyperService::new(router(app.clone()));
    let mut server = http1::Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(BUFFER_BYTES);
    let mut connections = JoinSet::new();
    let mut upkeep = tokio::time::interval(UPKEEP_INTERVAL);
    upkeep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut save = limits.history_save.map(|every| {
        let mut interval = tokio::time::interval_at(tokio::time::Instant::now() + every, every);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        interval
    });
    let mut saving = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            _ = upkeep.tick() => app.metrics().upkeep(),
            () = tick(&mut save), if saving.is_empty() => save_histories(&app, &mut saving),
            Some(_) = saving.join_next() => {}
            Some(_) = connections.join_next() => app.metrics().connections(connections.len()),
            (stream, slot) = accept(&listener, &slots) => {
                let connection = server.serve_connection(TokioIo::new(stream), service.clone());
                connections.spawn(serve(connection, slot, is_stopped.clone()));
                app.metrics().connections(connections.len());
            }
        }
    }
    app.start_draining();
    drop(listener);
    drop(stop);
    let n_open = connections.len();
    tracing::info!(n_open, "shutting down; {n_open} connections are open");
    let finish = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(limits.drain, finish).await.is_err() {
        let n_cut = connections.len();
        tracing::warn!(
            n_cut,
            "shut down; {n_cut} connections were cut off at the deadline"
        );
    } else {
        tracing::info!("shut down; all requests were answered");
    }
    if limits.history_save.is_some() {
        save_histories(&app, &mut saving);
        while saving.join_next().await.is_some() {}
    }
}

/// Writing takes as long as a disk takes, so it is done by a thread that neither serves nor scores.
fn save_histories(app: &App, saving: &mut JoinSet<()>) {
    let app = app.clone();
    saving.spawn_blocking(move || app.save_histories());
}

/// The interval's next tick; never, without one.
async fn tick(interval: &mut Option<Interval>) {
    match interval {
        Some(interval) => {
            interval.tick().await;
        }
        None => std::future::pending().await,
    }
}

type Connection = http1::Connection<TokioIo<TcpStream>, TowerToHyperService<axum::Router>>;

async fn serve(
    connection: Connection,
    _slot: OwnedSemaphorePermit,
    mut is_stopped: watch::Receiver<()>,
) {
    tokio::pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        // The sender never sends; it is dropped to stop.
        _ = is_stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a connection ended early: {error}");
    }
}

/// The next connection, as soon as one more may be open.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> (TcpStream, OwnedSemaphorePermit) {
    let slot = Arc::clone(slots)
        .acquire_owned()
        .await
        .expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Answers are small; without it they would wait for more. Harmless if refused.
                let _ = stream.set_nodelay(true);
                return (stream, slot);
            }
            // The client left before it was accepted, or there are no more files to open.
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted: {error}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
