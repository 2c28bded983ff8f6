//! One edit of a scoring request: from its JSON to revisions.
//!
//! Edits are read one by one, so that a malformed one costs its own scores and no others. Fields
//! that are not known are errors: a misspelt `coment` would otherwise score as an edit without a
//! comment.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use crate::revision::{
    Page, PageId, PreviousEdit, Revision, RevisionId, Timestamp, User, UserKind,
};
use crate::service::error::EditError;
use crate::service::scoring::{EditParts, Overrides};

/// An edit as a client sends it; everything but `text` may be left out. What is hidden on the wiki
/// has a flag, after the names in MediaWiki's API.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an edit as an object")]
struct EditBody {
    rev_id: Option<u64>,
    /// Absent or null when the edit creates the page.
    parent_text: Option<Arc<str>>,
    text: Option<Arc<str>>,
    text_hidden: Option<bool>,
    /// Absent or null when there is none.
    comment: Option<String>,
    comment_hidden: Option<bool>,
    /// Absent or null when it is not set.
    minor: Option<bool>,
    timestamp: Option<String>,
    user: Option<UserBody>,
    page: Option<PageBody>,
    parent: Option<ParentBody>,
    /// Values of features that it is scored with instead of its own.
    features: Option<BTreeMap<String, Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a user as an object")]
struct UserBody {
    name: Option<String>,
    is_anon: Option<bool>,
    groups: Option<Vec<String>>,
    registered_at: Option<String>,
    edit_count: Option<u64>,
    previous_edit_at: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a page as an object")]
struct PageBody {
    id: Option<u64>,
    title: Option<String>,
    namespace: Option<i32>,
}

/// What is known of the parent besides its text.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a parent as an object")]
struct ParentBody {
    rev_id: Option<u64>,
    timestamp: Option<String>,
    user: Option<UserBody>,
    /// Absent or null when it is not known; `""` when there is none.
    comment: Option<String>,
    text_hidden: Option<bool>,
}

/// Reads an edit whose texts may have so many bytes, and the values that it is to be scored with.
pub(super) fn read_edit(
    json: &[u8],
    max_text_bytes: usize,
) -> Result<(EditParts, Overrides), EditError> {
    let body: EditBody = serde_json::from_slice(json).map_err(EditError::Invalid)?;
    let is_hidden = body.text_hidden.unwrap_or_default();
    let text = body.text.filter(|_| !is_hidden);
    if text.is_none() && !is_hidden {
        return Err(EditError::MissingText);
    }
    for (field, text) in [("text", &text), ("parent_text", &body.parent_text)] {
        check_length(field, text.as_deref().unwrap_or_default(), max_text_bytes)?;
    }
    let parent = match (body.parent, body.parent_text) {
        (None, None) => None,
        (Some(facts), None) if facts.text_hidden != Some(true) => {
            return Err(EditError::MissingParentText);
        }
        (facts, text) => Some(read_parent(facts, text)?),
    };
    let revision = Revision {
        id: RevisionId(body.rev_id.unwrap_or_default()),
        parent_id: parent
            .as_ref()
            .map(|parent| parent.id)
            .filter(|id| id.0 != 0),
        timestamp: read_time("timestamp", body.timestamp)?,
        user: body.user.map_or_else(|| Ok(User::default()), read_user)?,
        // Models learned from edits whose comment is known; leaving it out means that there is none.
        comment: Some(body.comment.unwrap_or_default())
            .filter(|_| body.comment_hidden != Some(true)),
        minor: Some(body.minor.unwrap_or_default()),
        text,
    };
    let page = body.page.map_or_else(Page::default, |page| Page {
        id: PageId(page.id.unwrap_or_default()),
        title: page.title.unwrap_or_default(),
        namespace: page.namespace.unwrap_or_default(),
    });
    let parts = EditParts {
        rev_id: body.rev_id,
        parent,
        revision,
        page,
    };
    Ok((parts, Overrides::read(body.features)?))
}

/// The id of an edit that may be malformed elsewhere.
pub(super) fn read_rev_id(json: &[u8]) -> Option<u64> {
    #[derive(Deserialize)]
    struct IdAlone {
        rev_id: Option<u64>,
    }
    serde_json::from_slice::<IdAlone>(json).ok()?.rev_id
}

fn check_length(field: &'static str, text: &str, limit: usize) -> Result<(), EditError> {
    if text.len() > limit {
        Err(EditError::TextTooLarge {
            field,
            limit,
            got: text.len(),
        })
    } else {
        Ok(())
    }
}

fn read_parent(facts: Option<ParentBody>, text: Option<Arc<str>>) -> Result<Revision, EditError> {
    let Some(facts) = facts else {
        return Ok(Revision {
            text,
            ..Revision::default()
        });
    };
    Ok(Revision {
        id: RevisionId(facts.rev_id.unwrap_or_default()),
        timestamp: read_time("parent.timestamp", facts.timestamp)?,
        user: facts.user.map_or_else(|| Ok(User::default()), read_user)?,
        comment: facts.comment,
        text: text.filter(|_| facts.text_hidden != Some(true)),
        ..Revision::default()
    })
}

fn read_user(body: UserBody) -> Result<User, EditError> {
    let named = body.name.map(User::named).unwrap_or_default();
    let kind = match (body.is_anon, named.kind) {
        // Temporary accounts are not logged in either, and the name says more.
        (Some(true), UserKind::Temporary) => UserKind::Temporary,
        (Some(true), _) => UserKind::Anonymous,
        (Some(false), UserKind::Unknown | UserKind::Anonymous) => UserKind::Registered,
        (_, kind) => kind,
    };
    let previous_edit = match read_time("user.previous_edit_at", body.previous_edit_at)? {
        Some(time) => PreviousEdit::At(time),
        None if body.edit_count == Some(0) => PreviousEdit::Never,
        None => PreviousEdit::Unknown,
    };
    Ok(User {
        kind,
        groups: body.groups,
        registered_at: read_time("user.registered_at", body.registered_at)?,
        edit_count: body.edit_count,
        previous_edit,
        ..named
    })
}

fn read_time(field: &'static str, text: Option<String>) -> Result<Option<Timestamp>, EditError> {
    text.map(|text| {
        text.parse()
            .map_err(|source| EditError::Timestamp { field, source })
    })
    .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn read(json: &str) -> EditParts {
        read_edit(json.as_bytes(), 10).unwrap().0
    }

    #[track_caller]
    fn check_error(json: &str, code: &str, message: &str) {
        let error = read_edit(json.as_bytes(), 10).unwrap_err();
        assert_eq!(error.code(), code, "{json}");
        assert!(error.to_string().starts_with(message), "{error}");
    }

    #[track_caller]
    fn check_user(json: &str, kind: UserKind, previous_edit: PreviousEdit) {
        let user = read(&format!(r#"{{"text":"","user":{json}}}"#))
            .revision
            .user;
        assert_eq!(
            (user.kind, user.previous_edit),
            (kind, previous_edit),
            "{json}"
        );
    }

    #[test]
    fn an_edit_without_parent_text_creates_the_page() {
        assert!(read(r#"{"text":"a"}"#).parent.is_none());
        assert!(read(r#"{"text":"a","parent_text":null}"#).parent.is_none());
        let empty = read(r#"{"text":"a","parent_text":""}"#).parent.unwrap();
        assert_eq!(empty.text.as_deref(), Some(""));
        let known = read(r#"{"text":"a","parent_text":"b","parent":{"rev_id":7}}"#);
        assert_eq!(known.revision.parent_id, Some(RevisionId(7)));
        let unknown = read_edit(br#"{"text":"a","parent":{"rev_id":7}}"#, 10);
        assert_eq!(unknown.unwrap_err().code(), "missing_parent_text");
    }

    #[test]
    fn what_is_left_out_is_not_known_but_for_comment_and_minor_flag() {
        let EditParts { revision, page, .. } = read(r#"{"text":""}"#);
        assert_eq!(
            (
                revision.id,
                revision.timestamp,
                revision.comment.as_deref(),
                revision.minor
            ),
            (RevisionId(0), None, Some(""), Some(false))
        );
        assert_eq!(
            (revision.user.kind, revision.user.groups),
            (UserKind::Unknown, None)
        );
        assert_eq!((page.id, page.namespace), (PageId(0), 0));
    }

    #[test]
    fn the_comment_before_is_known_only_when_it_is_given() {
        #[track_caller]
        fn check(facts: &str, comment: Option<&str>) {
            let json = format!(r#"{{"text":"a","parent_text":"b","parent":{facts}}}"#);
            let parent = read(&json).parent.unwrap();
            assert_eq!(parent.comment.as_deref(), comment, "{facts}");
        }
        check("{}", None);
        check(r#"{"comment":null}"#, None);
        check(r#"{"comment":""}"#, Some(""));
        check(r#"{"comment":"rv vandalism"}"#, Some("rv vandalism"));
    }

    #[test]
    fn what_is_hidden_is_not_known() {
        let edit = read(r#"{"text_hidden":true,"comment_hidden":true,"parent_text":"b"}"#);
        assert_eq!((edit.revision.text, edit.revision.comment), (None, None));
        let edit = read(r#"{"text":"a","text_hidden":false,"comment":"c","comment_hidden":false}"#);
        assert_eq!(edit.revision.text.as_deref(), Some("a"));
        assert_eq!(edit.revision.comment.as_deref(), Some("c"));
        let edit = read(r#"{"text":"a","parent":{"text_hidden":true}}"#);
        assert_eq!(edit.parent.map(|parent| parent.text), Some(None));
    }

    #[test]
    fn users_are_what_the_client_says_and_their_name_tells() {
        let unknown = PreviousEdit::Unknown;
        check_user("{}", UserKind::Unknown, unknown);
        check_user(r#"{"name":"192.0.2.7"}"#, UserKind::Anonymous, unknown);
        check_user(r#"{"name":"Example"}"#, UserKind::Registered, unknown);
        check_user(
            r#"{"name":"Example","is_anon":true}"#,
            UserKind::Anonymous,
            unknown,
        );
        check_user(
            r#"{"name":"~2026-12-3","is_anon":true}"#,
            UserKind::Temporary,
            unknown,
        );
        check_user(
            r#"{"name":"~2026-12-3","is_anon":false}"#,
            UserKind::Temporary,
            unknown,
        );
        check_user(r#"{"is_anon":true}"#, UserKind::Anonymous, unknown);
        check_user(
            r#"{"is_anon":false,"edit_count":1}"#,
            UserKind::Registered,
            unknown,
        );
        check_user(
            r#"{"is_anon":false,"edit_count":0}"#,
            UserKind::Registered,
            PreviousEdit::Never,
        );
        let time = r#"{"name":"A","previous_edit_at":"1970-01-01T00:00:09Z"}"#;
        check_user(time, UserKind::Registered, PreviousEdit::At(Timestamp(9)));
    }

    #[test]
    fn malformed_edits_say_what_is_wrong() {
        let unknown =
            "the edit is not understood: unknown field `coment`, expected one of `rev_id`, ";
        check_error(r#"{"text":"","coment":"x"}"#, "invalid_edit", unknown);
        check_error(
            r#"{"rev_id":1}"#,
            "missing_text",
            "expected the text after the edit as text, got none",
        );
        check_error(r#"{"text":null}"#, "missing_text", "");
        check_error(
            r#"{"text":7}"#,
            "invalid_edit",
            "the edit is not understood: invalid type: integer `7`",
        );
        check_error(
            r#"{"text":"\ud800"}"#,
            "invalid_edit",
            "the edit is not understood: ",
        );
        check_error(
            r#"{"text":"","rev_id":-1}"#,
            "invalid_edit",
            "the edit is not understood: invalid value: ",
        );
        check_error(
            r#"{"text":"","text":""}"#,
            "invalid_edit",
            "the edit is not understood: duplicate field `text`",
        );
        check_error(
            "7",
            "invalid_edit",
            "the edit is not understood: invalid type: integer `7`, expected an edit as an object",
        );
        let text = "expected at most 10 bytes of UTF-8 as parent_text, got 11";
        check_error(
            r#"{"text":"","parent_text":"12345678901"}"#,
            "text_too_large",
            text,
        );
        check_error(
            r#"{"text":"","features":{"user.is_anon":true}}"#,
            "unknown_feature",
            "expected names of features such as author.is_anonymous in features, got \"user.is_anon\"",
        );
        for (value, got) in [
            ("\"yes\"", "a text"),
            ("[1]", "a list"),
            ("{}", "an object"),
            ("1e300", "a number that is too large"),
        ] {
            check_error(
                &format!(r#"{{"text":"","features":{{"author.age":{value}}}}}"#),
                "invalid_feature_value",
                &format!(
                    "expected true, false, a number or null as features.author.age, got {got}"
                ),
            );
        }
        let time = "user.registered_at: expected a time such as 2026-01-31T23:59:59Z, got \"soon\"";
        check_error(
            r#"{"text":"","user":{"registered_at":"soon"}}"#,
            "invalid_timestamp",
            time,
        );
    }

    #[test]
    fn the_id_of_a_malformed_edit_is_found() {
        assert_eq!(read_rev_id(br#"{"txt":[[]],"rev_id":3}"#), Some(3));
        assert_eq!(read_rev_id(br#"{"rev_id":"3"}"#), None);
        assert_eq!(read_rev_id(b"[]"), None);
    }
}
