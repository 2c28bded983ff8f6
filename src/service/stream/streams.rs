//! The sources and sinks of a configuration, and the tasks that read and write them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::event_gate::EventGate;
use super::event_streams::EventStream;
use super::pulled::{self, Pulled};
use super::recent_changes::RecentChanges;
use super::sink::Sink;
use super::webhook::Webhook;
use super::worker::Worker;
use crate::service::App;
use crate::service::config::{Config, RecentChangesConfig, Selection, SinkConfig, SourceConfig};

#[cfg(feature = "kafka")]
use super::kafka::{KafkaSink, KafkaSource};

/// Ready when the streams are told to stop.
pub(super) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // Whoever tells them lives as long as they.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Where events come from, and where scores go.
#[derive(Default)]
pub struct Streams {
    sources: BTreeMap<String, (Selection, Source)>,
    sinks: Arc<[Arc<dyn Sink>]>,
}

enum Source {
    #[cfg(feature = "kafka")]
    Kafka(Arc<KafkaSource>),
    /// Until it is read.
    EventStreams(Mutex<Option<Box<EventStream>>>),
    RecentChanges(RecentChangesConfig),
}

/// Whether the ledger keeps where it is.
fn has_position(source: &Source) -> bool {
    match source {
        #[cfg(feature = "kafka")]
        Source::Kafka(_) => false,
        Source::EventStreams(_) | Source::RecentChanges(_) => true,
    }
}

/// Why streams are not read or written.
#[derive(Debug, thiserror::Error)]
pub enum StreamsError {
    /// A client that does not take its options.
    #[error("[{table}] cannot be used: {cause}")]
    Unusable {
        /// The table of the configuration.
        table: String,
        /// Why.
        cause: String,
    },
    /// A binary without the feature.
    #[cfg(not(feature = "kafka"))]
    #[error(
        "[{table}] needs Kafka, which this binary was built without: build it with --features kafka"
    )]
    NoKafka {
        /// The table of the configuration.
        table: String,
    },
    /// Nobody keeps where a source is.
    #[error(
        "[source.{source_name}] needs a ledger, which keeps where it is: name a file with --ledger"
    )]
    NoLedger {
        /// The source.
        source_name: String,
    },
}

impl Streams {
    /// Gets ready to read and write what a configuration names; connects to nobody yet.
    ///
    /// # Errors
    /// When something cannot be used as it is configured.
    pub fn configured(config: &Config) -> Result<Self, StreamsError> {
        let mut sinks: Vec<Arc<dyn Sink>> = Vec::new();
        for (name, sink) in &config.sinks {
            sinks.push(open_sink(name, sink)?);
        }
        let mut sources = BTreeMap::new();
        for (name, source) in &config.sources {
            let selection = source.selection();
            let opened = open_source(name, source)?;
            if has_position(&opened) && config.ledger.is_none() {
                return Err(StreamsError::NoLedger {
                    source_name: name.clone(),
                });
            }
            sources.insert(name.clone(), (selection, opened));
        }
        Ok(Self {
            sources,
            sinks: sinks.into(),
        })
    }

    /// Reads all sources until they are told to stop.
    pub(crate) fn start(&self, app: &App, stop: &watch::Receiver<bool>) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        for (name, (selection, source)) in &self.sources {
            app.metrics().stream_begins(name);
            let sinks = Arc::clone(&self.sinks);
            let worker = Arc::new(Worker::new(app.clone(), name, selection.clone(), sinks));
            let (app, stop) = (app.clone(), stop.clone());
            let pulled: Option<Box<dyn Pulled>> = match source {
                #[cfg(feature = "kafka")]
                Source::Kafka(source) => {
                    let source = Arc::clone(source);
                    tasks.spawn(async move {
                        app.caught_up().await;
                        source.run(worker, stop).await;
                    });
                    continue;
                }
                Source::EventStreams(place) => {
                    let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
                    place.take().map(|source| source as _)
                }
                Source::RecentChanges(config) => app.wikis().find(&config.wiki).map(|wiki| {
                    Box::new(RecentChanges::new(&app, wiki, config.every_seconds)) as _
                }),
            };
            // Neither is missing: the configuration was looked over.
            if let (Some(source), Some(ledger)) = (pulled, app.ledger().cloned()) {
                tasks.spawn(async move {
                    app.caught_up().await;
                    pulled::run(source, worker, ledger, stop).await;
                });
            }
        }
        tasks
    }
}

fn unusable(kind: &str, name: &str, cause: &impl ToString) -> StreamsError {
    StreamsError::Unusable {
        table: format!("{kind}.{name}"),
        cause: cause.to_string(),
    }
}

fn open_sink(name: &str, config: &SinkConfig) -> Result<Arc<dyn Sink>, StreamsError> {
    match config {
        #[cfg(feature = "kafka")]
        SinkConfig::Kafka(config) => {
            let sink = KafkaSink::new(name, config);
            Ok(Arc::new(
                sink.map_err(|error| unusable("sink", name, &error))?,
            ))
        }
        #[cfg(not(feature = "kafka"))]
        SinkConfig::Kafka(_) => Err(StreamsError::NoKafka {
            table: format!("sink.{name}"),
        }),
        SinkConfig::Webhook(config) => {
            let sink = Webhook::new(name, config);
            Ok(Arc::new(
                sink.map_err(|error| unusable("sink", name, &error))?,
            ))
        }
        SinkConfig::EventGate(config) => {
            let sink = EventGate::new(name, config);
            Ok(Arc::new(
                sink.map_err(|error| unusable("sink", name, &error))?,
            ))
        }
    }
}

fn open_source(name: &str, config: &SourceConfig) -> Result<Source, StreamsError> {
    match config {
        #[cfg(feature = "kafka")]
        SourceConfig::Kafka(config) => {
            let source = KafkaSource::new(name, config);
            let source = source.map_err(|error| unusable("source", name, &error))?;
            Ok(Source::Kafka(Arc::new(source)))
        }
        #[cfg(not(feature = "kafka"))]
        SourceConfig::Kafka(_) => Err(StreamsError::NoKafka {
            table: format!("source.{name}"),
        }),
        SourceConfig::EventStreams(config) => {
            let source = EventStream::new(config);
            let source = source.map_err(|error| unusable("source", name, &error))?;
            Ok(Source::EventStreams(Mutex::new(Some(Box::new(source)))))
        }
        SourceConfig::RecentChanges(config) => Ok(Source::RecentChanges(config.clone())),
    }
}
