//! What the service says of edits as they come, beside what the trainer says of a dump: the same scores, the
//! same outcomes, the same report.

#[cfg(test)]
mod binaries;

#[cfg(test)]
mod live;

#[cfg(test)]
mod replay;

#[cfg(all(test, feature = "postgres"))]
mod shared;

#[cfg(all(test, feature = "kafka", feature = "postgres"))]
mod topic;
