//! The trainer against real dumps and what the reference implementation finds in them.
//!
//! The data is not part of the repository: the tests look for it at `../shared/data` (or below
//! `$REVSCORE_SHARED`) and say when they are skipped.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, too"
)]

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn shared(file: &str) -> Option<PathBuf> {
    let root = std::env::var_os("REVSCORE_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    );
    let path = root.join("data").join(file);
    if path.exists() {
        return Some(path);
    }
    // Past the capture of output, which would hide it.
    let _ = writeln!(
        std::io::stderr(),
        "SKIPPED: {} is not there",
        path.display()
    );
    None
}

fn run_label(dump: &Path, options: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_revscore-train"))
        .args(["label", "--out", "-", "--dump"])
        .arg(dump)
        .args(options)
        .output()
        .unwrap()
}

#[track_caller]
fn label(dump: &Path, options: &[&str]) -> (Vec<Value>, String) {
    let output = run_label(dump, options);
    let messages = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{messages}");
    let lines = String::from_utf8(output.stdout).unwrap();
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    (lines, messages)
}

/// Reverting revision, reverted revisions, restored revision.
type Revert = (u64, Vec<u64>, u64);

fn found_by_us(lines: &[Value]) -> BTreeSet<Revert> {
    let id = |value: &Value| value.as_u64().unwrap();
    lines
        .iter()
        .filter(|line| line["reverting"] == true)
        .map(|line| {
            let reverts = line["reverts"].as_array().unwrap().iter().map(id).collect();
            (id(&line["rev_id"]), reverts, id(&line["reverted_to"]))
        })
        .collect()
}

fn found_by_mwreverts(table: &str) -> BTreeSet<Revert> {
    let id = |text: &str| text.parse::<u64>().unwrap();
    table
        .lines()
        .skip(1)
        .map(|line| {
            let columns: Vec<&str> = line.split('\t').collect();
            (
                id(columns[0]),
                columns[1].split(',').map(id).collect(),
                id(columns[2]),
            )
        })
        .collect()
}

#[track_caller]
fn check_reverts(name: &str, n_expected: usize) {
    let (Some(dump), Some(table)) = (
        shared(&format!("dumps/{name}.xml.xz")),
        shared(&format!("reverts/{name}.tsv")),
    ) else {
        return;
    };
    let (lines, _) = label(&dump, &["--radius", "15", "--window", "none"]);
    let expected = found_by_mwreverts(&std::fs::read_to_string(table).unwrap());
    let got = found_by_us(&lines);
    assert_eq!(expected.len(), n_expected);
    assert_eq!(
        got.symmetric_difference(&expected).collect::<Vec<_>>(),
        Vec::<&Revert>::new()
    );
}

#[test]
fn reverts_equal_mwreverts_in_english_pages() {
    check_reverts("en-pages-a", 233);
}

#[test]
fn reverts_equal_mwreverts_in_a_whole_wiki() {
    check_reverts("papwiki-2006-2014", 1182);
}

#[test]
fn reverts_equal_mwreverts_in_a_fought_over_article() {
    check_reverts("en-anarchism-2001-2006", 1596);
}

/// revscoring's label "reverted by somebody else", at mwreverts' radius 14, within 48 hours.
#[track_caller]
fn check_labels(dump: &str, split: &str, n_expected: usize) {
    let (Some(dump), Some(split)) = (
        shared(&format!("dumps/{dump}.xml.xz")),
        shared(&format!("reference-splits/{split}.csv")),
    ) else {
        return;
    };
    let (lines, _) = label(&dump, &["--radius", "14"]);
    let reverted: BTreeSet<u64> = lines
        .iter()
        .filter(|line| line["reverted"] == true)
        .map(|line| line["rev_id"].as_u64().unwrap())
        .collect();
    let split = std::fs::read_to_string(split).unwrap();
    let header: Vec<&str> = split.lines().next().unwrap().split(',').collect();
    let column = |name: &str| header.iter().position(|column| *column == name).unwrap();
    let (id, label) = (column("rev_id"), column("label_48h"));
    let mut n_rows = 0;
    for row in split.lines().skip(1) {
        let columns: Vec<&str> = row.split(',').collect();
        let id = columns[id].parse().unwrap();
        assert_eq!(
            reverted.contains(&id),
            columns[label] == "1",
            "revision {id}"
        );
        n_rows += 1;
    }
    assert_eq!(n_rows, n_expected);
}

#[test]
fn labels_within_48_hours_equal_those_of_the_reference_rows() {
    check_labels("en-pages-a", "en-visible", 938);
    check_labels("papwiki-2006-2014", "pap-visible", 1365);
    check_labels("ja-pages-a", "ja-visible", 2931);
}

#[test]
fn an_official_dump_reads_the_same_from_7z_and_xz() {
    let name = "fixtures/aawiki-20260101-pages-meta-history.xml";
    let (Some(seven_zip), Some(xz)) =
        (shared(&format!("{name}.7z")), shared(&format!("{name}.xz")))
    else {
        return;
    };
    let (lines, messages) = label(&xz, &["--window", "none"]);
    assert_eq!(label(&seven_zip, &["--window", "none"]).0, lines);
    assert_eq!(lines.len(), 1279);
    assert!(
        messages.contains("28 revisions left out because they are not wikitext"),
        "{messages}"
    );
}

#[test]
fn a_truncated_xz_dump_names_the_place_and_keeps_what_was_read_when_told_to() {
    let Some(dump) = shared("dumps/en-pages-a.xml.xz") else {
        return;
    };
    let packed = std::fs::read(dump).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let cut = dir.path().join("cut.xml.xz");
    std::fs::write(&cut, &packed[..packed.len() / 2]).unwrap();

    let output = run_label(&cut, &[]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        message.contains("cut.xml.xz is damaged at byte "),
        "{message}"
    );
    assert!(message.contains(" of its XML, in page \""), "{message}");

    let (lines, messages) = label(&cut, &["--allow-truncated"]);
    assert!(lines.len() > 100, "{} lines", lines.len());
    assert!(
        messages.contains("what came before it is kept"),
        "{messages}"
    );
}

#[test]
fn suppressed_authors_and_texts_of_official_samples_are_missing_not_empty() {
    let Some(sample) = shared("fixtures/MediawikiDumperOutputTest.Simplewiki.Sample.xml") else {
        return;
    };
    let (lines, messages) = label(&sample, &[]);
    assert!(messages.contains("4 suppressed texts"), "{messages}");
    let line = |id: u64| lines.iter().find(|line| line["rev_id"] == id).unwrap();
    // A suppressed author who blanked the page, and was reverted by a known one.
    assert_eq!(line(360_821)["user"], Value::Null);
    assert_eq!(line(360_821)["reverted_by"], 360_840);
    assert_eq!(line(360_821)["seconds_to_revert"], 486);
    assert_eq!(line(360_821)["revert_comment_kind"], "rollback");
    assert_eq!(line(360_840)["reverts"], serde_json::json!([360_821]));

    let Some(sample) = shared("fixtures/MediawikiDumperOutputTest.Commonswiki.Sample.xml") else {
        return;
    };
    let (lines, _) = label(&sample, &[]);
    assert!(lines.iter().any(|line| line["user"] == Value::Null));
    assert!(lines.iter().all(|line| line["namespace"] == 6));
}
