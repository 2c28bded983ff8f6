//! What is written is held against the real schemas, whatever came in.

mod hostile;

use std::sync::Arc;

use jsonschema::Validator;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::prediction_change::PredictionChange;
use super::revision_score::RevisionScore;
use super::validator::{check_valid, example, validator};
use super::{Said, ScoredEvent, TrueProbability, drop_missing, write};
use crate::revision::Timestamp;
use crate::service::config::ScoreSchema::{
    self, PredictionClassificationChange, RevisionScore as Score,
};
use crate::service::stream::event::Event;

/// 2026-01-02T03:04:05Z.
const NOW: Timestamp = Timestamp(1_767_323_045);

const INPUTS: [&str; 4] = [
    "mediawiki_revision_create_2.0.0.example0",
    "mediawiki_revision_create_2.0.0.example1",
    "mediawiki_revision_create_2.0.0.example2",
    "mediawiki_page_change_1.2.0.example0",
];

const SCORE: &str = "mediawiki_revision_score_3.0.0";
const CHANGE: &str = "mediawiki_page_prediction_classification_change_1.1.0";

fn said(model_name: &str, probability: f64) -> Said {
    Said {
        model_name: model_name.to_owned(),
        model_version: "0.1.0-abc".to_owned(),
        score: Ok(TrueProbability(probability)),
    }
}

fn failed(model_name: &str) -> Said {
    let error = ("TextDeleted".to_owned(), "the text is hidden".to_owned());
    Said {
        score: Err(error),
        ..said(model_name, 0.0)
    }
}

fn scored(source: &Value, said: Vec<Said>) -> ScoredEvent {
    ScoredEvent {
        event: Arc::new(Event::read(source.clone()).unwrap()),
        said,
    }
}

fn all_bodies(schema: ScoreSchema, scored: &ScoredEvent) -> Vec<Value> {
    let emitted = write(schema, scored, "mediawiki.revision-score", NOW);
    let bodies = emitted.iter().map(|emitted| {
        let body: Value = serde_json::from_slice(&emitted.body).unwrap();
        assert_eq!(body["meta"]["id"], *emitted.id);
        assert_eq!(emitted.key, scored.event.key());
        body
    });
    bodies.collect()
}

/// The only event about a source's edit.
#[track_caller]
fn body(schema: ScoreSchema, source: &Value) -> Value {
    let mut bodies = all_bodies(schema, &scored(source, vec![said("damaging", 0.75)]));
    assert_eq!(bodies.len(), 1);
    bodies.remove(0)
}

fn validators() -> Option<[(ScoreSchema, Validator); 2]> {
    Some([
        (Score, validator(SCORE)?),
        (PredictionClassificationChange, validator(CHANGE)?),
    ])
}

/// A small event of a saved revision.
fn saved() -> Value {
    json!({
        "$schema": "/mediawiki/revision/create/2.0.0",
        "meta": {"domain": "en.wikipedia.org", "stream": "mediawiki.revision-create", "request_id": "r-1",
            "uri": "https://en.wikipedia.org/wiki/A_page", "dt": "2020-06-10T18:57:16Z", "id": "i-1"},
        "dt": "2020-06-10T18:56:01Z", "database": "enwiki",
        "page_id": 7, "page_title": "A_page", "page_namespace": 0, "page_is_redirect": false,
        "rev_id": 42, "rev_parent_id": 41, "rev_timestamp": "2020-06-10T18:56:00Z",
        "rev_len": 3, "rev_sha1": "mr0s", "rev_minor_edit": true, "comment": "why",
        "performer": {"user_id": 5, "user_text": "Ann", "user_groups": ["*", "user"],
            "user_is_bot": false, "user_edit_count": 9, "user_registration_dt": "2016-01-29T21:13:24Z"},
    })
}

/// The same as a change of a page.
fn changed() -> Value {
    let user = json!({"user_id": 5, "user_text": "Ann", "groups": ["*", "user"], "is_bot": false,
        "edit_count": 9, "registration_dt": "2016-01-29T21:13:24Z"});
    json!({
        "$schema": "/mediawiki/page/change/1.2.0",
        "meta": saved()["meta"],
        "dt": "2020-06-10T18:56:01Z", "wiki_id": "enwiki",
        "page_change_kind": "edit", "changelog_kind": "update", "comment": "why",
        "page": {"page_id": 7, "page_title": "A_page", "namespace_id": 0, "is_redirect": false},
        "revision": {"rev_id": 42, "rev_parent_id": 41, "rev_dt": "2020-06-10T18:56:00Z", "rev_size": 3,
            "rev_sha1": "mr0s", "is_minor_edit": true, "comment": "why", "editor": user},
        "performer": user,
    })
}

