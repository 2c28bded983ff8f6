//! The `ores` features beside revscoring's own values, for 40 real edits of the English Wikipedia.
//!
//! The reference values were extracted by revscoring 2.11.13 itself. Compared are the features
//! whose definition does not depend on a word list or a dictionary (those of `page` to
//! `comment`: 56), the number of tokens of every kind, and the numbers of wikitext elements.
//!
//! Tolerance: flags, counts and lengths must be equal, for they are whole numbers below 2^24, which
//! an `f32` holds exactly. Logarithms and ratios may differ by 1e-6 of the value, because the
//! reference is `f64` and a rounding to `f32` changes a value by at most 6e-8 of it.
//!
//! Runs where the shared data lies, and says so where it does not.

#![cfg(feature = "train")]
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read its data has failed"
)]

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use quick_xml::events::Event;
use revscore::diff::{MarkupCounts, TokenKind, tokenize};
use revscore::edit::Edit;
use revscore::feature::{self, FeatureSet, ORES, Unit};
use revscore::language::{Language, Vocabulary};
use revscore::revision::{Page, Revision, Timestamp, User, UserKind};
use serde::Deserialize;

/// The share of values that must be equal.
const LEAST_AGREEMENT: f64 = 0.99;

/// Values that differ, each with its reason: revision, feature, why. There are none.
const EXPLAINED: &[(u64, &str, &str)] = &[];

/// Groups whose features follow other word lists, or another dictionary, than revscoring's.
const OTHER_LISTS: [&str; 2] = ["words", "dictionary"];

/// The registration that revscoring assumes for accounts without a known one. Ours would be
/// missing values; the test supplies what the reference assumed.
const ASSUMED_REGISTRATION: &str = "2006-01-01T00:00:00Z";

/// Texts by revision id.
type Texts = HashMap<u64, Arc<str>>;

#[derive(Deserialize)]
struct Row {
    dump: String,
    rev_id: u64,
    parent_rev_id: u64,
    inputs: Inputs,
    features: HashMap<String, serde_json::Value>,
    wikitext_split_tokens: Sides<BTreeMap<String, u32>>,
    revscoring_parsed: Sides<Elements>,
}

