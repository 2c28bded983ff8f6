//! Rows and a recipe -> a fitted estimator, and an honest report of what it would catch.
//!
//! The report's rows are never those that the reported estimator was fitted on: either the last
//! ones in time, or each page's by an estimator that did not see the page. The estimator that is
//! kept is then fitted on all rows. Nothing here reads dumps or writes files.

use anyhow::{Context as _, Result, bail};
use ndarray::Axis;
use revscore::dataset::Dataset;
use revscore::estimator::{Calibration, Fitted, Predictor, fit_calibrated};
use revscore::evaluation::{BaseRate, Options, Outcome, Report, evaluate};
use revscore::feature;
use revscore::model::{Scale, Target};
use revscore::revision::PageId;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::output::check_interrupted;
use crate::recipe::{Recipe, Split};
use crate::rows::Rows;

/// What was learned.
pub(crate) struct Learned {
    /// Fitted on all rows.
    pub(crate) predictor: Predictor,
    /// Fitted on out-of-fold scores of all rows.
    pub(crate) calibration: Calibration,
    /// Whose scale probabilities are on, where that is not their own.
    pub(crate) scale: Option<Scale>,
    /// Measured on held-out rows.
    pub(crate) report: Report,
    /// How those were chosen, in words.
    pub(crate) held_out: String,
    /// Which they are.
    pub(crate) held_out_rows: Vec<usize>,
    /// The same rows, scored.
    pub(crate) outcomes: Vec<Outcome>,
}

/// Rows that were held out, and scored.
struct HeldOut {
    rows: Vec<usize>,
    probabilities: Vec<f64>,
    /// How they were chosen, in words.
    how: String,
}

/// Learns from rows.
///
/// # Errors
/// When there is nothing to learn, or when rows could be held out only at random and the caller
/// did not say `i_know`.
pub(crate) fn learn(
    rows: &Rows,
    recipe: &Recipe,
    target: Target,
    i_know: bool,
    say: &dyn Fn(&str),
) -> Result<Learned> {
    let n_rows = rows.dataset.n_rows();
    say(&format!(
        "fitting on {n_rows} rows, {} of them {}, {} features",
        rows.dataset.n_positive(),
        target.wanted(),
        rows.dataset.names.len()
    ));
    check_labels(rows, target)?;
    let fitted = fit(rows, recipe, None)?;
    if !fitted.whole_pages && recipe.evaluation.split == Split::Pages && !i_know {
        bail!(
            "the {} edits are on too few pages to hold whole pages out, and random rows flatter; use \
             split = \"time\" in the recipe, give more pages, or pass --i-know",
            target.wanted()
        );
    }
    let held_out = match recipe.evaluation.split {
        Split::Time => {
            say("measuring on the last rows in time");
            measure_on_last(rows, recipe)?
        }
        Split::Pages => measure_on_pages(rows, recipe, target, &fitted, say)?,
        Split::RandomRows => {
            say("measuring on random rows: the figures will be too good");
            measure_on_random(rows, recipe)?
        }
    };
    let outcomes = rows.outcomes(&held_out.rows, held_out.probabilities);
    let report = evaluate(&outcomes, &options(recipe, target))
        .context("the held-out rows cannot be evaluated")?;
    Ok(Learned {
        predictor: fitted.predictor,
        calibration: fitted.calibration,
        scale: None,
        report,
        held_out: held_out.how,
        held_out_rows: held_out.rows,
        outcomes,
    })
}

/// Nothing can be learned where all edits are alike.
fn check_labels(rows: &Rows, target: Target) -> Result<()> {
    let (n_rows, n_positive) = (rows.dataset.n_rows(), rows.dataset.n_positive());
    let wanted = target.wanted();
    if n_rows == 0 {
        bail!(
            "no edit is left to learn from; check --until, --only-pages, --skip-pages and --labels, and `rows` \
             in the recipe"
        );
    }
    if n_positive == 0 {
        bail!(
            "none of the {n_rows} edits is {wanted}, so there is nothing to learn; give more of the wiki's history \
             (all revisions of its pages, not only the current ones) or more labels"
        );
    }
    if n_positive == n_rows {
        bail!(
            "all of the {n_rows} edits are {wanted}, so there is nothing to tell them from; give edits of both kinds"
        );
    }
    Ok(())
}

/// How reports of models of this recipe are made.
pub(crate) fn options(recipe: &Recipe, target: Target) -> Options {
    Options {
        label: target.wanted().to_owned(),
        base_rate: recipe
            .evaluation
            .base_rate
            .and_then(|rate| BaseRate::new(rate).ok()),
        seed: recipe.seed,
        ..Options::default()
    }
}

