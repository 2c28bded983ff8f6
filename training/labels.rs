//! Labels from files: what people, autolabel or our own `label` command said about revisions.
//!
//! JSON lines, one revision each, or (in files called `.csv`) a table with the same names over its columns,
//! which is how the service gives judgements out. Human labels come as Wiki Labels and editquality give them
//! (`rev_id`, `damaging`, `goodfaith`, and autolabel's `needs_review`, nested or not); our own
//! lines have `reverted` with its reservations. One reader takes both, because a line of either
//! may carry fields of the other.
//!
//! Merging follows editquality's `merge_labels`; see [`merge`].

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use revscore::model::Target;
use revscore::revision::RevisionId;
use rustc_hash::FxHashMap;
use serde::Deserialize;

/// What files say about one revision; `None` where they say nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct FileLabel {
    /// A person judged it as damaging.
    pub(crate) damaging: Option<bool>,
    /// A person judged it as made in good faith.
    pub(crate) goodfaith: Option<bool>,
    /// Whether it counts as reverted; `None` also for self-reverts and undone reverts, which are
    /// kept out.
    pub(crate) reverted: Option<bool>,
    /// Whether it counts as vandalism-like; `None` also for edits reverted for other reasons.
    pub(crate) vandalism: Option<bool>,
    /// Whether a person should look at it, where autolabel was here.
    pub(crate) needs_review: Option<bool>,
}

/// Labels for the two human targets after merging.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct MergedLabel {
    /// The target `damaging`.
    pub(crate) damaging: bool,
    /// The target `goodfaith`.
    pub(crate) goodfaith: bool,
    /// Whether the label is the assumption for edits that need no review.
    pub(crate) auto_labeled: bool,
}

/// Merges a person's label with autolabel's word on the same revision, as editquality does: the
/// person wins; a half that is missing is filled in as if damaging and good faith excluded each
/// other; without a person, an edit that needs no review is not damaging and in good faith; one
/// that needs review, or that nobody spoke of, is dropped (`None`).
pub(crate) fn merge(human: FileLabel, needs_review: Option<bool>) -> Option<MergedLabel> {
    match (human.damaging, human.goodfaith) {
        (None, None) => (needs_review == Some(false)).then_some(MergedLabel {
            damaging: false,
            goodfaith: true,
            auto_labeled: true,
        }),
        (Some(damaging), goodfaith) => Some(MergedLabel {
            damaging,
            goodfaith: goodfaith.unwrap_or(!damaging),
            auto_labeled: false,
        }),
        (None, Some(goodfaith)) => Some(MergedLabel {
            damaging: !goodfaith,
            goodfaith,
            auto_labeled: false,
        }),
    }
}

/// A label file that cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LabelError {
    /// The file cannot be read.
    #[error("cannot read the labels in {path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A line is something else than a label.
    #[error("{path}, line {line}: {problem}")]
    Line {
        /// The file.
        path: String,
        /// Line number, from 1.
        line: usize,
        /// What was expected.
        problem: String,
    },
}

/// The labels of some files, by revision. A later line outranks an earlier one field by field.
#[derive(Clone, Debug, Default)]
pub(crate) struct Labels {
    by_revision: FxHashMap<RevisionId, FileLabel>,
}

impl Labels {
    /// Reads files of JSON lines, where empty lines are passed over, or tables, where empty fields are.
    pub(crate) fn read<P: AsRef<Path>>(paths: &[P]) -> Result<Self, LabelError> {
        let mut labels = Self::default();
        for path in paths {
            let name = path.as_ref().display().to_string();
            let io_error = |source| LabelError::Io {
                path: name.clone(),
                source,
            };
            let file = File::open(path).map_err(io_error)?;
            let extension = path.as_ref().extension();
            if extension.is_some_and(|extension| extension.eq_ignore_ascii_case("csv")) {
                labels.add_table(&name, file)?;
                continue;
            }
            for (i, line) in BufReader::new(file).lines().enumerate() {
                let line = line.map_err(io_error)?;
                labels.add(&line).map_err(|problem| LabelError::Line {
                    path: name.clone(),
                    line: i + 1,
                    problem,
                })?;
            }
        }
        Ok(labels)
    }

    /// What the files say about a revision.
    pub(crate) fn get(&self, revision: RevisionId) -> Option<FileLabel> {
        self.by_revision.get(&revision).copied()
    }

    /// The label of a revision for a target, after merging with what the files themselves say
    /// about review; `None` when it has none.
    pub(crate) fn target(&self, target: Target, revision: RevisionId) -> Option<bool> {
        let label = self.get(revision)?;
        match target {
            Target::Reverted => label.reverted,
            Target::Vandalism => label.vandalism,
            Target::Damaging => merge(label, label.needs_review).map(|merged| merged.damaging),
            Target::Goodfaith => merge(label, label.needs_review).map(|merged| merged.goodfaith),
        }
    }

