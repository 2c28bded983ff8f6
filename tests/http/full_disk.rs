//! A ledger on a disk that fills up, under the real binary.
//!
//! The disk is a small one in memory, which only root may mount; without that the test says SKIPPED.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::process::{Service, directory, start};
use crate::support::spam;

/// A disk of two megabytes, as long as this lives.
struct Disk(PathBuf);

impl Disk {
    fn mount(path: &Path) -> Result<Self, String> {
        std::fs::create_dir(path).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"]);
        let output = mount
            .arg(path)
            .output()
            .map_err(|error| error.to_string())?;
        match output.status.success() {
            true => Ok(Self(path.to_owned())),
            false => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        }
    }

    /// Fills what is left with one file, and gives its name.
    fn fill(&self) -> PathBuf {
        let path = self.0.join("filling");
        let mut file = std::fs::File::create(&path).unwrap();
        while file.write_all(&[0; 4_096]).is_ok() {}
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: the service may still be ending.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Scores an edit; the status and the answer.
fn score(service: &Service, rev_id: u64, query: &str) -> (u16, Value) {
    let mut edit = spam();
    edit["rev_id"] = json!(rev_id);
    let mut answer = ureq::post(service.url(&format!("/api/v1/score{query}")))
        .config()
        .http_status_as_error(false)
        .build()
        .send_json(json!({"wiki": "enwiki", "edits": [edit]}))
        .unwrap();
    let status = answer.status().as_u16();
    (status, answer.body_mut().read_json().unwrap())
}

fn metric(service: &Service, name: &str) -> f64 {
    let mut answer = ureq::get(service.url("/metrics")).call().unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    let mut lines = text.lines();
    let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value
        .unwrap_or_else(|| panic!("no {name}"))
        .parse()
        .unwrap()
}

#[test]
fn scoring_goes_on_while_the_ledgers_disk_is_full_and_nothing_is_lost() {
    let directory = directory();
    let disk = match Disk::mount(&directory.path().join("disk")) {
        Ok(disk) => disk,
        Err(reason) => return println!("SKIPPED: no disk can be mounted ({reason})"),
    };
    let file = disk.0.join("ledger.db");
    let flags = [
        "--ledger",
        file.to_str().unwrap(),
        "--ledger-wikis",
        "enwiki",
    ];
    let service = start(directory.path(), &flags);
    let (status, answer) = score(&service, 1, "?recorded");
    assert_eq!(
        (status, &answer["recorded"]),
        (200, &json!(true)),
        "{answer}"
    );
    assert_eq!(metric(&service, "revscore_ledger_writable"), 1.0);

    let filling = disk.fill();
    // What is left of the last block of the file takes a few.
    let mut rev_id = 2;
    while score(&service, rev_id, "?recorded").0 == 200 {
        rev_id += 1;
    }
    let (status, answer) = score(&service, rev_id, "?recorded");
    assert_eq!(status, 503, "{answer}");
    assert_eq!(answer["error"]["code"], "ledger_unavailable", "{answer}");
    let recorded = rev_id + 1..rev_id + 30;
    for rev_id in recorded.clone() {
        let (status, answer) = score(&service, rev_id, "");
        assert_eq!(status, 200, "{answer}");
        assert!(answer["scores"][0]["scores"]["reverted"]["probability"].is_f64());
    }
    assert_eq!(metric(&service, "revscore_ledger_writable"), 0.0);
    assert!(metric(&service, "revscore_ledger_failures_total") > 0.0);
    assert!(metric(&service, "revscore_ledger_waiting") >= 29.0);
    let ready = ureq::get(service.url("/readyz")).call().unwrap();
    assert_eq!(ready.status(), 200);

    std::fs::remove_file(filling).unwrap();
    while score(&service, recorded.end, "?recorded").0 != 200 {}
    assert_eq!(metric(&service, "revscore_ledger_writable"), 1.0);
    assert_eq!(metric(&service, "revscore_ledger_dropped_total"), 0.0);
    for rev_id in recorded {
        let path = format!("/api/v1/edits/enwiki/{rev_id}");
        let mut answer = ureq::get(service.url(&path)).call().unwrap();
        let answer: Value = answer.body_mut().read_json().unwrap();
        assert_eq!(answer["rev_id"], rev_id, "{answer}");
    }
    service.signal("TERM");
    let (status, log) = service.wait();
    assert!(status.success(), "{log}");
    assert!(log.contains("the ledger is not written"), "{log}");
    assert!(log.contains("the ledger is written again"), "{log}");
}
