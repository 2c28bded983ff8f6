//! Scores by revision id under `/api/v1/score`: what each revision comes to, that a score is the same
//! as by text, and how many calls to the wiki it costs.

use std::time::Duration;

use revscore::feature::GROUPS;
use revscore::model::Target;
use revscore::service::{App, AppParts, Config, Models};
use serde_json::{Value, json};

use crate::support::{Asked, answers, config, model_of, post_json};
use crate::wiki::{Reply, Wiki, app_of, app_with, eventually, metric, nothing_is_open, wikis};

async fn score(app: &App, ids: &[u64]) -> Value {
    let answer = post_json(app, json!({"wiki": "enwiki", "rev_ids": ids})).await;
    assert_eq!(answer.status, 200);
    answer.json()["scores"].clone()
}

#[track_caller]
fn check_scored(scores: &Value, n: usize) {
    let scores = scores.as_array().unwrap();
    let n_scored = scores
        .iter()
        .filter(|score| score["scores"].is_object())
        .count();
    assert_eq!(n_scored, n, "{scores:?}");
}

#[tokio::test]
async fn each_revision_has_scores_or_the_reason_why_not() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    let ids = [
        1510, 1511, 1512, 1526, 1530, 1531, 1532, 1533, 1534, 1535, 1536, 1537, 1538, 1540,
    ];
    let path = "/api/v1/score";
    let rows: [Asked; 6] = [
        (path, json!({"wiki": "enwiki", "rev_ids": ids})).into(),
        (
            path,
            json!({"wiki": "en", "rev_ids": [1512], "explain": true, "without": ["author"]}),
        )
            .into(),
        (path, json!({"wiki": "frwiki", "rev_ids": [1512]})).into(),
        (path, json!({"wiki": "enwiki", "rev_ids": []})).into(),
        (
            path,
            json!({"wiki": "enwiki", "rev_ids": [1512], "edits": []}),
        )
            .into(),
        (path, json!({"wiki": "enwiki", "rev_ids": ["1512"]})).into(),
    ];
    insta::assert_json_snapshot!(answers(&app, rows).await);
    let errors = "revscore_edit_errors_total{code=\"revision_not_found\"}";
    assert_eq!(metric(&app, errors).await, 1.0);
}

/// Every feature sees the same edit, whether it was fetched or sent.
#[tokio::test]
async fn a_score_by_id_is_the_score_by_text_with_the_same_facts() {
    let wiki = Wiki::start().await;
    let features = GROUPS.iter().flat_map(|group| group.features);
    let names: Vec<&str> = features.map(|feature| feature.name).collect();
    let model = model_of("enwiki", Target::Reverted, &names, 0.01);
    let parts = AppParts {
        models: Models::new([model]),
        wikis: wikis(wiki.address, json!({})),
        ..AppParts::default()
    };
    let app = App::with_parts(parts, &config()).unwrap();
    let mill = "The mill stands in Orrin. It ground oats until 1911.";
    let longer = format!("{mill} Its wheel is kept.");
    let time = "2024-03-01T12:00:00Z";
    let jonas = json!({
        "name": "Jonas Quill", "groups": ["*", "user"], "registered_at": "2021-09-14T08:00:00Z", "edit_count": 67,
    });
    let page = json!({"id": 83, "title": "Orrin Tide Mill", "namespace": 0});
    let comment = "more about the mill";
    let of = |id: u64, parent: (u64, &str), text: &str, user: Value, parent_user: &str| {
        json!({
            "rev_id": id, "parent_text": parent.1, "text": text, "comment": comment, "minor": false,
            "timestamp": time, "user": user, "page": page,
            "parent": {"rev_id": parent.0, "timestamp": time, "user": {"name": parent_user}, "comment": comment},
        })
    };
    let spam = format!("{longer} [http://watches.example watches]");
    let first = json!({
        "rev_id": 1510, "text": mill, "comment": comment, "minor": false, "timestamp": time, "page": page,
        "user": {
            "name": "Ada Vale", "groups": ["*", "user"], "registered_at": "2021-09-14T08:00:00Z", "edit_count": 0,
        },
    });
    let temporary = json!({
        "name": "~2024-1001", "groups": ["*", "user"], "registered_at": "2021-09-14T08:00:00Z", "edit_count": 2,
    });
    let edits = [
        first,
        of(1511, (1510, mill), &longer, jonas, "Ada Vale"),
        of(
            1512,
            (1511, &longer),
            &spam,
            json!({"name": "203.0.113.77", "is_anon": true}),
            "Jonas Quill",
        ),
        of(1537, (1511, &longer), &longer, temporary, "Jonas Quill"),
        of(
            1538,
            (1511, &longer),
            &longer,
            json!({"name": "Nobody"}),
            "Jonas Quill",
        ),
    ];
    let request = json!({"wiki": "enwiki", "explain": true, "edits": edits});
    let by_text = post_json(&app, request).await.json()["scores"].clone();
    let ids = [1510, 1511, 1512, 1537, 1538];
    let ask = json!({"wiki": "enwiki", "explain": true, "rev_ids": ids});
    let by_id = post_json(&app, ask).await.json()["scores"].clone();
    assert_eq!(by_id, by_text);
    // A parent that was fetched for itself before is the same parent.
    let again = App::with_parts(
        AppParts {
            models: Models::new([model_of("enwiki", Target::Reverted, &names, 0.01)]),
            wikis: wikis(wiki.address, json!({})),
            ..AppParts::default()
        },
        &config(),
    );
    let again = again.unwrap();
    for (place, id) in ids.iter().enumerate() {
        let ask = json!({"wiki": "enwiki", "explain": true, "rev_ids": [id]});
        let one = post_json(&again, ask).await.json()["scores"][0].clone();
        assert_eq!(one, by_text[place], "{id}");
    }
}

