//! What an edit says, as hashes: the words, neighbouring words and letter sequences that it adds,
//! the words that it removes and those of its summary. What learned evidence is looked up by.
//!
//! Apart from [`Words`](super::Words), which vocabularies count and published models know. Words
//! are cut by the segmenter in scripts without spaces, and a word in disguise stands beside its
//! plain form. Bounded, because a trainer keeps the items of every row.

use rustc_hash::FxHashSet;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::segment::each_word;
use super::unmask::unmask;
use crate::diff::Change;

/// Only so many bytes of a part are looked at.
const MAX_BYTES: usize = 8_000;

/// Letters of a sequence.
const GRAM_CHARS: usize = 4;

/// What items are taken from, each with evidence of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Channel {
    /// Words added, disguised ones also in plain form.
    AddedWords,
    /// Two neighbouring words added.
    AddedPairs,
    /// Sequences of four letters inside the words added, their ends counting as a letter.
    AddedLetters,
    /// Words removed.
    RemovedWords,
    /// Words, and two neighbouring words, of the summary.
    Summary,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 5] = [
        Self::AddedWords,
        Self::AddedPairs,
        Self::AddedLetters,
        Self::RemovedWords,
        Self::Summary,
    ];

    /// At most this many different items are kept.
    const fn at_most(self) -> usize {
        match self {
            Self::AddedLetters => 200,
            Self::Summary => 40,
            _ => 100,
        }
    }
}

/// Different items of one edit by channel, as hashes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TextItems([Box<[u32]>; Channel::ALL.len()]);

impl TextItems {
    /// The items of a change and of the edit's summary.
    pub fn new(change: &Change, summary: Option<&str>) -> Self {
        let mut sets = Channel::ALL.map(Items::new);
        let [added, pairs, letters, removed, summary_items] = &mut sets;
        let mut previous = String::new();
        each_word(start_of(change.added.text()), |word| {
            added.push(&[word]);
            if let Some(plain) = unmask(word) {
                added.push(&[&plain]);
            }
            if !previous.is_empty() {
                pairs.push(&[&previous, word]);
            }
            each_gram(word, |gram| letters.push(&[gram]));
            previous.clear();
            previous.push_str(word);
        });
        each_word(start_of(change.removed.text()), |word| {
            removed.push(&[word])
        });
        previous.clear();
        each_word(
            start_of(without_section(summary.unwrap_or_default())),
            |word| {
                summary_items.push(&[word]);
                if !previous.is_empty() {
                    summary_items.push(&[&previous, word]);
                }
                previous.clear();
                previous.push_str(word);
            },
        );
        Self(sets.map(|set| set.items.into_boxed_slice()))
    }

    /// The different items of a channel.
    pub fn of(&self, channel: Channel) -> &[u32] {
        &self.0[channel as usize]
    }
}

/// A set that fills up.
struct Items {
    channel: Channel,
    seen: FxHashSet<u32>,
    items: Vec<u32>,
}

impl Items {
    fn new(channel: Channel) -> Self {
        Self {
            channel,
            seen: FxHashSet::default(),
            items: Vec::new(),
        }
    }

    fn push(&mut self, parts: &[&str]) {
        if self.items.len() >= self.channel.at_most() {
            return;
        }
        let hash = item(self.channel, parts);
        if self.seen.insert(hash) {
            self.items.push(hash);
        }
    }
}

/// The hash is part of model files: it must never change.
fn item(channel: Channel, parts: &[&str]) -> u32 {
    parts.iter().fold(channel as u64, |seed, part| {
        xxh3_64_with_seed(part.as_bytes(), seed)
    }) as u32
}

/// The words of an added text, as they are written, with the items that they are looked up by: for
/// whoever wants to name them. A word in disguise is there with its plain form's item too.
pub(super) fn added_words(text: &str) -> Vec<(String, u32)> {
    let mut seen = FxHashSet::default();
    let mut words = Vec::new();
    let mut push = |word: &str, looked_up: &str| {
        let item = item(Channel::AddedWords, &[looked_up]);
        if words.len() < Channel::AddedWords.at_most() && seen.insert(item) {
            words.push((word.to_owned(), item));
        }
    };
    each_word(start_of(text), |word| {
        push(word, word);
        if let Some(plain) = unmask(word) {
            push(word, &plain);
        }
    });
    words
}

/// A summary without the `/* section */` that the software writes before it.
fn without_section(summary: &str) -> &str {
    match summary.strip_prefix("/*") {
        Some(rest) => rest.split_once("*/").map_or("", |(_, own)| own),
        None => summary,
    }
}

fn start_of(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_BYTES)]
}

/// Every four neighbouring characters of a word, its two ends written as a line feed; the whole
/// word where it is shorter.
fn each_gram(word: &str, mut found: impl FnMut(&str)) {
    let framed = format!("\n{word}\n");
    let starts: Vec<usize> = framed
        .char_indices()
        .map(|(at, _)| at)
        .chain([framed.len()])
        .collect();
    if starts.len() <= GRAM_CHARS {
        found(&framed);
    }
    for window in starts.windows(GRAM_CHARS + 1) {
        found(&framed[window[0]..window[GRAM_CHARS]]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(before: &str, after: &str, summary: &str, expected: [usize; 5]) {
        let items = TextItems::new(&Change::between(before, after), Some(summary));
        let counts = Channel::ALL.map(|channel| items.of(channel).len());
        assert_eq!(counts, expected, "{before} -> {after}, {summary}");
    }

    #[test]
    fn items_are_counted_by_channel() {
        check("a", "a two words", "", [2, 1, 6, 0, 0]);
        check("a two words", "a", "", [0, 0, 0, 2, 0]);
        check("a", "a ab", "", [1, 0, 1, 0, 0]);
        check("a", "a fuuuuck", "", [2, 0, 6, 0, 0]);
        check("a", "a", "/* History */ fixed a typo", [0, 0, 0, 0, 5]);
        check("a", "a", "/* History */", [0; 5]);
        check("", "日本の歴史を書く", "", [5, 4, 5, 0, 0]);
    }

    #[test]
    fn items_are_bounded() {
        let text: String = (0..10_000).map(|idx| format!("word{idx} ")).collect();
        check("", &text, &text, [100, 100, 200, 0, 40]);
    }
}
