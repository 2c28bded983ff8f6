//! Injected features: `feature.x=value` for every revision, `inject={"rev": {"feature.x": value}}`
//! for one.
//!
//! A feature has the name under which answers give it: revscoring's where revscoring has the same
//! number, else `feature.` and the name of docs/FEATURES.md. Models of other features than
//! revscoring's are asked the questions that ORES' clients ask most by a small table.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::error::{OresError, bad_request};
use super::request::shown;
use crate::feature::{self, Feature, Unit};
use crate::service::error::EditError;
use crate::service::models::Served;
use crate::service::scoring::{Overrides, read_value};

/// revscoring's name -> the features of ours that answer the same question in another way.
const SAME_QUESTION: [(&str, &[&str]); 4] = [
    ("feature.revision.user.is_anon", &["author.is_anonymous"]),
    ("feature.revision.user.is_bot", &["author.is_bot"]),
    ("feature.revision.page.is_mainspace", &["namespace.is_main"]),
    (
        "feature.revision.page.is_articleish",
        &["namespace.is_main"],
    ),
];

/// Values to score with.
#[derive(Default)]
pub(super) struct Injections {
    of_all: Values,
    by_revision: BTreeMap<u64, Values>,
}

/// Name -> value; the first that was said of a name.
type Values = BTreeMap<&'static str, f32>;

impl Injections {
    pub(super) fn read(
        parameters: &[(String, String)],
        inject: Option<&str>,
    ) -> Result<Self, OresError> {
        let mut injections = Self::default();
        for (name, value) in parameters {
            if name.starts_with("feature.") {
                let value = serde_json::from_str(value).map_err(|_| {
                    bad_request(format!(
                        "expected JSON as {}, got {:?}",
                        shown(name),
                        shown(value)
                    ))
                })?;
                read(&mut injections.of_all, name, &value)?;
            } else if name.starts_with("datasource.") {
                return Err(bad_request(
                    "datasources are not injected; POST /api/v1/score takes texts and facts",
                ));
            }
        }
        let Some(inject) = inject else {
            return Ok(injections);
        };
        let wrong = || bad_request("expected an object of objects, by revision, as inject");
        let inject: Map<String, Value> = serde_json::from_str(inject).map_err(|_| wrong())?;
        // Of the one revision of a path, features are given as they are.
        if inject.values().all(|value| !value.is_object()) {
            for (name, value) in inject {
                read(&mut injections.of_all, &name, &value)?;
            }
            return Ok(injections);
        }
        for (id, values) in inject {
            let Value::Object(values) = values else {
                return Err(wrong());
            };
            let id = id.parse().map_err(|_| {
                bad_request(format!(
                    "expected ids of revisions in inject, got {:?}",
                    shown(&id)
                ))
            })?;
            let of_one = injections.by_revision.entry(id).or_default();
            for (name, value) in values {
                read(of_one, &name, &value)?;
            }
        }
        Ok(injections)
    }

    /// What one revision is scored with.
    pub(super) fn of(&self, rev_id: u64) -> Overrides {
        let mut values = self.of_all.clone();
        // What is said of one outranks what is said of all.
        values.extend(self.by_revision.get(&rev_id).into_iter().flatten());
        Overrides::new(values)
    }
}

/// A model's features with their values, as answers give them.
pub(in crate::service::dialect) fn feature_values(served: &Served, values: &[f32]) -> Value {
    let features = served.model.features().iter().zip(values);
    let by_name = features.map(|(feature, value)| (name_of(feature), value_of(feature, *value)));
    Value::Object(by_name.collect())
}

/// A feature's name in answers.
fn name_of(feature: &Feature) -> String {
    match feature.revscoring {
        Some(name) => name.to_owned(),
        None => format!("feature.{}", feature.name),
    }
}

/// A feature's value in answers.
fn value_of(feature: &Feature, value: f32) -> Value {
    match feature.unit {
        _ if !value.is_finite() => Value::Null,
        Unit::Flag => Value::Bool(value != 0.0),
        Unit::Count | Unit::Chars | Unit::Bytes if value.fract() == 0.0 => (value as i64).into(),
        _ => f64::from(value).into(),
    }
}

/// Sets the features of a name.
fn read(values: &mut Values, name: &str, value: &Value) -> Result<(), OresError> {
    let ours = name.strip_prefix("feature.").and_then(feature::find);
    let same = SAME_QUESTION.iter().filter(|(theirs, _)| *theirs == name);
    let same = same.flat_map(|(_, ours)| ours.iter().filter_map(|ours| feature::find(ours)));
    let all = feature::GROUPS.iter().flat_map(|group| group.features);
    let theirs = all.filter(|feature| feature.revscoring == Some(name));
    let features: Vec<&'static Feature> = ours.into_iter().chain(theirs).chain(same).collect();
    if features.is_empty() {
        return Err(bad_request(format!(
            "expected a feature such as feature.author.is_anonymous, got {:?}",
            shown(name)
        )));
    }
    for feature in features {
        let value = read_value(feature, value);
        let value = value.map_err(|error| {
            let got = match error {
                EditError::FeatureValue { got, .. } => got,
                _ => "something else",
            };
            let name = shown(name);
            bad_request(format!(
                "expected true, false, a number or null as {name}, got {got}"
            ))
        })?;
        values.entry(feature.name).or_insert(value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_features_that_exist() {
        for (_, names) in SAME_QUESTION {
            for name in names {
                assert!(feature::find(name).is_some(), "{name}");
            }
        }
    }
}
