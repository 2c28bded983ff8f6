//! Changes and the rows that stand become the rows that are to stand: plain values in, plain values out.
//!
//! What is known of an edit stays, and gaps are filled, whoever tells: that makes it the same whether a score or the
//! edit itself came first, and telling twice changes nothing. The rules are those of SQLite's statements, and one
//! battery holds both to them. The file is long because it is one list of rules over one set of rows.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::numbers::{Numbers, wiki_of};
use crate::corpus::{RevertComment, TextDigest};
use crate::evaluation::{Kind, UserClass};
use crate::revision::{RevisionId, Timestamp};
use crate::service::ledger::entry::{EditFacts, Fate, Judgement, LedgerPage, ModelScore};
use crate::service::ledger::rows::{Sums, day_of, stored_id, time_of, verdict};
use crate::service::ledger::store::{Change, Day, ModelId};
use crate::service::ledger::tally::Judged;

/// A wiki's number and a revision as it is stored.
pub(super) type Key = (i64, i64);

/// A page by its id, or by its title where that is not known.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum PageKey {
    Id(i64),
    Title(String),
}

impl PageKey {
    pub(super) fn of(id: i64, title: &str) -> Self {
        match id {
            0 => Self::Title(title.to_owned()),
            id => Self::Id(id),
        }
    }

    fn of_page(page: &LedgerPage) -> Self {
        Self::of(page.id.0.cast_signed(), &page.title)
    }
}

/// An edit's row.
#[derive(Clone, Debug)]
pub(super) struct EditRow {
    pub(super) page: PageKey,
    pub(super) namespace: i32,
    pub(super) time: i64,
    pub(super) is_dated: bool,
    pub(super) digest: Option<TextDigest>,
    pub(super) author: Option<u64>,
    pub(super) user_name: Option<String>,
    pub(super) user_class: UserClass,
    pub(super) is_first: bool,
    pub(super) kind: Option<Kind>,
    pub(super) comment: Option<RevertComment>,
    pub(super) fate: Fate,
    pub(super) judged: Judged,
    /// What may not be shown: its text (1), its author (2).
    pub(super) hidden: u8,
}

/// A page.
#[derive(Debug)]
pub(super) struct Page {
    /// `None` of a new one.
    pub(super) number: Option<i64>,
    pub(super) title: String,
    pub(super) is_deleted: bool,
    pub(super) is_changed: bool,
}

/// Pages by wiki.
pub(super) type Pages = HashMap<(i64, PageKey), Page>;

/// An edit that is there, or is to be.
#[derive(Debug)]
pub(super) struct Edit {
    pub(super) row: EditRow,
    /// The time under which its row stands; `None` of a new one.
    pub(super) stored_time: Option<i64>,
    /// The models that scored it.
    pub(super) models: BTreeSet<ModelId>,
    pub(super) is_changed: bool,
}

/// What people said of an edit, and when.
pub(super) type Verdicts = BTreeMap<String, (i64, Judged)>;

/// What stands of the edits that changes are about.
#[derive(Default)]
pub(super) struct Standing {
    pub(super) edits: HashMap<Key, Edit>,
    /// Pages of these edits, and those that changes name.
    pub(super) pages: Pages,
    pub(super) verdicts: HashMap<Key, Verdicts>,
    /// Days whose edits are gone.
    pub(super) frozen: HashSet<(i64, Day)>,
}

/// A score that is new. Its time is its edit's.
#[derive(Debug)]
pub(super) struct NewScore<'a> {
    pub(super) key: Key,
    pub(super) model: ModelId,
    pub(super) score: &'a ModelScore,
    pub(super) scored_at: Option<i64>,
}

/// What is to stand.
pub(super) struct Merged<'a> {
    pub(super) edits: HashMap<Key, Edit>,
    pub(super) scores: Vec<NewScore<'a>>,
    /// Judgements by edit and person; `None` where one is taken back.
    pub(super) judgements: BTreeMap<(Key, &'a str), Option<&'a Judgement>>,
    pub(super) pages: Pages,
    pub(super) sums: Sums,
}

