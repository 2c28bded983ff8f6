//! The file that a history is kept in, beside the model that learned with it.
//!
//! Magic `REVHIST\0`, format version (u32, little endian), length of the body (u64), xxh3-128 of
//! the body, and the body in postcard. As with models, what does not match is refused by name, and
//! nothing is allocated by a length that was not checked.

use std::io::Write as _;
use std::path::PathBuf;

use xxhash_rust::xxh3::xxh3_128;

use super::History;
use super::record::Page;

const MAGIC: &[u8; 8] = b"REVHIST\0";
const FORMAT_VERSION: u32 = 2;
const HEADER_BYTES: usize = 8 + 4 + 8 + 16;

/// Why a file is not a history that can be used.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// Another kind of file.
    #[error("expected a history file that begins with REVHIST")]
    NotAHistory,
    /// A format that this version does not know.
    #[error(
        "expected a history file of format {FORMAT_VERSION}, got format {got}; make it again with revscore-train"
    )]
    Version {
        /// The file's format.
        got: u32,
    },
    /// Cut off, damaged, or with something appended.
    #[error("the history file is damaged ({0}); copy it again")]
    Damaged(String),
    /// The file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

impl History {
    /// Opens a history file.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged, or was made for another version.
    pub fn open(path: impl AsRef<std::path::Path>) -> Result<Self, HistoryError> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|source| HistoryError::Io {
            path: path.to_owned(),
            source,
        })?;
        Self::from_bytes(&bytes)
    }

    /// Reads a history file's bytes.
    ///
    /// # Errors
    /// As [`History::open`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, HistoryError> {
        let damaged = |what: &str| HistoryError::Damaged(what.to_owned());
        if !bytes.starts_with(MAGIC) {
            return Err(HistoryError::NotAHistory);
        }
        let (header, body) = bytes
            .split_at_checked(HEADER_BYTES)
            .ok_or_else(|| damaged("it ends in its header"))?;
        let number = |range: std::ops::Range<usize>| {
            header[range]
                .iter()
                .rev()
                .fold(0_u128, |number, byte| number << 8 | u128::from(*byte))
        };
        let got = number(8..12) as u32;
        if got != FORMAT_VERSION {
            return Err(HistoryError::Version { got });
        }
        if number(12..20) != body.len() as u128 {
            return Err(damaged("its length is wrong"));
        }
        if number(20..36) != xxh3_128(body) {
            return Err(damaged("its checksum is wrong"));
        }
        let history: Self =
            postcard::from_bytes(body).map_err(|error| damaged(&error.to_string()))?;
        let is_sound = history.accounts.is_sound()
            && history.networks.is_sound()
            && history.pages.is_sound()
            && history.pairs.is_sound()
            && history.domains.is_sound()
            && history.words.is_sound()
            && history.pages.records().all(Page::is_sound);
        if !is_sound {
            return Err(damaged("its tables have the wrong size"));
        }
        Ok(history)
    }

    /// The bytes of its file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = postcard::to_stdvec(self).expect("all parts have a known length");
        let mut bytes = Vec::with_capacity(HEADER_BYTES + body.len());
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes.extend_from_slice(&(body.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&xxh3_128(&body).to_le_bytes());
        bytes.extend_from_slice(&body);
        bytes
    }

    /// Saves it: whole, or not at all (a temporary file beside it is renamed when complete).
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: impl AsRef<std::path::Path>) -> Result<(), HistoryError> {
        Self::save_bytes(&self.to_bytes(), path)
    }

    /// Saves the bytes that [`History::to_bytes`] gave, likewise: for whoever may not hold the
    /// history for as long as a disk takes.
    ///
    /// # Errors
    /// As [`History::save`].
    pub fn save_bytes(bytes: &[u8], path: impl AsRef<std::path::Path>) -> Result<(), HistoryError> {
        let path = path.as_ref();
        let temporary = path.with_extension(format!("partial-{}", std::process::id()));
        let write = || {
            let mut file = std::fs::File::create(&temporary)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            std::fs::rename(&temporary, path)
        };
        write().map_err(|source| {
            let _ = std::fs::remove_file(&temporary);
            HistoryError::Io {
                path: path.to_owned(),
                source,
            }
        })
    }
}
