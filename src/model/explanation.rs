//! Why a score is what it is: the features that moved it, and the reasons that they add up to.
//!
//! Contributions are additive on the estimator's raw scale (log-odds for boosted trees and
//! logistic regression): with the bias they sum to the raw score, and so do those of the reasons,
//! each of which is a family of features. They say what moved this model, not what is true of the
//! edit's author.

use std::collections::BTreeMap;

use crate::edit::Edit;
use crate::estimator::Contributions;
use crate::feature::{Feature, Unit};

use super::wording::Seen;
use super::{Family, Model, Score};

/// A score and its reasons.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The score.
    pub score: Score,
    /// The probability of an average training edit: where the reasons start from. It is that of
    /// what is looked for, as the model's thresholds are.
    pub base: f64,
    /// The same on the raw scale.
    pub bias: f64,
    /// Where the reasons end: what `bias` and all contributions sum to, up to rounding.
    pub raw_score: f64,
    /// Families of features that moved the score, the strongest first; a dozen at most, or some more.
    pub reasons: Vec<Reason>,
    /// Every feature that moved the score, the strongest first.
    pub features: Vec<FeaturePart>,
}

/// A family's part in a score.
#[derive(Clone, Debug)]
pub struct Reason {
    /// The family.
    pub family: Family,
    /// How far its features together moved the raw score; above zero towards what is looked for.
    pub contribution: f64,
    /// Its share of all reasons' movement in either direction, 0 to 1.
    pub share: f64,
    /// What the family sees in this edit, in words.
    pub text: String,
}

/// One feature's part in a score.
#[derive(Clone, Debug)]
pub struct FeaturePart {
    /// The feature's name.
    pub feature: &'static str,
    /// Its value; `None` when missing.
    pub value: Option<f32>,
    /// How far it moved the raw score; above zero towards what is looked for.
    pub contribution: f64,
    /// Its share of all features' movement in either direction, 0 to 1.
    pub share: f64,
    /// The same in words.
    pub text: String,
}

impl Explanation {
    pub(super) fn new(model: &Model, edit: &Edit<'_>, row: &[f32]) -> Self {
        let contributions = model.parts.predictor.contributions(row);
        let columns = model.features();
        let seen = Seen {
            edit,
            columns,
            row,
            vocabulary: model.vocabulary(),
        };
        Self {
            score: model.score_row(row),
            base: model.published(contributions.bias),
            bias: contributions.bias,
            raw_score: model.parts.predictor.raw_score(row),
            reasons: reasons(&seen, &contributions),
            features: feature_parts(columns, row, &contributions),
        }
    }
}

fn reasons(seen: &Seen<'_, '_>, contributions: &Contributions) -> Vec<Reason> {
    let families = families(seen.columns, contributions);
    let total: f64 = families.iter().map(|(_, part)| part.abs()).sum();
    let reasons = families.into_iter().map(|(family, contribution)| Reason {
        family,
        contribution,
        share: contribution.abs() / total,
        text: seen.say(family, contribution),
    });
    reasons.collect()
}

/// How far each family of features moved a raw score, the strongest first; those that did not are left out.
pub(super) fn families(
    columns: &[&'static Feature],
    contributions: &Contributions,
) -> Vec<(Family, f64)> {
    let mut families: BTreeMap<Family, f64> = BTreeMap::new();
    for (column, part) in columns.iter().zip(&contributions.features) {
        *families.entry(Family::of(column)).or_default() += part;
    }
    let mut families: Vec<(Family, f64)> = families.into_iter().collect();
    families.retain(|(_, part)| *part != 0.0);
    families.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
    families
}

fn feature_parts(
    columns: &[&'static Feature],
    row: &[f32],
    contributions: &Contributions,
) -> Vec<FeaturePart> {
    let total: f64 = contributions.features.iter().map(|part| part.abs()).sum();
    let mut parts: Vec<FeaturePart> = columns
        .iter()
        .zip(row)
        .zip(&contributions.features)
        .filter(|(_, part)| **part != 0.0)
        .map(|((feature, &value), &contribution)| FeaturePart {
            feature: feature.name,
            value: Some(value).filter(|value| !value.is_nan()),
            contribution,
            share: contribution.abs() / total,
            text: text(feature, value, contribution),
        })
        .collect();
    parts.sort_by(|a, b| b.share.total_cmp(&a.share).then(a.feature.cmp(b.feature)));
    parts
}

/// Such as `words added: 12 (raises the score)`.
fn text(feature: &Feature, value: f32, contribution: f64) -> String {
    // What a doc says after a semicolon is when the value is missing.
    let what = feature
        .doc
        .split(';')
        .next()
        .unwrap_or_default()
        .trim_end_matches('.');
    let direction = if contribution > 0.0 {
        "raises"
    } else {
        "lowers"
    };
    if value.is_nan() {
        return format!("{what}: not known ({direction} the score)");
    }
    let value = match feature.unit {
        Unit::Flag => (if value == 0.0 { "no" } else { "yes" }).to_owned(),
        Unit::LogCount => plain(value.exp_m1()),
        Unit::Seconds => duration(value),
        Unit::LogSeconds => duration(value.exp_m1()),
        Unit::Count
        | Unit::Chars
        | Unit::Bytes
        | Unit::Hours
        | Unit::Code
        | Unit::Ratio
        | Unit::Nats => plain(value),
    };
    format!("{what}: {value} ({direction} the score)")
}

/// At most two decimals, none where there are none.
fn plain(value: f32) -> String {
    if value.abs() >= 100.0 || (value - value.round()).abs() < 0.005 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    }
}

/// The largest fitting unit: `3 days`.
fn duration(seconds: f32) -> String {
    let units = [
        ("years", 31_557_600.0),
        ("days", 86_400.0),
        ("hours", 3_600.0),
        ("minutes", 60.0),
    ];
    match units.iter().find(|(_, length)| seconds >= 2.0 * length) {
        Some((name, length)) => format!("{:.0} {name}", seconds / length),
        None => format!("{seconds:.0} seconds"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::Compute;

    #[track_caller]
    fn check(unit: Unit, value: f32, contribution: f64, expected: &str) {
        let feature = Feature {
            name: "group.what",
            unit,
            doc: "Words added.",
            revscoring: None,
            compute: Compute::Edit(|_| f32::NAN),
        };
        assert_eq!(text(&feature, value, contribution), expected);
    }

    #[test]
    fn reasons_are_read_aloud_in_their_units() {
        check(Unit::Count, 12.0, 0.5, "Words added: 12 (raises the score)");
        check(
            Unit::Ratio,
            0.256,
            -0.5,
            "Words added: 0.26 (lowers the score)",
        );
        check(Unit::Flag, 1.0, 0.5, "Words added: yes (raises the score)");
        check(
            Unit::LogCount,
            3.0_f32.ln_1p(),
            0.5,
            "Words added: 3 (raises the score)",
        );
        check(
            Unit::LogSeconds,
            7_200.0_f32.ln_1p(),
            0.5,
            "Words added: 2 hours (raises the score)",
        );
        check(
            Unit::Seconds,
            45.0,
            0.5,
            "Words added: 45 seconds (raises the score)",
        );
        check(
            Unit::Count,
            f32::NAN,
            -0.1,
            "Words added: not known (lowers the score)",
        );
    }
}
