//! What is down is waited for: the wiki, the brokers; and what is of no interest is passed over.

use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use rdkafka::Message as _;
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use crate::cluster::{Cluster, DEAD, EVENTS, SCORES};
use crate::replica::{configure, start};
use crate::said::{Said, event, header};
use crate::service::Service;
use crate::wiki::Wiki;

const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until something is so.
#[track_caller]
fn wait_for(what: &str, is_so: impl Fn() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < until, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wiki_that_is_down_pauses_and_loses_nothing() {
    let wiki = Wiki::start().await;
    spawn_blocking(move || {
        let cluster = Cluster::start(2);
        let directory = tempfile::tempdir().unwrap();
        let config = configure(directory.path(), &cluster.topics, &wiki, "threads = 1");
        wiki.behaviour.is_down.store(true, Relaxed);
        let service = start(&config, &[]);
        const N: u64 = 6_000;
        cluster.topics.produce(EVENTS, (1..=N).map(event));
        wait_for("lanes wait for the wiki", || {
            service.sum("revscore_stream_waiting", "for=\"wiki\"") == 2.0
        });
        // More than lanes hold: the partitions are paused, and the rest stays where it is.
        wait_for("partitions are paused", || {
            service.sum("revscore_kafka_paused", "") == 2.0
        });
        wait_for("the lag is known", || {
            service.sum("revscore_kafka_lag", EVENTS) >= N as f64 - 100.0
        });
        wiki.behaviour.is_down.store(false, Relaxed);
        let scores = cluster.topics.reader(SCORES);
        let mut said = Said::default();
        while said.by_revision.len() < N as usize {
            said.add(&scores.next(PATIENCE).expect("a score"));
        }
        said.check_doubles();
        assert_eq!(said.n_messages as u64, N);
        wait_for("nothing is paused", || {
            service.sum("revscore_kafka_paused", "") == 0.0
        });
        wait_for("nobody waits", || {
            service.sum("revscore_stream_waiting", "") == 0.0
        });
        assert!(service.sum("revscore_kafka_pauses_total", "") >= 2.0);
        assert!(service.sum("revscore_stream_retries_total", "for=\"wiki\"") >= 2.0);
        wait_for("all is committed", || {
            service.sum("revscore_kafka_lag", EVENTS) == 0.0
        });
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn brokers_that_go_and_come_back_lose_nothing() {
    let wiki = Wiki::start().await;
    spawn_blocking(move || {
        let cluster = Cluster::start(2);
        let directory = tempfile::tempdir().unwrap();
        let config = configure(directory.path(), &cluster.topics, &wiki, "threads = 1");
        const N: u64 = 4_000;
        cluster.topics.produce(EVENTS, (1..=N).map(event));
        let service = start(&config, &[]);
        wait_for("some are scored", || {
            service.sum("revscore_stream_events_total", "outcome=\"scored\"") > 200.0
        });
        cluster.set_down(true);
        std::thread::sleep(Duration::from_secs(3));
        cluster.set_down(false);
        let scores = cluster.topics.reader(SCORES);
        let mut said = Said::default();
        while said.by_revision.len() < N as usize {
            let message = scores.next(PATIENCE);
            let n = said.by_revision.len();
            let message = message.unwrap_or_else(|| {
                panic!(
                    "{n} of {N}: {:?}",
                    service.sum("revscore_stream_events_total", "scored")
                )
            });
            said.add(&message);
        }
        said.check_doubles();
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_messages_pause_their_partition_and_it_goes_on() {
    let wiki = Wiki::start().await;
    spawn_blocking(move || {
        let cluster = Cluster::start(1);
        let directory = tempfile::tempdir().unwrap();
        let config = configure(directory.path(), &cluster.topics, &wiki, "");
        let padded = |id: u64, n_bytes: usize| {
            let (key, payload) = event(id);
            let mut event: Value = serde_json::from_slice(&payload).unwrap();
            event["comment"] = "x".repeat(n_bytes).into();
            (key, event.to_string().into_bytes())
        };
        // Little enough for the cluster, which forgets what is beyond five megabytes.
        let large = (1..=5).map(|id| padded(id, 850_000));
        cluster.topics.produce(EVENTS, large);
        let service = start(&config, &[]);
        let scores = cluster.topics.reader(SCORES);
        let mut said = Said::default();
        while said.by_revision.len() < 5 {
            said.add(&scores.next(PATIENCE).expect("a score"));
        }
        // More than an event may have: a dead letter, with all that was in it.
        let more = [padded(13, 1_200_000), event(14)];
        cluster.topics.produce(EVENTS, more.into_iter());
        said.add(&scores.next(PATIENCE).expect("a score"));
        assert!(said.by_revision.contains_key(&14));
        assert!(service.sum("revscore_kafka_pauses_total", "") >= 1.0);
        let dead = cluster
            .topics
            .reader(DEAD)
            .next(PATIENCE)
            .expect("a dead letter");
        assert!(dead.payload().unwrap().len() > 1_200_000);
        let error = header(&dead, "error").unwrap();
        assert!(
            error.starts_with("expected an event of at most 1048576 bytes, got 1200"),
            "{error}"
        );
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_is_told_to_stop_leaves_nothing_to_do_twice() {
    let wiki = Wiki::start().await;
    spawn_blocking(move || {
        let cluster = Cluster::start(4);
        let directory = tempfile::tempdir().unwrap();
        let config = configure(directory.path(), &cluster.topics, &wiki, "threads = 1");
        let first = start(&config, &[]);
        const N: u64 = 6_000;
        cluster.topics.produce(EVENTS, (1..=N).map(event));
        let n_scored =
            |service: &Service| service.sum("revscore_stream_events_total", "outcome=\"scored\"");
        wait_for("some are scored", || n_scored(&first) > 500.0);
        first.stop();
        let second = start(&config, &[]);
        let scores = cluster.topics.reader(SCORES);
        let mut said = Said::default();
        while said.by_revision.len() < N as usize {
            said.add(&scores.next(PATIENCE).expect("a score"));
        }
        while let Some(message) = scores.next(Duration::from_secs(2)) {
            said.add(&message);
        }
        assert_eq!(said.n_messages as u64, N);
        assert!(n_scored(&second) > 500.0);
    })
    .await
    .unwrap();
}

/// An event of something that happened to a page.
fn page_change(id: u64, kind: &str, change: impl FnOnce(&mut Value)) -> (String, Vec<u8>) {
    let mut event = json!({
        "$schema": "/mediawiki/page/change/1.2.0", "wiki_id": "papwiki", "page_change_kind": kind,
        "changelog_kind": "update", "dt": "2026-01-02T00:00:00Z",
        "meta": {"stream": "mediawiki.page_change.v1", "domain": "pap.wikipedia.org"},
        "page": {"page_id": id / 10 + 1, "page_title": "Village_new", "namespace_id": 0},
        "performer": {"user_text": "Author 1", "is_bot": false},
        "revision": {"rev_id": id, "is_content_visible": true, "is_editor_visible": true,
            "is_comment_visible": true},
    });
    change(&mut event);
    ("papwiki:1".to_owned(), event.to_string().into_bytes())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_that_change_reach_the_ledger_and_the_rest_is_passed_over() {
    let wiki = Wiki::start().await;
    spawn_blocking(move || {
        let cluster = Cluster::start(1);
        let directory = tempfile::tempdir().unwrap();
        let path = configure(directory.path(), &cluster.topics, &wiki, "");
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.replace("from = \"kafka\"", "from = \"kafka\"\nskip_bots = true");
        std::fs::write(&path, text).unwrap();
        let ledger = directory.path().join("ledger.db");
        let service = start(&path, &["--ledger", ledger.to_str().unwrap()]);
        let nothing = |_: &mut Value| {};
        let of_bot = |event: &mut Value| event["performer"]["is_bot"] = true.into();
        let canary = |event: &mut Value| event["meta"]["domain"] = "canary".into();
        let of_other = |event: &mut Value| event["wiki_id"] = "enwiki".into();
        let hidden = |event: &mut Value| event["revision"]["is_content_visible"] = false.into();
        let events = [
            event(11),
            page_change(12, "edit", nothing),
            page_change(13, "edit", of_bot),
            page_change(14, "edit", canary),
            page_change(15, "edit", of_other),
            page_change(16, "unheard_of", nothing),
            page_change(12, "move", nothing),
            page_change(12, "delete", nothing),
            page_change(11, "visibility_change", hidden),
        ];
        cluster.topics.produce(EVENTS, events.into_iter());
        let outcome = |outcome: &str| {
            let label = format!("outcome=\"{outcome}\"");
            service.sum("revscore_stream_events_total", &label)
        };
        wait_for("three things are taken in", || outcome("changed") == 3.0);
        assert_eq!(outcome("scored"), 2.0);
        assert_eq!(outcome("skipped"), 4.0);
        let edit = service.get("/api/v1/edits/papwiki/11");
        assert_eq!(edit["page"]["title"], "Village new");
        assert_eq!(edit["page"]["is_deleted"], true);
        assert_eq!(edit["is_text_hidden"], true);
        let edit = service.get("/api/v1/edits/papwiki/12");
        assert_eq!(edit["is_text_hidden"], false);
        // Its text was at hand, and is fetched anew for whoever asks.
        let n_calls = wiki.behaviour.n_calls.load(Relaxed);
        service.get("/v3/scores/papwiki/11/reverted?features=true");
        assert!(wiki.behaviour.n_calls.load(Relaxed) > n_calls);
        let scores = cluster.topics.reader(SCORES);
        let mut said = Said::default();
        while let Some(message) = scores.next(Duration::from_secs(1)) {
            said.add(&message);
        }
        let mut ids: Vec<&u64> = said.by_revision.keys().collect();
        ids.sort();
        assert_eq!(ids, [&11, &12]);
    })
    .await
    .unwrap();
}
