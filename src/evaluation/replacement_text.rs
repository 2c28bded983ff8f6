//! What changes when one scorer takes another's place, as a text for people.
//!
//! What happens at a client's threshold comes first, for all edits; groups follow. Nothing is computed
//! here.

use std::fmt::Write as _;

use super::figure::{number, percent, plain, share, threshold};
use super::markdown::Population;
use super::{Paired, Replacement, ReplacementGroup, ScoreQuantile, Sides, Slice, Statistic, Tally};

impl Replacement {
    /// The comparison as Markdown.
    pub fn to_markdown(&self) -> String {
        let label = &self.label;
        let edits = Population {
            label,
            n: self.n,
            positives: self.positives,
            pages: self.pages,
            period: self.first.zip(self.last),
            base_rate: self.base_rate,
            resamples: self.resamples,
            notes: &self.notes,
        };
        let mut text = edits.to_markdown();
        for group in self.groups.iter().filter(|group| group.slice == Slice::All) {
            text += &write_sides(group, label);
            text += &write_figures(group, label);
            text += &write_scores(group);
            text += "## Which ranks better\n\n| figure | A | B | B less A |\n|-|-:|-:|-:|\n";
            for row in &group.accuracy {
                let _ = writeln!(text, "| {} |", write_paired(row));
            }
            text.push('\n');
        }
        text += &self.write_groups();
        text
    }

    fn write_groups(&self) -> String {
        let groups = || self.groups.iter().filter(|group| group.slice != Slice::All);
        let label = &self.label;
        let mut text = format!(
            "## By author and kind of edit\n\nThe same thresholds, each group's own edits.\n\n\
             | edits | edits, {label} | threshold | flagged by both | by A only | by B only | by neither | \
             share flagged by A | by B | B less A |\n|-|-:|-|-:|-:|-:|-:|-:|-:|-:|\n"
        );
        for group in groups() {
            for sides in &group.thresholds {
                let workload = sides.figures.first().map_or_else(
                    || "- | - | -".to_owned(),
                    |figure| {
                        [figure.a, figure.b, figure.difference]
                            .map(share)
                            .join(" | ")
                    },
                );
                let _ = writeln!(
                    text,
                    "| {} | {}, {} | {} | {workload} |",
                    group.slice.in_words(),
                    group.n,
                    group.positives,
                    write_tallies(sides),
                );
            }
        }
        let _ = write!(
            text,
            "\n| edits | edits, {label} | figure | A | B | B less A |\n|-|-:|-|-:|-:|-:|\n"
        );
        // Where all are bad or none is, nothing is ranked.
        for group in groups().filter(|group| (1..group.n).contains(&group.positives)) {
            for row in &group.accuracy {
                let (n, positives) = (group.n, group.positives);
                let what = group.slice.in_words();
                let _ = writeln!(
                    text,
                    "| {what} | {n}, {positives} | {} |",
                    write_paired(row)
                );
            }
        }
        text
    }
}

fn write_sides(group: &ReplacementGroup, label: &str) -> String {
    let mut text = format!(
        "## Who changes sides\n\nEdits at or above a threshold are flagged. The names are those of A's thresholds; \
         behind each number of edits, how many of them are {label}.\n\n\
         | threshold | flagged by both | by A only | by B only | by neither |\n|-|-:|-:|-:|-:|\n"
    );
    for sides in &group.thresholds {
        let _ = writeln!(text, "| {} |", write_tallies(sides));
    }
    text + "\n"
}

fn write_figures(group: &ReplacementGroup, label: &str) -> String {
    let mut text = "| threshold | figure | A | B | B less A |\n|-|-|-:|-:|-:|\n".to_owned();
    for sides in &group.thresholds {
        for figure in &sides.figures {
            let statistic = &figure.statistic;
            let what = if statistic == Statistic::MatchRate.name() {
                "edits flagged".to_owned()
            } else if statistic == Statistic::Recall.name() {
                format!("{label} edits caught")
            } else {
                format!("flagged edits that are {label}")
            };
            let values = [figure.a, figure.b, figure.difference]
                .map(share)
                .join(" | ");
            let _ = writeln!(text, "| {} | {what} | {values} |", named(sides));
        }
    }
    text + "\n"
}

fn write_scores(group: &ReplacementGroup) -> String {
    let mut text = "## How scores differ\n\nWhat so large a share of the edits has at most; the last row is B's \
                    probability less A's of the same edit.\n\n| |"
        .to_owned();
    for quantile in &group.scores {
        let _ = write!(text, " {} |", percent(quantile.share));
    }
    let _ = writeln!(text, "\n|-|{}", "-:|".repeat(group.scores.len()));
    type Value = fn(&ScoreQuantile) -> f64;
    let rows: [(&str, Value); 3] = [
        ("A", |quantile| quantile.a),
        ("B", |quantile| quantile.b),
        ("B less A", |quantile| quantile.difference),
    ];
    for (what, value) in rows {
        let values: Vec<String> = group
            .scores
            .iter()
            .map(|quantile| number(value(quantile), 4))
            .collect();
        let _ = writeln!(text, "| {what} | {} |", values.join(" | "));
    }
    text + "\n"
}

/// Cells: threshold, both, A only, B only, neither.
fn write_tallies(sides: &Sides) -> String {
    let tallies = [sides.both, sides.only_a, sides.only_b, sides.neither]
        .map(|Tally { n, positives }| format!("{n}, {positives}"));
    format!("{} | {}", named(sides), tallies.join(" | "))
}

/// Cells: figure, A, B, difference.
fn write_paired(row: &Paired) -> String {
    let write = match row.statistic.starts_with("filter_rate") {
        true => share,
        false => plain,
    };
    let values = [row.a, row.b, row.difference].map(write);
    format!("{} | {}", row.statistic, values.join(" | "))
}

fn named(sides: &Sides) -> String {
    format!("`{}` {}", sides.name, threshold(Some(sides.threshold)))
}
