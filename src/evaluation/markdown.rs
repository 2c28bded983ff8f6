//! A report as a text for people.
//!
//! It is written for those who decide on a wiki whether to use a scorer, not for statisticians:
//! what is caught comes first, every share has its population, count and interval, and the words
//! are explained at the end. All numbers come from the report; nothing is computed here. Tables
//! show the recalls most asked for; the JSON has all of them. It is long because it is one text,
//! written in the order in which it is read: one method a section.

use std::fmt::Write as _;

use super::bootstrap::round;
use super::figure::{number, percent, plain, share, threshold};
use super::{
    BaseRate, Calibration, CaughtGroup, CaughtRow, Comparison, Interval, Report, Slice, Statistic,
    fairness,
};
use crate::revision::Timestamp;

/// Recall targets that are shown for groups.
const GROUP_TARGETS: [f64; 3] = [0.75, 0.90, 0.95];

impl Report {
    /// The report as Markdown, which links to pictures in the same directory.
    pub fn to_markdown(&self) -> String {
        self.to_markdown_with_pictures("")
    }

    /// The report as Markdown, which links to pictures at `PREFIX` + name + `.svg`.
    pub fn to_markdown_with_pictures(&self, prefix: &str) -> String {
        let label = cell(&self.label);
        let pictures = self.pictures();
        let picture =
            |name: &str, text: &str| match pictures.iter().any(|picture| picture.name == name) {
                true => format!("![{text}]({prefix}{name}.svg)\n\n"),
                false => String::new(),
            };
        let mut text = format!(
            "# How many {label} edits are caught, and at which cost\n\n**{}**\n\n",
            as_sentence(&self.one_line())
        );
        text += &self.population().to_markdown();
        text += &self.write_caught(&label);
        text += &picture(
            "caught",
            &format!("{label} edits caught against share of edits looked at"),
        );
        text += &self.write_users(&label);
        text += &self.write_kinds(&label);
        text += &self.write_unattended(&label);
        text += &self.write_levels(&label);
        text += &fairness::to_markdown(&self.fairness, &label);
        text += &self.write_headline(&label);
        text += &picture("precision-recall", "Precision against recall");
        text += &self.write_comparisons();
        text += &self.write_calibration(&label);
        text += &picture("calibration", "Share observed against probability given");
        text += &picture(
            "scores",
            &format!("Probabilities of {label} and of other edits"),
        );
        text += &explain_words(&label);
        text
    }

