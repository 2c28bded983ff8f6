//! `GET /api/v1/models...`: which models there are, and what each of them catches.
//!
//! Everything here is fixed as long as the models are the same, so it may be cached: the entity tag is
//! made of the versions, and a client that has it gets 304.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::evaluation::{self, Estimate, Interval, Statistic, ThresholdRow};
use crate::model::Target;
use crate::service::App;
use crate::service::dialect::document::{cached, json};
use crate::service::error::ServiceError;
use crate::service::models::{Models, Served};

#[derive(Serialize)]
struct ModelList<'a> {
    models: Vec<ModelSummary<'a>>,
    refused: Vec<RefusedFile<'a>>,
}

/// A file that is not served, with the reason in the service's log.
#[derive(Serialize)]
struct RefusedFile<'a> {
    file: &'a str,
}

/// A model in a few figures, each from held-out edits.
#[derive(Serialize)]
struct ModelSummary<'a> {
    name: &'a str,
    wiki: &'a str,
    target: &'static str,
    version: &'a str,
    /// The model whose scale its probabilities are on, when it is not its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    scale_of: Option<&'a str>,
    /// What it catches, in a sentence.
    caught: String,
    evaluated_edits: u64,
    evaluated_positives: u64,
    sample_rate: f64,
    base_rate: f64,
    roc_auc: Option<Figure>,
    average_precision: Option<Figure>,
    filter_rate_at_recall_75: Option<Figure>,
    filter_rate_at_recall_90: Option<Figure>,
}

/// A figure with the ends of its 95 % interval.
#[derive(Serialize)]
struct Figure {
    value: f64,
    low: Option<f64>,
    high: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaughtQuery {
    at: Option<String>,
}

/// The answer to a query for one threshold.
#[derive(Serialize)]
struct ThresholdAnswer<'a> {
    name: &'a str,
    version: &'a str,
    query: String,
    sample_rate: f64,
    base_rate: f64,
    /// Null when no threshold keeps the condition.
    threshold: Option<Threshold>,
}

/// One threshold with every statistic under revscoring's name, null where it does not exist.
#[derive(Serialize)]
struct Threshold {
    threshold: f64,
    n: u64,
    positives: u64,
    #[serde(flatten)]
    statistics: BTreeMap<&'static str, Option<f64>>,
    /// 95 % intervals of those that have one; left out when none has.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    intervals: BTreeMap<&'static str, Ends>,
}

/// The ends of a 95 % interval.
#[derive(Serialize)]
struct Ends {
    low: f64,
    high: f64,
}

/// Lists the models.
pub(crate) async fn list(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, ServiceError> {
    let models = app.models();
    cached(&headers, &tag_of_all(&models), || {
        json(&ModelList::new(&models))
    })
}

/// A model's card.
pub(crate) async fn card(
    State(app): State<App>,
    path: Result<Path<(String, String)>, PathRejection>,
    query: Result<Query<CaughtQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, ServiceError> {
    let served = find(&app, path)?;
    if query.is_ok_and(|query| query.at.is_some()) {
        return Err(ServiceError::InvalidRequest(format!(
            "?at= is answered by /api/v1/models/{}/{}/caught",
            served.model.wiki(),
            served.model.target()
        )));
    }
    cached(&headers, &tag_of(&served), || Ok(served.card.clone()))
}

/// A model's caught table, or with `?at=` the one threshold that is asked for.
pub(crate) async fn caught(
    State(app): State<App>,
    path: Result<Path<(String, String)>, PathRejection>,
    query: Result<Query<CaughtQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, ServiceError> {
    let served = find(&app, path)?;
    let Query(query) = query.map_err(|error| ServiceError::InvalidRequest(error.body_text()))?;
    let Some(at) = query.at else {
        return cached(&headers, &tag_of(&served), || Ok(served.caught.clone()));
    };
    let query: evaluation::Query = at.parse()?;
    cached(&headers, &tag_of(&served), || {
        json(&ThresholdAnswer::new(&served, &query))
    })
}

fn find(
    app: &App,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Arc<Served>, ServiceError> {
    let Path((wiki, target)) =
        path.map_err(|error| ServiceError::InvalidRequest(error.body_text()))?;
    let target: Target = target.parse()?;
    let models = app.models();
    let found = models.find(&wiki, target).cloned();
    found.ok_or_else(|| ServiceError::ModelNotFound {
        what: format!(
            "{target} for {:?}",
            wiki.chars().take(40).collect::<String>()
        ),
        known: models.names(),
    })
}

impl<'a> ModelList<'a> {
    fn new(models: &'a Models) -> Self {
        Self {
            models: models
                .iter()
                .map(|served| ModelSummary::new(served))
                .collect(),
            refused: models
                .refused()
                .iter()
                .map(|refused| RefusedFile {
                    file: &refused.file,
                })
                .collect(),
        }
    }
}

impl<'a> ModelSummary<'a> {
    fn new(served: &'a Served) -> Self {
        let report = served.model.report();
        let headline = &report.headline;
        let figure = |estimate: Option<Estimate>| {
            estimate.map(|estimate| Figure {
                value: estimate.value,
                low: estimate.low,
                high: estimate.high,
            })
        };
        Self {
            name: &served.name,
            wiki: served.model.wiki(),
            target: served.model.target().name(),
            version: &served.version,
            scale_of: served.model.scale().map(|scale| scale.of.as_str()),
            caught: report.one_line(),
            evaluated_edits: report.n,
            evaluated_positives: report.positives,
            sample_rate: report.sample_rate,
            base_rate: report.caught.base_rate,
            roc_auc: figure(headline.roc_auc),
            average_precision: figure(headline.average_precision),
            filter_rate_at_recall_75: figure(headline.filter_rate_at_recall_75),
            filter_rate_at_recall_90: figure(headline.filter_rate_at_recall_90),
        }
    }
}

impl<'a> ThresholdAnswer<'a> {
    fn new(served: &'a Served, query: &evaluation::Query) -> Self {
        let report = served.model.report();
        Self {
            name: &served.name,
            version: &served.version,
            query: query.to_string(),
            sample_rate: report.sample_rate,
            base_rate: report.caught.base_rate,
            threshold: report.thresholds.answer(query).as_ref().map(Threshold::new),
        }
    }
}

impl Threshold {
    fn new(row: &ThresholdRow) -> Self {
        let statistics = Statistic::ALL.into_iter();
        Self {
            threshold: row.threshold,
            n: row.n,
            positives: row.positives,
            statistics: statistics
                .map(|statistic| (statistic.name(), row.get(statistic)))
                .collect(),
            intervals: row
                .intervals
                .iter()
                .map(|(statistic, &Interval { low, high })| (statistic.name(), Ends { low, high }))
                .collect(),
        }
    }
}

/// Changes with any of the models.
pub(super) fn tag_of_all(models: &Models) -> String {
    let versions: String = models.iter().map(|served| tag_of(served)).collect();
    format!("{:016x}", xxh3_64(versions.as_bytes()))
}

/// Changes with the model, and with the service that renders it.
pub(super) fn tag_of(served: &Served) -> String {
    format!(
        "{}/{}/{}",
        env!("CARGO_PKG_VERSION"),
        served.name,
        served.version
    )
}
