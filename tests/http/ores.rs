//! ORES' shapes: every route of versions 1 to 3, every parameter, every outcome of a revision inside
//! an answer with status 200, and every error of a whole request, as ORES 1.4.0 had them.

use axum::body::Body;
use axum::http::Request;
use revscore::service::Config;
use serde_json::{Value, json};

use crate::support::{answers, config, get, occupy, post_to, send};
use crate::wiki::{ClosedWiki, Wiki, app_of, app_with};

#[tokio::test]
async fn wikis_and_their_models_are_listed() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    let paths = [
        "/v3/scores/",
        "/v3/scores",
        "/v3/scores/enwiki/",
        "/v3/scores/en",
        "/v3/scores/enwiki?models=damaging",
        "/v2/scores/",
        "/v2/scores/enwiki/damaging",
        "/v1/scores/",
        "/scores/",
        "/scores/enwiki",
    ];
    insta::assert_json_snapshot!(answers(&app, paths.map(Into::into)).await);
    assert_eq!(wiki.n_calls(), 0);
}

#[tokio::test]
async fn revisions_are_scored_in_the_shape_of_each_version() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    let paths = [
        "/v3/scores/enwiki/?revids=1511|1512&models=damaging|goodfaith",
        "/v3/scores/en?revids=1512&models=damaging",
        "/v3/scores/enwiki/1512",
        "/v3/scores/enwiki/1512/goodfaith/",
        "/v3/scores/dewiki/1512/reverted",
        "/v2/scores/enwiki/?revids=1511|1512&models=damaging",
        "/v2/scores/enwiki/damaging/?revids=1512",
        "/v2/scores/enwiki/damaging/1512",
        "/v1/scores/enwiki/?models=damaging|goodfaith&revids=1511|1512",
        "/scores/enwiki/damaging/?revids=1511|1512",
        "/v1/scores/enwiki/damaging/1512/",
    ];
    insta::assert_json_snapshot!(answers(&app, paths.map(Into::into)).await);
}

#[tokio::test]
async fn parameters_may_stand_in_a_form() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    let asked = get(&app, "/v3/scores/enwiki/?revids=1512&models=damaging").await;
    for (path, form) in [
        ("/v3/scores/enwiki/", "revids=1512&models=damaging"),
        ("/v3/scores/enwiki?models=damaging", "revids=1512"),
        ("/v3/scores/enwiki/1512", "models=damaging"),
        ("/v3/scores/enwiki/1512/damaging", ""),
    ] {
        let answer = post_to(&app, path, form).await;
        assert_eq!(answer.body, asked.body, "{path} {form}");
    }
}

#[tokio::test]
async fn features_are_given_and_can_be_set() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    let paths = [
        "/v3/scores/enwiki/1511/damaging?features",
        "/v3/scores/enwiki/1511/damaging?features&feature.revision.user.is_anon=true",
        "/v3/scores/enwiki/1511/damaging?features&feature.links.added=3",
        "/v3/scores/enwiki/?revids=1511|1512&models=damaging&features&inject={\"1511\":{\"feature.revision.user.is_anon\":true}}",
        "/v2/scores/enwiki/damaging/1511?features",
        "/v3/scores/enwiki/1530/damaging?features",
        "/v3/scores/enwiki/1511/damaging?features=false",
        "/v3/scores/enwiki/1511?feature.revision.user.is_cabal=true",
        "/v3/scores/enwiki/1511?feature.revision.user.is_anon=\"yes\"",
        "/v3/scores/enwiki/1511?feature.revision.user.is_anon=yes",
        "/v3/scores/enwiki/1511?datasource.revision.text=\"x\"",
        "/v3/scores/enwiki/1511?inject=[]",
        "/v3/scores/enwiki/1511?inject={\"x\":{}}",
    ];
    insta::assert_json_snapshot!(answers(&app, paths.map(Into::into)).await);
}

