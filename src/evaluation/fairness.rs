//! How each class of authors fares: who is flagged rightly and wrongly, and whether probabilities
//! mean the same for all.
//!
//! A scorer that looks at who edits is wrong about the same people again and again, and no figure
//! over all edits shows it. So every report counts anonymous, temporary, newly registered and
//! experienced authors apart, also where there are none of them: a class that is not among the
//! edits is one of which nothing is known, and that has to be seen. Three things can differ, and
//! no scorer can make all three equal where classes differ in how much of their work is bad
//! (Kleinberg, Mullainathan and Raghavan 2016); they are shown, not judged.
//!
//! Recall and false positive rate are those at the report's thresholds, with the intervals of its
//! resamples. Calibration is that of the class's edits taken as a sample of their own, in bins of
//! their own; see [`calibration`](super::calibration) for why the binned error has no interval. The
//! mean error has one: it says how far the class's probabilities are off on the whole.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::bootstrap::{Resampled, round};
use super::calibration::bin_cuts;
use super::figure::{number, percent, share, threshold};
use super::ranking::{Clusters, Ranking};
use super::sweep::Marks;
use super::{
    Calibration, Estimate, EvaluationError, Level, Options, Outcome, Slice, Statistic, UserClass,
};

/// The classes that every report shows.
const SHOWN: [UserClass; 4] = [
    UserClass::Anonymous,
    UserClass::Temporary,
    UserClass::Newcomer,
    UserClass::Experienced,
];

/// One class of authors.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AuthorGroup {
    /// The class.
    pub user_class: UserClass,
    /// Its edits; 0 when there are none, and all below is empty.
    pub n: u64,
    /// How many of them are labelled true.
    pub positives: u64,
    /// What each named threshold does to them; a threshold of 0.5 where none has a name.
    pub points: Vec<AuthorPoint>,
    /// Whether probabilities mean what they say; `None` without edits.
    pub calibration: Option<AuthorCalibration>,
}

/// What one threshold does to a class's edits.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AuthorPoint {
    /// The threshold's name, or `half`.
    pub name: String,
    /// Edits with at least this probability are flagged.
    pub threshold: f64,
    /// Flagged edits labelled true.
    pub caught: u64,
    /// Flagged edits labelled false.
    pub flagged_wrongly: u64,
    /// Share of the class's labelled-true edits that are flagged.
    pub recall: Option<Estimate>,
    /// Share of the class's labelled-false edits that are flagged.
    pub fpr: Option<Estimate>,
}

/// How far probabilities of a class's edits can be believed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AuthorCalibration {
    /// The mean probability.
    pub predicted: f64,
    /// The share labelled true.
    pub observed: f64,
    /// `predicted - observed`, with its interval: above 0, the class is thought worse than it is.
    pub error: Option<Estimate>,
    /// Expected calibration error, in bins of the class's own edits.
    pub expected_error: f64,
}

/// A report's rows as they were counted.
pub(crate) struct Flagging<'a> {
    pub(crate) ranking: &'a Ranking,
    pub(crate) sweeps: &'a Resampled,
    pub(crate) marks: &'a Marks,
}

/// Every class that is shown; none where no author's class is known. The marks must hold the
/// levels' cuts and that of 0.5.
pub(crate) fn groups(
    outcomes: &[Outcome],
    levels: &[Level],
    options: &Options,
    flagging: &Flagging<'_>,
) -> Result<Vec<AuthorGroup>, EvaluationError> {
    let is_shown = |outcome: &Outcome| SHOWN.contains(&outcome.user_class);
    if !outcomes.iter().any(is_shown) {
        return Ok(Vec::new());
    }
    let mut thresholds: Vec<(&str, f64)> = levels
        .iter()
        .filter_map(|level| Some((level.name.as_str(), level.point.as_ref()?.threshold)))
        .collect();
    if thresholds.is_empty() {
        thresholds.push(("half", 0.5));
    }
    SHOWN
        .into_iter()
        .map(|user_class| {
            let slice = Slice::User(user_class);
            let (positives, negatives) = flagging.sweeps.observed.count(slice);
            let points = thresholds.iter().filter(|_| positives + negatives > 0);
            Ok(AuthorGroup {
                user_class,
                n: positives + negatives,
                positives,
                points: points
                    .map(|&(name, threshold)| flagging.point(slice, name, threshold))
                    .collect(),
                calibration: AuthorCalibration::new(user_class, outcomes, options)?,
            })
        })
        .collect()
}

impl Flagging<'_> {
    fn point(&self, slice: Slice, name: &str, threshold: f64) -> AuthorPoint {
        let cut = self.ranking.cut_at_threshold(threshold);
        let (caught, flagged_wrongly) = self.sweeps.observed.flagged(self.marks, cut, slice);
        let estimate = |statistic| {
            self.sweeps
                .estimate(|sweep| sweep.statistic(self.marks, cut, slice, statistic))
        };
        AuthorPoint {
            name: name.to_owned(),
            threshold,
            caught,
            flagged_wrongly,
            recall: estimate(Statistic::Recall),
            fpr: estimate(Statistic::Fpr),
        }
    }
}

