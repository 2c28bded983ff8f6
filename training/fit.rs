//! `fit`: a table and a recipe -> a model.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use revscore::dataset::Dataset;
use revscore::feature;
use revscore::language::Vocabulary;
use revscore::model::{Source, Target};
use revscore::revision::Timestamp;

use crate::extract::read_vocabulary;
use crate::how::HowArgs;
use crate::learning::options;
use crate::packing::{Origin, assemble, check_model_path, save};
use crate::recipe::{Recipe, Split};
use crate::rows::Rows;
use crate::run::check_split;
use crate::selection::read_selection;
use crate::table::{LabelColumn, read_table};

/// Fits a model on a table of feature values
///
/// The table is one that `extract` wrote, or any CSV with a header and a column of 0/1 labels. A
/// model of columns that revscore cannot compute itself scores tables only, not edits.
#[derive(Args, Debug)]
pub(crate) struct FitArgs {
    /// The table (.parquet, .csv, .csv.gz or .csv.xz)
    #[arg(long, value_name = "FILE")]
    table: PathBuf,

    /// The table's column with the outcome; without it `label`, or in a table that
    /// `extract` wrote the one of the target
    #[arg(long, value_name = "COLUMN")]
    label: Option<String>,

    /// The wiki's database name, such as papwiki; `any` for a model that serves every wiki
    #[arg(long, default_value = "any")]
    wiki: String,

    /// What the label means
    #[arg(long, default_value = "reverted")]
    target: Target,

    /// Leave out rows from this time on
    #[arg(long, value_name = "DATE")]
    until: Option<Timestamp>,

    /// Use only the pages whose ids are in this file (a JSON array, or one a line)
    #[arg(long, value_name = "FILE")]
    only_pages: Option<PathBuf>,

    /// Leave out the pages whose ids are in this file (a JSON array, or one a line)
    #[arg(long, value_name = "FILE")]
    skip_pages: Option<PathBuf>,

    #[command(flatten)]
    how: HowArgs,

    /// What to learn with, and how
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,

    /// The model file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,

    /// Allow a recipe that measures on random rows, although that flatters
    #[arg(long)]
    i_know: bool,
}

/// Runs it.
pub(crate) fn run(args: &FitArgs) -> Result<()> {
    let (mut recipe, mut recipe_text) = Recipe::read(args.recipe.as_deref())?;
    check_split(&recipe, args.i_know)?;
    check_model_path(&args.out)?;
    let predecessor = args.how.predecessor(&args.wiki, args.target)?;
    let label = LabelColumn::new(args.label.as_deref(), args.target.name());
    let dataset = select(read_table(&args.table, label)?, args)?;
    let old = predecessor
        .as_ref()
        .map(|predecessor| predecessor.score_table(&dataset, &args.table))
        .transpose()?;
    // Before it is asked whose columns they are: a label of ours may be empty throughout.
    let dataset = dataset.with_columns(&dataset.informative_columns());
    if recipe.evaluation.split == Split::Time
        && dataset.rows.iter().all(|row| row.timestamp.is_none())
    {
        eprintln!("the table has no times: measuring by cross-validation instead");
        recipe.evaluation.split = Split::Pages;
    }
    let is_foreign = dataset
        .names
        .iter()
        .any(|name| feature::find(name).is_none());
    let mut dataset = if is_foreign {
        dataset
    } else {
        let wanted: Vec<String> = recipe
            .columns()?
            .iter()
            .map(|column| column.name.to_owned())
            .filter(|name| dataset.names.contains(name))
            .collect();
        dataset.with_columns(&wanted)
    };
    dataset
        .labels
        .iter_mut()
        .for_each(|label| *label ^= args.target.is_inverted());
    let has_words = |name: &String| {
        feature::find(name).is_some_and(|feature| feature.is_lexical() || feature.is_textual())
    };
    let vocabulary = match dataset.names.iter().any(has_words) {
        true => read_vocabulary(&args.table)?,
        false => Vocabulary::default(),
    };
    check_words(&dataset, &vocabulary)?;
    let rows = Rows::without_groups(dataset);
    let (rows, mut learned) = args.how.learn(
        rows,
        &mut recipe,
        &mut recipe_text,
        args.target,
        args.i_know,
    )?;
    if let (Some(predecessor), Some(old)) = (&predecessor, &old) {
        let held_out: Vec<f64> = learned.held_out_rows.iter().map(|&idx| old[idx]).collect();
        predecessor.keep_scale(&mut learned, &held_out, &options(&recipe, args.target))?;
    }
    let name = args
        .table
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let source = Source {
        name,
        pages: 0,
        revisions: rows.dataset.n_rows() as u64,
    };
    let origin = Origin {
        wiki: args.wiki.clone(),
        target: args.target,
        sources: vec![source],
        selection: args.selection(),
        recipe: recipe_text,
        seed: recipe.seed,
    };
    save(&assemble(origin, &rows, vocabulary, learned)?, &args.out)
}

impl FitArgs {
    /// The options that chose among the rows.
    fn selection(&self) -> Vec<String> {
        let name = |path: &PathBuf| {
            path.file_name()
                .unwrap_or(path.as_os_str())
                .to_string_lossy()
                .into_owned()
        };
        [
            ("--label", self.label.clone()),
            ("--until", self.until.map(|until| until.to_string())),
            ("--only-pages", self.only_pages.as_ref().map(name)),
            ("--skip-pages", self.skip_pages.as_ref().map(name)),
        ]
        .into_iter()
        .filter_map(|(option, value)| Some([option.to_owned(), value?]))
        .flatten()
        .chain(self.how.selection())
        .collect()
    }
}

/// A model whose columns look words up needs the words.
fn check_words(dataset: &Dataset, vocabulary: &Vocabulary) -> Result<()> {
    let lexical = dataset
        .names
        .iter()
        .find(|name| feature::find(name).is_some_and(|feature| feature.is_lexical()));
    match lexical {
        Some(name) if vocabulary.is_empty() => bail!(
            "the column {name} looks words up, but the words that extract wrote beside the table (.vocabulary) \
             are not there; copy that file too, or leave the feature out with `without` in the recipe"
        ),
        _ => Ok(()),
    }
}

fn select(dataset: Dataset, args: &FitArgs) -> Result<Dataset> {
    let pages = read_selection(args.only_pages.as_deref(), args.skip_pages.as_deref())?;
    let is_kept = |idx: &usize| {
        let row = dataset.rows[*idx];
        pages.includes(row.page)
            && args
                .until
                .is_none_or(|until| row.timestamp.is_some_and(|at| at < until))
    };
    let kept: Vec<usize> = (0..dataset.n_rows()).filter(is_kept).collect();
    if kept.is_empty() {
        bail!(
            "{}: no row is left; check --until and the pages",
            args.table.display()
        );
    }
    Ok(dataset.select(&kept))
}
