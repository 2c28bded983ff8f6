//! How the numbers of many things differ between two texts.

/// By how much numbers changed, summed over all things.
///
/// The proportional change of one thing is `(after - before) / (before + 1)` where there are more
/// than before, and `(after - before) / before` where there are fewer (revscoring 2.11.13,
/// `datasources/meta/frequencies.py`).
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct FrequencyChange {
    /// Sum of the changes above 0.
    pub increase: f64,
    /// Sum of the changes below 0, itself below 0.
    pub decrease: f64,
    /// Sum of the proportional changes above 0.
    pub prop_increase: f64,
    /// Sum of the proportional changes below 0, itself below 0.
    pub prop_decrease: f64,
}

impl FrequencyChange {
    /// Adds the change of one thing.
    pub fn add(&mut self, before: u32, after: u32) {
        let delta = f64::from(after) - f64::from(before);
        if delta > 0.0 {
            self.increase += delta;
            self.prop_increase += delta / f64::from(before + 1);
        } else if delta < 0.0 {
            self.decrease += delta;
            self.prop_decrease += delta / f64::from(before);
        }
    }

    /// Sum of all changes.
    pub fn sum(&self) -> f64 {
        self.increase + self.decrease
    }

    /// Sum of all proportional changes.
    pub fn prop_sum(&self) -> f64 {
        self.prop_increase + self.prop_decrease
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(things: &[(u32, u32)], expected: [f64; 4]) {
        let mut change = FrequencyChange::default();
        for (before, after) in things {
            change.add(*before, *after);
        }
        let got = [
            change.increase,
            change.decrease,
            change.prop_increase,
            change.prop_decrease,
        ];
        assert_eq!(got, expected, "{things:?}");
    }

    #[test]
    fn changes_are_summed_by_sign() {
        check(&[], [0.0; 4]);
        check(&[(2, 2), (1, 1)], [0.0; 4]);
        check(&[(0, 2), (0, 1)], [3.0, 0.0, 3.0, 0.0]);
        check(&[(1, 3)], [2.0, 0.0, 1.0, 0.0]);
        check(&[(4, 1)], [0.0, -3.0, 0.0, -0.75]);
        check(&[(1, 0), (1, 2)], [1.0, -1.0, 0.5, -1.0]);
    }
}
