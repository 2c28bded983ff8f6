//! `score`: a model and a dump -> a probability for every edit, as JSON lines.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use revscore::feature;
use revscore::model::Model;
use revscore::revision::{Page, PageId, RevisionId, Timestamp};
use rustc_hash::FxHashSet;
use serde::Serialize;

use crate::corpus::reverts::LabelOptions;
use crate::extraction::{Extracted, Extraction, Sink, Wanted};
use crate::input::InputArgs;
use crate::output::{Output, is_broken_pipe};

/// Scores every edit of a dump
///
/// Writes one JSON line an edit: rev_id, page_id, timestamp, prediction, probability. An edit
/// whose text or whose parent's text is suppressed cannot be scored: its prediction and
/// probability are null, and a reason stands beside them. Edits are scored as they stream by;
/// memory does not grow with the dump.
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
}

impl Sink for ScoreWriter {
    fn revision(&mut self, page: &Page, revision: Extracted) -> Result<()> {
        let Some(row) = revision.row else {
            return Ok(());
        };
        let score = match row.values.split_last() {
            Some((known, values)) if !known.is_nan() => Some(self.model.score_row(values)),
            _ => None,
        };
        let line = ScoredLine {
            rev_id: revision.id,
            page_id: page.id,
            timestamp: revision.timestamp,
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

    fn page_end(&mut self, _page: &Page, _words: FxHashSet<String>) -> Result<()> {
        Ok(())
    }
}

/// Runs it.
pub(crate) fn run(args: &ScoreArgs) -> Result<()> {
    let model = open_for_edits(&args.model)?;
    let mut columns = model.features().to_vec();
    columns.extend(feature::find(TEXTS_ARE_KNOWN));
    let extraction = Extraction {
        columns,
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
    };
    let writer = ScoreWriter {
        model,
        out: Output::create(&args.out)?,
        n_scored: 0,
        n_suppressed: 0,
    };
    let is_immediate = writer.out.is_immediate();
    match args.input.read_in_turn(extraction, writer).and_then(finish) {
        // `score --out - | head` is no failure.
        Err(error) if is_immediate && is_broken_pipe(&error) => Ok(()),
        result => result,
    }
}

fn finish(writer: ScoreWriter) -> Result<()> {
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

/// Opens a model that can score edits, not only rows of a table.
pub(crate) fn open_for_edits(path: &std::path::Path) -> Result<Model> {
    let model = Model::open(path).with_context(|| path.display().to_string())?;
    if model.is_foreign() {
        bail!(
            "{}: expected a model of edits, got one that was fitted on a table from elsewhere; \
             it can only be used with evaluate --table",
            path.display()
        );
    }
    Ok(model)
}
