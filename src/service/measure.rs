//! What a model's recipe measures by: which edits count, and what counts as reverted.
//!
//! The recipe is inside the model, as the trainer's text. Only what a ledger needs of it is read here;
//! the trainer reads the whole.

use serde::Deserialize;

use crate::corpus::{LabelOptions, Rule, Window};
use crate::edit::Edit;
use crate::model::Model;

/// A model's measure.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Measure {
    pub(crate) rule: Rule,
    pub(crate) labels: LabelOptions,
}

/// The parts of a recipe that are read.
#[derive(Deserialize)]
struct Recipe {
    labels: Labels,
    rows: Rows,
}

#[derive(Deserialize)]
struct Labels {
    radius: usize,
    window: String,
}

#[derive(Deserialize)]
struct Rows {
    bots: bool,
    first_revisions: bool,
    self_reverted: bool,
    revert_undone: bool,
}

impl Measure {
    /// Reads it from a model; the default (of the trainer too, but for a window of 48 hours) where it has
    /// no recipe of this kind.
    pub(crate) fn of(model: &Model) -> Self {
        Self::parse(&model.provenance().recipe).unwrap_or_default()
    }

    fn parse(recipe: &str) -> Option<Self> {
        let Recipe { labels, rows } = toml::from_str(recipe).ok()?;
        let Window(window_seconds) = labels.window.parse().ok()?;
        Some(Self {
            rule: Rule {
                bots: rows.bots,
                first_revisions: rows.first_revisions,
                self_reverted: rows.self_reverted,
                revert_undone: rows.revert_undone,
            },
            labels: LabelOptions {
                radius: labels.radius,
                window_seconds,
            },
        })
    }

    /// Whether an edit is among those that count: the trainer takes rows from the same.
    pub(crate) fn counts(&self, edit: &Edit<'_>) -> bool {
        let (revision, parent) = (edit.revision(), edit.parent());
        let is_suppressed = revision.text.is_none()
            || revision.comment.is_none()
            || revision.user.name.is_none()
            || parent.is_some_and(|parent| parent.text.is_none());
        !is_suppressed
            && (self.rule.bots || !revision.user.is_bot())
            && (self.rule.first_revisions || parent.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trainers_recipes_are_understood() {
        #[track_caller]
        fn check(recipe: &str, window_seconds: Option<i64>) {
            let measure = Measure::parse(recipe).unwrap();
            assert_eq!(measure.rule, Rule::default());
            let labels = LabelOptions {
                radius: 15,
                window_seconds,
            };
            assert_eq!(measure.labels, labels);
        }
        let recipe = include_str!("../../training/recipes/default.toml");
        check(recipe, None);
        let two_days = recipe.replace("window = \"none\"", "window = \"48h\"");
        check(&two_days, Some(48 * 3_600));
        assert_eq!(Measure::parse(""), None);
    }
}
