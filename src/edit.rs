//! An edit: a revision beside its parent, with everything that can be read off the two.
//!
//! Each datasource (a diff, a table of token counts) is a method, computed once, when the first
//! feature asks for it. Nothing here fails: a suppressed text gives `None`, and the features
//! built on it are missing values. What an edit means (is it odd, is it spam) is not decided
//! here.

use std::cell::OnceCell;
use std::sync::Arc;

use crate::diff::{Change, SummaryChange, TextSummary};
use crate::history::{Facts, Seen};
use crate::language::{Language, TextItems, Words};
use crate::revision::{Page, Revision};

/// A revision and what it was made from.
pub struct Edit<'a> {
    parent: Option<&'a Revision>,
    revision: &'a Revision,
    page: &'a Page,
    language: &'static Language,
    facts: Option<Facts>,
    parent_summary: OnceCell<Option<Arc<TextSummary>>>,
    summary: OnceCell<Option<Arc<TextSummary>>>,
    summary_change: OnceCell<Option<SummaryChange>>,
    change: OnceCell<Option<Change>>,
    words: OnceCell<Option<Words>>,
    text_items: OnceCell<Option<TextItems>>,
}

impl<'a> Edit<'a> {
    /// An edit of `page` from `parent` to `revision`; `parent` is `None` when the edit creates
    /// the page. The language decides which word lists apply.
    pub fn new(
        parent: Option<&'a Revision>,
        revision: &'a Revision,
        page: &'a Page,
        language: &'static Language,
    ) -> Self {
        Self {
            parent,
            revision,
            page,
            language,
            facts: None,
            parent_summary: OnceCell::new(),
            summary: OnceCell::new(),
            summary_change: OnceCell::new(),
            change: OnceCell::new(),
            words: OnceCell::new(),
            text_items: OnceCell::new(),
        }
    }

    /// Hands over the parent's summary from an earlier edit of the same page, so that it is not
    /// computed again. It must be the summary of the parent's text.
    pub fn with_parent_summary(self, summary: Option<Arc<TextSummary>>) -> Self {
        if let Some(summary) = summary {
            // A fresh edit's cell is empty, so this cannot be refused.
            let _ = self.parent_summary.set(Some(summary));
        }
        self
    }

    /// Adds what the wiki's history says about the edit ([`History::facts`](crate::History::facts)).
    pub fn with_facts(self, facts: Facts) -> Self {
        Self {
            facts: Some(facts),
            ..self
        }
    }

    /// What the wiki's history says about the edit; `None` where there is no history.
    pub fn facts(&self) -> Option<&Facts> {
        self.facts.as_ref()
    }

    /// The edit as a history sees it.
    pub fn seen(&self) -> Seen {
        Seen::new(self.revision, self.page, self.change())
    }

    /// The revision that the edit started from; `None` for a new page.
    pub fn parent(&self) -> Option<&'a Revision> {
        self.parent
    }

    /// The revision that the edit made.
    pub fn revision(&self) -> &'a Revision {
        self.revision
    }

    /// The page.
    pub fn page(&self) -> &'a Page {
        self.page
    }

    /// The wiki's language.
    pub fn language(&self) -> &'static Language {
        self.language
    }

    /// The text before the edit: empty for a new page, `None` when suppressed.
    pub fn parent_text(&self) -> Option<&'a str> {
        match self.parent {
            None => Some(""),
            Some(parent) => parent.text.as_deref(),
        }
    }

    /// The text after the edit; `None` when suppressed.
    pub fn text(&self) -> Option<&'a str> {
        self.revision.text.as_deref()
    }

    /// Counts over the whole text before the edit.
    pub fn parent_summary(&self) -> Option<&Arc<TextSummary>> {
        self.parent_summary
            .get_or_init(|| {
                self.parent_text()
                    .map(|text| Arc::new(TextSummary::new(text)))
            })
            .as_ref()
    }

    /// Counts over the whole text after the edit.
    pub fn summary(&self) -> Option<&Arc<TextSummary>> {
        self.summary
            .get_or_init(|| self.text().map(|text| Arc::new(TextSummary::new(text))))
            .as_ref()
    }

    /// The summary of the text after the edit, if a feature has asked for it: the parent's
    /// summary of the page's next edit.
    pub fn computed_summary(&self) -> Option<Arc<TextSummary>> {
        self.summary.get().cloned().flatten()
    }

    /// How the counts of markup, numbers and upper case words differ; `None` when either text is
    /// suppressed.
    pub fn summary_change(&self) -> Option<&SummaryChange> {
        self.summary_change
            .get_or_init(|| {
                Some(SummaryChange::between(
                    self.parent_summary()?,
                    self.summary()?,
                ))
            })
            .as_ref()
    }

    /// What the edit added and removed; `None` when either text is suppressed.
    pub fn change(&self) -> Option<&Change> {
        self.change
            .get_or_init(|| Some(Change::between(self.parent_text()?, self.text()?)))
            .as_ref()
    }

    /// The words that the edit changed, for features that look words up in a vocabulary; `None`
    /// when either text is suppressed.
    pub fn words(&self) -> Option<&Words> {
        self.words.get_or_init(|| Words::of(self)).as_ref()
    }

    /// What the edit says, for features that look up what was learned; `None` when either text is
    /// suppressed.
    pub fn text_items(&self) -> Option<&TextItems> {
        self.text_items
            .get_or_init(|| {
                Some(TextItems::new(
                    self.change()?,
                    self.revision.comment.as_deref(),
                ))
            })
            .as_ref()
    }
}
