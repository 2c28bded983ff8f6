//! A browser's session: a cookie that its token signed, and a second word for what changes something.
//!
//! The cookie is `name.expiry.signature`. Nothing is kept of it: the key comes from the token's hash, so
//! that all services with the same file know the session, and that it ends with the token. The second
//! word is signed by the same key over the cookie; other sites cannot read it, and so cannot send it.
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
}

impl Session {
    /// A new one.
    pub(super) fn begin(token: &Token, now: u64) -> Self {
        let said = format!("{}.{}", token.name(), now + LIFETIME_SECONDS);
        let signature = hmac::sign(&key(token), said.as_bytes());
        Self::with_word(token, format!("{said}.{}", hex(signature.as_ref())))
    }

    /// The session of a cookie that one of the tokens signed and that has not ended, with its token.
    pub(super) fn read<'a>(
        cookie: &str,
        tokens: &'a Tokens,
        now: u64,
    ) -> Option<(&'a Token, Self)> {
        let (said, signature) = cookie.rsplit_once('.')?;
        let (name, expiry) = said.rsplit_once('.')?;
        let is_open = expiry.parse::<u64>().is_ok_and(|expiry| now < expiry);
        let mut named = tokens
            .iter()
            .filter(|token| is_open && token.name() == name);
        let token = named.find(|token| {
            let expected = hmac::sign(&key(token), said.as_bytes());
            super::is_equal(hex(expected.as_ref()).as_bytes(), signature.as_bytes())
        })?;
        Some((token, Self::with_word(token, cookie.to_owned())))
    }

    /// Whether this is the second word.
    pub(super) fn is_word(&self, word: &str) -> bool {
        super::is_equal(word.as_bytes(), self.word.as_bytes())
    }

    /// The header that gives the cookie to a browser.
    pub(crate) fn set_cookie(&self, is_https: bool) -> String {
        attributes(&self.cookie, LIFETIME_SECONDS, is_https)
    }

    /// The header that takes it away.
    pub(crate) fn take_cookie() -> String {
        attributes("", 0, false)
    }

    fn with_word(token: &Token, cookie: String) -> Self {
        let word = hmac::sign(&key(token), format!("form {cookie}").as_bytes());
        Self {
            cookie,
            word: hex(word.as_ref()),
        }
    }
}

fn attributes(value: &str, seconds: u64, is_https: bool) -> String {
    let secure = if is_https { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
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
        let session = Session::begin(tokens.iter().next().unwrap(), 1_000);
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
        let session = Session {
            cookie: "a.1.b".to_owned(),
            word: String::new(),
        };
        assert_eq!(
            session.set_cookie(true),
            "revscore_session=a.1.b; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure"
        );
        assert!(Session::take_cookie().contains("=; Path=/; Max-Age=0;"));
    }
}
