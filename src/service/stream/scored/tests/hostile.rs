//! Whatever comes in, what is written is valid.

use proptest::prelude::*;

use super::*;

#[test]
fn huge_events_are_written_too() {
    let Some(validators) = validators() else {
        return;
    };
    let long = "x".repeat(100_000);
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!({"page": deep, "a": [1]});
    }
    for mut source in [saved(), changed()] {
        for (name, value) in [
            ("comment", json!(long)),
            ("prior_state", deep.clone()),
            (&long, deep.clone()),
        ] {
            source[name] = value;
        }
        for (schema, validator) in &validators {
            check_valid(validator, &body(*schema, &source));
        }
    }
}

/// What a field may be instead.
fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        Just(json!(true)),
        any::<i64>().prop_map(|number| json!(number)),
        (-2_i64..3).prop_map(|number| json!(number)),
        any::<u64>().prop_map(|number| json!(number)),
        any::<f64>().prop_map(|number| json!(number)),
        Just(json!(1.0)),
        Just(json!("")),
        ".{0,12}".prop_map(|text| json!(text)),
        "[0-9]{4}-[01][0-9]-[0-3][0-9]T[012][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,10})?(Z|[+-][0-2][0-9]:[0-9]{2})?"
            .prop_map(|text| json!(text)),
        "https?://[a-z0-9.:@]{0,9}(/[a-z%0-9\\[\\]#?{}é ]{0,9})?".prop_map(|text| json!(text)),
        Just(json!([])),
        Just(json!({})),
        Just(json!(["", 1, null])),
        Just(json!({"user_id": -1, "page_id": -1, "rev_id": -1, "dt": "x", "extra": {"a": 1}})),
    ]
}

/// Puts values where an index says, in the order in which fields are met.
fn mutate(value: &mut Value, at: &mut usize, new: &Value) -> bool {
    let children: Vec<&mut Value> = match value {
        Value::Object(fields) => fields.values_mut().collect(),
        Value::Array(items) => items.iter_mut().collect(),
        _ => Vec::new(),
    };
    for child in children {
        if *at == 0 {
            *child = new.clone();
            return true;
        }
        *at -= 1;
        if mutate(child, at, new) {
            return true;
        }
    }
    false
}

/// An example with other values in some places.
fn any_source() -> impl Strategy<Value = Value> {
    let examples: Vec<Value> = INPUTS.iter().filter_map(|name| example(name)).collect();
    let examples = [vec![saved(), changed()], examples].concat();
    let changes = proptest::collection::vec((0_usize..48, any_value()), 0..8);
    (proptest::sample::select(examples), changes).prop_map(|(mut source, changes)| {
        for (mut at, new) in changes {
            mutate(&mut source, &mut at, &new);
        }
        source
    })
}

#[test]
fn whatever_comes_in_what_is_written_is_valid() {
    let Some(validators) = validators() else {
        return;
    };
    let n_written = std::cell::Cell::new(0);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 4_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let outcome = runner.run(&any_source(), |source| {
        let Ok(event) = Event::read(source) else {
            return Ok(());
        };
        let scored = ScoredEvent {
            event: Arc::new(event),
            said: vec![said("damaging", 0.25), failed("goodfaith")],
        };
        for (schema, validator) in &validators {
            for body in all_bodies(*schema, &scored) {
                check_valid(validator, &body);
                n_written.set(n_written.get() + 1);
            }
        }
        Ok(())
    });
    outcome.expect("every mutation is written validly");
    // Most can still be read.
    assert!(n_written.get() > 4_000, "{}", n_written.get());
}
