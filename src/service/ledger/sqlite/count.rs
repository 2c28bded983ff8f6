//! Days are counted: from their edits once, and then from what was written down.
//!
//! A day's counts hold until one of its edits changes, which raises the day's version; what was counted
//! at an older version is counted anew. Of a day whose outcomes are still open nothing is written down,
//! since they depend on the clock; its counts are remembered as long as neither goes on (`open_days`). Edits that are gone stand as `base`, which is added to the counts of
//! those that are there.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::{Arc, PoisonError};

use futures_util::TryStreamExt as _;
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::bytes::{self, Groups};
use super::code::{Code, decode_rule};
use super::open_days::Asked;
use super::{SqliteStore, end_of, read, start_of};
use crate::corpus::Rule;
use crate::evaluation::{Kind, UserClass};
use crate::model::Target;
use crate::revision::Timestamp;
use crate::service::ledger::outcome::fated;
use crate::service::ledger::store::{Day, DayTally, ModelId, StoreError};
use crate::service::ledger::tally::{Bands, Counted, Group, Judged};

/// What counting has to know of a model.
pub(super) struct CountedModel {
    target: Target,
    rule: Rule,
    bands: Bands,
}

/// The counts of one day, of each model.
pub(super) type Counts = BTreeMap<ModelId, Groups>;

/// A day, its version, and the version that was counted.
type DayRow = (Day, i64, Option<i64>);

pub(super) async fn tallies(
    store: &SqliteStore,
    wiki: &str,
    model: Option<ModelId>,
    days: RangeInclusive<Day>,
    settled_until: Timestamp,
) -> Result<Vec<DayTally>, StoreError> {
    let is_wanted = |id: ModelId| model.is_none_or(|model| model == id);
    let mut tallies = Vec::new();
    let mut reader = store.readers.begin().await?;
    let Some(wiki) = read::wiki(&mut reader, wiki).await? else {
        return Ok(tallies);
    };
    let (first, last) = days.into_inner();
    let rows = sqlx::query_as(
        "SELECT day, version, counted FROM day WHERE wiki = ? AND day BETWEEN ? AND ?",
    );
    let rows = rows.bind(wiki).bind(first).bind(last);
    let rows: Vec<DayRow> = rows.fetch_all(&mut *reader).await?;
    let is_settled = |day: Day| end_of(day) <= settled_until.0;
    let is_known = |&(day, version, counted): &DayRow| is_settled(day) && counted == Some(version);
    let (known, unknown): (Vec<DayRow>, Vec<DayRow>) = rows.into_iter().partition(is_known);
    if !known.is_empty() {
        let stored = sqlx::query(
            "SELECT tally.model, tally.day, tally.total FROM day JOIN tally USING (wiki, day)
             WHERE wiki = ?1 AND day BETWEEN ?2 AND ?3 AND counted = version AND total IS NOT NULL
                 AND (?4 IS NULL OR tally.model = ?4)",
        );
        let stored = stored.bind(wiki).bind(first).bind(last).bind(model);
        let mut stored = stored.fetch(&mut *reader);
        while let Some(row) = stored.try_next().await? {
            let (model, day): (ModelId, Day) = (row.try_get(0)?, row.try_get(1)?);
            if known.binary_search_by_key(&day, |row| row.0).is_ok() {
                let groups = bytes::decode_groups(row.try_get(2)?)?;
                extend(&mut tallies, model, day, groups);
            }
        }
    }
    reader.commit().await?;
    for (day, version, _) in unknown {
        let asked = Asked {
            wiki,
            day,
            settled_until,
        };
        // One at a time, so that others than those who count are answered too.
        let _counting = store.counting.lock().await;
        // Somebody else may have counted it meanwhile.
        if let Some(known) = store.open_days.find(&asked, version) {
            for (id, groups) in known.iter().filter(|(id, _)| is_wanted(*id)) {
                extend(&mut tallies, *id, day, bytes::decode_groups(groups)?);
            }
            continue;
        }
        let (version, counts) = count_day(store, wiki, day, settled_until).await?;
        if !is_settled(day) {
            store.open_days.keep(asked, version, &counts);
        }
        if is_settled(day)
            && let Err(error) = write_down(store, wiki, day, version, &counts).await
        {
            // The answer is right all the same; the next one counts again.
            tracing::debug!(%error, "the counts of a day are not kept: {error}");
        }
        for (id, groups) in counts.into_iter().filter(|(id, _)| is_wanted(*id)) {
            extend(&mut tallies, id, day, groups);
        }
    }
    tallies.sort_by_key(|tally| (tally.day, tally.model, tally.group));
    Ok(tallies)
}

