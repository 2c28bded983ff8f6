//! What a batch adds to counters, features and days is written.

use sqlx::sqlite::SqliteConnection;

use crate::service::ledger::rows::{Sums, decode, encode};
use crate::service::ledger::store::{FeatureCounts, StoreError};

/// Writes what the batch adds up.
pub(super) async fn write(sums: Sums, connection: &mut SqliteConnection) -> Result<(), StoreError> {
    for (wiki, sums) in sums.wikis {
        sqlx::query(
            "UPDATE wiki SET edits = edits + ?2, scores = scores + ?3,
                 judgements = judgements + ?4,
                 seen_until = nullif(max(coalesce(seen_until, ?6), coalesce(?5, ?6)), ?6)
             WHERE id = ?1",
        )
        .bind(wiki)
        .bind(sums.edits)
        .bind(sums.scores)
        .bind(sums.judgements)
        .bind(sums.seen_until.map(|time| time.0))
        .bind(i64::MIN)
        .execute(&mut *connection)
        .await?;
    }
    for (wiki, day) in sums.days {
        sqlx::query(
            "INSERT INTO day (wiki, day, version) VALUES (?, ?, 1)
             ON CONFLICT DO UPDATE SET version = version + 1",
        )
        .bind(wiki)
        .bind(day)
        .execute(&mut *connection)
        .await?;
    }
    for ((wiki, model), (first, last)) in sums.scored_by {
        sqlx::query(
            "INSERT INTO scored_by (wiki, model, first_day, last_day) VALUES (?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET first_day = min(first_day, excluded.first_day),
                 last_day = max(last_day, excluded.last_day)",
        )
        .bind(wiki)
        .bind(model)
        .bind(first)
        .bind(last)
        .execute(&mut *connection)
        .await?;
    }
    for ((wiki, model, day), mut counts) in sums.features {
        let known: Option<(Vec<u8>,)> =
            sqlx::query_as("SELECT counts FROM feature WHERE wiki = ? AND model = ? AND day = ?")
                .bind(wiki)
                .bind(model)
                .bind(day)
                .fetch_optional(&mut *connection)
                .await?;
        if let Some((known,)) = known {
            counts.absorb(&FeatureCounts {
                counts: decode(&known, "counts of features")?,
            });
        }
        sqlx::query(
            "INSERT INTO feature (wiki, model, day, counts) VALUES (?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET counts = excluded.counts",
        )
        .bind(wiki)
        .bind(model)
        .bind(day)
        .bind(encode(&counts.counts))
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
