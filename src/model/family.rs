//! Families of features: the dozen kinds of reasons that people give for taking an edit back.
//!
//! A model moves by hundreds of small steps, one a feature. Folded into families they can be read.
//! This is the table of what belongs where; what a family says of one edit is in `wording`.

use crate::feature::Feature;

/// A kind of reason.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Family {
    /// Insulting and profane words.
    Profanity,
    /// Slang and chat.
    Slang,
    /// Words by what became of edits with them.
    LearnedWords,
    /// Words that the wiki does not use.
    UnusualWords,
    /// The form of the text added: capitals, repeats, length.
    AddedText,
    /// How much is removed or replaced.
    Extent,
    /// Links to other sites.
    Links,
    /// Links within the wiki, templates, footnotes, brackets.
    Wikitext,
    /// The edit summary.
    Summary,
    /// The author's account.
    Account,
    /// The author's earlier edits.
    Record,
    /// The page's earlier edits.
    PageRecord,
    /// The page.
    Page,
    /// When the edit was made.
    Time,
}

struct Row {
    family: Family,
    name: &'static str,
    what: &'static str,
    /// How the names of its features begin.
    prefixes: &'static [&'static str],
}

/// The first row with a fitting prefix has the feature, so exceptions stand before rules.
const FAMILIES: &[Row] = &[
    Row {
        family: Family::Summary,
        name: "summary",
        what: "the edit summary",
        prefixes: &[
            "edit_summary.",
            "comment.",
            "text.summary",
            "listed.badwords_in_summary",
            "listed.informals_in_summary",
            "listed.profanities_in_summary",
        ],
    },
    Row {
        family: Family::Record,
        name: "record",
        what: "what the author did before, and what became of it",
        prefixes: &[
            "author_history.",
            "time.since_user_edit",
            "origin.same_author",
        ],
    },
    Row {
        family: Family::PageRecord,
        name: "page_record",
        what: "what happened on the page before",
        prefixes: &[
            "page_history.",
            "time.since_page_edit",
            "origin.parent_is_anonymous",
            "origin.parent_is_bot",
            "origin.parent_claims_revert",
        ],
    },
    Row {
        family: Family::Page,
        name: "page",
        what: "the page: its kind, title and size",
        prefixes: &[
            "page.",
            "parent.",
            "namespace.",
            "origin.",
            "listed.badwords_in_title",
        ],
    },
    Row {
        family: Family::Profanity,
        name: "profanity",
        what: "insulting and profane words, plain or in disguise",
        prefixes: &[
            "listed.badwords_",
            "listed.profanities_",
            "listed.masked_badwords_",
            "words.badwords_",
        ],
    },
    Row {
        family: Family::Slang,
        name: "slang",
        what: "words of slang or chat",
        prefixes: &["listed.informals_", "words.informals_"],
    },
    Row {
        family: Family::LearnedWords,
        name: "learned_words",
        what: "what became of earlier edits with the same words",
        prefixes: &["text.", "word_history."],
    },
    Row {
        family: Family::UnusualWords,
        name: "unusual_words",
        what: "words that the wiki does not use, or that are spelled oddly",
        prefixes: &["lexical.", "dictionary.", "listed.stopwords_"],
    },
    Row {
        family: Family::AddedText,
        name: "added_text",
        what: "the form of the text added: length, capitals, repeats, keys hit at random",
        prefixes: &["added.", "longest.", "frequency."],
    },
    Row {
        family: Family::Extent,
        name: "extent",
        what: "how much of the page is removed, replaced or altered",
        prefixes: &["removed.", "change.", "size."],
    },
    Row {
        family: Family::Links,
        name: "links",
        what: "links to other sites",
        prefixes: &["links.", "domain_history."],
    },
    Row {
        family: Family::Wikitext,
        name: "wikitext",
        what: "links within the wiki, templates, footnotes and other markup",
        prefixes: &["elements."],
    },
    Row {
        family: Family::Account,
        name: "account",
        what: "the author's account: kind, age, rights, name",
        prefixes: &["author.", "user.", "name."],
    },
    Row {
        family: Family::Time,
        name: "time",
        what: "the hour and the day",
        prefixes: &["time."],
    },
];

impl Family {
    /// The family of a feature.
    pub fn of(feature: &Feature) -> Self {
        Self::find(feature.name).expect("every feature has a family, as a test proves")
    }

    fn find(feature_name: &str) -> Option<Self> {
        let has = |row: &&Row| row.prefixes.iter().any(|p| feature_name.starts_with(p));
        FAMILIES.iter().find(has).map(|row| row.family)
    }

    /// Its name, as in answers: `unusual_words`.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// What its features look at.
    pub fn what(self) -> &'static str {
        self.row().what
    }

    fn row(self) -> &'static Row {
        FAMILIES
            .iter()
            .find(|row| row.family == self)
            .expect("every family has a row")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::GROUPS;

    /// Whoever adds a group says here what kind of reason it is.
    #[test]
    fn every_feature_has_a_family_and_every_prefix_a_feature() {
        let names = || {
            let features = GROUPS.iter().flat_map(|group| group.features);
            features.map(|feature| feature.name)
        };
        for name in names() {
            assert!(Family::find(name).is_some(), "{name} has no family");
        }
        for row in FAMILIES {
            for prefix in row.prefixes {
                assert!(
                    names().any(|name| {
                        name.starts_with(prefix) && Family::find(name) == Some(row.family)
                    }),
                    "{prefix} of {} is of no use",
                    row.name
                );
            }
        }
    }

    #[test]
    fn families_are_found_by_what_a_feature_is_about() {
        #[track_caller]
        fn check(feature: &str, family: Family) {
            assert_eq!(Family::find(feature), Some(family), "{feature}");
        }
        check("listed.badwords_added", Family::Profanity);
        check("listed.badwords_in_summary", Family::Summary);
        check("listed.badwords_in_title", Family::Page);
        check("listed.stopwords_added_share", Family::UnusualWords);
        check("text.added_words", Family::LearnedWords);
        check("text.summary", Family::Summary);
        check("origin.same_author", Family::Record);
        check("origin.parent_chars", Family::Page);
        check("origin.parent_is_bot", Family::PageRecord);
        check("time.since_user_edit", Family::Record);
        check("time.hour", Family::Time);
    }
}
