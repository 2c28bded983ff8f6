//! A wiki's own vocabulary: the words that stand on enough of its pages, learned in training.
//!
//! It replaces the system dictionaries that revscoring needs. It knows words, how many pages
//! carry each, and which letters follow which inside them; it does not know which words are
//! good. Trainers count with a [`VocabularyBuilder`]; a [`Vocabulary`] is what a model carries.

use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::{Evidence, WordCount};

/// At most this many words go into a model, those on the most pages first.
const MAX_VOCABULARY: usize = 150_000;

/// A builder that holds more words than this drops those seen on one page only.
const MAX_COUNTED: usize = 4_000_000;

/// Words with more characters than this are never in a vocabulary.
const MAX_WORD_CHARS: usize = 40;

/// Words with the number of pages that carry them, and the letter statistics of those words.
///
/// An empty vocabulary knows no word and finds no word odd: what models without words use.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    words: fst::Map<Vec<u8>>,
    min_pages: u32,
    trigrams: Trigrams,
    evidence: Evidence,
}

/// A vocabulary's bytes do not hold a vocabulary.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the vocabulary is damaged: {0}")]
struct VocabularyError(String);

impl Default for Vocabulary {
    fn default() -> Self {
        Self {
            words: fst::Map::default(),
            min_pages: 1,
            trigrams: Trigrams::default(),
            evidence: Evidence::default(),
        }
    }
}

impl Vocabulary {
    /// Whether the word stands on enough pages, the edit's own not counted.
    pub fn knows(&self, word: WordCount<'_>) -> bool {
        let pages = self.words.get(word.word).unwrap_or(0);
        pages >= u64::from(self.min_pages) + u64::from(word.on_own_page)
    }

    /// How unlike the vocabulary's words a word is spelled: the mean of `-ln P(c | ab)` over its
    /// character trigrams `abc` (the word's ends count as characters), in nats a character, with
    /// add-one smoothing over hashed counts. NaN for an empty vocabulary, for words shorter than
    /// three characters, and for scripts without spaces, whose "words" are cut by rule.
    pub fn oddness(&self, word: &str) -> f32 {
        if self.words.is_empty() || word.chars().any(is_unspaced) || word.chars().nth(2).is_none() {
            return f32::NAN;
        }
        self.trigrams.oddness(word)
    }

    /// Adds what labelled edits taught about words.
    pub fn with_evidence(self, evidence: Evidence) -> Self {
        Self { evidence, ..self }
    }

    /// What labelled edits taught about words; empty where nothing did. It is stored apart from
    /// the vocabulary.
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// The number of words.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there is no word in it.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }
}

/// Counts on how many pages each word stands.
#[derive(Debug, Default)]
pub struct VocabularyBuilder {
    pages: FxHashMap<Box<str>, u32>,
    n_pages: u64,
}

impl VocabularyBuilder {
    /// Counts one page with its different words, in lower case.
    pub fn add_page(&mut self, words: &FxHashSet<String>) {
        self.n_pages += 1;
        for word in words {
            if word.chars().nth(MAX_WORD_CHARS).is_some() {
                continue;
            }
            match self.pages.get_mut(word.as_str()) {
                Some(count) => *count += 1,
                None => {
                    self.pages.insert(word.as_str().into(), 1);
                }
            }
        }
        self.bound();
    }

    fn bound(&mut self) {
        // Each time the rarest half at least must go, or the next page would walk through all again.
        let mut floor = 1;
        if self.pages.len() > MAX_COUNTED {
            while self.pages.len() > MAX_COUNTED / 2 {
                self.pages.retain(|_, count| *count > floor);
                floor += 1;
            }
        }
    }

    /// Counts the pages of another builder too; no page may have been counted by both.
    pub fn absorb(&mut self, other: Self) {
        self.n_pages += other.n_pages;
        for (word, count) in other.pages {
            *self.pages.entry(word).or_default() += count;
        }
        self.bound();
    }

