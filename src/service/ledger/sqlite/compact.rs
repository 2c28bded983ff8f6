//! Old edits become counts.
//!
//! A few thousand edits at a time, each portion in one transaction, so that nobody who writes waits for
//! long: the portion's counts are added to its day's `base`, and its rows go. The day is frozen with the
//! first portion.

use std::collections::BTreeMap;

use sqlx::Connection as _;
use sqlx::sqlite::SqliteConnection;

use super::count::{self, Rows};
use super::{SqliteStore, Writer, read};
use crate::revision::Timestamp;
use crate::service::ledger::rows::{day_of, encode_groups, end_of, start_of};
use crate::service::ledger::store::{Day, StoreError};

/// Edits that go in one transaction.
const PORTION: i64 = 2_000;

pub(super) async fn compact(
    store: &SqliteStore,
    name: &str,
    before: Day,
    settled_until: Timestamp,
) -> Result<u64, StoreError> {
    let mut n_gone = 0;
    loop {
        let mut turn = store.writer().await?;
        let Some(wiki) = read::wiki(&mut turn.writer.connection, name).await? else {
            turn.give_back();
            return Ok(0);
        };
        let n = portion(store, &mut turn.writer, wiki, before, settled_until).await?;
        let is_done = n == 0 && (n_gone == 0 || !shrink(&mut turn.writer.connection).await?);
        turn.give_back();
        if is_done {
            return Ok(n_gone);
        }
        n_gone += n;
    }
}

/// Lets edits of the first day go that has any; gives how many.
async fn portion(
    store: &SqliteStore,
    writer: &mut Writer,
    wiki: i64,
    before: Day,
    settled_until: Timestamp,
) -> Result<u64, StoreError> {
    let Writer { connection, memory } = writer;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let connection = &mut *transaction;
    let first: Option<(i64,)> = sqlx::query_as(
        "SELECT time FROM edit WHERE wiki = ?1 AND time < ?2 AND NOT EXISTS (
             SELECT 1 FROM judgement WHERE wiki = ?1 AND revision = edit.revision)
         ORDER BY time LIMIT 1",
    )
    .bind(wiki)
    .bind(start_of(before))
    .fetch_optional(&mut *connection)
    .await?;
    let Some((first,)) = first else {
        return Ok(0);
    };
    let day = day_of(first);
    sqlx::raw_sql(
        "CREATE TEMP TABLE IF NOT EXISTS going (revision INTEGER PRIMARY KEY, page INTEGER NOT NULL);
         DELETE FROM temp.going",
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO temp.going SELECT revision, page FROM edit
         WHERE wiki = ?1 AND time BETWEEN ?2 AND ?3 AND NOT EXISTS (
             SELECT 1 FROM judgement WHERE wiki = ?1 AND revision = edit.revision) LIMIT ?4",
    )
    .bind(wiki)
    .bind(first)
    .bind(end_of(day))
    .bind(PORTION)
    .execute(&mut *connection)
    .await?;
    let mut counts = BTreeMap::new();
    count::count_rows(
        store,
        connection,
        Rows::Going(wiki),
        settled_until,
        &mut counts,
    )
    .await?;
    let bases = count::bases(connection, wiki, day).await?;
    for (model, mut groups) in counts {
        for (group, base) in bases.get(&model).into_iter().flatten() {
            groups.entry(*group).or_default().absorb(base);
        }
        sqlx::query(
            "INSERT INTO tally (wiki, day, model, base) VALUES (?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET base = excluded.base",
        )
        .bind(wiki)
        .bind(day)
        .bind(model)
        .bind(encode_groups(&groups))
        .execute(&mut *connection)
        .await?;
    }
    let n_gone = delete(connection, wiki).await?;
    // The sum is the same, unless an outcome was open: then it is so for good.
    let freeze = "UPDATE day SET is_frozen = 1, version = version + 1 WHERE wiki = ? AND day = ?";
    let freeze = sqlx::query(freeze).bind(wiki).bind(day);
    freeze.execute(connection).await?;
    transaction.commit().await?;
    memory.freeze(wiki, day);
    Ok(n_gone)
}

/// Deletes the edits of the portion, their scores, and pages that have no others.
async fn delete(connection: &mut SqliteConnection, wiki: i64) -> Result<u64, StoreError> {
    let scores =
        "DELETE FROM score WHERE wiki = ? AND revision IN (SELECT revision FROM temp.going)";
    let scores = sqlx::query(scores).bind(wiki);
    let n_scores = scores.execute(&mut *connection).await?.rows_affected();
    let edits = "DELETE FROM edit WHERE wiki = ? AND revision IN (SELECT revision FROM temp.going)";
    let edits = sqlx::query(edits).bind(wiki);
    let n_edits = edits.execute(&mut *connection).await?.rows_affected();
    sqlx::query(
        "DELETE FROM page WHERE number IN (SELECT page FROM temp.going)
             AND NOT EXISTS (SELECT 1 FROM edit WHERE edit.page = page.number)",
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query("UPDATE wiki SET edits = edits - ?, scores = scores - ? WHERE id = ?")
        .bind(n_edits.cast_signed())
        .bind(n_scores.cast_signed())
        .bind(wiki)
        .execute(connection)
        .await?;
    Ok(n_edits)
}

/// Gives some of what is free back to the disk, and says whether there is more: a portion, so that nobody
/// who writes waits for long, and the log of transactions stays small.
async fn shrink(connection: &mut SqliteConnection) -> Result<bool, StoreError> {
    sqlx::raw_sql("PRAGMA incremental_vacuum(2000)")
        .execute(&mut *connection)
        .await?;
    let (n_free,): (i64,) = sqlx::query_as("PRAGMA freelist_count")
        .fetch_one(connection)
        .await?;
    Ok(n_free > 0)
}
