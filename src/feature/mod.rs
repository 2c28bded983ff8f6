//! Features: the numbers that a model sees, each with a name, a unit and a line of doc.
//!
//! One group is one file with a `FEATURES` table and one row in [`GROUPS`]. A name is a path
//! (`group.what_how`) and is API: models are stored with the names of their columns, so a
//! feature is never renamed or changed; it is retired and another one added. A missing value is
//! NaN. Features read one edit; they keep no state and know no model but the [`Vocabulary`].

mod comment;
mod dictionary;
mod frequency;
mod longest;
mod page;
mod parent;
mod size;
mod user;
mod words;

mod origin;

mod added;
mod change;
mod elements;
mod lexical;
mod links;
mod listed;
mod removed;

mod author;
mod edit_summary;
mod name;
mod namespace;
mod time;

mod author_history;
mod domain_history;
mod page_history;
mod text;
mod word_history;

mod set;

mod bundle;

#[cfg(test)]
mod testing;

pub use bundle::{bundle, bundle_names};
pub use set::{FeatureSet, ORES};

use crate::diff::Change;
use crate::edit::Edit;
use crate::history::Facts;
use crate::language::{Judgement, Vocabulary, Words};

/// One number about an edit.
pub struct Feature {
    /// Path such as `page.is_mainspace`.
    pub name: &'static str,
    /// What the number counts.
    pub unit: Unit,
    /// One line on what it is, and on its zero where that is not plain.
    pub doc: &'static str,
    /// What revscoring's enwiki model calls the same number.
    pub revscoring: Option<&'static str>,
    pub(crate) compute: Compute,
}

/// How a feature is computed.
///
/// Lexical features are kept apart because a trainer learns its vocabulary while it reads: it
/// keeps each edit's [`Words`], and fills these columns when the vocabulary is complete. So are
/// those of the history and of learned text, because a dump is not in order of time.
pub(crate) enum Compute {
    /// From the edit alone; NaN when missing.
    Edit(fn(&Edit<'_>) -> f32),
    /// From what the edit added and removed; NaN when either text is suppressed.
    Change(fn(&Change) -> f32),
    /// From the changed words and a vocabulary.
    Lexical(fn(&Words, &Vocabulary) -> f32),
    /// From what the wiki's history says; NaN without one.
    History(fn(&Facts) -> f32),
    /// From what was learned about the edit's text.
    Text(fn(&Judgement) -> f32),
}

/// Units of features.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// 0 or 1.
    Flag,
    /// A number of things.
    Count,
    /// A number of Unicode characters.
    Chars,
    /// A number of UTF-8 bytes.
    Bytes,
    /// A quotient without a unit.
    Ratio,
    /// Natural logarithm of one plus a count.
    LogCount,
    /// Seconds.
    Seconds,
    /// Natural logarithm of one plus seconds.
    LogSeconds,
    /// Hours of the day, 0 to 23, UTC.
    Hours,
    /// Information, in nats.
    Nats,
    /// A number that names a class.
    Code,
}

/// Features of one kind, from one file.
pub struct Group {
    /// The first part of its features' names.
    pub name: &'static str,
    /// What they have in common.
    pub doc: &'static str,
    /// The features.
    pub features: &'static [Feature],
}

/// Every group there is, in reading order.
pub static GROUPS: &[Group] = &[
    Group {
        name: "page",
        doc: "the kind of page, for revscoring's model",
        features: page::FEATURES,
    },
    Group {
        name: "parent",
        doc: "the whole page before the edit",
        features: parent::FEATURES,
    },
    Group {
        name: "frequency",
        doc: "numbers of marks, numerals and upper case words that changed",
        features: frequency::FEATURES,
    },
    Group {
        name: "size",
        doc: "how many more or fewer of everything",
        features: size::FEATURES,
    },
    Group {
        name: "longest",
        doc: "the longest things that are new",
        features: longest::FEATURES,
    },
    Group {
        name: "user",
        doc: "the author's rights and age, for revscoring's model",
        features: user::FEATURES,
    },
    Group {
        name: "comment",
        doc: "the edit summary's form, for revscoring's model",
        features: comment::FEATURES,
    },
    Group {
        name: "words",
        doc: "listed words whose numbers changed",
        features: words::FEATURES,
    },
    Group {
        name: "dictionary",
        doc: "known and unknown words whose numbers changed",
        features: dictionary::FEATURES,
    },
    Group {
        name: "origin",
        doc: "what the edit was made from",
        features: origin::FEATURES,
    },
    Group {
        name: "added",
        doc: "the text that the edit added",
        features: added::FEATURES,
    },
    Group {
        name: "removed",
        doc: "the text that the edit removed",
        features: removed::FEATURES,
    },
    Group {
        name: "change",
        doc: "how the edit changed the page",
        features: change::FEATURES,
    },
    Group {
        name: "links",
        doc: "links to other sites, added and removed",
        features: links::FEATURES,
    },
    Group {
        name: "elements",
        doc: "wikitext elements, added and removed",
        features: elements::FEATURES,
    },
    Group {
        name: "lexical",
        doc: "changed words against the wiki's vocabulary",
        features: lexical::FEATURES,
    },
    Group {
        name: "listed",
        doc: "changed words that are on the language's lists",
        features: listed::FEATURES,
    },
    Group {
        name: "edit_summary",
        doc: "what the author says about the edit",
        features: edit_summary::FEATURES,
    },
    Group {
        name: "author",
        doc: "the author's account",
        features: author::FEATURES,
    },
    Group {
        name: "name",
        doc: "how the author's account is named",
        features: name::FEATURES,
    },
    Group {
        name: "namespace",
        doc: "the kind of page",
        features: namespace::FEATURES,
    },
    Group {
        name: "time",
        doc: "when the edit was made",
        features: time::FEATURES,
    },
    Group {
        name: "text",
        doc: "learned: whether edits with such words were bad",
        features: text::FEATURES,
    },
    Group {
        name: "author_history",
        doc: "what the author did before, and what became of it",
        features: author_history::FEATURES,
    },
    Group {
        name: "page_history",
        doc: "what happened on the page before",
        features: page_history::FEATURES,
    },
    Group {
        name: "domain_history",
        doc: "what became of earlier links to the same sites",
        features: domain_history::FEATURES,
    },
    Group {
        name: "word_history",
        doc: "what became of earlier edits that added the same words",
        features: word_history::FEATURES,
    },
];

/// The feature of that name.
pub fn find(name: &str) -> Option<&'static Feature> {
    GROUPS
        .iter()
        .flat_map(|group| group.features)
        .find(|feature| feature.name == name)
}

