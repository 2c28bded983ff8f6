//! Rows become values. Each function says which columns it takes, in their order.

use super::bytes;
use super::cells::Cells;
use super::code::{Code, decode_rule};
use crate::corpus::{RevertComment, RevertCommentKind, RevertReason, Sighting, TextDigest};
use crate::evaluation::{Kind, UserClass};
use crate::model::Target;
use crate::revision::{PageId, RevisionId, Timestamp};
use crate::service::ledger::entry::{Fate, Judgement, LedgerModel, LedgerPage, RevertedBy};
use crate::service::ledger::store::{
    KnownEdit, LedgerEdit, LedgerScore, LedgerSize, StoreError, StoredModel, TailEntry,
};
use crate::service::ledger::tally::Judged;

/// A revision's id as databases hold it.
pub(crate) fn stored_id(revision: RevisionId) -> i64 {
    revision.0.cast_signed()
}

fn revision(row: &impl Cells, column: usize) -> Result<RevisionId, StoreError> {
    Ok(RevisionId(row.int(column)?.cast_unsigned()))
}

/// `edits, scores, judgements, seen_until`
pub(crate) fn size(row: &impl Cells) -> Result<LedgerSize, StoreError> {
    let count = |column| row.int(column).map(i64::cast_unsigned);
    Ok(LedgerSize {
        edits: count(0)?,
        scores: count(1)?,
        judgements: count(2)?,
        seen_until: row.maybe_int(3)?.map(Timestamp),
    })
}

/// `id, name, version, target, checksum, levels, features, first_day, last_day, rule`
pub(crate) fn stored_model(row: &impl Cells) -> Result<StoredModel, StoreError> {
    Ok(StoredModel {
        id: row.int(0)?,
        model: LedgerModel {
            name: row.text(1)?,
            version: row.text(2)?,
            target: Target::decode(row.int(3)?)?,
            checksum: checksum(row.bytes(4)?)?,
            rule: decode_rule(row.int(9)?)?,
            levels: bytes::decode(row.bytes(5)?, "levels of a model")?,
            features: bytes::decode(row.bytes(6)?, "features of a model")?,
        },
        days: Some((row.small(7)?, row.small(8)?)),
    })
}

fn checksum(bytes: &[u8]) -> Result<u128, StoreError> {
    let checksum = bytes.try_into().map(u128::from_le_bytes);
    checksum.map_err(|_| StoreError::NotUnderstood("a model's checksum".to_owned()))
}

/// `revision, whether it is seen, model's checksum, probability` for each score, or once without; rows of one edit
/// come one after the other.
pub(crate) fn known(rows: &[impl Cells]) -> Result<Vec<KnownEdit>, StoreError> {
    let mut known: Vec<KnownEdit> = Vec::new();
    for row in rows {
        let revision = revision(row, 0)?;
        if known.last().is_none_or(|last| last.revision != revision) {
            known.push(KnownEdit {
                revision,
                is_seen: row.flag(1)?,
                scores: Vec::new(),
            });
        }
        if let (Some(last), Some(bytes)) = (known.last_mut(), row.maybe_bytes(2)?) {
            last.scores.push((checksum(bytes)?, row.float(3)?));
        }
    }
    Ok(known)
}

/// What became of an edit, from eight columns: `reverted_by, reverter_class, revert_seconds, revert_comment,
/// revert_reason, self_reverted, revert_undone, edit_war`
pub(crate) fn fate(row: &impl Cells, first: usize) -> Result<Fate, StoreError> {
    let reverted = match row.maybe_int(first)? {
        None => None,
        Some(revision) => Some(RevertedBy {
            revision: RevisionId(revision.cast_unsigned()),
            user_class: UserClass::decode(row.int(first + 1)?)?,
            seconds: row.maybe_int(first + 2)?,
            comment: comment(row, first + 3)?.unwrap_or_else(|| RevertComment::of(None)),
        }),
    };
    Ok(Fate {
        reverted,
        self_reverted: row.flag(first + 5)?,
        revert_undone: row.flag(first + 6)?,
        edit_war: row.flag(first + 7)?,
    })
}

/// What a comment says, from its column and the next.
pub(crate) fn comment(row: &impl Cells, first: usize) -> Result<Option<RevertComment>, StoreError> {
    let Some(kind) = row.maybe_int(first)? else {
        return Ok(None);
    };
    Ok(Some(RevertComment {
        kind: RevertCommentKind::decode(kind)?,
        reason: RevertReason::decode(row.int(first + 1)?)?,
    }))
}

