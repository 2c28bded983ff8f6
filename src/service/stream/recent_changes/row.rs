//! A row of a wiki's recent changes -> the events that say the same, as `/mediawiki/page/change/1.2.0`.
//!
//! What a row does not say is not made up. Edits, new pages and moves are valid events; a log entry knows
//! neither the last revision of a page that was deleted or restored, nor when a revision was saved that was
//! hidden, so that `revision.rev_id` and `revision.rev_dt` are missing there, which the schema wants and
//! nobody here reads. Entries of other logs make no event, nor do redirects that make way for a moved page: by
//! the time that they are listed their id may be that of the page.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::revision::Timestamp;
use crate::service::stream::scored::drop_missing;
use crate::service::wiki::Wiki;

/// The stream that events name, although it is none.
const STREAM: &str = "recent-changes";

/// A row; what is hidden is missing.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Row {
    pub(super) rcid: u64,
    timestamp: Option<Timestamp>,
    r#type: String,
    ns: i64,
    title: Option<String>,
    pageid: u64,
    revid: u64,
    old_revid: u64,
    user: Option<String>,
    userid: Option<u64>,
    temp: bool,
    bot: bool,
    minor: bool,
    redirect: Option<bool>,
    newlen: Option<u64>,
    comment: Option<String>,
    sha1: Option<String>,
    userhidden: bool,
    commenthidden: bool,
    sha1hidden: bool,
    logtype: Option<String>,
    logaction: Option<String>,
    logparams: LogParameters,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct LogParameters {
    target_ns: i64,
    target_title: Option<String>,
    /// What the ids are of.
    r#type: Option<String>,
    ids: Vec<u64>,
    /// What is hidden now.
    new: Option<Hidden>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
struct Hidden {
    content: bool,
    comment: bool,
    user: bool,
}

impl Row {
    /// A row and its time; `None` where it is none.
    pub(super) fn read(row: Value) -> Option<(Self, Timestamp)> {
        let row = Self::deserialize(row).ok()?;
        let time = row.timestamp?;
        Some((row, time))
    }

    /// The events that say the same; most have one.
    pub(super) fn events(&self, wiki: &Wiki) -> Vec<Value> {
        // What log entries are about may be hidden, and a special page is no page.
        let Some(title) = self.title.as_deref().filter(|_| self.ns >= 0) else {
            return Vec::new();
        };
        let log = (self.logtype.as_deref(), self.logaction.as_deref());
        match (&*self.r#type, log) {
            ("new", _) if self.revid > 0 => vec![self.edit(wiki, title, "create", "insert")],
            ("edit", _) if self.revid > 0 => vec![self.edit(wiki, title, "edit", "update")],
            ("log", (Some("move"), Some("move" | "move_redir"))) => self.moved(wiki, title),
            ("log", (Some("delete" | "suppress"), Some("delete"))) => {
                vec![self.event(wiki, "delete", "delete", self.page(title))]
            }
            ("log", (Some("delete"), Some("restore"))) => {
                vec![self.event(wiki, "undelete", "insert", self.page(title))]
            }
            ("log", (Some("delete" | "suppress"), Some("revision"))) => self.seen(wiki, title),
            _ => Vec::new(),
        }
    }

    fn edit(&self, wiki: &Wiki, title: &str, kind: &str, changelog_kind: &str) -> Value {
        let mut event = self.event(wiki, kind, changelog_kind, self.page(title));
        event["page"]["is_redirect"] = json!(self.redirect);
        event["revision"] = self.revision();
        event["revision"]["is_minor_edit"] = self.minor.into();
        event["revision"]["rev_size"] = json!(self.newlen);
        if self.old_revid > 0 {
            event["revision"]["rev_parent_id"] = self.old_revid.into();
        }
        without_missing(event)
    }

    /// The title is the old one. A move saves a revision, which newer versions of MediaWiki name.
    fn moved(&self, wiki: &Wiki, title: &str) -> Vec<Value> {
        let parameters = &self.logparams;
        let Some(target) = parameters.target_title.as_deref() else {
            return Vec::new();
        };
        let page = page(self.pageid, target, parameters.target_ns);
        let mut event = self.event(wiki, "move", "update", page);
        event["prior_state"] = json!({"page": self.page(title)});
        if self.revid > 0 {
            event["revision"] = self.revision();
        }
        vec![without_missing(event)]
    }

    /// An event for each revision of which something else can be seen now.
    fn seen(&self, wiki: &Wiki, title: &str) -> Vec<Value> {
        let parameters = &self.logparams;
        // Those of deleted pages are archived.
        let is_of_revisions = matches!(parameters.r#type.as_deref(), Some("revision" | "archive"));
        let Some(hidden) = parameters.new.filter(|_| is_of_revisions) else {
            return Vec::new();
        };
        let events = parameters.ids.iter().map(|id| {
            let mut event = self.event(wiki, "visibility_change", "update", self.page(title));
            event["revision"] = json!({
                "rev_id": id,
                "is_content_visible": !hidden.content,
                "is_comment_visible": !hidden.comment,
                "is_editor_visible": !hidden.user,
            });
            event
        });
        events.collect()
    }

    /// What all events have.
    fn event(&self, wiki: &Wiki, kind: &str, changelog_kind: &str, page: Value) -> Value {
        without_missing(json!({
            "$schema": "/mediawiki/page/change/1.2.0",
            "meta": {"stream": STREAM, "domain": wiki.api_url().host_str()},
            "dt": self.timestamp,
            "wiki_id": wiki.name,
            "page_change_kind": kind,
            "changelog_kind": changelog_kind,
            "comment": self.comment(),
            "performer": self.performer(),
            "page": page,
            "revision": {},
        }))
    }

    fn page(&self, title: &str) -> Value {
        page(self.pageid, title, self.ns)
    }

    /// The revision that a row saved.
    fn revision(&self) -> Value {
        json!({
            "rev_id": self.revid,
            "rev_dt": self.timestamp,
            "rev_sha1": self.sha1,
            "comment": self.comment(),
            "editor": self.performer(),
            "is_content_visible": !self.sha1hidden,
            "is_comment_visible": !self.commenthidden,
            "is_editor_visible": !self.userhidden,
        })
    }

    /// Accounts that may see what is hidden get it beside the flag.
    fn comment(&self) -> Option<&str> {
        self.comment.as_deref().filter(|_| !self.commenthidden)
    }

    fn performer(&self) -> Option<Value> {
        let name = self.user.as_deref();
        let name = name.filter(|name| !name.is_empty() && !self.userhidden)?;
        Some(json!({
            "user_text": name,
            "user_id": self.userid.filter(|id| *id != 0),
            "is_bot": self.bot,
            "is_temp": self.temp,
        }))
    }
}

fn page(page_id: u64, title: &str, namespace: i64) -> Value {
    json!({"page_id": page_id, "page_title": title.replace(' ', "_"), "namespace_id": namespace})
}

fn without_missing(mut event: Value) -> Value {
    drop_missing(&mut event);
    event
}
