//! A list of words, and the forms under which they are found again.
//!
//! Apart from the languages, which only bring text files. A list knows words, not what they
//! mean; it splits a text no further than into runs of letters, marks, digits and apostrophes
//! (tokenizing wikitext is `diff`'s work). No match costs more than time linear in the word.

use std::fmt;

use aho_corasick::{AhoCorasick, MatchKind};
use rustc_hash::{FxHashMap, FxHashSet};
use unicode_normalization::char::is_combining_mark;

use super::is_unspaced;

/// Words that are looked up one at a time.
///
/// A listed word is found as it is, with letters repeated ("fuuuck", "cooool": three or more of
/// one letter count as one or two) and, when it repeats itself, at any length ("hahahaha",
/// "lololol"). A listed `*stem*` is found in every word that contains it.
///
/// A listed word of a script without spaces (Chinese, Japanese, Thai; Korean too, whose words carry
/// endings) is found only in texts, anywhere: [`WordList::find_all`]. A `!word` is innocent, and what
/// is listed does not count inside it.
pub struct WordList {
    /// Listed words, as listed.
    words: FxHashSet<&'static str>,
    /// Listed words with every run of a letter folded to one; short ones stay out, since "uuu"
    /// and "iii" are not words.
    folded: FxHashSet<String>,
    /// Stems, matched anywhere in a word. `None` when there are none.
    stems: Option<AhoCorasick>,
    /// Listed words of scripts without spaces. `None` when there are none.
    unspaced: Option<Unspaced>,
    n_entries: usize,
}

/// Words of scripts without spaces, and the innocent words that hide one.
struct Unspaced {
    /// The longest word that begins first counts.
    matcher: AhoCorasick,
    /// Patterns from this one on are innocent.
    n_listed: usize,
}

/// Words are folded to one letter a run only from this length of the result on.
const MIN_FOLDED_CHARS: usize = 3;

impl WordList {
    /// Reads a list: one entry a line, lower case, `#` begins a comment line.
    pub fn new(text: &'static str) -> Self {
        let entries = || {
            text.lines()
                .map(str::trim)
                .filter(|line| !line.is_empty() && !line.starts_with('#'))
        };
        let stem = |entry: &'static str| {
            entry
                .strip_prefix('*')
                .and_then(|rest| rest.strip_suffix('*'))
        };
        let stems: Vec<&str> = entries()
            .filter_map(stem)
            .filter(|stem| !stem.is_empty())
            .collect();
        let is_word = |entry: &&str| !entry.contains('*') && !entry.starts_with('!');
        let words: FxHashSet<&str> = entries()
            .filter(is_word)
            .filter(|entry| !entry.contains(is_unspaced))
            .collect();
        let listed = entries()
            .filter(is_word)
            .filter(|entry| entry.contains(is_unspaced));
        let innocent = entries().filter_map(|entry| entry.strip_prefix('!'));
        let folded = words
            .iter()
            .chain(&stems)
            .map(|word| fold(word, 1))
            .filter(|word| word.chars().count() >= MIN_FOLDED_CHARS)
            .collect();
        // Building fails only beyond some gigabytes of patterns; a list without stems is what remains.
        let stems = if stems.is_empty() {
            None
        } else {
            AhoCorasick::new(stems).ok()
        };
        Self {
            words,
            folded,
            stems,
            unspaced: Unspaced::new(listed.collect(), innocent.collect()),
            n_entries: entries().count(),
        }
    }

    /// Whether a word, given in lower case, is on the list in one of its forms.
    pub fn matches(&self, lower_cased_word: &str) -> bool {
        self.words.contains(lower_cased_word)
            || self
                .stems
                .as_ref()
                .is_some_and(|stems| stems.is_match(lower_cased_word))
            || self.matches_elongated(lower_cased_word)
            || self.matches_repeated(lower_cased_word)
    }

    /// The words of a text, in any case, that are on the list, in lower case and in order; those
    /// of scripts without spaces after the others.
    pub fn find_all<'l>(&'l self, text: &'l str) -> impl Iterator<Item = String> + 'l {
        let unspaced = self.unspaced.iter().flat_map(|list| list.find_all(text));
        words_of(text)
            .map(str::to_lowercase)
            .filter(|word| self.matches(word))
            .chain(unspaced.map(str::to_owned))
    }

    /// The words of a text that are on the list with their numbers, by first appearance.
    pub fn count(&self, text: &str) -> Vec<(String, u32)> {
        let mut counts: Vec<(String, u32)> = Vec::new();
        let mut places: FxHashMap<String, usize> = FxHashMap::default();
        for word in self.find_all(text) {
            if let Some(&place) = places.get(&word) {
                counts[place].1 += 1;
            } else {
                places.insert(word.clone(), counts.len());
                counts.push((word, 1));
            }
        }
        counts
    }

    /// How many entries the list has.
    pub fn n_entries(&self) -> usize {
        self.n_entries
    }

    fn matches_elongated(&self, word: &str) -> bool {
        if !has_long_run(word) {
            return false;
        }
        let [once, twice] = [fold(word, 1), fold(word, 2)];
        self.words.contains(twice.as_str())
            || self.folded.contains(&once)
            || self
                .stems
                .as_ref()
                .is_some_and(|stems| stems.is_match(&twice) || stems.is_match(&once))
    }

    /// "hahahah" is "haha", "lolololo" is "lol": two letters that alternate to the end.
    fn matches_repeated(&self, word: &str) -> bool {
        let bytes = word.as_bytes();
        word.is_ascii()
            && bytes.len() > 4
            && bytes[0] != bytes[1]
            && bytes[2..]
                .iter()
                .zip(bytes)
                .all(|(later, earlier)| later == earlier)
            && (self.words.contains(&word[..4]) || self.words.contains(&word[..3]))
    }
}

