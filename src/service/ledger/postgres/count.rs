//! Days' rows and counts, for whoever counts (`rows::tallies`).

use std::ops::RangeInclusive;

use futures_util::TryStreamExt as _;
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;

use super::{PostgresStore, read};
use crate::revision::Timestamp;
use crate::service::ledger::rows::{
    Cells as _, CountedModels, Counts, CountsDays, DayRow, KnownDays, count, counted_model,
    decode_groups, encode_groups, end_of, select_counted, start_of,
};
use crate::service::ledger::store::{Answer, Day, ModelId, StoreError};

impl CountsDays for PostgresStore {
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
    store: &PostgresStore,
    wiki: &str,
    model: Option<ModelId>,
    days: RangeInclusive<Day>,
) -> Result<Option<KnownDays>, StoreError> {
    let mut reader = store.pool.begin_with(read::OF_ONE_MOMENT).await?;
    let Some(wiki) = read::wiki(&mut reader, wiki).await? else {
        return Ok(None);
    };
    let (first, last) = days.into_inner();
    let rows = sqlx::query(
        "SELECT day, version, counted FROM day WHERE wiki = $1 AND day BETWEEN $2 AND $3",
    );
    let rows = rows.bind(wiki).bind(first).bind(last);
    let rows = rows.fetch_all(&mut *reader).await?;
    let days = rows.iter().map(DayRow::read);
    let days = days.collect::<Result<_, _>>()?;
    let stored = sqlx::query(
        "SELECT tally.model, tally.day, tally.total FROM day JOIN tally USING (wiki, day)
         WHERE wiki = $1 AND day BETWEEN $2 AND $3 AND counted = version AND total IS NOT NULL
             AND ($4::bigint IS NULL OR tally.model = $4)",
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

async fn count_day(
    store: &PostgresStore,
    wiki: i64,
    day: Day,
    settled_until: Timestamp,
) -> Result<(i64, Counts), StoreError> {
    let mut reader = store.pool.begin_with(read::OF_ONE_MOMENT).await?;
    let version = sqlx::query_scalar("SELECT version FROM day WHERE wiki = $1 AND day = $2")
        .bind(wiki)
        .bind(day)
        .fetch_one(&mut *reader)
        .await?;
    let mut counts = bases(&mut reader, wiki, day).await?;
    let models = models(store, &mut reader).await?;
    let rows = sqlx::query(concat!(
        select_counted!(),
        " FROM edit e JOIN score s ON s.wiki = e.wiki AND s.revision = e.revision AND s.time = e.time
         WHERE e.wiki = $1 AND e.time BETWEEN $2 AND $3 AND s.time BETWEEN $2 AND $3"
    ));
    let rows = rows.bind(wiki).bind(start_of(day)).bind(end_of(day));
    let mut rows = rows.fetch(&mut *reader);
    while let Some(row) = rows.try_next().await? {
        count(&row, &models, settled_until, &mut counts)?;
    }
    drop(rows);
    reader.commit().await?;
    Ok((version, counts))
}

/// What is counted of a day's edits that are gone.
pub(super) async fn bases(
    connection: &mut PgConnection,
    wiki: i64,
    day: Day,
) -> Result<Counts, StoreError> {
    let bases = sqlx::query(
        "SELECT model, base FROM tally WHERE wiki = $1 AND day = $2 AND base IS NOT NULL",
    );
    let bases = bases.bind(wiki).bind(day).fetch_all(connection).await?;
    let bases = bases.iter();
    bases
        .map(|row| Ok((row.int(0)?, decode_groups(row.bytes(1)?)?)))
        .collect()
}

async fn write_down(
    store: &PostgresStore,
    wiki: i64,
    day: Day,
    version: i64,
    counts: &Counts,
) -> Result<(), StoreError> {
    let mut connection = store.pool.acquire().await?;
    let mut transaction = connection.begin().await?;
    let is_current =
        sqlx::query("UPDATE day SET counted = $3 WHERE wiki = $1 AND day = $2 AND version = $3")
            .bind(wiki)
            .bind(day)
            .bind(version)
            .execute(&mut *transaction)
            .await?
            .rows_affected()
            == 1;
    if is_current {
        let (models, totals): (Vec<ModelId>, Vec<Vec<u8>>) = counts
            .iter()
            .map(|(model, groups)| (*model, encode_groups(groups)))
            .unzip();
        sqlx::query(
            "INSERT INTO tally (wiki, day, model, total)
                 SELECT $1, $2, * FROM unnest($3::bigint[], $4::bytea[])
             ON CONFLICT (wiki, day, model) DO UPDATE SET total = excluded.total",
        )
        .bind(wiki as i32)
        .bind(day)
        .bind(models)
        .bind(totals)
        .execute(&mut *transaction)
        .await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// All models; those that are not known yet are read.
pub(super) async fn models(
    store: &PostgresStore,
    connection: &mut PgConnection,
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
