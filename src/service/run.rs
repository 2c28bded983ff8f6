//! Serving an app on a listener until it is told to stop.
//!
//! Binds nothing and installs no signals. It serves connections itself instead of through
//! `axum::serve`, which has no time limit for clients that send their header slowly and no limit
//! for open connections. Slow bodies are `body`'s concern. A connection speaks HTTP/1.1, or HTTP/2
//! when it begins with that protocol's preface (no TLS ends here that could negotiate it).

use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior};

use super::body::Peer;
use super::{App, past, router, watching};

/// What a connection may buffer of a header, or ahead of whoever reads its body.
const BUFFER_BYTES: usize = 64 << 10;

/// How often recorded latencies are sorted into their buckets.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// How long the end waits for histories to be written.
const SAVE_LIMIT: Duration = Duration::from_secs(20);

/// How long to wait when the system has no more files to open.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Serves until `shutdown` is ready; then finishes the requests in flight, for a limited time,
/// saves the histories, writes what the ledger was told, and returns. New connections are refused from
/// then on.
pub async fn run(listener: TcpListener, app: App, shutdown: impl Future<Output = ()>) {
    let limits = *app.limits();
    let slots = Arc::new(Semaphore::new(limits.connections));
    let (stop, is_stopped) = watch::channel(());
    let protocols = Arc::new(Protocols::new(&app));
    let mut connections = JoinSet::new();
    let mut upkeep = tokio::time::interval(UPKEEP_INTERVAL);
    upkeep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut save = limits.history_save.map(|every| {
        let mut interval = tokio::time::interval_at(tokio::time::Instant::now() + every, every);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        interval
    });
    let mut saving = JoinSet::new();
    let watching = app
        .ledger()
        .is_some()
        .then(|| tokio::spawn(watch_drift(app.clone())));
    let (stop_streams, streams_end) = watch::channel(false);
    let mut streaming = app.streams().start(&app, &streams_end);
    let following = tokio::spawn(past::follow_always(app.clone()));
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            _ = upkeep.tick() => app.metrics().upkeep(),
            () = tick(&mut save), if saving.is_empty() => {
                save_histories(&app, &mut saving);
                saving.spawn(past::save(app.clone()));
            }
            Some(_) = saving.join_next() => {}
            Some(_) = connections.join_next() => app.metrics().connections(connections.len()),
            (stream, peer, slot) = accept(&listener, &slots) => {
                let protocols = Arc::clone(&protocols);
                connections.spawn(protocols.serve(stream, peer, slot, is_stopped.clone()));
                app.metrics().connections(connections.len());
            }
        }
    }
    following.abort();
    if let Some(watching) = watching {
        watching.abort();
    }
    app.start_draining();
    // They finish what they have begun beside the requests.
    stop_streams.send_replace(true);
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
    let streams_end = async { while streaming.join_next().await.is_some() {} };
    if tokio::time::timeout(limits.drain, streams_end)
        .await
        .is_err()
    {
        tracing::warn!("streams were cut off at the deadline; what was not done comes again");
    }
    if limits.history_save.is_some() {
        save_histories(&app, &mut saving);
        let saved = async { while saving.join_next().await.is_some() {} };
        if tokio::time::timeout(SAVE_LIMIT, saved).await.is_err() {
            tracing::warn!("histories are not all written: there was no more time");
            saving.abort_all();
        }
    }
    if let Some(ledger) = app.ledger() {
        ledger.close().await;
    }
}

