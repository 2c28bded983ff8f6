//! `extract`: dumps -> a table of feature values and labels.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use revscore::feature::FeatureSet;
use revscore::language::{Evidence, Vocabulary};
use revscore::model::Target;
use revscore::revision::Timestamp;

use crate::gathering::{Gathered, Gathering, gather};
use crate::input::InputArgs;
use crate::output::write_file;
use crate::packing::check_writable;
use crate::recipe::Recipe;
use crate::table::{Format, TableRow, TableWriter};

/// Writes a table of feature values, one row an edit
///
/// Columns: rev_id, page_id, timestamp, one a feature, and the labels: reverted, and with
/// --labels also damaging and goodfaith; a label that is not known is empty. The words that the wiki
/// uses are learned on the way and written beside the table (.vocabulary); `fit` picks them up.
#[derive(Args, Debug)]
pub(crate) struct ExtractArgs {
    /// The wiki's database name, such as papwiki
    #[arg(long)]
    wiki: String,

    /// Which edits become rows: those whose label for this target is known
    #[arg(long, default_value = "reverted")]
    target: Target,

    #[command(flatten)]
    input: InputArgs,

    /// Only edits before this time; what became of them may have happened later
    #[arg(long, value_name = "DATE")]
    until: Option<Timestamp>,

    /// The recipe that says which revisions become rows, and which features without --features
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,

    /// Which features, all of them: ores or full; without this, those of the recipe
    #[arg(long)]
    features: Option<FeatureSet>,

    /// Whose names the columns bear
    #[arg(long, value_enum, default_value = "revscore")]
    names: Names,

    /// The table's format
    #[arg(long, value_enum, default_value = "parquet")]
    format: Format,

    /// The table to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Whose names the columns bear.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Names {
    /// Our own: page.is_mainspace
    Revscore,
    /// revscoring's, where it has the feature: feature.revision.page.is_mainspace
    Revscoring,
}

/// Runs it.
pub(crate) fn run(args: &ExtractArgs) -> Result<()> {
    let (mut recipe, _) = Recipe::read(args.recipe.as_deref())?;
    if let Some(features) = args.features {
        recipe.features = features;
        recipe.without.clear();
    }
    check_writable(&args.out)?;
    let gathering = Gathering {
        input: &args.input,
        recipe: &recipe,
        wiki: &args.wiki,
        target: args.target,
        until: args.until,
    };
    let Gathered {
        mut rows,
        columns,
        vocabulary,
        ..
    } = gather(&gathering)?;
    if args.names == Names::Revscoring {
        for (name, column) in rows.dataset.names.iter_mut().zip(&columns) {
            if let Some(theirs) = column.revscoring {
                *name = theirs.to_owned();
            }
        }
    }
    if !vocabulary.is_empty() || !vocabulary.evidence().is_empty() {
        write_file(
            &vocabulary_path(&args.out),
            &postcard::to_stdvec(&(&vocabulary, vocabulary.evidence()))?,
        )?;
    }
    let human = args.input.human_labels(args.target)?;
    let mut targets = vec![Target::Reverted];
    if args.input.has_labels() {
        targets.extend([Target::Damaging, Target::Goodfaith]);
    }
    let names: Vec<String> = targets.iter().map(|target| target.name().into()).collect();
    let mut table = TableWriter::create(&args.out, args.format, &rows.dataset.names, &names)?;
    for (row_idx, id) in rows.dataset.rows.iter().enumerate() {
        let label = |target: &Target| match target {
            Target::Reverted => rows.reverted[row_idx],
            _ => human.target(*target, id.revision),
        };
        table.push(TableRow {
            id: *id,
            features: &rows.dataset.row(row_idx).to_vec(),
            labels: &targets.iter().map(label).collect::<Vec<_>>(),
        })?;
    }
    table.finish()?;
    eprintln!(
        "wrote {} rows of {} features to {}",
        rows.dataset.n_rows(),
        columns.len(),
        args.out.display()
    );
    Ok(())
}

/// The words that belong to a table.
fn vocabulary_path(table: &Path) -> PathBuf {
    table.with_extension("vocabulary")
}

/// Reads the words that `extract` wrote beside a table; empty when there are none.
pub(crate) fn read_vocabulary(table: &Path) -> Result<Vocabulary> {
    let path = vocabulary_path(table);
    if !path.exists() {
        return Ok(Vocabulary::default());
    }
    let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
    let (vocabulary, evidence): (Vocabulary, Evidence) = postcard::from_bytes(&bytes)
        .with_context(|| format!("{}: expected words that extract wrote", path.display()))?;
    Ok(vocabulary.with_evidence(evidence))
}
