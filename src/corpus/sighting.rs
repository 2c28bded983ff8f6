//! What a labeller needs to know of a revision: small enough to be kept for every one.

use xxhash_rust::xxh3::xxh3_64;

use super::digest::TextDigest;
use super::dump::DumpRevision;
use crate::revision::{RevisionId, Timestamp};

/// A revision as a labeller sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sighting {
    /// The revision.
    pub revision: RevisionId,
    /// When it was saved.
    pub timestamp: Option<Timestamp>,
    /// Which text it has; `None` when that is suppressed.
    pub digest: Option<TextDigest>,
    /// Who saved it, as a number that nobody else has; `None` when that is suppressed.
    pub author: Option<u64>,
}

impl Sighting {
    /// A dump's revision.
    pub fn of(DumpRevision { revision, digest }: &DumpRevision) -> Self {
        let name = revision.user.name.as_deref();
        Self {
            revision: revision.id,
            timestamp: revision.timestamp,
            digest: *digest,
            author: name.map(|name| xxh3_64(name.as_bytes())),
        }
    }
}
