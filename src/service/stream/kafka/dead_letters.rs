//! Messages that can never be worked on: into a topic of their own, with why and where they came from, and
//! back to be tried again.
//!
//! They are tried again through a topic that this service alone reads, so that nobody else who reads the
//! source sees them twice. A message that fails again has its first origin, and one attempt more.

use std::time::Duration;

use anyhow::{Context as _, bail};
use rdkafka::ClientConfig;
use rdkafka::Message as _;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, Headers as _, OwnedHeaders, OwnedMessage};
use rdkafka::producer::FutureRecord;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use serde_json::Value;

use super::sink::{NotProduced, Producing};
use super::{PRODUCER, client};
use crate::revision::Timestamp;
use crate::service::config::KafkaSourceConfig;
use crate::service::stream::patience::Patience;
use crate::service::stream::worker::{Dead, Worker};

/// The headers of a dead letter.
const ERROR: &str = "error";
const SOURCE_TOPIC: &str = "source-topic";
const SOURCE_PARTITION: &str = "source-partition";
const SOURCE_OFFSET: &str = "source-offset";
const ATTEMPTS: &str = "attempts";

/// Characters of a reason.
const MAX_ERROR_CHARS: usize = 1_000;

/// How long brokers may take to answer a question of the command.
const ANSWER: Duration = Duration::from_secs(15);

/// Takes dead letters.
pub(super) struct DeadLetters {
    topic: String,
    producer: Producing,
}

/// Where a message was read first, and how often it was worked on.
struct Origin {
    topic: String,
    partition: String,
    offset: String,
    attempts: u32,
}

impl DeadLetters {
    pub(super) fn new(config: &KafkaSourceConfig) -> Result<Self, KafkaError> {
        Ok(Self {
            topic: config.dead_letter_topic(),
            producer: Producing::new(client(&config.brokers, &PRODUCER, &config.options))?,
        })
    }

    /// Takes the messages that are dead, as long as that takes.
    pub(super) async fn take(&self, worker: &Worker, messages: &[OwnedMessage], dead: &[Dead]) {
        for Dead { place, error } in dead {
            let Some(message) = messages.get(*place) else {
                continue;
            };
            let origin = Origin::of(message);
            let source = &**worker.source();
            let (topic, partition, offset) = (&origin.topic, &origin.partition, &origin.offset);
            tracing::warn!(
                source,
                topic,
                partition,
                offset,
                error,
                "{source}: a message goes to the dead letters ({topic}/{partition} at {offset}): {error}"
            );
            let payload = message.payload().unwrap_or_default();
            let mut letter = self.bury(worker, message, &origin, (payload, error)).await;
            if let Err(why) = &letter {
                // What is too large for the topic is told of without it.
                let error = format!("{error}; {} bytes are left out: {why}", payload.len());
                letter = self.bury(worker, message, &origin, (b"", &error)).await;
            }
            if let Err(why) = letter {
                tracing::error!(source, why, "{source}: a message is lost: {why}");
            }
            worker.app().metrics().kafka_dead_letter(source, 1);
        }
    }

    /// Produces a letter, as long as that takes.
    ///
    /// # Errors
    /// When the broker would never take it.
    async fn bury(
        &self,
        worker: &Worker,
        message: &OwnedMessage,
        origin: &Origin,
        (payload, error): (&[u8], &str),
    ) -> Result<(), String> {
        let mut patience = Patience::new();
        loop {
            let record = FutureRecord::to(&self.topic)
                .payload(payload)
                .headers(origin.headers(error));
            let record = match message.key() {
                Some(key) => record.key(key),
                None => record,
            };
            match self.producer.produce(record).await {
                Ok(()) => return Ok(()),
                Err(NotProduced::Refused(why)) => return Err(why),
                Err(NotProduced::Later(error)) => {
                    worker.wait(&mut patience, "dead letters", &error).await;
                }
            }
        }
    }
}

impl Origin {
    /// That of a message: its own place, unless it was dead before.
    fn of(message: &OwnedMessage) -> Self {
        let header = |name: &str| header(message, name);
        let attempts = header(ATTEMPTS).and_then(|attempts| attempts.parse().ok());
        Self {
            topic: header(SOURCE_TOPIC).unwrap_or_else(|| message.topic().to_owned()),
            partition: header(SOURCE_PARTITION).unwrap_or_else(|| message.partition().to_string()),
            offset: header(SOURCE_OFFSET).unwrap_or_else(|| message.offset().to_string()),
            attempts: attempts.unwrap_or(0) + 1,
        }
    }

    fn headers(&self, error: &str) -> OwnedHeaders {
        let attempts = self.attempts.to_string();
        let error: String = error.chars().take(MAX_ERROR_CHARS).collect();
        let all = [
            (ERROR, &error),
            (SOURCE_TOPIC, &self.topic),
            (SOURCE_PARTITION, &self.partition),
            (SOURCE_OFFSET, &self.offset),
            (ATTEMPTS, &attempts),
        ];
        let headers = all.into_iter();
        headers.fold(
            OwnedHeaders::new_with_capacity(5),
            |headers, (key, value)| {
                headers.insert(Header {
                    key,
                    value: Some(value),
                })
            },
        )
    }
}

fn header(message: &OwnedMessage, name: &str) -> Option<String> {
    let headers = message.headers()?;
    let header = headers.iter().find(|header| header.key == name)?;
    Some(String::from_utf8_lossy(header.value?).into_owned())
}