/// The edits that changes are about.
pub(super) fn keys(changes: &[Change], numbers: &Numbers) -> BTreeSet<Key> {
    let keys = changes.iter().filter_map(|change| {
        let revision = match change {
            Change::Scored(edit) => edit.edit.sighting.revision,
            Change::Seen(seen) => seen.edit.sighting.revision,
            Change::Became { revision, .. }
            | Change::Visibility { revision, .. }
            | Change::Unjudged { revision, .. } => *revision,
            Change::Judged(judgement) => judgement.revision,
            Change::PageChanged { .. } => return None,
        };
        Some((numbers.wiki(wiki_of(change)), stored_id(revision)))
    });
    keys.collect()
}

/// The pages that changes name.
pub(super) fn pages(changes: &[Change], numbers: &Numbers) -> BTreeSet<(i64, PageKey)> {
    let pages = changes.iter().filter_map(|change| {
        let page = match change {
            Change::Scored(edit) => PageKey::of_page(&edit.page),
            Change::Seen(seen) => PageKey::of_page(&seen.page),
            Change::PageChanged { page, .. } => PageKey::of(page.0.cast_signed(), ""),
            _ => return None,
        };
        Some((numbers.wiki(wiki_of(change)), page))
    });
    pages.collect()
}

/// Takes changes in, in their order.
pub(super) fn merge<'a>(
    changes: &'a [Change],
    numbers: &Numbers,
    standing: Standing,
) -> Merged<'a> {
    let Standing {
        edits,
        pages,
        verdicts,
        frozen,
    } = standing;
    let mut merging = Merging {
        verdicts,
        frozen,
        merged: Merged {
            edits,
            scores: Vec::new(),
            judgements: BTreeMap::new(),
            pages,
            sums: Sums::default(),
        },
    };
    for change in changes {
        let wiki = numbers.wiki(wiki_of(change));
        match change {
            Change::Scored(scored) => {
                let told = Told {
                    wiki,
                    page: &scored.page,
                    facts: &scored.edit,
                    scored_at: scored.scored_at,
                    comment: None,
                };
                merging.scored(&told, &scored.scores, numbers);
            }
            Change::Seen(seen) => {
                let sums = merging.merged.sums.of_wiki(wiki);
                sums.seen_until = sums.seen_until.max(seen.edit.sighting.timestamp);
                merging.edit(&Told {
                    wiki,
                    page: &seen.page,
                    facts: &seen.edit,
                    scored_at: None,
                    comment: Some(seen.comment),
                });
            }
            Change::Became { revision, fate, .. } => merging.became(wiki, *revision, fate),
            Change::PageChanged {
                page,
                title,
                is_deleted,
                ..
            } => {
                // Of a page without an id nobody says that.
                let page = (wiki, PageKey::Id(page.0.cast_signed()));
                merging.page_changed(&page, title.as_deref(), *is_deleted);
            }
            Change::Visibility {
                revision,
                is_text_visible,
                is_user_visible,
                ..
            } => {
                let hidden = u8::from(!is_text_visible) | u8::from(!is_user_visible) << 1;
                merging.hidden((wiki, stored_id(*revision)), hidden);
            }
            Change::Judged(judgement) => merging.judged(wiki, judgement),
            Change::Unjudged { revision, by, .. } => merging.unjudged(wiki, *revision, by),
        }
    }
    merging.merged
}

/// What is told of an edit, by a score or by itself.
struct Told<'a> {
    wiki: i64,
    page: &'a LedgerPage,
    facts: &'a EditFacts,
    scored_at: Option<Timestamp>,
    comment: Option<RevertComment>,
}

impl Told<'_> {
    fn key(&self) -> Key {
        (self.wiki, stored_id(self.facts.sighting.revision))
    }
}

struct Merging<'a> {
    verdicts: HashMap<Key, Verdicts>,
    frozen: HashSet<(i64, Day)>,
    merged: Merged<'a>,
}

impl<'a> Merging<'a> {
    fn is_frozen(&self, wiki: i64, time: i64) -> bool {
        self.frozen.contains(&(wiki, day_of(time)))
    }

