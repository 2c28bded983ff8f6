//! Commands that are killed or interrupted half-way.
//!
//! Half-way is where the dump comes through standard input and stops: more of it was written
//! than a pipe holds, so the command has begun to read, and it cannot end.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::room::{Room, sample_xml};

/// Starts a command and feeds it half of the sample wiki.
fn half_way(room: &Room, line: &str) -> (Child, ChildStdin) {
    let mut child = room
        .command(line)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let xml = sample_xml();
    stdin.write_all(&xml[..xml.len() / 2]).unwrap();
    (child, stdin)
}

fn send(signal: &str, child: &Child) {
    let status = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

const RUN: &str = "run --wiki samplewiki --recipe quick.toml --dump - --out models/m.model";

#[test]
fn a_killed_run_leaves_no_model() {
    let room = Room::new();
    let (mut child, stdin) = half_way(&room, RUN);
    send("-KILL", &child);
    assert_eq!(child.wait().unwrap().code(), None);
    drop(stdin);
    assert_eq!(std::fs::read_dir(room.path("models")).unwrap().count(), 0);
    // The same command makes it afterwards.
    let (mut child, mut stdin) = half_way(&room, RUN);
    let xml = sample_xml();
    stdin.write_all(&xml[xml.len() / 2..]).unwrap();
    drop(stdin);
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    assert!(child.wait().unwrap().success(), "{stderr}");
    room.train("info models/m.model");
}

/// Ctrl-C: exit code 130, an older output as it was, and nothing else.
#[track_caller]
fn check_interrupted(line: &str, out: &str, n_unfinished: usize) {
    let room = Room::new().with_model();
    std::fs::create_dir(room.path("models")).unwrap();
    room.write(out, b"old");
    let before = room.files();
    let (mut child, stdin) = half_way(&room, line);
    assert_eq!(room.files().len(), before.len() + n_unfinished, "{line}");
    send("-INT", &child);
    // Progress may have been reported before.
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    while !said.starts_with("interrupted: stopping") {
        said.clear();
        assert_ne!(stderr.read_line(&mut said).unwrap(), 0, "{line}");
    }
    drop(stdin);
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{line}\n{rest}");
    assert!(rest.contains("no output file was written"), "{rest}");
    assert_eq!(room.files(), before, "{line}");
    assert_eq!(room.bytes(out), b"old", "{line}");
}

#[test]
fn an_interrupted_run_leaves_the_old_model() {
    check_interrupted(RUN, "models/m.model", 0);
}

#[test]
fn interrupted_scoring_leaves_no_temporary_file() {
    check_interrupted(
        "score --model quick.model --dump - --out models/s.jsonl",
        "models/s.jsonl",
        1,
    );
}

#[test]
fn an_interrupted_extraction_leaves_no_table() {
    check_interrupted(
        "extract --wiki samplewiki --features ores --dump - --out models/t.parquet",
        "models/t.parquet",
        0,
    );
}

#[test]
fn an_interrupted_search_for_hyperparameters_leaves_the_old_model() {
    let room = Room::new();
    room.write("m.model", b"old");
    let before = room.files();
    let mut child = room
        .command("run --wiki samplewiki --recipe quick.toml --dump SAMPLE --tune 1h --out m.model")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    while !said.starts_with("tuning: ") {
        said.clear();
        assert_ne!(stderr.read_line(&mut said).unwrap(), 0);
    }
    send("-INT", &child);
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest}");
    assert!(rest.contains("no output file was written"), "{rest}");
    assert_eq!(room.files(), before);
    assert_eq!(room.bytes("m.model"), b"old");
}
