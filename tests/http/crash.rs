//! The ledger of a service that is killed over and over: what was acknowledged is there, and nothing is
//! there twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::process::{Service, client, directory, start};

/// How often it is killed.
const ROUNDS: u64 = 50;

/// Clients that send edits, each as often as this: 500 edits a second together.
const CLIENTS: usize = 5;
const PACE: Duration = Duration::from_millis(10);

/// What was acknowledged of a page's three edits: a good one, spam, and its revert.
#[derive(Clone, Default)]
struct Page {
    id: u64,
    scores: Vec<f64>,
    n_told: usize,
}

impl Page {
    fn rev_id(&self, edit: usize) -> u64 {
        3 * self.id + edit as u64
    }

    /// The next edit, as a client sends it.
    fn edit(&self, edit: usize) -> Value {
        const GOOD: &str = "A river in the north.";
        const SPAM: &str = "A river in the north. [http://spam.example buy]";
        let (text, parent, user) = [
            (GOOD, Value::Null, "Ada"),
            (SPAM, json!(GOOD), "192.0.2.7"),
            (GOOD, json!(SPAM), "Ben"),
        ][edit]
            .clone();
        // All edits of a page are of the day that its id says, ten seconds apart.
        let day = self.id % 28 + 1;
        json!({
            "rev_id": self.rev_id(edit), "text": text, "parent_text": parent,
            "timestamp": format!("2026-01-{day:02}T12:00:{:02}Z", 10 * edit),
            "user": {"name": user}, "page": {"id": self.id, "title": format!("River {}", self.id), "namespace": 0},
        })
    }

    /// Sends what is missing, edit by edit, until all is acknowledged or nobody answers.
    async fn go_on(&mut self, client: &Client, service: &str, is_over: &AtomicBool) {
        let mut pace = tokio::time::interval(PACE);
        while self.n_told < 3 && !is_over.load(Ordering::Relaxed) {
            pace.tick().await;
            let request = json!({"wiki": "enwiki", "edits": [self.edit(self.n_told)]}).to_string();
            if self.scores.len() == self.n_told {
                let url = format!("{service}/api/v1/score?recorded=true");
                let Some(answer) = post(client, &url, request.clone()).await else {
                    return;
                };
                assert_eq!(answer["recorded"], true, "{answer}");
                let score = &answer["scores"][0]["scores"]["reverted"];
                self.scores.push(score["probability"].as_f64().unwrap());
            }
            let Some(answer) = post(client, &format!("{service}/api/v1/edits"), request).await
            else {
                return;
            };
            assert_eq!(answer["edits"][0]["status"], "observed", "{answer}");
            self.n_told += 1;
        }
    }

    /// What was acknowledged is in the ledger.
    async fn check(&self, client: &Client, service: &str) {
        for (edit, probability) in self.scores.iter().enumerate() {
            let id = self.rev_id(edit);
            let url = format!("{service}/api/v1/edits/enwiki/{id}");
            let answer = client.get(url).send().await.unwrap();
            assert_eq!(answer.status(), 200, "revision {id} is lost");
            let kept: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
            assert_eq!(kept["scores"].as_array().unwrap().len(), 1, "{kept:#}");
            assert_eq!(
                kept["scores"][0]["probability"],
                json!(probability),
                "{kept:#}"
            );
            if edit == 1 && self.n_told == 3 {
                let outcome = &kept["outcome"];
                assert_eq!(outcome["status"], "reverted", "{kept:#}");
                assert_eq!(outcome["reverted_by"], self.rev_id(2), "{kept:#}");
                assert_eq!(outcome["seconds_to_revert"], 10, "{kept:#}");
            }
        }
    }
}

/// An answer; `None` when the service is gone.
async fn post(client: &Client, url: &str, body: String) -> Option<Value> {
    let answer = client.post(url).body(body).send().await.ok()?;
    let status = answer.status();
    let bytes = answer.bytes().await.ok()?;
    let answer: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(status, 200, "{answer}");
    Some(answer)
}

