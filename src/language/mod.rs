//! Languages: which words are profane or informal, and which ones a wiki uses.
//!
//! One language is one directory of sorted text files, compiled in, and one row in
//! [`LANGUAGES`]. English profanity counts in every language, because vandals swear in English
//! everywhere; what is usual on its wiki a language learns through the [`Vocabulary`] that a
//! trainer builds. Nothing is read from the system.

mod curated;
mod evidence;
mod items;
mod list;
mod regression;
pub mod segment;
pub mod unmask;
mod vocabulary;
mod words;

mod english;
mod table;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use curated::Curated;

pub use evidence::{Evidence, EvidenceBuilder, Judgement, Verdict};
pub use items::{Channel, TextItems};
pub use list::WordList;
pub use table::{LANGUAGES, UNLISTED};
pub use vocabulary::{Vocabulary, VocabularyBuilder, is_unspaced};
pub use words::{WordCount, WordTable, Words, page_words};

pub(crate) use words::each_word;

/// A wiki's language and the lists that apply to it.
pub struct Language {
    /// Code as in Wikimedia's host names: `en`, `pap`, `zh-min-nan`; `und` for no known one.
    pub code: &'static str,
    /// English name.
    pub name: &'static str,
    own: Option<&'static LazyLock<Curated>>,
}

/// Endings of wikis' database names; what stands before is the language.
const PROJECTS: &[&str] = &[
    "wiktionary",
    "wikibooks",
    "wikinews",
    "wikiquote",
    "wikisource",
    "wikiversity",
    "wikivoyage",
    "wikimedia",
    "wiki",
];

impl Language {
    /// The language of that code, [`UNLISTED`] if there is none.
    pub fn of_code(code: &str) -> &'static Self {
        LANGUAGES
            .binary_search_by(|language| language.code.cmp(code))
            .map_or(&UNLISTED, |row| &LANGUAGES[row])
    }

    /// The language of a wiki, by its database name: `enwiki`, `zh_min_nanwiki`, `dewiktionary`.
    /// Simple English is English; wikis in many languages (`commonswiki`) and unknown names are
    /// [`UNLISTED`].
    pub fn of_wiki(wiki: &str) -> &'static Self {
        let prefix = PROJECTS
            .iter()
            .find_map(|project| wiki.strip_suffix(project))
            .unwrap_or_default();
        match prefix {
            "simple" | "test" | "test2" => Self::of_code("en"),
            "be_x_old" => Self::of_code("be-tarask"),
            _ => Self::of_code(&prefix.replace('_', "-")),
        }
    }

    /// Whether a word token, in lower case, is profane, an insult or a slur, in this language or in
    /// English. Words of scripts without spaces are not, since what is a word there only the text
    /// tells: [`Language::count_badwords`] finds them.
    pub fn is_badword(&self, lower_cased_word: &str) -> bool {
        self.lists()
            .any(|lists| lists.badwords.matches(lower_cased_word))
    }

    /// Whether a word token, in lower case, is another form of a profane word: has the stem of one
    /// and is not listed itself.
    pub fn is_badword_by_stem(&self, lower_cased_word: &str) -> bool {
        self.lists()
            .any(|lists| lists.has_badword_stem(lower_cased_word))
            && !self.is_badword(lower_cased_word)
    }

    /// Whether a word token, in lower case, is chat or slang; of English alone.
    pub fn is_informal(&self, lower_cased_word: &str) -> bool {
        english::INFORMALS.matches(lower_cased_word)
    }

    /// Whether a word, in lower case, carries grammar rather than meaning in this language;
    /// `None` when its stop words are not listed.
    pub fn is_stopword(&self, lower_cased_word: &str) -> Option<bool> {
        self.own.map(|own| own.is_stopword(lower_cased_word))
    }

    /// The stem of a word in lower case; the word itself in a language without a stemmer.
    pub fn stem<'w>(&self, lower_cased_word: &'w str) -> Cow<'w, str> {
        match self.own {
            Some(own) => own.stem(lower_cased_word),
            None => Cow::Borrowed(lower_cased_word),
        }
    }

    /// The badwords of a text in any case, with their numbers: this language's own by first
    /// appearance, then those that are only English.
    pub fn count_badwords(&self, text: &str) -> Vec<(String, u32)> {
        let mut counts: Vec<(String, u32)> = Vec::new();
        for lists in self.lists() {
            let n_before = counts.len();
            for (word, n) in lists.badwords.count(text) {
                if counts[..n_before]
                    .iter()
                    .all(|(earlier, _)| *earlier != word)
                {
                    counts.push((word, n));
                }
            }
        }
        counts
    }

    /// The informal words of a text, by first appearance.
    pub fn count_informals(&self, text: &str) -> Vec<(String, u32)> {
        english::INFORMALS.count(text)
    }

    /// The lists for profanity: this language's own, and the English ones.
    fn lists(&self) -> impl Iterator<Item = &'static Curated> {
        let own = self.own.map(|own| &**own);
        let is_english = self.code == "en";
        let english = (!is_english).then(|| &*english::LISTS);
        own.into_iter().chain(english)
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Language({}: {})", self.code, self.name)
    }
}
