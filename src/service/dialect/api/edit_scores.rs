//! What the answer to `POST /api/v1/score` says of one edit, and of the models that scored it.

use std::sync::Arc;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::model::Explanation;
use crate::service::error::ErrorBody;
use crate::service::models::Served;
use crate::service::scoring::{Applied, Scored, Wanted};

/// Features that an explanation names, the strongest first.
const EXPLAINED_FEATURES: usize = 10;

/// The answer for one edit.
#[derive(Serialize)]
pub(super) struct EditScores<'a> {
    pub(super) rev_id: Option<u64>,
    #[serde(flatten)]
    pub(super) outcome: EditOutcome<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum EditOutcome<'a> {
    Scores(ByTarget<'a>),
    Error(ErrorBody),
}

/// What one model says of one edit.
#[derive(Serialize)]
struct ScoreBody<'a> {
    prediction: bool,
    probability: f64,
    levels: Levels<'a>,
    /// What it was computed with instead of the edit's own values.
    #[serde(skip_serializing_if = "Option::is_none")]
    overridden: Option<&'a Applied>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bias: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasons: Option<Vec<ReasonBody<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Vec<FeatureBody<'a>>>,
}

#[derive(Serialize)]
struct ReasonBody<'a> {
    family: &'a str,
    contribution: f64,
    share: f64,
    text: &'a str,
}

#[derive(Serialize)]
struct FeatureBody<'a> {
    feature: &'a str,
    value: Option<f32>,
    contribution: f64,
    share: f64,
    text: &'a str,
}

/// Target -> score, in the order of the models.
pub(super) struct ByTarget<'a> {
    pub(super) models: &'a [Wanted],
    pub(super) scores: &'a [Scored],
}

impl Serialize for ByTarget<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entries = self.models.iter().zip(self.scores).map(|(wanted, scored)| {
            let served = &wanted.served;
            let score = served.model.score_of(scored.wanted_probability);
            let body = ScoreBody {
                prediction: score.prediction,
                probability: score.probability,
                levels: Levels {
                    served,
                    wanted_probability: scored.wanted_probability,
                },
                overridden: scored.overridden.as_ref(),
                bias: scored.explanation.as_ref().map(|explained| explained.bias),
                raw_score: scored
                    .explanation
                    .as_ref()
                    .map(|explained| explained.raw_score),
                reasons: scored.explanation.as_ref().map(reasons),
                explanation: scored.explanation.as_ref().map(features),
            };
            (served.model.target().name(), body)
        });
        serializer.collect_map(entries)
    }
}

fn reasons(explanation: &Explanation) -> Vec<ReasonBody<'_>> {
    let reasons = explanation.reasons.iter().map(|reason| ReasonBody {
        family: reason.family.name(),
        contribution: reason.contribution,
        share: reason.share,
        text: &reason.text,
    });
    reasons.collect()
}

fn features(explanation: &Explanation) -> Vec<FeatureBody<'_>> {
    let strongest = explanation.features.iter().take(EXPLAINED_FEATURES);
    let body = strongest.map(|part| FeatureBody {
        feature: part.feature,
        // Infinity has no place in JSON.
        value: part.value.filter(|value| value.is_finite()),
        contribution: part.contribution,
        share: part.share,
        text: &part.text,
    });
    body.collect()
}

/// Name -> whether the edit is flagged at that threshold; null where the model has no threshold
/// that keeps the level's promise.
struct Levels<'a> {
    served: &'a Served,
    wanted_probability: f64,
}

impl Serialize for Levels<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let levels = &self.served.model.report().levels;
        serializer.collect_map(levels.iter().map(|level| {
            let is_flagged = level
                .point
                .as_ref()
                .map(|point| self.wanted_probability >= point.threshold);
            (&level.name, is_flagged)
        }))
    }
}

/// Target -> name and version of the model that scored it.
pub(super) struct ModelNames(pub(super) Arc<[Wanted]>);

impl Serialize for ModelNames {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct ModelName<'a> {
            name: &'a str,
            version: &'a str,
            /// The features that it did not see.
            #[serde(skip_serializing_if = "Option::is_none")]
            without: Option<&'a [&'a str]>,
        }
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for Wanted { served, without } in self.0.iter() {
            let name = ModelName {
                name: &served.name,
                version: &served.version,
                without: without.as_deref(),
            };
            map.serialize_entry(served.model.target().name(), &name)?;
        }
        map.end()
    }
}
