//! `revscore-serve replay`: a dump through scoring, ledger and outcomes, as if its edits were made now.
//!
//! The way to see the report of one's own wiki before going live. Dumps go page by page, so a first pass
//! reads everything off the texts (`reading`); a second one goes in order of time, asks the history, scores,
//! and tells the ledger what the live service would tell it: each edit's scores, then that it was seen.
//! What became of edits is found by the ledger alone.

mod reading;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};

use super::config::ledger_place;
use super::ledger::{Change, EditFacts, Ledger, ScoredEdit, SeenEdit};
use super::models::Served;
use super::report::{FlaggedBy, Question, day_of, report};
use super::scoring::model_score;
use super::{LedgerOptions, LedgerPlace, Models};
use crate::corpus::{Input, Meter, ReadOptions, Sighting};
use crate::evaluation::UserClass;
use crate::history::History;
use crate::revision::Timestamp;
use reading::{Reading, ReplayedRevision, Scoring};

/// Changes that are written together.
const BATCH: usize = 1_000;

/// How often progress is shown.
const INTERVAL: Duration = Duration::from_millis(200);

/// Replays a wiki's dump: scores its edits in order of time as if they were made now, finds what became
/// of them, and prints what the models' flags would have caught, missed and cost.
///
/// The models should not have learned from the edits that are scored: train on the first years
/// (revscore-train run --until DATE) and replay the others (--since DATE). All edits of the dump are
/// read, also those before --since: they are the past that features ask for.
#[derive(Debug, Parser)]
#[command(
    name = "revscore-serve replay",
    version,
    max_term_width = 100,
    after_help = "Try it:
  revscore-serve replay --dump papwiki.xml.xz --wiki papwiki --since 2012-01-01 --ledger papwiki.ledger
  revscore-serve --ledger papwiki.ledger     # and open http://127.0.0.1:8080/"
)]
pub struct ReplayArgs {
    /// Full-history dumps (.xml, .gz, .bz2, .xz, .zst, .7z); `-` is standard input
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    dump: Vec<Input>,

    /// The wiki that they are of
    #[arg(long, value_name = "WIKI")]
    wiki: String,

    /// Directory of the models; all that serve the wiki score
    #[arg(
        long,
        env = "REVSCORE_MODELS",
        value_name = "DIR",
        default_value = "models"
    )]
    models: PathBuf,

    /// The ledger to write, a file or a postgres:// address; one that is there is continued, and edits in it are not
    /// counted twice
    #[arg(
        long,
        env = "REVSCORE_LEDGER",
        value_name = "PLACE",
        value_parser = ledger_place(),
        hide_env_values = true
    )]
    ledger: LedgerPlace,

    /// Score no edit before this time
    #[arg(long, value_name = "DATE")]
    since: Option<Timestamp>,

    /// Score no edit from this time on
    #[arg(long, value_name = "DATE")]
    until: Option<Timestamp>,

    /// The level of the models that flags in the report
    #[arg(long, value_name = "LEVEL", conflicts_with = "threshold")]
    level: Option<String>,

    /// The probability that flags in the report; a whole hundredth
    #[arg(long, value_name = "P")]
    threshold: Option<f64>,

    /// Time after which an edit without a revert counts as kept; edits so close to the end of the dump are
    /// pending
    #[arg(long, value_name = "HOURS", default_value_t = 48)]
    settle_hours: u32,

    /// Keep accounts' names in the ledger
    #[arg(long)]
    ledger_names: bool,

    /// Take a truncated or damaged dump as far as it goes
    #[arg(long)]
    allow_truncated: bool,
}

/// Replays; prints the reports as Markdown on standard output.
///
/// # Errors
/// When something cannot be read, written or scored.
pub async fn replay(args: &ReplayArgs) -> anyhow::Result<()> {
    let models = Models::open(&args.models)?;
    let served = models.for_wiki(&args.wiki);
    if served.is_empty() {
        bail!(
            "no model in {} scores edits of {}; there are {}",
            args.models.display(),
            args.wiki,
            models.names()
        );
    }
    let measure = served[0].measure;
    let options = LedgerOptions {
        names: args.ledger_names,
        settle_seconds: i64::from(args.settle_hours) * 3_600,
        ..LedgerOptions::new(args.ledger.clone(), [args.wiki.clone()])
    };
    let ledger = Ledger::open(options, move |_| measure.labels).await?;
    let reading = read(args, &served, &ledger)?;
    let revisions = reading.revisions.len();
    eprintln!("read {}", reading.counts);
    for damage in &reading.damage {
        eprintln!("warning: {damage}");
    }
    let n_scored = tell(args, &served, &ledger, reading).await?;
    if n_scored == 0 {
        bail!("none of {revisions} revisions is scored; check --since and --until");
    }
    for model in &served {
        let question = Question {
            wiki: args.wiki.clone(),
            from: args.since.map(day_of),
            to: args.until.map(|until| day_of(Timestamp(until.0 - 1))),
            model: Some(format!("{}@{}", model.name, model.version)),
            flagged_by: match (&args.level, args.threshold) {
                (Some(level), _) => FlaggedBy::Level(level.clone()),
                (None, Some(threshold)) => FlaggedBy::Threshold(threshold),
                (None, None) => FlaggedBy::Review,
            },
            seconds_an_edit: None,
        };
        let settled_until = ledger.settled_until(&args.wiki).await;
        let made = report(&**ledger.store(), &models, &question, settled_until).await?;
        println!("{}", made.to_markdown());
    }
    ledger.close().await;
    eprintln!(
        "the ledger is {}; revscore-serve --ledger {} shows it",
        args.ledger, args.ledger
    );
    Ok(())
}

