//! The frame of the files that this crate writes: what they are, which format, and one checksummed
//! body.
//!
//! | bytes | what |
//! |-|-|
//! | 0..8 | magic |
//! | 8..12 | format version, little endian |
//! | 12..20 | length of the body in bytes, little endian |
//! | 20..36 | XXH3-128 of the body, little endian |
//! | 36.. | the body |
//!
//! Apart because models and histories share it. Nothing is allocated by a length in it, and what a
//! body means is not known here: each kind of file says its own errors.

use std::io::Write as _;
use std::ops::RangeInclusive;
use std::path::Path;

use xxhash_rust::xxh3::xxh3_128;

/// Bytes before the body.
pub(crate) const HEADER_BYTES: usize = 36;

/// A kind of file.
pub(crate) struct Envelope {
    /// Its first bytes.
    pub(crate) magic: [u8; 8],
    /// The formats that can be read.
    pub(crate) formats: RangeInclusive<u32>,
}

/// What an envelope holds.
pub(crate) struct Opened<'a> {
    pub(crate) version: u32,
    pub(crate) checksum: u128,
    pub(crate) body: &'a [u8],
}

/// Why bytes are not an envelope of the kind that was expected.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum EnvelopeError {
    /// Another kind of file.
    Magic { got: [u8; 8] },
    /// A format that cannot be read.
    Version { got: u32 },
    /// Cut off, or something was appended; in bytes of the whole file.
    Length { expected: u64, got: u64 },
    /// Damaged.
    Checksum { expected: u128, got: u128 },
}

impl Envelope {
    /// A body as a whole file of one of the formats.
    pub(crate) fn seal(&self, version: u32, body: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES + body.len());
        bytes.extend_from_slice(&self.magic);
        bytes.extend_from_slice(&version.to_le_bytes());
        bytes.extend_from_slice(&(body.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&xxh3_128(body).to_le_bytes());
        bytes.extend_from_slice(body);
        bytes
    }

    /// A whole file's body.
    pub(crate) fn open<'a>(&self, bytes: &'a [u8]) -> Result<Opened<'a>, EnvelopeError> {
        let of_length = |expected: u64| EnvelopeError::Length {
            expected,
            got: bytes.len() as u64,
        };
        let too_short = || of_length(HEADER_BYTES as u64);
        let magic = field::<8>(bytes, 0).ok_or_else(too_short)?;
        if magic != self.magic {
            return Err(EnvelopeError::Magic { got: magic });
        }
        let (Some(version), Some(length), Some(checksum)) = (
            field::<4>(bytes, 8),
            field::<8>(bytes, 12),
            field::<16>(bytes, 20),
        ) else {
            return Err(too_short());
        };
        let version = u32::from_le_bytes(version);
        if !self.formats.contains(&version) {
            return Err(EnvelopeError::Version { got: version });
        }
        let length = u64::from_le_bytes(length);
        let body = &bytes[HEADER_BYTES..];
        if body.len() as u64 != length {
            return Err(of_length(length.saturating_add(HEADER_BYTES as u64)));
        }
        let (expected, got) = (u128::from_le_bytes(checksum), xxh3_128(body));
        if expected != got {
            return Err(EnvelopeError::Checksum { expected, got });
        }
        Ok(Opened {
            version,
            checksum: got,
            body,
        })
    }
}

fn field<const N: usize>(bytes: &[u8], start: usize) -> Option<[u8; N]> {
    bytes.get(start..)?.first_chunk::<N>().copied()
}

/// Writes a file whole, or not at all: a temporary file beside it is renamed when complete.
pub(crate) fn save(bytes: &[u8], path: &Path) -> std::io::Result<()> {
    let temporary = path.with_extension(format!("partial-{}", std::process::id()));
    let write = || {
        let mut file = std::fs::File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    };
    write().inspect_err(|_| {
        let _ = std::fs::remove_file(&temporary);
    })
}
