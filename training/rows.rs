//! What is kept of the revisions of a corpus: labelled rows, and who edited when.
//!
//! This is the sink that `run`, `extract` and `evaluate` share. It holds rows (about a kilobyte
//! each, bounded by the recipe), and some 150 bytes for every other revision, which tell what the
//! past says of the rows; never texts. It fits nothing.

use anyhow::Result;
use ndarray::Array2;
use rayon::prelude::*;
use revscore::corpus::LeftOut;
use revscore::dataset::{Dataset, RowId};
use revscore::evaluation::{Kind, Outcome, UserClass};
use revscore::feature::Feature;
use revscore::history::{Facts, History};
use revscore::language::{Evidence, EvidenceBuilder, Judgement, Vocabulary, VocabularyBuilder};
use revscore::model::Target;
use revscore::revision::{Page, PageId, RevisionId, Timestamp, User};
use rustc_hash::{FxHashMap, FxHashSet};
use xxhash_rust::xxh3::xxh3_64;

use crate::extraction::{Extracted, Row, Sink, UserFacts};
use crate::labels::Labels;
use crate::recipe;
use crate::timeline::Timeline;

/// How rows get their labels.
#[derive(Clone)]
pub(crate) struct Labelling {
    /// What is looked for.
    pub(crate) target: Target,
    /// Labels given by people, by revision.
    pub(crate) human: Labels,
    /// Labels that were given for exactly the rows in question; they outrank all others.
    pub(crate) given: Option<FxHashMap<RevisionId, bool>>,
    /// Which revisions are left out for what became of them.
    pub(crate) rows: recipe::Rows,
}

/// Rows as they are collected.
pub(crate) struct Collector {
    labelling: Labelling,
    columns: Vec<&'static Feature>,
    rows: Vec<LabelledRow>,
    /// Every revision seen, for what the past says of the rows.
    timeline: Timeline,
    /// For each edit of the timeline its row, or [`NO_ROW`].
    row_of_edit: Vec<u32>,
    vocabulary: VocabularyBuilder,
    /// The first row of the current page.
    page_start: usize,
    /// Only rows whose hashed id is below this are kept.
    hash_below: u64,
    counts: RowCounts,
}

/// A row with its label.
struct LabelledRow {
    id: RowId,
    label: bool,
    reverted: Option<bool>,
    weight: f32,
    row: Row,
}

/// What became of the revisions.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RowCounts {
    /// Revisions seen.
    pub(crate) revisions: u64,
    /// Left out without a look at what became of them: bots' edits, first revisions, edits of
    /// another time, and suppressed ones.
    pub(crate) no_rows: u64,
    /// Left out: reverted only by their own author.
    pub(crate) self_reverted: u64,
    /// Left out: reverted, and the revert was undone.
    pub(crate) revert_undone: u64,
    /// Left out: reverted, and it is unclear whether as vandalism.
    pub(crate) unclear: u64,
    /// Left out: nobody labelled them.
    pub(crate) unlabelled: u64,
    /// Left out: more rows than the recipe allows.
    pub(crate) sampled_out: u64,
}

/// All rows of a corpus.
pub(crate) struct Rows {
    /// Features and labels.
    pub(crate) dataset: Dataset,
    /// Whether each row counts as reverted, whatever the target; `None` where the recipe leaves
    /// that open.
    pub(crate) reverted: Vec<Option<bool>>,
    /// What reports group each row by.
    pub(crate) groups: Vec<(UserClass, Kind)>,
    /// What became of the revisions.
    pub(crate) counts: RowCounts,
}

/// A corpus that was read to its end.
pub(crate) struct Finished {
    /// Its rows.
    pub(crate) rows: Rows,
    /// The vocabulary, with the evidence that the rows are, where they kept what they say.
    pub(crate) vocabulary: Vocabulary,
    /// The wiki's history after all that was read (the last wiki's, if there were several).
    pub(crate) history: History,
}

