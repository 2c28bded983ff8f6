//! The report: everything that is known of a scorer on some rows.
//!
//! It is data, kept in model files and served as JSON, so its size is bounded whatever the number
//! of rows. Every rate has its population: the sample rate and the base rate are named apart, and
//! `n`, positives and a 95 % interval stand beside every figure.

use serde::{Deserialize, Serialize};

use super::bootstrap::{Resampled, round};
use super::calibration::bin_cuts;
use super::caught::CaughtCuts;
use super::ranking::{Clusters, Ranking};
use super::sweep::{Marks, Sweep};
use super::threshold_intervals::grid_cuts;
use super::{
    AuthorGroup, BaseRate, Calibration, Caught, Comparison, Curves, Distribution, Estimate,
    EvaluationError, Level, OperatingPoint, Options, Outcome, Slice, Spread, Statistic,
    ThresholdIntervals, Thresholds, fairness, level, notes,
};
use crate::revision::Timestamp;

/// Version of the report's JSON; raised when a reader of the old one would misread the new one.
const FORMAT: u32 = 1;

/// What a scorer would catch on some rows, and what that would cost.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Report {
    /// Version of this structure.
    pub format: u32,
    /// What a true label means, as a word that goes before "edits".
    pub label: String,
    /// The number of rows.
    pub n: u64,
    /// How many of them are labelled true.
    pub positives: u64,
    /// The number of pages that they belong to; 0 when pages are not known.
    pub pages: u64,
    /// When the first of the edits was saved, where known.
    pub first: Option<Timestamp>,
    /// When the last of the edits was saved, where known.
    pub last: Option<Timestamp>,
    /// Share of labelled-true edits among the rows.
    pub sample_rate: f64,
    /// Share of labelled-true edits among live edits, as given; absent when it was not, and rates
    /// are those of the rows.
    pub base_rate: Option<BaseRate>,
    /// How often the bootstrap resampled the pages; 0 when there are no intervals.
    pub resamples: u32,
    /// The bootstrap's seed.
    pub seed: u64,
    /// What a reader has to know before believing the figures.
    pub notes: Vec<String>,
    /// The figures by which scorers are compared.
    pub headline: Headline,
    /// The caught table.
    pub caught: Caught,
    /// Named thresholds.
    pub levels: Vec<Level>,
    /// A threshold of 0.5, at which revscoring publishes its statistics.
    pub at_half: OperatingPoint,
    /// Whether probabilities mean what they say.
    pub calibration: Calibration,
    /// How many edits got which probabilities.
    pub distribution: Distribution,
    /// How each class of authors fares; empty where no author's class is known, and in reports of
    /// older versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fairness: Vec<AuthorGroup>,
    /// Curves for pictures.
    pub curves: Curves,
    /// Comparisons with other scorers on the same rows; added by whoever has their scores.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub comparisons: Vec<Comparison>,
    /// How the features were spread among the rows that the scorer learned from, in its order; added by
    /// whoever has those rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spreads: Vec<Spread>,
    /// What each threshold does.
    pub thresholds: Thresholds,
}

/// The figures by which scorers are compared; `None` where one does not exist. Where a threshold
/// is looked for, each resample looks for its own.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Headline {
    /// Area under the receiver operating characteristic, exact.
    pub roc_auc: Option<Estimate>,
    /// Average precision at the sample rate, exact.
    pub average_precision: Option<Estimate>,
    /// Average precision at the base rate; the same when none was given.
    pub average_precision_at_base_rate: Option<Estimate>,
    /// Share of live edits that nobody needs to look at when 75 % are caught.
    pub filter_rate_at_recall_75: Option<Estimate>,
    /// The same when 90 % are caught.
    pub filter_rate_at_recall_90: Option<Estimate>,
    /// The same when 95 % are caught.
    pub filter_rate_at_recall_95: Option<Estimate>,
    /// Share caught while at most 0.1 % of the labelled-false edits are flagged.
    pub recall_at_fpr_0_1_percent: Option<Estimate>,
    /// The same for 0.25 %.
    pub recall_at_fpr_0_25_percent: Option<Estimate>,
    /// The same for 1 %.
    pub recall_at_fpr_1_percent: Option<Estimate>,
    /// Brier score of the rows as sampled.
    pub brier: Option<Estimate>,
    /// Expected calibration error of the rows as sampled.
    pub calibration_error: Option<Estimate>,
}

