//! The real binary: what it prints, whom it waits for, and how it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};

use revscore::model::Target;
use serde_json::{Value, json};

use crate::support::{model, spam};

pub(crate) struct Service {
    child: Child,
    pub(crate) address: SocketAddr,
    /// What it printed until it listened.
    greeting: String,
    stdout: BufReader<ChildStdout>,
    stderr: BufReader<ChildStderr>,
}

fn command(models: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_revscore-serve"));
    for (name, _) in
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("REVSCORE_"))
    {
        command.env_remove(name);
    }
    command
        .arg("--models")
        .arg(models)
        .args(["--listen", "127.0.0.1:0", "--threads", "1"]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

pub(crate) fn start(models: &Path, flags: &[&str]) -> Service {
    let mut child = command(models).args(flags).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut greeting = String::new();
    while !greeting.contains("curl ") {
        if stdout.read_line(&mut greeting).unwrap() == 0 {
            let mut errors = String::new();
            let _ = stderr.read_to_string(&mut errors);
            panic!("it ended: {greeting}{errors}");
        }
    }
    let address = greeting
        .split("http://")
        .nth(1)
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap()
        .parse()
        .unwrap();
    Service {
        child,
        address,
        greeting,
        stdout,
        stderr,
    }
}

impl Service {
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args(["-s", name, &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(status.success());
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Reads the log up to the first line that holds the words.
    fn wait_for_log(&mut self, words: &str) -> String {
        let mut log = String::new();
        while !log.contains(words) {
            assert_ne!(
                self.stderr.read_line(&mut log).unwrap(),
                0,
                "no {words:?} in {log}"
            );
        }
        log
    }

    /// Waits for the end; what it said meanwhile, and how it ended.
    pub(crate) fn wait(mut self) -> (ExitStatus, String) {
        let mut rest = String::new();
        // The log first: it may be long, and the service waits for whoever reads it.
        self.stderr.read_to_string(&mut rest).unwrap();
        self.stdout.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap(), rest)
    }
}

/// A client; it wants a provider of TLS, though nobody speaks it here.
pub(crate) fn client() -> reqwest::Client {
    // Fails when there is one already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn directory() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    model("enwiki", Target::Reverted)
        .save(directory.path().join("enwiki.reverted.model"))
        .unwrap();
    directory
}

#[test]
fn it_says_where_it_listens_and_the_printed_request_works() {
    let directory = directory();
    let service = start(directory.path(), &[]);
    assert!(
        service.greeting.contains("models: enwiki.reverted\n"),
        "{}",
        service.greeting
    );
    let curl = service
        .greeting
        .lines()
        .find(|line| line.contains("curl"))
        .unwrap();
    let (head, body) = curl.split_once(" -d '").unwrap();
    let url = head.split_whitespace().last().unwrap();
    let body = body.strip_suffix('\'').unwrap();
    let answer: Value = ureq::post(url)
        .send(body)
        .unwrap()
        .body_mut()
        .read_json()
        .unwrap();
    assert!(
        answer["scores"][0]["scores"]["reverted"]["probability"].is_f64(),
        "{answer}"
    );
    assert!(
        answer["scores"][0]["scores"]["reverted"]["explanation"].is_array(),
        "{answer}"
    );
}

#[test]
fn broken_models_are_named_and_the_others_serve() {
    let directory = directory();
    let path = |name: &str| directory.path().join(name);
    let bytes = std::fs::read(path("enwiki.reverted.model")).unwrap();
    std::fs::write(path("cut.reverted.model"), &bytes[..bytes.len() - 9]).unwrap();
    std::fs::write(path("dewiki.reverted.model"), &bytes).unwrap();
    std::fs::write(
        path("pickle.damaging.model"),
        b"\x80\x04 a pickle, not a model",
    )
    .unwrap();
    std::fs::write(path("enwiki.reverted.md"), "a card").unwrap();
    let service = start(directory.path(), &["--log-format", "json"]);
    for line in [
        "models: enwiki.reverted\n",
        "not served: cut.reverted.model: expected a model file of ",
        "not served: dewiki.reverted.model: expected the file name enwiki.reverted.model, after the model in it\n",
        "not served: pickle.damaging.model: expected a model file that begins with REVSCORE, got ",
    ] {
        assert!(service.greeting.contains(line), "{}", service.greeting);
    }
    let list: Value = ureq::get(service.url("/api/v1/models"))
        .call()
        .unwrap()
        .body_mut()
        .read_json()
        .unwrap();
    assert_eq!(list["models"].as_array().unwrap().len(), 1);
    assert_eq!(list["refused"][0]["file"], "cut.reverted.model");
    service.signal("TERM");
    let (status, log) = service.wait();
    assert!(status.success());
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(
        lines
            .iter()
            .any(|line| line["file"] == "pickle.damaging.model" && line["level"] == "WARN"),
        "{log}"
    );
}

/// Tells the service of one edit by Ada.
fn tell(service: &Service, rev_id: u64) -> Value {
    let mut edit = spam();
    edit["rev_id"] = json!(rev_id);
    let body = json!({"wiki": "enwiki", "edits": [edit]}).to_string();
    ureq::post(service.url("/api/v1/edits"))
        .send(body)
        .unwrap()
        .body_mut()
        .read_json()
        .unwrap()
}

#[test]
fn histories_are_saved_now_and_then_and_at_the_end_and_opened_again() {
    let directory = directory();
    std::fs::write(directory.path().join("dewiki.history"), "broken").unwrap();
    let flags = ["--learn-history", "enwiki,dewiki", "--history-save-seconds"];
    let mut service = start(directory.path(), &[&flags[..], &["1"]].concat());
    for line in [
        "history: enwiki, 0 edits\n",
        "not served: dewiki.history: expected a history file that begins with REVHIST\n",
    ] {
        assert!(service.greeting.contains(line), "{}", service.greeting);
    }
    assert_eq!(tell(&service, 2)["edits"][0]["status"], "observed");
    service.wait_for_log("saved the history of enwiki, with 1 edits");
    drop(service);
    let service = start(directory.path(), &[&flags[..], &["3600"]].concat());
    assert!(service.greeting.contains("history: enwiki, 1 edits\n"));
    assert_eq!(tell(&service, 2)["edits"][0]["status"], "already_observed");
    assert_eq!(tell(&service, 3)["edits"][0]["status"], "observed");
    service.signal("TERM");
    let (status, log) = service.wait();
    assert!(status.success());
    assert!(
        log.contains("saved the history of enwiki, with 2 edits"),
        "{log}"
    );
    // 0 keeps the file as it is.
    let service = start(directory.path(), &["--history-save-seconds", "0"]);
    assert_eq!(tell(&service, 4)["edits"][0]["status"], "observed");
    service.signal("TERM");
    let (_, log) = service.wait();
    assert!(!log.contains("saved the history"), "{log}");
    let broken = std::fs::read(directory.path().join("dewiki.history")).unwrap();
    assert_eq!(broken, b"broken");
}

#[test]
fn a_history_that_cannot_be_saved_stops_nothing() {
    let directory = directory();
    let flags = ["--learn-history", "enwiki", "--history-save-seconds", "1"];
    let mut service = start(directory.path(), &flags);
    std::fs::remove_dir_all(directory.path()).unwrap();
    tell(&service, 2);
    let log = service.wait_for_log("the history of enwiki is not saved: ");
    assert!(log.contains("ERROR"), "{log}");
    let metrics = ureq::get(service.url("/metrics"))
        .call()
        .unwrap()
        .body_mut()
        .read_to_string()
        .unwrap();
    assert!(
        metrics.contains("revscore_history_save_errors_total{wiki=\"enwiki\"} 1"),
        "{metrics}"
    );
    service.signal("TERM");
    let (status, _) = service.wait();
    assert!(status.success());
}

#[track_caller]
fn check_refusal(models: &Path, flags: &[&str], expected: &[&str]) {
    let output = command(models).args(flags).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    for words in expected {
        assert!(error.contains(words), "{words} is not in: {error}");
    }
    assert!(
        error.matches("os error").count() <= 1,
        "said twice: {error}"
    );
}

#[test]
fn without_a_model_it_says_where_it_looked_and_how_to_train_one() {
    let empty = tempfile::tempdir().unwrap();
    let name = empty.path().to_str().unwrap();
    let train =
        "train one with `revscore-train run --wiki enwiki --target reverted --dump FILE... --out ";
    check_refusal(
        empty.path(),
        &[],
        &[
            "expected at least one file <wiki>.<target>.model in ",
            name,
            ", got none",
            train,
        ],
    );
    let missing = empty.path().join("missing");
    check_refusal(
        &missing,
        &[],
        &[
            "expected a directory of models at ",
            missing.to_str().unwrap(),
            train,
        ],
    );
    std::fs::write(empty.path().join("x.reverted.model"), "x").unwrap();
    check_refusal(
        empty.path(),
        &[],
        &[
            "expected at least one usable model in ",
            "\n  x.reverted.model: expected",
            train,
        ],
    );
}

#[test]
fn what_cannot_be_configured_is_said() {
    let directory = directory();
    check_refusal(
        directory.path(),
        &["--log", "info=["],
        &["expected a log filter such as info, got \"info=[\""],
    );
    check_refusal(
        directory.path(),
        &["--config", "/nowhere.toml"],
        &["the configuration file /nowhere.toml cannot be"],
    );
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let listen = format!("cannot listen on {address}: ");
    let output = Command::new(env!("CARGO_BIN_EXE_revscore-serve"))
        .args(["--listen", &address, "--models"])
        .arg(directory.path())
        .output()
        .unwrap();
    assert!(String::from_utf8(output.stderr).unwrap().contains(&listen));
}

#[test]
fn flags_win_over_the_environment_and_the_environment_over_the_file() {
    let empty = tempfile::tempdir().unwrap();
    let directory = |name: &str| {
        let path = empty.path().join(name);
        std::fs::create_dir(&path).unwrap();
        path
    };
    let (in_file, in_environment, in_flag) = (directory("a"), directory("b"), directory("c"));
    let file = empty.path().join("revscore.toml");
    std::fs::write(&file, format!("models = {in_file:?}\n")).unwrap();
    let check = |command: &mut Command, expected: &Path| {
        let error = String::from_utf8(command.output().unwrap().stderr).unwrap();
        let words = format!(
            "expected at least one file <wiki>.<target>.model in {}, got",
            expected.display()
        );
        assert!(error.contains(&words), "{error}");
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_revscore-serve"));
    command
        .env_remove("REVSCORE_MODELS")
        .env("REVSCORE_CONFIG", &file);
    check(&mut command, &in_file);
    check(
        command.env("REVSCORE_MODELS", &in_environment),
        &in_environment,
    );
    check(command.arg("--models").arg(&in_flag), &in_flag);
}

fn begin_request(service: &Service, body: &str) -> BufReader<TcpStream> {
    begin_request_of(service, "", body)
}

/// Sends a request's header, with more lines in it, and waits until the service has begun to read
/// its body.
pub(crate) fn begin_request_of(service: &Service, lines: &str, body: &str) -> BufReader<TcpStream> {
    let mut stream = BufReader::new(TcpStream::connect(service.address).unwrap());
    let header = format!(
        "POST /api/v1/score HTTP/1.1\r\nhost: x\r\n{lines}expect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.get_mut().write_all(header.as_bytes()).unwrap();
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    assert_eq!(line, "HTTP/1.1 100 Continue\r\n");
    stream
}

#[test]
fn requests_in_flight_are_finished_after_a_signal() {
    for signal in ["TERM", "INT"] {
        let directory = directory();
        let mut service = start(directory.path(), &[]);
        let body = json!({"wiki": "enwiki", "edits": [spam()]}).to_string();
        let mut request = begin_request(&service, &body);
        service.signal(signal);
        service.wait_for_log("shutting down; 1 connections are open");
        assert!(
            TcpStream::connect(service.address).is_err(),
            "it still listens"
        );
        request.get_mut().write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        request.read_to_string(&mut answer).unwrap();
        assert!(answer.contains("HTTP/1.1 200 OK\r\n"), "{answer}");
        let (status, log) = service.wait();
        assert!(status.success());
        assert!(log.contains("all requests were answered"), "{log}");
    }
}

#[test]
fn the_deadline_cuts_off_what_does_not_end() {
    let directory = directory();
    let service = start(directory.path(), &["--drain-ms", "1"]);
    let _request = begin_request(&service, "never sent");
    service.signal("TERM");
    let (status, log) = service.wait();
    assert!(status.success());
    assert!(
        log.contains("1 connections were cut off at the deadline"),
        "{log}"
    );
}

#[test]
fn slow_clients_are_left() {
    let directory = directory();
    let service = start(directory.path(), &["--header-timeout-ms", "5"]);
    let mut slow_header = TcpStream::connect(service.address).unwrap();
    slow_header
        .write_all(b"GET /healthz HTTP/1.1\r\nhost")
        .unwrap();
    let mut answer = Vec::new();
    // Closed, with or without an answer; not kept open.
    let _ = slow_header.read_to_end(&mut answer);
    let service = start(directory.path(), &["--body-timeout-ms", "5"]);
    let mut slow_body = begin_request(&service, "never sent");
    let mut answer = String::new();
    let _ = slow_body.read_to_string(&mut answer);
    assert!(
        answer.contains("HTTP/1.1 408 Request Timeout\r\n"),
        "{answer}"
    );
    assert!(answer.contains("body_timeout"), "{answer}");
}

/// Sends 20 MB before it reads the answer.
fn send_much(service: &Service) -> String {
    let mut stream = TcpStream::connect(service.address).unwrap();
    let n_bytes = 20 << 20;
    let header = format!(
        "POST /api/v1/score HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {n_bytes}\r\n\r\n"
    );
    stream.write_all(header.as_bytes()).unwrap();
    for _ in 0..n_bytes / (1 << 20) {
        stream.write_all(&[b'x'; 1 << 20]).unwrap();
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_client_that_sends_too_much_still_reads_why() {
    let directory = directory();
    let answer = send_much(&start(directory.path(), &[]));
    assert!(
        answer.starts_with("HTTP/1.1 413 Payload Too Large\r\n"),
        "{answer}"
    );
    assert!(
        answer.contains("expected a body of at most 8388608 bytes"),
        "{answer}"
    );
}

#[test]
fn a_client_that_is_turned_away_still_reads_why() {
    let directory = directory();
    for (flag, status) in [
        ("--max-requests", "503 Service Unavailable"),
        ("--max-client-requests", "429 Too Many Requests"),
    ] {
        let service = start(directory.path(), &[flag, "1"]);
        let _open = begin_request(&service, "never sent");
        let answer = send_much(&service);
        let expected = format!("HTTP/1.1 {status}\r\n");
        assert!(answer.starts_with(&expected), "{answer}");
        assert!(answer.contains("retry-after: 1\r\n"), "{answer}");
    }
}

#[test]
fn logs_hold_nothing_of_an_edit() {
    let directory = directory();
    let service = start(directory.path(), &["--log", "trace"]);
    let secrets = [
        "SecretText",
        "SecretComment",
        "SecretName",
        "198.51.100.77",
        "SecretTitle",
        "SecretPath",
        "SecretField",
    ];
    let edit = json!({
        "parent_text": "SecretText", "text": "SecretText SecretText", "comment": "SecretComment",
        "user": {"name": "198.51.100.77"}, "page": {"title": "SecretTitle"}, "parent": {"user": {"name": "SecretName"}},
    });
    let bad = json!({"text": "SecretText", "SecretField": 1, "timestamp": "SecretText"});
    let body = json!({"wiki": "enwiki", "explain": true, "edits": [edit, bad]}).to_string();
    ureq::post(service.url("/api/v1/score")).send(body).unwrap();
    let _ = ureq::post(service.url("/api/v1/score")).send(r#"{"SecretField":1}"#);
    let _ = ureq::get(service.url("/SecretPath?SecretName")).call();
    service.signal("TERM");
    let (_, log) = service.wait();
    assert!(log.contains("/api/v1/score answered 200"), "{log}");
    for secret in secrets {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
}
