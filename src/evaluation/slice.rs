//! Groups of edits that a report counts apart, and the counters that tell them apart.
//!
//! Every row falls into one cell (label x kind x user class); a group is a set of cells. Counting
//! cells instead of groups lets one walk over the rows serve all groups at once.

use serde::{Deserialize, Serialize};

use super::{Kind, Outcome, UserClass};

/// A group of edits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "by", content = "group", rename_all = "snake_case")]
pub enum Slice {
    /// All edits.
    All,
    /// Edits by one class of users.
    User(UserClass),
    /// Edits of one kind.
    Kind(Kind),
}

/// All kinds, in the order of reports.
pub(crate) const KINDS: [Kind; 5] = [
    Kind::LinkSpam,
    Kind::Blanking,
    Kind::Profanity,
    Kind::Gibberish,
    Kind::Other,
];

const N_CELLS: usize = 2 * KINDS.len() * UserClass::ALL.len();

/// Rows by label, kind and user class.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Cells([u32; N_CELLS]);

/// Which of the [`Cells`] a row is counted in; odd when its label is true.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct CellIdx(u8);

impl Slice {
    /// All edits, then each class of users, then each kind.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        std::iter::once(Self::All)
            .chain(UserClass::ALL.into_iter().map(Self::User))
            .chain(KINDS.into_iter().map(Self::Kind))
    }

    /// Whether rows of that cell belong to the group.
    pub(crate) fn contains(self, cell_idx: CellIdx) -> bool {
        let group = usize::from(cell_idx.0 / 2);
        match self {
            Self::All => true,
            Self::User(user_class) => UserClass::ALL[group / KINDS.len()] == user_class,
            Self::Kind(kind) => KINDS[group % KINDS.len()] == kind,
        }
    }

    /// The group in words, as the object of a sentence.
    pub(crate) fn in_words(self) -> String {
        match self {
            Self::All => "all edits".to_owned(),
            Self::User(user_class) => format!("edits by {}", user_class.in_words()),
            Self::Kind(Kind::LinkSpam) => "link spam".to_owned(),
            Self::Kind(Kind::Blanking) => "blanking".to_owned(),
            Self::Kind(Kind::Profanity) => "profanity".to_owned(),
            Self::Kind(Kind::Gibberish) => "gibberish".to_owned(),
            Self::Kind(Kind::Other) => "edits of other kinds".to_owned(),
        }
    }
}

impl CellIdx {
    pub(crate) fn of(outcome: &Outcome) -> Self {
        let position_of_kind = KINDS
            .iter()
            .position(|kind| *kind == outcome.kind)
            .unwrap_or(0);
        let position_of_user = UserClass::ALL
            .iter()
            .position(|class| *class == outcome.user_class)
            .unwrap_or(0);
        let group = position_of_user * KINDS.len() + position_of_kind;
        Self(u8::try_from(2 * group + usize::from(outcome.label)).unwrap_or(0))
    }

    /// Whether rows of this cell are labelled true.
    pub(crate) fn label(self) -> bool {
        self.0 % 2 == 1
    }
}

impl Cells {
    pub(crate) const ZERO: Self = Self([0; N_CELLS]);

    /// Counts a row so many times.
    pub(crate) fn add(&mut self, cell_idx: CellIdx, times: u32) {
        let count = &mut self.0[usize::from(cell_idx.0)];
        *count = count.saturating_add(times);
    }

    /// The rows of a group: (labelled true, labelled false).
    pub(crate) fn count(&self, slice: Slice) -> (u64, u64) {
        let mut positives = 0;
        let mut negatives = 0;
        for (idx, &n) in (0..).zip(&self.0) {
            let cell_idx = CellIdx(idx);
            if slice.contains(cell_idx) {
                *if cell_idx.label() {
                    &mut positives
                } else {
                    &mut negatives
                } += u64::from(n);
            }
        }
        (positives, negatives)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::revision::{PageId, RevisionId};

    #[test]
    fn a_row_is_counted_once_in_each_of_its_groups() {
        let mut cells = Cells::ZERO;
        for user_class in UserClass::ALL {
            for kind in KINDS {
                for label in [false, true] {
                    let outcome = Outcome {
                        revision: RevisionId(1),
                        page: PageId(1),
                        timestamp: None,
                        label,
                        probability: 0.5,
                        user_class,
                        kind,
                    };
                    cells.add(CellIdx::of(&outcome), if label { 3 } else { 1 });
                }
            }
        }
        for slice in Slice::all() {
            let expected = match slice {
                Slice::All => (90, 30),
                Slice::User(_) => (15, 5),
                Slice::Kind(_) => (18, 6),
            };
            assert_eq!(cells.count(slice), expected, "{slice:?}");
        }
    }

    #[test]
    fn groups_have_stable_names_in_json() {
        let json = |slice| serde_json::to_string(&slice).unwrap();
        assert_eq!(json(Slice::All), r#"{"by":"all"}"#);
        assert_eq!(
            json(Slice::User(UserClass::Newcomer)),
            r#"{"by":"user","group":"newcomer"}"#
        );
        assert_eq!(
            json(Slice::Kind(Kind::LinkSpam)),
            r#"{"by":"kind","group":"link_spam"}"#
        );
    }
}
