//! The caught table: how much is caught at which cost.
//!
//! Recall has meaning only with a cost beside it, and there are two costs. With people in the
//! loop it is the *workload*: the share of live edits that somebody must look at. Unattended, it
//! is the *false positive rate*: the share of good edits that are reverted.
//!
//! What is counted, for the three sorts of groups:
//!
//! - all edits: the highest threshold that catches the target share of all labelled-true edits.
//! - edits by a class of users: the same thresholds as for all edits, because a patrol has one
//!   queue; recall and precision are those within the group.
//! - a kind of edit: the highest threshold that catches the target share of the labelled-true
//!   edits of that kind, because the question is what it takes to catch link spam.
//!
//! The workload is always the share of **all** live edits at or above the threshold, whatever the
//! group; the group's own share of flagged edits stands beside it. Thresholds of unattended use
//! are always those at which the false positive rate among all edits keeps the limit.
//!
//! Intervals are for the threshold of the row, which the resamples do not choose anew: that is
//! what somebody meets who configures this threshold.

use serde::{Deserialize, Serialize};

use super::bootstrap::Resampled;
use super::ranking::Ranking;
use super::sweep::{FALSE_POSITIVE_RATES, Marks};
use super::{Estimate, Slice, Statistic, figure};

/// Shares of labelled-true edits that the table asks to catch.
const RECALL_TARGETS: [f64; 5] = [0.50, 0.75, 0.90, 0.95, 0.99];

/// The caught table of a scorer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Caught {
    /// What a true label means, as a word that goes before "edits".
    pub label: String,
    /// Share of such edits among the rows.
    pub sample_rate: f64,
    /// Share of such edits among live edits, to which workload and precision are scaled.
    pub base_rate: f64,
    /// All edits first, then those classes of users and kinds of edits that occur.
    pub groups: Vec<CaughtGroup>,
}

/// The part of the table about one group of edits.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CaughtGroup {
    /// Which edits.
    #[serde(flatten)]
    pub slice: Slice,
    /// The number of rows in the group.
    pub n: u64,
    /// How many of them are labelled true.
    pub positives: u64,
    /// What the rows count, in words.
    pub counted: String,
    /// With people in the loop; empty when nothing in the group is labelled true.
    pub review: Vec<CaughtRow>,
    /// Without; empty when nothing in the group is labelled true, or no row is labelled false.
    pub unattended: Vec<UnattendedRow>,
}

/// What it takes to catch a share of the labelled-true edits.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CaughtRow {
    /// The share of labelled-true edits to catch: of the group for kinds, of all otherwise.
    pub target: f64,
    /// Edits with at least this probability are looked at.
    pub threshold: f64,
    /// The number of the group's labelled-true rows caught.
    pub caught: u64,
    /// Share of the group's labelled-true edits caught.
    pub recall: Option<Estimate>,
    /// Share of all live edits to look at.
    pub workload: Option<Estimate>,
    /// Share of all live edits that nobody needs to look at: 1 - workload.
    pub filter_rate: Option<Estimate>,
    /// Share of the group's live edits to look at.
    pub group_workload: Option<Estimate>,
    /// Share of labelled-true edits among the group's live edits that are looked at.
    pub precision: Option<Estimate>,
}

/// What is caught when nobody looks.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct UnattendedRow {
    /// The share of all labelled-false edits that may be flagged at most.
    pub limit: f64,
    /// Edits with at least this probability are flagged; `None` when every threshold breaks the
    /// limit, so that nothing is flagged.
    pub threshold: Option<f64>,
    /// The number of the group's labelled-true rows caught.
    pub caught: u64,
    /// Share of the group's labelled-true edits caught.
    pub recall: Option<Estimate>,
    /// Share of all labelled-false edits flagged.
    pub false_positive_rate: Option<Estimate>,
    /// Share of the group's labelled-false edits flagged.
    pub group_false_positive_rate: Option<Estimate>,
    /// Share of labelled-true edits among the group's flagged live edits.
    pub precision: Option<Estimate>,
}

/// Where the table cuts the ranking, found before the sweeps that count there.
pub(crate) struct CaughtCuts {
    groups: Vec<(Slice, Vec<(f64, usize)>)>,
    unattended: Vec<(f64, usize)>,
}

impl CaughtCuts {
    pub(crate) fn new(ranking: &Ranking) -> Self {
        let cuts_of = |slice| {
            let cut = |target| {
                ranking
                    .cut_at_recall(slice, target)
                    .map(|cut| (target, cut))
            };
            RECALL_TARGETS
                .into_iter()
                .filter_map(cut)
                .collect::<Vec<_>>()
        };
        let all = cuts_of(Slice::All);
        let cuts_of_group = |slice| match slice {
            Slice::All | Slice::User(_) => all.clone(),
            Slice::Kind(_) => cuts_of(slice),
        };
        Self {
            groups: Slice::all()
                .map(|slice| (slice, cuts_of_group(slice)))
                .collect(),
            unattended: FALSE_POSITIVE_RATES
                .into_iter()
                .filter_map(|limit| {
                    ranking
                        .cut_at_false_positive_rate(limit)
                        .map(|cut| (limit, cut))
                })
                .collect(),
        }
    }

