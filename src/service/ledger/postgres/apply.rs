//! Changes become rows, a batch in one transaction and some dozen round trips, however many changes it has.
//!
//! The transaction begins with the locks of the batch's wikis, in the order of their numbers' keys, so that two
//! batches wait for each other and never for ever. All that decides about a row is read after that.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, Connection as _};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::merge::merge;
use super::numbers::wiki_of;
use super::{PostgresStore, Writer, shared, standing, writing};
use crate::service::ledger::handle::now;
use crate::service::ledger::rows::time_of;
use crate::service::ledger::store::{Change, StoreError};
use crate::service::ledger::tails::Tails;

/// Writes all changes and what they say of earlier edits, or nothing.
pub(super) async fn apply(
    store: &PostgresStore,
    writer: &mut Writer,
    changes: &[Change],
    tails: Option<&mut Tails>,
) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    let Writer {
        connection,
        numbers,
        months,
    } = writer;
    numbers.know(connection, changes).await?;
    let times = changes.iter().flat_map(times_of);
    months.ensure(connection, times, now().0).await?;
    let wikis: BTreeSet<&str> = changes.iter().map(wiki_of).collect();
    let begin = store.begin_alone(wikis);
    let mut transaction = connection.begin_with(AssertSqlSafe(begin)).await?;
    let completed;
    let changes = match tails {
        None => changes,
        Some(tails) => {
            // Others write too: nothing holds that was read before the locks.
            tails.clear();
            let missing = tails.missing(changes);
            for (wanted, entries) in standing::tails(&mut transaction, &missing, numbers).await? {
                tails.put(wanted, entries);
            }
            completed = tails.complete(changes);
            &completed
        }
    };
    let standing = standing::read(&mut transaction, changes, numbers).await?;
    let merged = merge(changes, numbers, standing);
    writing::write(&mut transaction, merged).await?;
    shared::append(&mut transaction, changes, numbers).await?;
    transaction.commit().await?;
    Ok(())
}

impl PostgresStore {
    /// What begins a transaction that writes these wikis: nobody else does, from now until its end. One round trip.
    pub(super) fn begin_alone<'a>(&self, wikis: impl IntoIterator<Item = &'a str>) -> String {
        let locks: BTreeSet<i64> = wikis
            .into_iter()
            .map(|wiki| self.lock_of("wiki", wiki))
            .collect();
        let locks = locks
            .into_iter()
            .map(|lock| format!("; SELECT pg_advisory_xact_lock({lock})"));
        // Each statement sees what was committed before it.
        format!(
            "BEGIN ISOLATION LEVEL READ COMMITTED{}",
            locks.collect::<String>()
        )
    }

    /// The number of an advisory lock. They are one list for a whole database: the ledger's key keeps ledgers in it
    /// apart.
    pub(super) fn lock_of(&self, sort: &str, name: &str) -> i64 {
        let name = format!("{sort}\0{name}");
        xxh3_64_with_seed(name.as_bytes(), self.author_key).cast_signed()
    }
}

/// The times that a change may put rows at.
fn times_of(change: &Change) -> impl Iterator<Item = i64> {
    let (facts, parent, scored_at) = match change {
        Change::Scored(scored) => (Some(&scored.edit), None, scored.scored_at),
        Change::Seen(seen) => (Some(&seen.edit), seen.parent.as_deref(), None),
        _ => (None, None, None),
    };
    let parent = parent.and_then(|parent| parent.edit.sighting.timestamp);
    let time = facts.map(|facts| time_of(facts.sighting.timestamp, scored_at));
    time.into_iter().chain(parent.map(|time| time.0))
}
