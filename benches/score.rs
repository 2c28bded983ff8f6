//! What one edit costs from the request's bytes to the answer's, and in the model alone.
//!
//! The model looks at every feature; its estimator is a sum, so that the time is that of the
//! features (trees add some microseconds, see the bench `forest`). The article is generated: a
//! 36 kB page of 150 paragraphs with links, references and templates, to which a sentence and a
//! link are added.

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use criterion::{Criterion, criterion_group, criterion_main};
use revscore::edit::Edit;
use revscore::evaluation::{Kind, Options, Outcome, UserClass, evaluate};
use revscore::feature::GROUPS;
use revscore::language::Vocabulary;
use revscore::model::{Model, Parts, Provenance, Target};
use revscore::revision::{Page, PageId, Revision, RevisionId, User};
use revscore::service::{App, Config, Models, router};
use serde_json::json;
use tower::ServiceExt as _;

fn model() -> Model {
    let names: Vec<String> = GROUPS
        .iter()
        .flat_map(|group| group.features)
        .map(|feature| feature.name.to_owned())
        .collect();
    let column = json!({
        "log_weight": 0.01, "log_center": 0.0, "rank_weight": 0.0, "rank_center": 0.0,
        "knots": [], "missing": 0.0, "spread": 1.0,
    });
    let predictor = json!({"Linear": {"intercept": -2.0, "columns": vec![column; names.len()]}});
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
        features: names,
        foreign: false,
        vocabulary: Vocabulary::default(),
        predictor: serde_json::from_value(predictor).expect("a linear predictor"),
        calibration: serde_json::from_value(json!({"Platt": {"slope": 1.0, "intercept": 0.0}}))
            .expect("a calibration"),
        report: evaluate(&outcomes, &options).expect("a report"),
        provenance: Provenance::default(),
    })
    .expect("a model")
}

fn article() -> String {
    let mut text = String::from("{{Infobox river|name=Danube|length=2850}}\n");
    for paragraph in 0..150 {
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

fn score(criterion: &mut Criterion) {
    let model = model();
    let before: Arc<str> = article().into();
    let after: Arc<str> =
        format!("{before}\nBUY CHEAP WATCHES!!! [http://watches.example click here]").into();
    let size = format!("{}_kB", after.len() / 1000);
    let (parent, revision) = (
        Revision {
            text: Some(Arc::clone(&before)),
            ..Revision::default()
        },
        Revision {
            text: Some(Arc::clone(&after)),
            user: User::named("192.0.2.7"),
            comment: Some(String::new()),
            ..Revision::default()
        },
    );
    let page = Page::default();
    criterion.bench_function(&format!("score/model/{size}"), |bencher| {
        bencher.iter(|| {
            let edit = Edit::new(Some(&parent), &revision, &page, model.language());
            black_box(model.score(&edit))
        });
    });

    let body = json!({
        "wiki": "enwiki", "explain": true,
        "edits": [{"parent_text": &*before, "text": &*after, "comment": "", "user": {"name": "192.0.2.7"}}],
    })
    .to_string();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let app = App::new(Models::new([model.clone()]), &Config::default()).expect("an app");
    let router = router(app);
    criterion.bench_function(&format!("score/request_explained/{size}"), |bencher| {
        bencher.iter(|| {
            let request = Request::post("/api/v1/score").body(Body::from(body.clone()));
            let request = request.expect("a request");
            let response = runtime.block_on(router.clone().oneshot(request));
            let response = response.expect("infallible");
            assert_eq!(response.status(), 200);
            black_box(response)
        });
    });
}

criterion_group!(benches, score);
criterion_main!(benches);