impl Unspaced {
    fn new(listed: Vec<&str>, innocent: Vec<&str>) -> Option<Self> {
        if listed.is_empty() {
            return None;
        }
        let n_listed = listed.len();
        let matcher = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(listed.into_iter().chain(innocent));
        // As with the stems: building does not fail in practice.
        let matcher = matcher.ok()?;
        Some(Self { matcher, n_listed })
    }

    fn find_all<'t>(&'t self, text: &'t str) -> impl Iterator<Item = &'t str> {
        self.matcher
            .find_iter(text)
            .filter(|found| found.pattern().as_usize() < self.n_listed)
            .map(|found| &text[found.range()])
    }
}

impl fmt::Debug for WordList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WordList({} entries)", self.n_entries)
    }
}

/// Runs of letters with their marks and of digits, with apostrophes between them.
fn words_of(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| {
        c.is_alphanumeric() || c == '\'' || c == '’' || !c.is_ascii() && is_combining_mark(c)
    };
    text.split(move |c: char| !is_part(c))
        .map(|word| word.trim_matches(['\'', '’']))
        .filter(|word| !word.is_empty())
}

/// Whether a letter stands three or more times in a row.
fn has_long_run(word: &str) -> bool {
    // A run of three equal characters has equal bytes one character's length apart; the bytes
    // are checked first because nearly every word is ASCII without such a run.
    if word.is_ascii() {
        return word
            .as_bytes()
            .windows(3)
            .any(|w| w[0] == w[1] && w[1] == w[2]);
    }
    let mut previous = ['\0'; 2];
    word.chars().any(|c| {
        let is_third = previous == [c; 2];
        previous = [previous[1], c];
        is_third
    })
}

/// Runs of one character cut to one; or, with `keep` of 2, runs of three and more cut to two.
fn fold(word: &str, keep: usize) -> String {
    let mut folded = String::with_capacity(word.len());
    let mut previous = None;
    let mut run = 0;
    for c in word.chars() {
        run = if previous == Some(c) { run + 1 } else { 1 };
        previous = Some(c);
        if run <= keep {
            folded.push(c);
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(list: &'static str, word: &str, expected: bool) {
        assert_eq!(
            WordList::new(list).matches(word),
            expected,
            "{word:?} in {list:?}"
        );
    }

    #[test]
    fn listed_words_are_found_as_they_are() {
        check("# words\nshoe\nsock\n", "sock", true);
        check("# words\nshoe\nsock\n", "socks", false);
        check("# words\nshoe\nsock\n", "# words", false);
        check("# words\nshoe\nsock\n", "", false);
        check("", "sock", false);
        check("шапка", "шапка", true);
    }

    #[test]
    fn elongated_words_are_found() {
        check("sock", "soooock", true);
        check("sock", "sssooocckkk", true);
        check("boot", "booooot", true);
        check("boot", "boooottttt", true);
        check("ass", "assssss", true);
        check("шапка", "шапкааааа", true);
    }

    #[test]
    fn doubled_letters_alone_are_not_elongation() {
        check("sock", "soock", false);
        check("boot", "bot", false);
        check("boot", "boat", false);
        check("u", "uuu", false);
        check("ass", "aaas", false);
    }

    #[test]
    fn repeated_syllables_are_found() {
        for word in ["haha", "hahah", "hahaha", "hahahahahahah"] {
            check("haha", word, true);
        }
        check("lol", "lolol", true);
        check("lol", "lolololol", true);
        check("haha", "hahalf", false);
        check("haha", "aaaaaa", false);
        check("haha", "hihihi", false);
    }

    #[test]
    fn stems_are_found_inside_words() {
        check("*sock*", "sock", true);
        check("*sock*", "unsocked", true);
        check("*sock*", "unsoooocked", true);
        check("*sock*", "so-ck", false);
    }

    #[test]
    fn texts_are_counted_by_word_in_any_case() {
        let list = WordList::new("don't\nsock\n");
        assert_eq!(
            list.count("Sock, sOCk (and a SOCK)! ''Don't'' sockets [[sock]]_; don’t"),
            [("sock".to_owned(), 4), ("don't".to_owned(), 1)]
        );
        assert_eq!(list.count(""), []);
    }

    #[test]
    fn words_without_spaces_are_found_in_texts() {
        #[track_caller]
        fn check(list: &'static str, text: &str, expected: &[&str]) {
            assert_eq!(
                WordList::new(list).find_all(text).collect::<Vec<_>>(),
                expected,
                "{text}"
            );
        }
        check("靴下", "靴下", &["靴下"]);
        check(
            "靴下\nsock",
            "私は靴下が好き。靴下 Sock",
            &["sock", "靴下", "靴下"],
        );
        check("靴下\n!靴下屋", "靴下屋で靴下", &["靴下"]);
        check("下屋\n!靴下屋", "靴下屋", &[]);
        check("양말", "양말을 신다", &["양말"]);
        check("ถุงเท้า", "ฉันชอบถุงเท้ามาก", &["ถุงเท้า"]);
        check("मोज़ा\nहैं", "मोज़ा हैं।", &["मोज़ा", "हैं"]);
        assert!(!WordList::new("靴下").matches("靴下"));
    }

    #[test]
    fn huge_words_take_linear_time() {
        let word = "ab".repeat(1_000_000) + &"c".repeat(1_000_000);
        check("*sock*\nabab", &word, false);
    }
}
