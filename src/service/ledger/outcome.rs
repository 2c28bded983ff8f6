//! What became of a page's last edits, by the labeller that the trainer has.
//!
//! A revert reaches back so far and no further, so the end of a page's row tells all that can still
//! change. Whoever keeps that end labels anew what the next edit may have changed.

use std::collections::HashMap;

use super::entry::{Fate, RevertedBy};
use super::store::TailEntry;
use crate::corpus::{LabelOptions, Labeller, RevisionLabel};
use crate::evaluation::UserClass;
use crate::revision::RevisionId;

/// Revisions of a page's end that decide what may still change: a label looks 2 radii ahead, an edit war
/// 2 radii back from there, and a revert one further radius and the restored revision.
pub(crate) fn tail_length(options: &LabelOptions) -> usize {
    5 * options.radius.max(1) + 1
}

/// What became of the edits of a page's end (in order of time), where that is not what stands there.
pub(crate) fn changed_fates(tail: &[TailEntry], options: &LabelOptions) -> Vec<(RevisionId, Fate)> {
    let mut labeller = Labeller::new(options);
    for entry in tail {
        labeller.take(&entry.sighting, || entry.comment);
    }
    let first_open = tail.len().saturating_sub(2 * options.radius.max(1) + 1);
    let mut labels: Vec<RevisionLabel> = labeller.take_final().collect();
    labels.extend(labeller.so_far());
    let entries: HashMap<RevisionId, &TailEntry> = tail
        .iter()
        .map(|entry| (entry.sighting.revision, entry))
        .collect();
    let open = tail.iter().zip(labels).skip(first_open);
    open.filter_map(|(entry, label)| {
        let fate = fate_of(label, &entries);
        (fate != entry.fate).then_some((entry.sighting.revision, fate))
    })
    .collect()
}

fn fate_of(label: RevisionLabel, entries: &HashMap<RevisionId, &TailEntry>) -> Fate {
    let reverted = label.reverted.map(|reverted| {
        let by = entries.get(&reverted.by);
        RevertedBy {
            revision: reverted.by,
            user_class: by.map_or(UserClass::Unknown, |by| by.user_class),
            seconds: reverted.seconds,
            comment: crate::corpus::RevertComment {
                kind: reverted.comment,
                reason: reverted.reason,
            },
        }
    });
    Fate {
        reverted,
        self_reverted: label.self_reverted,
        revert_undone: label.revert_undone,
        edit_war: label.edit_war,
    }
}
