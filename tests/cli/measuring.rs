//! `evaluate` and `score` on the sample wiki: reports, and numbers that agree whichever way they
//! were come by.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use serde_json::Value;

use crate::room::{QUICK, Room, SAMPLE_REVISIONS, records};

/// Revision, label and probability as `--scores` gives them.
fn scores(room: &Room, name: &str) -> Vec<(u64, bool, f64)> {
    records(&room.text(name))
        .iter()
        .map(|row| {
            (
                row["rev_id"].parse().unwrap(),
                row["label"] == "1",
                row["probability"].parse().unwrap(),
            )
        })
        .collect()
}

fn report(room: &Room, directory: &str) -> Value {
    let document: Value =
        serde_json::from_str(&room.text(&format!("{directory}/report.json"))).unwrap();
    document["report"].clone()
}

/// ROC-AUC by its definition: the share of pairs in the right order, ties half.
fn roc_auc(scores: &[(u64, bool, f64)]) -> f64 {
    let of = |label: bool| {
        scores
            .iter()
            .filter(move |row| row.1 == label)
            .map(|row| row.2)
    };
    let n_pairs = (of(true).count() * of(false).count()) as f64;
    let right: f64 = of(true)
        .map(|p| {
            of(false)
                .map(|n| match p.total_cmp(&n) {
                    std::cmp::Ordering::Greater => 1.0,
                    std::cmp::Ordering::Equal => 0.5,
                    std::cmp::Ordering::Less => 0.0,
                })
                .sum::<f64>()
        })
        .sum();
    right / n_pairs
}

#[track_caller]
fn check_close(got: &Value, expected: f64) {
    let got = got.as_f64().unwrap();
    assert!(
        (got - expected).abs() < 2e-6,
        "got {got}, expected {expected}"
    );
}

#[test]
fn a_report_agrees_with_the_scores_beside_it_and_with_score() {
    let room = Room::new().with_model();
    room.train(
        "evaluate --model quick.model --dump SAMPLE --out report --scores scores.csv --base-rate 0.05",
    );
    let report = report(&room, "report");
    let scores = scores(&room, "scores.csv");
    assert_eq!(report["n"], scores.len());
    assert_eq!(
        report["positives"],
        scores.iter().filter(|row| row.1).count()
    );
    check_close(&report["headline"]["roc_auc"]["value"], roc_auc(&scores));
    let brier = scores
        .iter()
        .map(|&(_, label, p)| (p - f64::from(u8::from(label))).powi(2))
        .sum::<f64>()
        / scores.len() as f64;
    check_close(&report["headline"]["brier"]["value"], brier);

    assert!(
        room.text("report/report.md")
            .starts_with("# samplewiki.reverted ")
    );
    for picture in [
        "calibration",
        "caught",
        "importance",
        "precision-recall",
        "scores",
    ] {
        let svg = room.text(&format!("report/{picture}.svg"));
        assert!(
            svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"),
            "{picture}"
        );
    }

    let said = room.train("score --model quick.model --dump SAMPLE --out -");
    let lines: Vec<Value> = said
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), SAMPLE_REVISIONS);
    let scored: BTreeMap<u64, Option<f64>> = lines
        .iter()
        .map(|line| {
            let probability = line["probability"].as_f64();
            match probability {
                Some(probability) => {
                    assert!((0.0..=1.0).contains(&probability), "{line}");
                    assert_eq!(line["prediction"], probability >= 0.5, "{line}");
                    assert!(line.get("reason").is_none(), "{line}");
                }
                None => {
                    assert!(line["prediction"].is_null(), "{line}");
                    assert_eq!(line["reason"], "text_suppressed", "{line}");
                }
            }
            (line["rev_id"].as_u64().unwrap(), probability)
        })
        .collect();
    assert_eq!(
        scored.len(),
        SAMPLE_REVISIONS,
        "each revision is there once"
    );
    for (id, _, probability) in &scores {
        assert_eq!(scored[id], Some(*probability), "revision {id}");
    }
    // Six texts are suppressed, and most of them are the parent's text of the next edit.
    let n_suppressed = scored.values().filter(|scored| scored.is_none()).count();
    assert!(
        said.stderr.contains(&format!(
            "could not score {n_suppressed} edits: a text is suppressed"
        )),
        "{}",
        said.stderr
    );
    assert!((6..=12).contains(&n_suppressed), "{n_suppressed}");
}

