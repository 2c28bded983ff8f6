//! Questions, and the rows that answer them.
//!
//! What takes several statements is asked in one transaction, so that the answer is of one moment.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use sqlx::PgPool;
use sqlx::postgres::{PgConnection, PgRow};

use super::text::{from_stored, to_stored};
use crate::evaluation::UserClass;
use crate::revision::{PageId, RevisionId};
use crate::service::ledger::entry::Judgement;
use crate::service::ledger::rows::{self, Cells as _, Code as _, EditParts, decode, stored_id};
use crate::service::ledger::store::{
    Day, FeatureCounts, KnownEdit, LedgerEdit, LedgerSize, ModelId, StoreError, StoredModel,
    TailEntry, Wanted,
};

/// Begins a transaction whose statements all see the same.
pub(super) const OF_ONE_MOMENT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ";

/// A wiki's number, if there is anything of it.
pub(super) async fn wiki(
    connection: &mut PgConnection,
    name: &str,
) -> Result<Option<i64>, StoreError> {
    let number = sqlx::query_scalar("SELECT id::bigint FROM wiki WHERE name = $1");
    let number = number.bind(to_stored(name)).fetch_optional(connection);
    Ok(number.await?)
}

pub(super) async fn wikis(pool: &PgPool) -> Result<Vec<String>, StoreError> {
    let names: Vec<String> = sqlx::query_scalar("SELECT name FROM wiki")
        .fetch_all(pool)
        .await?;
    let mut names: Vec<String> = names.into_iter().map(from_stored).collect();
    // By their bytes, whatever the database sorts by.
    names.sort();
    Ok(names)
}

pub(super) async fn size(pool: &PgPool, wiki: &str) -> Result<LedgerSize, StoreError> {
    let row = "SELECT edits, scores, judgements, seen_until FROM wiki WHERE name = $1";
    let row = sqlx::query(row).bind(to_stored(wiki));
    let row = row.fetch_optional(pool).await?;
    row.as_ref()
        .map_or_else(|| Ok(LedgerSize::default()), rows::size)
}

pub(super) async fn models(pool: &PgPool, wiki: &str) -> Result<Vec<StoredModel>, StoreError> {
    let rows = sqlx::query(
        "SELECT model.id, model.name, version, target, checksum, levels, features, first_day, last_day, rule
         FROM scored_by JOIN model ON model.id = scored_by.model JOIN wiki ON wiki.id = scored_by.wiki
         WHERE wiki.name = $1 ORDER BY last_day DESC, model.id DESC",
    );
    let rows = rows.bind(to_stored(wiki)).fetch_all(pool).await?;
    rows.iter().map(rows::stored_model).collect()
}

pub(super) async fn features(
    pool: &PgPool,
    wiki: &str,
    model: ModelId,
    days: RangeInclusive<Day>,
) -> Result<FeatureCounts, StoreError> {
    let rows = sqlx::query_scalar(
        "SELECT counts FROM feature JOIN wiki ON wiki.id = feature.wiki
         WHERE wiki.name = $1 AND model = $2 AND day BETWEEN $3 AND $4",
    );
    let rows = rows
        .bind(to_stored(wiki))
        .bind(model)
        .bind(*days.start())
        .bind(*days.end());
    let rows: Vec<Vec<u8>> = rows.fetch_all(pool).await?;
    let mut sum = FeatureCounts::default();
    for counts in rows {
        sum.absorb(&FeatureCounts {
            counts: decode(&counts, "counts of features")?,
        });
    }
    Ok(sum)
}

pub(super) async fn tail(
    pool: &PgPool,
    wiki: &str,
    page: PageId,
    limit: usize,
) -> Result<Vec<TailEntry>, StoreError> {
    let rows = sqlx::query(
        "SELECT e.reverted_by, e.reverter_class, e.revert_seconds, e.revert_comment, e.revert_reason,
             e.self_reverted, e.revert_undone, e.edit_war, e.revision, e.time, e.is_dated, e.digest,
             e.author, e.user_class, e.comment, e.comment_reason
         FROM wiki JOIN page ON page.wiki = wiki.id JOIN edit e ON e.page = page.number
         WHERE wiki.name = $1 AND page.id = $2 AND page.id <> 0
         ORDER BY e.time DESC, e.revision DESC LIMIT $3",
    );
    let rows = rows
        .bind(to_stored(wiki))
        .bind(page.0.cast_signed())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX));
    let rows = rows.fetch_all(pool).await?;
    rows.iter().rev().map(rows::tail_entry).collect()
}