impl Collector {
    pub(crate) fn new(columns: Vec<&'static Feature>, labelling: Labelling) -> Self {
        Self {
            labelling,
            columns,
            rows: Vec::new(),
            timeline: Timeline::default(),
            row_of_edit: Vec::new(),
            vocabulary: VocabularyBuilder::default(),
            page_start: 0,
            hash_below: u64::MAX,
            counts: RowCounts::default(),
        }
    }

    /// Collectors of the same kind, as one, in their order.
    pub(crate) fn joined(collectors: Vec<Self>) -> Option<Self> {
        collectors.into_iter().reduce(|mut joined, next| {
            let below = joined.hash_below.min(next.hash_below);
            let n_rows = joined.rows.len() as u32;
            joined.rows.extend(next.rows);
            joined.timeline.absorb(next.timeline);
            let moved = next
                .row_of_edit
                .iter()
                .map(|row| row.saturating_add(n_rows));
            joined.row_of_edit.extend(moved);
            joined.vocabulary.absorb(next.vocabulary);
            joined.counts += next.counts;
            joined.page_start = joined.rows.len();
            joined.keep_below(below);
            joined.thin();
            joined
        })
    }

    /// The vocabulary of the pages seen.
    pub(crate) fn vocabulary(&self) -> Vocabulary {
        self.vocabulary.finish()
    }

    /// The rows in the order in which they came, lexical features looked up in the vocabulary.
    pub(crate) fn finish(self, vocabulary: Vocabulary) -> Finished {
        let Self {
            columns,
            rows,
            timeline,
            row_of_edit,
            counts,
            ..
        } = self;
        let mut past = vec![Facts::default(); rows.len()];
        let history = timeline.replay(|place, facts| {
            if let Some(of_row) = past.get_mut(row_of_edit[place] as usize) {
                *of_row = facts;
            }
        });
        let (judgements, evidence) = judge_in_order(&rows);
        let (n_rows, n_columns) = (rows.len(), columns.len());
        let mut dataset = Dataset {
            names: columns
                .iter()
                .map(|column| column.name.to_owned())
                .collect(),
            values: Array2::zeros((n_rows, n_columns)),
            labels: rows.iter().map(|row| row.label).collect(),
            weights: rows.iter().map(|row| row.weight).collect(),
            rows: rows.iter().map(|row| row.id).collect(),
        };
        let reverted = rows.iter().map(|row| row.reverted).collect();
        let groups = rows
            .iter()
            .zip(&past)
            .map(|(LabelledRow { id, row, .. }, past)| {
                (user_class(&row.user, past, id.timestamp), row.kind)
            })
            .collect();
        let values = dataset.values.as_slice_mut();
        values
            .expect("a matrix that was just made is in one piece")
            .par_chunks_mut(n_columns.max(1))
            .zip(rows.into_par_iter().zip(past).zip(judgements))
            .for_each(|(values, ((LabelledRow { row, .. }, past), judgement))| {
                for (col, feature) in columns.iter().enumerate() {
                    values[col] = match &row.words {
                        _ if feature.is_historic() => feature.value_of_facts(&past),
                        _ if feature.is_textual() && row.text_items.is_some() => {
                            feature.value_of_judgement(&judgement)
                        }
                        Some(words) if feature.is_lexical() => {
                            feature.value_of_words(words, &vocabulary)
                        }
                        _ => row.values[col],
                    };
                }
            });
        let rows = Rows {
            dataset,
            reverted,
            groups,
            counts,
        };
        Finished {
            rows,
            vocabulary: vocabulary.with_evidence(evidence),
            history,
        }
    }

