//! Who may do what: reading is for everybody or for tokens, judging and administration are for tokens.
//!
//! A request says who it is by a token as `Authorization: Bearer`, or by the cookie of a [`session`] that
//! a token began; what a browser sends by itself (the cookie) changes nothing without the session's own
//! second word. Nothing here is stored: tokens come from files, sessions are signed, and limits are
//! forgotten when the service ends.

mod limiter;
mod session;
mod token;
mod tokens;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::http::{HeaderMap, header};
use clap::ValueEnum;
use subtle::ConstantTimeEq as _;

pub(crate) use session::Session;
pub use token::{Right, Token, TokenError};
pub use tokens::{TokenCommand, Tokens, TokensError};

use super::error::ServiceError;
use limiter::{Limiter, key_of};

/// The header in which a page's own code repeats the session's second word.
const CSRF_HEADER: &str = "x-csrf-token";

/// Judgements a second and token, and so many at once: a person is slower, a loop that went wrong is not.
const JUDGEMENTS: (f64, f64) = (10.0, 50.0);

/// Failed logins a second and client, and so many at once.
const LOGINS: (f64, f64) = (1.0 / 30.0, 10.0);

/// Who may read dashboard, report and judgements.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum ReadAccess {
    /// Everybody.
    #[default]
    Public,
    /// Whoever has a token, whatever its rights.
    Token,
}

/// Tokens, sessions and limits.
pub struct Access {
    tokens: Tokens,
    read: ReadAccess,
    judging: Limiter,
    logins: Limiter,
}

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    /// The token's name.
    pub(crate) name: String,
    rights: Vec<Right>,
    /// The session that says so; `None` for a token in the header.
    pub(crate) session: Option<Session>,
    /// The session that is to follow it.
    pub(crate) renewed: Option<Session>,
}

impl Default for Access {
    fn default() -> Self {
        Self::new(Tokens::default(), ReadAccess::Public)
    }
}

impl Access {
    /// Access by these tokens.
    pub fn new(tokens: Tokens, read: ReadAccess) -> Self {
        Self {
            tokens,
            read,
            judging: Limiter::new(JUDGEMENTS),
            logins: Limiter::new(LOGINS),
        }
    }

    /// The same, unless it lets nobody in at all.
    ///
    /// # Errors
    /// When reading is for tokens, and there is none.
    pub fn checked(self) -> Result<Self, TokensError> {
        match self.read == ReadAccess::Token && !self.has_tokens() {
            true => Err(TokensError::NoReader),
            false => Ok(self),
        }
    }

    /// Whether a token has this right.
    pub(crate) fn is_open_for(&self, right: Right) -> bool {
        self.tokens.iter().any(|token| token.has(right))
    }

    /// Whether there is a token to log in with.
    pub(crate) fn has_tokens(&self) -> bool {
        self.tokens.iter().next().is_some()
    }

    /// Who asks, if the request says so and it is true.
    pub(crate) fn visitor(&self, headers: &HeaderMap) -> Option<Visitor> {
        let bearer = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        if let Some(bearer) = bearer {
            return self.tokens.find(bearer.trim()).map(|token| Visitor {
                name: token.name().to_owned(),
                rights: token.rights().to_vec(),
                session: None,
                renewed: None,
            });
        }
        let now = now_seconds();
        let mut sessions = session::cookies(headers);
        sessions.find_map(|cookie| {
            let (token, session) = Session::read(cookie, &self.tokens, now)?;
            Some(Visitor {
                name: token.name().to_owned(),
                rights: token.rights().to_vec(),
                renewed: session.renewed(token, now),
                session: Some(session),
            })
        })
    }

    /// Whether this visitor may read what reading is configured for.
    pub(crate) fn may_read(&self, visitor: Option<&Visitor>) -> bool {
        self.read == ReadAccess::Public || visitor.is_some()
    }

    /// Lets in who may read.
    pub(crate) fn reader(&self, headers: &HeaderMap) -> Result<Option<Visitor>, ServiceError> {
        let visitor = self.visitor(headers);
        match self.may_read(visitor.as_ref()) {
            true => Ok(visitor),
            false => Err(ServiceError::TokenNeeded { right: "read" }),
        }
    }

