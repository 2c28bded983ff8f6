//! `revscore-train label` on small dumps made here: packings, order, damage, several files,
//! output that is whole or not there.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, too"
)]

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use tempfile::TempDir;

fn train() -> Command {
    Command::new(env!("CARGO_BIN_EXE_revscore-train"))
}

fn page(id: u64, revisions: &str) -> String {
    format!("<page><title>Page {id}</title><ns>0</ns><id>{id}</id>{revisions}</page>")
}

fn revision(id: u64, minute: u64, user: &str, text: &str) -> String {
    format!(
        "<revision><id>{id}</id><timestamp>2026-01-01T00:{minute:02}:00Z</timestamp>\
         <contributor><username>{user}</username></contributor><text>{text}</text></revision>"
    )
}

fn export(pages: &str) -> String {
    format!("<mediawiki version=\"0.10\">{pages}</mediawiki>\n")
}

/// V's edit 2 is reverted by B's edit 3.
fn small() -> String {
    let revisions = [
        revision(1, 1, "A", "good"),
        revision(2, 2, "V", "bad"),
        revision(3, 3, "B", "good"),
    ];
    export(&page(1, &revisions.concat()))
}

fn write(dir: &TempDir, name: &str, content: &[u8]) -> PathBuf {
    let path = dir.path().join(name);
    std::fs::write(&path, content).unwrap();
    path
}

fn run(dumps: &[&Path], options: &[&str]) -> Output {
    train()
        .args(["label", "--out", "-", "--dump"])
        .args(dumps)
        .args(options)
        .output()
        .unwrap()
}

#[track_caller]
fn lines(output: &Output) -> Vec<Value> {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = std::str::from_utf8(&output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn ids(lines: &[Value]) -> Vec<u64> {
    lines
        .iter()
        .map(|line| line["rev_id"].as_u64().unwrap())
        .collect()
}

#[track_caller]
fn check_failure(output: &Output, message: &str) {
    let messages = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{messages}");
    assert!(messages.contains(message), "{messages}");
}

#[test]
fn a_line_says_what_became_of_a_revision() {
    let dir = tempfile::tempdir().unwrap();
    let dump = write(&dir, "small.xml", small().as_bytes());
    let got = lines(&run(&[&dump], &[]));
    let expected = serde_json::json!({
        "rev_id": 2, "parent_id": 1, "page_id": 1, "namespace": 0, "timestamp": "2026-01-01T00:02:00Z",
        "user": "V", "is_anon": false, "is_temporary": false, "is_bot": false,
        "reverted": true, "reverted_by": 3, "self_reverted": false, "revert_undone": false,
        "seconds_to_revert": 60, "revert_comment_kind": "empty",
        "reverting": false, "reverted_to": null, "reverts": [],
        "needs_review": true, "reason": "reverted edit",
        "edit_war": false, "vandalism": true, "revert_reason": "not_given",
    });
    assert_eq!(got[1], expected);
    assert_eq!(got[2]["reverting"], true);
    assert_eq!(got[2]["reverted_to"], 1);
    assert_eq!(got[2]["reverts"], serde_json::json!([2]));
}

#[test]
fn packed_dumps_and_standard_input_give_the_same_lines() {
    let dir = tempfile::tempdir().unwrap();
    let plain = write(&dir, "small.xml", small().as_bytes());
    // Two members in a row, and a name that says something else.
    let packed: Vec<u8> = small()
        .as_bytes()
        .chunks(200)
        .flat_map(|part| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(part).unwrap();
            encoder.finish().unwrap()
        })
        .collect();
    let gzip = write(&dir, "small.xml.7z", &packed);
    let expected = run(&[&plain], &[]).stdout;
    assert_eq!(run(&[&gzip], &[]).stdout, expected);

    let mut child = train()
        .args(["label", "--dump", "-", "--out", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&packed).unwrap();
    assert_eq!(child.wait_with_output().unwrap().stdout, expected);
}

#[test]
fn several_files_come_out_in_their_order_whatever_their_size() {
    let dir = tempfile::tempdir().unwrap();
    let many: String = (0..400)
        .map(|i| page(i, &revision(1000 + i, 1, "A", &"x".repeat(2000))))
        .collect();
    let big = write(&dir, "big.xml", export(&many).as_bytes());
    let small = write(&dir, "small.xml", small().as_bytes());
    let big_ids: Vec<u64> = (1000..1400).collect();
    assert_eq!(
        ids(&lines(&run(&[&big, &small, &big], &[]))),
        [&big_ids[..], &[1, 2, 3], &big_ids[..]].concat()
    );
    let out = dir.path().join("out.jsonl");
    let status = train()
        .args(["label", "--out"])
        .arg(&out)
        .arg("--dump")
        .args([&small, &big])
        .status()
        .unwrap();
    assert!(status.success());
    let written = std::fs::read_to_string(&out).unwrap();
    assert_eq!(written.lines().count(), 403);
    assert!(written.starts_with("{\"rev_id\":1,"));
}

#[test]
fn revisions_are_sorted_by_time_and_duplicates_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let revisions = [
        revision(3, 3, "B", "good"),
        revision(1, 1, "A", "good"),
        revision(2, 2, "V", "bad"),
        revision(2, 2, "V", "bad"),
        // Another id, but the same time, author and text.
        revision(9, 3, "B", "good"),
    ];
    let dump = write(
        &dir,
        "mixed.xml",
        export(&page(1, &revisions.concat())).as_bytes(),
    );
    let output = run(&[&dump], &[]);
    let got = lines(&output);
    assert_eq!(ids(&got), [1, 2, 3]);
    assert_eq!(got[1]["reverted_by"], 3);
    // No revision says which one it was made from.
    assert_eq!(
        got.iter()
            .map(|line| line["parent_id"].as_u64())
            .collect::<Vec<_>>(),
        [None, Some(1), Some(2)]
    );
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        messages.contains("2 duplicate revisions left out"),
        "{messages}"
    );
}

