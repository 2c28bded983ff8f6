//! A token: its name, what it may do, and its hash. The token itself is never kept.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// The shortest token that is taken: 128 bits as hexadecimal digits are twice as long.
const MIN_LENGTH: usize = 16;

/// What a token may be good for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// Reading, where reading needs a token. Every token has it.
    Read,
    /// Judging edits.
    Judge,
    /// Administration.
    Admin,
}

/// A token that clients send as `Authorization: Bearer`, or log in with.
#[derive(Clone)]
pub struct Token {
    name: String,
    hash: [u8; 32],
    rights: Vec<Right>,
}

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

impl Right {
    /// Its name, as in files.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Judge => "judge",
            Self::Admin => "admin",
        }
    }
}

impl Token {
    /// Reads the token of administration from a file; white space around it does not matter.
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
        Ok(Self::new("admin", token, vec![Right::Admin]))
    }

    pub(super) fn new(name: &str, token: &str, rights: Vec<Right>) -> Self {
        Self::of_hash(name, hash(token), rights)
    }

    pub(super) fn of_hash(name: &str, hash: [u8; 32], rights: Vec<Right>) -> Self {
        Self {
            name: name.to_owned(),
            hash,
            rights,
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn rights(&self) -> &[Right] {
        &self.rights
    }

    pub(super) fn has(&self, right: Right) -> bool {
        self.rights.contains(&right)
    }

    pub(super) fn hash(&self) -> &[u8; 32] {
        &self.hash
    }
}

/// What is kept of a token.
pub(super) fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// The same as a file has it.
pub(super) fn hash_in_hex(token: &str) -> String {
    hex(&hash(token))
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
