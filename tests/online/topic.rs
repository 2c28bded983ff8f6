//! Two replicas over one PostgreSQL and one topic report what one process reports over the same dump.
//!
//! Events come in order of time, once each as fast as they are followed, as in life, where the next edit comes
//! later than replicas need to hear of the last: then all figures are the same. And once all at a time, as
//! after an outage: then some scores are made with a past that lacks what the other replica was told of a
//! moment ago, and how many is said.

use std::collections::{BTreeMap, HashMap};
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Form, State};
use axum::routing::any;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::binaries::{SAMPLE, SERVE, Service, learn, run};
use crate::live::{Saved, UNTIL, edits_of};
use crate::shared::server;

#[path = "../streams/cluster.rs"]
#[expect(dead_code, reason = "the tests of streams need more of it")]
mod cluster;
use cluster::{Cluster, EVENTS};

const PATIENCE: Duration = Duration::from_secs(60);

/// The dump without pages of which something is hidden or no wikitext: a wiki does not give such revisions.
fn open_pages() -> String {
    let mut xml = String::new();
    bzip2::read::MultiBzDecoder::new(std::fs::File::open(SAMPLE).unwrap())
        .read_to_string(&mut xml)
        .unwrap();
    let mut parts = xml.split("<page>");
    let head = parts.next().unwrap();
    let pages: Vec<&str> = parts
        .map(|page| page.split("</page>").next().unwrap())
        .filter(|page| !page.contains("deleted=\"deleted\""))
        .filter(|page| {
            page.matches("<model>").count() == page.matches("<model>wikitext</model>").count()
        })
        .collect();
    let pages: Vec<String> = pages
        .iter()
        .map(|page| format!("<page>{page}</page>\n"))
        .collect();
    format!("{head}{}</mediawiki>\n", pages.concat())
}

/// A revision as the wiki's API gives it.
fn revision(saved: &Saved, parent: Option<u64>) -> Value {
    let edit = &saved.edit;
    let mut revision = json!({
        "revid": saved.rev_id, "parentid": parent.unwrap_or(0), "timestamp": saved.timestamp,
        "minor": edit["minor"], "user": edit["user"]["name"], "comment": edit["comment"].as_str().unwrap_or(""),
        "slots": {"main": {"contentmodel": "wikitext", "content": edit["text"]}},
    });
    if edit["user"]["is_anon"] == true {
        revision["anon"] = true.into();
    }
    json!({"pageid": edit["page"]["id"], "ns": edit["page"]["namespace"], "title": edit["page"]["title"],
        "revisions": [revision]})
}

async fn start_wiki(saved: &[Saved]) -> String {
    let pages = saved.iter().map(|saved| {
        let parent = saved.edit["parent"]["rev_id"].as_u64();
        (saved.rev_id, revision(saved, parent))
    });
    let pages: Arc<HashMap<u64, Value>> = Arc::new(pages.collect());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = async |State(pages): State<Arc<HashMap<u64, Value>>>,
                        Form(asked): Form<BTreeMap<String, String>>| {
        let ids = asked.get("revids").map_or("", String::as_str).split('|');
        let ids = ids.filter_map(|id| id.parse::<u64>().ok());
        let found: Vec<&Value> = ids.filter_map(|id| pages.get(&id)).collect();
        Json(json!({"batchcomplete": true, "query": {"pages": found, "users": []}}))
    };
    let app = Router::new()
        .route("/api.php", any(answer))
        .with_state(pages);
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}/api.php")
}

fn event(saved: &Saved) -> (String, Vec<u8>) {
    let page = &saved.edit["page"];
    let event = json!({
        "$schema": "/mediawiki/revision/create/2.0.0", "database": "samplewiki",
        "meta": {"stream": EVENTS}, "dt": saved.timestamp, "rev_timestamp": saved.timestamp,
        "rev_id": saved.rev_id, "page_id": page["id"], "page_namespace": page["namespace"],
        "page_title": page["title"].as_str().unwrap().replace(' ', "_"),
    });
    (
        format!("samplewiki:{}", page["id"]),
        event.to_string().into_bytes(),
    )
}

/// What a report says, but for what a replay has nothing to say of.
fn report(service: &Service) -> Value {
    let mut report = service.get("/api/v1/report?wiki=samplewiki&by=day");
    report["time_to_score"].take();
    report
}

/// A service that reads the topic.
fn start(room: &Path, config: &str, ledger: &str) -> Service {
    let flags = [
        "--config",
        config,
        "--ledger",
        ledger,
        "--history-follow-ms",
        "5",
    ];
    Service::start(room, &flags).ready()
}

