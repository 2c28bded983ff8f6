//! The hyperparameters that tuning tries: one range each, drawn from at random.
//!
//! Random search: where only a few of many hyperparameters matter, random points find good values
//! of those sooner than a grid (Bergstra and Bengio 2012). A draw depends on the seed and on its
//! own number alone, so that the tenth estimator is the same however long the search goes on.
//! What is not drawn stays as the recipe has it.

use revscore::estimator::{
    BlendParams, EstimatorParams, ExtraTreesParams, GradientBoostingParams,
    LogisticRegressionParams, RandomForestParams,
};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// The estimator of that number; `None` where nothing can be drawn.
pub(super) fn draw(like: &EstimatorParams, seed: u64, number: u64) -> Option<EstimatorParams> {
    let mut draws = Draws {
        seed,
        number,
        n_drawn: 0,
    };
    Some(match like {
        EstimatorParams::GradientBoosting(params) => {
            EstimatorParams::GradientBoosting(boosting(params, &mut draws))
        }
        EstimatorParams::LogisticRegression(params) => {
            EstimatorParams::LogisticRegression(logistic(params, &mut draws))
        }
        EstimatorParams::Blend(params) => EstimatorParams::Blend(BlendParams {
            boosting_share: draws.number(0.5, 1.0),
            gradient_boosting: boosting(&params.gradient_boosting, &mut draws),
            logistic_regression: logistic(&params.logistic_regression, &mut draws),
            ..params.clone()
        }),
        EstimatorParams::RandomForest(params) => {
            let (max_depth, min_leaf_rows) = averaged(&mut draws);
            EstimatorParams::RandomForest(RandomForestParams {
                max_depth,
                min_leaf_rows,
                ..params.clone()
            })
        }
        EstimatorParams::ExtraTrees(params) => {
            let (max_depth, min_leaf_rows) = averaged(&mut draws);
            EstimatorParams::ExtraTrees(ExtraTreesParams {
                max_depth,
                min_leaf_rows,
                ..params.clone()
            })
        }
    })
}

/// The same estimator, boosted once instead of in several bags: quicker by as much, and nearly as
/// good.
pub(super) fn in_one_bag(params: &EstimatorParams) -> EstimatorParams {
    let mut quick = params.clone();
    match &mut quick {
        EstimatorParams::GradientBoosting(boosting) => boosting.n_bags = 1,
        EstimatorParams::Blend(blend) => blend.gradient_boosting.n_bags = 1,
        EstimatorParams::LogisticRegression(_)
        | EstimatorParams::RandomForest(_)
        | EstimatorParams::ExtraTrees(_) => {}
    }
    quick
}

/// Rate times trees is how far boosting goes, whatever the rate; so these two are drawn, and the
/// number of trees follows. The defaults are a rate of 0.03 and a way of 12.
fn boosting(params: &GradientBoostingParams, draws: &mut Draws) -> GradientBoostingParams {
    let learning_rate = draws.magnitude(0.01, 0.12);
    let way = draws.magnitude(2.0, 25.0);
    GradientBoostingParams {
        n_trees: ((way / learning_rate).round() as usize).clamp(30, 1500),
        learning_rate: learning_rate as f32,
        max_depth: draws.whole(2, 7),
        min_leaf_weight: draws.magnitude(0.3, 20.0) as f32,
        l2: draws.magnitude(0.3, 30.0) as f32,
        row_share: draws.number(0.4, 1.0) as f32,
        column_share: draws.number(0.15, 1.0),
        ..params.clone()
    }
}

fn logistic(params: &LogisticRegressionParams, draws: &mut Draws) -> LogisticRegressionParams {
    LogisticRegressionParams {
        l2: draws.magnitude(0.3, 100.0),
        ..params.clone()
    }
}

/// Depth and least rows of a leaf.
fn averaged(draws: &mut Draws) -> (u16, usize) {
    (
        draws.whole(4, 20) as u16,
        draws.magnitude(1.0, 40.0).round() as usize,
    )
}

struct Draws {
    seed: u64,
    number: u64,
    n_drawn: u64,
}

impl Draws {
    /// Evenly from 0 to 1.
    fn next(&mut self) -> f64 {
        let mut key = [0; 16];
        key[..8].copy_from_slice(&self.number.to_le_bytes());
        key[8..].copy_from_slice(&self.n_drawn.to_le_bytes());
        self.n_drawn += 1;
        (xxh3_64_with_seed(&key, self.seed) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Evenly in a range, in steps of 0.05.
    fn number(&mut self, low: f64, high: f64) -> f64 {
        let steps = ((high - low) * 20.0).round();
        let step = (self.next() * (steps + 1.0)).floor().min(steps);
        ((low * 20.0).round() + step) / 20.0
    }

    /// A whole number in a range, both ends included.
    fn whole(&mut self, low: usize, high: usize) -> usize {
        low + (self.next() * (high - low + 1) as f64) as usize
    }

    /// Evenly in the logarithm, to two digits.
    fn magnitude(&mut self, low: f64, high: f64) -> f64 {
        let value = low * (high / low).powf(self.next());
        let scale = 10_f64.powf(value.log10().floor() - 1.0);
        // Through text, so that the number is the one that a recipe shows.
        let digits = (value / scale).round();
        format!("{}e{}", digits, scale.log10().round())
            .parse()
            .unwrap_or(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_draw_of_every_estimator_is_allowed_and_repeatable() {
        for like in EstimatorParams::all() {
            for number in 0..300 {
                let drawn = draw(&like, 42, number).unwrap();
                assert_eq!(drawn.kind(), like.kind());
                assert_eq!(draw(&like, 42, number), Some(drawn.clone()));
                drawn.check().unwrap();
            }
            assert_ne!(draw(&like, 42, 0), draw(&like, 42, 1));
            assert_ne!(draw(&like, 42, 0), draw(&like, 43, 0));
        }
    }
}