/// What only the parent revision tells, apart from its text.
const PARENT_FACTS: [&str; 5] = [
    "time.since_page_edit",
    "origin.same_author",
    "origin.parent_is_anonymous",
    "origin.parent_is_bot",
    "origin.parent_claims_revert",
];

/// Makes rows ready to be learned from: what some are to forget, and how much each counts.
pub(crate) fn prepare(dataset: &mut Dataset, recipe: &Recipe) {
    forget(dataset, recipe);
    balance_pages(dataset, recipe.rows.largest_page);
}

/// Lets no page count for more than a share of all rows: those of a larger one weigh less. A model
/// that learned mostly from one page would know that page, not the wiki.
fn balance_pages(dataset: &mut Dataset, largest_page: f64) {
    let mut weight_of_page: FxHashMap<PageId, f64> = FxHashMap::default();
    for (row, weight) in dataset.rows.iter().zip(&dataset.weights) {
        *weight_of_page.entry(row.page).or_default() += f64::from(*weight);
    }
    // Rows whose page is not known are no page.
    weight_of_page.remove(&PageId::default());
    let all: f64 = dataset
        .weights
        .iter()
        .map(|weight| f64::from(*weight))
        .sum();
    let Some((&page, &weight)) = weight_of_page
        .iter()
        .max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(a.0)))
    else {
        return;
    };
    let others = all - weight;
    if others <= 0.0 || weight <= largest_page * all {
        return;
    }
    let factor = (largest_page / (1.0 - largest_page) * others / weight) as f32;
    for (row, weight) in dataset.rows.iter().zip(&mut dataset.weights) {
        if row.page == page {
            *weight *= factor;
        }
    }
}

/// Whether a column of that name is forgotten.
type IsForgotten = fn(&str) -> bool;

/// Takes the parent's facts from a share of the rows, and the wiki's history from another, both
/// chosen by hashed revision id.
fn forget(dataset: &mut Dataset, recipe: &Recipe) {
    let is_historic: IsForgotten =
        |name| feature::find(name).is_some_and(|feature| feature.is_historic());
    let is_of_parent: IsForgotten = |name| PARENT_FACTS.contains(&name);
    let shares = [
        (is_of_parent, recipe.rows.parent_unknown),
        (is_historic, recipe.rows.history_unknown),
    ];
    for (salt, (is_forgotten, share)) in shares.into_iter().enumerate() {
        let columns: Vec<usize> = (0..dataset.names.len())
            .filter(|&column| is_forgotten(&dataset.names[column]))
            .collect();
        let limit = (share * u64::MAX as f64) as u64;
        let seed = recipe.seed.wrapping_add(salt as u64);
        for row_idx in 0..dataset.n_rows() {
            let id = dataset.rows[row_idx].revision.0.to_le_bytes();
            if xxhash_rust::xxh3::xxh3_64_with_seed(&id, seed) < limit {
                for &column in &columns {
                    dataset.values[(row_idx, column)] = f32::NAN;
                }
            }
        }
    }
}

/// Fits a recipe's estimator on all rows, without a calibration.
pub(crate) fn fit_predictor(rows: &Rows, recipe: &Recipe) -> Result<Predictor> {
    check_interrupted()?;
    let mut dataset = rows.dataset.clone();
    prepare(&mut dataset, recipe);
    let estimator = recipe.estimator.clone().with_seed(recipe.seed).check()?;
    Ok(estimator.fit(&dataset)?)
}

/// Fits a recipe's estimator and its calibration on some rows, or on all.
pub(crate) fn fit(rows: &Rows, recipe: &Recipe, only: Option<&[usize]>) -> Result<Fitted> {
    check_interrupted()?;
    let mut dataset = match only {
        Some(only) => rows.dataset.select(only),
        None => rows.dataset.clone(),
    };
    prepare(&mut dataset, recipe);
    let dataset = &dataset;
    let Recipe {
        estimator,
        calibration,
        seed,
        ..
    } = recipe;
    Ok(fit_calibrated(
        estimator.clone(),
        dataset,
        calibration.kind,
        calibration.folds,
        *seed,
    )?)
}

