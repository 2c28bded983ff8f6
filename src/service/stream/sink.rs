//! Where scores go besides the answers of requests.

use futures_util::future::BoxFuture;

use super::scored::ScoredEvent;

/// A place for events with scores. Those of a page come in order.
pub(crate) trait Sink: Send + Sync {
    /// The name that the configuration gives it.
    fn name(&self) -> &str;

    /// Delivers all of them; when it is ready they are acknowledged. Delivering again does no harm but to
    /// who counts. Gives those that are refused for good, by their places, with why.
    fn deliver<'a>(
        &'a self,
        events: &'a [ScoredEvent],
    ) -> BoxFuture<'a, Result<Vec<(usize, String)>, SinkError>>;
}

/// Why nothing is known to be delivered; later it may be.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct SinkError(pub(crate) String);