    /// The vocabulary so far. A word is known from one other page on; on wikis of more than
    /// 2,000 pages from one in 2,000 on.
    pub fn finish(&self) -> Vocabulary {
        let min_pages = u32::try_from(self.n_pages / 2_000)
            .unwrap_or(u32::MAX)
            .max(1);
        let mut words: Vec<(&str, u32)> = self
            .pages
            .iter()
            .filter(|(_, n)| **n >= min_pages)
            .map(|(word, n)| (&**word, *n))
            .collect();
        words.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        words.truncate(MAX_VOCABULARY);
        words.sort_unstable();
        let mut trigrams = TrigramCounts::default();
        for (word, _) in &words {
            trigrams.add(word);
        }
        let words = fst::Map::from_iter(words.iter().map(|(word, n)| (word, u64::from(*n))))
            .expect("the words are sorted and different");
        Vocabulary {
            words,
            min_pages,
            trigrams: trigrams.finish(),
            evidence: Evidence::default(),
        }
    }
}

/// Whether the character belongs to a script that is written without spaces between words.
pub fn is_unspaced(c: char) -> bool {
    matches!(c as u32,
        0x0E00..=0x0EFF      // Thai, Lao
        | 0x1000..=0x109F    // Burmese
        | 0x1780..=0x17FF    // Khmer
        | 0x2E80..=0x9FFF    // CJK radicals, kana, unified ideographs
        | 0xAC00..=0xD7AF    // Hangul syllables: spaced, but counted by character like the rest
        | 0xF900..=0xFAFF
        | 0x20000..=0x3FFFF)
}

/// Buckets that trigrams and their contexts are hashed into; a power of two.
const BUCKETS: usize = 1 << 15;
/// Steps of a stored logarithm per nat.
const STEPS: f32 = 20.0;

/// Hashed counts of character trigrams and of their first two characters, each stored as
/// `round(20 ln(1 + count))`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Trigrams {
    triples: Vec<u8>,
    pairs: Vec<u8>,
}

#[derive(Default)]
struct TrigramCounts {
    triples: FxHashMap<usize, u32>,
    pairs: FxHashMap<usize, u32>,
}

impl TrigramCounts {
    fn add(&mut self, word: &str) {
        for (pair, triple) in trigram_buckets(word) {
            *self.pairs.entry(pair).or_default() += 1;
            *self.triples.entry(triple).or_default() += 1;
        }
    }

    fn finish(&self) -> Trigrams {
        let quantised = |counts: &FxHashMap<usize, u32>| {
            let mut table = vec![0_u8; BUCKETS];
            for (&bucket, &count) in counts {
                table[bucket] = (STEPS * (1.0 + count as f32).ln()).round().min(255.0) as u8;
            }
            table
        };
        Trigrams {
            triples: quantised(&self.triples),
            pairs: quantised(&self.pairs),
        }
    }
}

impl Trigrams {
    fn oddness(&self, word: &str) -> f32 {
        let (mut sum, mut n) = (0.0_f32, 0.0_f32);
        for (pair, triple) in trigram_buckets(word) {
            let ln_triple = f32::from(self.triples[triple]) / STEPS;
            sum += LN_PAIRS[usize::from(self.pairs[pair])] - ln_triple;
            n += 1.0;
        }
        if n == 0.0 { f32::NAN } else { sum / n }
    }
}

/// Of each stored pair, the logarithm of its smoothed count. The stored value is ln(1 + count); 30
/// stands for the alphabet in the smoothing.
static LN_PAIRS: LazyLock<[f32; 256]> =
    LazyLock::new(|| std::array::from_fn(|stored| ((stored as f32 / STEPS).exp() + 30.0).ln()));

/// The buckets of each trigram's first two characters and of the whole, the word's two ends
/// written as a line feed.
fn trigram_buckets(word: &str) -> impl Iterator<Item = (usize, usize)> {
    let mut window = ['\n', '\n', '\n'];
    word.chars().chain(std::iter::once('\n')).map(move |c| {
        window = [window[1], window[2], c];
        let mut bytes = [0_u8; 12];
        for (slot, c) in bytes.chunks_exact_mut(4).zip(window) {
            slot.copy_from_slice(&(c as u32).to_le_bytes());
        }
        let bucket = |bytes: &[u8]| xxh3_64(bytes) as usize % BUCKETS;
        (bucket(&bytes[..8]), bucket(&bytes))
    })
}

