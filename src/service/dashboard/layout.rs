//! What every page has: head, search, who is here, languages; and pages for what went wrong.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use maud::{DOCTYPE, Markup, html};

use super::assets::{ICON, SCRIPT, STYLE};
use super::visit::Visit;
use super::words;
use crate::service::error::{ServiceError, as_answer_after};

/// A page.
pub(super) struct Page<'a> {
    pub(super) title: &'a str,
    /// The wiki that it is about.
    pub(super) wiki: Option<&'a str>,
    pub(super) main: Markup,
}

impl Page<'_> {
    /// The page as an answer. Nobody keeps it: it says who is here.
    pub(super) fn answer(self, visit: &Visit) -> Response {
        self.answer_with(visit, StatusCode::OK)
    }

    /// The same with another status.
    pub(super) fn answer_with(self, visit: &Visit, status: StatusCode) -> Response {
        let html = self.render(visit).into_string();
        let mut response = as_answer_after(status, html, None);
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        );
        headers.insert(
            header::VARY,
            HeaderValue::from_static("accept, accept-language, cookie"),
        );
        let cookies = [visit.keep_language(), visit.keep_session()];
        for cookie in cookies.into_iter().flatten() {
            headers.append(header::SET_COOKIE, cookie);
        }
        response
    }

    fn render(self, visit: &Visit) -> Markup {
        let words = visit.words;
        html! {
            (DOCTYPE)
            html lang=(words.code) dir=(words.direction()) {
                (head(self.title))
                body {
                    a.skip href="#main" { (words.say("skip_to_content")) }
                    header.top {
                        a.brand href="/" { "Revscore" }
                        @if let Some(wiki) = self.wiki { (sections(visit, wiki)) }
                        div.aside {
                            @if let Some(wiki) = self.wiki {
                                form.search role="search" action=(format!("/wiki/{wiki}/edit")) {
                                    label.unseen for="rev" { (words.say("search_label")) }
                                    input #rev name="rev_id" type="text" inputmode="numeric" pattern="[0-9]*" required placeholder=(words.say("search_label")) autocomplete="off";
                                    button { (words.say("search_button")) }
                                }
                            }
                            (who(visit))
                        }
                    }
                    main #main tabindex="-1" { (self.main) }
                    footer {
                        nav.languages aria-label=(words.say("languages")) {
                            @for other in words::all() {
                                a href=(visit.with("lang", Some(other.code))) lang=(other.code) hreflang=(other.code)
                                    aria-current=[(other.code == words.code).then_some("true")] { (other.name()) }
                            }
                        }
                        p { a href="/docs/" { (words.say("api_link")) } " · Revscore " (env!("CARGO_PKG_VERSION")) }
                    }
                }
            }
        }
    }
}

fn head(title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            meta name="robots" content="noindex";
            title { (title) " · Revscore" }
            link rel="icon" href=(ICON);
            link rel="stylesheet" href=(STYLE.path);
            script src=(SCRIPT.path) defer {}
        }
    }
}

fn sections(visit: &Visit, wiki: &str) -> Markup {
    let (report, queue) = (format!("/wiki/{wiki}"), format!("/wiki/{wiki}/queue"));
    let current = |path: &str| (visit.path == path).then_some("page");
    html! {
        nav.sections aria-label=(wiki) {
            a href=(report) aria-current=[current(&report)] { bdi { (wiki) } }
            a href=(queue) aria-current=[current(&queue)] { (visit.words.say("queue_title")) }
        }
    }
}

fn who(visit: &Visit) -> Markup {
    let words = visit.words;
    html! {
        @if let Some(visitor) = &visit.visitor {
            form.who method="post" action="/logout" {
                input type="hidden" name="word" value=(visit.word());
                span { bdi { (visitor.name) } }
                button.plain { (words.say("log_out")) }
            }
        } @else if visit.has_tokens && visit.path != "/login" {
            a.who href=(visit.login()) { (words.say("log_in")) }
        }
    }
}

/// An error: in the reader's words, and in the service's own for whoever looks after it.
pub(super) fn error(words: &words::Words, error: &ServiceError) -> Response {
    let (status, code) = error.status_and_code();
    let text = format!("error_{code}");
    let text = match words.say(&text) {
        missing if missing == text => words.say("error_other"),
        known => known,
    };
    let title = words.say("error_title");
    let html = html! {
        (DOCTYPE)
        html lang=(words.code) dir=(words.direction()) {
            (head(title))
            body {
                header.top { a.brand href="/" { "Revscore" } }
                main #main {
                    h1 { (title) }
                    p { (text) }
                    p.quiet lang="en" { (status.as_u16()) " " code { (code) } ": " bdi { (super::diff::visible(&error.to_string())) } }
                    p { a href="/" { (words.say("overview_title")) } }
                }
            }
        }
    };
    let mut response = as_answer_after(status, html.into_string(), error.retry_after());
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    response.into_response()
}

/// The same for a visitor.
pub(super) fn error_page(visit: &Visit, problem: ServiceError) -> Response {
    error(visit.words, &problem)
}

/// A notice, in place of what is not there.
pub(super) fn notice(text: &str) -> Markup {
    html! { div.notice { p { (text) } } }
}

/// How to get a ledger.
pub(super) fn no_ledger(words: &words::Words) -> Markup {
    html! {
        div.notice {
            p { (words.say("no_ledger")) }
            pre tabindex="0" { code { "revscore-serve --ledger revscore.ledger\nrevscore-serve replay --ledger revscore.ledger --dump FILE --wiki WIKI" } }
        }
    }
}