    fn population(&self) -> Population<'_> {
        Population {
            label: &self.label,
            n: self.n,
            positives: self.positives,
            pages: self.pages,
            period: self.first.zip(self.last),
            base_rate: self.base_rate,
            resamples: self.resamples,
            notes: &self.notes,
        }
    }

    fn write_caught(&self, label: &str) -> String {
        let Some(group) = self
            .caught
            .group(Slice::All)
            .filter(|group| !group.review.is_empty())
        else {
            return String::new();
        };
        let mut text = format!(
            "## With people who review\n\n\
             | to catch | {label} edits caught (n = {}) | edits left to review | nobody needs to look at | \
             reviewed edits that are {label} | threshold |\n|-:|-:|-:|-:|-:|-:|\n",
            group.positives,
        );
        for row in &group.review {
            let _ = writeln!(
                text,
                "| {:.0} % | {} | {} | {} | {} | {} |",
                100.0 * row.target,
                share(row.recall),
                share(row.workload),
                share(row.filter_rate),
                share(row.precision),
                threshold(Some(row.threshold)),
            );
        }
        text.push('\n');
        text
    }

    fn write_users(&self, label: &str) -> String {
        let groups: Vec<_> = self
            .groups_of(|slice| matches!(slice, Slice::User(_)))
            .collect();
        let head = format!(
            "### By author\n\nThe same thresholds as above, which catch the given share of **all** {label} edits; \
             the other columns are about the group's own edits.\n\n\
             | edits by | edits, {label} | threshold catches of all | caught of the group's | \
             the group's edits left to review | of those {label} |\n|-|-:|-:|-:|-:|-:|\n"
        );
        write_groups(&head, &groups, |row| {
            format!(
                "{} | {} | {}",
                share(row.recall),
                share(row.group_workload),
                share(row.precision)
            )
        })
    }

    fn write_kinds(&self, label: &str) -> String {
        let groups: Vec<_> = self
            .groups_of(|slice| matches!(slice, Slice::Kind(_)))
            .collect();
        let head = format!(
            "### By kind of edit\n\nThresholds that catch the given share of the {label} edits **of the kind**, and \
             the share of all live edits of every kind that is then left to review.\n\n\
             | kind | edits, {label} | to catch | caught of the kind | all edits left to review | \
             reviewed edits of the kind that are {label} |\n|-|-:|-:|-:|-:|-:|\n"
        );
        write_groups(&head, &groups, |row| {
            format!(
                "{} | {} | {}",
                share(row.recall),
                share(row.workload),
                share(row.precision)
            )
        })
    }

    fn groups_of(&self, is_wanted: impl Fn(Slice) -> bool) -> impl Iterator<Item = &CaughtGroup> {
        self.caught
            .groups
            .iter()
            .filter(move |group| is_wanted(group.slice))
    }

    fn write_unattended(&self, label: &str) -> String {
        let mut rows = String::new();
        for group in self
            .caught
            .groups
            .iter()
            .filter(|group| group.positives > 0)
        {
            for row in &group.unattended {
                let _ = writeln!(
                    rows,
                    "| {} | {} | {} of {} | {} | {} | {} | {} |",
                    percent(row.limit),
                    group.slice.in_words(),
                    row.caught,
                    group.positives,
                    share(row.recall),
                    share(row.group_false_positive_rate),
                    share(row.precision),
                    threshold(row.threshold),
                );
            }
        }
        if rows.is_empty() {
            return String::new();
        }
        format!(
            "## Unattended\n\nWhat is caught when nobody looks, and at most so many of all edits that are not \
             {label} are flagged.\n\n\
             | flagged wrongly at most | among | {label} edits caught | share caught | flagged wrongly in the group | \
             flagged edits that are {label} | threshold |\n|-:|-|-:|-:|-:|-:|-:|\n{rows}\n"
        )
    }

    fn write_levels(&self, label: &str) -> String {
        let mut text = format!(
            "## Named thresholds\n\n| name | chosen by | threshold | {label} edits caught | edits flagged | \
             flagged edits that are {label} | others flagged wrongly |\n|-|-|-:|-:|-:|-:|-:|\n"
        );
        for level in &self.levels {
            let point = level.point.as_ref();
            let get = |statistic| share(point.and_then(|point| point.get(statistic)));
            let _ = writeln!(
                text,
                "| `{}` | {} | {} | {} | {} | {} | {} |",
                level.name,
                level.query,
                point.map_or_else(
                    || "cannot be reached".to_owned(),
                    |point| threshold(Some(point.threshold))
                ),
                get(Statistic::Recall),
                get(Statistic::MatchRate),
                get(Statistic::Precision),
                get(Statistic::Fpr),
            );
        }
        text.push('\n');
        text
    }

    fn write_headline(&self, label: &str) -> String {
        let headline = &self.headline;
        let mut text = format!(
            "## The figures by which scorers are compared\n\nn = {}, {} of them {label}. Where a recall or a false \
             positive rate is given, each resample looks for its own threshold.\n\n\
             | figure | value |\n|-|-:|\n",
            self.n, self.positives,
        );
        let rows = [
            ("ROC-AUC", plain(headline.roc_auc)),
            (
                "average precision at the sample rate",
                plain(headline.average_precision),
            ),
            (
                "average precision at the base rate",
                plain(headline.average_precision_at_base_rate),
            ),
            (
                "filter rate at 75 % recall",
                share(headline.filter_rate_at_recall_75),
            ),
            (
                "filter rate at 90 % recall",
                share(headline.filter_rate_at_recall_90),
            ),
            (
                "filter rate at 95 % recall",
                share(headline.filter_rate_at_recall_95),
            ),
            (
                "recall at a false positive rate of 0.1 %",
                share(headline.recall_at_fpr_0_1_percent),
            ),
            (
                "recall at a false positive rate of 0.25 %",
                share(headline.recall_at_fpr_0_25_percent),
            ),
            (
                "recall at a false positive rate of 1 %",
                share(headline.recall_at_fpr_1_percent),
            ),
            (
                "recall at threshold 0.5",
                share(self.at_half.get(Statistic::Recall)),
            ),
            (
                "precision at threshold 0.5",
                share(self.at_half.get(Statistic::Precision)),
            ),
        ];
        for (name, value) in rows {
            let is_twice = name == "average precision at the base rate" && self.base_rate.is_none();
            if !is_twice {
                let _ = writeln!(text, "| {name} | {value} |");
            }
        }
        text.push('\n');
        text
    }

    fn write_comparisons(&self) -> String {
        if self.comparisons.is_empty() {
            return String::new();
        }
        let mut text = "## Beside other scorers\n\nOn the same edits and the same resamples; a difference above 0 \
                        speaks for this scorer, and one whose interval holds 0 is not shown by these edits.\n\n\
                        | other scorer | figure | this | other | difference |\n|-|-|-:|-:|-:|\n"
            .to_owned();
        for comparison in &self.comparisons {
            text += &comparison.to_markdown_rows();
        }
        text.push('\n');
        text
    }

    fn write_calibration(&self, label: &str) -> String {
        let calibration = &self.calibration;
        let mut text = format!(
            "## Whether probabilities mean what they say\n\nBrier score {} (always saying the sample rate: {}), \
             expected calibration error {}; all among the rows as sampled.\n\n\
             | probabilities | edits | mean | {label} |\n|-|-:|-:|-:|\n",
            plain(calibration.brier),
            number(calibration.brier_of_constant, 4),
            calibration_error(calibration),
        );
        for bin in &calibration.bins {
            let (low, high, mean) = (percent(bin.low), percent(bin.high), percent(bin.predicted));
            let _ = writeln!(
                text,
                "| {low} to {high} | {} | {mean} | {} |",
                bin.n,
                share(Some(bin.observed))
            );
        }
        text.push('\n');
        text
    }
}

