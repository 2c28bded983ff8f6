//! What the service says to a wiki when it fetches revisions, and whom it never calls.

use std::io::Write as _;

use serde_json::{Value, json};

use crate::support::{config, get, post_json};
use crate::wiki::{Reply, Wiki, app_of, app_with};

const SCORE: &str = "/v3/scores/enwiki/1512/damaging";

#[tokio::test]
async fn the_action_api_is_asked_politely() {
    let wiki = Wiki::start().await;
    let app = app_with(wiki.address, json!({"maxlag_seconds": 7}), config());
    get(&app, SCORE).await.json();
    let [first, second] = &wiki.calls()[..] else {
        panic!("expected two calls")
    };
    for call in [first, second] {
        for (name, value) in [
            ("action", "query"),
            ("format", "json"),
            ("formatversion", "2"),
            ("maxlag", "7"),
            ("prop", "revisions"),
            ("rvslots", "main"),
        ] {
            assert_eq!(call.parameter(name), value, "{name}");
        }
        let user_agent = call.headers["user-agent"].to_str().unwrap();
        let expected = concat!("revscore/", env!("CARGO_PKG_VERSION"), " (https://");
        assert!(user_agent.starts_with(expected), "{user_agent}");
        assert_eq!(call.headers.get("authorization"), None);
    }
    assert_eq!(first.parameter("revids"), "1512");
    assert_eq!(first.parameter("list"), "");
    // An address has no account.
    assert_eq!(
        (second.parameter("revids"), second.parameter("ususers")),
        ("1511", "")
    );
    get(&app, "/v3/scores/enwiki/1511/damaging").await.json();
    let last = wiki.calls().pop().unwrap();
    assert_eq!(
        (last.parameter("list"), last.parameter("ususers")),
        ("users", "Jonas Quill")
    );
}

#[tokio::test]
async fn the_configuration_names_the_operator_and_the_token() {
    let wiki = Wiki::start().await;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"  secret-token-of-the-wiki\n").unwrap();
    let special = json!({"user_agent": "tests (ops@example.org)", "oauth_token_file": file.path()});
    let app = app_with(wiki.address, special, config());
    get(&app, SCORE).await.json();
    for call in wiki.calls() {
        assert_eq!(call.headers["user-agent"], "tests (ops@example.org)");
        assert_eq!(
            call.headers["authorization"],
            "Bearer secret-token-of-the-wiki"
        );
    }
    // Other wikis are not told.
    get(&app, "/v3/scores/dewiki/1511/reverted").await.json();
    let last = wiki.calls().pop().unwrap();
    assert_eq!(last.headers.get("authorization"), None);
}

#[tokio::test]
async fn an_alias_is_the_wiki() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    let first = get(&app, SCORE).await.json();
    let n_calls = wiki.n_calls();
    let by_alias = get(&app, "/v3/scores/en/1512/damaging").await.json();
    assert_eq!(by_alias["en"], first["enwiki"]);
    let ask = json!({"wiki": "en", "rev_ids": [1512]});
    assert_eq!(
        post_json(&app, ask).await.json()["models"]["reverted"]["name"],
        "enwiki.reverted"
    );
    assert_eq!(wiki.n_calls(), n_calls, "they share what is at hand");
    // Wikis of other names share nothing, though they have the same address.
    get(&app, "/v3/scores/dewiki/1512/reverted").await.json();
    assert_eq!(wiki.n_calls(), n_calls + 2);
}

#[tokio::test]
async fn a_redirect_is_never_followed() {
    let (wiki, other) = (Wiki::start().await, Wiki::start().await);
    let app = app_of(wiki.address);
    for to in [
        format!("http://{}/w/api.php", other.address),
        format!("http://{}/w/api.php", wiki.address),
        "/w/api.php".to_owned(),
        "http://169.254.169.254/latest/meta-data".to_owned(),
    ] {
        let n_calls = wiki.n_calls();
        wiki.script([Reply::Redirect(to.clone())]);
        let answer = get(&app, SCORE).await.json();
        let error = &answer["enwiki"]["scores"]["1512"]["damaging"]["error"];
        let expected = json!({"type": "DependencyError", "message": "DependencyError: the wiki refuses to answer"});
        assert_eq!(error, &expected, "{to}");
        assert_eq!((wiki.n_calls(), other.n_calls()), (n_calls + 1, 0), "{to}");
    }
}

/// What a client sends never becomes an address, or another parameter.
#[tokio::test]
async fn only_the_configured_wiki_is_called() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    for path in [
        "/v3/scores/http:%2F%2F169.254.169.254%2F/1512",
        "/v3/scores/..%2Fenwiki/1512",
        "/v3/scores/enwiki/1512%26action=edit",
        "/v3/scores/enwiki?revids=1512%26action=edit",
        "/v1/models/http:%2F%2Flocalhost-damaging",
    ] {
        let status = get(&app, path).await.status;
        assert!(status.is_client_error(), "{path}: {status}");
    }
    assert_eq!(wiki.n_calls(), 0);
    let answer: Value = get(&app, "/v3/scores/enwiki/18446744073709551615")
        .await
        .json();
    let error = &answer["enwiki"]["scores"]["18446744073709551615"]["damaging"]["error"];
    assert_eq!(error["type"], "RevisionNotFound");
    // MediaWiki would refuse the whole call, with all that is asked beside it.
    assert_eq!(wiki.n_calls(), 0);
}

/// However much is logged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_the_token_nor_what_was_fetched_is_ever_logged() {
    let wiki = Wiki::start().await;
    let directory = crate::process::directory();
    let (token, file) = (
        directory.path().join("token"),
        directory.path().join("revscore.toml"),
    );
    std::fs::write(&token, "secret-token-of-the-wiki").unwrap();
    let text = format!(
        "[wiki.enwiki]\napi_url = \"http://{}/w/api.php\"\noauth_token_file = {token:?}\n",
        wiki.address
    );
    std::fs::write(&file, text).unwrap();
    let flags = ["--config", file.to_str().unwrap(), "--log", "trace"];
    let service = crate::process::start(directory.path(), &flags);
    let (url, id) = (service.url(""), service.id());
    // Reads the log meanwhile, which is long.
    let log = tokio::task::spawn_blocking(move || service.wait());
    let client = crate::process::client();
    for path in [
        "/v3/scores/enwiki?revids=1511|1512|1526|1530",
        "/v3/scores/enwiki/1511?features",
    ] {
        let answer = client.get(format!("{url}{path}")).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    wiki.always(Reply::Status(500));
    client
        .get(format!("{url}/v3/scores/enwiki/1537"))
        .send()
        .await
        .unwrap();
    let kill = std::process::Command::new("kill")
        .arg(id.to_string())
        .status();
    assert!(kill.unwrap().success());
    let (status, log) = log.await.unwrap();
    assert!(status.success());
    assert_eq!(
        wiki.calls()[0].headers["authorization"],
        "Bearer secret-token-of-the-wiki"
    );
    assert!(
        log.contains("revisions of enwiki are not fetched: "),
        "{log}"
    );
    for secret in [
        "secret-token",
        "Jonas Quill",
        "Jonas+Quill",
        "203.0.113.77",
        "Orrin",
        "wheel is kept",
        "watches",
        "about the mill",
    ] {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
}
