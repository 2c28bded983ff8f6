//! `POST /wiki/{wiki}/judge`: what a person says of an edit by a button or a key, and takes back.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{FromRequest as _, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};

use super::edit::path_part;
use super::load;
use super::login::{self, Lost};
use super::visit::{At, Visit, local, see_other};
use super::words::Words;
use crate::revision::RevisionId;
use crate::service::App;
use crate::service::body::SmallBody;
use crate::service::error::ServiceError;
use crate::service::ledger::{Change, Judgement, now};

/// What can be said, with the key that says it.
const SAYINGS: [(&str, &str, &str); 3] = [
    ("good", "g", "say_good"),
    ("damaging", "d", "say_damaging"),
    ("spam", "s", "say_spam"),
];

/// A form as it is sent.
#[derive(Default)]
struct Form {
    word: String,
    rev_id: u64,
    say: String,
    note: String,
    back: String,
}

/// The buttons; `skip` is where the next edit is.
pub(super) fn form(visit: &Visit, wiki: &str, rev_id: u64, skip: Option<&str>) -> Markup {
    let words = visit.words;
    html! {
        @if visit.may_judge() {
            form.judge method="post" action=(format!("/wiki/{wiki}/judge")) {
                (hidden(visit, rev_id))
                div.buttons {
                    @for (say, key, text) in SAYINGS {
                        button class=(say) name="say" value=(say) data-key=(key) aria-keyshortcuts=(key) {
                            (words.say(text)) " " kbd aria-hidden="true" { (key) }
                        }
                    }
                    @if let Some(skip) = skip {
                        a.button.plain href=(skip) data-key="k" aria-keyshortcuts="k" { (words.say("say_skip")) " " kbd aria-hidden="true" { "k" } }
                    }
                }
                details {
                    summary { (words.say("note")) }
                    label.unseen for="note" { (words.say("note")) }
                    textarea #note name="note" rows="2" maxlength=(Judgement::MAX_NOTE_CHARS) dir="auto" {}
                }
            }
        } @else {
            p.quiet {
                @if visit.visitor.is_some() { (words.say("judge_no_right")) }
                @else if visit.has_tokens { a href=(visit.login()) { (words.say("judge_log_in")) } }
                @else { (words.say("judge_no_tokens")) }
            }
            @if let Some(skip) = skip { p { a.button.plain href=(skip) data-key="k" aria-keyshortcuts="k" { (words.say("say_skip")) " " kbd aria-hidden="true" { "k" } } } }
        }
    }
}

/// What was just said, and the button that takes it back.
pub(super) fn said(visit: &Visit, wiki: &str) -> Markup {
    let words = visit.words;
    let (Some(say), Some(rev_id)) = (
        visit.asked("did"),
        visit.asked("rev").and_then(|id| id.parse::<u64>().ok()),
    ) else {
        return html! {};
    };
    let text = match say {
        "good" => "did_good",
        "damaging" => "did_damaging",
        "spam" => "did_spam",
        _ => "did_undo",
    };
    html! {
        div.said role="status" {
            p { (words.fill(text, &[("n", &rev_id.to_string())])) }
            @if text != "did_undo" && visit.may_judge() {
                form method="post" action=(format!("/wiki/{wiki}/judge")) {
                    (hidden(visit, rev_id))
                    button.plain name="say" value="undo" data-key="u" aria-keyshortcuts="u" { (words.say("say_undo")) " " kbd aria-hidden="true" { "u" } }
                }
            }
        }
    }
}

/// How keys work, and a switch for whoever they are in the way of (WCAG 2.1, success criterion 2.1.4).
pub(super) fn keys(words: &Words) -> Markup {
    html! {
        p.keys hidden data-keys="" {
            label { input type="checkbox" checked; " " (words.say("keys_on")) }
        }
    }
}

fn hidden(visit: &Visit, rev_id: u64) -> Markup {
    html! {
        input type="hidden" name="word" value=(visit.word());
        input type="hidden" name="rev_id" value=(rev_id);
        input type="hidden" name="back" value=(visit.with("lang", None));
    }
}

