//! Named thresholds, and everything that one threshold does.
//!
//! The first three targets are those of MediaWiki's ORES extension in the years when it asked for
//! thresholds by formula (`maybebad`, `likelybad`, `verylikelybad` of the damaging model). The
//! fourth is the rate at which ClueBot NG's operators let it revert unattended: one false
//! positive in a thousand edits.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::bootstrap::Resampled;
use super::query::{Goal, Side};
use super::ranking::Ranking;
use super::sweep::Marks;
use super::{Estimate, Query, Slice, Statistic, Thresholds};

/// A named threshold.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Level {
    /// `review`, `likely_bad`, `very_likely_bad` or `automatic`.
    pub name: String,
    /// What the threshold is chosen by.
    pub query: Query,
    /// The threshold, or `None` when no threshold answers the query.
    pub point: Option<OperatingPoint>,
}

/// What one threshold does, with intervals for that very threshold.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct OperatingPoint {
    /// Edits with at least this probability are flagged.
    pub threshold: f64,
    /// Flagged rows.
    pub flagged: u64,
    /// Flagged rows that are labelled true.
    pub caught: u64,
    /// Every statistic; `None` where it does not exist.
    pub statistics: BTreeMap<Statistic, Option<Estimate>>,
}

/// Names and queries of all levels, from the least to the most certain.
const LEVELS: [(&str, Query); 4] = [
    (
        "review",
        query(Statistic::FilterRate, Statistic::Recall, Side::AtLeast, 0.9),
    ),
    (
        "likely_bad",
        query(Statistic::Recall, Statistic::Precision, Side::AtLeast, 0.6),
    ),
    (
        "very_likely_bad",
        query(Statistic::Recall, Statistic::Precision, Side::AtLeast, 0.9),
    ),
    (
        "automatic",
        query(Statistic::Recall, Statistic::Fpr, Side::AtMost, 0.001),
    ),
];

const fn query(target: Statistic, condition: Statistic, side: Side, bound: f64) -> Query {
    Query {
        goal: Goal::Maximum,
        target,
        condition,
        side,
        bound,
    }
}

/// The thresholds of all levels, in their order; `None` where one cannot be reached.
pub(crate) fn find_thresholds(thresholds: &Thresholds) -> [Option<f64>; LEVELS.len()] {
    LEVELS.map(|(_, query)| thresholds.answer(&query).map(|row| row.threshold))
}

impl Level {
    /// All levels at the thresholds that were found for them.
    pub(crate) fn all(
        thresholds: [Option<f64>; LEVELS.len()],
        ranking: &Ranking,
        sweeps: &Resampled,
        marks: &Marks,
    ) -> Vec<Self> {
        LEVELS
            .into_iter()
            .zip(thresholds)
            .map(|((name, query), threshold)| Self {
                name: name.to_owned(),
                query,
                point: threshold
                    .map(|threshold| OperatingPoint::new(threshold, ranking, sweeps, marks)),
            })
            .collect()
    }
}

impl OperatingPoint {
    /// What a threshold does whose cut is one of the marks.
    pub(crate) fn new(
        threshold: f64,
        ranking: &Ranking,
        sweeps: &Resampled,
        marks: &Marks,
    ) -> Self {
        let cut = ranking.cut_at_threshold(threshold);
        let (caught, false_positives) = sweeps.observed.flagged(marks, cut, Slice::All);
        let estimate =
            |statistic| sweeps.estimate(|sweep| sweep.statistic(marks, cut, Slice::All, statistic));
        Self {
            threshold,
            flagged: caught + false_positives,
            caught,
            statistics: Statistic::ALL
                .into_iter()
                .map(|statistic| (statistic, estimate(statistic)))
                .collect(),
        }
    }

    /// One statistic; `None` where it does not exist.
    pub fn get(&self, statistic: Statistic) -> Option<Estimate> {
        self.statistics.get(&statistic).copied().flatten()
    }
}
