//! `GET /api/v1/report`: what a model's flags caught, missed and cost over a period.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use crate::revision::Timestamp;
use crate::service::App;
use crate::service::error::ServiceError;
use crate::service::report::{
    By, FlaggedBy, Question, Report, Row, Share, Times, day_of, first_second, group_name,
    report_in_time, sentence,
};

/// What is asked, in the address.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportQuery {
    wiki: String,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    model: Option<String>,
    level: Option<String>,
    threshold: Option<f64>,
    by: Option<ByName>,
    against: Option<String>,
    against_level: Option<String>,
    against_threshold: Option<f64>,
    seconds_an_edit: Option<u32>,
    #[serde(default)]
    format: Format,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ByName {
    Kind,
    UserClass,
    Namespace,
    Day,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Format {
    #[default]
    Json,
    Csv,
    #[serde(alias = "md")]
    Markdown,
}

#[derive(Serialize)]
struct ReportBody {
    wiki: String,
    from: String,
    to: String,
    /// Edits of later than that are pending as long as nobody reverted them.
    outcomes_known_until: Timestamp,
    sentence: String,
    #[serde(flatten)]
    side: SideBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Vec<GroupBody>>,
    time_to_score: Option<TimesBody>,
    time_to_revert: RevertTimesBody,
    calibration: Option<CalibrationBody>,
    drift: Vec<DriftBody>,
    /// Another model or threshold over the same period.
    #[serde(skip_serializing_if = "Option::is_none")]
    against: Option<SideBody>,
}

/// A model at a threshold.
#[derive(Serialize)]
struct SideBody {
    model: ModelBody,
    level: Option<String>,
    threshold: f64,
    all: RowBody,
    levels: Vec<LevelBody>,
}

#[derive(Serialize)]
struct ModelBody {
    name: String,
    version: String,
    target: &'static str,
}

#[derive(Serialize)]
struct LevelBody {
    level: String,
    threshold: f64,
    #[serde(flatten)]
    row: RowBody,
}

#[derive(Serialize)]
struct GroupBody {
    group: String,
    #[serde(flatten)]
    row: RowBody,
}

#[derive(Serialize)]
struct RowBody {
    scored: u64,
    settled: u64,
    reverted: u64,
    flagged: u64,
    caught: u64,
    missed: u64,
    pending: u64,
    pending_flagged: u64,
    pending_reverted: u64,
    pending_caught: u64,
    left_out: u64,
    not_counted: u64,
    recall: ShareBody,
    precision: ShareBody,
    workload: ShareBody,
    filter_rate: ShareBody,
    judged: u64,
    judged_bad: u64,
    judged_precision: ShareBody,
    hours_of_review: f64,
    hours_saved: f64,
}

/// A share with its 95 % interval; null where there is nothing to share.
#[derive(Serialize)]
struct ShareBody {
    value: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    n: u64,
}

#[derive(Serialize)]
struct TimesBody {
    n: u64,
    median_seconds: f64,
    p90_seconds: f64,
}

#[derive(Serialize)]
struct RevertTimesBody {
    flagged: Option<TimesBody>,
    not_flagged: Option<TimesBody>,
}

#[derive(Serialize)]
struct CalibrationBody {
    n: u64,
    mean_probability: f64,
    reverted: ShareBody,
    error: f64,
    error_when_measured: Option<f64>,
}

#[derive(Serialize)]
struct DriftBody {
    feature: String,
    stability_index: f64,
    n: u64,
    missing: f64,
    missing_in_training: f64,
}

/// Answers with a report.
pub(crate) async fn show(
    State(app): State<App>,
    query: Result<Query<ReportQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, ServiceError> {
    let Query(query) = query.map_err(ServiceError::of_query)?;
    app.access().reader(&headers)?;
    let ledger = app.ledger().ok_or(ServiceError::NoLedger)?;
    let wiki = app.wikis().find(&query.wiki);
    let wiki = wiki.map_or(query.wiki.clone(), |wiki| wiki.name.clone());
    let settled_until = ledger.settled_until(&wiki).await;
    let question = Question {
        wiki,
        from: query.from.map(day_of),
        to: query.to.map(day_of),
        model: query.model.clone(),
        flagged_by: flagged_by(query.level.clone(), query.threshold)?,
        seconds_an_edit: query.seconds_an_edit,
    };
    let made = report_in_time(&app, ledger, &question, settled_until).await?;
    let wants_other = query.against.is_some()
        || query.against_level.is_some()
        || query.against_threshold.is_some();
    let against = match wants_other {
        false => None,
        true => {
            let question = Question {
                from: Some(made.from),
                to: Some(made.to),
                model: query.against.or(query.model),
                flagged_by: flagged_by(query.against_level, query.against_threshold)?,
                ..question
            };
            Some(report_in_time(&app, ledger, &question, settled_until).await?)
        }
    };
    let by = query.by.map(By::from);
    let answer = match query.format {
        Format::Json => Json(ReportBody::new(&made, by, against.as_ref())).into_response(),
        Format::Csv => as_text("text/csv; charset=utf-8", to_csv(&made, by)),
        Format::Markdown => as_text("text/markdown; charset=utf-8", made.to_markdown()),
    };
    // It changes with every outcome, and may be for whoever has a token.
    Ok(([(header::CACHE_CONTROL, "no-store")], answer).into_response())
}

fn flagged_by(level: Option<String>, threshold: Option<f64>) -> Result<FlaggedBy, ServiceError> {
    match (level, threshold) {
        (None, None) => Ok(FlaggedBy::Review),
        (Some(level), None) => Ok(FlaggedBy::Level(level)),
        (None, Some(threshold)) => Ok(FlaggedBy::Threshold(threshold)),
        (Some(_), Some(_)) => Err(ServiceError::InvalidRequest(
            "expected a level or a threshold, got both".to_owned(),
        )),
    }
}

fn as_text(content_type: &'static str, text: String) -> Response {
    ([(header::CONTENT_TYPE, content_type)], text).into_response()
}

impl From<ByName> for By {
    fn from(name: ByName) -> Self {
        match name {
            ByName::Kind => Self::Kind,
            ByName::UserClass => Self::UserClass,
            ByName::Namespace => Self::Namespace,
            ByName::Day => Self::Day,
        }
    }
}

fn name_of(by: By) -> &'static str {
    match by {
        By::Kind => "kind",
        By::UserClass => "user_class",
        By::Namespace => "namespace",
        By::Day => "day",
    }
}

/// The rows of what a report is broken down by.
fn groups(report: &Report, by: By) -> Vec<(String, &Row)> {
    match by {
        By::Day => {
            let days = report.days.iter();
            days.map(|(day, row)| (date_of(*day), row)).collect()
        }
        by => {
            let groups = report.groups.iter();
            let groups = groups.filter(|(group, _)| By::of(*group) == Some(by));
            groups
                .map(|(group, row)| (group_name(*group), row))
                .collect()
        }
    }
}

/// A day as `2026-01-31`.
fn date_of(day: crate::service::ledger::Day) -> String {
    let time = first_second(day).to_string();
    time.split('T').next().unwrap_or_default().to_owned()
}

impl ReportBody {
    fn new(report: &Report, by: Option<By>, against: Option<&Report>) -> Self {
        let seconds = report.seconds_an_edit;
        let groups = by.map(|by| {
            let groups = groups(report, by).into_iter();
            let groups = groups.map(|(group, row)| GroupBody {
                group,
                row: RowBody::new(row, seconds),
            });
            groups.collect()
        });
        Self {
            wiki: report.wiki.clone(),
            from: date_of(report.from),
            to: date_of(report.to),
            outcomes_known_until: report.settled_until,
            sentence: sentence(report),
            side: SideBody::new(report),
            by: by.map(name_of),
            groups,
            time_to_score: report.score_delay.map(TimesBody::new),
            time_to_revert: RevertTimesBody {
                flagged: report.revert_delay_flagged.map(TimesBody::new),
                not_flagged: report.revert_delay_missed.map(TimesBody::new),
            },
            calibration: report.calibration.map(|calibration| CalibrationBody {
                n: calibration.n,
                mean_probability: calibration.predicted,
                reverted: ShareBody::new(calibration.observed),
                error: calibration.error,
                error_when_measured: calibration.own_error,
            }),
            drift: report
                .drift
                .iter()
                .map(|drift| DriftBody {
                    feature: drift.feature.clone(),
                    stability_index: drift.index,
                    n: drift.n,
                    missing: drift.missing,
                    missing_in_training: drift.missing_in_training,
                })
                .collect(),
            against: against.map(SideBody::new),
        }
    }
}

impl SideBody {
    fn new(report: &Report) -> Self {
        let seconds = report.seconds_an_edit;
        let levels = report.levels.iter();
        Self {
            model: ModelBody {
                name: report.model.name.clone(),
                version: report.model.version.clone(),
                target: report.model.target.name(),
            },
            level: report.level.clone(),
            threshold: report.threshold,
            all: RowBody::new(&report.all, seconds),
            levels: levels
                .map(|(level, threshold, row)| LevelBody {
                    level: level.clone(),
                    threshold: *threshold,
                    row: RowBody::new(row, seconds),
                })
                .collect(),
        }
    }
}

impl RowBody {
    fn new(row: &Row, seconds_an_edit: u32) -> Self {
        let hours = |edits: u64| edits as f64 * f64::from(seconds_an_edit) / 3_600.0;
        Self {
            scored: row.scored,
            settled: row.settled,
            reverted: row.bad,
            flagged: row.flagged,
            caught: row.caught,
            missed: row.missed(),
            pending: row.pending,
            pending_flagged: row.pending_flagged,
            pending_reverted: row.pending_reverted,
            pending_caught: row.pending_caught,
            left_out: row.left_out,
            not_counted: row.not_counted,
            recall: ShareBody::new(row.recall()),
            precision: ShareBody::new(row.precision()),
            workload: ShareBody::new(row.workload()),
            filter_rate: ShareBody::new(row.filter_rate()),
            judged: row.judged,
            judged_bad: row.judged_bad,
            judged_precision: ShareBody::new(row.judged_precision()),
            hours_of_review: hours(row.flagged),
            hours_saved: hours(row.settled - row.flagged),
        }
    }
}

impl ShareBody {
    fn new(share: Share) -> Self {
        let (low, high) = share.interval().unzip();
        Self {
            value: share.value(),
            low,
            high,
            n: share.whole,
        }
    }
}

impl TimesBody {
    fn new(times: Times) -> Self {
        Self {
            n: times.n,
            median_seconds: times.median,
            p90_seconds: times.ninth_tenth,
        }
    }
}

/// One line a group; without groups one for all edits, and one a level.
fn to_csv(report: &Report, by: Option<By>) -> String {
    let rows: Vec<(String, f64, &Row)> = match by {
        Some(by) => groups(report, by)
            .into_iter()
            .map(|(group, row)| (group, report.threshold, row))
            .collect(),
        None => {
            let levels = report.levels.iter();
            let levels = levels.map(|(name, threshold, row)| (name.clone(), *threshold, row));
            std::iter::once(("all".to_owned(), report.threshold, &report.all))
                .chain(levels)
                .collect()
        }
    };
    let mut text = String::from(COLUMNS);
    for (group, threshold, row) in rows {
        let body = RowBody::new(row, report.seconds_an_edit);
        let mut cells = vec![group, threshold.to_string()];
        let counts = [
            body.scored,
            body.settled,
            body.reverted,
            body.flagged,
            body.caught,
            body.missed,
            body.pending,
            body.pending_flagged,
            body.left_out,
            body.not_counted,
            body.judged,
            body.judged_bad,
        ];
        cells.extend(counts.map(|count| count.to_string()));
        for share in [&body.recall, &body.precision, &body.workload] {
            let values = [share.value, share.low, share.high];
            let written =
                |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.6}"));
            cells.extend(values.map(written));
        }
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

/// Names of groups and numbers need no quotes.
const COLUMNS: &str = "group,threshold,scored,settled,reverted,flagged,caught,missed,pending,pending_flagged,left_out,\
not_counted,judged,judged_bad,recall,recall_low,recall_high,precision,precision_low,precision_high,workload,\
workload_low,workload_high\n";
