//! The past that services share: the log of edits, and snapshots of histories.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use sqlx::Connection as _;
use sqlx::postgres::PgConnection;

use super::PostgresStore;
use super::connecting::{READ_LIMIT, limited};
use super::numbers::Numbers;
use super::pages::column;
use super::text::to_stored;
use crate::history::Seen;
use crate::revision::RevisionId;
use crate::service::ledger::past::{Place, SharedPast, Snapshot};
use crate::service::ledger::rows::{decode, encode, stored_id};
use crate::service::ledger::store::{Answer, Change, StoreError};

/// The form of an edit in the log.
const FORM: u8 = 1;

/// How long a snapshot may take on its way, of up to some hundred megabytes.
const SNAPSHOT_LIMIT: Duration = Duration::from_secs(300);

/// How long what a snapshot knows stays in the log: for services that were away.
const KEPT: &str = "1 day";

/// Writes those of the changes into the log that histories are told of. The wikis' locks are held.
pub(super) async fn append(
    connection: &mut PgConnection,
    changes: &[Change],
    numbers: &Numbers,
) -> Result<(), StoreError> {
    let mut told = BTreeSet::new();
    let mut rows: Vec<(i64, i64, Vec<u8>)> = Vec::new();
    for change in changes {
        let Change::Seen(seen) = change else {
            continue;
        };
        let Some(past) = seen.past.as_deref() else {
            continue;
        };
        let (wiki, revision) = (numbers.wiki(&seen.wiki), past.revision);
        if revision != RevisionId(0) && told.insert((wiki, revision)) {
            rows.push((wiki, stored_id(revision), to_body(past)));
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    // What is deleted of the log is before a snapshot, so numbers go on from either.
    sqlx::query(
        "INSERT INTO sight (wiki, place, revision, body)
         SELECT k.wiki,
             greatest((SELECT max(s.place) FROM sight s WHERE s.wiki = k.wiki),
                 (SELECT p.place FROM past p WHERE p.wiki = k.wiki), 0)
                 + row_number() OVER (PARTITION BY k.wiki ORDER BY k.place),
             k.revision, k.body
         FROM unnest($1::integer[], $2::bigint[], $3::bytea[]) WITH ORDINALITY
             AS k (wiki, revision, body, place)
         WHERE NOT EXISTS (
             SELECT FROM sight s WHERE s.wiki = k.wiki AND s.revision = k.revision)",
    )
    .bind(column(&rows, |row| row.0 as i32))
    .bind(column(&rows, |row| row.1))
    .bind(column(&rows, |row| row.2.clone()))
    .execute(connection)
    .await?;
    Ok(())
}

fn to_body(seen: &Seen) -> Vec<u8> {
    let mut body = vec![FORM];
    body.extend(encode(seen));
    body
}

fn of_body(body: &[u8]) -> Result<Seen, StoreError> {
    match body.split_first() {
        Some((&FORM, rest)) => decode(rest, "an edit of the log"),
        form => Err(StoreError::NotUnderstood(format!(
            "an edit of the log in form {}",
            form.map_or(0, |(form, _)| *form)
        ))),
    }
}

impl SharedPast for PostgresStore {
    fn sights<'a>(
        &'a self,
        after: &'a [(Arc<str>, Place)],
        limit: usize,
    ) -> Answer<'a, Vec<(usize, Place, Seen)>> {
        Box::pin(limited(READ_LIMIT, sights(self, after, limit)))
    }

    fn end<'a>(&'a self, wiki: &'a str) -> Answer<'a, Place> {
        Box::pin(limited(READ_LIMIT, async {
            let end = sqlx::query_scalar(
                "SELECT coalesce(greatest((SELECT max(place) FROM sight WHERE wiki = wiki.id),
                     (SELECT place FROM past WHERE wiki = wiki.id)), 0)
                 FROM wiki WHERE name = $1",
            );
            let end = end.bind(to_stored(wiki)).fetch_optional(&self.pool).await?;
            Ok(end.unwrap_or(0))
        }))
    }

    fn snapshot_place<'a>(&'a self, wiki: &'a str) -> Answer<'a, Option<Place>> {
        Box::pin(limited(READ_LIMIT, async {
            let place =
                "SELECT place FROM past JOIN wiki ON wiki.id = past.wiki WHERE wiki.name = $1";
            let place = sqlx::query_scalar(place).bind(to_stored(wiki));
            Ok(place.fetch_optional(&self.pool).await?)
        }))
    }

    fn snapshot<'a>(&'a self, wiki: &'a str) -> Answer<'a, Option<Snapshot>> {
        Box::pin(limited(SNAPSHOT_LIMIT, async {
            // It may take longer than a question may.
            let mut connection = self.connecting.lease().await?;
            let found = "SELECT place, body FROM past JOIN wiki ON wiki.id = past.wiki WHERE wiki.name = $1";
            let found = sqlx::query_as(found).bind(to_stored(wiki));
            let found = found.fetch_optional(&mut connection).await?;
            connection.close().await?;
            Ok(found.map(|(place, bytes)| Snapshot { place, bytes }))
        }))
    }

    fn keep_snapshot<'a>(&'a self, wiki: &'a str, snapshot: &'a Snapshot) -> Answer<'a, ()> {
        Box::pin(limited(SNAPSHOT_LIMIT, keep_snapshot(self, wiki, snapshot)))
    }
}

async fn sights(
    store: &PostgresStore,
    after: &[(Arc<str>, Place)],
    limit: usize,
) -> Result<Vec<(usize, Place, Seen)>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT k.n, s.place, s.body
         FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS k (name, place, n)
             JOIN wiki ON wiki.name = k.name
             CROSS JOIN LATERAL (
                 SELECT place, body FROM sight WHERE sight.wiki = wiki.id AND sight.place > k.place
                 ORDER BY sight.place LIMIT $3) s
         ORDER BY k.n, s.place",
    );
    let rows: Vec<(i64, Place, Vec<u8>)> = rows
        .bind(column(after, |(name, _)| to_stored(name).into_owned()))
        .bind(column(after, |(_, place)| *place))
        .bind(limit as i64)
        .fetch_all(&store.pool)
        .await?;
    let rows = rows.into_iter();
    rows.map(|(n, place, body)| Ok((n as usize - 1, place, of_body(&body)?)))
        .collect()
}

async fn keep_snapshot(
    store: &PostgresStore,
    wiki: &str,
    snapshot: &Snapshot,
) -> Result<(), StoreError> {
    let mut connection = store.connecting.lease().await?;
    let mut transaction = connection.begin().await?;
    sqlx::query(
        "INSERT INTO past (wiki, place, body) SELECT id, $2, $3 FROM wiki WHERE name = $1
         ON CONFLICT (wiki) DO UPDATE SET place = excluded.place, body = excluded.body
             WHERE past.place < excluded.place",
    )
    .bind(to_stored(wiki))
    .bind(snapshot.place)
    .bind(&snapshot.bytes)
    .execute(&mut *transaction)
    .await?;
    sqlx::query(
        "DELETE FROM sight USING wiki
         WHERE wiki.name = $1 AND sight.wiki = wiki.id AND sight.place <= $2
             AND sight.told_at < now() - $3::interval",
    )
    .bind(to_stored(wiki))
    .bind(snapshot.place)
    .bind(KEPT)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    connection.close().await?;
    Ok(())
}
