//! `revscore-train`: makes, measures and uses edit-quality models offline.
//!
//! One subcommand is one file with its arguments and a `run`, and one row in [`Command`].
//! Nothing is learned or computed here.

mod ablate;
mod blind;
mod compare;
mod evaluate;
mod explain;
mod extract;
mod extraction;
mod fit;
mod gathering;
mod given;
mod how;
mod info;
mod input;
mod label;
mod labels;
mod learning;
mod output;
mod packing;
mod predecessor;
mod progress;
mod recipe;
mod rescoring;
mod review;
mod rows;
mod run;
mod score;
mod selection;
mod table;
mod timeline;
mod tune;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Trains and measures classifiers that find damaging edits of MediaWiki wikis.
///
/// To make a model of your own wiki, all you need is its full-history dump:
///
///   revscore-train run --wiki mywiki --dump mywiki-pages-meta-history.xml.bz2 --out models/mywiki.reverted.model
///
/// Then start revscore-serve, which opens every model in models/.
#[derive(Parser)]
#[command(
    name = "revscore-train",
    version,
    verbatim_doc_comment,
    arg_required_else_help = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(run::RunArgs),
    Evaluate(evaluate::EvaluateArgs),
    Compare(compare::CompareArgs),
    Score(score::ScoreArgs),
    Explain(explain::ExplainArgs),
    Info(info::InfoArgs),
    Label(label::LabelArgs),
    Extract(extract::ExtractArgs),
    Fit(fit::FitArgs),
    Ablate(ablate::AblateArgs),
    /// Prints the recipe that is used when none is named, to change and pass as --recipe
    Recipe,
}

fn main() -> ExitCode {
    let Cli { command } = Cli::parse();
    let result = output::catch_ctrl_c().and_then(|()| match command {
        Command::Run(args) => run::run(&args),
        Command::Evaluate(args) => evaluate::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Score(args) => score::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Info(args) => info::run(&args),
        Command::Label(args) => label::run(args),
        Command::Extract(args) => extract::run(&args),
        Command::Fit(args) => fit::run(&args),
        Command::Ablate(args) => ablate::run(&args),
        Command::Recipe => {
            print!("{}", recipe::DEFAULT);
            Ok(())
        }
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) if output::is_interrupted() => {
            eprintln!("{}", output::Interrupted);
            ExitCode::from(output::INTERRUPTED_EXIT_CODE)
        }
        Err(error) => {
            eprintln!("error: {}", said_once(&error));
            ExitCode::FAILURE
        }
    }
}

/// An error with its causes, where each says more than the one before: errors of libraries often
/// repeat their cause's words, and ours the file's name.
fn said_once(error: &anyhow::Error) -> String {
    let mut said: Vec<String> = Vec::new();
    for cause in error.chain().map(ToString::to_string) {
        match said.last() {
            Some(last) if last.ends_with(&cause) => continue,
            Some(last) if cause.starts_with(last.as_str()) => {
                said.pop();
            }
            _ => {}
        }
        said.push(cause);
    }
    said.join(": ")
}

#[cfg(test)]
mod tests {
    use anyhow::{Context as _, anyhow};

    use super::said_once;

    #[test]
    fn no_cause_is_said_twice() {
        #[track_caller]
        fn check(error: anyhow::Error, expected: &str) {
            assert_eq!(said_once(&error), expected);
        }
        check(anyhow!("gone"), "gone");
        check(anyhow!("gone").context("a file"), "a file: gone");
        check(anyhow!("gone").context("a file: gone"), "a file: gone");
        check(anyhow!("a file: gone").context("a file"), "a file: gone");
        let twice: anyhow::Result<()> = Err(anyhow!("gone").context("a file: gone"));
        check(twice.context("a file").unwrap_err(), "a file: gone");
    }
}
