//! A server of a test's own, on a free port.

use axum::Router;
use tokio::net::TcpListener;

/// A router that answers until this is dropped.
pub(super) struct Listening {
    pub(super) address: std::net::SocketAddr,
    task: tokio::task::JoinHandle<()>,
}

impl Listening {
    pub(super) async fn start(router: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("there is a free port");
        let address = listener.local_addr().expect("it has an address");
        let task = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self { address, task }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
    }
}
