//! An edit: a revision beside its parent, with everything that can be read off the two.
//!
//! Each datasource (a diff, a table of token counts) is a method, computed once, when the first
//! feature asks for it. Nothing here fails: a suppressed text gives `None`, and the features
//! built on it are missing values. What an edit means (is it odd, is it spam) is not decided
//! here.

use std::cell::OnceCell;

use crate::diff::{Change, MarkupCounts, TextSummaries, TextSummary};
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
    summaries: OnceCell<Option<TextSummaries>>,
    parent_alone: OnceCell<Option<TextSummary>>,
    parent_elements: OnceCell<Option<MarkupCounts>>,
    elements: OnceCell<Option<MarkupCounts>>,
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
            summaries: OnceCell::new(),
            parent_alone: OnceCell::new(),
            parent_elements: OnceCell::new(),
            elements: OnceCell::new(),
            change: OnceCell::new(),
            words: OnceCell::new(),
            text_items: OnceCell::new(),
        }
    }

    /// Hands over what an earlier edit of the same page counted in the parent's text
    /// ([`Edit::computed_elements`]), so that it is not counted again.
    pub fn with_parent_elements(self, elements: Option<MarkupCounts>) -> Self {
        if elements.is_some() {
            // A fresh edit's cell is empty, so this cannot be refused.
            let _ = self.parent_elements.set(elements);
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

    /// Counts over both whole texts; `None` when either is suppressed.
    pub fn summaries(&self) -> Option<&TextSummaries> {
        self.summaries
            .get_or_init(|| {
                let change = self.change()?;
                Some(change.summaries(self.parent_text()?, self.text()?))
            })
            .as_ref()
    }

    /// Counts over the whole text before the edit, whatever is known of that after.
    pub fn parent_summary(&self) -> Option<&TextSummary> {
        if self.text().is_some() {
            return self.summaries().map(|summaries| &summaries.before);
        }
        let of_parent = || self.parent_text().map(TextSummary::of);
        self.parent_alone.get_or_init(of_parent).as_ref()
    }

    /// The wikitext elements of the text before the edit.
    pub fn parent_elements(&self) -> Option<&MarkupCounts> {
        let count = || self.parent_text().map(MarkupCounts::of);
        self.parent_elements.get_or_init(count).as_ref()
    }

    /// The wikitext elements of the text after the edit.
    pub fn elements(&self) -> Option<&MarkupCounts> {
        let count = || self.text().map(MarkupCounts::of);
        self.elements.get_or_init(count).as_ref()
    }

    /// The same, if a feature has asked for them: those of the parent of the page's next edit.
    pub fn computed_elements(&self) -> Option<MarkupCounts> {
        self.elements.get().copied().flatten()
    }

    /// What the edit added and removed; `None` when either text is suppressed.
    pub fn change(&self) -> Option<&Change> {
        self.change
            .get_or_init(|| Some(Change::between(self.parent_text()?, self.text()?)))
            .as_ref()
    }

    /// The same, if a feature has asked for it.
    pub fn computed_change(&self) -> Option<&Change> {
        self.change.get().and_then(Option::as_ref)
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