    /// Every cut at which a sweep has to count.
    pub(crate) fn cuts(&self) -> impl Iterator<Item = usize> {
        self.groups
            .iter()
            .flat_map(|(_, cuts)| cuts)
            .chain(&self.unattended)
            .map(|&(_, cut)| cut)
    }

    /// The groups that occur, all edits first.
    pub(crate) fn count(
        &self,
        label: &str,
        ranking: &Ranking,
        sweeps: &Resampled,
        marks: &Marks,
    ) -> Vec<CaughtGroup> {
        let context = Context {
            ranking,
            sweeps,
            marks,
        };
        self.groups
            .iter()
            .filter_map(|&(slice, ref cuts)| {
                let (positives, negatives) = sweeps.observed.count(slice);
                let has_positives = positives > 0;
                let review = cuts.iter().filter(|_| has_positives);
                let unattended = self.unattended.iter().filter(|_| has_positives);
                (positives + negatives > 0).then(|| CaughtGroup {
                    slice,
                    n: positives + negatives,
                    positives,
                    counted: say_what_is_counted(slice, label),
                    review: review
                        .filter_map(|&(target, cut)| context.review(slice, target, cut))
                        .collect(),
                    unattended: unattended
                        .map(|&(limit, cut)| context.unattended(slice, limit, cut))
                        .collect(),
                })
            })
            .collect()
    }
}

struct Context<'a> {
    ranking: &'a Ranking,
    sweeps: &'a Resampled,
    marks: &'a Marks,
}

impl Context<'_> {
    fn review(&self, slice: Slice, target: f64, cut: usize) -> Option<CaughtRow> {
        let estimate = |slice, statistic| self.estimate(cut, slice, statistic);
        Some(CaughtRow {
            target,
            threshold: self.ranking.threshold_at(cut)?,
            caught: self.sweeps.observed.flagged(self.marks, cut, slice).0,
            recall: estimate(slice, Statistic::Recall),
            workload: estimate(Slice::All, Statistic::MatchRate),
            filter_rate: estimate(Slice::All, Statistic::FilterRate),
            group_workload: estimate(slice, Statistic::MatchRate),
            precision: estimate(slice, Statistic::Precision),
        })
    }

    fn unattended(&self, slice: Slice, limit: f64, cut: usize) -> UnattendedRow {
        let estimate = |slice, statistic| self.estimate(cut, slice, statistic);
        UnattendedRow {
            limit,
            threshold: self.ranking.threshold_at(cut),
            caught: self.sweeps.observed.flagged(self.marks, cut, slice).0,
            recall: estimate(slice, Statistic::Recall),
            false_positive_rate: estimate(Slice::All, Statistic::Fpr),
            group_false_positive_rate: estimate(slice, Statistic::Fpr),
            precision: estimate(slice, Statistic::Precision),
        }
    }

    fn estimate(&self, cut: usize, slice: Slice, statistic: Statistic) -> Option<Estimate> {
        self.sweeps
            .estimate(|sweep| sweep.statistic(self.marks, cut, slice, statistic))
    }
}

fn say_what_is_counted(slice: Slice, label: &str) -> String {
    let group = slice.in_words();
    match slice {
        Slice::All => format!(
            "each row: the highest threshold that catches the target share of all {label} edits; workload is the \
             share of all live edits at or above it"
        ),
        Slice::User(_) => format!(
            "each row: the threshold that catches the target share of all {label} edits; recall and precision are \
             those among {group}, workload is the share of all live edits at or above the threshold, group workload \
             the share of {group}"
        ),
        Slice::Kind(_) => format!(
            "each row: the highest threshold that catches the target share of the {label} edits of this kind \
             ({group}); workload is the share of all live edits of every kind at or above it, precision that among \
             edits of this kind"
        ),
    }
}

impl Caught {
    /// The part about one group; `None` when no row belongs to it.
    pub fn group(&self, slice: Slice) -> Option<&CaughtGroup> {
        self.groups.iter().find(|group| group.slice == slice)
    }

    /// A group's row for a recall target in one sentence, such as "caught 95.2 % (87.1 to 98.8,
    /// n = 41) of reverted link spam with 12.3 % of edits left to review".
    pub fn in_words(&self, slice: Slice, target: f64) -> Option<String> {
        let group = self.group(slice)?;
        Some(figure::caught_in_words(
            group,
            group.at_recall(target)?,
            &self.label,
        ))
    }
}

