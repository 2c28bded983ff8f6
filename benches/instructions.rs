//! Instructions that a whole edit costs, counted by callgrind: the same on a busy machine as on an
//! idle one, so that a change of 5 % can be told from noise.
//!
//! Each count may exceed its baseline below by 5 %; more fails. The baselines are those of rustc 1.95 on
//! x86_64 with AVX2; other processors only count. Whoever makes something slower on
//! purpose writes the new count here, and says why in the commit. Needs valgrind and
//! `cargo install gungraun-runner --version 0.20.0`.

// The macros make public modules without documents.
#![allow(missing_docs)]

use std::hint::black_box;

use gungraun::{
    Callgrind, EventKind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main,
};
use revscore::feature::FeatureSet;
use revscore::model::{Model, Score};

mod support;
use support::{Texts, rewrite, small_edit};

/// Fails above 1.05 times so many thousand instructions.
fn at_most(baseline_thousands: u64) -> LibraryBenchmarkConfig {
    let mut callgrind = Callgrind::default();
    if cfg!(target_arch = "x86_64") {
        callgrind.hard_limits([(EventKind::Ir, baseline_thousands * 1_050)]);
    }
    let mut config = LibraryBenchmarkConfig::default();
    config.tool(callgrind);
    config
}

/// A model, used once so that what it prepares lazily is there, and an edit.
fn with_model(texts: Texts) -> (Model, Texts) {
    let model = support::model(FeatureSet::Full);
    let warm = small_edit(5);
    black_box(model.score(&warm.edit()));
    (model, texts)
}

#[library_benchmark(setup = with_model)]
#[bench::small_5_kb(args = (small_edit(5)), config = at_most(1_195))]
#[bench::small_36_kb(args = (small_edit(36)), config = at_most(5_589))]
#[bench::small_76_kb(args = (small_edit(76)), config = at_most(11_199))]
#[bench::small_500_kb(args = (small_edit(500)), config = at_most(68_907))]
#[bench::rewrite_76_kb(args = (rewrite(76)), config = at_most(85_300))]
fn score((model, texts): (Model, Texts)) -> Score {
    black_box(model.score(black_box(&texts.edit())))
}

library_benchmark_group!(name = edits; benchmarks = score);
main!(library_benchmark_groups = edits);