/// The first pass, with a bar.
fn read(args: &ReplayArgs, served: &[Arc<Served>], ledger: &Ledger) -> anyhow::Result<Reading> {
    let dumps = &args.dump;
    let options = ReadOptions {
        allow_truncated: args.allow_truncated,
        ..ReadOptions::default()
    };
    let meter = Meter::default();
    let total: Option<u64> = dumps.iter().map(Input::packed_bytes).sum();
    let scoring = Scoring {
        models: served,
        since: args.since,
        until: args.until,
        author: &|name| ledger.author(name),
        keeps_names: args.ledger_names,
    };
    let bar = bar(total, "reading {bar:30} {percent:>3} % {msg}, {eta} left");
    std::thread::scope(|scope| {
        let (end, ended) = std::sync::mpsc::channel::<()>();
        scope.spawn({
            let (bar, meter) = (bar.clone(), &meter);
            move || {
                use std::sync::mpsc::RecvTimeoutError::Timeout;
                while ended.recv_timeout(INTERVAL) == Err(Timeout) {
                    bar.set_position(meter.packed_bytes.load(Ordering::Relaxed));
                    bar.set_message(format!(
                        "{} revisions",
                        meter.revisions.load(Ordering::Relaxed)
                    ));
                }
                bar.finish_and_clear();
            }
        });
        let reading = reading::read(dumps, &options, &meter, &scoring);
        drop(end);
        reading
    })
}

/// A bar, on a terminal.
fn bar(length: Option<u64>, template: &str) -> ProgressBar {
    let bar = match length {
        Some(length) => ProgressBar::new(length),
        None => ProgressBar::no_length(),
    };
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// The second pass: tells the ledger of everything in order of time. Gives how many edits were scored.
async fn tell(
    args: &ReplayArgs,
    served: &[Arc<Served>],
    ledger: &Ledger,
    reading: Reading,
) -> anyhow::Result<u64> {
    let Reading {
        mut revisions,
        rows,
        ..
    } = reading;
    revisions.sort_by_key(|revision| (revision.seen.timestamp, revision.seen.revision));
    let bar = bar(
        Some(revisions.len() as u64),
        "scoring {bar:30} {percent:>3} % {human_pos} edits, {per_sec}, {eta} left",
    );
    let wiki: Arc<str> = args.wiki.as_str().into();
    let mut history = History::default();
    let mut changes = Vec::with_capacity(2 * BATCH);
    let mut n_scored = 0;
    for revision in revisions {
        let facts = history.facts(&revision.seen);
        history.observe(&revision.seen);
        let edit = facts_of(&revision, &facts);
        if let Some((place, is_counted)) = &revision.row {
            n_scored += 1;
            let values = rows.read(*place)?;
            changes.push(Change::Scored(ScoredEdit {
                wiki: Arc::clone(&wiki),
                page: (*revision.page).clone(),
                edit: EditFacts {
                    kind: Some(revision.kind),
                    // As in the live service, which reads no digest to score.
                    sighting: Sighting {
                        digest: None,
                        ..edit.sighting
                    },
                    ..edit.clone()
                },
                scored_at: None,
                scores: score(served, values, &facts, is_counted),
            }));
        }
        changes.push(Change::Seen(SeenEdit {
            wiki: Arc::clone(&wiki),
            page: (*revision.page).clone(),
            edit,
            comment: revision.comment,
            // Told of by itself.
            parent: None,
            past: None,
        }));
        bar.inc(1);
        if changes.len() >= BATCH {
            let written = ledger.write(std::mem::take(&mut changes)).await;
            written.with_context(|| args.ledger.to_string())?;
        }
    }
    let written = ledger.write(changes).await;
    written.with_context(|| args.ledger.to_string())?;
    bar.finish_and_clear();
    Ok(n_scored)
}

fn facts_of(revision: &ReplayedRevision, facts: &crate::history::Facts) -> EditFacts {
    let at = revision.seen.timestamp;
    let user = facts.complete(revision.user.clone(), at);
    EditFacts {
        sighting: revision.sighting,
        user_name: revision.user.name.clone(),
        user_class: UserClass::of(&user, at),
        is_first: revision.is_first,
        kind: None,
    }
}

/// The models' scores of rows that lack what the past says.
fn score(
    served: &[Arc<Served>],
    values: Vec<f32>,
    facts: &crate::history::Facts,
    is_counted: &[bool],
) -> Vec<super::ledger::ModelScore> {
    let mut rest = values.as_slice();
    let scores = served.iter().zip(is_counted).map(|(served, is_counted)| {
        let features = served.model.features();
        let (row, after) = rest.split_at(features.len());
        rest = after;
        let mut row = row.to_vec();
        for (value, feature) in row.iter_mut().zip(features) {
            if feature.is_historic() {
                *value = feature.value_of_facts(facts);
            }
        }
        let probability = served.model.wanted_probability(&row);
        model_score(served, &row, probability, *is_counted)
    });
    scores.collect()
}
