//! The real binary, as a process that can be killed.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};

use crate::cluster::{EVENTS, SCORES, Topics};
use crate::wiki::Wiki;

const SERVE: &str = env!("CARGO_BIN_EXE_revscore-serve");

/// A configuration file that reads events from a cluster and texts from a wiki.
pub(crate) fn configure(directory: &Path, topics: &Topics, wiki: &Wiki, more: &str) -> PathBuf {
    let path = directory.join("revscore.toml");
    let (brokers, api_url) = (&topics.brokers, wiki.api_url());
    let text = format!(
        r#"
{more}

[wiki.papwiki]
api_url = "{api_url}"

[source.edits]
from = "kafka"
brokers = "{brokers}"
topics = ["{EVENTS}"]
start = "earliest"
options = {{ "session.timeout.ms" = "6000" }}

[sink.scores]
to = "kafka"
brokers = "{brokers}"
topic = "{SCORES}"
"#
    );
    std::fs::write(&path, text).unwrap();
    path
}

/// The service; it ends with the test.
pub(crate) struct Service {
    child: Child,
    stderr: Option<ChildStderr>,
    url: String,
}

impl Service {
    pub(crate) fn start(config: &Path, flags: &[&str]) -> Self {
        let models = concat!(env!("CARGO_MANIFEST_DIR"), "/models");
        let mut child = command()
            .args([
                "--listen",
                "127.0.0.1:0",
                "--log",
                "warn",
                "--models",
                models,
            ])
            .arg("--config")
            .arg(config)
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let url = line
            .split_whitespace()
            .find(|word| word.starts_with("http://"))
            .unwrap_or_else(|| panic!("{line}"))
            .to_owned();
        let stderr = child.stderr.take();
        Self { child, stderr, url }
    }

    /// Ends it as the kernel ends a process that has no memory left.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// A metric's values, with their labels.
    pub(crate) fn metric(&self, name: &str) -> Vec<(String, f64)> {
        let mut answer = ureq::get(format!("{}/metrics", self.url)).call().unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        let lines = text.lines().filter_map(|line| line.strip_prefix(name));
        let values = lines.filter_map(|rest| {
            let (labels, value) = rest.rsplit_once(' ')?;
            let is_this = labels.is_empty() || labels.starts_with('{');
            is_this.then(|| (labels.to_owned(), value.parse().unwrap()))
        });
        values.collect()
    }

    /// The sum of a metric's values whose labels have this in them.
    pub(crate) fn sum(&self, name: &str, of: &str) -> f64 {
        let values = self.metric(name).into_iter();
        values
            .filter(|(labels, _)| labels.contains(of))
            .map(|(_, value)| value)
            .sum()
    }

    pub(crate) fn get(&self, path: &str) -> serde_json::Value {
        let mut answer = ureq::get(format!("{}{path}", self.url)).call().unwrap();
        answer.body_mut().read_json().unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(mut stderr) = self.stderr.take() {
            let mut text = String::new();
            let _ = stderr.read_to_string(&mut text);
        }
    }
}

/// Runs the binary to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    command().args(arguments).output().unwrap()
}

fn command() -> Command {
    let mut command = Command::new(SERVE);
    for (name, _) in
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("REVSCORE_"))
    {
        command.env_remove(name);
    }
    command
}
