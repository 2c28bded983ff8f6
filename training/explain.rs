//! `explain`: a model, a dump and a revision -> why the model scores that edit as it does.
//!
//! The whole dump is read, because an edit's past is on all pages. What a reason says is the core's
//! business.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, bail};
use clap::Args;
use revscore::Edit;
use revscore::corpus::LabelOptions;
use revscore::history::Facts;
use revscore::model::{ANY_WIKI, Explanation, Model};
use revscore::revision::{Page, Revision, RevisionId, Timestamp};
use rustc_hash::FxHashSet;
use serde::Serialize;

use crate::extraction::{Extracted, Extraction, Sink, Wanted};
use crate::input::InputArgs;
use crate::score::open_for_edits;
use crate::timeline::Timeline;

/// Features that are printed for people; JSON has all.
const PRINTED_FEATURES: usize = 10;

/// Says why a model scores an edit of a dump as it does
///
/// Prints the probability and the reasons that moved it, each with what the edit has of it, its
/// part of the raw score (towards what is looked for above zero) and its share of all movement; then
/// the features that moved it most.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  revscore-train explain --model models/papwiki.reverted.model --dump papwiki-pages-meta-history.xml.bz2 --rev-id 12345")]
pub(crate) struct ExplainArgs {
    /// The model to score with
    #[arg(long, value_name = "FILE")]
    model: PathBuf,

    #[command(flatten)]
    input: InputArgs,

    /// The revision that the edit made
    #[arg(long, value_name = "ID")]
    rev_id: u64,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Keeps the edit in question, and every edit's trace in the past.
struct Finder {
    rev_id: RevisionId,
    found: Option<Found>,
    /// Where the model asks for the past.
    timeline: Option<Timeline>,
    place: Option<usize>,
}

/// The edit in question.
struct Found {
    page: Arc<Page>,
    parent: Option<Arc<Revision>>,
    revision: Arc<Revision>,
}

impl Sink for Finder {
    fn read(&mut self, page: &Arc<Page>, parent: Option<&Arc<Revision>>, revision: &Arc<Revision>) {
        if revision.id == self.rev_id && self.found.is_none() {
            self.found = Some(Found {
                page: Arc::clone(page),
                parent: parent.cloned(),
                revision: Arc::clone(revision),
            });
        }
    }

    fn revision(&mut self, _page: &Page, mut revision: Extracted) -> Result<()> {
        if let (Some(timeline), Some(seen)) = (&mut self.timeline, revision.seen.take()) {
            let place = timeline.push(revision.site, seen);
            if revision.id == self.rev_id {
                self.place.get_or_insert(place);
            }
        }
        Ok(())
    }

    fn page_end(&mut self, _page: &Page, _words: FxHashSet<String>) -> Result<()> {
        Ok(())
    }
}

/// Runs it.
pub(crate) fn run(args: &ExplainArgs) -> Result<()> {
    let model = open_for_edits(&args.model)?;
    let rev_id = RevisionId(args.rev_id);
    let is_historic = model.features().iter().any(|feature| feature.is_historic());
    let extraction = Extraction {
        // No row is wanted; the columns say whether the past is.
        columns: model.features().to_vec(),
        vocabulary: Some(model.vocabulary().clone()),
        page_words: false,
        language: model.language(),
        wanted: Wanted {
            only: Some(FxHashSet::default()),
            ..Wanted::default()
        },
        labels: LabelOptions::default(),
        is_one_wiki: model.wiki() != ANY_WIKI,
    };
    let finder = Finder {
        rev_id,
        found: None,
        timeline: is_historic.then(Timeline::default),
        place: None,
    };
    let finder = args.input.read_in_turn(extraction, finder)?;
    let Some(found) = finder.found else {
        bail!(
            "expected revision {} in the dumps, got none of that id; check --only-pages and --skip-pages",
            args.rev_id
        );
    };
    let parent = found.parent.as_deref();
    if found.revision.text.is_none() || parent.is_some_and(|parent| parent.text.is_none()) {
        bail!(
            "revision {} cannot be scored, and so not be explained: its text or its parent's is suppressed",
            args.rev_id
        );
    }
    let mut facts = None;
    if let (Some(timeline), Some(wanted)) = (&finder.timeline, finder.place) {
        let found = |place: usize, of_edit: Facts| {
            if place == wanted {
                facts = Some(of_edit);
            }
        };
        timeline.replay(found);
    }
    let mut edit = Edit::new(parent, &found.revision, &found.page, model.language());
    if let Some(facts) = facts {
        edit = edit.with_facts(facts);
    }
    let explanation = model.explain(&edit);
    match args.json {
        true => println!(
            "{}",
            serde_json::to_string_pretty(&Document::new(&model, &edit, &explanation))?
        ),
        false => print!("{}", in_words(&model, &edit, &explanation)),
    }
    Ok(())
}

/// The explanation as JSON, in the names of the HTTP API.
#[derive(Serialize)]
struct Document<'a> {
    model: String,
    version: String,
    rev_id: RevisionId,
    page_id: u64,
    title: &'a str,
    timestamp: Option<Timestamp>,
    probability: f64,
    prediction: bool,
    bias: f64,
    raw_score: f64,
    reasons: Vec<ReasonLine<'a>>,
    explanation: Vec<FeatureLine<'a>>,
}