impl CaughtGroup {
    /// The row for a recall target such as 0.95.
    pub fn at_recall(&self, target: f64) -> Option<&CaughtRow> {
        self.review.iter().find(|row| row.target == target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::{BaseRate, Kind, Options, UserClass, evaluate, testing::outcomes};

    /// Two edits by anonymous users above four others; the second and the last but one add links.
    fn caught(base_rate: Option<f64>) -> Caught {
        let rows = [
            (0.9, true),
            (0.8, false),
            (0.7, true),
            (0.6, false),
            (0.5, true),
            (0.4, false),
        ];
        let mut outcomes = outcomes(&rows);
        for (idx, outcome) in outcomes.iter_mut().enumerate() {
            outcome.user_class = if idx < 2 {
                UserClass::Anonymous
            } else {
                UserClass::Experienced
            };
            outcome.kind = if idx == 1 || idx == 4 {
                Kind::LinkSpam
            } else {
                Kind::Other
            };
        }
        let base_rate = base_rate.map(|rate| BaseRate::new(rate).unwrap());
        evaluate(
            &outcomes,
            &Options {
                resamples: 0,
                base_rate,
                ..Options::default()
            },
        )
        .unwrap()
        .caught
    }

    type Expected = (f64, f64, f64, f64, f64);

    /// Threshold, recall, workload, group workload and precision at a recall target of one half.
    #[track_caller]
    fn check(base_rate: Option<f64>, slice: Slice, expected: Expected) {
        let caught = caught(base_rate);
        let row = caught.group(slice).unwrap().at_recall(0.5).unwrap();
        let value = |estimate: Option<Estimate>| estimate.unwrap().value;
        let got = (
            row.threshold,
            value(row.recall),
            value(row.workload),
            value(row.group_workload),
            value(row.precision),
        );
        let near = |a: f64, b: f64| (a - b).abs() < 1e-6;
        assert!(
            got.0 == expected.0
                && near(got.1, expected.1)
                && near(got.2, expected.2)
                && near(got.3, expected.3)
                && near(got.4, expected.4),
            "{slice:?}: {got:?}, expected {expected:?}"
        );
        assert!(near(value(row.filter_rate) + value(row.workload), 1.0));
    }

    #[test]
    fn groups_of_users_share_the_threshold_and_kinds_have_their_own() {
        let (two_thirds, half) = (2.0 / 3.0, 0.5);
        check(None, Slice::All, (0.7, two_thirds, half, half, two_thirds));
        check(
            None,
            Slice::User(UserClass::Anonymous),
            (0.7, 1.0, half, 1.0, half),
        );
        check(
            None,
            Slice::User(UserClass::Experienced),
            (0.7, half, half, 0.25, 1.0),
        );
        // The only link spam that was reverted is the last but one edit.
        check(
            None,
            Slice::Kind(Kind::LinkSpam),
            (0.5, 1.0, 5.0 / 6.0, 1.0, half),
        );
        check(
            None,
            Slice::Kind(Kind::Other),
            (0.9, half, 1.0 / 6.0, 0.25, 1.0),
        );
    }

    #[test]
    fn workload_and_precision_are_scaled_to_the_base_rate() {
        // Each positive row stands for 0.2 live edits and each negative one for 1.8.
        check(
            Some(0.1),
            Slice::All,
            (0.7, 2.0 / 3.0, 2.2 / 6.0, 2.2 / 6.0, 0.4 / 2.2),
        );
        check(
            Some(0.1),
            Slice::User(UserClass::Anonymous),
            (0.7, 1.0, 2.2 / 6.0, 1.0, 0.1),
        );
    }

    #[test]
    fn unattended_rows_flag_nothing_where_nothing_is_within_the_limit() {
        let caught = caught(None);
        let row = &caught.group(Slice::All).unwrap().unattended[0];
        // The highest edit is positive, so it can be caught without a false positive.
        assert_eq!((row.threshold, row.caught), (Some(0.9), 1));
        let flipped =
            evaluate(&outcomes(&[(0.9, false), (0.8, true)]), &Options::default()).unwrap();
        let row = &flipped.caught.group(Slice::All).unwrap().unattended[2];
        assert_eq!(
            (row.threshold, row.caught, row.recall.unwrap().value),
            (None, 0, 0.0)
        );
    }

    #[test]
    fn groups_that_do_not_occur_are_left_out() {
        let caught = caught(None);
        assert!(caught.group(Slice::Kind(Kind::Gibberish)).is_none());
        assert_eq!(caught.groups.len(), 5);
    }

    #[test]
    fn the_table_reads_back_from_its_json() {
        let caught = caught(None);
        let json = serde_json::to_string(&caught).unwrap();
        assert_eq!(serde_json::from_str::<Caught>(&json).unwrap(), caught);
        assert!(
            json.contains(r#"{"by":"user","group":"anonymous","n":2,"positives":1,"#),
            "{json}"
        );
    }

    #[track_caller]
    fn check_words(slice: Slice, expected: Option<&str>) {
        assert_eq!(caught(None).in_words(slice, 0.5).as_deref(), expected);
    }

    #[test]
    fn rows_become_sentences() {
        check_words(
            Slice::Kind(Kind::LinkSpam),
            Some(
                "caught 100.0 % (n = 1) of reverted link spam with 83.3 % of edits left to review",
            ),
        );
        check_words(
            Slice::User(UserClass::Anonymous),
            Some(
                "caught 100.0 % (n = 1) of reverted edits by anonymous users with 50.0 % of edits left to review",
            ),
        );
        check_words(Slice::Kind(Kind::Gibberish), None);
    }
}
