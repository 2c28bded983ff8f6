//! `explain` on the sample wiki: it says what `score` says, and why.

use serde_json::Value;

use crate::room::{Room, sample_xml};

/// An insult by an address, on a user's page.
const INSULT: u64 = 344;

#[test]
fn an_edit_is_explained_as_it_is_scored() {
    let room = Room::new();
    room.write(
        "past.toml",
        crate::room::QUICK
            .replace("\"ores\"", "\"full\"")
            .as_bytes(),
    );
    room.train("run --wiki samplewiki --dump SAMPLE --recipe past.toml --out past.model");
    room.train("score --model past.model --dump SAMPLE --out scores.jsonl");
    let command = format!("explain --model past.model --dump SAMPLE --rev-id {INSULT}");
    let explained: Value =
        serde_json::from_str(&room.train(&format!("{command} --json")).stdout).unwrap();
    let scored = room
        .text("scores.jsonl")
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .find(|line| line["rev_id"] == INSULT)
        .unwrap();
    for field in [
        "rev_id",
        "page_id",
        "timestamp",
        "probability",
        "prediction",
    ] {
        assert_eq!(explained[field], scored[field], "{field}");
    }
    let figure = |value: &Value| value.as_f64().unwrap();
    let reasons = explained["reasons"].as_array().unwrap();
    let sum: f64 = reasons
        .iter()
        .map(|part| figure(&part["contribution"]))
        .sum();
    let expected = figure(&explained["raw_score"]) - figure(&explained["bias"]);
    assert!((sum - expected).abs() < 1e-5, "{sum}, not {expected}");
    let text = |family: &str| {
        let reason = reasons.iter().find(|reason| reason["family"] == family);
        reason.unwrap_or_else(|| panic!("no {family}: {explained:#}"))["text"].clone()
    };
    assert_eq!(text("profanity"), "adds 1 insulting or profane word: idiot");
    assert_eq!(text("account"), "author without an account");
    assert_eq!(text("summary"), "blank edit summary");
    assert_eq!(
        text("record"),
        "the author's one earlier edit was not reverted"
    );

    let printed = room.train(&command).stdout;
    for words in [
        "revision 344 of \"User:Owlish\", saved 2021-07-23T07:55:52Z\nsamplewiki.reverted ",
        ": probability 0.",
        "where every edit begins",
        "%  adds 1 insulting or profane word: idiot\n",
        "raw score\n",
        "moves by  share  feature\n",
    ] {
        assert!(printed.contains(words), "{words} is not in:\n{printed}");
    }
}

#[test]
fn what_cannot_be_explained_is_said() {
    let room = Room::new().with_model();
    room.refuses(
        "explain --model quick.model --dump SAMPLE --rev-id 999999",
        &["expected revision 999999 in the dumps, got none of that id"],
    );
    room.refuses(
        "explain --model quick.model --rev-id 2",
        &["expected a dump to read: --dump FILE"],
    );
    let xml = String::from_utf8(sample_xml().to_vec()).unwrap();
    let revision = xml
        .split("<revision>")
        .find(|revision| {
            revision.contains("<text ")
                && revision
                    .split("<text ")
                    .nth(1)
                    .unwrap()
                    .split('>')
                    .next()
                    .unwrap()
                    .contains("deleted=")
        })
        .unwrap();
    let id = revision.split("<id>").nth(1).unwrap();
    let id = id.split('<').next().unwrap();
    room.refuses(
        &format!("explain --model quick.model --dump SAMPLE --rev-id {id}"),
        &[&format!(
            "revision {id} cannot be scored, and so not be explained: its text or its parent's is suppressed"
        )],
    );
}
