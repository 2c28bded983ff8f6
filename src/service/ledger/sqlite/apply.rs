//! Changes become rows, a batch in one transaction.
//!
//! What is known of an edit stays, and gaps are filled, whoever tells: that makes it the same whether a
//! score or the edit itself came first, and telling twice changes nothing. Of every change the edit's day
//! is noted, so that it is counted anew; what the batch adds to counters and features is summed, and
//! written once at its end.

use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Connection as _, Row as _};

use super::memory::Memory;
use super::{Writer, sums};
use crate::corpus::RevertComment;
use crate::evaluation::UserClass;
use crate::revision::{PageId, RevisionId, Timestamp};
use crate::service::ledger::entry::{
    EditFacts, Fate, Judgement, LedgerPage, ModelScore, ScoredEdit, SeenEdit,
};
use crate::service::ledger::rows::{
    Code, Sums, day_of, encode_reasons, stored_id as id, time_of, verdict,
};
use crate::service::ledger::store::{Change, ModelId, StoreError};

/// Writes all changes, or none.
pub(super) async fn apply(writer: &mut Writer, changes: &[Change]) -> Result<(), StoreError> {
    let Writer { connection, memory } = writer;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let mut batch = Batch {
        connection: &mut transaction,
        memory,
        sums: Sums::default(),
    };
    for change in changes {
        match change {
            Change::Scored(scored) => batch.scored(scored).await?,
            Change::Seen(seen) => batch.seen(seen).await?,
            Change::Became {
                wiki,
                revision,
                fate,
            } => batch.became(wiki, *revision, fate).await?,
            Change::PageChanged {
                wiki,
                page,
                title,
                is_deleted,
            } => {
                batch
                    .page_changed(wiki, *page, title.as_deref(), *is_deleted)
                    .await?;
            }
            Change::Visibility {
                wiki,
                revision,
                is_text_visible,
                is_user_visible,
            } => {
                let hidden = u8::from(!is_text_visible) | u8::from(!is_user_visible) << 1;
                batch.hidden(wiki, *revision, hidden).await?;
            }
            Change::Judged(judgement) => batch.judged(judgement).await?,
            Change::Unjudged { wiki, revision, by } => batch.unjudged(wiki, *revision, by).await?,
        }
    }
    let sums = batch.sums;
    sums::write(sums, &mut transaction).await?;
    transaction.commit().await?;
    Ok(())
}

struct Batch<'a> {
    connection: &'a mut SqliteConnection,
    memory: &'a mut Memory,
    sums: Sums,
}

/// What is told of an edit, by a score or by itself.
struct Told<'a> {
    wiki: i64,
    page: &'a LedgerPage,
    facts: &'a EditFacts,
    scored_at: Option<Timestamp>,
    comment: Option<RevertComment>,
}

