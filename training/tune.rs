//! `--tune 10m`: hyperparameters of the recipe's estimator, chosen by cross-validation within a
//! budget of time.
//!
//! How it chooses:
//! 1. Rows are held out in cells, each a third of the pages in one of three stretches of time, and
//!    scored by estimators that saw no row of those pages and none that is not older ([`cells`]).
//! 2. *Screening*: estimators drawn at random ([`space`]) are measured on three of the nine cells,
//!    boosted in one bag each, until what remains of the budget is needed for the second step.
//! 3. *Final*: the best [`FINALISTS`] of them and the recipe's own are measured on the other cells,
//!    which no choice has seen. The best one there replaces the recipe's own if it beats it by more
//!    than noise: its gain in ROC-AUC or in average precision must exceed [`Z_NEEDED`] standard
//!    errors of the paired difference (bootstrap over pages), and the other must not be lower.
//!    Otherwise the recipe's own is kept. Most small wikis end there, and rightly so.
//!
//! The measure is the mean of ROC-AUC and average precision: the one is steady, the other looks at
//! the top that patrollers see. The number of trees is one of the hyperparameters. forust could
//! stop early by itself on rows held out from each fit, but it would take them away from fits that
//! have too few reverts already, judge by log loss on a few dozen of them, and leave open how many
//! trees the final fit on all rows needs; choosing it here costs none of that.
//!
//! What is tried depends on the seed alone, how much of it on the machine's speed. So the winner is
//! written into the recipe that the model keeps ([`record`]): with it, the same model can be made
//! again without tuning.

mod cells;
mod record;
mod space;

use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use ndarray::Axis;
use rayon::prelude::*;
use revscore::corpus::Window;
use revscore::dataset::Dataset;
use revscore::estimator::EstimatorParams;
use revscore::evaluation::{Comparison, Estimate, Options, Outcome, compare, evaluate};

use self::cells::{Cell, Cells};
use crate::learning::prepare;
use crate::output::check_interrupted;
use crate::recipe::Recipe;
use crate::rows::Rows;

/// How many estimators are measured in the second step, beside the recipe's own.
const FINALISTS: usize = 6;

/// Standard errors that a gain must exceed: one-sided 5 %, shared among two figures of six
/// finalists (Bonferroni: 1 - 0.05 / 12 of the normal distribution).
const Z_NEEDED: f64 = 2.64;

/// The least share of the budget that goes into screening.
const LEAST_SCREENING: f64 = 0.4;

/// Time to spend on tuning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Budget(Duration);

impl FromStr for Budget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(Window(Some(seconds))) if seconds > 0 => {
                Ok(Self(Duration::from_secs(seconds.unsigned_abs())))
            }
            _ => Err(format!(
                "expected a time such as 10m, 90s or 2h, got {text:?}"
            )),
        }
    }
}

/// What tuning gave.
pub(crate) struct Tuned {
    /// What was tried and how it ended, one sentence a line.
    account: Vec<String>,
    /// The estimator that is better than the recipe's own, if one was found.
    winner: Option<EstimatorParams>,
}

impl Tuned {
    /// Puts the winner into a recipe and its text. Gives what the card has to say of it.
    pub(crate) fn record(self, recipe: &mut Recipe, text: &mut String) -> Result<Option<String>> {
        let is_changed = self.winner.is_some();
        if let Some(winner) = self.winner {
            recipe.estimator = winner;
        }
        *text = record::record(text, &recipe.estimator, is_changed, &self.account)?;
        Ok(is_changed.then(|| {
            "; the estimator was chosen on these edits among others, so the figures flatter a little"
                .to_owned()
        }))
    }
}

/// An estimator and how it did in screening.
struct Screened {
    params: EstimatorParams,
    score: f64,
}

