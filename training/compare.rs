//! `compare`: two models and edits with known outcomes -> what changes when one takes the other's
//! place.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use revscore::evaluation::{BaseRate, Outcome, Replacement, replace};
use revscore::model::{ANY_WIKI, Model};
use revscore::revision::Timestamp;
use serde::Serialize;

use crate::evaluate::{Measured, outcomes_of_rows, read_base_rate, recipe_of, rows_of_dumps};
use crate::input::InputArgs;
use crate::learning::options;
use crate::output::write_file;
use crate::packing::check_writable;
use crate::rescoring::{Dumps, rescore};
use crate::score::open_for_edits;

/// Shows what changes when a model takes another's place: who changes sides, and which ranks better
///
/// Scores the same edits with both models: A is the one in use, B the one that may come. At each of
/// A's named thresholds and at 0.5 it counts the edits that both flag, one of them, or neither, and
/// how many of these are bad; then it says which model ranks better, with 95 % intervals from
/// resampling pages. The same follows for each class of authors and each kind of edit. Differences
/// are B less A; one whose interval holds 0 is not shown by these edits.
///
/// Give it edits that neither model was trained on: a later time (--since) or other pages
/// (--only-pages, --skip-pages). Outcomes are found in the dump as A's recipe says, or come from
/// --labels. The dumps are read twice, once for each model.
///
/// A model that flags too much or too little at the thresholds in use can be trained again with
/// `run --keep-scale-of A`, which keeps its order and A's scale.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  revscore-train compare old.model new.model --dump papwiki.xml.bz2 --since 2014-01-01 --out c.md
  revscore-train compare old.model new.model --dump papwiki.xml.bz2 --since 2014-01-01 --json")]
pub(crate) struct CompareArgs {
    /// The model in use
    #[arg(value_name = "A.model")]
    a: PathBuf,

    /// The model that may take its place
    #[arg(value_name = "B.model")]
    b: PathBuf,

    #[command(flatten)]
    input: InputArgs,

    /// The wiki that the dumps are of; needed where the models are of different wikis
    #[arg(long)]
    wiki: Option<String>,

    /// No edit before this time
    #[arg(long, value_name = "DATE")]
    since: Option<Timestamp>,

    /// No edit from this time on
    #[arg(long, value_name = "DATE")]
    until: Option<Timestamp>,

    /// The share of such edits among all live edits of the wiki, if the edits are a sample with
    /// another share
    #[arg(long, value_name = "SHARE", value_parser = read_base_rate)]
    base_rate: Option<BaseRate>,

    /// Print JSON instead of Markdown
    #[arg(long)]
    json: bool,