pub(super) async fn edit(
    pool: &PgPool,
    name: &str,
    revision: RevisionId,
) -> Result<Option<LedgerEdit>, StoreError> {
    let mut reader = pool.begin_with(OF_ONE_MOMENT).await?;
    let Some(number) = wiki(&mut reader, name).await? else {
        return Ok(None);
    };
    let edits = read_edits(&mut reader, (number, name), &[stored_id(revision)]).await?;
    reader.commit().await?;
    Ok(edits.into_iter().next())
}

pub(super) async fn known(
    pool: &PgPool,
    name: &str,
    revisions: &[RevisionId],
) -> Result<Vec<KnownEdit>, StoreError> {
    let revisions: Vec<i64> = revisions.iter().copied().map(stored_id).collect();
    let rows = sqlx::query(
        "SELECT e.revision, e.comment IS NOT NULL, model.checksum, s.probability
         FROM wiki CROSS JOIN unnest($2::bigint[]) WITH ORDINALITY AS k (revision, place)
             JOIN edit e ON e.wiki = wiki.id AND e.revision = k.revision
             LEFT JOIN score s ON s.wiki = e.wiki AND s.revision = e.revision AND s.time = e.time
             LEFT JOIN model ON model.id = s.model
         WHERE wiki.name = $1 ORDER BY k.place",
    );
    let rows = rows.bind(to_stored(name)).bind(revisions);
    rows::known(&rows.fetch_all(pool).await?)
}

/// Edits in the order of their revisions in a list; those that are not there are left out.
async fn read_edits(
    reader: &mut PgConnection,
    (wiki, name): (i64, &str),
    revisions: &[i64],
) -> Result<Vec<LedgerEdit>, StoreError> {
    let edits = sqlx::query(
        "SELECT e.reverted_by, e.reverter_class, e.revert_seconds, e.revert_comment, e.revert_reason,
             e.self_reverted, e.revert_undone, e.edit_war, e.time, e.is_dated, e.user_name,
             e.user_class, e.kind, e.is_first, e.namespace, page.id, page.title, e.revision,
             page.is_deleted, e.hidden
         FROM unnest($2::bigint[]) WITH ORDINALITY AS k (revision, place)
             JOIN edit e ON e.wiki = $1 AND e.revision = k.revision
             JOIN page ON page.number = e.page
         ORDER BY k.place",
    );
    let edits = edits.bind(wiki).bind(revisions).fetch_all(&mut *reader);
    let edits = edits.await?;
    let scores = sqlx::query(
        "SELECT s.model, s.probability, s.reasons, s.is_counted, s.scored_at, s.revision
         FROM unnest($2::bigint[]) AS k (revision)
             JOIN score s ON s.wiki = $1 AND s.revision = k.revision ORDER BY s.model",
    );
    let scores = scores.bind(wiki).bind(revisions).fetch_all(&mut *reader);
    let scores = by_revision(scores.await?, 5)?;
    let judgements = sqlx::query(
        "SELECT j.revision, j.person, j.damaging, j.goodfaith, j.spam, j.note, j.time
         FROM unnest($2::bigint[]) AS k (revision)
             JOIN judgement j ON j.wiki = $1 AND j.revision = k.revision",
    );
    let judgements = judgements
        .bind(wiki)
        .bind(revisions)
        .fetch_all(&mut *reader);
    let judgements = by_revision(judgements.await?, 0)?;
    let edits = edits.iter().map(|row| {
        let revision = row.int(17)?;
        let parts = EditParts {
            edit: row,
            scores: of(&scores, revision),
            judgements: of(&judgements, revision),
        };
        let mut edit = rows::edit(name, &parts)?;
        edit.judgements.sort_by(|one, other| one.by.cmp(&other.by));
        Ok(edit)
    });
    edits.collect()
}

fn of(rows: &HashMap<i64, Vec<PgRow>>, revision: i64) -> &[PgRow] {
    rows.get(&revision).map_or(&[], Vec::as_slice)
}

