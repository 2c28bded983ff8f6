//! The schemas of Wikimedia's events, from the shared data, as tests hold events against them.
//!
//! They stand in YAML with everything in its place, so nothing is looked up elsewhere. Their `$schema` and
//! `$id` are taken out: an address of draft 7 that no validator knows, and relative names of parts.

use std::path::PathBuf;

use jsonschema::{Draft, Validator};
use serde_json::Value;

/// The shared events, if they are there; says so if they are not.
pub(in crate::service::stream) fn shared_events() -> Option<PathBuf> {
    let root = std::env::var("REVSCORE_SHARED").unwrap_or_else(|_| "../shared".to_owned());
    let path = PathBuf::from(root).join("data/events");
    if !path.exists() {
        use std::io::Write as _;
        // Past the capture of output, which would hide it.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: {} is not there",
            path.display()
        );
        return None;
    }
    Some(path)
}

/// An example by the name of its file.
pub(in crate::service::stream) fn example(name: &str) -> Option<Value> {
    let bytes = std::fs::read(shared_events()?.join(format!("{name}.json")));
    let bytes = bytes.expect("the example is there where the others are");
    Some(serde_json::from_slice(&bytes).expect("an example is JSON"))
}

/// A schema by the name of its file.
pub(in crate::service::stream) fn validator(name: &str) -> Option<Validator> {
    let text = std::fs::read_to_string(shared_events()?.join(format!("schemas/{name}.yaml")));
    let mut schema: Value =
        serde_yaml_ng::from_str(&text.expect("the schema is there where the others are"))
            .expect("a schema is YAML");
    drop_names(&mut schema);
    let validator = jsonschema::options()
        .with_draft(Draft::Draft7)
        .should_validate_formats(true)
        .build(&schema);
    Some(validator.expect("a schema is one of draft 7"))
}

#[track_caller]
pub(in crate::service::stream) fn check_valid(validator: &Validator, event: &Value) {
    let errors: Vec<String> = validator
        .iter_errors(event)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?} in {event:#}");
}

fn drop_names(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            // A property of that name is an object, and stays.
            fields.retain(|name, value| {
                !(matches!(name.as_str(), "$schema" | "$id") && value.is_string())
                    && name != "examples"
            });
            fields.values_mut().for_each(drop_names);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_names),
        _ => {}
    }
}
