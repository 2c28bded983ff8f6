//! `--tune`, `--blind` and `ablate` on the sample wiki.

use serde_json::Value;

use crate::room::{QUICK, Room, records};

const RUN: &str = "run --wiki samplewiki --dump SAMPLE";

/// A recipe of our own features, with a group and a bundle to take apart.
fn own_features() -> String {
    QUICK
        .replace("\"ores\"", "\"full\"")
        .replace(
            "without = []",
            "without = [\"page\", \"parent\", \"frequency\", \"size\", \"longest\", \"user\", \"comment\", \
             \"words\", \"dictionary\", \"lexical\", \"change\", \"removed\", \"links\", \"elements\", \
             \"listed\", \"edit_summary\", \"namespace\", \"time\"]",
        )
        .replace("split = \"time\"", "split = \"pages\"")
        + "[bundles]\nboth = [\"author\", \"name.chars\"]\n"
}

/// The recipe that a card shows.
fn recipe_of(card: &str) -> &str {
    let (_, rest) = card.split_once("```toml\n").unwrap();
    rest.split_once("```").unwrap().0
}

#[test]
fn a_tuned_model_can_be_made_again_from_its_recipe_without_tuning() {
    let room = Room::new();
    let said = room.train(&format!(
        "{RUN} --recipe quick.toml --tune 2s --out t.model"
    ));
    for words in [
        "tuning: ",
        "on other pages than those learned from, and later",
        "estimators screened",
    ] {
        assert!(said.stderr.contains(words), "{}", said.stderr);
    }
    let card = room.text("t.md");
    let recipe = recipe_of(&card);
    assert!(recipe.contains("seed 7"), "{recipe}");
    let won = card.contains("# Tuned: the best one wins");
    assert_eq!(card.contains("the figures flatter a little"), won);
    assert!(
        won || recipe.contains("the recipe's own is kept"),
        "{recipe}"
    );
    room.write("again.toml", recipe.as_bytes());
    room.train(&format!("{RUN} --recipe again.toml --out a.model"));
    for name in ["t", "a"] {
        room.train(&format!(
            "score --model {name}.model --dump SAMPLE --out {name}.jsonl"
        ));
    }
    assert!(room.bytes("t.jsonl") == room.bytes("a.jsonl"));
}

#[test]
fn a_budget_is_a_time() {
    let room = Room::new();
    for budget in ["none", "0m", "soon"] {
        room.refuses(
            &format!("{RUN} --tune {budget} --out m.model"),
            &["--tune", "expected a time such as 10m, 90s or 2h", budget],
        );
    }
}

#[test]
fn a_blind_model_sees_no_author_and_its_report_says_what_that_costs() {
    let room = Room::new();
    room.write("own.toml", own_features().as_bytes());
    room.train(&format!(
        "{RUN} --recipe own.toml --blind user --out b.model"
    ));
    let report: Value = serde_json::from_str(&room.text("b.json")).unwrap();
    let comparison = &report["comparisons"][0];
    assert_eq!(comparison["name"], "the same, seeing who made the edit");
    assert_eq!(comparison["n"], report["n"]);
    assert!(comparison["rows"][0]["difference"]["low"].is_number());
    let card = room.text("b.md");
    assert!(card.contains("| chosen by | `--blind user` |"), "{card}");
    assert!(card.contains("the same, seeing who made the edit"));
    for hidden in ["| author.", "| name.", "origin.same_author"] {
        assert!(!card.contains(hidden), "{hidden}");
    }
    let classes: Vec<&str> = report["fairness"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| group["user_class"].as_str().unwrap())
        .collect();
    assert_eq!(
        classes,
        ["anonymous", "temporary", "newcomer", "experienced"]
    );
    assert!(card.contains("Who is flagged, and whether rightly"));
    room.train("score --model b.model --dump SAMPLE --out b.jsonl");

    // A table that extract wrote can be learned from blindly, one from elsewhere cannot.
    room.train(
        "extract --wiki samplewiki --dump SAMPLE --recipe own.toml --format csv --out t.csv",
    );
    room.train("fit --table t.csv --recipe own.toml --blind user --out f.model");
    assert!(room.text("f.md").contains("seeing who made the edit"));
    room.write("foreign.csv", b"a,label\n1,0\n2,1\n");
    room.refuses(
        "fit --table foreign.csv --blind user --out f2.model",
        &["whether the column \"a\" tells about the author is not known"],
    );
}

#[test]
fn ablation_takes_away_each_group_and_each_bundle_once() {
    let room = Room::new();
    room.write("own.toml", own_features().as_bytes());
    let ablate = "ablate --wiki samplewiki --dump SAMPLE --recipe own.toml";
    let said = room.train(&format!("{ablate} --since 2022-06-01 --out a.md"));
    assert_eq!(room.text("a.md"), said.stdout);
    let first_cells: Vec<&str> = said
        .stdout
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next())
        .collect();
    for group in [
        "group",
        "origin",
        "added",
        "author",
        "*both* (author, name.chars)",
    ] {
        assert!(first_cells.contains(&group), "{first_cells:?}");
    }
    assert!(!first_cells.contains(&"lexical"), "{first_cells:?}");
    let cells = said
        .stdout
        .lines()
        .find(|line| line.starts_with("| added |"))
        .unwrap()
        .split(" | ")
        .count();
    assert_eq!(cells, 6);
    assert!(said.stdout.contains("edits that were not learned from"));

    room.refuses(
        &format!("{ablate} --since 2022-01-01 --until 2023-01-01"),
        &["--until: expected a time that is not after --since"],
    );
    // Rows that would be learned from are refused; later ones are measured.
    room.train(
        "extract --wiki samplewiki --dump SAMPLE --recipe own.toml --format csv --out t.csv",
    );
    let mut rows = "rev_id,label\n".to_owned();
    for record in records(&room.text("t.csv")).iter().step_by(3) {
        rows += &format!(
            "{},{}\n",
            record["rev_id"],
            u8::from(record["reverted"] == "1")
        );
    }
    room.write("rows.csv", rows.as_bytes());
    room.refuses(
        &format!("{ablate} --rows rows.csv"),
        &[
            "of the edits of --rows would be learned from too",
            "--until",
        ],
    );
    let mut late = "rev_id,label\n".to_owned();
    let mut n_late = 0;
    for record in records(&room.text("t.csv")) {
        if record["timestamp"].as_str() >= "2022-06-01" {
            late += &format!("{},{}\n", record["rev_id"], record["reverted"]);
            n_late += 1;
        }
    }
    room.write("late.csv", late.as_bytes());
    let said = room.train(&format!("{ablate} --rows late.csv --until 2022-06-01"));
    assert!(
        said.stdout.contains(&format!("Measured on {n_late} edits")),
        "{}",
        said.stdout
    );
}

#[test]
fn a_bundle_of_what_is_not_there_is_refused() {
    let room = Room::new();
    let check = |bundle: &str, words: &[&str]| {
        room.write(
            "r.toml",
            format!("{QUICK}\n[bundles]\n{bundle}\n").as_bytes(),
        );
        room.refuses(&format!("{RUN} --recipe r.toml --out m.model"), words);
    };
    check(
        "b = [\"wrods\"]",
        &["bundles.b: expected groups or features, got \"wrods\""],
    );
    check(
        "words = [\"time\"]",
        &["expected another name than that of a group, got \"words\""],
    );
}
