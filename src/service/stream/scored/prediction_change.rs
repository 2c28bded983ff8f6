//! `/mediawiki/page/prediction_classification_change/1.1.0`: one event for each model that gave a score.
//!
//! Its names are those of `/mediawiki/page/change`, which is read into the same struct. The schema has no
//! place for errors: of a model without a score no event is written. It also wants a wiki, a page with its
//! title, a revision and its time: of an edit whose event does not say them nothing is written either. A page
//! without an id gets 0, as pages that are not there have in MediaWiki.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::checked::{Inner, Maybe, Meta, NonEmpty, Time, Whole, read};
use super::id::id;
use super::revision_score::RevisionScore;
use super::{Emitted, ScoredEvent};
use crate::revision::Timestamp;

const SCHEMA: &str = "/mediawiki/page/prediction_classification_change/1.1.0";

/// The event.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct PredictionChange {
    #[serde(rename = "$schema")]
    pub(super) schema: Maybe<String>,
    pub(super) meta: Inner<Meta>,
    pub(super) dt: Maybe<Time>,
    pub(super) wiki_id: Maybe<NonEmpty>,
    pub(super) changelog_kind: Maybe<ChangelogKind>,
    pub(super) page_change_kind: Maybe<PageChangeKind>,
    pub(super) comment: Maybe<String>,
    pub(super) performer: Inner<User>,
    pub(super) page: Inner<Page>,
    pub(super) revision: Inner<Revision>,
    created_redirect_page: Inner<Page>,
    prior_state: Inner<PriorState>,
    predicted_classification: Maybe<Prediction>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ChangelogKind {
    Insert,
    Update,
    Delete,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PageChangeKind {
    Create,
    Undelete,
    Edit,
    Move,
    Delete,
    VisibilityChange,
}

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct User {
    pub(super) edit_count: Maybe<Whole<0>>,
    pub(super) groups: Maybe<Vec<NonEmpty>>,
    pub(super) is_bot: Maybe<bool>,
    is_system: Maybe<bool>,
    is_temp: Maybe<bool>,
    pub(super) registration_dt: Maybe<Time>,
    pub(super) user_id: Maybe<Whole<0>>,
    pub(super) user_text: Maybe<NonEmpty>,
}

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Page {
    pub(super) is_redirect: Maybe<bool>,
    pub(super) namespace_id: Maybe<Whole<0>>,
    pub(super) page_id: Maybe<Whole<0>>,
    pub(super) page_title: Maybe<NonEmpty>,
    redirect_page_link: Inner<Link>,
    revision_count: Maybe<Whole<0>>,
}

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Link {
    interwiki_prefix: Maybe<String>,
    is_redirect: Maybe<bool>,
    namespace_id: Maybe<Whole<0>>,
    page_id: Maybe<Whole<0>>,
    page_title: Maybe<NonEmpty>,
}

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Revision {
    comment: Maybe<String>,
    editor: Inner<User>,
    is_comment_visible: Maybe<bool>,
    is_content_visible: Maybe<bool>,
    is_editor_visible: Maybe<bool>,
    is_minor_edit: Maybe<bool>,
    pub(super) rev_dt: Maybe<Time>,
    pub(super) rev_id: Maybe<Whole<1>>,
    pub(super) rev_parent_id: Maybe<Whole<0>>,
    rev_sha1: Maybe<String>,
    rev_size: Maybe<Whole<0>>,
}

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct PriorState {
    page: Inner<Page>,
    revision: Inner<Revision>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Prediction {
    model_name: String,
    model_version: String,
    predictions: Vec<String>,
    probabilities: BTreeMap<String, f64>,
}

/// An event for each model with a score.
pub(super) fn write(scored: &ScoredEvent, stream: &str, now: Timestamp) -> Vec<Emitted> {
    let event = &scored.event;
    let source = match event.is_page_change() {
        true => read::<PredictionChange>(event),
        false => read::<RevisionScore>(event).into(),
    };
    let Some(source) = source.completed() else {
        return Vec::new();
    };
    let written = scored.said.iter().filter_map(|said| {
        let probability = said.score.as_ref().ok()?;
        let id = id(SCHEMA, stream, scored, std::slice::from_ref(said));
        let prediction = Prediction {
            model_name: said.model_name.clone(),
            model_version: said.model_version.clone(),
            predictions: vec![probability.prediction().to_owned()],
            probabilities: probability.by_prediction().into(),
        };
        let mut written = source.clone();
        let meta = written.meta.0.unwrap_or_default();
        written.meta = Inner(Some(meta.passed_on(&id, stream, now)));
        written.predicted_classification = Maybe(Some(prediction));
        Some(Emitted::new(event, id, &written))
    });
    written.collect()
}

impl PredictionChange {
    /// With all that the schema wants, and without what it does not know; `None` where that is not known.
    fn completed(mut self) -> Option<Self> {
        self.schema = Maybe(Some(SCHEMA.to_owned()));
        let page = self.page.0.as_mut()?;
        page.page_id = page.page_id.or(Maybe(Whole::try_from(0).ok()));
        let revision = self.revision.0.as_mut()?;
        // An edit happens when its revision is saved.
        revision.rev_dt = revision.rev_dt.clone().or(self.dt.clone());
        self.dt = self.dt.or(revision.rev_dt.clone());
        let is_known = self.wiki_id.0.is_some()
            && page.page_title.0.is_some()
            && revision.rev_id.0.is_some()
            && revision.rev_dt.0.is_some();
        let kind = match self.page_change_kind.0 {
            Some(kind) => kind,
            None if revision.rev_parent_id.is_positive() => PageChangeKind::Edit,
            None => PageChangeKind::Create,
        };
        self.page_change_kind = Maybe(Some(kind));
        self.changelog_kind = self.changelog_kind.or(Maybe(Some(kind.in_changelog())));
        self.performer.0.get_or_insert_default();
        // Only the page itself may be a redirect that says where it leads.
        let created = self.created_redirect_page.0.take();
        let created =
            created.filter(|page| page.page_id.0.is_some() && page.page_title.0.is_some());
        self.created_redirect_page = Inner(created.map(Page::without_link));
        if let Some(prior) = &mut self.prior_state.0 {
            prior.page = Inner(prior.page.0.take().map(Page::without_link));
        }
        is_known.then_some(self)
    }
}

impl PageChangeKind {
    /// What it does to a table of pages.
    fn in_changelog(self) -> ChangelogKind {
        match self {
            Self::Create | Self::Undelete => ChangelogKind::Insert,
            Self::Edit | Self::Move | Self::VisibilityChange => ChangelogKind::Update,
            Self::Delete => ChangelogKind::Delete,
        }
    }
}

impl Page {
    fn without_link(self) -> Self {
        Self {
            redirect_page_link: Inner(None),
            ..self
        }
    }
}

/// An event of a saved revision.
impl From<RevisionScore> for PredictionChange {
    fn from(saved: RevisionScore) -> Self {
        let performer = saved.performer.0.map(|performer| User {
            edit_count: performer.user_edit_count,
            groups: performer.user_groups,
            is_bot: performer.user_is_bot,
            registration_dt: performer.user_registration_dt,
            user_id: performer.user_id.bounded(),
            user_text: performer.user_text,
            ..User::default()
        });
        let page = Page {
            is_redirect: saved.page_is_redirect,
            namespace_id: saved.page_namespace.bounded(),
            page_id: saved.page_id.bounded(),
            page_title: saved.page_title,
            ..Page::default()
        };
        let revision = Revision {
            comment: saved.comment.clone(),
            editor: Inner(performer.clone()),
            is_minor_edit: saved.rev_minor_edit,
            rev_dt: saved.rev_timestamp,
            rev_id: saved.rev_id.bounded(),
            rev_parent_id: saved.rev_parent_id,
            rev_sha1: saved.rev_sha1,
            rev_size: saved.rev_len,
            ..Revision::default()
        };
        Self {
            meta: saved.meta,
            dt: saved.dt,
            wiki_id: saved.database,
            comment: saved.comment,
            performer: Inner(performer),
            page: Inner(Some(page)),
            revision: Inner(Some(revision)),
            ..Self::default()
        }
    }
}
