//! What the service counts about itself, in Prometheus' text format.
//!
//! The recorder belongs to the app, not to the process, so that two apps (or two tests) do not
//! add up. Labels take few values: routes are patterns, never paths, and nothing is labelled by
//! what a client sent.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::{
    Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};

use super::caches::Caches;
use super::dialect::Dialect;
use super::histories::Histories;
use super::ledger::LedgerState;
use super::models::{Models, Served};
use super::scoring::Side;
use super::stream;
use super::wiki::Wikis;

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
const HISTORY_PLACE: &str = "revscore_history_place";
const HISTORY_SAVE_ERRORS: &str = "revscore_history_save_errors_total";
const COARSE_DIFFS: &str = "revscore_coarse_diffs_total";
const WAITING_EDITS: &str = "revscore_waiting_edits";
const CONNECTIONS: &str = "revscore_connections";
const UPSTREAM_REQUESTS: &str = "revscore_upstream_requests_total";
const UPSTREAM_SECONDS: &str = "revscore_upstream_seconds";
const UPSTREAM_IN_FLIGHT: &str = "revscore_upstream_in_flight";
const CACHE_LOOKUPS: &str = "revscore_cache_lookups_total";
const CACHE_BYTES: &str = "revscore_cache_bytes";
const JOINED: &str = "revscore_joined_total";
const RELOADS: &str = "revscore_reloads_total";
const RELOAD_TIMESTAMP: &str = "revscore_reload_timestamp_seconds";
const SHADOW_SCORES: &str = "revscore_shadow_scores_total";
const SHADOW_DIFFERENCE: &str = "revscore_shadow_difference";
const SHADOW_SKIPPED: &str = "revscore_shadow_skipped_total";
const LEDGER_WRITTEN: &str = "revscore_ledger_written_total";
const LEDGER_BATCHES: &str = "revscore_ledger_batches_total";
const LEDGER_FAILURES: &str = "revscore_ledger_failures_total";
const LEDGER_DROPPED: &str = "revscore_ledger_dropped_total";
const LEDGER_WAITING: &str = "revscore_ledger_waiting";
const LEDGER_WRITABLE: &str = "revscore_ledger_writable";
const LEDGER_BYTES: &str = "revscore_ledger_bytes";
const DRIFT_INDEX: &str = "revscore_drift_index";
const DRIFTED_FEATURES: &str = "revscore_drifted_features";

