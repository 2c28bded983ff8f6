//! Revisions by their ids, each with its parent, author and page.
//!
//! Up to fifty cost two calls: one for the revisions, one for their parents and authors together.
//! What was fetched lately is not fetched again, and what is being fetched is waited for, whoever
//! asked first; a fetch goes on when whoever asked leaves, because others may wait. That a
//! revision cannot be had is an outcome of its own.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::watch;

use super::answer::{Account, Answer, Given};
use super::{ApiError, Wiki};
use crate::revision::{Revision, User, UserKind};
use crate::service::App;
use crate::service::scoring::EditParts;

/// Revisions that MediaWiki gives anybody at once.
const BATCH: usize = 50;

/// The largest id that MediaWiki reads; it refuses a whole call for a larger one.
const MAX_ID: u64 = i64::MAX as u64;

/// Calls for the rest of one answer: one a revision, should each be as large as an answer may be.
const MAX_CONTINUATIONS: usize = BATCH;

/// The content model of what can be scored.
const WIKITEXT: &str = "wikitext";

/// A revision that was asked for.
pub(crate) type Fetched = Result<Arc<EditParts>, FetchError>;

/// Fetches that others may wait for; `None` until they end.
pub(super) type InFlight = HashMap<u64, watch::Receiver<Option<Fetched>>>;

/// Why a revision cannot be scored.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("there is no revision {id}, or nobody may see it")]
    RevisionNotFound { id: u64 },
    #[error("there is no revision {id}, the parent, or nobody may see it")]
    ParentNotFound { id: u64 },
    #[error("revision {id} is the first of its page, and there is no parent to compare it with")]
    FirstRevision { id: u64 },
    #[error("the text of revision {id} is hidden")]
    TextHidden { id: u64 },
    #[error("the text of revision {id}, the parent, is hidden")]
    ParentTextHidden { id: u64 },
    #[error("the author of revision {id} is hidden")]
    UserHidden { id: u64 },
    #[error("the comment of revision {id} is hidden")]
    CommentHidden { id: u64 },
    #[error("expected wikitext as the content model of revision {id}, got {got}")]
    ContentModel { id: u64, got: String },
    #[error("expected at most {limit} bytes of UTF-8 as the text of revision {id}, got {got}")]
    TextTooLarge { id: u64, limit: usize, got: usize },
    #[error("the revision was not fetched within {limit_ms} ms")]
    Timeout { limit_ms: u128 },
    #[error(transparent)]
    Api(#[from] ApiError),
    #[error("something went wrong inside the service; its log says more")]
    Internal,
}

/// Gives revisions in the order of the ids, those that are fetched by the deadline.
pub(crate) async fn fetch(
    app: &App,
    wiki: &Arc<Wiki>,
    ids: &[u64],
    deadline: Instant,
) -> Vec<Fetched> {
    let mut mine = Vec::new();
    let mut pending = Vec::with_capacity(ids.len());
    {
        let mut in_flight = wiki.lock();
        let (mut n_hits, mut n_misses, mut n_joined) = (0, 0, 0);
        for &id in ids {
            if !(1..=MAX_ID).contains(&id) {
                // It would cost all that are asked with it their answer.
                pending.push(Pending::Done(Err(FetchError::RevisionNotFound { id })));
                continue;
            }
            // Looked up under the lock: what leaves the map is in the cache before.
            if let Some(parts) = app.caches().edit(wiki, id) {
                n_hits += 1;
                pending.push(Pending::Done(Ok(parts)));
            } else if let Some(others) = in_flight.get(&id) {
                n_joined += 1;
                pending.push(Pending::Open(others.clone()));
            } else {
                n_misses += 1;
                let (sender, receiver) = watch::channel(None);
                in_flight.insert(id, receiver.clone());
                mine.push((id, sender));
                pending.push(Pending::Open(receiver));
            }
        }
        app.metrics().edit_lookups(n_hits, n_misses, n_joined);
    }
    while !mine.is_empty() {
        let batch = mine.split_off(mine.len().saturating_sub(BATCH));
        // Made here, so that nobody waits for a task that never ran.
        let batch = Batch {
            wiki: Arc::clone(wiki),
            senders: batch,
        };
        tokio::spawn(batch.fetch(app.clone()));
    }
    let mut fetched = Vec::with_capacity(pending.len());
    for pending in pending {
        fetched.push(match pending {
            Pending::Done(result) => result,
            Pending::Open(mut receiver) => {
                let ended = receiver.wait_for(Option::is_some);
                match tokio::time::timeout_at(deadline.into(), ended).await {
                    Ok(Ok(result)) => result.clone().unwrap_or(Err(FetchError::Internal)),
                    Ok(Err(_)) => Err(FetchError::Internal),
                    Err(_) => Err(FetchError::of_deadline(app)),
                }
            }
        });
    }
    fetched
}

