//! A wiki that is slow, down, garbled, throttling or breaks off: every dialect says so in its own
//! words and in time, nothing is left open, and all is well again as soon as the wiki is, without a
//! restart.

use std::time::{Duration, Instant};

use revscore::service::{App, Config};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::support::{Answer, config, get, post_json, post_to};
use crate::wiki::{ClosedWiki, Reply, Wiki, app_of, app_with, eventually, metric, nothing_is_open};

/// No answer takes longer, on however slow a machine; limits in these tests are far below.
const BOUND: Duration = Duration::from_secs(30);

/// What a fault is called in each dialect.
struct Fault {
    code: &'static str,
    ores: &'static str,
    status: u16,
}

const TIMEOUT: Fault = Fault {
    code: "wiki_timeout",
    ores: "TimeoutError",
    status: 504,
};
const UNAVAILABLE: Fault = Fault {
    code: "wiki_unavailable",
    ores: "DependencyError",
    status: 503,
};
const THROTTLED: Fault = Fault {
    code: "wiki_throttled",
    ores: "DependencyError",
    status: 503,
};
const GARBAGE: Fault = Fault {
    code: "wiki_garbage",
    ores: "DependencyError",
    status: 502,
};
const REFUSED: Fault = Fault {
    code: "wiki_refused",
    ores: "DependencyError",
    status: 502,
};

/// Asks in every dialect for revision 1512.
async fn ask(app: &App) -> [Answer; 5] {
    let post = async |path: &str, body: Value| post_to(app, path, body.to_string()).await;
    let tensor = json!({"name": "rev_id", "shape": [1], "datatype": "INT64", "data": [1512]});
    let risk = "/v1/models/revertrisk-language-agnostic:predict";
    let answers = async {
        [
            post_json(app, json!({"wiki": "enwiki", "rev_ids": [1512]})).await,
            get(app, "/v3/scores/enwiki/1512/damaging").await,
            post(
                "/v1/models/enwiki-damaging:predict",
                json!({"rev_id": 1512}),
            )
            .await,
            post(risk, json!({"rev_id": 1512, "lang": "en"})).await,
            post(
                "/v2/models/enwiki-damaging/infer",
                json!({"inputs": [tensor]}),
            )
            .await,
        ]
    };
    tokio::time::timeout(BOUND, answers)
        .await
        .expect("answers in time")
}

async fn check_fault(app: &App, what: &str, fault: &Fault) {
    let [api, ores, lift_wing, risk, inference] = ask(app).await;
    assert_eq!(
        (api.status.as_u16(), ores.status.as_u16()),
        (200, 200),
        "{what}"
    );
    assert_eq!(
        api.json()["scores"][0]["error"]["code"],
        fault.code,
        "{what}"
    );
    let ores = ores.json()["enwiki"]["scores"]["1512"]["damaging"]["error"].clone();
    assert_eq!(ores["type"], fault.ores, "{what}");
    let message = ores["message"].as_str().unwrap();
    assert!(
        message.starts_with(&format!("{}: ", fault.ores)),
        "{what}: {message}"
    );
    for (answer, field) in [(lift_wing, "error"), (risk, "detail"), (inference, "error")] {
        let json = answer.json();
        assert_eq!(answer.status.as_u16(), fault.status, "{what}: {json}");
        assert!(
            json[field].is_string() && json.as_object().unwrap().len() == 1,
            "{what}: {json}"
        );
        let retry_after = answer.headers.contains_key("retry-after");
        assert_eq!(retry_after, fault.status == 503, "{what}");
    }
    nothing_is_open(app).await;
    let errors = format!("revscore_edit_errors_total{{code=\"{}\"}}", fault.code);
    assert_eq!(
        metric(app, &errors).await,
        5.0,
        "{what}: errors are counted"
    );
}

