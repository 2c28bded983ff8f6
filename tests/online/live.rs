//! The sample wiki's edits through the service. Its scores, being told of edits as they are saved,
//! are those of `revscore-train score`, which replays a dump: the same edits, the same past, the same
//! numbers. And its reasons add up to its scores.
//!
//! Through both real binaries, on the sample wiki's dump. The dump is read here a second time, in a
//! simple way, as an operator would read the wiki's API.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::Path;

use revscore::Model;
use serde_json::{Value, json};

use crate::binaries::{SAMPLE, SERVE, Service, TRAIN, learn, run};

/// What is learned from; the edits after it are scored both ways.
pub(crate) const UNTIL: &str = "2021-09-01T00:00:00Z";

/// A revision as a client sends it, and its place in time.
pub(crate) struct Saved {
    pub(crate) timestamp: String,
    pub(crate) rev_id: u64,
    pub(crate) edit: Value,
}

/// The first element of that name: whether it is marked as deleted, and its content.
fn element<'x>(xml: &'x str, name: &str) -> Option<(bool, &'x str)> {
    let start = xml
        .match_indices(&format!("<{name}"))
        .map(|(at, open)| at + open.len())
        .find(|&at| xml[at..].starts_with([' ', '>', '/']))?;
    let (attributes, rest) = xml[start..].split_once('>').unwrap();
    let content = match attributes.ends_with('/') {
        true => "",
        false => rest.split_once(&format!("</{name}>")).unwrap().0,
    };
    Some((attributes.contains("deleted="), content))
}

fn text(xml: &str) -> String {
    quick_xml::escape::unescape(xml).unwrap().into_owned()
}

fn number(xml: &str, name: &str) -> u64 {
    element(xml, name).unwrap().1.parse().unwrap()
}

/// The parts of a revision that an edit and the next one's parent have in common.
fn facts(revision: &str) -> Value {
    let contributor = element(revision, "contributor").filter(|(is_hidden, _)| !is_hidden);
    let user = contributor.map(|(_, contributor)| match element(contributor, "ip") {
        Some((_, address)) => json!({"name": text(address), "is_anon": true}),
        None => json!({
            "name": text(element(contributor, "username").unwrap().1), "is_anon": false,
        }),
    });
    json!({
        "rev_id": number(revision, "id"),
        "timestamp": element(revision, "timestamp").unwrap().1,
        "user": user,
    })
}

/// Every wikitext revision of the sample wiki's dump, in order of time.
pub(crate) fn sample() -> Vec<Saved> {
    let mut xml = String::new();
    bzip2::read::MultiBzDecoder::new(std::fs::File::open(SAMPLE).unwrap())
        .read_to_string(&mut xml)
        .unwrap();
    edits_of(&xml)
}

/// The same of any dump's text.
pub(crate) fn edits_of(xml: &str) -> Vec<Saved> {
    let mut saved = Vec::new();
    for page in xml.split("<page>").skip(1) {
        let head = page.split("<revision>").next().unwrap();
        let mut revisions: Vec<&str> = page
            .split("<revision>")
            .skip(1)
            .filter(|revision| element(revision, "model").unwrap().1 == "wikitext")
            .collect();
        revisions.sort_by_key(|revision| {
            let time = element(revision, "timestamp").unwrap().1;
            (time, number(revision, "id"))
        });
        revisions.dedup_by_key(|revision| number(revision, "id"));
        let mut before: Option<&str> = None;
        for revision in revisions {
            let mut edit = facts(revision);
            edit["page"] = json!({
                "id": number(head, "id"),
                "title": text(element(head, "title").unwrap().1),
                "namespace": element(head, "ns").unwrap().1.parse::<i32>().unwrap(),
            });
            edit["minor"] = json!(element(revision, "minor").is_some());
            let of_text = |revision| match element(revision, "text").unwrap() {
                (true, _) => Value::Null,
                (false, content) => json!(text(content)),
            };
            edit["text"] = of_text(revision);
            edit["text_hidden"] = json!(edit["text"].is_null());
            match element(revision, "comment") {
                Some((true, _)) => edit["comment_hidden"] = json!(true),
                Some((false, comment)) => edit["comment"] = json!(text(comment)),
                None => {}
            }
            if let Some(before) = before {
                edit["parent"] = facts(before);
                edit["parent_text"] = of_text(before);
                edit["parent"]["text_hidden"] = json!(edit["parent_text"].is_null());
                edit["parent"]["comment"] = match element(before, "comment") {
                    Some((true, _)) => Value::Null,
                    Some((false, comment)) => json!(text(comment)),
                    None => json!(""),
                };
            }
            saved.push(Saved {
                timestamp: edit["timestamp"].as_str().unwrap().to_owned(),
                rev_id: edit["rev_id"].as_u64().unwrap(),
                edit,
            });
            before = Some(revision);
        }
    }
    saved.sort_by(|a, b| (&a.timestamp, a.rev_id).cmp(&(&b.timestamp, b.rev_id)));
    saved
}

/// Probabilities by revision, as `score` gives them; hidden edits may have none.
fn offline(directory: &Path) -> BTreeMap<u64, Option<f64>> {
    let text = std::fs::read_to_string(directory.join("scores.jsonl")).unwrap();
    let line = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        (
            line["rev_id"].as_u64().unwrap(),
            line["probability"].as_f64(),
        )
    };
    text.lines().map(line).collect()
}

