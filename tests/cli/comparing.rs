//! `compare`: two models on the same edits.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::room::{Room, records};

/// Two small models of the sample wiki, which never change.
fn room() -> Room {
    let room = Room::new().with_model();
    room.write("a.model", include_bytes!("../data/models/format-1.model"));
    room.write("b.model", include_bytes!("../data/models/format-4.model"));
    room
}

#[test]
fn a_comparison_says_who_changes_sides_and_which_model_ranks_better() {
    let room = room();
    let said = room.train("compare a.model b.model --dump SAMPLE --since 2022-07-01 --out c.md");
    assert_eq!(room.text("c.md"), said.stdout);
    insta::assert_snapshot!(said.stdout);
    for letter in ["A", "B"] {
        let warning = format!(
            "warning: 291 of the 291 edits were saved in the time that {letter} learned from, and if it learned from \
             them its figures flatter; give later edits (--since) or other pages (--skip-pages)\n"
        );
        assert!(said.stderr.contains(&warning), "{}", said.stderr);
    }
}

#[test]
fn what_is_counted_agrees_with_the_scores_of_each_model() {
    let room = room();
    let said = room.train("compare a.model b.model --dump SAMPLE --json --base-rate 0.05");
    let document: Value = serde_json::from_str(&said.stdout).unwrap();
    let comparison = &document["comparison"];
    let scores = |model: &str| -> BTreeMap<String, (bool, f64)> {
        room.train(&format!(
            "evaluate --model {model}.model --dump SAMPLE --out r --scores s.csv"
        ));
        let rows = records(&room.text("s.csv"));
        rows.iter()
            .map(|row| {
                let probability = row["probability"].parse().unwrap();
                (row["rev_id"].clone(), (row["label"] == "1", probability))
            })
            .collect()
    };
    let (a, b) = (scores("a"), scores("b"));
    assert_eq!(comparison["n"], a.len());
    assert_eq!(document["a"]["n_maybe_learned"], a.len());
    let all = &comparison["groups"][0];
    for sides in all["thresholds"].as_array().unwrap() {
        let threshold = sides["threshold"].as_f64().unwrap();
        let mut counted: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for (id, (label, of_a)) in &a {
            let of_b = b[id].1;
            let side = match (*of_a >= threshold, of_b >= threshold) {
                (true, true) => "both",
                (true, false) => "only_a",
                (false, true) => "only_b",
                (false, false) => "neither",
            };
            let counts = counted.entry(side).or_default();
            counts.0 += 1;
            counts.1 += u64::from(*label);
        }
        for (side, (n, positives)) in counted {
            assert_eq!(sides[side]["n"], n, "{side} at {threshold}");
            assert_eq!(sides[side]["positives"], positives, "{side} at {threshold}");
        }
    }
    let groups = comparison["groups"].as_array().unwrap();
    let n_of = |by: &str| -> u64 {
        groups
            .iter()
            .filter(|group| group["by"] == by)
            .map(|group| group["n"].as_u64().unwrap())
            .sum()
    };
    for by in ["all", "user", "kind"] {
        assert_eq!(
            n_of(by),
            a.len() as u64,
            "each edit is in one group by {by}"
        );
    }
}

#[test]
fn models_that_cannot_be_compared_are_refused_with_the_reason() {
    let room = room();
    #[track_caller]
    fn check(room: &Room, line: &str, message: &str) {
        room.refuses(
            &format!("compare {line}"),
            &[&format!("error: {message}\n")],
        );
    }
    room.train(
        "run --wiki samplewiki --target vandalism --recipe quick.toml --dump SAMPLE --out vandalism.model",
    );
    check(
        &room,
        "a.model vandalism.model --dump SAMPLE",
        "expected two models of the same target, got a.model of reverted and vandalism.model of vandalism",
    );
    room.train("run --wiki zzwiki --recipe quick.toml --dump SAMPLE --out zz.model");
    check(
        &room,
        "a.model zz.model --dump SAMPLE",
        "expected two models of one wiki, got a.model of samplewiki and zz.model of zzwiki; --wiki says which wiki \
         the dumps are of",
    );
    room.train("compare a.model zz.model --dump SAMPLE --wiki samplewiki --since 2022-10-01");
    check(
        &room,
        "a.model b.model --dump SAMPLE --since 2030-01-01",
        "there is no edit to compare; check --since, --until and the pages",
    );
    check(
        &room,
        "a.model b.model --dump -",
        "compare reads the dumps twice, and standard input can be read once; give --dump a file",
    );
    check(
        &room,
        "a.model b.model",
        "expected a dump to read: --dump FILE",
    );
    check(
        &room,
        "a.model gone.model --dump SAMPLE",
        "gone.model: No such file or directory (os error 2)",
    );
}
