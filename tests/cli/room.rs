//! A directory of its own for a test's commands, and the sample wiki in it.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_revscore-train");

/// The sample wiki's dump.
const SAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/data/sample-wiki.xml.bz2"
);

/// Wikitext revisions of the sample wiki.
pub(crate) const SAMPLE_REVISIONS: usize = 1502;

/// A recipe that learns in a second.
pub(crate) const QUICK: &str = r#"
features = "ores"
without = []
seed = 7
[labels]
radius = 15
window = "48h"
[rows]
bots = false
first_revisions = false
self_reverted = false
revert_undone = false
parent_unknown = 0.2
at_most = 400000
[evaluation]
split = "time"
held_out = 0.25
[estimator]
kind = "logistic_regression"
[calibration]
kind = "platt"
folds = 3
"#;

/// What a command wrote to its two streams.
pub(crate) struct Said {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A directory in which commands run; it begins with the recipe `quick.toml` in it.
pub(crate) struct Room {
    directory: TempDir,
}

impl Room {
    pub(crate) fn new() -> Self {
        let room = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        room.write("quick.toml", QUICK.as_bytes());
        room
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: &[u8]) {
        std::fs::write(self.path(name), content).unwrap();
    }

    #[track_caller]
    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    #[track_caller]
    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.bytes(name)).unwrap()
    }

    /// Copies the model that [`trained`] gives.
    pub(crate) fn with_model(self) -> Self {
        self.write("quick.model", trained());
        self
    }

    /// Every file below this directory, with its size.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, u64> {
        let mut files = BTreeMap::new();
        let mut directories = vec![self.directory.path().to_owned()];
        while let Some(directory) = directories.pop() {
            for entry in std::fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                let metadata = path.metadata().unwrap();
                if metadata.is_dir() {
                    directories.push(path);
                } else {
                    files.insert(path, metadata.len());
                }
            }
        }
        files
    }

    /// A command in this directory. Words stand between spaces or, with spaces in them, between
    /// quotes; `SAMPLE` is the sample wiki.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(BINARY);
        command
            .current_dir(self.directory.path())
            .stdin(Stdio::null());
        for (idx, part) in line.split('\'').enumerate() {
            if idx % 2 == 1 {
                command.arg(part);
                continue;
            }
            for word in part.split_whitespace() {
                command.arg(if word == "SAMPLE" { SAMPLE } else { word });
            }
        }
        command
    }

    /// Runs a command that succeeds.
    #[track_caller]
    pub(crate) fn train(&self, line: &str) -> Said {
        let output = self.command(line).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{line}\n{stderr}");
        Said {
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr,
        }
    }

    /// Runs a command that fails: with an exit code, with all these words in its message, each
    /// system error said once, and without leaving or changing a file.
    #[track_caller]
    pub(crate) fn refuses(&self, line: &str, words: &[&str]) {
        let before = self.files();
        let output = self.command(line).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        let code = output.status.code();
        assert!(
            matches!(code, Some(1 | 2)),
            "{line}\nends with {code:?}\n{stderr}"
        );
        assert!(!stderr.contains("panicked"), "{line}\n{stderr}");
        assert!(stderr.matches("(os error").count() <= 1, "{line}\n{stderr}");
        for word in words {
            assert!(
                stderr.contains(word),
                "{line}\nexpected {word:?} in\n{stderr}"
            );
        }
        assert_eq!(self.files(), before, "{line}");
    }
}

/// A model of the sample wiki by the recipe [`QUICK`], trained once.
fn trained() -> &'static [u8] {
    static MODEL: OnceLock<Vec<u8>> = OnceLock::new();
    MODEL.get_or_init(|| {
        let room = Room::new();
        room.train("run --wiki samplewiki --dump SAMPLE --recipe quick.toml --out quick.model");
        room.bytes("quick.model")
    })
}

/// The sample wiki's dump, unpacked.
pub(crate) fn sample_xml() -> &'static [u8] {
    static XML: OnceLock<Vec<u8>> = OnceLock::new();
    XML.get_or_init(|| {
        let file = std::fs::File::open(SAMPLE).unwrap();
        let mut xml = Vec::new();
        bzip2::read::MultiBzDecoder::new(file)
            .read_to_end(&mut xml)
            .unwrap();
        xml
    })
}

/// The sample wiki's dump as it is stored.
pub(crate) fn sample_packed() -> Vec<u8> {
    std::fs::read(SAMPLE).unwrap()
}

/// A directory of the real data, if it is there; says so if it is not.
pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("REVSCORE_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    );
    let path = root.join("data").join(name);
    if !path.exists() {
        // Past the capture of output, which would hide it.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: {} is not there",
            path.display()
        );
        return None;
    }
    Some(path)
}

/// The records of a CSV, each column by name.
pub(crate) fn records(csv: &str) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_reader(csv.as_bytes())
        .deserialize()
        .map(|record| record.unwrap())
        .collect()
}