    fn label(&mut self, revision: &Extracted) -> Option<bool> {
        if let Some(given) = &self.labelling.given {
            let holds = given.get(&revision.id).copied();
            return holds.map(|holds| holds != self.labelling.target.is_inverted());
        }
        let target = self.labelling.target;
        let counts = &mut self.counts;
        if let Some(holds) = self.labelling.human.target(target, revision.id) {
            return Some(holds != target.is_inverted());
        }
        if target.needs_people() {
            counts.unlabelled += 1;
            return None;
        }
        let rule = self.labelling.rows.rule();
        let label = match target {
            Target::Vandalism => rule.vandalism(&revision.label),
            _ => rule.reverted(&revision.label),
        };
        let left_out = match label {
            Ok(label) => return Some(label),
            Err(LeftOut::Unclear) => &mut counts.unclear,
            Err(LeftOut::RevertUndone) => &mut counts.revert_undone,
            Err(LeftOut::SelfReverted) => &mut counts.self_reverted,
        };
        *left_out += 1;
        None
    }

    /// Drops half of the rows, by hashed id, as long as there are too many.
    fn thin(&mut self) {
        while self.rows.len() > self.labelling.rows.at_most {
            self.keep_below(self.hash_below / 2);
        }
    }

    /// Drops the rows whose hashed id is not below a limit.
    fn keep_below(&mut self, below: u64) {
        if below >= self.hash_below {
            return;
        }
        self.hash_below = below;
        let is_kept: Vec<bool> = self
            .rows
            .iter()
            .map(|row| id_hash(row.id.revision) < below)
            .collect();
        let mut moved = vec![NO_ROW; is_kept.len()];
        let mut n_kept = 0;
        for (new, _) in moved
            .iter_mut()
            .zip(&is_kept)
            .filter(|(_, is_kept)| **is_kept)
        {
            *new = n_kept;
            n_kept += 1;
        }
        for row in &mut self.row_of_edit {
            *row = moved.get(*row as usize).copied().unwrap_or(NO_ROW);
        }
        self.page_start = is_kept[..self.page_start]
            .iter()
            .filter(|is_kept| **is_kept)
            .count();
        self.counts.sampled_out += (is_kept.len() - n_kept as usize) as u64;
        let mut is_kept = is_kept.into_iter();
        self.rows.retain(|_| is_kept.next().unwrap_or(true));
    }
}

const NO_ROW: u32 = u32::MAX;

fn id_hash(id: RevisionId) -> u64 {
    xxh3_64(&id.0.to_le_bytes())
}

impl Sink for Collector {
    fn revision(&mut self, page: &Page, mut revision: Extracted) -> Result<()> {
        self.counts.revisions += 1;
        let mut row_idx = NO_ROW;
        let label = match &revision.row {
            Some(_) => self.label(&revision),
            None => {
                self.counts.no_rows += 1;
                None
            }
        };
        if let Some(label) = label
            && let Some(row) = revision.row.take()
        {
            if id_hash(revision.id) < self.hash_below {
                row_idx = u32::try_from(self.rows.len()).unwrap_or(NO_ROW);
                let id = RowId {
                    revision: revision.id,
                    page: page.id,
                    timestamp: revision.timestamp,
                };
                let said = self.labelling.human.target(Target::Reverted, revision.id);
                let rule = self.labelling.rows.rule();
                let found = || rule.reverted(&revision.label).ok();
                let weight = if revision.label.edit_war {
                    self.labelling.rows.edit_war_weight
                } else {
                    1.0
                };
                self.rows.push(LabelledRow {
                    id,
                    label,
                    reverted: said.or_else(found),
                    weight,
                    row,
                });
            } else {
                self.counts.sampled_out += 1;
            }
        }
        if let Some(seen) = revision.seen.take() {
            self.timeline.push(revision.site, seen);
            self.row_of_edit.push(row_idx);
        }
        self.thin();
        Ok(())
    }

    fn scope_pages(&mut self, wiki: u64) {
        for row in &mut self.rows {
            let PageId(id) = row.id.page;
            // No wiki has 2^48 pages; an unknown page stays one.
            row.id.page = PageId(if id == 0 { 0 } else { id | wiki << 48 });
        }
    }

    fn page_end(&mut self, _page: &Page, words: FxHashSet<String>) -> Result<()> {
        self.vocabulary.add_page(&words);
        for row in &mut self.rows[self.page_start..] {
            if let Some(table) = &mut row.row.words {
                table.mark_own_page(|word| words.contains(word));
            }
        }
        self.page_start = self.rows.len();
        Ok(())
    }
}