impl Feature {
    /// A row of a table: a feature of the edit that revscoring does not have.
    const fn of_edit(
        name: &'static str,
        unit: Unit,
        doc: &'static str,
        compute: fn(&Edit<'_>) -> f32,
    ) -> Self {
        Self {
            name,
            unit,
            doc,
            revscoring: None,
            compute: Compute::Edit(compute),
        }
    }

    /// A row of a table: a feature of the change alone.
    const fn of_change(
        name: &'static str,
        unit: Unit,
        doc: &'static str,
        compute: fn(&Change) -> f32,
    ) -> Self {
        Self {
            name,
            unit,
            doc,
            revscoring: None,
            compute: Compute::Change(compute),
        }
    }

    /// A row of a table: a feature of the changed words and a vocabulary.
    const fn lexical(
        name: &'static str,
        unit: Unit,
        doc: &'static str,
        compute: fn(&Words, &Vocabulary) -> f32,
    ) -> Self {
        Self {
            name,
            unit,
            doc,
            revscoring: None,
            compute: Compute::Lexical(compute),
        }
    }

    /// A row of a table: a feature of the wiki's history.
    const fn of_history(
        name: &'static str,
        unit: Unit,
        doc: &'static str,
        compute: fn(&Facts) -> f32,
    ) -> Self {
        Self {
            name,
            unit,
            doc,
            revscoring: None,
            compute: Compute::History(compute),
        }
    }

    /// A row of a table: a feature of what was learned about the edit's text.
    const fn of_text(
        name: &'static str,
        unit: Unit,
        doc: &'static str,
        compute: fn(&Judgement) -> f32,
    ) -> Self {
        Self {
            name,
            unit,
            doc,
            revscoring: None,
            compute: Compute::Text(compute),
        }
    }

    /// The same feature, with revscoring's name for it.
    const fn known_as(self, name: &'static str) -> Self {
        Self {
            revscoring: Some(name),
            ..self
        }
    }

    /// Whether the value depends on a vocabulary.
    pub fn is_lexical(&self) -> bool {
        matches!(self.compute, Compute::Lexical(_))
    }

    /// The value for the changed words of an edit; NaN when it is missing, and always for a
    /// feature that is not lexical.
    pub fn value_of_words(&self, words: &Words, vocabulary: &Vocabulary) -> f32 {
        match self.compute {
            Compute::Lexical(compute) => compute(words, vocabulary),
            _ => f32::NAN,
        }
    }

    /// Whether the value depends on the wiki's history.
    pub fn is_historic(&self) -> bool {
        matches!(self.compute, Compute::History(_))
    }

    /// The value for what the history says of an edit; NaN when it is missing, and always for a
    /// feature that is not historic.
    pub fn value_of_facts(&self, facts: &Facts) -> f32 {
        match self.compute {
            Compute::History(compute) => compute(facts),
            _ => f32::NAN,
        }
    }

    /// Whether the value depends on what was learned about texts.
    pub fn is_textual(&self) -> bool {
        matches!(self.compute, Compute::Text(_))
    }

    /// The value for what was learned about an edit's text; NaN when it is missing, and always for
    /// a feature that is not textual.
    pub fn value_of_judgement(&self, judgement: &Judgement) -> f32 {
        match self.compute {
            Compute::Text(compute) => compute(judgement),
            _ => f32::NAN,
        }
    }

    /// The value for an edit; NaN when it is missing.
    pub fn value(&self, edit: &Edit<'_>, vocabulary: &Vocabulary) -> f32 {
        match self.compute {
            Compute::Edit(compute) => compute(edit),
            Compute::Change(compute) => edit.change().map_or(f32::NAN, compute),
            Compute::Lexical(compute) => edit
                .words()
                .map_or(f32::NAN, |words| compute(words, vocabulary)),
            Compute::History(compute) => edit.facts().map_or(f32::NAN, compute),
            Compute::Text(compute) => compute(&judge(edit, vocabulary)),
        }
    }
}

/// The values of several features for an edit, in their order; NaN when missing. What was learned
/// about texts is looked up once for all of them.
pub fn values(features: &[&Feature], edit: &Edit<'_>, vocabulary: &Vocabulary) -> Vec<f32> {
    let mut judgement = None;
    let mut value = |feature: &&Feature| match feature.compute {
        Compute::Text(compute) => compute(judgement.get_or_insert_with(|| judge(edit, vocabulary))),
        _ => feature.value(edit, vocabulary),
    };
    features.iter().map(&mut value).collect()
}

/// What labelled edits taught about an edit's text; nothing where it is suppressed.
fn judge(edit: &Edit<'_>, vocabulary: &Vocabulary) -> Judgement {
    match vocabulary.evidence() {
        evidence if evidence.is_empty() => Judgement::NONE,
        evidence => edit
            .text_items()
            .map_or(Judgement::NONE, |items| evidence.judge(items)),
    }
}

/// A part as a share of a whole; NaN when there is no whole.
fn share(part: u32, whole: u32) -> f32 {
    if whole == 0 {
        f32::NAN
    } else {
        part as f32 / whole as f32
    }
}

/// A flag's value; NaN when it is not known.
fn flag(value: Option<bool>) -> f32 {
    value.map_or(f32::NAN, |value| if value { 1.0 } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_paths_of_their_group_and_unique() {
        let mut seen = std::collections::HashSet::new();
        for group in GROUPS {
            for feature in group.features {
                assert_eq!(
                    feature.name.split_once('.').map(|(first, _)| first),
                    Some(group.name),
                    "{}",
                    feature.name
                );
                assert!(seen.insert(feature.name), "{} twice", feature.name);
                assert!(
                    feature.doc.len() > 5 && !feature.doc.ends_with('.'),
                    "{}",
                    feature.name
                );
            }
        }
    }

    #[test]
    fn suppressed_texts_are_missing_values_and_never_a_panic() {
        let page = crate::revision::Page::default();
        let revision = crate::revision::Revision::default();
        for parent in [None, Some(&revision)] {
            let edit = Edit::new(parent, &revision, &page, &crate::language::UNLISTED);
            for feature in GROUPS.iter().flat_map(|group| group.features) {
                let value = feature.value(&edit, &Vocabulary::default());
                let reads_texts = !matches!(feature.compute, Compute::Edit(_));
                assert!(!reads_texts || value.is_nan(), "{}: {value}", feature.name);
            }
        }
    }
}
