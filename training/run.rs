//! `run`: dumps -> model, card and report, in one pass over the data.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use revscore::dataset::RowId;
use revscore::model::{ANY_WIKI, Target};
use revscore::revision::Timestamp;

use crate::gathering::{Gathered, Gathering, gather};
use crate::how::HowArgs;
use crate::input::InputArgs;
use crate::learning::options;
use crate::packing::{Origin, assemble, check_model_path, check_writable, save};
use crate::recipe::{Recipe, Split};
use crate::rescoring::Dumps;

/// Trains a model from dumps, and measures it on edits that it has not seen
///
/// One pass over the dumps finds reverts, extracts features and learns the wiki's words. Beside
/// the model, a card for people (.md) and the report (.json) are written.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  revscore-train run --wiki papwiki --dump papwiki-pages-meta-history.xml.bz2 --out models/papwiki.reverted.model")]
pub(crate) struct RunArgs {
    /// The wiki's database name, such as papwiki; `any` for a model that serves every wiki
    #[arg(long)]
    wiki: String,

    /// What to look for: reverted or vandalism (need no labels), damaging or goodfaith (need
    /// --labels)
    #[arg(long, default_value = "reverted")]
    target: Target,

    #[command(flatten)]
    input: InputArgs,

    /// Learn only from edits before this time (2012-01-01 or 2012-01-01T00:00:00Z), and from the
    /// words of texts before it; what became of those edits may have happened later
    #[arg(long, value_name = "DATE")]
    until: Option<Timestamp>,

    #[command(flatten)]
    how: HowArgs,

    /// What to learn with, and how; without one, training/recipes/default.toml
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,

    /// The model file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,

    /// Write the wiki's history too, as it is after the last edit read: what authors, pages, words
    /// and domains did so far. revscore-serve uses it when it stands beside the model as WIKI.history
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,

    /// Allow a recipe that measures on random rows, although that flatters
    #[arg(long)]
    i_know: bool,
}

/// Runs it.
pub(crate) fn run(args: &RunArgs) -> Result<()> {
    let (mut recipe, mut recipe_text) = Recipe::read(args.recipe.as_deref())?;
    check_split(&recipe, args.i_know)?;
    check_model_path(&args.out)?;
    if let Some(path) = &args.history {
        if args.wiki == ANY_WIKI {
            bail!(
                "--history: a history is of one wiki, and --wiki any is of none; run once more for the wiki"
            );
        }
        check_writable(path)?;
    }
    let dumps = Dumps {
        input: &args.input,
        wiki: &args.wiki,
        until: args.until,
    };
    let predecessor = args.how.predecessor(&args.wiki, args.target)?;
    if let Some(predecessor) = &predecessor {
        predecessor.check_dumps(dumps)?;
    }
    let gathering = Gathering {
        input: &args.input,
        recipe: &recipe,
        wiki: &args.wiki,
        target: args.target,
        until: args.until,
    };
    let Gathered {
        mut rows,
        vocabulary,
        history,
        sources,
        ..
    } = gather(&gathering)?;
    rows.dataset = rows
        .dataset
        .with_columns(&rows.dataset.informative_columns());
    let (rows, mut learned) = args.how.learn(
        rows,
        &mut recipe,
        &mut recipe_text,
        args.target,
        args.i_know,
    )?;
    if let Some(predecessor) = &predecessor {
        let ids = |idx: &usize| rows.dataset.rows[*idx];
        let held_out: Vec<RowId> = learned.held_out_rows.iter().map(ids).collect();
        let old = predecessor.score_dumps(&held_out, dumps)?;
        predecessor.keep_scale(&mut learned, &old, &options(&recipe, args.target))?;
    }
    let origin = Origin {
        wiki: args.wiki.clone(),
        target: args.target,
        sources,
        selection: args.selection(),
        recipe: recipe_text,
        seed: recipe.seed,
    };
    let model = assemble(origin, &rows, vocabulary, learned)?;
    save(&model, &args.out)?;
    if let Some(path) = &args.history {
        history.save(path)?;
        eprintln!("wrote {}", path.display());
    }
    Ok(())
}

impl RunArgs {
    /// The options that chose among what was read.
    fn selection(&self) -> Vec<String> {
        let mut selection = self.input.selection();
        if let Some(until) = self.until {
            selection.extend(["--until".to_owned(), until.to_string()]);
        }
        selection.extend(self.how.selection());
        selection
    }
}

/// Random rows are refused unless the caller knows what they do.
pub(crate) fn check_split(recipe: &Recipe, i_know: bool) -> Result<()> {
    if recipe.evaluation.split == Split::RandomRows && !i_know {
        bail!(
            "the recipe measures on random rows, which puts neighbours on a page on both sides and flatters \
             every model; use split = \"time\" or \"pages\", or pass --i-know"
        );
    }
    Ok(())
}
