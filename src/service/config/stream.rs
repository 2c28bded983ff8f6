//! The tables `[source.NAME]` and `[sink.NAME]` of the configuration file: where events of edits come
//! from, and where scores go besides the answers of requests.
//!
//! Each kind of source and of sink has a struct of its own, so that a key of another kind is refused.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::wiki::ApiUrl;
use super::{ConfigError, is_wiki_name};

/// Where events come from.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(tag = "from", rename_all = "lowercase")]
pub enum SourceConfig {
    /// Topics of Kafka.
    Kafka(KafkaSourceConfig),
    /// A stream of server-sent events, as Wikimedia's EventStreams.
    EventStreams(EventStreamsConfig),
    /// The recent changes of a wiki, asked for again and again.
    RecentChanges(RecentChangesConfig),
}

/// Which events are of interest.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Selection {
    /// These wikis alone; all that the configuration names where it is empty.
    pub wikis: Vec<String>,
    /// Whether edits of bots are passed over.
    pub skip_bots: bool,
}

/// Topics of Kafka.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KafkaSourceConfig {
    /// Where to ask for brokers, with commas between.
    pub brokers: String,
    /// Topics of events, of either schema.
    pub topics: Vec<String>,
    /// The consumers' group; all replicas have the same.
    #[serde(default = "group")]
    pub group: String,
    /// Where events go that cannot be read; the group's name with `.dead-letters` when left out.
    pub dead_letter_topic: Option<String>,
    /// Where dead letters are read again; the group's name with `.retry` when left out.
    pub retry_topic: Option<String>,
    /// Where a group begins that has read nothing yet.
    #[serde(default)]
    pub start: Start,
    /// Further options of librdkafka, such as `security.protocol`.
    #[serde(default)]
    pub options: KafkaOptions,
    /// As in [`Selection`].
    #[serde(default)]
    pub wikis: Vec<String>,
    /// As in [`Selection`].
    #[serde(default)]
    pub skip_bots: bool,
}

/// Where a group begins that has read nothing yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Start {
    /// With the oldest event that there is.
    Earliest,
    /// With what comes from now on.
    #[default]
    Latest,
}

/// A stream of server-sent events.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventStreamsConfig {
    /// Its address.
    pub url: ApiUrl,
    /// How the service introduces itself; streams ask for a way to reach the operator.
    pub user_agent: Option<String>,
    /// As in [`Selection`].
    #[serde(default)]
    pub wikis: Vec<String>,
    /// As in [`Selection`].
    #[serde(default)]
    pub skip_bots: bool,
}

/// The recent changes of a wiki.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecentChangesConfig {
    /// The wiki, which has a table of its own.
    pub wiki: String,
    /// From one question to the next; the rest of a long answer is asked for at once.
    #[serde(default = "every_seconds")]
    pub every_seconds: u64,
    /// As in [`Selection`].
    #[serde(default)]
    pub skip_bots: bool,
}

/// Where scores go.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(tag = "to", rename_all = "lowercase")]
pub enum SinkConfig {
    /// A topic of Kafka.
    Kafka(KafkaSinkConfig),
    /// An address that gets each batch as a JSON list.
    Webhook(WebhookConfig),
    /// EventGate, Wikimedia's way into its streams.
    EventGate(EventGateConfig),
}

/// The schema of events with scores.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScoreSchema {
    /// `/mediawiki/revision/score/3.0.0`: one event with the scores of all models.
    #[default]
    RevisionScore,
    /// `/mediawiki/page/prediction_classification_change/1.1.0`: one event for each model.
    PredictionClassificationChange,
}

/// A topic of Kafka.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KafkaSinkConfig {
    /// Where to ask for brokers, with commas between.
    pub brokers: String,
    /// The topic.
    pub topic: String,
    /// The name of the stream in the events; the topic's when left out.
    pub stream: Option<String>,
    /// The schema of the events.
    #[serde(default)]
    pub schema: ScoreSchema,
    /// Further options of librdkafka.
    #[serde(default)]
    pub options: KafkaOptions,
}

/// An address that gets each batch as a JSON list.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// The address.
    pub url: ApiUrl,
    /// A file with a token, sent as `Authorization: Bearer`.
    pub token_file: Option<PathBuf>,
    /// The name of the stream in the events.
    #[serde(default = "stream")]
    pub stream: String,
    /// The schema of the events.
    #[serde(default)]
    pub schema: ScoreSchema,
    /// Time for one call.
    #[serde(default = "timeout_ms")]
    pub timeout_ms: u64,
}

