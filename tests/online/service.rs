//! The real binary as a process, which ends with the test.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

pub(crate) const SERVE: &str = env!("CARGO_BIN_EXE_revscore-serve");

/// A program that sees nothing of what this environment says to it.
pub(crate) fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    for (name, _) in
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("REVSCORE_"))
    {
        command.env_remove(name);
    }
    command
}

/// The service; it ends with the test.
pub(crate) struct Service {
    child: Child,
    url: String,
}

impl Service {
    /// Starts it in a directory of models, on a free port.
    pub(crate) fn start(models: &Path, flags: &[&str]) -> Self {
        let mut child = command(SERVE)
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

    /// Waits until it is ready: one that shares a past is when it knows what others were told of.
    pub(crate) fn ready(self) -> Self {
        let url = format!("{}/readyz", self.url);
        while ureq::get(&url).call().is_err() {
            std::thread::yield_now();
        }
        self
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

    /// The sum of a metric's values whose labels have this in them.
    pub(crate) fn sum(&self, name: &str, of: &str) -> f64 {
        let mut answer = ureq::get(format!("{}/metrics", self.url)).call().unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        let lines = text.lines().filter_map(|line| line.strip_prefix(name));
        let values = lines.filter_map(|rest| {
            let (labels, value) = rest.rsplit_once(' ')?;
            let is_this = labels.is_empty() || labels.starts_with('{');
            (is_this && labels.contains(of)).then(|| value.parse::<f64>().unwrap())
        });
        values.sum()
    }

    /// Ends it as the kernel ends a process that has no memory left.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends it as an operator does, and waits until it has ended.
    pub(crate) fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