/// The edits of a report, as far as a text tells about them.
pub(crate) struct Population<'a> {
    pub(crate) label: &'a str,
    pub(crate) n: u64,
    pub(crate) positives: u64,
    pub(crate) pages: u64,
    pub(crate) period: Option<(Timestamp, Timestamp)>,
    pub(crate) base_rate: Option<BaseRate>,
    pub(crate) resamples: u32,
    pub(crate) notes: &'a [String],
}

impl Population<'_> {
    /// What the figures are about, with all that has to be known before they are believed.
    pub(crate) fn to_markdown(&self) -> String {
        let label = cell(self.label);
        let mut text = format!("## The edits\n\n{} edits", self.n);
        if self.pages > 0 {
            let _ = write!(
                text,
                " of {} {}",
                self.pages,
                if self.pages == 1 { "page" } else { "pages" }
            );
        }
        if let Some((first, last)) = self.period {
            let _ = write!(text, ", saved from {first} to {last}");
        }
        let _ = write!(
            text,
            "; {} of them are {label} (sample rate {}).",
            self.positives,
            percent(round(self.positives as f64 / self.n as f64))
        );
        match self.base_rate {
            Some(base_rate) => {
                let base_rate = percent(base_rate.get());
                let _ = write!(
                    text,
                    " Among live edits {base_rate} are (base rate); workload and precision are scaled to that."
                );
            }
            None => text.push_str(" Workload and precision are those among these edits."),
        }
        if self.resamples > 0 {
            let _ = write!(
                text,
                " \"a % (b to c)\" is a value with its 95 % interval, from {} resamples of {}.",
                self.resamples,
                if self.pages > 1 {
                    "the pages"
                } else {
                    "the edits"
                },
            );
        }
        text.push_str("\n\n");
        for note in self.notes {
            let _ = writeln!(text, "- Note: {}.", cell(note));
        }
        text.push_str(if self.notes.is_empty() { "" } else { "\n" });
        text
    }
}

fn calibration_error(calibration: &Calibration) -> String {
    let value = number(calibration.expected_error, 4);
    match calibration.expected_error_interval {
        Some(Interval { low, high }) => {
            format!("{value} ({} to {})", number(low, 4), number(high, 4))
        }
        None => value,
    }
}

impl Comparison {
    /// Rows of a table: other scorer, figure, this, other, difference.
    fn to_markdown_rows(&self) -> String {
        let mut rows = String::new();
        for row in &self.rows {
            let is_share = row.statistic.starts_with("filter_rate");
            let write = |estimate| {
                if is_share {
                    share(estimate)
                } else {
                    plain(estimate)
                }
            };
            let _ = writeln!(
                rows,
                "| {} | {} | {} | {} | {} |",
                cell(&self.name),
                row.statistic,
                write(row.this),
                write(row.other),
                write(row.difference),
            );
        }
        rows
    }
}

fn write_groups(
    head: &str,
    groups: &[&CaughtGroup],
    columns: impl Fn(&CaughtRow) -> String,
) -> String {
    let mut rows = String::new();
    for group in groups {
        let what = group.slice.in_words();
        let what = what.strip_prefix("edits by ").unwrap_or(&what);
        let shown = group
            .review
            .iter()
            .filter(|row| GROUP_TARGETS.contains(&row.target));
        for row in shown {
            let target = 100.0 * row.target;
            let _ = writeln!(
                rows,
                "| {what} | {}, {} | {target:.0} % | {} |",
                group.n,
                group.positives,
                columns(row)
            );
        }
        if group.review.is_empty() {
            let _ = writeln!(rows, "| {what} | {}, 0 | | | | |", group.n);
        }
    }
    if rows.is_empty() {
        String::new()
    } else {
        format!("{head}{rows}\n")
    }
}

fn explain_words(label: &str) -> String {
    format!(
        "## Words\n\n\
         - **caught**: a {label} edit at or above the threshold; the share caught is the *recall*.\n\
         - **left to review** (*workload*, match rate): the share of all live edits at or above the threshold, which \
         somebody must look at; the rest is the *filter rate*.\n\
         - **precision**: of the edits at or above the threshold, the share that is {label}.\n\
         - **flagged wrongly** (*false positive rate*): of the edits that are not {label}, the share at or above the \
         threshold.\n\
         - A value without an interval: the bootstrap saw no spread, as with 0 of n or n of n. By the rule of three \
         the true share may still be about 3 / n away.\n\
         - **ROC-AUC**: how often a random {label} edit has a higher probability than a random other edit; 0.5 is \
         chance.\n\
         - **average precision**: the mean precision over all {label} edits, each at its own probability; chance is \
         the share of {label} edits.\n"
    )
}

/// A text that begins with a capital and ends with a full stop.
fn as_sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters
        .next()
        .map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), characters.as_str())
}

/// Text for a table's cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}
