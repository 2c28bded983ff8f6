//! Commands that ask for what cannot be had: recipes, options, outputs, histories.

use crate::room::{QUICK, Room};

const RUN: &str = "run --wiki samplewiki --dump SAMPLE --recipe r.toml --out m.model";

#[test]
fn a_recipe_with_a_mistake_is_refused_before_anything_is_read() {
    #[track_caller]
    fn check(right: &str, wrong: &str, words: &[&str]) {
        let room = Room::new();
        assert!(QUICK.contains(right), "{right}");
        room.write("r.toml", QUICK.replace(right, wrong).as_bytes());
        let words = [&["r.toml"], words].concat();
        // A dump that is not there would be complained of if it were opened first.
        room.refuses(&RUN.replace("SAMPLE", "none.xml"), &words);
    }
    check("seed = 7", "sead = 7", &["unknown field `sead`", "`seed`"]);
    check("held_out", "hold_out", &["unknown field `hold_out`"]);
    check("seed = 7", "", &["missing field `seed`"]);
    check("seed = 7", "seed = ", &["seed"]);
    check("\"ores\"", "\"some\"", &["some", "ores", "full"]);
    check(
        "\"time\"",
        "\"rows\"",
        &["unknown variant `rows`", "`pages`"],
    );
    check("0.25", "1.5", &["held_out", "below 1", "1.5"]);
    check("folds = 3", "folds = 1", &["calibration.folds", "got 1"]);
    check("radius = 15", "radius = 0", &["labels.radius", "got 0"]);
    check(
        "\"48h\"",
        "\"soon\"",
        &["expected a time such as 48h", "soon"],
    );
    check(
        "without = []",
        "without = [\"wrods\"]",
        &["without: expected a group or a feature, got \"wrods\""],
    );
    check(
        "logistic_regression",
        "logistic",
        &["unknown variant `logistic`", "logistic_regression"],
    );
    check(
        "kind = \"logistic_regression\"",
        "kind = \"logistic_regression\"\ntrees = 7",
        &["trees"],
    );
}

#[test]
fn a_parameter_out_of_range_is_refused() {
    let room = Room::new();
    let recipe = QUICK.replace(
        "kind = \"logistic_regression\"",
        "kind = \"gradient_boosting\"\nlearning_rate = -1.0",
    );
    room.write("r.toml", recipe.as_bytes());
    room.refuses(RUN, &["learning_rate", "-1"]);
}

#[test]
fn random_rows_need_a_word_of_consent() {
    let room = Room::new();
    room.write(
        "r.toml",
        QUICK.replace("\"time\"", "\"random_rows\"").as_bytes(),
    );
    room.refuses(RUN, &["random rows", "split = \"time\"", "--i-know"]);
    let said = room.train(&format!("{RUN} --i-know"));
    assert!(
        said.stderr.contains("the figures will be too good"),
        "{}",
        said.stderr
    );
    assert!(room.text("m.md").contains("a random fifth of the rows"));
}

#[test]
fn an_output_that_cannot_be_written_is_refused_before_anything_is_read() {
    let room = Room::new().with_model();
    room.write("file", b"");
    room.write("t.csv", b"a,label\n1,0\n");
    std::fs::create_dir(room.path("directory.model")).unwrap();
    #[track_caller]
    fn check(room: &Room, line: &str, words: &[&str]) {
        room.refuses(&line.replace("SAMPLE", "none.xml"), words);
    }
    let run = "run --wiki samplewiki --dump SAMPLE --out";
    check(&room, &format!("{run} file/m.model"), &["file"]);
    check(
        &room,
        &format!("{run} directory.model"),
        &["directory.model", "got a directory"],
    );
    check(
        &room,
        "extract --wiki samplewiki --dump SAMPLE --out file/t.csv",
        &["file"],
    );
    check(&room, "fit --table t.csv --out file/m.model", &["file"]);
    check(
        &room,
        "score --model quick.model --dump SAMPLE --out file/s.jsonl",
        &["cannot write file/s.jsonl"],
    );
    check(
        &room,
        "evaluate --model quick.model --dump SAMPLE --out file",
        &["file"],
    );
    check(
        &room,
        "evaluate --model quick.model --dump SAMPLE --out report --scores file/s.csv",
        &["file"],
    );
}

