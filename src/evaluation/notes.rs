//! What a reader has to know before believing the figures.

use super::ranking::{Clusters, allowed_negatives};
use super::sweep::{FALSE_POSITIVE_RATES, Sweep};
use super::{Options, Slice};

/// Fewer labelled-true rows than this make every recall coarse: with 100 of them, one edit more
/// or less moves recall by a point, and its 95 % interval at 90 % is about 6 points either way.
const FEW_POSITIVES: u64 = 100;

/// With fewer clusters than this, percentile intervals are known to be too narrow (Cameron,
/// Gelbach and Miller 2008 show it for 5 to 30 clusters).
const FEW_CLUSTERS: usize = 30;

/// Notes on one evaluation, the weightiest first.
pub(crate) fn notes(clusters: &Clusters, observed: &Sweep, options: &Options) -> Vec<String> {
    let label = &options.label;
    let (positives, negatives) = observed.count(Slice::All);
    let n = positives + negatives;
    let mut notes = Vec::new();
    if positives == 0 || negatives == 0 {
        let word = if positives == 0 {
            "no edit is"
        } else {
            "all edits are"
        };
        notes.push(format!(
            "{word} labelled {label}: statistics that need edits of both labels do not exist here"
        ));
    } else if positives < FEW_POSITIVES {
        notes.push(format!(
            "only {positives} {label} edits: every share of them moves by {} % with a single edit; trust the \
             intervals more than the values",
            super::figure::number(100.0 / positives as f64, 1),
        ));
    }
    match options.base_rate {
        None => notes.push(format!(
            "no base rate was given: workload, filter rate and precision hold where {} % of live edits are {label}, \
             as among these rows",
            super::figure::number(100.0 * positives as f64 / n as f64, 2),
        )),
        Some(_) if positives == 0 || negatives == 0 => {
            notes.push("a base rate was given, but rows of one label cannot be scaled to it".to_owned());
        }
        Some(_) => {}
    }
    if options.resamples == 0 {
        notes.push("no intervals: the bootstrap was left out".to_owned());
    } else if clusters.are_rows {
        notes.push(
            "fewer than two pages are known: intervals resample single edits as if they did not depend on each \
             other, and are likely too narrow"
                .to_owned(),
        );
    } else if clusters.counts.len() < FEW_CLUSTERS {
        notes.push(format!(
            "only {} pages: intervals, which resample pages, are likely too narrow",
            clusters.counts.len()
        ));
    }
    if negatives > 0 {
        let too_fine = FALSE_POSITIVE_RATES
            .into_iter()
            .filter(|&rate| allowed_negatives(rate, negatives) == 0);
        if let Some(rate) = too_fine.reduce(f64::max) {
            notes.push(format!(
                "a false positive rate of {} % of {negatives} edits is less than one edit: unattended figures up to \
                 there allow no false positive at all",
                super::figure::number(100.0 * rate, 2),
            ));
        }
    }
    notes
}
