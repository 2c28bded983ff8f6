//! The tables, and how a file of an earlier version gets those of this one.
//!
//! The file says by its `application_id` that it is a ledger, and by its `user_version` how many of the
//! scripts it has been through.

use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection as _, Row as _};

use crate::service::ledger::store::StoreError;

/// "rvLG": no other application's file.
const APPLICATION_ID: i32 = 0x7276_4c47;

/// Scripts in their order; the last one's number is the version.
const MIGRATIONS: [&str; 2] = [
    include_str!("migrations/1.sql"),
    include_str!("migrations/2.sql"),
];

/// Makes the tables, or those that are new since the file was written, all or none; gives the key under
/// which authors' names are hashed.
///
/// # Errors
/// When the file is no ledger, or one of a later version.
pub(super) async fn bring_up_to_date(connection: &mut SqliteConnection) -> Result<u64, StoreError> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let number = async |connection: &mut SqliteConnection, question: &'static str| {
        let row = sqlx::query(question).fetch_one(connection).await?;
        row.try_get::<i64, _>(0).map_err(StoreError::from)
    };
    let id = number(&mut transaction, "PRAGMA application_id").await?;
    let n_tables = number(&mut transaction, "SELECT count(*) FROM sqlite_schema").await?;
    if id != i64::from(APPLICATION_ID) && n_tables > 0 {
        let what = "it is another application's database".to_owned();
        return Err(StoreError::NotUnderstood(what));
    }
    let version = number(&mut transaction, "PRAGMA user_version").await?;
    let known = MIGRATIONS.len();
    let done = usize::try_from(version).ok().filter(|done| *done <= known);
    let Some(done) = done else {
        return Err(StoreError::NotUnderstood(format!(
            "it has version {version}, and this program knows those up to {known}"
        )));
    };
    for script in &MIGRATIONS[done..] {
        sqlx::raw_sql(*script).execute(&mut *transaction).await?;
    }
    if done < known {
        let stamp =
            format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {known}");
        // Of two numbers of ours.
        let stamp = sqlx::raw_sql(sqlx::AssertSqlSafe(stamp));
        stamp.execute(&mut *transaction).await?;
    }
    let key = "SELECT value FROM setting WHERE name = 'author_key'";
    let key = number(&mut transaction, key).await?;
    transaction.commit().await?;
    Ok(key.cast_unsigned())
}