fn start_over(directory: &std::path::Path) -> Service {
    let ledger = directory.join("wikis.ledger");
    let ledger = ledger.to_str().unwrap();
    start(
        directory,
        &[
            "--ledger",
            ledger,
            "--ledger-wikis",
            "enwiki",
            "--log",
            "error",
        ],
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_outlives_being_killed_and_nothing_is_doubled() {
    let directory = directory();
    let client = client();
    let mut done: Vec<Page> = Vec::new();
    let mut open: Vec<Page> = Vec::new();
    let mut n_pages = 0;
    // Pauses that look random and are the same each time.
    let mut seed = 7_u64;
    for _ in 0..ROUNDS {
        let service = start_over(directory.path());
        let url = service.url("");
        for page in open.iter().chain(done.iter().rev().take(20)) {
            page.check(&client, &url).await;
        }
        let is_over = Arc::new(AtomicBool::new(false));
        let left = Arc::new(Mutex::new(std::mem::take(&mut open)));
        let next = Arc::new(std::sync::atomic::AtomicU64::new(n_pages));
        let clients = (0..CLIENTS).map(|_| {
            let (client, url, is_over) = (client.clone(), url.clone(), Arc::clone(&is_over));
            let (left, next) = (Arc::clone(&left), Arc::clone(&next));
            tokio::spawn(async move {
                let mut pages = Vec::new();
                while !is_over.load(Ordering::Relaxed) {
                    let begun = left.lock().await.pop();
                    let mut page = begun.unwrap_or_else(|| Page {
                        id: next.fetch_add(1, Ordering::Relaxed) + 1,
                        ..Page::default()
                    });
                    page.go_on(&client, &url, &is_over).await;
                    let is_gone = page.n_told < 3;
                    pages.push(page);
                    if is_gone {
                        break;
                    }
                }
                pages
            })
        });
        let clients: Vec<_> = clients.collect();
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        tokio::time::sleep(Duration::from_millis(20 + (seed >> 33) % 300)).await;
        service.signal("KILL");
        is_over.store(true, Ordering::Relaxed);
        for client in clients {
            let (whole, begun): (Vec<Page>, Vec<Page>) = client
                .await
                .unwrap()
                .into_iter()
                .partition(|page| page.n_told == 3);
            done.extend(whole);
            open.extend(begun);
        }
        open.append(&mut *left.lock().await);
        n_pages = next.load(Ordering::Relaxed);
        let (status, _) = service.wait();
        assert!(!status.success());
    }
    // What nobody acknowledged is sent again, as clients do; then all is there once.
    let service = start_over(directory.path());
    let url = service.url("");
    let is_over = AtomicBool::new(false);
    for page in &mut open {
        page.go_on(&client, &url, &is_over).await;
        assert_eq!(page.n_told, 3);
    }
    done.append(&mut open);
    for page in &done {
        page.check(&client, &url).await;
    }
    let n = done.len() as u64;
    println!("{n} pages, {} edits, killed {ROUNDS} times", 3 * n);
    assert!(n > 5 * ROUNDS, "only {n} pages");
    let answer = client.get(format!(
        "{url}/api/v1/report?wiki=enwiki&by=day&threshold=0.5"
    ));
    let answer = answer.send().await.unwrap().bytes().await.unwrap();
    let report: Value = serde_json::from_slice(&answer).unwrap();
    let all = &report["all"];
    assert_eq!(all["scored"], 3 * n, "{report:#}");
    // The first edit of a page does not count.
    assert_eq!(all["not_counted"], n, "{report:#}");
    // Those of the last two days are known to be reverted, and in no share yet.
    let sum = |a: &str, b: &str| all[a].as_u64().unwrap() + all[b].as_u64().unwrap();
    assert_eq!(sum("reverted", "pending_reverted"), n, "{report:#}");
    assert_eq!(sum("caught", "pending_caught"), n, "{report:#}");
    let days = report["groups"].as_array().unwrap();
    let sum: u64 = days.iter().map(|day| day["scored"].as_u64().unwrap()).sum();
    assert_eq!(sum, 3 * n);
}
