//! Everything that the README shows is run here: its commands give the output that stands under
//! them, its figures are those of the shipped models, its links lead somewhere. (Its Rust example
//! is a doctest of the library.) Also what other documents say of the shipped models.
//!
//! A block marked `console` has commands after `$ ` and their output below, up to the next one.
//! Output that is JSON is compared as JSON, so that the README may break its lines; lists end
//! where it says …, and progress lines, which carry times, are left out on both sides.
#![cfg(all(feature = "serve", feature = "train"))]
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where what it needs is not there"
)]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use revscore::model::Model;
use serde_json::Value;

const README: &str = include_str!("../README.md");

/// A command and the output that the README shows.
#[derive(Debug, Default)]
struct Shown {
    command: String,
    output: String,
}

fn shown() -> Vec<Shown> {
    let mut all: Vec<Shown> = Vec::new();
    let mut is_inside = false;
    for line in README.lines() {
        if line.starts_with("```") {
            is_inside = line == "```console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| is_inside) {
            all.push(Shown {
                command: command.to_owned(),
                output: String::new(),
            });
        } else if let Some(last) = all.last_mut().filter(|_| is_inside) {
            if let Some(begun) = last.command.strip_suffix('\\') {
                last.command = format!("{begun}{}", line.trim_start());
            } else {
                last.output.push_str(line);
                last.output.push('\n');
            }
        }
    }
    all
}

/// A directory that looks like a fresh clone after `cargo build`, to write into.
fn clone_of_tree() -> tempfile::TempDir {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let directory = tempfile::tempdir().unwrap();
    for name in ["tests", "training", "models"] {
        std::os::unix::fs::symlink(root.join(name), directory.path().join(name)).unwrap();
    }
    directory
}

/// A service that ends with the test.
struct Service {
    child: Child,
    address: String,
}

impl Service {
    fn start(directory: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_revscore-serve"))
            .args(["--listen", "127.0.0.1:0"])
            .current_dir(directory)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let address = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok)
            .find_map(|line| {
                let (_, rest) = line.split_once("http://")?;
                Some(rest.split(['/', ' ']).next()?.to_owned())
            })
            .expect("the service says where it listens");
        Self { child, address }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_progress(line: &str) -> bool {
    line.contains("MB/s")
}

fn without_progress(text: &str) -> String {
    text.lines()
        .filter(|line| !is_progress(line))
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}

/// Whether a JSON value is the one that is shown: numbers to nine digits, lists as far as they are
/// shown before a closing "…".
fn is_shown(expected: &Value, got: &Value) -> bool {
    match (expected, got) {
        (Value::Number(expected), Value::Number(got)) => {
            let (expected, got) = (expected.as_f64().unwrap(), got.as_f64().unwrap());
            (expected - got).abs() <= 1e-9 * expected.abs()
        }
        (Value::Array(expected), Value::Array(got)) => match expected.split_last() {
            Some((last, shown)) if last == "…" => {
                shown.len() < got.len()
                    && shown
                        .iter()
                        .zip(got)
                        .all(|(expected, got)| is_shown(expected, got))
            }
            _ => {
                expected.len() == got.len()
                    && expected
                        .iter()
                        .zip(got)
                        .all(|(expected, got)| is_shown(expected, got))
            }
        },
        (Value::Object(expected), Value::Object(got)) => {
            expected.len() == got.len()
                && expected
                    .iter()
                    .all(|(name, value)| got.get(name).is_some_and(|got| is_shown(value, got)))
        }
        _ => expected == got,
    }
}

#[track_caller]
fn check_output(shown: &Shown, output: &str) {
    let parse = serde_json::from_str::<Value>;
    match (parse(&shown.output), parse(output)) {
        (Ok(expected), Ok(got)) => {
            assert!(is_shown(&expected, &got), "{}\n{output}", shown.command)
        }
        _ => assert_eq!(
            without_progress(output),
            without_progress(&shown.output),
            "{}",
            shown.command
        ),
    }
}

#[test]
fn commands_give_the_output_that_is_shown() {
    let directory = clone_of_tree();
    let service = Service::start(directory.path());
    let shown = shown();
    assert!(shown.len() >= 4, "{shown:?}");
    for shown in &shown {
        let command = shown
            .command
            .replace("revscore-train", env!("CARGO_BIN_EXE_revscore-train"))
            .replace("127.0.0.1:8080", &service.address);
        let done = Command::new("sh")
            .args(["-c", &format!("{command} 2>&1")])
            .current_dir(directory.path())
            .output()
            .unwrap();
        let output = String::from_utf8(done.stdout).unwrap();
        assert!(done.status.success(), "{}\n{output}", shown.command);
        check_output(shown, &output);
    }
}

#[test]
fn the_figures_of_the_shipped_models_are_theirs() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let mut n_models = 0;
    for entry in std::fs::read_dir(models).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "model")
        {
            n_models += 1;
            assert!(
                path.metadata().unwrap().len() <= 3_000_000,
                "{}",
                path.display()
            );
            let model = Model::open(&path).unwrap();
            let sentence = model.report().one_line();
            let row = README.lines().find(|line| {
                line.contains(&format!("`{}`", model.name())) && line.contains(&sentence)
            });
            assert!(
                row.is_some(),
                "README has no row of {} with: {sentence}",
                model.name()
            );
            let card = std::fs::read_to_string(path.with_extension("md")).unwrap();
            assert_eq!(card, model.card().to_markdown(), "{}", path.display());
        }
    }
    assert_eq!(n_models, 4);
}

