//! What ORES says of a model: the document, and paths into it.
//!
//! The document has the keys of revscoring's `model_info`. Statistics are those of the model's own
//! report, on edits that it had not seen, scaled to the base rate where one was given; where a model
//! of another target serves a name, they are that model's, and `served_by` says so. A path is asked
//! with dots between its keys, quoted where a key has dots or spaces; `statistics.thresholds.true`
//! may go on with a query for one threshold.

use std::cell::LazyCell;

use serde_json::{Map, Value, json};

use super::error::{OresError, bad_request};
use super::request::shown;
use crate::evaluation::{Query, Report, Statistic, ThresholdRow};
use crate::service::wiki::Named;

/// What is asked where nothing is said.
const DEFAULT: &str = "version";

/// Paths that one request may ask for: the extension asks for a dozen.
const MAX_PATHS: usize = 50;

/// Parts of the document that are asked for; without any, all but the tables of thresholds.
#[derive(Clone)]
pub(super) struct Paths(Vec<Vec<String>>);

impl Paths {
    /// Reads paths; `None` where the parameter is not there.
    pub(super) fn read(paths: Option<&[String]>) -> Result<Self, OresError> {
        let default = [DEFAULT.to_owned()];
        let mut read: Vec<Vec<String>> = Vec::new();
        for path in paths.unwrap_or(&default) {
            let path = read_path(path)?;
            if read.contains(&path) {
                continue;
            }
            if read.len() >= MAX_PATHS {
                return Err(bad_request(format!(
                    "expected at most {MAX_PATHS} paths as model_info, got more"
                )));
            }
            read.push(path);
        }
        Ok(Self(read))
    }

    /// Whether they ask for what is at hand.
    pub(super) fn is_default(&self) -> bool {
        matches!(self.0.as_slice(), [path] if path == &[DEFAULT])
    }
}

/// What the paths ask of a model.
pub(super) fn describe(named: &Named, paths: &Paths) -> Result<Value, OresError> {
    if paths.0.is_empty() {
        return Ok(whole(named));
    }
    // Made once, and only for paths that lead into it.
    let whole = LazyCell::new(|| whole(named));
    let mut document = Value::Object(Map::new());
    for path in &paths.0 {
        let value = look_up(named, path, || &*whole)?;
        put(&mut document, path, value);
    }
    Ok(document)
}

/// The document without the tables of thresholds, which are long.
pub(super) fn whole(named: &Named) -> Value {
    let model = &named.served.model;
    let report = model.report();
    let is_good = named.is_good();
    let label_rate = |rate: f64| by_label(if is_good { 1.0 - rate } else { rate });
    let mut document = json!({
        "type": "revscore",
        "version": named.served.version,
        "params": {
            "labels": [true, false],
            "multilabel": false,
            "population_rates": label_rate(report.caught.base_rate),
            "features": model.column_names().len(),
            "recipe": model.provenance().recipe,
            "seed": model.provenance().seed,
        },
        "environment": {"revscore_version": model.provenance().crate_version},
        "score_schema": {
            "title": "A label with the probability of each",
            "type": "object",
            "properties": {
                "prediction": {
                    "description": "Whether true is at least as likely as false",
                    "type": "boolean",
                },
                "probability": {
                    "description": "The probability of each label",
                    "type": "object",
                    "properties": {"true": {"type": "number"}, "false": {"type": "number"}},
                },
            },
        },
        "statistics": statistics(report, is_good),
    });
    if named.is_borrowed() {
        let target = model.target();
        document["served_by"] = json!({
            "model": named.served.name,
            "target": target.name(),
            "note": format!(
                "no model of {} edits is served under this name: its scores and statistics are those of {}, \
                 which finds {} edits",
                named.name, named.served.name, target.wanted()
            ),
        });
    }
    document
}