/// Evaluates scored edits.
///
/// The same outcomes in the same order give the same report to the byte. Rows of one class only
/// are evaluated: statistics that need both are `None`, and a note says so.
pub fn evaluate(outcomes: &[Outcome], options: &Options) -> Result<Report, EvaluationError> {
    let clusters = Clusters::new(outcomes)?;
    let ranking = Ranking::of_probabilities(outcomes, &clusters)?;
    let mut thresholds = Thresholds::new(&ranking, options.base_rate);
    let level_thresholds = level::find_thresholds(&thresholds);
    let caught_cuts = CaughtCuts::new(&ranking);

    let mut cuts: Vec<usize> = caught_cuts.cuts().collect();
    cuts.extend(
        level_thresholds
            .into_iter()
            .flatten()
            .chain([0.5])
            .map(|at| ranking.cut_at_threshold(at)),
    );
    cuts.extend(bin_cuts(&ranking));
    let grid = grid_cuts(&ranking);
    let marks = Marks::new(cuts).with_totals(grid.clone());
    let [sweeps] = Resampled::sweep_all([(&ranking, &marks)], &clusters, options);
    thresholds.intervals = ThresholdIntervals::new(&grid, &sweeps);

    let (positives, negatives) = sweeps.observed.count(Slice::All);
    let sample_rate = round(positives as f64 / (positives + negatives) as f64);
    let calibration = Calibration::new(&ranking, &sweeps, &marks);
    let times = || outcomes.iter().filter_map(|outcome| outcome.timestamp);
    let levels = Level::all(level_thresholds, &ranking, &sweeps, &marks);
    let fairness = fairness::groups(
        outcomes,
        &levels,
        options,
        &fairness::Flagging {
            ranking: &ranking,
            sweeps: &sweeps,
            marks: &marks,
        },
    )?;
    Ok(Report {
        format: FORMAT,
        label: options.label.clone(),
        n: positives + negatives,
        positives,
        pages: clusters.n_pages as u64,
        first: times().min(),
        last: times().max(),
        sample_rate,
        base_rate: options.base_rate,
        resamples: options.resamples,
        seed: options.seed,
        notes: notes::notes(&clusters, &sweeps.observed, options),
        headline: Headline::new(&sweeps, &calibration),
        caught: Caught {
            label: options.label.clone(),
            sample_rate,
            base_rate: options.base_rate.map_or(sample_rate, BaseRate::get),
            groups: caught_cuts.count(&options.label, &ranking, &sweeps, &marks),
        },
        levels,
        at_half: OperatingPoint::new(0.5, &ranking, &sweeps, &marks),
        calibration,
        distribution: Distribution::new(&ranking),
        fairness,
        curves: Curves::new(&sweeps),
        comparisons: Vec::new(),
        spreads: Vec::new(),
        thresholds,
    })
}

impl Headline {
    fn new(sweeps: &Resampled, calibration: &Calibration) -> Self {
        let filter_rate = |percent: usize| {
            sweeps.estimate(|sweep| sweep.statistic_at_recall(percent - 1, Statistic::FilterRate))
        };
        let recall =
            |idx| sweeps.estimate(|sweep: &Sweep| sweep.recall_at_false_positive_rate(idx));
        Self {
            roc_auc: sweeps.estimate(|sweep| sweep.roc_auc),
            average_precision: sweeps.estimate(|sweep| sweep.average_precision),
            average_precision_at_base_rate: sweeps.estimate(|sweep| sweep.scaled_average_precision),
            filter_rate_at_recall_75: filter_rate(75),
            filter_rate_at_recall_90: filter_rate(90),
            filter_rate_at_recall_95: filter_rate(95),
            recall_at_fpr_0_1_percent: recall(0),
            recall_at_fpr_0_25_percent: recall(1),
            recall_at_fpr_1_percent: recall(2),
            brier: calibration.brier,
            calibration_error: Some(calibration.error_estimate()),
        }
    }
}