/// EventGate.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventGateConfig {
    /// The address, such as `https://eventgate.example/v1/events`.
    pub url: ApiUrl,
    /// The name of the stream.
    #[serde(default = "stream")]
    pub stream: String,
    /// The schema of the events.
    #[serde(default)]
    pub schema: ScoreSchema,
    /// Time for one call.
    #[serde(default = "timeout_ms")]
    pub timeout_ms: u64,
}

/// Options of librdkafka by name. Their values may be secrets, and are never shown.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
pub struct KafkaOptions(pub BTreeMap<String, String>);

impl fmt::Debug for KafkaOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl KafkaSourceConfig {
    /// Where events go that cannot be read.
    pub fn dead_letter_topic(&self) -> String {
        let named = self.dead_letter_topic.clone();
        named.unwrap_or_else(|| format!("{}.dead-letters", self.group))
    }

    /// Where dead letters are read again.
    pub fn retry_topic(&self) -> String {
        let named = self.retry_topic.clone();
        named.unwrap_or_else(|| format!("{}.retry", self.group))
    }
}

impl SourceConfig {
    /// Which of its events are of interest.
    pub fn selection(&self) -> Selection {
        match self {
            Self::Kafka(KafkaSourceConfig {
                wikis, skip_bots, ..
            })
            | Self::EventStreams(EventStreamsConfig {
                wikis, skip_bots, ..
            }) => Selection {
                wikis: wikis.clone(),
                skip_bots: *skip_bots,
            },
            Self::RecentChanges(config) => Selection {
                wikis: vec![config.wiki.clone()],
                skip_bots: config.skip_bots,
            },
        }
    }
}

fn group() -> String {
    "revscore".to_owned()
}

fn every_seconds() -> u64 {
    5
}

fn stream() -> String {
    "mediawiki.revision-score".to_owned()
}

fn timeout_ms() -> u64 {
    10_000
}

/// Finds what cannot be.
pub(super) fn check_streams(
    sources: &BTreeMap<String, SourceConfig>,
    sinks: &BTreeMap<String, SinkConfig>,
    wikis: &[&str],
    path: &Path,
) -> Result<(), ConfigError> {
    let wrong = |table: String, expected, got: String| ConfigError::Stream {
        path: path.to_owned(),
        table,
        expected,
        got,
    };
    let named = sources.keys().map(|name| ("source", name));
    for (table, name) in named.chain(sinks.keys().map(|name| ("sink", name))) {
        if !is_wiki_name(name) {
            let expected = "a name of small letters, digits, - and _";
            return Err(wrong(
                format!("{table}.{name}"),
                expected,
                format!("{name:?}"),
            ));
        }
    }
    for (name, sink) in sinks {
        let stream = match sink {
            SinkConfig::Kafka(config) => config.stream.as_ref().unwrap_or(&config.topic),
            SinkConfig::Webhook(config) => &config.stream,
            SinkConfig::EventGate(config) => &config.stream,
        };
        if stream.is_empty() {
            let expected = "the name of a stream";
            return Err(wrong(format!("sink.{name}"), expected, "none".to_owned()));
        }
    }
    for (name, source) in sources {
        let wrong = |expected, got| wrong(format!("source.{name}"), expected, got);
        let selection = source.selection();
        if let Some(unknown) = selection
            .wikis
            .iter()
            .find(|wiki| !wikis.contains(&wiki.as_str()))
        {
            let expected = "wikis that have a table [wiki.NAME]";
            return Err(wrong(expected, format!("{unknown:?}")));
        }
        match source {
            SourceConfig::Kafka(config) if config.topics.is_empty() => {
                return Err(wrong("one topic or more", "none".to_owned()));
            }
            SourceConfig::RecentChanges(config) if !(1..=3_600).contains(&config.every_seconds) => {
                let expected = "every_seconds of 1 to 3600";
                return Err(wrong(expected, config.every_seconds.to_string()));
            }
            _ => {}
        }
        if wikis.is_empty() {
            return Err(wrong(
                "a table [wiki.NAME] to fetch texts from",
                "none".to_owned(),
            ));
        }
    }
    Ok(())
}
