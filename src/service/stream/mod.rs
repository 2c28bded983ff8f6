//! Streams: events of edits in, scores out, nothing lost on the way.
//!
//! In the data's order: a source gives messages; each is an `event`, whatever its schema; a `worker` has it
//! scored, and what was said is `scored`, which is written in the schema that a `sink` is configured to take.
//! A source forgets a message only when the worker is done with it.

mod metrics;
mod patience;

pub(super) mod event;
#[cfg_attr(
    not(feature = "kafka"),
    expect(dead_code, reason = "other sinks are to come")
)]
pub(super) mod scored;

mod sink;

mod worker;

mod pulled;

#[cfg(feature = "kafka")]
mod kafka;

mod streams;

mod dead_letters;

pub use dead_letters::{DeadLettersArgs, handle_dead_letters};
pub use streams::{Streams, StreamsError};

pub(super) use metrics::{COUNTERS, GAUGES};
