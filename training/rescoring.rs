//! Rows that were collected from dumps, scored by another model: in a second pass over the same
//! dumps, since each model has columns, words and a language of its own, and texts are not kept.

use anyhow::{Result, bail};
use revscore::dataset::RowId;
use revscore::model::Model;
use revscore::revision::{PageId, RevisionId, Timestamp};
use rustc_hash::FxHashMap;

use crate::evaluate::{Measured, collect_rows};
use crate::input::InputArgs;

/// Where the rows come from.
#[derive(Clone, Copy)]
pub(crate) struct Dumps<'a> {
    /// The dumps.
    pub(crate) input: &'a InputArgs,
    /// The wiki that they are of, or `any`.
    pub(crate) wiki: &'a str,
    /// The time that they end at.
    pub(crate) until: Option<Timestamp>,
}

/// The probability that a model gives each of the rows, in their order: that the edit is one that is
/// looked for.
pub(crate) fn rescore(model: &Model, rows: &[RowId], dumps: Dumps<'_>) -> Result<Vec<f64>> {
    // No label goes into a score; one has to be given for a row to be collected.
    let given: FxHashMap<RevisionId, bool> = rows.iter().map(|row| (row.revision, false)).collect();
    let found = collect_rows(
        model,
        &Measured {
            input: dumps.input,
            wiki: dumps.wiki,
            since: None,
            until: dumps.until,
            given: Some(&given),
        },
    )?;
    let scores = model.wanted_probabilities(found.dataset.values.view());
    // Wikis that are read together may have the same revision ids; pages are kept apart.
    let of_row: FxHashMap<(PageId, RevisionId), f64> = found
        .dataset
        .rows
        .iter()
        .map(|row| (row.page, row.revision))
        .zip(scores)
        .collect();
    let scores: Vec<f64> = rows
        .iter()
        .filter_map(|row| of_row.get(&(row.page, row.revision)).copied())
        .collect();
    if scores.len() < rows.len() {
        bail!(
            "{} of {} edits were not in the dumps when they were read again; expected files, which are read twice, \
             not pipes",
            rows.len() - scores.len(),
            rows.len()
        );
    }
    Ok(scores)
}
