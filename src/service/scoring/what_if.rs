//! "What if": features that an edit is scored without, or with other values than its own.
//!
//! Whoever wants to know whether a model minds that an author is new asks for the score of the same
//! edit as if nothing were known of the author, or as if the author were old. Only the row of
//! features is changed, never the edit: other features that follow from it stay.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::Value;

use crate::feature::{self, Feature};
use crate::model::Model;
use crate::service::error::{EditError, ServiceError};

/// Features that all edits of a request are scored without.
#[derive(Clone, Default)]
pub(crate) struct Without(Vec<&'static Feature>);

impl Without {
    /// Reads the names of groups.
    pub(crate) fn read<'a>(names: impl Iterator<Item = &'a str>) -> Result<Self, ServiceError> {
        let mut features = Vec::new();
        for name in names {
            let group = feature::bundle(name).ok_or_else(|| ServiceError::UnknownGroup {
                known: feature::bundle_names().join(", "),
                got: name.chars().take(40).collect(),
            })?;
            features.extend(group);
        }
        Ok(Self(features))
    }

    /// The features among a model's that they are, in its order; `None` when nothing was asked.
    pub(crate) fn of(&self, model: &Model) -> Option<Vec<&'static str>> {
        let is_in = |name: &&str| self.0.iter().any(|feature| feature.name == *name);
        let names = model.features().iter().map(|feature| feature.name);
        (!self.0.is_empty()).then(|| names.filter(is_in).collect())
    }
}

/// Values that one edit is scored with instead of its own; NaN is a missing one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overrides(Vec<(&'static str, f32)>);

impl Overrides {
    /// Reads the values of an edit.
    pub(crate) fn read(body: Option<BTreeMap<String, Value>>) -> Result<Self, EditError> {
        let read = |(name, value): (String, Value)| {
            let feature = feature::find(&name).ok_or_else(|| EditError::UnknownFeature {
                got: name.chars().take(40).collect(),
            })?;
            Ok((feature.name, read_value(feature, &value)?))
        };
        body.unwrap_or_default()
            .into_iter()
            .map(read)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Values by the names of features, which exist.
    pub(crate) fn new(values: BTreeMap<&'static str, f32>) -> Self {
        Self(values.into_iter().collect())
    }

    /// Whether nothing was asked.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts the values into a model's row, in which `without` is missing already; gives those that
    /// the model looks at, `None` when nothing was asked.
    pub(crate) fn apply(&self, model: &Model, row: &mut [f32]) -> Option<Applied> {
        let mut applied = Vec::new();
        for (cell, feature) in row.iter_mut().zip(model.features()) {
            let set = self.0.iter().find(|(name, _)| *name == feature.name);
            if let Some(&(name, value)) = set {
                *cell = value;
                applied.push((name, value));
            }
        }
        (!self.0.is_empty()).then_some(Applied(applied))
    }
}

/// Takes the features of `without` from a model's row.
pub(crate) fn hide(without: &[&str], model: &Model, row: &mut [f32]) {
    for (cell, feature) in row.iter_mut().zip(model.features()) {
        if without.contains(&feature.name) {
            *cell = f32::NAN;
        }
    }
}

/// Feature -> value that was used instead of the edit's own; null is a missing one.
pub(crate) struct Applied(Vec<(&'static str, f32)>);

impl Serialize for Applied {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, &Some(*value).filter(|value| !value.is_nan()))?;
        }
        map.end()
    }
}

/// Reads a feature's value; null is a missing one.
pub(crate) fn read_value(feature: &'static Feature, value: &Value) -> Result<f32, EditError> {
    let wrong = |got| EditError::FeatureValue {
        feature: feature.name,
        got,
    };
    match value {
        Value::Null => Ok(f32::NAN),
        Value::Bool(value) => Ok(f32::from(u8::from(*value))),
        Value::Number(number) => number
            .as_f64()
            .map(|number| number as f32)
            .filter(|number| number.is_finite())
            .ok_or(wrong("a number that is too large")),
        Value::String(_) => Err(wrong("a text")),
        Value::Array(_) => Err(wrong("a list")),
        Value::Object(_) => Err(wrong("an object")),
    }
}
