//! Rows that somebody else chose: a CSV of rev_ids with labels and other scorers' probabilities.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use revscore::evaluation::{Comparison, Options, Outcome, compare};
use revscore::model::Target;
use revscore::revision::RevisionId;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::rows::Rows;

/// The rows of a CSV with the columns `rev_id` and `label`, and one a scorer to compare with.
pub(crate) struct GivenRows {
    path: PathBuf,
    labels: FxHashMap<RevisionId, bool>,
    /// A scorer's name and its probability for each revision.
    scorers: Vec<(String, HashMap<RevisionId, f64>)>,
}

impl GivenRows {
    pub(crate) fn read(path: &Path, scorers: &[String]) -> Result<Self> {
        let name = path.display();
        let mut reader = csv::Reader::from_path(path).with_context(|| name.to_string())?;
        let header = reader.headers().with_context(|| name.to_string())?.clone();
        let column = |wanted: &str| {
            header
                .iter()
                .position(|column| column == wanted)
                .with_context(|| {
                    format!(
                        "{name}: expected a column {wanted:?}, got {}",
                        header.iter().collect::<Vec<_>>().join(", ")
                    )
                })
        };
        let (id_column, label_column) = (column("rev_id")?, column("label")?);
        let scorer_columns = scorers
            .iter()
            .map(|scorer| column(scorer))
            .collect::<Result<Vec<_>>>()?;
        let mut given = Self {
            path: path.to_owned(),
            labels: FxHashMap::default(),
            scorers: scorers
                .iter()
                .map(|scorer| (scorer.clone(), HashMap::new()))
                .collect(),
        };
        for record in reader.records() {
            let record = record.with_context(|| name.to_string())?;
            let line = record.position().map_or(0, csv::Position::line);
            let cell = |column: usize| record.get(column).unwrap_or_default();
            let expected = |what: &str, column: usize| {
                format!(
                    "{name}, line {line}: expected {what} in column {:?}, got {:?}",
                    &header[column],
                    cell(column)
                )
            };
            let id = cell(id_column)
                .parse()
                .map(RevisionId)
                .with_context(|| expected("a revision id", id_column))?;
            let label = match cell(label_column) {
                "1" | "true" | "True" => true,
                "0" | "false" | "False" => false,
                _ => bail!(expected("0 or 1", label_column)),
            };
            if given.labels.insert(id, label).is_some() {
                bail!("{name}, line {line}: the revision {} is there twice", id.0);
            }
            for ((_, probabilities), &column) in given.scorers.iter_mut().zip(&scorer_columns) {
                let probability: f64 = cell(column)
                    .parse()
                    .with_context(|| expected("a probability", column))?;
                if !(0.0..=1.0).contains(&probability) {
                    bail!(expected("a probability from 0 to 1", column));
                }
                probabilities.insert(id, probability);
            }
        }
        Ok(given)
    }

    /// The revisions with their labels.
    pub(crate) fn labels(&self) -> &FxHashMap<RevisionId, bool> {
        &self.labels
    }

    /// Refuses to evaluate fewer rows than were asked for.
    pub(crate) fn check_found(&self, rows: &Rows) -> Result<()> {
        let found: FxHashSet<RevisionId> =
            rows.dataset.rows.iter().map(|row| row.revision).collect();
        let mut missing: Vec<u64> = self
            .labels
            .keys()
            .filter(|id| !found.contains(id))
            .map(|id| id.0)
            .collect();
        missing.sort_unstable();
        if let [first, ..] = missing[..] {
            bail!(
                "{}: {} of {} revisions are not in the dumps, such as {first}",
                self.path.display(),
                missing.len(),
                self.labels.len()
            );
        }
        if rows.dataset.n_rows() > found.len() {
            bail!(
                "{}: {} revisions are in more than one of the dumps; give each dump once",
                self.path.display(),
                rows.dataset.n_rows() - found.len()
            );
        }
        Ok(())
    }

    /// The model of that target that gave these outcomes beside each other scorer, on the same rows.
    pub(crate) fn compare(
        &self,
        outcomes: &[Outcome],
        target: Target,
        options: &Options,
    ) -> Result<Vec<Comparison>> {
        let mut comparisons = Vec::new();
        for (name, probabilities) in &self.scorers {
            let other: Vec<f64> = outcomes
                .iter()
                .map(|outcome| probabilities[&outcome.revision])
                .map(|holds| {
                    if target.is_inverted() {
                        1.0 - holds
                    } else {
                        holds
                    }
                })
                .collect();
            comparisons.push(compare(outcomes, &other, name, options)?);
        }
        Ok(comparisons)
    }
}
