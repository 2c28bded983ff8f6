//! What streams say of themselves, among the service's other metrics.

use metrics::{Gauge, Label};

use crate::service::metrics::Metrics;

const EVENTS: &str = "revscore_stream_events_total";
const AGE: &str = "revscore_stream_age_seconds";
const WAITING: &str = "revscore_stream_waiting";
const RECONNECTS: &str = "revscore_stream_reconnects_total";
const TOO_LARGE: &str = "revscore_stream_too_large_total";
const RETRIES: &str = "revscore_stream_retries_total";
#[cfg(feature = "kafka")]
const LAG: &str = "revscore_kafka_lag";
#[cfg(feature = "kafka")]
const PAUSED: &str = "revscore_kafka_paused";
#[cfg(feature = "kafka")]
const PAUSES: &str = "revscore_kafka_pauses_total";
#[cfg(feature = "kafka")]
const REBALANCES: &str = "revscore_kafka_rebalances_total";
#[cfg(feature = "kafka")]
const DEAD_LETTERS: &str = "revscore_kafka_dead_letters_total";
const SINK_EVENTS: &str = "revscore_sink_events_total";

/// Names and meanings, for whoever describes all metrics.
pub(in crate::service) const COUNTERS: &[(&str, &str)] = &[
    (EVENTS, "events of a source, by what became of them"),
    (
        RETRIES,
        "pauses of a source before something was tried again, by what it waited for",
    ),
    (
        RECONNECTS,
        "times that a source was connected to again, of server-sent events",
    ),
    (
        TOO_LARGE,
        "messages of a source that were passed over because of their size",
    ),
    (SINK_EVENTS, "events of scores, by sink and outcome"),
    #[cfg(feature = "kafka")]
    (
        PAUSES,
        "times that a partition was paused because too much of it waited",
    ),
    #[cfg(feature = "kafka")]
    (REBALANCES, "times that partitions were assigned or revoked"),
    #[cfg(feature = "kafka")]
    (DEAD_LETTERS, "messages that went to the dead letters"),
];

/// The same of gauges.
pub(in crate::service) const GAUGES: &[(&str, &str)] = &[
    (
        AGE,
        "seconds from the time of the last event that was done with to then",
    ),
    (
        WAITING,
        "lanes of a source that stand still, by what they wait for",
    ),
    #[cfg(feature = "kafka")]
    (
        LAG,
        "messages of a partition that are not committed, of partitions that this process has",
    ),
    #[cfg(feature = "kafka")]
    (PAUSED, "partitions that are paused"),
];

/// What became of an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::service) enum Outcome {
    /// Its edit was scored.
    Scored,
    /// Its edit cannot be scored, which was said.
    Failed,
    /// Its edit had been scored before.
    Known,
    /// Something else than an edit, which was taken in.
    Changed,
    /// It is of no interest.
    Skipped,
    /// It can never be worked on.
    Dead,
}

impl Outcome {
    const ALL: [Self; 6] = [
        Self::Scored,
        Self::Failed,
        Self::Known,
        Self::Changed,
        Self::Skipped,
        Self::Dead,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Scored => "scored",
            Self::Failed => "failed",
            Self::Known => "known",
            Self::Changed => "changed",
            Self::Skipped => "skipped",
            Self::Dead => "dead",
        }
    }
}

impl Metrics {
    /// A source is read from now on.
    pub(in crate::service) fn stream_begins(&self, source: &str) {
        for outcome in Outcome::ALL {
            self.stream_events(source, outcome, 0);
        }
    }

    /// So many events came to this end.
    pub(in crate::service) fn stream_events(&self, source: &str, outcome: Outcome, n: u64) {
        let labels = vec![
            source_label(source),
            Label::from_static_parts("outcome", outcome.name()),
        ];
        self.counter(EVENTS, labels).increment(n);
    }

    /// Something is tried again, after a pause.
    pub(super) fn stream_retry(&self, source: &str, what: &str) {
        let labels = vec![source_label(source), Label::new("for", what.to_owned())];
        self.counter(RETRIES, labels).increment(1);
    }

    /// The last event that was done with happened so long ago.
    pub(in crate::service) fn stream_age(&self, source: &str, seconds: i64) {
        self.gauge(AGE, vec![source_label(source)])
            .set(seconds as f64);
    }

    /// What a source that is pulled counts itself.
    pub(in crate::service) fn stream_pulled(
        &self,
        source: &str,
        n_reconnects: u64,
        n_too_large: u64,
    ) {
        for (name, n) in [(RECONNECTS, n_reconnects), (TOO_LARGE, n_too_large)] {
            let counter = self.counter(name, vec![source_label(source)]);
            counter.absolute(n);
        }
    }

    /// A sink took and refused so many.
    pub(in crate::service) fn sink_events(&self, sink: &str, n_delivered: u64, n_refused: u64) {
        for (outcome, n) in [("delivered", n_delivered), ("refused", n_refused)] {
            let labels = vec![
                Label::new("sink", sink.to_owned()),
                Label::from_static_parts("outcome", outcome),
            ];
            self.counter(SINK_EVENTS, labels).increment(n);
        }
    }
}

#[cfg(feature = "kafka")]
impl Metrics {
    /// A partition has so many messages that are not committed.
    pub(super) fn kafka_lag(&self, source: &str, topic: &str, partition: i32, lag: f64) {
        let labels = vec![
            source_label(source),
            Label::new("topic", topic.to_owned()),
            Label::new("partition", partition.to_string()),
        ];
        self.gauge(LAG, labels).set(lag);
    }

    /// A partition is paused.
    pub(super) fn kafka_paused(&self, source: &str) {
        self.counter(PAUSES, vec![source_label(source)])
            .increment(1);
        self.gauge(PAUSED, vec![source_label(source)])
            .increment(1.0);
    }

    /// A partition that was paused is read again, or gone.
    pub(super) fn kafka_resumed(&self, source: &str) {
        self.gauge(PAUSED, vec![source_label(source)])
            .decrement(1.0);
    }

    /// Partitions came or went.
    pub(super) fn kafka_rebalanced(&self, source: &str, what: &'static str) {
        let labels = vec![source_label(source), Label::from_static_parts("what", what)];
        self.counter(REBALANCES, labels).increment(1);
    }

    /// A message is among the dead letters.
    pub(super) fn kafka_dead_letter(&self, source: &str, n: u64) {
        self.counter(DEAD_LETTERS, vec![source_label(source)])
            .increment(n);
    }
}

pub(super) fn source_label(source: &str) -> Label {
    Label::new("source", source.to_owned())
}

/// A lane that stands still, from the first pause until what it waited for is there.
pub(super) struct Waiting(Gauge);

impl Waiting {
    pub(super) fn new(metrics: &Metrics, source: &str, what: &str) -> Self {
        let labels = vec![source_label(source), Label::new("for", what.to_owned())];
        let gauge = metrics.gauge(WAITING, labels);
        gauge.increment(1.0);
        Self(gauge)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}
