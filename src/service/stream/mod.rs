//! Streams: events of edits in, scores out, nothing lost on the way.
//!
//! In the data's order: a source gives messages; each is an `event`, whatever its schema; what was said of
//! it is `scored`, which is written in the schema that a `sink` is configured to take.

pub(super) mod event;
#[cfg_attr(not(test), expect(dead_code, reason = "sinks write events; none is there yet"))]
pub(super) mod scored;

pub(super) mod sink;
