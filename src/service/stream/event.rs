//! Events of what happens to pages, in both schemas that Wikimedia's streams have had.
//!
//! One event inside, whatever the schema: what is needed to decide and to score is read into fields, and
//! the event itself is kept for those who pass parts of it on. Nothing is asked of an event that is not
//! needed: of an edit, its wiki and revision; of what happens to a whole page, not even the revision.

use serde_json::Value;

use crate::revision::Timestamp;

/// The largest event, or other request about revisions by their ids: real ones have a few kB.
pub(crate) const MAX_EVENT_BYTES: usize = 64 << 10;

/// An event about a revision.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Event {
    /// The wiki's database name.
    pub(crate) wiki: String,
    /// 0 where the event does not say it, which only one about a whole page may do.
    pub(crate) rev_id: u64,
    /// Its domain, where the event says it.
    pub(crate) domain: Option<String>,
    pub(crate) kind: EventKind,
    /// 0 where the event does not say it.
    pub(crate) page_id: u64,
    /// With spaces.
    pub(crate) page_title: Option<String>,
    pub(crate) namespace: Option<i32>,
    pub(crate) is_bot: bool,
    /// When it happened.
    pub(crate) at: Option<Timestamp>,
    /// All of it.
    pub(crate) source: Value,
}

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum EventKind {
    /// A revision was saved, be it the page's first.
    Edit,
    /// The page has another title.
    Move,
    /// The page is gone.
    Deletion,
    /// The page is back.
    Undeletion,
    /// What may be seen of the revision changed.
    Visibility(Visibility),
    /// Nothing that concerns scores, or a test of the stream itself (a canary).
    Other,
}

/// What may be seen of a revision.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Visibility {
    pub(crate) text: bool,
    pub(crate) user: bool,
    pub(crate) comment: bool,
}

/// Why an event is not understood.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EventError {
    #[error(
        "expected an event of /mediawiki/revision/create/1 or 2 or /mediawiki/page/change/1, got $schema {got:?}"
    )]
    Schema { got: String },
    #[error("expected {field} in the event, got none")]
    Field { field: &'static str },
}

/// A schema, with the places of what is read.
struct Schema {
    /// What `$schema` begins with.
    prefixes: &'static [&'static str],
    wiki: &'static str,
    rev_id: &'static str,
    page_id: &'static str,
    page_title: &'static str,
    namespace: &'static str,
    is_bot: &'static str,
    at: &'static str,
}

const REVISION_CREATE: Schema = Schema {
    prefixes: &[
        "/mediawiki/revision/create/1",
        "/mediawiki/revision/create/2",
    ],
    wiki: "/database",
    rev_id: "/rev_id",
    page_id: "/page_id",
    page_title: "/page_title",
    namespace: "/page_namespace",
    is_bot: "/performer/user_is_bot",
    at: "/rev_timestamp",
};

const PAGE_CHANGE: Schema = Schema {
    prefixes: &["/mediawiki/page/change/1"],
    wiki: "/wiki_id",
    rev_id: "/revision/rev_id",
    page_id: "/page/page_id",
    page_title: "/page/page_title",
    namespace: "/page/namespace_id",
    is_bot: "/performer/is_bot",
    at: "/dt",
};

impl Event {
    /// Reads an event; one without a schema is taken by its fields.
    pub(crate) fn read(event: Value) -> Result<Self, EventError> {
        let schema = Schema::of(&event)?;
        let text = |place: &'static str| event.pointer(place).and_then(Value::as_str);
        let number = |place: &'static str| event.pointer(place).and_then(Value::as_u64);
        let missing = |place: &'static str| EventError::Field {
            field: match place {
                "/revision/rev_id" => "revision.rev_id",
                _ => &place[1..],
            },
        };
        let namespace = event.pointer(schema.namespace).and_then(Value::as_i64);
        let is_bot = event.pointer(schema.is_bot).and_then(Value::as_bool);
        let domain = event["meta"]["domain"].as_str();
        let kind = match domain {
            Some("canary") => EventKind::Other,
            _ => kind_of(&event),
        };
        let is_of_page = matches!(
            kind,
            EventKind::Move | EventKind::Deletion | EventKind::Undeletion
        );
        let rev_id = number(schema.rev_id).or(is_of_page.then_some(0));
        let read = Self {
            wiki: text(schema.wiki)
                .ok_or_else(|| missing(schema.wiki))?
                .to_owned(),
            rev_id: rev_id.ok_or_else(|| missing(schema.rev_id))?,
            domain: domain.map(str::to_owned),
            kind,
            page_id: number(schema.page_id).unwrap_or(0),
            page_title: text(schema.page_title).map(|title| title.replace('_', " ")),
            namespace: namespace.and_then(|number| i32::try_from(number).ok()),
            is_bot: is_bot.unwrap_or(false),
            at: text(schema.at).and_then(|at| at.parse().ok()),
            source: Value::Null,
        };
        Ok(Self {
            source: event,
            ..read
        })
    }

    /// Whether it is of an edit that can be scored.
    pub(crate) fn is_edit(&self) -> bool {
        self.kind == EventKind::Edit
    }

    /// Whether its names are those of `/mediawiki/page/change`, rather than of `/mediawiki/revision/create`.
    pub(crate) fn is_page_change(&self) -> bool {
        Schema::of(&self.source).is_ok_and(|schema| schema.wiki == PAGE_CHANGE.wiki)
    }

    /// What its messages are kept together by: the page, or the revision where that is not known.
    pub(crate) fn key(&self) -> String {
        match self.page_id {
            0 => format!("{}:r{}", self.wiki, self.rev_id),
            page_id => format!("{}:{page_id}", self.wiki),
        }
    }
}

