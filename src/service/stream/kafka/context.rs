//! What librdkafka tells: log lines, and which partitions come and go.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext, Rebalance};
use rdkafka::error::KafkaError;

use super::lane::Lane;
use crate::service::App;

/// A partition of a topic.
pub(super) type Partition = (String, i32);

/// A producer's.
#[derive(Clone, Default)]
pub(super) struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, _facility: &str, message: &str) {
        log(level, message);
    }

    /// The log has it in other words already.
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "kafka: {error}: {reason}");
    }
}

/// A consumer's.
pub(super) struct Context {
    app: App,
    source: Arc<str>,
    lanes: Mutex<HashMap<Partition, Lane>>,
}

impl Context {
    pub(super) fn new(app: App, source: &Arc<str>) -> Self {
        Self {
            app,
            source: Arc::clone(source),
            lanes: Mutex::default(),
        }
    }

    /// The lanes of the partitions that this consumer has.
    pub(super) fn lanes(&self) -> MutexGuard<'_, HashMap<Partition, Lane>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, _facility: &str, message: &str) {
        log(level, message);
    }

    /// The log has it in other words already.
    fn error(&self, error: KafkaError, reason: &str) {
        let source = &*self.source;
        tracing::debug!(source, %error, reason, "kafka: {error}: {reason}");
    }
}

impl ConsumerContext for Context {
    /// A partition that goes takes its lane with it: what is not acknowledged comes again, to whoever has it
    /// then.
    fn pre_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let (what, partitions) = match rebalance {
            Rebalance::Assign(partitions) => ("assigned", partitions),
            Rebalance::Revoke(partitions) => ("revoked", partitions),
            Rebalance::Error(error) => {
                let source = &*self.source;
                tracing::warn!(source, %error, "partitions of {source} are not shared out: {error}");
                return;
            }
        };
        let source = &*self.source;
        let n = partitions.count();
        tracing::info!(source, n, "{source}: {n} partitions are {what}");
        self.app.metrics().kafka_rebalanced(source, what);
        if what == "revoked" {
            // Whoever gets it again would find it paused still, without a lane that resumes it.
            if let Err(error) = consumer.resume(partitions) {
                tracing::warn!(source, %error, "partitions of {source} stay paused: {error}");
            }
            let mut lanes = self.lanes();
            for element in partitions.elements() {
                let partition = (element.topic().to_owned(), element.partition());
                let lane = lanes.remove(&partition);
                if lane.is_some_and(|lane| lane.is_paused) {
                    self.app.metrics().kafka_resumed(source);
                }
                self.app
                    .metrics()
                    .kafka_lag(source, &partition.0, partition.1, 0.0);
            }
        }
    }
}

fn log(level: RDKafkaLogLevel, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg
        | RDKafkaLogLevel::Alert
        | RDKafkaLogLevel::Critical
        | RDKafkaLogLevel::Error => tracing::error!("kafka: {message}"),
        // Options are said once for consumers and producers, and each takes its own.
        RDKafkaLogLevel::Warning if message.contains("property and will be ignored by this") => {
            tracing::debug!("kafka: {message}");
        }
        RDKafkaLogLevel::Warning => tracing::warn!("kafka: {message}"),
        RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => tracing::info!("kafka: {message}"),
        RDKafkaLogLevel::Debug => tracing::debug!("kafka: {message}"),
    }
}
