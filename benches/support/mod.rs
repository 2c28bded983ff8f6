//! What the benches share: articles, edits of them, and models that look at every feature.

// Each bench uses a part of it.
#![allow(dead_code)]

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use revscore::edit::Edit;
use revscore::evaluation::{Kind, Options, Outcome, UserClass, evaluate};
use revscore::feature::FeatureSet;
use revscore::language::{Language, Vocabulary};
use revscore::model::{Model, Parts, Provenance, Target};
use revscore::revision::{Page, PageId, Revision, RevisionId, Timestamp, User};
use serde_json::json;

/// Trees of the model, and their depth.
const N_TREES: usize = 500;
const DEPTH: usize = 7;

/// An edit, and what it is made from.
pub(crate) struct Texts {
    pub(crate) parent: Revision,
    pub(crate) revision: Revision,
    page: Page,
}

impl Texts {
    pub(crate) fn new(before: &str, after: &str) -> Self {
        let revision = |text: &str, id: u64, seconds: i64| Revision {
            id: RevisionId(id),
            text: Some(text.into()),
            timestamp: Some(Timestamp(seconds)),
            user: User::named("192.0.2.1"),
            comment: Some("/* History */ fixed a typo".into()),
            ..Revision::default()
        };
        Self {
            parent: revision(before, 1, 0),
            revision: revision(after, 2, 1_000),
            page: Page::default(),
        }
    }

    pub(crate) fn before(&self) -> &str {
        self.parent.text.as_deref().unwrap_or_default()
    }

    pub(crate) fn after(&self) -> &str {
        self.revision.text.as_deref().unwrap_or_default()
    }

    pub(crate) fn edit(&self) -> Edit<'_> {
        Edit::new(
            Some(&self.parent),
            &self.revision,
            &self.page,
            Language::of_code("en"),
        )
    }
}

/// An article of so many kB, with links, templates and references; another one for another seed.
pub(crate) fn article(kb: usize, seed: usize) -> String {
    let mut text = String::from("{{Infobox river|name=Danube|length=2850}}\n");
    for paragraph in seed.. {
        if text.len() >= kb * 1000 {
            break;
        }
        let _ = writeln!(
            text,
            "== Section {paragraph} ==\nThe river number {paragraph} flows past [[Town {paragraph}|a town]], which \
             had {} people in the year {}.<ref>{{{{cite web|url=http://site{paragraph}.example/page}}}}</ref> Its \
             banks are '''green''' in spring, and boats go by every day.\n",
            paragraph * 731,
            1800 + paragraph,
        );
    }
    text
}

/// A sentence and a link added in the middle.
pub(crate) fn small_edit(kb: usize) -> Texts {
    let before = article(kb, 0);
    let middle = before[..before.len() / 2]
        .rfind('\n')
        .map_or(0, |at| at + 1);
    let added =
        "It was BUILT by the Romans in 102, see [http://watches.example here] or [[Trajan]].\n";
    Texts::new(
        &before,
        &[&before[..middle], added, &before[middle..]].concat(),
    )
}

/// Everything written anew.
pub(crate) fn rewrite(kb: usize) -> Texts {
    Texts::new(&article(kb, 0), &article(kb, 100_000))
}

/// Where the real articles lie, if they do.
pub(crate) fn articles() -> Option<PathBuf> {
    let shared = std::env::var_os("REVSCORE_SHARED")
        .map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    let articles = shared.join("data/articles");
    if !articles.exists() {
        println!(
            "skipped: real articles, {} does not exist",
            articles.display()
        );
        return None;
    }
    Some(articles)
}

/// Real small edits of each real article, by the article's name.
pub(crate) fn real_edits(articles: &std::path::Path) -> Vec<(String, Vec<Texts>)> {
    let output = Command::new("xz")
        .arg("-dc")
        .arg(articles.join("edits.jsonl.xz"))
        .output()
        .expect("xz runs");
    let mut by_article: Vec<(String, Vec<Texts>)> = Vec::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let row: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let field = |name: &str| row[name].as_str().unwrap_or_default();
        let texts = Texts::new(field("parent_text"), field("text"));
        match by_article
            .iter_mut()
            .find(|(name, _)| name == field("article"))
        {
            Some((_, edits)) => edits.push(texts),
            None => by_article.push((field("article").to_owned(), vec![texts])),
        }
    }
    by_article
}

/// A model of a full set of features, and 500 trees of depth 7 grown on noise.
pub(crate) fn model(features: FeatureSet) -> Model {
    let names: Vec<String> = features.names().into_iter().map(str::to_owned).collect();
    let outcome = |idx: u32| Outcome {
        revision: RevisionId(idx.into()),
        page: PageId(idx.into()),
        timestamp: None,
        label: idx > 50,
        probability: f64::from(idx) / 100.0,
        user_class: UserClass::Unknown,
        kind: Kind::Other,
    };
    let outcomes: Vec<Outcome> = (1..=100).map(outcome).collect();
    let options = Options {
        resamples: 0,
        ..Options::default()
    };
    Model::new(Parts {
        wiki: "enwiki".to_owned(),
        target: Target::Reverted,
        foreign: false,
        vocabulary: Vocabulary::default(),
        predictor: serde_json::from_value(forest(names.len())).expect("a forest"),
        calibration: serde_json::from_value(json!({"Platt": {"slope": 1.0, "intercept": 0.0}}))
            .expect("a calibration"),
        scale: None,
        report: evaluate(&outcomes, &options).expect("a report"),
        provenance: Provenance::default(),
        features: names,
    })
    .expect("a model")
}

/// Full trees whose splits are noise.
fn forest(n_features: usize) -> serde_json::Value {
    let mut state = 1_u64;
    let mut next = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state >> 40
    };
    let (mut nodes, mut roots) = (Vec::new(), Vec::new());
    for _ in 0..N_TREES {
        let root = nodes.len();
        roots.push(root);
        let n_nodes = (1 << (DEPTH + 1)) - 1;
        for place in 0..n_nodes {
            // Level by level, so that the children of node n are 2n + 1 and 2n + 2.
            let is_leaf = place >= n_nodes / 2;
            nodes.push(json!({
                "threshold": next() as f64 / f64::from(1 << 22),
                "value": next() as f64 / f64::from(1 << 24) / 500.0 - 0.001,
                "column": next() % n_features as u64,
                "left": if is_leaf { 0 } else { root + 2 * place + 1 },
            }));
        }
    }
    json!({"Forest": {
        "n_features": n_features, "base": -2.0, "roots": roots, "nodes": nodes,
        "gains": vec![1.0; n_features],
    }})
}
