//! Curves for pictures: what more work catches, and what it costs in precision.
//!
//! Points lie on a fixed grid, so that a curve stays small whatever the number of rows and so
//! that resampled curves can be set on top of each other; the areas under them are not computed
//! from here but exactly, in `sweep`. Bands are pointwise 95 % intervals.

use serde::{Deserialize, Serialize};

use super::bootstrap::{Resampled, round};
use super::sweep::{N_RECALLS, N_WORKLOADS, Sweep, workload};
use super::{Estimate, Statistic};

/// The curves of a scorer.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Curves {
    /// Recall (y) against workload (x), the share of live edits that are looked at: every 0.5 %
    /// up to 10 %, then every 1 %.
    pub caught: Vec<CurvePoint>,
    /// Precision (y) among live edits against recall (x), at the first threshold that reaches
    /// each full percent.
    pub precision_recall: Vec<CurvePoint>,
}

/// A point with its interval.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Where on the grid.
    pub x: f64,
    /// The value there.
    #[serde(flatten)]
    pub y: Estimate,
}

impl Curves {
    pub(crate) fn new(sweeps: &Resampled) -> Self {
        let curve =
            |n_points: usize, x: fn(usize) -> f64, y: &dyn Fn(&Sweep, usize) -> Option<f64>| {
                (0..n_points)
                    .filter_map(|idx| {
                        let y = sweeps.estimate(|sweep| y(sweep, idx))?;
                        Some(CurvePoint {
                            x: round(x(idx)),
                            y,
                        })
                    })
                    .collect()
            };
        Self {
            caught: curve(N_WORKLOADS, workload, &|sweep, idx| {
                sweep.recall_at_workload(idx)
            }),
            precision_recall: curve(
                N_RECALLS,
                |idx| (idx + 1) as f64 / N_RECALLS as f64,
                &|sweep, idx| sweep.statistic_at_recall(idx, Statistic::Precision),
            ),
        }
    }
}