/// What was asked for: known, or being fetched.
enum Pending {
    Done(Fetched),
    Open(watch::Receiver<Option<Fetched>>),
}

impl FetchError {
    /// The request's time is over.
    pub(crate) fn of_deadline(app: &App) -> Self {
        Self::Timeout {
            limit_ms: app.limits().timeout.as_millis(),
        }
    }
}

impl Wiki {
    /// Nothing fails under the lock.
    fn lock(&self) -> MutexGuard<'_, InFlight> {
        self.in_flight
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks until there is no rest. What asks for the rest may replace what was asked.
    async fn ask(&self, app: &App, parameters: &[(&str, &str)]) -> Result<Vec<Answer>, ApiError> {
        let mut answers = Vec::new();
        let mut rest: BTreeMap<String, String> = BTreeMap::new();
        for _ in 0..=MAX_CONTINUATIONS {
            let kept = parameters
                .iter()
                .filter(|(name, _)| !rest.contains_key(*name));
            let more = rest
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()));
            let parameters: Vec<(&str, &str)> = kept.copied().chain(more).collect();
            let mut answer = self
                .api
                .query(app.metrics(), "revisions", &parameters)
                .await?;
            let more = answer.rest.take().unwrap_or_default().into_iter();
            answers.push(answer);
            let more = more.map(|(name, value)| {
                let text = value.as_str().map(str::to_owned);
                (name, text.unwrap_or_else(|| value.to_string()))
            });
            let more: BTreeMap<String, String> = more.collect();
            // A revision that is larger than an answer may be would be asked for for ever.
            if more.is_empty() || more == rest {
                return Ok(answers);
            }
            rest = more;
        }
        Err(ApiError::Garbage)
    }

    async fn revisions(
        &self,
        app: &App,
        ids: &[u64],
        users: &[String],
    ) -> Result<Gathered, ApiError> {
        let ids = joined(ids.iter().map(u64::to_string));
        let users = joined(users.iter().cloned());
        let mut parameters = Vec::new();
        if !ids.is_empty() {
            parameters.extend([
                ("prop", "revisions"),
                ("revids", ids.as_str()),
                (
                    "rvprop",
                    "ids|timestamp|flags|user|comment|content|contentmodel",
                ),
                ("rvslots", "main"),
            ]);
        }
        if !users.is_empty() {
            parameters.extend([
                ("list", "users"),
                ("ususers", users.as_str()),
                ("usprop", "groups|registration|editcount"),
            ]);
        }
        let mut gathered = Gathered::default();
        if parameters.is_empty() {
            return Ok(gathered);
        }
        for mut answer in self.ask(app, &parameters).await? {
            gathered.missing.extend(answer.query.missing());
            gathered.revisions.extend(answer.query.revisions());
            gathered.accounts.extend(answer.query.accounts());
        }
        Ok(gathered)
    }
}

/// What the answers to one question hold.
#[derive(Default)]
struct Gathered {
    revisions: HashMap<u64, Given>,
    accounts: HashMap<String, Account>,
    /// Ids of which the wiki says that there is no such revision.
    missing: HashSet<u64>,
}

/// Values of one parameter.
fn joined(values: impl Iterator<Item = String>) -> String {
    values.collect::<Vec<_>>().join("|")
}

/// Ids that one task fetches. When it ends, however it ends, nobody waits for it any more.
struct Batch {
    wiki: Arc<Wiki>,
    senders: Vec<(u64, watch::Sender<Option<Fetched>>)>,
}

impl Drop for Batch {
    fn drop(&mut self) {
        let mut in_flight = self.wiki.lock();
        for (id, _) in &self.senders {
            in_flight.remove(id);
        }
    }
}

impl Batch {
    async fn fetch(self, app: App) {
        let results = self.results(&app).await;
        for (id, sender) in &self.senders {
            let result = match &results {
                Err(error) => Err(FetchError::Api(*error)),
                Ok(results) => results
                    .get(id)
                    .cloned()
                    .unwrap_or(Err(FetchError::RevisionNotFound { id: *id })),
            };
            if let Ok(parts) = &result {
                app.caches().keep_edit(&self.wiki, *id, Arc::clone(parts));
            }
            sender.send_replace(Some(result));
        }
    }

