//! Rows are written, many in one statement each.

use sqlx::Postgres;
use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::query::Query;

use super::merge::{Edit, Key, Merged, NewScore, PageKey};
use super::pages::{self, column};
use super::text::to_stored;
use crate::service::ledger::entry::{Judgement, RevertedBy};
use crate::service::ledger::rows::{
    Cells as _, Code, Sums, decode, encode, encode_reasons, verdict,
};
use crate::service::ledger::store::{FeatureCounts, StoreError};

/// Writes all that is to stand.
pub(super) async fn write(
    connection: &mut PgConnection,
    mut merged: Merged<'_>,
) -> Result<(), StoreError> {
    pages::write(connection, &mut merged.pages).await?;
    let number = |page: &(i64, PageKey)| merged.pages.get(page)?.number;
    let changed = merged.edits.iter().filter(|(_, edit)| edit.is_changed);
    let (new, standing): (Vec<_>, Vec<_>) = changed
        .map(|(key, edit)| Row {
            key: *key,
            page: number(&(key.0, edit.row.page.clone())),
            edit,
        })
        .partition(|row| row.edit.stored_time.is_none());
    insert_edits(connection, &new).await?;
    update_edits(connection, &standing).await?;
    insert_scores(connection, &merged).await?;
    move_scores(connection, &standing).await?;
    judgements(connection, &merged).await?;
    sums(connection, &merged.sums).await?;
    features(connection, merged.sums).await
}

/// An edit that is written.
struct Row<'a> {
    key: Key,
    page: Option<i64>,
    edit: &'a Edit,
}

impl Row<'_> {
    fn by<T>(&self, value: impl Fn(&RevertedBy) -> T) -> Option<T> {
        self.edit.row.fate.reverted.as_ref().map(value)
    }
}

fn code(value: impl Code) -> i16 {
    value.code().into()
}

type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// The columns that every edit's row has, as arrays.
macro_rules! edit_columns {
    () => {
        "wiki, revision, page, namespace, time, is_dated, digest, author, user_name, user_class, is_first, kind,
         comment, comment_reason, reverted_by, reverter_class, revert_seconds, revert_comment, revert_reason,
         self_reverted, revert_undone, edit_war, judged, hidden"
    };
}
macro_rules! edit_arrays {
    () => {
        "$1::integer[], $2::bigint[], $3::bigint[], $4::integer[], $5::bigint[], $6::boolean[], $7::bytea[],
         $8::bigint[], $9::text[], $10::smallint[], $11::boolean[], $12::smallint[], $13::smallint[],
         $14::smallint[], $15::bigint[], $16::smallint[], $17::bigint[], $18::smallint[], $19::smallint[],
         $20::boolean[], $21::boolean[], $22::boolean[], $23::smallint[], $24::smallint[]"
    };
}

fn bind_edits<'q>(statement: Statement<'q>, rows: &[Row<'_>]) -> Statement<'q> {
    statement
        .bind(column(rows, |row| row.key.0 as i32))
        .bind(column(rows, |row| row.key.1))
        .bind(column(rows, |row| row.page))
        .bind(column(rows, |row| row.edit.row.namespace))
        .bind(column(rows, |row| row.edit.row.time))
        .bind(column(rows, |row| row.edit.row.is_dated))
        .bind(column(rows, |row| {
            row.edit.row.digest.map(|digest| digest.as_bytes().to_vec())
        }))
        .bind(column(rows, |row| {
            row.edit.row.author.map(u64::cast_signed)
        }))
        .bind(column(rows, |row| {
            let name = row.edit.row.user_name.as_deref();
            name.map(|name| to_stored(name).into_owned())
        }))
        .bind(column(rows, |row| code(row.edit.row.user_class)))
        .bind(column(rows, |row| row.edit.row.is_first))
        .bind(column(rows, |row| row.edit.row.kind.map(code)))
        .bind(column(rows, |row| {
            row.edit.row.comment.map(|comment| code(comment.kind))
        }))
        .bind(column(rows, |row| {
            row.edit.row.comment.map(|comment| code(comment.reason))
        }))
        .bind(column(rows, |row| row.by(|by| by.revision.0.cast_signed())))
        .bind(column(rows, |row| row.by(|by| code(by.user_class))))
        .bind(column(rows, |row| row.by(|by| by.seconds).flatten()))
        .bind(column(rows, |row| row.by(|by| code(by.comment.kind))))
        .bind(column(rows, |row| row.by(|by| code(by.comment.reason))))
        .bind(column(rows, |row| row.edit.row.fate.self_reverted))
        .bind(column(rows, |row| row.edit.row.fate.revert_undone))
        .bind(column(rows, |row| row.edit.row.fate.edit_war))
        .bind(column(rows, |row| code(row.edit.row.judged)))
        .bind(column(rows, |row| i16::from(row.edit.row.hidden)))
}

async fn insert_edits(connection: &mut PgConnection, rows: &[Row<'_>]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let insert = sqlx::query(concat!(
        "INSERT INTO edit (",
        edit_columns!(),
        ") SELECT * FROM unnest(",
        edit_arrays!(),
        ")"
    ));
    bind_edits(insert, rows).execute(connection).await?;
    Ok(())
}

