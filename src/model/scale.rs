//! Whose scale a model's probabilities are on.
//!
//! A client that flags from 0.9 on has chosen a workload, and a model that was trained anew gives
//! other probabilities. A scale maps them onto those of the model's predecessor, quantile to
//! quantile: as large a share of edits reaches a threshold as before. That is a choice with a
//! price, said in the report: probabilities of a predecessor that was badly calibrated stay so.
//!
//! The map is found threshold by threshold (Kolen and Brennan 2014, chapter 2, "equipercentile
//! equating"): for each threshold of a grid on the predecessor's scale, the knot lies where the
//! new scores flag the same share of edits. Between knots it is a straight line, so it keeps the
//! order of scores. Only numbers are known here: who is scored, and on which edits the map is
//! found, is the trainer's business.

use serde::{Deserialize, Serialize};

use crate::evaluation::Estimate;

/// No scale may have more knots, so that a damaged file fills no memory.
const MAX_KNOTS: usize = 256;

/// Whose scale probabilities are on, and the way there.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Scale {
    /// The model whose scale it is: the predecessor's name and version.
    pub of: String,
    /// Where the predecessor kept a scale itself, the model that it came from first.
    pub first_of: Option<String>,
    /// What the map did to the share of edits that are flagged.
    pub shift: Shift,
    /// The way there. It is stored apart, to the bit, and not told with the rest.
    #[serde(skip)]
    pub map: QuantileMap,
}

/// A map of probabilities that keeps their order: straight lines between knots.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct QuantileMap {
    /// Own probability and the predecessor's; both rise from 0 to 1.
    knots: Vec<(f64, f64)>,
}

/// One edit's probabilities, for finding a map.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ScoredTwice {
    /// The new model's, before any map.
    pub new: f64,
    /// The predecessor's.
    pub old: f64,
    /// How many live edits it stands for.
    pub weight: f64,
}

/// What a map did to the share of edits that are flagged.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Shift {
    /// The edits that the map was found on: held out when the new model was measured.
    pub n: u64,
    /// How many of them the predecessor may have learned from: it is not known that they were saved
    /// later. What a model learned from, it scores more surely than what it did not, so with many of
    /// them the predecessor's shares are those of no live wiki.
    pub n_maybe_learned: u64,
    /// What each of some thresholds flags.
    pub rows: Vec<ShiftRow>,
}

/// The share of edits that a threshold flags.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ShiftRow {
    /// Edits with at least this probability are flagged.
    pub threshold: f64,
    /// By the predecessor.
    pub old: Option<Estimate>,
    /// By the new model before the map.
    pub unmapped: Option<Estimate>,
    /// By the new model after it; each page's edits by the map that is found on the other pages.
    pub mapped: Option<Estimate>,
}

impl Scale {
    /// The part of a card that says so.
    pub(super) fn to_markdown(&self) -> String {
        let Shift {
            n, n_maybe_learned, ..
        } = self.shift;
        let mut text = format!(
            "## Whose scale its scores are on\n\nThat of **{}**",
            self.of
        );
        if let Some(first) = &self.first_of {
            text += &format!(", which keeps that of **{first}**");
        }
        text += ": a threshold that was chosen for that model flags about as large a share of edits with this one. Scores \
                 are mapped quantile to quantile, which keeps their order; what that costs in calibration stands \
                 below.\n\n";
        if n_maybe_learned > 0 {
            text += &format!(
                "Of the {n} edits, the predecessor may have learned from {n_maybe_learned}. A model is surer of what \
                 it learned from than of live edits, and the scale is off by that.\n\n"
            );
        }
        text += &format!(
            "Edits flagged, of {n} held-out ones; each page's are mapped by what the other pages say:\n\n\
             | threshold | by the predecessor | by this model as it is | by this model on the scale |\n|-:|-:|-:|-:|\n"
        );
        for row in &self.shift.rows {
            let [old, unmapped, mapped] =
                [row.old, row.unmapped, row.mapped].map(Estimate::as_share);
            text += &format!("| {} | {old} | {unmapped} | {mapped} |\n", row.threshold);
        }
        text + "\n"
    }
}

impl Default for QuantileMap {
    /// Every probability as it is.
    fn default() -> Self {
        Self {
            knots: vec![(0.0, 0.0), (1.0, 1.0)],
        }
    }
}

