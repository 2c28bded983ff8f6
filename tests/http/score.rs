//! `POST /api/v1/score`.

use serde_json::{Value, json};

use revscore::model::Target;
use revscore::service::{App, AppParts, Config, Ledger, Models, WikiNames};

use crate::support::{
    app, config, correction, get, model, models, occupy, post_json, post_to, spam, without_versions,
};

#[tokio::test]
async fn edits_are_scored_and_explained() {
    let app = app();
    let request = json!({"wiki": "enwiki", "targets": ["reverted"], "explain": true, "edits": [spam(), correction()]});
    let answer = post_json(&app, request).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["content-type"], "application/json");
    insta::assert_json_snapshot!(without_versions(answer.json()));
}

#[tokio::test]
async fn all_targets_of_the_wiki_are_scored_without_being_named() {
    let app = app();
    let answer = post_json(&app, json!({"wiki": "enwiki", "edits": [spam()]}))
        .await
        .json();
    let scores = &answer["scores"][0]["scores"];
    assert_eq!(answer["models"]["goodfaith"]["name"], "enwiki.goodfaith");
    assert_eq!(scores["reverted"]["prediction"], true);
    assert_eq!(scores["goodfaith"]["prediction"], false);
    // Flags are about what is looked for: bad faith.
    assert_eq!(scores["reverted"]["levels"], scores["goodfaith"]["levels"]);
    assert_eq!(scores["reverted"]["explanation"], Value::Null);
}

#[tokio::test]
async fn a_wiki_without_a_model_borrows_the_one_for_any_wiki() {
    let answer = post_json(&app(), json!({"wiki": "papwiki", "edits": [spam()]}))
        .await
        .json();
    assert_eq!(answer["wiki"], "papwiki");
    assert_eq!(answer["models"]["reverted"]["name"], "any.reverted");
    assert_eq!(
        answer["scores"][0]["scores"]["reverted"]["prediction"],
        true
    );
}

#[tokio::test]
async fn one_bad_edit_costs_no_other_its_scores() {
    let bad = [
        json!({"rev_id": 10}),
        json!({"rev_id": 11, "text": "", "coment": "x"}),
        json!({"rev_id": 12, "text": "", "timestamp": "yesterday"}),
        json!({"rev_id": 13, "text": "x".repeat(10_001)}),
        json!({"rev_id": 14, "text": ["x"]}),
        json!(null),
    ];
    let edits: Vec<Value> = bad
        .into_iter()
        .flat_map(|bad| [spam(), bad])
        .chain([correction()])
        .collect();
    let app = app();
    let answer = post_json(
        &app,
        json!({"wiki": "enwiki", "targets": ["reverted"], "edits": edits}),
    )
    .await;
    assert_eq!(answer.status, 200);
    let answer = answer.json();
    let scores = answer["scores"].as_array().unwrap();
    assert_eq!(scores.len(), 13);
    assert!(
        scores
            .iter()
            .step_by(2)
            .all(|score| score["scores"]["reverted"]["probability"].is_f64()),
        "{scores:#?}"
    );
    let errors: Vec<&Value> = scores.iter().skip(1).step_by(2).collect();
    insta::assert_json_snapshot!(errors);
    let metrics = String::from_utf8(get(&app, "/metrics").await.body.to_vec()).unwrap();
    assert!(
        metrics.contains("revscore_edit_errors_total{code=\"text_too_large\"} 1"),
        "{metrics}"
    );
}

#[tokio::test]
async fn scores_keep_the_order_of_the_edits() {
    let edit = |rev_id: usize| json!({"rev_id": rev_id, "parent_text": "a", "text": "b ".repeat(300 - rev_id)});
    let edits: Vec<Value> = (1..=256).map(edit).collect();
    let answer = post_json(&app(), json!({"wiki": "enwiki", "edits": edits}))
        .await
        .json();
    let rev_ids: Vec<u64> = answer["scores"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["rev_id"].as_u64().unwrap())
        .collect();
    assert_eq!(rev_ids, (1..=256).collect::<Vec<u64>>());
}

#[tokio::test]
async fn text_that_is_not_saved_needs_no_id() {
    let answer = post_json(
        &app(),
        json!({"wiki": "enwiki", "edits": [{"text": "Hello"}]}),
    )
    .await
    .json();
    assert_eq!(answer["scores"][0]["rev_id"], Value::Null);
    assert!(answer["scores"][0]["scores"]["reverted"]["probability"].is_f64());
}

#[track_caller]
fn check(answer: &Value, message: &str) {
    assert!(
        answer["error"]["message"]
            .as_str()
            .unwrap()
            .starts_with(message),
        "{answer}"
    );
}

#[tokio::test]
async fn models_that_are_not_there_are_named_with_those_that_are() {
    let app = app();
    let request = json!({"wiki": "dewiki", "targets": ["damaging"], "edits": [spam()]});
    let answer = post_json(&app, request).await;
    assert_eq!(answer.code(), (404, "model_not_found".into()));
    let known = "there are any.reverted, enwiki.reverted, enwiki.goodfaith";
    check(
        &answer.json(),
        &format!("no model scores damaging for \"dewiki\"; {known}"),
    );
    let answer = post_json(
        &app,
        json!({"wiki": "enwiki", "targets": ["spam"], "edits": [spam()]}),
    )
    .await;
    assert_eq!(answer.code(), (400, "unknown_target".into()));
    check(
        &answer.json(),
        "expected reverted, vandalism, damaging or goodfaith, got \"spam\"",
    );
    let answer = post_json(
        &app,
        json!({"wiki": "enwiki", "targets": [], "edits": [spam()]}),
    )
    .await;
    assert_eq!(answer.code(), (400, "invalid_request".into()));
    check(
        &answer.json(),
        "the request is not understood: expected at least one target",
    );
}

