//! Tallies, features, levels and reasons as bytes.
//!
//! Plain lists of numbers in postcard's encoding, in which small numbers take one byte; enums stand as
//! their codes. A day's tally of one model, with all its groups, is one value: a report reads hundreds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::code::Code;
use crate::evaluation::{Kind, UserClass};
use crate::model::Family;
use crate::service::ledger::store::StoreError;
use crate::service::ledger::tally::{Delay, Fated, Group, Judged, Tally};

/// What is counted of one model's day.
pub(crate) type Groups = BTreeMap<Group, Tally>;

/// A tally with its group: which sort of group, and which of these.
#[derive(Serialize, Deserialize)]
struct GroupRow {
    sort: u8,
    which: i32,
    edits: Vec<(u16, u8, u8, u64)>,
    millionths: Vec<(u16, u64)>,
    score_delays: Vec<(u8, u64)>,
    revert_delays: Vec<(u16, u8, u64)>,
}

pub(crate) fn encode_groups(groups: &Groups) -> Vec<u8> {
    let rows: Vec<GroupRow> = groups
        .iter()
        .map(|(group, tally)| {
            let (sort, which) = match *group {
                Group::All => (0, 0),
                Group::Kind(kind) => (1, kind.code().into()),
                Group::UserClass(class) => (2, class.code().into()),
                Group::Namespace(namespace) => (3, namespace),
            };
            GroupRow {
                sort,
                which,
                edits: (tally.edits.iter())
                    .map(|(&(band, fated, judged), &n)| (band, fated.code(), judged.code(), n))
                    .collect(),
                millionths: tally.millionths.iter().map(|(&k, &n)| (k, n)).collect(),
                score_delays: tally.score_delays.iter().map(|(k, &n)| (k.0, n)).collect(),
                revert_delays: (tally.revert_delays.iter())
                    .map(|(&(band, delay), &n)| (band, delay.0, n))
                    .collect(),
            }
        })
        .collect();
    encode(&rows)
}

pub(crate) fn decode_groups(bytes: &[u8]) -> Result<Groups, StoreError> {
    let rows: Vec<GroupRow> = decode(bytes, "a tally")?;
    rows.into_iter()
        .map(|row| {
            let which = i64::from(row.which);
            let group = match row.sort {
                0 => Group::All,
                1 => Group::Kind(Kind::decode(which)?),
                2 => Group::UserClass(UserClass::decode(which)?),
                3 => Group::Namespace(row.which),
                sort => return Err(StoreError::NotUnderstood(format!("sort of groups {sort}"))),
            };
            let edits = row.edits.into_iter().map(|(band, fated, judged, n)| {
                let (fated, judged) =
                    (Fated::decode(fated.into())?, Judged::decode(judged.into())?);
                Ok(((band, fated, judged), n))
            });
            let tally = Tally {
                edits: edits.collect::<Result<_, StoreError>>()?,
                millionths: row.millionths.into_iter().collect(),
                score_delays: (row.score_delays.into_iter())
                    .map(|(delay, n)| (Delay(delay), n))
                    .collect(),
                revert_delays: (row.revert_delays.into_iter())
                    .map(|(band, delay, n)| ((band, Delay(delay)), n))
                    .collect(),
            };
            Ok((group, tally))
        })
        .collect()
}

/// What moved a score, each as a byte and the four of a float. Nothing takes nothing.
pub(crate) fn encode_reasons(reasons: &[(Family, f32)]) -> Option<Vec<u8>> {
    let part = |&(family, by): &(Family, f32)| {
        let mut bytes = [family.code(); 5];
        bytes[1..].copy_from_slice(&by.to_le_bytes());
        bytes
    };
    (!reasons.is_empty()).then(|| reasons.iter().flat_map(part).collect())
}

pub(crate) fn decode_reasons(bytes: Option<&[u8]>) -> Result<Vec<(Family, f32)>, StoreError> {
    let (parts, rest) = bytes.unwrap_or_default().as_chunks::<5>();
    if !rest.is_empty() {
        return Err(StoreError::NotUnderstood("reasons of a score".to_owned()));
    }
    let reasons = parts.iter().map(|&[family, a, b, c, d]| {
        let by = f32::from_le_bytes([a, b, c, d]);
        Ok((Family::decode(family.into())?, by))
    });
    reasons.collect()
}

/// Any list as bytes.
pub(crate) fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_stdvec(value).expect("lists of known length have bytes")
}

/// The list that bytes are.
///
/// # Errors
/// When they are not one.
pub(crate) fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8], what: &str) -> Result<T, StoreError> {
    postcard::from_bytes(bytes).map_err(|_| StoreError::NotUnderstood(what.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::ledger::tally::{Bands, Counted};

    #[test]
    fn tallies_and_reasons_come_back_as_they_were() {
        let mut tally = Tally::default();
        for (probability, fated, judged) in [
            (0.0, Fated::Pending, Judged::Not),
            (0.123_456_7, Fated::Kept, Judged::Good),
            (1.0, Fated::Reverted, Judged::Bad),
        ] {
            let counted = Counted {
                probability,
                fated,
                judged,
                score_delay_seconds: Some(3),
                revert_seconds: Some(7_200),
            };
            tally.add(&Bands::new(&[("review".to_owned(), 0.555)]), &counted);
        }
        let groups: Groups = [
            Group::All,
            Group::Kind(Kind::Blanking),
            Group::UserClass(UserClass::Temporary),
            Group::Namespace(-1),
        ]
        .map(|group| (group, tally.clone()))
        .into();
        assert_eq!(decode_groups(&encode_groups(&groups)).unwrap(), groups);
        assert!(decode_groups(b"no tally").is_err());
        let reasons = [(Family::Links, 1.5), (Family::Time, -0.25)];
        let bytes = encode_reasons(&reasons);
        assert_eq!(decode_reasons(bytes.as_deref()).unwrap(), reasons);
        assert_eq!(encode_reasons(&[]), None);
        assert_eq!(decode_reasons(None).unwrap(), []);
        assert!(decode_reasons(Some(&[1, 2, 3])).is_err());
    }
}
