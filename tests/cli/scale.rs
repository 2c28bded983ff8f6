//! `--keep-scale-of`: a new model at the thresholds of the one before.

use serde_json::Value;

use crate::room::{QUICK, Room};

const RUN: &str = "run --wiki samplewiki --dump SAMPLE --recipe";

/// A recipe whose labels are fewer, so that its probabilities are lower at every edit.
fn fewer_labels() -> String {
    QUICK.replace("\"48h\"", "\"20m\"")
}

/// A room with a model of 2021, and the recipe of another one.
fn room() -> Room {
    let room = Room::new();
    room.write("fewer.toml", fewer_labels().as_bytes());
    room.train(&format!(
        "{RUN} quick.toml --until 2022-01-01 --out old.model"
    ));
    room
}

/// How much a new model differs from the old one on later edits: for each threshold the difference
/// of the shares of edits flagged, in points; and ROC-AUC.
fn compared(room: &Room, new: &str) -> (Vec<f64>, f64) {
    let said = room.train(&format!(
        "compare old.model {new} --dump SAMPLE --since 2022-07-01 --json"
    ));
    let document: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(document["warnings"], Value::Array(Vec::new()));
    let all = &document["comparison"]["groups"][0];
    assert_eq!(all["by"], "all");
    let differences = all["thresholds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|sides| {
            let workload = &sides["figures"][0];
            assert_eq!(workload["statistic"], "match_rate");
            100.0 * workload["difference"]["value"].as_f64().unwrap()
        })
        .collect();
    let accuracy = &all["accuracy"][0];
    assert_eq!(accuracy["statistic"], "roc_auc");
    (differences, accuracy["b"]["value"].as_f64().unwrap())
}

#[test]
fn a_threshold_flags_as_many_later_edits_as_before() {
    let room = room();
    let until = "--until 2022-07-01";
    room.train(&format!("{RUN} fewer.toml {until} --out plain.model"));
    let said = room.train(&format!(
        "{RUN} fewer.toml {until} --keep-scale-of old.model --out kept.model"
    ));
    assert!(
        said.stderr.contains("edits are scored by old.model"),
        "{}",
        said.stderr
    );
    assert!(!said.stderr.contains("warning"), "{}", said.stderr);

    let (unmapped, roc_auc) = compared(&room, "plain.model");
    let (mapped, mapped_roc_auc) = compared(&room, "kept.model");
    assert_eq!(unmapped.len(), 5);
    // Without the map, a sixth to all of the workload is lost; with it, a few edits of 291 are.
    assert!(unmapped.iter().all(|points| *points < -6.0), "{unmapped:?}");
    assert!(mapped.iter().all(|points| points.abs() < 2.0), "{mapped:?}");
    assert_eq!(roc_auc, mapped_roc_auc, "the order of edits is kept");

    // The card says whose scale it is, and so do its figures.
    let old_version = version(&room, "old.model");
    let card = room.text("kept.md");
    for words in [
        format!("That of **samplewiki.reverted {old_version}**: a threshold that was chosen for"),
        "| threshold | by the predecessor | by this model as it is | by this model on the scale |"
            .to_owned(),
        "| chosen by | `--until 2022-07-01T00:00:00Z --keep-scale-of old.model` |".to_owned(),
    ] {
        assert!(card.contains(&words), "{words}\n{card}");
    }
    let error = |name: &str| {
        let report: Value = serde_json::from_str(&room.text(name)).unwrap();
        report["calibration"]["expected_error"].as_f64().unwrap()
    };
    // Told by fewer labels, the old scale is too high; the report does not hide it.
    assert!(error("kept.json") > 2.0 * error("plain.json"));

    // The successor of a successor remembers where the scale comes from.
    room.train(&format!(
        "{RUN} quick.toml --keep-scale-of kept.model --out next.model"
    ));
    let kept_version = version(&room, "kept.model");
    let next = format!(
        "That of **samplewiki.reverted {kept_version}**, which keeps that of **samplewiki.reverted \
         {old_version}**: "
    );
    assert!(room.text("next.md").contains(&next), "{next}");
}

fn version(room: &Room, model: &str) -> String {
    let card = room.train(&format!("info {model} --json")).stdout;
    let card: Value = serde_json::from_str(&card).unwrap();
    card["version"].as_str().unwrap().to_owned()
}

#[test]
fn a_predecessor_that_may_have_learned_from_the_edits_is_told_of() {
    let room = room();
    let said = room.train(&format!(
        "{RUN} fewer.toml --until 2022-01-01 --keep-scale-of old.model --out kept.model"
    ));
    let warning = "warning: old.model may have learned from ";
    assert!(said.stderr.contains(warning), "{}", said.stderr);
    assert!(
        room.text("kept.md")
            .contains("edits, the predecessor may have learned from ")
    );
}

