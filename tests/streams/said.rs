//! Events of edits, and what was said of them.

use std::collections::HashMap;

use rdkafka::Message as _;
use rdkafka::message::{Headers as _, OwnedMessage};
use serde_json::{Value, json};

use crate::cluster::EVENTS;
use crate::wiki::{PER_PAGE, time_of};

/// An event of an edit.
pub(crate) fn event(id: u64) -> (String, Vec<u8>) {
    let page = id / PER_PAGE + 1;
    let event = json!({
        "$schema": "/mediawiki/revision/create/2.0.0",
        "meta": {"stream": EVENTS, "domain": "pap.wikipedia.org", "id": format!("{id}")},
        "dt": time_of(id), "database": "papwiki", "page_id": page,
        "page_title": format!("Village_{page}"), "page_namespace": 0, "page_is_redirect": false,
        "rev_id": id, "rev_parent_id": id + 1_000_000_000, "rev_timestamp": time_of(id),
        "performer": {"user_text": format!("Author {}", id % 50), "user_is_bot": false},
    });
    (format!("papwiki:{page}"), event.to_string().into_bytes())
}

/// What was said of revisions: the events of each, by the id that they give themselves.
#[derive(Default)]
pub(crate) struct Said {
    pub(crate) by_revision: HashMap<u64, Vec<Value>>,
    pub(crate) n_messages: usize,
}

impl Said {
    pub(crate) fn add(&mut self, message: &OwnedMessage) {
        let event: Value = serde_json::from_slice(message.payload().unwrap()).unwrap();
        self.n_messages += 1;
        let id = event["rev_id"].as_u64().unwrap();
        let page = id / PER_PAGE + 1;
        assert_eq!(
            message.key(),
            Some(format!("papwiki:{page}").as_bytes()),
            "{event}"
        );
        self.by_revision.entry(id).or_default().push(event);
    }

    /// What comes twice says the same.
    #[track_caller]
    pub(crate) fn check_doubles(&self) {
        for (id, events) in &self.by_revision {
            for event in events {
                for part in ["/meta/id", "/scores"] {
                    let (first, other) = (events[0].pointer(part), event.pointer(part));
                    assert!(first.is_some(), "{event}");
                    assert_eq!(first, other, "{part} of {id}");
                }
            }
        }
    }
}

/// A header of a message.
pub(crate) fn header(message: &OwnedMessage, name: &str) -> Option<String> {
    let headers = message.headers()?;
    let header = headers.iter().find(|header| header.key == name)?;
    Some(String::from_utf8(header.value?.to_vec()).unwrap())
}