#[tokio::test]
async fn models_are_described_by_paths() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    let filter = "statistics.thresholds.true.'maximum filter_rate @ recall >= 0.75'";
    let recall = "statistics.thresholds.true.\"maximum recall @ precision >= 0.6\"";
    let never = "statistics.thresholds.false.'maximum recall @ precision >= 1.1'";
    let asked =
        |models: &str, info: &str| format!("/v3/scores/enwiki/?models={models}&model_info={info}");
    let paths = [
        asked("damaging", "version"),
        asked("damaging", "statistics.roc_auc|version"),
        asked("damaging", "statistics.counts.labels"),
        asked("damaging|goodfaith", "statistics.rates"),
        asked("damaging|goodfaith", filter),
        asked("damaging", &format!("{filter}|{recall}")),
        asked("damaging", never),
        asked(
            "damaging",
            "statistics.'maximum recall @ precision >= 0.6'.labels.true",
        ),
        asked("damaging", "params.labels|environment|type"),
        asked("goodfaith", "served_by"),
        asked("damaging", "score_schema"),
        asked("damaging", "staistics"),
        asked("damaging", "statistics.thresholds.true.'maximum recall'"),
        asked("damaging", "statistics..roc_auc"),
        asked("damaging", "'version"),
    ];
    insta::assert_json_snapshot!(
        answers(&app, paths.iter().map(|path| path.as_str().into())).await
    );
    let whole = get(&app, &asked("goodfaith", "")).await.json();
    let whole = whole["enwiki"]["models"]["goodfaith"].as_object().unwrap();
    let keys: Vec<&String> = whole.keys().collect();
    let expected = [
        "environment",
        "params",
        "score_schema",
        "served_by",
        "statistics",
        "type",
        "version",
    ];
    assert_eq!(keys, expected);
    let table = get(&app, &asked("damaging", "statistics.thresholds.true"))
        .await
        .json();
    let table = &table["enwiki"]["models"]["damaging"]["statistics"]["thresholds"]["true"];
    assert!(table.as_array().unwrap().len() > 20, "{table}");
    assert!(table[0]["threshold"].is_f64() && table[0]["!recall"].is_f64());
}

#[tokio::test]
async fn what_cannot_be_scored_is_said_in_place_of_its_scores() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    let ids = "1526|1530|1531|1532|1533|1534|1535|1536|1540|1512";
    let paths = [
        format!("/v3/scores/enwiki/?models=damaging&revids={ids}"),
        format!("/v2/scores/enwiki/damaging?revids={ids}"),
        format!("/v1/scores/enwiki/damaging?revids={ids}"),
    ];
    insta::assert_json_snapshot!(
        answers(&app, paths.iter().map(|path| path.as_str().into())).await
    );
}

#[tokio::test]
async fn requests_that_are_not_understood_are_refused_whole() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    let many: Vec<String> = (2000..2051).map(|id| id.to_string()).collect();
    let many = format!("/v3/scores/enwiki?revids={}", many.join("|"));
    let paths = [
        &many,
        "/v3/scores/enwiki?revids=1511|x",
        "/v3/scores/enwiki?revids=-1",
        "/v3/scores/enwiki/x",
        "/v3/scores/enwiki/1511/spam",
        "/v3/scores/enwiki?revids=1511&models=damaging|spam",
        "/v3/scores/frwiki?revids=1511",
        "/v3/scores/enwiki/1511?callback=alert(1)",
        "/v3/nothing",
        "/v3/precache/",
        "/v2/scores/frwiki",
        "/v1/scores/enwiki/spam/1511",
    ];
    insta::assert_json_snapshot!(answers(&app, paths.map(Into::into)).await);
    assert_eq!(wiki.n_calls(), 0);
}

#[tokio::test]
async fn versions_1_and_2_have_no_limit_of_50() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    let ids: Vec<String> = (2000..2051).map(|id| id.to_string()).collect();
    for path in ["/v2/scores/enwiki", "/v1/scores/enwiki/damaging"] {
        let answer = get(&app, &format!("{path}?revids={}", ids.join("|"))).await;
        assert_eq!(answer.status, 200);
        let text = String::from_utf8(answer.body.to_vec()).unwrap();
        assert!(
            text.contains("\"2050\"") && !text.contains("error"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn answers_are_pretty_small_or_a_call_and_never_kept() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    for (query, start, content_type) in [
        ("", "{\n  \"enwiki\": {\n", "application/json"),
        (
            "?format=json",
            "{\"enwiki\":{\"models\":",
            "application/json",
        ),
        ("?callback=a.b", "/**/a.b({\n", "application/javascript"),
        (
            "?callback=a&format=json",
            "/**/a({\"enwiki\":",
            "application/javascript",
        ),
    ] {
        let answer = get(&app, &format!("/v3/scores/enwiki/1512{query}")).await;
        let text = String::from_utf8(answer.body.to_vec()).unwrap();
        assert!(text.starts_with(start), "{query}: {text}");
        assert_eq!(answer.headers["content-type"], content_type);
        let kept = answer.headers["cache-control"].to_str().unwrap();
        assert!(kept.starts_with("no-store"), "{query}: {kept}");
    }
    let refused = get(&app, "/v3/scores/frwiki").await;
    assert_eq!(refused.headers["cache-control"], "no-store");
}

/// An event of a saved edit, in the schema of either stream.
pub(crate) fn event(is_page_change: bool, wiki: &str, rev_id: u64) -> Value {
    let meta = json!({"stream": "mediawiki.edits", "domain": "en.wikipedia.org", "id": "1"});
    match is_page_change {
        false => json!({
            "$schema": "/mediawiki/revision/create/2.0.0", "meta": meta, "database": wiki, "rev_id": rev_id,
            "page_namespace": 0,
        }),
        true => json!({
            "$schema": "/mediawiki/page/change/1.2.0", "meta": meta, "wiki_id": wiki, "page_change_kind": "edit",
            "revision": {"rev_id": rev_id},
        }),
    }
}

#[tokio::test]
async fn events_are_scored_before_anybody_asks() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    let mut canary = event(false, "enwiki", 1512);
    canary["meta"]["domain"] = "canary".into();
    let mut deletion = event(true, "enwiki", 1512);
    deletion["page_change_kind"] = "delete".into();
    let unwanted = [
        canary,
        deletion,
        event(false, "frwiki", 1512),
        event(true, "frwiki", 1512),
    ];
    for event in unwanted {
        let answer = post_to(&app, "/v3/precache/", event.to_string()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.body.len()),
            (204, 0),
            "{event}"
        );
    }
    assert_eq!(wiki.n_calls(), 0);
    let path = "/v3/precache/";
    let rows = [
        (path, event(false, "enwiki", 1511)).into(),
        (path, event(true, "enwiki", 1512)).into(),
        (path, event(false, "enwiki", 1526)).into(),
        (path, json!({"$schema": "/mediawiki/user/create/1.0.0"})).into(),
        (path, json!({"database": "enwiki"})).into(),
        (path, "rev_id=1").into(),
    ];
    insta::assert_json_snapshot!(answers(&app, rows).await);
    let n_calls = wiki.n_calls();
    get(&app, "/v3/scores/enwiki/?revids=1511|1512")
        .await
        .json();
    assert_eq!(wiki.n_calls(), n_calls, "they were at hand");
}

