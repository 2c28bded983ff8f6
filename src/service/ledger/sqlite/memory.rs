//! What the connection that writes knows of rows that are there: the numbers of wikis, models and pages, and
//! which days are frozen. What has no number yet gets one.
//!
//! It holds as long as every transaction that it was learned in was committed: it goes with the connection.

use std::collections::{HashMap, HashSet};

use sqlx::sqlite::SqliteConnection;

use crate::revision::PageId;
use crate::service::ledger::entry::{LedgerModel, LedgerPage};
use crate::service::ledger::rows::{Code, encode, encode_rule};
use crate::service::ledger::store::{Day, ModelId, StoreError};

/// Pages whose number is remembered; then all are forgotten, and asked for again.
const MAX_PAGES: usize = 50_000;

/// Numbers and days.
#[derive(Default)]
pub(super) struct Memory {
    wikis: HashMap<String, i64>,
    models: HashMap<(String, String, u128), ModelId>,
    pages: HashMap<(i64, PageId), (i64, String)>,
    frozen: HashSet<(i64, Day)>,
}

impl Memory {
    /// Before anything is known but the frozen days.
    pub(super) async fn read(connection: &mut SqliteConnection) -> Result<Self, StoreError> {
        let frozen = sqlx::query_as("SELECT wiki, day FROM day WHERE is_frozen");
        let frozen: Vec<(i64, Day)> = frozen.fetch_all(connection).await?;
        Ok(Self {
            frozen: frozen.into_iter().collect(),
            ..Self::default()
        })
    }

    /// Whether edits of a wiki's day are gone.
    pub(super) fn is_frozen(&self, wiki: i64, day: Day) -> bool {
        self.frozen.contains(&(wiki, day))
    }

    /// Edits of a wiki's day are gone, and pages may be.
    pub(super) fn freeze(&mut self, wiki: i64, day: Day) {
        self.frozen.insert((wiki, day));
        self.pages.clear();
    }

    /// A wiki's number.
    pub(super) async fn wiki(
        &mut self,
        connection: &mut SqliteConnection,
        name: &str,
    ) -> Result<i64, StoreError> {
        if let Some(number) = self.wikis.get(name) {
            return Ok(*number);
        }
        sqlx::query("INSERT INTO wiki (name) VALUES (?) ON CONFLICT DO NOTHING")
            .bind(name)
            .execute(&mut *connection)
            .await?;
        let (number,) = sqlx::query_as("SELECT id FROM wiki WHERE name = ?")
            .bind(name)
            .fetch_one(&mut *connection)
            .await?;
        self.wikis.insert(name.to_owned(), number);
        Ok(number)
    }

    /// A model's number.
    pub(super) async fn model(
        &mut self,
        connection: &mut SqliteConnection,
        model: &LedgerModel,
    ) -> Result<ModelId, StoreError> {
        let key = (model.name.clone(), model.version.clone(), model.checksum);
        if let Some(number) = self.models.get(&key) {
            return Ok(*number);
        }
        let checksum = model.checksum.to_le_bytes().to_vec();
        sqlx::query(
            "INSERT INTO model (name, version, target, checksum, rule, levels, features)
             VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(&model.name)
        .bind(&model.version)
        .bind(model.target.code())
        .bind(checksum.clone())
        .bind(encode_rule(&model.rule))
        .bind(encode(&model.levels))
        .bind(encode(&model.features))
        .execute(&mut *connection)
        .await?;
        let (number,) = sqlx::query_as(
            "SELECT id FROM model WHERE name = ? AND version = ? AND target = ? AND checksum = ?",
        )
        .bind(&model.name)
        .bind(&model.version)
        .bind(model.target.code())
        .bind(checksum)
        .fetch_one(&mut *connection)
        .await?;
        self.models.insert(key, number);
        Ok(number)
    }

    /// A page's title is another one now, whoever knows it.
    pub(super) fn forget_page(&mut self, wiki: i64, page: PageId) {
        self.pages.remove(&(wiki, page));
    }

    /// A page's number. Its title is the one that was told last.
    pub(super) async fn page(
        &mut self,
        connection: &mut SqliteConnection,
        wiki: i64,
        page: &LedgerPage,
    ) -> Result<i64, StoreError> {
        let has_id = page.id != PageId(0);
        let key = (wiki, page.id);
        if let Some((number, title)) = self.pages.get(&key)
            && *title == page.title
        {
            return Ok(*number);
        }
        let question = match has_id {
            true => "SELECT number, title FROM page WHERE wiki = ? AND id = ? AND id <> 0",
            false => "SELECT number, title FROM page WHERE wiki = ? AND title = ? AND id = 0",
        };
        let question = sqlx::query_as(question).bind(wiki);
        let question = match has_id {
            true => question.bind(page.id.0.cast_signed()),
            false => question.bind(&page.title),
        };
        let known: Option<(i64, String)> = question.fetch_optional(&mut *connection).await?;
        let number = match known {
            Some((number, title)) => {
                // A page that is told of without its title keeps the one that it has.
                if title != page.title && !page.title.is_empty() {
                    sqlx::query("UPDATE page SET title = ? WHERE number = ?")
                        .bind(&page.title)
                        .bind(number)
                        .execute(&mut *connection)
                        .await?;
                }
                number
            }
            None => {
                let insert = "INSERT INTO page (wiki, id, title) VALUES (?, ?, ?) RETURNING number";
                let (number,) = sqlx::query_as(insert)
                    .bind(wiki)
                    .bind(page.id.0.cast_signed())
                    .bind(&page.title)
                    .fetch_one(&mut *connection)
                    .await?;
                number
            }
        };
        if self.pages.len() >= MAX_PAGES {
            self.pages.clear();
        }
        self.pages.insert(key, (number, page.title.clone()));
        Ok(number)
    }
}