#[test]
fn a_table_keeps_a_scale_where_it_has_the_predecessors_columns_and_words() {
    let room = Room::new();
    let extract = "extract --wiki samplewiki --dump SAMPLE --recipe quick.toml --format csv --out";
    room.write("fewer.toml", fewer_labels().as_bytes());
    room.train(&format!("{extract} t.csv"));
    let fit = "fit --table t.csv --wiki samplewiki --recipe quick.toml";
    room.train(&format!("{fit} --until 2022-01-01 --out old.model"));
    room.train(&format!("{fit} --keep-scale-of old.model --out kept.model"));
    assert!(
        room.text("kept.md")
            .contains("## Whose scale its scores are on")
    );

    room.train(&format!(
        "{RUN} quick.toml --until 2022-01-01 --out other.model"
    ));
    room.refuses(
        &format!("{fit} --keep-scale-of other.model --out none.model"),
        &[
            "error: other.model: its column ",
            " looks up words that it learned itself, and t.csv has that column by other words; \
             `run --dump` looks them up anew\n",
        ],
    );
    room.write("few.csv", b"rev_id,added.chars,label\n1,2,0\n2,3,1\n");
    room.refuses(
        "fit --table few.csv --wiki samplewiki --keep-scale-of old.model --out none.model",
        &[
            "error: few.csv: expected the columns of old.model, but these are missing: ",
            "; `run --dump` computes them\n",
        ],
    );
}

#[test]
fn a_table_from_elsewhere_keeps_the_scale_of_one() {
    let room = Room::new();
    let mut table = "a,b,label\n".to_owned();
    for row in 0..400_u32 {
        let label = row % 4 == 0;
        let a = row * 37 % 100 + if label { 60 } else { 0 };
        table += &format!("{a},{},{}\n", row * 53 % 97, u8::from(label));
    }
    room.write("t.csv", table.as_bytes());
    let fit = "fit --table t.csv --recipe quick.toml --target goodfaith";
    room.train(&format!("{fit} --out old.model"));
    room.train(&format!("{fit} --keep-scale-of old.model --out kept.model"));
    assert!(room.text("kept.md").contains("That of **any.goodfaith "));
    // The same table and recipe: nothing shifts but what the predecessor had learned by heart.
    for model in ["old", "kept"] {
        room.train(&format!(
            "evaluate --model {model}.model --table t.csv --out r --scores {model}.csv"
        ));
    }
    let scores = |name: &str| -> Vec<f64> {
        crate::room::records(&room.text(name))
            .iter()
            .map(|row| row["probability"].parse().unwrap())
            .collect()
    };
    let moved = scores("old.csv")
        .iter()
        .zip(scores("kept.csv"))
        .map(|(old, kept)| (old - kept).abs())
        .fold(0.0, f64::max);
    assert!(moved < 0.1, "{moved}");
    room.refuses(
        "run --wiki any --dump SAMPLE --target vandalism --keep-scale-of old.model --out none.model",
        &["error: old.model: expected a model of the target vandalism, as the new one is, got one of goodfaith\n"],
    );
}

#[test]
fn a_scale_that_cannot_be_kept_is_refused_before_anything_is_read() {
    let room = room();
    room.write(
        "t.csv",
        b"a,b,label\n1,0,0\n2,0,1\n3,1,0\n4,1,1\n5,2,0\n6,2,1\n7,3,0\n8,3,1\n",
    );
    room.train("fit --table t.csv --recipe quick.toml --i-know --out foreign.model");
    #[track_caller]
    fn check(room: &Room, line: &str, message: &str) {
        // A dump that is not there would be complained of if it were opened first.
        let line = format!("run --recipe quick.toml --dump none.xml --out none.model {line}");
        room.refuses(&line, &[&format!("error: {message}\n")]);
    }
    check(
        &room,
        "--wiki papwiki --keep-scale-of old.model",
        "old.model: expected a model of papwiki or of any wiki, got one of samplewiki; --wiki says which wiki the \
         new one is of",
    );
    check(
        &room,
        "--wiki samplewiki --target vandalism --keep-scale-of old.model",
        "old.model: expected a model of the target vandalism, as the new one is, got one of reverted",
    );
    check(
        &room,
        "--wiki samplewiki --keep-scale-of foreign.model",
        "foreign.model: expected a model of edits to keep the scale of, got one that was fitted on a table from \
         elsewhere; use `fit` with a table that has its columns",
    );
    check(
        &room,
        "--wiki samplewiki --keep-scale-of gone.model",
        "gone.model: No such file or directory (os error 2)",
    );
    let stdin = "run --recipe quick.toml --wiki samplewiki --dump - --out none.model --keep-scale-of old.model";
    room.refuses(
        stdin,
        &["error: --keep-scale-of reads the dumps twice, and standard input can be read once; give --dump a file\n"],
    );
    room.write("pages.json", b"[2, 40, 41]");
    room.refuses(
        &format!(
            "{RUN} quick.toml --only-pages pages.json --keep-scale-of old.model --out none.model"
        ),
        &["error: expected at least 100 held-out edits to keep the scale of old.model by, got "],
    );
}
