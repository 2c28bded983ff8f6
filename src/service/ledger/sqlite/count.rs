//! Days' rows and counts, for whoever counts (`rows::tallies`).

use std::ops::RangeInclusive;

use futures_util::TryStreamExt as _;
use sqlx::sqlite::SqliteConnection;

use super::{SqliteStore, read};
use crate::revision::Timestamp;
use crate::service::ledger::rows::{
    Cells as _, CountedModels, Counts, CountsDays, DayRow, KnownDays, count, counted_model,
    decode_groups, encode_groups, end_of, select_counted, start_of,
};
use crate::service::ledger::store::{Answer, Day, ModelId, StoreError};

impl CountsDays for SqliteStore {
    fn known_days<'a>(
        &'a self,
        wiki: &'a str,
        model: Option<ModelId>,
        days: RangeInclusive<Day>,
    ) -> Answer<'a, Option<KnownDays>> {
        Box::pin(known_days(self, wiki, model, days))
    }

    fn count_day(
        &self,
        wiki: i64,
        day: Day,
        settled_until: Timestamp,
    ) -> Answer<'_, (i64, Counts)> {
        Box::pin(count_day(self, wiki, day, settled_until))
    }

    fn write_down<'a>(
        &'a self,
        wiki: i64,
        day: Day,
        version: i64,
        counts: &'a Counts,
    ) -> Answer<'a, ()> {
        Box::pin(write_down(self, wiki, day, version, counts))
    }
}

async fn known_days(
    store: &SqliteStore,
    wiki: &str,
    model: Option<ModelId>,
    days: RangeInclusive<Day>,
) -> Result<Option<KnownDays>, StoreError> {
    let mut reader = store.readers.begin().await?;
    let Some(wiki) = read::wiki(&mut reader, wiki).await? else {
        return Ok(None);
    };
    let (first, last) = days.into_inner();
    let rows =
        sqlx::query("SELECT day, version, counted FROM day WHERE wiki = ? AND day BETWEEN ? AND ?");
    let rows = rows.bind(wiki).bind(first).bind(last);
    let rows = rows.fetch_all(&mut *reader).await?;
    let days = rows.iter().map(DayRow::read);
    let days = days.collect::<Result<_, _>>()?;
    let stored = sqlx::query(
        "SELECT tally.model, tally.day, tally.total FROM day JOIN tally USING (wiki, day)
         WHERE wiki = ?1 AND day BETWEEN ?2 AND ?3 AND counted = version AND total IS NOT NULL
             AND (?4 IS NULL OR tally.model = ?4)",
    );
    let stored = stored.bind(wiki).bind(first).bind(last).bind(model);
    let mut stored = stored.fetch(&mut *reader);
    let mut totals = Vec::new();
    while let Some(row) = stored.try_next().await? {
        totals.push((row.int(0)?, row.small(1)?, decode_groups(row.bytes(2)?)?));
    }
    drop(stored);
    reader.commit().await?;
    Ok(Some(KnownDays { wiki, days, totals }))
}

/// Counts a day's edits and adds those that are gone; gives the version that was counted.
async fn count_day(
    store: &SqliteStore,
    wiki: i64,
    day: Day,
    settled_until: Timestamp,
) -> Result<(i64, Counts), StoreError> {
    let mut reader = store.readers.begin().await?;
    let (version,) = sqlx::query_as("SELECT version FROM day WHERE wiki = ? AND day = ?")
        .bind(wiki)
        .bind(day)
        .fetch_one(&mut *reader)
        .await?;
    let mut counts = bases(&mut reader, wiki, day).await?;
    let rows = Rows::Day(wiki, day);
    count_rows(store, &mut reader, rows, settled_until, &mut counts).await?;
    reader.commit().await?;
    Ok((version, counts))
}

