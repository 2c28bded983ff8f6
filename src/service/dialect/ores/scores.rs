//! Scores of revisions under a wiki's names, before they get the shape of a version.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::error::{OresError, score_error};
use super::inject::feature_values;
use super::request::{OresRequest, shown};
use crate::service::App;
use crate::service::error::ServiceError;
use crate::service::models::Served;
use crate::service::scoring::{Asking, Scored, Subject, score_revisions};
use crate::service::wiki::{Named, Wiki};

/// The scores of a request.
pub(super) struct Scores {
    pub(super) models: Vec<Named>,
    /// In the order of the request.
    pub(super) revisions: Vec<RevisionScores>,
}

/// One revision's scores by the names of models.
pub(super) struct RevisionScores {
    pub(super) rev_id: u64,
    pub(super) by_model: BTreeMap<String, ModelScore>,
}

/// What one model says of one revision.
pub(super) struct ModelScore {
    /// `prediction` and `probability`, or `error`.
    pub(super) score: Result<Value, Value>,
    /// Name -> value, where they were asked for.
    pub(super) features: Option<Value>,
}

/// The wiki of a path, and its models: those that are named, or all.
pub(super) fn find<'a>(
    app: &'a App,
    context: &str,
    names: Option<&[String]>,
) -> Result<(&'a Arc<Wiki>, Vec<Named>), OresError> {
    let wiki = app.wikis().find(context).ok_or_else(|| {
        OresError(ServiceError::WikiNotFound {
            wiki: shown(context),
            known: app.wikis().names(),
        })
    })?;
    let all = wiki.models(&app.models());
    let Some(names) = names else {
        return Ok((wiki, all));
    };
    let mut found: Vec<Named> = Vec::new();
    for name in names {
        let named = all.iter().find(|named| named.name == *name);
        let named = named.ok_or_else(|| {
            let known: Vec<&str> = all.iter().map(|named| named.name.as_str()).collect();
            OresError(ServiceError::ModelNotFound {
                what: format!("{:?} for {}", shown(name), wiki.name),
                known: known.join(", "),
            })
        })?;
        if found.iter().all(|other| other.name != named.name) {
            found.push(named.clone());
        }
    }
    Ok((wiki, found))
}

/// Scores revisions with models.
pub(super) async fn score(
    app: &App,
    wiki: &Arc<Wiki>,
    models: Vec<Named>,
    rev_ids: &[u64],
    request: &OresRequest,
) -> Result<Scores, OresError> {
    // Names that one model serves cost one score.
    let mut served: Vec<Arc<Served>> = Vec::new();
    for named in &models {
        if served.iter().all(|other| other.name != named.served.name) {
            served.push(Arc::clone(&named.served));
        }
    }
    let subjects = rev_ids.iter().map(|rev_id| Subject {
        rev_id: *rev_id,
        overrides: request.injections.of(*rev_id),
    });
    let mut asking = Asking::of(app, wiki, served.clone());
    asking.asked.has_values = request.has_features;
    let outcomes = score_revisions(app, subjects.collect(), asking).await?;
    let revisions = rev_ids.iter().zip(outcomes).map(|(rev_id, outcome)| {
        let by_model = models.iter().map(|named| {
            let place = served
                .iter()
                .position(|served| served.name == named.served.name);
            let score = match (&outcome, place) {
                (Ok(scores), Some(place)) => ModelScore::new(named, &scores[place]),
                (Ok(_), None) => ModelScore::failed(json!({})),
                (Err(error), _) => ModelScore::failed(score_error(error)),
            };
            (named.name.clone(), score)
        });
        RevisionScores {
            rev_id: *rev_id,
            by_model: by_model.collect(),
        }
    });
    let revisions = revisions.collect();
    Ok(Scores { models, revisions })
}

impl ModelScore {
    fn new(named: &Named, scored: &Scored) -> Self {
        let probability = named.probability(scored.wanted_probability);
        let values = scored.values.as_ref();
        let features = values.map(|values| feature_values(&named.served, values));
        Self {
            score: Ok(score_body(probability)),
            features,
        }
    }

    fn failed(error: Value) -> Self {
        Self {
            score: Err(error),
            features: None,
        }
    }
}

/// A score as all versions have it.
pub(in crate::service::dialect) fn score_body(probability: f64) -> Value {
    json!({
        "prediction": probability >= 0.5,
        "probability": {"true": probability, "false": 1.0 - probability},
    })
}