#[tokio::test]
async fn fifty_revisions_cost_two_calls() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    let ids: Vec<u64> = (2000..2050).collect();
    check_scored(&score(&app, &ids).await, 50);
    let calls = wiki.calls();
    assert_eq!(calls.len(), 2);
    let n = |call: usize, name: &str| calls[call].parameter(name).split('|').count();
    assert_eq!(
        (n(0, "revids"), n(1, "revids"), n(1, "ususers")),
        (50, 50, 50)
    );
    let more: Vec<u64> = (2100..2220).collect();
    check_scored(&score(&app, &more).await, 120);
    assert_eq!(wiki.n_calls(), 2 + 6);
}

#[tokio::test]
async fn what_was_scored_lately_costs_no_call() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    let first = score(&app, &[1511, 1512]).await;
    let n_calls = wiki.n_calls();
    assert_eq!(score(&app, &[1512, 1511, 1512]).await[1], first[0]);
    // Another question about the same revisions needs no call either.
    let explained = json!({"wiki": "en", "rev_ids": [1511, 1512], "explain": true});
    check_scored(&post_json(&app, explained).await.json()["scores"], 2);
    assert_eq!(wiki.n_calls(), n_calls);
    assert_eq!(
        metric(
            &app,
            "revscore_cache_lookups_total{cache=\"scores\",outcome=\"hit\"}"
        )
        .await,
        3.0
    );
    assert_eq!(
        metric(
            &app,
            "revscore_cache_lookups_total{cache=\"edits\",outcome=\"hit\"}"
        )
        .await,
        2.0
    );
    // What failed is asked again.
    score(&app, &[1526]).await;
    score(&app, &[1526]).await;
    assert_eq!(wiki.n_calls(), n_calls + 2);
}

#[tokio::test]
async fn who_asks_for_what_is_being_fetched_waits_for_it() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    let release = wiki.hold();
    let ask = |ids: &'static [u64]| {
        let app = app.clone();
        tokio::spawn(async move { score(&app, ids).await })
    };
    let mut asked = vec![ask(&[1511, 1512])];
    wiki.called(1).await;
    asked.extend([ask(&[1512, 1511]), ask(&[1511]), ask(&[1512, 1512])]);
    eventually("the others wait too", async || {
        metric(&app, "revscore_joined_total").await == 5.0
    })
    .await;
    drop(release);
    for (asked, n) in asked.into_iter().zip([2, 2, 1, 2]) {
        check_scored(&asked.await.unwrap(), n);
    }
    assert_eq!(wiki.n_calls(), 2);
    nothing_is_open(&app).await;
}

#[tokio::test]
async fn a_client_that_leaves_does_not_end_the_fetch_of_another() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    let release = wiki.hold();
    let ask = || {
        let app = app.clone();
        tokio::spawn(async move { score(&app, &[1512]).await })
    };
    let leaves = ask();
    wiki.called(1).await;
    let stays = ask();
    eventually("the other waits", async || {
        metric(&app, "revscore_joined_total").await == 1.0
    })
    .await;
    leaves.abort();
    assert!(leaves.await.unwrap_err().is_cancelled());
    drop(release);
    check_scored(&stays.await.unwrap(), 1);
    assert_eq!(wiki.n_calls(), 2);
    // Nobody waits, and yet it is at hand for whoever asks next.
    let release = wiki.hold();
    let leaves = {
        let app = app.clone();
        tokio::spawn(async move { score(&app, &[1511]).await })
    };
    wiki.called(3).await;
    leaves.abort();
    drop(release);
    nothing_is_open(&app).await;
    wiki.called(4).await;
    check_scored(&score(&app, &[1511]).await, 1);
    assert_eq!(wiki.n_calls(), 4);
}