impl Batch<'_> {
    async fn scored(&mut self, scored: &ScoredEdit) -> Result<(), StoreError> {
        let wiki = self.memory.wiki(self.connection, &scored.wiki).await?;
        let told = Told {
            wiki,
            page: &scored.page,
            facts: &scored.edit,
            scored_at: scored.scored_at,
            comment: None,
        };
        let Some(time) = self.edit(&told).await? else {
            return Ok(());
        };
        if self.memory.is_frozen(wiki, day_of(time)) {
            return Ok(());
        }
        for score in &scored.scores {
            self.score(&told, time, score).await?;
        }
        Ok(())
    }

    async fn score(
        &mut self,
        told: &Told<'_>,
        time: i64,
        score: &ModelScore,
    ) -> Result<(), StoreError> {
        let (wiki, day) = (told.wiki, day_of(time));
        let model = self.memory.model(self.connection, &score.model).await?;
        let inserted = sqlx::query(
            "INSERT INTO score (wiki, revision, model, probability, is_counted, time, scored_at, reasons)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(wiki)
        .bind(id(told.facts.sighting.revision))
        .bind(model)
        .bind(score.probability)
        .bind(score.is_counted)
        .bind(time)
        .bind(told.scored_at.map(|at| at.0))
        .bind(encode_reasons(&score.reasons))
        .execute(&mut *self.connection)
        .await?;
        if inserted.rows_affected() == 0 {
            return Ok(());
        }
        self.sums.score(wiki, model, day, &score.tenths);
        Ok(())
    }

    async fn seen(&mut self, seen: &SeenEdit) -> Result<(), StoreError> {
        let wiki = self.memory.wiki(self.connection, &seen.wiki).await?;
        let sums = self.sums.of_wiki(wiki);
        sums.seen_until = sums.seen_until.max(seen.edit.sighting.timestamp);
        let told = Told {
            wiki,
            page: &seen.page,
            facts: &seen.edit,
            scored_at: None,
            comment: Some(seen.comment),
        };
        self.edit(&told).await.map(drop)
    }

    /// Takes what is told of an edit; its time, or `None` where the edit is gone for good.
    async fn edit(&mut self, told: &Told<'_>) -> Result<Option<i64>, StoreError> {
        let time = time_of(told.facts.sighting.timestamp, told.scored_at);
        if self.memory.is_frozen(told.wiki, day_of(time)) {
            return match self.standing(told).await? {
                Some(standing) => self.complete(told, &standing).await.map(Some),
                None => Ok(None),
            };
        }
        if told.comment.is_some() && self.complete_seen(told).await? {
            return Ok(Some(time));
        }
        if self.insert(told, time).await? {
            self.sums.of_wiki(told.wiki).edits += 1;
            self.sums.touch(told.wiki, day_of(time));
            return Ok(Some(time));
        }
        match self.standing(told).await? {
            Some(standing) => self.complete(told, &standing).await.map(Some),
            None => Ok(None),
        }
    }

    async fn insert(&mut self, told: &Told<'_>, time: i64) -> Result<bool, StoreError> {
        let page = self
            .memory
            .page(self.connection, told.wiki, told.page)
            .await?;
        let (facts, sighting) = (told.facts, &told.facts.sighting);
        let inserted = sqlx::query(
            "INSERT INTO edit (wiki, revision, page, namespace, time, is_dated, digest, author,
                 user_name, user_class, is_first, kind, comment, comment_reason, judged)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, coalesce((
                 SELECT verdict FROM judgement WHERE wiki = ?1 AND revision = ?2 AND verdict <> 0
                 ORDER BY time DESC, person DESC LIMIT 1), 0))
             ON CONFLICT DO NOTHING",
        )
        .bind(told.wiki)
        .bind(id(sighting.revision))
        .bind(page)
        .bind(told.page.namespace)
        .bind(time)
        .bind(sighting.timestamp.is_some())
        .bind(sighting.digest.map(|digest| digest.as_bytes().to_vec()))
        .bind(sighting.author.map(u64::cast_signed))
        .bind(facts.user_name.as_deref())
        .bind(facts.user_class.code())
        .bind(facts.is_first)
        .bind(facts.kind.map(Code::code))
        .bind(told.comment.map(|comment| comment.kind.code()))
        .bind(told.comment.map(|comment| comment.reason.code()))
        .execute(&mut *self.connection)
        .await?;
        Ok(inserted.rows_affected() == 1)
    }

    /// What nearly every edit does: it was scored a moment ago, and is seen now. Gives whether it is so.
    async fn complete_seen(&mut self, told: &Told<'_>) -> Result<bool, StoreError> {
        let page = self.memory.page(self.connection, told.wiki, told.page);
        let page = page.await?;
        let (facts, sighting) = (told.facts, &told.facts.sighting);
        let completed = sqlx::query_as(
            "UPDATE edit SET digest = coalesce(digest, ?4), author = coalesce(author, ?5),
                 user_name = iif(hidden & 2, NULL, coalesce(user_name, ?6)),
                 user_class = iif(user_class = 0, ?7, user_class),
                 is_first = max(is_first, ?8), kind = coalesce(kind, ?9), comment = ?10,
                 comment_reason = ?11
             WHERE wiki = ?1 AND revision = ?2 AND page = ?3 AND is_dated AND comment IS NULL
             RETURNING time",
        )
        .bind(told.wiki)
        .bind(id(sighting.revision))
        .bind(page)
        .bind(sighting.digest.map(|digest| digest.as_bytes().to_vec()))
        .bind(sighting.author.map(u64::cast_signed))
        .bind(facts.user_name.as_deref())
        .bind(facts.user_class.code())
        .bind(facts.is_first)
        .bind(facts.kind.map(Code::code))
        .bind(told.comment.map(|comment| comment.kind.code()))
        .bind(told.comment.map(|comment| comment.reason.code()));
        let completed: Option<(i64,)> = completed.fetch_optional(&mut *self.connection).await?;
        if let Some((time,)) = completed {
            self.sums.touch(told.wiki, day_of(time));
        }
        Ok(completed.is_some())
    }

    /// The edit's row as it is.
    async fn standing(&mut self, told: &Told<'_>) -> Result<Option<SqliteRow>, StoreError> {
        let row = sqlx::query(
            "SELECT edit.time, is_dated, page.id, page.title, digest IS NULL, author IS NULL,
                 user_name IS NULL, user_class, is_first, kind IS NULL, comment IS NULL
             FROM edit JOIN page ON page.number = edit.page WHERE edit.wiki = ? AND revision = ?",
        )
        .bind(told.wiki)
        .bind(id(told.facts.sighting.revision))
        .fetch_optional(&mut *self.connection)
        .await?;
        Ok(row)
    }

    /// Fills the gaps of an edit that is there; gives its time.
    async fn complete(&mut self, told: &Told<'_>, standing: &SqliteRow) -> Result<i64, StoreError> {
        let (facts, sighting) = (told.facts, &told.facts.sighting);
        let old_time: i64 = standing.try_get(0)?;
        let is_dated: bool = standing.try_get(1)?;
        let page: i64 = standing.try_get(2)?;
        let title: String = standing.try_get(3)?;
        let gap = |column: usize| standing.try_get::<bool, _>(column);
        let class = UserClass::decode(standing.try_get(7)?)?;
        let is_first: bool = standing.try_get(8)?;
        let time = match sighting.timestamp {
            Some(timestamp) if !is_dated => timestamp.0,
            // Seen without a time, and now scored.
            None if !is_dated && old_time == 0 => time_of(None, told.scored_at),
            _ => old_time,
        };
        let is_page_new = told.page.id.0 != 0 && page == 0;
        let is_title_new = told.page.id.0.cast_signed() == page && told.page.title != title;
        if is_page_new || is_title_new {
            let number = self
                .memory
                .page(self.connection, told.wiki, told.page)
                .await?;
            sqlx::query("UPDATE edit SET page = ? WHERE wiki = ? AND revision = ? AND page <> ?")
                .bind(number)
                .bind(told.wiki)
                .bind(id(sighting.revision))
                .bind(number)
                .execute(&mut *self.connection)
                .await?;
        }
        let is_news = (!is_dated && sighting.timestamp.is_some())
            || time != old_time
            || (gap(4)? && sighting.digest.is_some())
            || (gap(5)? && sighting.author.is_some())
            || (gap(6)? && facts.user_name.is_some())
            || (class == UserClass::Unknown && facts.user_class != UserClass::Unknown)
            || (!is_first && facts.is_first)
            || (gap(9)? && facts.kind.is_some())
            || (gap(10)? && told.comment.is_some());
        if !is_news {
            return Ok(time);
        }
        sqlx::query(
            "UPDATE edit SET time = ?3, is_dated = max(is_dated, ?4), digest = coalesce(digest, ?5),
                 author = coalesce(author, ?6),
                 user_name = iif(hidden & 2, NULL, coalesce(user_name, ?7)),
                 user_class = iif(user_class = 0, ?8, user_class), is_first = max(is_first, ?9),
                 kind = coalesce(kind, ?10), comment_reason = iif(comment IS NULL, ?12, comment_reason),
                 comment = coalesce(comment, ?11)
             WHERE wiki = ?1 AND revision = ?2",
        )
        .bind(told.wiki)
        .bind(id(sighting.revision))
        .bind(time)
        .bind(sighting.timestamp.is_some())
        .bind(sighting.digest.map(|digest| digest.as_bytes().to_vec()))
        .bind(sighting.author.map(u64::cast_signed))
        .bind(facts.user_name.as_deref())
        .bind(facts.user_class.code())
        .bind(facts.is_first)
        .bind(facts.kind.map(Code::code))
        .bind(told.comment.map(|comment| comment.kind.code()))
        .bind(told.comment.map(|comment| comment.reason.code()))
        .execute(&mut *self.connection)
        .await?;
        self.sums.touch(told.wiki, day_of(old_time));
        if time != old_time {
            self.move_scores(told.wiki, sighting.revision, time).await?;
        }
        Ok(time)
    }

    /// An edit's time is known now: its scores go with it.
    async fn move_scores(
        &mut self,
        wiki: i64,
        revision: RevisionId,
        time: i64,
    ) -> Result<(), StoreError> {
        let day = day_of(time);
        self.sums.touch(wiki, day);
        let moved = "UPDATE score SET time = ? WHERE wiki = ? AND revision = ? RETURNING model";
        let models: Vec<(ModelId,)> = sqlx::query_as(moved)
            .bind(time)
            .bind(wiki)
            .bind(id(revision))
            .fetch_all(&mut *self.connection)
            .await?;
        for (model,) in models {
            self.sums.span(wiki, model, day);
        }
        Ok(())
    }

    async fn became(
        &mut self,
        wiki: &str,
        revision: RevisionId,
        fate: &Fate,
    ) -> Result<(), StoreError> {
        let wiki = self.memory.wiki(self.connection, wiki).await?;
        let by = fate.reverted.as_ref();
        let changed = sqlx::query_as(
            "UPDATE edit SET reverted_by = ?3, reverter_class = ?4, revert_seconds = ?5,
                 revert_comment = ?6, revert_reason = ?7, self_reverted = ?8, revert_undone = ?9,
                 edit_war = ?10
             WHERE wiki = ?1 AND revision = ?2 AND (reverted_by IS NOT ?3 OR reverter_class IS NOT ?4
                 OR revert_seconds IS NOT ?5 OR revert_comment IS NOT ?6 OR revert_reason IS NOT ?7
                 OR self_reverted <> ?8 OR revert_undone <> ?9 OR edit_war <> ?10)
             RETURNING time",
        )
        .bind(wiki)
        .bind(id(revision))
        .bind(by.map(|by| id(by.revision)))
        .bind(by.map(|by| by.user_class.code()))
        .bind(by.and_then(|by| by.seconds))
        .bind(by.map(|by| by.comment.kind.code()))
        .bind(by.map(|by| by.comment.reason.code()))
        .bind(fate.self_reverted)
        .bind(fate.revert_undone)
        .bind(fate.edit_war);
        let changed: Option<(i64,)> = changed.fetch_optional(&mut *self.connection).await?;
        if let Some((time,)) = changed {
            self.sums.touch(wiki, day_of(time));
        }
        Ok(())
    }

    async fn page_changed(
        &mut self,
        wiki: &str,
        page: PageId,
        title: Option<&str>,
        is_deleted: Option<bool>,
    ) -> Result<(), StoreError> {
        let wiki = self.memory.wiki(self.connection, wiki).await?;
        sqlx::query(
            "UPDATE page SET title = coalesce(?3, title), is_deleted = coalesce(?4, is_deleted)
             WHERE wiki = ?1 AND id = ?2 AND id <> 0",
        )
        .bind(wiki)
        .bind(page.0.cast_signed())
        .bind(title)
        .bind(is_deleted)
        .execute(&mut *self.connection)
        .await?;
        self.memory.forget_page(wiki, page);
        Ok(())
    }

    async fn hidden(
        &mut self,
        wiki: &str,
        revision: RevisionId,
        hidden: u8,
    ) -> Result<(), StoreError> {
        let wiki = self.memory.wiki(self.connection, wiki).await?;
        sqlx::query(
            "UPDATE edit SET hidden = ?3, user_name = iif(?3 & 2, NULL, user_name)
             WHERE wiki = ?1 AND revision = ?2",
        )
        .bind(wiki)
        .bind(id(revision))
        .bind(hidden)
        .execute(&mut *self.connection)
        .await?;
        Ok(())
    }

    async fn judged(&mut self, judgement: &Judgement) -> Result<(), StoreError> {
        let wiki = self.memory.wiki(self.connection, &judgement.wiki).await?;
        let deleted = self
            .delete_judgement(wiki, judgement.revision, &judgement.by)
            .await?;
        sqlx::query(
            "INSERT INTO judgement
                 (wiki, revision, person, damaging, goodfaith, spam, note, time, verdict)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(wiki)
        .bind(id(judgement.revision))
        .bind(&judgement.by)
        .bind(judgement.damaging)
        .bind(judgement.goodfaith)
        .bind(judgement.spam)
        .bind(judgement.note.as_deref())
        .bind(judgement.at.0)
        .bind(verdict(judgement).code())
        .execute(&mut *self.connection)
        .await?;
        self.sums.of_wiki(wiki).judgements += 1 - deleted;
        self.decide(wiki, judgement.revision).await
    }

    async fn unjudged(
        &mut self,
        wiki: &str,
        revision: RevisionId,
        by: &str,
    ) -> Result<(), StoreError> {
        let wiki = self.memory.wiki(self.connection, wiki).await?;
        let deleted = self.delete_judgement(wiki, revision, by).await?;
        self.sums.of_wiki(wiki).judgements -= deleted;
        self.decide(wiki, revision).await
    }

    async fn delete_judgement(
        &mut self,
        wiki: i64,
        revision: RevisionId,
        by: &str,
    ) -> Result<i64, StoreError> {
        let delete = "DELETE FROM judgement WHERE wiki = ? AND revision = ? AND person = ?";
        let delete = sqlx::query(delete).bind(wiki).bind(id(revision)).bind(by);
        let deleted = delete.execute(&mut *self.connection).await?;
        Ok(deleted.rows_affected().cast_signed())
    }

    /// The latest judgement that says something is the edit's.
    async fn decide(&mut self, wiki: i64, revision: RevisionId) -> Result<(), StoreError> {
        let decided = sqlx::query_as(
            "UPDATE edit SET judged = coalesce((
                 SELECT verdict FROM judgement WHERE wiki = ?1 AND revision = ?2 AND verdict <> 0
                 ORDER BY time DESC, person DESC LIMIT 1), 0)
             WHERE wiki = ?1 AND revision = ?2 RETURNING time",
        )
        .bind(wiki)
        .bind(id(revision));
        let decided: Option<(i64,)> = decided.fetch_optional(&mut *self.connection).await?;
        if let Some((time,)) = decided {
            self.sums.touch(wiki, day_of(time));
        }
        Ok(())
    }
}
