//! What a batch adds to counters, features and days: summed, and written once at its end.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::sqlite::SqliteConnection;

use super::bytes;
use crate::revision::Timestamp;
use crate::service::ledger::store::{Day, FeatureCounts, ModelId, StoreError};

/// What a batch adds up.
#[derive(Default)]
pub(super) struct Sums {
    wikis: BTreeMap<i64, WikiSums>,
    /// Wikis' days of which an edit changed.
    days: BTreeSet<(i64, Day)>,
    pub(super) features: BTreeMap<(i64, ModelId, Day), FeatureCounts>,
    /// First and last day that a model scored a wiki's edits of.
    scored_by: BTreeMap<(i64, ModelId), (Day, Day)>,
}

/// Of a wiki.
#[derive(Default)]
pub(super) struct WikiSums {
    pub(super) edits: i64,
    pub(super) scores: i64,
    pub(super) judgements: i64,
    pub(super) seen_until: Option<Timestamp>,
}

impl Sums {
    /// What is added to a wiki's counters.
    pub(super) fn of_wiki(&mut self, wiki: i64) -> &mut WikiSums {
        self.wikis.entry(wiki).or_default()
    }

    /// An edit of this day changed.
    pub(super) fn touch(&mut self, wiki: i64, day: Day) {
        self.days.insert((wiki, day));
    }

    /// A model has a score of this day.
    pub(super) fn span(&mut self, wiki: i64, model: ModelId, day: Day) {
        let span = self.scored_by.entry((wiki, model)).or_insert((day, day));
        *span = (span.0.min(day), span.1.max(day));
    }

    /// Writes what the batch adds up.
    pub(super) async fn write(self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        for (wiki, sums) in self.wikis {
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
        for (wiki, day) in self.days {
            sqlx::query(
                "INSERT INTO day (wiki, day, version) VALUES (?, ?, 1)
                 ON CONFLICT DO UPDATE SET version = version + 1",
            )
            .bind(wiki)
            .bind(day)
            .execute(&mut *connection)
            .await?;
        }
        for ((wiki, model), (first, last)) in self.scored_by {
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
        for ((wiki, model, day), mut counts) in self.features {
            let known: Option<(Vec<u8>,)> = sqlx::query_as(
                "SELECT counts FROM feature WHERE wiki = ? AND model = ? AND day = ?",
            )
            .bind(wiki)
            .bind(model)
            .bind(day)
            .fetch_optional(&mut *connection)
            .await?;
            if let Some((known,)) = known {
                counts.absorb(&FeatureCounts {
                    counts: bytes::decode(&known, "counts of features")?,
                });
            }
            sqlx::query(
                "INSERT INTO feature (wiki, model, day, counts) VALUES (?, ?, ?, ?)
                 ON CONFLICT DO UPDATE SET counts = excluded.counts",
            )
            .bind(wiki)
            .bind(model)
            .bind(day)
            .bind(bytes::encode(&counts.counts))
            .execute(&mut *connection)
            .await?;
        }
        Ok(())
    }
}
