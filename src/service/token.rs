//! The token that administration asks for: kept as a hash, compared in constant time.

use std::path::{Path, PathBuf};

use axum::http::{HeaderMap, header};
use sha2::{Digest as _, Sha256};

/// The shortest token that is taken: 128 bits as hexadecimal digits are twice as long.
const MIN_LENGTH: usize = 16;

/// A token that clients send as `Authorization: Bearer`.
#[derive(Clone)]
pub struct Token([u8; 32]);

/// Why a file has no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// It cannot be read.
    #[error("the token cannot be read from {}: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// It can be guessed.
    #[error(
        "expected a token of at least {MIN_LENGTH} characters in {}, got {got} (openssl rand -hex 32 makes one)",
        path.display()
    )]
    Short {
        /// The file.
        path: PathBuf,
        /// Its length.
        got: usize,
    },
}

impl Token {
    /// Reads a token from a file; white space around it does not matter.
    ///
    /// # Errors
    /// When the file cannot be read, or the token is short.
    pub fn read(path: &Path) -> Result<Self, TokenError> {
        let text = std::fs::read_to_string(path).map_err(|cause| TokenError::Read {
            path: path.to_owned(),
            cause,
        })?;
        let token = text.trim();
        if token.len() < MIN_LENGTH {
            return Err(TokenError::Short {
                path: path.to_owned(),
                got: token.len(),
            });
        }
        Ok(Self::of(token))
    }

    fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }

    /// Whether a request carries it.
    pub(crate) fn is_in(&self, headers: &HeaderMap) -> bool {
        let given = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
            .map(|token| Self::of(token.trim()));
        // Every byte is looked at, whatever the others are.
        given.is_some_and(|given| {
            let pairs = given.0.iter().zip(&self.0);
            pairs.fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_the_whole_token() {
        #[track_caller]
        fn check(header: &str, is_in: bool) {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, header.parse().unwrap());
            assert_eq!(
                Token::of("0123456789abcdef").is_in(&headers),
                is_in,
                "{header}"
            );
        }
        check("Bearer 0123456789abcdef", true);
        check("Bearer 0123456789abcde", false);
        check("Bearer 0123456789abcdef0", false);
        check("Bearer ", false);
        check("0123456789abcdef", false);
        check("Basic 0123456789abcdef", false);
        assert!(!Token::of("0123456789abcdef").is_in(&HeaderMap::new()));
    }
}
