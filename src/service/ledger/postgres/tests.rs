//! The store against a PostgreSQL that runs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::PgConnection;

use super::schema::{MIGRATIONS, Migration, bring_up_to_date};
use super::server::{Server, schema};
use super::*;
use crate::corpus::{LabelOptions, RevertComment, Sighting, TextDigest};
use crate::evaluation::UserClass;
use crate::service::ledger::battery::battery;
use crate::service::ledger::entry::{EditFacts, Fate, LedgerPage, SeenEdit};
use crate::service::ledger::measure;
use crate::service::ledger::{Ledger, LedgerOptions};

async fn open() -> Option<(Arc<PostgresStore>, ())> {
    let address = schema().await?;
    let store = PostgresStore::open(&address, 4).await;
    Some((store.expect("the store opens"), ()))
}

battery!(open);

const WIKI: &str = "papwiki";
const DAY: i64 = 86_400;

/// A time in January 2021.
const JANUARY: i64 = 18_640 * DAY;

fn seen(revision: u64, page: u64, time: i64, text: &str) -> SeenEdit {
    SeenEdit {
        wiki: WIKI.into(),
        page: LedgerPage {
            id: PageId(page),
            title: format!("Page {page}"),
            namespace: 0,
        },
        edit: EditFacts {
            sighting: Sighting {
                revision: RevisionId(revision),
                timestamp: Some(Timestamp(time)),
                digest: Some(TextDigest::of(text)),
                author: Some(revision % 7),
            },
            user_name: None,
            user_class: UserClass::Newcomer,
            is_first: false,
            kind: None,
        },
        comment: RevertComment::of(Some("rvv")),
        parent: None,
        past: None,
    }
}

async fn ledger(address: &str) -> Ledger {
    let options = LedgerOptions::new(address, [WIKI.to_owned()]);
    let labels = LabelOptions {
        window_seconds: None,
        ..LabelOptions::default()
    };
    let ledger = Ledger::open(options, move |_| labels).await;
    ledger.expect("the ledger opens")
}