#[test]
fn both_schemas_are_written_from_both_sources() {
    for source in [saved(), changed()] {
        let id = |schema| body(schema, &source)["meta"]["id"].clone();
        let meta = |schema| {
            json!({"domain": "en.wikipedia.org", "stream": "mediawiki.revision-score",
                "request_id": "r-1", "uri": "https://en.wikipedia.org/wiki/A_page",
                "dt": "2026-01-02T03:04:05Z", "id": id(schema)})
        };
        let expected = json!({
            "$schema": "/mediawiki/revision/score/3.0.0",
            "meta": meta(Score),
            "dt": "2020-06-10T18:56:01Z", "database": "enwiki",
            "page_id": 7, "page_title": "A_page", "page_namespace": 0, "page_is_redirect": false,
            "rev_id": 42, "rev_parent_id": 41, "rev_timestamp": "2020-06-10T18:56:00Z",
            "performer": saved()["performer"],
            "scores": {"damaging": {"model_name": "damaging", "model_version": "0.1.0-abc",
                "prediction": ["true"], "probability": {"true": 0.75, "false": 0.25}}},
        });
        assert_eq!(body(Score, &source), expected);
        let mut expected = changed();
        expected["$schema"] = "/mediawiki/page/prediction_classification_change/1.1.0".into();
        expected["meta"] = meta(PredictionClassificationChange);
        expected["predicted_classification"] = json!({
            "model_name": "damaging", "model_version": "0.1.0-abc",
            "predictions": ["true"], "probabilities": {"true": 0.75, "false": 0.25}});
        assert_eq!(body(PredictionClassificationChange, &source), expected);
    }
}

#[test]
fn what_an_example_says_is_passed_on() {
    for name in INPUTS {
        let Some(source) = example(name) else { return };
        let from_change = name.contains("page_change");
        // Their fields that a schema knows, all of them.
        let (schema, shared): (_, &[&str]) = match from_change {
            false => (
                Score,
                &[
                    "database",
                    "dt",
                    "page_id",
                    "page_is_redirect",
                    "page_namespace",
                    "page_title",
                    "rev_id",
                    "rev_parent_id",
                    "rev_timestamp",
                ],
            ),
            true => (
                PredictionClassificationChange,
                &[
                    "changelog_kind",
                    "comment",
                    "dt",
                    "page",
                    "page_change_kind",
                    "performer",
                    "wiki_id",
                ],
            ),
        };
        let written = body(schema, &source);
        for field in shared {
            assert_eq!(written[field], source[field], "{name}: {field}");
        }
        for field in ["domain", "uri", "request_id"] {
            assert_eq!(
                written["meta"][field], source["meta"][field],
                "{name}: {field}"
            );
        }
        if from_change {
            let mut revision = source["revision"].clone();
            revision.as_object_mut().unwrap().remove("content_slots");
            assert_eq!(written["revision"], revision);
        } else {
            // The names of one example end in a quotation mark, by mistake.
            let mut performer = source["performer"].clone();
            performer
                .as_object_mut()
                .unwrap()
                .retain(|name, _| !name.ends_with('"'));
            assert_eq!(written["performer"], performer, "{name}");
        }
    }
}

/// Reads an event of a schema and writes it.
fn again<T: DeserializeOwned + Serialize>(event: &Value) -> Value {
    let event: T = serde_json::from_value(event.clone()).unwrap();
    let mut written = serde_json::to_value(event).unwrap();
    drop_missing(&mut written);
    written
}

#[test]
fn examples_of_events_with_scores_are_read_and_written_alike() {
    let Some(validators) = validators() else {
        return;
    };
    for ((_, validator), name) in validators.iter().zip([SCORE, CHANGE]) {
        let event = example(&format!("{name}.example0")).unwrap();
        check_valid(validator, &event);
        let again = match name {
            SCORE => again::<RevisionScore>(&event),
            _ => again::<PredictionChange>(&event),
        };
        assert_eq!(again, event);
    }
}

#[test]
fn the_validator_refuses_what_is_broken() {
    let Some(validators) = validators() else {
        return;
    };
    for (schema, validator) in &validators {
        for source in [saved(), changed()] {
            let good = body(*schema, &source);
            check_valid(validator, &good);
            let scores = match schema {
                Score => "/scores/damaging/probability/true",
                PredictionClassificationChange => "/predicted_classification/probabilities/true",
            };
            for (place, value) in [
                ("/dt", json!("yesterday")),
                ("/dt", json!("2020-06-10T18:56:01")),
                ("/meta/dt", json!("x")),
                ("/meta/uri", json!("http://a b")),
                ("/meta/domain", json!("")),
                ("/meta", json!({})),
                ("/$schema", json!(3)),
                (scores, json!("high")),
                ("/performer", json!([])),
            ] {
                let mut broken = good.clone();
                *broken.pointer_mut(place).unwrap() = value.clone();
                assert!(!validator.is_valid(&broken), "{place}: {value}");
            }
            let mut broken = good;
            broken["extra"] = 1.into();
            assert!(!validator.is_valid(&broken));
        }
    }
}

