//! What was learned -> a model file, with its card and its report beside it.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use revscore::evaluation::{Report, Spread};
use revscore::feature;
use revscore::language::Vocabulary;
use revscore::model::{Model, Parts, Provenance, Source, Target};

use crate::learning::Learned;
use crate::output::write_files;
use crate::rows::Rows;

/// Where a model comes from, apart from its rows.
pub(crate) struct Origin {
    /// The wiki's database name, or `any`.
    pub(crate) wiki: String,
    /// What is looked for.
    pub(crate) target: Target,
    /// What was read.
    pub(crate) sources: Vec<Source>,
    /// The options that chose among it.
    pub(crate) selection: Vec<String>,
    /// The recipe's text.
    pub(crate) recipe: String,
    /// The recipe's seed.
    pub(crate) seed: u64,
}

/// Puts a model together. It is a foreign one when a column is not a feature of this crate.
pub(crate) fn assemble(
    origin: Origin,
    rows: &Rows,
    vocabulary: Vocabulary,
    learned: Learned,
) -> Result<Model> {
    let (first, last) = rows.period();
    let names = rows.dataset.names.clone();
    let columns = names.iter().zip(rows.dataset.values.columns());
    let report = Report {
        spreads: columns
            .map(|(name, values)| Spread::of(name, values.iter().copied()))
            .collect(),
        ..learned.report
    };
    let provenance = Provenance {
        crate_version: env!("CARGO_PKG_VERSION").to_owned(),
        sources: origin.sources,
        n_rows: rows.dataset.n_rows() as u64,
        n_positive: rows.dataset.n_positive() as u64,
        first,
        last,
        selection: origin.selection,
        held_out: learned.held_out,
        recipe: origin.recipe,
        seed: origin.seed,
    };
    Ok(Model::new(Parts {
        wiki: origin.wiki,
        target: origin.target,
        foreign: names.iter().any(|name| feature::find(name).is_none()),
        features: names,
        vocabulary,
        predictor: learned.predictor,
        calibration: learned.calibration,
        scale: learned.scale,
        report,
        provenance,
    })?)
}

/// Writes the model, its card (`.md`) and its report (`.json`): all three in full before the first
/// of them gets its name, so that a full disk or Ctrl-C leaves what was there before. The model
/// comes last, because it is the one that others look for: when it is there, so are the other two.
pub(crate) fn save(model: &Model, path: &Path) -> Result<()> {
    let card = model.card().to_markdown();
    let mut report = serde_json::to_string_pretty(model.report())?;
    report.push('\n');
    let (card_path, report_path) = (path.with_extension("md"), path.with_extension("json"));
    write_files(&[
        (&card_path, card.as_bytes()),
        (&report_path, report.as_bytes()),
        (path, &model.to_bytes()?),
    ])?;
    eprintln!("{}", model.report().one_line());
    eprintln!(
        "wrote {}, with its card (.md) and its report (.json)",
        path.display()
    );
    Ok(())
}

/// Ends early when a model cannot be written there, or would not be found by the service.
pub(crate) fn check_model_path(path: &Path) -> Result<()> {
    if path
        .extension()
        .is_none_or(|extension| extension != "model")
    {
        bail!(
            "{}: expected a name that ends in .model, because revscore-serve opens no other",
            path.display()
        );
    }
    check_writable(path)
}

/// Ends early when an output cannot be written, rather than after an hour's work.
pub(crate) fn check_writable(path: &Path) -> Result<()> {
    if path.is_dir() {
        bail!(
            "{}: expected the name of a file to write, got a directory",
            path.display()
        );
    }
    let directory = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(directory)
        .with_context(|| format!("cannot make the directory {}", directory.display()))?;
    tempfile::tempfile_in(directory)
        .with_context(|| format!("cannot write to {}", directory.display()))?;
    Ok(())
}
