//! `score`: a model and a dump -> a probability for every edit, as JSON lines.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read as _, Seek as _, Write as _};
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use revscore::corpus::LabelOptions;
use revscore::dataset::RowId;
use revscore::feature::{self, Feature};
use revscore::history::Facts;
use revscore::model::{ANY_WIKI, Model};
use revscore::revision::{Page, PageId, RevisionId, Timestamp};
use rustc_hash::FxHashSet;
use serde::Serialize;

use crate::extraction::{Extracted, Extraction, Sink, Wanted};
use crate::input::InputArgs;
use crate::output::{Output, is_broken_pipe};
use crate::timeline::Timeline;

/// Scores every edit of a dump
///
/// Writes one JSON line an edit: rev_id, page_id, timestamp, prediction, probability, in the order
/// of the dump. An edit whose text or whose parent's text is suppressed cannot be scored: its
/// prediction and probability are null, and a reason stands beside them. With a model that asks
/// what the author and the page did before, edits are scored when all are read (about 300 bytes an
/// edit are held, and their features in a temporary file); with others as they stream by.
#[derive(Args, Debug)]
pub(crate) struct ScoreArgs {
    /// The model to score with
    #[arg(long, value_name = "FILE")]
    model: PathBuf,

    #[command(flatten)]
    input: InputArgs,

    /// Score no edit before this time
    #[arg(long, value_name = "DATE")]
    since: Option<Timestamp>,

    /// Score no edit from this time on
    #[arg(long, value_name = "DATE")]
    until: Option<Timestamp>,

    /// Where to write the scores; `-` is standard output
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// One line of output.
#[derive(Serialize)]
struct ScoredLine {
    rev_id: RevisionId,
    page_id: PageId,
    timestamp: Option<Timestamp>,
    /// Null, as the probability, when the edit cannot be scored.
    prediction: Option<bool>,
    probability: Option<f64>,
    /// Why it cannot be.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

/// The reason of an edit whose text or whose parent's text is suppressed.
const TEXT_SUPPRESSED: &str = "text_suppressed";

/// A feature that is missing exactly when a text of the edit is suppressed: an additional column,
/// after those of the model, which may have none that tells.
const TEXTS_ARE_KNOWN: &str = "origin.parent_chars";

/// Writes a line for each row.
struct ScoreWriter {
    model: Model,
    out: Output,
    n_scored: u64,
    n_suppressed: u64,
    /// Where the model asks for the past, rows wait for the end of the dumps.
    waiting: Option<Waiting>,
}

/// Rows that cannot be scored before all edits are known: a dump is not in order of time.
struct Waiting {
    timeline: Timeline,
    rows: Vec<WaitingRow>,
    /// The rows' values, one row after the other, in a file that has no name.
    values: BufWriter<File>,
}

struct WaitingRow {
    id: RowId,
    /// The edit's place in the timeline, if it has one.
    place: Option<usize>,
}

impl Sink for ScoreWriter {
    fn revision(&mut self, page: &Page, mut revision: Extracted) -> Result<()> {
        let seen = revision.seen.take();
        let site = revision.site;
        let place = match (&mut self.waiting, seen) {
            (Some(waiting), Some(seen)) => Some(waiting.timeline.push(site, seen)),
            _ => None,
        };
        let Some(row) = revision.row else {
            return Ok(());
        };
        let id = RowId {
            revision: revision.id,
            page: page.id,
            timestamp: revision.timestamp,
        };
        match &mut self.waiting {
            None => self.write(id, &row.values),
            Some(waiting) => {
                for value in &row.values {
                    waiting.values.write_all(&value.to_le_bytes())?;
                }
                waiting.rows.push(WaitingRow { id, place });
                Ok(())
            }
        }
    }

    fn page_end(&mut self, _page: &Page, _words: FxHashSet<String>) -> Result<()> {
        Ok(())
    }
}

impl ScoreWriter {
    fn new(model: Model, out: Output) -> Result<Self> {
        let has_history = model.features().iter().any(|feature| feature.is_historic());
        let waiting = match has_history {
            true => Some(Waiting {
                timeline: Timeline::default(),
                rows: Vec::new(),
                values: BufWriter::new(tempfile::tempfile().context("a temporary file")?),
            }),
            false => None,
        };
        Ok(Self {
            model,
            out,
            n_scored: 0,
            n_suppressed: 0,
            waiting,
        })
    }