async fn check_recovered(app: &App, what: &str) {
    for answer in ask(app).await {
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(answer.status, 200, "{what}: {text}");
        assert!(
            !text.contains("wiki") || !text.contains("error\":{"),
            "{what}: {text}"
        );
        assert!(text.contains("0.896"), "{what}: {text}");
    }
}

#[tokio::test]
async fn what_a_wiki_should_not_say_is_an_error_of_the_revision() {
    for (reply, fault) in [
        (Reply::Status(500), UNAVAILABLE),
        (Reply::Status(502), UNAVAILABLE),
        (Reply::Status(404), REFUSED),
        (Reply::Status(401), REFUSED),
        (
            Reply::Text("<!DOCTYPE html><title>Wikimedia Error</title>"),
            GARBAGE,
        ),
        (Reply::Text(""), GARBAGE),
        (
            Reply::Text("{\"batchcomplete\":true,\"query\":{\"pages\":[{\"pag"),
            GARBAGE,
        ),
        (Reply::Text("{\"query\":{\"pages\":7}}"), GARBAGE),
        (
            Reply::Text("{\"query\":{\"pages\":[{\"revisions\":[{\"revid\":\"x\"}]}]}}"),
            GARBAGE,
        ),
        (Reply::Text("{\"query\":{\"badrevids\":7}}"), GARBAGE),
        (Reply::Text("{\"batchcomplete\":true}"), GARBAGE),
        (Reply::Text("[]"), GARBAGE),
        (Reply::Text("null"), GARBAGE),
        (
            Reply::Text("{\"query\":{},\"continue\":{\"rvcontinue\":5,\"continue\":\"||\"}}"),
            GARBAGE,
        ),
        (Reply::Endless, GARBAGE),
        (Reply::Large(100 << 20), GARBAGE),
        (Reply::CutOff, UNAVAILABLE),
        (Reply::Complaint("toomanyvalues"), REFUSED),
        (Reply::Complaint("readapidenied"), REFUSED),
        (
            Reply::Complaint("internal_api_error_DBQueryError"),
            UNAVAILABLE,
        ),
    ] {
        let what = format!("{:?}", Described(&reply));
        let wiki = Wiki::start().await;
        wiki.always(reply);
        let app = app_of(wiki.address);
        check_fault(&app, &what, &fault).await;
        wiki.always(Reply::Answer);
        check_recovered(&app, &what).await;
    }
}

/// A reply in an error of a test.
struct Described<'a>(&'a Reply);

impl std::fmt::Debug for Described<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Reply::Status(status) => write!(f, "status {status}"),
            Reply::RetryAfter(status, seconds) => write!(f, "status {status}, {seconds} s"),
            Reply::Text(text) | Reply::Complaint(text) => write!(f, "{text}"),
            Reply::Endless => write!(f, "endless"),
            Reply::Large(_) => write!(f, "large"),
            Reply::CutOff => write!(f, "cut off"),
            _ => write!(f, "another"),
        }
    }
}

#[tokio::test]
async fn an_endless_answer_is_given_up() {
    let wiki = Wiki::start().await;
    let app = app_of(wiki.address);
    for (reply, n_calls) in [
        (
            Reply::Text("{\"query\":{},\"continue\":{\"rvcontinue\":5,\"continue\":\"||\"}}"),
            2,
        ),
        (Reply::Endless, 51),
    ] {
        let before = wiki.n_calls();
        wiki.always(reply);
        get(&app, "/v3/scores/enwiki/1512/damaging").await;
        assert_eq!(wiki.n_calls() - before, n_calls);
    }
}