fn extend(tallies: &mut Vec<DayTally>, model: ModelId, day: Day, groups: Groups) {
    tallies.extend(groups.into_iter().map(|(group, tally)| DayTally {
        model,
        day,
        group,
        tally,
    }));
}

/// Counts a day's edits and adds those that are gone; gives the version that was counted.
async fn count_day(
    store: &SqliteStore,
    wiki: i64,
    day: Day,
    settled_until: Timestamp,
) -> Result<(i64, Counts), StoreError> {
    let mut reader = store.readers.begin().await?;
    let (version,) = sqlx::query_as("SELECT version FROM day WHERE wiki = ? AND day = ?")
        .bind(wiki)
        .bind(day)
        .fetch_one(&mut *reader)
        .await?;
    let mut counts = bases(&mut reader, wiki, day).await?;
    let rows = Rows::Day(wiki, day);
    count(store, &mut reader, rows, settled_until, &mut counts).await?;
    reader.commit().await?;
    Ok((version, counts))
}

/// What is counted of a day's edits that are gone.
pub(super) async fn bases(
    connection: &mut SqliteConnection,
    wiki: i64,
    day: Day,
) -> Result<Counts, StoreError> {
    let bases = sqlx::query_as(
        "SELECT model, base FROM tally WHERE wiki = ? AND day = ? AND base IS NOT NULL",
    );
    let bases: Vec<(ModelId, Vec<u8>)> = bases.bind(wiki).bind(day).fetch_all(connection).await?;
    let bases = bases.into_iter();
    bases
        .map(|(model, base)| Ok((model, bytes::decode_groups(&base)?)))
        .collect()
}

/// Keeps what was counted, unless an edit has changed meanwhile.
async fn write_down(
    store: &SqliteStore,
    wiki: i64,
    day: Day,
    version: i64,
    counts: &Counts,
) -> Result<(), StoreError> {
    let mut turn = store.writer().await?;
    let mut transaction = sqlx::Connection::begin(&mut turn.writer.connection).await?;
    let is_current =
        sqlx::query("UPDATE day SET counted = ?3 WHERE wiki = ?1 AND day = ?2 AND version = ?3")
            .bind(wiki)
            .bind(day)
            .bind(version)
            .execute(&mut *transaction)
            .await?
            .rows_affected()
            == 1;
    if is_current {
        for (model, groups) in counts {
            sqlx::query(
                "INSERT INTO tally (wiki, day, model, total) VALUES (?, ?, ?, ?)
                 ON CONFLICT DO UPDATE SET total = excluded.total",
            )
            .bind(wiki)
            .bind(day)
            .bind(model)
            .bind(bytes::encode_groups(groups))
            .execute(&mut *transaction)
            .await?;
        }
    }
    transaction.commit().await?;
    turn.give_back();
    Ok(())
}

/// Which rows are counted.
#[derive(Clone, Copy)]
pub(super) enum Rows {
    /// Those of a wiki's day.
    Day(i64, Day),
    /// Those of a wiki that are about to go.
    Going(i64),
}

macro_rules! counted_columns {
    () => {
        "SELECT s.model, s.probability, s.is_counted, s.scored_at, e.time, e.is_dated, e.namespace,
             e.kind, e.user_class, e.judged, e.reverted_by, e.reverter_class, e.revert_seconds,
             e.revert_comment, e.revert_reason, e.self_reverted, e.revert_undone, e.edit_war "
    };
}