/// Looks for a better estimator than the recipe's own.
pub(crate) fn tune(
    rows: &Rows,
    recipe: &Recipe,
    budget: Budget,
    say: &dyn Fn(&str),
) -> Result<Tuned> {
    let began = Instant::now();
    let mut dataset = rows.dataset.clone();
    prepare(&mut dataset, recipe);
    let trial = Trial {
        rows,
        dataset: &dataset,
        seed: recipe.seed,
    };
    let tell = |line: String| {
        say(&format!("tuning: {line}"));
        line
    };
    let Some(cells) = Cells::new(&dataset) else {
        let line = tell(
            "too few edits of one kind to hold some out; the recipe's estimator is kept".to_owned(),
        );
        return Ok(Tuned {
            account: vec![line],
            winner: None,
        });
    };
    let mut account = vec![tell(cells.in_words())];
    let options = Options {
        seed: recipe.seed,
        ..Options::default()
    };

    let own_score = trial.score(&space::in_one_bag(&recipe.estimator), &cells.screening)?;
    let final_began = Instant::now();
    let own = trial.outcomes(&recipe.estimator, &cells.last)?;
    // Finalists cost about as much as the recipe's own estimator each.
    let reserve = final_began.elapsed() * FINALISTS as u32;
    let screening_end =
        began + (budget.0.saturating_sub(reserve)).max(budget.0.mul_f64(LEAST_SCREENING));
    let mut screened: Vec<Screened> = Vec::new();
    let mut best = own_score;
    while Instant::now() < screening_end {
        let Some(params) = space::draw(&recipe.estimator, recipe.seed, screened.len() as u64)
        else {
            break;
        };
        let score = trial.score(&space::in_one_bag(&params), &cells.screening)?;
        if score > best {
            best = score;
            say(&format!(
                "tuning: estimator {} reaches {score:.4}, the recipe's own {own_score:.4}",
                screened.len() + 1
            ));
        }
        screened.push(Screened { params, score });
    }
    let n_screened = screened.len();
    screened.sort_by(|a, b| b.score.total_cmp(&a.score));

    let mut finals: Vec<(EstimatorParams, Comparison)> = Vec::new();
    for Screened { params, .. } in screened.into_iter().take(FINALISTS) {
        if began.elapsed() >= budget.0 {
            break;
        }
        let outcomes = trial.outcomes(&params, &cells.last)?;
        let scores: Vec<f64> = own.iter().map(|outcome| outcome.probability).collect();
        let comparison = compare(&outcomes, &scores, "the recipe's own", &options)
            .context("the held-out rows cannot be evaluated")?;
        finals.push((params, comparison));
        say(&format!("tuning: finalist {} measured", finals.len()));
    }
    account.push(tell(format!(
        "{n_screened} estimators screened and {} of them measured on the other cells in {} s, seed {}",
        finals.len(),
        budget.0.as_secs(),
        recipe.seed
    )));
    let best = finals
        .into_iter()
        .max_by(|(_, a), (_, b)| mean_gain(a).total_cmp(&mean_gain(b)));
    let (line, winner) = judge(best);
    account.push(tell(line));
    Ok(Tuned { account, winner })
}

/// Whether the best finalist is better by more than noise, in words.
fn judge(best: Option<(EstimatorParams, Comparison)>) -> (String, Option<EstimatorParams>) {
    let Some((params, comparison)) = best else {
        return (
            "the time was too short to measure any; the recipe's own is kept".to_owned(),
            None,
        );
    };
    let gains = gains(&comparison);
    let figures = format!(
        "{} in ROC-AUC and {} in average precision over the recipe's own",
        in_words(gains[0]),
        in_words(gains[1])
    );
    let is_lower = gains.iter().flatten().any(|gain| gain.value < 0.0);
    let is_sure = gains
        .iter()
        .flatten()
        .any(|gain| standard_errors(gain) > Z_NEEDED);
    if is_sure && !is_lower {
        (format!("the best one wins, with {figures}"), Some(params))
    } else {
        (
            format!("the recipe's own is kept: the best one's {figures} are not beyond noise"),
            None,
        )
    }
}

/// Differences in ROC-AUC and in average precision.
fn gains(comparison: &Comparison) -> [Option<Estimate>; 2] {
    ["roc_auc", "average_precision"].map(|name| {
        comparison
            .rows
            .iter()
            .find(|row| row.statistic == name)
            .and_then(|row| row.difference)
    })
}

fn mean_gain(comparison: &Comparison) -> f64 {
    gains(comparison)
        .iter()
        .map(|gain| gain.map_or(0.0, |gain| gain.value))
        .sum::<f64>()
        / 2.0
}