/// Writes down what the form says, and leads back to where it came from.
pub(super) async fn judge(
    State(app): State<App>,
    At(wiki): At<String>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let visit = Visit::open(&parts, &app);
    let headers = parts.headers.clone();
    let body = match SmallBody::from_request(Request::from_parts(parts, body), &app).await {
        Ok(SmallBody(body)) => body,
        Err(error) => return super::error_for(&headers, error),
    };
    let form = Form::read(&body);
    match take(&app, &wiki, &headers, &form).await {
        Ok(()) => {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.append_pair("did", &form.say);
            query.append_pair("rev", &form.rev_id.to_string());
            let back = local(&form.back);
            let separator = if back.contains('?') { '&' } else { '?' };
            see_other(&format!("{back}{separator}{}", query.finish()))
        }
        // The session is over; what was said with it is not to vanish without a word.
        Err(ServiceError::TokenNeeded { .. }) => {
            let lost = Lost::new(form.rev_id, &form.note);
            login::ask_again(&visit, local(&form.back), &lost)
        }
        Err(error) => super::error_for(&headers, error),
    }
}

async fn take(app: &App, wiki: &str, headers: &HeaderMap, form: &Form) -> Result<(), ServiceError> {
    let visitor = app.access().judge(headers, Some(&form.word))?;
    app.access().charge(&visitor, 1)?;
    let wiki = app.wikis().own_name(wiki.to_owned());
    let change = form.change(&wiki, &visitor.name)?;
    load::write(app, &BTreeSet::from([Arc::from(wiki)]), vec![change]).await
}

impl Form {
    fn read(body: &[u8]) -> Self {
        let mut form = Self::default();
        for (name, value) in form_urlencoded::parse(body) {
            match &*name {
                "word" => form.word = value.into_owned(),
                "rev_id" => form.rev_id = value.parse().unwrap_or(0),
                "say" => form.say = value.into_owned(),
                "note" => form.note = value.into_owned(),
                "back" => form.back = value.into_owned(),
                _ => {}
            }
        }
        form
    }

    fn change(&self, wiki: &str, by: &str) -> Result<Change, ServiceError> {
        let wrong = |what: &str| Err(ServiceError::InvalidRequest(what.to_owned()));
        if !(1..=i64::MAX as u64).contains(&self.rev_id) {
            return wrong("expected rev_id above 0");
        }
        let n_chars = self.note.chars().count();
        if n_chars > Judgement::MAX_NOTE_CHARS {
            return wrong("expected a note of at most 2000 characters");
        }
        let revision = RevisionId(self.rev_id);
        let (damaging, goodfaith, spam) = match self.say.as_str() {
            "good" => (Some(false), Some(true), Some(false)),
            "damaging" => (Some(true), None, None),
            "spam" => (Some(true), Some(false), Some(true)),
            "undo" => {
                return Ok(Change::Unjudged {
                    wiki: wiki.into(),
                    revision,
                    by: by.to_owned(),
                });
            }
            _ => return wrong("expected say to be good, damaging, spam or undo"),
        };
        let note = self.note.trim();
        Ok(Change::Judged(Judgement {
            wiki: wiki.into(),
            revision,
            damaging,
            goodfaith,
            spam,
            note: (!note.is_empty()).then(|| note.to_owned()),
            by: by.to_owned(),
            at: now(),
        }))
    }
}

/// A wiki's queue.
pub(super) fn queue_of(wiki: &str) -> String {
    format!("/wiki/{}/queue", path_part(wiki))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_says_what_its_button_says() {
        #[track_caller]
        fn check(body: &str, expected: Result<[Option<bool>; 3], &str>) {
            let change = Form::read(body.as_bytes()).change("w", "ada");
            let got = match &change {
                Ok(Change::Judged(judgement)) => {
                    Ok([judgement.damaging, judgement.goodfaith, judgement.spam])
                }
                Ok(Change::Unjudged { .. }) => Ok([None; 3]),
                Ok(_) => unreachable!("a form judges"),
                Err(error) => Err(error.to_string()),
            };
            match expected {
                Ok(expected) => assert_eq!(got, Ok(expected), "{body}"),
                Err(expected) => assert!(got.is_err_and(|got| got.contains(expected)), "{body}"),
            }
        }
        let (yes, no) = (Some(true), Some(false));
        check("rev_id=7&say=good", Ok([no, yes, no]));
        check("rev_id=7&say=damaging&note=+", Ok([yes, None, None]));
        check("rev_id=7&say=spam", Ok([yes, no, yes]));
        check("rev_id=7&say=undo", Ok([None; 3]));
        check("rev_id=7&say=<script>", Err("expected say to be"));
        check("rev_id=-7&say=good", Err("expected rev_id"));
        check("say=good", Err("expected rev_id"));
        check(
            &format!("rev_id=7&say=good&note={}", "x".repeat(2_001)),
            Err("at most 2000"),
        );
    }
}
