//! The model file: a fixed header, then one checksummed body.
//!
//! | bytes | what |
//! |-|-|
//! | 0..8 | magic `REVSCORE` |
//! | 8..12 | format version, little endian |
//! | 12..20 | length of the body in bytes, little endian |
//! | 20..36 | XXH3-128 of the body, little endian |
//! | 36.. | the body, in postcard's stable wire format |
//!
//! Nothing in a body is code, and nothing is allocated by a length that was not checked against
//! the bytes at hand. This file knows bytes; what a body means is `model`'s.

use serde::{Serialize, de::DeserializeOwned};
use xxhash_rust::xxh3::xxh3_128;

use super::ModelError;

const MAGIC: &[u8; 8] = b"REVSCORE";
const HEADER_BYTES: usize = 36;

/// The format that this crate writes. 1 lacked the last field of the body, `evidence`.
pub(super) const FORMAT_VERSION: u32 = 2;
/// The oldest format that it reads.
const OLDEST_VERSION: u32 = 1;

/// No model file may be larger, so that a wrong path never fills the memory.
pub(super) const MAX_BYTES: u64 = 256 << 20;

/// A body as a whole file.
pub(super) fn write<T: Serialize>(body: &T) -> Result<Vec<u8>, ModelError> {
    let body = postcard::to_stdvec(body).map_err(|error| ModelError::Body(error.to_string()))?;
    let mut bytes = Vec::with_capacity(HEADER_BYTES + body.len());
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
    bytes.extend_from_slice(&(body.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&xxh3_128(&body).to_le_bytes());
    bytes.extend_from_slice(&body);
    Ok(bytes)
}

/// A whole file's body, and its checksum. A body of an older format, to which fields were appended
/// since, is read as if it ended with `missing`.
pub(super) fn read<T: DeserializeOwned>(
    bytes: &[u8],
    missing: impl Fn(u32) -> &'static [u8],
) -> Result<(T, u128), ModelError> {
    let (Some(magic), Some(version)) = (bytes.first_chunk::<8>(), field::<4>(bytes, 8)) else {
        return Err(truncated(HEADER_BYTES as u64, bytes));
    };
    if magic != MAGIC {
        return Err(ModelError::NotAModel {
            got: String::from_utf8_lossy(magic).escape_debug().collect(),
        });
    }
    let version = u32::from_le_bytes(version);
    if !(OLDEST_VERSION..=FORMAT_VERSION).contains(&version) {
        return Err(ModelError::Version { got: version });
    }
    let (Some(length), Some(checksum)) = (field::<8>(bytes, 12), field::<16>(bytes, 20)) else {
        return Err(truncated(HEADER_BYTES as u64, bytes));
    };
    let length = u64::from_le_bytes(length);
    let body = &bytes[HEADER_BYTES..];
    if body.len() as u64 != length {
        return Err(truncated(length.saturating_add(HEADER_BYTES as u64), bytes));
    }
    let (expected, got) = (u128::from_le_bytes(checksum), xxh3_128(body));
    if expected != got {
        return Err(ModelError::Checksum { expected, got });
    }
    let body = [body, missing(version)].concat();
    let (body, rest) =
        postcard::take_from_bytes(&body).map_err(|error| ModelError::Body(error.to_string()))?;
    if !rest.is_empty() {
        return Err(ModelError::Body(format!(
            "{} bytes are left over",
            rest.len()
        )));
    }
    Ok((body, got))
}

fn field<const N: usize>(bytes: &[u8], start: usize) -> Option<[u8; N]> {
    bytes.get(start..)?.first_chunk::<N>().copied()
}

fn truncated(expected: u64, bytes: &[u8]) -> ModelError {
    ModelError::Length {
        expected,
        got: bytes.len() as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(change: impl Fn(&mut Vec<u8>), message: &str) {
        let mut bytes = write(&vec!["word".to_owned(); 3]).unwrap();
        change(&mut bytes);
        let error = read::<Vec<String>>(&bytes, |_| &[])
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(message), "{error}");
    }

    #[test]
    fn what_was_written_is_read() {
        let bytes = write(&vec!["word".to_owned(); 3]).unwrap();
        assert_eq!(
            read::<Vec<String>>(&bytes, |_| &[]).unwrap().0,
            vec!["word".to_owned(); 3]
        );
    }

    #[test]
    fn damaged_files_are_refused_with_the_reason() {
        check(
            |bytes| bytes.clear(),
            "expected a model file of 36 bytes, got 0",
        );
        check(
            |bytes| bytes.truncate(30),
            "expected a model file of 36 bytes, got 30",
        );
        check(
            |bytes| bytes[0] = b'P',
            "expected a model file that begins with REVSCORE, got \"PEVSCORE\"",
        );
        check(
            |bytes| bytes[8] = 9,
            "expected a model file of format 1 to 2, got format 9",
        );
        check(
            |bytes| bytes.truncate(50),
            "expected a model file of 52 bytes, got 50",
        );
        check(
            |bytes| bytes.push(0),
            "expected a model file of 52 bytes, got 53",
        );
        check(
            |bytes| bytes[40] ^= 1,
            "expected a model file with checksum ",
        );
        check(
            |bytes| bytes[12..20].fill(0xFF),
            "expected a model file of 18446744073709551615 bytes",
        );
    }
}
