//! Streams: events of edits in, scores out, nothing lost on the way.
//!
//! In the data's order: a source gives messages; each is an `event`, whatever its schema; a `worker` has it
//! scored (`scoring`), and what was said is `scored`, which is written in the schema that a `sink` is configured to take.
//! A source forgets a message only when the worker is done with it.

#[cfg(test)]
mod listening;
mod metrics;
mod patience;

pub(super) mod event;
pub(super) mod scored;

mod sink;

mod scoring;
mod worker;

mod pulled;

mod event_streams;

mod recent_changes;

#[cfg(feature = "kafka")]
mod kafka;

mod posting;

mod webhook;

mod event_gate;

mod streams;

mod dead_letters;

pub use dead_letters::{DeadLettersArgs, handle_dead_letters};
pub use streams::{Streams, StreamsError};

pub(super) use metrics::{COUNTERS, GAUGES};