    /// A row of a table says what an object with its fields that are not empty would say.
    fn add_table(&mut self, path: &str, file: impl Read) -> Result<(), LabelError> {
        let problem = |line: usize, problem: String| LabelError::Line {
            path: path.to_owned(),
            line,
            problem,
        };
        let broken = |error: csv::Error| {
            let line = error.position().map_or(1, |position| position.line());
            problem(line as usize, format!("expected CSV: {error}"))
        };
        let mut reader = csv::Reader::from_reader(BufReader::new(file));
        let names = reader.headers().map_err(broken)?.clone();
        for record in reader.records() {
            let record = record.map_err(broken)?;
            let line = record.position().map_or(0, |position| position.line());
            let fields = names.iter().zip(&record);
            let fields = fields.filter(|(_, value)| !value.is_empty());
            let fields: serde_json::Map<_, _> = fields
                .map(|(name, value)| (name.to_owned(), value.into()))
                .collect();
            self.add_row(serde_json::from_value(fields.into()))
                .map_err(|error| problem(line as usize, error))?;
        }
        Ok(())
    }

    fn add(&mut self, line: &str) -> Result<(), String> {
        match line.trim().is_empty() {
            true => Ok(()),
            false => self.add_row(serde_json::from_str(line)),
        }
    }

    fn add_row(&mut self, row: serde_json::Result<Row>) -> Result<(), String> {
        let row = row.map_err(|error| format!("expected a JSON object with rev_id: {error}"))?;
        let review = row
            .needs_review
            .or(row.autolabel.and_then(|autolabel| autolabel.needs_review));
        let is_doubtful = [row.self_reverted, row.revert_undone].contains(&Some(Flag(true)));
        let label = self
            .by_revision
            .entry(RevisionId(row.rev_id.0))
            .or_default();
        label.damaging = flag(row.damaging).or(label.damaging);
        label.goodfaith = flag(row.goodfaith).or(label.goodfaith);
        if row.reverted.is_some() {
            label.reverted = flag(row.reverted).filter(|_| !is_doubtful);
        }
        label.vandalism = flag(row.vandalism).or(label.vandalism);
        label.needs_review = flag(review).or(label.needs_review);
        Ok(())
    }
}

fn flag(flag: Option<Flag>) -> Option<bool> {
    flag.map(|Flag(value)| value)
}

#[derive(Deserialize)]
struct Row {
    rev_id: Id,
    damaging: Option<Flag>,
    goodfaith: Option<Flag>,
    #[serde(alias = "reverted_for_damage")]
    reverted: Option<Flag>,
    vandalism: Option<Flag>,
    self_reverted: Option<Flag>,
    revert_undone: Option<Flag>,
    needs_review: Option<Flag>,
    autolabel: Option<Autolabel>,
}

#[derive(Deserialize)]
struct Autolabel {
    needs_review: Option<Flag>,
}

/// Ids come as numbers or, from tools that read TSV, as text.
#[derive(Deserialize)]
#[serde(try_from = "IdForm")]
struct Id(u64);

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected rev_id as a number")]
enum IdForm {
    Number(u64),
    Text(String),
}

impl TryFrom<IdForm> for Id {
    type Error = String;

    fn try_from(form: IdForm) -> Result<Self, String> {
        match form {
            IdForm::Number(id) => Ok(Self(id)),
            IdForm::Text(text) => text
                .parse()
                .map(Self)
                .map_err(|_| format!("expected rev_id as a number, got {text:?}")),
        }
    }
}

/// `true`, or Python's `"True"`, which editquality's files have, too.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "FlagForm")]
struct Flag(bool);

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected true or false")]
enum FlagForm {
    Bool(bool),
    Text(String),
}

impl TryFrom<FlagForm> for Flag {
    type Error = String;