    /// Lets in who may change something by this right. With a session, the request must carry the
    /// session's second word: in the header, or as `form_word`.
    pub(crate) fn actor(
        &self,
        headers: &HeaderMap,
        right: Right,
        form_word: Option<&str>,
    ) -> Result<Visitor, ServiceError> {
        let visitor = self.visitor(headers);
        let visitor = visitor.ok_or(ServiceError::TokenNeeded {
            right: right.name(),
        })?;
        if let Some(session) = &visitor.session {
            let word = headers
                .get(CSRF_HEADER)
                .and_then(|word| word.to_str().ok())
                .or(form_word);
            let is_right = word.is_some_and(|word| session.is_word(word));
            if !is_right || !is_same_origin(headers) {
                return Err(ServiceError::ForeignForm);
            }
        }
        match visitor.has(right) {
            true => Ok(visitor),
            false => Err(ServiceError::RightNeeded {
                right: right.name(),
            }),
        }
    }

    /// Lets in who may judge.
    pub(crate) fn judge(
        &self,
        headers: &HeaderMap,
        form_word: Option<&str>,
    ) -> Result<Visitor, ServiceError> {
        if !self.is_open_for(Right::Judge) {
            return Err(ServiceError::JudgingClosed);
        }
        self.actor(headers, Right::Judge, form_word)
    }

    /// Takes so many of the token's judgements, unless that is too fast.
    pub(crate) fn charge(
        &self,
        visitor: &Visitor,
        n_judgements: usize,
    ) -> Result<(), ServiceError> {
        self.judging
            .take(&visitor.name, n_judgements, Instant::now())
            .map_err(|retry_after| ServiceError::TooFast { retry_after })
    }

    /// Begins a session for whoever shows a token. Too many failures of one client are an error, and a right
    /// token never is: behind a proxy all are one client, whom nobody is to lock out.
    pub(crate) fn log_in(
        &self,
        token: &str,
        client: &str,
        is_https: bool,
    ) -> Result<Option<Session>, ServiceError> {
        if let Some(token) = self.tokens.find(token.trim()) {
            return Ok(Some(Session::begin(token, now_seconds(), is_https)));
        }
        self.logins
            .take(&key_of(client), 1, Instant::now())
            .map_err(|retry_after| ServiceError::TooFast { retry_after })?;
        Ok(None)
    }
}

impl Visitor {
    /// Whether this visitor has the right. Reading comes with every other.
    pub(crate) fn has(&self, right: Right) -> bool {
        right == Right::Read || self.rights.contains(&right)
    }
}

/// Whether a request that a browser sends comes from a page of this very service, as far as the browser
/// says. What is not said is not held against it: the second word is what proves.
pub(crate) fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    // The browser compared the origins itself; behind a proxy that renames the host, only it can.
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text("origin") else {
        return true;
    };
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    authority
        .zip(text("host"))
        .is_some_and(|(origin, host)| is_same_host(origin, host))
}

/// Proxies leave the port out, or put their own in; where only one side has a port, the names decide.
fn is_same_host(a: &str, b: &str) -> bool {
    let parts = |authority: &str| {
        let is_port = |port: &str| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
        match authority.rsplit_once(':') {
            Some((name, port)) if is_port(port) => {
                (name.to_ascii_lowercase(), Some(port.to_owned()))
            }
            _ => (authority.to_ascii_lowercase(), None),
        }
    };
    let ((a, a_port), (b, b_port)) = (parts(a), parts(b));
    a == b && (a_port.is_none() || b_port.is_none() || a_port == b_port)
}

/// Seconds since 1970. A clock before that stands still.
fn now_seconds() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.as_ref().map_or(0, Duration::as_secs)
}

