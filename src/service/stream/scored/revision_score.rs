//! `/mediawiki/revision/score/3.0.0`: one event with what all models said of a revision.
//!
//! Its names are those of `/mediawiki/revision/create`, which is read into the same struct. Models that gave
//! no score stand under `errors`; without any score `scores` is left out, and the other way round. There is no
//! field that could keep such an event from being written but a model.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::checked::{ANY, Inner, Maybe, Meta, NonEmpty, Time, Whole, read};
use super::id::id;
use super::prediction_change::PredictionChange;
use super::{Emitted, ScoredEvent};
use crate::revision::Timestamp;

const SCHEMA: &str = "/mediawiki/revision/score/3.0.0";

/// The event.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct RevisionScore {
    #[serde(rename = "$schema")]
    pub(super) schema: Maybe<String>,
    pub(super) meta: Inner<Meta>,
    pub(super) dt: Maybe<Time>,
    pub(super) database: Maybe<NonEmpty>,
    pub(super) performer: Inner<Performer>,
    pub(super) page_id: Maybe<Whole<1>>,
    pub(super) page_title: Maybe<NonEmpty>,
    pub(super) page_namespace: Maybe<Whole<ANY>>,
    pub(super) page_is_redirect: Maybe<bool>,
    pub(super) rev_id: Maybe<Whole<0>>,
    pub(super) rev_parent_id: Maybe<Whole<0>>,
    pub(super) rev_timestamp: Maybe<Time>,
    scores: Maybe<BTreeMap<String, Score>>,
    errors: Maybe<BTreeMap<String, ScoringError>>,

    // What an event of a saved revision has besides, for the other schema.
    #[serde(skip_serializing)]
    pub(super) comment: Maybe<String>,
    #[serde(skip_serializing)]
    pub(super) rev_minor_edit: Maybe<bool>,
    #[serde(skip_serializing)]
    pub(super) rev_sha1: Maybe<String>,
    #[serde(skip_serializing)]
    pub(super) rev_len: Maybe<Whole<0>>,
}

/// Who saved the revision.
#[derive(Clone, Default, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Performer {
    pub(super) user_id: Maybe<Whole<ANY>>,
    pub(super) user_text: Maybe<NonEmpty>,
    pub(super) user_groups: Maybe<Vec<NonEmpty>>,
    pub(super) user_is_bot: Maybe<bool>,
    pub(super) user_registration_dt: Maybe<Time>,
    pub(super) user_edit_count: Maybe<Whole<0>>,
}

#[derive(Serialize, Deserialize)]
struct Score {
    model_name: String,
    model_version: String,
    prediction: Vec<String>,
    probability: BTreeMap<String, f64>,
}

#[derive(Serialize, Deserialize)]
struct ScoringError {
    r#type: String,
    message: String,
    model_name: String,
    model_version: String,
}

/// One event, or none where no model was asked.
pub(super) fn write(scored: &ScoredEvent, stream: &str, now: Timestamp) -> Vec<Emitted> {
    if scored.said.is_empty() {
        return Vec::new();
    }
    let event = &scored.event;
    let source = match event.is_page_change() {
        true => read::<PredictionChange>(event).into(),
        false => read::<RevisionScore>(event),
    };
    let id = id(SCHEMA, stream, scored, &scored.said);
    let (mut scores, mut errors) = (BTreeMap::new(), BTreeMap::new());
    for said in &scored.said {
        let (model_name, model_version) = (said.model_name.clone(), said.model_version.clone());
        match &said.score {
            Ok(probability) => {
                let score = Score {
                    model_name: model_name.clone(),
                    model_version,
                    prediction: vec![probability.prediction().to_owned()],
                    probability: probability.by_prediction().into(),
                };
                scores.insert(model_name, score);
            }
            Err((kind, message)) => {
                let error = ScoringError {
                    r#type: kind.clone(),
                    message: message.clone(),
                    model_name: model_name.clone(),
                    model_version,
                };
                errors.insert(model_name, error);
            }
        }
    }
    let meta = source.meta.0.unwrap_or_default();
    let dt = source.dt.or(source.rev_timestamp.clone());
    let written = RevisionScore {
        schema: Maybe(Some(SCHEMA.to_owned())),
        dt: dt.or(Maybe(Some(Time::of(now)))),
        meta: Inner(Some(meta.passed_on(&id, stream, now))),
        scores: Maybe(Some(scores).filter(|scores| !scores.is_empty())),
        errors: Maybe(Some(errors).filter(|errors| !errors.is_empty())),
        ..source
    };
    vec![Emitted::new(event, id, &written)]
}

/// An event of a page's change.
impl From<PredictionChange> for RevisionScore {
    fn from(change: PredictionChange) -> Self {
        let page = change.page.0.unwrap_or_default();
        let revision = change.revision.0.unwrap_or_default();
        Self {
            meta: change.meta,
            dt: change.dt,
            database: change.wiki_id,
            performer: Inner(change.performer.0.map(|user| Performer {
                user_id: user.user_id.bounded(),
                user_text: user.user_text,
                user_groups: user.groups,
                user_is_bot: user.is_bot,
                user_registration_dt: user.registration_dt,
                user_edit_count: user.edit_count,
            })),
            page_id: page.page_id.bounded(),
            page_title: page.page_title,
            page_namespace: page.namespace_id.bounded(),
            page_is_redirect: page.is_redirect,
            rev_id: revision.rev_id.bounded(),
            rev_parent_id: revision.rev_parent_id,
            rev_timestamp: revision.rev_dt,
            ..Self::default()
        }
    }
}
