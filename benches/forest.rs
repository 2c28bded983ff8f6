//! Scoring rows with a forest of 500 trees of depth 7, as a busy wiki's model would be, and with
//! one of 1,500: three bags of 500.
//!
//! The forest is grown on noise, so that its trees are as full as trees of this depth get and no
//! step can be foreseen. A forest grown on real rows is smaller, and faster.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ndarray::{Array2, Axis};
use revscore::dataset::{Dataset, RowId};
use revscore::estimator::{EstimatorParams, GradientBoostingParams, Predictor};
use std::hint::black_box;

const N_COLUMNS: usize = 80;
const N_ROWS: usize = 4000;
const N_BATCH: usize = 1000;

/// Rows of noise, a tenth of it missing; the label is noise too, so that trees grow to the full.
fn noise_rows() -> Dataset {
    let mut state = 1_u64;
    let mut next = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 24) as f32
    };
    let mut cell = || if next() < 0.1 { f32::NAN } else { next() };
    let values = Array2::from_shape_fn((N_ROWS, N_COLUMNS), |_| cell());
    let labels = (0..N_ROWS).map(|_| cell() > 0.5).collect();
    Dataset {
        names: (0..N_COLUMNS).map(|idx| idx.to_string()).collect(),
        values,
        labels,
        weights: vec![1.0; N_ROWS],
        rows: vec![RowId::default(); N_ROWS],
    }
}

/// `n_bags` times 500 trees.
fn forest(dataset: &Dataset, n_bags: usize) -> Predictor {
    let params = GradientBoostingParams {
        n_trees: 500,
        max_depth: 7,
        min_leaf_weight: 0.0,
        n_bags,
        ..GradientBoostingParams::default()
    };
    let checked = EstimatorParams::GradientBoosting(params)
        .check()
        .expect("the parameters are in range");
    checked.fit(dataset).expect("there are rows of both labels")
}

fn score_rows(criterion: &mut Criterion) {
    let dataset = noise_rows();
    for n_bags in [1, 3] {
        score_with(criterion, &forest(&dataset, n_bags), &dataset, 500 * n_bags);
    }
}

fn score_with(criterion: &mut Criterion, predictor: &Predictor, dataset: &Dataset, n_trees: usize) {
    let of_what = format!("{n_trees}_trees_depth_7_row_of_{N_COLUMNS}");
    let rows: Vec<Vec<f32>> = dataset
        .values
        .outer_iter()
        .map(|row| row.to_vec())
        .collect();
    // Each iteration takes another row: the same one again would be foreseen by the processor.
    let mut idx = 0;
    let mut next = move || {
        idx = (idx + 1) % N_ROWS;
        idx
    };
    criterion.bench_function(&format!("forest/raw_score/{of_what}"), |bencher| {
        bencher.iter(|| predictor.raw_score(black_box(&rows[next()])))
    });
    criterion.bench_function(&format!("forest/contributions/{of_what}"), |bencher| {
        bencher.iter(|| predictor.contributions(black_box(&rows[next()])))
    });
    // Batches change too, and what is reported is rows a second.
    let batches = dataset.values.axis_chunks_iter(Axis(0), N_BATCH);
    let mut batches = batches.cycle();
    let mut group = criterion.benchmark_group("forest");
    group.throughput(Throughput::Elements(N_BATCH as u64));
    group.bench_function(format!("raw_scores_of_{N_BATCH}/{of_what}"), |bencher| {
        bencher.iter(|| {
            batches
                .next()
                .map(|rows| predictor.raw_scores(black_box(rows)))
        })
    });
    group.finish();
}

criterion_group!(benches, score_rows);
criterion_main!(benches);
