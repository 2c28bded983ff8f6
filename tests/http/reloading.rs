//! The real binary while its models change: no request fails, no answer mixes two sets of models, and
//! models in the shadow are compared and never served.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use revscore::model::{Model, Target};
use serde_json::{Value, json};

use crate::process::{Service, client, start};
use crate::reload::{TOKEN, save, token_file, weighted};
use crate::support::spam;

const N_RELOADS: usize = 100;

/// Both targets' models with one weight.
fn set(weight: f64) -> [Model; 2] {
    [Target::Reverted, Target::Goodfaith].map(|target| weighted(target, weight))
}

fn save_all(models: &[Model], directory: &Path) {
    for model in models {
        save(model, directory);
    }
}

/// Asks for a reload; its status and its answer.
async fn reload(client: &reqwest::Client, service: &Service) -> (u16, Value) {
    let request = client
        .post(service.url("/api/v1/admin/reload"))
        .bearer_auth(TOKEN);
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (
        status,
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap(),
    )
}

/// Waits for a line of the metrics.
async fn wait_for(client: &reqwest::Client, service: &Service, line: &str) {
    let wait = async {
        loop {
            let metrics = client.get(service.url("/metrics")).send().await.unwrap();
            if metrics.text().await.unwrap().contains(line) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(60), wait).await;
    assert!(waited.is_ok(), "{line} is never there");
}

/// A client that asks again and again, and says which set each answer was of.
async fn ask_on(
    client: reqwest::Client,
    url: String,
    versions: Arc<[[String; 2]]>,
    is_done: Arc<AtomicBool>,
    n_answers: Arc<AtomicUsize>,
) -> Vec<usize> {
    let body = json!({"wiki": "enwiki", "edits": [spam()]}).to_string();
    let mut n_by_set = vec![0; versions.len()];
    let mut probabilities: Vec<Option<f64>> = vec![None; versions.len()];
    while !is_done.load(Ordering::Relaxed) {
        let answer = client.post(&url).body(body.clone()).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let answer: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        let version = |target: &str| {
            answer["models"][target]["version"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        let pair = [version("reverted"), version("goodfaith")];
        let place = versions.iter().position(|known| *known == pair);
        let place = place.unwrap_or_else(|| panic!("half of each: {answer}"));
        let probability = answer["scores"][0]["scores"]["reverted"]["probability"].as_f64();
        // The model is the one that the answer names.
        let known = probabilities[place].get_or_insert(probability.unwrap());
        assert_eq!(Some(*known), probability);
        n_by_set[place] += 1;
        n_answers.fetch_add(1, Ordering::Relaxed);
    }
    assert!(probabilities.iter().flatten().count() < 2 || probabilities[0] != probabilities[1]);
    n_by_set
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_reloads_cost_no_request() {
    let directory = tempfile::tempdir().unwrap();
    let sets = [set(5.0), set(1.0)];
    save_all(&sets[0], directory.path());
    let token = token_file(directory.path());
    let flags = [
        "--log",
        "off",
        "--admin-token-file",
        token.to_str().unwrap(),
    ];
    let service = start(directory.path(), &flags);
    let client = client();
    let versions: Arc<[[String; 2]]> = sets
        .each_ref()
        .map(|[a, b]| [a.version(), b.version()])
        .into();
    let (is_done, n_answers) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let (is_done, n_answers) = (Arc::clone(&is_done), Arc::clone(&n_answers));
            let url = service.url("/api/v1/score");
            tokio::spawn(ask_on(
                client.clone(),
                url,
                Arc::clone(&versions),
                is_done,
                n_answers,
            ))
        })
        .collect();
    for n in 1..=N_RELOADS {
        save_all(&sets[n % 2], directory.path());
        if n % 2 == 0 {
            let (status, answer) = reload(&client, &service).await;
            assert_eq!(status, 200, "{answer}");
            assert_eq!(answer["models"][0]["version"], versions[0][0]);
        } else {
            service.signal("HUP");
        }
        let line = format!("revscore_reloads_total{{outcome=\"taken\"}} {n}\n");
        wait_for(&client, &service, &line).await;
        // A few answers by each set.
        let enough = n_answers.load(Ordering::Relaxed) + 8;
        while n_answers.load(Ordering::Relaxed) < enough && clients.iter().all(|c| !c.is_finished())
        {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    is_done.store(true, Ordering::Relaxed);
    let mut n_by_set = [0, 0];
    for client in clients {
        for (sum, n) in n_by_set.iter_mut().zip(client.await.unwrap()) {
            *sum += n;
        }
    }
    assert!(n_by_set.iter().all(|n| *n >= 200), "{n_by_set:?}");
    wait_for(
        &client,
        &service,
        "revscore_reloads_total{outcome=\"refused\"} 0\n",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_file_is_refused_and_a_good_one_taken() {
    let directory = tempfile::tempdir().unwrap();
    let (old, new) = (set(5.0), set(1.0));
    save_all(&old, directory.path());
    let token = token_file(directory.path());
    let flags = [
        "--log",
        "off",
        "--admin-token-file",
        token.to_str().unwrap(),
    ];
    let service = start(directory.path(), &flags);
    let client = client();
    let version = async || {
        let list = client
            .get(service.url("/api/v1/models"))
            .send()
            .await
            .unwrap();
        let list: Value = serde_json::from_slice(&list.bytes().await.unwrap()).unwrap();
        list["models"][0]["version"].as_str().unwrap().to_owned()
    };
    save_all(&new, directory.path());
    std::fs::write(directory.path().join("enwiki.goodfaith.model"), "broken").unwrap();
    let (status, answer) = reload(&client, &service).await;
    assert_eq!(status, 409, "{answer}");
    assert!(
        answer.to_string().contains("enwiki.goodfaith.model"),
        "{answer}"
    );
    service.signal("HUP");
    wait_for(
        &client,
        &service,
        "revscore_reloads_total{outcome=\"refused\"} 2\n",
    )
    .await;
    assert_eq!(version().await, old[0].version());
    save_all(&new, directory.path());
    service.signal("HUP");
    wait_for(
        &client,
        &service,
        "revscore_reloads_total{outcome=\"taken\"} 1\n",
    )
    .await;
    assert_eq!(version().await, new[0].version());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn models_in_the_shadow_are_compared_and_never_served() {
    let (directory, shadow) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (served, other) = (set(5.0), set(1.0));
    save_all(&served, directory.path());
    save(&other[0], shadow.path());
    let flags = [
        "--log",
        "off",
        "--shadow-models",
        shadow.path().to_str().unwrap(),
    ];
    let service = start(directory.path(), &flags);
    let client = client();
    let body = json!({"wiki": "enwiki", "edits": [spam()]}).to_string();
    for n in 1..=20 {
        let request = client.post(service.url("/api/v1/score")).body(body.clone());
        let answer = request.send().await.unwrap();
        let answer: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        assert_eq!(answer["models"]["reverted"]["version"], served[0].version());
        // The one finds the link suspicious, the other does not; one by one, so that none is skipped.
        let compared =
            "revscore_shadow_scores_total{model=\"enwiki.reverted\",side=\"only_served\"}";
        wait_for(&client, &service, &format!("{compared} {n}\n")).await;
    }
    for line in [
        "revscore_shadow_difference_count{model=\"enwiki.reverted\"} 20\n",
        "revscore_shadow_skipped_total 0\n",
        "revscore_models_loaded 2\n",
    ] {
        wait_for(&client, &service, line).await;
    }
    let metrics = client
        .get(service.url("/metrics"))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        !metrics.contains("revscore_shadow_scores_total{model=\"enwiki.goodfaith\""),
        "{metrics}"
    );
}
