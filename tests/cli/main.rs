//! `revscore-train` from outside: the real binary, real files, exit codes and messages.
//!
//! [`room`] runs commands in a directory of their own. What the sample wiki's figures are worth
//! is said in tests/data/README.md; here it only matters that every way to them gives the same.

#![expect(
    clippy::unwrap_used,
    reason = "a test's helpers panic like the test itself"
)]

mod accuracy;
mod comparing;
mod damage;
mod explaining;
mod fitting;
mod interruption;
mod learning;
mod measuring;
mod refusals;
mod room;
mod scale;
mod tables;
mod vandalism;
