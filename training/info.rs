//! `info`: a model's card, or one of its statistics.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use revscore::evaluation::Query;
use revscore::model::Model;

/// Prints a model's card, or the best threshold for a target
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  revscore-train info models/papwiki.reverted.model
  revscore-train info models/papwiki.reverted.model 'maximum filter_rate @ recall >= 0.75'")]
pub(crate) struct InfoArgs {
    /// The model
    model: PathBuf,

    /// A statistic by target: (maximum|minimum) STATISTIC @ STATISTIC (>=|<=) NUMBER
    query: Option<Query>,

    /// Print the card as JSON
    #[arg(long, conflicts_with = "query")]
    json: bool,
}

/// Runs it.
pub(crate) fn run(args: &InfoArgs) -> Result<()> {
    let model = Model::open(&args.model).with_context(|| args.model.display().to_string())?;
    match &args.query {
        Some(query) => println!(
            "{}",
            serde_json::to_string_pretty(&model.report().thresholds.answer(query))?
        ),
        None if args.json => println!("{}", serde_json::to_string_pretty(&model.card())?),
        None => print!("{}", model.card().to_markdown()),
    }
    Ok(())
}
