//! `/api/v1/judgements`, and the dashboard that judges by forms: who may, what is kept, and that what
//! comes from strangers stays text.

use axum::body::Body;
use axum::http::Request;
use clap::Parser as _;
use revscore::service::{
    Access, App, AppParts, Config, Ledger, ReadAccess, TokenCommand, Tokens, WikiNames, Wikis,
};
use serde_json::json;
use tempfile::TempDir;

use crate::support::{Answer, config, get, models, post_to, send};
use crate::wiki::wiki_config;

const HOSTILE: &str = "<script>alert(1)</script>\"'\u{202e}\u{0}";

/// An app with a ledger of enwiki, and tokens of ada, who judges, and ben, who reads.
struct Board {
    app: App,
    ada: String,
    ben: String,
    _directory: TempDir,
}

async fn board(read: ReadAccess) -> Board {
    board_of(read, Wikis::default()).await
}

async fn board_of(read: ReadAccess, wikis: Wikis) -> Board {
    let directory = tempfile::tempdir().unwrap();
    let config = Config {
        ledger: Some(directory.path().join("ledger").into()),
        ledger_wikis: Some(WikiNames(vec!["enwiki".to_owned()])),
        max_body_bytes: 4 << 20,
        max_text_bytes: 2 << 20,
        ..config()
    };
    let file = directory.path().join("tokens.toml");
    let make = |name, right| {
        let command = TokenCommand::parse_from(["token", name, "--rights", right]);
        let (table, said) = command.make().unwrap();
        (table, said.lines().nth(1).unwrap().trim().to_owned())
    };
    let (ada, ben) = (make("ada", "judge"), make("ben", "read"));
    std::fs::write(&file, ada.0 + &ben.0).unwrap();
    let models = models();
    let parts = AppParts {
        ledger: Ledger::configured(&config, &models).await.unwrap(),
        models,
        wikis,
        access: Access::new(Tokens::read(&file).unwrap(), read),
        ..AppParts::default()
    };
    Board {
        app: App::with_parts(parts, &config).unwrap(),
        ada: ada.1,
        ben: ben.1,
        _directory: directory,
    }
}

impl Board {
    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        send(
            &self.app,
            request.body(Body::from(body.to_owned())).unwrap(),
        )
        .await
    }

    async fn as_token(&self, token: &str, method: &str, path: &str, body: &str) -> Answer {
        let authorization = format!("Bearer {token}");
        let headers = [("authorization", authorization.as_str())];
        self.ask(method, path, &headers, body).await
    }

    async fn page(&self, path: &str) -> (u16, String) {
        let answer = self.ask("GET", path, &[("accept", "text/html")], "").await;
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'; "));
        (
            answer.status.as_u16(),
            String::from_utf8(answer.body.to_vec()).unwrap(),
        )
    }
}

const LIST: &str = "/api/v1/judgements?wiki=enwiki";

#[tokio::test]
async fn judgements_go_in_by_token_come_out_as_labels_and_are_taken_back() {
    let board = board(ReadAccess::Public).await;
    let one = json!({"wiki": "enwiki", "rev_id": 7, "damaging": true, "note": "=1+1, \"x\""});
    let body = one.to_string();
    let answer = board
        .as_token(&board.ada, "POST", "/api/v1/judgements", &body)
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()),
        (201, json!({"judgements": 1}))
    );
    let list = get(&board.app, LIST).await.json();
    assert_eq!(list["judgements"][0]["rev_id"], 7);
    assert_eq!(list["judgements"][0]["by"], "ada");
    assert_eq!(list["judgements"][0]["damaging"], true);
    let csv = get(&board.app, &format!("{LIST}&format=csv")).await;
    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
    let csv = String::from_utf8(csv.body.to_vec()).unwrap();
    assert!(
        csv.starts_with(
            "rev_id,damaging,goodfaith,spam,note,by,at\n7,true,,,\"'=1+1, \"\"x\"\"\",ada,"
        ),
        "{csv}"
    );
    // The table comes back in.
    let authorization = format!("Bearer {}", board.ada);
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "text/csv"),
    ];
    let answer = board
        .ask("POST", "/api/v1/judgements?wiki=enwiki", &headers, &csv)
        .await;
    assert_eq!(answer.status, 201, "{:?}", answer.body);
    let answer = board
        .as_token(&board.ada, "DELETE", &format!("{LIST}&rev_id=7"), "")
        .await;
    assert_eq!(answer.status, 204);
    let list = get(&board.app, LIST).await.json();
    assert_eq!(list["judgements"], json!([]));
}

