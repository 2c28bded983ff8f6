//! What is kept of the revisions of a corpus: labelled rows, and who edited when.
//!
//! This is the sink that `run`, `extract` and `evaluate` share. It holds rows (about a kilobyte
//! each, bounded by the recipe), and 24 bytes for every other revision, which tell newcomers
//! from experienced authors; never texts. It fits nothing.

use anyhow::Result;
use ndarray::Array2;
use revscore::dataset::{Dataset, RowId};
use revscore::evaluation::{Kind, Outcome, UserClass};
use revscore::feature::Feature;
use revscore::language::{Vocabulary, VocabularyBuilder};
use revscore::model::Target;
use revscore::revision::{Page, RevisionId, Timestamp, User};
use rustc_hash::{FxHashMap, FxHashSet};
use xxhash_rust::xxh3::xxh3_64;

use crate::corpus::labels::Labels;
use crate::corpus::vandalism::vandalism;
use crate::extraction::{Extracted, Row, Sink, UserFacts};
use crate::recipe;

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
    /// Author, time and, for a row, its number: every revision seen.
    edits: Vec<(u64, Timestamp, u32)>,
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
    /// What reports group each row by.
    pub(crate) groups: Vec<(UserClass, Kind)>,
    /// What became of the revisions.
    pub(crate) counts: RowCounts,
}

impl Collector {
    pub(crate) fn new(columns: Vec<&'static Feature>, labelling: Labelling) -> Self {
        Self {
            labelling,
            columns,
            rows: Vec::new(),
            edits: Vec::new(),
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
            let moved =
                |(user, at, row): (u64, Timestamp, u32)| (user, at, row.saturating_add(n_rows));
            joined.rows.extend(next.rows);
            joined.edits.extend(next.edits.into_iter().map(moved));
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
    pub(crate) fn finish(self, vocabulary: &Vocabulary) -> Rows {
        let Self {
            columns,
            rows,
            edits,
            counts,
            ..
        } = self;
        let classes = user_classes(edits, &rows);
        let mut values = Array2::zeros((rows.len(), columns.len()));
        let mut dataset = Dataset {
            names: columns
                .iter()
                .map(|column| column.name.to_owned())
                .collect(),
            values: Array2::zeros((0, columns.len())),
            labels: Vec::with_capacity(rows.len()),
            weights: Vec::with_capacity(rows.len()),
            rows: Vec::with_capacity(rows.len()),
        };
        let mut groups = Vec::with_capacity(rows.len());
        for (row_idx, labelled) in rows.into_iter().enumerate() {
            let LabelledRow {
                id,
                label,
                weight,
                row,
            } = labelled;
            for (col, feature) in columns.iter().enumerate() {
                values[(row_idx, col)] = match &row.words {
                    Some(words) if feature.is_lexical() => {
                        feature.value_of_words(words, vocabulary)
                    }
                    _ => row.values[col],
                };
            }
            dataset.labels.push(label);
            dataset.weights.push(weight);
            dataset.rows.push(id);
            groups.push((classes[row_idx], row.kind));
        }
        dataset.values = values;
        Rows {
            dataset,
            groups,
            counts,
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
        let label = &revision.label;
        if label.revert_undone && !self.labelling.rows.revert_undone {
            counts.revert_undone += 1;
            return None;
        }
        if label.self_reverted && label.reverted.is_none() && !self.labelling.rows.self_reverted {
            counts.self_reverted += 1;
            return None;
        }
        if target == Target::Vandalism && label.reverted.is_some() {
            let is_vandalism = vandalism(label);
            counts.unclear += u64::from(is_vandalism.is_none());
            return is_vandalism;
        }
        Some(label.reverted.is_some())
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
        for edit in &mut self.edits {
            edit.2 = moved.get(edit.2 as usize).copied().unwrap_or(NO_ROW);
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
        if let Some(row) = revision.row.take()
            && let Some(label) = self.label(&revision)
        {
            if id_hash(revision.id) < self.hash_below {
                row_idx = u32::try_from(self.rows.len()).unwrap_or(NO_ROW);
                let id = RowId {
                    revision: revision.id,
                    page: page.id,
                    timestamp: revision.timestamp,
                };
                let weight = if revision.label.edit_war {
                    self.labelling.rows.edit_war_weight
                } else {
                    1.0
                };
                self.rows.push(LabelledRow {
                    id,
                    label,
                    weight,
                    row,
                });
            } else {
                self.counts.sampled_out += 1;
            }
        } else {
            self.counts.no_rows += 1;
        }
        self.edits.push((
            revision.user,
            revision.timestamp.unwrap_or(Timestamp(i64::MIN)),
            row_idx,
        ));
        self.thin();
        Ok(())
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

/// The rows' kinds of authors. Where the dump does not say how many edits an account had made,
/// the edits seen in the dump before this one are counted.
fn user_classes(mut edits: Vec<(u64, Timestamp, u32)>, rows: &[LabelledRow]) -> Vec<UserClass> {
    edits.sort_unstable();
    let mut classes = vec![UserClass::Unknown; rows.len()];
    for by_user in edits.chunk_by(|a, b| a.0 == b.0) {
        let first = by_user[0].1;
        for (n_before, &(_, at, row_idx)) in by_user.iter().enumerate() {
            if let Some(row) = rows.get(row_idx as usize) {
                classes[row_idx as usize] = user_class(&row.row.user, n_before as u64, first, at);
            }
        }
    }
    classes
}

fn user_class(facts: &UserFacts, n_seen: u64, first_seen: Timestamp, at: Timestamp) -> UserClass {
    let user = User {
        kind: facts.kind,
        groups: facts.is_bot.then(|| vec!["bot".to_owned()]),
        registered_at: facts.registered_at.or(Some(first_seen)),
        edit_count: facts.edit_count.or(Some(n_seen)),
        ..User::default()
    };
    UserClass::of(&user, Some(at))
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
            dataset,
            groups,
            counts: RowCounts::default(),
        }
    }

    /// The same rows with these columns only.
    pub(crate) fn with_columns(&self, names: &[String]) -> Self {
        Self {
            dataset: self.dataset.with_columns(names),
            groups: self.groups.clone(),
            counts: self.counts,
        }
    }

    /// The rows at these indices with the probabilities that a model gave them, for a report.
    pub(crate) fn outcomes(
        &self,
        row_indices: &[usize],
        probability: impl Fn(usize) -> f64,
    ) -> Vec<Outcome> {
        row_indices
            .iter()
            .map(|&idx| {
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
                    probability: probability(idx),
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
