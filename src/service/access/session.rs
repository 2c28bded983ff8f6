//! A browser's session: a cookie that its token signed, and a second word for what changes something.
//!
//! The cookie is `name.expiry.signature`, with an `s` after the expiry where the browser sees the service by
//! https. Nothing is kept of it: the key comes from the token's hash, so that all services with the same
//! file know the session, and that it ends with the token. The second word is signed by the same key over
//! the day on which the session ends, so that pages from before a new login can still be sent; other sites
//! cannot read it, and so cannot send it.
//! Because that key comes from what the file holds, the file is to be read by the service alone.

use axum::http::{HeaderMap, header};
use ring::hmac;

use super::token::{Token, hex};
use super::tokens::Tokens;

/// What the cookie is called. The prefix `__Host-` would bind it to https, which a service on localhost
/// does not have.
const COOKIE: &str = "revscore_session";

/// How long a session lives: a long shift.
const LIFETIME_SECONDS: u64 = 12 * 3_600;

/// A session.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// The cookie's value.
    pub(crate) cookie: String,
    /// What forms and the page's own code send back, to prove that they are this service's.
    pub(crate) word: String,
    /// The word of sessions that end a day earlier.
    earlier_word: String,
    expiry: u64,
    is_https: bool,
}

impl Session {
    /// A new one, for a browser that sees the service by https or does not.
    pub(super) fn begin(token: &Token, now: u64, is_https: bool) -> Self {
        let expiry = now + LIFETIME_SECONDS;
        let mark = if is_https { "s" } else { "" };
        let said = format!("{}.{expiry}{mark}", token.name());
        let signature = hmac::sign(&key(token), said.as_bytes());
        let cookie = format!("{said}.{}", hex(signature.as_ref()));
        Self::of_cookie(token, cookie, expiry, is_https)
    }

    /// The session of a cookie that one of the tokens signed and that has not ended, with its token.
    pub(super) fn read<'a>(
        cookie: &str,
        tokens: &'a Tokens,
        now: u64,
    ) -> Option<(&'a Token, Self)> {
        let (said, signature) = cookie.rsplit_once('.')?;
        let (name, expiry) = said.rsplit_once('.')?;
        let (expiry, is_https) = match expiry.strip_suffix('s') {
            Some(expiry) => (expiry, true),
            None => (expiry, false),
        };
        let expiry = expiry.parse().ok().filter(|expiry| now < *expiry)?;
        let mut named = tokens.iter().filter(|token| token.name() == name);
        let token = named.find(|token| {
            let expected = hmac::sign(&key(token), said.as_bytes());
            super::is_equal(hex(expected.as_ref()).as_bytes(), signature.as_bytes())
        })?;
        let session = Self::of_cookie(token, cookie.to_owned(), expiry, is_https);
        Some((token, session))
    }

    /// The one that follows when half of its life is over.
    pub(super) fn renewed(&self, token: &Token, now: u64) -> Option<Self> {
        let is_half_over = self.expiry.saturating_sub(now) < LIFETIME_SECONDS / 2;
        is_half_over.then(|| Self::begin(token, now, self.is_https))
    }

    /// Whether this is the second word, of this session or of one shortly before.
    pub(super) fn is_word(&self, word: &str) -> bool {
        let is = |known: &str| super::is_equal(word.as_bytes(), known.as_bytes());
        is(&self.word) | is(&self.earlier_word)
    }

    /// The header that gives the cookie to a browser.
    pub(crate) fn set_cookie(&self) -> String {
        attributes(&self.cookie, LIFETIME_SECONDS, self.is_https)
    }

    /// The header that takes it away.
    pub(crate) fn take_cookie() -> String {
        attributes("", 0, false)
    }

    fn of_cookie(token: &Token, cookie: String, expiry: u64, is_https: bool) -> Self {
        let key = key(token);
        let day = expiry / 86_400;
        let word = |day: u64| {
            let word = hmac::sign(&key, format!("form {} {day}", token.name()).as_bytes());
            hex(word.as_ref())
        };
        Self {
            cookie,
            word: word(day),
            earlier_word: word(day.saturating_sub(1)),
            expiry,
            is_https,
        }
    }
}

/// From other sites' links the cookie comes along, so that they do not lead to the login; every change takes
/// the second word besides.
fn attributes(value: &str, seconds: u64, is_https: bool) -> String {
    let secure = if is_https { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

/// The key that signs a token's sessions.
fn key(token: &Token) -> hmac::Key {
    let from = hmac::Key::new(hmac::HMAC_SHA256, token.hash());
    let key = hmac::sign(&from, b"revscore session 1");
    hmac::Key::new(hmac::HMAC_SHA256, key.as_ref())
}

/// Values of our cookie; there may be several, of which the first that is good counts.
pub(super) fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let headers = headers.get_all(header::COOKIE).iter();
    let pairs = headers
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'));
    pairs.filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

#[cfg(test)]
mod tests {
    use super::super::Right;
    use super::*;

    fn tokens(token: &str) -> Tokens {
        Tokens::of(vec![Token::new("ada", token, vec![Right::Judge])])
    }

    #[test]
    fn a_session_is_its_tokens_and_ends_in_time() {
        let tokens = tokens("0123456789abcdef");
        let session = Session::begin(tokens.iter().next().unwrap(), 1_000, false);
        #[track_caller]
        fn check(cookie: &str, tokens: &Tokens, now: u64, is_open: bool) {
            let read = Session::read(cookie, tokens, now);
            assert_eq!(read.is_some(), is_open, "{cookie} at {now}");
        }
        let cookie = session.cookie.as_str();
        check(cookie, &tokens, 1_000, true);
        check(cookie, &tokens, 1_000 + LIFETIME_SECONDS - 1, true);
        check(cookie, &tokens, 1_000 + LIFETIME_SECONDS, false);
        check(cookie, &self::tokens("0123456789abcdeg"), 1_000, false);
        check(cookie, &Tokens::default(), 1_000, false);
        check(&cookie.replace("ada", "eve"), &tokens, 1_000, false);
        check(&cookie.replace("44200", "99999"), &tokens, 1_000, false);
        check(&cookie[..cookie.len() - 1], &tokens, 1_000, false);
        check("", &tokens, 1_000, false);
        check("..", &tokens, 1_000, false);
    }

    #[test]
    fn cookies_are_for_the_service_alone() {
        let tokens = tokens("0123456789abcdef");
        let begin = |is_https| Session::begin(tokens.iter().next().unwrap(), 1_000, is_https);
        let cookie = begin(true).set_cookie();
        assert!(
            cookie.starts_with("revscore_session=ada.44200s."),
            "{cookie}"
        );
        assert!(
            cookie.ends_with("; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure"),
            "{cookie}"
        );
        assert!(begin(false).set_cookie().ends_with("; SameSite=Lax"));
        assert!(Session::take_cookie().contains("=; Path=/; Max-Age=0;"));
    }

    #[test]
    fn a_session_is_renewed_in_its_second_half_and_pages_from_before_still_work() {
        let tokens = tokens("0123456789abcdef");
        let token = tokens.iter().next().unwrap();
        let old = Session::begin(token, 86_400 - LIFETIME_SECONDS - 1, true);
        let half = 86_400 - 1 - LIFETIME_SECONDS / 2;
        assert!(old.renewed(token, half).is_none());
        let new = old.renewed(token, half + 1).unwrap();
        assert!(new.set_cookie().ends_with("; Secure"));
        assert_ne!(old.word, new.word);
        assert!(new.is_word(&old.word) && new.is_word(&new.word) && !new.is_word(""));
    }
}