    fn scored(&mut self, told: &Told<'_>, scores: &'a [ModelScore], numbers: &Numbers) {
        let Some(time) = self.edit(told) else {
            return;
        };
        if self.is_frozen(told.wiki, time) {
            return;
        }
        let Merged {
            edits,
            scores: new,
            sums,
            ..
        } = &mut self.merged;
        let Some(edit) = edits.get_mut(&told.key()) else {
            return;
        };
        for score in scores {
            let model = numbers.model(&score.model);
            if edit.models.insert(model) {
                sums.score(told.wiki, model, day_of(time), &score.tenths);
                new.push(NewScore {
                    key: told.key(),
                    model,
                    score,
                    scored_at: told.scored_at.map(|at| at.0),
                });
            }
        }
    }

    /// Takes what is told of an edit; its time, or `None` where the edit is gone for good.
    fn edit(&mut self, told: &Told<'_>) -> Option<i64> {
        if self.merged.edits.contains_key(&told.key()) {
            return self.complete(told);
        }
        let time = time_of(told.facts.sighting.timestamp, told.scored_at);
        if self.is_frozen(told.wiki, time) {
            return None;
        }
        self.insert(told, time);
        Some(time)
    }

    fn insert(&mut self, told: &Told<'_>, time: i64) {
        let (facts, sighting) = (told.facts, &told.facts.sighting);
        let page = PageKey::of_page(told.page);
        name_page(&mut self.merged.pages, (told.wiki, page.clone()), told.page);
        let row = EditRow {
            page,
            namespace: told.page.namespace,
            time,
            is_dated: sighting.timestamp.is_some(),
            digest: sighting.digest,
            author: sighting.author,
            user_name: facts.user_name.clone(),
            user_class: facts.user_class,
            is_first: facts.is_first,
            kind: facts.kind,
            comment: told.comment,
            fate: Fate::default(),
            judged: decided(self.verdicts.get(&told.key())),
            hidden: 0,
        };
        let edit = Edit {
            row,
            stored_time: None,
            models: BTreeSet::new(),
            is_changed: true,
        };
        self.merged.edits.insert(told.key(), edit);
        self.merged.sums.of_wiki(told.wiki).edits += 1;
        self.merged.sums.touch(told.wiki, day_of(time));
    }

    /// Fills the gaps of an edit that is there; gives its time.
    fn complete(&mut self, told: &Told<'_>) -> Option<i64> {
        let (facts, sighting) = (told.facts, &told.facts.sighting);
        let Merged {
            edits, pages, sums, ..
        } = &mut self.merged;
        let edit = edits.get_mut(&told.key())?;
        let row = &mut edit.row;
        let old_time = row.time;
        let time = match sighting.timestamp {
            Some(timestamp) if !row.is_dated => timestamp.0,
            // Seen without a time, and now scored.
            None if !row.is_dated && old_time == 0 => time_of(None, told.scored_at),
            _ => old_time,
        };
        let mut is_news = time != old_time;
        row.time = time;
        is_news |= fill(&mut row.digest, sighting.digest);
        is_news |= fill(&mut row.author, sighting.author);
        if row.hidden & 2 == 0 {
            is_news |= fill(&mut row.user_name, facts.user_name.clone());
        }
        is_news |= fill(&mut row.kind, facts.kind);
        is_news |= fill(&mut row.comment, told.comment);
        if sighting.timestamp.is_some() && !row.is_dated {
            row.is_dated = true;
            is_news = true;
        }
        if facts.is_first && !row.is_first {
            row.is_first = true;
            is_news = true;
        }
        if row.user_class == UserClass::Unknown && facts.user_class != UserClass::Unknown {
            row.user_class = facts.user_class;
            is_news = true;
        }
        edit.is_changed |= is_news;
        // A page without an id is another one when its title is, or when its id is told.
        let page = PageKey::of_page(told.page);
        if page != row.page && matches!(row.page, PageKey::Title(_)) {
            row.page = page.clone();
            edit.is_changed = true;
        }
        if page == row.page {
            name_page(pages, (told.wiki, page), told.page);
        }
        if is_news {
            sums.touch(told.wiki, day_of(old_time));
        }
        // The scores go with their edit.
        if time != old_time {
            sums.touch(told.wiki, day_of(time));
            for model in &edit.models {
                sums.span(told.wiki, *model, day_of(time));
            }
        }
        Some(time)
    }

