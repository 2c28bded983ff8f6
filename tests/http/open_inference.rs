//! Open Inference Protocol's shapes over REST: metadata, readiness, tensors of ids in and of scores
//! out, where only some or none of the revisions can be scored, and what is no such request.

use serde_json::{Value, json};

use crate::support::{Asked, answers, get};
use crate::wiki::{Wiki, app_of};

const INFER: &str = "/v2/models/enwiki-damaging/infer";

fn tensor(ids: &[u64]) -> Value {
    json!({"name": "rev_id", "shape": [ids.len()], "datatype": "INT64", "data": ids})
}

#[tokio::test]
async fn the_server_and_its_models_are_described() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    let paths = [
        "/v2",
        "/v2/",
        "/v2/health/live",
        "/v2/health/ready",
        "/v2/models/enwiki-damaging",
        "/v2/models/enwiki-damaging/ready",
        "/v2/models/enwiki-goodfaith/versions/none",
        "/v2/models/enwiki-spam",
        "/v2/models/enwiki-spam/ready",
        "/v2/models/damaging/versions/1/ready",
        "/v2/nothing",
        INFER,
    ];
    insta::assert_json_snapshot!(answers(&app, paths.map(Into::into)).await);
}

#[tokio::test]
async fn the_version_that_is_served_may_be_named() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    let described = get(&app, "/v2/models/enwiki-damaging").await.json();
    let version = described["versions"][0].as_str().unwrap();
    let path = format!("/v2/models/enwiki-damaging/versions/{version}");
    assert_eq!(get(&app, &path).await.json(), described);
    let ready = get(&app, &format!("{path}/ready")).await.json();
    assert_eq!(ready, json!({"name": "enwiki-damaging", "ready": true}));
    let body = json!({"inputs": [tensor(&[1512])]}).to_string();
    let answer = crate::support::post_to(&app, &format!("{path}/infer"), body).await;
    assert_eq!(answer.json()["model_version"], version);
}

#[tokio::test]
async fn ids_go_in_and_scores_come_out() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    let mut unsigned = tensor(&[1512]);
    unsigned["datatype"] = "UINT64".into();
    let rows: [Asked; 7] = [
        (INFER, json!({"id": "7", "inputs": [tensor(&[1511, 1512])]})).into(),
        (
            INFER,
            json!({"inputs": [unsigned], "outputs": [{"name": "probability"}]}),
        )
            .into(),
        (
            "/v2/models/enwiki-goodfaith/infer",
            json!({"inputs": [tensor(&[1511, 1512])]}),
        )
            .into(),
        // A part of them, and none of them.
        (
            INFER,
            json!({"id": "8", "inputs": [tensor(&[1526, 1512, 1530])]}),
        )
            .into(),
        (INFER, json!({"inputs": [tensor(&[1526, 1530])]})).into(),
        (INFER, json!({"inputs": [tensor(&[1530])]})).into(),
        (
            INFER,
            json!({"inputs": [tensor(&[1512, 1512])], "outputs": [{"name": "error"}]}),
        )
            .into(),
    ];
    insta::assert_json_snapshot!(answers(&app, rows).await);
}

#[tokio::test]
async fn what_is_no_request_is_refused() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    let with = |field: &str, value: Value| {
        let mut tensor = tensor(&[1512]);
        tensor[field] = value;
        (INFER, json!({"inputs": [tensor]})).into()
    };
    let rows: [Asked; 15] = [
        (INFER, "").into(),
        (INFER, "[]").into(),
        (INFER, json!({"inputs": []})).into(),
        (INFER, json!({"inputs": [tensor(&[1]), tensor(&[2])]})).into(),
        with("name", json!("page_id")),
        with("datatype", json!("BYTES")),
        with("shape", json!([2])),
        with("shape", json!([1, 1])),
        with("data", json!([1, 2])),
        with("data", json!(["1512"])),
        with("data", json!([-1])),
        (INFER, json!({"inputs": [tensor(&[])]})).into(),
        (
            INFER,
            json!({"inputs": [tensor(&[1512])], "outputs": [{"name": "logits"}]}),
        )
            .into(),
        (
            "/v2/models/enwiki-spam/infer",
            json!({"inputs": [tensor(&[1512])]}),
        )
            .into(),
        (
            "/v2/models/enwiki-damaging/versions/0/infer",
            json!({"inputs": [tensor(&[1512])]}),
        )
            .into(),
    ];
    insta::assert_json_snapshot!(answers(&app, rows).await);
    let many: Vec<u64> = (2000..2257).collect();
    let body = json!({"inputs": [tensor(&many)]}).to_string();
    let answer = crate::support::post_to(&app, INFER, body).await;
    assert_eq!((answer.status.as_u16(), wiki.n_calls()), (400, 0));
    assert!(answer.json()["error"].is_string());
}