#[test]
fn a_service_that_is_told_of_edits_scores_as_the_trainer_does_over_the_dump() {
    let directory = tempfile::tempdir().unwrap();
    let room = directory.path();
    learn(room, SAMPLE, UNTIL);
    let model = "samplewiki.reverted.model";
    run(
        TRAIN,
        room,
        &[
            "score",
            "--model",
            model,
            "--dump",
            SAMPLE,
            "--out",
            "scores.jsonl",
        ],
    );
    let expected = offline(room);
    let opened = Model::open(room.join(model)).unwrap();
    let historic: BTreeSet<&str> = opened
        .features()
        .iter()
        .filter(|feature| feature.is_historic())
        .filter_map(|feature| feature.name.split('.').next())
        .collect();
    for group in ["author_history", "page_history", "word_history"] {
        assert!(historic.contains(group), "the model has no {group}");
    }

    let ledger = ["--ledger", "live.ledger", "--ledger-wikis", "samplewiki"];
    let service = Service::start(room, &ledger);
    let request = |edit: &Value| json!({"wiki": "samplewiki", "edits": [edit]});
    let (mut n_equal, mut n_hidden, mut n_moved) = (0, 0, 0);
    for Saved {
        timestamp,
        rev_id,
        edit,
    } in sample()
    {
        if timestamp.as_str() < UNTIL {
            // The history has it from the trainer; the ledger finds later reverts to it.
            let told = service.post("/api/v1/edits", &request(&edit));
            assert_eq!(told["edits"][0]["status"], "already_observed", "{told}");
            continue;
        }
        let probability = |answer: &Value| {
            let scores = &answer["scores"][0];
            scores["scores"]["reverted"]["probability"]
                .as_f64()
                .or_else(|| (scores["error"]["code"] == "hidden_text").then_some(f64::NAN))
                .unwrap_or_else(|| panic!("{rev_id}: {answer}"))
        };
        let online = probability(&service.post("/api/v1/score", &request(&edit)));
        let told = service.post("/api/v1/edits", &request(&edit));
        assert_eq!(
            told["edits"][0],
            json!({"rev_id": rev_id, "status": "observed"})
        );
        if online.is_nan() {
            n_hidden += 1;
            continue;
        }
        let offline = expected[&rev_id].unwrap();
        assert!(
            (online - offline).abs() <= 1e-9,
            "revision {rev_id}: {online} online, {offline} offline\n{edit:#}"
        );
        n_equal += 1;
        // Now it is part of the past, which is why it has none.
        let later = probability(&service.post("/api/v1/score", &request(&edit)));
        n_moved += usize::from((later - online).abs() > 1e-3);
    }
    println!("{n_equal} equal, {n_hidden} hidden, {n_moved} moved by the past");
    assert!(n_equal > 300, "only {n_equal} edits were compared");
    assert!((1..20).contains(&n_hidden), "{n_hidden}");
    assert!(n_moved > n_equal / 2, "only {n_moved} look at the past");
    check_report(room, &service);
}

/// The ledger of a service that was told of edits one by one gives the report of a replayed dump.
fn check_report(room: &Path, service: &Service) {
    let replayed = [
        "replay",
        "--dump",
        SAMPLE,
        "--wiki",
        "samplewiki",
        "--models",
        ".",
        "--ledger",
        "replay.ledger",
        "--since",
        UNTIL,
    ];
    run(SERVE, room, &replayed);
    let other = Service::start(room, &["--ledger", "replay.ledger"]);
    let report = |service: &Service, by: &str| {
        let mut report = service.get(&format!("/api/v1/report?wiki=samplewiki&by={by}"));
        // A replay has nothing to say of it.
        report["time_to_score"].take();
        report
    };
    for by in ["kind", "user_class", "namespace", "day"] {
        let (live, replayed) = (report(service, by), report(&other, by));
        assert!(live["all"]["reverted"].as_u64().unwrap() > 50, "{live:#}");
        assert!(live["all"]["pending"].as_u64().unwrap() > 0, "{live:#}");
        assert_eq!(live, replayed, "by {by}");
    }
}

/// With every shipped model, for every edit: the bias and the reasons sum to the raw score.
#[test]
fn reasons_add_up_to_the_score() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let service = Service::start(&models, &[]);
    let edits: Vec<Value> = sample().into_iter().map(|saved| saved.edit).collect();
    let (mut n_scored, mut families) = (0, BTreeSet::new());
    for wiki in ["enwiki", "jawiki", "papwiki", "samplewiki"] {
        for edits in edits.chunks(200) {
            let request =
                json!({"wiki": wiki, "targets": ["reverted"], "explain": true, "edits": edits});
            let answer = service.post("/api/v1/score", &request);
            for scores in answer["scores"].as_array().unwrap() {
                let score = &scores["scores"]["reverted"];
                let Some(raw_score) = score["raw_score"].as_f64() else {
                    assert_eq!(scores["error"]["code"], "hidden_text", "{scores}");
                    continue;
                };
                let (mut sum, mut shares) = (score["bias"].as_f64().unwrap(), 0.0);
                for reason in score["reasons"].as_array().unwrap() {
                    sum += reason["contribution"].as_f64().unwrap();
                    shares += reason["share"].as_f64().unwrap();
                    families.insert(reason["family"].as_str().unwrap().to_owned());
                    let text = reason["text"].as_str().unwrap();
                    assert!((5..200).contains(&text.len()), "{text}");
                }
                // Leaves are stored as 32 bit numbers, and summed in another order.
                assert!((sum - raw_score).abs() < 1e-5, "{wiki}: {scores:#}");
                assert!((shares - 1.0).abs() < 1e-9, "{wiki}: {scores:#}");
                n_scored += 1;
            }
        }
    }
    assert!(n_scored > 4 * 1_450, "{n_scored}");
    println!("{n_scored} scores with reasons of {families:?}");
    assert!(families.len() >= 11, "{families:?}");
}
