//! How often each thing stands in a text, and how the numbers of two texts differ.
//!
//! Things are known by a hash of their text alone, which keeps tables small: 64 bits make two
//! different words of one page collide about once in 10^12 pages.

use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::xxh3_64;

/// Numbers of things.
#[derive(Clone, Debug, Default)]
pub struct Frequencies(FxHashMap<u64, u32>);

impl Frequencies {
    /// Counts a thing once more.
    pub fn add(&mut self, text: &str) {
        *self.0.entry(xxh3_64(text.as_bytes())).or_default() += 1;
    }

    /// How often the thing was counted.
    pub fn get(&self, text: &str) -> u32 {
        self.0.get(&xxh3_64(text.as_bytes())).copied().unwrap_or(0)
    }

    /// How many different things there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

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
    /// Compares two tables.
    pub fn between(before: &Frequencies, after: &Frequencies) -> Self {
        let mut change = Self::default();
        for (thing, &n_after) in &after.0 {
            change.add(before.0.get(thing).copied().unwrap_or(0), n_after);
        }
        for (thing, &n_before) in &before.0 {
            if !after.0.contains_key(thing) {
                change.add(n_before, 0);
            }
        }
        change
    }

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
    fn check(before: &str, after: &str, expected: [f64; 4]) {
        let table = |text: &str| {
            let mut table = Frequencies::default();
            text.split_whitespace().for_each(|word| table.add(word));
            table
        };
        let change = FrequencyChange::between(&table(before), &table(after));
        let got = [
            change.increase,
            change.decrease,
            change.prop_increase,
            change.prop_decrease,
        ];
        assert_eq!(got, expected, "{before} -> {after}");
    }

    #[test]
    fn changes_are_summed_by_sign() {
        check("", "", [0.0; 4]);
        check("a a b", "b a a", [0.0; 4]);
        check("", "a a b", [3.0, 0.0, 3.0, 0.0]);
        check("a", "a a a", [2.0, 0.0, 1.0, 0.0]);
        check("a a a a", "a", [0.0, -3.0, 0.0, -0.75]);
        check("a b", "b b", [1.0, -1.0, 0.5, -1.0]);
    }

    #[test]
    fn things_are_found_by_their_text() {
        let mut table = Frequencies::default();
        table.add("a");
        table.add("a");
        assert_eq!((table.get("a"), table.get("b"), table.len()), (2, 0, 1));
        assert!(Frequencies::default().is_empty());
    }
}
