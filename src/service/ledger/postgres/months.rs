//! The parts of `edit` and `score`: one for each month that there are edits of, made when it is needed.
//!
//! A part is made beside its table and attached, which locks nobody out but for a moment; two services that make
//! the same wait for each other. What has no month of its own, because its time is odd or because a part could not
//! be made at once, is in the default part, and moves when its month's part is made.

use std::collections::BTreeSet;

use jiff::civil::Date;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};

use super::schema::SCHEMA_LOCK;
use crate::service::ledger::rows::{day_of, start_of};
use crate::service::ledger::store::{Day, StoreError};

/// How long making a part waits for those who read the default one.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = '3s'";

/// A month.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Month {
    year: i16,
    month: i8,
}

/// Those whose parts are known to be there.
#[derive(Default)]
pub(super) struct Months(BTreeSet<Month>);

const EPOCH: Date = jiff::civil::date(1970, 1, 1);

fn date_of(day: Day) -> Option<Date> {
    EPOCH
        .checked_add(jiff::Span::new().try_days(day).ok()?)
        .ok()
}

impl Month {
    /// The month of a time; `None` of an odd one: of before February 1970, because 0 stands for a time that is not
    /// known, or more than a month ahead of `now`.
    pub(super) fn of(time: i64, now: i64) -> Option<Self> {
        let date = date_of(day_of(time))?;
        let month = Self {
            year: date.year(),
            month: date.month(),
        };
        let first = Self {
            year: 1970,
            month: 2,
        };
        let now = date_of(day_of(now))?;
        let last = Self {
            year: now.year(),
            month: now.month(),
        };
        (first..=last.next()).contains(&month).then_some(month)
    }

    fn next(self) -> Self {
        match self.month {
            12 => Self {
                year: self.year + 1,
                month: 1,
            },
            month => Self {
                month: month + 1,
                ..self
            },
        }
    }

    /// Its first second.
    fn start(self) -> i64 {
        let days = Date::new(self.year, self.month, 1).map(|date| date.since(EPOCH));
        let days = days
            .ok()
            .and_then(Result::ok)
            .map_or(0, |span| span.get_days());
        start_of(days)
    }

    /// As in the names of parts.
    fn suffix(self) -> String {
        format!("{:04}_{:02}", self.year, self.month)
    }
}

