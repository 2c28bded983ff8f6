//! Messages that are no events: into their own topic, listed, and tried again.

use std::time::Duration;

use rdkafka::Message as _;
use tokio::task::spawn_blocking;

use crate::cluster::{Cluster, DEAD, EVENTS, Reader, SCORES};
use crate::replica::{configure, run, start};
use crate::said::{Said, event, header};
use crate::wiki::Wiki;

const PATIENCE: Duration = Duration::from_secs(60);

/// Messages with what is wrong with them.
const POISON: [(&[u8], &str); 4] = [
    (
        b"no event",
        "expected an event as JSON, got something else: expected ident at line 1 column 2",
    ),
    (
        br#"{"rev_id": 7}"#,
        "expected database in the event, got none",
    ),
    (
        br#"{"$schema": "/mediawiki/page/move/1.0.0", "database": "papwiki", "rev_id": 8}"#,
        "expected an event of /mediawiki/revision/create/1 or 2 or /mediawiki/page/change/1, got $schema \"/mediawiki/page/move/1.0.0\"",
    ),
    (
        b"",
        "expected an event as JSON, got something else: EOF while parsing a value at line 1 column 0",
    ),
];

/// Reads the dead letters of one round.
fn check_round(reader: &Reader, attempts: &str) {
    for (place, (payload, error)) in POISON.iter().enumerate() {
        let letter = reader.next(PATIENCE).expect("a dead letter");
        assert_eq!(letter.payload().unwrap_or_default(), *payload);
        assert_eq!(letter.key(), Some(&b"the same"[..]));
        let offset = place.to_string();
        for (name, value) in [
            ("error", *error),
            ("source-topic", EVENTS),
            ("source-partition", "0"),
            ("source-offset", &offset),
            ("attempts", attempts),
        ] {
            assert_eq!(header(&letter, name).as_deref(), Some(value), "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn poison_is_put_aside_listed_and_tried_again() {
    let wiki = Wiki::start().await;
    spawn_blocking(move || {
        let cluster = Cluster::start(1);
        let directory = tempfile::tempdir().unwrap();
        let config = configure(directory.path(), &cluster.topics, &wiki, "");
        let poison = POISON.iter().map(|(payload, _)| payload.to_vec());
        cluster.topics.produce(
            EVENTS,
            poison.map(|payload| ("the same".to_owned(), payload)),
        );
        cluster
            .topics
            .produce(EVENTS, [event(1), event(2)].into_iter());
        let service = start(&config, &[]);
        // What is around poison is scored.
        let scores = cluster.topics.reader(SCORES);
        let mut said = Said::default();
        for _ in 0..2 {
            said.add(&scores.next(PATIENCE).expect("a score"));
        }
        assert_eq!(said.by_revision.len(), 2);
        let dead = cluster.topics.reader(DEAD);
        check_round(&dead, "1");
        let config = config.to_str().unwrap();
        let letters = |action: &str| run(&["dead-letters", action, "--config", config]);
        let check_list = |attempts: &str| {
            let listed = letters("list");
            assert!(listed.status.success(), "{listed:?}");
            let text = String::from_utf8(listed.stdout).unwrap();
            let lines: Vec<Vec<&str>> = text
                .lines()
                .map(|line| line.split('\t').collect())
                .collect();
            let subjects = ["-", ":7", "papwiki:8", "-"];
            assert_eq!(lines.len(), POISON.len(), "{text}");
            for (place, line) in lines.iter().enumerate() {
                let origin = format!("{EVENTS}/0@{place}");
                let expected = [&*origin, attempts, subjects[place], POISON[place].1];
                assert_eq!(line[1..], expected, "{text}");
            }
        };
        check_list("1");
        let replayed = letters("replay");
        assert_eq!(
            String::from_utf8(replayed.stderr).unwrap(),
            "4 dead letters are tried again, by way of revscore.retry\n"
        );
        check_round(&dead, "2");
        check_list("2");
        assert_eq!(service.sum("revscore_kafka_dead_letters_total", ""), 8.0);
        // What is mended is scored: here a letter that was none.
        cluster.topics.produce(DEAD, [event(3)].into_iter());
        assert!(letters("replay").status.success());
        said.add(&scores.next(PATIENCE).expect("a score"));
        assert!(said.by_revision.contains_key(&3));
        said.check_doubles();
    })
    .await
    .unwrap();
}

#[test]
fn dead_letters_of_nothing_are_an_error() {
    #[track_caller]
    fn check(text: &str, more: &[&str], message: &str) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let path = file.path().to_str().unwrap();
        let arguments = [&["dead-letters", "list", "--config", path], more].concat();
        let output = run(&arguments);
        assert!(!output.status.success());
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(message), "{error}");
    }
    let wiki = "[wiki.papwiki]\napi_url = 'http://127.0.0.1:1/api.php'\n";
    let source = |name: &str| {
        format!("[source.{name}]\nfrom = 'kafka'\nbrokers = '127.0.0.1:1'\ntopics = ['a']\n")
    };
    check(
        wiki,
        &[],
        "expected a table [source.NAME] from Kafka, got none",
    );
    let two = [wiki, &source("a"), &source("b")].concat();
    check(&two, &[], "expected --source a or b, got none");
    check(
        &two,
        &["--source", "c"],
        "expected a table [source.c] from Kafka, got none",
    );
}
