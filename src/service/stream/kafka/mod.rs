//! Kafka, by librdkafka: topics as a source of events and a sink of scores, and the topics in which messages
//! wait that could not be worked on.
//!
//! In the data's order: `source` keeps a consumer and gives each partition to a `lane`, which works on it in
//! order; `sink` produces scores; `dead_letters` takes what can never be worked on, and lists and replays it.
//! What librdkafka says of itself goes into the log and the metrics by `context`.

mod context;
mod lane;
mod source;

mod sink;

mod dead_letters;

use rdkafka::ClientConfig;

pub(super) use dead_letters::{list, replay};
pub(super) use sink::KafkaSink;
pub(super) use source::KafkaSource;

use crate::service::config::KafkaOptions;

/// What every client has: the brokers, a name, and at the end whatever the operator says.
fn client(brokers: &str, defaults: &[(&str, &str)], options: &KafkaOptions) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers);
    config.set("client.id", "revscore");
    for (name, value) in defaults {
        config.set(*name, *value);
    }
    for (name, value) in &options.0 {
        config.set(name, value);
    }
    config
}

/// What every producer of ours has: nothing is lost or doubled by its retries, and a page's messages stay in
/// order.
const PRODUCER: [(&str, &str); 5] = [
    ("enable.idempotence", "true"),
    ("compression.type", "lz4"),
    // What comes has to go on; the brokers have a limit of their own.
    ("message.max.bytes", "4000000"),
    ("linger.ms", "5"),
    // After that the message counts as not delivered, and is produced again.
    ("message.timeout.ms", "30000"),
];
