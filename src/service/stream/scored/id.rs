//! Names of events: whoever gets an event twice knows it by its name.

use xxhash_rust::xxh3::Xxh3;

use super::{Said, ScoredEvent};

/// A UUID made of what is said, and of nothing that is another the next time, such as the clock.
///
/// Version 8 of RFC 9562 (all bits but six are the maker's own) over the XXH3 of the schema, the stream, the
/// wiki, the revision, and each model's name and version; and whether there is a score, or an error of which
/// type, since an event with a score is not the one again that said that there was none.
pub(super) fn id(schema: &str, stream: &str, scored: &ScoredEvent, said: &[Said]) -> String {
    let mut hasher = Xxh3::new();
    let mut part = |text: &str| {
        // With its length, so that two lists of parts are never the same bytes.
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    };
    part(schema);
    part(stream);
    part(&scored.event.wiki);
    part(&scored.event.rev_id.to_string());
    for said in said {
        part(&said.model_name);
        part(&said.model_version);
        part(said.score.as_ref().err().map_or("", |(kind, _)| kind));
    }
    uuid(hasher.digest128())
}

/// With version and variant in their places.
fn uuid(bits: u128) -> String {
    let version = 0xf_u128 << 76;
    let variant = 0x3_u128 << 62;
    let bits = bits & !version & !variant | 0x8 << 76 | 0x2 << 62;
    let digits = format!("{bits:032x}");
    let parts = [
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..],
    ];
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_uuids_of_version_8() {
        for (bits, expected) in [
            (0, "00000000-0000-8000-8000-000000000000"),
            (u128::MAX, "ffffffff-ffff-8fff-bfff-ffffffffffff"),
            (
                0x2489E9AD_2EE2_0E00_0EC9_32D5F69181C0,
                "2489e9ad-2ee2-8e00-8ec9-32d5f69181c0",
            ),
        ] {
            assert_eq!(uuid(bits), expected);
        }
    }
}
