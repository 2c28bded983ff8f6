//! What happens on a real MediaWiki, as a source tells it: edits are scored and their scores delivered, the
//! ledger learns what became of pages and revisions, and what happens meanwhile is not missed.
//!
//! It is apart from `mediawiki`, which starts the wiki and is asked; here the wiki is watched.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::mediawiki::{MediaWiki, ask, serve_with};
use crate::process::Service;
use crate::wiki::eventually;

/// Events by the title of their page, as an address got them.
type Delivered = Arc<Mutex<BTreeMap<String, Vec<Value>>>>;

pub(crate) fn changes_are_scored_as_they_come(wiki: &MediaWiki) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(watch(wiki));
}

async fn watch(wiki: &MediaWiki) {
    let delivered = Delivered::default();
    let hook = start_hook(&delivered).await;
    let directory = tempfile::tempdir().unwrap();
    let service = start(wiki, directory.path(), hook).await;

    let edit =
        |title: &str, text: &str| wiki.maintain("edit.php", &["-u", "Zippy 4417", title], text);
    edit("Watched page", "[http://spam.example a link]");
    let event = delivery(&delivered, "Watched_page").await;
    let rev_id = event["rev_id"].as_u64().unwrap();
    assert_eq!(event["$schema"], "/mediawiki/revision/score/3.0.0");
    assert_eq!(event["database"], "testwiki");
    assert_eq!(event["performer"]["user_text"], "Zippy 4417");
    let by_id = json!({"wiki": "testwiki", "rev_ids": [rev_id]});
    let (_, by_id) = ask(&service, "/api/v1/score", Some(by_id));
    let probability = &by_id["scores"][0]["scores"]["reverted"]["probability"];
    assert!(probability.is_number(), "{by_id}");
    assert_eq!(
        &event["scores"]["damaging"]["probability"]["true"],
        probability
    );

    // What happens to a page and to a revision reaches the ledger.
    let list = directory.path().join("list");
    let list = list.to_str().unwrap();
    std::fs::write(list, "Watched page|Moved page\n").unwrap();
    wiki.maintain("moveBatch.php", &["-u", "Wanda Keeper", list], "");
    becomes(&service, rev_id, "page.title", "Moved page").await;
    std::fs::write(list, "Moved page\n").unwrap();
    wiki.maintain("deleteBatch.php", &["-u", "Wanda Keeper", list], "");
    becomes(&service, rev_id, "page.is_deleted", true).await;
    wiki.maintain("undelete.php", &["-u", "Wanda Keeper", "Moved page"], "");
    becomes(&service, rev_id, "page.is_deleted", false).await;

    // What happens while nobody looks is read by who looks next.
    drop(service);
    edit("Unwatched page", "Nobody looks.");
    let _service = start(wiki, directory.path(), hook).await;
    delivery(&delivered, "Unwatched_page").await;
    // Nothing was delivered twice.
    for (title, events) in delivered.lock().unwrap().iter() {
        assert_eq!(events.len(), 1, "{title}");
    }
}

/// A service that watches the wiki, once it has begun to.
async fn start(wiki: &MediaWiki, directory: &Path, hook: SocketAddr) -> Service {
    let is_watched = || {
        let requests = wiki.requests();
        let lists = |request: &Value| request["parameters"].to_string().contains("rcstart");
        requests.iter().filter(|request| lists(request)).count()
    };
    let n_before = is_watched();
    let tables = format!(
        "[source.changes]\nfrom = \"recentchanges\"\nwiki = \"testwiki\"\nevery_seconds = 1\n\
         [sink.hook]\nto = \"webhook\"\nurl = \"http://{hook}/\"\n"
    );
    let ledger = directory.join("ledger.sqlite");
    // Nobody reads its log, which a line for each request would fill.
    let flags = ["--ledger", ledger.to_str().unwrap(), "--log", "warn"];
    let service = serve_with(wiki, directory, &tables, &flags);
    eventually("changes are asked for", async || is_watched() > n_before).await;
    service
}

/// An address that takes all that it is given.
async fn start_hook(delivered: &Delivered) -> SocketAddr {
    let delivered = Arc::clone(delivered);
    let take = async move |axum::Json(list): axum::Json<Vec<Value>>| {
        let mut delivered = delivered.lock().unwrap();
        for event in list {
            let title = event["page_title"].as_str().unwrap().to_owned();
            delivered.entry(title).or_default().push(event);
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let router = Router::new().fallback(axum::routing::post(take));
        let _ = axum::serve(listener, router).await;
    });
    address
}

/// The first event about a page.
async fn delivery(delivered: &Delivered, title: &str) -> Value {
    let has_come = async || delivered.lock().unwrap().contains_key(title);
    eventually("scores are delivered", has_come).await;
    delivered.lock().unwrap()[title][0].clone()
}

/// Waits until the ledger says this of an edit.
async fn becomes(service: &Service, rev_id: u64, place: &str, expected: impl Into<Value>) {
    let expected = expected.into();
    let place = format!("/{}", place.replace('.', "/"));
    let path = format!("/api/v1/edits/testwiki/{rev_id}");
    eventually("the ledger is told", async || {
        let (_, edit) = ask(service, &path, None);
        edit.pointer(&place) == Some(&expected)
    })
    .await;
}
