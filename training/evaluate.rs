//! `evaluate`: a model and edits with known outcomes -> what it catches, at which cost.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use revscore::dataset::Dataset;
use revscore::evaluation::{BaseRate, Outcome, Picture, Report, evaluate};
use revscore::model::{ANY_WIKI, Model, Target};
use revscore::revision::{RevisionId, Timestamp};
use rustc_hash::FxHashMap;

use crate::extraction::{Extraction, Wanted};
use crate::given::GivenRows;
use crate::input::InputArgs;
use crate::labels::Labels;
use crate::learning::options;
use crate::output::{Output, write_file};
use crate::packing::check_writable;
use crate::recipe::Recipe;
use crate::rows::{Collector, Labelling, Rows};
use crate::score::{open, open_for_edits};
use crate::table::{LabelColumn, read_table};

/// Measures a model on edits whose outcome is known: report, tables and pictures
///
/// Give it edits that it was not trained on: other pages (--only-pages, --skip-pages) or a later
/// time (--since). Outcomes are found in the dump as the model's own recipe says, or come from
/// --labels or --rows.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  revscore-train evaluate --model models/papwiki.reverted.model --dump papwiki.xml.bz2 --since 2012-01-01 --out report
  revscore-train evaluate --model m.model --dump en.xml.xz --rows test.csv --against gb_w10 --out report")]
pub(crate) struct EvaluateArgs {
    /// The model to measure
    #[arg(long, value_name = "FILE")]
    model: PathBuf,

    #[command(flatten)]
    input: InputArgs,

    /// Measure on the rows of a table (.csv, .csv.gz, .csv.xz or .parquet) instead of a dump
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dump", "rows"])]
    table: Option<PathBuf>,

    /// The table's column with the outcome; without it `label`, or the one that `extract` wrote
    #[arg(long, value_name = "COLUMN")]
    label: Option<String>,

    /// No edit before this time
    #[arg(long, value_name = "DATE")]
    since: Option<Timestamp>,

    /// No edit from this time on
    #[arg(long, value_name = "DATE")]
    until: Option<Timestamp>,

    /// Measure on exactly the rev_ids of this CSV, with its own label column
    #[arg(long, value_name = "FILE", conflicts_with_all = ["since", "until"])]
    rows: Option<PathBuf>,

    /// Compare with other scorers' probabilities in these columns of --rows
    #[arg(long, value_name = "COLUMN", num_args = 1.., requires = "rows")]
    against: Vec<String>,

    /// Score as whoever has no history of the wiki: as if nothing were known of what the author and
    /// the page did before
    #[arg(long, conflicts_with = "table")]
    without_history: bool,

    /// The share of such edits among all live edits of the wiki, if the rows are a sample with
    /// another share
    #[arg(long, value_name = "SHARE", value_parser = read_base_rate)]
    base_rate: Option<BaseRate>,

    /// The directory for report.json, report.md and the pictures
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Write rev_id, label and probability of every evaluated edit to this CSV
    #[arg(long, value_name = "FILE")]
    scores: Option<PathBuf>,
}

/// The share of bad edits among live ones, from the command line.
pub(crate) fn read_base_rate(text: &str) -> Result<BaseRate> {
    Ok(BaseRate::new(text.parse().with_context(|| {
        format!("expected a share from 0 to 1, got {text:?}")
    })?)?)
}

/// Runs it.
pub(crate) fn run(args: &EvaluateArgs) -> Result<()> {
    for path in [Some(&args.out.join("report.json")), args.scores.as_ref()] {
        path.map_or(Ok(()), |path| check_writable(path))?;
    }
    let (model, outcomes, given) = match &args.table {
        Some(table) => {
            let model = open(&args.model)?;
            let outcomes = outcomes_of_table(&model, table, args.label.as_deref())?;
            (model, outcomes, None)
        }
        None => {
            let model = open_for_edits(&args.model)?;
            let given = args
                .rows
                .as_deref()
                .map(|path| GivenRows::read(path, &args.against))
                .transpose()?;
            let measured = Measured {
                input: &args.input,
                wiki: model.wiki(),
                since: args.since,
                until: args.until,
                given: given.as_ref().map(GivenRows::labels),
            };
            let mut rows = rows_of_dumps(&model, &measured)?;
            if args.without_history {
                forget_history(&mut rows, &model);
            }
            if let Some(given) = &given {
                given.check_found(&rows)?;
            }
            let outcomes = outcomes_of_rows(&model, &rows);
            (model, outcomes, given)
        }
    };
    if outcomes.is_empty() {
        bail!("there is no edit to evaluate; check --since, --until, --rows and the pages");
    }
    let mut options = options(&recipe_of(&model)?, model.target());
    options.base_rate = args.base_rate.or(options.base_rate);
    let mut report = evaluate(&outcomes, &options)?;
    if let Some(given) = &given {
        report.comparisons = given.compare(&outcomes, model.target(), &options)?;
    }
    write(&model, &report, &args.out)?;
    if let Some(path) = &args.scores {
        write_scores(&outcomes, model.target(), path)?;
    }
    eprintln!("{}", report.one_line());
    eprintln!("wrote {}", args.out.join("report.md").display());
    Ok(())
}

pub(crate) fn recipe_of(model: &Model) -> Result<Recipe> {
    Recipe::parse(&model.provenance().recipe)
        .context("the recipe inside the model is not one of this version of revscore-train")
}