/// Reads every node of a word graph; panics where one cannot be read.
fn visit_all(words: &fst::raw::Fst<Vec<u8>>) {
    let mut seen = FxHashSet::default();
    let mut waiting = vec![words.root().addr()];
    while let Some(address) = waiting.pop() {
        if seen.insert(address) {
            let node = words.node(address);
            let _ = node.final_output();
            waiting.extend(node.transitions().map(|transition| transition.addr));
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    words: &'a [u8],
    min_pages: u32,
    trigrams: Trigrams,
}

impl Serialize for Vocabulary {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let words = self.words.as_fst().as_bytes();
        Stored {
            words,
            min_pages: self.min_pages,
            trigrams: self.trigrams.clone(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Vocabulary {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = Stored::deserialize(deserializer)?;
        let damaged = |why: &str| serde::de::Error::custom(VocabularyError(why.to_owned()));
        let words =
            fst::Map::new(stored.words.to_vec()).map_err(|error| damaged(&error.to_string()))?;
        words
            .as_fst()
            .verify()
            .map_err(|error| damaged(&error.to_string()))?;
        // A checksum can be made to fit. Every node that a look-up could come to is visited once,
        // so that no look-up meets one that the library would stumble over.
        if std::panic::catch_unwind(|| visit_all(words.as_fst())).is_err() {
            return Err(damaged("its words lead nowhere"));
        }
        let is_table =
            |table: &[u8]| table.len() == BUCKETS || (table.is_empty() && words.is_empty());
        if !is_table(&stored.trigrams.triples) || !is_table(&stored.trigrams.pairs) {
            return Err(damaged("its letter tables have the wrong size"));
        }
        Ok(Self {
            words,
            min_pages: stored.min_pages,
            trigrams: stored.trigrams,
            evidence: Evidence::default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary(pages: &[&[&str]]) -> Vocabulary {
        let mut builder = VocabularyBuilder::default();
        for page in pages {
            builder.add_page(&page.iter().map(|word| (*word).to_owned()).collect());
        }
        builder.finish()
    }

    #[track_caller]
    fn check(vocabulary: &Vocabulary, word: &str, on_own_page: bool, known: bool) {
        let count = WordCount {
            word,
            before: 0,
            after: 1,
            on_own_page,
        };
        assert_eq!(vocabulary.knows(count), known, "{word}");
    }

    #[test]
    fn a_word_is_known_from_another_page() {
        let vocabulary = vocabulary(&[&["river", "town"], &["river"]]);
        check(&vocabulary, "river", false, true);
        check(&vocabulary, "river", true, true);
        check(&vocabulary, "town", false, true);
        check(&vocabulary, "town", true, false);
        check(&vocabulary, "xyzzy", false, false);
    }

    #[test]
    fn mashed_keys_are_odder_than_words() {
        let words: Vec<String> = [
            "information",
            "nation",
            "formation",
            "station",
            "relation",
            "ration",
        ]
        .iter()
        .map(|word| (*word).to_owned())
        .collect();
        let page: Vec<&str> = words.iter().map(String::as_str).collect();
        let vocabulary = vocabulary(&[&page]);
        assert!(vocabulary.oddness("notation") < vocabulary.oddness("xqzjkvw"));
        assert!(vocabulary.oddness("ab").is_nan());
        assert!(vocabulary.oddness("日本語").is_nan());
        assert!(Vocabulary::default().oddness("notation").is_nan());
    }

    #[test]
    fn it_is_the_same_after_storing() {
        let vocabulary = vocabulary(&[&["river", "town"], &["river", "日本"]]);
        let bytes = postcard::to_stdvec(&vocabulary).unwrap();
        let back: Vocabulary = postcard::from_bytes(&bytes).unwrap();
        assert_eq!(postcard::to_stdvec(&back).unwrap(), bytes);
        check(&back, "日本", false, true);
        assert!(postcard::from_bytes::<Vocabulary>(&bytes[..bytes.len() / 2]).is_err());
        let empty = postcard::to_stdvec(&Vocabulary::default()).unwrap();
        assert!(
            postcard::from_bytes::<Vocabulary>(&empty)
                .unwrap()
                .is_empty()
        );
    }
}