#[test]
fn models_without_a_score_stand_under_errors_where_there_is_such_a_place() {
    let error = json!({"type": "TextDeleted", "message": "the text is hidden",
        "model_name": "goodfaith", "model_version": "0.1.0-abc"});
    for (said, n_scores, errors, n_changes) in [
        (
            vec![said("damaging", 0.5), said("goodfaith", 0.1)],
            2,
            None,
            2,
        ),
        (
            vec![said("damaging", 0.5), failed("goodfaith")],
            1,
            Some(json!({"goodfaith": error})),
            1,
        ),
        (
            vec![failed("goodfaith")],
            0,
            Some(json!({"goodfaith": error})),
            0,
        ),
        (vec![], 0, None, 0),
    ] {
        let is_empty = said.is_empty();
        let scored = scored(&saved(), said);
        let changes = all_bodies(PredictionClassificationChange, &scored);
        assert_eq!(changes.len(), n_changes);
        let scores = all_bodies(Score, &scored);
        if is_empty {
            assert!(scores.is_empty());
            continue;
        }
        let [event] = &scores[..] else {
            panic!("{scores:?}")
        };
        assert_eq!(event.get("errors"), errors.as_ref());
        assert_eq!(
            event["scores"].as_object().map_or(0, |scores| scores.len()),
            n_scores
        );
        let Some(validators) = validators() else {
            continue;
        };
        check_valid(&validators[0].1, event);
        for change in &changes {
            check_valid(&validators[1].1, change);
        }
    }
}

#[test]
fn the_likelier_one_is_predicted() {
    for (probability, prediction, written) in [
        (0.0, "false", 0.0),
        (0.499, "false", 0.499),
        (0.5, "true", 0.5),
        (1.0, "true", 1.0),
        // What no model says.
        (1.5, "true", 1.0),
        (f64::NAN, "false", 0.0),
        (f64::NEG_INFINITY, "false", 0.0),
    ] {
        let scored = scored(&saved(), vec![said("damaging", probability)]);
        let score = &all_bodies(Score, &scored)[0]["scores"]["damaging"];
        assert_eq!(score["prediction"], json!([prediction]), "{probability}");
        assert_eq!(
            score["probability"],
            json!({"true": written, "false": 1.0 - written})
        );
    }
}

#[test]
fn an_event_that_is_written_again_has_the_same_id() {
    let id = |source: &Value, stream: &str, said: Vec<Said>, now| {
        let mut emitted = write(Score, &scored(source, said), stream, now);
        emitted.remove(0).id
    };
    let first = id(&saved(), "a", vec![said("damaging", 0.5)], NOW);
    let mut other_model = said("damaging", 0.5);
    other_model.model_version = "2".to_owned();
    let mut other_revision = saved();
    other_revision["rev_id"] = 43.into();
    for (is_same, other) in [
        (
            true,
            id(
                &saved(),
                "a",
                vec![said("damaging", 0.5)],
                Timestamp(NOW.0 + 1),
            ),
        ),
        (true, id(&changed(), "a", vec![said("damaging", 0.5)], NOW)),
        (false, id(&saved(), "b", vec![said("damaging", 0.5)], NOW)),
        (
            false,
            id(&other_revision, "a", vec![said("damaging", 0.5)], NOW),
        ),
        (false, id(&saved(), "a", vec![other_model], NOW)),
        (false, id(&saved(), "a", vec![failed("damaging")], NOW)),
        (
            false,
            id(
                &saved(),
                "a",
                vec![said("damaging", 0.5), said("goodfaith", 0.5)],
                NOW,
            ),
        ),
    ] {
        assert_eq!(first == other, is_same);
    }
    let scored = scored(
        &saved(),
        vec![said("damaging", 0.5), said("goodfaith", 0.5)],
    );
    let changes = write(PredictionClassificationChange, &scored, "a", NOW);
    assert_ne!(changes[0].id, changes[1].id);
}

