//! The house's rules that a machine can check: who may use whom, what files look like.
//!
//! CONTRIBUTING.md gives the reasons. The compiler already holds the core free of service and
//! trainer (`.ci/run`); here are the rooms inside the core, and the rules about files. A rule that
//! is broken names the file and line.

use std::fs;
use std::path::{Path, PathBuf};

/// Rooms of the library in reading order, and the rooms that each may use. A room may always use
/// itself; `pub use` in `lib.rs` is the crate's face and free.
const MAY_USE: &[(&str, &[&str])] = &[
    ("envelope", &[]),
    ("revision", &[]),
    ("corpus", &["revision"]),
    ("diff", &[]),
    ("language", &[]),
    ("history", &["envelope", "revision", "diff", "language"]),
    ("edit", &["revision", "diff", "language", "history"]),
    (
        "feature",
        &["revision", "diff", "language", "history", "edit"],
    ),
    ("dataset", &["revision", "feature"]),
    ("estimator", &["dataset"]),
    ("evaluation", &["revision", "diff", "edit", "dataset"]),
    (
        "model",
        &[
            "envelope",
            "revision",
            "edit",
            "language",
            "feature",
            "dataset",
            "estimator",
            "evaluation",
        ],
    ),
    (
        "service",
        &[
            "revision",
            "corpus",
            "diff",
            "edit",
            "language",
            "history",
            "feature",
            "dataset",
            "estimator",
            "evaluation",
            "model",
        ],
    ),
];

/// Uses against the direction, each with its reason. One that is no longer needed fails.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("language/items.rs", "diff"), // what an edit says is read off its diff
    ("language/segment.rs", "diff"), // words are the tokens of the differ
    ("language/words.rs", "diff"), // words are the tokens that a diff is made of
    ("language/words.rs", "edit"), // the changed words are read off an edit, which hands them out
];

/// Names that say nothing about what is inside.
const HOMELESS: &[&str] = &[
    "utils", "util", "common", "core", "helpers", "helper", "types", "misc",
];

/// Lines before the tests that a file may have; longer ones say "long" in their module doc.
const MAX_LINES: usize = 600;

/// A source file, with its tests cut off.
struct Source {
    /// Relative to the crate's root, with slashes.
    path: String,
    /// All before the unit tests, which stand last; of a `tests.rs`, its module doc.
    code: String,
}

impl Source {
    /// The leading `//!` lines.
    fn module_doc(&self) -> impl Iterator<Item = &str> {
        self.code.lines().take_while(|line| line.starts_with("//!"))
    }

    /// Lines with their numbers, without comments.
    fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let numbered = self
            .code
            .lines()
            .enumerate()
            .map(|(row, line)| (row + 1, line));
        numbered.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(dir: &str, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut dirs = vec![root().join(dir)];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir).into_iter().flatten() {
            let path = entry.expect("a directory can be listed").path();
            let extension = path
                .extension()
                .and_then(|extension| extension.to_str())
                .unwrap_or_default();
            if path.is_dir() {
                dirs.push(path);
            } else if extensions.contains(&extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn relative(path: &Path) -> String {
    let inside = path
        .strip_prefix(root())
        .expect("files are listed below the root");
    inside.to_string_lossy().replace('\\', "/")
}

fn sources(dirs: &[&str]) -> Vec<Source> {
    let paths = dirs.iter().flat_map(|dir| files(dir, &["rs"]));
    paths
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a source file is UTF-8");
            let file_name = path.file_name().and_then(|name| name.to_str());
            let code = if file_name == Some("tests.rs") {
                let doc = text.lines().take_while(|line| line.starts_with("//!"));
                doc.collect::<Vec<_>>().join("\n")
            } else {
                text.split("\nmod tests {")
                    .next()
                    .unwrap_or_default()
                    .to_owned()
            };
            Source {
                path: relative(&path),
                code,
            }
        })
        .collect()
}

#[track_caller]
fn check_none(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}:\n  {}", broken.join("\n  "));
}

/// The rooms that a line names after `crate::`, also in `use crate::{a, b::c}`.
fn rooms_used(line: &str) -> Vec<&str> {
    let ident = |text: &'_ str| {
        text.find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(text.len())
    };
    let mut rooms = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        let preceded = line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$');
        let rest = &line[at + "crate::".len()..];
        if preceded {
            continue;
        }
        let Some(group) = rest.strip_prefix('{') else {
            rooms.push(&rest[..ident(rest)]);
            continue;
        };
        let mut depth = 0_i32;
        for part in group.split_inclusive(['{', '}', ',']) {
            let name = part.trim_start();
            if depth == 0 && ident(name) > 0 {
                rooms.push(&name[..ident(name)]);
            }
            depth += i32::from(part.ends_with('{')) - i32::from(part.ends_with('}'));
            if depth < 0 {
                break;
            }
        }
    }
    rooms
}

