//! What the service counts about itself, in Prometheus' text format.
//!
//! The recorder belongs to the app, not to the process, so that two apps (or two tests) do not
//! add up. Labels take few values: routes are patterns, never paths, and nothing is labelled by
//! what a client sent.

use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use super::histories::Histories;
use super::models::{Models, Served};

const METADATA: Metadata<'static> = Metadata::new("revscore", Level::INFO, None);

/// Upper bounds of the latency buckets, in seconds: an edit takes about a millisecond, a large
/// one tens of them, and a request gets ten seconds by default.
const BUCKETS: [f64; 15] = [
    0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
    10.0,
];

const REQUESTS: &str = "revscore_requests_total";
const REQUEST_SECONDS: &str = "revscore_request_seconds";
const STAGE_SECONDS: &str = "revscore_stage_seconds";
const SCORES: &str = "revscore_scores_total";
const EDIT_ERRORS: &str = "revscore_edit_errors_total";
const REJECTED: &str = "revscore_rejected_total";
const MODELS_LOADED: &str = "revscore_models_loaded";
const MODELS_REFUSED: &str = "revscore_models_refused";
const MODEL_INFO: &str = "revscore_model_info";
const HISTORIES_LOADED: &str = "revscore_histories_loaded";
const HISTORIES_REFUSED: &str = "revscore_histories_refused";
const EDITS_OBSERVED: &str = "revscore_edits_observed_total";
const HISTORY_AGE: &str = "revscore_history_age_seconds";
const HISTORY_SAVE_ERRORS: &str = "revscore_history_save_errors_total";
const COARSE_DIFFS: &str = "revscore_coarse_diffs_total";
const WAITING_EDITS: &str = "revscore_waiting_edits";
const CONNECTIONS: &str = "revscore_connections";

/// Stages of a scoring request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stage {
    /// Receiving the body.
    Read,
    /// From bytes to edits; once for the request's frame and once an edit.
    Parse,
    /// An edit's wait for a thread.
    Queue,
    /// Features, models and explanation of one edit.
    Score,
}

/// Counters, gauges and histograms of one app.
pub(crate) struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
}

impl Metrics {
    pub(crate) fn new(models: &Models, histories: &Histories) -> Self {
        // Refused only when the list of buckets is empty.
        let builder = PrometheusBuilder::new()
            .set_buckets(&BUCKETS)
            .expect("there are buckets");
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        let metrics = Self { recorder, handle };
        metrics.describe();
        let loaded: Vec<_> = models.iter().collect();
        metrics
            .gauge(MODELS_LOADED, vec![])
            .set(loaded.len() as f64);
        metrics
            .gauge(MODELS_REFUSED, vec![])
            .set(models.refused().len() as f64);
        for served in loaded {
            let labels = vec![
                model_label(served),
                Label::new("version", served.version.clone()),
            ];
            metrics.gauge(MODEL_INFO, labels).set(1.0);
        }
        metrics
            .gauge(HISTORIES_LOADED, vec![])
            .set(histories.iter().count() as f64);
        metrics
            .gauge(HISTORIES_REFUSED, vec![])
            .set(histories.refused().len() as f64);
        for history in histories.iter() {
            metrics.edits_observed(history.wiki(), 0);
            metrics
                .counter(HISTORY_SAVE_ERRORS, vec![wiki_label(history.wiki())])
                .increment(0);
        }
        metrics.counter(COARSE_DIFFS, vec![]).increment(0);
        for reason in ["queue_full", "too_many_requests"] {
            metrics.rejected(reason, 0);
        }
        metrics
    }

    /// A request was answered.
    pub(crate) fn request(&self, route: &str, status: u16, elapsed: Duration) {
        let route = Label::new("route", route.to_owned());
        let status = Label::new("status", status.to_string());
        self.counter(REQUESTS, vec![route.clone(), status])
            .increment(1);
        self.histogram(REQUEST_SECONDS, vec![route]).record(elapsed);
    }

    /// A stage of a scoring request took so long.
    pub(crate) fn stage(&self, stage: Stage, elapsed: Duration) {
        let name = match stage {
            Stage::Read => "read",
            Stage::Parse => "parse",
            Stage::Queue => "queue",
            Stage::Score => "score",
        };
        self.histogram(STAGE_SECONDS, vec![Label::from_static_parts("stage", name)])
            .record(elapsed);
    }

    /// A model gave an edit this probability.
    pub(crate) fn score(&self, served: &Served, probability: f64) {
        // Ten buckets, each named by its lower end; a probability of 1 is in the last.
        let bucket = (probability * 10.0).clamp(0.0, 9.0).floor() / 10.0;
        let labels = vec![
            model_label(served),
            Label::new("bucket", format!("{bucket:.1}")),
        ];
        self.counter(SCORES, labels).increment(1);
    }