#[tokio::test]
async fn a_slow_wiki_is_given_up_at_the_limit_of_a_call_or_of_the_request() {
    let wiki = Wiki::start().await;
    for (special, config) in [
        (json!({"timeout_ms": 50}), config()),
        (
            json!({}),
            Config {
                timeout_ms: 100,
                ..config()
            },
        ),
    ] {
        wiki.always(Reply::Hang);
        let app = app_with(wiki.address, special, config);
        let started = Instant::now();
        let errors = "revscore_edit_errors_total{code=\"wiki_timeout\"}";
        let [api, ores, lift_wing, risk, inference] = ask(&app).await;
        assert!(started.elapsed() < BOUND);
        assert_eq!(api.json()["scores"][0]["error"]["code"], TIMEOUT.code);
        let ores = ores.json()["enwiki"]["scores"]["1512"]["damaging"]["error"].clone();
        assert_eq!(ores["type"], TIMEOUT.ores);
        for answer in [lift_wing, risk, inference] {
            assert_eq!(answer.status.as_u16(), TIMEOUT.status);
        }
        assert_eq!(metric(&app, errors).await, 5.0, "errors are counted");
        // Who did not wait left a call behind, which ends by itself.
        wiki.always(Reply::Answer);
        eventually("the wiki is asked again", async || {
            let answer = get(&app, "/v3/scores/enwiki/1512/damaging").await.json();
            answer["enwiki"]["scores"]["1512"]["damaging"]["score"].is_object()
        })
        .await;
        nothing_is_open(&app).await;
    }
}

#[tokio::test]
async fn a_wiki_that_takes_its_time_is_waited_for() {
    let wiki = Wiki::start().await;
    wiki.always(Reply::Slow(Duration::from_millis(50)));
    check_recovered(&app_of(wiki.address), "slow, within the limits").await;
}

#[tokio::test]
async fn a_wiki_that_is_down_is_an_error_until_it_is_up() {
    let closed = ClosedWiki::new();
    let app = app_of(closed.address);
    check_fault(&app, "nobody listens", &UNAVAILABLE).await;
    let wiki = closed.open();
    check_recovered(&app, "somebody listens").await;
    // It goes away with connections open, too.
    drop(wiki);
    let down = get(&app, "/v3/scores/enwiki/1511/damaging").await.json();
    let error = &down["enwiki"]["scores"]["1511"]["damaging"]["error"];
    assert_eq!(error["type"], "DependencyError", "{down}");
}