impl QuantileMap {
    /// The map under which each threshold flags the same share of the edits as it does on the
    /// predecessor's scale: exactly at the thresholds of a grid and at those given besides, as far
    /// as equal scores can be told apart, and by straight line between them.
    pub fn fit(edits: &[ScoredTwice], thresholds: &[f64]) -> Self {
        let old = Flagged::new(edits.iter().map(|edit| (edit.old, edit.weight)));
        let new = Flagged::new(edits.iter().map(|edit| (edit.new, edit.weight)));
        let mut targets = grid();
        targets.extend_from_slice(thresholds);
        targets.retain(|target| 0.0 < *target && *target < 1.0);
        targets.sort_by(|a, b| b.total_cmp(a));
        targets.dedup();
        targets.truncate(MAX_KNOTS - 2);
        // The cut of the new scores that flags what each target flags of the old ones.
        let cuts: Vec<usize> = targets
            .iter()
            .map(|target| new.cut_of_weight(old.weight_from(*target)))
            .collect();
        let mut knots = vec![(1.0, 1.0)];
        let mut start = 0;
        for same in cuts.chunk_by(|a, b| a == b) {
            let (above, below) = new.gap(same[0]);
            // A cut lies anywhere between two scores, so that targets of one cut share the gap.
            for nth in 0..same.len() {
                let share = (nth + 1) as f64 / (same.len() + 1) as f64;
                let at = above + (below - above) * share;
                let last = knots.last().map_or(1.0, |knot| knot.0);
                if 0.0 < at && at < last {
                    knots.push((at, targets[start + nth]));
                }
            }
            start += same.len();
        }
        knots.push((0.0, 0.0));
        knots.reverse();
        Self { knots }
    }

    /// A probability on the predecessor's scale.
    pub fn apply(&self, probability: f64) -> f64 {
        let above = self.knots.partition_point(|knot| knot.0 <= probability);
        let at = |idx: usize| self.knots.get(idx).copied();
        match (above.checked_sub(1).and_then(at), at(above)) {
            (Some(low), Some(high)) => {
                let between = (probability - low.0) / (high.0 - low.0);
                (low.1 + (high.1 - low.1) * between).clamp(low.1, high.1)
            }
            // At 1, the last knot.
            (Some(last), None) => last.1,
            (None, _) => 0.0,
        }
    }

    /// Own probability and the predecessor's, both from 0 to 1.
    pub fn knots(&self) -> &[(f64, f64)] {
        &self.knots
    }

    /// Whether a map that was read from outside can be used; if not, why.
    pub(super) fn check(&self) -> Result<(), String> {
        let n_knots = self.knots.len();
        if !(2..=MAX_KNOTS).contains(&n_knots) {
            return Err(format!("expected 2 to {MAX_KNOTS} knots, got {n_knots}"));
        }
        let ends = (self.knots[0], self.knots[n_knots - 1]);
        if ends != ((0.0, 0.0), (1.0, 1.0)) {
            return Err(format!(
                "expected knots from (0, 0) to (1, 1), got {:?} to {:?}",
                ends.0, ends.1
            ));
        }
        let rises = |low: &(f64, f64), high: &(f64, f64)| low.0 < high.0 && low.1 < high.1;
        match self
            .knots
            .windows(2)
            .position(|pair| !rises(&pair[0], &pair[1]))
        {
            Some(knot) => Err(format!(
                "expected knots that rise, got {:?} after {:?}",
                self.knots[knot + 1],
                self.knots[knot]
            )),
            None => Ok(()),
        }
    }
}

/// Thresholds that clients choose: each hundredth, and finer where few edits are.
fn grid() -> Vec<f64> {
    let thousandths = (1..10)
        .chain((10..900).step_by(10))
        .chain((900..990).step_by(5))
        .chain(990..1000);
    thousandths.map(|n| f64::from(n) / 1000.0).collect()
}

/// Scores from the highest down, with the weight that each reaches.
struct Flagged {
    /// A score, and the weight of all edits with at least that score; scores fall.
    steps: Vec<(f64, f64)>,
}

impl Flagged {
    fn new(scores: impl Iterator<Item = (f64, f64)>) -> Self {
        let mut scores: Vec<(f64, f64)> = scores.collect();
        scores.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut weight = 0.0;
        let steps = scores.chunk_by(|a, b| a.0 == b.0).map(|same| {
            weight += same.iter().map(|(_, weight)| weight).sum::<f64>();
            (same[0].0, weight)
        });
        Self {
            steps: steps.collect(),
        }
    }

    /// The weight of edits with at least this score.
    fn weight_from(&self, score: f64) -> f64 {
        let cut = self.steps.partition_point(|step| step.0 >= score);
        self.weight_of_cut(cut)
    }

    fn weight_of_cut(&self, cut: usize) -> f64 {
        cut.checked_sub(1).map_or(0.0, |last| self.steps[last].1)
    }

    /// The number of steps that together come closest to this weight.
    fn cut_of_weight(&self, weight: f64) -> usize {
        let beyond = self.steps.partition_point(|step| step.1 < weight);
        let distance = |cut: usize| (self.weight_of_cut(cut) - weight).abs();
        let cut = (beyond + 1).min(self.steps.len());
        if distance(cut) <= distance(beyond) {
            cut
        } else {
            beyond
        }
    }

