//! Where streams' sources are.

use sqlx::SqlitePool;

use super::SqliteStore;
use crate::service::ledger::store::StoreError;

pub(super) async fn position(
    readers: &SqlitePool,
    source: &str,
) -> Result<Option<String>, StoreError> {
    let position = sqlx::query_scalar("SELECT position FROM position WHERE source = ?");
    let position = position.bind(source).fetch_optional(readers).await?;
    Ok(position)
}

pub(super) async fn keep(
    store: &SqliteStore,
    source: &str,
    position: &str,
) -> Result<(), StoreError> {
    let mut turn = store.writer().await?;
    sqlx::query(
        "INSERT INTO position (source, position) VALUES (?, ?)
         ON CONFLICT DO UPDATE SET position = excluded.position",
    )
    .bind(source)
    .bind(position)
    .execute(&mut turn.writer.connection)
    .await?;
    turn.give_back();
    Ok(())
}