/// A difference in units of its standard error, taken from the width of its 95 % interval.
fn standard_errors(gain: &Estimate) -> f64 {
    match gain.low.zip(gain.high) {
        Some((low, high)) if high > low => gain.value / ((high - low) / (2.0 * 1.96)),
        _ => 0.0,
    }
}

fn in_words(gain: Option<Estimate>) -> String {
    match gain.map(|gain| (gain.value, gain.low.zip(gain.high))) {
        Some((value, Some((low, high)))) => format!("{value:+.4} ({low:+.4} to {high:+.4})"),
        Some((value, None)) => format!("{value:+.4}"),
        None => "no difference".to_owned(),
    }
}

/// What estimators are tried on.
struct Trial<'a> {
    rows: &'a Rows,
    dataset: &'a Dataset,
    seed: u64,
}

impl Trial<'_> {
    /// The mean of ROC-AUC and average precision, over cells by their positives.
    fn score(&self, params: &EstimatorParams, cells: &[Cell]) -> Result<f64> {
        let options = Options {
            resamples: 0,
            ..Options::default()
        };
        let mut sums = (0.0, 0.0);
        for outcomes in self.each(params, cells)? {
            let weight = outcomes.iter().filter(|outcome| outcome.label).count() as f64;
            let headline = evaluate(&outcomes, &options)
                .context("the held-out rows cannot be evaluated")?
                .headline;
            let value = |estimate: Option<Estimate>| estimate.map_or(0.0, |e| e.value);
            let mean = (value(headline.roc_auc) + value(headline.average_precision)) / 2.0;
            sums = (sums.0 + weight * mean, sums.1 + weight);
        }
        Ok(sums.0 / sums.1)
    }

    /// The held-out rows of all cells, scored.
    fn outcomes(&self, params: &EstimatorParams, cells: &[Cell]) -> Result<Vec<Outcome>> {
        Ok(self.each(params, cells)?.concat())
    }

    fn each(&self, params: &EstimatorParams, cells: &[Cell]) -> Result<Vec<Vec<Outcome>>> {
        let estimator = params.clone().with_seed(self.seed).check()?;
        cells
            .par_iter()
            .map(|cell| {
                check_interrupted()?;
                let predictor = estimator.fit(&self.dataset.select(&cell.learned))?;
                // Only the order matters; the curve makes log-odds a share.
                let held_out = self.dataset.values.select(Axis(0), &cell.held_out);
                let scores = predictor.raw_scores(held_out.view());
                let shares = scores.into_iter().map(|raw| 1.0 / (1.0 + (-raw).exp()));
                Ok(self.rows.outcomes(&cell.held_out, shares))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_times() {
        assert_eq!("10m".parse(), Ok(Budget(Duration::from_secs(600))));
        for text in ["none", "0s", "soon"] {
            assert_eq!(
                text.parse::<Budget>().unwrap_err(),
                format!("expected a time such as 10m, 90s or 2h, got {text:?}")
            );
        }
    }

    #[track_caller]
    fn check(roc_auc: [f64; 3], average_precision: [f64; 3], wins: bool) {
        let row = |name: &str, [value, low, high]: [f64; 3]| {
            let difference = serde_json::json!({"value": value, "low": low, "high": high});
            serde_json::json!({"statistic": name, "this": null, "other": null, "difference": difference})
        };
        let comparison: Comparison = serde_json::from_value(serde_json::json!({
            "name": "", "n": 9, "positives": 3, "base_rate": null,
            "rows": [row("roc_auc", roc_auc), row("average_precision", average_precision)],
        }))
        .unwrap();
        let (line, winner) = judge(Some((EstimatorParams::default(), comparison)));
        assert_eq!(winner.is_some(), wins, "{line}");
    }

    #[test]
    fn a_winner_gains_more_than_noise_and_loses_nothing() {
        check([0.02, 0.01, 0.03], [0.00, -0.02, 0.02], true);
        check([0.001, -0.01, 0.01], [0.05, 0.02, 0.08], true);
        check([0.02, 0.01, 0.03], [-0.001, -0.02, 0.02], false);
        // An interval above 0 is not enough for the best of several.
        check([0.02, 0.001, 0.039], [0.0, -0.02, 0.02], false);
        check([0.0, 0.0, 0.0], [0.0, 0.0, 0.0], false);
        assert_eq!(judge(None).1, None);
    }
}
