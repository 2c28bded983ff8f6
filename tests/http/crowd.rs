//! The real binary with many times the clients that it can answer: those whom it takes are answered
//! in time, all others are told when to come back, memory does not grow, and each client has its share.

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::JoinSet;

use crate::process::{Service, begin_request_of, client, directory, start};
use crate::support::spam;

const TIMEOUT_MS: u64 = 5_000;

/// Clients that ask again at once, whatever they are told.
const N_CLIENTS: usize = 40;

/// Answers after which a crowd goes away.
const N_ANSWERS: usize = 60;

/// What glibc keeps may vary; a leak of bodies would be ten times as much.
const MAX_GROWTH_BYTES: u64 = 32 << 20;

/// What a process has in memory.
fn resident_bytes(service: &Service) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", service.id())).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kilobytes << 10
}

#[derive(Default)]
struct Counts {
    n_answered: usize,
    n_refused: usize,
    slowest: Duration,
}

async fn ask_on(
    client: reqwest::Client,
    url: String,
    body: String,
    n_answered: Arc<AtomicUsize>,
) -> Counts {
    let mut counts = Counts::default();
    while n_answered.load(Ordering::Relaxed) < N_ANSWERS {
        let started = Instant::now();
        let answer = client.post(&url).body(body.clone()).send().await.unwrap();
        let status = answer.status().as_u16();
        let retry_after = answer.headers().get("retry-after").cloned();
        let text = answer.text().await.unwrap();
        match status {
            200 => {
                assert!(!text.contains("\"error\""), "{text}");
                counts.n_answered += 1;
                n_answered.fetch_add(1, Ordering::Relaxed);
                counts.slowest = counts.slowest.max(started.elapsed());
            }
            503 => {
                assert!(text.contains("\"overloaded\""), "{text}");
                assert_eq!(retry_after.unwrap(), "1");
                counts.n_refused += 1;
            }
            status => panic!("{status}: {text}"),
        }
    }
    counts
}

/// All clients at once.
async fn crowd(service: &Service) -> Counts {
    // 4 edits of 20 kB, each of which changes a word in ten.
    let text = |word: &str| -> String {
        let words = (0..2_000).map(|n| match n % 10 {
            0 => format!("{word}{n} "),
            _ => format!("word{n} "),
        });
        words.collect()
    };
    let edit = json!({"parent_text": text("old"), "text": text("new")});
    let body = json!({"wiki": "enwiki", "edits": vec![edit; 4]}).to_string();
    let mut clients = JoinSet::new();
    let (client, n_answered) = (client(), Arc::new(AtomicUsize::new(0)));
    for _ in 0..N_CLIENTS {
        let url = service.url("/api/v1/score");
        clients.spawn(ask_on(
            client.clone(),
            url,
            body.clone(),
            Arc::clone(&n_answered),
        ));
    }
    let mut sum = Counts::default();
    for counts in clients.join_all().await {
        sum.n_answered += counts.n_answered;
        sum.n_refused += counts.n_refused;
        sum.slowest = sum.slowest.max(counts.slowest);
    }
    sum
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_taken_is_answered_in_time_and_memory_does_not_grow() {
    let directory = directory();
    let timeout = TIMEOUT_MS.to_string();
    let limits = [
        "--queue",
        "64",
        "--max-requests",
        "16",
        "--timeout-ms",
        &timeout,
    ];
    let service = start(directory.path(), &[&["--log", "off"], &limits[..]].concat());
    crowd(&service).await;
    let middle = resident_bytes(&service);
    let counts = crowd(&service).await;
    let end = resident_bytes(&service);
    let Counts {
        n_answered,
        n_refused,
        slowest,
    } = counts;
    assert!(
        n_answered >= 10 && n_refused > n_answered,
        "{n_answered} {n_refused}"
    );
    // Reading a body and writing an answer have their own limits; here they are short.
    assert!(
        slowest < Duration::from_millis(2 * TIMEOUT_MS),
        "{slowest:?}"
    );
    assert!(end < middle + MAX_GROWTH_BYTES, "{middle} -> {end} bytes");
    let metrics = client()
        .get(service.url("/metrics"))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    for line in [
        "revscore_waiting_edits 0\n",
        "revscore_rejected_total{reason=\"queue_full\"}",
    ] {
        assert!(metrics.contains(line), "{metrics}");
    }
    // All is well again.
    let body = json!({"wiki": "enwiki", "edits": [spam()]}).to_string();
    let answer = client()
        .post(service.url("/api/v1/score"))
        .body(body)
        .send()
        .await;
    assert_eq!(answer.unwrap().status(), 200);
}

/// A whole request of a client; its status line and what stands in the answer.
fn ask(service: &Service, lines: &str) -> String {
    let body = json!({"wiki": "enwiki", "edits": [spam()]}).to_string();
    let mut stream = std::net::TcpStream::connect(service.address).unwrap();
    let head = format!(
        "POST /api/v1/score HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{lines}content-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    // It may be answered before the body is read.
    let _ = stream.write_all(body.as_bytes());
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

#[track_caller]
fn check(service: &Service, lines: &str, is_taken: bool) {
    let answer = ask(service, lines);
    if is_taken {
        assert!(
            answer.starts_with("HTTP/1.1 200 OK\r\n"),
            "{lines:?}: {answer}"
        );
    } else {
        assert!(
            answer.starts_with("HTTP/1.1 429 Too Many Requests\r\n"),
            "{lines:?}: {answer}"
        );
        assert!(answer.contains("retry-after: 1\r\n"), "{answer}");
        assert!(answer.contains("\"client_limit\""), "{answer}");
    }
}

#[test]
fn a_client_has_its_share_by_the_name_that_the_proxy_gives_it() {
    let directory = directory();
    let flags = [
        "--max-client-requests",
        "2",
        "--client-header",
        "X-Client-IP",
    ];
    let service = start(directory.path(), &flags);
    let (greedy, other) = ("x-client-ip: 192.0.2.1\r\n", "x-client-ip: 192.0.2.2\r\n");
    let open = [greedy, greedy].map(|lines| begin_request_of(&service, lines, "never sent"));
    check(&service, greedy, false);
    check(&service, other, true);
    // Whom no proxy names is the address that connects.
    check(&service, "", true);
    drop(open);
    let deadline = Instant::now() + Duration::from_secs(60);
    while ask(&service, greedy).starts_with("HTTP/1.1 429") {
        assert!(
            Instant::now() < deadline,
            "it keeps the places of those who left"
        );
    }
    check(&service, greedy, true);
}

#[test]
fn a_client_has_its_share_by_its_address() {
    let directory = directory();
    let service = start(directory.path(), &["--max-client-requests", "1"]);
    let open = begin_request_of(&service, "", "never sent");
    check(&service, "", false);
    // A header that nobody configured names nobody.
    check(&service, "x-client-ip: 192.0.2.2\r\n", false);
    let metrics = ureq::get(service.url("/metrics")).call().unwrap();
    let metrics = metrics.into_body().read_to_string().unwrap();
    let line = "revscore_rejected_total{reason=\"client_limit\"} 2\n";
    assert!(metrics.contains(line), "{metrics}");
    drop(open);
}
