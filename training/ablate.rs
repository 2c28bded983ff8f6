//! `ablate`: what each group of features adds to a model, as a table.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use revscore::evaluation::{Comparison, Estimate, Options, Outcome, compare};
use revscore::feature;
use revscore::model::Target;
use revscore::revision::Timestamp;

use crate::evaluate::{Measured, rows_of_dumps};
use crate::gathering::{Gathered, Gathering, gather};
use crate::given::GivenRows;
use crate::input::InputArgs;
use crate::learning::{fit, fit_predictor, learn, options};
use crate::output::write_file;
use crate::packing::{Origin, assemble, check_writable};
use crate::recipe::{Recipe, covers};
use crate::rows::Rows;
use crate::run::check_split;

/// Shows what each group of features adds: without it, and with it alone
///
/// Learns as `run` does, once for each group without it and once with it alone, and measures all
/// of them on the same edits: those of --rows, those from --since on, or else each page of the
/// dumps once, by cross-validation. A recipe's `bundles` are measured like groups. Writes a
/// Markdown table to standard output; differences have 95 % intervals from resampling pages.
#[derive(Args, Debug)]
#[command(after_help = "Example:
  revscore-train ablate --wiki papwiki --dump papwiki.xml.bz2 --since 2012-01-01 --out ablation.md")]
pub(crate) struct AblateArgs {
    /// The wiki's database name, such as papwiki; `any` for a model that serves every wiki
    #[arg(long)]
    wiki: String,

    /// What to look for
    #[arg(long, default_value = "reverted")]
    target: Target,

    #[command(flatten)]
    input: InputArgs,

    /// Learn only from edits before this time; without it, those before --since
    #[arg(long, value_name = "DATE")]
    until: Option<Timestamp>,

    /// Measure on the edits from this time on
    #[arg(long, value_name = "DATE", conflicts_with = "rows")]
    since: Option<Timestamp>,

    /// Measure on exactly the rev_ids of this CSV, with its own label column, on whichever page
    /// they are. That none of them is learned from is up to --until, --only-pages and --skip-pages
    #[arg(long, value_name = "FILE")]
    rows: Option<PathBuf>,

    /// What to learn with, and how
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,

    /// Write the table to this file too
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs it.
pub(crate) fn run(args: &AblateArgs) -> Result<()> {
    let (recipe, recipe_text) = Recipe::read(args.recipe.as_deref())?;
    check_split(&recipe, false)?;
    if let Some(path) = &args.out {
        check_writable(path)?;
    }
    let until = args.until.or(args.since);
    if args.since.is_some_and(|since| until > Some(since)) {
        bail!("--until: expected a time that is not after --since, or edits are on both sides");
    }
    let given = args
        .rows
        .as_deref()
        .map(|path| GivenRows::read(path, &[]))
        .transpose()?;
    let gathering = Gathering {
        input: &args.input,
        recipe: &recipe,
        wiki: &args.wiki,
        target: args.target,
        until,
    };
    let Gathered {
        rows,
        vocabulary,
        sources,
        ..
    } = gather(&gathering)?;
    let rows = rows.with_columns(&rows.dataset.informative_columns());
    let say = |message: &str| eprintln!("{message}");
    let measured_on = if args.since.is_some() || given.is_some() {
        let learned = learn(&rows, &recipe, args.target, false, &say)?;
        let origin = Origin {
            wiki: args.wiki.clone(),
            target: args.target,
            sources,
            selection: Vec::new(),
            recipe: recipe_text,
            seed: recipe.seed,
        };
        let model = assemble(origin, &rows, vocabulary, learned)?;
        let input = if given.is_some() {
            &args.input.of_all_pages()
        } else {
            &args.input
        };
        let measured = rows_of_dumps(
            &model,
            &Measured {
                input,
                wiki: &args.wiki,
                since: args.since,
                until: None,
                given: given.as_ref().map(GivenRows::labels),
            },
        )?;
        if let Some(given) = &given {
            check_apart(&rows, &measured)?;
            given.check_found(&measured)?;
        }
        Some(measured)
    } else {
        None
    };
    let ablation = Ablation {
        rows: &rows,
        measured: measured_on.as_ref(),
        recipe: &recipe,
        options: options(&recipe, args.target),
    };
    let table = ablation.table(&say)?;
    print!("{table}");
    match &args.out {
        Some(path) => write_file(path, table.as_bytes()),
        None => Ok(()),
    }
}

/// Rows that were learned from cannot be measured on.
fn check_apart(learned: &Rows, measured: &Rows) -> Result<()> {
    let ids: rustc_hash::FxHashSet<_> = learned
        .dataset
        .rows
        .iter()
        .map(|row| row.revision)
        .collect();
    let n_both = measured
        .dataset
        .rows
        .iter()
        .filter(|row| ids.contains(&row.revision))
        .count();
    if n_both > 0 {
        bail!(
            "{n_both} of the edits of --rows would be learned from too; keep them apart with --until, --only-pages \
             or --skip-pages"
        );
    }
    Ok(())
}

/// The same learning with some columns or others.
struct Ablation<'a> {
    rows: &'a Rows,
    /// The rows to measure on; `None` for cross-validation.
    measured: Option<&'a Rows>,
    recipe: &'a Recipe,
    options: Options,
}

/// One row of the table.
struct Part {
    name: String,
    n_features: usize,
    /// The whole beside what is left without the part; `None` when nothing is.
    without: Option<Comparison>,
    /// The whole beside the part alone.
    alone: Comparison,
}

