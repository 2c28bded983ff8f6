//! The real binary beside a real MediaWiki: what is scored by id is what is scored by text, and each
//! thing that can be wrong with a revision is told in every dialect.
//!
//! `tests/mediawiki/run.sh` installs, fills and serves the wiki; where it cannot, it says why and
//! the tests here say SKIPPED. One wiki serves all of them, because starting it takes seconds.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use revscore::model::Target;
use serde_json::{Value, json};

use crate::changes::changes_are_scored_as_they_come;
use crate::process::{Service, start};
use crate::support::model_of;

/// A wiki that ends when its standard input does.
pub(crate) struct MediaWiki {
    child: Child,
    directory: tempfile::TempDir,
    api_url: String,
}

impl MediaWiki {
    /// Starts it; `None` where there is no MediaWiki and none may be installed.
    fn start() -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut child = Command::new(root.join("tests/mediawiki/run.sh"))
            .arg(directory.path().join("wiki"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        for line in stdout.lines().map(Result::unwrap) {
            if let Some(url) = line.strip_prefix("ready ") {
                return Some(Self {
                    child,
                    api_url: url.to_owned(),
                    directory,
                });
            }
            println!("{line}");
        }
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(77), "the wiki did not start");
        None
    }

    fn json(&self, file: &str) -> Value {
        let path = self.directory.path().join("wiki").join(file);
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    /// Runs a maintenance script of MediaWiki's, which reads this.
    pub(crate) fn maintain(&self, script: &str, arguments: &[&str], input: &str) {
        let installed = std::env::var("MW_INSTALL_PATH");
        let installed = installed.unwrap_or_else(|_| "/usr/share/mediawiki".to_owned());
        let settings = self.directory.path().join("wiki/LocalSettings.php");
        let mut php = Command::new("php")
            .arg(format!("{installed}/maintenance/{script}"))
            .args(arguments)
            .env("MW_INSTALL_PATH", installed)
            .env("MW_CONFIG_FILE", settings)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdin = php.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).unwrap();
        drop(stdin);
        assert!(php.wait().unwrap().success(), "{script}");
    }

    /// The requests that it answered so far.
    pub(crate) fn requests(&self) -> Vec<Value> {
        let path = self.directory.path().join("wiki/requests.log");
        let log = std::fs::read_to_string(path).unwrap();
        let lines = log.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.collect()
    }

    /// From its next request on it begins with this line of PHP; nothing to be itself again.
    fn interfere(&self, settings: &str, line: &str) {
        let path = self.directory.path().join("wiki/LocalSettings.php");
        std::fs::write(path, format!("{settings}\n{line}\n")).unwrap();
    }

    fn settings(&self) -> String {
        let path = self.directory.path().join("wiki/LocalSettings.php");
        std::fs::read_to_string(path).unwrap()
    }
}

