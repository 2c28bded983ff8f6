//! What stands of the edits that a batch is about, in one question each: their rows with the models that scored them,
//! what people said, the days that are frozen; and the ends of the pages.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sqlx::Row as _;
use sqlx::postgres::{PgConnection, PgRow};

use super::merge::{Edit, EditRow, Key, Page, PageKey, Pages, Standing, Verdicts};
use super::numbers::Numbers;
use super::text::from_stored;
use super::{merge, pages};
use crate::evaluation::{Kind, UserClass};
use crate::service::ledger::rows::{
    Cells as _, Code as _, comment, day_of, digest, fate, tail_entry, time_of,
};
use crate::service::ledger::store::{Change, Day, StoreError, TailEntry};
use crate::service::ledger::tails::WantedTail;
use crate::service::ledger::tally::Judged;

/// Reads what stands of all that changes are about.
pub(super) async fn read(
    connection: &mut PgConnection,
    changes: &[Change],
    numbers: &Numbers,
) -> Result<Standing, StoreError> {
    let keys = &merge::keys(changes, numbers);
    let named = merge::pages(changes, numbers);
    let mut pages = pages::read(connection, &named).await?;
    let edits = edits(connection, keys, &mut pages).await?;
    let mut days: BTreeSet<(i64, Day)> = edits
        .iter()
        .map(|(key, edit)| (key.0, day_of(edit.row.time)))
        .collect();
    days.extend(changes.iter().filter_map(|change| {
        let (wiki, facts, scored_at) = match change {
            Change::Scored(scored) => (&scored.wiki, &scored.edit, scored.scored_at),
            Change::Seen(seen) => (&seen.wiki, &seen.edit, None),
            _ => return None,
        };
        let time = time_of(facts.sighting.timestamp, scored_at);
        Some((numbers.wiki(wiki), day_of(time)))
    }));
    Ok(Standing {
        edits,
        pages,
        verdicts: verdicts(connection, keys).await?,
        frozen: frozen(connection, &days).await?.into_iter().collect(),
    })
}

async fn edits(
    connection: &mut PgConnection,
    keys: &BTreeSet<Key>,
    pages: &mut Pages,
) -> Result<HashMap<Key, Edit>, StoreError> {
    let (wikis, revisions): (Vec<i64>, Vec<i64>) = keys.iter().copied().unzip();
    let rows = sqlx::query(
        "SELECT e.reverted_by, e.reverter_class, e.revert_seconds, e.revert_comment, e.revert_reason,
             e.self_reverted, e.revert_undone, e.edit_war, e.wiki, e.revision, e.time, e.is_dated,
             e.digest, e.author, e.user_name, e.user_class, e.is_first, e.kind, e.comment,
             e.comment_reason, e.judged, e.namespace, e.page, page.id, page.title, page.is_deleted,
             e.hidden, ARRAY(SELECT s.model::bigint FROM score s
                 WHERE s.wiki = e.wiki AND s.revision = e.revision AND s.time = e.time)
         FROM unnest($1::bigint[], $2::bigint[]) AS k (wiki, revision)
             JOIN edit e ON e.wiki = k.wiki AND e.revision = k.revision
             JOIN page ON page.number = e.page",
    );
    let rows = rows.bind(wikis).bind(revisions);
    let rows = rows.fetch_all(connection).await?;
    let mut edits = HashMap::with_capacity(rows.len());
    for row in &rows {
        let page = Page {
            number: Some(row.int(22)?),
            title: row.text(24)?,
            is_deleted: row.flag(25)?,
            is_changed: false,
        };
        let key = PageKey::of(row.int(23)?, &page.title);
        let wiki = row.int(8)?;
        edits.insert((wiki, row.int(9)?), edit(row, key.clone())?);
        pages.insert((wiki, key), page);
    }
    Ok(edits)
}

