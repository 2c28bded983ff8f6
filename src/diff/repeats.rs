//! The longest run of one character in a text.

/// Whatever its case, in characters; 1 for an empty text.
///
/// Long runs are rare. So blocks are first asked whether a longer run than the longest so far begins
/// in them, by comparisons of bytes that compilers turn into vector instructions; only those where
/// one may, or that hold characters beyond ASCII, are read character by character.
pub(super) fn longest_repeated_char(text: &str) -> u32 {
    let mut runs = Runs {
        longest: 1,
        run: 0,
        previous: None,
    };
    let mut at = 0;
    while at < text.len() {
        let may_begin = match runs.longest {
            1 => true,
            2 => may_begin::<2>(text.as_bytes(), at),
            _ => may_begin::<3>(text.as_bytes(), at),
        };
        if may_begin {
            at = runs.read_block(text, at);
        } else {
            (runs.run, runs.previous) = (0, None);
            at += BLOCK;
        }
    }
    runs.longest
}

/// Bytes in which a run may begin.
const BLOCK: usize = 64;

/// Whether a run of more than `N` characters may begin in the block.
fn may_begin<const N: usize>(bytes: &[u8], at: usize) -> bool {
    let Some(block) = bytes.get(at..at + BLOCK + N) else {
        return true;
    };
    let mut is_beyond_ascii = 0;
    for byte in block {
        is_beyond_ascii |= byte & 0x80;
    }
    let mut may_begin = 0;
    for start in 0..BLOCK {
        let mut differs = 0;
        for idx in 0..N {
            // The bit in which small and capital letters differ.
            differs |= (block[start + idx] ^ block[start + idx + 1]) & !0x20;
        }
        may_begin |= u8::from(differs == 0);
    }
    is_beyond_ascii | may_begin != 0
}

struct Runs {
    longest: u32,
    run: u32,
    previous: Option<char>,
}

impl Runs {
    /// Reads a block, and on to the end of its last run; gives the byte after it.
    fn read_block(&mut self, text: &str, at: usize) -> usize {
        for (offset, c) in text[at..].char_indices() {
            if offset >= BLOCK && !self.goes_on_with(c) {
                return at + offset;
            }
            if c.is_ascii() {
                self.push(c.to_ascii_lowercase());
            } else {
                c.to_lowercase().for_each(|c| self.push(c));
            }
        }
        text.len()
    }

    fn goes_on_with(&self, c: char) -> bool {
        c.to_lowercase().next() == self.previous
    }

    fn push(&mut self, c: char) {
        self.run = if self.previous == Some(c) {
            self.run + 1
        } else {
            1
        };
        self.previous = Some(c);
        self.longest = self.longest.max(self.run);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: u32) {
        assert_eq!(longest_repeated_char(text), expected, "{text}");
    }

    #[test]
    fn runs_are_of_one_character_in_any_case() {
        check("", 1);
        check("abc", 1);
        check("coOol", 3);
        check("ÄäÄx", 3);
        check("日日", 2);
        check(&format!("==={}{}", "ab".repeat(60), "=".repeat(70)), 70);
    }

    proptest! {
        #[test]
        fn blocks_change_nothing(pieces in prop::collection::vec(("[ab@`=Ä日 ]", 1_usize..90), 0..12)) {
            let text: String = pieces.iter().map(|(piece, n)| piece.repeat(*n)).collect();
            let mut runs = Runs { longest: 1, run: 0, previous: None };
            for c in text.chars().flat_map(char::to_lowercase) {
                runs.push(c);
            }
            prop_assert_eq!(longest_repeated_char(&text), runs.longest);
        }
    }
}
