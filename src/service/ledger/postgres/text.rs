//! Text as PostgreSQL holds it, which takes every character but U+0000.
//!
//! Titles and notes come from clients, and a ledger gives back what it was given: U+0000 stands as `\0`, and a
//! backslash therefore as two.

use std::borrow::Cow;

/// Text for the database.
pub(super) fn to_stored(text: &str) -> Cow<'_, str> {
    if text.contains(['\\', '\0']) {
        text.replace('\\', r"\\").replace('\0', r"\0").into()
    } else {
        text.into()
    }
}

/// Text of the database.
pub(super) fn from_stored(stored: String) -> String {
    if !stored.contains('\\') {
        return stored;
    }
    let mut text = String::with_capacity(stored.len());
    let mut characters = stored.chars();
    while let Some(character) = characters.next() {
        text.push(match character {
            '\\' if characters.next() == Some('0') => '\0',
            other => other,
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_comes_back() {
        for (text, stored) in [
            ("", ""),
            ("a title", "a title"),
            (r"C:\0", r"C:\\0"),
            ("\0\\\0", r"\0\\\0"),
            (r"\\", r"\\\\"),
        ] {
            assert_eq!(to_stored(text), stored);
            assert_eq!(from_stored(stored.to_owned()), text);
        }
    }
}
