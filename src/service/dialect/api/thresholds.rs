//! `GET /api/v1/thresholds/{wiki}`: the levels that MediaWiki's ORES extension knows, as thresholds
//! of the models that are served now.
//!
//! The extension once asked for them by formula, which took the site down when everybody asked at
//! once; then it carried numbers, which were wrong after every retraining. Here they are a document
//! that changes with the models alone and may be kept. `filters` can be put into
//! `$wgOresFiltersThresholds` as it stands: a level that no threshold reaches is `false` there.

use std::collections::BTreeMap;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use xxhash_rust::xxh3::xxh3_64;

use super::models::tag_of_all;
use crate::evaluation::{Query, Statistic, ThresholdRow};
use crate::service::App;
use crate::service::dialect::document::{cached, json};
use crate::service::error::ServiceError;
use crate::service::models::Models;
use crate::service::wiki::Named;

/// A level of the extension.
struct Level {
    name: &'static str,
    /// What it asks, of the label that it is about.
    query: &'static str,
    /// Whether it is about good edits.
    is_good: bool,
}

/// The extension's levels, with the formulae of the years when it asked by formula.
const LEVELS: [Level; 4] = [
    Level {
        name: "likelygood",
        query: "maximum recall @ precision >= 0.995",
        is_good: true,
    },
    Level {
        name: "maybebad",
        query: "maximum filter_rate @ recall >= 0.9",
        is_good: false,
    },
    Level {
        name: "likelybad",
        query: "maximum recall @ precision >= 0.6",
        is_good: false,
    },
    Level {
        name: "verylikelybad",
        query: "maximum recall @ precision >= 0.9",
        is_good: false,
    },
];

#[derive(Serialize)]
struct Document<'a> {
    wiki: &'a str,
    models: BTreeMap<&'a str, ModelLevels<'a>>,
    filters: BTreeMap<&'a str, BTreeMap<&'static str, Filter>>,
}

#[derive(Serialize)]
struct ModelLevels<'a> {
    name: &'a str,
    version: &'a str,
    levels: Vec<LevelBody>,
}

/// A level with what it does; `min` and `max` are probabilities of the client's model.
#[derive(Serialize)]
struct LevelBody {
    level: &'static str,
    label: bool,
    query: &'static str,
    min: Option<f64>,
    max: Option<f64>,
    precision: Option<f64>,
    recall: Option<f64>,
    filter_rate: Option<f64>,
}

/// A level as the extension's configuration has it.
#[derive(Serialize)]
#[serde(untagged)]
enum Filter {
    Range { min: f64, max: f64 },
    Off(bool),
}

/// The thresholds of a wiki's models.
pub(crate) async fn thresholds(
    State(app): State<App>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, ServiceError> {
    let Path(wiki) = path.map_err(|error| ServiceError::InvalidRequest(error.body_text()))?;
    let models = app.models();
    let named = models_of(&app, &models, &wiki);
    if named.is_empty() {
        return Err(ServiceError::ModelNotFound {
            what: format!("{:?}", wiki.chars().take(40).collect::<String>()),
            known: models.names(),
        });
    }
    // Names are the configuration's, which may change while the models do not.
    let names = named
        .iter()
        .map(|named| format!("{}={} ", named.name, named.served.name));
    let names: String = names.collect();
    let tag = format!("{}-{:016x}", tag_of_all(&models), xxh3_64(names.as_bytes()));
    cached(&headers, &tag, || {
        let mut document = Document {
            wiki: &wiki,
            models: BTreeMap::new(),
            filters: BTreeMap::new(),
        };
        for model in &named {
            let levels: Vec<LevelBody> = LEVELS
                .iter()
                .map(|level| LevelBody::new(level, model))
                .collect();
            let filters = levels.iter().map(|level| (level.level, Filter::of(level)));
            document.filters.insert(&model.name, filters.collect());
            let body = ModelLevels {
                name: &model.served.name,
                version: &model.served.version,
                levels,
            };
            document.models.insert(&model.name, body);
        }
        json(&document)
    })
}

/// A wiki's models by clients' names. A wiki that is not configured has those of its targets.
fn models_of(app: &App, models: &Models, wiki: &str) -> Vec<Named> {
    match app.wikis().find(wiki) {
        Some(wiki) => wiki.models(models),
        None => {
            let served = models.for_wiki(wiki).into_iter();
            let named = served.map(|served| Named {
                name: served.model.target().name().to_owned(),
                served,
            });
            named.collect()
        }
    }
}

impl LevelBody {
    fn new(level: &Level, model: &Named) -> Self {
        let thresholds = &model.served.model.report().thresholds;
        let query: Query = level
            .query
            .parse()
            .expect("the table's queries are queries");
        // A row about good edits has its threshold on the scale of good edits.
        let row: Option<ThresholdRow> = match level.is_good {
            true => thresholds.answer_for_other_label(&query),
            false => thresholds.answer(&query),
        };
        let label = level.is_good == model.is_good();
        let threshold = row.as_ref().map(|row| row.threshold);
        // Those of the model's own label are above; the others are below what is left.
        let (min, max) = match label {
            true => (threshold, threshold.map(|_| 1.0)),
            false => {
                let below = row.as_ref().map(|row| row.for_other_label().threshold);
                (threshold.map(|_| 0.0), below)
            }
        };
        let get = |statistic| row.as_ref().and_then(|row| row.get(statistic));
        Self {
            level: level.name,
            label,
            query: level.query,
            min,
            max,
            precision: get(Statistic::Precision),
            recall: get(Statistic::Recall),
            filter_rate: get(Statistic::FilterRate),
        }
    }
}

impl Filter {
    fn of(level: &LevelBody) -> Self {
        match (level.min, level.max) {
            (Some(min), Some(max)) => Self::Range { min, max },
            _ => Self::Off(false),
        }
    }
}