/// Which edits of the dumps a model is measured on.
pub(crate) struct Measured<'a> {
    /// The dumps.
    pub(crate) input: &'a InputArgs,
    /// The wiki that they are of, or `any`.
    pub(crate) wiki: &'a str,
    /// None before this time.
    pub(crate) since: Option<Timestamp>,
    /// None from this time on.
    pub(crate) until: Option<Timestamp>,
    /// Exactly these, with their own labels.
    pub(crate) given: Option<&'a FxHashMap<RevisionId, bool>>,
}

/// The rows of a model's columns that it is measured on. Tells which edits were left out.
pub(crate) fn rows_of_dumps(model: &Model, measured: &Measured<'_>) -> Result<Rows> {
    let rows = collect_rows(model, measured)?;
    rows.counts.say();
    Ok(rows)
}

/// The same, and tells nothing.
pub(crate) fn collect_rows(model: &Model, measured: &Measured<'_>) -> Result<Rows> {
    let &Measured {
        input,
        wiki,
        since,
        until,
        given,
    } = measured;
    let recipe = recipe_of(model)?;
    let extraction = Extraction {
        columns: model.features().to_vec(),
        vocabulary: Some(model.vocabulary().clone()),
        page_words: false,
        language: model.language(),
        wanted: Wanted {
            only: given.map(|given| given.keys().copied().collect()),
            bots: recipe.rows.bots,
            first_revisions: recipe.rows.first_revisions,
            suppressed: false,
            since,
            until,
        },
        labels: recipe.labels.options(),
        is_one_wiki: wiki != ANY_WIKI,
    };
    let labelling = Labelling {
        target: model.target(),
        human: match given {
            Some(_) => Labels::default(),
            None => input.human_labels(model.target())?,
        },
        given: given.cloned(),
        rows: crate::recipe::Rows {
            at_most: usize::MAX,
            ..recipe.rows.clone()
        },
    };
    let new_collector = || Collector::new(model.features().to_vec(), labelling.clone());
    let (collectors, _) = input.read(extraction, new_collector)?;
    let collector = Collector::joined(collectors).context("no dump was read")?;
    Ok(collector.finish(model.vocabulary().clone()).rows)
}

fn forget_history(rows: &mut Rows, model: &Model) {
    for (column, feature) in model.features().iter().enumerate() {
        if feature.is_historic() {
            rows.dataset.values.column_mut(column).fill(f32::NAN);
        }
    }
}

/// The outcomes of rows of a model's columns.
pub(crate) fn outcomes_of_rows(model: &Model, rows: &Rows) -> Vec<Outcome> {
    let all: Vec<usize> = (0..rows.dataset.n_rows()).collect();
    rows.outcomes(&all, model.wanted_probabilities(rows.dataset.values.view()))
}

fn outcomes_of_table(model: &Model, path: &Path, label: Option<&str>) -> Result<Vec<Outcome>> {
    let dataset = read_table(path, LabelColumn::new(label, model.target().name()))?;
    let missing = missing_columns(model, &dataset);
    if !missing.is_empty() {
        bail!(
            "{}: expected the model's columns, but these are missing: {}",
            path.display(),
            missing.join(", ")
        );
    }
    let mut dataset = dataset.with_columns(model.column_names());
    dataset
        .labels
        .iter_mut()
        .for_each(|label| *label ^= model.target().is_inverted());
    Ok(outcomes_of_rows(model, &Rows::without_groups(dataset)))
}

/// The columns of a model that a table lacks.
pub(crate) fn missing_columns<'a>(model: &'a Model, dataset: &Dataset) -> Vec<&'a str> {
    let names = model.column_names().iter().map(String::as_str);
    names
        .filter(|name| !dataset.names.iter().any(|column| column == name))
        .collect()
}

/// Writes the report in its three forms.
fn write(model: &Model, report: &Report, directory: &Path) -> Result<()> {
    std::fs::create_dir_all(directory).with_context(|| directory.display().to_string())?;
    let importance = model.importance();
    let names = model.column_names().iter().map(String::as_str);
    let shares: Vec<(&str, f64)> = names.zip(importance).collect();
    for picture in report
        .pictures()
        .into_iter()
        .chain([Picture::feature_importance(&shares)])
    {
        write_file(
            &directory.join(format!("{}.svg", picture.name)),
            picture.svg.as_bytes(),
        )?;
    }
    let markdown = format!(
        "# {} {}\n\n{}",
        model.name(),
        model.version(),
        report.to_markdown()
    );
    let document =
        serde_json::json!({"model": model.name(), "version": model.version(), "report": report});
    write_file(&directory.join("report.md"), markdown.as_bytes())?;
    write_file(
        &directory.join("report.json"),
        format!("{document:#}\n").as_bytes(),
    )
}

/// Labels and probabilities are those of the target: of good faith, where that is the target.
fn write_scores(outcomes: &[Outcome], target: Target, path: &Path) -> Result<()> {
    let mut writer = csv::Writer::from_writer(Output::create(path)?);
    writer.write_record(["rev_id", "label", "probability"])?;
    for outcome in outcomes {
        let label = if outcome.label != target.is_inverted() {
            "1"
        } else {
            "0"
        };
        let probability = if target.is_inverted() {
            1.0 - outcome.probability
        } else {
            outcome.probability
        };
        writer.write_record([
            &outcome.revision.0.to_string(),
            label,
            &probability.to_string(),
        ])?;
    }
    let file = writer
        .into_inner()
        .map_err(|error| error.into_error())
        .with_context(|| path.display().to_string())?;
    file.finish()
}
