//! Days are counted: from their edits once, and then from what was written down.
//!
//! A day's counts hold until one of its edits changes, which raises the day's version; what was counted
//! at an older version is counted anew. Of a day whose outcomes are still open nothing is written down,
//! since they depend on the clock; its counts are remembered as long as neither goes on (`open_days`). Edits
//! that are gone stand as their day's `base`, which is added to the counts of those that are there.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::{PoisonError, RwLock};

use tokio::sync::Mutex;

use super::bytes::{self, Groups};
use super::cells::Cells;
use super::counting::{CountedModels, Counts};
use super::days::end_of;
use super::open_days::{Asked, OpenDays};
use crate::revision::Timestamp;
use crate::service::ledger::store::{Answer, Day, DayTally, ModelId, StoreError};

/// A database whose days are counted.
pub(crate) trait CountsDays: Sync {
    /// What is written down of a wiki's days, of a model or of all; `None` when there is nothing of the wiki.
    fn known_days<'a>(
        &'a self,
        wiki: &'a str,
        model: Option<ModelId>,
        days: RangeInclusive<Day>,
    ) -> Answer<'a, Option<KnownDays>>;

    /// Counts a day's edits and adds those that are gone; gives the version that was counted.
    fn count_day(&self, wiki: i64, day: Day, settled_until: Timestamp)
    -> Answer<'_, (i64, Counts)>;

    /// Keeps what was counted, unless an edit has changed meanwhile.
    fn write_down<'a>(
        &'a self,
        wiki: i64,
        day: Day,
        version: i64,
        counts: &'a Counts,
    ) -> Answer<'a, ()>;
}

/// What is written down of days.
pub(crate) struct KnownDays {
    /// The wiki's number.
    pub(crate) wiki: i64,
    /// All that there are edits of.
    pub(crate) days: Vec<DayRow>,
    /// Counts of days whose version was counted.
    pub(crate) totals: Vec<(ModelId, Day, Groups)>,
}

/// A day.
pub(crate) struct DayRow {
    pub(crate) day: Day,
    pub(crate) version: i64,
    /// The version that was counted.
    pub(crate) counted: Option<i64>,
}

impl DayRow {
    /// `day, version, counted`
    pub(crate) fn read(row: &impl Cells) -> Result<Self, StoreError> {
        Ok(Self {
            day: row.small(0)?,
            version: row.int(1)?,
            counted: row.maybe_int(2)?,
        })
    }
}

/// What is remembered between two questions.
#[derive(Default)]
pub(crate) struct Tallies {
    /// Held by whoever counts a day.
    counting: Mutex<()>,
    open_days: OpenDays,
    models: RwLock<CountedModels>,
}

impl Tallies {
    /// The tallies of days.
    pub(crate) async fn of(
        &self,
        store: &impl CountsDays,
        wiki: &str,
        model: Option<ModelId>,
        days: RangeInclusive<Day>,
        settled_until: Timestamp,
    ) -> Result<Vec<DayTally>, StoreError> {
        let mut tallies = Vec::new();
        let Some(found) = store.known_days(wiki, model, days).await? else {
            return Ok(tallies);
        };
        let wiki = found.wiki;
        let is_wanted = |id: ModelId| model.is_none_or(|model| model == id);
        let is_settled = |day: Day| end_of(day) <= settled_until.0;
        let is_known = |row: &DayRow| is_settled(row.day) && row.counted == Some(row.version);
        let (known, unknown): (Vec<DayRow>, Vec<DayRow>) =
            found.days.into_iter().partition(is_known);
        let known: BTreeSet<Day> = known.into_iter().map(|row| row.day).collect();
        for (id, day, groups) in found.totals {
            if known.contains(&day) {
                extend(&mut tallies, id, day, groups);
            }
        }
        for DayRow { day, version, .. } in unknown {
            let asked = Asked {
                wiki,
                day,
                settled_until,
            };
            // One at a time, so that others than those who count are answered too.
            let _counting = self.counting.lock().await;
            // Somebody else may have counted it meanwhile.
            if let Some(known) = self.open_days.find(&asked, version) {
                for (id, groups) in known.iter().filter(|(id, _)| is_wanted(*id)) {
                    extend(&mut tallies, *id, day, bytes::decode_groups(groups)?);
                }
                continue;
            }
            let (version, counts) = store.count_day(wiki, day, settled_until).await?;
            if !is_settled(day) {
                self.open_days.keep(asked, version, &counts);
            } else if let Err(error) = store.write_down(wiki, day, version, &counts).await {
                // The answer is right all the same; the next one counts again.
                tracing::debug!(%error, "the counts of a day are not kept: {error}");
            }
            for (id, groups) in counts.into_iter().filter(|(id, _)| is_wanted(*id)) {
                extend(&mut tallies, id, day, groups);
            }
        }
        tallies.sort_by_key(|tally| (tally.day, tally.model, tally.group));
        Ok(tallies)
    }

    /// The models that are known, if they are so many.
    pub(crate) fn models(&self, n: i64) -> Option<CountedModels> {
        let models = self.models.read().unwrap_or_else(PoisonError::into_inner);
        (models.len() as i64 == n).then(|| models.clone())
    }

    /// Remembers all models.
    pub(crate) fn know(&self, models: &CountedModels) {
        let mut known = self.models.write().unwrap_or_else(PoisonError::into_inner);
        known.clone_from(models);
    }
}

fn extend(tallies: &mut Vec<DayTally>, model: ModelId, day: Day, groups: Groups) {
    tallies.extend(groups.into_iter().map(|(group, tally)| DayTally {
        model,
        day,
        group,
        tally,
    }));
}
