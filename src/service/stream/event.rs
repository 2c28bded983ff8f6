//! Events of what happens to pages, in both schemas that Wikimedia's streams have had.
//!
//! One event inside, whatever the schema: what is needed to decide and to score is read into fields, and
//! the event itself is kept for those who pass parts of it on. Nothing is asked of an event that is not
//! needed: of an edit, its wiki and revision.

use serde_json::Value;

use crate::revision::Timestamp;

/// The largest event, or other request about revisions by their ids: real ones have a few kB.
pub(crate) const MAX_EVENT_BYTES: usize = 64 << 10;

/// An event about a revision.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Event {
    /// The wiki's database name.
    pub(crate) wiki: String,
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
        let read = Self {
            wiki: text(schema.wiki)
                .ok_or_else(|| missing(schema.wiki))?
                .to_owned(),
            rev_id: number(schema.rev_id).ok_or_else(|| missing(schema.rev_id))?,
            domain: domain.map(str::to_owned),
            kind: match domain {
                Some("canary") => EventKind::Other,
                _ => kind_of(&event),
            },
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
