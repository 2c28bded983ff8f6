//! `/login` and `/logout`: a token for a session, and back.

use axum::extract::{FromRequest as _, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use maud::{Markup, html};

use super::diff::visible;
use super::layout::{Page, notice};
use super::visit::{Visit, local, see_other};
use super::words::Words;
use crate::service::App;
use crate::service::access::{Right, Session, is_same_origin};
use crate::service::body::{Peer, SmallBody, client_of};
use crate::service::error::ServiceError;
use crate::service::ledger::Judgement;

/// A judgement that came when its session was over. It was not written down; its note is shown until it has
/// been, for whoever wrote it.
#[derive(Default)]
pub(super) struct Lost {
    rev_id: u64,
    note: String,
}

impl Lost {
    /// What a form said of an edit.
    pub(super) fn new(rev_id: u64, note: &str) -> Self {
        Self {
            rev_id,
            note: note.chars().take(Judgement::MAX_NOTE_CHARS).collect(),
        }
    }

    fn is_something(&self) -> bool {
        self.rev_id > 0
    }

    /// In words, with the note to copy.
    fn render(&self, words: &Words) -> Markup {
        html! {
            @if self.is_something() {
                div.notice role="status" {
                    p { (words.fill("judgement_lost", &[("n", &self.rev_id.to_string())])) }
                    @if !self.note.is_empty() {
                        label for="lost" { (words.say("note_lost")) }
                        textarea #lost readonly rows="3" dir="auto" { (visible(&self.note)) }
                    }
                }
            }
        }
    }

    /// The same for the form that asks for the token.
    fn hidden(&self) -> Markup {
        html! {
            @if self.is_something() {
                input type="hidden" name="rev_id" value=(self.rev_id);
                input type="hidden" name="note" value=(self.note);
            }
        }
    }
}

/// Asks for a token, or leads on whoever showed one already.
pub(super) async fn show(State(app): State<App>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let visit = Visit::open(&parts, &app);
    let next = local(visit.asked("next").unwrap_or("/")).to_owned();
    match &visit.visitor {
        Some(_) => see_other(&next),
        None => page(&visit, &next, &Lost::default(), None, StatusCode::OK),
    }
}

/// Asks again for a token, for want of which a judgement was not kept.
pub(super) fn ask_again(visit: &Visit, next: &str, lost: &Lost) -> Response {
    page(visit, next, lost, None, StatusCode::FORBIDDEN)
}

fn page(
    visit: &Visit,
    next: &str,
    lost: &Lost,
    problem: Option<Markup>,
    status: StatusCode,
) -> Response {
    let words = visit.words;
    let has_problem = problem.is_some();
    let main = html! {
        h1 { (words.say("log_in")) }
        (lost.render(words))
        @if let Some(problem) = problem { div.problem role="alert" #problem { (problem) } }
        @if visit.has_tokens {
            form.login method="post" action="/login" {
                input type="hidden" name="next" value=(next);
                (lost.hidden())
                label for="token" { (words.say("token_label")) }
                input #token name="token" type="password" required autocomplete="current-password" autofocus
                    aria-invalid=[has_problem.then_some("true")] aria-describedby=[has_problem.then_some("problem")];
                button { (words.say("log_in")) }
            }
            p.quiet { (words.say("token_what")) }
        } @else {
            (notice(words.say("judge_no_tokens")))
        }
    };
    let page = Page {
        title: words.say("log_in"),
        wiki: None,
        main,
    };
    page.answer_with(visit, status)
}

/// Leads on whoever has logged in; a note that is not written down is shown once more before.
fn lead_on(visit: &Visit, next: &str, lost: &Lost) -> Response {
    let words = visit.words;
    if lost.note.is_empty() {
        return see_other(next);
    }
    let page = Page {
        title: words.say("log_in"),
        wiki: None,
        main: html! {
            h1 { (words.say("logged_in")) }
            (lost.render(words))
            p { a.button href=(next) { (words.say("go_on")) } }
        },
    };
    page.answer(visit)
}

/// Takes a token, and gives a session.
pub(super) async fn log_in(State(app): State<App>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let visit = Visit::open(&parts, &app);
    let headers = parts.headers.clone();
    let peer = parts.extensions.get::<Peer>().copied();
    // Somebody else's page would log its reader in as somebody else.
    if !is_same_origin(&headers) {
        return super::error_for(&headers, ServiceError::ForeignForm);
    }
    let client = client_of(&headers, peer, &app).unwrap_or_default();
    let request = Request::from_parts(parts, body);
    let body = match SmallBody::from_request(request, &app).await {
        Ok(SmallBody(body)) => body,
        Err(error) => return super::error_for(&headers, error),
    };
    let (mut token, mut next) = (String::new(), String::new());
    let (mut rev_id, mut note) = (0, String::new());
    for (name, value) in form_urlencoded::parse(&body) {
        match &*name {
            "token" => token = value.into_owned(),
            "next" => next = value.into_owned(),
            "rev_id" => rev_id = value.parse().unwrap_or(0),
            "note" => note = value.into_owned(),
            _ => {}
        }
    }
    let (next, lost) = (local(&next), Lost::new(rev_id, note.trim()));
    let words = visit.words;
    match app.access().log_in(&token, &client, is_https(&headers)) {
        Ok(Some(session)) => with_cookie(lead_on(&visit, next, &lost), &session.set_cookie()),
        Ok(None) => {
            let problem = html! { p { (words.say("token_wrong")) } };
            page(&visit, next, &lost, Some(problem), StatusCode::FORBIDDEN)
        }
        Err(error) => {
            let problem = html! { p { (words.say("token_too_often")) } };
            let status = StatusCode::TOO_MANY_REQUESTS;
            let mut response = page(&visit, next, &lost, Some(problem), status);
            if let Some(after) = error.retry_after() {
                response
                    .headers_mut()
                    .insert(header::RETRY_AFTER, after.as_secs().max(1).into());
            }
            response
        }
    }
}

/// Ends the session in this browser.
pub(super) async fn log_out(
    State(app): State<App>,
    headers: HeaderMap,
    body: Result<SmallBody, ServiceError>,
) -> Response {
    let body = match body {
        Ok(SmallBody(body)) => body,
        Err(error) => return super::error_for(&headers, error),
    };
    let mut words = form_urlencoded::parse(&body).filter(|(name, _)| name == "word");
    let word = words.next().map(|(_, word)| word.into_owned());
    match app.access().actor(&headers, Right::Read, word.as_deref()) {
        Err(error @ ServiceError::ForeignForm) => super::error_for(&headers, error),
        // Whoever has no session has none to end.
        _ => with_cookie(see_other("/"), &Session::take_cookie()),
    }
}

/// Whether the browser sees this service by https, as the page that sends the form is from here.
fn is_https(headers: &HeaderMap) -> bool {
    let origin = headers.get(header::ORIGIN);
    origin.is_some_and(|origin| origin.as_bytes().starts_with(b"https://"))
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
