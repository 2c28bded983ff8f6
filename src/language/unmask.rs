//! Disguised words: what they stand for.
//!
//! Vandals write around filters: digits and signs for letters (`sh1t`, `a$$`), letters of another
//! alphabet that look alike, letters in fancy dress, invisible characters, stacked marks, letters
//! held down, letters set apart (`f u c k`). Rules of shape alone: whether the plain form is a word
//! anybody minds is asked elsewhere, so an honest `e4e5` may come out as nonsense. Accented
//! letters are left as they are.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{decompose_compatible, is_combining_mark};

use super::is_unspaced;

/// Longer words are not looked at.
const MAX_BYTES: usize = 200;

/// This many of one letter in a row are no spelling.
const MIN_RUN: usize = 3;

/// The plain form, in lower case, of a word in any case; `None` when it is not disguised.
///
/// Of a letter written three or more times in a row one is kept (`fuuuck`), so a word that doubles
/// the letter comes out short (`coool` is `col`). `1` stands for `i`. A digit counts as a letter
/// only in a word where one stands between letters, so `mp3`, `4th` and `A55` are left alone.
pub fn unmask(word: &str) -> Option<String> {
    if word.len() > MAX_BYTES || is_plainly_plain(word) {
        return None;
    }
    let lower: String = word.chars().flat_map(char::to_lowercase).collect();
    let mut plain = undress(&lower);
    if is_stuffed(&plain) {
        plain = plain.nfd().filter(|c| !is_stuffing(*c)).collect();
    }
    let plain = unify_alphabet(&plain);
    let plain = unify_signs(&plain);
    let plain = fold_runs(&plain);
    (plain != lower && plain.chars().any(char::is_alphabetic)).then_some(plain)
}

/// The words written as single letters with one and the same character between them (`f u c k`,
/// `F.u.c.k`), in lower case; of three letters or more. Abbreviations (`u.s.a.`) are among them.
pub fn spaced_letters(text: &str) -> impl Iterator<Item = String> + '_ {
    let mut chars = text.chars().peekable();
    let mut word = SpacedWord::default();
    std::iter::from_fn(move || {
        while let Some(c) = chars.next() {
            if !c.is_alphanumeric() {
                word.gap = match word.gap {
                    Gap::None
                        if matches!(
                            c,
                            ' ' | '.' | '-' | '_' | '*' | '·' | ',' | '/' | '+' | '~' | '|'
                        ) =>
                    {
                        Gap::One(c)
                    }
                    _ => Gap::Other,
                };
                continue;
            }
            let mut is_single = c.is_alphabetic() && !is_unspaced(c);
            while chars.next_if(|next| next.is_alphanumeric()).is_some() {
                is_single = false;
            }
            if let Some(finished) = word.take_in(is_single.then_some(c)) {
                return Some(finished);
            }
        }
        word.take_in(None)
    })
}

/// A word of [`spaced_letters`] that is being read.
#[derive(Default)]
struct SpacedWord {
    letters: String,
    n_letters: usize,
    last: Option<char>,
    /// What stands between the letters.
    between: Option<char>,
    /// What came since the last letter.
    gap: Gap,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Gap {
    #[default]
    None,
    One(char),
    Other,
}

impl SpacedWord {
    /// Takes in a letter that stands alone, or `None` for a longer word or the end of the text.
    /// Gives the word that ended before it.
    fn take_in(&mut self, letter: Option<char>) -> Option<String> {
        let gap = std::mem::take(&mut self.gap);
        let mut finished = None;
        match (letter, gap) {
            (Some(_), Gap::One(c)) if self.between.is_none_or(|between| between == c) => {
                self.between = Some(c);
            }
            _ => {
                finished = (self.n_letters >= 3).then(|| self.letters.clone());
                let last = self.last.take();
                *self = Self::default();
                // With another character between, the last letter begins a word of its own.
                if let (Some(_), Gap::One(c), Some(last)) = (letter, gap, last) {
                    self.push(last);
                    self.between = Some(c);
                }
            }
        }
        if let Some(letter) = letter {
            self.push(letter);
        }
        finished
    }

