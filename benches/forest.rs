//! Scoring one row with a forest of 500 trees of depth 7, as a busy wiki's model would be.
//!
//! The forest is grown on noise, so that its trees are as full as trees of this depth get and no
//! step can be foreseen. A forest grown on real rows is smaller, and faster.

use criterion::{Criterion, criterion_group, criterion_main};
use ndarray::Array2;
use revscore::dataset::{Dataset, RowId};
use revscore::estimator::{EstimatorParams, GradientBoostingParams, Predictor};
use std::hint::black_box;

const N_COLUMNS: usize = 80;
const N_ROWS: usize = 4000;

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

fn forest(dataset: &Dataset) -> Predictor {
    let params = GradientBoostingParams {
        n_trees: 500,
        max_depth: 7,
        min_leaf_weight: 0.0,
        ..GradientBoostingParams::default()
    };
    let checked = EstimatorParams::GradientBoosting(params)
        .check()
        .expect("the parameters are in range");
    checked.fit(dataset).expect("there are rows of both labels")
}

fn score_rows(criterion: &mut Criterion) {
    let dataset = noise_rows();
    let predictor = forest(&dataset);
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
    criterion.bench_function("forest/raw_score/500_trees_depth_7_row_of_80", |bencher| {
        bencher.iter(|| predictor.raw_score(black_box(&rows[next()])))
    });
    criterion.bench_function(
        "forest/contributions/500_trees_depth_7_row_of_80",
        |bencher| bencher.iter(|| predictor.contributions(black_box(&rows[next()]))),
    );
}

criterion_group!(benches, score_rows);
criterion_main!(benches);
