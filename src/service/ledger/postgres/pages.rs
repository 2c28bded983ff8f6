//! The numbers of pages that a batch names, and their titles. The wiki's lock is held, so nobody else gives them.

use std::collections::BTreeMap;

use sqlx::postgres::PgConnection;

use super::merge::PageKey;
use super::standing::PageNumbers;
use super::text::{from_stored, to_stored};
use crate::service::ledger::store::StoreError;

/// Finds pages' numbers, gives those that have none one, and brings titles up to date.
pub(super) async fn resolve(
    connection: &mut PgConnection,
    named: &BTreeMap<(i64, PageKey), String>,
    numbers: &mut PageNumbers,
) -> Result<(), StoreError> {
    if named.is_empty() {
        return Ok(());
    }
    let mut renamed: (Vec<i64>, Vec<String>) = Default::default();
    for (wiki, number, id, title) in find(connection, named).await? {
        let title = from_stored(title);
        let key = (wiki, PageKey::of(id, &title));
        if let Some(told) = named.get(&key)
            && *told != title
            && !told.is_empty()
        {
            renamed.0.push(number);
            renamed.1.push(to_stored(told).into_owned());
        }
        numbers.insert(key, number);
    }
    if !renamed.0.is_empty() {
        sqlx::query(
            "UPDATE page SET title = k.title FROM unnest($1::bigint[], $2::text[]) AS k (number, title)
             WHERE page.number = k.number",
        )
        .bind(renamed.0)
        .bind(renamed.1)
        .execute(&mut *connection)
        .await?;
    }
    let new = named.iter().filter(|(key, _)| !numbers.contains_key(key));
    let new: Vec<(i64, i64, String)> = new
        .map(|((wiki, page), told)| match page {
            PageKey::Id(id) => (*wiki, *id, to_stored(told).into_owned()),
            PageKey::Title(title) => (*wiki, 0, to_stored(title).into_owned()),
        })
        .collect();
    if new.is_empty() {
        return Ok(());
    }
    let made = sqlx::query_as(
        "INSERT INTO page (wiki, id, title) SELECT * FROM unnest($1::integer[], $2::bigint[], $3::text[])
         RETURNING wiki::bigint, number, id, title",
    );
    let made: Vec<(i64, i64, i64, String)> = made
        .bind(column(&new, |page| page.0 as i32))
        .bind(column(&new, |page| page.1))
        .bind(column(&new, |page| page.2.clone()))
        .fetch_all(connection)
        .await?;
    for (wiki, number, id, title) in made {
        numbers.insert((wiki, PageKey::of(id, &from_stored(title))), number);
    }
    Ok(())
}

/// `wiki, number, id, title` of those that are there.
async fn find(
    connection: &mut PgConnection,
    named: &BTreeMap<(i64, PageKey), String>,
) -> Result<Vec<(i64, i64, i64, String)>, StoreError> {
    let (mut ids, mut titles) = (Vec::new(), Vec::new());
    for (wiki, page) in named.keys() {
        match page {
            PageKey::Id(id) => ids.push((*wiki, *id)),
            PageKey::Title(title) => titles.push((*wiki, to_stored(title).into_owned())),
        }
    }
    let found = sqlx::query_as(
        "SELECT page.wiki::bigint, page.number, page.id, page.title
         FROM unnest($1::bigint[], $2::bigint[]) AS k (wiki, id)
             JOIN page ON page.wiki = k.wiki AND page.id = k.id AND page.id <> 0
         UNION ALL
         SELECT page.wiki::bigint, page.number, page.id, page.title
         FROM unnest($3::bigint[], $4::text[]) AS k (wiki, title)
             JOIN page ON page.wiki = k.wiki AND page.id = 0 AND page.title = k.title
                 AND hashtextextended(page.title, 0) = hashtextextended(k.title, 0)",
    );
    let found = found
        .bind(column(&ids, |page| page.0))
        .bind(column(&ids, |page| page.1))
        .bind(column(&titles, |page| page.0))
        .bind(column(&titles, |page| page.1.clone()));
    Ok(found.fetch_all(connection).await?)
}

/// One column of rows, as an array.
pub(super) fn column<T, U>(rows: &[T], cell: impl Fn(&T) -> U) -> Vec<U> {
    rows.iter().map(cell).collect()
}
