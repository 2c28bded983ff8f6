//! Several scorers of the same edits, each at thresholds of its own scale.
//!
//! All of them are swept on the same resamples of pages, so that what differs between them has an
//! interval of its own. Apart from the report, which knows one scorer.

use super::bootstrap::Resampled;
use super::counts::Scale;
use super::ranking::{Clusters, Ranking};
use super::sweep::{Marks, Sweep};
use super::{BaseRate, Estimate, EvaluationError, Options, Outcome, Slice, Statistic};

/// Scorers, ranked and swept together.
pub(crate) struct SideBySide<const N: usize> {
    pub(crate) clusters: Clusters,
    rankings: Vec<(Ranking, Marks)>,
    pub(crate) sweeps: [Resampled; N],
}

impl<const N: usize> SideBySide<N> {
    /// Sweeps over what each scorer gave, one number an outcome and in the same order, and takes
    /// note at the thresholds. The outcomes' own probabilities count only where they are among them.
    pub(crate) fn new(
        outcomes: &[Outcome],
        scores: [&[f64]; N],
        thresholds: &[f64],
        options: &Options,
    ) -> Result<Self, EvaluationError> {
        let clusters = Clusters::new(outcomes)?;
        let rankings = (1..)
            .zip(scores)
            .map(|(nth, scores)| {
                let ranking =
                    Ranking::of_scores(outcomes, &format!("scorer {nth}"), scores, &clusters)?;
                let cuts = thresholds.iter().map(|at| ranking.cut_at_threshold(*at));
                let marks = Marks::new(cuts.collect());
                Ok((ranking, marks))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let ranked: [(&Ranking, &Marks); N] = std::array::from_fn(|nth| {
            let (ranking, marks) = &rankings[nth];
            (ranking, marks)
        });
        Ok(Self {
            sweeps: Resampled::sweep_all(ranked, &clusters, options),
            clusters,
            rankings,
        })
    }

    /// A statistic of one of the scorers at one of the thresholds, as a function of a sweep.
    pub(crate) fn statistic_at(
        &self,
        nth: usize,
        threshold: f64,
        statistic: Statistic,
    ) -> impl Fn(&Sweep) -> Option<f64> {
        let (ranking, marks) = &self.rankings[nth];
        let cut = ranking.cut_at_threshold(threshold);
        move |sweep| sweep.statistic(marks, cut, Slice::All, statistic)
    }
}

/// The share of live edits that each of some thresholds flags, by several scorers: one row a
/// threshold. Scores are one an outcome and in the same order.
pub fn workloads<const N: usize>(
    outcomes: &[Outcome],
    scores: [&[f64]; N],
    thresholds: &[f64],
    options: &Options,
) -> Result<Vec<[Option<Estimate>; N]>, EvaluationError> {
    let scorers = SideBySide::new(outcomes, scores, thresholds, options)?;
    let row = |threshold: &f64| {
        std::array::from_fn(|nth| {
            let workload = scorers.statistic_at(nth, *threshold, Statistic::MatchRate);
            scorers.sweeps[nth].estimate(workload)
        })
    };
    Ok(thresholds.iter().map(row).collect())
}

/// How many live edits each outcome stands for: 1 where no base rate is given.
pub fn live_weights(outcomes: &[Outcome], base_rate: Option<BaseRate>) -> Vec<f64> {
    let (positives, negatives) = count(outcomes);
    let scale = Scale::new(positives, negatives, base_rate);
    let weight = |outcome: &Outcome| match outcome.label {
        true => scale.positive,
        false => scale.negative,
    };
    outcomes.iter().map(weight).collect()
}

/// Outcomes by label: (positives, negatives).
pub(crate) fn count(outcomes: &[Outcome]) -> (u64, u64) {
    let positives = outcomes.iter().filter(|outcome| outcome.label).count();
    (positives as u64, (outcomes.len() - positives) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::testing::outcomes;

    #[test]
    fn each_scorer_is_cut_where_its_own_scores_reach_the_threshold() {
        let outcomes = outcomes(&[(0.9, true), (0.6, false), (0.4, false), (0.1, false)]);
        let own: Vec<f64> = outcomes.iter().map(|outcome| outcome.probability).collect();
        let other = [0.1, 0.55, 0.55, 0.55];
        let shares = |base_rate: Option<f64>| {
            let options = Options {
                resamples: 0,
                base_rate: base_rate.map(|rate| BaseRate::new(rate).unwrap()),
                ..Options::default()
            };
            let rows = workloads(&outcomes, [&own, &other], &[0.5, 0.05], &options).unwrap();
            rows.into_iter()
                .map(|row| row.map(|estimate| estimate.unwrap().value))
                .collect::<Vec<_>>()
        };
        // The cut of the one goes through equal scores of the other.
        assert_eq!(shares(None), [[0.5, 0.75], [1.0, 1.0]]);
        // One edit in ten is bad among live edits: the others stand for 0.3 each, in all 0.9.
        assert_eq!(shares(Some(0.1)), [[0.4, 0.9], [1.0, 1.0]]);
        let weights = live_weights(&outcomes, Some(BaseRate::new(0.1).unwrap()));
        let weights: Vec<f64> = weights
            .iter()
            .map(|weight| (weight * 10.0).round())
            .collect();
        assert_eq!(weights, [4.0, 12.0, 12.0, 12.0]);
    }
}
