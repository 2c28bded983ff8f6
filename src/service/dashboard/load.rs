//! The few lines between pages and the ledger.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::Date;

use super::visit::Visit;
use crate::service::App;
use crate::service::error::ServiceError;
use crate::service::ledger::{Change, Day, Store, StoreError, StoredModel};
use crate::service::report::{self, FlaggedBy, Question, Report, ReportError, date, day_of};

/// Where the ledger is kept; `None` without a ledger.
pub(crate) fn store(app: &App) -> Option<&Arc<dyn Store>> {
    app.ledger().map(|ledger| ledger.store())
}

/// Writes judgements of these wikis' edits to the ledger, and waits until they are written. A wiki that it
/// does not keep, and has nothing of, is an error: it would stay in every list for a slip of the pen.
pub(crate) async fn write(
    app: &App,
    wikis: &BTreeSet<Arc<str>>,
    changes: Vec<Change>,
) -> Result<(), ServiceError> {
    let ledger = app.ledger().ok_or(ServiceError::NoLedger)?;
    let known = ledger.store().wikis().await.map_err(broken)?;
    let mut wikis = wikis.iter();
    if let Some(wiki) =
        wikis.find(|wiki| !ledger.keeps(wiki) && !known.iter().any(|known| **known == ***wiki))
    {
        return Err(ReportError::NoScores {
            wiki: wiki.chars().take(40).collect(),
            known: known.join(", "),
        }
        .into());
    }
    ledger.write(changes).await.map_err(|error| {
        tracing::error!(%error, "the ledger was not written: {error}");
        ServiceError::LedgerUnavailable
    })
}

/// The ledger's trouble is the log's to tell.
pub(crate) fn broken(error: StoreError) -> ServiceError {
    tracing::error!(%error, "a question to the ledger failed: {error}");
    ServiceError::LedgerUnavailable
}

/// The models that scored a wiki's edits, those that are served first, then the latest; none without a ledger.
pub(super) async fn models(app: &App, wiki: &str) -> Result<Vec<StoredModel>, ServiceError> {
    match store(app) {
        Some(store) => {
            let models = store.models(wiki).await.map_err(broken)?;
            Ok(report::served_first(models, &app.models()))
        }
        None => Ok(Vec::new()),
    }
}

/// What a page's address asks of a report.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Asked {
    pub(super) from: Option<Day>,
    pub(super) to: Option<Day>,
    /// A model by its name, or by name and version.
    pub(super) model: Option<String>,
    pub(super) flagged_by: FlaggedBy,
}

impl Asked {
    /// Reads an address. What is not understood is not asked: people change addresses by hand.
    pub(super) fn of(visit: &Visit) -> Self {
        let day = |name| {
            let text = visit.asked(name)?;
            text.parse().ok().map(day_of)
        };
        let threshold = visit.asked("threshold").and_then(threshold);
        let level = visit.asked("level").map(str::to_owned);
        Self {
            from: day("from"),
            to: day("to"),
            model: visit.asked("model").map(str::to_owned),
            flagged_by: match (threshold, level) {
                (Some(threshold), _) => FlaggedBy::Threshold(threshold),
                (None, Some(level)) => FlaggedBy::Level(level),
                (None, None) => FlaggedBy::Review,
            },
        }
    }
}

/// A threshold as a person writes it, to the hundredth that can be asked for.
fn threshold(text: &str) -> Option<f64> {
    let value: f64 = text.replace(',', ".").parse().ok()?;
    let hundredth = (value * 100.0).round();
    (0.0..100.0)
        .contains(&hundredth)
        .then_some(hundredth / 100.0)
}

/// A wiki's report: of the last month that is over, where it was scored from its first day on, or of all
/// days; `None` when nothing was scored.
pub(super) async fn report(
    app: &App,
    wiki: &str,
    asked: &Asked,
) -> Result<Option<Report>, ServiceError> {
    let Some(ledger) = app.ledger() else {
        return Ok(None);
    };
    let store = &**ledger.store();
    let settled_until = ledger.settled_until(wiki).await;
    let mut question = Question {
        wiki: wiki.to_owned(),
        from: asked.from,
        to: asked.to,
        model: asked.model.clone(),
        flagged_by: asked.flagged_by.clone(),
        seconds_an_edit: None,
    };
    if (asked.from, asked.to) == (None, None) {
        let models = store.models(wiki).await.map_err(broken)?;
        let days = models.iter().filter_map(|stored| stored.days);
        let first = days.map(|(first, _)| first).min();
        if let Some((from, to)) = first.and_then(|first| last_month(first, day_of(settled_until))) {
            (question.from, question.to) = (Some(from), Some(to));
        }
    }
    let mut made = report::report_in_time(app, ledger, &question, settled_until).await;
    // Addresses keep a level or a threshold from one model to the next, which may not have it.
    if let Err(ReportError::NoLevel { .. } | ReportError::NoThreshold { .. }) = made {
        question.flagged_by = FlaggedBy::Review;
        made = report::report_in_time(app, ledger, &question, settled_until).await;
    }
    match made {
        Ok(report) => Ok(Some(report)),
        Err(ReportError::NoScores { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The last whole month before a day's end, if the first day is not after its beginning.
fn last_month(first: Day, settled: Day) -> Option<(Day, Day)> {
    let end = date(settled);
    let last = match end == end.last_of_month() {
        true => end,
        false => end.first_of_month().yesterday().ok()?,
    };
    let day = |date: Date| {
        let days = date
            .since((jiff::Unit::Day, jiff::civil::date(1970, 1, 1)))
            .ok()?;
        Some(days.get_days())
    };
    let (from, to) = (day(last.first_of_month())?, day(last)?);
    (first <= from).then_some((from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_month_is_whole() {
        #[track_caller]
        fn check(first: &str, settled: &str, expected: Option<(&str, &str)>) {
            let day = |text: &str| day_of(text.parse().unwrap());
            let expected = expected.map(|(from, to)| (day(from), day(to)));
            assert_eq!(last_month(day(first), day(settled)), expected);
        }
        check(
            "2026-01-01",
            "2026-11-12",
            Some(("2026-10-01", "2026-10-31")),
        );
        check(
            "2026-01-01",
            "2026-10-31",
            Some(("2026-10-01", "2026-10-31")),
        );
        check(
            "2025-12-01",
            "2026-01-30",
            Some(("2025-12-01", "2025-12-31")),
        );
        check("2026-10-02", "2026-11-12", None);
        check("2026-11-02", "2026-11-12", None);
    }

    #[test]
    fn thresholds_are_hundredths() {
        for (text, expected) in [
            ("0.42", Some(0.42)),
            ("0,424", Some(0.42)),
            ("0", Some(0.0)),
            ("1", None),
            ("-1", None),
            ("x", None),
            ("NaN", None),
        ] {
            assert_eq!(threshold(text), expected, "{text}");
        }
    }
}
