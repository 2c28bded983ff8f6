//! Events of saved edits, in both schemas that Wikimedia's streams have had.
//!
//! Only what is needed to score: which revision of which wiki, and whether it is an edit at all.

use serde_json::Value;

/// The largest event, or other request about revisions by their ids: real ones have a few kB.
pub(super) const MAX_EVENT_BYTES: usize = 64 << 10;

/// An event about a revision.
pub(super) struct Event {
    /// The wiki's database name.
    pub(super) wiki: String,
    pub(super) rev_id: u64,
    /// Its domain, where the event says it.
    pub(super) domain: Option<String>,
    /// Not a deletion, a move or a change of visibility, nor a test of the stream itself.
    pub(super) is_edit: bool,
}

/// Why an event is not understood.
#[derive(Debug, thiserror::Error)]
pub(super) enum EventError {
    #[error(
        "expected an event of /mediawiki/revision/create/1 or 2 or /mediawiki/page/change/1, got $schema {got:?}"
    )]
    Schema { got: String },
    #[error("expected {field} in the event, got none")]
    Field { field: &'static str },
}

impl Event {
    /// Reads an event; one without a schema is taken by its fields.
    pub(super) fn read(event: &Value) -> Result<Self, EventError> {
        let schema = event["$schema"].as_str();
        let is_page_change = match schema {
            Some(schema) if schema.starts_with("/mediawiki/page/change/1") => true,
            Some(schema)
                if [
                    "/mediawiki/revision/create/1",
                    "/mediawiki/revision/create/2",
                ]
                .iter()
                .any(|known| schema.starts_with(known)) =>
            {
                false
            }
            Some(schema) => {
                let got = schema.chars().take(60).collect();
                return Err(EventError::Schema { got });
            }
            None => event.get("revision").is_some_and(Value::is_object),
        };
        let (wiki, rev_id, fields) = match is_page_change {
            true => (
                &event["wiki_id"],
                &event["revision"]["rev_id"],
                ("wiki_id", "revision.rev_id"),
            ),
            false => (&event["database"], &event["rev_id"], ("database", "rev_id")),
        };
        let wiki = wiki.as_str().ok_or(EventError::Field { field: fields.0 })?;
        let rev_id = rev_id
            .as_u64()
            .ok_or(EventError::Field { field: fields.1 })?;
        let domain = event["meta"]["domain"].as_str();
        let kind = event["page_change_kind"].as_str();
        let is_edit = kind.is_none_or(|kind| matches!(kind, "edit" | "create"));
        Ok(Self {
            wiki: wiki.to_owned(),
            rev_id,
            domain: domain.map(str::to_owned),
            is_edit: is_edit && domain != Some("canary"),
        })
    }
}
