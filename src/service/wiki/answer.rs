//! What the Action API says (`action=query`, `formatversion=2`), and what it means.
//!
//! Shapes are those of MediaWiki 1.35 to 1.45: hidden parts of a revision have a flag in place of a
//! value, revisions that nobody may see (or that never were) stand under `badrevids`. Everything
//! may be missing; what is unknown is ignored.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::revision::{Page, PageId, PreviousEdit, Revision, RevisionId, User, UserKind};

/// One answer.
#[derive(Default, Deserialize)]
pub(super) struct Answer {
    pub(super) error: Option<ApiComplaint>,
    #[serde(default)]
    pub(super) query: Query,
    /// Parameters that ask for the rest.
    #[serde(rename = "continue")]
    pub(super) rest: Option<Map<String, Value>>,
    /// The wiki's clock, where it was asked for.
    pub(super) curtimestamp: Option<String>,
}

/// An error of the API itself.
#[derive(Deserialize)]
pub(super) struct ApiComplaint {
    pub(super) code: String,
}

#[derive(Default, Deserialize)]
pub(super) struct Query {
    #[serde(default)]
    pages: Vec<PageAnswer>,
    #[serde(default)]
    users: Vec<UserAnswer>,
    /// By id, or a list.
    #[serde(default)]
    badrevids: Value,
    #[serde(default)]
    pub(super) recentchanges: Vec<Value>,
}

#[derive(Deserialize)]
struct PageAnswer {
    #[serde(default)]
    pageid: u64,
    #[serde(default)]
    ns: i32,
    #[serde(default)]
    title: String,
    #[serde(default)]
    revisions: Vec<RevisionAnswer>,
}

#[derive(Deserialize)]
struct RevisionAnswer {
    revid: u64,
    #[serde(default)]
    parentid: u64,
    #[serde(default)]
    minor: bool,
    user: Option<String>,
    #[serde(default)]
    anon: bool,
    #[serde(default)]
    temp: bool,
    timestamp: Option<String>,
    comment: Option<String>,
    /// Set beside the values too, for accounts that may see them.
    #[serde(default)]
    userhidden: bool,
    #[serde(default)]
    commenthidden: bool,
    #[serde(default)]
    slots: HashMap<String, SlotAnswer>,
}

#[derive(Deserialize)]
struct SlotAnswer {
    contentmodel: Option<String>,
    content: Option<Arc<str>>,
    #[serde(default)]
    texthidden: bool,
}

#[derive(Deserialize)]
struct UserAnswer {
    name: String,
    userid: Option<u64>,
    groups: Option<Vec<String>>,
    registration: Option<String>,
    editcount: Option<u64>,
}

/// A revision as the API gave it.
pub(super) struct Given {
    pub(super) revision: Revision,
    pub(super) page: Page,
    /// `None` where the text is hidden.
    pub(super) content_model: Option<String>,
    /// Whether somebody hid the author.
    pub(super) is_user_hidden: bool,
}

/// What is known of an account now.
#[derive(Clone)]
pub(super) struct Account {
    groups: Option<Vec<String>>,
    registered: Option<String>,
    edit_count: Option<u64>,
}

impl Query {
    /// Ids of revisions that are not there, or that nobody may see.
    pub(super) fn missing(&self) -> Vec<u64> {
        let listed = self.badrevids.as_array().into_iter().flatten();
        let by_id = self.badrevids.as_object().into_iter().flatten();
        let entries = listed.chain(by_id.map(|(_, entry)| entry));
        entries
            .filter_map(|entry| entry["revid"].as_u64())
            .collect()
    }

    /// The revisions by id; those that are missing are not there.
    pub(super) fn revisions(&mut self) -> impl Iterator<Item = (u64, Given)> {
        std::mem::take(&mut self.pages)
            .into_iter()
            .flat_map(|page| {
                let of = Page {
                    id: PageId(page.pageid),
                    title: page.title,
                    namespace: page.ns,
                };
                let revisions = page.revisions.into_iter();
                revisions.map(move |revision| (revision.revid, Given::new(revision, of.clone())))
            })
    }

    /// The accounts by name; addresses and accounts of other wikis are not there.
    pub(super) fn accounts(&mut self) -> impl Iterator<Item = (String, Account)> {
        let users = std::mem::take(&mut self.users).into_iter();
        users.filter(|user| user.userid.is_some()).map(|user| {
            let account = Account {
                groups: user.groups,
                registered: user.registration,
                edit_count: user.editcount,
            };
            (user.name, account)
        })
    }
}

impl Given {
    fn new(answer: RevisionAnswer, page: Page) -> Self {
        let mut slots = answer.slots;
        let (content_model, text) = slots.remove("main").map_or((None, None), |slot| {
            let text = slot.content.filter(|_| !slot.texthidden);
            (slot.contentmodel, text)
        });
        let name = answer.user.filter(|_| !answer.userhidden);
        let mut user = name.map(User::named).unwrap_or_default();
        if answer.temp {
            user.kind = UserKind::Temporary;
        } else if answer.anon && user.kind == UserKind::Registered {
            user.kind = UserKind::Anonymous;
        }
        Self {
            is_user_hidden: user.name.is_none(),
            revision: Revision {
                id: RevisionId(answer.revid),
                parent_id: Some(RevisionId(answer.parentid)).filter(|id| id.0 != 0),
                // A time that is none is not known.
                timestamp: answer.timestamp.and_then(|time| time.parse().ok()),
                user,
                comment: answer.comment.filter(|_| !answer.commenthidden),
                minor: Some(answer.minor),
                text,
            },
            page,
            content_model,
        }
    }

    /// Adds what is known of the author. The API counts edits up to now, this one included.
    pub(super) fn set_account(&mut self, account: Account) {
        let edit_count = account.edit_count.map(|count| count.saturating_sub(1));
        let user = &mut self.revision.user;
        user.groups = account.groups;
        user.registered_at = account.registered.and_then(|time| time.parse().ok());
        user.edit_count = edit_count;
        if edit_count == Some(0) {
            user.previous_edit = PreviousEdit::Never;
        }
    }
}
