//! Numbers between 0 and 1 that were checked.

use serde::{Deserialize, Serialize};

/// A probability: 0 to 1, never NaN.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Probability(f64);

/// The share of labelled-true edits among the live edits of a wiki: more than 0 and less than 1,
/// because nothing can be scaled to a wiki that has only one sort of edit.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct BaseRate(f64);

/// A number out of range.
#[derive(Clone, Copy, PartialEq, Debug, thiserror::Error)]
pub enum ProbabilityError {
    /// Not a [`Probability`].
    #[error("expected a probability from 0 to 1, got {0}")]
    Probability(f64),
    /// Not a [`BaseRate`].
    #[error("expected a base rate above 0 and below 1, got {0}")]
    BaseRate(f64),
}

impl Probability {
    /// Checks a number. Negative zero becomes zero, so that equal probabilities are equal bits.
    pub fn new(value: f64) -> Result<Self, ProbabilityError> {
        if (0.0..=1.0).contains(&value) {
            Ok(Self(value + 0.0))
        } else {
            Err(ProbabilityError::Probability(value))
        }
    }

    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl BaseRate {
    /// Checks a number.
    pub fn new(value: f64) -> Result<Self, ProbabilityError> {
        if value > 0.0 && value < 1.0 {
            Ok(Self(value))
        } else {
            Err(ProbabilityError::BaseRate(value))
        }
    }

    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Probability {
    type Error = ProbabilityError;

    fn try_from(value: f64) -> Result<Self, ProbabilityError> {
        Self::new(value)
    }
}

impl From<Probability> for f64 {
    fn from(probability: Probability) -> Self {
        probability.0
    }
}

impl TryFrom<f64> for BaseRate {
    type Error = ProbabilityError;

    fn try_from(value: f64) -> Result<Self, ProbabilityError> {
        Self::new(value)
    }
}

impl From<BaseRate> for f64 {
    fn from(base_rate: BaseRate) -> Self {
        base_rate.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_range_are_refused() {
        for bad in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert!(Probability::new(bad).is_err(), "{bad}");
            assert!(BaseRate::new(bad).is_err(), "{bad}");
        }
        assert_eq!(
            Probability::new(f64::NAN).unwrap_err().to_string(),
            "expected a probability from 0 to 1, got NaN"
        );
        assert_eq!(
            BaseRate::new(1.0).unwrap_err().to_string(),
            "expected a base rate above 0 and below 1, got 1"
        );
        assert!(Probability::new(-0.0).unwrap().get().is_sign_positive());
    }
}