fn statistics(report: &Report, is_good: bool) -> Value {
    let at_half = report.thresholds.at(0.5);
    // What is looked for is `true`, unless the name is that of good edits.
    let bad = at_half.clone();
    let good = at_half.for_other_label();
    let (of_true, of_false) = if is_good { (good, bad) } else { (bad, good) };
    let n = of_true.n;
    let (n_true, n_false) = (of_true.positives, of_false.positives);
    let share = |count: u64| if n == 0 { 0.0 } else { count as f64 / n as f64 };
    let right = |row: &ThresholdRow| {
        let recall = row.get(Statistic::Recall).unwrap_or_default();
        (recall * row.positives as f64).round() as u64
    };
    let (right_true, right_false) = (right(&of_true), right(&of_false));
    let base_rate = report.caught.base_rate;
    let population = if is_good { 1.0 - base_rate } else { base_rate };
    let mut statistics = json!({
        "counts": {
            "n": n,
            "labels": {"true": n_true, "false": n_false},
            "predictions": {
                "true": {"true": right_true, "false": n_true - right_true},
                "false": {"true": n_false - right_false, "false": right_false},
            },
        },
        "rates": {"sample": by_label(share(n_true)), "population": by_label(population)},
        "roc_auc": over_labels(
            report.headline.roc_auc.map(|figure| figure.value),
            report.headline.roc_auc.map(|figure| figure.value),
            (n_true, n_false),
        ),
    });
    statistics["pr_auc"] = over_labels(
        report.thresholds.average_precision(is_good),
        report.thresholds.average_precision(!is_good),
        (n_true, n_false),
    );
    for statistic in Statistic::ALL {
        statistics[statistic.name()] = over_labels(
            of_true.get(statistic),
            of_false.get(statistic),
            (n_true, n_false),
        );
    }
    statistics
}

/// A rate of `true`, and what is left.
fn by_label(rate: f64) -> Value {
    json!({"true": rate, "false": 1.0 - rate})
}

/// A statistic by label, with its plain mean and the mean weighted by the labels' counts.
fn over_labels(of_true: Option<f64>, of_false: Option<f64>, counts: (u64, u64)) -> Value {
    let both = of_true.zip(of_false);
    let n = (counts.0 + counts.1) as f64;
    let micro = both
        .filter(|_| n > 0.0)
        .map(|(a, b)| (a * counts.0 as f64 + b * counts.1 as f64) / n);
    let macro_mean = both.map(|(a, b)| f64::midpoint(a, b));
    json!({"labels": {"true": of_true, "false": of_false}, "micro": micro, "macro": macro_mean})
}

/// The rows of one label's table, from the lowest threshold.
fn rows(report: &Report, is_good: bool) -> Vec<ThresholdRow> {
    let thresholds = &report.thresholds;
    let rows = thresholds.rows.iter().map(|(at, ..)| thresholds.at(*at));
    match is_good {
        false => rows.collect(),
        true => rows.rev().map(|row| row.for_other_label()).collect(),
    }
}

fn table(report: &Report, is_good: bool) -> Value {
    rows(report, is_good).iter().map(write_row).collect()
}

fn write_row(row: &ThresholdRow) -> Value {
    let mut body = json!({"threshold": row.threshold});
    for statistic in Statistic::ALL {
        body[statistic.name()] = json!(row.get(statistic));
    }
    body
}