/// The dead letters that nobody has replayed or dropped, a line each, up to a limit.
///
/// # Errors
/// When the brokers do not answer.
pub(crate) fn list(config: &KafkaSourceConfig, limit: usize) -> anyhow::Result<()> {
    let n = visit(config, limit, false, |message| {
        let origin = Origin::of(message);
        let at = message.timestamp().to_millis();
        let at = at.map_or("-".to_owned(), |at| Timestamp(at / 1_000).to_string());
        let error = header(message, ERROR).unwrap_or_default();
        let attempts = origin.attempts - 1;
        println!(
            "{at}\t{}/{}@{}\t{attempts}\t{}\t{error}",
            origin.topic,
            origin.partition,
            origin.offset,
            subject(message)
        );
        Ok(())
    })?;
    eprintln!("{n} dead letters in {}", config.dead_letter_topic());
    Ok(())
}

/// Which revision a letter is about, as far as it can be read.
fn subject(message: &OwnedMessage) -> String {
    let event: Option<Value> = serde_json::from_slice(message.payload().unwrap_or_default()).ok();
    let first = |places: [&str; 2]| {
        let event = event.as_ref()?;
        let mut values = places.iter().filter_map(|place| event.pointer(place));
        values.next().map(|value| match value.as_str() {
            Some(text) => text.to_owned(),
            None => value.to_string(),
        })
    };
    match (
        first(["/database", "/wiki_id"]),
        first(["/rev_id", "/revision/rev_id"]),
    ) {
        (None, None) => "-".to_owned(),
        (wiki, id) => format!("{}:{}", wiki.unwrap_or_default(), id.unwrap_or_default()),
    }
}

/// Sends dead letters to be tried again, up to a limit; they are no longer listed then.
///
/// # Errors
/// When the brokers do not answer.
pub(crate) async fn replay(config: &KafkaSourceConfig, limit: usize) -> anyhow::Result<()> {
    let producer = Producing::new(client(&config.brokers, &PRODUCER, &config.options))?;
    let topic = config.retry_topic();
    let runtime = tokio::runtime::Handle::current();
    let (config, to) = (config.clone(), topic.clone());
    let replaying = tokio::task::spawn_blocking(move || {
        visit(&config, limit, true, |message| {
            let mut headers = OwnedHeaders::new();
            for name in [SOURCE_TOPIC, SOURCE_PARTITION, SOURCE_OFFSET, ATTEMPTS] {
                let value = header(message, name);
                headers = headers.insert(Header {
                    key: name,
                    value: value.as_deref(),
                });
            }
            let record = FutureRecord::to(&to)
                .payload(message.payload().unwrap_or_default())
                .headers(headers);
            let record = match message.key() {
                Some(key) => record.key(key),
                None => record,
            };
            Ok(runtime.block_on(producer.produce(record))?)
        })
    });
    let n = replaying.await??;
    eprintln!("{n} dead letters are tried again, by way of {topic}");
    Ok(())
}

/// Shows dead letters from the first that is open to the last that is there now, partition by partition; with
/// `is_done`, each that was seen without an error is done with.
fn visit(
    config: &KafkaSourceConfig,
    limit: usize,
    is_done: bool,
    mut see: impl FnMut(&OwnedMessage) -> anyhow::Result<()>,
) -> anyhow::Result<usize> {
    let topic = config.dead_letter_topic();
    let mut client: ClientConfig = client(&config.brokers, &[], &config.options);
    client.set("group.id", format!("{}.dead-letters", config.group));
    client.set("enable.auto.commit", "false");
    client.set("auto.offset.reset", "earliest");
    client.set("enable.partition.eof", "true");
    let consumer: BaseConsumer = client.create()?;
    let metadata = consumer
        .fetch_metadata(Some(&topic), ANSWER)
        .with_context(|| format!("the brokers {} do not answer", config.brokers))?;
    let partitions: Vec<i32> = metadata
        .topics()
        .iter()
        .flat_map(|topic| topic.partitions().iter().map(|partition| partition.id()))
        .collect();
    if partitions.is_empty() {
        bail!("there is no topic {topic}");
    }
    let mut n = 0;
    for partition in partitions {
        let (low, high) = consumer.fetch_watermarks(&topic, partition, ANSWER)?;
        let mut asked = TopicPartitionList::new();
        asked.add_partition(&topic, partition);
        let committed = consumer.committed_offsets(asked, ANSWER)?;
        let committed = committed.find_partition(&topic, partition);
        let first = match committed.map(|element| element.offset()) {
            Some(Offset::Offset(offset)) => offset.max(low),
            _ => low,
        };
        let mut next = first;
        let mut assigned = TopicPartitionList::new();
        assigned.add_partition_offset(&topic, partition, Offset::Offset(first))?;
        consumer.assign(&assigned)?;
        while next < high && n < limit {
            let message = consumer
                .poll(ANSWER)
                .with_context(|| format!("{topic} is not read any further than {next}"))?;
            let message = match message {
                // The last places may be those of no message.
                Err(KafkaError::PartitionEOF(_)) => break,
                message => message?.detach(),
            };
            see(&message)?;
            next = message.offset() + 1;
            n += 1;
            if is_done {
                let mut done = TopicPartitionList::new();
                done.add_partition_offset(&topic, partition, Offset::Offset(next))?;
                consumer.commit(&done, CommitMode::Sync)?;
            }
        }
    }
    Ok(n)
}