impl Months {
    /// Makes the parts that are missing for these times. Where that fails the edits go into the default part.
    pub(super) async fn ensure(
        &mut self,
        connection: &mut PgConnection,
        times: impl Iterator<Item = i64>,
        now: i64,
    ) -> Result<(), StoreError> {
        let months: BTreeSet<Month> = times.filter_map(|time| Month::of(time, now)).collect();
        for month in months {
            // The next one too, ahead of the first edit that needs it.
            for month in [month, month.next()] {
                if Month::of(month.start(), now).is_none() || self.0.contains(&month) {
                    continue;
                }
                match make(connection, month).await {
                    Ok(()) => {
                        self.0.insert(month);
                    }
                    Err(sqlx::Error::Database(error)) => {
                        tracing::warn!(%error, "a part of the ledger is not made yet: {error}");
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }
}

/// Makes a month's parts, unless they are there.
async fn make(connection: &mut PgConnection, month: Month) -> Result<(), sqlx::Error> {
    let (suffix, from, to) = (month.suffix(), month.start(), month.next().start());
    let mut transaction = connection.begin().await?;
    sqlx::raw_sql(LOCK_TIMEOUT)
        .execute(&mut *transaction)
        .await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(SCHEMA_LOCK)
        .execute(&mut *transaction)
        .await?;
    let is_there: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
        .bind(format!("score_{suffix}"))
        .fetch_one(&mut *transaction)
        .await?;
    if !is_there {
        sqlx::raw_sql("LOCK TABLE edit_other, score_other IN ACCESS EXCLUSIVE MODE")
            .execute(&mut *transaction)
            .await?;
        for (table, room) in [("edit", " WITH (fillfactor = 85)"), ("score", "")] {
            let part = format!("{table}_{suffix}");
            let script = format!(
                "CREATE TABLE {part} (LIKE {table} INCLUDING ALL){room};
                 WITH moved AS (
                     DELETE FROM {table}_other WHERE time >= {from} AND time < {to} RETURNING *)
                 INSERT INTO {part} SELECT * FROM moved;
                 ALTER TABLE {table} ATTACH PARTITION {part} FOR VALUES FROM ({from}) TO ({to})"
            );
            // Of names and numbers of ours.
            sqlx::raw_sql(AssertSqlSafe(script))
                .execute(&mut *transaction)
                .await?;
        }
    }
    transaction.commit().await
}

/// Drops parts of before a day that have no row any more.
pub(super) async fn drop_empty(
    connection: &mut PgConnection,
    before: Day,
) -> Result<(), StoreError> {
    let parts: Vec<(String,)> = sqlx::query_as(
        "SELECT relid::regclass::text FROM pg_partition_tree('edit')
         WHERE isleaf AND relid <> 'edit_other'::regclass ORDER BY 1",
    )
    .fetch_all(&mut *connection)
    .await?;
    for (part,) in parts {
        let Some(month) = month_of_part(&part) else {
            continue;
        };
        if month.next().start() <= start_of(before) {
            drop_if_empty(connection, month).await?;
        }
    }
    Ok(())
}

fn month_of_part(part: &str) -> Option<Month> {
    let (rest, month) = part.rsplit_once('_')?;
    let (_, year) = rest.rsplit_once('_')?;
    let month = month
        .parse()
        .ok()
        .filter(|month| (1..=12).contains(month))?;
    Some(Month {
        year: year.parse().ok()?,
        month,
    })
}

/// Nobody reads for a moment; when somebody reads for long, it is for another time.
async fn drop_if_empty(connection: &mut PgConnection, month: Month) -> Result<(), StoreError> {
    let suffix = month.suffix();
    let are_empty = format!(
        "SELECT NOT EXISTS (SELECT FROM edit_{suffix}) AND NOT EXISTS (SELECT FROM score_{suffix})"
    );
    let are_empty = sqlx::query_scalar(AssertSqlSafe(are_empty));
    // Asked without a lock first: as a rule they are not.
    if !are_empty.fetch_one(&mut *connection).await? {
        return Ok(());
    }
    let mut transaction = connection.begin().await?;
    let script = format!(
        "{LOCK_TIMEOUT};
         LOCK TABLE ONLY edit, ONLY score IN ACCESS EXCLUSIVE MODE;
         DO $$ BEGIN
             IF NOT EXISTS (SELECT FROM edit_{suffix}) AND NOT EXISTS (SELECT FROM score_{suffix}) THEN
                 DROP TABLE edit_{suffix}, score_{suffix};
             END IF;
         END $$"
    );
    let dropped = sqlx::raw_sql(AssertSqlSafe(script))
        .execute(&mut *transaction)
        .await;
    match dropped {
        Ok(_) => Ok(transaction.commit().await?),
        Err(sqlx::Error::Database(error)) => {
            tracing::debug!(%error, "a part of the ledger is not dropped yet: {error}");
            Ok(transaction.rollback().await?)
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_has_its_seconds() {
        let now = 1_790_000_000; // September 2026
        for (time, expected) in [
            (0, None),
            (31 * 86_400 - 1, None),
            (31 * 86_400, Some("1970_02")),
            (1_609_459_199, Some("2020_12")),
            (1_609_459_200, Some("2021_01")),
            (now + 31 * 86_400, Some("2026_10")),
            (now + 62 * 86_400, None),
            (i64::MAX, None),
            (i64::MIN, None),
        ] {
            let month = Month::of(time, now);
            assert_eq!(month.map(Month::suffix).as_deref(), expected, "{time}");
            if let Some(month) = month {
                assert!((month.start()..month.next().start()).contains(&time));
                let part = format!("edit_{}", month.suffix());
                assert_eq!(month_of_part(&part), Some(month));
            }
        }
        assert_eq!(month_of_part("edit_other"), None);
    }
}