fn by_revision(rows: Vec<PgRow>, column: usize) -> Result<HashMap<i64, Vec<PgRow>>, StoreError> {
    let mut by_revision = HashMap::<i64, Vec<PgRow>>::new();
    for row in rows {
        by_revision.entry(row.int(column)?).or_default().push(row);
    }
    Ok(by_revision)
}

pub(super) async fn judgements(pool: &PgPool, name: &str) -> Result<Vec<Judgement>, StoreError> {
    let rows = sqlx::query(
        "SELECT revision, person, damaging, goodfaith, spam, note, judgement.time
         FROM judgement JOIN wiki ON wiki.id = judgement.wiki WHERE wiki.name = $1",
    );
    let rows = rows.bind(to_stored(name)).fetch_all(pool).await?;
    let judgements = rows.iter().map(|row| rows::judgement(row, name));
    let mut judgements: Vec<Judgement> = judgements.collect::<Result<_, _>>()?;
    judgements.sort_by(|one, other| {
        (stored_id(one.revision), &one.by).cmp(&(stored_id(other.revision), &other.by))
    });
    Ok(judgements)
}

/// Along the flagged scores' index, which has none below a tenth.
const FLAGGED: &str = "SELECT s.revision FROM score s
         JOIN edit e ON e.wiki = s.wiki AND e.revision = s.revision AND e.time = s.time
     WHERE s.wiki = $1 AND s.model = $2 AND (s.time, s.revision) < ($3, $4) AND s.time <= $3
         AND s.probability >= $5 AND s.probability >= 0.1
         AND (NOT $6 OR (e.reverted_by IS NULL AND NOT e.self_reverted AND e.user_class <> $8
             AND e.hidden & 1 = 0
             AND NOT EXISTS (SELECT FROM page p WHERE p.number = e.page AND p.is_deleted)
             AND NOT EXISTS (
                 SELECT FROM judgement j WHERE j.wiki = s.wiki AND j.revision = s.revision)))
     ORDER BY s.time DESC, s.revision DESC LIMIT $7";

/// Along time: most edits are wanted.
const ANY: &str = "SELECT e.revision FROM edit e
         JOIN score s ON s.wiki = e.wiki AND s.revision = e.revision AND s.time = e.time AND s.model = $2
     WHERE e.wiki = $1 AND (e.time, e.revision) < ($3, $4) AND e.time <= $3 AND s.probability >= $5
         AND (NOT $6 OR (e.reverted_by IS NULL AND NOT e.self_reverted AND e.user_class <> $8
             AND e.hidden & 1 = 0
             AND NOT EXISTS (SELECT FROM page p WHERE p.number = e.page AND p.is_deleted)
             AND NOT EXISTS (
                 SELECT FROM judgement j WHERE j.wiki = e.wiki AND j.revision = e.revision)))
     ORDER BY e.time DESC, e.revision DESC LIMIT $7";

/// The smallest probability in the index of flagged scores.
const HIGH: f64 = 0.1;

pub(super) async fn edits(
    pool: &PgPool,
    name: &str,
    wanted: &Wanted,
) -> Result<Vec<LedgerEdit>, StoreError> {
    let mut reader = pool.begin_with(OF_ONE_MOMENT).await?;
    let Some(number) = wiki(&mut reader, name).await? else {
        return Ok(Vec::new());
    };
    let before = wanted.before;
    let before = before.map(|(time, revision)| (time.0, stored_id(revision)));
    let (time, revision) = before.unwrap_or((i64::MAX, i64::MAX));
    let question = if wanted.at_least >= HIGH {
        FLAGGED
    } else {
        ANY
    };
    let revisions = sqlx::query_scalar(question)
        .bind(number)
        .bind(wanted.model)
        .bind(time)
        .bind(revision)
        .bind(wanted.at_least)
        .bind(wanted.is_open)
        .bind(i64::try_from(wanted.limit).unwrap_or(i64::MAX))
        .bind(i16::from(UserClass::Bot.code()));
    let revisions: Vec<i64> = revisions.fetch_all(&mut *reader).await?;
    let edits = read_edits(&mut reader, (number, name), &revisions).await?;
    reader.commit().await?;
    Ok(edits)
}
