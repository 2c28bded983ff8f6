//! `extract`, `fit` and `evaluate --table`: the way from dumps to a model in two steps, and
//! tables from elsewhere.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead as _, BufReader};

use serde_json::Value;

use crate::room::{Room, records, shared};

/// Columns of a table that are no features.
const OTHER_COLUMNS: [&str; 4] = ["rev_id", "page_id", "timestamp", "reverted"];

fn features(header: &str) -> Vec<String> {
    header
        .split(',')
        .filter(|name| !OTHER_COLUMNS.contains(name))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_ores_set_bears_the_80_names_of_revscoring() {
    let room = Room::new();
    room.train(
        "extract --wiki samplewiki --dump SAMPLE --features ores --names revscoring --format csv --out t.csv",
    );
    let table = room.text("t.csv");
    let names: BTreeSet<String> = features(table.lines().next().unwrap())
        .into_iter()
        .collect();
    assert_eq!(names.len(), 80);
    assert!(
        names.iter().all(|name| name.starts_with("feature.")),
        "{names:?}"
    );
    if let Some(path) = shared("parity/enwiki_features.jsonl") {
        let mut first = String::new();
        BufReader::new(File::open(path).unwrap())
            .read_line(&mut first)
            .unwrap();
        let first: Value = serde_json::from_str(&first).unwrap();
        let theirs: BTreeSet<String> = first["features"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect();
        assert_eq!(names, theirs);
    }
}

#[test]
fn extract_and_fit_make_the_model_that_run_makes() {
    let room = Room::new().with_model();
    // In a table, a word is not known by standing on the edit's own page; in a dump that is read
    // with a finished model it is. So scores over each are compared with their like.
    let over_dump = evaluated(&room, "quick.model", "--dump SAMPLE");
    for (table, format) in [("t.csv", "csv"), ("t.parquet", "parquet")] {
        room.train(&format!(
            "extract --wiki samplewiki --dump SAMPLE --recipe quick.toml --format {format} --out {table}"
        ));
        room.train(&format!(
            "fit --table {table} --wiki samplewiki --recipe quick.toml --out fitted.model"
        ));
        let refitted = evaluated(&room, "fitted.model", "--dump SAMPLE");
        assert!(refitted == over_dump, "{table}");
        let over_table = evaluated(&room, "quick.model", "--table t.csv");
        let refitted = evaluated(&room, "fitted.model", &format!("--table {table}"));
        assert!(refitted == over_table, "{table}");
    }
    let all = room
        .train("fit --table t.csv --recipe quick.toml --out all.model")
        .stderr;
    let some = room
        .train("fit --table t.csv --recipe quick.toml --until 2022-01-01 --out some.model")
        .stderr;
    assert_ne!(all.lines().next(), some.lines().next());
    room.write("pages.txt", b"2\n");
    let others = room
        .train("fit --table t.csv --recipe quick.toml --skip-pages pages.txt --out some.model")
        .stderr;
    assert_ne!(all.lines().next(), others.lines().next());
    room.refuses(
        "fit --table t.csv --recipe quick.toml --until 2001-01-01 --out none.model",
        &["t.csv: no row is left; check --until"],
    );
    std::fs::remove_file(room.path("t.vocabulary")).unwrap();
    room.refuses(
        "fit --table t.csv --recipe quick.toml --out none.model",
        &[".vocabulary", "copy that file too"],
    );
}

/// What `--scores` says.
#[track_caller]
fn evaluated(room: &Room, model: &str, rows: &str) -> Vec<u8> {
    room.train(&format!(
        "evaluate --model {model} {rows} --out report --scores scores.csv"
    ));
    assert!(!records(&room.text("scores.csv")).is_empty());
    room.bytes("scores.csv")
}

/// 400 rows of two numbers, the first of which tells the label with some noise.
fn foreign_table() -> String {
    let mut table = "strength,noise,label\n".to_owned();
    for row_idx in 0..400_u32 {
        let label = row_idx % 4 == 0;
        let strength = (row_idx * 37) % 100 + if label { 60 } else { 0 };
        table += &format!("{strength},{},{}\n", (row_idx * 53) % 97, u8::from(label));
    }
    table
}

#[test]
fn a_model_of_foreign_columns_scores_tables_only() {
    let room = Room::new();
    room.write("foreign.csv", foreign_table().as_bytes());
    let said = room.train("fit --table foreign.csv --recipe quick.toml --out foreign.model");
    assert!(
        said.stderr.contains("the table has no times"),
        "{}",
        said.stderr
    );
    room.train("evaluate --model foreign.model --table foreign.csv --out report");
    let refusal = "expected a model of edits, got one that was fitted on a table from elsewhere";
    room.refuses(
        "score --model foreign.model --dump SAMPLE --out scores.jsonl",
        &["foreign.model", refusal, "evaluate --table"],
    );
    room.refuses(
        "evaluate --model foreign.model --dump SAMPLE --out none",
        &["foreign.model", refusal],
    );
    room.write("other.csv", b"strength,label\n1,0\n2,1\n");
    room.refuses(
        "evaluate --model foreign.model --table other.csv --out none",
        &["other.csv", "these are missing: noise"],
    );
}

#[test]
fn a_table_that_cannot_be_learned_from_is_refused() {
    let room = Room::new();
    #[track_caller]
    fn check(room: &Room, table: &str, options: &str, words: &[&str]) {
        room.write("t.csv", table.as_bytes());
        room.refuses(
            &format!("fit --table t.csv --recipe quick.toml --out none.model {options}"),
            words,
        );
    }
    check(&room, "", "", &["t.csv"]);
    check(&room, "a,label\n", "", &["t.csv", "no row"]);
    check(&room, "a,b\n1,2\n", "", &["t.csv", "label"]);
    check(
        &room,
        "a,label\n1,0\n",
        "--label c",
        &["t.csv", "expected a label column \"c\""],
    );
    check(&room, "a,label\n1,7\n", "", &["t.csv", "7"]);
    check(&room, "a,label\nx,1\n", "", &["t.csv", "\"x\""]);
    check(&room, "a,label\n1,0\n2\n", "", &["t.csv"]);
    let unanimous = foreign_table().replace(",1\n", ",0\n");
    check(&room, &unanimous, "", &["none of the 400", "reverted"]);
    room.refuses(
        "fit --table none.csv --out none.model",
        &["none.csv", "No such file"],
    );
    room.write("t.ods", b"x");
    room.refuses("fit --table t.ods --out none.model", &["t.ods", ".csv"]);
    room.write("t.parquet", b"not parquet");
    room.refuses("fit --table t.parquet --out none.model", &["t.parquet"]);
}

#[test]
fn the_public_enwiki_table_gives_its_figures() {
    let Some(directory) = shared("feature-tables/enwiki_reverted_demo") else {
        return;
    };
    let room = Room::new();
    for name in ["train.csv.xz", "test.csv.xz"] {
        room.write(name, &std::fs::read(directory.join(name)).unwrap());
    }
    room.train("fit --table train.csv.xz --out demo.model");
    room.train("evaluate --model demo.model --table test.csv.xz --out report");
    let document: Value = serde_json::from_str(&room.text("report/report.json")).unwrap();
    let figure = |name: &str| {
        document["report"]["headline"][name]["value"]
            .as_f64()
            .unwrap()
    };
    let (auc, precision) = (figure("roc_auc"), figure("average_precision"));
    println!("ROC-AUC {auc}, average precision {precision}");
    assert!(auc >= 0.865, "ROC-AUC {auc}");
    assert!(precision >= 0.335, "average precision {precision}");
}
