//! `/api/v1/judgements`: what people said about edits, in and out.
//!
//! Reading is for whoever may read; saying something takes a token with the right `judge`, or a session
//! of one, and is said under the token's name. What goes out comes back in, here and in
//! `revscore-train --labels`: as JSON, as lines of JSON, or as CSV with the same names.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};

use super::batch::text_of;
use crate::revision::{RevisionId, Timestamp};
use crate::service::App;
use crate::service::body::SmallBody;
use crate::service::dashboard::load;
use crate::service::error::ServiceError;
use crate::service::ledger::{Change, Judgement, now};

/// Judgements that one request may hold.
pub(super) const MAX_JUDGEMENTS: usize = 1_000;

/// A judgement as clients send it; also a line of a table.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a judgement as an object")]
pub(crate) struct Given {
    wiki: Option<String>,
    rev_id: u64,
    damaging: Option<bool>,
    goodfaith: Option<bool>,
    spam: Option<bool>,
    note: Option<String>,
    /// Who said so, and when: given out, and left unread, because whoever sends is whoever says.
    by: Option<serde::de::IgnoredAny>,
    at: Option<serde::de::IgnoredAny>,
}

/// A judgement as it is given out.
#[derive(Serialize)]
struct Told<'a> {
    rev_id: u64,
    damaging: Option<bool>,
    goodfaith: Option<bool>,
    spam: Option<bool>,
    note: Option<&'a str>,
    by: &'a str,
    at: String,
}

#[derive(Serialize)]
struct List<'a> {
    wiki: &'a str,
    judgements: Vec<Told<'a>>,
}