#[derive(Serialize)]
struct ReasonLine<'a> {
    family: &'static str,
    contribution: f64,
    share: f64,
    text: &'a str,
}

#[derive(Serialize)]
struct FeatureLine<'a> {
    feature: &'static str,
    value: Option<f32>,
    contribution: f64,
    share: f64,
    text: &'a str,
}

impl<'a> Document<'a> {
    fn new(model: &Model, edit: &Edit<'a>, explanation: &'a Explanation) -> Self {
        let reasons = explanation.reasons.iter().map(|reason| ReasonLine {
            family: reason.family.name(),
            contribution: reason.contribution,
            share: reason.share,
            text: &reason.text,
        });
        let features = explanation.features.iter().map(|part| FeatureLine {
            feature: part.feature,
            value: part.value.filter(|value| value.is_finite()),
            contribution: part.contribution,
            share: part.share,
            text: &part.text,
        });
        Self {
            model: model.name(),
            version: model.version(),
            rev_id: edit.revision().id,
            page_id: edit.page().id.0,
            title: &edit.page().title,
            timestamp: edit.revision().timestamp,
            probability: explanation.score.probability,
            prediction: explanation.score.prediction,
            bias: explanation.bias,
            raw_score: explanation.raw_score,
            reasons: reasons.collect(),
            explanation: features.collect(),
        }
    }
}

fn in_words(model: &Model, edit: &Edit<'_>, explanation: &Explanation) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write_words(&mut out, model, edit, explanation);
    out
}

fn write_words(
    out: &mut String,
    model: &Model,
    edit: &Edit<'_>,
    explanation: &Explanation,
) -> std::fmt::Result {
    let (revision, page) = (edit.revision(), edit.page());
    write!(out, "revision {} of {:?}", revision.id.0, page.title)?;
    if let Some(at) = revision.timestamp {
        write!(out, ", saved {at}")?;
    }
    writeln!(
        out,
        "\n{} {}: probability {:.4}\n",
        model.name(),
        model.version(),
        explanation.score.probability
    )?;
    writeln!(out, "{:>8}  {:>5}  reason", "moves by", "share")?;
    writeln!(
        out,
        "{:>+8.3}         where every edit begins",
        explanation.bias
    )?;
    for reason in &explanation.reasons {
        let share = reason.share * 100.0;
        writeln!(
            out,
            "{:>+8.3}  {share:>3.0} %  {}",
            reason.contribution, reason.text
        )?;
    }
    writeln!(out, "{:>+8.3}         raw score\n", explanation.raw_score)?;
    writeln!(out, "{:>8}  {:>5}  feature", "moves by", "share")?;
    for part in explanation.features.iter().take(PRINTED_FEATURES) {
        let share = part.share * 100.0;
        writeln!(
            out,
            "{:>+8.3}  {share:>3.0} %  {}: {}",
            part.contribution, part.feature, part.text
        )?;
    }
    Ok(())
}
