//! The tables, and how a database of an earlier version gets those of this one while services of both versions
//! use it.
//!
//! The database says which script it has been through last (`version`), and from which version on a program has to
//! know the scripts to use it (`compatible_from`). So a newer service brings the tables up to date, and older ones
//! beside it go on where the new shape lets them, or are refused when they start next. Two services that begin at
//! once wait for each other.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};

use crate::service::ledger::store::StoreError;

/// A step from one version to the next.
pub(super) struct Migration {
    pub(super) script: &'static str,
    /// The first version that a program has to know to use the tables after this step.
    pub(super) compatible_from: i32,
}

/// Steps in their order; the last one's number is the version.
pub(super) const MIGRATIONS: [Migration; 2] = [
    Migration {
        script: include_str!("migrations/1.sql"),
        compatible_from: 1,
    },
    Migration {
        script: include_str!("migrations/2.sql"),
        compatible_from: 1,
    },
];

/// "rvLG", as in SQLite's files: the lock of whoever changes tables.
pub(super) const SCHEMA_LOCK: i64 = 0x7276_4c47;

/// Makes the tables, or those that are new, all or none; gives the key under which authors' names are hashed.
///
/// # Errors
/// When the database is none of a ledger, or one that takes a later version of the program.
pub(super) async fn bring_up_to_date(
    connection: &mut PgConnection,
    migrations: &[Migration],
) -> Result<u64, StoreError> {
    let encoding: String = sqlx::query_scalar("SHOW server_encoding")
        .fetch_one(&mut *connection)
        .await?;
    if encoding != "UTF8" {
        return Err(StoreError::Unusable(format!(
            "the database's encoding is {encoding}; make one with encoding UTF8"
        )));
    }
    let mut transaction = connection.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(SCHEMA_LOCK)
        .execute(&mut *transaction)
        .await?;
    let (version, compatible_from) = standing_version(&mut transaction).await?;
    let known = migrations.len() as i32;
    if version > known && compatible_from > known {
        return Err(StoreError::NotUnderstood(format!(
            "its tables have version {version}, which takes a program that knows version {compatible_from}, and this one \
             knows those up to {known}: update this service"
        )));
    }
    let new = migrations.iter().skip(version.max(0) as usize);
    let mut stamp = None;
    for (migration, number) in new.zip(version + 1..) {
        sqlx::raw_sql(migration.script)
            .execute(&mut *transaction)
            .await?;
        stamp = Some((number, compatible_from.max(migration.compatible_from)));
    }
    if let Some((version, compatible_from)) = stamp {
        let compatible_from = migrations
            .iter()
            .map(|migration| migration.compatible_from)
            .fold(compatible_from, i32::max);
        // Of two numbers of ours.
        let stamp = format!(
            "DELETE FROM ledger_version;
             INSERT INTO ledger_version (version, compatible_from) VALUES ({version}, {compatible_from})"
        );
        sqlx::raw_sql(AssertSqlSafe(stamp))
            .execute(&mut *transaction)
            .await?;
    }
    let key: i64 = sqlx::query_scalar("SELECT value FROM setting WHERE name = 'author_key'")
        .fetch_one(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(key.cast_unsigned())
}

/// The version of the tables, and what it takes; 0 and 0 where there are none. Makes the place where that stands.
async fn standing_version(connection: &mut PgConnection) -> Result<(i32, i32), StoreError> {
    let (is_ledger, has_others): (bool, bool) = sqlx::query_as(
        "SELECT to_regclass('ledger_version') IS NOT NULL,
             to_regclass('wiki') IS NOT NULL OR to_regclass('page') IS NOT NULL
                 OR to_regclass('edit') IS NOT NULL",
    )
    .fetch_one(&mut *connection)
    .await?;
    if !is_ledger && has_others {
        return Err(StoreError::NotUnderstood(
            "there are another application's tables; give the ledger a database of its own, or a schema \
             (?options=-csearch_path%3DNAME)"
                .to_owned(),
        ));
    }
    if !is_ledger {
        let make = "CREATE TABLE ledger_version (
                version integer NOT NULL,
                compatible_from integer NOT NULL,
                since timestamptz NOT NULL DEFAULT now())";
        sqlx::raw_sql(make).execute(&mut *connection).await?;
    }
    let versions = "SELECT version, compatible_from FROM ledger_version";
    let versions = sqlx::query_as(versions).fetch_optional(connection).await?;
    Ok(versions.unwrap_or((0, 0)))
}
