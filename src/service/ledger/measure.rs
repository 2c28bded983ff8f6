//! What a ledger takes in room and time: a year of edits with one model's scores, written as a service does.
//!
//! A test, because the room is private; it prints figures and holds only what no machine changes. Small by
//! default: `REVSCORE_MEASURE_EDITS=1000000 cargo test --release --lib ledger::measure -- --nocapture`. With
//! `REVSCORE_MEASURE_LEDGER=postgres://..` and the feature `postgres` it is written there.

use std::sync::Arc;
use std::time::Instant;

use super::entry::{
    EditFacts, Fate, LedgerModel, LedgerPage, ModelScore, RevertedBy, ScoredEdit, SeenEdit,
};
use super::store::{Change, Wanted};
use super::{Ledger, LedgerOptions};
use crate::corpus::{LabelOptions, RevertComment, Rule, Sighting, TextDigest};
use crate::evaluation::{Kind, UserClass};
use crate::model::{Family, Target};
use crate::revision::{PageId, RevisionId, Timestamp};

const WIKI: &str = "measuredwiki";
const FIRST: i64 = 19_000 * 86_400;
const YEAR: i64 = 365 * 86_400;

/// An edit whose every property is some bits of a hash of its number.
struct Made {
    scored: ScoredEdit,
    seen: SeenEdit,
    fate: Option<Fate>,
}

fn make(number: u64, n_edits: u64, model: &Arc<LedgerModel>) -> Made {
    let mut hash = xxhash_rust::xxh3::xxh3_64(&number.to_le_bytes());
    let mut draw = |n: u64| {
        let drawn = hash % n;
        hash = xxhash_rust::xxh3::xxh3_64(&hash.to_le_bytes());
        drawn
    };
    let time = FIRST + (number as i64 * YEAR) / n_edits as i64;
    let revision = RevisionId(80_000_000 + 3 * number);
    // Three edits a page, as in a year of a middling wiki.
    let page = draw(n_edits / 3 + 1) + 1;
    let page = LedgerPage {
        id: PageId(1_000_000 + page),
        title: format!("A title of usual length {page}"),
        namespace: [0, 0, 0, 1, 3, 4, 10, 14][draw(8) as usize],
    };
    // Most probabilities are low.
    let probability = (draw(1 << 53) as f64 / (1_u64 << 53) as f64).powi(8);
    let edit = EditFacts {
        sighting: Sighting {
            revision,
            timestamp: Some(Timestamp(time)),
            digest: None,
            author: Some(xxhash_rust::xxh3::xxh3_64(
                &draw(n_edits / 20 + 1).to_le_bytes(),
            )),
        },
        user_name: None,
        user_class: UserClass::ALL[draw(6) as usize],
        is_first: draw(20) == 0,
        kind: Some([Kind::Other, Kind::LinkSpam, Kind::Blanking][draw(3) as usize]),
    };
    let reasons = match probability > 0.5 {
        true => vec![
            (Family::Links, 1.5),
            (Family::Account, 0.5),
            (Family::Page, 0.25),
        ],
        false => vec![],
    };
    let scored = ScoredEdit {
        wiki: WIKI.into(),
        page: page.clone(),
        edit: edit.clone(),
        scored_at: Some(Timestamp(time + draw(60) as i64)),
        scores: vec![ModelScore {
            model: Arc::clone(model),
            probability,
            reasons,
            is_counted: draw(10) != 0,
            tenths: (0..60).map(|_| draw(11) as u8).collect(),
        }],
    };
    let mut seen = SeenEdit {
        wiki: WIKI.into(),
        page,
        edit,
        comment: RevertComment::of(Some("")),
        parent: None,
        past: None,
    };
    seen.edit.sighting.digest = Some(TextDigest::of(&number.to_string()));
    let fate = (draw(12) == 0).then(|| Fate {
        reverted: Some(RevertedBy {
            revision: RevisionId(revision.0 + 30),
            user_class: UserClass::Experienced,
            seconds: Some(draw(100_000) as i64),
            comment: RevertComment::of(Some("rvv")),
        }),
        ..Fate::default()
    });
    Made { scored, seen, fate }
}

fn measured_model() -> Arc<LedgerModel> {
    Arc::new(LedgerModel {
        name: "measuredwiki.reverted".to_owned(),
        version: "1".to_owned(),
        target: Target::Reverted,
        checksum: 1,
        rule: Rule::default(),
        levels: vec![("review".to_owned(), 0.123), ("sure".to_owned(), 0.987)],
        features: vec![],
    })
}

/// Scores of edits, and the edits, of a wiki: two changes for each number.
#[cfg(feature = "postgres")]
pub(super) fn batch(wiki: &str, numbers: std::ops::Range<u64>) -> Vec<Change> {
    let model = measured_model();
    let made = numbers.map(|number| make(number, 100_000, &model));
    let changes = made.flat_map(|mut made| {
        made.scored.wiki = wiki.into();
        made.seen.wiki = wiki.into();
        [Change::Scored(made.scored), Change::Seen(made.seen)]
    });
    changes.collect()
}

