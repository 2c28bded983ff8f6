//! The report: what a model's flags caught, missed and cost over a period, from the ledger's counts.
//!
//! Plain data, the same for JSON, tables and pages. Every share keeps its counts, and its 95 % interval
//! is Wilson's (1927), which takes edits as independent; edits whose outcome is still open stand apart
//! and are in no share.

mod counting;
mod drift;
mod markdown;
mod period;
mod sentence;

use std::collections::BTreeMap;

pub(crate) use drift::{ANOTHER, FeatureDrift, drift};
pub(crate) use markdown::{By, group_name};
pub(crate) use period::{Period, date, day_of, first_second};
pub(crate) use sentence::sentence;

use crate::model::Target;
use crate::revision::Timestamp;
use crate::service::App;
use crate::service::ledger::{Bands, Day, Group, Ledger, Store, StoreError, StoredModel, Tally};
use crate::service::models::Models;

/// What is asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Question {
    pub(crate) wiki: String,
    /// The first day; without it the first of which there are settled edits.
    pub(crate) from: Option<Day>,
    /// The last day, inclusive; without it the last one that is seen.
    pub(crate) to: Option<Day>,
    /// A model's name, or name and version with an `@` between; without it the latest of the target
    /// `reverted`, or of any.
    pub(crate) model: Option<String>,
    /// What counts as flagged.
    pub(crate) flagged_by: FlaggedBy,
    /// Time that a person takes to look at an edit.
    pub(crate) seconds_an_edit: Option<u32>,
}

/// What counts as flagged: probabilities from here on.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum FlaggedBy {
    /// The model's level `review`, or a half where it has none.
    #[default]
    Review,
    /// A level of the model by name.
    Level(String),
    /// A hundredth, or a level's very threshold.
    Threshold(f64),
}

/// A part of a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Share {
    pub(crate) part: u64,
    pub(crate) whole: u64,
}

/// Counts of a group's edits at one threshold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Row {
    /// Edits that the model scored, whatever became of them.
    pub(crate) scored: u64,
    /// Of these, edits with an outcome that counts: kept, or reverted by somebody else.
    pub(crate) settled: u64,
    /// Settled and reverted (or vandalism, where the model looks for that).
    pub(crate) bad: u64,
    /// Settled and flagged.
    pub(crate) flagged: u64,
    /// Flagged and bad.
    pub(crate) caught: u64,
    /// Too young for their outcome to be known.
    pub(crate) pending: u64,
    pub(crate) pending_flagged: u64,
    /// Of the pending, those that were reverted already; flagged ones apart.
    pub(crate) pending_reverted: u64,
    pub(crate) pending_caught: u64,
    /// Neither: reverted by their own author, or in a revert that was undone, or unclear.
    pub(crate) left_out: u64,
    /// By bots, or the first of their page, which the model's recipe does not measure by.
    pub(crate) not_counted: u64,
    /// Settled or not: edits that a person judged, and found bad; flagged ones apart.
    pub(crate) judged: u64,
    pub(crate) judged_bad: u64,
    pub(crate) judged_flagged: u64,
    pub(crate) judged_flagged_bad: u64,
}

/// A time in the middle of many.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Times {
    pub(crate) n: u64,
    /// Seconds, known to within a fifth.
    pub(crate) median: f64,
    pub(crate) ninth_tenth: f64,
}

/// Whether probabilities mean this period what they say.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct PeriodCalibration {
    pub(crate) n: u64,
    /// The mean probability.
    pub(crate) predicted: f64,
    /// The share that was bad.
    pub(crate) observed: Share,
    /// The expected calibration error over bands of a hundredth.
    pub(crate) error: f64,
    /// The model's own error on the edits that it was measured on; `None` when it is not served any more.
    pub(crate) own_error: Option<f64>,
}

/// A model in a report.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct ReportModel {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) target: Target,
    pub(crate) levels: Vec<(String, f64)>,
}

