//! Both real binaries, the dump that they read, and what is learned from it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

pub(crate) const TRAIN: &str = env!("CARGO_BIN_EXE_revscore-train");
pub(crate) const SERVE: &str = env!("CARGO_BIN_EXE_revscore-serve");

pub(crate) const SAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/data/sample-wiki.xml.bz2"
);

/// Learns in seconds, and looks at what the dump tells of an edit, its parent and the past.
pub(crate) const RECIPE: &str = r#"
features = "full"
without = [
    "page", "parent", "frequency", "size", "longest", "user", "comment", "words", "dictionary",
]
seed = 7
[labels]
radius = 15
window = "none"
[rows]
bots = false
first_revisions = false
self_reverted = false
revert_undone = false
parent_unknown = 0.2
history_unknown = 0.2
at_most = 400000
[evaluation]
split = "pages"
held_out = 0.25
[estimator]
kind = "blend"
boosting_share = 0.5
[calibration]
kind = "platt"
folds = 3
"#;

/// Runs a binary to its end; gives what it printed.
pub(crate) fn run(program: &str, directory: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    for (name, _) in
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("REVSCORE_"))
    {
        command.env_remove(name);
    }
    let output = command
        .current_dir(directory)
        .args(arguments)
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// The service; it ends with the test.
pub(crate) struct Service {
    child: Child,
    url: String,
}

impl Service {
    pub(crate) fn start(models: &Path, flags: &[&str]) -> Self {
        let mut child = Command::new(SERVE)
            .current_dir(models)
            .args(["--listen", "127.0.0.1:0", "--log", "error", "--models", "."])
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
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
        Self { child, url }
    }

    /// Where it listens.
    #[cfg(feature = "postgres")]
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        let mut answer = ureq::get(format!("{}{path}", self.url)).call().unwrap();
        answer.body_mut().read_json().unwrap()
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Value {
        ureq::post(format!("{}{path}", self.url))
            .send(body.to_string())
            .unwrap()
            .body_mut()
            .read_json()
            .unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
