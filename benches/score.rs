//! What a whole edit costs: two texts in, all features, 500 trees of depth 7, a probability out.
//!
//! Beside it stand the limits below which nothing that looks at both texts can fall: copying them,
//! checking that they are UTF-8, and reading a request that holds them. Real articles are read from
//! `../shared/data/articles` (or `$REVSCORE_SHARED/data/articles`) where that exists.

use std::hint::black_box;

use axum::Json;
use axum::body::Body;
use axum::http::Request;
use axum::routing::post;
use criterion::{Criterion, criterion_group, criterion_main};
use revscore::feature::FeatureSet;
use revscore::model::Model;
use revscore::service::{App, Config, Models, router};
use serde_json::json;
use tower::ServiceExt as _;

mod support;
use support::{Texts, articles, model, real_edits, rewrite, small_edit};

fn whole_edits(criterion: &mut Criterion) {
    let model = model(FeatureSet::Full);
    for kb in [5, 36, 76, 500] {
        bench_edits(
            criterion,
            &model,
            &format!("small_{kb}_kB"),
            &[small_edit(kb)],
        );
    }
    for kb in [5, 36, 76, 500] {
        bench_edits(
            criterion,
            &model,
            &format!("rewrite_{kb}_kB"),
            &[rewrite(kb)],
        );
    }
    for (article, edits) in articles().as_deref().map(real_edits).unwrap_or_default() {
        bench_edits(criterion, &model, &article, &edits);
    }
}

/// Texts made to be slow, each against nothing or against the same in another order. Names say how many
/// MB both texts have together.
fn hostile(criterion: &mut Criterion) {
    let model = model(FeatureSet::Full);
    let mut group = criterion.benchmark_group("hostile");
    group.sample_size(10);
    let repeat = |piece: &str| piece.repeat(1_000_000 / piece.len());
    let lines =
        |word: &str| -> String { (0..100_000).map(|idx| format!("{word}{idx}\n")).collect() };
    let paragraphs = |from: usize| -> String {
        let order = (from..1_500).chain(0..from);
        order
            .map(|idx| format!("{}\n\n", format!("w{idx} ").repeat(100)))
            .collect()
    };
    for (name, before, after) in [
        ("1_MB_of_brackets", String::new(), repeat("[")),
        ("1_MB_of_braces", String::new(), repeat("{")),
        ("1_MB_of_ref_tags", String::new(), repeat("<ref>")),
        ("1_MB_of_open_tags", String::new(), repeat("<b ")),
        ("1_MB_of_apostrophes", String::new(), repeat("''a'''b")),
        ("1_MB_of_table_starts", String::new(), repeat("{|\n|")),
        (
            "1_MB_of_combining_characters",
            String::new(),
            repeat("e\u{301}\u{302}"),
        ),
        ("1_MB_of_dotted_capitals", String::new(), repeat("İ")),
        ("10_MB_in_one_token", String::new(), "a".repeat(10_000_000)),
        (
            "3_MB_every_line_changed",
            lines("old line "),
            lines("new line "),
        ),
        ("2_MB_paragraphs_moved", paragraphs(0), paragraphs(700)),
    ] {
        let texts = Texts::new(&before, &after);
        group.bench_function(name, |bencher| {
            bencher.iter(|| model.score(black_box(&texts.edit())));
        });
    }
}

/// Each edit in turn.
fn bench_edits(criterion: &mut Criterion, model: &Model, name: &str, edits: &[Texts]) {
    criterion.bench_function(&format!("edit/{name}"), |bencher| {
        let mut next = edits.iter().cycle();
        bencher.iter(|| {
            next.next()
                .map(|texts| model.score(black_box(&texts.edit())))
        });
    });
    criterion.bench_function(&format!("limit_copy/{name}"), |bencher| {
        let mut next = edits.iter().cycle();
        let mut copy = Vec::new();
        bencher.iter(|| {
            for text in next
                .next()
                .iter()
                .flat_map(|texts| [texts.before(), texts.after()])
            {
                copy.clear();
                copy.extend_from_slice(black_box(text.as_bytes()));
                black_box(&copy);
            }
        });
    });
    criterion.bench_function(&format!("limit_utf8/{name}"), |bencher| {
        let mut next = edits.iter().cycle();
        bencher.iter(|| {
            for text in next
                .next()
                .iter()
                .flat_map(|texts| [texts.before(), texts.after()])
            {
                black_box(std::str::from_utf8(black_box(text.as_bytes())).is_ok());
            }
        });
    });
}

fn requests(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let app = App::new(Models::new([model(FeatureSet::Full)]), &Config::default()).expect("an app");
    let echo =
        axum::Router::new().route(
            "/api/v1/score",
            post(|Json(body): Json<serde_json::Value>| async move {
                body["wiki"].is_string().to_string()
            }),
        );
    let texts = small_edit(36);
    for (name, router, is_explained) in [
        ("request/small_36_kB", router(app.clone()), false),
        ("request_explained/small_36_kB", router(app), true),
        ("limit_axum_json/small_36_kB", echo, false),
    ] {
        let body = json!({
            "wiki": "enwiki", "explain": is_explained,
            "edits": [{"parent_text": texts.before(), "text": texts.after(), "comment": "", "user": {"name": "192.0.2.7"}}],
        })
        .to_string();
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| {
                let request =
                    Request::post("/api/v1/score").header("content-type", "application/json");
                let request = request.body(Body::from(body.clone())).expect("a request");
                let response = runtime.block_on(router.clone().oneshot(request));
                let response = response.expect("infallible");
                assert_eq!(response.status(), 200);
                black_box(response)
            });
        });
    }
}

criterion_group!(benches, whole_edits, hostile, requests);
criterion_main!(benches);
