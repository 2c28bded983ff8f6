//! Calibration: from a raw score to a probability.
//!
//! A calibration never changes the order of scores (isotonic steps may tie some). It is fitted
//! on scores of rows that the predictor did not see; see [`fit_calibrated`](super::fit_calibrated).

use serde::{Deserialize, Serialize};

use super::EstimatorError;

/// How likely a raw score's edit is positive, at the base rate of the training rows.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Calibration {
    /// `1 / (1 + exp(-(slope * raw + intercept)))` (Platt 1999): two numbers, so a hundred
    /// positives are enough. The default.
    Platt {
        /// At least 0, so that order is kept.
        slope: f64,
        /// The log-odds at a raw score of 0.
        intercept: f64,
    },
    /// The best non-decreasing function, linear between the given points and flat outside: any
    /// shape, for a thousand positives or more.
    Isotonic {
        /// Raw scores, strictly ascending.
        scores: Vec<f64>,
        /// The probability at each of them, ascending.
        probabilities: Vec<f64>,
    },
}

impl Calibration {
    /// The probability at a raw score.
    pub fn probability(&self, raw: f64) -> f64 {
        match self {
            Self::Platt { slope, intercept } => sigmoid(slope * raw + intercept),
            Self::Isotonic {
                scores,
                probabilities,
            } => interpolate(scores, probabilities, raw),
        }
    }

