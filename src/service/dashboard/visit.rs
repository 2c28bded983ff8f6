//! Who looks at a page, in which language, and what the address asks.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::de::DeserializeOwned;

use super::edit::path_part;
use super::words::{self, Words};
use crate::service::App;
use crate::service::access::{Right, Visitor};
use crate::service::error::ServiceError;

/// The cookie that keeps the language.
const COOKIE: &str = "revscore_lang";

/// A look at a page.
pub(super) struct Visit {
    pub(super) words: &'static Words,
    pub(super) visitor: Option<Visitor>,
    /// Whether there is a token to log in with, and one to judge with.
    pub(super) has_tokens: bool,
    pub(super) path: String,
    query: Vec<(String, String)>,
    /// The language to keep, when the address asked for one.
    keeps: bool,
}

impl FromRequestParts<App> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let visit = Self::open(parts, app);
        if !app.access().may_read(visit.visitor.as_ref()) {
            return Err(see_other(&visit.login()));
        }
        match visit.own_address(app) {
            Some(address) => Err(see_other(&address)),
            None => Ok(visit),
        }
    }
}

/// What stands in an address, or the page that says that there is nothing at it.
pub(super) struct At<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for At<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        match Path::from_request_parts(parts, app).await {
            Ok(Path(at)) => Ok(Self(at)),
            Err(_) => Err(super::error_for(
                &parts.headers,
                ServiceError::RouteNotFound,
            )),
        }
    }
}

impl Visit {
    /// A look at a page that everybody may see.
    pub(super) fn open(parts: &Parts, app: &App) -> Self {
        let query = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let query: Vec<(String, String)> = query.into_owned().collect();
        let asked = query.iter().find(|(name, _)| name == "lang");
        let asked = asked.and_then(|(_, code)| words::find(code));
        Self {
            keeps: asked.is_some(),
            words: asked.unwrap_or_else(|| language_of(&parts.headers)),
            visitor: app.access().visitor(&parts.headers),
            has_tokens: app.access().has_tokens(),
            path: parts.uri.path().to_owned(),
            query,
        }
    }

    /// The address under the wiki's own name, if it has an alias: ledger and models know the name alone.
    fn own_address(&self, app: &App) -> Option<String> {
        let rest = self.path.strip_prefix("/wiki/")?;
        let end = rest.find('/').unwrap_or(rest.len());
        let named = percent_encoding::percent_decode_str(&rest[..end]);
        let named = named.decode_utf8().ok()?;
        let wiki = app.wikis().find(&named).filter(|wiki| wiki.name != named)?;
        let mut query = form_urlencoded::Serializer::new(String::new());
        let query = query.extend_pairs(&self.query).finish();
        let separator = if query.is_empty() { "" } else { "?" };
        let name = path_part(&wiki.name);
        Some(format!("/wiki/{name}{}{separator}{query}", &rest[end..]))
    }

    /// A parameter of the address; an empty one is none.
    pub(super) fn asked(&self, name: &str) -> Option<&str> {
        let mut query = self.query.iter();
        let (_, value) = query.find(|(known, value)| known == name && !value.is_empty())?;
        Some(value)
    }

    /// This address with one parameter changed, or taken away.
    pub(super) fn with(&self, changed: &str, value: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let is_kept =
            |name: &str| name != changed && name != "lang" && name != "did" && name != "rev";
        for (name, value) in self.query.iter().filter(|(name, _)| is_kept(name)) {
            query.append_pair(name, value);
        }
        if let Some(value) = value {
            query.append_pair(changed, value);
        }
        let query = query.finish();
        match query.is_empty() {
            true => self.path.clone(),
            false => format!("{}?{query}", self.path),
        }
    }

    /// Where to log in, and to come back from.
    pub(super) fn login(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("next", &self.with("lang", None));
        format!("/login?{}", query.finish())
    }

    /// Whether this visitor may judge.
    pub(super) fn may_judge(&self) -> bool {
        self.visitor
            .as_ref()
            .is_some_and(|visitor| visitor.has(Right::Judge) && visitor.session.is_some())
    }

    /// The session's second word, for forms.
    pub(super) fn word(&self) -> &str {
        let session = self
            .visitor
            .as_ref()
            .and_then(|visitor| visitor.session.as_ref());
        session.map_or("", |session| session.word.as_str())
    }

    /// What keeps a session that is half over.
    pub(super) fn keep_session(&self) -> Option<HeaderValue> {
        let renewed = self.visitor.as_ref()?.renewed.as_ref()?;
        HeaderValue::from_str(&renewed.set_cookie()).ok()
    }

    /// What keeps the language.
    pub(super) fn keep_language(&self) -> Option<HeaderValue> {
        let cookie = format!(
            "{COOKIE}={}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax",
            self.words.code
        );
        HeaderValue::from_str(&cookie).ok().filter(|_| self.keeps)
    }
}

/// The language of a browser that a page is for.
pub(super) fn language_of(headers: &HeaderMap) -> &'static Words {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    let cookies = text(header::COOKIE).unwrap_or_default().split(';');
    let mut kept = cookies.filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='));
    kept.find_map(words::find)
        .unwrap_or_else(|| words::accepted(text(header::ACCEPT_LANGUAGE).unwrap_or_default()))
}

/// Sends a browser on, to look with GET.
pub(super) fn see_other(to: &str) -> Response {
    let location = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
    let headers = [
        (header::LOCATION, location),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// An address within this service, or the root: nobody is sent elsewhere.
pub(super) fn local(address: &str) -> &str {
    let rest = address.strip_prefix('/');
    let is_local = rest.is_some_and(|rest| !rest.starts_with(['/', '\\']))
        && address
            .bytes()
            .all(|byte| (b'!'..=b'~').contains(&byte) && byte != b'\\');
    if is_local { address } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        #[track_caller]
        fn check(address: &str, expected: &str) {
            assert_eq!(local(address), expected);
        }
        check(
            "/wiki/testwiki/queue?level=review",
            "/wiki/testwiki/queue?level=review",
        );
        for elsewhere in [
            "",
            "wiki",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/a\r\nSet-Cookie: b",
            "/\t/evil.example",
        ] {
            check(elsewhere, "/");
        }
    }
}
