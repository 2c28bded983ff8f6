//! An edit as a history sees it: who, where, when, and hashes of what.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::distinct;
use crate::diff::Change;
use crate::language::each_word;
use crate::revision::{Page, Revision, RevisionId, Timestamp, UserKind};

/// At most this many different added words of an edit are remembered.
const MAX_WORDS: usize = 64;
/// At most this many different added domains.
const MAX_DOMAINS: usize = 8;
/// Only so much of the added text is looked at for words.
const MAX_BYTES: usize = 8_000;

/// An edit, without its texts and names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// The revision.
    pub revision: RevisionId,
    /// When it was saved.
    pub timestamp: Option<Timestamp>,
    /// The page's id.
    pub page: u64,
    /// A hash of the author's name; `None` when suppressed.
    pub author: Option<u64>,
    /// For IP addresses, a hash of the network: the first two numbers of an IPv4 address, the
    /// first three groups of an IPv6 one.
    pub network: Option<u64>,
    /// A hash of the text after the edit; `None` when suppressed.
    pub text: Option<u64>,
    /// Hashes of the domains that the edit adds links to.
    pub domains: Box<[u64]>,
    /// Hashes of the words that the edit adds.
    pub words: Box<[u32]>,
}

impl Seen {
    /// What a history is told of a revision; `change` is what it changed, `None` when that is not
    /// known.
    pub fn new(revision: &Revision, page: &Page, change: Option<&Change>) -> Self {
        let name = revision.user.name.as_deref();
        let is_address = revision.user.kind == UserKind::Anonymous;
        let mut words = Vec::new();
        if let Some(change) = change {
            let text = change.added.text();
            each_word(&text[..text.floor_char_boundary(MAX_BYTES)], |word| {
                words.push(xxh3_64(word.as_bytes()) as u32);
            });
        }
        let domains = change.map_or(&[][..], |change| &change.elements.added_domains);
        Self {
            revision: revision.id,
            timestamp: revision.timestamp,
            page: page.id.0,
            author: name.map(|name| xxh3_64(name.as_bytes())),
            network: name
                .filter(|_| is_address)
                .map(|name| xxh3_64_with_seed(network_of(name).as_bytes(), 1)),
            text: revision
                .text
                .as_deref()
                .map(|text| xxh3_64(text.as_bytes())),
            domains: distinct(
                domains.iter().map(|added| xxh3_64(added.domain.as_bytes())),
                MAX_DOMAINS,
            ),
            words: distinct(words.into_iter(), MAX_WORDS),
        }
    }
}

/// The network that an address belongs to, roughly: what one provider's customers share.
fn network_of(address: &str) -> &str {
    let (separator, n_parts) = if address.contains(':') {
        (':', 3)
    } else {
        ('.', 2)
    };
    let end = address
        .match_indices(separator)
        .nth(n_parts - 1)
        .map_or(address.len(), |(at, _)| at);
    &address[..end]
}

#[cfg(test)]
mod tests {
    use super::network_of;

    #[test]
    fn addresses_share_a_network() {
        for (address, network) in [
            ("192.0.2.7", "192.0"),
            ("2001:DB8:1:2:3:4:5:6", "2001:DB8:1"),
            ("192.0", "192.0"),
            ("", ""),
        ] {
            assert_eq!(network_of(address), network);
        }
    }
}