#[test]
fn rooms_named_in_a_line_are_found() {
    #[track_caller]
    fn check(line: &str, rooms: &[&str]) {
        assert_eq!(rooms_used(line), rooms, "{line}");
    }
    check("use crate::edit::Edit;", &["edit"]);
    check(
        "use crate::{diff::{self, Change}, edit::Edit};",
        &["diff", "edit"],
    );
    check(
        "fn f(a: &crate::edit::Edit, b: crate::model::Model)",
        &["edit", "model"],
    );
    check("use super::crate_name;", &[]);
    check("use other_crate::edit;", &[]);
}

#[test]
fn rooms_of_the_core_keep_their_direction() {
    let mut broken = Vec::new();
    let mut unused: Vec<_> = EXCEPTIONS.to_vec();
    for source in sources(&["src"]) {
        let inside = source.path.trim_start_matches("src/");
        let room = inside
            .split('/')
            .next()
            .unwrap_or_default()
            .trim_end_matches(".rs");
        if room == "lib" || room == "main" {
            continue;
        }
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == room) else {
            broken.push(format!(
                "{}: room {room:?} is not in the table MAY_USE",
                source.path
            ));
            continue;
        };
        // A `use` may span lines; joined, it is one.
        let joined = source
            .code_lines()
            .map(|(_, line)| line.trim())
            .collect::<Vec<_>>()
            .join(" ");
        for statement in joined.split_inclusive(';') {
            for used in rooms_used(statement) {
                let is_room = MAY_USE.iter().any(|(name, _)| *name == used);
                if let Some(at) = unused
                    .iter()
                    .position(|exception| *exception == (inside, used))
                {
                    unused.remove(at);
                } else if is_room
                    && used != room
                    && !allowed.contains(&used)
                    && !EXCEPTIONS.contains(&(inside, used))
                {
                    broken.push(format!("{}: {room} may not use {used}", source.path));
                }
            }
        }
    }
    broken.extend(
        unused
            .iter()
            .map(|(path, used)| format!("src/{path}: no longer uses {used}; delete the exception")),
    );
    check_none("rooms use only what stands before them", &broken);
}

#[test]
fn service_and_trainer_do_not_know_each_other() {
    let mut broken = Vec::new();
    for source in sources(&["training"]) {
        for (row, line) in source
            .code_lines()
            .filter(|(_, line)| line.contains("revscore::service"))
        {
            broken.push(format!("{}:{row}: {}", source.path, line.trim()));
        }
    }
    check_none("the trainer never uses the service", &broken);
}

#[test]
fn rooms_are_named_for_what_is_inside() {
    let paths = sources(&["src", "training", "tests", "benches"])
        .into_iter()
        .map(|source| source.path);
    let homeless = |part: &str| HOMELESS.contains(&part.trim_end_matches(".rs"));
    let broken: Vec<_> = paths.filter(|path| path.split('/').any(homeless)).collect();
    check_none("no rooms for the homeless", &broken);
}

#[test]
fn every_module_says_what_it_is() {
    let sources = sources(&["src", "training", "tests", "benches"]);
    let broken: Vec<_> = sources
        .iter()
        .filter(|source| source.module_doc().next().is_none())
        .map(|source| source.path.clone())
        .collect();
    check_none("the first line is a module doc, //!", &broken);
}

#[test]
fn long_files_say_why() {
    let mut broken = Vec::new();
    for source in sources(&["src", "training"]) {
        let n_lines = source.code.lines().count();
        if n_lines > MAX_LINES
            && !source
                .module_doc()
                .any(|line| line.to_lowercase().contains("long"))
        {
            broken.push(format!(
                "{}: {n_lines} lines, and no word on why it is so long",
                source.path
            ));
        }
    }
    check_none("files end before line 600", &broken);
}

#[test]
fn nothing_is_unwrapped_outside_tests() {
    let mut broken = Vec::new();
    for source in sources(&["src", "training"]) {
        for (row, line) in source
            .code_lines()
            .filter(|(_, line)| line.contains(".unwrap()"))
        {
            broken.push(format!("{}:{row}: {}", source.path, line.trim()));
        }
    }
    check_none("no unwrap outside tests", &broken);
}

#[test]
fn no_path_of_one_machine_is_named() {
    // Put together here, so that this file does not name them itself.
    let machine = ["work", "tmp", "root", "home"].map(|dir| format!("\"/{dir}/"));
    let shared = ["work"].map(|dir| format!("/{dir}/"));
    let mut broken = Vec::new();
    let paths = [
        "src", "training", "tests", "benches", "docs", "models", ".ci",
    ]
    .iter()
    .flat_map(|dir| files(dir, &["rs", "md", "toml", "sh", "py", "php", "json", ""]))
    .chain(
        [
            "README.md",
            "ARCHITECTURE.md",
            "CONTRIBUTING.md",
            "CHANGELOG.md",
            "Cargo.toml",
        ]
        .map(|name| root().join(name)),
    );
    for path in paths {
        // A file of bytes is no text to read; a missing one is another test's matter.
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        for (row, line) in text.lines().enumerate() {
            if machine
                .iter()
                .chain(&shared)
                .any(|needle| line.contains(needle.as_str()))
            {
                broken.push(format!("{}:{}: {}", relative(&path), row + 1, line.trim()));
            }
        }
    }
    check_none("the project knows no machine's directories", &broken);
}