/// Looks at drift now and every now and then, until it is aborted.
async fn watch_drift(app: App) {
    let mut interval = tokio::time::interval(watching::EVERY);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        watching::watch(&app).await;
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

/// How connections are served.
struct Protocols {
    service: TowerToHyperService<axum::Router>,
    http1: http1::Builder,
    http2: http2::Builder<TokioExecutor>,
    header_timeout: Duration,
}

/// What an HTTP/2 connection begins with (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How often a connection is looked at that has sent a part of the preface.
const PREFACE_PAUSE: Duration = Duration::from_millis(5);

/// Requests that one HTTP/2 connection may have open.
const STREAMS: u32 = 100;

impl Protocols {
    fn new(app: &App) -> Self {
        let header_timeout = app.limits().header_timeout;
        let mut http1 = http1::Builder::new();
        http1
            .timer(TokioTimer::new())
            .header_read_timeout(header_timeout)
            .max_buf_size(BUFFER_BYTES);
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(BUFFER_BYTES as u32);
        Self {
            service: TowerToHyperService::new(router(app.clone())),
            http1,
            http2,
            header_timeout,
        }
    }

    async fn serve(
        self: Arc<Self>,
        stream: TcpStream,
        peer: Peer,
        _slot: OwnedSemaphorePermit,
        mut is_stopped: watch::Receiver<()>,
    ) {
        let speaks_http2 = tokio::select! {
            speaks = tokio::time::timeout(self.header_timeout, speaks_http2(&stream)) => speaks,
            _ = is_stopped.changed() => return,
        };
        let Ok(Ok(speaks_http2)) = speaks_http2 else {
            tracing::debug!("a connection ended without a request");
            return;
        };
        let io = TokioIo::new(stream);
        let (open, n_open) = watch::channel(0);
        let service = Counted {
            service: self.service.clone(),
            peer,
            open,
        };
        if speaks_http2 {
            let stop = async {
                tokio::select! {
                    () = idle(n_open, self.header_timeout) => {}
                    _ = is_stopped.changed() => {}
                }
            };
            finish(self.http2.serve_connection(io, service), stop).await;
        } else {
            let stop = async {
                // The sender never sends; it is dropped to stop.
                let _ = is_stopped.changed().await;
            };
            finish(self.http1.serve_connection(io, service), stop).await;
        }
    }
}

/// A connection's service: it knows who connected, and how many requests are not answered yet.
struct Counted {
    service: TowerToHyperService<axum::Router>,
    peer: Peer,
    open: watch::Sender<usize>,
}

impl hyper::service::Service<hyper::Request<hyper::body::Incoming>> for Counted {
    type Response = axum::response::Response;
    type Error = std::convert::Infallible;
    type Future = std::pin::Pin<
        Box<dyn Future<Output = Result<axum::response::Response, Self::Error>> + Send>,
    >;

    fn call(&self, mut request: hyper::Request<hyper::body::Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.peer);
        let open = Open::new(self.open.clone());
        let answer = self.service.call(request);
        Box::pin(async move {
            let answer = answer.await;
            drop(open);
            answer
        })
    }
}

/// A request that is not answered yet; dropped too where nobody waits for the answer.
struct Open(watch::Sender<usize>);

impl Open {
    fn new(open: watch::Sender<usize>) -> Self {
        open.send_modify(|n_open| *n_open += 1);
        Self(open)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.send_modify(|n_open| *n_open -= 1);
    }
}

/// Waits until no request has been open for so long. HTTP/1 connections are closed by hyper then.
async fn idle(mut n_open: watch::Receiver<usize>, limit: Duration) {
    loop {
        let is_quiet = n_open.wait_for(|n_open| *n_open == 0).await.is_ok();
        let next = async { n_open.wait_for(|n_open| *n_open > 0).await.is_ok() };
        match tokio::time::timeout(limit, next).await {
            Ok(true) if is_quiet => {}
            // The service is gone, and its connection ends by itself.
            Ok(_) => std::future::pending().await,
            Err(_) => return,
        }
    }
}

/// Whether a connection begins as HTTP/2 does; waits for its first bytes, and reads none.
async fn speaks_http2(stream: &TcpStream) -> std::io::Result<bool> {
    let mut start = [0; PREFACE.len()];
    loop {
        let n = stream.peek(&mut start).await?;
        if n == PREFACE.len() || n == 0 || !PREFACE.starts_with(&start[..n]) {
            return Ok(start == PREFACE);
        }
        tokio::time::sleep(PREFACE_PAUSE).await;
    }
}

/// Serves a connection until it ends, or until it has answered what it was asked before `stop`.
async fn finish(
    connection: impl GracefulConnection<Error = hyper::Error>,
    stop: impl Future<Output = ()>,
) {
    tokio::pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = stop => {
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
) -> (TcpStream, Peer, OwnedSemaphorePermit) {
    let slot = Arc::clone(slots)
        .acquire_owned()
        .await
        .expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((stream, address)) => {
                // Answers are small; without it they would wait for more. Harmless if refused.
                let _ = stream.set_nodelay(true);
                return (stream, Peer(address.ip()), slot);
            }
            // The client left before it was accepted, or there are no more files to open.
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted: {error}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