#[test]
fn what_is_not_said_is_made_up_for_or_left_out() {
    #[track_caller]
    fn check(schema: ScoreSchema, source: Value, place: &str, expected: Value) {
        let written = body(schema, &source);
        let got = written.pointer(place).cloned().unwrap_or_default();
        assert_eq!(got, expected, "{place} of {written:#}");
        if let Some([(_, scores), (_, changes)]) = &validators() {
            check_valid(if schema == Score { scores } else { changes }, &written);
        }
    }
    let saved_but = |field: &str, value: Value| {
        let mut source = saved();
        source[field] = value;
        source
    };
    let changed_but = |place: &str, value: Value| {
        let mut source = changed();
        *source.pointer_mut(place).unwrap() = value;
        source
    };
    let change = PredictionClassificationChange;
    // Times stand in for each other.
    let rev_time = json!("2020-06-10T18:56:00Z");
    check(Score, saved_but("dt", json!(null)), "/dt", rev_time.clone());
    check(change, saved_but("dt", json!(12)), "/dt", rev_time);
    let no_time = saved_but("rev_timestamp", json!("soon"));
    check(Score, no_time.clone(), "/rev_timestamp", json!(null));
    check(
        change,
        no_time,
        "/revision/rev_dt",
        json!("2020-06-10T18:56:01Z"),
    );
    let bare = json!({"database": "enwiki", "rev_id": 42});
    check(Score, bare, "/dt", json!("2026-01-02T03:04:05Z"));
    // A page that is not known.
    check(
        Score,
        saved_but("page_id", json!(0)),
        "/page_id",
        json!(null),
    );
    check(
        change,
        saved_but("page_id", json!(0)),
        "/page/page_id",
        json!(0),
    );
    check(
        change,
        changed_but("/page/page_id", json!("7")),
        "/page/page_id",
        json!(0),
    );
    // Bounds are those of the written schema.
    check(
        Score,
        saved_but("page_namespace", json!(-1)),
        "/page_namespace",
        json!(-1),
    );
    check(
        change,
        saved_but("page_namespace", json!(-1)),
        "/page/namespace_id",
        json!(null),
    );
    let too_large = json!(9_007_199_254_740_992_u64);
    check(
        Score,
        saved_but("rev_id", too_large.clone()),
        "/rev_id",
        json!(null),
    );
    check(
        Score,
        saved_but("rev_parent_id", too_large),
        "/rev_parent_id",
        json!(null),
    );
    // Whose groups are not all texts has no known groups.
    let performer = json!({"user_groups": ["user", ""], "user_text": "", "user_id": "5"});
    check(
        Score,
        saved_but("performer", performer.clone()),
        "/performer",
        json!({}),
    );
    check(
        change,
        saved_but("performer", performer),
        "/performer",
        json!({}),
    );
    check(
        change,
        saved_but("performer", json!([1, "Ann"])),
        "/performer",
        json!({}),
    );
    check(
        Score,
        saved_but("performer", json!([1, "Ann"])),
        "/performer",
        json!(null),
    );
    // A first revision makes a page.
    check(
        change,
        saved_but("rev_parent_id", json!(0)),
        "/page_change_kind",
        json!("create"),
    );
    check(
        change,
        saved_but("rev_parent_id", json!(0)),
        "/changelog_kind",
        json!("insert"),
    );
    check(
        change,
        saved_but("rev_parent_id", json!(null)),
        "/page_change_kind",
        json!("create"),
    );
    check(
        change,
        changed_but("/page_change_kind", json!("other")),
        "/page_change_kind",
        json!("edit"),
    );
    // What a source says of scores is not ours.
    check(
        Score,
        saved_but("scores", json!({"a": 1})),
        "/scores/a",
        json!(null),
    );
    check(
        Score,
        saved_but("errors", json!({"a": 1})),
        "/errors",
        json!(null),
    );
    // Only a page itself may say where it leads.
    let page =
        json!({"page_id": 8, "page_title": "B", "redirect_page_link": {"page_id": 9, "x": 1}});
    let plain = json!({"page_id": 8, "page_title": "B"});
    let mut source = changed_but("/page", page.clone());
    check(
        change,
        source.clone(),
        "/page/redirect_page_link",
        json!({"page_id": 9}),
    );
    source["created_redirect_page"] = page.clone();
    check(
        change,
        source.clone(),
        "/created_redirect_page",
        plain.clone(),
    );
    source["prior_state"] = json!({"page": page, "revision": {"rev_id": 0}, "x": 1});
    check(
        change,
        source.clone(),
        "/prior_state",
        json!({"page": plain, "revision": {}}),
    );
    source["created_redirect_page"] = json!({"page_id": 8});
    check(change, source, "/created_redirect_page", json!(null));
}

#[test]
fn without_what_a_schema_wants_nothing_is_written_in_it() {
    for (place, value) in [
        ("/wiki_id", json!("")),
        ("/page", json!("A_page")),
        ("/page/page_title", json!("")),
        ("/page/page_title", json!(null)),
        ("/revision/rev_id", json!(0)),
        ("/revision/rev_id", json!(u64::MAX)),
    ] {
        let mut source = changed();
        *source.pointer_mut(place).unwrap() = value.clone();
        let scored = scored(&source, vec![said("damaging", 0.5)]);
        let written = all_bodies(PredictionClassificationChange, &scored);
        assert!(written.is_empty(), "{place}: {value}");
        // The other schema has its scores all the same.
        assert_eq!(all_bodies(Score, &scored).len(), 1, "{place}: {value}");
    }
}
