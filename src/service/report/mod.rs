//! The report: what a model's flags caught, missed and cost over a period, from the ledger's counts.
//!
//! Plain data, the same for JSON, tables and pages. Every share keeps its counts, and its 95 % interval
//! is Wilson's (1927), which takes edits as independent; edits whose outcome is still open stand apart
//! and are in no share.

use crate::model::Target;
use crate::revision::Timestamp;
use crate::service::ledger::{Day, Group};

/// What is asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Question {
    pub(crate) wiki: String,
    /// The first day; without it the first of which there are settled edits.
    pub(crate) from: Option<Day>,
    /// The last day, inclusive; without it the last one that is seen.
    pub(crate) to: Option<Day>,
    /// A model's name, or name and version with an `@` between; without it the latest of the target
    /// `reverted`, or of any.
    pub(crate) model: Option<String>,
    /// What counts as flagged.
    pub(crate) flagged_by: FlaggedBy,
    /// Time that a person takes to look at an edit.
    pub(crate) seconds_an_edit: Option<u32>,
}

/// What counts as flagged: probabilities from here on.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum FlaggedBy {
    /// The model's level `review`, or a half where it has none.
    #[default]
    Review,
    /// A level of the model by name.
    Level(String),
    /// A hundredth, or a level's very threshold.
    Threshold(f64),
}

/// A part of a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Share {
    pub(crate) part: u64,
    pub(crate) whole: u64,
}

/// Counts of a group's edits at one threshold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Row {
    /// Edits that the model scored, whatever became of them.
    pub(crate) scored: u64,
    /// Of these, edits with an outcome that counts: kept, or reverted by somebody else.
    pub(crate) settled: u64,
    /// Settled and reverted (or vandalism, where the model looks for that).
    pub(crate) bad: u64,
    /// Settled and flagged.
    pub(crate) flagged: u64,
    /// Flagged and bad.
    pub(crate) caught: u64,
    /// Without an outcome so far.
    pub(crate) pending: u64,
    pub(crate) pending_flagged: u64,
    /// Neither: reverted by their own author, or in a revert that was undone, or unclear.
    pub(crate) left_out: u64,
    /// By bots, or the first of their page, which the model's recipe does not measure by.
    pub(crate) not_counted: u64,
    /// Settled or not: edits that a person judged, and found bad; flagged ones apart.
    pub(crate) judged: u64,
    pub(crate) judged_bad: u64,
    pub(crate) judged_flagged: u64,
    pub(crate) judged_flagged_bad: u64,
}

/// A time in the middle of many.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Times {
    pub(crate) n: u64,
    /// Seconds, known to within a fifth.
    pub(crate) median: f64,
    pub(crate) ninth_tenth: f64,
}

/// Whether probabilities mean this period what they say.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct PeriodCalibration {
    pub(crate) n: u64,
    /// The mean probability.
    pub(crate) predicted: f64,
    /// The share that was bad.
    pub(crate) observed: Share,
    /// The expected calibration error over bands of a hundredth.
    pub(crate) error: f64,
    /// The model's own error on the edits that it was measured on; `None` when it is not served any more.
    pub(crate) own_error: Option<f64>,
}

/// How far a feature has moved from what the model learned from.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct FeatureDrift {
    pub(crate) feature: String,
    /// The population stability index; from 0.25 on the feature is another one.
    pub(crate) index: f64,
    pub(crate) n: u64,
    /// The share of edits without a value, now and in training.
    pub(crate) missing: f64,
    pub(crate) missing_in_training: f64,
}

/// A model in a report.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct ReportModel {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) target: Target,
    pub(crate) levels: Vec<(String, f64)>,
}

/// The report.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Report {
    pub(crate) wiki: String,
    pub(crate) model: ReportModel,
    pub(crate) from: Day,
    pub(crate) to: Day,
    /// Until when outcomes are known: edits of later than that are pending without one.
    pub(crate) settled_until: Timestamp,
    /// What counts as flagged.
    pub(crate) threshold: f64,
    /// Its name, when it is a level.
    pub(crate) level: Option<String>,
    /// All edits at the threshold.
    pub(crate) all: Row,
    /// All edits at each of the model's levels, rising.
    pub(crate) levels: Vec<(String, f64, Row)>,
    /// All edits at every threshold that can be asked for, rising.
    pub(crate) thresholds: Vec<(f64, Row)>,
    /// Groups that have edits, at the threshold, in the order of their kinds; all edits are not among
    /// them.
    pub(crate) groups: Vec<(Group, Row)>,
    /// Every day that has edits, at the threshold.
    pub(crate) days: Vec<(Day, Row)>,
    /// From edit to score; `None` without any.
    pub(crate) score_delay: Option<Times>,
    /// From edit to revert, of flagged and of other edits.
    pub(crate) revert_delay_flagged: Option<Times>,
    pub(crate) revert_delay_missed: Option<Times>,
    pub(crate) calibration: Option<PeriodCalibration>,
    /// The largest first; empty when the model does not say how its features were spread.
    pub(crate) drift: Vec<FeatureDrift>,
    /// The time that a person takes to look at an edit.
    pub(crate) seconds_an_edit: u32,
}

impl Share {
    /// The share; `None` of nothing.
    pub(crate) fn value(self) -> Option<f64> {
        (self.whole > 0).then(|| self.part as f64 / self.whole as f64)
    }

    /// Its 95 % interval (Wilson, 1927, without correction for continuity); `None` of nothing.
    pub(crate) fn interval(self) -> Option<(f64, f64)> {
        const Z: f64 = 1.959_963_984_540_054;
        let (n, p) = (self.whole as f64, self.value()?);
        let middle = (p + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
        let half = Z / (1.0 + Z * Z / n) * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        // Exact at the ends, where the sums above may miss them by a rounding.
        let low = if self.part == 0 { 0.0 } else { middle - half };
        let high = if self.part == self.whole {
            1.0
        } else {
            middle + half
        };
        Some((low.max(0.0), high.min(1.0)))
    }
}

impl Row {
    /// Caught among the bad.
    pub(crate) fn recall(&self) -> Share {
        Share {
            part: self.caught,
            whole: self.bad,
        }
    }

    /// Bad among the flagged.
    pub(crate) fn precision(&self) -> Share {
        Share {
            part: self.caught,
            whole: self.flagged,
        }
    }

    /// Flagged among all that are settled.
    pub(crate) fn workload(&self) -> Share {
        Share {
            part: self.flagged,
            whole: self.settled,
        }
    }

    /// What nobody needs to look at.
    pub(crate) fn filter_rate(&self) -> Share {
        Share {
            part: self.settled - self.flagged,
            whole: self.settled,
        }
    }

    /// Bad among the flagged that a person judged.
    pub(crate) fn judged_precision(&self) -> Share {
        Share {
            part: self.judged_flagged_bad,
            whole: self.judged_flagged,
        }
    }

    /// Bad and not flagged.
    pub(crate) fn missed(&self) -> u64 {
        self.bad - self.caught
    }
}
