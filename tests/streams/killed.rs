//! Everything is killed in turn: a consumer, the broker, the database. Nothing is lost, and what is done twice
//! says the same.

use std::time::{Duration, Instant};

use sqlx::{Connection as _, PgConnection};
use tokio::task::spawn_blocking;

use crate::cluster::{EVENTS, SCORES};
use crate::replica::{configure, start};
use crate::said::{Said, event};
use crate::server::Server;
use crate::tansu::Tansu;
use crate::wiki::Wiki;

const N_EVENTS: u64 = 50_000;

/// How long nothing may come before the test gives up.
const STILLNESS: Duration = Duration::from_secs(120);

/// How long something is away.
const AWAY: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_whatever_is_killed() {
    let (Some(mut tansu), Some(postgres)) = (Tansu::start(), Server::start()) else {
        println!(
            "SKIPPED: needs a broker and a database (REVSCORE_TANSU names the program tansu, and PostgreSQL is \
             installed); tests/kafka/run.sh finds or installs both"
        );
        return;
    };
    tansu.make_topics(8).await;
    let wiki = Wiki::start().await;
    let ledger = postgres.schema().await;
    let address = ledger.clone();
    let testing = spawn_blocking(move || {
        let directory = tempfile::tempdir().unwrap();
        let topics = tansu.topics();
        let more = "threads = 1\nledger_keep_days = 0\nlearn_history = \"papwiki\"";
        let config = configure(directory.path(), &topics, &wiki, more);
        let begin = || start(&config, &["--ledger", &ledger]);
        topics.produce(EVENTS, (1..=N_EVENTS).map(event));
        let began = Instant::now();
        let (mut doomed, second) = (Some(begin()), begin());
        let mut third = None;
        let (mut is_broker_killed, mut is_database_killed) = (false, false);
        let mut said = Said::default();
        let reader = topics.reader(SCORES);
        let mut said_at = Instant::now();
        while said.by_revision.len() < N_EVENTS as usize {
            let Some(message) = reader.next(STILLNESS) else {
                let (n, after) = (said.by_revision.len(), began.elapsed());
                panic!("{n} of {N_EVENTS} after {after:?}");
            };
            said.add(&message);
            let n = said.by_revision.len();
            if said_at.elapsed() > Duration::from_secs(10) {
                println!("{n} of {N_EVENTS} after {:?}", began.elapsed());
                said_at = Instant::now();
            }
            if n > 8_000
                && let Some(first) = doomed.take()
            {
                println!("a consumer is killed, and another one starts");
                first.kill();
                third = Some(begin());
            }
            if n > 20_000 && !is_broker_killed {
                println!("the broker is killed");
                tansu.kill();
                std::thread::sleep(AWAY);
                tansu.restart();
                is_broker_killed = true;
            }
            if n > 32_000 && !is_database_killed {
                println!("the database is killed");
                postgres.kill();
                std::thread::sleep(AWAY);
                postgres.run();
                is_database_killed = true;
            }
        }
        let elapsed = began.elapsed();
        // What comes again comes soon.
        while let Some(message) = reader.next(Duration::from_secs(3)) {
            said.add(&message);
        }
        assert!(third.is_some() && is_broker_killed && is_database_killed);
        said.check_doubles();
        let n_doubled = said.n_messages - N_EVENTS as usize;
        println!("{N_EVENTS} events in {elapsed:?}, {n_doubled} scores delivered twice");
        (said, [third, Some(second)], postgres)
    });
    let (said, _services, _postgres) = testing.await.unwrap();
    // The ledger has each of them once, with the score that was delivered.
    let mut connection = PgConnection::connect(&address).await.unwrap();
    let rows: Vec<(i64, f64)> = sqlx::query_as("SELECT revision, probability FROM score")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    assert_eq!(rows.len() as u64, N_EVENTS);
    for (revision, probability) in rows {
        let said = &said.by_revision[&revision.cast_unsigned()][0];
        let scores = said["scores"]["reverted"]["probability"]["true"].as_f64();
        assert_eq!(scores, Some(probability), "{revision}");
    }
}
