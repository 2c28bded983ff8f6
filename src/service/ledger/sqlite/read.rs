//! Questions, and the rows that answer them.
//!
//! What takes several statements is asked in one transaction, so that the answer is of one moment.

use std::ops::RangeInclusive;

use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnection;

use crate::evaluation::UserClass;
use crate::revision::{PageId, RevisionId};
use crate::service::ledger::entry::Judgement;
use crate::service::ledger::rows::{self, Code, EditParts, decode, stored_id};
use crate::service::ledger::store::{
    Day, FeatureCounts, KnownEdit, LedgerEdit, LedgerSize, ModelId, StoreError, StoredModel,
    TailEntry, Wanted,
};

/// A wiki's number, if there is anything of it.
pub(super) async fn wiki(
    connection: &mut SqliteConnection,
    name: &str,
) -> Result<Option<i64>, StoreError> {
    let number = sqlx::query_as("SELECT id FROM wiki WHERE name = ?").bind(name);
    let number: Option<(i64,)> = number.fetch_optional(connection).await?;
    Ok(number.map(|(number,)| number))
}

pub(super) async fn wikis(readers: &SqlitePool) -> Result<Vec<String>, StoreError> {
    let names: Vec<(String,)> = sqlx::query_as("SELECT name FROM wiki ORDER BY name")
        .fetch_all(readers)
        .await?;
    Ok(names.into_iter().map(|(name,)| name).collect())
}

pub(super) async fn size(readers: &SqlitePool, wiki: &str) -> Result<LedgerSize, StoreError> {
    let row = "SELECT edits, scores, judgements, seen_until FROM wiki WHERE name = ?";
    let row = sqlx::query(row).bind(wiki).fetch_optional(readers).await?;
    row.as_ref()
        .map_or_else(|| Ok(LedgerSize::default()), rows::size)
}

pub(super) async fn models(
    readers: &SqlitePool,
    wiki: &str,
) -> Result<Vec<StoredModel>, StoreError> {
    let rows = sqlx::query(
        "SELECT model.id, model.name, version, target, checksum, levels, features, first_day, last_day, rule
         FROM scored_by JOIN model ON model.id = scored_by.model JOIN wiki ON wiki.id = scored_by.wiki
         WHERE wiki.name = ? ORDER BY last_day DESC, model.id DESC",
    );
    let rows = rows.bind(wiki).fetch_all(readers).await?;
    rows.iter().map(rows::stored_model).collect()
}

pub(super) async fn features(
    readers: &SqlitePool,
    wiki: &str,
    model: ModelId,
    days: RangeInclusive<Day>,
) -> Result<FeatureCounts, StoreError> {
    let rows = "SELECT counts FROM feature JOIN wiki ON wiki.id = feature.wiki
         WHERE wiki.name = ? AND model = ? AND day BETWEEN ? AND ?";
    let rows = sqlx::query_as(rows)
        .bind(wiki)
        .bind(model)
        .bind(*days.start())
        .bind(*days.end());
    let rows: Vec<(Vec<u8>,)> = rows.fetch_all(readers).await?;
    let mut sum = FeatureCounts::default();
    for (counts,) in rows {
        sum.absorb(&FeatureCounts {
            counts: decode(&counts, "counts of features")?,
        });
    }
    Ok(sum)
}

pub(super) async fn tail(
    readers: &SqlitePool,
    wiki: &str,
    page: PageId,
    limit: usize,
) -> Result<Vec<TailEntry>, StoreError> {
    let rows = sqlx::query(
        "SELECT e.reverted_by, e.reverter_class, e.revert_seconds, e.revert_comment, e.revert_reason,
             e.self_reverted, e.revert_undone, e.edit_war, e.revision, e.time, e.is_dated, e.digest,
             e.author, e.user_class, e.comment, e.comment_reason
         FROM wiki CROSS JOIN page ON page.wiki = wiki.id CROSS JOIN edit e ON e.page = page.number
         WHERE wiki.name = ? AND page.id = ? AND page.id <> 0
         ORDER BY e.time DESC, e.revision DESC LIMIT ?",
    );
    let rows = rows
        .bind(wiki)
        .bind(page.0.cast_signed())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX));
    let rows = rows.fetch_all(readers).await?;
    rows.iter().rev().map(rows::tail_entry).collect()
}

pub(super) async fn edit(
    readers: &SqlitePool,
    name: &str,
    revision: RevisionId,
) -> Result<Option<LedgerEdit>, StoreError> {
    let mut reader = readers.begin().await?;
    let Some(number) = wiki(&mut reader, name).await? else {
        return Ok(None);
    };
    read_edit(&mut reader, (number, name), revision).await
}

pub(super) async fn known(
    readers: &SqlitePool,
    name: &str,
    revisions: &[RevisionId],
) -> Result<Vec<KnownEdit>, StoreError> {
    let mut reader = readers.begin().await?;
    let Some(number) = wiki(&mut reader, name).await? else {
        return Ok(Vec::new());
    };
    let mut known = Vec::new();
    for &revision in revisions {
        let rows = sqlx::query(
            "SELECT e.revision, e.comment IS NOT NULL, model.checksum, s.probability FROM edit e
             LEFT JOIN score s ON s.wiki = e.wiki AND s.revision = e.revision
             LEFT JOIN model ON model.id = s.model WHERE e.wiki = ? AND e.revision = ?",
        );
        let rows = rows.bind(number).bind(stored_id(revision));
        known.extend(rows::known(&rows.fetch_all(&mut *reader).await?)?);
    }
    Ok(known)
}

