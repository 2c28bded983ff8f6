//! What became of a page's last edits, by the labeller that the trainer has.
//!
//! A revert reaches back so far and no further, so the end of a page's row tells all that can still
//! change. Whoever keeps that end labels anew what the next edit may have changed.

use std::collections::HashMap;

use super::entry::{Fate, RevertedBy};
use super::store::TailEntry;
use super::tally::Fated;
use crate::corpus::{
    LabelOptions, Labeller, LeftOut, RevertComment, Reverted, RevisionLabel, Rule,
};
use crate::evaluation::UserClass;
use crate::model::Target;
use crate::revision::RevisionId;

/// Revisions of a page's end that decide what may still change: a label looks 2 radii ahead, an edit war
/// 2 radii back from there, and a revert one further radius and the restored revision; and another radius for
/// edits that are told late.
pub(crate) fn tail_length(options: &LabelOptions) -> usize {
    6 * options.radius.max(1) + 2
}

/// What became of the edits of a page's end (in order of time), where that is not what stands there. The
/// edit at the place `told` is the one that is new.
pub(crate) fn changed_fates(
    tail: &[TailEntry],
    told: usize,
    options: &LabelOptions,
) -> Vec<(RevisionId, Fate)> {
    let mut labeller = Labeller::new(options);
    for entry in tail {
        labeller.take(&entry.sighting, || entry.comment);
    }
    // What an edit changes is at most two radii before it. The first ones of a long row are not looked at:
    // what they rest on is not here any more.
    let radius = options.radius.max(1);
    let is_cut = tail.len() == tail_length(options);
    let first_open = told.saturating_sub(2 * radius);
    let first_open = first_open.max(if is_cut { radius + 1 } else { 0 });
    let mut labels: Vec<RevisionLabel> = labeller.take_final().collect();
    labels.extend(labeller.so_far());
    let entries: HashMap<RevisionId, &TailEntry> = tail
        .iter()
        .map(|entry| (entry.sighting.revision, entry))
        .collect();
    let open = tail.iter().zip(labels).skip(first_open);
    let open = open.filter(|(entry, _)| entry.sighting.revision != RevisionId(0));
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
            comment: RevertComment {
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

/// What became of an edit for a model that looks for this and measures by that. `is_counted` is the
/// score's; `is_settled` when the time for outcomes has passed.
pub(crate) fn fated(
    (target, rule): (Target, &Rule),
    is_counted: bool,
    fate: &Fate,
    is_settled: bool,
) -> Fated {
    if !is_counted {
        return Fated::NotCounted;
    }
    let label = RevisionLabel {
        reverted: fate.reverted.as_ref().map(|by| Reverted {
            by: by.revision,
            seconds: by.seconds,
            comment: by.comment.kind,
            reason: by.comment.reason,
        }),
        self_reverted: fate.self_reverted,
        revert_undone: fate.revert_undone,
        edit_war: fate.edit_war,
        ..RevisionLabel::default()
    };
    let is_bad = match target {
        Target::Vandalism => rule.vandalism(&label),
        Target::Reverted | Target::Damaging | Target::Goodfaith => rule.reverted(&label),
    };
    match is_bad {
        // Those that nobody reverted yet are not in any share; so those that somebody did are not either.
        Ok(true) if !is_settled => Fated::RevertedEarly,
        Ok(false) if !is_settled => Fated::Pending,
        Ok(true) => Fated::Reverted,
        Ok(false) => Fated::Kept,
        Err(LeftOut::SelfReverted) => Fated::SelfReverted,
        Err(LeftOut::RevertUndone) => Fated::RevertUndone,
        Err(LeftOut::Unclear) => Fated::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::{RevertCommentKind, RevertReason};

    fn reverted(reason: RevertReason) -> Fate {
        let by = RevertedBy {
            revision: RevisionId(2),
            user_class: UserClass::Experienced,
            seconds: Some(7_200),
            comment: RevertComment {
                kind: RevertCommentKind::Manual,
                reason,
            },
        };
        Fate {
            reverted: Some(by),
            ..Fate::default()
        }
    }

    #[test]
    fn an_outcome_counts_as_the_recipe_says() {
        #[track_caller]
        fn check(target: Target, fate: &Fate, settled: Fated, open: Fated) {
            let looks_for = (target, &Rule::default());
            assert_eq!(fated(looks_for, true, fate, true), settled, "{target}");
            assert_eq!(fated(looks_for, true, fate, false), open, "{target}");
            assert_eq!(fated(looks_for, false, fate, true), Fated::NotCounted);
        }
        let none = Fate::default();
        let own = Fate {
            self_reverted: true,
            ..Fate::default()
        };
        let disputed = reverted(RevertReason::Dispute);
        let undone = Fate {
            revert_undone: true,
            ..reverted(RevertReason::Damage)
        };
        for target in Target::ALL {
            check(target, &none, Fated::Kept, Fated::Pending);
            check(target, &own, Fated::SelfReverted, Fated::SelfReverted);
            check(target, &undone, Fated::RevertUndone, Fated::RevertUndone);
            let damage = reverted(RevertReason::Damage);
            check(target, &damage, Fated::Reverted, Fated::RevertedEarly);
        }
        check(
            Target::Reverted,
            &disputed,
            Fated::Reverted,
            Fated::RevertedEarly,
        );
        check(Target::Vandalism, &disputed, Fated::Unclear, Fated::Unclear);
        let lenient = Rule {
            self_reverted: true,
            revert_undone: true,
            ..Rule::default()
        };
        let looks_for = (Target::Reverted, &lenient);
        assert_eq!(fated(looks_for, true, &own, true), Fated::Kept);
        assert_eq!(fated(looks_for, true, &undone, true), Fated::Reverted);
    }
}
