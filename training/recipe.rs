//! A recipe: what to learn from, with what, and how to measure it, as data.
//!
//! The same recipe over the same inputs gives the same model, byte for byte. A recipe knows no
//! file and no wiki; those are the command's arguments.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};
use revscore::corpus::{LabelOptions, Rule, Window};
use revscore::estimator::{CalibrationKind, EstimatorParams};
use revscore::evaluation::BaseRate;
use revscore::feature::{self, Feature, FeatureSet};
use serde::Deserialize;

/// The recipe that is used when none is named.
pub(crate) const DEFAULT: &str = include_str!("recipes/default.toml");

/// A whole recipe; every field has the default that `recipes/default.toml` documents.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recipe {
    /// Which features: `ores` or `full`.
    pub(crate) features: FeatureSet,
    /// Groups (`words`) or single features (`user.is_anon`) to leave out.
    #[serde(default)]
    pub(crate) without: Vec<String>,
    /// Seeds everything random.
    pub(crate) seed: u64,
    /// What counts as reverted.
    pub(crate) labels: Labels,
    /// Which revisions become rows.
    pub(crate) rows: Rows,
    /// How the figures of the card are measured.
    pub(crate) evaluation: Evaluation,
    /// What learns.
    pub(crate) estimator: EstimatorParams,
    /// How raw scores become probabilities.
    pub(crate) calibration: Calibration,
    /// Names for several groups or features, which `ablate` takes together.
    #[serde(default)]
    pub(crate) bundles: BTreeMap<String, Vec<String>>,
}

/// What counts as reverted.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Labels {
    /// How many revisions may lie between the reverting and the restored one.
    pub(crate) radius: usize,
    /// A later revert does not count: `48h`, or `none`.
    #[serde(deserialize_with = "read_window")]
    pub(crate) window: Window,
}

/// A page may be all there is.
fn no_limit() -> f64 {
    1.0
}

fn read_window<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Window, D::Error> {
    String::deserialize(deserializer)?
        .parse()
        .map_err(serde::de::Error::custom)
}

impl Labels {
    /// For the labeller.
    pub(crate) fn options(&self) -> LabelOptions {
        LabelOptions {
            radius: self.radius,
            window_seconds: self.window.0,
        }
    }
}

/// Which revisions become rows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rows {
    /// Keep edits by bots.
    pub(crate) bots: bool,
    /// Keep first revisions of pages.
    pub(crate) first_revisions: bool,
    /// Keep edits that only their own author reverted (as not reverted).
    pub(crate) self_reverted: bool,
    /// Keep edits whose revert was itself undone.
    pub(crate) revert_undone: bool,
    /// How much a reverted edit counts whose author and reverter were reverting each other, beside
    /// 1 for all others; above 0 and at most 1.
    #[serde(default = "full_weight")]
    pub(crate) edit_war_weight: f32,
    /// The share of the rows that learn without what only the parent revision tells (its author,
    /// time and comment), so that edits can be scored of which just the two texts are known.
    pub(crate) parent_unknown: f64,
    /// The share of the rows that learn without the wiki's history, likewise.
    #[serde(default)]
    pub(crate) history_unknown: f64,
    /// No page counts for more than this share of the rows; those of a larger one weigh less.
    #[serde(default = "no_limit")]
    pub(crate) largest_page: f64,
    /// At most this many rows; of more, an even sample by hashed revision id is kept.
    pub(crate) at_most: usize,
}

impl Rows {
    /// Which edits count, and as what.
    pub(crate) fn rule(&self) -> Rule {
        Rule {
            bots: self.bots,
            first_revisions: self.first_revisions,
            self_reverted: self.self_reverted,
            revert_undone: self.revert_undone,
        }
    }
}

fn full_weight() -> f32 {
    1.0
}

/// How the figures of the card are measured.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Evaluation {
    /// How rows are held out.
    pub(crate) split: Split,
    /// Share of the rows that is held out at the end (`time`).
    pub(crate) held_out: f64,
    /// The share of such edits among all live edits, where the rows are a sample with another
    /// share.
    #[serde(default)]
    pub(crate) base_rate: Option<f64>,
}

