//! docs/FEATURES.md is made from the features themselves, and says what they say.
//!
//! After a change to a feature, `REVSCORE_WRITE=1 cargo test --test features` writes it anew.

#![expect(
    clippy::unwrap_used,
    reason = "a test's helpers panic like the test itself"
)]

use std::fmt::Write as _;
use std::path::Path;

use revscore::feature::{Feature, FeatureSet, GROUPS, Unit};

const HEAD: &str = "\
# Features

What a model can look at, by group. Made from the code; after a change there,
`REVSCORE_WRITE=1 cargo test --test features` writes this file anew.

A feature's name is API: it is never renamed, and its meaning never changes once a model was
published with it. A value that is not known is missing (NaN in the library, empty in tables), which
is not the same as 0. \"log\" is the natural logarithm of one plus the number. Where revscoring's
enwiki model has the same number, its name stands beside; these are the features of the set
`ores`.
";

/// How a unit is called here.
fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Flag => "0 or 1",
        Unit::Count => "count",
        Unit::Chars => "characters",
        Unit::Bytes => "bytes",
        Unit::Ratio => "ratio",
        Unit::LogCount => "log of a count",
        Unit::Seconds => "seconds",
        Unit::LogSeconds => "log of seconds",
        Unit::Hours => "hours",
        Unit::Nats => "nats",
        Unit::Code => "code",
    }
}

fn document() -> String {
    let mut text = HEAD.to_owned();
    let n_features = FeatureSet::Full.features().len();
    writeln!(
        text,
        "\n{n_features} features in {} groups, of which {} are in the set `ores`.",
        GROUPS.len(),
        FeatureSet::Ores.features().len()
    )
    .unwrap();
    for group in GROUPS {
        write!(text, "\n## {}: {}\n\n", group.name, group.doc).unwrap();
        let has_theirs = group.features.iter().any(|f| f.revscoring.is_some());
        text.push_str(match has_theirs {
            true => "| name | unit | what | revscoring's name |\n|-|-|-|-|\n",
            false => "| name | unit | what |\n|-|-|-|\n",
        });
        for Feature {
            name,
            unit: of,
            doc,
            revscoring,
            ..
        } in group.features
        {
            let doc = doc.replace('|', "\\|");
            write!(text, "| `{name}` | {} | {doc} |", unit(*of)).unwrap();
            if has_theirs {
                let theirs = revscoring.map(|theirs| format!("`{theirs}`"));
                write!(text, " {} |", theirs.unwrap_or_default()).unwrap();
            }
            text.push('\n');
        }
    }
    text
}

#[test]
fn the_document_says_what_the_features_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/FEATURES.md");
    let document = document();
    if std::env::var_os("REVSCORE_WRITE").is_some() {
        std::fs::write(&path, &document).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = written
        .lines()
        .zip(document.lines())
        .find(|(old, new)| old != new);
    assert!(
        written == document,
        "docs/FEATURES.md is not what the features say; write it anew with \
         `REVSCORE_WRITE=1 cargo test --test features`. First difference: {differs:?}"
    );
}