/// Counts rows into what is counted already.
pub(super) async fn count(
    store: &SqliteStore,
    connection: &mut SqliteConnection,
    rows: Rows,
    settled_until: Timestamp,
    counts: &mut Counts,
) -> Result<(), StoreError> {
    let models = models(store, connection).await?;
    // CROSS JOIN is SQLite's way to say in which order to look.
    let rows = match rows {
        Rows::Day(wiki, day) => sqlx::query(concat!(
            counted_columns!(),
            "FROM edit e CROSS JOIN score s ON s.wiki = e.wiki AND s.revision = e.revision
             WHERE e.wiki = ? AND e.time >= ? AND e.time <= ?"
        ))
        .bind(wiki)
        .bind(start_of(day))
        .bind(end_of(day)),
        Rows::Going(wiki) => sqlx::query(concat!(
            counted_columns!(),
            "FROM temp.going g CROSS JOIN edit e ON e.wiki = ? AND e.revision = g.revision
             CROSS JOIN score s ON s.wiki = e.wiki AND s.revision = e.revision"
        ))
        .bind(wiki),
    };
    let mut rows = rows.fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let id: ModelId = row.try_get(0)?;
        let model = models.get(&id);
        let model = model.ok_or_else(|| StoreError::NotUnderstood(format!("model {id}")))?;
        let (counted, groups) = counted(&row, model, settled_until)?;
        let tallies = counts.entry(id).or_default();
        for group in groups.into_iter().flatten() {
            let tally = tallies.entry(group).or_default();
            tally.add(&model.bands, &counted);
        }
    }
    Ok(())
}

/// A row as one edit to count, and in which groups.
fn counted(
    row: &SqliteRow,
    model: &CountedModel,
    settled_until: Timestamp,
) -> Result<(Counted, [Option<Group>; 4]), StoreError> {
    let time: i64 = row.try_get(4)?;
    let is_dated: bool = row.try_get(5)?;
    let scored_at: Option<i64> = row.try_get(3)?;
    let fate = read::fate(row, 10)?;
    let is_settled = time <= settled_until.0;
    let looks_for = (model.target, &model.rule);
    let counted = Counted {
        probability: row.try_get(1)?,
        fated: fated(looks_for, row.try_get(2)?, &fate, is_settled),
        judged: Judged::decode(row.try_get(9)?)?,
        score_delay_seconds: scored_at
            .filter(|_| is_dated)
            .map(|at| at.saturating_sub(time)),
        revert_seconds: fate.reverted.and_then(|by| by.seconds),
    };
    let kind: Option<i64> = row.try_get(7)?;
    let groups = [
        Some(Group::All),
        kind.map(Kind::decode).transpose()?.map(Group::Kind),
        Some(Group::UserClass(UserClass::decode(row.try_get(8)?)?)),
        Some(Group::Namespace(row.try_get(6)?)),
    ];
    Ok((counted, groups))
}

type CountedModels = std::collections::HashMap<ModelId, Arc<CountedModel>>;

/// All models; those that are not known yet are read.
async fn models(
    store: &SqliteStore,
    connection: &mut SqliteConnection,
) -> Result<CountedModels, StoreError> {
    let known = store
        .models
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let (n_models,): (i64,) = sqlx::query_as("SELECT count(*) FROM model")
        .fetch_one(&mut *connection)
        .await?;
    if known.len() as i64 == n_models {
        return Ok(known);
    }
    let rows = sqlx::query("SELECT id, target, levels, rule FROM model");
    let rows = rows.fetch_all(connection).await?;
    let models = rows.iter().map(|row| {
        let levels: Vec<(String, f64)> = bytes::decode(row.try_get(2)?, "levels of a model")?;
        let model = CountedModel {
            target: Target::decode(row.try_get(1)?)?,
            rule: decode_rule(row.try_get(3)?)?,
            bands: Bands::new(&levels),
        };
        Ok((row.try_get(0)?, Arc::new(model)))
    });
    let models: CountedModels = models.collect::<Result<_, StoreError>>()?;
    let known = &mut *store.models.write().unwrap_or_else(PoisonError::into_inner);
    known.clone_from(&models);
    Ok(models)
}
