//! The ledger: what the service said about edits, what became of them, and what people said.
//!
//! In the data's order: values (`entry`) become changes, which a `store` keeps; `outcome` finds what
//! became of edits, and `tally` counts days. Nothing here scores, and nothing waits for it.

mod entry;
mod handle;
mod outcome;
mod tally;

mod store;

mod sqlite;

#[cfg(test)]
mod battery;

pub(crate) use entry::{
    EditFacts, Fate, Judgement, LedgerModel, LedgerPage, ModelScore, RevertedBy, ScoredEdit,
    SeenEdit,
};
pub(crate) use handle::now;
pub use handle::{Ledger, LedgerError, LedgerOptions};
pub(crate) use store::{
    Change, Day, DayTally, FeatureCounts, LedgerEdit, LedgerScore, LedgerSize, ModelId, Store,
    StoreError, StoredModel, TailEntry, Wanted,
};
pub(crate) use tally::{Bands, Counted, Delay, Fated, Group, Judged, Tally};
