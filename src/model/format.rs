//! The model file: an envelope with magic `REVSCORE` around a body in postcard's stable wire format.
//!
//! Nothing in a body is code, and nothing is allocated by a length that was not checked against
//! the bytes at hand. This file knows bytes; what a body means is `model`'s.

use serde::{Serialize, de::DeserializeOwned};

use super::ModelError;
use crate::envelope::{Envelope, EnvelopeError, Opened};

/// The highest format. 1 lacked the field `evidence` of the body; 2 the last field of that, its
/// weights; 3 the last field of the body, `scale`.
pub(super) const FORMAT_VERSION: u32 = 4;

/// The format of models without a scale.
pub(super) const WITHOUT_SCALE: u32 = 3;

const ENVELOPE: Envelope = Envelope {
    magic: *b"REVSCORE",
    formats: 1..=FORMAT_VERSION,
};

/// No model file may be larger, so that a wrong path never fills the memory.
pub(super) const MAX_BYTES: u64 = 256 << 20;

/// A body as a whole file of that format.
pub(super) fn write<T: Serialize>(body: &T, version: u32) -> Result<Vec<u8>, ModelError> {
    let body = postcard::to_stdvec(body).map_err(|error| ModelError::Body(error.to_string()))?;
    Ok(ENVELOPE.seal(version, &body))
}

/// A whole file's body, and its checksum. A body of an older format, to which fields were appended
/// since, is read as if it ended with `missing`.
pub(super) fn read<T: DeserializeOwned>(
    bytes: &[u8],
    missing: impl Fn(u32) -> &'static [u8],
) -> Result<(T, u128), ModelError> {
    let Opened {
        version,
        checksum,
        body,
    } = ENVELOPE.open(bytes)?;
    let body = [body, missing(version)].concat();
    let (body, rest) =
        postcard::take_from_bytes(&body).map_err(|error| ModelError::Body(error.to_string()))?;
    if !rest.is_empty() {
        return Err(ModelError::Body(format!(
            "{} bytes are left over",
            rest.len()
        )));
    }
    Ok((body, checksum))
}

impl From<EnvelopeError> for ModelError {
    fn from(error: EnvelopeError) -> Self {
        match error {
            EnvelopeError::Magic { got } => Self::NotAModel {
                got: String::from_utf8_lossy(&got).escape_debug().collect(),
            },
            EnvelopeError::Version { got } => Self::Version { got },
            EnvelopeError::Length { expected, got } => Self::Length { expected, got },
            EnvelopeError::Checksum { expected, got } => Self::Checksum { expected, got },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(change: impl Fn(&mut Vec<u8>), message: &str) {
        let mut bytes = write(&vec!["word".to_owned(); 3], FORMAT_VERSION).unwrap();
        change(&mut bytes);
        let error = read::<Vec<String>>(&bytes, |_| &[])
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(message), "{error}");
    }

    #[test]
    fn what_was_written_is_read() {
        let bytes = write(&vec!["word".to_owned(); 3], FORMAT_VERSION).unwrap();
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
            "expected a model file of format 1 to 4, got format 9",
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
