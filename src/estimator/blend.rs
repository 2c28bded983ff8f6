//! Boosted trees and logistic regression, averaged.
//!
//! Trees find what only combinations of columns tell, but need many positives to place their
//! thresholds; a weighted sum makes do with fewer, and errs elsewhere. When to use what,
//! cross-validated on a public table of 51 columns: with 120 positives the blend's average
//! precision is .628, the trees' .582; with 490 positives .688 and .677. On that table's held-out
//! side, with 610 to learn from, the trees were ahead (.733 to .712). Those were blends half and
//! half; the default share, that of the default recipe, leaves the weighted sum .15. Against trees
//! alone, that gains .001 to .013 of ROC-AUC and .004 to .015 of average precision on the three
//! splits of docs/ACCURACY.md; on the three public tables the difference is 0 to +.002 and -.009
//! to +.002. So: the default when in doubt, half and half below some hundred positives, trees
//! alone above a thousand if one's own data says so.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use super::{Contributions, EstimatorError, Forest, Linear};

/// A weighted mean of the log-odds of boosted trees and of a weighted sum.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Blend {
    pub(super) forest: Forest,
    pub(super) linear: Linear,
    /// The forest's share, 0 to 1; the rest is the linear predictor's.
    pub(super) forest_share: f64,
}

impl Blend {
    /// The number of columns that a row should have.
    pub fn n_features(&self) -> usize {
        self.forest.n_features()
    }

    /// The mean of both log-odds.
    pub fn raw_score(&self, row: &[f32]) -> f64 {
        self.mean(self.forest.raw_score(row), self.linear.raw_score(row))
    }

    /// See [`Predictor::raw_scores`](super::Predictor::raw_scores).
    pub fn raw_scores(&self, rows: ArrayView2<'_, f32>) -> Vec<f64> {
        self.means(&self.forest.raw_scores(rows), &self.linear.raw_scores(rows))
    }

    /// The mean of both parts' contributions.
    pub fn contributions(&self, row: &[f32]) -> Contributions {
        let (forest, linear) = (
            self.forest.contributions(row),
            self.linear.contributions(row),
        );
        Contributions {
            bias: self.mean(forest.bias, linear.bias),
            features: self.means(&forest.features, &linear.features),
        }
    }

    /// The mean of both parts' importances.
    pub fn importance(&self) -> Vec<f64> {
        super::linear::shares(&self.means(&self.forest.importance(), &self.linear.importance()))
    }

    /// See [`Predictor::check`](super::Predictor::check).
    pub fn check(&self) -> Result<(), EstimatorError> {
        if !(0.0..=1.0).contains(&self.forest_share) {
            return Err(EstimatorError::corrupt(
                "a share of the forest from 0 to 1",
                self.forest_share,
            ));
        }
        if self.linear.n_features() != self.forest.n_features() {
            return Err(EstimatorError::corrupt(
                format!("a linear part of {} columns", self.forest.n_features()),
                self.linear.n_features(),
            ));
        }
        self.forest.check()?;
        self.linear.check()
    }

    fn mean(&self, forest: f64, linear: f64) -> f64 {
        self.forest_share * forest + (1.0 - self.forest_share) * linear
    }

    fn means(&self, forest: &[f64], linear: &[f64]) -> Vec<f64> {
        forest
            .iter()
            .zip(linear)
            .map(|(forest, linear)| self.mean(*forest, *linear))
            .collect()
    }
}

#[cfg(feature = "train")]
mod fitting {
    use linfa::traits::Fit;
    use ndarray::{ArrayView1, ArrayView2};
    use serde::{Deserialize, Serialize};

    use super::Blend;
    use crate::estimator::params::{Checked, Table, expect_parameter};
    use crate::estimator::{
        EstimatorError, GradientBoostingParams, LogisticRegressionParams, Predictor,
    };

    /// Hyperparameters of the blend.
    #[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    pub struct BlendParams {
        /// The trees' share of the mean, 0 to 1. Default 0.85.
        pub boosting_share: f64,
        /// Where the random choices begin; a recipe gives it once for everything. Default 0.
        #[serde(skip)]
        pub seed: u64,
        /// The trees.
        pub gradient_boosting: GradientBoostingParams,
        /// The weighted sum.
        pub logistic_regression: LogisticRegressionParams,
    }

    impl Default for BlendParams {
        fn default() -> Self {
            Self {
                boosting_share: 0.85,
                seed: 0,
                gradient_boosting: GradientBoostingParams::default(),
                logistic_regression: LogisticRegressionParams::default(),
            }
        }
    }

    impl BlendParams {
        pub(in crate::estimator) const KIND: &'static str = "blend";

        /// The checked form, which can fit.
        pub fn check(self) -> Result<Checked<Self>, EstimatorError> {
            let share = self.boosting_share;
            expect_parameter(
                (0.0..=1.0).contains(&share),
                "boosting_share",
                "from 0 to 1",
                share,
            )?;
            self.gradient_boosting.clone().check()?;
            self.logistic_regression.clone().check()?;
            Ok(Checked(self))
        }
    }

    impl<'a> Fit<ArrayView2<'a, f32>, ArrayView1<'a, bool>, EstimatorError> for Checked<BlendParams> {
        type Object = Blend;

        fn fit(&self, table: &Table<'a>) -> Result<Blend, EstimatorError> {
            let BlendParams {
                boosting_share,
                seed,
                gradient_boosting,
                logistic_regression,
            } = self.0.clone();
            Ok(Blend {
                forest: Checked(GradientBoostingParams {
                    seed,
                    ..gradient_boosting
                })
                .fit(table)?,
                linear: Checked(logistic_regression).fit(table)?,
                forest_share: boosting_share,
            })
        }
    }

    impl From<Blend> for Predictor {
        fn from(blend: Blend) -> Self {
            Self::Blend(blend)
        }
    }
}

#[cfg(feature = "train")]
pub use self::fitting::BlendParams;