#[tokio::test]
async fn a_year_of_edits() {
    let n_edits: u64 = std::env::var("REVSCORE_MEASURE_EDITS")
        .map_or(3_000, |n| n.parse().expect("a number of edits"));
    let directory = tempfile::tempdir().expect("the ledger works");
    let path = directory.path().join("ledger.db");
    let place = std::env::var_os("REVSCORE_MEASURE_LEDGER").unwrap_or_else(|| path.into());
    let options = LedgerOptions::new(place, [WIKI.to_owned()]);
    let labels = LabelOptions {
        window_seconds: None,
        ..LabelOptions::default()
    };
    let ledger = Ledger::open(options, move |_| labels)
        .await
        .expect("the ledger works");
    let model = measured_model();
    let (mut in_scores, mut in_seen) = (0.0, 0.0);
    let made: Vec<u64> = (1..=n_edits).collect();
    for numbers in made.chunks(1_000) {
        let made: Vec<Made> = numbers
            .iter()
            .map(|number| make(*number, n_edits, &model))
            .collect();
        let scored = made
            .iter()
            .map(|made| Change::Scored(made.scored.clone()))
            .collect();
        let seen = made.iter().map(|made| Change::Seen(made.seen.clone()));
        let began = Instant::now();
        ledger.write(scored).await.expect("the ledger works");
        in_scores += began.elapsed().as_secs_f64();
        let fates = made.iter().filter_map(|made| {
            Some(Change::Became {
                wiki: WIKI.into(),
                revision: made.scored.edit.sighting.revision,
                fate: made.fate.clone()?,
            })
        });
        let changes = seen.chain(fates).collect();
        let began = Instant::now();
        ledger.write(changes).await.expect("the ledger works");
        in_seen += began.elapsed().as_secs_f64();
    }
    let per_second = |seconds: f64| n_edits as f64 / seconds;
    println!("{n_edits} edits with a score, over 365 days");
    println!("scores a second: {:.0}", per_second(in_scores));
    println!("edits seen a second: {:.0}", per_second(in_seen));

    let store = ledger.store();
    let days = 18_900..=19_400;
    let settled = Timestamp(FIRST + 2 * YEAR);
    let id = store.models(WIKI).await.expect("the ledger works")[0].id;
    for (what, days) in [
        ("cold", days.clone()),
        ("warm", days.clone()),
        ("warm, 30 days", 19_335..=19_364),
    ] {
        let began = Instant::now();
        let tallies = store
            .tallies(WIKI, None, days, settled)
            .await
            .expect("the ledger works");
        let ms = began.elapsed().as_secs_f64() * 1e3;
        println!("tallies {what}: {} in {ms:.1} ms", tallies.len());
    }
    for (what, at_least, is_open) in [
        ("all", 0.0, false),
        ("from 0.2", 0.2, false),
        ("from 0.9", 0.9, false),
        ("from 0.9, open", 0.9, true),
    ] {
        let wanted = Wanted {
            model: id,
            at_least,
            before: None,
            is_open,
            limit: 50,
        };
        let began = Instant::now();
        let edits = store.edits(WIKI, &wanted).await.expect("the ledger works");
        let ms = began.elapsed().as_secs_f64() * 1e3;
        println!("edits {what}: {} in {ms:.1} ms", edits.len());
    }
    let revision = RevisionId(80_000_000 + 3 * (n_edits / 2));
    let began = Instant::now();
    assert!(
        store
            .edit(WIKI, revision)
            .await
            .expect("the ledger works")
            .is_some()
    );
    println!("one edit: {:.2} ms", began.elapsed().as_secs_f64() * 1e3);

    let began = Instant::now();
    assert_eq!(
        store
            .compact(WIKI, 18_000, settled)
            .await
            .expect("the ledger works"),
        0
    );
    let size = || ledger.state().size_bytes;
    let bytes = size();
    println!(
        "bytes: {bytes}, an edit: {:.0}",
        bytes as f64 / n_edits as f64
    );
    let n_gone = store
        .compact(WIKI, 19_180, settled)
        .await
        .expect("the ledger works");
    println!(
        "compacted {n_gone} in {:.1} s; bytes: {}",
        began.elapsed().as_secs_f64(),
        size()
    );
    let began = Instant::now();
    let tallies = store
        .tallies(WIKI, None, days, settled)
        .await
        .expect("the ledger works");
    let n: u64 = (tallies
        .iter()
        .filter(|tally| tally.group == super::Group::All))
    .flat_map(|tally| tally.tally.edits.values())
    .sum();
    assert_eq!(n, n_edits);
    println!(
        "tallies after that: {:.1} ms",
        began.elapsed().as_secs_f64() * 1e3
    );
}
