//! `POST /api/v1/edits`, and what it does to `/api/v1/score`.

use revscore::model::Target;
use revscore::service::{App, AppParts, Config, Histories, Models};
use serde_json::{Value, json};

use crate::support::{config, get, model, model_of, post_json, post_to, spam};
use crate::wiki::{Wiki, metric, wiki_models, wikis};

/// A service whose models look at the author's past, with an empty history of two wikis.
fn app(directory: &std::path::Path) -> App {
    let columns = ["author_history.edits", "page_history.edits"];
    let models = Models::new([
        model_of("enwiki", Target::Reverted, &columns, 1.0),
        model_of("any", Target::Reverted, &columns, 1.0),
        model("enwiki", Target::Goodfaith),
    ]);
    let learned = ["enwiki", "papwiki"].map(str::to_owned);
    let histories = Histories::open(directory, &learned).unwrap();
    let parts = AppParts {
        models,
        histories,
        ..AppParts::default()
    };
    App::with_parts(parts, &config()).unwrap()
}

/// A saved edit, in the given minute.
fn saved(rev_id: u64, user: &str, page: u64) -> Value {
    json!({
        "rev_id": rev_id, "parent_text": "A river.", "text": format!("A river. {rev_id}"),
        "timestamp": format!("2026-01-31T12:{:02}:00Z", rev_id % 60),
        "user": {"name": user}, "page": {"id": page, "title": "Danube", "namespace": 0},
    })
}

async fn tell(app: &App, wiki: &str, edits: Value) -> Value {
    let body = json!({"wiki": wiki, "edits": edits}).to_string();
    post_to(app, "/api/v1/edits", body).await.json()
}

async fn probability(app: &App, wiki: &str, edit: Value) -> f64 {
    let request = json!({"wiki": wiki, "targets": ["reverted"], "edits": [edit]});
    let answer = post_json(app, request).await.json();
    answer["scores"][0]["scores"]["reverted"]["probability"]
        .as_f64()
        .unwrap_or_else(|| panic!("{answer}"))
}

/// The features that moved an edit's score, with their values.
async fn values(app: &App, wiki: &str, edit: Value) -> Value {
    let request = json!({"wiki": wiki, "targets": ["reverted"], "explain": true, "edits": [edit]});
    let answer = post_json(app, request).await.json();
    let explanation = &answer["scores"][0]["scores"]["reverted"]["explanation"];
    let pairs = explanation.as_array().unwrap().iter().map(|part| {
        let name = part["feature"].as_str().unwrap();
        // Both features are logarithms of one plus a count.
        let count = part["value"].as_f64().unwrap().exp_m1().round();
        (name.to_owned(), json!(count))
    });
    Value::Object(pairs.collect())
}

#[tokio::test]
async fn told_edits_are_the_past_of_those_that_are_scored() {
    let directory = tempfile::tempdir().unwrap();
    let app = app(directory.path());
    let unknown = probability(&app, "enwiki", saved(9, "Ada", 1)).await;
    let answer = tell(
        &app,
        "enwiki",
        json!([saved(1, "Ada", 1), saved(2, "Ada", 2)]),
    )
    .await;
    assert_eq!(
        answer,
        json!({"wiki": "enwiki", "edits": [
            {"rev_id": 1, "status": "observed"}, {"rev_id": 2, "status": "observed"},
        ]})
    );
    let known = probability(&app, "enwiki", saved(9, "Ada", 1)).await;
    assert!(unknown < known);
    assert_eq!(
        values(&app, "enwiki", saved(9, "Ada", 1)).await,
        json!({"author_history.edits": 2.0, "page_history.edits": 1.0})
    );
    // Scoring tells a history nothing.
    assert_eq!(probability(&app, "enwiki", saved(9, "Ada", 1)).await, known);
    // Other wikis have their own past, whosever model scores them.
    assert_eq!(
        probability(&app, "dewiki", saved(9, "Ada", 1)).await,
        unknown
    );
    assert_eq!(
        probability(&app, "papwiki", saved(9, "Ada", 1)).await,
        unknown
    );
    tell(
        &app,
        "papwiki",
        json!([saved(1, "Ada", 1), saved(2, "Ada", 2)]),
    )
    .await;
    assert_eq!(
        probability(&app, "papwiki", saved(9, "Ada", 1)).await,
        known
    );
}