#[derive(Deserialize)]
struct Inputs {
    text_chars: usize,
    parent_chars: usize,
    timestamp: Timestamp,
    comment: String,
    anon: bool,
    namespace: i32,
    groups: Vec<String>,
    registration: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Sides<T> {
    text: T,
    parent: T,
}

/// As revscoring counts them; `<references>` is among its ref tags.
#[derive(Deserialize)]
struct Elements {
    headings: f64,
    wikilinks: f64,
    external_links: f64,
    templates: f64,
    tags: f64,
    ref_tags: f64,
}

#[test]
fn features_equal_revscorings() {
    let Some((rows, texts)) = reference() else {
        return;
    };
    let compared: Vec<_> = FeatureSet::Ores
        .features()
        .into_iter()
        .filter(|feature| {
            !OTHER_LISTS
                .iter()
                .any(|group| feature.name.starts_with(group))
        })
        .collect();
    assert_eq!((ORES.len(), compared.len()), (80, 56));
    let (mut n_values, mut differing) = (0, Vec::new());
    for row in &rows {
        let parent = Revision {
            text: Some(texts[&row.parent_rev_id].clone()),
            ..Revision::default()
        };
        let revision = revision(row, &texts);
        let page = Page {
            namespace: row.inputs.namespace,
            ..Page::default()
        };
        let edit = Edit::new(Some(&parent), &revision, &page, Language::of_code("en"));
        for feature in &compared {
            let got = f64::from(feature.value(&edit, &Vocabulary::default()));
            let expected = number(&row.features[feature.revscoring.unwrap()]);
            let tolerance = match feature.unit {
                Unit::Ratio | Unit::LogCount | Unit::LogSeconds => expected.abs() * 1e-6,
                _ => 0.0,
            };
            n_values += 1;
            if got.is_nan() || (got - expected).abs() > tolerance {
                differing.push((row.rev_id, feature.name, expected, got));
            }
        }
    }
    let agreement = 1.0 - differing.len() as f64 / f64::from(n_values);
    println!(
        "{n_values} values, {:.3} % equal, differing: {differing:?}",
        agreement * 100.0
    );
    assert!(agreement >= LEAST_AGREEMENT, "{differing:?}");
    for (rev_id, name, ..) in &differing {
        assert!(
            EXPLAINED
                .iter()
                .any(|row| (row.0, row.1) == (*rev_id, *name)),
            "{rev_id} {name}"
        );
    }
    assert_eq!(
        differing.len(),
        EXPLAINED.len(),
        "an explained difference is gone"
    );
}

/// Every one of revscoring's names stands in the table of the set, in its order.
#[test]
fn names_are_those_of_the_reference() {
    let Some((rows, _)) = reference() else { return };
    let names: Vec<&str> = ORES
        .iter()
        .map(|name| feature::find(name).unwrap().revscoring.unwrap())
        .collect();
    for row in &rows {
        assert_eq!(row.features.len(), names.len());
        assert!(
            names.iter().all(|name| row.features.contains_key(*name)),
            "{}",
            row.rev_id
        );
    }
    let line = BufReader::new(
        File::open(shared().unwrap().join("data/parity/enwiki_features.jsonl")).unwrap(),
    );
    let line = line.lines().next().unwrap().unwrap();
    let places: Vec<usize> = names
        .iter()
        .map(|name| line.find(&format!("{name:?}:")).unwrap())
        .collect();
    assert!(places.is_sorted(), "the order differs");
}

#[test]
fn tokens_equal_the_reference_by_kind() {
    let Some((rows, texts)) = reference() else {
        return;
    };
    for row in &rows {
        for (rev_id, expected) in [
            (row.rev_id, &row.wikitext_split_tokens.text),
            (row.parent_rev_id, &row.wikitext_split_tokens.parent),
        ] {
            let mut got = BTreeMap::<String, u32>::new();
            for token in tokenize(&texts[&rev_id]) {
                *got.entry(token.kind.name().to_owned()).or_default() += 1;
            }
            assert_eq!(&got, expected, "revision {rev_id}");
        }
    }
    assert!(TokenKind::ALL.len() > 30);
}

#[test]
fn elements_equal_the_reference() {
    let Some((rows, texts)) = reference() else {
        return;
    };
    for row in &rows {
        for (rev_id, expected) in [
            (row.rev_id, &row.revscoring_parsed.text),
            (row.parent_rev_id, &row.revscoring_parsed.parent),
        ] {
            let expected = MarkupCounts {
                headings: expected.headings as u32,
                wikilinks: expected.wikilinks as u32,
                external_links: expected.external_links as u32,
                templates: expected.templates as u32,
                tags: expected.tags as u32,
                ref_tags: expected.ref_tags as u32,
            };
            assert_eq!(
                MarkupCounts::of(&texts[&rev_id]),
                expected,
                "revision {rev_id}"
            );
        }
    }
}

fn revision(row: &Row, texts: &Texts) -> Revision {
    let inputs = &row.inputs;
    let text = texts[&row.rev_id].clone();
    assert_eq!(
        (
            text.chars().count(),
            texts[&row.parent_rev_id].chars().count()
        ),
        (inputs.text_chars, inputs.parent_chars),
        "the texts of {} are not the reference's",
        row.rev_id
    );
    let kind = if inputs.anon {
        UserKind::Anonymous
    } else {
        UserKind::Registered
    };
    Revision {
        timestamp: Some(inputs.timestamp),
        user: User {
            kind,
            groups: Some(inputs.groups.clone()),
            registered_at: Some(
                inputs
                    .registration
                    .unwrap_or_else(|| ASSUMED_REGISTRATION.parse().unwrap()),
            ),
            ..User::default()
        },
        comment: Some(inputs.comment.clone()),
        text: Some(text),
        ..Revision::default()
    }
}

fn number(value: &serde_json::Value) -> f64 {
    match value {
        serde_json::Value::Bool(flag) => f64::from(u8::from(*flag)),
        value => value.as_f64().unwrap(),
    }
}

/// Where real data lies, if it is there.
fn shared() -> Option<PathBuf> {
    let root = std::env::var_os("REVSCORE_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    );
    root.join("data/parity").is_dir().then_some(root)
}

/// The reference's rows, and the texts that they are about by revision id.
fn reference() -> Option<(Vec<Row>, Texts)> {
    let Some(shared) = shared() else {
        // Past the capture of output, which would hide it.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: no ../shared/data with values of revscoring"
        );
        return None;
    };
    let file =
        BufReader::new(File::open(shared.join("data/parity/enwiki_features.jsonl")).unwrap());
    let rows: Vec<Row> = file
        .lines()
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect();
    let mut texts: Texts = rows
        .iter()
        .flat_map(|row| [row.rev_id, row.parent_rev_id])
        .map(|id| (id, "".into()))
        .collect();
    let mut dumps: Vec<&str> = rows.iter().map(|row| row.dump.as_str()).collect();
    dumps.dedup();
    for dump in dumps {
        fill_texts(&shared.join("data/dumps").join(dump), &mut texts);
    }
    Some((rows, texts))
}

/// Reads the texts of the wanted revisions: the `<text>` after each `<id>` that stands directly in
/// a `<revision>`.
fn fill_texts(path: &Path, texts: &mut Texts) {
    let file = BufReader::new(liblzma::read::XzDecoder::new(File::open(path).unwrap()));
    let mut reader = quick_xml::Reader::from_reader(file);
    let (mut buffer, mut open, mut text, mut rev_id) = (Vec::new(), Vec::new(), String::new(), 0);
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).unwrap() {
            Event::Start(tag) => {
                open.push(tag.local_name().as_ref().to_owned());
                text.clear();
            }
            Event::Text(part) => text.push_str(&part),
            Event::GeneralRef(name) => match &name[..] {
                "lt" => text.push('<'),
                "gt" => text.push('>'),
                "amp" => text.push('&'),
                "quot" => text.push('"'),
                "apos" => text.push('\''),
                _ => text.push(name.resolve_char_ref().unwrap().unwrap()),
            },
            Event::End(_) => {
                let element = open.pop().unwrap();
                let is_in_revision = open.last().is_some_and(|parent| parent == "revision");
                if is_in_revision && element == "id" {
                    rev_id = text.trim().parse().unwrap();
                } else if is_in_revision && element == "text" && texts.contains_key(&rev_id) {
                    texts.insert(rev_id, text.as_str().into());
                }
            }
            Event::Eof => return,
            _ => {}
        }
    }
}