/// The value at a path; most lead into the whole document.
fn look_up<'a>(
    named: &Named,
    path: &[String],
    whole: impl FnOnce() -> &'a Value,
) -> Result<Value, OresError> {
    let unknown = || {
        bad_request(format!(
            "model_info has nothing at {:?}",
            shown(&path.join("."))
        ))
    };
    let report = named.served.model.report();
    let keys: Vec<&str> = path.iter().map(String::as_str).collect();
    let answer = |label: &str, query: &Query| {
        let is_good = (label == "true") == named.is_good();
        match is_good {
            false => report.thresholds.answer(query),
            true => report.thresholds.answer_for_other_label(query),
        }
    };
    match keys.as_slice() {
        [
            "statistics",
            "thresholds",
            label @ ("true" | "false"),
            query,
        ] => {
            let query: Query = query.parse().map_err(|_| unknown())?;
            // A list, so that several queries of one label are one list.
            Ok(json!([answer(label, &query).as_ref().map(write_row)]))
        }
        ["statistics", query, rest @ ..] if query.contains('@') => {
            let query: Query = query.parse().map_err(|_| unknown())?;
            let value = |label| {
                let row = answer(label, &query)?;
                Some(row.threshold)
            };
            let counts = (report.positives, report.n - report.positives);
            let counts = match named.is_good() {
                true => (counts.1, counts.0),
                false => counts,
            };
            let found = over_labels(value("true"), value("false"), counts);
            descend(&found, rest).ok_or_else(unknown)
        }
        // The tables are made only where they are asked for.
        ["statistics", "thresholds"] => Ok(json!({
            "true": table(report, named.is_good()),
            "false": table(report, !named.is_good()),
        })),
        ["statistics", "thresholds", label @ ("true" | "false")] => {
            Ok(table(report, (*label == "true") == named.is_good()))
        }
        // Asked with every score.
        [DEFAULT] => Ok(named.served.version.as_str().into()),
        keys => descend(whole(), keys).ok_or_else(unknown),
    }
}

fn descend(document: &Value, keys: &[&str]) -> Option<Value> {
    let mut value = document;
    for key in keys {
        value = value.get(key)?;
    }
    Some(value.clone())
}

/// Puts a value where its path leads; lists of several queries become one list.
fn put(document: &mut Value, path: &[String], value: Value) {
    let is_query = path.len() == 4 && path[1] == "thresholds";
    let keys = if is_query { &path[..3] } else { path };
    let mut place = document;
    for key in keys {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        place = &mut place[key.as_str()];
    }
    match (place.as_array_mut(), value) {
        (Some(rows), Value::Array(more)) if is_query => rows.extend(more),
        (_, value) => *place = value,
    }
}

/// Keys with dots between; a quoted one may hold anything.
fn read_path(path: &str) -> Result<Vec<String>, OresError> {
    let wrong = || {
        bad_request(format!(
            "expected keys with dots between as model_info, got {:?}",
            shown(path)
        ))
    };
    let mut keys = Vec::new();
    let mut rest = path;
    loop {
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        let key = match quote {
            Some(quote) => {
                let inner = &rest[1..];
                let end = inner.find(quote).ok_or_else(wrong)?;
                rest = &inner[end + 1..];
                &inner[..end]
            }
            None => {
                let end = rest.find('.').unwrap_or(rest.len());
                let key = &rest[..end];
                rest = &rest[end..];
                key
            }
        };
        if key.is_empty() {
            return Err(wrong());
        }
        keys.push(key.to_owned());
        match rest.strip_prefix('.') {
            Some(after) => rest = after,
            None if rest.is_empty() => return Ok(keys),
            None => return Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, keys: &[&str]) {
        let read = read_path(path).ok().unwrap_or_default();
        assert_eq!(read, keys, "{path}");
    }

    #[test]
    fn paths_are_keys_with_dots_between() {
        check("version", &["version"]);
        check(
            "statistics.roc_auc.labels.true",
            &["statistics", "roc_auc", "labels", "true"],
        );
        let query = "maximum filter_rate @ recall >= 0.75";
        check(
            &format!("statistics.thresholds.true.'{query}'"),
            &["statistics", "thresholds", "true", query],
        );
        check(
            &format!("statistics.\"{query}\".labels.true"),
            &["statistics", query, "labels", "true"],
        );
        check("", &[]);
        check("a..b", &[]);
        check("a.", &[]);
        check("'a", &[]);
        check("'a'b", &[]);
    }
}