#[tokio::test]
async fn a_connection_that_ends_in_the_header_is_no_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let app = app_of(listener.local_addr().unwrap());
    let slam = tokio::spawn(async move {
        for part in [
            "",
            "HTTP/1.1 200 OK\r\ncontent-le",
            "not HTTP at all\r\n\r\n",
        ]
        .iter()
        .cycle()
        {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = stream.write_all(part.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    check_fault(&app, "slammed", &UNAVAILABLE).await;
    slam.abort();
}

#[tokio::test]
async fn a_call_that_fails_for_a_passing_reason_is_repeated() {
    let wiki = Wiki::start().await;
    let app = app_with(wiki.address, json!({"max_retries": 3}), config());
    wiki.script([Reply::Status(500), Reply::CutOff]);
    let answer = get(&app, "/v3/scores/enwiki/1512/damaging").await.json();
    assert!(
        answer["enwiki"]["scores"]["1512"]["damaging"]["score"].is_object(),
        "{answer}"
    );
    assert_eq!(wiki.n_calls(), 4);
    for (outcome, n) in [("ok", 2.0), ("unavailable", 2.0)] {
        let name =
            format!("revscore_upstream_requests_total{{wiki=\"enwiki\",outcome=\"{outcome}\"}}");
        assert_eq!(metric(&app, &name).await, n, "{outcome}");
    }
    // What will not get better is asked once.
    wiki.always(Reply::Text("<html>"));
    get(&app, "/v3/scores/enwiki/1511/damaging").await;
    assert_eq!(wiki.n_calls(), 5);
}

/// Limits far below a second, so that nobody waits in place for the wiki's pause to end.
#[tokio::test]
async fn a_wiki_that_asks_to_be_called_later_is_not_called_before() {
    for reply in [Reply::RetryAfter(429, 1), Reply::RetryAfter(503, 1)] {
        let wiki = Wiki::start().await;
        let special = json!({"timeout_ms": 900, "max_retries": 3});
        let app = app_with(wiki.address, special, config());
        wiki.script([reply]);
        let started = Instant::now();
        let code = async |id: u64| {
            let answer = post_json(&app, json!({"wiki": "enwiki", "rev_ids": [id]})).await;
            let answer = answer.json()["scores"][0].clone();
            answer["error"]["code"]
                .as_str()
                .unwrap_or("scored")
                .to_owned()
        };
        assert_eq!(code(1512).await, THROTTLED.code);
        assert_eq!(wiki.n_calls(), 1);
        let mut n_refused = 0;
        // Fails at once while the pause is longer than a call may take, and waits for its end then.
        while started.elapsed() < Duration::from_millis(80) {
            assert_eq!(code(1511).await, THROTTLED.code);
            n_refused += 1;
        }
        assert!(wiki.n_calls() == 1 && n_refused > 0, "{n_refused}");
        eventually("it recovers", async || code(1511).await == "scored").await;
        assert!(
            started.elapsed() >= Duration::from_secs(1),
            "called too soon"
        );
        assert_eq!(wiki.n_calls(), 3);
        nothing_is_open(&app).await;
    }
}

/// MediaWiki itself names 5 seconds, which is the time that a call has by default.
#[tokio::test]
async fn throttling_is_told_in_every_dialect_at_once() {
    for reply in [
        Reply::RetryAfter(429, 5),
        Reply::RetryAfter(429, 60),
        Reply::RetryAfter(503, 60),
        Reply::Status(503),
        Reply::Status(429),
        Reply::Complaint("maxlag"),
        Reply::Complaint("ratelimited"),
        Reply::Complaint("readonly"),
    ] {
        let wiki = Wiki::start().await;
        let what = format!("{:?}", Described(&reply));
        wiki.always(reply);
        let app = app_with(wiki.address, json!({"max_retries": 3}), config());
        check_fault(&app, &what, &THROTTLED).await;
        // Nor does anybody wait for the end of the pause, and then call.
        assert_eq!(wiki.n_calls(), 1, "{what}: it is called once, whoever asks");
    }
}

#[tokio::test]
async fn a_crowd_at_a_wiki_that_hangs_leaves_nothing_behind() {
    let wiki = Wiki::start().await;
    wiki.always(Reply::Hang);
    let special = json!({"timeout_ms": 200, "max_concurrent": 2});
    let config = Config {
        timeout_ms: 1_000,
        max_requests: 1_000,
        ..config()
    };
    let app = app_with(wiki.address, special, config);
    let mut asked = JoinSet::new();
    for id in 2000..2300 {
        let app = app.clone();
        asked.spawn(async move {
            let answer = post_json(&app, json!({"wiki": "enwiki", "rev_ids": [id]})).await;
            answer.json()["scores"][0]["error"]["code"]
                .as_str()
                .unwrap()
                .to_owned()
        });
    }
    let codes = tokio::time::timeout(BOUND, asked.join_all())
        .await
        .expect("answers in time");
    let n_timeouts = codes.iter().filter(|code| **code == TIMEOUT.code).count();
    let n_busy = codes
        .iter()
        .filter(|code| **code == UNAVAILABLE.code)
        .count();
    assert_eq!(n_timeouts + n_busy, 300);
    // Two calls and sixteen times as many that wait; all others are told at once.
    assert!(
        n_busy >= 300 - 34 && n_timeouts >= 2,
        "{n_timeouts} {n_busy}"
    );
    wiki.always(Reply::Answer);
    nothing_is_open(&app).await;
    let ids: Vec<u64> = (2000..2250).collect();
    eventually("every revision is fetched anew", async || {
        let answer = post_json(&app, json!({"wiki": "enwiki", "rev_ids": ids}))
            .await
            .json();
        let scores = answer["scores"].as_array().unwrap();
        scores.iter().all(|score| score["scores"].is_object())
    })
    .await;
}