#[test]
fn a_dump_must_be_named_and_there() {
    let room = Room::new();
    room.refuses(
        "run --wiki samplewiki --out m.model",
        &["expected a dump to read: --dump FILE"],
    );
    room.refuses(
        "run --wiki samplewiki --dump none.xml --out m.model",
        &["cannot open none.xml", "No such file"],
    );
    room.refuses(
        "run --wiki samplewiki --dump SAMPLE --target spam --out m.model",
        &["expected reverted, vandalism, damaging or goodfaith, got \"spam\""],
    );
    room.refuses(
        "run --wiki samplewiki --dump SAMPLE --until yesterday --out m.model",
        &["yesterday"],
    );
    room.refuses(
        "run --wiki samplewiki --dump SAMPLE --only-pages none.txt --out m.model",
        &["cannot read the page ids in none.txt"],
    );
    room.refuses(
        "run --wiki samplewiki --dump SAMPLE --recipe none.toml --out m.model",
        &["recipe none.toml", "No such file"],
    );
    room.refuses("run --wiki samplewiki", &["--out <FILE>"]);
}

#[test]
fn a_dump_without_a_page_is_said_to_have_none() {
    let room = Room::new().with_model();
    room.write("empty.xml", history(0, 0, |_| String::new()).as_bytes());
    let warning = "warning: no page was read; check the dump, --only-pages and --skip-pages";
    for line in [
        "label --dump empty.xml --out out.jsonl",
        "score --model quick.model --dump empty.xml --out out.jsonl",
    ] {
        let said = room.train(line).stderr;
        assert!(said.contains(warning), "{line}\n{said}");
        assert_eq!(room.text("out.jsonl"), "", "{line}");
        let said = room.train(&line.replace("empty.xml", "SAMPLE")).stderr;
        assert!(!said.contains("warning"), "{line}\n{said}");
    }
}

#[test]
fn a_wiki_that_nobody_heard_of_is_fine() {
    let room = Room::new();
    room.train("run --wiki zzwiktionary --dump SAMPLE --recipe quick.toml --out m.model");
    assert!(room.text("m.md").starts_with("# zzwiktionary.reverted\n"));
}

/// A history of `n_pages` pages with `n_edits` edits each, whose text is `text` of the number of
/// the edit.
fn history(n_pages: u32, n_edits: u32, text: impl Fn(u32) -> String) -> String {
    let mut xml = "<mediawiki version=\"0.10\">".to_owned();
    for page in 1..=n_pages {
        xml += &format!("<page><title>Page {page}</title><ns>0</ns><id>{page}</id>");
        for edit in 0..n_edits {
            let id = page * 1000 + edit;
            xml += &format!(
                "<revision><id>{id}</id><timestamp>2026-01-{page:02}T00:{edit:02}:00Z</timestamp>\
                 <contributor><username>U{edit}</username></contributor><text>{}</text></revision>",
                text(edit)
            );
        }
        xml += "</page>";
    }
    xml + "</mediawiki>\n"
}

#[test]
fn a_history_that_teaches_nothing_is_refused_with_the_reason() {
    let room = Room::new();
    #[track_caller]
    fn check(room: &Room, dump: &str, options: &str, words: &[&str]) {
        room.write("d.xml", dump.as_bytes());
        room.refuses(
            &format!(
                "run --wiki samplewiki --dump d.xml --recipe quick.toml --out m.model {options}"
            ),
            words,
        );
    }
    let nothing = ["no edit is left to learn from", "--until"];
    check(&room, &history(0, 0, |_| String::new()), "", &nothing);
    // First revisions are no rows.
    check(&room, &history(9, 1, |_| "text".into()), "", &nothing);
    let growing = history(9, 20, |edit| format!("text {edit}"));
    check(&room, &growing, "--until 2001-01-01", &nothing);
    check(
        &room,
        &growing,
        "",
        &[
            "none of the 171 edits is reverted",
            "more of the wiki's history",
        ],
    );
    // Every second edit takes back the one before: of those in between, too few pages remain.
    let few = history(1, 4, |edit| format!("text {}", edit % 2));
    check(&room, &few, "", &["expected"]);
    let all = "{\"rev_id\": 1001, \"damaging\": true}\n{\"rev_id\": 1002, \"damaging\": true}\n";
    room.write("labels.jsonl", all.as_bytes());
    check(
        &room,
        &growing,
        "--target damaging --labels labels.jsonl",
        &["all of the 2 edits are damaging"],
    );
    room.write("labels.jsonl", b"{\"rev_id\": 77, \"damaging\": true}\n");
    check(
        &room,
        &growing,
        "--target damaging --labels labels.jsonl",
        &["no edit is left to learn from", "--labels"],
    );
}

#[test]
fn a_history_of_no_wiki_is_refused_before_anything_is_read() {
    Room::new().refuses(
        "run --wiki any --dump none.xml --out m.model --history any.history",
        &["--history", "a history is of one wiki"],
    );
}