fn edit(row: &PgRow, page: PageKey) -> Result<Edit, StoreError> {
    let time = row.int(10)?;
    let models: Vec<i64> = row.try_get(27)?;
    Ok(Edit {
        row: EditRow {
            page,
            namespace: row.small(21)?,
            time,
            is_dated: row.flag(11)?,
            digest: digest(row, 12)?,
            author: row.maybe_int(13)?.map(i64::cast_unsigned),
            user_name: row.maybe_text(14)?,
            user_class: UserClass::decode(row.int(15)?)?,
            is_first: row.flag(16)?,
            kind: row.maybe_int(17)?.map(Kind::decode).transpose()?,
            comment: comment(row, 18)?,
            fate: fate(row, 0)?,
            judged: Judged::decode(row.int(20)?)?,
            hidden: row.int(26)? as u8,
        },
        stored_time: Some(time),
        models: models.into_iter().collect(),
        is_changed: false,
    })
}

async fn verdicts(
    connection: &mut PgConnection,
    keys: &BTreeSet<Key>,
) -> Result<HashMap<Key, Verdicts>, StoreError> {
    let (wikis, revisions): (Vec<i64>, Vec<i64>) = keys.iter().copied().unzip();
    let rows = sqlx::query_as(
        "SELECT j.wiki::bigint, j.revision, j.person, j.time, j.verdict::bigint
         FROM unnest($1::bigint[], $2::bigint[]) AS k (wiki, revision)
             JOIN judgement j ON j.wiki = k.wiki AND j.revision = k.revision",
    );
    let rows: Vec<(i64, i64, String, i64, i64)> = rows
        .bind(wikis)
        .bind(revisions)
        .fetch_all(connection)
        .await?;
    let mut verdicts = HashMap::<Key, Verdicts>::new();
    for (wiki, revision, person, at, verdict) in rows {
        let said = (at, Judged::decode(verdict)?);
        let verdicts = verdicts.entry((wiki, revision)).or_default();
        verdicts.insert(from_stored(person), said);
    }
    Ok(verdicts)
}

/// Those of the days of which edits are gone.
async fn frozen(
    connection: &mut PgConnection,
    days: &BTreeSet<(i64, Day)>,
) -> Result<Vec<(i64, Day)>, StoreError> {
    let (wikis, days): (Vec<i64>, Vec<Day>) = days.iter().copied().unzip();
    let frozen = sqlx::query_as(
        "SELECT d.wiki::bigint, d.day FROM unnest($1::bigint[], $2::integer[]) AS k (wiki, day)
             JOIN day d ON d.wiki = k.wiki AND d.day = k.day
         WHERE d.is_frozen",
    );
    Ok(frozen.bind(wikis).bind(days).fetch_all(connection).await?)
}

/// The ends of pages as they are now, each with what wants it.
pub(super) async fn tails<'a>(
    connection: &mut PgConnection,
    wanted: &'a [WantedTail],
    numbers: &Numbers,
) -> Result<Vec<(&'a WantedTail, Vec<TailEntry>)>, StoreError> {
    let mut tails: BTreeMap<i64, Vec<TailEntry>> = BTreeMap::new();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let of = |value: fn(&WantedTail) -> i64| wanted.iter().map(value).collect::<Vec<i64>>();
    let wikis: Vec<i64> = wanted.iter().map(|tail| numbers.wiki(&tail.wiki)).collect();
    let rows = sqlx::query(
        "SELECT e.*, k.place FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])
                 WITH ORDINALITY AS k (wiki, page, length, place)
             JOIN page ON page.wiki = k.wiki AND page.id = k.page AND page.id <> 0
             CROSS JOIN LATERAL (
                 SELECT reverted_by, reverter_class, revert_seconds, revert_comment, revert_reason,
                     self_reverted, revert_undone, edit_war, revision, time, is_dated, digest,
                     author, user_class, comment, comment_reason
                 FROM edit WHERE edit.page = page.number
                 ORDER BY edit.time DESC, edit.revision DESC LIMIT k.length) e
         ORDER BY k.place, e.time, e.revision",
    );
    let rows = rows
        .bind(wikis)
        .bind(of(|tail| tail.page.0.cast_signed()))
        .bind(of(|tail| tail.length as i64));
    for row in &rows.fetch_all(connection).await? {
        tails
            .entry(row.int(16)?)
            .or_default()
            .push(tail_entry(row)?);
    }
    let tails = (1..)
        .zip(wanted)
        .map(|(place, wanted)| (wanted, tails.remove(&place).unwrap_or_default()));
    Ok(tails.collect())
}