impl Schema {
    fn of(event: &Value) -> Result<&'static Self, EventError> {
        let Some(named) = event["$schema"].as_str() else {
            let is_page_change = event.get("revision").is_some_and(Value::is_object);
            return Ok(match is_page_change {
                true => &PAGE_CHANGE,
                false => &REVISION_CREATE,
            });
        };
        let known = [&REVISION_CREATE, &PAGE_CHANGE].into_iter();
        let mut known = known.filter(|schema| {
            let mut prefixes = schema.prefixes.iter();
            prefixes.any(|prefix| named.starts_with(prefix))
        });
        known.next().ok_or_else(|| EventError::Schema {
            got: named.chars().take(60).collect(),
        })
    }
}

/// What happened; an event that does not say it is of an edit.
fn kind_of(event: &Value) -> EventKind {
    let is_visible = |what: &str| event["revision"][what].as_bool().unwrap_or(true);
    match event["page_change_kind"].as_str() {
        Some("move") => EventKind::Move,
        Some("delete") => EventKind::Deletion,
        Some("undelete") => EventKind::Undeletion,
        Some("visibility_change") => EventKind::Visibility(Visibility {
            text: is_visible("is_content_visible"),
            user: is_visible("is_editor_visible"),
            comment: is_visible("is_comment_visible"),
        }),
        None | Some("edit" | "create") => EventKind::Edit,
        Some(_) => EventKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::service::stream::scored::validator::example;

    /// A change of a page.
    fn change(kind: &str) -> Value {
        json!({
            "$schema": "/mediawiki/page/change/1.2.0", "wiki_id": "enwiki", "page_change_kind": kind,
            "meta": {"domain": "en.wikipedia.org"},
            "page": {"page_id": 7, "page_title": "Talk:A_page", "namespace_id": 1},
            "performer": {"is_bot": true},
            "revision": {"rev_id": 42},
        })
    }

    #[test]
    fn examples_are_read() {
        for (name, domain, wiki, rev_id, page_id, title, namespace, at) in [
            (
                "revision_create_2.0.0.example0",
                "test.wikipedia.org",
                "examplewiki",
                123,
                123,
                "TestPage10",
                0,
                "2020-06-10T18:56:00Z",
            ),
            (
                "revision_create_2.0.0.example1",
                "test.wikipedia.org",
                "examplewiki",
                124,
                123,
                "TestPage10",
                0,
                "2020-06-10T18:56:00Z",
            ),
            (
                "revision_create_2.0.0.example2",
                "localhost",
                "my_wiki",
                42,
                23,
                "Test",
                0,
                "2017-10-17T11:48:35Z",
            ),
            (
                "page_change_1.2.0.example0",
                "examplewiki",
                "example",
                2,
                1,
                "example",
                1,
                "2021-01-01T00:00:00Z",
            ),
        ] {
            let Some(source) = example(&format!("mediawiki_{name}")) else {
                return;
            };
            let expected = Event {
                wiki: wiki.to_owned(),
                rev_id,
                domain: Some(domain.to_owned()),
                kind: EventKind::Edit,
                page_id,
                page_title: Some(title.to_owned()),
                namespace: Some(namespace),
                is_bot: false,
                at: at.parse().ok(),
                source: source.clone(),
            };
            let event = Event::read(source.clone()).unwrap();
            assert_eq!(event, expected, "{name}");
            assert_eq!(event.is_page_change(), name.starts_with("page"), "{name}");
        }
    }

    #[test]
    fn events_with_scores_are_no_events_of_edits() {
        for (name, schema) in [
            ("revision_score_3.0.0", "/mediawiki/revision/score/3.0.0"),
            (
                "page_prediction_classification_change_1.1.0",
                "/mediawiki/page/prediction_classification_change/1.1.0",
            ),
        ] {
            let Some(source) = example(&format!("mediawiki_{name}.example0")) else {
                return;
            };
            let expected = format!(
                "expected an event of /mediawiki/revision/create/1 or 2 or /mediawiki/page/change/1, got $schema {schema:?}"
            );
            assert_eq!(
                Event::read(source.clone()).unwrap_err().to_string(),
                expected
            );
        }
    }

    #[test]
    fn what_happened_is_told_by_its_kind() {
        let visible = |text, user, comment| {
            EventKind::Visibility(Visibility {
                text,
                user,
                comment,
            })
        };
        let hidden = json!({"is_content_visible": false, "is_editor_visible": true, "is_comment_visible": false});
        for (kind, more, expected) in [
            ("edit", json!({}), EventKind::Edit),
            ("create", json!({}), EventKind::Edit),
            ("move", json!({}), EventKind::Move),
            ("delete", json!({}), EventKind::Deletion),
            ("undelete", json!({}), EventKind::Undeletion),
            ("visibility_change", json!({}), visible(true, true, true)),
            ("visibility_change", hidden, visible(false, true, false)),
            ("protect", json!({}), EventKind::Other),
            ("", json!({}), EventKind::Other),
        ] {
            let mut source = change(kind);
            for (name, value) in more.as_object().unwrap() {
                source["revision"][name] = value.clone();
            }
            let event = Event::read(source.clone()).unwrap();
            assert_eq!(event.kind, expected, "{kind}");
            assert_eq!(event.is_edit(), expected == EventKind::Edit, "{kind}");
            assert!(event.is_bot);
            assert_eq!(event.page_title.as_deref(), Some("Talk:A page"));
            // A stream that only tests itself says the same of another domain.
            source["meta"]["domain"] = "canary".into();
            assert_eq!(Event::read(source.clone()).unwrap().kind, EventKind::Other);
        }
    }

    #[test]
    fn nothing_is_asked_for_that_is_not_needed() {
        let bare = json!({"database": "enwiki", "rev_id": 42});
        let expected = Event {
            wiki: "enwiki".to_owned(),
            rev_id: 42,
            domain: None,
            kind: EventKind::Edit,
            page_id: 0,
            page_title: None,
            namespace: None,
            is_bot: false,
            at: None,
            source: bare.clone(),
        };
        assert_eq!(Event::read(bare.clone()).unwrap(), expected);
        let odd = json!({
            "database": "enwiki", "rev_id": 42, "page_id": -1, "page_title": 3, "page_namespace": 5_000_000_000_u64,
            "meta": "x", "performer": [true],
        });
        let expected = Event {
            source: odd.clone(),
            ..expected
        };
        assert_eq!(Event::read(odd.clone()).unwrap(), expected);
    }

    #[test]
    fn what_happens_to_a_page_needs_no_revision() {
        for (kind, expected) in [
            ("move", Some(EventKind::Move)),
            ("delete", Some(EventKind::Deletion)),
            ("undelete", Some(EventKind::Undeletion)),
            ("edit", None),
            ("visibility_change", None),
        ] {
            let mut source = change(kind);
            source["revision"] = json!({});
            let event = Event::read(source).ok();
            assert_eq!(event.as_ref().map(|event| event.kind), expected, "{kind}");
            assert_eq!(event.map_or(0, |event| event.rev_id), 0);
        }
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        #[track_caller]
        fn check(source: Value, expected: &str) {
            assert_eq!(
                Event::read(source.clone()).unwrap_err().to_string(),
                expected
            );
        }
        check(json!({}), "expected database in the event, got none");
        check(json!([1]), "expected database in the event, got none");
        check(json!(null), "expected database in the event, got none");
        check(
            json!({"database": "enwiki", "rev_id": "42"}),
            "expected rev_id in the event, got none",
        );
        check(
            json!({"database": "enwiki", "rev_id": -1}),
            "expected rev_id in the event, got none",
        );
        check(
            json!({"revision": {"rev_id": 42}}),
            "expected wiki_id in the event, got none",
        );
        check(
            json!({"wiki_id": "enwiki", "revision": {}}),
            "expected revision.rev_id in the event, got none",
        );
        check(
            json!({"$schema": "/mediawiki/revision/create/3.0.0"}),
            "expected an event of /mediawiki/revision/create/1 or 2 or /mediawiki/page/change/1, got $schema \
             \"/mediawiki/revision/create/3.0.0\"",
        );
    }

    #[test]
    fn messages_of_a_page_have_one_key() {
        for (source, expected) in [
            (change("edit"), "enwiki:7"),
            (change("delete"), "enwiki:7"),
            (json!({"database": "dewiki", "rev_id": 42}), "dewiki:r42"),
        ] {
            assert_eq!(Event::read(source.clone()).unwrap().key(), expected);
        }
    }
}