#[tokio::test]
async fn nobody_judges_without_the_right() {
    let board = board(ReadAccess::Public).await;
    let body = r#"{"wiki":"enwiki","rev_id":7,"spam":true}"#;
    let path = "/api/v1/judgements";
    let code = |answer: Answer| answer.code();
    let unauthorized = (401, "unauthorized".to_owned());
    assert_eq!(code(post_to(&board.app, path, body).await), unauthorized);
    assert_eq!(
        code(board.as_token("wrong", "POST", path, body).await),
        unauthorized
    );
    let forbidden = (403, "forbidden".to_owned());
    assert_eq!(
        code(board.as_token(&board.ben, "POST", path, body).await),
        forbidden
    );
    for (body, code) in [
        ("[]", "invalid_request"),
        ("{", "invalid_json"),
        (
            r#"{"wiki":"enwiki","rev_id":7,"is_bad":true}"#,
            "invalid_request",
        ),
        (r#"{"wiki":"enwiki","rev_id":7}"#, "invalid_request"),
    ] {
        let answer = board.as_token(&board.ada, "POST", path, body).await;
        assert_eq!(answer.code(), (400, code.to_owned()), "{body}");
    }
}

#[tokio::test]
async fn reading_can_be_for_tokens_alone() {
    let board = board(ReadAccess::Token).await;
    for path in [LIST, "/api/v1/report?wiki=enwiki", "/api/v1/edits/enwiki/7"] {
        assert_eq!(
            get(&board.app, path).await.code(),
            (401, "unauthorized".to_owned()),
            "{path}"
        );
        let answer = board.as_token(&board.ben, "GET", path, "").await;
        assert_ne!(answer.status, 401, "{path}");
    }
    for path in [
        "/wiki/enwiki",
        "/wiki/enwiki/queue",
        "/wiki/enwiki/edit/7",
        "/wiki/enwiki/model/reverted",
    ] {
        let answer = get(&board.app, path).await;
        assert_eq!(answer.status, 303, "{path}");
        let login = answer.headers["location"].to_str().unwrap();
        assert!(login.starts_with("/login?next=%2Fwiki%2Fenwiki"), "{login}");
    }
    assert_eq!(board.page("/login").await.0, 200);
    assert_eq!(get(&board.app, "/healthz").await.status, 200);
}

#[tokio::test]
async fn a_session_judges_by_forms_that_are_its_own() {
    let board = board(ReadAccess::Public).await;
    let form = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("origin", "https://board.example"),
        ("host", "board.example"),
    ];
    let login = format!("token={}&next=/wiki/enwiki/queue", board.ada);
    let answer = board.ask("POST", "/login", &form, &login).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.headers["location"]),
        (303, &"/wiki/enwiki/queue".parse().unwrap())
    );
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    assert!(
        cookie.ends_with("; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure"),
        "{cookie}"
    );
    let cookie = cookie.split(';').next().unwrap();
    let page = board
        .ask("GET", "/wiki/enwiki/edit/7", &[("cookie", cookie)], "")
        .await;
    let page = String::from_utf8(page.body.to_vec()).unwrap();
    let word = page.split("name=\"word\" value=\"").nth(1).unwrap();
    let word = word.split('"').next().unwrap();
    let judge = |headers: Vec<(&'static str, String)>, body: String| {
        let board = &board;
        async move {
            let headers: Vec<(&str, &str)> = headers
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            board
                .ask("POST", "/wiki/enwiki/judge", &headers, &body)
                .await
        }
    };
    let cookie = || vec![("cookie", cookie.to_owned())];
    let good = format!("rev_id=7&say=good&back=/wiki/enwiki/queue&word={word}");
    assert_eq!(
        judge(cookie(), "rev_id=7&say=good".to_owned()).await.status,
        403
    );
    let mut foreign = cookie();
    foreign.push(("sec-fetch-site", "cross-site".to_owned()));
    assert_eq!(judge(foreign, good.clone()).await.status, 403);
    let answer = judge(cookie(), good).await;
    assert_eq!(
        answer.headers["location"],
        "/wiki/enwiki/queue?did=good&rev=7"
    );
    let answer = judge(
        cookie(),
        format!("rev_id=7&say=good&back=//evil.example&word={word}"),
    )
    .await;
    assert_eq!(answer.headers["location"], "/?did=good&rev=7");
    assert_eq!(
        get(&board.app, LIST).await.json()["judgements"][0]["goodfaith"],
        true
    );
    // Without a session the form asks for the login, and says that it is not kept.
    let lost = "rev_id=8&say=good&note=a+%3Cb%3E&back=/wiki/enwiki/queue";
    let answer = judge(Vec::new(), lost.to_owned()).await;
    assert_eq!(answer.status, 403);
    let html = String::from_utf8(answer.body.to_vec()).unwrap();
    for text in [
        "revision 8 was not kept",
        "a &lt;b&gt;</textarea>",
        "name=\"next\" value=\"/wiki/enwiki/queue\"",
        "name=\"note\" value=\"a &lt;b&gt;\"",
    ] {
        assert!(html.contains(text), "{text}: {html}");
    }
    let again = format!("{login}&rev_id=8&note=a+%3Cb%3E");
    let answer = board.ask("POST", "/login", &form, &again).await;
    assert_eq!(answer.status, 200);
    assert!(answer.headers.contains_key("set-cookie"));
    let html = String::from_utf8(answer.body.to_vec()).unwrap();
    assert!(html.contains("a &lt;b&gt;</textarea>"), "{html}");
    // Whoever is here already is led on.
    let here = [("cookie", cookie()[0].1.clone())];
    let here = [("cookie", here[0].1.as_str())];
    let answer = board
        .ask("GET", "/login?next=/wiki/enwiki", &here, "")
        .await;
    assert_eq!(answer.headers["location"], "/wiki/enwiki");
    // A login from elsewhere is none.
    let elsewhere = [
        ("origin", "https://evil.example"),
        ("host", "board.example"),
    ];
    assert_eq!(
        board.ask("POST", "/login", &elsewhere, &login).await.status,
        403
    );
}