/// How many were written down.
#[derive(Serialize)]
pub(crate) struct Taken {
    judgements: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListQuery {
    wiki: String,
    #[serde(default)]
    format: Format,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Json,
    Jsonl,
    Csv,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TakeQuery {
    wiki: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BackQuery {
    wiki: String,
    rev_id: u64,
}

/// Gives out a wiki's judgements.
pub(crate) async fn list(
    State(app): State<App>,
    query: Result<Query<ListQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, ServiceError> {
    app.access().reader(&headers)?;
    let Query(query) = query.map_err(ServiceError::of_query)?;
    let store = load::store(&app).ok_or(ServiceError::NoLedger)?;
    let wiki = app.wikis().own_name(query.wiki);
    let judgements = store.judgements(&wiki).await;
    let judgements = judgements.map_err(load::broken)?;
    let told: Vec<Told<'_>> = judgements.iter().map(Told::new).collect();
    let (content_type, body) = match query.format {
        Format::Json => {
            let list = List {
                wiki: &wiki,
                judgements: told,
            };
            ("application/json", json(&list)?)
        }
        Format::Jsonl => {
            let lines: Result<Vec<String>, _> = told.iter().map(json).collect();
            let lines = lines?.into_iter().map(|line| line + "\n").collect();
            ("application/x-ndjson", lines)
        }
        Format::Csv => ("text/csv; charset=utf-8", to_csv(&told)?),
    };
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, body).into_response())
}

/// Writes judgements down: all, or none.
pub(crate) async fn create(
    State(app): State<App>,
    query: Result<Query<TakeQuery>, QueryRejection>,
    headers: HeaderMap,
    SmallBody(body): SmallBody,
) -> Result<(StatusCode, Json<Taken>), ServiceError> {
    let visitor = app.access().judge(&headers, None)?;
    let Query(query) = query.map_err(ServiceError::of_query)?;
    let content_type = headers.get(header::CONTENT_TYPE);
    let is_csv = content_type.is_some_and(|kind| kind.as_bytes().starts_with(b"text/csv"));
    let given = match is_csv {
        true => text_of(&body).and_then(from_csv),
        false => from_json(&body),
    };
    // What is not understood costs as much as one.
    let n_given = given.as_ref().map_or(1, Vec::len);
    app.access()
        .charge(&visitor, n_given.clamp(1, MAX_JUDGEMENTS))?;
    let given = given?;
    if !(1..=MAX_JUDGEMENTS).contains(&given.len()) {
        return Err(ServiceError::InvalidRequest(format!(
            "expected 1 to {MAX_JUDGEMENTS} judgements, got {}",
            given.len()
        )));
    }
    let at = now();
    let mut changes = Vec::with_capacity(given.len());
    let mut wikis: BTreeSet<Arc<str>> = BTreeSet::new();
    for (row, given) in given.into_iter().enumerate() {
        let judgement = given.check(query.wiki.as_deref(), &visitor.name, at);
        let mut judgement = judgement.map_err(|problem| {
            ServiceError::InvalidRequest(format!("judgement {}: {problem}", row + 1))
        })?;
        if let Some(wiki) = app.wikis().find(&judgement.wiki) {
            judgement.wiki = wiki.name.as_str().into();
        }
        wikis.insert(Arc::clone(&judgement.wiki));
        changes.push(Change::Judged(judgement));
    }
    let taken = Taken {
        judgements: changes.len(),
    };
    load::write(&app, &wikis, changes).await?;
    Ok((StatusCode::CREATED, Json(taken)))
}

/// Takes one's own judgement back.
pub(crate) async fn take_back(
    State(app): State<App>,
    query: Result<Query<BackQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<StatusCode, ServiceError> {
    let visitor = app.access().judge(&headers, None)?;
    app.access().charge(&visitor, 1)?;
    let Query(query) = query.map_err(ServiceError::of_query)?;
    if !(1..=i64::MAX as u64).contains(&query.rev_id) {
        let problem = "expected rev_id above 0".to_owned();
        return Err(ServiceError::InvalidRequest(problem));
    }
    let wiki: Arc<str> = app.wikis().own_name(query.wiki).into();
    let change = Change::Unjudged {
        wiki: Arc::clone(&wiki),
        revision: RevisionId(query.rev_id),
        by: visitor.name,
    };
    load::write(&app, &BTreeSet::from([wiki]), vec![change]).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Given {
    /// The judgement, or what is wrong with it.
    fn check(self, wiki: Option<&str>, by: &str, at: Timestamp) -> Result<Judgement, String> {
        let wiki = self.wiki.or_else(|| wiki.map(str::to_owned));
        let wiki = wiki.filter(|wiki| (1..=64).contains(&wiki.len()));
        let wiki = wiki.ok_or("expected the wiki's database name, here or as ?wiki=")?;
        // The largest id that a wiki and a ledger know.
        if !(1..=i64::MAX as u64).contains(&self.rev_id) {
            return Err("expected rev_id above 0".to_owned());
        }
        if [self.damaging, self.goodfaith, self.spam] == [None; 3] {
            return Err("expected at least one of damaging, goodfaith and spam".to_owned());
        }
        let note = self.note.filter(|note| !note.trim().is_empty());
        let n_chars = note.as_deref().map_or(0, |note| note.chars().count());
        if n_chars > Judgement::MAX_NOTE_CHARS {
            let limit = Judgement::MAX_NOTE_CHARS;
            return Err(format!(
                "expected at most {limit} characters as note, got {n_chars}"
            ));
        }
        Ok(Judgement {
            wiki: wiki.into(),
            revision: RevisionId(self.rev_id),
            damaging: self.damaging,
            goodfaith: self.goodfaith,
            spam: self.spam,
            note,
            by: by.to_owned(),
            at,
        })
    }
}

impl<'a> Told<'a> {
    fn new(judgement: &'a Judgement) -> Self {
        Self {
            rev_id: judgement.revision.0,
            damaging: judgement.damaging,
            goodfaith: judgement.goodfaith,
            spam: judgement.spam,
            note: judgement.note.as_deref(),
            by: &judgement.by,
            at: judgement.at.to_string(),
        }
    }
}

fn from_json(body: &Bytes) -> Result<Vec<Given>, ServiceError> {
    let text = text_of(body)?;
    // Read by what it begins with, so that an error names the field and not the two shapes.
    match text.trim_start().starts_with('[') {
        true => Ok(serde_json::from_str(text)?),
        false => Ok(vec![serde_json::from_str(text)?]),
    }
}

fn from_csv(text: &str) -> Result<Vec<Given>, ServiceError> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Result<Vec<Given>, csv::Error> = reader.deserialize().collect();
    let mut rows =
        rows.map_err(|error| ServiceError::InvalidRequest(format!("its CSV: {error}")))?;
    for note in rows.iter_mut().filter_map(|row| row.note.as_mut()) {
        if note.starts_with('\'') && is_formula(note) {
            note.remove(0);
        }
    }
    Ok(rows)
}

/// Whether a spreadsheet would take a note for a formula, be it behind the apostrophes that keep it from that:
/// one more is put before such notes, and taken away again, so that every note comes back as it was.
fn is_formula(note: &str) -> bool {
    note.trim_start_matches('\'')
        .starts_with(['=', '+', '-', '@', '\t', '\r'])
}

fn to_csv(told: &[Told<'_>]) -> Result<String, ServiceError> {
    let mut writer = csv::WriterBuilder::new()
        .has_headers(false)
        .from_writer(Vec::new());
    let internal = |_| ServiceError::Internal;
    let names = [
        "rev_id",
        "damaging",
        "goodfaith",
        "spam",
        "note",
        "by",
        "at",
    ];
    writer.write_record(names).map_err(internal)?;
    for told in told {
        let quoted = told.note.filter(|note| is_formula(note));
        let quoted = quoted.map(|note| format!("'{note}"));
        let row = Told {
            note: quoted.as_deref().or(told.note),
            at: told.at.clone(),
            ..*told
        };
        writer.serialize(row).map_err(internal)?;
    }
    let bytes = writer.into_inner().map_err(|_| ServiceError::Internal)?;
    String::from_utf8(bytes).map_err(|_| ServiceError::Internal)
}

fn json(value: &impl Serialize) -> Result<String, ServiceError> {
    serde_json::to_string(value).map_err(|_| ServiceError::Internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judgement(note: Option<&str>) -> Judgement {
        Judgement {
            wiki: "testwiki".into(),
            revision: RevisionId(7),
            damaging: Some(true),
            goodfaith: None,
            spam: Some(false),
            note: note.map(str::to_owned),
            by: "ada".to_owned(),
            at: Timestamp(1_000_000_000),
        }
    }

    #[test]
    fn what_goes_out_as_csv_comes_back_in() {
        for note in [
            None,
            Some("plain"),
            Some("\"a\", b\n<script>\u{202e}"),
            Some("=1+1"),
            Some("'=1+1"),
            Some("''@a"),
            Some("'quoted'"),
            Some("\tx"),
        ] {
            let before = judgement(note);
            let csv = to_csv(&[Told::new(&before)]).unwrap();
            assert!(csv.starts_with("rev_id,damaging,goodfaith,spam,note,by,at\n7,true,,false,"));
            assert!(!csv.contains(",=1") && !csv.contains(",\t"), "{csv}");
            let given = from_csv(&csv).unwrap().remove(0);
            let after = given.check(Some("testwiki"), "ada", before.at).unwrap();
            assert_eq!(after, before);
        }
    }

    #[test]
    fn what_goes_out_as_json_comes_back_in() {
        let before = judgement(Some("n"));
        let list = json(&vec![Told::new(&before)]).unwrap();
        let given = from_json(&list.into()).unwrap().remove(0);
        assert_eq!(given.check(Some("testwiki"), "ada", before.at), Ok(before));
    }

    #[test]
    fn what_is_no_judgement_says_what_is_wrong() {
        #[track_caller]
        fn check(json: &str, expected: &str) {
            let given = from_json(&Bytes::copy_from_slice(json.as_bytes()));
            let problem = match given {
                Ok(mut given) => given.remove(0).check(None, "ada", Timestamp(0)).err(),
                Err(error) => Some(error.to_string()),
            };
            let problem = problem.unwrap_or_default();
            assert!(problem.contains(expected), "{json}: {problem}");
        }
        check(
            r#"{"wiki":"w","rev_id":1}"#,
            "expected at least one of damaging, goodfaith and spam",
        );
        check(r#"{"wiki":"w","damaging":true}"#, "expected rev_id above 0");
        check(
            r#"{"rev_id":1,"damaging":true}"#,
            "expected the wiki's database name",
        );
        check(r#"{"rev_id":1,"bad":true}"#, "unknown field `bad`");
        check(r#"{"rev_id":1,"damaging":"yes"}"#, "invalid type");
        let long = format!(
            r#"{{"wiki":"w","rev_id":1,"spam":true,"note":"{}"}}"#,
            "x".repeat(2_001)
        );
        check(&long, "expected at most 2000 characters as note, got 2001");
        check("nonsense", "expected JSON");
    }
}
