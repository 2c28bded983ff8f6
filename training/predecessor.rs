//! `--keep-scale-of`: a new model whose scores mean what its predecessor's did to whoever has a
//! threshold.
//!
//! The map is found on edits that were held out when the new model was measured, where there are
//! enough of them on those alone that were saved after all that the predecessor learned from: a
//! model is surer of what it learned from than of any other edit. What the predecessor gives them is
//! computed anew, by the model itself.
//!
//! It keeps the workload nearly, not exactly: a held-out edit is scored with less learned than a live
//! one, and wikis change. Edits flagged by the old model, by the new one, and by the new one on the
//! old scale, all later than what any of them learned from (default recipe, 2026-11-25; `run --until`
//! the years given, `evaluate --since` the last of them):
//!
//! | wiki, old and new until | edits | at 0.2 | at 0.3 | at 0.5 | at 0.7 |
//! |-|-:|-:|-:|-:|-:|
//! | papwiki, 2010 and 2012 | 1,456 | 32, 137, 80 | 22, 88, 32 | 8, 25, 8 | 2, 10, 1 |
//! | jawiki, 2012 and 2017 | 12,521 | 202, 299, 232 | 78, 130, 119 | 19, 36, 24 | 7, 10, 1 |

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use revscore::dataset::{Dataset, RowId};
use revscore::evaluation::{Options, Outcome, evaluate, live_weights, workloads};
use revscore::language::Vocabulary;
use revscore::model::{ANY_WIKI, Model, QuantileMap, Scale, ScoredTwice, Shift, ShiftRow, Target};

use crate::evaluate::missing_columns;
use crate::extract::read_vocabulary;
use crate::learning::Learned;
use crate::rescoring::{Dumps, rescore};
use crate::score::open;

/// Fewer edits than this have no tail to speak of: at a threshold of 0.9, ten of them are flagged
/// where one in ten is.
const MIN_EDITS: usize = 100;

/// Parts that the edits are cut into, by page, so that each is mapped by what the others say.
const N_PARTS: u64 = 5;

/// Thresholds at which a card shows the shift.
const SHOWN: [f64; 6] = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95];

/// The model whose scale is kept.
pub(crate) struct Predecessor {
    path: PathBuf,
    model: Model,
}

impl Predecessor {
    /// Opens the predecessor of a model of this wiki and target.
    pub(crate) fn open(path: &Path, wiki: &str, target: Target) -> Result<Self> {
        let model = open(path)?;
        let name = path.display();
        if model.target() != target {
            bail!(
                "{name}: expected a model of the target {target}, as the new one is, got one of {}",
                model.target()
            );
        }
        if model.wiki() != wiki && model.wiki() != ANY_WIKI {
            bail!(
                "{name}: expected a model of {wiki} or of any wiki, got one of {}; --wiki says which wiki the new \
                 one is of",
                model.wiki()
            );
        }
        Ok(Self {
            path: path.to_owned(),
            model,
        })
    }

    /// Ends early when it cannot score the edits of dumps, which are read twice.
    pub(crate) fn check_dumps(&self, dumps: Dumps<'_>) -> Result<()> {
        if self.model.is_foreign() {
            bail!(
                "{}: expected a model of edits to keep the scale of, got one that was fitted on a table from \
                 elsewhere; use `fit` with a table that has its columns",
                self.path.display()
            );
        }
        dumps.input.check_files("--keep-scale-of")
    }

    /// What it gives the edits of dumps.
    pub(crate) fn score_dumps(&self, rows: &[RowId], dumps: Dumps<'_>) -> Result<Vec<f64>> {
        eprintln!(
            "reading the dumps again: {} held-out edits are scored by {}",
            rows.len(),
            self.path.display()
        );
        rescore(&self.model, rows, dumps)
    }

    /// What it gives the rows of a table, which must have its columns.
    pub(crate) fn score_table(&self, dataset: &Dataset, path: &Path) -> Result<Vec<f64>> {
        let missing = missing_columns(&self.model, dataset);
        let (old, table) = (self.path.display(), path.display());
        if !missing.is_empty() {
            bail!(
                "{table}: expected the columns of {old}, but these are missing: {}; `run --dump` computes them",
                missing.join(", ")
            );
        }
        let looks_up = self
            .model
            .features()
            .iter()
            .find(|feature| feature.is_lexical() || feature.is_textual());
        if let Some(feature) = looks_up
            && !has_same_words(self.model.vocabulary(), &read_vocabulary(path)?)
        {
            bail!(
                "{old}: its column {} looks up words that it learned itself, and {table} has that column by other \
                 words; `run --dump` looks them up anew",
                feature.name
            );
        }
        let dataset = dataset.with_columns(self.model.column_names());
        Ok(self.model.wanted_probabilities(dataset.values.view()))
    }

