//! Old edits become counts.
//!
//! Some ten thousand at a time, each portion in one transaction under the wiki's lock, so that nobody who writes waits
//! for long: the portion's counts are added to its day's `base`, and its rows go. The day is frozen with the first
//! portion. A month's part goes when nothing is in it any more; one in which judged edits stay does.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};

use super::connecting::{WRITE_LIMIT, limited};
use super::pages::column;
use super::{PostgresStore, count, months, read};
use crate::revision::Timestamp;
use crate::service::ledger::rows::{
    Cells as _, Counts, count as count_row, day_of, encode_groups, end_of, select_counted, start_of,
};
use crate::service::ledger::store::{Day, ModelId, StoreError};

/// Edits that go in one transaction.
const PORTION: i64 = 10_000;

pub(super) async fn compact(
    store: &PostgresStore,
    name: &str,
    before: Day,
    settled_until: Timestamp,
) -> Result<u64, StoreError> {
    let mut n_gone = 0;
    loop {
        let mut turn = store.writer().await?;
        let connection = &mut turn.writer.connection;
        // A server that says nothing any more does not keep everybody else from writing.
        let n = limited(WRITE_LIMIT, async {
            let Some(wiki) = read::wiki(connection, name).await? else {
                return Ok(0);
            };
            let n = portion(store, connection, (wiki, name), before, settled_until).await?;
            if n == 0 {
                months::drop_empty(connection, before).await?;
            }
            Ok(n)
        });
        let n = n.await?;
        turn.give_back();
        if n == 0 {
            return Ok(n_gone);
        }
        n_gone += n;
    }
}

/// Lets edits of the first day go that has any; gives how many.
async fn portion(
    store: &PostgresStore,
    connection: &mut PgConnection,
    (wiki, name): (i64, &str),
    before: Day,
    settled_until: Timestamp,
) -> Result<u64, StoreError> {
    let begin = AssertSqlSafe(store.begin_alone([name]));
    let mut transaction = connection.begin_with(begin).await?;
    let first: Option<i64> = sqlx::query_scalar(
        "SELECT time FROM edit WHERE wiki = $1 AND time < $2 AND NOT EXISTS (
             SELECT FROM judgement j WHERE j.wiki = $1 AND j.revision = edit.revision)
         ORDER BY time LIMIT 1",
    )
    .bind(wiki)
    .bind(start_of(before))
    .fetch_optional(&mut *transaction)
    .await?;
    let Some(first) = first else {
        return Ok(0);
    };
    let day = day_of(first);
    let models = count::models(store, &mut transaction).await?;
    // The scores go too, and come back with their edits' columns to be counted; an edit without one as one row.
    let gone = sqlx::query(concat!(
        "WITH gone AS (
             DELETE FROM edit e USING (
                 SELECT revision, time FROM edit
                 WHERE wiki = $1 AND time BETWEEN $2 AND $3 AND NOT EXISTS (
                     SELECT FROM judgement j WHERE j.wiki = $1 AND j.revision = edit.revision)
                 LIMIT $4) going
             WHERE e.wiki = $1 AND e.revision = going.revision AND e.time = going.time
                 AND e.time BETWEEN $2 AND $3
             RETURNING e.*),
         scores AS (
             DELETE FROM score s USING gone
             WHERE s.wiki = $1 AND s.revision = gone.revision AND s.time = gone.time
                 AND s.time BETWEEN $2 AND $3
             RETURNING s.*) ",
        select_counted!(),
        ", e.page, e.revision FROM gone e LEFT JOIN scores s ON s.revision = e.revision"
    ))
    .bind(wiki)
    .bind(first)
    .bind(end_of(day))
    .bind(PORTION)
    .fetch_all(&mut *transaction)
    .await?;
    let mut counts = Counts::new();
    let (mut revisions, mut pages) = (std::collections::HashSet::new(), Vec::new());
    let mut n_scores = 0;
    for row in &gone {
        if row.maybe_int(0)?.is_some() {
            count_row(row, &models, settled_until, &mut counts)?;
            n_scores += 1;
        }
        if revisions.insert(row.int(19)?) {
            pages.push(row.int(18)?);
        }
    }
    for (model, base) in count::bases(&mut transaction, wiki, day).await? {
        let groups = counts.entry(model).or_default();
        for (group, base) in base {
            groups.entry(group).or_default().absorb(&base);
        }
    }
    // The day before its tallies, as whoever writes down what was counted does it: else both could wait for ever.
    // Its sum is the same, unless an outcome was open: then it is so for good. Pages go that have no other edit.
    sqlx::query(
        "WITH frozen AS (
             UPDATE day SET is_frozen = true, version = version + 1 WHERE wiki = $1 AND day = $2),
         pages AS (
             DELETE FROM page WHERE number = ANY($5) AND NOT EXISTS (
                 SELECT FROM edit WHERE edit.page = page.number))
         UPDATE wiki SET edits = edits - $3, scores = scores - $4 WHERE id = $1",
    )
    .bind(wiki)
    .bind(day)
    .bind(revisions.len() as i64)
    .bind(n_scores)
    .bind(pages)
    .execute(&mut *transaction)
    .await?;
    let counts: Vec<(ModelId, Vec<u8>)> = counts
        .into_iter()
        .map(|(model, groups)| (model, encode_groups(&groups)))
        .collect();
    sqlx::query(
        "INSERT INTO tally (wiki, day, model, base) SELECT $1, $2, * FROM unnest($3::bigint[], $4::bytea[])
         ON CONFLICT (wiki, day, model) DO UPDATE SET base = excluded.base",
    )
    .bind(wiki as i32)
    .bind(day)
    .bind(column(&counts, |row| row.0))
    .bind(column(&counts, |row| row.1.clone()))
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(revisions.len() as u64)
}
