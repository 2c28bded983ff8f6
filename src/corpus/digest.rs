//! SHA-1 of a revision's text: what tells that two revisions are the same.
//!
//! SHA-1 because MediaWiki writes it into its dumps, and because what is compared was not chosen
//! by an attacker who gains anything by a collision.

use sha1::{Digest as _, Sha1};

/// SHA-1 of a text in UTF-8.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TextDigest([u8; 20]);

impl TextDigest {
    /// The digest of a text.
    pub fn of(text: &str) -> Self {
        Self(Sha1::digest(text.as_bytes()).into())
    }

    /// A digest by its bytes.
    pub fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// Reads MediaWiki's way of writing it, a number to base 36; `None` for anything else.
    pub(super) fn from_base36(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        let mut bytes = [0_u8; 20];
        for symbol in text.chars() {
            let mut carry = symbol.to_digit(36)?;
            for byte in bytes.iter_mut().rev() {
                carry += u32::from(*byte) * 36;
                *byte = carry as u8;
                carry >>= 8;
            }
            if carry > 0 {
                return None;
            }
        }
        Some(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_written_digest_equals_the_computed_one() {
        // The SHA-1 of the empty text as MediaWiki dumps it, and of a page that official sample
        // dumps contain.
        assert_eq!(
            TextDigest::from_base36("phoiac9h4m842xq45sp7s6u21eteeq1"),
            Some(TextDigest::of(""))
        );
        assert_eq!(
            TextDigest::from_base36("61o9wqbehiqpmke7163b1675fic2cri"),
            Some(TextDigest::of("{{babel|en}}"))
        );
    }

    #[test]
    fn what_is_no_digest_is_none() {
        for text in [
            "",
            " ",
            "not base 36",
            "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        ] {
            assert_eq!(TextDigest::from_base36(text), None, "{text:?}");
        }
    }
}
