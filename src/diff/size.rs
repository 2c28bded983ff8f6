//! The size of a whole text, and whether it is a redirect: what is known without tokens.
//!
//! Apart from the text's summary, which costs a hundred times as much. No features are made
//! here.

/// The size of a whole text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TextSize {
    /// Bytes in UTF-8.
    pub bytes: u32,
    /// Characters.
    pub chars: u32,
    /// Letters A to Z and a to z.
    pub ascii_letters: u32,
    /// Characters beyond ASCII: mostly letters, in texts of other scripts.
    pub beyond_ascii: u32,
    /// Whether the text is a redirect: a `#` and one word, then a link.
    pub is_redirect: bool,
}

impl TextSize {
    pub(super) fn of(text: &str) -> Self {
        let mut size = Self {
            bytes: text.len() as u32,
            is_redirect: is_redirect(text),
            ..Self::default()
        };
        let mut n_continued = 0;
        // Sums of bytes over few enough of them to fit a byte: compilers turn that into vector
        // instructions of the full width. It runs over both texts of every edit.
        for chunk in text.as_bytes().chunks(255) {
            let (mut n_letters, mut n_beyond, mut n_inside) = (0_u8, 0_u8, 0_u8);
            for byte in chunk {
                n_letters += u8::from((byte | 0x20).wrapping_sub(b'a') < 26);
                n_beyond += u8::from(*byte >= 0xc0);
                n_inside += u8::from(byte & 0xc0 == 0x80);
            }
            size.ascii_letters += u32::from(n_letters);
            size.beyond_ascii += u32::from(n_beyond);
            n_continued += u32::from(n_inside);
        }
        size.chars = size.bytes - n_continued;
        size
    }
}

/// Whether a text begins as redirects do: `#REDIRECT [[`, `#Redirect: [[`, `#転送 [[`. The word is
/// the wiki's own, so that any one word passes.
fn is_redirect(text: &str) -> bool {
    let Some(rest) = text.trim_start().strip_prefix('#') else {
        return false;
    };
    let word = rest.trim_start_matches([' ', '\t']);
    let after_word = word.trim_start_matches(char::is_alphabetic);
    let n_word = word.len() - after_word.len();
    (3..=40).contains(&n_word)
        && after_word
            .trim_start_matches([' ', '\t', ':', '：'])
            .starts_with("[[")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_by_kind() {
        let size = TextSize::of("ab é 日!");
        assert_eq!(
            (
                size.bytes,
                size.chars,
                size.ascii_letters,
                size.beyond_ascii
            ),
            (10, 7, 2, 2)
        );
        assert_eq!(TextSize::of(""), TextSize::default());
    }

    #[test]
    fn redirects_are_recognised() {
        for (text, expected) in [
            ("#REDIRECT [[A]]", true),
            ("\n#redirect:[[A]]", true),
            ("#転送 [[A]]", true),
            ("# item [[A]]", true),
            ("#REDIRECT", false),
            ("# a longer item [[A]]", false),
            ("", false),
        ] {
            assert_eq!(is_redirect(text), expected, "{text}");
        }
    }
}