#[tokio::test]
async fn a_page_that_is_not_named_is_not_a_new_one() {
    let directory = tempfile::tempdir().unwrap();
    let app = app(directory.path());
    tell(&app, "enwiki", json!([saved(1, "Ada", 1)])).await;
    let mut edit = saved(9, "Ada", 1);
    edit["page"] = Value::Null;
    let author = json!({"author_history.edits": 1.0});
    assert_eq!(values(&app, "enwiki", edit.clone()).await, author);
    edit["page"] = json!({"id": 1});
    let both = json!({"author_history.edits": 1.0, "page_history.edits": 1.0});
    assert_eq!(values(&app, "enwiki", edit).await, both);
}

#[tokio::test]
async fn no_edit_is_counted_twice() {
    let directory = tempfile::tempdir().unwrap();
    let app = app(directory.path());
    let edits = json!([saved(1, "Ada", 1), saved(2, "Ada", 1), saved(1, "Ada", 1)]);
    let first = tell(&app, "enwiki", edits.clone()).await;
    assert_eq!(first["edits"][1]["status"], "observed");
    assert_eq!(
        first["edits"][2],
        json!({"rev_id": 1, "status": "already_observed"})
    );
    let known = probability(&app, "enwiki", saved(9, "Ada", 1)).await;
    let again = tell(&app, "enwiki", edits).await;
    for told in again["edits"].as_array().unwrap() {
        assert_eq!(told["status"], "already_observed");
    }
    assert_eq!(probability(&app, "enwiki", saved(9, "Ada", 1)).await, known);
    let metrics = String::from_utf8(get(&app, "/metrics").await.body.to_vec()).unwrap();
    for line in [
        "revscore_edits_observed_total{wiki=\"enwiki\"} 2",
        "revscore_edits_observed_total{wiki=\"papwiki\"} 0",
        "revscore_history_age_seconds{wiki=\"enwiki\"} ",
        "revscore_history_save_errors_total{wiki=\"enwiki\"} 0",
        "revscore_histories_loaded 2",
        "revscore_histories_refused 0",
    ] {
        assert!(metrics.contains(line), "{line} is not in:\n{metrics}");
    }
    assert!(!metrics.contains("age_seconds{wiki=\"papwiki\"}"));
}

#[tokio::test]
async fn an_edit_that_cannot_be_taken_in_costs_no_other() {
    let directory = tempfile::tempdir().unwrap();
    let app = app(directory.path());
    let without = |field: &str| {
        let mut edit = saved(3, "Ada", 1);
        edit.as_object_mut().unwrap().remove(field);
        edit
    };
    let mut edits = vec![
        without("rev_id"),
        without("timestamp"),
        without("page"),
        without("text"),
        json!({"rev_id": 4, "coment": ""}),
        json!(7),
    ];
    // Hidden texts still tell who edited what, and when.
    let mut hidden = without("text");
    hidden["text_hidden"] = json!(true);
    edits.push(hidden);
    edits.push(saved(5, "Ada", 1));
    insta::assert_json_snapshot!(tell(&app, "enwiki", Value::from(edits)).await);
    let hidden = json!({"rev_id": 6, "text_hidden": true, "parent_text": ""});
    let answer = post_json(&app, json!({"wiki": "enwiki", "edits": [hidden]})).await;
    assert_eq!(
        answer.json()["scores"][0]["error"],
        json!({
            "code": "hidden_text",
            "message": "an edit whose text, or whose parent's text, is hidden cannot be scored",
        })
    );
}