impl Report {
    /// The report in one sentence, such as "caught 90.1 % (86.2 to 93.4, n = 230) of reverted
    /// edits with 31.2 % of edits left to review".
    pub fn one_line(&self) -> String {
        self.caught.in_words(Slice::All, 0.9).unwrap_or_else(|| {
            format!("caught nothing: none of {} edits is {}", self.n, self.label)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::{Kind, UserClass, compare, testing::outcomes};
    use crate::revision::PageId;

    /// Rows of revscoring's probabilities on a reference split, from the shared data.
    fn reference_rows(split: &str, scorer: &str) -> Option<(Vec<Outcome>, Vec<f64>)> {
        let shared = std::env::var("REVSCORE_SHARED").unwrap_or_else(|_| "../shared".to_owned());
        let path = format!("{shared}/data/reference-splits/{split}.csv");
        let Ok(text) = std::fs::read_to_string(&path) else {
            use std::io::Write as _;
            // Past the capture of output, which would hide it.
            let _ = writeln!(std::io::stderr(), "SKIPPED: {path} is not there");
            return None;
        };
        let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let header = lines.next().unwrap();
        let column = |name: &str| header.iter().position(|column| *column == name).unwrap();
        let (page, label, score) = (column("page"), column("label"), column(scorer));
        let (anonymous, other) = (column("anon"), column("gb_unweighted"));
        let mut pages = std::collections::HashMap::new();
        let mut rows = Vec::new();
        let mut others = Vec::new();
        for (line, mut outcome) in lines.zip(outcomes(&vec![(0.0, false); 5_000])) {
            let n_pages = pages.len() as u64;
            outcome.page = PageId(*pages.entry(line[page].to_owned()).or_insert(n_pages + 1));
            outcome.label = line[label] == "1";
            outcome.probability = line[score].parse().unwrap();
            outcome.user_class = if line[anonymous] == "1" {
                UserClass::Anonymous
            } else {
                UserClass::Experienced
            };
            outcome.kind = if outcome.revision.0 % 3 == 0 {
                Kind::LinkSpam
            } else {
                Kind::Other
            };
            rows.push(outcome);
            others.push(line[other].parse().unwrap());
        }
        Some((rows, others))
    }

    #[track_caller]
    fn check_reference(split: &str, scorer: &str, expected: [f64; 3]) {
        let Some((rows, _)) = reference_rows(split, scorer) else {
            return;
        };
        let report = evaluate(
            &rows,
            &Options {
                resamples: 0,
                ..Options::default()
            },
        )
        .unwrap();
        let headline = &report.headline;
        let got = [
            &headline.roc_auc,
            &headline.average_precision,
            &headline.filter_rate_at_recall_90,
        ]
        .map(|estimate| (estimate.unwrap().value * 1e3).round() / 1e3);
        assert_eq!(got, expected, "{split} {scorer}");
    }

    /// The figures published beside the rows, made by scikit-learn.
    #[test]
    fn statistics_of_the_reference_splits_equal_scikit_learns() {
        check_reference("en-visible", "gb_w10", [0.835, 0.463, 0.532]);
        check_reference("en-visible", "hist_gb", [0.805, 0.436, 0.474]);
        check_reference("ja-visible", "gb_w10", [0.735, 0.154, 0.435]);
        check_reference("ja-visible", "gb_unweighted", [0.743, 0.147, 0.427]);
        check_reference("pap-visible", "gb_w10", [0.809, 0.180, 0.553]);
        check_reference("pap-visible", "hist_gb", [0.793, 0.165, 0.401]);
    }

    #[test]
    fn paired_differences_are_narrower_than_their_parts() {
        let Some((rows, other)) = reference_rows("ja-visible", "gb_w10") else {
            return;
        };
        let options = Options {
            resamples: 200,
            ..Options::default()
        };
        let comparison = compare(&rows, &other, "gb_unweighted", &options).unwrap();
        let width = |estimate: &Option<Estimate>| {
            let estimate = estimate.as_ref().unwrap();
            estimate.high.unwrap() - estimate.low.unwrap()
        };
        let roc_auc = &comparison.rows[0];
        assert!(width(&roc_auc.difference) < width(&roc_auc.this));
        let itself = rows.iter().map(|row| row.probability).collect::<Vec<_>>();
        let same = compare(&rows, &itself, "itself", &options).unwrap();
        for row in same.rows {
            let zero = Estimate {
                value: 0.0,
                low: Some(0.0),
                high: Some(0.0),
            };
            assert_eq!(row.difference, Some(zero), "{}", row.statistic);
        }
    }

    /// Twelve edits of six pages: three kinds of authors, link spam among them.
    fn small_rows() -> Vec<Outcome> {
        let rows = [
            (0.95, true, UserClass::Anonymous, Kind::LinkSpam),
            (0.9, true, UserClass::Anonymous, Kind::Other),
            (0.8, false, UserClass::Anonymous, Kind::Other),
            (0.7, true, UserClass::Newcomer, Kind::LinkSpam),
            (0.6, false, UserClass::Newcomer, Kind::LinkSpam),
            (0.5, false, UserClass::Experienced, Kind::Other),
            (0.4, true, UserClass::Experienced, Kind::Blanking),
            (0.3, false, UserClass::Experienced, Kind::Other),
            (0.2, false, UserClass::Experienced, Kind::Other),
            (0.2, false, UserClass::Anonymous, Kind::Other),
            (0.1, false, UserClass::Experienced, Kind::Blanking),
            (0.05, false, UserClass::Experienced, Kind::Other),
        ];
        let mut outcomes = outcomes(&rows.map(|row| (row.0, row.1)));
        for (outcome, row) in outcomes.iter_mut().zip(rows) {
            outcome.page = PageId(outcome.revision.0.div_ceil(2));
            outcome.timestamp = Some(Timestamp(
                1_000_000_000 + 86_400 * outcome.revision.0.cast_signed(),
            ));
            (outcome.user_class, outcome.kind) = (row.2, row.3);
        }
        outcomes
    }

    fn small_report(resamples: u32, base_rate: Option<f64>) -> Report {
        let base_rate = base_rate.map(|rate| BaseRate::new(rate).unwrap());
        evaluate(
            &small_rows(),
            &Options {
                resamples,
                base_rate,
                ..Options::default()
            },
        )
        .unwrap()
    }

    #[test]
    fn a_small_report_in_json_and_markdown() {
        let mut report = small_report(100, Some(0.1));
        let other = [0.9, 0.2, 0.8, 0.7, 0.1, 0.5, 0.6, 0.3, 0.4, 0.2, 0.1, 0.0];
        let base_rate = report.base_rate;
        let options = Options {
            resamples: 100,
            base_rate,
            ..Options::default()
        };
        report
            .comparisons
            .push(compare(&small_rows(), &other, "other|one", &options).unwrap());
        insta::assert_snapshot!("small_report_markdown", report.to_markdown());
        // The first of each list show what the others look like.
        report
            .caught
            .groups
            .drain(2..report.caught.groups.len() - 1);
        report.levels.truncate(1);
        report.calibration.bins.truncate(2);
        report.thresholds.intervals = report.thresholds.intervals.map(|mut intervals| {
            intervals.flagged.truncate(2);
            intervals
                .distances
                .retain(|&statistic, _| statistic == Statistic::Recall);
            intervals
        });
        report.curves.caught.truncate(2);
        report.curves.precision_recall.truncate(2);
        insta::assert_json_snapshot!("small_report_json", report);
    }

    #[test]
    fn a_report_reads_back_from_its_json() {
        for base_rate in [None, Some(0.1)] {
            let report = small_report(30, base_rate);
            let json = serde_json::to_string(&report).unwrap();
            assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
            assert_eq!(
                serde_json::to_string(&small_report(30, base_rate)).unwrap(),
                json
            );
        }
    }

    #[track_caller]
    fn check_sentence(resamples: u32, base_rate: Option<f64>, expected: &str) {
        assert_eq!(small_report(resamples, base_rate).one_line(), expected);
    }

    #[test]
    fn one_line_says_what_is_caught_at_which_cost() {
        check_sentence(
            0,
            None,
            "caught 100.0 % (n = 4) of reverted edits with 58.3 % of edits left to review",
        );
        // 4 of 4 positives and 3 of 8 negatives are flagged: 0.1 + 0.9 x 3 / 8.
        check_sentence(
            0,
            Some(0.1),
            "caught 100.0 % (n = 4) of reverted edits with 43.8 % of edits left to review",
        );
        let report = evaluate(&outcomes(&[(0.1, false)]), &Options::default()).unwrap();
        assert_eq!(
            report.one_line(),
            "caught nothing: none of 1 edits is reverted"
        );
    }

    #[test]
    fn rows_of_one_class_are_reported_with_what_exists() {
        for label in [false, true] {
            let base_rate = Some(BaseRate::new(0.1).unwrap());
            let options = Options {
                resamples: 20,
                base_rate,
                ..Options::default()
            };
            let report = evaluate(&outcomes(&[(0.1, label), (0.6, label)]), &options).unwrap();
            assert_eq!(
                (report.headline.roc_auc, report.headline.average_precision),
                (None, None)
            );
            assert_eq!(report.at_half.get(Statistic::Recall).is_some(), label);
            assert!(report.headline.brier.is_some());
            assert!(
                report.notes[0]
                    .contains("statistics that need edits of both labels do not exist here")
            );
            let json = serde_json::to_string(&report).unwrap();
            assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
            assert!(report.to_markdown().ends_with("\n"));
        }
    }

    #[track_caller]
    fn check_error<T: std::fmt::Debug>(result: Result<T, EvaluationError>, expected: &str) {
        assert_eq!(result.unwrap_err().to_string(), expected);
    }

    #[test]
    fn bad_rows_are_refused_with_what_was_expected() {
        let options = Options::default();
        let rows = outcomes(&[(0.1, false), (0.6, true)]);
        check_error(
            evaluate(&[], &options),
            "expected at least one scored edit, got none",
        );
        for (bad, text) in [(f64::NAN, "NaN"), (1.5, "1.5"), (-0.1, "-0.1")] {
            let expected = format!("expected a probability from 0 to 1 for revision 2, got {text}");
            check_error(
                evaluate(&outcomes(&[(0.1, false), (bad, true)]), &options),
                &expected,
            );
        }
        check_error(
            compare(&rows, &[0.5], "ores", &options),
            "expected 2 scores from \"ores\", one for each edit, got 1",
        );
        check_error(
            compare(&rows, &[0.5, f64::NAN], "ores", &options),
            "expected a number from \"ores\" for revision 2, got NaN",
        );
    }

    /// Many rows with as many different probabilities, over many pages.
    #[test]
    fn a_report_of_many_rows_is_small() {
        let rows: Vec<_> = (0..30_000u32)
            .map(|idx| {
                (
                    f64::from(idx.wrapping_mul(2_654_435_761)) / f64::from(u32::MAX),
                    idx % 7 == 0,
                )
            })
            .map(|(random, label): (f64, bool)| (random.powi(if label { 2 } else { 6 }), label))
            .collect();
        let report = evaluate(
            &outcomes(&rows),
            &Options {
                resamples: 5,
                ..Options::default()
            },
        )
        .unwrap();
        let size_bytes = serde_json::to_string(&report).unwrap().len();
        assert!(size_bytes < 150_000, "{size_bytes} bytes");
        assert!(report.thresholds.rows.len() > 1_000);
    }
}
