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

/// Rows of keys, with how many neighbours in a row, in either direction, are a sign: `property` has
/// four of the top row.
const KEY_ROWS: [(&[u8], usize); 3] = [(b"qwertyuiop", 5), (b"asdfghjkl", 4), (b"zxcvbnm", 4)];

/// Row and place of each letter's key, from `a` to `z`.
const KEYS: [(usize, usize); 26] = {
    let mut keys = [(0, 0); 26];
    let mut row = 0;
    while row < KEY_ROWS.len() {
        let mut place = 0;
        while place < KEY_ROWS[row].0.len() {
            keys[(KEY_ROWS[row].0[place] - b'a') as usize] = (row, place);
            place += 1;
        }
        row += 1;
    }
    keys
};

/// Whether a word looks like keys hit at random.
pub(crate) fn is_mashed(word: &str) -> bool {
    let (mut letters, mut n_letters) = (['\0'; TOO_LONG], 0);
    let mut add = |letter: char| {
        if let Some(place) = letters.get_mut(n_letters) {
            *place = letter;
            n_letters += 1;
        }
    };
    if word.is_ascii() {
        let bytes = word.bytes().take(TOO_LONG);
        bytes.for_each(|byte| add(char::from(byte.to_ascii_lowercase())));
    } else {
        let lower = word.chars().take(TOO_LONG).flat_map(char::to_lowercase);
        lower.for_each(&mut add);
    }
    let letters = &letters[..n_letters];
    letters.len() >= TOO_LONG
        || has_run(letters, SAME_LETTER)
        || has_consonants(letters)
        || is_repeated(letters)
        || has_key_run(letters)
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
    let (mut rightwards, mut leftwards, mut previous) = (0, 0, None);
    letters.iter().any(|letter| {
        if !letter.is_ascii_lowercase() {
            (rightwards, leftwards, previous) = (0, 0, None);
            return false;
        }
        let (row, place) = KEYS[*letter as usize - 'a' as usize];
        let step = match previous {
            Some((previous_row, previous)) if previous_row == row => {
                place as isize - previous as isize
            }
            _ => 0,
        };
        rightwards = if step == 1 { rightwards + 1 } else { 1 };
        leftwards = if step == -1 { leftwards + 1 } else { 1 };
        previous = Some((row, place));
        rightwards.max(leftwards) >= KEY_ROWS[row].1
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