#[track_caller]
fn check(answer: &crate::support::Answer, status: u16, code: &str) {
    assert_eq!(answer.code(), (status, code.to_owned()));
}

#[tokio::test]
async fn whom_there_is_no_room_for_is_told_when_to_come_back() {
    let wiki = Wiki::start().await;
    let ask = |client: &str| {
        let request = Request::get("/v3/scores/enwiki/1512").header("x-client-ip", client);
        request.body(Body::empty()).unwrap()
    };
    for (config, second, status, code) in [
        (
            Config {
                max_client_requests: 1,
                client_header: Some("x-client-ip".parse().unwrap()),
                ..config()
            },
            "192.0.2.1",
            429,
            "too_many_requests",
        ),
        (
            Config {
                max_requests: 1,
                ..config()
            },
            "192.0.2.2",
            503,
            "server overloaded",
        ),
    ] {
        let app = app_with(wiki.address, json!({}), config);
        let n_calls = wiki.n_calls();
        let release = wiki.hold();
        let first = tokio::spawn({
            let (app, request) = (app.clone(), ask("192.0.2.1"));
            async move { send(&app, request).await }
        });
        wiki.called(n_calls + 1).await;
        let refused = send(&app, ask(second)).await;
        check(&refused, status, code);
        assert_eq!(refused.headers["retry-after"], "1");
        drop(release);
        assert_eq!(first.await.unwrap().status, 200);
        assert_eq!(send(&app, ask(second)).await.status, 200);
    }
}

#[tokio::test]
async fn what_is_not_scored_in_time_is_given_up_whole() {
    let wiki = Wiki::start().await;
    let config = Config {
        threads: 1,
        timeout_ms: 300,
        ..config()
    };
    let app = app_with(wiki.address, json!({}), config);
    let release = occupy(&app).await;
    check(
        &get(&app, "/v3/scores/enwiki/1512").await,
        504,
        "request_timeout",
    );
    drop(release);
    assert_eq!(get(&app, "/v3/scores/enwiki/1512").await.status, 200);
}

/// Tables of thresholds are long: nobody gets them by the hundred.
#[tokio::test]
async fn what_a_request_asks_of_models_has_an_end() {
    let app = app_of(ClosedWiki::new().address);
    let path = |paths: &[String]| format!("/v3/scores/enwiki/?model_info={}", paths.join("%7C"));
    let same = vec!["statistics.thresholds".to_owned(); 500];
    let answer = get(&app, &path(&same)).await;
    assert_eq!(answer.status, 200);
    let once = get(&app, &path(&same[..1])).await;
    assert_eq!(answer.body, once.body);
    let query = |n: u32| {
        format!("statistics.thresholds.true.%27maximum+recall+@+precision+%3E=+0.{n:04}%27")
    };
    let many: Vec<String> = (0..51).map(query).collect();
    assert_eq!(get(&app, &path(&many[..50])).await.status, 200);
    let refused = get(&app, &path(&many)).await;
    assert_eq!(refused.code(), (400, "bad request".to_owned()));
    // A feature that is set twice has the first value, however often it is set.
    let set = "feature.revision.user.is_anon=true&".repeat(1_000);
    let refused = get(&app, &format!("/v3/scores/enwiki/1/?{set}")).await;
    assert_eq!(refused.status, 200);
}
