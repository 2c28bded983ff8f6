//! Values as the schemas of events want them: what has another type or form is missing.
//!
//! The forms are held tighter than the schemas say where that is simpler (a time is what MediaWiki writes,
//! an address is one of `http`), never looser.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::revision::Timestamp;
use crate::service::stream::event::Event;

/// The largest whole number in events, which JavaScript still counts exactly.
const MAX_WHOLE: i64 = (1 << 53) - 1;

/// The longest time in events.
const MAX_TIME_BYTES: usize = 128;

/// The longest address in events.
const MAX_ADDRESS_BYTES: usize = 8_192;

/// The smallest number that a field without a bound of its own may have.
pub(super) const ANY: i64 = -MAX_WHOLE;

/// A value that may be missing, and is where it is not as it should be.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Maybe<T>(pub(super) Option<T>);

/// The same of an object with named fields, which a list never is.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Inner<T>(pub(super) Option<T>);

/// A text of a character or more.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct NonEmpty(String);

/// A whole number from `MIN` on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "i64")]
pub(super) struct Whole<const MIN: i64>(i64);

/// A time of RFC 3339, as it was written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Time(String);

/// An address of `http` or `https` in the characters of RFC 3986.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Address(String);

/// What each event says of itself.
#[derive(Clone, Default, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Meta {
    domain: Maybe<NonEmpty>,
    pub(super) dt: Maybe<Time>,
    pub(super) id: Maybe<String>,
    request_id: Maybe<String>,
    stream: Maybe<NonEmpty>,
    uri: Maybe<Address>,
}

/// The fields of an event that a schema knows; none fails.
pub(super) fn read<T: DeserializeOwned + Default>(event: &Event) -> T {
    Inner::read(event.source.clone()).0.unwrap_or_default()
}

impl Meta {
    /// That of an event which follows from this one's.
    pub(super) fn passed_on(self, id: &str, stream: &str, now: Timestamp) -> Self {
        Self {
            dt: Maybe(Some(Time::of(now))),
            id: Maybe(Some(id.to_owned())),
            stream: Maybe(NonEmpty::try_from(stream.to_owned()).ok()),
            ..self
        }
    }
}

impl<T> Maybe<T> {
    /// This one, or that where this is missing.
    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0.or(other.0))
    }
}

impl<const MIN: i64> Maybe<Whole<MIN>> {
    /// The same for a field with another bound.
    pub(super) fn bounded<const OTHER: i64>(self) -> Maybe<Whole<OTHER>> {
        Maybe(
            self.0
                .and_then(|Whole(number)| Whole::try_from(number).ok()),
        )
    }

    /// Whether it is more than zero.
    pub(super) fn is_positive(&self) -> bool {
        self.0.is_some_and(|Whole(number)| number > 0)
    }
}

impl<T: DeserializeOwned> Inner<T> {
    fn read(value: Value) -> Self {
        let object = Some(value).filter(Value::is_object);
        Self(object.and_then(|object| T::deserialize(object).ok()))
    }
}

impl Time {
    /// A moment, in whole seconds of UTC.
    pub(super) fn of(moment: Timestamp) -> Self {
        Self(moment.to_string())
    }
}

impl<T> Default for Maybe<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Default for Inner<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Ok(Self(T::deserialize(value).ok()))
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Inner<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::read(Value::deserialize(deserializer)?))
    }
}

impl TryFrom<String> for NonEmpty {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.is_empty() {
            true => Err("expected a text, got an empty one"),
            false => Ok(Self(text)),
        }
    }
}

impl<const MIN: i64> TryFrom<i64> for Whole<MIN> {
    type Error = &'static str;

    fn try_from(number: i64) -> Result<Self, Self::Error> {
        match (MIN..=MAX_WHOLE).contains(&number) {
            true => Ok(Self(number)),
            false => Err("expected a number within its bounds, got another one"),
        }
    }
}

impl TryFrom<String> for Time {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match is_time(&text) {
            true => Ok(Self(text)),
            false => Err("expected a time such as 2020-06-10T18:56:00Z, got something else"),
        }
    }
}

impl TryFrom<String> for Address {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match is_address(&text) {
            true => Ok(Self(text)),
            false => Err("expected an address, got something else"),
        }
    }
}

