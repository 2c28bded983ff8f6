//! What was said of an event's edit, and the events that say it to others.

use std::sync::Arc;

use super::event::Event;

/// An edit's scores, or why there are none.
pub(crate) struct ScoredEvent {
    pub(crate) event: Arc<Event>,
    /// In the order of the models' names.
    pub(crate) said: Vec<Said>,
}

/// What one model says.
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
