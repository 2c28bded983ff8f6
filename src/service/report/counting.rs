//! Tallies of days -> the rows of a report.

use std::collections::BTreeMap;

use super::{PeriodCalibration, Row, Share, Times};
use crate::service::ledger::{Bands, Delay, Fated, Judged, Tally};

/// What a threshold does to what was counted: bands from `first` on are flagged.
pub(super) fn row(tally: &Tally, first: u16) -> Row {
    let mut row = Row::default();
    for (&(band, fated, judged), &n) in &tally.edits {
        let flagged = if band >= first { n } else { 0 };
        row.scored += n;
        match fated {
            Fated::Kept => {
                row.settled += n;
                row.flagged += flagged;
            }
            Fated::Reverted => {
                row.settled += n;
                row.flagged += flagged;
                row.bad += n;
                row.caught += flagged;
            }
            Fated::Pending => {
                row.pending += n;
                row.pending_flagged += flagged;
            }
            Fated::RevertedEarly => {
                row.pending += n;
                row.pending_flagged += flagged;
                row.pending_reverted += n;
                row.pending_caught += flagged;
            }
            Fated::SelfReverted | Fated::RevertUndone | Fated::Unclear => row.left_out += n,
            Fated::NotCounted => row.not_counted += n,
        }
        if judged != Judged::Not && fated != Fated::NotCounted {
            row.judged += n;
            row.judged_flagged += flagged;
            if judged == Judged::Bad {
                row.judged_bad += n;
                row.judged_flagged_bad += flagged;
            }
        }
    }
    row
}

/// The row of every threshold that can be asked for, rising.
pub(super) fn rows(tally: &Tally, bands: &Bands) -> Vec<(f64, Row)> {
    let cuts = bands.cuts().iter().enumerate();
    cuts.map(|(band, cut)| (*cut, row(tally, band as u16)))
        .collect()
}

/// The middle and the ninth tenth of times; `None` of none.
pub(super) fn times(delays: impl Iterator<Item = (Delay, u64)>) -> Option<Times> {
    let mut counts: BTreeMap<Delay, u64> = BTreeMap::new();
    for (delay, n) in delays {
        *counts.entry(delay).or_default() += n;
    }
    let n: u64 = counts.values().sum();
    let at = |share: f64| {
        let mut below = 0;
        let reached = counts.iter().find(|(_, count)| {
            below += **count;
            below as f64 >= share * n as f64
        });
        reached.map_or(0.0, |(delay, _)| delay.seconds())
    };
    (n > 0).then(|| Times {
        n,
        median: at(0.5),
        ninth_tenth: at(0.9),
    })
}

/// Times until the revert, of flagged edits or of the others.
pub(super) fn revert_times(tally: &Tally, first: u16, is_flagged: bool) -> Option<Times> {
    let delays = tally.revert_delays.iter();
    times(
        delays
            .filter(|((band, _), _)| (*band >= first) == is_flagged)
            .map(|((_, delay), n)| (*delay, *n)),
    )
}

/// What probabilities said of settled edits, and what became of them; `None` without any.
pub(super) fn calibration(tally: &Tally, own_error: Option<f64>) -> Option<PeriodCalibration> {
    let mut bands: BTreeMap<u16, Share> = BTreeMap::new();
    for (&(band, fated, _), &n) in &tally.edits {
        let share = bands.entry(band).or_insert(Share { part: 0, whole: 0 });
        if matches!(fated, Fated::Kept | Fated::Reverted) {
            share.whole += n;
        }
        if fated == Fated::Reverted {
            share.part += n;
        }
    }
    let n: u64 = bands.values().map(|share| share.whole).sum();
    let bad: u64 = bands.values().map(|share| share.part).sum();
    let predicted = |band: &u16| {
        tally
            .millionths
            .get(band)
            .map_or(0.0, |sum| *sum as f64 / 1e6)
    };
    let errors = bands.iter();
    let error: f64 = errors
        .map(|(band, share)| (predicted(band) - share.part as f64).abs())
        .sum();
    let sum: f64 = bands.keys().map(predicted).sum();
    (n > 0).then(|| PeriodCalibration {
        n,
        predicted: sum / n as f64,
        observed: Share {
            part: bad,
            whole: n,
        },
        error: error / n as f64,
        own_error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::ledger::tally::Counted;

    fn tally(bands: &Bands, edits: &[(f64, Fated, Judged)]) -> Tally {
        let mut tally = Tally::default();
        for (idx, &(probability, fated, judged)) in edits.iter().enumerate() {
            let counted = Counted {
                probability,
                fated,
                judged,
                score_delay_seconds: Some(2),
                revert_seconds: Some(60 << idx),
            };
            tally.add(bands, &counted);
        }
        tally
    }

    #[test]
    fn a_threshold_flags_what_reaches_it() {
        let bands = Bands::new(&[("review".into(), 0.123)]);
        let edits = [
            (0.05, Fated::Kept, Judged::Not),
            (0.122_9, Fated::Reverted, Judged::Not),
            (0.123, Fated::Reverted, Judged::Bad),
            (0.9, Fated::Kept, Judged::Good),
            (0.9, Fated::Pending, Judged::Not),
            (0.01, Fated::Pending, Judged::Bad),
            (0.5, Fated::SelfReverted, Judged::Not),
            (0.5, Fated::NotCounted, Judged::Bad),
        ];
        let tally = tally(&bands, &edits);
        let first = bands.from(0.123).unwrap();
        let expected = Row {
            scored: 8,
            settled: 4,
            bad: 2,
            flagged: 2,
            caught: 1,
            pending: 2,
            pending_flagged: 1,
            pending_reverted: 0,
            pending_caught: 0,
            left_out: 1,
            not_counted: 1,
            judged: 3,
            judged_bad: 2,
            judged_flagged: 2,
            judged_flagged_bad: 1,
        };
        assert_eq!(row(&tally, first), expected);
        assert_eq!(row(&tally, 0).flagged, 4);
        let all = rows(&tally, &bands);
        assert_eq!(all.len(), 101);
        assert!(
            all.windows(2)
                .all(|pair| pair[0].1.flagged >= pair[1].1.flagged)
        );
        let caught = revert_times(&tally, first, true).unwrap();
        assert_eq!(caught.n, 1);
        assert!((caught.median / 240.0 - 1.0).abs() < 0.2, "{caught:?}");
        assert_eq!(revert_times(&tally, first, false).unwrap().n, 1);
        let calibration = calibration(&tally, None).unwrap();
        assert_eq!(calibration.observed, Share { part: 2, whole: 4 });
        assert!((calibration.predicted - (0.05 + 0.122_9 + 0.123 + 0.9) / 4.0).abs() < 1e-9);
        let error = (0.05 + (1.0 - 0.122_9) + (1.0 - 0.123) + 0.9) / 4.0;
        assert!((calibration.error - error).abs() < 1e-9, "{calibration:?}");
    }

    #[test]
    fn times_are_known_to_within_a_fifth() {
        for seconds in [1, 2, 5, 60, 3_600, 86_400, 31_536_000] {
            let middle = Delay::of(seconds).seconds() / seconds as f64;
            assert!((0.83..1.2).contains(&middle), "{seconds}: {middle}");
        }
        assert_eq!(Delay::of(0).seconds(), 0.0);
        assert_eq!(times(std::iter::empty()), None);
    }
}