#[tokio::test]
async fn what_strangers_write_stays_text_on_every_page() {
    let board = board(ReadAccess::Public).await;
    let edit = json!({
        "rev_id": 7, "parent_text": "A river.", "text": format!("A river. [http://a.example {HOSTILE}]"), "comment": HOSTILE,
        "timestamp": "2026-10-01T12:00:00Z", "user": {"name": HOSTILE, "is_anon": true},
        "page": {"id": 3, "title": HOSTILE, "namespace": 0}, "parent": {"rev_id": 6},
    });
    let body = json!({"wiki": "enwiki", "edits": [edit]}).to_string();
    let answer = post_to(&board.app, "/api/v1/score?recorded=true", body).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    let note = json!({"wiki": "enwiki", "rev_id": 7, "spam": false, "note": HOSTILE}).to_string();
    board
        .as_token(&board.ada, "POST", "/api/v1/judgements", &note)
        .await;
    for path in [
        "/",
        "/wiki/enwiki",
        "/wiki/enwiki/queue",
        "/wiki/enwiki/edit/7",
        "/wiki/enwiki/model/reverted",
        "/wiki/%3Cscript%3E",
        "/wiki/enwiki/queue?did=%3Cscript%3E&rev=1&before=%22%3E&level=%3Cscript%3E",
        "/login?next=javascript:alert(1)",
    ] {
        let (status, html) = board.page(path).await;
        assert!(status < 500, "{path}: {status}");
        for wrong in [
            "<script>",
            "style=\"",
            "javascript:",
            " onclick",
            "\u{202e}",
            "\u{0}",
        ] {
            assert!(!html.contains(wrong), "{path} has {wrong:?}: {html}");
        }
    }
    let (_, html) = board.page("/wiki/enwiki/edit/7").await;
    assert!(
        html.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;'⟨U+202E⟩⟨U+0000⟩"),
        "{html}"
    );
}

