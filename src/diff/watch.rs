//! The things (words, numerals, marks) whose numbers an edit may have changed, and how many of each
//! the rest of the page holds.
//!
//! First the windows are seen, in which the texts differ; what they hold equally often did not
//! change. Then the common text is seen: a filter over the first and last letters passes over nearly
//! all of its tokens, so that only few are put in lower case, hashed and looked up. A thing is known
//! by a hash of 64 bits: two different words of one page collide about once in 10^12 pages.

use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::frequency::FrequencyChange;
use super::letters::{is_uppercase, lower_into};
use super::summary::ChangedWord;
use super::{Token, TokenKind};

/// What is counted one by one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Kind {
    /// A word, in lower case.
    Word,
    /// A word of capitals.
    Uppercase,
    /// A numeral.
    Number,
    /// A mark of wikitext.
    Markup,
}

/// One thing.
#[derive(Clone, Copy, Debug)]
struct Thing {
    kind: Kind,
    /// Its bits in the filter.
    keys: Keys,
    /// How many stand in the windows.
    before: u32,
    after: u32,
    /// How many stand in the common text.
    common: u32,
    /// Where it stands first in each text; `NOWHERE` where it does not.
    first_before: (u32, u32),
    first_after: (u32, u32),
}

const NOWHERE: (u32, u32) = (u32::MAX, u32::MAX);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Watch {
    things: FxHashMap<u64, Thing>,
    filter: Filter,
    lower: String,
}

/// What changed.
pub(super) struct Changes {
    pub(super) markups: FrequencyChange,
    pub(super) numbers: FrequencyChange,
    pub(super) uppercase_words: FrequencyChange,
    /// In the order of [`TextSummaries::each_changed_word`](super::summary::TextSummaries).
    pub(super) words: Vec<ChangedWord>,
}

impl Watch {
    /// Counts a token of the window before the edit, which begins at this byte.
    pub(super) fn see_before(&mut self, token: Token, span: &str, offset: usize) {
        let place = place(token, offset);
        self.each_thing(token, span, |thing| {
            thing.before += 1;
            thing.first_before = thing.first_before.min(place);
        });
    }

    /// Counts a token of the window after the edit.
    pub(super) fn see_after(&mut self, token: Token, span: &str, offset: usize) {
        let place = place(token, offset);
        self.each_thing(token, span, |thing| {
            thing.after += 1;
            thing.first_after = thing.first_after.min(place);
        });
    }

    fn each_thing(&mut self, token: Token, span: &str, count: impl Fn(&mut Thing)) {
        let Self { things, lower, .. } = self;
        let mut add = |kind: Kind, span: &str| {
            let new = || Thing {
                kind,
                keys: Keys::of(span),
                before: 0,
                after: 0,
                common: 0,
                first_before: NOWHERE,
                first_after: NOWHERE,
            };
            count(things.entry(hash(kind, span)).or_insert_with(new));
        };
        match kind_of(token.kind) {
            Some(Kind::Word) => {
                if is_uppercase(span) {
                    add(Kind::Uppercase, span);
                }
                lower_into(span, lower);
                add(Kind::Word, lower);
            }
            Some(kind) => add(kind, span),
            None => {}
        }
    }

    /// Both windows were seen: forgets what did not change.
    pub(super) fn keep_changed(&mut self) {
        self.things.retain(|_, thing| thing.before != thing.after);
        for thing in self.things.values() {
            self.filter.add(thing.keys);
        }
    }

    /// Whether a token of the common text may be one of the things that changed.
    pub(super) fn may_hold(&self, kind: TokenKind, span: &[u8]) -> bool {
        kind_of(kind).is_some() && self.filter.may_hold(span)
    }

    /// Counts such a token, in a text that begins at this byte of the text after the edit.
    pub(super) fn see_common(&mut self, token: Token, span: &str, offset: usize) {
        let Some(kind) = kind_of(token.kind) else {
            return;
        };
        let place = place(token, offset);
        let mut count = |kind: Kind, span: &str| {
            if let Some(thing) = self.things.get_mut(&hash(kind, span)) {
                thing.common += 1;
                thing.first_after = thing.first_after.min(place);
            }
        };
        if kind == Kind::Word {
            if is_uppercase(span) {
                count(Kind::Uppercase, span);
            }
            lower_into(span, &mut self.lower);
            count(kind, &self.lower);
        } else {
            count(kind, span);
        }
    }