    /// Write it to this file too
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What is written.
#[derive(Serialize)]
struct Document {
    a: Scorer,
    b: Scorer,
    /// What a reader has to know before believing the figures.
    warnings: Vec<String>,
    comparison: Replacement,
}

/// One of the models.
#[derive(Serialize)]
struct Scorer {
    name: String,
    version: String,
    /// The time that it learned from.
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    /// The compared edits that were saved in that time; absent where it is not known.
    n_maybe_learned: Option<usize>,
}

/// Runs it.
pub(crate) fn run(args: &CompareArgs) -> Result<()> {
    if let Some(path) = &args.out {
        check_writable(path)?;
    }
    let (a, b) = (open_for_edits(&args.a)?, open_for_edits(&args.b)?);
    if a.target() != b.target() {
        bail!(
            "expected two models of the same target, got {} of {} and {} of {}",
            args.a.display(),
            a.target(),
            args.b.display(),
            b.target()
        );
    }
    let dumps = Dumps {
        input: &args.input,
        wiki: wiki(args, &a, &b)?,
        until: args.until,
    };
    args.input.check_files("compare")?;
    let measured = Measured {
        input: dumps.input,
        wiki: dumps.wiki,
        since: args.since,
        until: dumps.until,
        given: None,
    };
    let rows = rows_of_dumps(&a, &measured)?;
    let outcomes = outcomes_of_rows(&a, &rows);
    if outcomes.is_empty() {
        bail!("there is no edit to compare; check --since, --until and the pages");
    }
    let of_b = rescore(&b, &rows.dataset.rows, dumps)?;
    let mut options = options(&recipe_of(&a)?, a.target());
    options.base_rate = args.base_rate.or(options.base_rate);
    let [a_side, b_side] = [&a, &b].map(|model| Scorer::new(model, &outcomes));
    let warnings = [("A", &a_side), ("B", &b_side)]
        .into_iter()
        .filter_map(|(letter, side)| side.warning(letter, outcomes.len()));
    let document = Document {
        warnings: warnings.collect(),
        a: a_side,
        b: b_side,
        comparison: replace(&outcomes, &of_b, &thresholds(&a), &options)?,
    };
    for warning in &document.warnings {
        eprintln!("warning: {warning}");
    }
    let text = match args.json {
        true => serde_json::to_string_pretty(&document)? + "\n",
        false => document.to_markdown(),
    };
    print!("{text}");
    match &args.out {
        Some(path) => write_file(path, text.as_bytes()),
        None => Ok(()),
    }
}

/// The wiki that the dumps are of: as was said, or else that of the models.
fn wiki<'a>(args: &'a CompareArgs, a: &'a Model, b: &'a Model) -> Result<&'a str> {
    match (&args.wiki, a.wiki(), b.wiki()) {
        (Some(wiki), ..) => Ok(wiki),
        (None, a, b) if a == b || b == ANY_WIKI => Ok(a),
        (None, ANY_WIKI, b) => Ok(b),
        (None, a, b) => bail!(
            "expected two models of one wiki, got {} of {a} and {} of {b}; --wiki says which wiki the dumps are of",
            args.a.display(),
            args.b.display()
        ),
    }
}

/// The named thresholds of a model that can be reached, and an even chance.
fn thresholds(model: &Model) -> Vec<(String, f64)> {
    let levels = model.report().levels.iter();
    levels
        .filter_map(|level| Some((level.name.clone(), level.point.as_ref()?.threshold)))
        .chain([("half".to_owned(), 0.5)])
        .collect()
}

impl Scorer {
    fn new(model: &Model, outcomes: &[Outcome]) -> Self {
        let (first, last) = (model.provenance().first, model.provenance().last);
        let n_in_time = |(first, last)| {
            let times = outcomes.iter().filter_map(|outcome| outcome.timestamp);
            times.filter(|at| (first..=last).contains(at)).count()
        };
        Self {
            name: model.name(),
            version: model.version(),
            first,
            last,
            n_maybe_learned: first.zip(last).map(n_in_time),
        }
    }

    /// That figures flatter a model on edits that it learned from, where it may have.
    fn warning(&self, letter: &str, n: usize) -> Option<String> {
        match self.n_maybe_learned {
            Some(0) => None,
            Some(n_maybe_learned) => Some(format!(
                "{n_maybe_learned} of the {n} edits were saved in the time that {letter} learned from, and if it \
                 learned from them its figures flatter; give later edits (--since) or other pages (--skip-pages)"
            )),
            None => Some(format!(
                "when the edits were saved that {letter} learned from is not known; if it learned from these, its \
                 figures flatter"
            )),
        }
    }
}

impl Document {
    fn to_markdown(&self) -> String {
        let mut text = format!(
            "# {} beside {}\n\n| | model | version | learned from edits of |\n|-|-|-|-|\n",
            self.b.name, self.a.name
        );
        for (letter, side) in [("A", &self.a), ("B", &self.b)] {
            let time = match (side.first, side.last) {
                (Some(first), Some(last)) => format!("{first} to {last}"),
                _ => "not known".to_owned(),
            };
            text += &format!("| {letter} | {} | {} | {time} |\n", side.name, side.version);
        }
        text.push('\n');
        for warning in &self.warnings {
            text += &format!("- Warning: {warning}.\n");
        }
        if !self.warnings.is_empty() {
            text.push('\n');
        }
        text + &self.comparison.to_markdown()
    }
}