#[tokio::test]
async fn strangers_see_no_texts_that_are_not_theirs_to_see() {
    let directory = tempfile::tempdir().unwrap();
    let token = directory.path().join("token");
    std::fs::write(&token, "secret").unwrap();
    // Nobody listens there.
    let nobody = "127.0.0.1:1".parse().unwrap();
    let open = wiki_config(nobody, json!({"aliases": ["en"]}));
    let private = wiki_config(nobody, json!({"oauth_token_file": token}));
    let wikis = [("enwiki".to_owned(), open), ("dewiki".to_owned(), private)];
    let board = board_of(ReadAccess::Public, Wikis::new(&wikis.into()).unwrap()).await;
    let (not_in_ledger, private) = ("this edit is not in the ledger", "with a token of its own");
    for (path, text) in [
        ("/wiki/enwiki/edit/99", not_in_ledger),
        ("/wiki/dewiki/edit/99", private),
    ] {
        let (_, html) = board.page(path).await;
        assert!(html.contains(text), "{path}: {html}");
        let answer = board.as_token(&board.ben, "GET", path, "").await;
        let html = String::from_utf8(answer.body.to_vec()).unwrap();
        assert!(html.contains("did not answer in time"), "{path}: {html}");
    }
    // An alias leads to the wiki's own name, and judgements under it are the wiki's.
    let answer = get(&board.app, "/wiki/en/queue?level=review").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.headers["location"]),
        (303, &"/wiki/enwiki/queue?level=review".parse().unwrap())
    );
    let body = r#"{"wiki":"en","rev_id":7,"spam":true}"#;
    let answer = board
        .as_token(&board.ada, "POST", "/api/v1/judgements", body)
        .await;
    assert_eq!(answer.status, 201);
    let list = get(&board.app, "/api/v1/judgements?wiki=en").await.json();
    assert_eq!(list["wiki"], "enwiki");
    assert_eq!(list["judgements"][0]["rev_id"], 7);
    let path = "/api/v1/judgements?wiki=en&rev_id=7";
    let answer = board.as_token(&board.ada, "DELETE", path, "").await;
    assert_eq!(answer.status, 204);
    assert_eq!(get(&board.app, LIST).await.json()["judgements"], json!([]));
}

#[tokio::test]
async fn errors_are_pages_in_the_readers_language() {
    let board = board(ReadAccess::Public).await;
    let german = [("accept-language", "de")];
    for (method, path, status, text) in [
        (
            "GET",
            "/wiki/enwiki/edit/x",
            404,
            "Unter dieser Adresse gibt es nichts.",
        ),
        (
            "GET",
            "/wiki/enwiki/model/x",
            400,
            "Solche Modelle gibt es nicht.",
        ),
    ] {
        let answer = board.ask(method, path, &german, "").await;
        assert_eq!(answer.status, status, "{path}");
        let html = String::from_utf8(answer.body.to_vec()).unwrap();
        assert!(
            html.contains(text) && html.contains("lang=\"de\""),
            "{html}"
        );
    }
    let packed = [("accept-language", "fr"), ("content-encoding", "gzip")];
    for path in ["/login", "/logout", "/wiki/enwiki/judge"] {
        let answer = board.ask("POST", path, &packed, "x").await;
        assert_eq!(answer.status, 415, "{path}");
        assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8");
    }
}

#[tokio::test]
async fn without_a_ledger_pages_say_how_to_get_one() {
    let app = crate::support::app();
    for path in ["/wiki/enwiki", "/wiki/enwiki/queue"] {
        let answer = get(&app, path).await;
        let html = String::from_utf8(answer.body.to_vec()).unwrap();
        assert!(html.contains("revscore-serve --ledger"), "{html}");
    }
    assert_eq!(get(&app, LIST).await.code(), (404, "no_ledger".to_owned()));
}

#[tokio::test]
async fn files_are_kept_for_good_under_names_of_their_own() {
    let app = crate::support::app();
    let page = get(&app, "/login").await;
    let html = String::from_utf8(page.body.to_vec()).unwrap();
    for (start, kind) in [
        ("/assets/style-", "text/css"),
        ("/assets/board-", "text/javascript"),
    ] {
        let at = html.find(start).unwrap();
        let path = html[at..].split('"').next().unwrap();
        let file = get(&app, path).await;
        assert!(
            file.headers["content-type"]
                .to_str()
                .unwrap()
                .starts_with(kind)
        );
        assert_eq!(
            file.headers["cache-control"],
            "public, max-age=31536000, immutable"
        );
    }
    assert_eq!(get(&app, "/assets/style-0.css").await.status, 404);
}