    /// Whether a calibration that was read from outside can be used: finite numbers in order.
    pub fn check(&self) -> Result<(), EstimatorError> {
        match self {
            Self::Platt { slope, intercept } => {
                if !slope.is_finite() || *slope < 0.0 || !intercept.is_finite() {
                    return Err(EstimatorError::corrupt(
                        "a finite slope of at least 0 and a finite intercept",
                        format_args!("{slope} and {intercept}"),
                    ));
                }
            }
            Self::Isotonic {
                scores,
                probabilities,
            } => {
                if scores.is_empty() || scores.len() != probabilities.len() {
                    return Err(EstimatorError::corrupt(
                        "one probability for each of at least one score",
                        format_args!("{} for {}", probabilities.len(), scores.len()),
                    ));
                }
                if scores.iter().any(|score| !score.is_finite())
                    || scores.windows(2).any(|pair| pair[0] >= pair[1])
                {
                    return Err(EstimatorError::corrupt(
                        "finite scores in ascending order",
                        "others",
                    ));
                }
                if probabilities
                    .iter()
                    .any(|probability| !(0.0..=1.0).contains(probability))
                    || probabilities.windows(2).any(|pair| pair[0] > pair[1])
                {
                    return Err(EstimatorError::corrupt(
                        "probabilities from 0 to 1 in ascending order",
                        "others",
                    ));
                }
            }
        }
        Ok(())
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn interpolate(scores: &[f64], probabilities: &[f64], raw: f64) -> f64 {
    let above = scores.partition_point(|score| *score <= raw);
    let at = |idx: usize| probabilities.get(idx).copied();
    match (above.checked_sub(1), above < scores.len()) {
        (None, _) => at(0).unwrap_or(0.0),
        (Some(last), false) => at(last).unwrap_or(0.0),
        (Some(below), true) => {
            let (low, high) = (at(below).unwrap_or(0.0), at(above).unwrap_or(0.0));
            let between = (raw - scores[below]) / (scores[above] - scores[below]);
            (low + (high - low) * between).clamp(low, high)
        }
    }
}

#[cfg(feature = "train")]
mod fitting {
    use super::{Calibration, sigmoid};

    /// A raw score of a row that the predictor did not see, with the row's label and weight.
    #[derive(Clone, Copy, Debug)]
    pub(in crate::estimator) struct ScoredRow {
        pub(in crate::estimator) raw: f64,
        pub(in crate::estimator) label: bool,
        pub(in crate::estimator) weight: f64,
    }

    impl Calibration {
        /// Platt scaling by Newton's method with halved steps, towards his smoothed targets
        /// `(n+ + 1) / (n+ + 2)` and `1 / (n- + 2)`, which keep the slope finite on separable
        /// scores (Lin, Lin and Weng 2007). A predictor whose scores are in the wrong order gets
        /// slope 0: the base rate for every row.
        pub(in crate::estimator) fn fit_platt(rows: &[ScoredRow]) -> Self {
            let weight_of = |label: bool| -> f64 {
                rows.iter()
                    .filter(|row| row.label == label)
                    .map(|row| row.weight)
                    .sum()
            };
            let (n_positive, n_negative) = (weight_of(true), weight_of(false));
            let targets = [
                1.0 / (n_negative + 2.0),
                (n_positive + 1.0) / (n_positive + 2.0),
            ];
            let constant = Self::Platt {
                slope: 0.0,
                intercept: ((n_positive + 1.0) / (n_negative + 1.0)).ln(),
            };
            // Scores are standardised, so that one tolerance fits margins and votes alike.
            let total = n_positive + n_negative;
            let mean = rows.iter().map(|row| row.weight * row.raw).sum::<f64>() / total;
            let variance = rows
                .iter()
                .map(|row| row.weight * (row.raw - mean).powi(2))
                .sum::<f64>()
                / total;
            let deviation = variance.sqrt();
            if !(deviation.is_finite() && deviation > 0.0) {
                return constant;
            }
            let loss = |slope: f64, intercept: f64| -> f64 {
                rows.iter()
                    .map(|row| {
                        let z = slope * (row.raw - mean) / deviation + intercept;
                        // -t ln(p) - (1 - t) ln(1 - p), without overflow.
                        let log_sum = z.max(0.0) + (-z.abs()).exp().ln_1p();
                        row.weight * (log_sum - targets[usize::from(row.label)] * z)
                    })
                    .sum()
            };
            let (mut slope, mut intercept) = (0.0, ((n_positive + 1.0) / (n_negative + 1.0)).ln());
            let mut best = loss(slope, intercept);
            for _ in 0..100 {
                let [mut g0, mut g1, mut h00, mut h01, mut h11] = [0.0, 0.0, 1e-12, 0.0, 1e-12];
                for row in rows {
                    let x = (row.raw - mean) / deviation;
                    let p = sigmoid(slope * x + intercept);
                    let gradient = row.weight * (p - targets[usize::from(row.label)]);
                    let curvature = row.weight * p * (1.0 - p);
                    g0 += gradient * x;
                    g1 += gradient;
                    h00 += curvature * x * x;
                    h01 += curvature * x;
                    h11 += curvature;
                }
                let determinant = h00 * h11 - h01 * h01;
                let (d0, d1) = (
                    (h11 * g0 - h01 * g1) / determinant,
                    (h00 * g1 - h01 * g0) / determinant,
                );
                if !(d0.is_finite() && d1.is_finite()) {
                    break;
                }
                let mut step = 1.0;
                let mut next = loss(slope - d0, intercept - d1);
                while next > best && step > 1e-9 {
                    step /= 2.0;
                    next = loss(slope - step * d0, intercept - step * d1);
                }
                if next > best {
                    break;
                }
                (slope, intercept) = (slope - step * d0, intercept - step * d1);
                let improvement = best - next;
                best = next;
                if improvement <= 1e-12 * (1.0 + best.abs()) {
                    break;
                }
            }
            if slope.is_finite() && slope > 0.0 && intercept.is_finite() {
                Self::Platt {
                    slope: slope / deviation,
                    intercept: intercept - slope * mean / deviation,
                }
            } else {
                constant
            }
        }

        /// Pools adjacent violators (Ayer et al. 1955), then draws lines between the pools' mean
        /// scores. No probability is more certain than the number of rows allows: all lie within
        /// `0.5 / (n + 1)` of 0 and 1.
        pub(in crate::estimator) fn fit_isotonic(rows: &[ScoredRow]) -> Self {
            struct Pool {
                weight: f64,
                score_sum: f64,
                positive: f64,
            }
            impl Pool {
                fn rate(&self) -> f64 {
                    self.positive / self.weight
                }
            }
            let mut rows: Vec<ScoredRow> = rows
                .iter()
                .copied()
                .filter(|row| row.weight > 0.0)
                .collect();
            rows.sort_by(|a, b| a.raw.total_cmp(&b.raw));
            let mut pools: Vec<Pool> = Vec::new();
            for tied in rows.chunk_by(|a, b| a.raw == b.raw) {
                let mut pool = Pool {
                    weight: 0.0,
                    score_sum: 0.0,
                    positive: 0.0,
                };
                for row in tied {
                    pool.weight += row.weight;
                    pool.score_sum += row.weight * row.raw;
                    pool.positive += if row.label { row.weight } else { 0.0 };
                }
                while let Some(last) = pools.pop_if(|last| last.rate() >= pool.rate()) {
                    pool.weight += last.weight;
                    pool.score_sum += last.score_sum;
                    pool.positive += last.positive;
                }
                pools.push(pool);
            }
            let total: f64 = pools.iter().map(|pool| pool.weight).sum();
            let least = 0.5 / (total + 1.0);
            let (mut scores, mut probabilities) = (Vec::new(), Vec::new());
            for pool in pools {
                let score = pool.score_sum / pool.weight;
                // Rounding may join two means that differ by a last bit.
                if scores.last().is_none_or(|last| *last < score) {
                    scores.push(score);
                    probabilities.push(pool.rate().clamp(least, 1.0 - least));
                }
            }
            if scores.is_empty() {
                return Self::Isotonic {
                    scores: vec![0.0],
                    probabilities: vec![0.5],
                };
            }
            Self::Isotonic {
                scores,
                probabilities,
            }
        }
    }
}

#[cfg(feature = "train")]
pub(super) use self::fitting::ScoredRow;

#[cfg(feature = "train")]
#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of which each score's share of positives is given, in percent.
    fn rows(shares: &[(f64, usize)]) -> Vec<ScoredRow> {
        let rows = shares
            .iter()
            .flat_map(|(raw, percent)| (0..100).map(move |idx| (*raw, idx < *percent)));
        rows.map(|(raw, label)| ScoredRow {
            raw,
            label,
            weight: 1.0,
        })
        .collect()
    }

    #[track_caller]
    fn check_probabilities(calibration: &Calibration, expected: &[(f64, f64)]) {
        calibration.check().unwrap();
        for (raw, probability) in expected {
            let got = calibration.probability(*raw);
            assert!(
                (got - probability).abs() < 0.01,
                "{raw}: {got} != {probability}"
            );
        }
        let grid: Vec<f64> = (-400..400)
            .map(|idx| calibration.probability(f64::from(idx) / 40.0))
            .collect();
        assert!(grid.is_sorted(), "a higher score is never less likely");
    }

    #[test]
    fn platt_finds_the_logistic_curve() {
        // 12, 27, 50, 73 and 88 % are the sigmoid of -2 to 2: here stretched by 4 and moved by 1.
        let scored = rows(&[(-7.0, 12), (-3.0, 27), (1.0, 50), (5.0, 73), (9.0, 88)]);
        let calibration = Calibration::fit_platt(&scored);
        check_probabilities(&calibration, &[(-7.0, 0.12), (1.0, 0.5), (9.0, 0.88)]);
    }

    #[test]
    fn platt_stays_finite_on_separable_and_useless_scores() {
        check_probabilities(
            &Calibration::fit_platt(&rows(&[(0.0, 0), (1.0, 100)])),
            &[(0.0, 0.01), (1.0, 0.99)],
        );
        check_probabilities(
            &Calibration::fit_platt(&rows(&[(1.0, 30)])),
            &[(0.0, 0.3), (9.0, 0.3)],
        );
        let backwards = Calibration::fit_platt(&rows(&[(0.0, 40), (1.0, 20)]));
        check_probabilities(&backwards, &[(0.0, 0.3), (1.0, 0.3)]);
    }

    #[test]
    fn isotonic_pools_what_is_out_of_order_and_draws_lines_between() {
        let calibration =
            Calibration::fit_isotonic(&rows(&[(0.0, 10), (1.0, 30), (2.0, 20), (4.0, 60)]));
        check_probabilities(
            &calibration,
            &[
                (-9.0, 0.1),
                (0.0, 0.1),
                (0.75, 0.175),
                (1.5, 0.25),
                (4.0, 0.6),
                (9.0, 0.6),
            ],
        );
        let certain = Calibration::fit_isotonic(&rows(&[(0.0, 0), (1.0, 100)]));
        assert_eq!(certain.probability(0.0), 0.5 / 201.0);
        assert_eq!(certain.probability(9.0), 1.0 - 0.5 / 201.0);
    }

    #[test]
    fn what_is_no_calibration_is_found() {
        let isotonic = |scores: &[f64], probabilities: &[f64]| Calibration::Isotonic {
            scores: scores.to_vec(),
            probabilities: probabilities.to_vec(),
        };
        for (calibration, expected) in [
            (
                Calibration::Platt {
                    slope: -1.0,
                    intercept: 0.0,
                },
                "expected a finite slope of at least 0 and a finite intercept, got -1 and 0",
            ),
            (
                isotonic(&[], &[]),
                "expected one probability for each of at least one score, got 0 for 0",
            ),
            (
                isotonic(&[1.0, 1.0], &[0.0, 1.0]),
                "expected finite scores in ascending order, got others",
            ),
            (
                isotonic(&[0.0, 1.0], &[0.0, 1.5]),
                "expected probabilities from 0 to 1 in ascending order, got others",
            ),
            (
                isotonic(&[0.0, 1.0], &[0.7, 0.2]),
                "expected probabilities from 0 to 1 in ascending order, got others",
            ),
        ] {
            assert_eq!(calibration.check().unwrap_err().to_string(), expected);
        }
    }
}
