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

/// The features that tell about an edit's author: `*` stands for the rest of a name, or for any
/// group. Facts about the author of the edit before are none: they are the page's past.
const TELLS_OF_AUTHOR: [&str; 8] = [
    "user.*",
    "author.*",
    "author_history.*",
    "name.*",
    "time.since_user_edit",
    "origin.same_author",
    // Only registered users can call an edit minor.
    "edit_summary.is_minor",
    // By what the word means in every group.
    "*.user_*",
];

impl Blind {
    fn hides(self, feature: &str) -> bool {
        match self {
            Self::User => TELLS_OF_AUTHOR
                .iter()
                .any(|pattern| is_match(feature, pattern)),
        }
    }

    /// Rows without what is not to be seen.
    pub(crate) fn rows(self, rows: &Rows) -> Result<Rows> {
        let names = &rows.dataset.names;
        if let Some(name) = names.iter().find(|name| feature::find(name).is_none()) {
            bail!(
                "--blind user: whether the column {name:?} tells about the author is not known; leave such columns \
                 out of the table instead"
            );
        }
        let seen: Vec<String> = names
            .iter()
            .filter(|name| !self.hides(name))
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

/// Whether a name is `*` + middle + `*`, either star being optional.
fn is_match(name: &str, pattern: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(rest), Some(_)) => name.contains(rest.trim_end_matches('*')),
        (Some(end), None) => name.ends_with(end),
        (None, Some(beginning)) => name.starts_with(beginning),
        (None, None) => name == pattern,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_patterns() {
        #[track_caller]
        fn check(name: &str, is_hidden: bool) {
            assert_eq!(Blind::User.hides(name), is_hidden, "{name}");
        }
        for name in [
            "user.age",
            "author.is_anonymous",
            "name.chars",
            "origin.same_author",
            "author_history.edits",
        ] {
            check(name, true);
        }
        for name in [
            "namespace.is_user",
            "origin.parent_is_anonymous",
            "page_history.parent_author_edits",
            "added.chars",
        ] {
            check(name, false);
        }
    }

    /// Whoever adds a feature whose doc speaks of the author has to decide: here, or in the table.
    #[test]
    fn every_feature_about_the_author_is_hidden_or_known_to_be_none() {
        const ABOUT_OTHERS: [&str; 3] = [
            "namespace.is_user",
            "origin.parent_is_anonymous",
            "page_history.editors",
        ];
        for feature in feature::GROUPS.iter().flat_map(|group| group.features) {
            let speaks = ["author", "account", "user"]
                .iter()
                .any(|word| feature.doc.contains(word));
            assert!(
                !speaks || Blind::User.hides(feature.name) || ABOUT_OTHERS.contains(&feature.name),
                "{}: {}",
                feature.name,
                feature.doc
            );
        }
    }
}
