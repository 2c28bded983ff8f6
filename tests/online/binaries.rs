//! Both real binaries, the dump that they read, and what is learned from it.

use std::path::Path;

use crate::service::command;
pub(crate) use crate::service::{SERVE, Service};

pub(crate) const TRAIN: &str = env!("CARGO_BIN_EXE_revscore-train");

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
    let output = command(program)
        .current_dir(directory)
        .args(arguments)
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// Learns a model of the sample wiki from a dump, with its history, in a directory.
pub(crate) fn learn(directory: &Path, dump: &str, until: &str) {
    std::fs::write(directory.join("recipe.toml"), RECIPE).unwrap();
    let of_dump = ["run", "--wiki", "samplewiki", "--dump", dump];
    let how = ["--recipe", "recipe.toml", "--until", until];
    let out = [
        "--history",
        "samplewiki.history",
        "--out",
        "samplewiki.reverted.model",
    ];
    run(TRAIN, directory, &[&of_dump[..], &how, &out].concat());
}