    /// Puts what was learned on the predecessor's scale, given what the predecessor gives the held-out
    /// rows. The report is made anew on it.
    pub(crate) fn keep_scale(
        &self,
        learned: &mut Learned,
        old: &[f64],
        options: &Options,
    ) -> Result<()> {
        let (outcomes, old_scores, n_maybe_learned) = self.unseen(&learned.outcomes, old);
        if outcomes.len() < MIN_EDITS {
            bail!(
                "expected at least {MIN_EDITS} held-out edits to keep the scale of {} by, got {}; give more edits, \
                 or leave out --keep-scale-of",
                self.path.display(),
                outcomes.len()
            );
        }
        if n_maybe_learned > 0 {
            eprintln!(
                "warning: {} may have learned from {n_maybe_learned} of the {} edits by which its scale is kept; a \
                 model is surer of what it learned from than of live edits",
                self.path.display(),
                outcomes.len()
            );
        }
        let map = self.map_of(&outcomes, &old_scores, options, |_| true);
        let shift = Shift {
            n: outcomes.len() as u64,
            n_maybe_learned,
            rows: self.shift(&outcomes, &old_scores, &map, options)?,
        };
        for outcome in &mut learned.outcomes {
            outcome.probability = map.apply(outcome.probability);
        }
        let comparisons = std::mem::take(&mut learned.report.comparisons);
        learned.report = evaluate(&learned.outcomes, options)?;
        // They know the order of scores alone, which a map keeps.
        learned.report.comparisons = comparisons;
        learned.scale = Some(Scale {
            of: named(&self.model),
            first_of: self
                .model
                .scale()
                .map(|scale| scale.first_of.as_ref().unwrap_or(&scale.of).clone()),
            shift,
            map,
        });
        Ok(())
    }

    /// The edits to find a map on, what the predecessor gives them, and how many of them it may have
    /// learned from: those saved later if they are enough, or else all.
    fn unseen(&self, outcomes: &[Outcome], old: &[f64]) -> (Vec<Outcome>, Vec<f64>, u64) {
        let last = self.model.provenance().last;
        let is_later = |outcome: &Outcome| last.is_some_and(|last| outcome.timestamp > Some(last));
        let all = || outcomes.iter().copied().zip(old.iter().copied());
        let (later, old_of_later): (Vec<_>, Vec<_>) =
            all().filter(|(outcome, _)| is_later(outcome)).unzip();
        if later.len() >= MIN_EDITS {
            return (later, old_of_later, 0);
        }
        let n_maybe_learned = outcomes.len() - later.len();
        let (outcomes, old) = all().unzip();
        (outcomes, old, n_maybe_learned as u64)
    }

    /// The map that is found on some of the edits.
    fn map_of(
        &self,
        outcomes: &[Outcome],
        old: &[f64],
        options: &Options,
        is_used: impl Fn(&Outcome) -> bool,
    ) -> QuantileMap {
        let weights = live_weights(outcomes, options.base_rate);
        let edits: Vec<ScoredTwice> = outcomes
            .iter()
            .zip(old.iter().zip(weights))
            .filter(|(outcome, _)| is_used(outcome))
            .map(|(outcome, (&old, weight))| ScoredTwice {
                new: outcome.probability,
                old,
                weight,
            })
            .collect();
        // Clients may have chosen the predecessor's named thresholds.
        let levels = self.model.report().levels.iter();
        let named: Vec<f64> = levels
            .filter_map(|level| Some(level.point.as_ref()?.threshold))
            .collect();
        QuantileMap::fit(&edits, &named)
    }

    /// What thresholds flag before and after. An edit that a map was found on is mapped too well, so
    /// each part of the pages is mapped by the edits of the others, where there are any.
    fn shift(
        &self,
        outcomes: &[Outcome],
        old: &[f64],
        map: &QuantileMap,
        options: &Options,
    ) -> Result<Vec<ShiftRow>> {
        let part = |outcome: &Outcome| outcome.page.0 % N_PARTS;
        let maps: Vec<QuantileMap> = (0..N_PARTS)
            .map(|held_out| {
                let is_used = |outcome: &Outcome| part(outcome) != held_out;
                match outcomes.iter().any(is_used) {
                    true => self.map_of(outcomes, old, options, is_used),
                    false => map.clone(),
                }
            })
            .collect();
        let unmapped: Vec<f64> = outcomes.iter().map(|outcome| outcome.probability).collect();
        let mapped: Vec<f64> = outcomes
            .iter()
            .map(|outcome| maps[part(outcome) as usize].apply(outcome.probability))
            .collect();
        let rows = workloads(outcomes, [old, &unmapped, &mapped], &SHOWN, options)?;
        let rows = SHOWN.into_iter().zip(rows);
        Ok(rows
            .map(|(threshold, [old, unmapped, mapped])| ShiftRow {
                threshold,
                old,
                unmapped,
                mapped,
            })
            .collect())
    }
}

/// A model as it is named in a text.
fn named(model: &Model) -> String {
    format!("{} {}", model.name(), model.version())
}

fn has_same_words(a: &Vocabulary, b: &Vocabulary) -> bool {
    let stored = |words: &Vocabulary| postcard::to_stdvec(&(words, words.evidence())).ok();
    stored(a).is_some_and(|a| Some(a) == stored(b))
}
