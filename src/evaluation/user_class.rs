//! Classes of authors, for reports.
//!
//! They are not features: a model may or may not see what the class is made from.

use serde::{Deserialize, Serialize};

use crate::revision::{PreviousEdit, Timestamp, User, UserKind};

/// Edits below which a registered author counts as a newcomer: MediaWiki's `$wgLearnerEdits`
/// (default 10), which its recent-changes filters use for "Newcomers".
const LEARNER_EDITS: u64 = 10;

/// Age of an account below which its owner counts as a newcomer: MediaWiki's
/// `$wgLearnerMemberSince` (default 4 days), in seconds.
const LEARNER_MEMBER_SINCE_SECONDS: i64 = 4 * 86_400;

/// What was known of an author at the time of the edit.
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum UserClass {
    /// Not logged in, known by an IP address.
    Anonymous,
    /// Not logged in, known by a temporary account.
    Temporary,
    /// Registered, with fewer than 10 edits or for less than 4 days.
    Newcomer,
    /// Registered, and no newcomer.
    Experienced,
    /// A bot.
    Bot,
    /// Suppressed, or registered with nothing known of edits and age.
    #[default]
    Unknown,
}

impl UserClass {
    /// All classes, in the order of reports.
    pub const ALL: [Self; 6] = [
        Self::Anonymous,
        Self::Temporary,
        Self::Newcomer,
        Self::Experienced,
        Self::Bot,
        Self::Unknown,
    ];

    /// The class of an edit's author, given when the edit was saved. A registered author is a
    /// newcomer as soon as one of edit count, age and previous edit says so, experienced when at
    /// least one of edit count and age is known and none says newcomer.
    pub fn of(user: &User, edited_at: Option<Timestamp>) -> Self {
        match user.kind {
            _ if user.is_bot() => Self::Bot,
            UserKind::Anonymous => Self::Anonymous,
            UserKind::Temporary => Self::Temporary,
            UserKind::Unknown => Self::Unknown,
            UserKind::Registered => Self::of_registered(user, edited_at),
        }
    }

    fn of_registered(user: &User, edited_at: Option<Timestamp>) -> Self {
        let few_edits = user.edit_count.map(|count| count < LEARNER_EDITS);
        let is_young = match (user.registered_at, edited_at) {
            (Some(registered), Some(edited)) => {
                Some(edited.0.saturating_sub(registered.0) < LEARNER_MEMBER_SINCE_SECONDS)
            }
            _ => None,
        };
        if few_edits == Some(true)
            || is_young == Some(true)
            || user.previous_edit == PreviousEdit::Never
        {
            Self::Newcomer
        } else if few_edits.is_some() || is_young.is_some() {
            Self::Experienced
        } else {
            Self::Unknown
        }
    }

    /// The class in words, as a plural that follows "edits by".
    pub(crate) fn in_words(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous users",
            Self::Temporary => "temporary accounts",
            Self::Newcomer => "newly registered users",
            Self::Experienced => "experienced users",
            Self::Bot => "bots",
            Self::Unknown => "users of unknown experience",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000_000);

    #[track_caller]
    fn check(user: User, expected: UserClass) {
        assert_eq!(UserClass::of(&user, Some(NOW)), expected, "{user:?}");
    }

    #[test]
    fn authors_are_classed_by_what_is_known() {
        let registered = |days_ago: i64| Some(Timestamp(NOW.0 - days_ago * 86_400));
        check(User::named("192.0.2.7"), UserClass::Anonymous);
        check(User::named("~2025-1"), UserClass::Temporary);
        check(User::named("ExampleBot"), UserClass::Bot);
        check(User::default(), UserClass::Unknown);
        check(User::named("Ada"), UserClass::Unknown);
        check(
            User {
                edit_count: Some(9),
                ..User::named("Ada")
            },
            UserClass::Newcomer,
        );
        check(
            User {
                edit_count: Some(10),
                ..User::named("Ada")
            },
            UserClass::Experienced,
        );
        check(
            User {
                registered_at: registered(3),
                ..User::named("Ada")
            },
            UserClass::Newcomer,
        );
        check(
            User {
                registered_at: registered(4),
                ..User::named("Ada")
            },
            UserClass::Experienced,
        );
        check(
            User {
                registered_at: registered(3),
                edit_count: Some(5_000),
                ..User::named("Ada")
            },
            UserClass::Newcomer,
        );
        check(
            User {
                previous_edit: PreviousEdit::Never,
                ..User::named("Ada")
            },
            UserClass::Newcomer,
        );
    }
}
