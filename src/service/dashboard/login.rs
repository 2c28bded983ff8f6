//! `/login` and `/logout`: a token for a session, and back.

use axum::extract::{FromRequest as _, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use maud::{Markup, html};

use super::layout::{Page, notice};
use super::visit::{Visit, local, see_other};
use crate::service::App;
use crate::service::access::{Right, Session, is_same_origin};
use crate::service::body::{Peer, SmallBody, client_of};
use crate::service::error::ServiceError;

/// Asks for a token.
pub(super) async fn show(State(app): State<App>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let visit = Visit::open(&parts, &app);
    let next = local(visit.asked("next").unwrap_or("/")).to_owned();
    page(&visit, &next, None, StatusCode::OK)
}

fn page(visit: &Visit, next: &str, problem: Option<Markup>, status: StatusCode) -> Response {
    let words = visit.words;
    let has_problem = problem.is_some();
    let main = html! {
        h1 { (words.say("log_in")) }
        @if let Some(problem) = problem { div.problem role="alert" #problem { (problem) } }
        @if visit.has_tokens {
            form.login method="post" action="/login" {
                input type="hidden" name="next" value=(next);
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

/// Takes a token, and gives a session.
pub(super) async fn log_in(State(app): State<App>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let visit = Visit::open(&parts, &app);
    let headers = parts.headers.clone();
    let peer = parts.extensions.get::<Peer>().copied();
    // Somebody else's page would log its reader in as somebody else.
    if !is_same_origin(&headers) {
        return super::error(ServiceError::ForeignForm);
    }
    let client = client_of(&headers, peer, &app).unwrap_or_default();
    let request = Request::from_parts(parts, body);
    let body = match SmallBody::from_request(request, &app).await {
        Ok(SmallBody(body)) => body,
        Err(error) => return super::error(error),
    };
    let (mut token, mut next) = (String::new(), String::new());
    for (name, value) in form_urlencoded::parse(&body) {
        match &*name {
            "token" => token = value.into_owned(),
            "next" => next = value.into_owned(),
            _ => {}
        }
    }
    let next = local(&next);
    let words = visit.words;
    match app.access().log_in(&token, &client) {
        Ok(Some(session)) => with_cookie(see_other(next), &session.set_cookie(is_https(&headers))),
        Ok(None) => {
            let problem = html! { p { (words.say("token_wrong")) } };
            page(&visit, next, Some(problem), StatusCode::FORBIDDEN)
        }
        Err(error) => {
            let problem = html! { p { (words.say("token_too_often")) } };
            let mut response = page(&visit, next, Some(problem), StatusCode::TOO_MANY_REQUESTS);
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
    SmallBody(body): SmallBody,
) -> Response {
    let mut words = form_urlencoded::parse(&body).filter(|(name, _)| name == "word");
    let word = words.next().map(|(_, word)| word.into_owned());
    match app.access().actor(&headers, Right::Read, word.as_deref()) {
        Err(error @ ServiceError::ForeignForm) => super::error(error),
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