impl Ablation<'_> {
    fn table(&self, say: &dyn Fn(&str)) -> Result<String> {
        let names = &self.rows.dataset.names;
        let parts = parts(names, &self.recipe.bundles);
        let whole = self.outcomes(names)?;
        let mut rows = Vec::new();
        for (idx, (name, columns)) in parts.iter().enumerate() {
            say(&format!("{} of {}: {name}", idx + 1, parts.len()));
            let others: Vec<String> = names
                .iter()
                .filter(|name| !columns.contains(name))
                .cloned()
                .collect();
            rows.push(Part {
                name: name.clone(),
                n_features: columns.len(),
                without: match others.is_empty() {
                    true => None,
                    false => Some(self.beside(&whole, &others)?),
                },
                alone: self.beside(&whole, columns)?,
            });
        }
        self.to_markdown(&whole, &rows)
    }

    /// The whole beside a model of these columns.
    fn beside(&self, whole: &[Outcome], columns: &[String]) -> Result<Comparison> {
        let scores: Vec<f64> = self
            .outcomes(columns)?
            .iter()
            .map(|outcome| outcome.probability)
            .collect();
        compare(whole, &scores, "part", &self.options).context("the edits cannot be compared")
    }

    /// Held-out edits with what a model of these columns gives them. Outside of cross-validation
    /// that is no calibrated probability, but the order is the same.
    fn outcomes(&self, columns: &[String]) -> Result<Vec<Outcome>> {
        let rows = self.rows.with_columns(columns);
        let Some(measured) = self.measured else {
            let fitted = fit(&rows, self.recipe, None)?;
            let all: Vec<usize> = (0..rows.dataset.n_rows()).collect();
            return Ok(rows.outcomes(&all, fitted.out_of_fold));
        };
        let predictor = fit_predictor(&rows, self.recipe)?;
        let measured = measured.with_columns(columns);
        let all: Vec<usize> = (0..measured.dataset.n_rows()).collect();
        let scores = predictor.raw_scores(measured.dataset.values.view());
        let shares = scores.into_iter().map(|raw| 1.0 / (1.0 + (-raw).exp()));
        Ok(measured.outcomes(&all, shares))
    }

    fn to_markdown(&self, whole: &[Outcome], parts: &[Part]) -> Result<String> {
        let n_positive = whole.iter().filter(|outcome| outcome.label).count();
        let label = &self.options.label;
        let first = parts.first().context("no group of features is left")?;
        let [roc_auc, average_precision] =
            FIGURES.map(|name| plain(row(&first.alone, name).and_then(|row| row.this)));
        let how = match self.measured {
            Some(_) => "edits that were not learned from",
            None => "edits, each scored by a model that did not see its page",
        };
        let mut text = format!(
            "Measured on {} {how}, {n_positive} of them {label}. With all {} features: ROC-AUC {roc_auc}, average \
             precision {average_precision}. What a group adds is the whole less the model without it, on the same \
             edits and the same resamples of pages; an interval that holds 0 shows nothing.\n\n\
             | group | features | it adds to ROC-AUC | it adds to average precision | ROC-AUC alone | average \
             precision alone |\n|-|-:|-:|-:|-:|-:|\n",
            whole.len(),
            self.rows.dataset.names.len(),
        );
        for part in parts {
            let added = FIGURES.map(|name| {
                let row = part.without.as_ref().and_then(|without| row(without, name));
                signed(row.and_then(|row| row.difference))
            });
            let alone = FIGURES.map(|name| plain(row(&part.alone, name).and_then(|row| row.other)));
            text += &format!(
                "| {} | {} | {} | {} | {} | {} |\n",
                part.name, part.n_features, added[0], added[1], alone[0], alone[1]
            );
        }
        Ok(text)
    }
}

/// Groups of the columns that are there, in their order, then the recipe's bundles.
fn parts(names: &[String], bundles: &BTreeMap<String, Vec<String>>) -> Vec<(String, Vec<String>)> {
    let of = |wanted: &dyn Fn(&str) -> bool| -> Vec<String> {
        names.iter().filter(|name| wanted(name)).cloned().collect()
    };
    let groups = feature::GROUPS
        .iter()
        .map(|group| (group.name.to_owned(), of(&|name| covers(group.name, name))));
    let bundles = bundles.iter().map(|(bundle, members)| {
        (
            format!("*{bundle}* ({})", members.join(", ")),
            of(&|name| members.iter().any(|member| covers(member, name))),
        )
    });
    groups
        .chain(bundles)
        .filter(|(_, columns)| !columns.is_empty())
        .collect()
}

const FIGURES: [&str; 2] = ["roc_auc", "average_precision"];

fn row<'a>(
    comparison: &'a Comparison,
    name: &str,
) -> Option<&'a revscore::evaluation::ComparisonRow> {
    comparison.rows.iter().find(|row| row.statistic == name)
}

fn plain(estimate: Option<Estimate>) -> String {
    written(estimate, |value| format!("{value:.3}"))
}

fn signed(estimate: Option<Estimate>) -> String {
    written(estimate, |value| format!("{:+.3}", value + 0.0))
}

fn written(estimate: Option<Estimate>, number: impl Fn(f64) -> String) -> String {
    let Some(estimate) = estimate else {
        return "-".to_owned();
    };
    let value = number(estimate.value);
    match estimate.low.zip(estimate.high) {
        Some((low, high)) => format!("{value} ({} to {})", number(low), number(high)),
        None => value,
    }
}
