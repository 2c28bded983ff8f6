//! What stands in a ledger's rows, whichever database holds them.
//!
//! Every store that speaks SQL has the same tables, so what a cell means is said once: `code` and `bytes` have
//! enums and lists as they are stored, `days` the arithmetic of times, `cells` and `reading` make values of rows,
//! `counting` and `tallies` count days (and remember open ones in `open_days`), `sums` adds up what a batch
//! changes. Statements are each database's own, but for the columns
//! that are counted.

mod bytes;
mod cells;
mod code;
mod days;
mod errors;
mod reading;

mod counting;
mod open_days;
mod sums;
mod tallies;

pub(super) use bytes::{decode, decode_groups, encode, encode_groups, encode_reasons};
pub(super) use cells::Cells;
pub(super) use code::{Code, encode_rule};
pub(super) use counting::{CountedModels, Counts, count, counted_model, select_counted};
pub(super) use days::{day_of, end_of, start_of, time_of};
pub(super) use reading::{
    EditParts, edit, judgement, known, size, stored_id, stored_model, tail_entry, verdict,
};
#[cfg(feature = "postgres")]
pub(super) use reading::{comment, digest, fate};
pub(super) use sums::Sums;
pub(super) use tallies::{CountsDays, DayRow, KnownDays, Tallies};
