//! `run` and `info` on the sample wiki.

use serde_json::Value;

use crate::room::Room;

#[test]
fn one_command_makes_a_model_with_its_card_and_report_and_the_same_again() {
    let rooms = [Room::new(), Room::new()];
    let children = rooms.each_ref().map(|room| {
        room.command("run --wiki samplewiki --dump SAMPLE --out models/samplewiki.reverted.model")
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap()
    });
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    for extension in ["model", "md", "json"] {
        let [first, second] = rooms
            .each_ref()
            .map(|room| room.bytes(&format!("models/samplewiki.reverted.{extension}")));
        assert!(!first.is_empty(), "{extension}");
        assert!(first == second, "the .{extension} files differ");
    }
    let [room, _] = rooms;
    let card = room.text("models/samplewiki.reverted.md");
    assert!(card.starts_with("# samplewiki.reverted\n"), "{card}");
    assert!(card.contains("81 pages, 1502 revisions"), "{card}");
    let printed = room.train("info models/samplewiki.reverted.model").stdout;
    assert_eq!(printed, card);
    let report: Value =
        serde_json::from_str(&room.text("models/samplewiki.reverted.json")).unwrap();
    let auc = report["headline"]["roc_auc"]["value"].as_f64().unwrap();
    assert!(auc > 0.9, "{auc}");
}

#[test]
fn a_query_gives_the_threshold_for_a_target() {
    let room = Room::new().with_model();
    let query = "info quick.model 'maximum filter_rate @ recall >= 0.75'";
    let answer: Value = serde_json::from_str(&room.train(query).stdout).unwrap();
    let figure = |name: &str| answer[name].as_f64().unwrap();
    assert!(figure("recall") >= 0.75, "{answer}");
    assert!(figure("filter_rate") > 0.5, "{answer}");
    assert!(
        (figure("filter_rate") + figure("match_rate") - 1.0).abs() < 1e-9,
        "{answer}"
    );
    for name in ["recall", "precision", "filter_rate"] {
        let end = |end: &str| answer["intervals"][name][end].as_f64().unwrap();
        assert!(
            end("low") < figure(name) && figure(name) < end("high"),
            "{name}: {answer}"
        );
    }
}

#[test]
fn a_bad_query_is_answered_with_a_good_one() {
    let room = Room::new().with_model();
    #[track_caller]
    fn check(room: &Room, query: &str, words: &[&str]) {
        room.refuses(&format!("info quick.model '{query}'"), words);
    }
    check(
        &room,
        "best filter_rate",
        &[
            "(maximum|minimum) STATISTIC @ STATISTIC (>=|<=) NUMBER",
            "maximum filter_rate @ recall >= 0.75",
        ],
    );
    check(
        &room,
        "maximum filterrate @ recall >= 0.75",
        &["filter_rate", "precision", "got \"filterrate\""],
    );
    check(
        &room,
        "maximum filter_rate @ recall >= lots",
        &["expected a number such as 0.75", "got \"lots\""],
    );
}

#[test]
fn fewer_pages_or_less_time_give_fewer_rows() {
    let room = Room::new();
    room.write("pages.json", b"[2, 40, 41]");
    #[track_caller]
    fn n_rows(room: &Room, options: &str) -> usize {
        room.train(&format!(
            "extract --wiki samplewiki --dump SAMPLE --features ores --format csv --out rows.csv {options}"
        ));
        room.text("rows.csv").lines().count() - 1
    }
    let all = n_rows(&room, "");
    let only = n_rows(&room, "--only-pages pages.json");
    let others = n_rows(&room, "--skip-pages pages.json");
    assert!(0 < only && only < all, "{only} of {all}");
    assert_eq!(only + others, all);
    let early = n_rows(&room, "--until 2022-01-01");
    assert!(0 < early && early < all, "{early} of {all}");
    let said = room.train(
        "run --wiki samplewiki --dump SAMPLE --recipe quick.toml --until 2022-01-01 --out early.model",
    );
    assert!(
        said.stderr.contains(&format!("fitting on {early} rows")),
        "{}",
        said.stderr
    );
}

#[test]
fn human_labels_make_a_model_of_damaging_edits() {
    let room = Room::new();
    let mut labels = String::new();
    // Every revision of the first pages, damaging when its id is divisible by 7.
    for id in 1..400 {
        let damaging = id % 7 == 0;
        labels += &format!(
            "{{\"rev_id\": {id}, \"damaging\": {damaging}, \"goodfaith\": {}}}\n",
            !damaging
        );
    }
    room.write("labels.jsonl", labels.as_bytes());
    room.write(
        "pages.toml",
        crate::room::QUICK
            .replace("\"time\"", "\"pages\"")
            .as_bytes(),
    );
    let command = "run --wiki samplewiki --dump SAMPLE --recipe pages.toml --target";
    let said = room.train(&format!(
        "{command} damaging --labels labels.jsonl --out damaging.model"
    ));
    assert!(said.stderr.contains("without a label"), "{}", said.stderr);
    assert!(
        room.text("damaging.md")
            .starts_with("# samplewiki.damaging\n")
    );
    room.train(&format!(
        "{command} goodfaith --labels labels.jsonl --out goodfaith.model"
    ));
    room.refuses(
        &format!("{command} damaging --out none.model"),
        &["damaging", "--labels FILE"],
    );
    room.write("broken.jsonl", b"{\"rev_id\": 1}\nnot json\n");
    room.refuses(
        &format!("{command} damaging --labels broken.jsonl --out none.model"),
        &["broken.jsonl, line 2", "expected a JSON object with rev_id"],
    );
}

#[test]
fn the_default_recipe_is_printed_to_be_changed() {
    let room = Room::new();
    let printed = room.train("recipe").stdout;
    assert_eq!(printed, include_str!("../../training/recipes/default.toml"));
    room.write(
        "mine.toml",
        printed.replace("seed = 42", "seed = 43").as_bytes(),
    );
    room.train("extract --wiki samplewiki --dump SAMPLE --recipe mine.toml --out rows.parquet");
}

#[test]
fn help_names_no_command_that_is_not_there() {
    let room = Room::new();
    let overview = room.train("--help").stdout;
    let commands = [
        "run", "evaluate", "score", "info", "label", "extract", "fit", "ablate", "explain",
        "recipe", "compare",
    ];
    for command in commands {
        assert!(overview.contains(&format!("\n  {command} ")), "{command}");
        let help = room.train(&format!("{command} --help")).stdout;
        for (_, rest) in help
            .match_indices("revscore-train ")
            .map(|(at, name)| help.split_at(at + name.len()))
        {
            let named = rest
                .split(|c: char| !c.is_ascii_lowercase())
                .next()
                .unwrap();
            assert!(
                commands.contains(&named),
                "{command} --help names {named:?}"
            );
        }
    }
}
