//! Where a ledger is kept, as a trait: SQLite by default.
//!
//! A store takes batches and answers questions; it knows nothing of queues, of HTTP or of when to do
//! what. Every implementation passes the battery in `battery`.

use std::ops::RangeInclusive;

use futures_util::future::BoxFuture;

use super::entry::{Fate, Judgement, LedgerModel, LedgerPage, ScoredEdit, SeenEdit};
use super::lease::Lease;
use super::past::SharedPast;
use super::tails::Tails;
use super::tally::{Group, Tally};
use crate::corpus::{RevertComment, Sighting};
use crate::evaluation::{Kind, TenthCounts, UserClass};
use crate::model::Family;
use crate::revision::{PageId, RevisionId, Timestamp};

/// An answer that is waited for.
pub(crate) type Answer<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// A model's number in its store.
pub(crate) type ModelId = i64;

/// Days since 1970-01-01, in UTC.
pub(crate) type Day = i32;

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// It has no room; nothing of the batch was kept.
    #[error("the ledger has no room: {0}")]
    Full(String),
    /// It cannot be opened, read or written.
    #[error("the ledger cannot be used: {0}")]
    Unusable(String),
    /// What is in it makes no sense to this version.
    #[error("the ledger holds what this version does not understand: {0}")]
    NotUnderstood(String),
}

/// One thing that is written down.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// Scores; one that is there already (by wiki, revision and model) stays as it is.
    Scored(ScoredEdit),
    /// An edit that was seen; completes what is known of it.
    Seen(SeenEdit),
    /// What became of an edit that is there; takes the place of what was known.
    Became {
        wiki: std::sync::Arc<str>,
        revision: RevisionId,
        fate: Fate,
    },
    /// A page that is there has another title, is deleted, or is back.
    PageChanged {
        wiki: std::sync::Arc<str>,
        page: PageId,
        /// `None` leaves it as it is.
        title: Option<String>,
        is_deleted: Option<bool>,
    },
    /// What may be seen of an edit that is there changed. An account's name that may not be seen is
    /// dropped for good.
    Visibility {
        wiki: std::sync::Arc<str>,
        revision: RevisionId,
        is_text_visible: bool,
        is_user_visible: bool,
    },
    /// A judgement; takes the place of the same person's earlier one.
    Judged(Judgement),
    /// Takes a person's judgement back.
    Unjudged {
        wiki: std::sync::Arc<str>,
        revision: RevisionId,
        by: String,
    },
}

/// A revision at the end of its page's row.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct TailEntry {
    pub(crate) sighting: Sighting,
    pub(crate) comment: RevertComment,
    pub(crate) user_class: UserClass,
    pub(crate) fate: Fate,
}

/// One edit as it stands in the ledger.
#[derive(Clone, Debug)]
pub(crate) struct LedgerEdit {
    pub(crate) revision: RevisionId,
    pub(crate) page: LedgerPage,
    pub(crate) timestamp: Option<Timestamp>,
    pub(crate) user_name: Option<String>,
    pub(crate) user_class: UserClass,
    pub(crate) kind: Option<Kind>,
    pub(crate) is_first: bool,
    pub(crate) scored_at: Option<Timestamp>,
    pub(crate) scores: Vec<LedgerScore>,
    pub(crate) fate: Fate,
    pub(crate) judgements: Vec<Judgement>,
    /// Whether its page is deleted, as far as told.
    pub(crate) is_page_deleted: bool,
    /// Whether its text is hidden, as far as told.
    pub(crate) is_text_hidden: bool,
}

/// One score as it stands in the ledger.
#[derive(Clone, Debug)]
pub(crate) struct LedgerScore {
    pub(crate) model: ModelId,
    pub(crate) probability: f64,
    pub(crate) reasons: Vec<(Family, f32)>,
    pub(crate) is_counted: bool,
}

/// What was said of an edit already.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct KnownEdit {
    pub(crate) revision: RevisionId,
    /// Whether the edit itself was told of too.
    pub(crate) is_seen: bool,
    /// Models' checksums, and their probabilities.
    pub(crate) scores: Vec<(u128, f64)>,
}

/// Which edits of a wiki are asked for, newest first.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) model: ModelId,
    /// With at least this probability.
    pub(crate) at_least: f64,
    /// Before this edit, in order of time; of an edit whose time is not known, that of its score.
    pub(crate) before: Option<(Timestamp, RevisionId)>,
    /// Without a judgement, not reverted (by their author neither), not by a bot, and with something to look
    /// at: neither the page is deleted nor the text hidden.
    pub(crate) is_open: bool,
    /// At most so many.
    pub(crate) limit: usize,
}

/// What is counted of one day.
#[derive(Clone, Debug)]
pub(crate) struct DayTally {
    pub(crate) model: ModelId,
    pub(crate) day: Day,
    pub(crate) group: Group,
    pub(crate) tally: Tally,
}

/// A model with its number, and when it scored.
#[derive(Clone, Debug)]
pub(crate) struct StoredModel {
    pub(crate) id: ModelId,
    pub(crate) model: LedgerModel,
    /// Days of the first and the last edit that it scored, be they there or counts alone; `None` when
    /// neither is left.
    pub(crate) days: Option<(Day, Day)>,
}

impl StoredModel {
    /// Name and version.
    pub(crate) fn full_name(&self) -> String {
        format!("{}@{}", self.model.name, self.model.version)
    }
}