    /// An edit got an error instead of scores.
    pub(crate) fn edit_error(&self, code: &'static str) {
        self.counter(EDIT_ERRORS, vec![Label::from_static_parts("code", code)])
            .increment(1);
    }

    /// An edit was too large to be diffed token by token.
    pub(crate) fn coarse_diff(&self) {
        self.counter(COARSE_DIFFS, vec![]).increment(1);
    }

    /// Requests were turned away.
    pub(crate) fn rejected(&self, reason: &'static str, n: u64) {
        self.counter(REJECTED, vec![Label::from_static_parts("reason", reason)])
            .increment(n);
    }

    /// A wiki's history was told of so many edits.
    pub(crate) fn edits_observed(&self, wiki: &str, n: u64) {
        self.counter(EDITS_OBSERVED, vec![wiki_label(wiki)])
            .increment(n);
    }

    /// So long ago was the latest edit saved that a wiki's history was told of.
    pub(crate) fn history_age(&self, wiki: &str, age: Duration) {
        self.gauge(HISTORY_AGE, vec![wiki_label(wiki)])
            .set(age.as_secs_f64());
    }

    /// A wiki's history could not be written.
    pub(crate) fn history_not_saved(&self, wiki: &str) {
        self.counter(HISTORY_SAVE_ERRORS, vec![wiki_label(wiki)])
            .increment(1);
    }

    /// The number of open connections.
    pub(crate) fn connections(&self, n: usize) {
        self.gauge(CONNECTIONS, vec![]).set(n as f64);
    }

    /// Everything, for Prometheus.
    pub(crate) fn render(&self, n_waiting: usize) -> String {
        self.gauge(WAITING_EDITS, vec![]).set(n_waiting as f64);
        self.handle.render()
    }

    /// Sorts recorded times into their buckets. They pile up in memory until this is called.
    pub(crate) fn upkeep(&self) {
        self.handle.run_upkeep();
    }

    fn describe(&self) {
        for (name, what) in [
            (REQUESTS, "requests by route and status"),
            (
                SCORES,
                "scores by model and lower end of the probability's bucket",
            ),
            (
                EDIT_ERRORS,
                "edits that got an error instead of scores, by its code",
            ),
            (
                COARSE_DIFFS,
                "edits too large to be diffed token by token, so that lines or all of it count as changed",
            ),
            (REJECTED, "requests that were answered 503, by reason"),
            (
                EDITS_OBSERVED,
                "saved edits that the service was told of and counted, by wiki",
            ),
            (
                HISTORY_SAVE_ERRORS,
                "failed attempts to write a wiki's history",
            ),
        ] {
            self.recorder
                .describe_counter(name.into(), None, what.into());
        }
        for (name, what) in [
            (
                REQUEST_SECONDS,
                "time from a request's header to its answer, by route",
            ),
            (
                STAGE_SECONDS,
                "time of the stages of scoring; parse, queue and score are taken for each edit",
            ),
        ] {
            self.recorder
                .describe_histogram(name.into(), None, what.into());
        }
        for (name, what) in [
            (MODELS_LOADED, "models that are served"),
            (MODELS_REFUSED, "model files that were refused at start"),
            (
                MODEL_INFO,
                "1 for each model that is served, with its version",
            ),
            (HISTORIES_LOADED, "wikis whose history is known"),
            (
                HISTORIES_REFUSED,
                "history files that were refused at start",
            ),
            (
                HISTORY_AGE,
                "time since the latest edit that a wiki's history was told of",
            ),
            (WAITING_EDITS, "edits that wait for a thread"),
            (CONNECTIONS, "open connections"),
        ] {
            self.recorder.describe_gauge(name.into(), None, what.into());
        }
    }

    fn counter(&self, name: &'static str, labels: Vec<Label>) -> Counter {
        self.recorder
            .register_counter(&Key::from_parts(name, labels), &METADATA)
    }

    fn gauge(&self, name: &'static str, labels: Vec<Label>) -> Gauge {
        self.recorder
            .register_gauge(&Key::from_parts(name, labels), &METADATA)
    }

    fn histogram(&self, name: &'static str, labels: Vec<Label>) -> Histogram {
        self.recorder
            .register_histogram(&Key::from_parts(name, labels), &METADATA)
    }
}

/// Wikis with a history are as many as there are files, whatever clients send.
fn wiki_label(wiki: &str) -> Label {
    Label::new("wiki", wiki.to_owned())
}

fn model_label(served: &Served) -> Label {
    Label::new("model", served.name.clone())
}
