//! The ledger: what the service said about edits, what became of them, and what people said.
//!
//! In the data's order: values (`entry`) become changes, which a `store` keeps (and says by a `lease` who of many
//! does a job); `outcome` finds what
//! became of edits, and `tally` counts days. What is told goes through a `queue` to the task of `writer`,
//! which adds by pages' `tails` what became of earlier edits; the `handle` is what the service holds.
//! Nothing here scores, and nothing that scores waits for it.

mod entry;
mod outcome;
pub(super) mod tally;

mod place;

mod lease;
mod past;
mod store;

mod rows;
mod sqlite;

#[cfg(feature = "postgres")]
mod postgres;

mod queue;
mod tails;
mod writer;

mod handle;

#[cfg(all(test, feature = "postgres"))]
pub(crate) use postgres::server;

#[cfg(test)]
mod battery;
#[cfg(test)]
mod measure;

pub(crate) use entry::{
    EditFacts, Fate, Judgement, LedgerModel, LedgerPage, ModelScore, ScoredEdit, SeenEdit,
    SeenParent,
};
pub use handle::{Ledger, LedgerError, LedgerOptions};
pub(crate) use handle::{LedgerState, now};
pub(crate) use lease::Lease;
pub(crate) use past::{Place, SharedPast, Snapshot};
pub use place::LedgerPlace;
pub(crate) use store::{
    Change, Day, FeatureCounts, KnownEdit, LedgerEdit, LedgerScore, Store, StoreError, StoredModel,
    Wanted,
};
pub(crate) use tally::{Bands, Delay, Fated, Group, Judged, Tally};