    fn push(&mut self, letter: char) {
        self.letters.extend(letter.to_lowercase());
        self.n_letters += 1;
        self.last = Some(letter);
    }
}

/// ASCII letters without a run: nearly every word, told quickly.
fn is_plainly_plain(word: &str) -> bool {
    let bytes = word.as_bytes();
    bytes.iter().all(u8::is_ascii_alphabetic)
        && !bytes
            .windows(MIN_RUN)
            .any(|run| run.iter().all(|byte| byte.eq_ignore_ascii_case(&run[0])))
}

/// Without invisible characters; letters in fancy dress (full width, mathematical, circled) as
/// plain ones.
fn undress(lower: &str) -> String {
    let mut plain = String::with_capacity(lower.len());
    for c in lower.chars().filter(|c| !is_invisible(*c)) {
        match bare_letter(c) {
            Some(letters) => plain.push_str(&letters),
            None => plain.push(c),
        }
    }
    plain
}

fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{E0000}'..='\u{E0FFF}')
}

/// The Latin letters that a character is a variant of.
fn bare_letter(c: char) -> Option<String> {
    let nth = |start: u32| {
        let letter = u8::try_from(c as u32 - start).ok()? + b'a';
        Some(char::from(letter).to_string())
    };
    match c {
        // Ordinal signs, long s, and the raised and lowered letters of phonetics and formulae.
        '\0'..='\u{2FF}' | '\u{1D2C}'..='\u{1D6A}' | '\u{2070}'..='\u{209F}' => None,
        '\u{1F150}'..='\u{1F169}' => nth(0x1F150),
        '\u{1F170}'..='\u{1F189}' => nth(0x1F170),
        '\u{1F1E6}'..='\u{1F1FF}' => nth(0x1F1E6),
        _ => {
            let mut letters = String::new();
            decompose_compatible(c, |part| letters.extend(part.to_lowercase()));
            let is_latin = letters.bytes().all(|byte| byte.is_ascii_lowercase());
            (is_latin && !letters.is_empty()).then_some(letters)
        }
    }
}

/// Marks that any letter can carry.
fn is_stuffing(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36F}' | '\u{483}'..='\u{489}' | '\u{1AB0}'..='\u{1AFF}'
        | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}')
}

/// Whether a letter carries two loose marks, or three letters carry one: what no language that is
/// written in composed characters needs.
fn is_stuffed(word: &str) -> bool {
    let (mut n_marked, mut n_here) = (0, 0);
    for c in word.chars() {
        if is_stuffing(c) && is_combining_mark(c) {
            n_here += 1;
            n_marked += usize::from(n_here == 1);
            if n_here == 2 || n_marked == 3 {
                return true;
            }
        } else {
            n_here = 0;
        }
    }
    false
}

/// Latin letters with the Cyrillic and Greek ones that look alike, in either case.
const LOOK_ALIKE: &[(char, &[char], &[char])] = &[
    ('a', &['а'], &['α']),
    ('b', &['в', 'ь'], &['β']),
    ('c', &['с'], &['ϲ']),
    ('d', &['ԁ'], &[]),
    ('e', &['е', 'ё'], &['ε']),
    ('h', &['н', 'һ'], &[]),
    ('i', &['і'], &['ι']),
    ('j', &['ј'], &[]),
    ('k', &['к'], &['κ']),
    ('m', &['м'], &[]),
    ('n', &['п'], &['η']),
    ('o', &['о'], &['ο']),
    ('p', &['р'], &['ρ']),
    ('q', &['ԛ'], &[]),
    ('s', &['ѕ'], &[]),
    ('t', &['т'], &['τ']),
    ('u', &[], &['υ']),
    ('v', &['ѵ'], &['ν']),
    ('w', &['ԝ'], &['ω']),
    ('x', &['х'], &['χ']),
    ('y', &['у'], &['γ']),
    ('z', &[], &['ζ']),
];

fn to_latin(c: char) -> Option<char> {
    let mut rows = LOOK_ALIKE.iter();
    rows.find(|(_, cyrillic, greek)| cyrillic.contains(&c) || greek.contains(&c))
        .map(|row| row.0)
}

fn to_cyrillic(c: char) -> Option<char> {
    let row = LOOK_ALIKE.iter().find(|row| row.0 == c)?;
    row.1.first().copied()
}

fn to_greek(c: char) -> Option<char> {
    let row = LOOK_ALIKE.iter().find(|row| row.0 == c)?;
    row.2.first().copied()
}