fn scores(ledger: &Service, saved: &[&Saved]) -> BTreeMap<u64, f64> {
    let score = |saved: &&Saved| {
        let edit = ledger.get(&format!("/api/v1/edits/samplewiki/{}", saved.rev_id));
        (
            saved.rev_id,
            edit["scores"][0]["probability"].as_f64().unwrap(),
        )
    };
    saved.iter().map(score).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_over_one_topic_report_what_one_process_does() {
    let (Some(paced), Some(rushed)) = (server::schema().await, server::schema().await) else {
        return;
    };
    let xml = open_pages();
    let saved = edits_of(&xml);
    let api_url = start_wiki(&saved).await;
    let compared = tokio::task::spawn_blocking(move || {
        let room = tempfile::tempdir().unwrap();
        let room = room.path();
        std::fs::write(room.join("open.xml"), xml).unwrap();
        let of_dump = ["--dump", "open.xml", "--wiki", "samplewiki"];
        learn(room, "open.xml", UNTIL);
        let since = [
            "--models",
            ".",
            "--since",
            UNTIL,
            "--ledger",
            "replay.ledger",
        ];
        run(SERVE, room, &[&["replay"], &of_dump[..], &since].concat());
        let replayed = Service::start(room, &["--ledger", "replay.ledger"]);
        let expected = report(&replayed);
        assert!(
            expected["all"]["reverted"].as_u64().unwrap() > 30,
            "{expected:#}"
        );
        let (before, after): (Vec<&Saved>, Vec<&Saved>) = saved
            .iter()
            .partition(|saved| saved.timestamp.as_str() < UNTIL);
        let expected_scores = scores(&replayed, &after);
        for (ledger, is_paced) in [(&paced, true), (&rushed, false)] {
            let cluster = Cluster::start(4);
            let brokers = &cluster.topics.brokers;
            let config = format!(
                "[wiki.samplewiki]\napi_url = '{api_url}'\n[source.edits]\nfrom = 'kafka'\nbrokers = \
                 '{brokers}'\ntopics = ['{EVENTS}']\nstart = 'earliest'\noptions = {{ 'fetch.wait.max.ms' = '10' }}\n"
            );
            std::fs::write(room.join("config.toml"), config).unwrap();
            let two = [0, 1].map(|_| start(room, "config.toml", ledger));
            // The history has it from the trainer; the ledger finds later reverts to it.
            for saved in &before {
                let request = json!({"wiki": "samplewiki", "edits": [saved.edit]});
                two[0].post("/api/v1/edits", &request);
            }
            let place = |service: &Service| service.sum("revscore_history_place", "");
            let n_before = before.len() as f64;
            let wait_for = |n: f64| {
                let began = Instant::now();
                while two.iter().any(|service| place(service) < n_before + n) {
                    assert!(began.elapsed() < PATIENCE, "{n} of {}", after.len());
                    std::thread::sleep(Duration::from_millis(2));
                }
            };
            wait_for(0.0);
            match is_paced {
                true => {
                    let producer = cluster.topics.producer();
                    for (idx, saved) in after.iter().enumerate() {
                        producer.produce(EVENTS, [event(saved)].into_iter());
                        wait_for(idx as f64 + 1.0);
                    }
                }
                false => {
                    cluster
                        .topics
                        .produce(EVENTS, after.iter().map(|saved| event(saved)));
                    wait_for(after.len() as f64);
                }
            }
            let shares = two
                .each_ref()
                .map(|service| service.sum("revscore_stream_events_total", ""));
            assert!(shares.iter().all(|n| *n > 20.0), "{shares:?}");
            let found = scores(&two[0], &after);
            let differ = |by: f64| {
                let differ = found
                    .iter()
                    .filter(|(id, score)| (*score - expected_scores[id]).abs() > by);
                differ.count()
            };
            let (n, n_other, n_far) = (found.len(), differ(1e-9), differ(0.01));
            println!(
                "paced: {is_paced}: of {n} scores {n_other} are others, {n_far} by more than 0.01; {shares:?} events"
            );
            for service in &two {
                let mut found = report(service);
                if is_paced {
                    // Of two reports that differ, all of both would be too long to read.
                    assert!(
                        found == expected,
                        "{}
{}",
                        found["all"],
                        expected["all"]
                    );
                }
                // Whatever was known when: what became of the edits is the same.
                for part in ["edits", "reverted", "settled", "pending", "base_rate"] {
                    assert_eq!(found["all"][part].take(), expected["all"][part], "{part}");
                }
            }
            assert_eq!(
                n_other == 0,
                is_paced,
                "the test of what differs has to be able to fail"
            );
        }
    });
    compared.await.unwrap();
}
