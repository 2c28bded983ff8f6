//! Librdkafka's own cluster, in this process, and what a test reads and writes on it.

use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::OwnedMessage;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer as _, ThreadedProducer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

pub(crate) const EVENTS: &str = "mediawiki.revision-create";
pub(crate) const SCORES: &str = "mediawiki.revision-score";
pub(crate) const DEAD: &str = "revscore.dead-letters";
pub(crate) const RETRY: &str = "revscore.retry";

/// Topics of some cluster.
pub(crate) struct Topics {
    pub(crate) brokers: String,
}

/// A cluster that lives as long as this.
pub(crate) struct Cluster {
    cluster: MockCluster<'static, DefaultProducerContext>,
    pub(crate) topics: Topics,
}

impl Cluster {
    pub(crate) fn start(n_partitions: i32) -> Self {
        let cluster = MockCluster::new(1).unwrap();
        for (topic, n) in topics(n_partitions) {
            cluster.create_topic(topic, n, 1).unwrap();
        }
        let brokers = cluster.bootstrap_servers();
        let topics = Topics { brokers };
        Self { cluster, topics }
    }

    /// Makes the one broker unreachable, or reachable again.
    pub(crate) fn set_down(&self, is_down: bool) {
        match is_down {
            true => self.cluster.broker_down(1).unwrap(),
            false => self.cluster.broker_up(1).unwrap(),
        }
    }
}

/// All topics of a test, with their partitions.
pub(crate) fn topics(n_partitions: i32) -> [(&'static str, i32); 4] {
    [(EVENTS, n_partitions), (SCORES, 4), (DEAD, 1), (RETRY, 1)]
}

impl Topics {
    /// Produces messages, each of one key.
    pub(crate) fn produce(&self, topic: &str, messages: impl Iterator<Item = (String, Vec<u8>)>) {
        self.producer().produce(topic, messages);
    }

    /// For who produces again and again.
    pub(crate) fn producer(&self) -> Producer {
        let mut config = ClientConfig::new();
        let config = config
            .set("bootstrap.servers", &self.brokers)
            .set("message.max.bytes", "4000000");
        Producer(config.create().unwrap())
    }

    /// Reads a topic on from where it was read to.
    pub(crate) fn reader(&self, topic: &str) -> Reader {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", &self.brokers)
            .set("group.id", "the test")
            .set("enable.auto.commit", "false")
            .create()
            .unwrap();
        let metadata = consumer
            .fetch_metadata(Some(topic), Duration::from_secs(10))
            .unwrap();
        let mut partitions = TopicPartitionList::new();
        for partition in metadata.topics()[0].partitions() {
            partitions
                .add_partition_offset(topic, partition.id(), Offset::Beginning)
                .unwrap();
        }
        consumer.assign(&partitions).unwrap();
        Reader { consumer }
    }
}

/// Puts messages into topics.
pub(crate) struct Producer(ThreadedProducer<DefaultProducerContext>);

impl Producer {
    pub(crate) fn produce(&self, topic: &str, messages: impl Iterator<Item = (String, Vec<u8>)>) {
        for (key, payload) in messages {
            let mut record = BaseRecord::to(topic).key(&key).payload(&payload);
            while let Err((_, back)) = self.0.send(record) {
                record = back;
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        self.0.flush(Duration::from_secs(30)).unwrap();
    }
}

pub(crate) struct Reader {
    consumer: BaseConsumer,
}

impl Reader {
    /// The next message, if one comes in time.
    pub(crate) fn next(&self, within: Duration) -> Option<OwnedMessage> {
        let until = Instant::now() + within;
        while Instant::now() < until {
            if let Some(Ok(message)) = self.consumer.poll(Duration::from_millis(100)) {
                return Some(message.detach());
            }
        }
        None
    }
}