/// How often each tenth of the training's values came: `counts[feature][0..=10]`, 10 for missing ones.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct FeatureCounts {
    pub(crate) counts: Vec<TenthCounts>,
}

impl FeatureCounts {
    /// Counts an edit's values, each by its tenth; what is none of these counts as missing.
    pub(crate) fn count(&mut self, tenths: &[u8]) {
        self.reach(tenths.len());
        for (counts, tenth) in self.counts.iter_mut().zip(tenths) {
            counts[usize::from(*tenth).min(10)] += 1;
        }
    }

    /// Adds others' counts.
    pub(crate) fn absorb(&mut self, other: &Self) {
        self.reach(other.counts.len());
        for (counts, others) in self.counts.iter_mut().zip(&other.counts) {
            for (n, other) in counts.iter_mut().zip(others) {
                *n += other;
            }
        }
    }

    fn reach(&mut self, n_features: usize) {
        if self.counts.len() < n_features {
            self.counts.resize(n_features, [0; 11]);
        }
    }
}

/// What a wiki's ledger holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LedgerSize {
    pub(crate) edits: u64,
    pub(crate) scores: u64,
    pub(crate) judgements: u64,
    /// The time of the latest edit that was seen (not only scored): until then outcomes are known.
    pub(crate) seen_until: Option<Timestamp>,
}

/// A ledger's storage. All methods may be called at the same time.
pub(crate) trait Store: Send + Sync {
    /// Writes all changes, in their order, or none. What was written once is not written twice. When
    /// the future is ready the changes outlive this process.
    ///
    /// With `tails` what the changes say of earlier edits is written too: the store completes them by the ends of
    /// their pages as they are when it writes, whoever wrote before. Where it fails, the tails are of no use any
    /// more.
    fn apply<'a>(&'a self, changes: &'a [Change], tails: Option<&'a mut Tails>) -> Answer<'a, ()>;

    /// The last revisions of a page in order of (time, id), oldest first, at most so many.
    fn tail<'a>(&'a self, wiki: &'a str, page: PageId, limit: usize) -> Answer<'a, Vec<TailEntry>>;

    /// The key under which authors' names are hashed: made with the store, the same ever after.
    fn author_key(&self) -> u64;

    /// The wikis that there is anything of, by name.
    fn wikis(&self) -> Answer<'_, Vec<String>>;

    /// What there is of a wiki.
    fn size<'a>(&'a self, wiki: &'a str) -> Answer<'a, LedgerSize>;

    /// The models that scored a wiki's edits, the latest first.
    fn models<'a>(&'a self, wiki: &'a str) -> Answer<'a, Vec<StoredModel>>;

    /// The tallies of these days of a model of a wiki, or of all. An edit is pending when its time is after
    /// `settled_until`.
    fn tallies<'a>(
        &'a self,
        wiki: &'a str,
        model: Option<ModelId>,
        days: RangeInclusive<Day>,
        settled_until: Timestamp,
    ) -> Answer<'a, Vec<DayTally>>;

    /// How a model's features were spread among a wiki's edits of these days.
    fn features<'a>(
        &'a self,
        wiki: &'a str,
        model: ModelId,
        days: RangeInclusive<Day>,
    ) -> Answer<'a, FeatureCounts>;

    /// One edit; `None` when it is not there.
    fn edit<'a>(&'a self, wiki: &'a str, revision: RevisionId) -> Answer<'a, Option<LedgerEdit>>;

    /// Those of these edits that are there, with what models said of them.
    fn known<'a>(
        &'a self,
        wiki: &'a str,
        revisions: &'a [RevisionId],
    ) -> Answer<'a, Vec<KnownEdit>>;

    /// Edits by score, newest first.
    fn edits<'a>(&'a self, wiki: &'a str, wanted: &'a Wanted) -> Answer<'a, Vec<LedgerEdit>>;

    /// All judgements of a wiki's edits, in order of (revision, person).
    fn judgements<'a>(&'a self, wiki: &'a str) -> Answer<'a, Vec<Judgement>>;

    /// Bytes of all that is kept, as far as is known without waiting.
    fn size_bytes(&self) -> u64;

    /// Where the source of a stream is, in its own words, as it was kept last; `None` before that. For
    /// sources that do not remember it themselves.
    fn position<'a>(&'a self, source: &'a str) -> Answer<'a, Option<String>>;

    /// Keeps where the source of a stream is, in place of where it was. When the future is ready it outlives
    /// this process.
    fn keep_position<'a>(&'a self, source: &'a str, position: &'a str) -> Answer<'a, ()>;

    /// A job that one process, of all that use the store, does at a time; `None` while another has it. Of two
    /// tasks of one process only one gets it too.
    fn lease<'a>(&'a self, job: &'a str) -> Answer<'a, Option<Lease>>;

    /// The past that several services share; `None` where one process has the store alone, and keeps histories as files.
    fn shared_past(&self) -> Option<&dyn SharedPast> {
        None
    }

    /// Writes everything into one file and lets go of it; nothing is asked for any more.
    fn close(&self) -> Answer<'_, ()>;

    /// Drops a wiki's single edits of days before this one, and gives how many went. Their counts stay in
    /// the tallies as they are now, whatever is said of them later; edits with a judgement stay. What is
    /// told anew of edits of such a day that are not there any more is not taken.
    fn compact<'a>(
        &'a self,
        wiki: &'a str,
        before: Day,
        settled_until: Timestamp,
    ) -> Answer<'a, u64>;
}
