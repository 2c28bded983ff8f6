//! A topic as a sink: every event is acknowledged by all replicas of its partition before it counts as
//! delivered.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use futures_util::future::BoxFuture;
use rdkafka::ClientConfig;
use rdkafka::config::FromClientConfigAndContext as _;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::ToBytes;
use rdkafka::producer::future_producer::DeliveryFuture;
use rdkafka::producer::{FutureProducer, FutureRecord, Producer as _};

use super::context::Quiet;
use super::{PRODUCER, client};
use crate::service::config::{KafkaSinkConfig, ScoreSchema};
use crate::service::ledger::now;
use crate::service::stream::scored::{Emitted, ScoredEvent, write};
use crate::service::stream::sink::{Sink, SinkError};

/// A topic that takes scores.
pub(crate) struct KafkaSink {
    name: String,
    topic: String,
    stream: String,
    schema: ScoreSchema,
    producer: Producing,
}

impl KafkaSink {
    /// Gets ready; the broker is looked for in the background.
    ///
    /// # Errors
    /// When librdkafka does not take an option.
    pub(crate) fn new(name: &str, config: &KafkaSinkConfig) -> Result<Self, KafkaError> {
        let stream = config.stream.as_ref().unwrap_or(&config.topic);
        Ok(Self {
            name: name.to_owned(),
            topic: config.topic.clone(),
            stream: stream.clone(),
            schema: config.schema,
            producer: Producing::new(client(&config.brokers, &PRODUCER, &config.options))?,
        })
    }
}

impl Sink for KafkaSink {
    fn name(&self) -> &str {
        &self.name
    }

    fn deliver<'a>(
        &'a self,
        events: &'a [ScoredEvent],
    ) -> BoxFuture<'a, Result<Vec<(usize, String)>, SinkError>> {
        Box::pin(async move {
            let at = now();
            let emitted: Vec<(usize, Emitted)> = events
                .iter()
                .enumerate()
                .flat_map(|(idx, event)| {
                    let emitted = write(self.schema, event, &self.stream, at);
                    emitted.into_iter().map(move |emitted| (idx, emitted))
                })
                .collect();
            let mut refused = Vec::new();
            let mut sent = Vec::with_capacity(emitted.len());
            // Handed over in their order, which the producer keeps for each page.
            for (idx, Emitted { key, body, .. }) in &emitted {
                let record = FutureRecord::to(&self.topic).key(key).payload(body);
                match self.producer.hand_over(record).await {
                    Ok(delivery) => sent.push((*idx, delivery)),
                    Err(error) if is_refused(&error) => refused.push((*idx, error.to_string())),
                    Err(error) => return Err(self.producer.failed(error)),
                }
            }
            for (idx, delivery) in sent {
                match delivered(delivery).await {
                    Ok(()) => {}
                    Err(error) if is_refused(&error) => refused.push((idx, error.to_string())),
                    Err(error) => return Err(self.producer.failed(error)),
                }
            }
            refused.dedup_by_key(|(idx, _)| *idx);
            Ok(refused)
        })
    }
}

/// Why a message is not in its topic.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotProduced {
    /// The broker would never take it.
    #[error("the broker refuses it: {0}")]
    Refused(String),
    /// It may be later.
    #[error(transparent)]
    Later(SinkError),
}

/// Whether the broker would never take the message.
fn is_refused(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{InvalidRecord, MessageSizeTooLarge};
    matches!(
        error.rdkafka_error_code(),
        Some(InvalidRecord | MessageSizeTooLarge)
    )
}

/// Waits until a message is acknowledged.
async fn delivered(delivery: DeliveryFuture) -> Result<(), KafkaError> {
    match delivery.await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err((error, _))) => Err(error),
        // The producer is gone, and nobody knows.
        Err(_) => Err(KafkaError::Canceled),
    }
}

/// A producer, and another one when it cannot go on.
pub(super) struct Producing {
    config: ClientConfig,
    producer: RwLock<Arc<FutureProducer<Quiet>>>,
}

impl Producing {
    pub(super) fn new(config: ClientConfig) -> Result<Self, KafkaError> {
        let producer = FutureProducer::from_config_and_context(&config, Quiet)?;
        Ok(Self {
            config,
            producer: RwLock::new(Arc::new(producer)),
        })
    }

    /// Produces a message, and waits until it is acknowledged.
    pub(super) async fn produce(
        &self,
        record: FutureRecord<'_, [u8], [u8]>,
    ) -> Result<(), NotProduced> {
        let sent = match self.hand_over(record).await {
            Ok(delivery) => delivered(delivery).await,
            Err(error) => Err(error),
        };
        sent.map_err(|error| match is_refused(&error) {
            true => NotProduced::Refused(error.to_string()),
            false => NotProduced::Later(self.failed(error)),
        })
    }

    /// Gives a message to the producer, as soon as it has a place for it.
    async fn hand_over<K, P>(
        &self,
        record: FutureRecord<'_, K, P>,
    ) -> Result<DeliveryFuture, KafkaError>
    where
        K: ToBytes + ?Sized,
        P: ToBytes + ?Sized,
    {
        let producer = self.get();
        let mut record = record;
        loop {
            match producer.send_result(record) {
                Ok(delivery) => return Ok(delivery),
                Err((error, back))
                    if error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull) =>
                {
                    record = back;
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                Err((error, _)) => return Err(error),
            }
        }
    }

    fn get(&self) -> Arc<FutureProducer<Quiet>> {
        let producer = self.producer.read();
        Arc::clone(&producer.unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes another producer if this one has failed for good: an idempotent one does when the broker has
    /// forgotten it.
    fn failed(&self, error: KafkaError) -> SinkError {
        if let Some((_, reason)) = self.get().client().fatal_error() {
            tracing::warn!(
                reason,
                "a producer cannot go on and another one begins: {reason}"
            );
            if let Ok(producer) = FutureProducer::from_config_and_context(&self.config, Quiet) {
                let mut place = self
                    .producer
                    .write()
                    .unwrap_or_else(PoisonError::into_inner);
                *place = Arc::new(producer);
            }
        }
        SinkError(error.to_string())
    }
}