    fn page_changed(
        &mut self,
        page: &(i64, PageKey),
        title: Option<&str>,
        is_deleted: Option<bool>,
    ) {
        if let Some(page) = self.merged.pages.get_mut(page) {
            if let Some(title) = title {
                title.clone_into(&mut page.title);
            }
            page.is_deleted = is_deleted.unwrap_or(page.is_deleted);
            page.is_changed = true;
        }
    }

    /// A name that may not be seen is dropped for good.
    fn hidden(&mut self, key: Key, hidden: u8) {
        if let Some(edit) = self.merged.edits.get_mut(&key) {
            edit.row.hidden = hidden;
            if hidden & 2 != 0 {
                edit.row.user_name = None;
            }
            edit.is_changed = true;
        }
    }

    fn became(&mut self, wiki: i64, revision: RevisionId, fate: &Fate) {
        let edit = self.merged.edits.get_mut(&(wiki, stored_id(revision)));
        if let Some(edit) = edit.filter(|edit| edit.row.fate != *fate) {
            edit.row.fate.clone_from(fate);
            edit.is_changed = true;
            self.merged.sums.touch(wiki, day_of(edit.row.time));
        }
    }

    fn judged(&mut self, wiki: i64, judgement: &'a Judgement) {
        let key = (wiki, stored_id(judgement.revision));
        let said = (judgement.at.0, verdict(judgement));
        let verdicts = self.verdicts.entry(key).or_default();
        if verdicts.insert(judgement.by.clone(), said).is_none() {
            self.merged.sums.of_wiki(wiki).judgements += 1;
        }
        self.merged
            .judgements
            .insert((key, &judgement.by), Some(judgement));
        self.decide(key);
    }

    fn unjudged(&mut self, wiki: i64, revision: RevisionId, by: &'a str) {
        let key = (wiki, stored_id(revision));
        let verdicts = self.verdicts.entry(key).or_default();
        if verdicts.remove(by).is_some() {
            self.merged.sums.of_wiki(wiki).judgements -= 1;
            self.merged.judgements.insert((key, by), None);
        }
        self.decide(key);
    }

    fn decide(&mut self, key: Key) {
        let judged = decided(self.verdicts.get(&key));
        let edit = self.merged.edits.get_mut(&key);
        if let Some(edit) = edit.filter(|edit| edit.row.judged != judged) {
            edit.row.judged = judged;
            edit.is_changed = true;
            self.merged.sums.touch(key.0, day_of(edit.row.time));
        }
    }
}

/// A page that an edit is on. Its title is the one that was told last; one that is told of without keeps its own.
fn name_page(pages: &mut Pages, key: (i64, PageKey), told: &LedgerPage) {
    let page = pages.entry(key).or_insert_with(|| Page {
        number: None,
        title: told.title.clone(),
        is_deleted: false,
        is_changed: true,
    });
    if page.title != told.title && !told.title.is_empty() {
        page.title.clone_from(&told.title);
        page.is_changed = true;
    }
}

/// The latest judgement that says something is the edit's.
fn decided(verdicts: Option<&Verdicts>) -> Judged {
    let said = verdicts.into_iter().flatten();
    let said = said.filter(|(_, (_, judged))| *judged != Judged::Not);
    // Of two at once the later name's, which comes last.
    let latest = said.max_by_key(|(_, (at, _))| *at);
    latest.map_or(Judged::Not, |(_, (_, judged))| *judged)
}

/// Fills a gap; says whether there was one.
fn fill<T>(known: &mut Option<T>, told: Option<T>) -> bool {
    let is_gap = known.is_none() && told.is_some();
    if is_gap {
        *known = told;
    }
    is_gap
}
