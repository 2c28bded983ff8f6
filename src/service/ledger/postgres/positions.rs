//! Where streams' sources are.

use sqlx::PgPool;

use super::text::{from_stored, to_stored};
use crate::service::ledger::store::StoreError;

pub(super) async fn position(pool: &PgPool, source: &str) -> Result<Option<String>, StoreError> {
    let position = sqlx::query_scalar("SELECT position FROM position WHERE source = $1");
    let position: Option<String> = position
        .bind(to_stored(source))
        .fetch_optional(pool)
        .await?;
    Ok(position.map(from_stored))
}

pub(super) async fn keep(pool: &PgPool, source: &str, position: &str) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO position (source, position) VALUES ($1, $2)
         ON CONFLICT (source) DO UPDATE SET position = excluded.position",
    )
    .bind(to_stored(source))
    .bind(to_stored(position))
    .execute(pool)
    .await?;
    Ok(())
}