/// A word of Latin letters mixed with Cyrillic or Greek ones, in one alphabet: the one that leaves
/// no letter over, or else the one that most letters are of.
fn unify_alphabet(word: &str) -> Cow<'_, str> {
    let is_other = |c: char| matches!(c, '\u{370}'..='\u{52F}');
    let n_latin = word.chars().filter(char::is_ascii_lowercase).count();
    let n_other = word.chars().filter(|c| is_other(*c)).count();
    if n_latin == 0 || n_other == 0 {
        return Cow::Borrowed(word);
    }
    let latin = replaced(word, is_other, to_latin);
    let is_cyrillic = word.chars().any(|c| ('\u{400}'..='\u{52F}').contains(&c));
    let native = match is_cyrillic {
        true => replaced(word, |c| c.is_ascii_lowercase(), to_cyrillic),
        false => replaced(word, |c| c.is_ascii_lowercase(), to_greek),
    };
    match (latin, native) {
        (Some(_), Some(native)) if n_other > n_latin => Cow::Owned(native),
        (Some(latin), _) => Cow::Owned(latin),
        (None, Some(native)) => Cow::Owned(native),
        (None, None) => Cow::Borrowed(word),
    }
}

/// Every character of a kind replaced; `None` when there is no replacement for one.
fn replaced(
    word: &str,
    is_of_kind: impl Fn(char) -> bool,
    replacement: fn(char) -> Option<char>,
) -> Option<String> {
    word.chars()
        .map(|c| {
            if is_of_kind(c) {
                replacement(c)
            } else {
                Some(c)
            }
        })
        .collect()
}

/// Digits and signs that stand for letters as those letters.
fn unify_signs(word: &str) -> Cow<'_, str> {
    let is_cyrillic = word.chars().any(|c| ('\u{400}'..='\u{52F}').contains(&c));
    let chars: Vec<char> = word.chars().collect();
    let letter = |c: char| {
        if is_cyrillic {
            cyrillic_sign(c)
        } else {
            latin_sign(c)
        }
    };
    let is_foreign = |c: &char| c.is_numeric() && letter(*c).is_none();
    let (Some(first), Some(last)) = (
        chars.iter().position(|c| c.is_alphabetic()),
        chars.iter().rposition(|c| c.is_alphabetic()),
    ) else {
        return Cow::Borrowed(word);
    };
    let has_alphabet = is_cyrillic || chars.iter().any(char::is_ascii_lowercase);
    if !has_alphabet || chars.iter().any(is_foreign) {
        return Cow::Borrowed(word);
    }
    let is_inner_sign = |at: usize| (first..last).contains(&at) && letter(chars[at]).is_some();
    let is_loose_sign = |c: &char| matches!(c, '@' | '$' | '€');
    if !(0..chars.len()).any(is_inner_sign) && !chars.iter().any(is_loose_sign) {
        return Cow::Borrowed(word);
    }
    let with_letters = chars.iter().enumerate().map(|(at, c)| {
        let counts = !matches!(c, '!' | '|' | '+') || (first..last).contains(&at);
        letter(*c).filter(|_| counts).unwrap_or(*c)
    });
    Cow::Owned(with_letters.collect())
}

fn latin_sign(c: char) -> Option<char> {
    Some(match c {
        '0' => 'o',
        '1' | '!' | '|' => 'i',
        '3' | '€' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' | '+' => 't',
        '8' => 'b',
        '9' => 'g',
        _ => return None,
    })
}

fn cyrillic_sign(c: char) -> Option<char> {
    Some(match c {
        '0' => 'о',
        '3' => 'з',
        '4' => 'ч',
        '6' => 'б',
        '@' => 'а',
        _ => return None,
    })
}