/// Ways to hold rows out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Split {
    /// The last rows in time.
    Time,
    /// Every page once, by cross-validation over pages, in the folds of the calibration.
    Pages,
    /// Random rows: neighbours on a page land on both sides, so figures are too good. Refused
    /// without `--i-know`.
    RandomRows,
}

/// How raw scores become probabilities.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Calibration {
    /// `platt` or `isotonic`.
    pub(crate) kind: CalibrationKind,
    /// Folds that the out-of-fold scores come from.
    pub(crate) folds: usize,
}

impl Recipe {
    /// Reads a recipe, or the default one; gives its text too, for the model's provenance.
    pub(crate) fn read(path: Option<&Path>) -> Result<(Self, String)> {
        let (text, name) = match path {
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("recipe {}", path.display()))?;
                (text, path.display().to_string())
            }
            None => (DEFAULT.to_owned(), "the default recipe".to_owned()),
        };
        let recipe = Self::parse(&text).with_context(|| format!("recipe {name}"))?;
        Ok((recipe, text))
    }

    /// Reads a recipe's text.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let recipe: Self = toml::from_str(text)?;
        recipe.check()?;
        Ok(recipe)
    }

    fn check(&self) -> Result<()> {
        if !(0.0..1.0).contains(&self.evaluation.held_out) || self.evaluation.held_out == 0.0 {
            bail!(
                "evaluation.held_out: expected a share above 0 and below 1, got {}",
                self.evaluation.held_out
            );
        }
        if !(2..=50).contains(&self.calibration.folds) {
            bail!(
                "calibration.folds: expected 2 to 50, got {}",
                self.calibration.folds
            );
        }
        if let Some(rate) = self.evaluation.base_rate {
            BaseRate::new(rate).map_err(|error| anyhow!("evaluation.base_rate: {error}"))?;
        }
        for (name, share) in [
            ("parent_unknown", self.rows.parent_unknown),
            ("history_unknown", self.rows.history_unknown),
        ] {
            if !(0.0..1.0).contains(&share) {
                bail!("rows.{name}: expected a share of at least 0 and below 1, got {share}");
            }
        }
        if !(self.rows.edit_war_weight > 0.0 && self.rows.edit_war_weight <= 1.0) {
            bail!(
                "rows.edit_war_weight: expected a weight above 0 and at most 1, got {}",
                self.rows.edit_war_weight
            );
        }
        if !(0.0..=1.0).contains(&self.rows.largest_page) || self.rows.largest_page == 0.0 {
            bail!(
                "rows.largest_page: expected a share above 0 and at most 1, got {}",
                self.rows.largest_page
            );
        }
        if self.labels.radius == 0 {
            bail!("labels.radius: expected 1 or more, got 0");
        }
        for (bundle, members) in &self.bundles {
            if is_known(bundle) {
                bail!("bundles: expected another name than that of a group, got {bundle:?}");
            }
            if let Some(member) = members.iter().find(|member| !is_known(member)) {
                bail!("bundles.{bundle}: expected groups or features, got {member:?}");
            }
        }
        self.columns().map(drop)
    }

    /// The features that a model of this recipe sees, in order.
    pub(crate) fn columns(&self) -> Result<Vec<&'static Feature>> {
        let mut columns = self.features.features();
        for name in &self.without {
            let before = columns.len();
            columns.retain(|column| !covers(name, column.name));
            if columns.len() == before && !is_known(name) {
                bail!("without: expected a group or a feature, got {name:?}");
            }
        }
        if columns.is_empty() {
            bail!("without: no feature is left");
        }
        Ok(columns)
    }
}

/// Whether a recipe's word, the name of a group or of a feature, speaks of that feature.
pub(crate) fn covers(name: &str, feature: &str) -> bool {
    feature
        .strip_prefix(name)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn is_known(name: &str) -> bool {
    feature::find(name).is_some() || feature::GROUPS.iter().any(|group| group.name == name)
}