    fn try_from(form: FlagForm) -> Result<Self, String> {
        match form {
            FlagForm::Bool(value) => Ok(Self(value)),
            FlagForm::Text(text) if text.eq_ignore_ascii_case("true") => Ok(Self(true)),
            FlagForm::Text(text) if text.eq_ignore_ascii_case("false") => Ok(Self(false)),
            FlagForm::Text(text) => Err(format!("expected true or false, got {text:?}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn read(lines: &str) -> Result<Labels, LabelError> {
        let mut file = tempfile::Builder::new()
            .suffix(".jsonl")
            .tempfile()
            .unwrap();
        file.write_all(lines.as_bytes()).unwrap();
        Labels::read(&[file.path()])
    }

    /// The targets reverted, damaging and goodfaith of revision 1.
    #[track_caller]
    fn check(lines: &str, expected: [Option<bool>; 3]) {
        let labels = read(lines).unwrap();
        let targets = [Target::Reverted, Target::Damaging, Target::Goodfaith];
        assert_eq!(
            targets.map(|target| labels.target(target, RevisionId(1))),
            expected,
            "{lines}"
        );
    }

    const YES: Option<bool> = Some(true);
    const NO: Option<bool> = Some(false);

    #[test]
    fn human_labels_are_merged_as_editquality_does() {
        check(
            r#"{"rev_id": 1, "damaging": true, "goodfaith": true}"#,
            [None, YES, YES],
        );
        check(
            r#"{"rev_id": "1", "damaging": "False", "goodfaith": "True"}"#,
            [None, NO, YES],
        );
        // A missing half is the other's opposite.
        check(r#"{"rev_id": 1, "damaging": true}"#, [None, YES, NO]);
        check(
            r#"{"rev_id": 1, "goodfaith": false, "damaging": null}"#,
            [None, YES, NO],
        );
        // Without a person: needing no review means a good edit, needing it means no label.
        check(
            r#"{"rev_id": 1, "autolabel": {"needs_review": false, "review_reason": "trusted user"}}"#,
            [None, NO, YES],
        );
        check(r#"{"rev_id": 1, "needs_review": false}"#, [None, NO, YES]);
        check(
            r#"{"rev_id": 1, "autolabel": {"needs_review": true}}"#,
            [None, None, None],
        );
        check(r#"{"rev_id": 1, "autolabel": {}}"#, [None, None, None]);
        // A person outranks autolabel, whichever comes first.
        let (human, auto) = (
            r#"{"rev_id": 1, "goodfaith": false}"#,
            r#"{"rev_id": 1, "needs_review": false}"#,
        );
        check(&format!("{human}\n\n{auto}\n"), [None, YES, NO]);
        check(&format!("{auto}\n{human}\n"), [None, YES, NO]);
        check(r#"{"rev_id": 2, "damaging": true}"#, [None, None, None]);
    }

    #[test]
    fn our_own_lines_give_the_target_reverted_without_doubtful_ones() {
        check(
            r#"{"rev_id":1,"reverted":true,"self_reverted":false,"revert_undone":false}"#,
            [YES, None, None],
        );
        check(
            r#"{"rev_id":1,"reverted":false,"self_reverted":true}"#,
            [None, None, None],
        );
        check(
            r#"{"rev_id":1,"reverted":true,"revert_undone":true}"#,
            [None, None, None],
        );
        check(r#"{"rev_id":1,"reverted":false}"#, [NO, None, None]);
        check(
            r#"{"rev_id":1,"reverted_for_damage":true,"autolabel":{"needs_review":true}}"#,
            [YES, None, None],
        );
    }

    #[test]
    fn tables_say_what_lines_say() {
        let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
        let table = "rev_id,damaging,goodfaith,spam,note,by,at\n1,true,,true,\"a, \"\"b\"\"\nc\",ada,2026-10-01T00:00:00Z\n2,false,true,,,ada,\n";
        file.write_all(table.as_bytes()).unwrap();
        let labels = Labels::read(&[file.path()]).unwrap();
        let damaging = |id| labels.target(Target::Damaging, RevisionId(id));
        assert_eq!([damaging(1), damaging(2), damaging(3)], [YES, NO, None]);
        file.write_all(b"3,maybe,,,,,\n").unwrap();
        let error = Labels::read(&[file.path()]).unwrap_err().to_string();
        assert!(
            error.contains(", line 5: ") && error.contains("expected true or false, got \"maybe\""),
            "{error}"
        );
    }

    #[track_caller]
    fn check_error(lines: &str, expected: &str) {
        let error = read(lines).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn errors_name_file_and_line() {
        check_error(
            "{\"rev_id\": 1}\nnot json\n",
            ".jsonl, line 2: expected a JSON object with rev_id",
        );
        check_error(
            r#"{"damaging": true}"#,
            "line 1: expected a JSON object with rev_id: missing field `rev_id`",
        );
        check_error(
            r#"{"rev_id": "x"}"#,
            "expected rev_id as a number, got \"x\"",
        );
        check_error(r#"{"rev_id": 1, "damaging": 3}"#, "expected true or false");
        let missing = Labels::read(&["/nonexistent/labels.jsonl"])
            .unwrap_err()
            .to_string();
        assert!(
            missing.starts_with("cannot read the labels in /nonexistent/labels.jsonl: "),
            "{missing}"
        );
    }

    #[test]
    fn targets_have_names() {
        for (name, target) in Target::ALL.map(|target| (target.name(), target)) {
            assert_eq!(
                (name.parse::<Target>().unwrap(), target.name()),
                (target, name)
            );
        }
        assert_eq!(
            "spam".parse::<Target>().unwrap_err().to_string(),
            "expected reverted, vandalism, damaging or goodfaith, got \"spam\""
        );
    }
}