    /// Everything was seen.
    pub(super) fn finish(self) -> Changes {
        let mut things: Vec<(u64, Thing)> = self.things.into_iter().collect();
        // Sums of fractions depend on their order, which is not to depend on the window.
        things.sort_unstable_by_key(|(hash, thing)| (thing.kind, *hash));
        let mut changes = Changes {
            markups: FrequencyChange::default(),
            numbers: FrequencyChange::default(),
            uppercase_words: FrequencyChange::default(),
            words: Vec::new(),
        };
        for (_, thing) in things {
            let (before, after) = (thing.before + thing.common, thing.after + thing.common);
            match thing.kind {
                Kind::Markup => changes.markups.add(before, after),
                Kind::Number => changes.numbers.add(before, after),
                Kind::Uppercase => changes.uppercase_words.add(before, after),
                Kind::Word => {
                    let is_gone = after == 0;
                    let (start, end) = match is_gone {
                        true => thing.first_before,
                        false => thing.first_after,
                    };
                    changes.words.push(ChangedWord {
                        is_gone,
                        start,
                        end,
                        before,
                        after,
                    });
                }
            }
        }
        changes
            .words
            .sort_unstable_by_key(|word| (word.is_gone, word.start));
        changes
    }
}

/// What is counted of tokens of a kind.
fn kind_of(kind: TokenKind) -> Option<Kind> {
    const TABLE: [Option<Kind>; TokenKind::COUNT] = {
        let mut table = [None; TokenKind::COUNT];
        let mut idx = 0;
        while idx < TokenKind::COUNT {
            let kind = TokenKind::ALL[idx];
            table[idx] = match kind {
                TokenKind::Word => Some(Kind::Word),
                TokenKind::Number => Some(Kind::Number),
                _ if kind.is_markup() => Some(Kind::Markup),
                _ => None,
            };
            idx += 1;
        }
        table
    };
    TABLE[kind.index()]
}

fn hash(kind: Kind, span: &str) -> u64 {
    xxh3_64_with_seed(span.as_bytes(), kind as u64)
}

/// Where a token stands in its whole text. No text has more than 2^30 bytes here.
fn place(token: Token, offset: usize) -> (u32, u32) {
    let offset = offset as u32;
    (token.start + offset, token.end + offset)
}

/// The bits of a thing.
#[derive(Clone, Copy, Debug)]
struct Keys {
    ascii: Option<u16>,
    first: u16,
}

impl Keys {
    fn of(span: &str) -> Self {
        Self {
            ascii: ascii_key(span.as_bytes()),
            first: first_key(span),
        }
    }
}

/// Numbers below this are keys.
const N_KEYS: usize = 8192;

/// By the first two bytes, whatever their case, when both are ASCII.
fn ascii_key(span: &[u8]) -> Option<u16> {
    let (first, second) = match span {
        [first] => (*first, 0),
        [first, second, ..] => (*first, *second),
        [] => (0, 0),
    };
    let key = usize::from(first | 0x20) << 5 ^ usize::from(second | 0x20);
    ((first | second) < 0x80).then_some((key % (N_KEYS / 2)) as u16)
}

/// By the first three characters: the same for a word and its lower case.
fn first_key(span: &str) -> u16 {
    let lower = |c: char| match c {
        // As `lower_into` has it.
        'İ' => 'i',
        'Σ' | 'ς' => 'σ',
        c => c.to_lowercase().next().unwrap_or(c),
    };
    let mixed = span.chars().take(3).fold(0_usize, |mixed, c| {
        mixed.wrapping_mul(8_191).wrapping_add(lower(c) as usize)
    });
    (N_KEYS / 2 + mixed % (N_KEYS / 2)) as u16
}

/// A set of keys.
#[derive(Debug)]
struct Filter([u64; N_KEYS / 64]);

impl Default for Filter {
    fn default() -> Self {
        Self([0; N_KEYS / 64])
    }
}

impl Filter {
    fn add(&mut self, keys: Keys) {
        for key in keys.ascii.into_iter().chain([keys.first]) {
            self.0[usize::from(key) / 64] |= 1 << (key % 64);
        }
    }

    fn holds(&self, key: u16) -> bool {
        self.0[usize::from(key) / 64] >> (key % 64) & 1 != 0
    }

    /// Whether a thing that was added may be this span, or its lower case.
    fn may_hold(&self, span: &[u8]) -> bool {
        match ascii_key(span) {
            Some(key) => self.holds(key),
            // Tokens are cut between characters.
            None => std::str::from_utf8(span).is_ok_and(|span| self.holds(first_key(span))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_holds_what_was_added_whatever_its_case() {
        let mut lower = String::new();
        for word in [
            "River",
            "RIVER",
            "Ärger",
            "ΣΟΦΟΣ",
            "İstanbul",
            "Kelvin",
            "ǅ",
            "ẞ",
            "a",
            "日本",
        ] {
            let mut filter = Filter::default();
            lower_into(word, &mut lower);
            filter.add(Keys::of(&lower));
            assert!(filter.may_hold(word.as_bytes()), "{word}");
            assert!(filter.may_hold(lower.as_bytes()), "{lower}");
            assert!(!filter.may_hold(b"zebra"), "{word}");
        }
    }
}