/// One of each letter that stands three or more times in a row. Roman numerals (`viii`) are left
/// alone, and so are scripts without spaces, and words of one letter alone (`www`).
fn fold_runs(word: &str) -> String {
    let is_roman = |c: char| matches!(c, 'i' | 'v' | 'x' | 'l' | 'c' | 'd' | 'm');
    if word.chars().all(is_roman) {
        return word.to_owned();
    }
    let mut folded = String::with_capacity(word.len());
    let mut chars = word.chars().peekable();
    let mut n_different = 0;
    while let Some(c) = chars.next() {
        let mut run = 1;
        while chars.next_if_eq(&c).is_some() {
            run += 1;
        }
        let is_held = run >= MIN_RUN && c.is_alphabetic() && !is_unspaced(c);
        folded.extend(std::iter::repeat_n(c, if is_held { 1 } else { run }));
        n_different += usize::from(c.is_alphabetic());
    }
    if n_different > 1 {
        folded
    } else {
        word.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(word: &str, expected: Option<&str>) {
        assert_eq!(unmask(word).as_deref(), expected, "{word}");
    }

    #[test]
    fn digits_and_signs_stand_for_letters() {
        check("sh1t", Some("shit"));
        check("SH1T", Some("shit"));
        check("a55hole", Some("asshole"));
        check("a$$", Some("ass"));
        check("@sshole", Some("asshole"));
        check("n1gg3r", Some("nigger"));
        check("5h17ty", Some("shitty"));
        check("b0l1", Some("boli"));
        check("пи3да", Some("пизда"));
    }

    #[test]
    fn letters_held_down_are_one() {
        check("fuuuuck", Some("fuck"));
        check("FUUUck", Some("fuck"));
        check("noooo", Some("no"));
        check("сууука", Some("сука"));
        check("sh11111t", Some("shit"));
    }

    #[test]
    fn alphabets_are_made_one() {
        check("fuсk", Some("fuck"));
        check("ѕhit", Some("shit"));
        check("shιt", Some("shit"));
        check("сyка", Some("сука"));
        check("xуй", Some("хуй"));
        check("mαlaka", Some("malaka"));
        check("μaλάκα", Some("μαλάκα"));
    }

    #[test]
    fn letters_in_fancy_dress_are_undressed() {
        check("ｆｕｃｋ", Some("fuck"));
        check("𝐟𝓾𝕔𝖐", Some("fuck"));
        check("ⓕⓤⓒⓚ", Some("fuck"));
        check("🅵🆄🅲🅺", Some("fuck"));
        check("🇫🇺🇨🇰", Some("fuck"));
    }

    #[test]
    fn what_is_not_seen_does_not_count() {
        check("fu\u{200b}ck", Some("fuck"));
        check("f\u{ad}uck\u{feff}", Some("fuck"));
        check("f\u{336}u\u{336}c\u{336}k\u{336}", Some("fuck"));
        check("fu\u{300}\u{301}\u{302}ck", Some("fuck"));
        check(
            "f\u{200b}u\u{200b}u\u{200b}u\u{200b}1\u{200b}k",
            Some("fuik"),
        );
    }

    #[test]
    fn honest_words_are_not_disguised() {
        for word in [
            "",
            "river",
            "River",
            "don't",
            "mp3",
            "4th",
            "A55",
            "1990s",
            "h264b",
            "2001",
            "VIII",
            "MMM",
            "www",
            "xxx",
            "zoo",
            "café",
            "Łódź",
            "straße",
            "река",
            "ποταμός",
            "Ünye",
            "日本日本日本",
            "ｶﾞ",
            "서울",
            "मुंबई",
            "ไทย",
            "ệ",
            "o\u{301}",
            "m²",
            "1ª",
            "tiûⁿ",
            "kʰa",
            "제7일",
            "...",
            "!!!",
        ] {
            check(word, None);
        }
        check(&"1a".repeat(1_000_000), None);
    }

    #[test]
    fn letters_set_apart_are_a_word() {
        #[track_caller]
        fn check(text: &str, expected: &[&str]) {
            assert_eq!(spaced_letters(text).collect::<Vec<_>>(), expected, "{text}");
        }
        check("f u c k", &["fuck"]);
        check("you F.U.C.K. off", &["fuck"]);
        check("x f-u-c-k yet s*h*i*t", &["fuck", "shit"]);
        check("х у й", &["хуй"]);
        check("the U.S.A. of 1, 2, 3", &["usa"]);
        check("J. R. R. Tolkien", &[]);
        check("a, b, c; x | y | z", &[]);
        check("I am a b", &[]);
        check("a b.c d", &[]);
        check("日 本 語", &[]);
        check("", &[]);
        check("f u c k s h i t", &["fuckshit"]);
    }
}
