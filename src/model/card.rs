//! A model's card: what it is, what it catches, what it was made from and what it cannot do.
//!
//! Made from the model alone, so that it never says what the file does not; checked in beside
//! shipped models, so that retraining shows as a readable difference.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use crate::evaluation::{Headline, Level};

use super::{Family, Model, Provenance, Scale, Target};

/// Features that a card names, the most important first.
const NAMED_FEATURES: usize = 20;

/// A model in short.
#[derive(Clone, Debug, Serialize)]
pub struct Card {
    /// Such as `papwiki.reverted`.
    pub name: String,
    /// The crate's version that fitted it, and the first digits of its checksum.
    pub version: String,
    /// The wiki whose edits it scores, or `any`.
    pub wiki: String,
    /// What its probability is the probability of.
    pub target: Target,
    /// The language whose word lists it uses.
    pub language: &'static str,
    /// Whose scale its scores are on, where that is not its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<Scale>,
    /// What it catches, in a sentence.
    pub caught: String,
    /// Held-out edits that the figures are measured on.
    pub evaluated_edits: u64,
    /// Those among them that are looked for.
    pub evaluated_positives: u64,
    /// The share of such edits among the held-out ones.
    pub sample_rate: f64,
    /// The figures by which scorers are compared.
    pub headline: Headline,
    /// Named thresholds.
    pub levels: Vec<Level>,
    /// What a reader has to know before believing the figures.
    pub notes: Vec<String>,
    /// The families of features, those that count most first.
    pub reasons: Vec<FamilyImportance>,
    /// The features that count most.
    pub importance: Vec<Importance>,
    /// The number of features.
    pub n_features: usize,
    /// The number of words that it knows.
    pub n_words: usize,
    /// Where it comes from.
    pub provenance: Provenance,
    #[serde(skip)]
    report: String,
}

/// A family's part in a model.
#[derive(Clone, Debug, Serialize)]
pub struct FamilyImportance {
    /// The family's name, as in explanations.
    pub family: &'static str,
    /// What its features look at.
    pub what: &'static str,
    /// The share of all importance that its features have together, 0 to 1.
    pub share: f64,
}

/// A feature's part in a model.
#[derive(Clone, Debug, Serialize)]
pub struct Importance {
    /// The feature's name.
    pub feature: String,
    /// What it is; empty for columns of a table from elsewhere.
    pub doc: &'static str,
    /// Its share of all importance, 0 to 1.
    pub share: f64,
}

impl Card {
    pub(super) fn new(model: &Model) -> Self {
        let report = model.report();
        let mut importance: Vec<Importance> = model
            .column_names()
            .iter()
            .zip(model.importance())
            .map(|(name, share)| Importance {
                feature: name.clone(),
                doc: crate::feature::find(name).map_or("", |feature| feature.doc),
                share,
            })
            .collect();
        importance.sort_by(|a, b| b.share.total_cmp(&a.share).then(a.feature.cmp(&b.feature)));
        importance.truncate(NAMED_FEATURES);
        let mut families: BTreeMap<Family, f64> = BTreeMap::new();
        for (feature, share) in model.features().iter().zip(model.importance()) {
            *families.entry(Family::of(feature)).or_default() += share;
        }
        let mut reasons: Vec<FamilyImportance> = families
            .into_iter()
            .map(|(family, share)| FamilyImportance {
                family: family.name(),
                what: family.what(),
                share,
            })
            .collect();
        reasons.sort_by(|a, b| b.share.total_cmp(&a.share).then(a.family.cmp(b.family)));
        Self {
            name: model.name(),
            version: model.version(),
            wiki: model.wiki().to_owned(),
            target: model.target(),
            language: model.language().code,
            scale: model.scale().cloned(),
            caught: report.one_line(),
            evaluated_edits: report.n,
            evaluated_positives: report.positives,
            sample_rate: report.sample_rate,
            headline: report.headline.clone(),
            levels: report.levels.clone(),
            notes: report.notes.clone(),
            reasons,
            importance,
            n_features: model.column_names().len(),
            n_words: model.vocabulary().len(),
            provenance: model.provenance().clone(),
            report: report.to_markdown(),
        }
    }

    /// The card for people, report included.
    pub fn to_markdown(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write_markdown(&mut text);
        text
    }

    fn write_markdown(&self, out: &mut String) -> std::fmt::Result {
        let provenance = &self.provenance;
        writeln!(out, "# {}\n", self.name)?;
        writeln!(
            out,
            "Version {}. Finds edits that {}.\n",
            self.version,
            self.target.in_words()
        )?;
        writeln!(out, "On edits that it had not seen, it {}.\n", self.caught)?;
        if let Some(scale) = &self.scale {
            write!(out, "{}", scale.to_markdown())?;
        }
        writeln!(out, "## What it was made from\n")?;
        writeln!(out, "| | |\n|-|-|")?;
        for source in &provenance.sources {
            writeln!(
                out,
                "| source | {}: {} pages, {} revisions |",
                cell(&source.name),
                source.pages,
                source.revisions
            )?;
        }
        let share = 100.0 * provenance.n_positive as f64 / (provenance.n_rows.max(1)) as f64;
        writeln!(
            out,
            "| edits learned from | {}, of which {} ({share:.2} %) {} |",
            provenance.n_rows,
            provenance.n_positive,
            self.target.wanted()
        )?;
        if let (Some(first), Some(last)) = (provenance.first, provenance.last) {
            writeln!(out, "| saved | {first} to {last} |")?;
        }
        writeln!(
            out,
            "| held out for the figures below | {} |",
            provenance.held_out
        )?;
        if !provenance.selection.is_empty() {
            writeln!(
                out,
                "| chosen by | `{}` |",
                cell(&provenance.selection.join(" "))
            )?;
        }
        writeln!(out, "| features | {} |", self.n_features)?;
        writeln!(out, "| words known | {} |", self.n_words)?;
        writeln!(out, "| word lists | {} |", self.language)?;
        writeln!(
            out,
            "| fitted by | revscore {}, seed {} |\n",
            provenance.crate_version, provenance.seed
        )?;
        writeln!(out, "## What it cannot do\n")?;
        writeln!(out, "{}\n", self.target.limits())?;
        // A card stands alone: the report's headings go below its own, and pictures, which are
        // drawn by `evaluate` alone, are left out.
        let is_picture = |line: &&str| line.starts_with("![");
        for line in self.report.lines().filter(|line| !is_picture(line)) {
            let deeper = if line.starts_with('#') { "#" } else { "" };
            writeln!(out, "{deeper}{line}")?;
        }
        writeln!(out)?;
        writeln!(out, "## What counts most\n")?;
        if !self.reasons.is_empty() {
            writeln!(out, "| reason | what it looks at | share |\n|-|-|-:|")?;
        }
        for reason in &self.reasons {
            writeln!(
                out,
                "| {} | {} | {:.1} % |",
                reason.family,
                reason.what,
                reason.share * 100.0
            )?;
        }
        writeln!(out, "\n| feature | what it is | share |\n|-|-|-:|")?;
        for Importance {
            feature,
            doc,
            share,
        } in &self.importance
        {
            writeln!(
                out,
                "| {} | {} | {:.1} % |",
                cell(feature),
                cell(doc),
                share * 100.0
            )?;
        }
        writeln!(
            out,
            "\n## Recipe\n\n```toml\n{}\n```",
            provenance.recipe.trim_end()
        )
    }
}

/// Text that stays inside its cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}
