//! `--blind user`: models that do not see who made an edit.
//!
//! A scorer that knows the author is better at ranking and harder on newcomers, of whom most mean
//! well. Whether that is worth it is the wiki's decision; here it can be had both ways, and the
//! report of a blind model says what the blindness costs: both are measured on the same held-out
//! edits, and compared in pairs.
//!
//! Blind is the model, not the measuring: reports still count authors of each class apart. What the
//! text of an edit gives away about its author (language, signature) cannot be taken out.

use anyhow::{Result, bail};
use clap::ValueEnum;
use revscore::evaluation::compare;
use revscore::feature;
use revscore::model::Target;

use crate::learning::{Learned, learn, options};
use crate::recipe::Recipe;
use crate::rows::Rows;

/// What a model does not see.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Blind {
    /// Who made the edit: rights, age, name and history of the author
    User,
}

impl Blind {
    /// Rows without what is not to be seen.
    pub(crate) fn rows(self, rows: &Rows) -> Result<Rows> {
        let names = &rows.dataset.names;
        if let Some(name) = names.iter().find(|name| feature::find(name).is_none()) {
            bail!(
                "--blind user: whether the column {name:?} tells about the author is not known; leave such columns \
                 out of the table instead"
            );
        }
        let Self::User = self;
        let hidden = feature::bundle("user").unwrap_or_default();
        let is_hidden = |name: &String| hidden.iter().any(|feature| feature.name == name);
        let seen: Vec<String> = names
            .iter()
            .filter(|name| !is_hidden(name))
            .cloned()
            .collect();
        if seen.len() == names.len() {
            bail!("--blind user: no feature tells about the author, so there is nothing to hide");
        }
        if seen.is_empty() {
            bail!(
                "--blind user: all features tell about the author, so nothing is left to learn from"
            );
        }
        Ok(rows.with_columns(&seen))
    }

    /// As on the command line.
    pub(crate) fn selection(self) -> [String; 2] {
        let Self::User = self;
        ["--blind".to_owned(), "user".to_owned()]
    }
}

/// Learns from rows without what is not to be seen, and beside it from all columns, so that the
/// report says what the blindness costs.
pub(crate) fn learn_blind(
    rows: &Rows,
    blinded: &Rows,
    recipe: &Recipe,
    target: Target,
    i_know: bool,
    say: &dyn Fn(&str),
) -> Result<Learned> {
    say("first with what tells about the author, for comparison");
    let seeing = learn(rows, recipe, target, i_know, say)?;
    say("now without");
    let mut learned = learn(blinded, recipe, target, i_know, say)?;
    let other: Vec<f64> = seeing
        .outcomes
        .iter()
        .map(|outcome| outcome.probability)
        .collect();
    learned.report.comparisons.push(compare(
        &learned.outcomes,
        &other,
        "the same, seeing who made the edit",
        &options(recipe, target),
    )?);
    Ok(learned)
}
