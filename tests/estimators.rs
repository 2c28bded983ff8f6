//! One battery over all estimators. The figures that the default recipe must reach on public
//! feature tables are in tests/cli/tables.rs.
#![cfg(feature = "train")]
#![expect(
    clippy::unwrap_used,
    reason = "a test's helpers panic like the test itself"
)]

use ndarray::Array2;
use revscore::dataset::{Dataset, RowId};
use revscore::estimator::{
    CalibrationKind, EstimatorError, EstimatorParams, GradientBoostingParams, Predictor,
    fit_calibrated,
};
use revscore::revision::{PageId, RevisionId};

/// A dataset of these rows, each a page of its own.
fn dataset(values: Array2<f32>, labels: Vec<bool>) -> Dataset {
    let n_rows = labels.len();
    Dataset {
        names: (0..values.ncols())
            .map(|idx| format!("column_{idx}"))
            .collect(),
        values,
        labels,
        weights: vec![1.0; n_rows],
        rows: (1..=n_rows as u64)
            .map(|id| RowId {
                revision: RevisionId(id),
                page: PageId(id),
                timestamp: None,
            })
            .collect(),
    }
}

/// Reproducible numbers from 0 to 1 (the low bits of a multiplicative generator mixed down).
fn noise(seed: u64) -> impl FnMut() -> f32 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 24) as f32
    }
}

/// 600 rows of 5 columns, 15 % positive: the first column tells the label but for some noise, the
/// second is a count with a long tail that helps, the third noise, the fourth constant, the fifth
/// missing throughout. A fifth of the first two columns' values is missing.
fn noisy_rows(seed: u64) -> Dataset {
    let mut next = noise(seed);
    let n_rows = 600;
    let labels: Vec<bool> = (0..n_rows).map(|idx| idx % 20 < 3).collect();
    let values = Array2::from_shape_fn((n_rows, 5), |(row_idx, column_idx)| {
        let shift = if labels[row_idx] { 1.0 } else { 0.0 };
        let value = match column_idx {
            0 => shift + next() * 1.2,
            1 => (next() * 6.0 + 2.0 * shift).exp().floor(),
            2 => next(),
            3 => 7.0,
            _ => f32::NAN,
        };
        if column_idx < 2 && next() < 0.2 {
            f32::NAN
        } else {
            value
        }
    });
    dataset(values, labels)
}

fn fit(params: EstimatorParams, dataset: &Dataset) -> Predictor {
    params.check().unwrap().fit(dataset).unwrap()
}

fn scores(predictor: &Predictor, dataset: &Dataset) -> Vec<f64> {
    (0..dataset.n_rows())
        .map(|row_idx| predictor.raw_score(&dataset.row(row_idx).to_vec()))
        .collect()
}

/// The chance that a positive row scores above a negative one; ties count half.
fn roc_auc(scores: &[f64], labels: &[bool]) -> f64 {
    let groups = tied_groups(scores, labels);
    let (mut pairs, mut negatives_above) = (0.0, 0.0);
    for (n_positive, n_negative) in &groups {
        pairs += n_positive * (negatives_above + n_negative / 2.0);
        negatives_above += n_negative;
    }
    let n_positive: f64 = groups.iter().map(|group| group.0).sum();
    1.0 - pairs / (n_positive * negatives_above)
}

/// The number of positive and negative rows at each score, highest score first.
fn tied_groups(scores: &[f64], labels: &[bool]) -> Vec<(f64, f64)> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    order
        .chunk_by(|&a, &b| scores[a] == scores[b])
        .map(|tied| {
            let n_positive = tied.iter().filter(|&&idx| labels[idx]).count();
            (n_positive as f64, (tied.len() - n_positive) as f64)
        })
        .collect()
}

#[test]
fn every_estimator_learns_a_separable_set() {
    for params in EstimatorParams::all() {
        let kind = params.kind();
        let mut next = noise(1);
        let labels: Vec<bool> = (0..400).map(|idx| idx % 4 == 0).collect();
        let values = Array2::from_shape_fn((400, 3), |(row_idx, column_idx)| match column_idx {
            1 => next() + if labels[row_idx] { 1.5 } else { 0.0 },
            _ => next(),
        });
        let dataset = dataset(values, labels);
        let predictor = fit(params, &dataset);
        let auc = roc_auc(&scores(&predictor, &dataset), &dataset.labels);
        assert!(auc > 0.999, "{kind}: {auc}");
        let importance = predictor.importance();
        assert!(importance[1] > 0.5, "{kind}: {importance:?}");
        assert!(
            (importance.iter().sum::<f64>() - 1.0).abs() < 1e-9,
            "{kind}: {importance:?}"
        );
    }
}

