//! Scores of edits are counted, row by row.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::bytes::{self, Groups};
use super::cells::Cells;
use super::code::{Code, decode_rule};
use super::reading::fate;
use crate::corpus::Rule;
use crate::evaluation::{Kind, UserClass};
use crate::model::Target;
use crate::revision::Timestamp;
use crate::service::ledger::outcome::fated;
use crate::service::ledger::store::{ModelId, StoreError};
use crate::service::ledger::tally::{Bands, Counted, Group, Judged};

/// What counting has to know of a model.
pub(crate) struct CountedModel {
    target: Target,
    rule: Rule,
    bands: Bands,
}

/// All models.
pub(crate) type CountedModels = HashMap<ModelId, Arc<CountedModel>>;

/// The counts of one day, of each model.
pub(crate) type Counts = BTreeMap<ModelId, Groups>;

/// `id, target, levels, rule`
pub(crate) fn counted_model(row: &impl Cells) -> Result<(ModelId, Arc<CountedModel>), StoreError> {
    let levels: Vec<(String, f64)> = bytes::decode(row.bytes(2)?, "levels of a model")?;
    let model = CountedModel {
        target: Target::decode(row.int(1)?)?,
        rule: decode_rule(row.int(3)?)?,
        bands: Bands::new(&levels),
    };
    Ok((row.int(0)?, Arc::new(model)))
}

/// The columns that [`count`] reads, of a score `s` and its edit `e`, and the beginning of a question for them.
macro_rules! select_counted {
    () => {
        "SELECT s.model, s.probability, s.is_counted, s.scored_at, e.time, e.is_dated, e.namespace,
             e.kind, e.user_class, e.judged, e.reverted_by, e.reverter_class, e.revert_seconds,
             e.revert_comment, e.revert_reason, e.self_reverted, e.revert_undone, e.edit_war"
    };
}
pub(crate) use select_counted;

/// Counts a score into what is counted already.
pub(crate) fn count(
    row: &impl Cells,
    models: &CountedModels,
    settled_until: Timestamp,
    counts: &mut Counts,
) -> Result<(), StoreError> {
    let id = row.int(0)?;
    let model = models.get(&id);
    let model = model.ok_or_else(|| StoreError::NotUnderstood(format!("model {id}")))?;
    let (counted, groups) = counted(row, model, settled_until)?;
    let tallies = counts.entry(id).or_default();
    for group in groups.into_iter().flatten() {
        let tally = tallies.entry(group).or_default();
        tally.add(&model.bands, &counted);
    }
    Ok(())
}

/// A row as one edit to count, and in which groups.
fn counted(
    row: &impl Cells,
    model: &CountedModel,
    settled_until: Timestamp,
) -> Result<(Counted, [Option<Group>; 4]), StoreError> {
    let time = row.int(4)?;
    let is_dated = row.flag(5)?;
    let scored_at = row.maybe_int(3)?;
    let fate = fate(row, 10)?;
    let is_settled = time <= settled_until.0;
    let looks_for = (model.target, &model.rule);
    let counted = Counted {
        probability: row.float(1)?,
        fated: fated(looks_for, row.flag(2)?, &fate, is_settled),
        judged: Judged::decode(row.int(9)?)?,
        score_delay_seconds: scored_at
            .filter(|_| is_dated)
            .map(|at| at.saturating_sub(time)),
        revert_seconds: fate.reverted.and_then(|by| by.seconds),
    };
    let kind = row.maybe_int(7)?;
    let groups = [
        Some(Group::All),
        kind.map(Kind::decode).transpose()?.map(Group::Kind),
        Some(Group::UserClass(UserClass::decode(row.int(8)?)?)),
        Some(Group::Namespace(row.small(6)?)),
    ];
    Ok((counted, groups))
}
