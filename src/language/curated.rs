//! The lists of one language: profane words, stop words, and the stemmer that goes with them.
//!
//! Made from text files and kept for the life of the program. Which language uses which lists,
//! and that English profanity counts everywhere, is not known here.

use std::borrow::Cow;

use rust_stemmers::{Algorithm, Stemmer};
use rustc_hash::FxHashSet;

use super::WordList;

/// Longer words are not stemmed: no dictionary has them.
const MAX_STEMMED_BYTES: usize = 100;

/// Stems of profane words that are shorter say too little: `ars`, `fut`.
const MIN_STEM_CHARS: usize = 4;

/// One language's lists.
pub(super) struct Curated {
    pub(super) badwords: WordList,
    stopwords: FxHashSet<&'static str>,
    stemmer: Option<Algorithm>,
    badword_stems: FxHashSet<String>,
    /// Words that only look as if they had such a stem.
    innocent: FxHashSet<&'static str>,
}

impl Curated {
    /// Reads the lists: one entry a line, lower case, `#` begins a comment line.
    pub(super) fn new(
        badwords: &'static str,
        stopwords: &'static str,
        stemmer: Option<Algorithm>,
    ) -> Self {
        let mut curated = Self {
            badwords: WordList::new(badwords),
            stopwords: entries(stopwords).collect(),
            stemmer,
            badword_stems: FxHashSet::default(),
            innocent: entries(badwords)
                .filter_map(|entry| entry.strip_prefix('!'))
                .collect(),
        };
        if stemmer.is_some() {
            curated.badword_stems = entries(badwords)
                .filter(|entry| !entry.contains(['*', '!']))
                .map(|entry| curated.stem(entry).into_owned())
                .filter(|stem| stem.chars().count() >= MIN_STEM_CHARS)
                .collect();
        }
        curated
    }

    /// Whether the word, in lower case, is one of those that carry grammar, not meaning.
    pub(super) fn is_stopword(&self, lower_cased_word: &str) -> bool {
        self.stopwords.contains(lower_cased_word)
    }

    /// The word's stem; the word itself without a stemmer.
    pub(super) fn stem<'w>(&self, lower_cased_word: &'w str) -> Cow<'w, str> {
        match self.stemmer {
            Some(algorithm) if lower_cased_word.len() <= MAX_STEMMED_BYTES => {
                Stemmer::create(algorithm).stem(lower_cased_word)
            }
            _ => Cow::Borrowed(lower_cased_word),
        }
    }

    /// Whether the word has the stem of a profane word.
    pub(super) fn has_badword_stem(&self, lower_cased_word: &str) -> bool {
        !self.badword_stems.is_empty()
            && !self.innocent.contains(lower_cased_word)
            && self
                .badword_stems
                .contains(self.stem(lower_cased_word).as_ref())
    }
}

fn entries(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALGORITHMS: [Algorithm; 18] = [
        Algorithm::Arabic,
        Algorithm::Danish,
        Algorithm::Dutch,
        Algorithm::English,
        Algorithm::Finnish,
        Algorithm::French,
        Algorithm::German,
        Algorithm::Greek,
        Algorithm::Hungarian,
        Algorithm::Italian,
        Algorithm::Norwegian,
        Algorithm::Portuguese,
        Algorithm::Romanian,
        Algorithm::Russian,
        Algorithm::Spanish,
        Algorithm::Swedish,
        Algorithm::Tamil,
        Algorithm::Turkish,
    ];

    #[track_caller]
    fn check_stem(algorithm: Algorithm, word: &str, stem: &str) {
        assert_eq!(Curated::new("", "", Some(algorithm)).stem(word), stem);
    }

    #[test]
    fn words_lose_their_endings() {
        check_stem(Algorithm::English, "rivers", "river");
        check_stem(Algorithm::German, "häuser", "haus");
        check_stem(Algorithm::Russian, "собаками", "собак");
        check_stem(
            Algorithm::English,
            &"s".repeat(1_000_000),
            &"s".repeat(1_000_000),
        );
        assert_eq!(Curated::new("", "", None).stem("rivers"), "rivers");
    }

    #[test]
    fn inflected_badwords_are_found_by_stem() {
        let lists = Curated::new(
            "moron\ntart\n*stem*\n!tartness\n",
            "",
            Some(Algorithm::English),
        );
        assert!(lists.has_badword_stem("morons") && lists.has_badword_stem("tarts"));
        assert!(!lists.has_badword_stem("tartness"));
        assert!(!lists.has_badword_stem("river") && !lists.has_badword_stem("stems"));
        assert!(!Curated::new("moron", "", None).has_badword_stem("morons"));
    }

    proptest::proptest! {
        #[test]
        fn no_word_upsets_a_stemmer(
            words in proptest::collection::vec("[a-zäéßığñа-яά-ώء-يஅ-்'’\\PC]{0,12}", 18),
        ) {
            for (algorithm, word) in ALGORITHMS.into_iter().zip(&words) {
                Curated::new("", "", Some(algorithm)).stem(&word.to_lowercase());
            }
        }
    }
}
