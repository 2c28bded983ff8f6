//! A sink that posts each batch to an address as a JSON list.
//!
//! Any 2xx says that all of it is taken. Where the status is about what was sent (400, 413, 422), less of it is
//! sent until it is known which event is meant, and that is refused for good. Everything else, also a token
//! that is not accepted, may be delivered later.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::posting::{Calls, Poster, Verdict};
use super::scored::ScoredEvent;
use super::sink::{Sink, SinkError};
use crate::service::calling::{CallingError, bearer, read_token};
use crate::service::config::WebhookConfig;

/// An address that gets each batch.
pub(crate) struct Webhook {
    name: String,
    poster: Poster,
}

impl Webhook {
    /// Gets ready to call it; calls nobody yet.
    pub(crate) fn new(name: &str, config: &WebhookConfig) -> Result<Self, CallingError> {
        let token = config.token_file.as_deref().map(read_token).transpose()?;
        let poster = Poster::new(Calls {
            url: &config.url,
            authorization: token.as_ref().map(bearer).transpose()?,
            timeout_ms: config.timeout_ms,
            schema: config.schema,
            stream: &config.stream,
        })?;
        Ok(Self {
            name: name.to_owned(),
            poster,
        })
    }
}

impl Sink for Webhook {
    fn name(&self) -> &str {
        &self.name
    }

    fn deliver<'a>(
        &'a self,
        events: &'a [ScoredEvent],
    ) -> BoxFuture<'a, Result<Vec<(usize, String)>, SinkError>> {
        let judge = |status, _: &[u8]| Verdict::of_status(status);
        self.poster.deliver(events, judge).boxed()
    }
}
