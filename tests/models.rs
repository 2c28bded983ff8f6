//! Model files of every format that was ever published open for good, and score as they did.
//!
//! `tests/data/models/format-N.model` is a small blend fitted on the sample wiki by the first
//! version that wrote format N. A format that is given up is refused here with its message.

use revscore::{Edit, Model, Page, Revision, User};

const FORMAT_1: &[u8] = include_bytes!("data/models/format-1.model");

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