    async fn results(&self, app: &App) -> Result<HashMap<u64, Fetched>, ApiError> {
        let wiki = &self.wiki;
        let ids: Vec<u64> = self.senders.iter().map(|(id, _)| *id).collect();
        let Gathered {
            mut revisions,
            missing: absent,
            ..
        } = wiki.revisions(app, &ids, &[]).await?;
        // What is seen to be no edit to score needs no parent.
        let mut results: HashMap<u64, Fetched> = HashMap::new();
        for id in ids.into_iter().filter(|id| !revisions.contains_key(id)) {
            results.insert(id, Err(not_given(id, &absent)));
        }
        let limit = app.limits().text_bytes;
        revisions.retain(|id, given| match check(*id, given, limit) {
            Ok(()) => true,
            Err(error) => {
                results.insert(*id, Err(error));
                false
            }
        });
        let mut parents: HashMap<u64, Revision> = HashMap::new();
        let mut missing = Vec::new();
        for id in revisions
            .values()
            .filter_map(|given| given.revision.parent_id)
        {
            if let Some(parts) = app.caches().edit(wiki, id.0) {
                parents.insert(id.0, as_parent(parts.revision.clone()));
            } else if let Some(given) = revisions.get(&id.0) {
                parents.insert(id.0, as_parent(given.revision.clone()));
            } else if !missing.contains(&id.0) {
                missing.push(id.0);
            }
        }
        let mut users: Vec<String> = revisions
            .values()
            .map(|given| &given.revision.user)
            .filter(|user| user.kind != UserKind::Anonymous)
            .filter_map(|user| user.name.clone())
            .collect();
        users.sort_unstable();
        users.dedup();
        let Gathered {
            revisions: fetched,
            accounts,
            missing: absent,
        } = wiki.revisions(app, &missing, &users).await?;
        let fetched = fetched.into_iter();
        parents.extend(fetched.map(|(id, given)| (id, as_parent(given.revision))));
        for (id, mut given) in revisions {
            let name = given.revision.user.name.as_ref();
            if let Some(account) = name.and_then(|name| accounts.get(name)) {
                given.set_account(account.clone());
            }
            let parent = given.revision.parent_id.map(|parent_id| {
                let parent = parents.get(&parent_id.0).cloned();
                let parent = parent.ok_or_else(|| match not_given(parent_id.0, &absent) {
                    FetchError::RevisionNotFound { id } => FetchError::ParentNotFound { id },
                    other => other,
                })?;
                match parent.text.as_ref().map(|text| text.len()) {
                    None => Err(FetchError::ParentTextHidden { id: parent_id.0 }),
                    Some(got) if got > limit => Err(FetchError::TextTooLarge {
                        id: parent_id.0,
                        limit,
                        got,
                    }),
                    Some(_) => Ok(parent),
                }
            });
            let parts = parent.transpose().map(|parent| {
                Arc::new(EditParts {
                    rev_id: Some(id),
                    parent,
                    revision: given.revision,
                    page: given.page,
                })
            });
            results.insert(id, parts);
        }
        Ok(results)
    }
}

/// Why a revision is not in an answer.
fn not_given(id: u64, absent: &HashSet<u64>) -> FetchError {
    match absent.contains(&id) {
        true => FetchError::RevisionNotFound { id },
        // Left out without a word: larger than an answer may be, or an answer of something else.
        false => FetchError::Api(ApiError::Garbage),
    }
}

/// Whether a revision is one that can be scored, its parent aside.
fn check(id: u64, given: &Given, limit: usize) -> Result<(), FetchError> {
    if let Some(got) = given
        .content_model
        .as_deref()
        .filter(|got| *got != WIKITEXT)
    {
        let got = got.chars().take(40).collect();
        return Err(FetchError::ContentModel { id, got });
    }
    let Some(text) = &given.revision.text else {
        return Err(FetchError::TextHidden { id });
    };
    if text.len() > limit {
        let got = text.len();
        return Err(FetchError::TextTooLarge { id, limit, got });
    }
    if given.is_user_hidden {
        return Err(FetchError::UserHidden { id });
    }
    if given.revision.comment.is_none() {
        return Err(FetchError::CommentHidden { id });
    }
    Ok(())
}

/// What an edit needs to know of the revision before: not what its author's account is now.
fn as_parent(revision: Revision) -> Revision {
    Revision {
        user: User {
            name: revision.user.name,
            kind: revision.user.kind,
            ..User::default()
        },
        parent_id: None,
        minor: None,
        ..revision
    }
}
