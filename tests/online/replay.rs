//! A replay's report is what `revscore-train evaluate` says of the same edits, to the edit; and a service
//! that is told of the edits one by one, as they are saved, comes to the same report.
//!
//! Through both real binaries and over HTTP: on the sample wiki, and on a whole Wikipedia where its dump is
//! at hand.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::binaries::{RECIPE, SAMPLE, SERVE, Service, TRAIN, run};

/// A dump, and how it is cut.
struct Case {
    wiki: &'static str,
    dump: PathBuf,
    /// Learned from what is before, measured from here on.
    since: &'static str,
    /// Measured up to here: two days and more before the dump ends, so that nothing is pending.
    until: &'static str,
    target: &'static str,
}

/// Trains on what is before, and evaluates what comes after; gives the report, and label and
/// probability of every edit.
fn evaluate(room: &Path, case: &Case) -> (Value, Vec<(bool, f64)>) {
    std::fs::write(room.join("recipe.toml"), RECIPE).unwrap();
    let model = format!("{}.{}.model", case.wiki, case.target);
    let dump = case.dump.to_str().unwrap();
    let learned = [
        "run",
        "--wiki",
        case.wiki,
        "--target",
        case.target,
        "--dump",
        dump,
        "--recipe",
        "recipe.toml",
        "--until",
        case.since,
        "--out",
        &model,
    ];
    run(TRAIN, room, &learned);
    let measured = [
        "evaluate",
        "--model",
        &model,
        "--dump",
        dump,
        "--since",
        case.since,
        "--until",
        case.until,
        "--out",
        "report",
        "--scores",
        "scores.csv",
    ];
    run(TRAIN, room, &measured);
    let report = std::fs::read_to_string(room.join("report/report.json")).unwrap();
    let scores = std::fs::read_to_string(room.join("scores.csv")).unwrap();
    let scores = scores.lines().skip(1).map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        (cells[1] == "1", cells[2].parse().unwrap())
    });
    let report: Value = serde_json::from_str(&report).unwrap();
    (report["report"].clone(), scores.collect())
}

/// Settled, reverted, flagged and caught.
type Counts = [u64; 4];

fn counts(row: &Value) -> Counts {
    ["settled", "reverted", "flagged", "caught"].map(|name| row[name].as_u64().unwrap())
}

fn brute_counts(scores: &[(bool, f64)], threshold: f64) -> Counts {
    let count =
        |is: &dyn Fn(&(bool, f64)) -> bool| scores.iter().filter(|row| is(row)).count() as u64;
    [
        scores.len() as u64,
        count(&|row| row.0),
        count(&|row| row.1 >= threshold),
        count(&|row| row.0 && row.1 >= threshold),
    ]
}

/// A replay's report beside the evaluation's, at every hundredth, and by who edited and what.
fn check(case: &Case) {
    let room = tempfile::tempdir().unwrap();
    let room = room.path();
    let (evaluated, scores) = evaluate(room, case);
    let positives = evaluated["positives"].as_u64().unwrap();
    assert!(positives >= 20, "only {positives} edits are bad");
    let dump = case.dump.to_str().unwrap();
    let replayed = [
        "replay",
        "--dump",
        dump,
        "--wiki",
        case.wiki,
        "--models",
        ".",
        "--ledger",
        "wiki.ledger",
        "--since",
        case.since,
        "--until",
        case.until,
    ];
    let printed = run(SERVE, room, &replayed);
    assert!(printed.contains("Revscore flagged "), "{printed}");
    // A second time nothing is counted twice.
    assert_eq!(run(SERVE, room, &replayed), printed);

    let service = Service::start(room, &["--ledger", "wiki.ledger"]);
    let (wiki, since) = (case.wiki, case.since);
    let last = &case.until[..10]
        .parse::<jiff::civil::Date>()
        .unwrap()
        .yesterday()
        .unwrap()
        .to_string();
    let ask = |more: &str| {
        service.get(&format!(
            "/api/v1/report?wiki={wiki}&from={since}&to={last}{more}"
        ))
    };
    for hundredth in 0..100 {
        let threshold = f64::from(hundredth) / 100.0;
        let report = ask(&format!("&threshold={threshold}"));
        let got = counts(&report["all"]);
        assert_eq!(got, brute_counts(&scores, threshold), "{threshold}");
        assert_eq!(report["all"]["pending"], 0, "{report:#}");
    }
    let half = ask("&threshold=0.5&by=user_class");
    let at_half = &evaluated["at_half"];
    assert_eq!(half["all"]["flagged"], at_half["flagged"]);
    assert_eq!(half["all"]["caught"], at_half["caught"]);
    let statistic = |name: &str| at_half["statistics"][name]["value"].as_f64();
    for (ours, theirs) in [
        ("recall", "recall"),
        ("precision", "precision"),
        ("workload", "match_rate"),
    ] {
        let (got, expected) = (half["all"][ours]["value"].as_f64(), statistic(theirs));
        assert!(
            (got.unwrap() - expected.unwrap()).abs() < 1e-6,
            "{ours}: {got:?}, {expected:?}"
        );
    }
    // Groups are those of the evaluation, too.
    for (by, name) in [("user", "user_class"), ("kind", "kind")] {
        let report = ask(&format!("&by={name}"));
        for group in evaluated["caught"]["groups"].as_array().unwrap() {
            if group["by"] != by {
                continue;
            }
            let groups = report["groups"].as_array().unwrap();
            let ours = groups.iter().find(|ours| ours["group"] == group["group"]);
            let ours = ours.unwrap_or_else(|| panic!("no {group:#}"));
            assert_eq!(ours["settled"], group["n"], "{name} {}", group["group"]);
            assert_eq!(
                ours["reverted"], group["positives"],
                "{name} {}",
                group["group"]
            );
        }
    }
    // Days add up.
    let days = ask("&by=day");
    let sum = |name: &str| {
        days["groups"]
            .as_array()
            .unwrap()
            .iter()
            .map(|day| day[name].as_u64().unwrap())
            .sum::<u64>()
    };
    assert_eq!(json!(sum("flagged")), days["all"]["flagged"]);
    assert_eq!(json!(sum("reverted")), days["all"]["reverted"]);
    println!("{}\n{}", case.wiki, days["sentence"]);
}

#[test]
fn the_sample_wikis_report_is_the_evaluations() {
    for target in ["reverted", "vandalism"] {
        check(&Case {
            wiki: "samplewiki",
            dump: SAMPLE.into(),
            since: "2021-09-01",
            until: "2022-12-01",
            target,
        });
    }
}

#[test]
fn a_whole_wikipedias_report_is_the_evaluations() {
    let shared = std::env::var("REVSCORE_SHARED").unwrap_or_else(|_| "../shared".to_owned());
    let dump = Path::new(&shared).join("data/dumps/papwiki-2006-2014.xml.xz");
    let Ok(dump) = dump.canonicalize() else {
        use std::io::Write as _;
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: {} is not there",
            dump.display()
        );
        return;
    };
    check(&Case {
        wiki: "papwiki",
        dump,
        since: "2012-01-01",
        until: "2014-01-01",
        target: "reverted",
    });
}