#[test]
fn links_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (_, rest) in README
        .match_indices("](")
        .map(|(at, _)| README.split_at(at + 2))
    {
        let target = rest.split([')', '#']).next().unwrap_or_default();
        if !target.is_empty() && !target.starts_with("http") {
            assert!(root.join(target).exists(), "{target}");
        }
    }
}

/// models/README.md says with which commands the models were made: from the dumps, in the order,
/// and with the recipe that each model itself remembers.
#[test]
fn the_commands_of_the_shipped_models_are_those_that_made_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let commands = std::fs::read_to_string(root.join("models/README.md"))
        .unwrap()
        .replace("\\\n", " ");
    let mut n_models = 0;
    for command in commands
        .lines()
        .filter(|line| line.starts_with("revscore-train run "))
    {
        let words: Vec<&str> = command.split_whitespace().collect();
        let values = |option: &str| -> Vec<&str> {
            words
                .iter()
                .skip_while(|word| **word != option)
                .skip(1)
                .take_while(|word| !word.starts_with("--"))
                .copied()
                .collect()
        };
        let path = root.join(values("--out")[0]);
        let model = Model::open(&path).unwrap();
        let provenance = model.provenance();
        assert_eq!(values("--wiki"), [model.wiki()], "{command}");
        let dumps: Vec<&str> = values("--dump")
            .iter()
            .map(|dump| dump.trim_start_matches("$D/"))
            .collect();
        let sources: Vec<&str> = provenance
            .sources
            .iter()
            .map(|source| source.name.as_str())
            .collect();
        assert_eq!(dumps, sources, "{command}");
        let recipe = values("--recipe");
        let recipe = recipe.first().unwrap_or(&"training/recipes/default.toml");
        assert_eq!(
            std::fs::read_to_string(root.join(recipe)).unwrap(),
            provenance.recipe,
            "{command}"
        );
        assert!(provenance.selection.is_empty(), "{command}");
        n_models += 1;
    }
    assert_eq!(n_models, 4);
}

/// The example answer in docs/API.md names a model that is there.
#[test]
fn the_version_in_the_api_document_is_the_shipped_models() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let model = Model::open(root.join("models/enwiki.reverted.model")).unwrap();
    let api = std::fs::read_to_string(root.join("docs/API.md")).unwrap();
    let shown = format!(
        r#""name": "enwiki.reverted", "version": "{}""#,
        model.version()
    );
    assert!(api.contains(&shown), "docs/API.md does not say {shown}");
}