/// Compares without telling by its time where the difference is.
fn is_equal(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access() -> Access {
        let text = format!(
            "[[token]]\nname = 'ada'\nsha256 = '{}'\nrights = ['judge']\n[[token]]\nname = 'ben'\nsha256 = '{}'\nrights = ['read']",
            token::hash_in_hex("0123456789abcdef"),
            token::hash_in_hex("fedcba9876543210"),
        );
        Access::new(
            Tokens::parse(&text, std::path::Path::new("t.toml")).unwrap(),
            ReadAccess::Token,
        )
    }

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            let name: axum::http::HeaderName = name.parse().unwrap();
            (name, value.parse().unwrap())
        });
        pairs.collect()
    }

    #[test]
    fn a_token_judges_by_its_rights_alone() {
        #[track_caller]
        fn check(authorization: &str, code: Option<&str>) {
            let headers = headers(&[("authorization", authorization)]);
            let error = access().judge(&headers, None).err();
            assert_eq!(
                error.as_ref().map(|error| error.status_and_code().1),
                code,
                "{authorization}"
            );
        }
        check("Bearer 0123456789abcdef", None);
        check("Bearer fedcba9876543210", Some("forbidden"));
        check("Bearer fedcba987654321", Some("unauthorized"));
        check("Basic 0123456789abcdef", Some("unauthorized"));
    }

    #[test]
    fn a_cookie_judges_only_with_its_second_word_and_from_its_own_pages() {
        let access = access();
        let session = access
            .log_in("0123456789abcdef", "c", false)
            .unwrap()
            .unwrap();
        let cookie = format!("a=b; revscore_session={}", session.cookie);
        #[track_caller]
        fn check(access: &Access, pairs: &[(&str, &str)], word: Option<&str>, is_let_in: bool) {
            let result = access.judge(&headers(pairs), word);
            assert_eq!(result.is_ok(), is_let_in, "{pairs:?} {word:?}");
        }
        let word = session.word.as_str();
        let cookie = ("cookie", cookie.as_str());
        check(&access, &[cookie], Some(word), true);
        check(&access, &[cookie, ("x-csrf-token", word)], None, true);
        check(&access, &[cookie], None, false);
        check(&access, &[cookie], Some(&session.cookie), false);
        check(
            &access,
            &[cookie, ("x-csrf-token", "no")],
            Some(word),
            false,
        );
        let site = |site| ("sec-fetch-site", site);
        check(&access, &[cookie, site("same-origin")], Some(word), true);
        check(&access, &[cookie, site("cross-site")], Some(word), false);
        check(&access, &[cookie, site("same-site")], Some(word), false);
        let (host, origin) = (("host", "board:80"), |origin| ("origin", origin));
        check(
            &access,
            &[cookie, host, origin("http://board:80")],
            Some(word),
            true,
        );
        check(
            &access,
            &[cookie, host, origin("http://evil:80")],
            Some(word),
            false,
        );
        check(&access, &[cookie, host, origin("null")], Some(word), false);
    }

    #[test]
    fn reading_is_for_everybody_or_for_tokens() {
        let visitor = access().visitor(&headers(&[("authorization", "Bearer fedcba9876543210")]));
        assert!(access().may_read(visitor.as_ref()));
        assert!(access().reader(&HeaderMap::new()).is_err());
        assert!(Access::default().reader(&HeaderMap::new()).is_ok());
    }

    #[test]
    fn failed_logins_are_limited_by_client_and_good_ones_are_not() {
        let access = access();
        let log_in = |token, client| access.log_in(token, client, false);
        for _ in 0..10 {
            assert!(log_in("wrong", "a").unwrap().is_none());
        }
        let error = log_in("wrong", "a").unwrap_err();
        assert_eq!(error.status_and_code().1, "rate_limited");
        assert!(log_in("wrong", "b").unwrap().is_none());
        assert!(log_in("0123456789abcdef", "a").unwrap().is_some());
    }

    #[test]
    fn a_token_that_judges_too_fast_is_told_when_to_come_back() {
        let access = access();
        let headers = headers(&[("authorization", "Bearer 0123456789abcdef")]);
        let visitor = access.judge(&headers, None).unwrap();
        access.charge(&visitor, 1_000).unwrap();
        let fast = access.charge(&visitor, 1).err();
        assert!(
            matches!(fast, Some(ServiceError::TooFast { retry_after }) if retry_after.as_secs() > 90),
            "{fast:?}"
        );
    }

    #[test]
    fn hosts_are_compared_by_their_ports_where_both_have_one() {
        for (a, b, expected) in [
            ("board.example", "board.example", true),
            ("board.example", "Board.Example:443", true),
            ("board.example:80", "board.example:443", false),
            ("evil.example", "board.example", false),
            ("[::1]:80", "[::1]", true),
            ("[::1]", "[::2]", false),
            ("null", "board.example", false),
        ] {
            assert_eq!(is_same_host(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn reading_for_tokens_needs_a_token() {
        assert!(access().checked().is_ok());
        let nobody = Access::new(Tokens::default(), ReadAccess::Token);
        let error = nobody.checked().err().map(|error| error.to_string());
        assert!(error.is_some_and(|error| {
            error.starts_with("expected a token for --read-access token, got none")
        }));
    }
}
