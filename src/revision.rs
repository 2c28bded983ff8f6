//! What a wiki tells about one revision: plain input, parsed once at the edge.
//!
//! Everything that a dump, an API or an event may lack is an `Option`, and `None` always means
//! "not known here" (suppressed, or not part of the source), never "empty" or zero. This module
//! computes nothing from texts; that is `edit`'s work.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A revision's id, unique within its wiki.
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct RevisionId(pub u64);

/// A page's id, unique within its wiki.
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct PageId(pub u64);

/// Seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Timestamp(pub i64);

/// One revision of a page, as its source gives it.
#[derive(Clone, Debug, Default)]
pub struct Revision {
    /// The revision's id; 0 for a text that is not saved yet.
    pub id: RevisionId,
    /// The revision that this one was made from, as the source says.
    pub parent_id: Option<RevisionId>,
    /// When it was saved.
    pub timestamp: Option<Timestamp>,
    /// Who saved it.
    pub user: User,
    /// The edit summary; `Some("")` is an empty one, `None` a suppressed one.
    pub comment: Option<String>,
    /// The author's minor flag; `None` where the source does not carry it.
    pub minor: Option<bool>,
    /// The wikitext; `None` when it is suppressed.
    pub text: Option<Arc<str>>,
}

/// The author of a revision, as known at the time of the edit.
#[derive(Clone, Debug, Default)]
pub struct User {
    /// Account name or IP address; `None` when suppressed.
    pub name: Option<String>,
    /// What kind of account this is.
    pub kind: UserKind,
    /// The groups the account is in; `None` where the source does not say.
    pub groups: Option<Vec<String>>,
    /// When the account was registered.
    pub registered_at: Option<Timestamp>,
    /// Edits that the account made on the wiki before this one.
    pub edit_count: Option<u64>,
    /// When the account made its last edit before this one.
    pub previous_edit: PreviousEdit,
}

/// Kinds of authors.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserKind {
    /// Not logged in: known by an IP address.
    Anonymous,
    /// A temporary account, made by the wiki for someone not logged in (`~2025-12345`).
    Temporary,
    /// A registered account.
    Registered,
    /// The author is suppressed or was not given.
    #[default]
    Unknown,
}

/// When a user edited last before the edit in question.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PreviousEdit {
    /// The source cannot tell.
    #[default]
    Unknown,
    /// The source knows the user's edits, and there was none before.
    Never,
    /// At this time.
    At(Timestamp),
}

/// The page that is edited.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The page's id; 0 for a page that does not exist yet.
    pub id: PageId,
    /// Title without its namespace prefix where the source separates them.
    pub title: String,
    /// Namespace number: 0 for articles.
    pub namespace: i32,
}

impl User {
    /// An account known by name alone: IP addresses are [`UserKind::Anonymous`], names that
    /// begin with `~2` (MediaWiki's pattern for temporary accounts) are
    /// [`UserKind::Temporary`], all others registered.
    pub fn named(name: impl Into<String>) -> Self {
        let name = name.into();
        let kind = if is_ip_address(&name) {
            UserKind::Anonymous
        } else if name.starts_with("~2") {
            UserKind::Temporary
        } else {
            UserKind::Registered
        };
        Self {
            name: Some(name),
            kind,
            ..Self::default()
        }
    }

    /// Whether the account is a bot: in the group `bot`, or, where groups are not known, named
    /// like one (the name ends in "bot", in any case, as most wikis' policies demand).
    pub fn is_bot(&self) -> bool {
        match &self.groups {
            Some(groups) => groups.iter().any(|g| g == "bot"),
            None => self.name.as_deref().is_some_and(has_bot_name),
        }
    }
}

/// Whether an account's name ends in "bot" (any case).
pub fn has_bot_name(name: &str) -> bool {
    let name = name.as_bytes();
    name.len() >= 3 && name[name.len() - 3..].eq_ignore_ascii_case(b"bot")
}

/// MediaWiki names anonymous authors by their IP address; old dumps also mask its end
/// (`192.0.2.xxx`).
fn is_ip_address(name: &str) -> bool {
    name.parse::<std::net::IpAddr>().is_ok()
        || name.strip_suffix(".xxx").is_some_and(|rest| {
            rest.split('.').count() == 3 && rest.split('.').all(|p| p.parse::<u8>().is_ok())
        })
}

/// A timestamp that is not `YYYY-MM-DDTHH:MM:SSZ` or another ISO 8601 instant.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected a time such as 2026-01-31T23:59:59Z, got {got:?}")]
pub struct TimestampError {
    got: String,
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    /// Reads an ISO 8601 instant, or a bare date (`2012-01-01`) as its first second in UTC.
    fn from_str(text: &str) -> Result<Self, TimestampError> {
        if let Ok(instant) = text.parse::<jiff::Timestamp>() {
            return Ok(Self(instant.as_second()));
        }
        text.parse::<jiff::civil::Date>()
            .ok()
            .and_then(|date| {
                jiff::tz::TimeZone::UTC
                    .to_timestamp(date.at(0, 0, 0, 0))
                    .ok()
            })
            .map(|instant| Self(instant.as_second()))
            .ok_or_else(|| TimestampError {
                got: text.chars().take(40).collect(),
            })
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0) {
            Ok(instant) => write!(f, "{instant}"),
            Err(_) => write!(f, "@{}", self.0),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_kind(name: &str, kind: UserKind, bot: bool) {
        let user = User::named(name);
        assert_eq!((user.kind, user.is_bot()), (kind, bot), "{name}");
    }

    #[test]
    fn account_kinds_are_read_from_names() {
        check_kind("192.0.2.7", UserKind::Anonymous, false);
        check_kind("192.0.2.xxx", UserKind::Anonymous, false);
        check_kind("2001:db8::1", UserKind::Anonymous, false);
        check_kind("~2025-31415-9", UserKind::Temporary, false);
        check_kind("Example", UserKind::Registered, false);
        check_kind("ExampleBot", UserKind::Registered, true);
        check_kind("Abbot", UserKind::Registered, true);
        check_kind("Bo", UserKind::Registered, false);
    }

    #[test]
    fn groups_outrank_names_for_bots() {
        let user = User {
            groups: Some(vec!["sysop".into()]),
            ..User::named("Abbot")
        };
        assert!(!user.is_bot());
    }

    #[test]
    fn timestamps_round_trip() {
        for text in ["2001-10-11T20:18:47Z", "2026-02-28T00:00:00Z"] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), text);
        }
        assert_eq!("2012-01-01".parse::<Timestamp>().unwrap().0, 1_325_376_000);
        assert_eq!(
            "yesterday".parse::<Timestamp>().unwrap_err().to_string(),
            "expected a time such as 2026-01-31T23:59:59Z, got \"yesterday\""
        );
    }
}