/// What is counted of a day's edits that are gone.
pub(super) async fn bases(
    connection: &mut SqliteConnection,
    wiki: i64,
    day: Day,
) -> Result<Counts, StoreError> {
    let bases = sqlx::query_as(
        "SELECT model, base FROM tally WHERE wiki = ? AND day = ? AND base IS NOT NULL",
    );
    let bases: Vec<(ModelId, Vec<u8>)> = bases.bind(wiki).bind(day).fetch_all(connection).await?;
    let bases = bases.into_iter();
    bases
        .map(|(model, base)| Ok((model, decode_groups(&base)?)))
        .collect()
}

/// Keeps what was counted, unless an edit has changed meanwhile.
async fn write_down(
    store: &SqliteStore,
    wiki: i64,
    day: Day,
    version: i64,
    counts: &Counts,
) -> Result<(), StoreError> {
    let mut turn = store.writer().await?;
    let mut transaction = sqlx::Connection::begin(&mut turn.writer.connection).await?;
    let is_current =
        sqlx::query("UPDATE day SET counted = ?3 WHERE wiki = ?1 AND day = ?2 AND version = ?3")
            .bind(wiki)
            .bind(day)
            .bind(version)
            .execute(&mut *transaction)
            .await?
            .rows_affected()
            == 1;
    if is_current {
        for (model, groups) in counts {
            sqlx::query(
                "INSERT INTO tally (wiki, day, model, total) VALUES (?, ?, ?, ?)
                 ON CONFLICT DO UPDATE SET total = excluded.total",
            )
            .bind(wiki)
            .bind(day)
            .bind(model)
            .bind(encode_groups(groups))
            .execute(&mut *transaction)
            .await?;
        }
    }
    transaction.commit().await?;
    turn.give_back();
    Ok(())
}

/// Which rows are counted.
#[derive(Clone, Copy)]
pub(super) enum Rows {
    /// Those of a wiki's day.
    Day(i64, Day),
    /// Those of a wiki that are about to go.
    Going(i64),
}

/// Counts rows into what is counted already.
pub(super) async fn count_rows(
    store: &SqliteStore,
    connection: &mut SqliteConnection,
    rows: Rows,
    settled_until: Timestamp,
    counts: &mut Counts,
) -> Result<(), StoreError> {
    let models = models(store, connection).await?;
    // CROSS JOIN is SQLite's way to say in which order to look.
    let rows = match rows {
        Rows::Day(wiki, day) => sqlx::query(concat!(
            select_counted!(),
            " FROM edit e CROSS JOIN score s ON s.wiki = e.wiki AND s.revision = e.revision
             WHERE e.wiki = ? AND e.time >= ? AND e.time <= ?"
        ))
        .bind(wiki)
        .bind(start_of(day))
        .bind(end_of(day)),
        Rows::Going(wiki) => sqlx::query(concat!(
            select_counted!(),
            " FROM temp.going g CROSS JOIN edit e ON e.wiki = ? AND e.revision = g.revision
             CROSS JOIN score s ON s.wiki = e.wiki AND s.revision = e.revision"
        ))
        .bind(wiki),
    };
    let mut rows = rows.fetch(connection);
    while let Some(row) = rows.try_next().await? {
        count(&row, &models, settled_until, counts)?;
    }
    Ok(())
}

/// All models; those that are not known yet are read.
async fn models(
    store: &SqliteStore,
    connection: &mut SqliteConnection,
) -> Result<CountedModels, StoreError> {
    let n = sqlx::query_scalar("SELECT count(*) FROM model");
    let n = n.fetch_one(&mut *connection).await?;
    if let Some(known) = store.tallies.models(n) {
        return Ok(known);
    }
    let rows = sqlx::query("SELECT id, target, levels, rule FROM model");
    let rows = rows.fetch_all(connection).await?;
    let models: CountedModels = rows.iter().map(counted_model).collect::<Result<_, _>>()?;
    store.tallies.know(&models);
    Ok(models)
}