/// What each row's text was worth by the rows before it in time, on pages of other groups; and what
/// all of them teach.
fn judge_in_order(rows: &[LabelledRow]) -> (Vec<Judgement>, Evidence) {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|&idx| (rows[idx].id.timestamp, rows[idx].id.revision));
    let mut judgements = vec![Judgement::NONE; rows.len()];
    let mut builder = EvidenceBuilder::default();
    for idx in order {
        let LabelledRow { id, label, row, .. } = &rows[idx];
        if let Some(items) = &row.text_items {
            judgements[idx] = builder.judge(items, id.page.0);
            builder.add(items, id.page.0, *label);
        }
    }
    (judgements, builder.finish())
}

/// The kind of author, as far as the dump and the edits in it before this one tell.
fn user_class(facts: &UserFacts, past: &Facts, at: Option<Timestamp>) -> UserClass {
    let user = User {
        kind: facts.kind,
        groups: facts.is_bot.then(|| vec!["bot".to_owned()]),
        registered_at: facts.registered_at,
        edit_count: facts.edit_count,
        ..User::default()
    };
    UserClass::of(&past.complete(user, at), at)
}

impl std::ops::AddAssign for RowCounts {
    fn add_assign(&mut self, other: Self) {
        self.revisions += other.revisions;
        self.no_rows += other.no_rows;
        self.self_reverted += other.self_reverted;
        self.revert_undone += other.revert_undone;
        self.unclear += other.unclear;
        self.unlabelled += other.unlabelled;
        self.sampled_out += other.sampled_out;
    }
}

impl RowCounts {
    /// Tells the user what was left out.
    pub(crate) fn say(&self) {
        let left_out = [
            (
                self.no_rows,
                "by bots, first of their page, of another time, or suppressed in part",
            ),
            (self.self_reverted, "reverted only by their own author"),
            (self.revert_undone, "whose revert was undone"),
            (
                self.unclear,
                "reverted, and it is unclear whether as vandalism",
            ),
            (self.unlabelled, "without a label"),
            (self.sampled_out, "beyond the recipe's number of rows"),
        ];
        for (n, what) in left_out.iter().filter(|(n, _)| *n > 0) {
            eprintln!("left out {n} of {} edits: {what}", self.revisions);
        }
    }
}

impl Rows {
    /// Rows of a table, of whose authors and kinds nothing is known.
    pub(crate) fn without_groups(dataset: Dataset) -> Self {
        let groups = vec![(UserClass::Unknown, Kind::Other); dataset.n_rows()];
        Self {
            reverted: vec![None; dataset.n_rows()],
            dataset,
            groups,
            counts: RowCounts::default(),
        }
    }

    /// The same rows with these columns only.
    pub(crate) fn with_columns(&self, names: &[String]) -> Self {
        Self {
            dataset: self.dataset.with_columns(names),
            reverted: self.reverted.clone(),
            groups: self.groups.clone(),
            counts: self.counts,
        }
    }

    /// The rows at these indices with the probabilities that a model gave them, in the same order,
    /// for a report.
    pub(crate) fn outcomes(
        &self,
        row_indices: &[usize],
        probabilities: impl IntoIterator<Item = f64>,
    ) -> Vec<Outcome> {
        row_indices
            .iter()
            .zip(probabilities)
            .map(|(&idx, probability)| {
                let RowId {
                    revision,
                    page,
                    timestamp,
                } = self.dataset.rows[idx];
                let (user_class, kind) = self.groups[idx];
                let label = self.dataset.labels[idx];
                Outcome {
                    revision,
                    page,
                    timestamp,
                    label,
                    probability,
                    user_class,
                    kind,
                }
            })
            .collect()
    }

    /// The first and the last time of a row.
    pub(crate) fn period(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        let times = || self.dataset.rows.iter().filter_map(|row| row.timestamp);
        (times().min(), times().max())
    }
}