/// `2020-06-10T18:56:00`, perhaps a fraction, then `Z` or an offset; and there is such a day. The reader of
/// times knows more forms, and would take a 61st second.
fn is_time(text: &str) -> bool {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00";
    let has_shape = |text: &[u8], shape: &[u8]| {
        text.len() == shape.len()
            && text.iter().zip(shape).all(|(byte, wanted)| match wanted {
                b'0' => byte.is_ascii_digit(),
                wanted => byte == wanted,
            })
    };
    let bytes = text.as_bytes();
    let Some((start, rest)) = bytes.split_at_checked(SHAPE.len()) else {
        return false;
    };
    let rest = match rest.strip_prefix(b".") {
        None => rest,
        Some(rest) => match rest.iter().take_while(|byte| byte.is_ascii_digit()).count() {
            0 => return false,
            n_digits => &rest[n_digits..],
        },
    };
    let is_zone = match rest {
        b"Z" => true,
        [b'+' | b'-', offset @ ..] => has_shape(offset, b"00:00") && offset[..2] < b"24"[..],
        _ => false,
    };
    text.len() <= MAX_TIME_BYTES
        && has_shape(start, SHAPE)
        && !start.ends_with(b":60")
        && is_zone
        && text.parse::<jiff::Timestamp>().is_ok()
}

/// A scheme, a plain host, and what may follow one.
fn is_address(text: &str) -> bool {
    let schemes = ["https://", "http://"].into_iter();
    let Some(rest) = schemes
        .filter_map(|scheme| text.strip_prefix(scheme))
        .next()
    else {
        return false;
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    // Every percent sign begins an escape.
    let mut after_percent = rest.split('%').skip(1);
    let is_escaped = after_percent.all(|part| {
        let escape = part.as_bytes().get(..2);
        escape.is_some_and(|escape| escape.iter().all(u8::is_ascii_hexdigit))
    });
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@/?%#".contains(c);
    text.len() <= MAX_ADDRESS_BYTES
        && !host.is_empty()
        && host.chars().all(is_host)
        && port.chars().all(|c| c.is_ascii_digit())
        && rest.chars().all(is_plain)
        && rest.matches('#').count() <= 1
        && is_escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_rfc_3339() {
        for (text, expected) in [
            ("2020-06-10T18:56:00Z", true),
            ("2021-01-01T00:00:00.0Z", true),
            ("2021-01-01T00:00:00.123456789Z", true),
            ("2021-01-01T00:00:00+05:45", true),
            ("2021-01-01T00:00:00-23:59", true),
            ("2020-02-29T00:00:00Z", true),
            ("2021-02-29T00:00:00Z", false),
            ("2021-01-01T24:00:00Z", false),
            ("2021-01-01T23:59:60Z", false),
            ("2021-01-01T00:00:00+24:00", false),
            ("2021-01-01T00:00:00.Z", false),
            ("2021-01-01T00:00:00", false),
            ("2021-01-01 00:00:00Z", false),
            ("2021-01-01t00:00:00z", false),
            ("2021-01-01T00:00Z", false),
            ("2021-01-01", false),
            ("20210101000000", false),
            ("+002021-01-01T00:00:00Z", false),
            ("2021-01-01T00:00:00Z[UTC]", false),
            ("2021-01-01T00:00:00\u{ff3a}", false),
            ("２021-01-01T00:00:00Z", false),
            ("", false),
        ] {
            assert_eq!(is_time(text), expected, "{text}");
        }
    }

    #[test]
    fn addresses_are_those_of_http() {
        for (text, expected) in [
            ("https://en.wikipedia.org/wiki/Foo_(bar)", true),
            ("http://localhost:8080/wiki/Test", true),
            ("http://example.org", true),
            ("http://example.org?a=b#c", true),
            ("https://de.wikipedia.org/wiki/%C3%84", true),
            ("https://de.wikipedia.org/wiki/\u{c4}", false),
            ("https://en.wikipedia.org/wiki/50%", false),
            ("https://en.wikipedia.org/wiki/%zz", false),
            ("https://en.wikipedia.org/a b", false),
            ("https://en.wikipedia.org/#a#b", false),
            ("https://en.wikipedia.org/[a]", false),
            ("https://:80/", false),
            ("https://a:b/", false),
            ("https://user@host/", false),
            ("ftp://host/", false),
            ("/wiki/Test", false),
            ("", false),
        ] {
            assert_eq!(is_address(text), expected, "{text}");
        }
        let long = |n_bytes| format!("http://a/{}", "b".repeat(n_bytes - "http://a/".len()));
        assert!(is_address(&long(MAX_ADDRESS_BYTES)));
        assert!(!is_address(&long(MAX_ADDRESS_BYTES + 1)));
    }
}