#[tokio::test]
async fn without_a_model_for_any_wiki_others_are_not_found() {
    let app = App::new(Models::new([model("enwiki", Target::Reverted)]), &config()).unwrap();
    let answer = post_json(&app, json!({"wiki": "dewiki", "edits": [spam()]})).await;
    assert_eq!(answer.code(), (404, "model_not_found".into()));
    check(
        &answer.json(),
        "no model scores \"dewiki\"; there are enwiki.reverted",
    );
}

#[tokio::test]
async fn batches_have_one_to_256_edits() {
    let app = app();
    for n in [0, 257, 1_000] {
        let answer = post_json(
            &app,
            json!({"wiki": "enwiki", "edits": vec![json!({"text": ""}); n]}),
        )
        .await;
        assert_eq!(answer.code(), (400, "invalid_batch_size".into()));
        check(&answer.json(), &format!("expected 1 to 256 edits, got {n}"));
    }
}

#[tokio::test]
async fn scores_are_counted_by_model_and_bucket() {
    let app = app();
    post_json(
        &app,
        json!({"wiki": "enwiki", "targets": ["reverted"], "edits": [spam(), correction()]}),
    )
    .await;
    let metrics = String::from_utf8(get(&app, "/metrics").await.body.to_vec()).unwrap();
    for line in [
        "revscore_scores_total{model=\"enwiki.reverted\",bucket=\"0.1\"} 1",
        "revscore_scores_total{model=\"enwiki.reverted\",bucket=\"0.8\"} 1",
        "revscore_requests_total{dialect=\"api\",route=\"/api/v1/score\",status=\"200\"} 1",
        "revscore_stage_seconds_count{stage=\"read\"} 1",
        "revscore_stage_seconds_count{stage=\"parse\"} 3",
        "revscore_stage_seconds_count{stage=\"queue\"} 2",
        "revscore_stage_seconds_count{stage=\"score\"} 2",
        "revscore_models_loaded 3",
    ] {
        assert!(metrics.contains(line), "{line} is not in:\n{metrics}");
    }
}

#[tokio::test]
async fn a_large_batch_is_read_by_the_pool() {
    let app = App::new(
        models(),
        &Config {
            max_body_bytes: 1 << 20,
            ..config()
        },
    )
    .unwrap();
    let edit = json!({"text": "word ".repeat(2_000)});
    let request = |edits| json!({"wiki": "enwiki", "edits": edits});
    let answer = post_json(&app, request(vec![edit.clone(); 40])).await;
    assert_eq!(answer.json()["scores"].as_array().unwrap().len(), 40);
    let answer = post_json(
        &app,
        request(
            vec![edit.clone(); 40]
                .into_iter()
                .chain(vec![json!({}); 217])
                .collect(),
        ),
    )
    .await;
    assert_eq!(answer.code(), (400, "invalid_batch_size".into()));
    let late = App::new(
        models(),
        &Config {
            max_body_bytes: 1 << 20,
            timeout_ms: 5,
            threads: 1,
            ..config()
        },
    )
    .unwrap();
    let release = occupy(&late).await;
    assert_eq!(
        post_json(&late, request(vec![edit; 40])).await.code(),
        (504, "timeout".into())
    );
    drop(release);
}

/// What is said to be in the ledger is there, all of it.
#[tokio::test]
async fn scores_are_recorded_when_that_is_said() {
    let directory = tempfile::tempdir().unwrap();
    let config = Config {
        ledger: Some(directory.path().join("ledger").into()),
        ledger_wikis: Some(WikiNames(vec!["enwiki".to_owned()])),
        ..config()
    };
    let models = models();
    let parts = AppParts {
        ledger: Ledger::configured(&config, &models).await.unwrap(),
        models,
        ..AppParts::default()
    };
    let app = App::with_parts(parts, &config).unwrap();
    let of = |rev_id: u64, changes: Value| {
        let mut edit = spam();
        edit["rev_id"] = json!(rev_id);
        for (name, value) in changes.as_object().unwrap() {
            edit[name] = value.clone();
        }
        edit
    };
    let unsaved = of(0, json!({"rev_id": null}));
    let future = of(8, json!({"timestamp": "9999-01-01T00:00:00Z"}));
    let what_if = of(9, json!({"features": {"links.added": 0}}));
    for (wiki, edits, recorded) in [
        ("enwiki", vec![of(1, json!({})), of(2, json!({}))], true),
        ("enwiki", vec![of(1, json!({}))], true),
        ("enwiki", vec![of(3, json!({})), unsaved], false),
        ("enwiki", vec![future], false),
        ("enwiki", vec![what_if], false),
        ("papwiki", vec![of(4, json!({}))], false),
    ] {
        let request = json!({"wiki": wiki, "edits": edits});
        let answer = post_to(&app, "/api/v1/score?recorded=true", request.to_string()).await;
        assert_eq!(answer.json()["recorded"], recorded, "{}", answer.json());
    }
    for (rev_id, status) in [(1, 200), (2, 200), (3, 200), (4, 404), (8, 404), (9, 404)] {
        let kept = get(&app, &format!("/api/v1/edits/enwiki/{rev_id}")).await;
        assert_eq!(kept.status, status, "{rev_id}");
    }
    let plain = post_json(&app, json!({"wiki": "enwiki", "edits": [spam()]})).await;
    assert!(plain.json().get("recorded").is_none());
}