    fn write(&mut self, id: RowId, values: &[f32]) -> Result<()> {
        let score = match values.split_last() {
            Some((known, values)) if !known.is_nan() => Some(self.model.score_row(values)),
            _ => None,
        };
        let line = ScoredLine {
            rev_id: id.revision,
            page_id: id.page,
            timestamp: id.timestamp,
            prediction: score.map(|score| score.prediction),
            probability: score.map(|score| score.probability),
            reason: score.is_none().then_some(TEXT_SUPPRESSED),
        };
        serde_json::to_writer(&mut self.out, &line)?;
        self.out.write_all(b"\n")?;
        match score {
            Some(_) => self.n_scored += 1,
            None => self.n_suppressed += 1,
        }
        Ok(())
    }

    /// Scores the rows that wait, now that all of the past is known.
    fn write_waiting(&mut self) -> Result<()> {
        let Some(waiting) = self.waiting.take() else {
            return Ok(());
        };
        let mut past = vec![Facts::default(); waiting.timeline.len()];
        waiting.timeline.replay(|place, facts| past[place] = facts);
        let mut file = waiting
            .values
            .into_inner()
            .map_err(|error| error.into_error())?;
        file.rewind()?;
        let mut file = BufReader::new(file);
        let columns = columns_of(&self.model);
        let mut bytes = vec![0_u8; columns.len() * size_of::<f32>()];
        for WaitingRow { id, place } in waiting.rows {
            file.read_exact(&mut bytes)?;
            let past = place.map_or_else(Facts::default, |place| past[place]);
            let values: Vec<f32> = bytes
                .chunks_exact(size_of::<f32>())
                .zip(&columns)
                .map(|(bytes, column)| match column.is_historic() {
                    true => column.value_of_facts(&past),
                    false => f32::from_le_bytes(bytes.try_into().expect("a chunk of four bytes")),
                })
                .collect();
            self.write(id, &values)?;
        }
        Ok(())
    }
}

/// Runs it.
pub(crate) fn run(args: &ScoreArgs) -> Result<()> {
    let model = open_for_edits(&args.model)?;
    let extraction = Extraction {
        columns: columns_of(&model),
        vocabulary: Some(model.vocabulary().clone()),
        page_words: false,
        language: model.language(),
        wanted: Wanted {
            bots: true,
            first_revisions: true,
            suppressed: true,
            since: args.since,
            until: args.until,
            only: None,
        },
        labels: LabelOptions::default(),
        is_one_wiki: model.wiki() != ANY_WIKI,
    };
    let writer = ScoreWriter::new(model, Output::create(&args.out)?)?;
    let is_immediate = writer.out.is_immediate();
    match args.input.read_in_turn(extraction, writer).and_then(finish) {
        // `score --out - | head` is no failure.
        Err(error) if is_immediate && is_broken_pipe(&error) => Ok(()),
        result => result,
    }
}

/// The model's columns, and the one that tells whether the texts are known.
fn columns_of(model: &Model) -> Vec<&'static Feature> {
    let mut columns = model.features().to_vec();
    columns.extend(feature::find(TEXTS_ARE_KNOWN));
    columns
}

fn finish(mut writer: ScoreWriter) -> Result<()> {
    writer.write_waiting()?;
    writer.out.finish()?;
    eprintln!("scored {} edits", writer.n_scored);
    if writer.n_suppressed > 0 {
        eprintln!(
            "could not score {} edits: a text is suppressed",
            writer.n_suppressed
        );
    }
    Ok(())
}

/// Opens a model of any sort.
pub(crate) fn open(path: &std::path::Path) -> Result<Model> {
    Model::open(path).with_context(|| path.display().to_string())
}

/// Opens a model that can score edits, not only rows of a table.
pub(crate) fn open_for_edits(path: &std::path::Path) -> Result<Model> {
    let model = open(path)?;
    if model.is_foreign() {
        bail!(
            "{}: expected a model of edits, got one that was fitted on a table from elsewhere; \
             it can only be used with evaluate --table",
            path.display()
        );
    }
    Ok(model)
}