#[tokio::test]
async fn a_newer_schema_is_used_by_programs_that_it_says() {
    let Some(address) = schema().await else {
        return;
    };
    let mut connection = PgConnection::connect(&address).await.unwrap();
    let step = |script, compatible_from| Migration {
        script,
        compatible_from,
    };
    let mut newer = vec![];
    for migration in &MIGRATIONS {
        newer.push(step(migration.script, migration.compatible_from));
    }
    let known = newer.len() as i32;
    let key = PostgresStore::open(&address, 2).await.unwrap().author_key();
    for (compatible_from, opens) in [(1, true), (known, true), (known + 3, false), (1, false)] {
        newer.push(step("SELECT 1", compatible_from));
        for _ in 0..2 {
            let newer = bring_up_to_date(&mut connection, &newer).await;
            assert_eq!(newer.unwrap(), key);
        }
        let version = newer.len();
        match (PostgresStore::open(&address, 2).await, opens) {
            (Ok(_), true) => {}
            (Err(error), false) => assert_eq!(
                error.to_string(),
                format!(
                    "the ledger holds what this version does not understand: its tables have version {version}, \
                     which takes a program that knows version {}, and this one knows those up to {known}: update \
                     this service",
                    known + 3
                )
            ),
            (Ok(_), false) => panic!("it opens version {version}"),
            (Err(error), true) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn several_begin_one_ledger_at_once() {
    let Some(address) = schema().await else {
        return;
    };
    let open = || async { PostgresStore::open(&address, 2).await.unwrap().author_key() };
    let keys = tokio::join!(open(), open(), open(), open());
    assert_eq!((keys.0, keys.1, keys.2), (keys.1, keys.2, keys.3));
}

#[tokio::test]
async fn what_is_no_ledger_is_refused_and_no_password_is_told() {
    for (address, said) in [
        ("postgres://ann:secret@127.0.0.1:1/db", "Connection refused"),
        (
            "postgres://ann:secret@127.0.0.1:port/db",
            "invalid port number",
        ),
        ("postgres://ann:secret@/db?sslmode=perhaps", "perhaps"),
    ] {
        let options = LedgerOptions::new(address, []);
        let error = Ledger::open(options, |_| LabelOptions::default())
            .await
            .err();
        let error = error.expect("there is none");
        for text in [error.to_string(), format!("{error:?}")] {
            assert!(text.contains(said) && text.contains(":***@"), "{text}");
            assert!(!text.contains("secret"), "{text}");
        }
    }
    let Some(address) = schema().await else {
        return;
    };
    let mut connection = PgConnection::connect(&address).await.unwrap();
    sqlx::raw_sql("CREATE TABLE page (page_id integer)")
        .execute(&mut connection)
        .await
        .unwrap();
    let error = PostgresStore::open(&address, 2).await.err().unwrap();
    assert_eq!(
        error.to_string(),
        "the ledger holds what this version does not understand: there are another application's tables; give the \
         ledger a database of its own, or a schema (?options=-csearch_path%3DNAME)"
    );
}

/// The parts of a table, by name.
async fn parts(store: &PostgresStore, table: &'static str) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT relid::regclass::text FROM pg_partition_tree($1) WHERE isleaf ORDER BY 1",
    )
    .bind(table)
    .fetch_all(&store.pool)
    .await
    .unwrap()
}

#[tokio::test]
async fn months_are_made_when_they_are_needed_and_go_when_they_are_empty() {
    let Some(address) = schema().await else {
        return;
    };
    let open = || async { PostgresStore::open(&address, 3).await.unwrap() };
    let (one, other) = (open().await, open().await);
    let told = |first: u64, odd: &[i64]| -> Vec<Change> {
        let months = (0..3).map(|month| {
            let revision = first + month;
            Change::Seen(seen(
                revision,
                revision,
                JANUARY + 31 * DAY * month as i64,
                "a text",
            ))
        });
        let odd = odd.iter().zip(90..);
        let odd = odd.map(|(time, n)| Change::Seen(seen(first + n, 1, *time, "a text")));
        months.chain(odd).collect()
    };
    let (ones, others) = (told(100, &[0, i64::MAX]), told(200, &[0, -1]));
    let done = tokio::join!(one.apply(&ones, None), other.apply(&others, None));
    assert!(done.0.is_ok() && done.1.is_ok(), "{done:?}");
    let expected = |months: &[&str]| -> Vec<String> {
        let months = months.iter().copied().chain(["other"]);
        months.map(|month| format!("edit_{month}")).collect()
    };
    let made = ["2021_01", "2021_02", "2021_03", "2021_04"];
    assert_eq!(parts(&one, "edit").await, expected(&made));
    assert_eq!(parts(&one, "score").await.len(), 5);
    assert_eq!(one.size(WIKI).await.unwrap().edits, 10);
    // One that a person judged keeps its month.
    let judgement = Judgement {
        wiki: WIKI.into(),
        revision: RevisionId(101),
        damaging: Some(true),
        goodfaith: None,
        spam: None,
        note: None,
        by: "ana".to_owned(),
        at: Timestamp(1),
    };
    other
        .apply(&[Change::Judged(judgement)], None)
        .await
        .unwrap();
    let before = (JANUARY / DAY) as Day + 59;
    let n_gone = one
        .compact(WIKI, before, Timestamp(i64::MAX))
        .await
        .unwrap();
    assert_eq!(n_gone, 6);
    assert_eq!(parts(&one, "edit").await, expected(&made[1..]));
    // What comes late to a month that is gone, from one that does not know, is not taken: its days are counts.
    other.apply(&told(100, &[0]), None).await.unwrap();
    assert_eq!(one.size(WIKI).await.unwrap().edits, 4);
    // What stands in the default part because its month was not there goes into the month.
    sqlx::raw_sql("DROP TABLE edit_2021_03, score_2021_03")
        .execute(&one.pool)
        .await
        .unwrap();
    let late = [Change::Seen(seen(300, 5, JANUARY + 62 * DAY, "a text"))];
    other.apply(&late, None).await.unwrap();
    let in_default = async |store: &PostgresStore| -> i64 {
        let n = sqlx::query_scalar("SELECT count(*) FROM edit_other WHERE revision = 300");
        n.fetch_one(&store.pool).await.unwrap()
    };
    assert_eq!(in_default(&one).await, 1);
    open().await.apply(&late, None).await.unwrap();
    assert_eq!(in_default(&one).await, 0);
    assert!(one.edit(WIKI, RevisionId(300)).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_tell_of_the_same_pages_find_what_one_finds() {
    let Some(address) = schema().await else {
        return;
    };
    // Ten edits of each of some pages, whose texts come again.
    let edits: Vec<SeenEdit> = (0..400_u64)
        .map(|number| {
            let (page, step) = (number % 40 + 1, number / 40);
            let text = (step * step + page) % 4;
            let time = JANUARY + 60 * number as i64;
            seen(1_000 + number, page, time, &format!("{page} {text}"))
        })
        .collect();
    let directory = tempfile::tempdir().unwrap();
    let alone = directory.path().join("ledger.db");
    let alone = ledger(alone.to_str().unwrap()).await;
    let changes = edits.iter().cloned().map(Change::Seen);
    alone.write(changes.collect()).await.unwrap();
    let (one, other) = (ledger(&address).await, ledger(&address).await);
    // Each is told of every other edit of a page, and of some that the other is told of too.
    let tell = async |ledger: &Ledger, rest: u64| {
        let told = edits.iter().enumerate();
        let told = told.filter(|(idx, _)| (idx / 40) as u64 % 2 == rest || idx % 13 == 0);
        let told: Vec<&SeenEdit> = told.map(|(_, seen)| seen).collect();
        for told in told.chunks(7) {
            let changes = told.iter().map(|seen| Change::Seen(SeenEdit::clone(seen)));
            ledger.write(changes.collect()).await.unwrap();
        }
    };
    tokio::join!(tell(&one, 0), tell(&other, 1));
    let mut n_reverted = 0;
    for edit in &edits {
        let fate = async |ledger: &Ledger| -> Fate {
            let edit = ledger.store().edit(WIKI, edit.edit.sighting.revision).await;
            edit.unwrap().unwrap().fate
        };
        let expected = fate(&alone).await;
        n_reverted += usize::from(expected.reverted.is_some());
        assert_eq!(fate(&one).await, expected, "{edit:?}");
    }
    assert!(n_reverted > 50, "{n_reverted}");
    let size = one.store().size(WIKI).await.unwrap();
    assert_eq!(size, alone.store().size(WIKI).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_loses_nothing_acknowledged() {
    let Some(server) = Server::start() else {
        eprintln!("SKIPPED: PostgreSQL is not installed");
        return;
    };
    let address = server.schema().await;
    let ledger = ledger(&address).await;
    let mut lease = ledger.lease("a job").await.unwrap().unwrap();
    let mut kept = Vec::new();
    let (mut n_failed, mut is_killed) = (0, false);
    let began = Instant::now();
    let mut killed_at = None;
    for revision in 1.. {
        let change = Change::Seen(seen(
            revision,
            revision % 9 + 1,
            JANUARY + revision as i64,
            "a text",
        ));
        match ledger.write(vec![change]).await {
            Ok(()) => kept.push(revision),
            Err(_) => n_failed += 1,
        }
        if kept.len() == 40 && !is_killed {
            is_killed = true;
            server.kill();
            killed_at = Some(kept.len());
            // Its processes notice it one by one.
            while ledger.store().wikis().await.is_ok() || lease.is_held().await {
                tokio::task::yield_now().await;
            }
        }
        if n_failed == 2 {
            n_failed += 1;
            let server = &server;
            tokio::task::block_in_place(|| server.run());
        }
        if killed_at.is_some_and(|n| kept.len() >= n + 40) {
            break;
        }
        assert!(
            began.elapsed() < Duration::from_secs(120),
            "{} kept",
            kept.len()
        );
    }
    assert!(n_failed > 0);
    for revision in kept {
        let edit = ledger
            .store()
            .edit(WIKI, RevisionId(revision))
            .await
            .unwrap();
        assert!(edit.is_some(), "{revision}");
    }
    assert!(ledger.lease("a job").await.unwrap().is_some());
    assert!(ledger.state().is_written);
}

/// Prints what batches of a thousand changes take, told by one and by two at the same time.
#[tokio::test(flavor = "multi_thread")]
async fn batches_of_a_thousand() {
    let n_batches: u64 = std::env::var("REVSCORE_MEASURE_BATCHES")
        .map_or(2, |n| n.parse().expect("a number of batches"));
    for n_writers in [1, 2] {
        for is_one_wiki in [true, false] {
            let Some(address) = schema().await else {
                return;
            };
            let write = |writer: u64| {
                let address = address.clone();
                async move {
                    let ledger = ledger(&address).await;
                    let wiki = if is_one_wiki { 0 } else { writer };
                    for batch in 0..n_batches {
                        let first = 1 + 500 * (batch * n_writers + writer);
                        let changes = measure::batch(&format!("wiki{wiki}"), first..first + 500);
                        let began = Instant::now();
                        ledger.write(changes).await.expect("the ledger works");
                        if n_batches > 2 {
                            let ms = began.elapsed().as_millis();
                            eprintln!("writer {writer}, batch {batch}: {ms} ms");
                        }
                    }
                }
            };
            drop(ledger(&address).await);
            let began = Instant::now();
            let writing: Vec<_> = (0..n_writers)
                .map(|writer| tokio::spawn(write(writer)))
                .collect();
            for writing in writing {
                writing.await.unwrap();
            }
            let seconds = began.elapsed().as_secs_f64();
            let n_changes = 1_000 * n_batches * n_writers;
            println!(
                "{n_writers} writers, {} wikis: {:.0} changes a second",
                if is_one_wiki { 1 } else { n_writers },
                n_changes as f64 / seconds
            );
        }
    }
}
