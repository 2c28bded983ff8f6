//! Records by key: exact for the recent ones, two counts in a sketch for the others.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::record::{Record, Tally};

/// Rows of the sketch, each with a hash of its own.
const SKETCH_ROWS: usize = 4;
/// Counters a row; a power of two.
const SKETCH_COLUMNS: usize = 1 << 16;

/// At most so many records, by hashed key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "R: Serialize", deserialize = "R: Deserialize<'de>"))]
pub(super) struct Bounded<R> {
    /// Stored in the order of the keys, so that equal histories are equal files.
    #[serde(serialize_with = "in_order")]
    records: FxHashMap<u64, R>,
    at_most: usize,
    forgotten: Option<Sketch>,
}

/// Numbers of edits and of reverted edits by key, never too low, too high only by what other keys
/// with the same four hashes had (a count-min sketch, Cormode and Muthukrishnan 2005, with
/// conservative update).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Sketch {
    edits: Vec<u16>,
    reverted: Vec<u16>,
}

fn in_order<R: Serialize, S: serde::Serializer>(
    records: &FxHashMap<u64, R>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let ordered: BTreeMap<&u64, &R> = records.iter().collect();
    ordered.serialize(serializer)
}

impl<R: Record> Bounded<R> {
    pub(super) fn new(at_most: usize) -> Self {
        Self {
            records: FxHashMap::default(),
            at_most: at_most.max(2),
            forgotten: None,
        }
    }

    /// A record: the exact one, or what the sketch remembers of it.
    pub(super) fn get(&self, key: u64) -> Option<Cow<'_, R>> {
        match self.records.get(&key) {
            Some(record) => Some(Cow::Borrowed(record)),
            None => self.remembered(key).map(Cow::Owned),
        }
    }

    /// Takes a record out, to be put back.
    pub(super) fn take(&mut self, key: u64) -> Option<R> {
        self.records.remove(&key).or_else(|| self.remembered(key))
    }

    /// Puts a record in.
    pub(super) fn put(&mut self, key: u64, record: R) {
        self.records.insert(key, record);
        if self.records.len() > self.at_most {
            self.forget();
        }
    }

    /// Changes a record, or a new one.
    pub(super) fn change(&mut self, key: u64, change: impl FnOnce(&mut R)) {
        match self.records.get_mut(&key) {
            Some(record) => change(record),
            None => {
                let mut record = self.remembered(key).unwrap_or_default();
                change(&mut record);
                self.put(key, record);
            }
        }
    }

    fn remembered(&self, key: u64) -> Option<R> {
        let tally = self.forgotten.as_ref()?.get(key);
        (tally.edits > 0).then(|| R::remembered(tally))
    }

    /// Moves the half that was quiet for longest into the sketch.
    fn forget(&mut self) {
        let mut ages: Vec<(i64, u64)> = self
            .records
            .iter()
            .map(|(&key, record)| (record.last(), key))
            .collect();
        let n_kept = self.at_most / 2;
        let n_gone = ages.len() - n_kept;
        ages.select_nth_unstable(n_gone);
        let sketch = self.forgotten.get_or_insert_with(Sketch::new);
        for &(_, key) in &ages[..n_gone] {
            if let Some(record) = self.records.remove(&key) {
                sketch.raise(key, record.tally());
            }
        }
    }
}

impl Sketch {
    fn new() -> Self {
        Self {
            edits: vec![0; SKETCH_ROWS * SKETCH_COLUMNS],
            reverted: vec![0; SKETCH_ROWS * SKETCH_COLUMNS],
        }
    }

    fn get(&self, key: u64) -> Tally {
        let least = |counters: &[u16]| {
            places(key)
                .map(|place| counters.get(place).copied().unwrap_or(0))
                .min()
                .unwrap_or(0)
        };
        let edits = u32::from(least(&self.edits));
        Tally {
            edits,
            reverted: u32::from(least(&self.reverted)).min(edits),
        }
    }

    /// A record is put back whole, so its counters are raised to its counts, not by them.
    fn raise(&mut self, key: u64, tally: Tally) {
        for place in places(key) {
            for (counters, count) in [
                (&mut self.edits, tally.edits),
                (&mut self.reverted, tally.reverted),
            ] {
                let count = u16::try_from(count).unwrap_or(u16::MAX);
                counters[place] = counters[place].max(count);
            }
        }
    }
}

/// The counters of a key, one a row.
fn places(key: u64) -> impl Iterator<Item = usize> {
    (0..SKETCH_ROWS).map(move |row| {
        let hash = (key ^ row as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        row * SKETCH_COLUMNS + (hash >> 40) as usize % SKETCH_COLUMNS
    })
}

impl<R: Record> Bounded<R> {
    /// Whether a state that was read from outside can be used.
    pub(super) fn is_sound(&self) -> bool {
        let is_whole = |counters: &Vec<u16>| counters.len() == SKETCH_ROWS * SKETCH_COLUMNS;
        self.at_most >= 2
            && self
                .forgotten
                .as_ref()
                .is_none_or(|sketch| is_whole(&sketch.edits) && is_whole(&sketch.reverted))
    }

    /// All records that are exact.
    pub(super) fn records(&self) -> impl Iterator<Item = &R> {
        self.records.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::record::Pair;

    #[test]
    fn the_quiet_ones_give_way_and_their_counts_stay() {
        let mut bounded: Bounded<Pair> = Bounded::new(100);
        for key in 0..1_000_u64 {
            bounded.change(key, |pair| {
                pair.tally.edits = 3;
                pair.tally.reverted = 1;
                pair.last = key as i64;
            });
            assert!(bounded.records.len() <= 100);
        }
        assert_eq!(bounded.get(999).map(|pair| pair.last), Some(999));
        let old = bounded.get(5).unwrap();
        assert_eq!((old.tally.edits, old.tally.reverted), (3, 1));
        assert!(bounded.get(5_000).is_none());
        assert!(bounded.is_sound());
    }
}
