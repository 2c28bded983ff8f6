//! What a batch adds to counters, features and days: summed here, and written once at its end.

use std::collections::{BTreeMap, BTreeSet};

use crate::revision::Timestamp;
use crate::service::ledger::store::{Day, FeatureCounts, ModelId};

/// What a batch adds up.
#[derive(Default)]
pub(crate) struct Sums {
    pub(crate) wikis: BTreeMap<i64, WikiSums>,
    /// Wikis' days of which an edit changed.
    pub(crate) days: BTreeSet<(i64, Day)>,
    pub(crate) features: BTreeMap<(i64, ModelId, Day), FeatureCounts>,
    /// First and last day that a model scored a wiki's edits of.
    pub(crate) scored_by: BTreeMap<(i64, ModelId), (Day, Day)>,
}

/// Of a wiki.
#[derive(Default)]
pub(crate) struct WikiSums {
    pub(crate) edits: i64,
    pub(crate) scores: i64,
    pub(crate) judgements: i64,
    pub(crate) seen_until: Option<Timestamp>,
}

impl Sums {
    /// What is added to a wiki's counters.
    pub(crate) fn of_wiki(&mut self, wiki: i64) -> &mut WikiSums {
        self.wikis.entry(wiki).or_default()
    }

    /// An edit of this day changed.
    pub(crate) fn touch(&mut self, wiki: i64, day: Day) {
        self.days.insert((wiki, day));
    }

    /// A model has a score of this day.
    pub(crate) fn span(&mut self, wiki: i64, model: ModelId, day: Day) {
        let span = self.scored_by.entry((wiki, model)).or_insert((day, day));
        *span = (span.0.min(day), span.1.max(day));
    }

    /// A score is new: its model, its edit's day, and its features' tenths.
    pub(crate) fn score(&mut self, wiki: i64, model: ModelId, day: Day, tenths: &[u8]) {
        self.of_wiki(wiki).scores += 1;
        self.touch(wiki, day);
        self.span(wiki, model, day);
        if !tenths.is_empty() {
            let counts = self.features.entry((wiki, model, day)).or_default();
            counts.count(tenths);
        }
    }
}
