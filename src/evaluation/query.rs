//! Thresholds asked by target: `maximum filter_rate @ recall >= 0.75`.
//!
//! The language is revscoring's (`threshold_optimization.py`, revscoring 2.11.13), as its users
//! know it from ORES. This file reads and writes it; [`super::Thresholds::answer`] answers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Statistic;

/// A question for a threshold: the best value of one statistic among the thresholds at which
/// another keeps a condition.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Query {
    /// Whether the largest value is the best, or the smallest.
    pub goal: Goal,
    /// The statistic that should be best.
    pub target: Statistic,
    /// The statistic that has to keep the condition.
    pub condition: Statistic,
    /// Which side of the bound keeps the condition.
    pub side: Side,
    /// The condition's bound.
    pub bound: f64,
}

/// Which value is best.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Goal {
    /// The largest.
    Maximum,
    /// The smallest.
    Minimum,
}

/// Which values keep a condition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// The bound and above.
    AtLeast,
    /// The bound and below.
    AtMost,
}

/// A text that is no [`Query`].
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum QueryError {
    /// The words are not in the query's order.
    #[error(
        "expected \"(maximum|minimum) STATISTIC @ STATISTIC (>=|<=) NUMBER\", such as \
         \"maximum filter_rate @ recall >= 0.75\", got {0:?}"
    )]
    Shape(String),
    /// A statistic that is not known.
    #[error("expected a statistic ({names}), got {0:?}", names = statistic_names())]
    Statistic(String),
    /// A bound that is no number.
    #[error("expected a number such as 0.75 after {side:?}, got {got:?}")]
    Bound {
        /// `>=` or `<=`.
        side: String,
        /// What stood there.
        got: String,
    },
}

impl FromStr for Query {
    type Err = QueryError;

    /// Reads a query; upper and lower case and the amount of white space do not matter.
    fn from_str(text: &str) -> Result<Self, QueryError> {
        let shape_error = || QueryError::Shape(text.chars().take(100).collect());
        let lower = text.to_lowercase();
        let words: Vec<&str> = lower.split_whitespace().collect();
        let &[goal, target, "@", condition, side, bound] = words.as_slice() else {
            return Err(shape_error());
        };
        let goal = match goal {
            "maximum" => Goal::Maximum,
            "minimum" => Goal::Minimum,
            _ => return Err(shape_error()),
        };
        let (target, condition) = (find_statistic(target)?, find_statistic(condition)?);
        let side_read = match side {
            ">=" => Side::AtLeast,
            "<=" => Side::AtMost,
            _ => return Err(shape_error()),
        };
        match bound.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Self {
                goal,
                target,
                condition,
                side: side_read,
                bound: number,
            }),
            _ => Err(QueryError::Bound {
                side: side.to_owned(),
                got: bound.to_owned(),
            }),
        }
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let goal = match self.goal {
            Goal::Maximum => "maximum",
            Goal::Minimum => "minimum",
        };
        let side = match self.side {
            Side::AtLeast => ">=",
            Side::AtMost => "<=",
        };
        write!(
            f,
            "{goal} {} @ {} {side} {}",
            self.target.name(),
            self.condition.name(),
            self.bound
        )
    }
}

impl TryFrom<String> for Query {
    type Error = QueryError;

    fn try_from(text: String) -> Result<Self, QueryError> {
        text.parse()
    }
}

impl From<Query> for String {
    fn from(query: Query) -> Self {
        query.to_string()
    }
}

impl Query {
    /// Whether a value of the condition's statistic keeps the condition.
    pub(crate) fn admits(&self, value: f64) -> bool {
        match self.side {
            Side::AtLeast => value >= self.bound,
            Side::AtMost => value <= self.bound,
        }
    }
}

fn find_statistic(name: &str) -> Result<Statistic, QueryError> {
    Statistic::ALL
        .into_iter()
        .find(|statistic| statistic.name() == name)
        .ok_or_else(|| QueryError::Statistic(name.chars().take(40).collect()))
}

fn statistic_names() -> String {
    Statistic::ALL.map(Statistic::name).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, &str>) {
        let read = text
            .parse::<Query>()
            .map(|query| query.to_string())
            .map_err(|error| error.to_string());
        assert_eq!(
            read.as_deref().map_err(String::as_str),
            expected,
            "{text:?}"
        );
    }

    #[test]
    fn queries_are_read_and_written() {
        check(
            "maximum filter_rate @ recall >= 0.75",
            Ok("maximum filter_rate @ recall >= 0.75"),
        );
        check(
            " Minimum  match_rate @ RECALL >= .9\n",
            Ok("minimum match_rate @ recall >= 0.9"),
        );
        check(
            "maximum !recall @ !precision <= 1",
            Ok("maximum !recall @ !precision <= 1"),
        );
        check(
            "maximum !f1 @ fpr <= 1e-3",
            Ok("maximum !f1 @ fpr <= 0.001"),
        );
    }

    #[test]
    fn errors_say_what_was_expected() {
        let shape = |got: &str| {
            format!(
                "expected \"(maximum|minimum) STATISTIC @ STATISTIC (>=|<=) NUMBER\", such as \
                 \"maximum filter_rate @ recall >= 0.75\", got {got:?}"
            )
        };
        for text in [
            "",
            "recall",
            "max recall @ fpr <= 0.1",
            "maximum recall @ fpr < 0.1",
            "maximum recall@fpr <= 0.1",
        ] {
            check(text, Err(&shape(text)));
        }
        check(
            "maximum recal @ precision >= 0.9",
            Err(
                "expected a statistic (match_rate, filter_rate, precision, !precision, recall, !recall, accuracy, \
                 fpr, f1, !f1), got \"recal\"",
            ),
        );
        check(
            "maximum recall @ precision >= 90%",
            Err("expected a number such as 0.75 after \">=\", got \"90%\""),
        );
        check(
            "maximum recall @ precision >= nan",
            Err("expected a number such as 0.75 after \">=\", got \"nan\""),
        );
    }
}
