//! Words that nobody meant as words: keys hit at random, one letter held down, a syllable
//! repeated.
//!
//! Rules of shape alone, so that they hold in any language and need no training; the price is
//! that they only see the crudest cases, and that a rare real word (German has words with eight
//! consonants in a row) can pass for one. Whether a word is known is the vocabulary's question,
//! not asked here. Letters are those of the Latin alphabet in all rules but the first two.

/// A run of this many equal letters is no spelling.
const SAME_LETTER: usize = 4;

/// Words this long are no words; the longest in ordinary use are chemical or German.
const TOO_LONG: usize = 40;

/// A run of this many consonants, `y` being none (`catchphrase` and `Knightsbridge` have six); or
/// one less when that is the whole word.
const CONSONANTS: usize = 7;

/// A syllable repeated at least three times over this many letters (`hahahaha`).
const REPEATED: usize = 8;

/// Neighbouring keys, with how many in a row are a sign: `property` has four of the top row.
const KEY_ROWS: [(&str, usize); 6] = [
    ("qwertyuiop", 5),
    ("asdfghjkl", 4),
    ("zxcvbnm", 4),
    ("poiuytrewq", 5),
    ("lkjhgfdsa", 4),
    ("mnbvcxz", 4),
];

/// Whether a word looks like keys hit at random.
pub(crate) fn is_mashed(word: &str) -> bool {
    let letters: Vec<char> = word
        .chars()
        .flat_map(char::to_lowercase)
        .take(TOO_LONG)
        .collect();
    letters.len() >= TOO_LONG
        || has_run(&letters, SAME_LETTER)
        || has_consonants(&letters)
        || is_repeated(&letters)
        || has_key_run(&letters)
}

/// Roman numerals have no four equal letters in a row, but `www` belongs to addresses and
/// digits to numbers.
fn has_run(letters: &[char], n: usize) -> bool {
    letters
        .windows(n)
        .any(|run| run[0].is_alphabetic() && run.iter().all(|letter| *letter == run[0]))
}

fn has_consonants(letters: &[char]) -> bool {
    let is_consonant =
        |c: &char| c.is_ascii_lowercase() && !matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y');
    letters
        .windows(CONSONANTS)
        .any(|run| run.iter().all(is_consonant))
        || letters.len() == CONSONANTS - 1 && letters.iter().all(is_consonant)
}

/// Whether the word begins with a syllable of two to four letters that repeats.
fn is_repeated(letters: &[char]) -> bool {
    (2..=4).any(|period| {
        let n_equal = letters
            .iter()
            .zip(letters.iter().skip(period))
            .take_while(|(a, b)| a == b)
            .count();
        let length = n_equal + period;
        length >= REPEATED && length >= 3 * period
    })
}

fn has_key_run(letters: &[char]) -> bool {
    KEY_ROWS.iter().any(|(row, n)| {
        let (mut run, mut previous) = (0, None);
        letters.iter().any(|letter| {
            let place = u8::try_from(*letter)
                .ok()
                .and_then(|letter| memchr::memchr(letter, row.as_bytes()));
            let follows = place.is_some() && place == previous.map(|previous: usize| previous + 1);
            run = if follows {
                run + 1
            } else {
                usize::from(place.is_some())
            };
            previous = place;
            run >= *n
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(word: &str, expected: bool) {
        assert_eq!(is_mashed(word), expected, "{word}");
    }

    #[test]
    fn mashed_keys_are_seen() {
        for word in [
            "asdf",
            "ASDFASDF",
            "sdkfjh",
            "hfkjdhskdfh",
            "aaaa",
            "heyyyyy",
            "hahahaha",
            "blahblahblah",
            "poiuy",
        ] {
            check(word, true);
        }
        check(&"ab".repeat(30), true);
    }

    #[test]
    fn words_are_left_alone() {
        for word in [
            "property",
            "wert",
            "rhythms",
            "Mississippi",
            "banana",
            "VIII",
            "catchphrase",
            "",
            "日本",
            "Кооператив",
        ] {
            check(word, false);
        }
    }
}
