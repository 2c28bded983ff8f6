//! What a scorer would catch, and what that would cost.
//!
//! Rows in, report out: [`evaluate`] takes one [`Outcome`] per scored edit and gives a
//! [`Report`], which is data (JSON and back), a text for people ([`Report::to_markdown`]) and
//! [`Picture`]s. [`compare`] sets two scorers side by side on the same rows, [`replace`] says what
//! changes when one takes the other's place.
//!
//! How it works: the rows are sorted once by falling probability (`ranking`). One walk over
//! them (`sweep`) yields every number that the report needs; the bootstrap repeats the walk
//! with other weights per page, so each statistic is a function of a sweep and its interval is
//! the same function over the resampled sweeps (`bootstrap`).
//!
//! The words: an edit is *caught* when its label is true and it is at or above the threshold;
//! *recall* is the share of such edits caught; *workload* is the share of all live edits at or
//! above the threshold, that is, of edits that a person must look at; *filter rate* is the rest.
//! The *sample rate* is the share of labelled-true edits among the rows, the *base rate* the same
//! among the live edits of the wiki; rates that depend on it are scaled as revscoring does
//! (`counts`).
//!
//! This room does no I/O and knows nothing of models, features or dumps.

mod kind;
mod user_class;

mod error;
mod options;
mod outcome;
mod probability;

mod counts;
mod ranking;
mod slice;
mod spread;
mod sweep;

mod bootstrap;

mod calibration;
mod caught;
mod curve;
mod fairness;
mod level;
mod query;
mod threshold;
mod threshold_intervals;

mod other_label;

mod notes;
mod report;

mod comparison;
mod side_by_side;

mod replacement;

mod figure;
mod markdown;
mod picture;
mod replacement_text;

#[cfg(test)]
mod testing;

pub use bootstrap::{Estimate, Interval};
pub use calibration::{Calibration, CalibrationBin, Distribution};
pub use caught::{Caught, CaughtGroup, CaughtRow, UnattendedRow};
pub use comparison::{Comparison, ComparisonRow, compare};
pub use counts::{Counts, Statistic};
pub use curve::{CurvePoint, Curves};
pub use error::EvaluationError;
pub use fairness::{AuthorCalibration, AuthorGroup, AuthorPoint};
pub use kind::Kind;
pub use level::{Level, OperatingPoint};
pub use options::Options;
pub use outcome::Outcome;
pub use picture::Picture;
pub use probability::{BaseRate, Probability, ProbabilityError};
pub use query::{Goal, Query, QueryError, Side};
pub use replacement::{
    Paired, Replacement, ReplacementGroup, ScoreQuantile, Sides, Tally, replace,
};
pub use report::{Headline, Report, evaluate};
pub use side_by_side::{live_weights, workloads};
pub use slice::Slice;
pub use spread::{MISSING, Spread, TenthCounts};
pub use threshold::{ThresholdRow, Thresholds};
pub use threshold_intervals::ThresholdIntervals;
pub use user_class::UserClass;
