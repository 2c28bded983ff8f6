//! What the service says of edits as they come, beside what the trainer says of a dump: the same scores, the
//! same outcomes, the same report.

#[cfg(test)]
mod binaries;

#[cfg(test)]
#[expect(dead_code, reason = "the tests of streams need more of it")]
mod service;

#[cfg(test)]
mod live;

#[cfg(test)]
mod replay;

#[cfg(test)]
#[cfg(feature = "postgres")]
mod shared;

#[cfg(test)]
#[cfg(all(feature = "kafka", feature = "postgres"))]
mod topic;