/// The digest of a text.
pub(crate) fn digest(row: &impl Cells, column: usize) -> Result<Option<TextDigest>, StoreError> {
    let digest = |bytes: &[u8]| {
        let bytes = bytes.try_into();
        bytes.map_err(|_| StoreError::NotUnderstood("the digest of a text".to_owned()))
    };
    let bytes = row.maybe_bytes(column)?;
    Ok(bytes.map(digest).transpose()?.map(TextDigest::from_bytes))
}

/// What became of it (eight columns), `revision, time, is_dated, digest, author, user_class, comment,
/// comment_reason`
pub(crate) fn tail_entry(row: &impl Cells) -> Result<TailEntry, StoreError> {
    let time = Timestamp(row.int(9)?);
    Ok(TailEntry {
        sighting: Sighting {
            revision: revision(row, 8)?,
            timestamp: row.flag(10)?.then_some(time),
            digest: digest(row, 11)?,
            author: row.maybe_int(12)?.map(i64::cast_unsigned),
        },
        comment: comment(row, 14)?.unwrap_or_else(|| RevertComment::of(None)),
        user_class: UserClass::decode(row.int(13)?)?,
        fate: fate(row, 0)?,
    })
}

/// `revision, person, damaging, goodfaith, spam, note, time`
pub(crate) fn judgement(row: &impl Cells, wiki: &str) -> Result<Judgement, StoreError> {
    Ok(Judgement {
        wiki: wiki.into(),
        revision: revision(row, 0)?,
        by: row.text(1)?,
        damaging: row.maybe_flag(2)?,
        goodfaith: row.maybe_flag(3)?,
        spam: row.maybe_flag(4)?,
        note: row.maybe_text(5)?,
        at: Timestamp(row.int(6)?),
    })
}

/// What a judgement comes to.
pub(crate) fn verdict(judgement: &Judgement) -> Judged {
    match judgement.is_bad() {
        None => Judged::Not,
        Some(false) => Judged::Good,
        Some(true) => Judged::Bad,
    }
}

/// The rows that one edit is made of.
pub(crate) struct EditParts<'a, R> {
    /// What became of it (eight columns), `time, is_dated, user_name, user_class, kind, is_first, namespace, page
    /// id, page title, revision, page is_deleted, hidden`
    pub(crate) edit: &'a R,
    /// `model, probability, reasons, is_counted, scored_at` of each score.
    pub(crate) scores: &'a [R],
    /// As for [`judgement`].
    pub(crate) judgements: &'a [R],
}

/// An edit of a wiki.
pub(crate) fn edit<R: Cells>(
    wiki: &str,
    parts: &EditParts<'_, R>,
) -> Result<LedgerEdit, StoreError> {
    let row = parts.edit;
    let mut scored_at = None;
    let mut scores = Vec::with_capacity(parts.scores.len());
    for row in parts.scores {
        let at = row.maybe_int(4)?;
        scored_at = scored_at.into_iter().chain(at).min();
        scores.push(LedgerScore {
            model: row.int(0)?,
            probability: row.float(1)?,
            reasons: bytes::decode_reasons(row.maybe_bytes(2)?)?,
            is_counted: row.flag(3)?,
        });
    }
    let judgements = parts.judgements.iter().map(|row| judgement(row, wiki));
    let time = Timestamp(row.int(8)?);
    Ok(LedgerEdit {
        revision: revision(row, 17)?,
        page: LedgerPage {
            id: PageId(row.int(15)?.cast_unsigned()),
            title: row.text(16)?,
            namespace: row.small(14)?,
        },
        timestamp: row.flag(9)?.then_some(time),
        user_name: row.maybe_text(10)?,
        user_class: UserClass::decode(row.int(11)?)?,
        kind: row.maybe_int(12)?.map(Kind::decode).transpose()?,
        is_first: row.flag(13)?,
        scored_at: scored_at.map(Timestamp),
        scores,
        fate: fate(row, 0)?,
        judgements: judgements.collect::<Result<_, _>>()?,
        is_page_deleted: row.flag(18)?,
        is_text_hidden: row.int(19)? & 1 != 0,
    })
}
