//! Model files of every format that was ever published open for good, and score as they did.
//!
//! `tests/data/models/format-N.model` is a small blend fitted on the sample wiki by the first
//! version that wrote format N; of format 2 there is none, so it is made of format 3, which has one
//! field more. A format that is given up is refused here with its message.

use revscore::{Edit, Model, Page, Revision, User};

const FORMAT_1: &[u8] = include_bytes!("data/models/format-1.model");
const FORMAT_3: &[u8] = include_bytes!("data/models/format-3.model");
const FORMAT_4: &[u8] = include_bytes!("data/models/format-4.model");

/// Bytes before a file's body.
const HEADER_BYTES: usize = 36;

#[track_caller]
fn check(bytes: &[u8], text: &str, expected: f64) {
    let model = Model::from_bytes(bytes).expect("an old model opens");
    let revision = |text: &str, user| Revision {
        text: Some(text.into()),
        comment: Some(String::new()),
        minor: Some(false),
        user: User::named(user),
        ..Revision::default()
    };
    let parent = revision("The Ember is a river in the north.", "Ada");
    let revision = revision(text, "192.0.2.7");
    let page = Page {
        title: "Ember".into(),
        ..Page::default()
    };
    let edit = Edit::new(Some(&parent), &revision, &page, model.language());
    let score = model.score(&edit);
    assert!(
        (score.probability - expected).abs() < 1e-9,
        "{text}: {}",
        score.probability
    );
    assert_eq!(model.explain(&edit).score, score);
    // It is stored in the format of today, and is the same model there.
    let stored = model.to_bytes().expect("a model can be stored");
    let again = Model::from_bytes(&stored).expect("what was stored opens");
    assert_eq!(again.score(&edit), score);
    assert_eq!(again.to_bytes().expect("a model can be stored"), stored);
}

#[test]
fn models_of_format_1_score_as_they_did() {
    check(
        FORMAT_1,
        "The Ember is a river in the north of the county.",
        0.18381692957902465,
    );
    check(
        FORMAT_1,
        "The Ember is a STUPID river hahahaha",
        0.31358774006378953,
    );
    check(FORMAT_1, "", 0.7865273853525098);
}

#[test]
fn models_of_format_3_score_as_they_did_and_stay_what_they_are() {
    check(
        FORMAT_3,
        "The Ember is a STUPID river hahahaha",
        0.3416220524276584,
    );
    check(FORMAT_3, "", 0.021124180692521075);
    let model = Model::from_bytes(FORMAT_3).expect("an old model opens");
    assert!(model.scale().is_none());
    assert!(model.to_bytes().expect("a model can be stored") == FORMAT_3);
    assert!(
        !model
            .card()
            .to_markdown()
            .contains("scale its scores are on")
    );
}

#[test]
fn models_of_format_2_score_as_they_did() {
    // It knows no evidence: what format 2 lacks is the length of an empty list.
    let (length, body) = FORMAT_3[HEADER_BYTES..].split_last().expect("a body");
    assert_eq!(*length, 0);
    let format_2 = sealed(2, body);
    check(&format_2, "", 0.021124180692521075);
}

#[test]
fn models_of_format_4_score_on_another_models_scale() {
    check(
        FORMAT_4,
        "The Ember is a STUPID river hahahaha",
        0.553556906992447,
    );
    check(FORMAT_4, "", 0.019700680633280822);
    let model = Model::from_bytes(FORMAT_4).expect("a model opens");
    assert!(model.to_bytes().expect("a model can be stored") == FORMAT_4);
    let scale = model.scale().expect("a scale");
    assert_eq!(scale.of, "samplewiki.reverted 0.1.0+c6de1d0f");
    assert_eq!((scale.shift.n, scale.shift.n_maybe_learned), (335, 0));
    let card = model.card();
    assert!(card.to_markdown().contains(
        "That of **samplewiki.reverted 0.1.0+c6de1d0f**: a threshold that was chosen for"
    ));
    let json = serde_json::to_value(&card).expect("a card is JSON");
    assert_eq!(json["scale"]["of"], scale.of);
    assert_eq!(json["scale"]["shift"]["rows"][4]["threshold"], 0.9);
}

#[test]
fn a_scale_that_turns_scores_around_or_is_no_number_is_refused() {
    let model = Model::from_bytes(FORMAT_4).expect("a model opens");
    let knots = model.scale().expect("a scale").map.knots();
    let stored = |knot: (f64, f64)| [knot.0.to_le_bytes(), knot.1.to_le_bytes()].concat();
    let with = |wrong: (f64, f64)| {
        let mut body = FORMAT_4[HEADER_BYTES..].to_vec();
        let right = stored(knots[1]);
        let at = body
            .windows(right.len())
            .position(|bytes| bytes == right)
            .expect("the knot is in the file");
        body[at..at + right.len()].copy_from_slice(&stored(wrong));
        Model::from_bytes(&sealed(4, &body)).map_err(|error| error.to_string())
    };
    assert!(with(knots[1]).is_ok());
    let damage = "the model file's body cannot be read: its scale: expected knots that rise, got ";
    for (wrong, said) in [
        ((f64::NAN, 0.5), "(NaN, 0.5) after (0.0, 0.0)"),
        ((-0.5, 0.5), "(-0.5, 0.5) after (0.0, 0.0)"),
        ((0.5, 0.0), "(0.5, 0.0) after (0.0, 0.0)"),
    ] {
        let error = with(wrong).expect_err("a wrong scale is refused");
        assert_eq!(error, format!("{damage}{said}"));
    }
}

/// A file of that format with a body.
fn sealed(version: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = b"REVSCORE".to_vec();
    bytes.extend(version.to_le_bytes());
    bytes.extend((body.len() as u64).to_le_bytes());
    bytes.extend(xxhash_rust::xxh3::xxh3_128(body).to_le_bytes());
    bytes.extend(body);
    bytes
}

/// One flipped bit anywhere is found, with an error and without a panic.
#[test]
fn damaged_models_are_refused() {
    for at in (0..FORMAT_1.len()).step_by(997) {
        let mut bytes = FORMAT_1.to_vec();
        bytes[at] ^= 0x10;
        assert!(Model::from_bytes(&bytes).is_err(), "byte {at}");
        assert!(Model::from_bytes(&FORMAT_1[..at]).is_err(), "{at} bytes");
    }
}