#[tokio::test]
async fn the_cache_keeps_its_bound() {
    let wiki = Wiki::start().await;
    let cache_bytes = 100_000;
    let app = app_with(
        wiki.address,
        json!({}),
        Config {
            cache_bytes,
            ..config()
        },
    );
    for start in (2000..3000).step_by(50) {
        let ids: Vec<u64> = (start..start + 50).collect();
        check_scored(&score(&app, &ids).await, 50);
        let edits = metric(&app, "revscore_cache_bytes{cache=\"edits\"}").await;
        let scores = metric(&app, "revscore_cache_bytes{cache=\"scores\"}").await;
        assert!(edits + scores <= cache_bytes as f64, "{edits} + {scores}");
    }
    let edits = metric(&app, "revscore_cache_bytes{cache=\"edits\"}").await;
    assert!(edits > 0.0, "nothing is kept");
    let none = app_with(
        wiki.address,
        json!({}),
        Config {
            cache_bytes: 0,
            ..config()
        },
    );
    check_scored(&score(&none, &[1511]).await, 1);
    check_scored(&score(&none, &[1511]).await, 1);
}

#[tokio::test]
async fn what_was_kept_long_enough_is_fetched_again() {
    let wiki = Wiki::start().await;
    let app = app_with(
        wiki.address,
        json!({}),
        Config {
            cache_seconds: 1,
            ..config()
        },
    );
    check_scored(&score(&app, &[1512]).await, 1);
    let n_calls = wiki.n_calls();
    eventually("it is fetched again", async || {
        check_scored(&score(&app, &[1512]).await, 1);
        tokio::time::sleep(Duration::from_millis(50)).await;
        wiki.n_calls() > n_calls
    })
    .await;
}

#[tokio::test]
async fn an_answer_in_pieces_is_put_together() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    let ids = [1510, 1511, 1512, 1526, 1537, 2001, 2002];
    let whole = score(&app, &ids).await;
    wiki.always(Reply::Pieces);
    let app = app_of(wiki.address);
    let n_calls = wiki.n_calls();
    assert_eq!(score(&app, &ids).await, whole);
    assert!(wiki.n_calls() > n_calls + 6, "{:?}", wiki.calls());
    wiki.always(Reply::ListedBad);
    assert_eq!(score(&app_of(wiki.address), &ids).await, whole);
}

/// Sixty revisions are two batches; one of them hangs.
#[tokio::test]
async fn a_batch_that_hangs_costs_no_other_its_scores() {
    let wiki = Wiki::start().await;
    let config = Config {
        timeout_ms: 1_000,
        ..config()
    };
    let app = app_with(wiki.address, json!({"timeout_ms": 20_000}), config);
    wiki.script([Reply::Hang]);
    let ids: Vec<u64> = (0..59).map(|n| 900_000 + n).chain([1512]).collect();
    let answer = score(&app, &ids).await;
    let codes: Vec<&str> = answer
        .as_array()
        .unwrap()
        .iter()
        .map(|score| score["error"]["code"].as_str().unwrap_or("scored"))
        .collect();
    let n_hanging = codes.iter().filter(|code| **code == "wiki_timeout").count();
    // Whichever of them was called first.
    assert!(n_hanging == 50 || n_hanging == 10, "{codes:?}");
    assert!(
        codes
            .iter()
            .all(|code| ["wiki_timeout", "revision_not_found", "scored"].contains(code))
    );
}

/// MediaWiki refuses a whole call for one id that it cannot read.
#[tokio::test]
async fn an_id_that_cannot_be_costs_no_other_its_scores() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    let answer = score(&app, &[u64::MAX, 0, 1512]).await;
    assert_eq!(answer[0]["error"]["code"], "revision_not_found");
    assert_eq!(answer[1]["error"]["code"], "revision_not_found");
    assert!(answer[2]["scores"].is_object(), "{answer}");
    for call in wiki.calls() {
        let ids = call.parameters.get("revids").cloned().unwrap_or_default();
        assert!(
            ids.split('|')
                .all(|id| id.parse::<i64>().is_ok_and(|id| id > 0)),
            "{ids}"
        );
    }
}