    /// The scores on both sides of a cut, or the end of the scale.
    fn gap(&self, cut: usize) -> (f64, f64) {
        let above = cut.checked_sub(1).map_or(1.0, |last| self.steps[last].0);
        let below = self.steps.get(cut).map_or(0.0, |step| step.0);
        (above, below)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Edits whose old scores are a function of the new ones.
    fn edits(n: u32, old: impl Fn(f64) -> f64) -> Vec<ScoredTwice> {
        (0..n)
            .map(|idx| {
                let new = (f64::from(idx) + 0.5) / f64::from(n);
                ScoredTwice {
                    new,
                    old: old(new),
                    weight: 1.0,
                }
            })
            .collect()
    }

    fn flagged(edits: &[ScoredTwice], threshold: f64, score: impl Fn(&ScoredTwice) -> f64) -> f64 {
        let reached = edits.iter().filter(|edit| score(edit) >= threshold);
        reached.map(|edit| edit.weight).sum()
    }

    #[track_caller]
    fn check(edits: &[ScoredTwice], most_off: f64) {
        let extra = [0.123, 0.4567];
        let map = QuantileMap::fit(edits, &extra);
        map.check().unwrap();
        for threshold in [0.01, 0.05, 0.5, 0.9, 0.95, 0.99, 0.123, 0.4567] {
            let old = flagged(edits, threshold, |edit| edit.old);
            let mapped = flagged(edits, threshold, |edit| map.apply(edit.new));
            assert!(
                (mapped - old).abs() <= most_off,
                "{threshold}: {mapped}, expected {old}"
            );
        }
        assert_eq!((map.apply(0.0), map.apply(1.0)), (0.0, 1.0));
        let mut scores: Vec<f64> = edits.iter().map(|edit| edit.new).collect();
        scores.sort_by(f64::total_cmp);
        scores.dedup();
        let is_kept = scores
            .windows(2)
            .all(|pair| map.apply(pair[0]) < map.apply(pair[1]));
        assert!(is_kept, "the order of scores is not kept");
    }

    #[test]
    fn a_threshold_flags_as_many_edits_as_before() {
        check(&edits(1000, |new| new), 0.0);
        check(&edits(1000, |new| new.powi(4)), 0.0);
        check(&edits(1000, |new| new.powf(0.2)), 0.0);
        check(&edits(1000, |new| 1.0 - new), 0.0);
        check(&edits(7, |new| new * 0.3), 0.0);
        check(&edits(1, |_| 0.5), 0.0);
        // Old scores of three values only, as isotonic steps give.
        check(&edits(1000, |new| (new * 3.0).floor() / 3.0), 0.0);
        check(&edits(100, |_| 1.0), 0.0);
        check(&edits(100, |_| 0.0), 0.0);
    }

    #[test]
    fn equal_scores_stay_equal_and_the_nearest_share_is_taken() {
        let mut tied = edits(1000, |new| new);
        for edit in &mut tied {
            edit.new = ((edit.new * 4.0).floor() + 0.5) / 4.0;
        }
        // A quarter of the edits cannot be told apart, so half of a quarter is the most that is off.
        check(&tied, 125.0);
        for edit in &mut tied {
            edit.new = 0.7;
        }
        check(&tied, 500.0);
    }

    #[test]
    fn edits_count_as_what_they_stand_for() {
        let mut weighted = edits(1000, |new| new * new);
        for edit in &mut weighted {
            edit.weight = if edit.new > 0.8 { 0.25 } else { 2.0 };
        }
        check(&weighted, 1.0);
    }

    #[test]
    fn maps_that_no_trainer_wrote_are_refused_with_the_reason() {
        #[track_caller]
        fn check(knots: &[(f64, f64)], expected: Result<(), &str>) {
            let map = QuantileMap {
                knots: knots.to_vec(),
            };
            assert_eq!(map.check(), expected.map_err(str::to_owned));
        }
        let (zero, one) = ((0.0, 0.0), (1.0, 1.0));
        check(&[zero, one], Ok(()));
        check(&[zero, (0.2, 0.9), one], Ok(()));
        check(&[], Err("expected 2 to 256 knots, got 0"));
        check(&[zero; 300], Err("expected 2 to 256 knots, got 300"));
        check(
            &[(0.1, 0.0), one],
            Err("expected knots from (0, 0) to (1, 1), got (0.1, 0.0) to (1.0, 1.0)"),
        );
        check(
            &[zero, (0.5, 0.5), (0.4, 0.6), one],
            Err("expected knots that rise, got (0.4, 0.6) after (0.5, 0.5)"),
        );
        check(
            &[zero, (0.5, 0.5), (0.6, 0.5), one],
            Err("expected knots that rise, got (0.6, 0.5) after (0.5, 0.5)"),
        );
        check(
            &[zero, (f64::NAN, 0.5), one],
            Err("expected knots that rise, got (NaN, 0.5) after (0.0, 0.0)"),
        );
        check(
            &[zero, (0.5, f64::INFINITY), one],
            Err("expected knots that rise, got (1.0, 1.0) after (0.5, inf)"),
        );
    }
}
