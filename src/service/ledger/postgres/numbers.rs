//! The numbers of wikis and models, which are given once and never change.
//!
//! They are given before the transaction that needs them, each on its own: a transaction that fails leaves nothing
//! behind in memory that is not in the database.

use std::collections::{BTreeSet, HashMap};

use sqlx::postgres::PgConnection;

use super::text::to_stored;
use crate::service::ledger::entry::LedgerModel;
use crate::service::ledger::rows::{Code as _, encode, encode_rule};
use crate::service::ledger::store::{Change, ModelId, StoreError};

/// The numbers that are known.
#[derive(Default)]
pub(super) struct Numbers {
    wikis: HashMap<String, i64>,
    models: HashMap<(String, String, u128), ModelId>,
}

/// The wiki that a change is of.
pub(super) fn wiki_of(change: &Change) -> &str {
    match change {
        Change::Scored(edit) => &edit.wiki,
        Change::Seen(seen) => &seen.wiki,
        Change::Became { wiki, .. }
        | Change::PageChanged { wiki, .. }
        | Change::Visibility { wiki, .. }
        | Change::Unjudged { wiki, .. } => wiki,
        Change::Judged(judgement) => &judgement.wiki,
    }
}

fn key_of(model: &LedgerModel) -> (String, String, u128) {
    (model.name.clone(), model.version.clone(), model.checksum)
}

impl Numbers {
    /// Gives numbers to all that changes name.
    pub(super) async fn know(
        &mut self,
        connection: &mut PgConnection,
        changes: &[Change],
    ) -> Result<(), StoreError> {
        let wikis: BTreeSet<&str> = changes.iter().map(wiki_of).collect();
        for wiki in wikis {
            self.know_wiki(connection, wiki).await?;
        }
        for change in changes {
            if let Change::Scored(edit) = change {
                for score in &edit.scores {
                    self.know_model(connection, &score.model).await?;
                }
            }
        }
        Ok(())
    }

    /// A wiki's number, which is known.
    pub(super) fn wiki(&self, name: &str) -> i64 {
        self.wikis.get(name).copied().unwrap_or_default()
    }

    /// A model's, which is known.
    pub(super) fn model(&self, model: &LedgerModel) -> ModelId {
        self.models.get(&key_of(model)).copied().unwrap_or_default()
    }

    async fn know_wiki(
        &mut self,
        connection: &mut PgConnection,
        name: &str,
    ) -> Result<(), StoreError> {
        if self.wikis.contains_key(name) {
            return Ok(());
        }
        sqlx::query("INSERT INTO wiki (name) VALUES ($1) ON CONFLICT DO NOTHING")
            .bind(to_stored(name))
            .execute(&mut *connection)
            .await?;
        let number = sqlx::query_scalar("SELECT id::bigint FROM wiki WHERE name = $1")
            .bind(to_stored(name))
            .fetch_one(connection)
            .await?;
        self.wikis.insert(name.to_owned(), number);
        Ok(())
    }

    async fn know_model(
        &mut self,
        connection: &mut PgConnection,
        model: &LedgerModel,
    ) -> Result<(), StoreError> {
        let key = key_of(model);
        if self.models.contains_key(&key) {
            return Ok(());
        }
        let checksum = model.checksum.to_le_bytes();
        sqlx::query(
            "INSERT INTO model (name, version, target, checksum, rule, levels, features)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        )
        .bind(to_stored(&model.name))
        .bind(to_stored(&model.version))
        .bind(i16::from(model.target.code()))
        .bind(&checksum[..])
        .bind(i16::from(encode_rule(&model.rule)))
        .bind(encode(&model.levels))
        .bind(encode(&model.features))
        .execute(&mut *connection)
        .await?;
        let number = sqlx::query_scalar(
            "SELECT id::bigint FROM model
             WHERE name = $1 AND version = $2 AND target = $3 AND checksum = $4",
        )
        .bind(to_stored(&model.name))
        .bind(to_stored(&model.version))
        .bind(i16::from(model.target.code()))
        .bind(&checksum[..])
        .fetch_one(connection)
        .await?;
        self.models.insert(key, number);
        Ok(())
    }
}