impl AuthorCalibration {
    fn new(
        user_class: UserClass,
        outcomes: &[Outcome],
        options: &Options,
    ) -> Result<Option<Self>, EvaluationError> {
        let of_class = |outcome: &&Outcome| outcome.user_class == user_class;
        let outcomes: Vec<Outcome> = outcomes.iter().filter(of_class).copied().collect();
        if outcomes.is_empty() {
            return Ok(None);
        }
        let clusters = Clusters::new(&outcomes)?;
        let ranking = Ranking::of_probabilities(&outcomes, &clusters)?;
        let marks = Marks::new(bin_cuts(&ranking));
        let [sweeps] = Resampled::sweep_all([(&ranking, &marks)], &clusters, options);
        let n_rows = ranking.n_rows() as f64;
        let n_positive = outcomes.iter().filter(|outcome| outcome.label).count();
        Ok(Some(Self {
            predicted: round(ranking.scores.iter().sum::<f64>() / n_rows),
            observed: round(n_positive as f64 / n_rows),
            error: sweeps.estimate(|sweep| sweep.mean_error()),
            expected_error: Calibration::new(&ranking, &sweeps, &marks).expected_error,
        }))
    }
}

/// The section of a report; empty without groups.
pub(crate) fn to_markdown(groups: &[AuthorGroup], label: &str) -> String {
    if groups.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "## Who is flagged, and whether rightly\n\nThe named thresholds, for each kind of author: {label} edits \
         caught, and other edits flagged wrongly, each of the group's own.\n\n\
         | edits by | edits, {label} | name | threshold | {label} edits caught | others flagged wrongly |\n\
         |-|-:|-|-:|-:|-:|\n"
    );
    for group in groups {
        let (who, n, positives) = (group.user_class.in_words(), group.n, group.positives);
        for point in &group.points {
            let _ = writeln!(
                text,
                "| {who} | {n}, {positives} | `{}` | {} | {} | {} |",
                point.name,
                threshold(Some(point.threshold)),
                counted(point.caught, positives, point.recall),
                counted(point.flagged_wrongly, n - positives, point.fpr),
            );
        }
        if group.points.is_empty() {
            let _ = writeln!(text, "| {who} | none | | | | |");
        }
    }
    let _ = write!(
        text,
        "\nWhether a probability means the same for all: above 0, the group's edits are thought worse than they \
         are.\n\n\
         | edits by | edits | mean probability | {label} | difference, in points | calibration error |\n\
         |-|-:|-:|-:|-:|-:|\n"
    );
    for group in groups {
        let who = group.user_class.in_words();
        let Some(calibration) = &group.calibration else {
            let _ = writeln!(text, "| {who} | none | | | | |");
            continue;
        };
        let _ = writeln!(
            text,
            "| {who} | {} | {} | {} | {} | {} |",
            group.n,
            percent(calibration.predicted),
            percent(calibration.observed),
            points(calibration.error),
            number(calibration.expected_error, 4),
        );
    }
    text.push('\n');
    text
}

/// A share with its interval and what it is of.
fn counted(part: u64, whole: u64, estimate: Option<Estimate>) -> String {
    match estimate {
        Some(_) => format!("{}, {part} of {whole}", share(estimate)),
        None => "-".to_owned(),
    }
}

/// A difference of shares in percentage points, with its interval.
fn points(estimate: Option<Estimate>) -> String {
    let Some(estimate) = estimate else {
        return "-".to_owned();
    };
    let signed = |value: f64| format!("{:+.2}", 100.0 * value + 0.0);
    match estimate.low.zip(estimate.high) {
        Some((low, high)) => format!(
            "{} ({} to {})",
            signed(estimate.value),
            signed(low),
            signed(high)
        ),
        None => signed(estimate.value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::{evaluate, testing};

    /// Two hundred edits by each of two classes, one in five positive; those by anonymous users
    /// get probabilities that are too high.
    fn outcomes() -> Vec<Outcome> {
        let rows: Vec<(f64, bool)> = (0..400)
            .map(|idx| {
                let label = idx % 5 == 0;
                let base = if label { 0.6 } else { 0.1 };
                (base + f64::from(idx % 7) / 100.0, label)
            })
            .collect();
        let mut outcomes = testing::outcomes(&rows);
        for (idx, outcome) in outcomes.iter_mut().enumerate() {
            outcome.user_class = if idx < 200 {
                outcome.probability += 0.3;
                UserClass::Anonymous
            } else {
                UserClass::Experienced
            };
        }
        outcomes
    }

    #[test]
    fn every_class_is_shown_with_counts_and_intervals() {
        let report = evaluate(&outcomes(), &Options::default()).unwrap();
        let classes: Vec<UserClass> = report.fairness.iter().map(|g| g.user_class).collect();
        assert_eq!(classes, SHOWN);
        let [anonymous, temporary, _, experienced] = &report.fairness[..] else {
            panic!("four classes")
        };
        assert_eq!((anonymous.n, anonymous.positives), (200, 40));
        assert_eq!(
            (temporary.n, temporary.points.len(), &temporary.calibration),
            (0, 0, &None)
        );
        let fpr = |group: &AuthorGroup| group.points[0].fpr.unwrap();
        let names: Vec<&str> = anonymous.points.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(
            names,
            ["review", "likely_bad", "very_likely_bad", "automatic"]
        );
        assert!(fpr(anonymous).value >= fpr(experienced).value);
        let error = |group: &AuthorGroup| group.calibration.as_ref().unwrap().error.unwrap();
        assert!(error(anonymous).low.unwrap() > error(experienced).high.unwrap());
        let calibration = anonymous.calibration.as_ref().unwrap();
        assert!(
            (calibration.predicted - calibration.observed - error(anonymous).value).abs() < 2e-6
        );
    }

    #[test]
    fn a_report_of_unknown_authors_has_no_such_part() {
        let mut outcomes = outcomes();
        for outcome in &mut outcomes {
            outcome.user_class = UserClass::Unknown;
        }
        let report = evaluate(&outcomes, &Options::default()).unwrap();
        assert_eq!(report.fairness, []);
        let json = serde_json::to_string(&report).unwrap();
        assert!(!json.contains("fairness"));
        assert!(!report.to_markdown().contains("Who is flagged"));
    }
}