async fn update_edits(connection: &mut PgConnection, rows: &[Row<'_>]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let update = sqlx::query(concat!(
        "UPDATE edit e SET page = k.page, namespace = k.namespace, time = k.time, is_dated = k.is_dated,
             digest = k.digest, author = k.author, user_name = k.user_name, user_class = k.user_class,
             is_first = k.is_first, kind = k.kind, comment = k.comment, comment_reason = k.comment_reason,
             reverted_by = k.reverted_by, reverter_class = k.reverter_class,
             revert_seconds = k.revert_seconds, revert_comment = k.revert_comment,
             revert_reason = k.revert_reason, self_reverted = k.self_reverted,
             revert_undone = k.revert_undone, edit_war = k.edit_war, judged = k.judged, hidden = k.hidden
         FROM unnest(",
        edit_arrays!(),
        ", $25::bigint[]) AS k (",
        edit_columns!(),
        ", stored_time)
         WHERE e.wiki = k.wiki AND e.revision = k.revision AND e.time = k.stored_time"
    ));
    bind_edits(update, rows)
        .bind(column(rows, |row| row.edit.stored_time))
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert_scores(
    connection: &mut PgConnection,
    merged: &Merged<'_>,
) -> Result<(), StoreError> {
    let scores = &merged.scores;
    if scores.is_empty() {
        return Ok(());
    }
    let time = |score: &NewScore<'_>| merged.edits.get(&score.key).map(|edit| edit.row.time);
    sqlx::query(
        "INSERT INTO score (wiki, revision, model, probability, is_counted, time, scored_at, reasons)
         SELECT * FROM unnest($1::integer[], $2::bigint[], $3::integer[], $4::double precision[],
             $5::boolean[], $6::bigint[], $7::bigint[], $8::bytea[])",
    )
    .bind(column(scores, |score| score.key.0 as i32))
    .bind(column(scores, |score| score.key.1))
    .bind(column(scores, |score| score.model as i32))
    .bind(column(scores, |score| score.score.probability))
    .bind(column(scores, |score| score.score.is_counted))
    .bind(column(scores, time))
    .bind(column(scores, |score| score.scored_at))
    .bind(column(scores, |score| encode_reasons(&score.score.reasons)))
    .execute(connection)
    .await?;
    Ok(())
}

/// Scores go with their edits' times.
async fn move_scores(connection: &mut PgConnection, rows: &[Row<'_>]) -> Result<(), StoreError> {
    let moved = rows.iter().filter_map(|row| {
        let from = row.edit.stored_time?;
        let to = row.edit.row.time;
        (from != to).then_some((row.key, from, to))
    });
    let moved: Vec<(Key, i64, i64)> = moved.collect();
    if moved.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "UPDATE score s SET time = k.time
         FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])
             AS k (wiki, revision, stored_time, time)
         WHERE s.wiki = k.wiki AND s.revision = k.revision AND s.time = k.stored_time",
    )
    .bind(column(&moved, |row| row.0.0))
    .bind(column(&moved, |row| row.0.1))
    .bind(column(&moved, |row| row.1))
    .bind(column(&moved, |row| row.2))
    .execute(connection)
    .await?;
    Ok(())
}

async fn judgements(connection: &mut PgConnection, merged: &Merged<'_>) -> Result<(), StoreError> {
    let (said, taken_back): (Vec<_>, Vec<_>) = merged
        .judgements
        .iter()
        .map(|((key, person), judgement)| (*key, *person, *judgement))
        .partition(|(_, _, judgement)| judgement.is_some());
    if !taken_back.is_empty() {
        sqlx::query(
            "DELETE FROM judgement j USING unnest($1::bigint[], $2::bigint[], $3::text[])
                 AS k (wiki, revision, person)
             WHERE j.wiki = k.wiki AND j.revision = k.revision AND j.person = k.person",
        )
        .bind(column(&taken_back, |row| row.0.0))
        .bind(column(&taken_back, |row| row.0.1))
        .bind(column(&taken_back, |row| to_stored(row.1).into_owned()))
        .execute(&mut *connection)
        .await?;
    }
    let said: Vec<(Key, &Judgement)> = said
        .into_iter()
        .filter_map(|(key, _, judgement)| Some((key, judgement?)))
        .collect();
    if said.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO judgement (wiki, revision, person, damaging, goodfaith, spam, note, time, verdict)
         SELECT * FROM unnest($1::integer[], $2::bigint[], $3::text[], $4::boolean[], $5::boolean[],
             $6::boolean[], $7::text[], $8::bigint[], $9::smallint[])
         ON CONFLICT (wiki, revision, person) DO UPDATE SET damaging = excluded.damaging,
             goodfaith = excluded.goodfaith, spam = excluded.spam, note = excluded.note,
             time = excluded.time, verdict = excluded.verdict",
    )
    .bind(column(&said, |row| row.0.0 as i32))
    .bind(column(&said, |row| row.0.1))
    .bind(column(&said, |row| to_stored(&row.1.by).into_owned()))
    .bind(column(&said, |row| row.1.damaging))
    .bind(column(&said, |row| row.1.goodfaith))
    .bind(column(&said, |row| row.1.spam))
    .bind(column(&said, |row| {
        let note = row.1.note.as_deref();
        note.map(|note| to_stored(note).into_owned())
    }))
    .bind(column(&said, |row| row.1.at.0))
    .bind(column(&said, |row| code(verdict(row.1))))
    .execute(connection)
    .await?;
    Ok(())
}