#[test]
fn every_estimator_learns_from_incomplete_rows() {
    let (train, test) = (noisy_rows(2), noisy_rows(3));
    for params in EstimatorParams::all() {
        let kind = params.kind();
        let predictor = fit(params, &train);
        predictor.check().unwrap();
        assert_eq!(predictor.n_features(), 5);
        let auc = roc_auc(&scores(&predictor, &test), &test.labels);
        assert!(auc > 0.9, "{kind}: {auc}");
        let nothing_known = predictor.raw_score(&[f32::NAN; 5]);
        assert!(nothing_known.is_finite());
        assert_eq!(
            nothing_known,
            predictor.raw_score(&[]),
            "{kind}: a short row lacks values"
        );
        for extreme in [f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN] {
            assert!(
                predictor.raw_score(&[extreme; 5]).is_finite(),
                "{kind}: {extreme}"
            );
        }
        let importance = predictor.importance();
        assert_eq!(
            &importance[3..],
            [0.0, 0.0],
            "{kind}: a constant and an empty column tell nothing"
        );
    }
}

#[test]
fn missing_values_can_be_the_signal() {
    let mut next = noise(4);
    let labels: Vec<bool> = (0..400).map(|idx| idx % 5 == 0).collect();
    let values = Array2::from_shape_fn((400, 2), |(row_idx, column_idx)| {
        if column_idx == 0 && labels[row_idx] {
            f32::NAN
        } else {
            next()
        }
    });
    let dataset = dataset(values, labels);
    for params in EstimatorParams::all() {
        let kind = params.kind();
        let auc = roc_auc(&scores(&fit(params, &dataset), &dataset), &dataset.labels);
        assert!(auc > 0.99, "{kind}: {auc}");
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_scores_survive_saving() {
    let dataset = noisy_rows(5);
    for params in EstimatorParams::all() {
        let kind = params.kind();
        let params = params.with_seed(7);
        let first = fit(params.clone(), &dataset);
        let bytes = postcard::to_stdvec(&first).unwrap();
        assert!(
            bytes == postcard::to_stdvec(&fit(params, &dataset)).unwrap(),
            "{kind}"
        );
        let read: Predictor = postcard::from_bytes(&bytes).unwrap();
        read.check().unwrap();
        assert_eq!(scores(&first, &dataset), scores(&read, &dataset), "{kind}");
    }
}

#[test]
fn contributions_add_up_to_the_raw_score() {
    let dataset = noisy_rows(6);
    for params in EstimatorParams::all() {
        let kind = params.kind();
        let predictor = fit(params, &dataset);
        for row_idx in 0..50 {
            let row = dataset.row(row_idx).to_vec();
            let contributions = predictor.contributions(&row);
            assert_eq!(contributions.features.len(), 5);
            let difference = contributions.raw_score() - predictor.raw_score(&row);
            assert!(
                difference.abs() < 1e-9,
                "{kind}, row {row_idx}: {difference}"
            );
        }
    }
}

#[test]
fn weights_count() {
    // Two identical groups of rows with opposite labels: the heavier one wins.
    let labels: Vec<bool> = (0..400).map(|idx| idx % 2 == 0).collect();
    let values = Array2::from_shape_fn((400, 1), |(row_idx, _)| (row_idx / 2 % 2) as f32);
    let mut dataset = dataset(values, labels);
    for (row_idx, weight) in dataset.weights.iter_mut().enumerate() {
        *weight = if (row_idx / 2 % 2 == 0) == (row_idx % 2 == 0) {
            4.0
        } else {
            1.0
        };
    }
    for params in EstimatorParams::all() {
        let kind = params.kind();
        let predictor = fit(params, &dataset);
        assert!(
            predictor.raw_score(&[0.0]) > predictor.raw_score(&[1.0]),
            "{kind}"
        );
    }
}

#[track_caller]
fn check_refused(dataset: &Dataset, expected: &str) {
    for params in EstimatorParams::all() {
        let error = params.check().unwrap().fit(dataset).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn data_that_nothing_can_be_learned_from_is_refused() {
    let one_label = |label| dataset(Array2::zeros((30, 2)), vec![label; 30]);
    check_refused(
        &one_label(false),
        "expected rows of both labels, got 30 rows of which 0 are positive",
    );
    check_refused(
        &one_label(true),
        "expected rows of both labels, got 30 rows of which 30 are positive",
    );
    check_refused(
        &dataset(Array2::zeros((0, 2)), vec![]),
        "expected rows of both labels, got 0 rows of which 0 are positive",
    );
    check_refused(
        &dataset(Array2::zeros((2, 0)), vec![true, false]),
        "expected at least one column, got none",
    );
    let mut negative_weight = dataset(Array2::zeros((2, 1)), vec![true, false]);
    negative_weight.weights[1] = -1.0;
    check_refused(
        &negative_weight,
        "expected one weight for each of 2 rows, each finite and at least 0, got -1 for row 1",
    );
}

#[test]
fn columns_that_tell_nothing_give_every_row_the_same_score() {
    for value in [0.0, f32::NAN] {
        let dataset = dataset(
            Array2::from_elem((40, 2), value),
            (0..40).map(|idx| idx % 4 == 0).collect(),
        );
        for params in EstimatorParams::all() {
            let predictor = fit(params, &dataset);
            assert_eq!(
                predictor.raw_score(&[value; 2]),
                predictor.raw_score(&[5.0, -5.0])
            );
            assert_eq!(predictor.importance(), [0.0, 0.0]);
        }
    }
}

#[test]
fn recipes_name_estimators_and_unknown_fields_are_refused() {
    let read = |text: &str| toml::from_str::<EstimatorParams>(text);
    let params = read("kind = \"gradient_boosting\"\nn_trees = 7").unwrap();
    let expected = GradientBoostingParams {
        n_trees: 7,
        ..GradientBoostingParams::default()
    };
    assert_eq!(params, EstimatorParams::GradientBoosting(expected));
    for params in EstimatorParams::all() {
        assert_eq!(
            read(&format!("kind = {:?}", params.kind())).unwrap(),
            params
        );
        assert_eq!(read(&toml::to_string(&params).unwrap()).unwrap(), params);
        let error = read(&format!("kind = {:?}\ntrees = 7", params.kind()))
            .unwrap_err()
            .to_string();
        assert!(error.contains("unknown field `trees`"), "{error}");
    }
    let error = EstimatorParams::GradientBoosting(GradientBoostingParams {
        learning_rate: 0.0,
        ..Default::default()
    })
    .check()
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "expected learning_rate above 0 and at most 1, got 0"
    );
}

#[test]
fn out_of_fold_probabilities_are_calibrated() {
    let dataset = noisy_rows(8);
    for params in EstimatorParams::all() {
        for calibration_kind in [CalibrationKind::Platt, CalibrationKind::Isotonic] {
            let kind = params.kind();
            let fitted = fit_calibrated(params.clone(), &dataset, calibration_kind, 5, 3).unwrap();
            assert!(fitted.whole_pages);
            fitted.predictor.check().unwrap();
            fitted.calibration.check().unwrap();
            let mean = fitted.out_of_fold.iter().sum::<f64>() / 600.0;
            assert!(
                (mean - 0.15).abs() < 0.02,
                "{kind}, {calibration_kind:?}: {mean}"
            );
            assert!(fitted.out_of_fold.iter().all(|p| (0.0..=1.0).contains(p)));
            let auc = roc_auc(&fitted.out_of_fold, &dataset.labels);
            assert!(auc > 0.85, "{kind}, {calibration_kind:?}: {auc}");
        }
    }
}

#[test]
fn a_handful_of_positives_can_be_calibrated() {
    let dataset = noisy_rows(9);
    // Four positives among 300 rows: some of five folds have none.
    let few: Vec<usize> = (0..600)
        .filter(|idx| idx % 20 >= 3)
        .take(296)
        .chain([0, 1, 2, 20])
        .collect();
    let dataset = dataset.select(&few);
    for params in EstimatorParams::all() {
        let fitted = fit_calibrated(params, &dataset, CalibrationKind::Platt, 5, 3).unwrap();
        fitted.calibration.check().unwrap();
        assert!(fitted.out_of_fold.iter().all(|p| (0.0..0.9).contains(p)));
    }
}

#[test]
fn positives_on_one_page_are_dealt_to_folds_one_by_one() {
    let mut dataset = noisy_rows(10);
    for (row, label) in dataset.rows.iter_mut().zip(&dataset.labels) {
        if *label {
            row.page = PageId(1);
        }
    }
    let fit = |dataset: &Dataset| {
        fit_calibrated(
            EstimatorParams::default(),
            dataset,
            CalibrationKind::Platt,
            5,
            0,
        )
    };
    assert!(!fit(&dataset).unwrap().whole_pages);
    let lonely: Vec<usize> = (0..600).filter(|idx| *idx == 0 || idx % 20 >= 3).collect();
    assert!(matches!(
        fit(&dataset.select(&lonely)).unwrap_err(),
        EstimatorError::TooFewRows { n_positive: 1, .. }
    ));
}

/// What a recipe leaves out, and what callers of the library get, is what the default recipe names.
#[test]
fn the_default_is_the_default_recipes() {
    let recipe: toml::Table =
        toml::from_str(include_str!("../training/recipes/default.toml")).unwrap();
    let named: EstimatorParams = recipe["estimator"].clone().try_into().unwrap();
    assert_eq!(named, EstimatorParams::default());
    assert_eq!(named.kind(), "blend");
}