/// The report.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Report {
    pub(crate) wiki: String,
    pub(crate) model: ReportModel,
    pub(crate) from: Day,
    pub(crate) to: Day,
    /// Until when outcomes are known: edits of later than that are pending without one.
    pub(crate) settled_until: Timestamp,
    /// What counts as flagged.
    pub(crate) threshold: f64,
    /// Its name, when it is a level.
    pub(crate) level: Option<String>,
    /// All edits at the threshold.
    pub(crate) all: Row,
    /// All edits at each of the model's levels, rising.
    pub(crate) levels: Vec<(String, f64, Row)>,
    /// All edits at every threshold that can be asked for, rising.
    pub(crate) thresholds: Vec<(f64, Row)>,
    /// Groups that have edits, at the threshold, in the order of their kinds; all edits are not among
    /// them.
    pub(crate) groups: Vec<(Group, Row)>,
    /// Every day that has edits, at the threshold.
    pub(crate) days: Vec<(Day, Row)>,
    /// From edit to score; `None` without any.
    pub(crate) score_delay: Option<Times>,
    /// From edit to revert, of flagged and of other edits.
    pub(crate) revert_delay_flagged: Option<Times>,
    pub(crate) revert_delay_missed: Option<Times>,
    pub(crate) calibration: Option<PeriodCalibration>,
    /// The largest first; empty when the model does not say how its features were spread.
    pub(crate) drift: Vec<FeatureDrift>,
    /// The time that a person takes to look at an edit.
    pub(crate) seconds_an_edit: u32,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReportError {
    #[error("the ledger has no scores of {wiki:?}; it has some of: {known}")]
    NoScores { wiki: String, known: String },
    #[error("expected a model that scored edits of {wiki}, got {got:?}; there are: {known}")]
    NoModel {
        wiki: String,
        got: String,
        known: String,
    },
    #[error("expected a level of {model} ({known}), got {got:?}")]
    NoLevel {
        model: String,
        known: String,
        got: String,
    },
    #[error(
        "expected a threshold of whole hundredths or the very one of a level ({known}), got {got}"
    )]
    NoThreshold { known: String, got: f64 },
    #[error("expected a period that begins before it ends, got {from} to {to}")]
    NoPeriod { from: String, to: String },
    #[error(
        "the report was not made within {limit_ms} ms; ask for fewer days, or again in a moment"
    )]
    Late { limit_ms: u128 },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Time that a person takes to look at an edit, when nobody says.
pub(crate) const SECONDS_AN_EDIT: u32 = 30;

/// Makes a report of what is in a store. `settled_until` says until when outcomes are known; what is served
/// now tells how features were spread in training, where it is the same model.
pub(crate) async fn report(
    store: &dyn Store,
    served: &Models,
    question: &Question,
    settled_until: Timestamp,
) -> Result<Report, ReportError> {
    let stored = choose(store, served, question).await?;
    let (first_day, last_day) = stored.days.unwrap_or((0, 0));
    let from = question.from.unwrap_or(first_day);
    let to = question.to.unwrap_or(last_day);
    if from > to {
        return Err(ReportError::NoPeriod {
            from: first_second(from).to_string(),
            to: first_second(to).to_string(),
        });
    }
    let levels = &stored.model.levels;
    let bands = Bands::new(levels);
    let (threshold, level) = flagging(&stored, &question.flagged_by)?;
    let first = bands
        .from(threshold)
        .ok_or_else(|| ReportError::NoThreshold {
            known: in_a_list(levels.iter().map(|(name, at)| format!("{name}: {at}"))),
            got: threshold,
        })?;
    let mut sums: BTreeMap<Group, Tally> = BTreeMap::new();
    let mut days = BTreeMap::new();
    for tallied in store
        .tallies(&question.wiki, Some(stored.id), from..=to, settled_until)
        .await?
    {
        if tallied.group == Group::All {
            days.insert(tallied.day, counting::row(&tallied.tally, first));
        }
        sums.entry(tallied.group)
            .or_default()
            .absorb(&tallied.tally);
    }
    let all = sums.remove(&Group::All).unwrap_or_default();
    let own = served
        .iter()
        .find(|served| served.model.checksum() == stored.model.checksum);
    let own_error = own.map(|served| served.model.report().calibration.expected_error);
    let drift = match own {
        Some(own) => {
            let counts = store.features(&question.wiki, stored.id, from..=to);
            drift(&own.model.report().spreads, &counts.await?)
        }
        None => Vec::new(),
    };
    let levels = levels.iter().filter_map(|(name, at)| {
        let row = counting::row(&all, bands.from(*at)?);
        Some((name.clone(), *at, row))
    });
    Ok(Report {
        wiki: question.wiki.clone(),
        from,
        to,
        settled_until,
        threshold,
        level,
        all: counting::row(&all, first),
        levels: levels.collect(),
        thresholds: counting::rows(&all, &bands),
        groups: sums
            .iter()
            .map(|(group, tally)| (*group, counting::row(tally, first)))
            .collect(),
        days: days.into_iter().collect(),
        score_delay: counting::times(all.score_delays.iter().map(|(delay, n)| (*delay, *n))),
        revert_delay_flagged: counting::revert_times(&all, first, true),
        revert_delay_missed: counting::revert_times(&all, first, false),
        calibration: counting::calibration(&all, own_error),
        drift,
        seconds_an_edit: question.seconds_an_edit.unwrap_or(SECONDS_AN_EDIT),
        model: ReportModel {
            name: stored.model.name,
            version: stored.model.version,
            target: stored.model.target,
            levels: stored.model.levels,
        },
    })
}

/// The same by what an app has, within the time that requests get.
pub(crate) async fn report_in_time(
    app: &App,
    ledger: &Ledger,
    question: &Question,
    settled_until: Timestamp,
) -> Result<Report, ReportError> {
    let (served, limit) = (app.models(), app.limits().timeout);
    let made = report(&**ledger.store(), &served, question, settled_until);
    let made = tokio::time::timeout(limit, made).await;
    made.unwrap_or(Err(ReportError::Late {
        limit_ms: limit.as_millis(),
    }))
}

