//! Pages that a batch names: their numbers, titles and whether they are deleted. The wiki's lock is held, so nobody else
//! gives numbers.

use std::collections::BTreeSet;

use sqlx::postgres::PgConnection;

use super::merge::{Page, PageKey, Pages};
use super::text::{from_stored, to_stored};
use crate::service::ledger::store::StoreError;

/// `wiki, number, id, title, is_deleted`
type PageRow = (i64, i64, i64, String, bool);

/// Those of the pages that are there.
pub(super) async fn read(
    connection: &mut PgConnection,
    named: &BTreeSet<(i64, PageKey)>,
) -> Result<Pages, StoreError> {
    let (mut ids, mut titles) = (Vec::new(), Vec::new());
    for (wiki, page) in named {
        match page {
            PageKey::Id(id) => ids.push((*wiki, *id)),
            PageKey::Title(title) => titles.push((*wiki, to_stored(title).into_owned())),
        }
    }
    if named.is_empty() {
        return Ok(Pages::new());
    }
    let found = sqlx::query_as(
        "SELECT page.wiki::bigint, page.number, page.id, page.title, page.is_deleted
         FROM unnest($1::bigint[], $2::bigint[]) AS k (wiki, id)
             JOIN page ON page.wiki = k.wiki AND page.id = k.id AND page.id <> 0
         UNION ALL
         SELECT page.wiki::bigint, page.number, page.id, page.title, page.is_deleted
         FROM unnest($3::bigint[], $4::text[]) AS k (wiki, title)
             JOIN page ON page.wiki = k.wiki AND page.id = 0 AND page.title = k.title
                 AND hashtextextended(page.title, 0) = hashtextextended(k.title, 0)",
    );
    let found: Vec<PageRow> = found
        .bind(column(&ids, |page| page.0))
        .bind(column(&ids, |page| page.1))
        .bind(column(&titles, |page| page.0))
        .bind(column(&titles, |page| page.1.clone()))
        .fetch_all(connection)
        .await?;
    let pages = found
        .into_iter()
        .map(|(wiki, number, id, title, is_deleted)| {
            let title = from_stored(title);
            let key = (wiki, PageKey::of(id, &title));
            let page = Page {
                number: Some(number),
                title,
                is_deleted,
                is_changed: false,
            };
            (key, page)
        });
    Ok(pages.collect())
}

/// Writes pages that changed, and gives new ones their numbers.
pub(super) async fn write(
    connection: &mut PgConnection,
    pages: &mut Pages,
) -> Result<(), StoreError> {
    let changed = pages.values().filter(|page| page.is_changed);
    let changed: Vec<(i64, &Page)> = changed
        .filter_map(|page| Some((page.number?, page)))
        .collect();
    if !changed.is_empty() {
        sqlx::query(
            "UPDATE page SET title = k.title, is_deleted = k.is_deleted
             FROM unnest($1::bigint[], $2::text[], $3::boolean[]) AS k (number, title, is_deleted)
             WHERE page.number = k.number",
        )
        .bind(column(&changed, |row| row.0))
        .bind(column(&changed, |row| to_stored(&row.1.title).into_owned()))
        .bind(column(&changed, |row| row.1.is_deleted))
        .execute(&mut *connection)
        .await?;
    }
    let new = pages.iter().filter(|(_, page)| page.number.is_none());
    let new: Vec<(i64, i64, &Page)> = new
        .map(|((wiki, key), page)| match key {
            PageKey::Id(id) => (*wiki, *id, page),
            PageKey::Title(_) => (*wiki, 0, page),
        })
        .collect();
    if new.is_empty() {
        return Ok(());
    }
    let made = sqlx::query_as(
        "INSERT INTO page (wiki, id, title, is_deleted)
             SELECT * FROM unnest($1::integer[], $2::bigint[], $3::text[], $4::boolean[])
         RETURNING wiki::bigint, number, id, title, is_deleted",
    );
    let made: Vec<PageRow> = made
        .bind(column(&new, |row| row.0 as i32))
        .bind(column(&new, |row| row.1))
        .bind(column(&new, |row| to_stored(&row.2.title).into_owned()))
        .bind(column(&new, |row| row.2.is_deleted))
        .fetch_all(connection)
        .await?;
    for (wiki, number, id, title, _) in made {
        let key = (wiki, PageKey::of(id, &from_stored(title)));
        if let Some(page) = pages.get_mut(&key) {
            page.number = Some(number);
        }
    }
    Ok(())
}

/// One column of rows, as an array.
pub(super) fn column<T, U>(rows: &[T], cell: impl Fn(&T) -> U) -> Vec<U> {
    rows.iter().map(cell).collect()
}
