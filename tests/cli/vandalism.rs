//! What a dump teaches about vandalism and edit wars without people: `label`, and models of it.

use serde_json::Value;

use crate::room::{QUICK, Room};

/// The sample wiki's labels, one a revision.
fn labels(room: &Room) -> Vec<Value> {
    let said = room.train("label --dump SAMPLE --out -");
    said.stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn labels_say_which_reverts_look_like_the_end_of_vandalism() {
    let labels = labels(&Room::new());
    let n_like = |reverted: bool, vandalism: Value| {
        labels
            .iter()
            .filter(|label| label["reverted"] == reverted && label["vandalism"] == vandalism)
            .count()
    };
    assert!(n_like(true, Value::Bool(true)) > 20);
    assert_eq!(n_like(true, Value::Bool(false)), 0);
    assert_eq!(n_like(false, Value::Bool(true)), 0);
    assert!(n_like(false, Value::Bool(false)) > 1000);
    for label in &labels {
        let reason = &label["revert_reason"];
        assert_eq!(reason.is_null(), label["reverted"] == false, "{label}");
        assert!(
            label["edit_war"] == false || label["reverted"] == true,
            "{label}"
        );
        if label["edit_war"] == true || label["revert_undone"] == true {
            assert!(label["vandalism"].is_null(), "{label}");
        }
    }
}

#[test]
fn a_dump_alone_makes_a_model_of_vandalism() {
    let room = Room::new();
    let said = room.train(
        "run --wiki samplewiki --target vandalism --dump SAMPLE --recipe quick.toml --out v.model",
    );
    let n_vandalism = labels(&room)
        .iter()
        .filter(|label| label["vandalism"] == true && label["is_bot"] == false)
        .count();
    // Those among them that are no rows: first revisions, suppressed ones.
    let learned: usize = said
        .stderr
        .split_once(" of them vandalism-like")
        .and_then(|(before, _)| before.rsplit(' ').next()?.parse().ok())
        .unwrap();
    assert!(
        (n_vandalism - 10..=n_vandalism).contains(&learned),
        "{learned} of {n_vandalism}"
    );
    let card = room.text("v.md");
    assert!(card.starts_with("# samplewiki.vandalism\n"), "{card}");
    assert!(card.contains("somebody else will revert as vandalism or spam"));
    room.train("evaluate --model v.model --dump SAMPLE --out report");
    room.train("score --model v.model --dump SAMPLE --out scores.jsonl");
}

#[test]
fn labels_of_vandalism_can_be_given_in_files_too() {
    let room = Room::new();
    room.train("label --dump SAMPLE --out labels.jsonl");
    let run = "run --wiki samplewiki --target vandalism --dump SAMPLE --recipe quick.toml";
    let found = room.train(&format!("{run} --out found.model"));
    let given = room.train(&format!("{run} --labels labels.jsonl --out given.model"));
    let fitting = |stderr: &str| {
        let line = stderr.lines().find(|line| line.starts_with("fitting on"));
        line.unwrap().to_owned()
    };
    assert_eq!(fitting(&found.stderr), fitting(&given.stderr));
}

#[test]
fn edits_of_an_edit_war_count_as_much_as_the_recipe_says() {
    let room = Room::new();
    let weigh = |name: &str, weight: &str| {
        let recipe = QUICK.replace("[rows]", &format!("[rows]\nedit_war_weight = {weight}"));
        room.write("r.toml", recipe.as_bytes());
        room.train(&format!(
            "run --wiki samplewiki --dump SAMPLE --recipe r.toml --out {name}.model"
        ));
        room.text(&format!("{name}.json"))
    };
    let n_wars = labels(&room)
        .iter()
        .filter(|label| label["edit_war"] == true)
        .count();
    let (full, half) = (weigh("full", "1.0"), weigh("half", "0.5"));
    assert_eq!(full == half, n_wars == 0, "{n_wars} edits in edit wars");
    let recipe = QUICK.replace("[rows]", "[rows]\nedit_war_weight = 0.0");
    room.write("r.toml", recipe.as_bytes());
    room.refuses(
        "run --wiki samplewiki --dump none.xml --recipe r.toml --out m.model",
        &["rows.edit_war_weight", "above 0 and at most 1, got 0"],
    );
}
