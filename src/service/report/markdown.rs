//! The report as Markdown, for terminals and wikis.

use std::fmt::Write as _;

use super::period::date;
use super::sentence::{percent, thousands};
use super::{Report, Row, Share, Times, sentence};
use crate::service::ledger::Group;

/// Features that are shown of those that moved.
const N_DRIFTED: usize = 10;

impl Report {
    /// The whole report.
    pub(crate) fn to_markdown(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let model = &self.model;
        writeln!(
            out,
            "# {}: {} to {}\n",
            self.wiki,
            date(self.from),
            date(self.to)
        )?;
        writeln!(out, "**{}**\n", sentence(self))?;
        let level = self.level.as_ref().map(|level| format!(" ({level})"));
        writeln!(
            out,
            "Model {} {}; flagged from a probability of {} on{}; outcomes are known until {}. In brackets: \
             95 % intervals (Wilson), which take edits as independent.\n",
            model.name,
            model.version,
            self.threshold,
            level.unwrap_or_default(),
            self.settled_until
        )?;
        let all = &self.all;
        let hours = |edits: u64| edits as f64 * f64::from(self.seconds_an_edit) / 3_600.0;
        let saved = all.settled - all.flagged;
        for (what, value) in [
            ("edits scored", thousands(all.scored)),
            ("with an outcome", thousands(all.settled)),
            (
                "pending (no outcome yet; in no share below)",
                thousands(all.pending),
            ),
            (
                "left out (self-reverted, revert undone, unclear)",
                thousands(all.left_out),
            ),
            (
                "not counted (bots, first revisions, suppressed)",
                thousands(all.not_counted),
            ),
            ("reverted", thousands(all.bad)),
            ("caught (flagged and reverted)", with_interval(all.recall())),
            ("missed", thousands(all.missed())),
            (
                "precision (reverted among flagged)",
                with_interval(all.precision()),
            ),
            (
                "precision as judged by people",
                with_interval(all.judged_precision()),
            ),
            (
                "workload (flagged among all)",
                with_interval(all.workload()),
            ),
            ("work saved (filter rate)", with_interval(all.filter_rate())),
        ] {
            writeln!(out, "- {what}: {value}")?;
        }
        writeln!(
            out,
            "- hours at {} s an edit: {:.1} to look at flagged edits, {:.1} saved",
            self.seconds_an_edit,
            hours(all.flagged),
            hours(saved)
        )?;
        for (what, times) in [
            ("from edit to score", self.score_delay),
            ("from edit to revert, flagged", self.revert_delay_flagged),
            ("from edit to revert, missed", self.revert_delay_missed),
        ] {
            if let Some(times) = times {
                writeln!(out, "- time {what}: {}", in_words(times))?;
            }
        }
        let levels = self.levels.iter();
        let levels = levels.map(|(name, threshold, row)| (format!("{name} ({threshold})"), row));
        table(out, "By level", levels)?;
        for (title, by) in [
            ("By user class", By::UserClass),
            ("By kind of edit", By::Kind),
            ("By namespace", By::Namespace),
        ] {
            let groups = self
                .groups
                .iter()
                .filter(|(group, _)| By::of(*group) == Some(by));
            table(
                out,
                title,
                groups.map(|(group, row)| (group_name(*group), row)),
            )?;
        }
        self.write_drift(out)
    }

    fn write_drift(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "\n## Drift\n")?;
        if let Some(calibration) = &self.calibration {
            let own = calibration
                .own_error
                .map(|own| format!(" ({own:.3} when it was measured)"));
            writeln!(
                out,
                "Mean probability {:.2} % where {} were reverted; calibration error {:.3}{}.",
                100.0 * calibration.predicted,
                with_interval(calibration.observed),
                calibration.error,
                own.unwrap_or_default()
            )?;
        }
        if self.drift.is_empty() {
            return writeln!(
                out,
                "The model does not say how its features were spread in training."
            );
        }
        writeln!(
            out,
            "\n| feature | stability index | missing | missing in training |\n|-|-|-|-|"
        )?;
        for drift in self.drift.iter().take(N_DRIFTED) {
            writeln!(
                out,
                "| {} | {:.3} | {:.1} % | {:.1} % |",
                drift.feature,
                drift.index,
                100.0 * drift.missing,
                100.0 * drift.missing_in_training
            )?;
        }
        Ok(())
    }
}

/// What groups are made by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum By {
    Kind,
    UserClass,
    Namespace,
    Day,
}

impl By {
    /// What a group is made by; `None` for all edits.
    pub(crate) fn of(group: Group) -> Option<Self> {
        match group {
            Group::All => None,
            Group::Kind(_) => Some(Self::Kind),
            Group::UserClass(_) => Some(Self::UserClass),
            Group::Namespace(_) => Some(Self::Namespace),
        }
    }
}

/// A group as programs know it, such as `link_spam`.
pub(crate) fn group_name(group: Group) -> String {
    let name = match group {
        Group::All => return "all".to_owned(),
        Group::Namespace(namespace) => return namespace.to_string(),
        Group::Kind(kind) => serde_json::to_value(kind),
        Group::UserClass(class) => serde_json::to_value(class),
    };
    name.ok()
        .and_then(|name| name.as_str().map(str::to_owned))
        .unwrap_or_default()
}

fn table<'a>(
    out: &mut String,
    title: &str,
    rows: impl Iterator<Item = (String, &'a Row)>,
) -> std::fmt::Result {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "\n## {title}\n")?;
    writeln!(
        out,
        "| | edits | reverted | caught | precision | workload | pending |\n|-|-|-|-|-|-|-|"
    )?;
    for (name, row) in rows {
        writeln!(
            out,
            "| {name} | {} | {} | {} | {} | {} | {} |",
            thousands(row.settled),
            thousands(row.bad),
            with_interval(row.recall()),
            with_interval(row.precision()),
            percent(row.workload()),
            thousands(row.pending)
        )?;
    }
    Ok(())
}

fn with_interval(share: Share) -> String {
    match share.interval() {
        None => "-".to_owned(),
        Some((low, high)) => format!(
            "{} of {}, {} ({:.1} to {:.1})",
            thousands(share.part),
            thousands(share.whole),
            percent(share),
            100.0 * low,
            100.0 * high
        ),
    }
}

fn in_words(times: Times) -> String {
    format!(
        "median {}, nine of ten within {} (n = {})",
        duration(times.median),
        duration(times.ninth_tenth),
        thousands(times.n)
    )
}

/// A time in its largest fitting unit.
fn duration(seconds: f64) -> String {
    match seconds {
        ..90.0 => format!("{seconds:.0} s"),
        ..5_400.0 => format!("{:.0} min", seconds / 60.0),
        ..172_800.0 => format!("{:.0} h", seconds / 3_600.0),
        _ => format!("{:.0} days", seconds / 86_400.0),
    }
}