#[test]
fn the_window_and_the_selection_of_pages_count() {
    let dir = tempfile::tempdir().unwrap();
    let dump = write(&dir, "small.xml", small().as_bytes());
    assert_eq!(
        lines(&run(&[&dump], &["--window", "30s"]))[1]["reverted"],
        false
    );
    let list = write(&dir, "pages.json", b"[1]");
    let list = list.to_str().unwrap();
    assert_eq!(lines(&run(&[&dump], &["--skip-pages", list])).len(), 0);
    assert_eq!(lines(&run(&[&dump], &["--only-pages", list])).len(), 3);
}

#[test]
fn trusted_accounts_need_no_review_unless_reverted() {
    let dir = tempfile::tempdir().unwrap();
    let dump = write(&dir, "small.xml", small().as_bytes());
    let got = lines(&run(&[&dump], &["--trusted-edits", "1"]));
    let reasons: Vec<&Value> = got.iter().map(|line| &line["reason"]).collect();
    assert_eq!(reasons, ["trusted edits", "reverted edit", "trusted edits"]);
    let output = train()
        .args(["label", "--dump", "-", "--out", "-", "--trusted-edits", "1"])
        .output()
        .unwrap();
    check_failure(
        &output,
        "--trusted-edits reads the dumps twice, which standard input does not allow",
    );
}

#[test]
fn damaged_and_foreign_files_are_clear_errors() {
    let dir = tempfile::tempdir().unwrap();
    let xml = small();
    let cut = write(&dir, "cut.xml", &xml.as_bytes()[..xml.len() - 40]);
    check_failure(
        &run(&[&cut], &[]),
        "in page \"Page 1\" (id 1) after revision 2: the file ends before the export does",
    );
    assert_eq!(ids(&lines(&run(&[&cut], &["--allow-truncated"]))), [1, 2]);

    let empty = write(&dir, "empty.xml", b"");
    check_failure(
        &run(&[&empty], &[]),
        "empty.xml is no MediaWiki export: expected <mediawiki>, got an empty file",
    );
    check_failure(&run(&[&empty], &["--allow-truncated"]), "got an empty file");
    let table = write(&dir, "table.csv", b"rev_id,label\n1,0\n");
    check_failure(
        &run(&[&table], &[]),
        "table.csv is no MediaWiki export: expected <mediawiki>, got \"rev_id,label",
    );
    check_failure(
        &run(&[&dir.path().join("none.xml")], &[]),
        "none.xml: No such file or directory",
    );

    let broken = write(
        &dir,
        "broken.xml",
        &[&xml.as_bytes()[..120], b"\xff", &xml.as_bytes()[120..]].concat(),
    );
    let output = run(&[&broken], &[]);
    assert_eq!(ids(&lines(&output)), [1, 2, 3]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("1 broken UTF-8 sequences replaced"));
}

#[test]
fn a_failed_run_leaves_the_old_output_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let xml = small();
    let cut = write(&dir, "cut.xml", &xml.as_bytes()[..xml.len() - 40]);
    let out = write(&dir, "out.jsonl", b"old");
    let output = train()
        .arg("label")
        .arg("--dump")
        .arg(&cut)
        .arg("--out")
        .arg(&out)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(std::fs::read(&out).unwrap(), b"old");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_that_names_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let dump = write(&dir, "small.xml", small().as_bytes());
    let output = train()
        .args(["label", "--out", "/dev/full", "--dump"])
        .arg(&dump)
        .output()
        .unwrap();
    check_failure(&output, "cannot write /dev/full: No space left on device");
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_ends_with_130_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out.jsonl");
    let mut child = train()
        .args(["label", "--dump", "-", "--out"])
        .arg(&out)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The first half of a dump; the reader then waits for more.
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&small().as_bytes()[..100]).unwrap();
    // The temporary output shows that the run has begun and that Ctrl-C is caught.
    while std::fs::read_dir(dir.path()).unwrap().count() == 0 {
        std::thread::yield_now();
    }
    let status = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(status.success());
    let mut messages = [0; 12];
    let mut stderr = child.stderr.take().unwrap();
    stderr.read_exact(&mut messages).unwrap();
    assert_eq!(&messages, b"interrupted:");
    stdin.write_all(&small().as_bytes()[100..200]).unwrap();
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}
