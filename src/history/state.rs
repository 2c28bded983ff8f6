//! The file that a history is kept in, beside the model that learned with it.
//!
//! An envelope with magic `REVHIST\0` around the state in postcard. As with models, what does not
//! match is refused by name, and nothing is allocated by a length that was not checked.

use std::path::PathBuf;

use super::History;
use super::record::Page;
use crate::envelope::{self, Envelope, EnvelopeError, HEADER_BYTES};

const FORMAT_VERSION: u32 = 2;

const ENVELOPE: Envelope = Envelope {
    magic: *b"REVHIST\0",
    formats: FORMAT_VERSION..=FORMAT_VERSION,
};

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
        let body = ENVELOPE.open(bytes)?.body;
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
        ENVELOPE.seal(FORMAT_VERSION, &body)
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
        envelope::save(bytes, path).map_err(|source| HistoryError::Io {
            path: path.to_owned(),
            source,
        })
    }
}

impl From<EnvelopeError> for HistoryError {
    fn from(error: EnvelopeError) -> Self {
        let what = match error {
            EnvelopeError::Magic { .. } => return Self::NotAHistory,
            // Too short to have a magic.
            EnvelopeError::Length { got, .. } if got < 8 => return Self::NotAHistory,
            EnvelopeError::Version { got } => return Self::Version { got },
            EnvelopeError::Length { got, .. } if got < HEADER_BYTES as u64 => {
                "it ends in its header"
            }
            EnvelopeError::Length { .. } => "its length is wrong",
            EnvelopeError::Checksum { .. } => "its checksum is wrong",
        };
        Self::Damaged(what.to_owned())
    }
}
