//! What was said of an event's edit, and the events that say it to others.
//!
//! A schema is a file of `scored/` and a row of [`write`]. What the source's event says and the written
//! schema knows is passed on, under the schema's names; whatever is of another type or form than the schema
//! has it is left out, so that an event that is written is always valid. Where an event goes, and who
//! acknowledges it, is not known here.

mod checked;
mod id;
mod prediction_change;
mod revision_score;

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(in crate::service::stream) mod validator;

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::event::Event;
use crate::revision::Timestamp;
use crate::service::config::ScoreSchema;

/// An edit's scores, or why there are none.
#[derive(Clone, Debug)]
pub(crate) struct ScoredEvent {
    pub(crate) event: Arc<Event>,
    /// In the order of the models' names.
    pub(crate) said: Vec<Said>,
}

/// What one model says.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// The name by which clients know it, such as `damaging`.
    pub(crate) model_name: String,
    pub(crate) model_version: String,
    /// Why there is no score: type (such as `RevisionNotFound`) and message.
    pub(crate) score: Result<TrueProbability, (String, String)>,
}

/// The probability of `true`, in [0, 1]; what is predicted is the likelier one.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct TrueProbability(pub(crate) f64);

/// An event as it leaves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Emitted {
    /// What events of a page have in common, so that they stay in order.
    pub(crate) key: String,
    /// Its `meta.id`, the same each time that it is written.
    pub(crate) id: String,
    /// JSON.
    pub(crate) body: Vec<u8>,
}

/// The events of a schema that say what was said. None where a schema has no place for it: see the schemas'
/// files.
pub(crate) fn write(
    schema: ScoreSchema,
    scored: &ScoredEvent,
    stream: &str,
    now: Timestamp,
) -> Vec<Emitted> {
    match schema {
        ScoreSchema::RevisionScore => revision_score::write(scored, stream, now),
        ScoreSchema::PredictionClassificationChange => {
            prediction_change::write(scored, stream, now)
        }
    }
}

impl TrueProbability {
    /// What is predicted, as these schemas write it.
    fn prediction(self) -> &'static str {
        if self.0 >= 0.5 { "true" } else { "false" }
    }

    /// By what is predicted. What is no number, which no model says, counts as 0: JSON has no such thing.
    fn by_prediction(self) -> [(String, f64); 2] {
        let probability = 0.0_f64.max(self.0).min(1.0);
        [
            ("true".to_owned(), probability),
            ("false".to_owned(), 1.0 - probability),
        ]
    }
}

impl Emitted {
    /// An event whose missing parts are left out.
    fn new(event: &Event, id: String, body: &impl Serialize) -> Self {
        let mut body = serde_json::to_value(body).expect("names and numbers are JSON");
        drop_missing(&mut body);
        Self {
            key: event.key(),
            id,
            body: body.to_string().into_bytes(),
        }
    }
}

/// Schemas of events have no place for null.
pub(super) fn drop_missing(value: &mut Value) {
    if let Value::Object(fields) = value {
        fields.retain(|_, field| !field.is_null());
        fields.values_mut().for_each(drop_missing);
    }
}
