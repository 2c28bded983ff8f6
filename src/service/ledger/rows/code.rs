//! The numbers that stand for enums in a database.
//!
//! They are given here by hand and never change, whatever order or names the enums take. A number that no
//! variant has comes from a later version, or from damage.

use crate::corpus::{RevertCommentKind, RevertReason, Rule};
use crate::evaluation::{Kind, UserClass};
use crate::model::{Family, Target};
use crate::service::ledger::store::StoreError;
use crate::service::ledger::tally::{Fated, Judged};

/// An enum that goes to disk.
pub(crate) trait Code: Copy + Sized + 'static {
    /// What it is called in errors.
    const WHAT: &'static str;

    /// Its number.
    fn code(self) -> u8;

    /// The variant with that number.
    fn of_code(code: u8) -> Option<Self>;

    /// The variant with that number.
    ///
    /// # Errors
    /// When there is none.
    fn decode(code: i64) -> Result<Self, StoreError> {
        let known = u8::try_from(code).ok().and_then(Self::of_code);
        known.ok_or_else(|| StoreError::NotUnderstood(format!("{} {code}", Self::WHAT)))
    }
}

macro_rules! codes {
    ($type:ty, $what:literal, $($variant:ident = $code:literal),+) => {
        impl Code for $type {
            const WHAT: &'static str = $what;

            fn code(self) -> u8 {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            fn of_code(code: u8) -> Option<Self> {
                match code {
                    $($code => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

codes!(
    UserClass,
    "class of authors",
    Unknown = 0,
    Anonymous = 1,
    Temporary = 2,
    Newcomer = 3,
    Experienced = 4,
    Bot = 5
);
codes!(
    Kind,
    "kind of edits",
    Other = 0,
    LinkSpam = 1,
    Blanking = 2,
    Profanity = 3,
    Gibberish = 4
);
codes!(
    RevertCommentKind,
    "kind of comments",
    Other = 0,
    Empty = 1,
    Suppressed = 2,
    Tool = 3,
    Undo = 4,
    Rollback = 5,
    Manual = 6
);
codes!(
    RevertReason,
    "reason of reverts",
    NotGiven = 0,
    Damage = 1,
    Dispute = 2
);
codes!(
    Target,
    "target",
    Reverted = 0,
    Damaging = 1,
    Goodfaith = 2,
    Vandalism = 3
);
codes!(
    Family,
    "family of reasons",
    Profanity = 0,
    Slang = 1,
    LearnedWords = 2,
    UnusualWords = 3,
    AddedText = 4,
    Extent = 5,
    Links = 6,
    Wikitext = 7,
    Summary = 8,
    Account = 9,
    Record = 10,
    PageRecord = 11,
    Page = 12,
    Time = 13
);
codes!(
    Fated,
    "outcome",
    Pending = 0,
    Kept = 1,
    Reverted = 2,
    SelfReverted = 3,
    RevertUndone = 4,
    Unclear = 5,
    NotCounted = 6,
    RevertedEarly = 7
);
codes!(Judged, "verdict", Not = 0, Good = 1, Bad = 2);

/// A recipe's choices as bits.
pub(crate) fn encode_rule(rule: &Rule) -> u8 {
    let choices = [
        rule.bots,
        rule.first_revisions,
        rule.self_reverted,
        rule.revert_undone,
    ];
    let bits = choices.into_iter().zip(0..);
    bits.map(|(choice, bit)| u8::from(choice) << bit).sum()
}

/// The choices that bits are.
///
/// # Errors
/// When there are more.
pub(crate) fn decode_rule(bits: i64) -> Result<Rule, StoreError> {
    if !(0..16).contains(&bits) {
        return Err(StoreError::NotUnderstood(format!("rule {bits}")));
    }
    Ok(Rule {
        bots: bits & 1 != 0,
        first_revisions: bits & 2 != 0,
        self_reverted: bits & 4 != 0,
        revert_undone: bits & 8 != 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check<T: Code + PartialEq + std::fmt::Debug>(n: usize) {
        let known: Vec<T> = (0..=u8::MAX).filter_map(T::of_code).collect();
        assert_eq!(known.len(), n);
        for (code, variant) in known.iter().enumerate() {
            assert_eq!(usize::from(variant.code()), code, "{variant:?}");
            assert_eq!(T::decode(code as i64).ok(), Some(*variant));
        }
        for code in [-1, n as i64, 256] {
            let error = T::decode(code).expect_err("no variant").to_string();
            let what = T::WHAT;
            assert_eq!(
                error,
                format!("the ledger holds what this version does not understand: {what} {code}")
            );
        }
    }

    #[test]
    fn every_variant_has_a_number_of_its_own() {
        check::<UserClass>(6);
        check::<Kind>(5);
        check::<RevertCommentKind>(7);
        check::<RevertReason>(3);
        check::<Target>(4);
        check::<Family>(14);
        check::<Fated>(8);
        check::<Judged>(3);
        for bits in 0..16 {
            let rule = decode_rule(bits).unwrap();
            assert_eq!(i64::from(encode_rule(&rule)), bits);
        }
        assert!(decode_rule(16).is_err());
    }
}