#[tokio::test]
async fn requests_that_cannot_be_understood_say_why() {
    let directory = tempfile::tempdir().unwrap();
    let app = app(directory.path());
    #[track_caller]
    fn check(answer: &crate::support::Answer, status: u16, code: &str, message: &str) {
        assert_eq!(answer.code(), (status, code.to_owned()));
        assert_eq!(answer.json()["error"]["message"], message);
    }
    let body = json!({"wiki": "dewiki", "edits": [spam()]}).to_string();
    check(
        &post_to(&app, "/api/v1/edits", body.clone()).await,
        404,
        "history_not_found",
        "no history of \"dewiki\" is kept; there are: enwiki, papwiki (--learn-history begins one)",
    );
    let nothing = App::new(Models::default(), &config()).unwrap();
    check(
        &post_to(&nothing, "/api/v1/edits", body).await,
        404,
        "history_not_found",
        "no history of \"dewiki\" is kept; there are: none (--learn-history begins one)",
    );
    for n in [0, 257] {
        let body = json!({"wiki": "enwiki", "edits": vec![spam(); n]}).to_string();
        check(
            &post_to(&app, "/api/v1/edits", body).await,
            400,
            "invalid_batch_size",
            &format!("expected 1 to 256 edits, got {n}"),
        );
    }
    check(
        &post_to(
            &app,
            "/api/v1/edits",
            r#"{"wiki": "enwiki", "edits": [], "explain": true}"#,
        )
        .await,
        400,
        "invalid_request",
        "the request is not understood: unknown field `explain`, expected one of `wiki`, `edits`, `rev_ids` at line 1 column 41",
    );
}

/// The service fetches what it is told of by id; and an event of ORES' precache tells of its edit.
#[tokio::test]
async fn edits_are_told_by_id_and_by_event() {
    let wiki = Wiki::start().await;
    let directory = tempfile::tempdir().unwrap();
    let histories = Histories::open(directory.path(), &["enwiki".to_owned()]).unwrap();
    let parts = AppParts {
        models: wiki_models(),
        histories,
        wikis: wikis(wiki.address, json!({})),
        ..AppParts::default()
    };
    let app = App::with_parts(parts, &config()).unwrap();
    let told = |ids: Value| {
        let body = json!({"wiki": "en", "rev_ids": ids}).to_string();
        let app = app.clone();
        async move { post_to(&app, "/api/v1/edits", body).await }
    };
    let answer = told(json!([1511, 1526])).await.json();
    assert_eq!(
        answer["edits"][0],
        json!({"rev_id": 1511, "status": "observed"})
    );
    assert_eq!(answer["edits"][1]["error"]["code"], "revision_not_found");
    let again = told(json!([1511])).await.json();
    assert_eq!(again["edits"][0]["status"], "already_observed");

    let event = json!({"database": "enwiki", "rev_id": 1512}).to_string();
    let answer = post_to(&app, "/v3/precache/", event).await;
    assert_eq!(answer.status, 200);
    let known = told(json!([1512])).await.json();
    assert_eq!(known["edits"][0]["status"], "already_observed");
    let observed = "revscore_edits_observed_total{wiki=\"enwiki\"}";
    assert_eq!(metric(&app, observed).await, 2.0);

    for (body, code) in [
        (json!({"wiki": "enwiki"}), (400, "invalid_request")),
        (
            json!({"wiki": "enwiki", "rev_ids": []}),
            (400, "invalid_batch_size"),
        ),
        (
            json!({"wiki": "dewiki", "rev_ids": [1]}),
            (404, "history_not_found"),
        ),
    ] {
        let answer = post_to(&app, "/api/v1/edits", body.to_string()).await;
        assert_eq!(answer.code(), (code.0, code.1.to_owned()), "{body}");
    }
}

/// A cache may forget a revision between its score and its place in the history.
#[tokio::test]
async fn an_event_tells_of_its_edit_whatever_the_cache_keeps() {
    let wiki = Wiki::start().await;
    let directory = tempfile::tempdir().unwrap();
    let parts = AppParts {
        models: wiki_models(),
        histories: Histories::open(directory.path(), &["enwiki".to_owned()]).unwrap(),
        wikis: wikis(wiki.address, json!({})),
        ..AppParts::default()
    };
    let config = Config {
        cache_bytes: 0,
        ..config()
    };
    let app = App::with_parts(parts, &config).unwrap();
    let event = json!({"database": "enwiki", "rev_id": 1512}).to_string();
    let answer = post_to(&app, "/v3/precache/", event).await;
    assert_eq!(answer.status, 200);
    let observed = "revscore_edits_observed_total{wiki=\"enwiki\"}";
    assert_eq!(metric(&app, observed).await, 1.0);
}