/// The model that is asked for: by name or by name and version, or the latest that looks for reverts, or
/// the latest; of several, one that is served now.
async fn choose(
    store: &dyn Store,
    served: &Models,
    question: &Question,
) -> Result<StoredModel, ReportError> {
    let wiki = &question.wiki;
    let models = served_first(store.models(wiki).await?, served);
    if models.is_empty() {
        return Err(ReportError::NoScores {
            wiki: wiki.chars().take(40).collect(),
            known: in_a_list(store.wikis().await?),
        });
    }
    let known = in_a_list(models.iter().map(StoredModel::full_name));
    let found = chosen(&models, question.model.as_deref()).cloned();
    found.ok_or_else(|| ReportError::NoModel {
        wiki: wiki.clone(),
        got: question.model.clone().unwrap_or_default(),
        known,
    })
}

/// A model by its name, or by name and version; without one the first that looks for reverts, or the first.
pub(crate) fn chosen<'a>(
    models: &'a [StoredModel],
    asked: Option<&str>,
) -> Option<&'a StoredModel> {
    let mut all = models.iter();
    match asked {
        Some(name) => all.find(|stored| stored.model.name == name || stored.full_name() == name),
        None => all
            .find(|stored| stored.model.target == Target::Reverted)
            .or(models.first()),
    }
}

/// What is served comes before what was served, or is only compared.
pub(crate) fn served_first(mut models: Vec<StoredModel>, served: &Models) -> Vec<StoredModel> {
    models.sort_by_key(|stored| {
        let mut served = served.iter();
        !served.any(|served| served.model.checksum() == stored.model.checksum)
    });
    models
}

/// The threshold that flags, and its name.
fn flagging(stored: &StoredModel, by: &FlaggedBy) -> Result<(f64, Option<String>), ReportError> {
    let levels = &stored.model.levels;
    match by {
        FlaggedBy::Review => {
            let (name, at) = stored.model.review();
            Ok((at, name.map(str::to_owned)))
        }
        FlaggedBy::Level(got) => match stored.model.level(got) {
            Some((name, at)) => Ok((at, Some(name.to_owned()))),
            None => Err(ReportError::NoLevel {
                model: stored.model.name.clone(),
                known: in_a_list(levels.iter().map(|(name, _)| name.clone())),
                got: got.chars().take(40).collect(),
            }),
        },
        FlaggedBy::Threshold(got) => {
            let level = levels.iter().find(|(_, at)| at == got);
            Ok((*got, level.map(|(name, _)| name.clone())))
        }
    }
}

fn in_a_list(names: impl IntoIterator<Item = String>) -> String {
    let names: Vec<String> = names.into_iter().collect();
    match names.is_empty() {
        true => "none".to_owned(),
        false => names.join(", "),
    }
}

impl Share {
    /// The share; `None` of nothing.
    pub(crate) fn value(self) -> Option<f64> {
        (self.whole > 0).then(|| self.part as f64 / self.whole as f64)
    }

    /// Its 95 % interval (Wilson, 1927, without correction for continuity); `None` of nothing.
    pub(crate) fn interval(self) -> Option<(f64, f64)> {
        const Z: f64 = 1.959_963_984_540_054;
        let (n, p) = (self.whole as f64, self.value()?);
        let middle = (p + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
        let half = Z / (1.0 + Z * Z / n) * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        // Exact at the ends, where the sums above may miss them by a rounding.
        let low = if self.part == 0 { 0.0 } else { middle - half };
        let high = if self.part == self.whole {
            1.0
        } else {
            middle + half
        };
        Some((low.max(0.0), high.min(1.0)))
    }
}

impl Row {
    /// Caught among the bad.
    pub(crate) fn recall(&self) -> Share {
        Share {
            part: self.caught,
            whole: self.bad,
        }
    }

    /// Bad among the flagged.
    pub(crate) fn precision(&self) -> Share {
        Share {
            part: self.caught,
            whole: self.flagged,
        }
    }

    /// Flagged among all that are settled.
    pub(crate) fn workload(&self) -> Share {
        Share {
            part: self.flagged,
            whole: self.settled,
        }
    }

    /// What nobody needs to look at.
    pub(crate) fn filter_rate(&self) -> Share {
        Share {
            part: self.settled - self.flagged,
            whole: self.settled,
        }
    }

    /// Bad among the flagged that a person judged.
    pub(crate) fn judged_precision(&self) -> Share {
        Share {
            part: self.judged_flagged_bad,
            whole: self.judged_flagged,
        }
    }

    /// Bad and not flagged.
    pub(crate) fn missed(&self) -> u64 {
        self.bad - self.caught
    }
}
