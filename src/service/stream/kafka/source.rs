//! Topics as a source: one consumer of a group, which gives each partition to a lane.
//!
//! Offsets are stored by the lanes and committed by librdkafka every second, when partitions go, and at the
//! end; what was not committed comes again. The consumer is asked for messages all the time, so that it stays
//! in its group however long a lane stands still.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::config::FromClientConfigAndContext as _;
use rdkafka::consumer::{CommitMode, Consumer as _, StreamConsumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::topic_partition_list::TopicPartitionList;
use rdkafka::{ClientConfig, Message as _};
use tokio::sync::{mpsc, watch};

use super::client;
use super::context::{Context, Partition, Quiet};
use super::dead_letters::DeadLetters;
use super::lane::{Crew, Lane};
use crate::service::config::{KafkaSourceConfig, Start};
use crate::service::stream::patience::Patience;
use crate::service::stream::streams::stopped;
use crate::service::stream::worker::Worker;

/// What every consumer of ours has.
const CONSUMER: [(&str, &str); 8] = [
    ("enable.auto.commit", "true"),
    ("auto.commit.interval.ms", "1000"),
    ("enable.auto.offset.store", "false"),
    ("enable.partition.eof", "false"),
    ("partition.assignment.strategy", "cooperative-sticky"),
    ("session.timeout.ms", "15000"),
    // What is fetched ahead of the lanes.
    ("queued.max.messages.kbytes", "16384"),
    ("topic.metadata.refresh.interval.ms", "30000"),
];

/// How often it is asked how far behind we are, and how long for an answer.
const LAG_INTERVAL: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(5);

/// The least time between two lines of the log about the same.
const LOG_INTERVAL: Duration = Duration::from_secs(30);

/// How long the end waits for lanes to finish what waits in them.
const FINISH: Duration = Duration::from_secs(5);

/// A source that can be run.
pub(crate) struct KafkaSource {
    name: Arc<str>,
    config: KafkaSourceConfig,
    client: ClientConfig,
}

impl KafkaSource {
    /// Gets ready; asks no broker yet.
    ///
    /// # Errors
    /// When librdkafka does not take an option.
    pub(crate) fn new(name: &str, config: &KafkaSourceConfig) -> Result<Self, KafkaError> {
        let mut client = client(&config.brokers, &CONSUMER, &config.options);
        client.set("group.id", &config.group);
        client.set(
            "auto.offset.reset",
            match config.start {
                Start::Earliest => "earliest",
                Start::Latest => "latest",
            },
        );
        // It says what is wrong with an option, and connects to nobody that is waited for.
        client.create_native_config()?;
        Ok(Self {
            name: name.into(),
            config: config.clone(),
            client,
        })
    }

    /// Reads until it is told to stop; then lanes finish what they have begun, for a limited time.
    pub(crate) async fn run(&self, worker: Arc<Worker>, mut stop: watch::Receiver<bool>) {
        let mut patience = Patience::new();
        let consuming = async {
            while !*stop.borrow() {
                patience.rest();
                let consumed = self.consume(&worker, &mut stop).await;
                if let Err(error) = consumed {
                    worker.wait(&mut patience, "kafka", &error).await;
                }
            }
        };
        tokio::pin!(consuming);
        // Whoever knows the topics already does not wait for it.
        tokio::select! {
            () = &mut consuming => {}
            () = self.make_topics() => consuming.await,
        }
    }

    /// The topics of dead letters and of those that are tried again, where the brokers make topics for us.
    async fn make_topics(&self) {
        let admin = client(&self.config.brokers, &[], &self.config.options);
        let admin = AdminClient::from_config_and_context(&admin, Quiet);
        let names = [self.config.dead_letter_topic(), self.config.retry_topic()];
        let topics: Vec<NewTopic<'_>> = names
            .iter()
            .map(|name| NewTopic::new(name, 1, TopicReplication::Fixed(-1)))
            .collect();
        let options = AdminOptions::new().request_timeout(Some(Duration::from_secs(10)));
        let made = match admin {
            Ok(admin) => admin.create_topics(&topics, &options).await,
            Err(error) => Err(error),
        };
        let results = made.map(|made| {
            let failed = made.into_iter().filter_map(Result::err);
            failed
                .filter(|(_, code)| *code != RDKafkaErrorCode::TopicAlreadyExists)
                .map(|(name, code)| format!("{name}: {code}"))
                .collect::<Vec<_>>()
        });
        match results {
            Ok(failed) if failed.is_empty() => {}
            Ok(failed) => {
                let failed = failed.join(", ");
                tracing::warn!("topics are not made, and have to be made by hand: {failed}");
            }
            Err(error) => {
                tracing::warn!(%error, "topics are not made, and have to be made by hand: {error}");
            }
        }
    }

    /// Reads until it is told to stop, or the consumer cannot go on.
    async fn consume(
        &self,
        worker: &Arc<Worker>,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<(), KafkaError> {
        let context = Context::new(worker.app().clone(), &self.name);
        let consumer = StreamConsumer::from_config_and_context(&self.client, context)?;
        let consumer: Arc<StreamConsumer<Context>> = Arc::new(consumer);
        let retry_topic = self.config.retry_topic();
        let topics = self.config.topics.iter().chain([&retry_topic]);
        let topics: Vec<&str> = topics.map(String::as_str).collect();
        consumer.subscribe(&topics)?;
        let dead_letters = DeadLetters::new(&self.config)?;
        let (has_room, mut roomy) = mpsc::unbounded_channel();
        let crew = Crew {
            worker: Arc::clone(worker),
            consumer: Arc::clone(&consumer),
            dead_letters: Arc::new(dead_letters),
            has_room,
        };
        let watching = watch_lag(Arc::clone(worker), Arc::downgrade(&consumer));
        let watching = Watching(tokio::spawn(watching));
        // Lanes hold the consumer that holds them.
        let _ending = Ending(Arc::downgrade(&consumer));
        let mut last_said: Option<Instant> = None;
        loop {
            tokio::select! {
                biased;
                () = stopped(stop) => break,
                Some(partition) = roomy.recv() => self.resume(&consumer, &partition, worker),
                message = consumer.recv() => match message {
                    Ok(message) => {
                        let partition = (message.topic().to_owned(), message.partition());
                        let mut lanes = consumer.context().lanes();
                        let lane = lanes
                            .entry(partition)
                            .or_insert_with_key(|partition| {
                                Lane::start(crew.clone(), partition.clone(), message.offset())
                            });
                        if lane.push(message.detach()) && !lane.is_paused {
                            let partition = (message.topic().to_owned(), message.partition());
                            lane.is_paused = pause(&consumer, &partition);
                            if lane.is_paused {
                                worker.app().metrics().kafka_paused(&self.name);
                            }
                        }
                    }
                    Err(error) if is_fatal(&error) => return Err(error),
                    Err(error) => {
                        if last_said.is_none_or(|at| at.elapsed() > LOG_INTERVAL) {
                            let source = &*self.name;
                            tracing::warn!(source, %error, "{source} is not read at the moment: {error}");
                            last_said = Some(Instant::now());
                        }
                        tokio::time::sleep(Duration::from_millis(200)).await;
                    }
                },
            }
        }
        drop((watching, crew));
        self.finish(consumer).await;
        Ok(())
    }

    fn resume(&self, consumer: &StreamConsumer<Context>, partition: &Partition, worker: &Worker) {
        let mut lanes = consumer.context().lanes();
        let Some(lane) = lanes.get_mut(partition) else {
            return;
        };
        if lane.is_paused && lane.has_room() {
            lane.is_paused = !resume(consumer, partition);
            if !lane.is_paused {
                worker.app().metrics().kafka_resumed(&self.name);
            }
        }
    }

    /// Waits for lanes to come to their end, for a limited time, and commits what they did.
    async fn finish(&self, consumer: Arc<StreamConsumer<Context>>) {
        let is_idle = || consumer.context().lanes().values().all(Lane::is_idle);
        let idle = async {
            while !is_idle() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        if tokio::time::timeout(FINISH, idle).await.is_err() {
            let source = &*self.name;
            tracing::info!(
                source,
                "{source}: what is begun is done again by whoever reads on"
            );
        }
        consumer.context().lanes().clear();
        let committing = tokio::task::spawn_blocking(move || {
            match consumer.commit_consumer_state(CommitMode::Sync) {
                Ok(()) | Err(KafkaError::ConsumerCommit(RDKafkaErrorCode::NoOffset)) => {}
                Err(error) => tracing::warn!(%error, "the last offsets are not committed: {error}"),
            }
            // Leaves the group, so that others take over at once.
            drop(consumer);
        });
        let _ = committing.await;
    }
}

/// Ends a consumer's lanes, however it comes to its end.
struct Ending(Weak<StreamConsumer<Context>>);

impl Drop for Ending {
    fn drop(&mut self) {
        if let Some(consumer) = self.0.upgrade() {
            consumer.context().lanes().clear();
        }
    }
}

/// A task that ends with this.
struct Watching(tokio::task::JoinHandle<()>);

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Asks now and then how far each partition has come, paused ones too, and says how far behind we are.
async fn watch_lag(worker: Arc<Worker>, consumer: Weak<StreamConsumer<Context>>) {
    loop {
        tokio::time::sleep(LAG_INTERVAL).await;
        let assigned = consumer.upgrade().map(|consumer| consumer.assignment());
        let Some(Ok(assigned)) = assigned else {
            return;
        };
        for partition in assigned.to_topic_map().into_keys() {
            let (worker, consumer) = (Arc::clone(&worker), consumer.clone());
            // One question at a time, so that nothing goes on for long when the consumer is gone.
            let asking = tokio::task::spawn_blocking(move || {
                if let Some(consumer) = consumer.upgrade() {
                    say_lag(&worker, &consumer, &partition);
                }
            });
            let _ = asking.await;
        }
    }
}

fn say_lag(worker: &Worker, consumer: &StreamConsumer<Context>, partition: &Partition) {
    let watermarks = consumer.fetch_watermarks(&partition.0, partition.1, ANSWER);
    // Of a partition without a lane everything was done before it came here.
    let next = consumer
        .context()
        .lanes()
        .get(partition)
        .map(Lane::next_offset);
    if let Ok((_, high)) = watermarks {
        let lag = next.map_or(0, |next| high - next).max(0);
        let (topic, number) = (&partition.0, partition.1);
        worker
            .app()
            .metrics()
            .kafka_lag(worker.source(), topic, number, lag as f64);
    }
}

/// Whether this consumer cannot go on.
fn is_fatal(error: &KafkaError) -> bool {
    error.rdkafka_error_code() == Some(RDKafkaErrorCode::Fatal)
}

fn pause(consumer: &StreamConsumer<Context>, partition: &Partition) -> bool {
    let paused = consumer.pause(&list_of(partition));
    if let Err(error) = &paused {
        tracing::warn!(%error, "a partition is not paused: {error}");
    }
    paused.is_ok()
}

fn resume(consumer: &StreamConsumer<Context>, partition: &Partition) -> bool {
    let resumed = consumer.resume(&list_of(partition));
    if let Err(error) = &resumed {
        tracing::warn!(%error, "a partition is not resumed: {error}");
    }
    resumed.is_ok()
}

fn list_of((topic, partition): &Partition) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    list.add_partition(topic, *partition);
    list
}