async fn read_edit(
    reader: &mut SqliteConnection,
    (wiki, name): (i64, &str),
    revision: RevisionId,
) -> Result<Option<LedgerEdit>, StoreError> {
    let row = sqlx::query(
        "SELECT e.reverted_by, e.reverter_class, e.revert_seconds, e.revert_comment, e.revert_reason,
             e.self_reverted, e.revert_undone, e.edit_war, e.time, e.is_dated, e.user_name,
             e.user_class, e.kind, e.is_first, e.namespace, page.id, page.title, e.revision,
             page.is_deleted, e.hidden
         FROM edit e JOIN page ON page.number = e.page WHERE e.wiki = ? AND e.revision = ?",
    );
    let row = row.bind(wiki).bind(stored_id(revision));
    let Some(row) = row.fetch_optional(&mut *reader).await? else {
        return Ok(None);
    };
    let scores = sqlx::query(
        "SELECT model, probability, reasons, is_counted, scored_at FROM score
         WHERE wiki = ? AND revision = ? ORDER BY model",
    );
    let scores = scores.bind(wiki).bind(stored_id(revision));
    let scores = scores.fetch_all(&mut *reader).await?;
    let judgements = sqlx::query(
        "SELECT revision, person, damaging, goodfaith, spam, note, time FROM judgement
         WHERE wiki = ? AND revision = ? ORDER BY person",
    );
    let judgements = judgements.bind(wiki).bind(stored_id(revision));
    let judgements = judgements.fetch_all(&mut *reader).await?;
    let parts = EditParts {
        edit: &row,
        scores: &scores,
        judgements: &judgements,
    };
    rows::edit(name, &parts).map(Some)
}

pub(super) async fn judgements(
    readers: &SqlitePool,
    name: &str,
) -> Result<Vec<Judgement>, StoreError> {
    let rows = sqlx::query(
        "SELECT revision, person, damaging, goodfaith, spam, note, judgement.time
         FROM judgement JOIN wiki ON wiki.id = judgement.wiki
         WHERE wiki.name = ? ORDER BY revision, person",
    );
    let rows = rows.bind(name).fetch_all(readers).await?;
    rows.iter().map(|row| rows::judgement(row, name)).collect()
}

/// Along the flagged scores' index, which has none below a tenth. CROSS JOIN keeps the order of looking.
const FLAGGED: &str = "SELECT s.revision FROM score s INDEXED BY score_high
         CROSS JOIN edit e ON e.wiki = s.wiki AND e.revision = s.revision
     WHERE s.wiki = ?1 AND s.model = ?2 AND (s.time, s.revision) < (?3, ?4)
         AND s.probability >= ?5 AND s.probability >= 0.1
         AND (NOT ?6 OR (e.reverted_by IS NULL AND e.self_reverted = 0 AND e.user_class <> ?8
             AND e.hidden & 1 = 0
             AND NOT EXISTS (SELECT 1 FROM page p WHERE p.number = e.page AND p.is_deleted)
             AND NOT EXISTS (
                 SELECT 1 FROM judgement j WHERE j.wiki = s.wiki AND j.revision = s.revision)))
     ORDER BY s.time DESC, s.revision DESC LIMIT ?7";

/// Along time: most edits are wanted.
const ANY: &str = "SELECT e.revision FROM edit e INDEXED BY edit_by_time
         CROSS JOIN score s ON s.wiki = e.wiki AND s.revision = e.revision AND s.model = ?2
     WHERE e.wiki = ?1 AND (e.time, e.revision) < (?3, ?4) AND s.probability >= ?5
         AND (NOT ?6 OR (e.reverted_by IS NULL AND e.self_reverted = 0 AND e.user_class <> ?8
             AND e.hidden & 1 = 0
             AND NOT EXISTS (SELECT 1 FROM page p WHERE p.number = e.page AND p.is_deleted)
             AND NOT EXISTS (
                 SELECT 1 FROM judgement j WHERE j.wiki = s.wiki AND j.revision = s.revision)))
     ORDER BY e.time DESC, e.revision DESC LIMIT ?7";

/// The smallest probability in the index of flagged scores.
const HIGH: f64 = 0.1;

pub(super) async fn edits(
    readers: &SqlitePool,
    name: &str,
    wanted: &Wanted,
) -> Result<Vec<LedgerEdit>, StoreError> {
    let mut reader = readers.begin().await?;
    let Some(number) = wiki(&mut reader, name).await? else {
        return Ok(Vec::new());
    };
    let before = wanted
        .before
        .map(|(time, revision)| (time.0, stored_id(revision)));
    let (time, revision) = before.unwrap_or((i64::MAX, i64::MAX));
    let question = if wanted.at_least >= HIGH {
        FLAGGED
    } else {
        ANY
    };
    let revisions = sqlx::query_as(question)
        .bind(number)
        .bind(wanted.model)
        .bind(time)
        .bind(revision)
        .bind(wanted.at_least)
        .bind(wanted.is_open)
        .bind(i64::try_from(wanted.limit).unwrap_or(i64::MAX))
        .bind(UserClass::Bot.code());
    let revisions: Vec<(i64,)> = revisions.fetch_all(&mut *reader).await?;
    let mut edits = Vec::with_capacity(revisions.len());
    for (revision,) in revisions {
        let revision = RevisionId(revision.cast_unsigned());
        edits.extend(read_edit(&mut reader, (number, name), revision).await?);
    }
    Ok(edits)
}