/// Counters, days and what models scored, in one statement.
async fn sums(connection: &mut PgConnection, sums: &Sums) -> Result<(), StoreError> {
    let wikis: Vec<_> = sums.wikis.iter().collect();
    let days: Vec<_> = sums.days.iter().collect();
    let spans: Vec<_> = sums.scored_by.iter().collect();
    sqlx::query(
        "WITH counters AS (
             UPDATE wiki SET edits = wiki.edits + k.edits, scores = wiki.scores + k.scores,
                 judgements = wiki.judgements + k.judgements,
                 seen_until = greatest(wiki.seen_until, k.seen_until)
             FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
                 AS k (wiki, edits, scores, judgements, seen_until)
             WHERE wiki.id = k.wiki),
         days AS (
             INSERT INTO day (wiki, day, version)
                 SELECT wiki, day, 1 FROM unnest($6::integer[], $7::integer[]) AS k (wiki, day)
             ON CONFLICT (wiki, day) DO UPDATE SET version = day.version + 1)
         INSERT INTO scored_by (wiki, model, first_day, last_day)
             SELECT * FROM unnest($8::integer[], $9::integer[], $10::integer[], $11::integer[])
         ON CONFLICT (wiki, model) DO UPDATE SET
             first_day = least(scored_by.first_day, excluded.first_day),
             last_day = greatest(scored_by.last_day, excluded.last_day)",
    )
    .bind(column(&wikis, |row| *row.0))
    .bind(column(&wikis, |row| row.1.edits))
    .bind(column(&wikis, |row| row.1.scores))
    .bind(column(&wikis, |row| row.1.judgements))
    .bind(column(&wikis, |row| row.1.seen_until.map(|time| time.0)))
    .bind(column(&days, |row| row.0 as i32))
    .bind(column(&days, |row| row.1))
    .bind(column(&spans, |row| row.0.0 as i32))
    .bind(column(&spans, |row| row.0.1 as i32))
    .bind(column(&spans, |row| row.1.0))
    .bind(column(&spans, |row| row.1.1))
    .execute(connection)
    .await?;
    Ok(())
}

async fn features(connection: &mut PgConnection, sums: Sums) -> Result<(), StoreError> {
    let mut features: Vec<_> = sums.features.into_iter().collect();
    if features.is_empty() {
        return Ok(());
    }
    let known = sqlx::query(
        "SELECT k.place, f.counts
         FROM unnest($1::bigint[], $2::bigint[], $3::integer[]) WITH ORDINALITY
                 AS k (wiki, model, day, place)
             JOIN feature f ON f.wiki = k.wiki AND f.model = k.model AND f.day = k.day",
    )
    .bind(column(&features, |row| row.0.0))
    .bind(column(&features, |row| row.0.1))
    .bind(column(&features, |row| row.0.2))
    .fetch_all(&mut *connection)
    .await?;
    for row in &known {
        let place = row.int(0)? as usize - 1;
        if let Some((_, counts)) = features.get_mut(place) {
            counts.absorb(&FeatureCounts {
                counts: decode(row.bytes(1)?, "counts of features")?,
            });
        }
    }
    sqlx::query(
        "INSERT INTO feature (wiki, model, day, counts)
             SELECT * FROM unnest($1::integer[], $2::integer[], $3::integer[], $4::bytea[])
         ON CONFLICT (wiki, model, day) DO UPDATE SET counts = excluded.counts",
    )
    .bind(column(&features, |row| row.0.0 as i32))
    .bind(column(&features, |row| row.0.1 as i32))
    .bind(column(&features, |row| row.0.2))
    .bind(column(&features, |row| encode(&row.1.counts)))
    .execute(connection)
    .await?;
    Ok(())
}
