//! What a ledger keeps: models, scored edits, edits that were seen, what became of them, and what people
//! said. Plain values, before any of them is a row.
//!
//! An author is a number here: the name's hash under a key of this ledger. Names are kept where the
//! configuration asks for them, texts never.

use std::sync::Arc;

use crate::corpus::{RevertComment, Rule, Sighting};
use crate::evaluation::{Kind, UserClass};
use crate::history::Seen;
use crate::model::{Family, Target};
use crate::revision::{PageId, RevisionId, Timestamp};

/// A model as scores name it. Kept for good, so that scores stay readable when the file is gone.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct LedgerModel {
    /// Such as `papwiki.reverted`.
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) target: Target,
    /// Of the file; tells models of one name apart.
    pub(crate) checksum: u128,
    /// Which edits its recipe measures by, and what became of them counts.
    pub(crate) rule: Rule,
    /// Named thresholds on the wanted probability, rising.
    pub(crate) levels: Vec<(String, f64)>,
    /// The names of its features, in order: what drift is counted by. Empty where the model does not say
    /// how they were spread in training.
    pub(crate) features: Vec<String>,
}

impl LedgerModel {
    /// A level by its name, with its threshold.
    pub(crate) fn level(&self, name: &str) -> Option<(&str, f64)> {
        let mut levels = self.levels.iter();
        let level = levels.find(|(known, _)| known == name);
        level.map(|(name, threshold)| (name.as_str(), *threshold))
    }

    /// What flags when nothing else is asked for: the level `review`, or one half where there is none.
    pub(crate) fn review(&self) -> (Option<&str>, f64) {
        let level = self.level("review");
        level.map_or((None, 0.5), |(name, threshold)| (Some(name), threshold))
    }
}

/// Where an edit was made.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct LedgerPage {
    pub(crate) id: PageId,
    pub(crate) title: String,
    pub(crate) namespace: i32,
}

/// An edit that models scored.
#[derive(Clone, Debug)]
pub(crate) struct ScoredEdit {
    pub(crate) wiki: Arc<str>,
    pub(crate) page: LedgerPage,
    pub(crate) edit: EditFacts,
    /// When it was scored, in seconds since 1970; `None` in a replay, where that says nothing.
    pub(crate) scored_at: Option<Timestamp>,
    pub(crate) scores: Vec<ModelScore>,
}

/// What is known of an edit, whoever tells.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EditFacts {
    /// The digest is `None` when only the score was seen so far.
    pub(crate) sighting: Sighting,
    /// The account's name, where the configuration asks for it.
    pub(crate) user_name: Option<String>,
    pub(crate) user_class: UserClass,
    /// Whether it created its page.
    pub(crate) is_first: bool,
    /// What the edit does; `None` where nobody looked.
    pub(crate) kind: Option<Kind>,
}

/// One model's score of an edit.
#[derive(Clone, Debug)]
pub(crate) struct ModelScore {
    pub(crate) model: Arc<LedgerModel>,
    /// The calibrated probability that the edit is one that is looked for (for `goodfaith`: that it was
    /// not made in good faith).
    pub(crate) probability: f64,
    /// What moved it most, with by how much on the raw score's scale; of flagged edits only.
    pub(crate) reasons: Vec<(Family, f32)>,
    /// Whether the edit is among those that the model's recipe measures by (no bot, no first revision,
    /// nothing suppressed).
    pub(crate) is_counted: bool,
    /// For each feature the place of its value among the training's tenths (0 to 9), 10 where it is
    /// missing; empty where the model does not say.
    pub(crate) tenths: Vec<u8>,
}

/// An edit that the service was told of.
#[derive(Clone, Debug)]
pub(crate) struct SeenEdit {
    pub(crate) wiki: Arc<str>,
    pub(crate) page: LedgerPage,
    pub(crate) edit: EditFacts,
    /// What its comment says, should it be a revert.
    pub(crate) comment: RevertComment,
    /// The revision that it was made on, where that is at hand: a later edit may restore it, and nobody may
    /// have told of it. Its id is 0 where that is not known.
    pub(crate) parent: Option<Box<SeenParent>>,
    /// As a history sees it, where services share the wiki's past.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(dead_code, reason = "a file is nobody else's")
    )]
    pub(crate) past: Option<Box<Seen>>,
}

/// A revision that another was made on.
#[derive(Clone, Debug)]
pub(crate) struct SeenParent {
    pub(crate) edit: EditFacts,
    pub(crate) comment: RevertComment,
}

/// What became of an edit, as far as known.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Fate {
    /// The first revert by somebody else within the wiki's window.
    pub(crate) reverted: Option<RevertedBy>,
    /// Its author, and nobody else, reverted it within the window.
    pub(crate) self_reverted: bool,
    /// Its revert was undone.
    pub(crate) revert_undone: bool,
    /// Its author and who reverted it were reverting each other.
    pub(crate) edit_war: bool,
}

/// A revert.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct RevertedBy {
    pub(crate) revision: RevisionId,
    /// Who made it; `Unknown` where the reverting edit itself was not told of.
    pub(crate) user_class: UserClass,
    /// Time from the edit to its revert.
    pub(crate) seconds: Option<i64>,
    pub(crate) comment: RevertComment,
}

/// What a person said about an edit. One a person and edit: the last word counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Judgement {
    pub(crate) wiki: Arc<str>,
    pub(crate) revision: RevisionId,
    pub(crate) damaging: Option<bool>,
    pub(crate) goodfaith: Option<bool>,
    pub(crate) spam: Option<bool>,
    pub(crate) note: Option<String>,
    /// The name of the token that it was given with.
    pub(crate) by: String,
    pub(crate) at: Timestamp,
}

impl Judgement {
    /// Characters of a note.
    pub(crate) const MAX_NOTE_CHARS: usize = 2_000;

    /// Whether the edit should have been flagged; `None` when the judgement does not say.
    pub(crate) fn is_bad(&self) -> Option<bool> {
        match (self.damaging, self.spam, self.goodfaith) {
            (Some(true), _, _) | (_, Some(true), _) | (None, _, Some(false)) => Some(true),
            (Some(false), _, _) | (_, Some(false), _) | (None, None, Some(true)) => Some(false),
            (None, None, None) => None,
        }
    }
}