/// Upper bounds of the buckets for differences of probabilities.
const DIFFERENCES: [f64; 8] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5];

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
    pub(crate) fn new(histories: &Histories, wikis: &Wikis) -> Self {
        // Refused only when the list of buckets is empty.
        let builder = PrometheusBuilder::new()
            .set_buckets(&BUCKETS)
            .expect("there are buckets")
            .set_buckets_for_metric(Matcher::Full(SHADOW_DIFFERENCE.to_owned()), &DIFFERENCES)
            .expect("there are buckets");
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        let metrics = Self { recorder, handle };
        metrics.describe();
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
        for reason in ["queue_full", "too_many_requests", "client_limit"] {
            metrics.rejected(reason, 0);
        }
        for wiki in wikis.iter() {
            metrics.upstream_outcome(&wiki.name, "ok", 0);
        }
        metrics.edit_lookups(0, 0, 0);
        metrics.score_lookups(0, 0);
        for outcome in ["taken", "refused"] {
            metrics.reload_outcome(outcome, 0);
        }
        metrics.counter(SHADOW_SKIPPED, vec![]).increment(0);
        metrics
    }

    /// These models are served from now on.
    pub(crate) fn models(&self, models: &Models) {
        let n_loaded = models.iter().count();
        self.gauge(MODELS_LOADED, vec![]).set(n_loaded as f64);
        let n_refused = models.refused().len();
        self.gauge(MODELS_REFUSED, vec![]).set(n_refused as f64);
        for served in models.iter() {
            self.gauge(MODEL_INFO, info_labels(served)).set(1.0);
        }
    }

    /// How far the last days' edits are from those that a model learned from.
    pub(crate) fn drift(&self, wiki: &str, model: &str, index: f64, n_drifted: usize) {
        let labels = || vec![wiki_label(wiki), Label::new("model", model.to_owned())];
        self.gauge(DRIFT_INDEX, labels()).set(index);
        self.gauge(DRIFTED_FEATURES, labels()).set(n_drifted as f64);
    }

    /// Other models are served from now on. A version that was served says 0.
    pub(crate) fn models_changed(&self, old: &Models, new: &Models) {
        for served in old.iter() {
            self.gauge(MODEL_INFO, info_labels(served)).set(0.0);
        }
        self.models(new);
    }

    /// The models were opened anew, or not.
    pub(crate) fn reloaded(&self, is_taken: bool) {
        self.reload_outcome(if is_taken { "taken" } else { "refused" }, 1);
        if is_taken {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            self.gauge(RELOAD_TIMESTAMP, vec![])
                .set(now.unwrap_or_default().as_secs_f64());
        }
    }

    fn reload_outcome(&self, outcome: &'static str, n: u64) {
        let label = Label::from_static_parts("outcome", outcome);
        self.counter(RELOADS, vec![label]).increment(n);
    }

    /// A request was answered.
    pub(crate) fn request(&self, dialect: Dialect, route: &str, status: u16, elapsed: Duration) {
        let dialect = Label::from_static_parts("dialect", dialect.name);
        let route = Label::new("route", route.to_owned());
        let status = Label::new("status", status.to_string());
        self.counter(REQUESTS, vec![dialect.clone(), route.clone(), status])
            .increment(1);
        self.histogram(REQUEST_SECONDS, vec![dialect, route])
            .record(elapsed);
    }

    /// A wiki's API was called.
    pub(crate) fn upstream(&self, wiki: &str, outcome: &'static str, elapsed: Duration) {
        self.upstream_outcome(wiki, outcome, 1);
        self.histogram(UPSTREAM_SECONDS, vec![wiki_label(wiki)])
            .record(elapsed);
    }

    /// A wiki's API was not called, for what reason.
    pub(crate) fn upstream_refused(&self, wiki: &str, outcome: &'static str) {
        self.upstream_outcome(wiki, outcome, 1);
    }

    fn upstream_outcome(&self, wiki: &str, outcome: &'static str, n: u64) {
        let labels = vec![
            wiki_label(wiki),
            Label::from_static_parts("outcome", outcome),
        ];
        self.counter(UPSTREAM_REQUESTS, labels).increment(n);
    }

    /// A call to a wiki's API is open as long as what is given back lives.
    pub(crate) fn upstream_open(&self, wiki: &str) -> Open {
        let gauge = self.gauge(UPSTREAM_IN_FLIGHT, vec![wiki_label(wiki)]);
        gauge.increment(1.0);
        Open(gauge)
    }

    /// So many revisions were at hand, had to be fetched, and were being fetched already.
    pub(crate) fn edit_lookups(&self, n_hits: u64, n_misses: u64, n_joined: u64) {
        self.lookups("edits", n_hits, n_misses);
        self.counter(JOINED, vec![]).increment(n_joined);
    }

    /// So many revisions had been scored, and had not.
    pub(crate) fn score_lookups(&self, n_hits: u64, n_misses: u64) {
        self.lookups("scores", n_hits, n_misses);
    }

    fn lookups(&self, cache: &'static str, n_hits: u64, n_misses: u64) {
        for (outcome, n) in [("hit", n_hits), ("miss", n_misses)] {
            let labels = vec![
                Label::from_static_parts("cache", cache),
                Label::from_static_parts("outcome", outcome),
            ];
            self.counter(CACHE_LOOKUPS, labels).increment(n);
        }
    }

    /// A model in the shadow was compared with the served one.
    pub(crate) fn compared(&self, served: &Served, side: Side, difference: f64) {
        let labels = vec![
            model_label(served),
            Label::from_static_parts("side", side.name()),
        ];
        self.counter(SHADOW_SCORES, labels).increment(1);
        self.histogram(SHADOW_DIFFERENCE, vec![model_label(served)])
            .record(difference);
    }

    /// There was no time to compare.
    pub(crate) fn shadow_skipped(&self) {
        self.counter(SHADOW_SKIPPED, vec![]).increment(1);
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

    /// How far a wiki's history has followed the log that services share.
    pub(crate) fn history_place(&self, wiki: &str, place: f64) {
        self.gauge(HISTORY_PLACE, vec![wiki_label(wiki)]).set(place);
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
    pub(crate) fn render(
        &self,
        n_waiting: usize,
        caches: &Caches,
        ledger: Option<LedgerState>,
    ) -> String {
        self.gauge(WAITING_EDITS, vec![]).set(n_waiting as f64);
        if let Some(state) = ledger {
            self.ledger(&state);
        }
        for (cache, bytes) in caches.bytes() {
            let label = Label::from_static_parts("cache", cache);
            self.gauge(CACHE_BYTES, vec![label]).set(bytes as f64);
        }
        self.handle.render()
    }

    fn ledger(&self, state: &LedgerState) {
        for (name, n) in [
            (LEDGER_WRITTEN, state.n_written),
            (LEDGER_BATCHES, state.n_batches),
            (LEDGER_FAILURES, state.n_failures),
            (LEDGER_DROPPED, state.n_dropped),
        ] {
            self.counter(name, vec![]).absolute(n);
        }
        for (name, value) in [
            (LEDGER_WAITING, state.n_waiting as f64),
            (LEDGER_WRITABLE, f64::from(u8::from(state.is_written))),
            (LEDGER_BYTES, state.size_bytes as f64),
        ] {
            self.gauge(name, vec![]).set(value);
        }
    }

    /// Sorts recorded times into their buckets. They pile up in memory until this is called.
    pub(crate) fn upkeep(&self) {
        self.handle.run_upkeep();
    }

    fn describe(&self) {
        for (name, what) in [
            (REQUESTS, "requests by dialect, route and status"),
            (
                UPSTREAM_REQUESTS,
                "calls to a wiki's API, by what came of them",
            ),
            (
                CACHE_LOOKUPS,
                "revisions that were looked for among those fetched and those scored lately",
            ),
            (
                JOINED,
                "revisions that somebody else had asked for a moment before",
            ),
            (RELOADS, "times that the models were to be opened anew"),
            (
                SHADOW_SCORES,
                "edits scored in the shadow too, by which model flags them",
            ),
            (
                SHADOW_SKIPPED,
                "edits that there was no time to score in the shadow",
            ),
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
            (
                REJECTED,
                "requests that were answered 503, or 429 for the limit of one client, by reason",
            ),
            (
                EDITS_OBSERVED,
                "saved edits that the service was told of and counted, by wiki",
            ),
            (
                HISTORY_SAVE_ERRORS,
                "failed attempts to write a wiki's history",
            ),
            (
                LEDGER_WRITTEN,
                "scores, edits, outcomes and judgements that were written to the ledger",
            ),
            (
                LEDGER_BATCHES,
                "transactions in which the ledger was written",
            ),
            (LEDGER_FAILURES, "attempts to write the ledger that failed"),
            (
                LEDGER_DROPPED,
                "scores that are missing in the ledger because there was no place for them",
            ),
        ]
        .into_iter()
        .chain(stream::COUNTERS.iter().copied())
        {
            self.recorder
                .describe_counter(name.into(), None, what.into());
        }
        for (name, what) in [
            (
                REQUEST_SECONDS,
                "time from a request's header to its answer, by dialect and route",
            ),
            (
                STAGE_SECONDS,
                "time of the stages of scoring; parse, queue and score are taken for each edit",
            ),
            (UPSTREAM_SECONDS, "time of a call to a wiki's API"),
            (
                SHADOW_DIFFERENCE,
                "difference between the probabilities of the model in the shadow and the served one",
            ),
        ] {
            self.recorder
                .describe_histogram(name.into(), None, what.into());
        }
        for (name, what) in [
            (LEDGER_WAITING, "what waits to be written to the ledger"),
            (
                LEDGER_WRITABLE,
                "1, or 0 when the last attempt to write the ledger failed",
            ),
            (LEDGER_BYTES, "size of the ledger's files"),
            (
                DRIFT_INDEX,
                "largest population stability index of a feature, over the last two days",
            ),
            (
                DRIFTED_FEATURES,
                "features whose population stability index is at least 0.25",
            ),
            (MODELS_LOADED, "models that are served"),
            (MODELS_REFUSED, "model files that were refused at start"),
            (
                MODEL_INFO,
                "1 for each model that is served, with its version; 0 for versions served before",
            ),
            (RELOAD_TIMESTAMP, "when the models were last opened anew"),
            (UPSTREAM_IN_FLIGHT, "calls to a wiki's API that are open"),
            (
                CACHE_BYTES,
                "bytes of revisions fetched and of scores given lately",
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
            (
                HISTORY_PLACE,
                "last place in the log of a wiki's edits that its history knows, where services share one",
            ),
            (WAITING_EDITS, "edits that wait for a thread"),
            (CONNECTIONS, "open connections"),
        ]
        .into_iter()
        .chain(stream::GAUGES.iter().copied())
        {
            self.recorder.describe_gauge(name.into(), None, what.into());
        }
    }

    pub(in crate::service) fn counter(&self, name: &'static str, labels: Vec<Label>) -> Counter {
        self.recorder
            .register_counter(&Key::from_parts(name, labels), &METADATA)
    }

    pub(in crate::service) fn gauge(&self, name: &'static str, labels: Vec<Label>) -> Gauge {
        self.recorder
            .register_gauge(&Key::from_parts(name, labels), &METADATA)
    }

    fn histogram(&self, name: &'static str, labels: Vec<Label>) -> Histogram {
        self.recorder
            .register_histogram(&Key::from_parts(name, labels), &METADATA)
    }
}

/// Something that is counted while it is open.
pub(crate) struct Open(Gauge);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

/// Wikis are those of the configuration, and those with a file; whatever clients send.
fn wiki_label(wiki: &str) -> Label {
    Label::new("wiki", wiki.to_owned())
}

fn info_labels(served: &Served) -> Vec<Label> {
    vec![
        model_label(served),
        Label::new("version", served.version.clone()),
    ]
}

fn model_label(served: &Served) -> Label {
    Label::new("model", served.name.clone())
}
