//! The service's own API, under `/api/v1`.
//!
//! Its types are written here by hand: once out, a shape stays, whatever becomes of the core's
//! types. Other dialects will stand beside this room, not in it. `docs/API.md` is its manual.

mod batch;
mod edit;

pub(crate) mod edits;

pub(crate) mod health;

pub(crate) mod models;

pub(crate) mod score;