impl Drop for MediaWiki {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// A service whose model looks at the text, the author, the page and the parent.
fn serve(wiki: &MediaWiki, directory: &Path) -> Service {
    serve_with(wiki, directory, "", &[])
}

/// The same with more of a configuration file and of flags.
pub(crate) fn serve_with(
    wiki: &MediaWiki,
    directory: &Path,
    tables: &str,
    flags: &[&str],
) -> Service {
    let columns = [
        "added.chars",
        "removed.chars",
        "links.added",
        "author.is_anonymous",
        "author.is_bot",
        "author.edit_count",
        "author.age",
        "author.n_groups",
        "namespace.is_main",
        "page.is_mainspace",
    ];
    model_of("testwiki", Target::Reverted, &columns, 0.05)
        .save(directory.join("testwiki.reverted.model"))
        .unwrap();
    let config = format!(
        "[wiki.testwiki]\napi_url = {:?}\nlanguage = \"en\"\nmax_retries = 1\ntimeout_ms = 20000\n\
         [wiki.testwiki.models]\ndamaging = \"reverted\"\ngoodfaith = \"reverted\"\n{tables}",
        wiki.api_url
    );
    let path = directory.join("revscore.toml");
    std::fs::write(&path, config).unwrap();
    // Small texts alone, so that there is one that is too large.
    let limits = ["--max-text-bytes", "200000", "--timeout-ms", "60000"];
    let config = ["--config", path.to_str().unwrap()];
    start(directory, &[&config, &limits[..], flags].concat())
}

/// A request's status and body, whatever the status.
pub(crate) fn ask(service: &Service, path: &str, body: Option<Value>) -> (u16, Value) {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let url = format!("http://{}{path}", service.address);
    let mut response = match body {
        None => agent.get(url).call().unwrap(),
        Some(body) => agent.post(url).send(body.to_string()).unwrap(),
    };
    let status = response.status().as_u16();
    (status, response.body_mut().read_json().unwrap())
}

#[test]
fn revisions_of_a_real_wiki_are_scored_in_every_dialect() {
    let Some(wiki) = MediaWiki::start() else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let service = serve(&wiki, directory.path());
    let revisions = wiki.json("wiki.json")["revisions"].clone();
    let id = |case: &str| revisions[case].as_u64().unwrap();
    scores_by_id_are_scores_by_text(&wiki, &service);
    fifty_revisions_cost_two_calls(&wiki, &service, &revisions["batch"]);
    for (case, outcome) in OUTCOMES {
        check_outcome(&service, id(case), case, outcome);
    }
    wiki_trouble_passes(&wiki, &service, id("by_newcomer"));
    changes_are_scored_as_they_come(&wiki);
}

/// Every edit whose parts PHP can see has the same score by its id and by these parts.
fn scores_by_id_are_scores_by_text(wiki: &MediaWiki, service: &Service) {
    let texts = wiki.json("texts.json");
    let mut n_compared = 0;
    for (rev_id, edit) in texts.as_object().unwrap() {
        let rev_id: u64 = rev_id.parse().unwrap();
        let by_id = json!({"wiki": "testwiki", "rev_ids": [rev_id]});
        let (status, by_id) = ask(service, "/api/v1/score", Some(by_id));
        assert_eq!(status, 200, "{by_id}");
        let by_id = &by_id["scores"][0];
        if by_id.get("error").is_some() {
            continue;
        }
        let mut edit = edit.clone();
        edit["rev_id"] = rev_id.into();
        // The wiki counts edits up to now, this one included.
        if let Some(count) = edit["user"]["edit_count"].as_u64() {
            edit["user"]["edit_count"] = count.saturating_sub(1).into();
        }
        // Of an address nothing is known but that it is one.
        if edit["user"]["registered_at"].is_null() {
            edit["user"] = json!({"name": edit["user"]["name"]});
        }
        if let Some(name) = edit["parent"]["user"].as_str() {
            edit["parent"]["user"] = json!({"name": name});
        }
        let by_text = json!({"wiki": "testwiki", "edits": [edit]});
        let (_, by_text) = ask(service, "/api/v1/score", Some(by_text));
        assert_eq!(by_id, &by_text["scores"][0]);
        n_compared += 1;
    }
    // All but four: a parent, a user and a comment are hidden, and a text is too large.
    assert_eq!(n_compared, texts.as_object().unwrap().len() - 4);
}

fn fifty_revisions_cost_two_calls(wiki: &MediaWiki, service: &Service, batch: &Value) {
    let ids: Vec<String> = batch.as_array().unwrap()[..50]
        .iter()
        .map(Value::to_string)
        .collect();
    // Others than those that were scored above: a second service knows nothing yet.
    let directory = tempfile::tempdir().unwrap();
    let fresh = serve(wiki, directory.path());
    let n_before = wiki.requests().len();
    let path = format!("/v3/scores/testwiki/?revids={}", ids.join("%7C"));
    let (status, answer) = ask(&fresh, &path, None);
    assert_eq!(status, 200, "{answer}");
    let scores = answer["testwiki"]["scores"].as_object().unwrap();
    assert_eq!(scores.len(), 50);
    for score in scores.values() {
        assert!(
            score["damaging"]["score"]["prediction"].is_boolean(),
            "{score}"
        );
    }
    let requests = wiki.requests();
    let calls = &requests[n_before..];
    assert_eq!(calls.len(), 2, "{calls:?}");
    assert!(calls.iter().all(|call| call["gzip"] == true), "{calls:?}");
    // The same again costs none.
    ask(service, &path, None);
    ask(&fresh, &path, None);
    assert_eq!(wiki.requests().len(), n_before + 2);
}

type Outcome = (&'static str, &'static str, u16, u16);

/// What is wrong with a revision: ORES' type, the code of our own API, and Lift Wing's and
/// revert risk's status. Nothing is wrong where the type is empty.
const OUTCOMES: [(&str, Outcome); 16] = [
    ("plain", ("", "", 200, 200)),
    ("by_bot", ("", "", 200, 200)),
    ("by_anonymous", ("", "", 200, 200)),
    ("unicode", ("", "", 200, 200)),
    ("redirect", ("", "", 200, 200)),
    ("creation", ("", "", 200, 422)),
    (
        "missing",
        ("RevisionNotFound", "revision_not_found", 400, 400),
    ),
    (
        "page_deleted",
        ("RevisionNotFound", "revision_not_found", 400, 400),
    ),
    ("text_hidden", ("TextDeleted", "text_hidden", 400, 422)),
    (
        "parent_hidden",
        ("TextDeleted", "parent_text_hidden", 400, 422),
    ),
    ("user_hidden", ("UserDeleted", "user_hidden", 400, 422)),
    (
        "comment_hidden",
        ("CommentDeleted", "comment_hidden", 400, 422),
    ),
    ("suppressed", ("TextDeleted", "text_hidden", 400, 422)),
    (
        "css_page",
        (
            "UnexpectedContentType",
            "unexpected_content_model",
            400,
            422,
        ),
    ),
    ("large", ("TextTooLarge", "text_too_large", 400, 422)),
    ("by_newcomer", ("", "", 200, 200)),
];

fn check_outcome(service: &Service, id: u64, case: &str, (kind, code, predict, risk): Outcome) {
    let error_of = |score: &Value| {
        score["error"]["type"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let (status, v3) = ask(
        service,
        &format!("/v3/scores/testwiki/{id}/damaging/"),
        None,
    );
    let score = &v3["testwiki"]["scores"][id.to_string()]["damaging"];
    assert_eq!(
        (status, error_of(score).as_str()),
        (200, kind),
        "{case}: {v3}"
    );
    let message = score["error"]["message"].as_str().unwrap_or_default();
    assert!(message.starts_with(kind), "{case}: {message}");
    let (_, v2) = ask(
        service,
        &format!("/v2/scores/testwiki/damaging/{id}/"),
        None,
    );
    let score = &v2["scores"]["testwiki"]["damaging"]["scores"][id.to_string()];
    assert_eq!(error_of(score), kind, "{case}: {v2}");
    let (_, v1) = ask(service, &format!("/scores/testwiki/damaging/{id}/"), None);
    assert_eq!(error_of(&v1[id.to_string()]), kind, "{case}: {v1}");

    let by_id = json!({"wiki": "testwiki", "rev_ids": [id]});
    let (_, own) = ask(service, "/api/v1/score", Some(by_id));
    let own_code = own["scores"][0]["error"]["code"].as_str();
    assert_eq!(own_code.unwrap_or_default(), code, "{case}: {own}");

    let body = json!({"rev_id": id});
    let (status, lift_wing) = ask(service, "/v1/models/testwiki-damaging:predict", Some(body));
    assert_eq!(status, predict, "{case}: {lift_wing}");
    if kind == "RevisionNotFound" {
        let words = "The MW API does not have any info related to the rev-id";
        let error = lift_wing["error"].as_str().unwrap();
        assert!(error.starts_with(words), "{case}: {error}");
    }
    let body = json!({"rev_id": id, "lang": "en"});
    let path = "/v1/models/revertrisk-language-agnostic:predict";
    let (status, revert_risk) = ask(service, path, Some(body));
    assert_eq!(status, risk, "{case}: {revert_risk}");

    let input = json!({"name": "rev_id", "shape": [1], "datatype": "INT64", "data": [id]});
    let path = "/v2/models/testwiki-damaging/infer";
    let (status, inferred) = ask(service, path, Some(json!({"inputs": [input]})));
    assert_eq!(status, predict, "{case}: {inferred}");
    // One probability, whoever asks.
    if kind.is_empty() {
        let probability =
            &v3["testwiki"]["scores"][id.to_string()]["damaging"]["score"]["probability"]["true"];
        assert_eq!(probability, &inferred["outputs"][0]["data"][0], "{case}");
        assert_eq!(
            probability,
            &v1[id.to_string()]["probability"]["true"],
            "{case}"
        );
        assert_eq!(
            probability, &own["scores"][0]["scores"]["reverted"]["probability"],
            "{case}"
        );
        if risk == 200 {
            let output = &revert_risk["output"]["probabilities"]["true"];
            assert_eq!(probability, output, "{case}");
        }
    }
}

/// Trouble of the real software: what it says is told, and is over when the trouble is.
fn wiki_trouble_passes(wiki: &MediaWiki, service: &Service, id: u64) {
    let settings = wiki.settings();
    let directory = tempfile::tempdir().unwrap();
    let fresh = serve(wiki, directory.path());
    let code = |service: &Service| {
        let body = json!({"wiki": "testwiki", "rev_ids": [id]});
        let (_, answer) = ask(service, "/api/v1/score", Some(body));
        let code = answer["scores"][0]["error"]["code"].as_str();
        code.unwrap_or_default().to_owned()
    };
    for (line, expected) in [
        ("throw new Exception( 'out of order' );", "wiki_unavailable"),
        ("$wgGroupPermissions['*']['read'] = false;", "wiki_refused"),
        ("die( '<html>maintenance</html>' );", "wiki_garbage"),
    ] {
        wiki.interfere(&settings, line);
        assert_eq!(code(&fresh), expected, "{line}");
        // What is known needs no wiki.
        assert_eq!(code(service), "", "{line}");
    }
    // An answer in pieces is put together.
    wiki.interfere(&settings, "$wgAPIMaxResultSize = 1500;");
    assert_eq!(code(&fresh), "");
    wiki.interfere(&settings, "");
}