/// Every page by an estimator that saw none of it. Pages that were too large for a fold are left
/// out, since other times of them were learned from; where nothing is left, the last rows in time
/// are held out instead.
fn measure_on_pages(
    rows: &Rows,
    recipe: &Recipe,
    target: Target,
    fitted: &Fitted,
    say: &dyn Fn(&str),
) -> Result<HeldOut> {
    let n_folds = recipe.calibration.folds;
    let all = 0..rows.dataset.n_rows();
    if !fitted.whole_pages {
        let what = format!(
            "every row once, by {n_folds}-fold cross-validation over rows, because the {} edits are on too few \
             pages: the figures flatter",
            target.wanted()
        );
        say(&format!("measuring on {what}"));
        return Ok(HeldOut {
            rows: all.collect(),
            probabilities: fitted.out_of_fold.clone(),
            how: what,
        });
    }
    let page = |idx: usize| rows.dataset.rows[idx].page;
    let mut fold_of = FxHashMap::default();
    let mut cut = FxHashSet::default();
    for idx in all.clone() {
        if *fold_of.entry(page(idx)).or_insert(fitted.folds[idx]) != fitted.folds[idx] {
            cut.insert(page(idx));
        }
    }
    let whole: Vec<usize> = all.filter(|&idx| !cut.contains(&page(idx))).collect();
    let n_positive = whole
        .iter()
        .filter(|&&idx| rows.dataset.labels[idx])
        .count();
    if n_positive == 0 || n_positive == whole.len() {
        say("measuring on the last rows in time, because there are too few pages to hold some out");
        return measure_on_last(rows, recipe);
    }
    let mut what = format!("every page once, by {n_folds}-fold cross-validation over pages");
    if !cut.is_empty() {
        what.push_str(&format!(
            " ({} of {} rows are learned from only, being on pages with more rows than a fold should have)",
            rows.dataset.n_rows() - whole.len(),
            rows.dataset.n_rows()
        ));
    }
    Ok(HeldOut {
        probabilities: whole.iter().map(|&idx| fitted.out_of_fold[idx]).collect(),
        rows: whole,
        how: what,
    })
}

/// Fits on the first rows in time, and scores the last ones.
fn measure_on_last(rows: &Rows, recipe: &Recipe) -> Result<HeldOut> {
    let mut order: Vec<usize> = (0..rows.dataset.n_rows()).collect();
    order.sort_by_key(|&idx| {
        (
            rows.dataset.rows[idx].timestamp,
            rows.dataset.rows[idx].revision,
        )
    });
    let n_first = order.len() - (order.len() as f64 * recipe.evaluation.held_out) as usize;
    let from = order
        .get(n_first)
        .and_then(|&idx| rows.dataset.rows[idx].timestamp);
    // Rows of one instant stay together.
    let is_first = |idx: &usize| from.is_some() && rows.dataset.rows[*idx].timestamp < from;
    let (first, last): (Vec<usize>, Vec<usize>) = order.into_iter().partition(is_first);
    let Some(from) = from else {
        bail!(
            "the last rows in time cannot be held out, because {} rows are too few or have no time; \
             use split = \"pages\" in the recipe",
            rows.dataset.n_rows()
        );
    };
    let share = recipe.evaluation.held_out * 100.0;
    let what = format!(
        "the last {share:.0} % of the rows in time, from {from} on, by an estimator fitted on the rows before (the words that the wiki uses are those of the whole time)"
    );
    score_others(rows, recipe, &first, last, what)
}

/// Fits on four of five random rows, and scores the others.
fn measure_on_random(rows: &Rows, recipe: &Recipe) -> Result<HeldOut> {
    let is_first = |idx: &usize| {
        let hash = xxhash_rust::xxh3::xxh3_64_with_seed(&(*idx as u64).to_le_bytes(), recipe.seed);
        !hash.is_multiple_of(5)
    };
    let (first, last): (Vec<usize>, Vec<usize>) = (0..rows.dataset.n_rows()).partition(is_first);
    let what =
        "a random fifth of the rows (neighbours on a page are on both sides: too good)".to_owned();
    score_others(rows, recipe, &first, last, what)
}

fn score_others(
    rows: &Rows,
    recipe: &Recipe,
    first: &[usize],
    last: Vec<usize>,
    how: String,
) -> Result<HeldOut> {
    let fitted = fit(rows, recipe, Some(first))
        .context("the rows that are not held out cannot be learned from")?;
    let values = rows.dataset.values.select(Axis(0), &last);
    let scores = fitted.predictor.raw_scores(values.view());
    let calibrated = |raw| fitted.calibration.probability(raw);
    Ok(HeldOut {
        rows: last,
        probabilities: scores.into_iter().map(calibrated).collect(),
        how,
    })
}
