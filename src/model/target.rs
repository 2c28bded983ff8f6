//! Targets: what a model's probability is the probability of.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a model's probability is the probability of. One target is one row in a table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The edit will be reverted by somebody else.
    Reverted,
    /// The edit harms the page, as a person judged.
    Damaging,
    /// The edit was meant well, as a person judged. What is looked for, and what reports are
    /// about, is its opposite.
    Goodfaith,
    /// The edit will be reverted as vandalism or spam: a revert that shows signs of it, as a dump tells
    /// without people. Last, because model files store the place in this list.
    Vandalism,
}

struct Row {
    target: Target,
    name: &'static str,
    wanted: &'static str,
    in_words: &'static str,
    limits: &'static str,
}

const TARGETS: &[Row] = &[
    Row {
        target: Target::Reverted,
        name: "reverted",
        wanted: "reverted",
        in_words: "somebody else will revert",
        limits: "Its labels are reverts, not human judgement: good edits are reverted in disputes and by mistake, \
                 and damage that nobody noticed counts as good. A high score says \"edits like this one were \
                 reverted\", not \"this is vandalism\" and nothing about its author. Edits that an abuse filter \
                 stopped never reached the wiki, so it has not learned from them.",
    },
    Row {
        target: Target::Vandalism,
        name: "vandalism",
        wanted: "vandalism-like",
        in_words: "somebody else will revert as vandalism or spam",
        limits: "Its labels are reverts that look like the end of vandalism: called so, made with a tool or with \
                 rollback, or made within an hour without another reason, and not part of an edit war. Nobody judged \
                 the edits themselves. Edits that were reverted for other reasons were left out, in learning and in \
                 the figures, so that both are about clear cases: among all edits the figures would be lower, and \
                 nothing is said of edits in disputes. A high score is a reason to look, not a verdict.",
    },
    Row {
        target: Target::Damaging,
        name: "damaging",
        wanted: "damaging",
        in_words: "harm the page",
        limits: "Its labels are the judgement of the people who labelled, with their mistakes and their habits; \
                 a high score is a reason to look, not a verdict.",
    },
    Row {
        target: Target::Goodfaith,
        name: "goodfaith",
        wanted: "bad-faith",
        in_words: "were meant to harm (its probability is that of good faith)",
        limits: "Nobody can see intent in an edit; its labels are what people guessed who saw no more than the \
                 edit. A low score is a reason to look, not a verdict.",
    },
];

/// A name that is not a target's.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected reverted, vandalism, damaging or goodfaith, got {got:?}")]
pub struct TargetError {
    got: String,
}

impl Target {
    /// Every target.
    pub const ALL: [Self; 4] = [
        Self::Reverted,
        Self::Vandalism,
        Self::Damaging,
        Self::Goodfaith,
    ];

    /// Its name, as in file names and requests.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The word that goes before "edits" for those that are looked for.
    pub fn wanted(self) -> &'static str {
        self.row().wanted
    }

    /// Whether only people can say which edits are such; reverts in a dump tell the others.
    pub fn needs_people(self) -> bool {
        matches!(self, Self::Damaging | Self::Goodfaith)
    }

    /// Whether the edits that are looked for are those with a low probability.
    pub fn is_inverted(self) -> bool {
        self == Self::Goodfaith
    }

    /// What it finds, as the end of "finds edits that".
    pub(super) fn in_words(self) -> &'static str {
        self.row().in_words
    }

    /// What no model of this target can do.
    pub(super) fn limits(self) -> &'static str {
        self.row().limits
    }

    fn row(self) -> &'static Row {
        TARGETS
            .iter()
            .find(|row| row.target == self)
            .expect("every target has a row")
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        TARGETS
            .iter()
            .find(|row| row.name == text)
            .map(|row| row.target)
            .ok_or_else(|| TargetError {
                got: text.chars().take(40).collect(),
            })
    }
}