#[test]
fn given_rows_are_evaluated_with_their_own_labels_and_against_another_scorer() {
    let room = Room::new().with_model();
    room.train("evaluate --model quick.model --dump SAMPLE --out all --scores all.csv");
    // The labels turned round, so that they cannot come from the dump; the other scorer has a
    // few values only.
    let given: Vec<(u64, bool, f64)> = scores(&room, "all.csv")
        .into_iter()
        .take(400)
        .map(|(id, label, _)| (id, !label, (id % 10) as f64 / 10.0))
        .collect();
    let mut rows = "rev_id,label,other\n".to_owned();
    for (id, label, other) in &given {
        rows += &format!("{id},{},{other}\n", u8::from(*label));
    }
    room.write("rows.csv", rows.as_bytes());
    let command = "evaluate --model quick.model --dump SAMPLE --rows rows.csv";
    room.train(&format!(
        "{command} --against other --out report --scores scores.csv"
    ));
    let evaluated = scores(&room, "scores.csv");
    let labels = |rows: &[(u64, bool, f64)]| -> BTreeMap<u64, bool> {
        rows.iter().map(|row| (row.0, row.1)).collect()
    };
    assert_eq!(labels(&evaluated), labels(&given));
    let report = report(&room, "report");
    let comparison = &report["comparisons"][0];
    assert_eq!(comparison["name"], "other");
    assert_eq!(comparison["n"], 400);
    let roc = &comparison["rows"][0];
    assert_eq!(roc["statistic"], "roc_auc");
    check_close(&roc["this"]["value"], roc_auc(&evaluated));
    check_close(&roc["other"]["value"], roc_auc(&given));
    check_close(
        &roc["difference"]["value"],
        roc_auc(&evaluated) - roc_auc(&given),
    );

    room.refuses(
        &format!("{command} --against another --out none"),
        &[
            "rows.csv",
            "expected a column \"another\"",
            "rev_id, label, other",
        ],
    );
    room.write("rows.csv", b"rev_id,label\n2,0\n999999,1\n");
    room.refuses(
        &format!("{command} --out none"),
        &["rows.csv: 1 of 2 revisions are not in the dumps, such as 999999"],
    );
    room.write("rows.csv", b"rev_id,label\n2,maybe\n");
    room.refuses(
        &format!("{command} --out none"),
        &["rows.csv, line 2: expected 0 or 1 in column \"label\", got \"maybe\""],
    );
}

#[test]
fn edits_before_a_time_and_after_another_are_left_out() {
    let room = Room::new().with_model();
    let n = |options: &str| {
        room.train(&format!(
            "evaluate --model quick.model --dump SAMPLE --out report {options}"
        ));
        report(&room, "report")["n"].as_u64().unwrap()
    };
    let (all, late, early) = (
        n(""),
        n("--since 2022-01-01T00:00:00Z"),
        n("--until 2022-01-01"),
    );
    assert!(late > 0 && early > 0);
    assert_eq!(late + early, all);
    room.refuses(
        "evaluate --model quick.model --dump SAMPLE --since 2030-01-01 --out none",
        &["there is no edit to evaluate; check --since"],
    );
}

#[test]
fn a_reader_of_scores_may_stop_early() {
    let room = Room::new().with_model();
    let mut child = room
        .command("score --model quick.model --dump SAMPLE --out -")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::with_capacity(64, child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    assert!(child.wait().unwrap().success(), "{stderr}");
    assert!(line.starts_with("{\"rev_id\":2,"), "{line}");
    assert!(!stderr.contains("error"), "{stderr}");
}

#[test]
fn what_the_history_is_worth_can_be_measured() {
    let room = Room::new();
    room.write(
        "full.toml",
        QUICK.replace("\"ores\"", "\"full\"").as_bytes(),
    );
    room.train("run --wiki samplewiki --recipe full.toml --dump SAMPLE --out full.model");
    let evaluate = "evaluate --model full.model --dump SAMPLE --out r --scores";
    room.train(&format!("{evaluate} with.csv"));
    room.train(&format!("{evaluate} without.csv --without-history"));
    let (with, without) = (scores(&room, "with.csv"), scores(&room, "without.csv"));
    let edits = |scores: &[(u64, bool, f64)]| -> Vec<(u64, bool)> {
        scores.iter().map(|row| (row.0, row.1)).collect()
    };
    assert_eq!(edits(&with), edits(&without));
    assert_ne!(with, without);
}
