//! The service as its clients see it: each file is named after the part of the URL that it tests.
//!
//! Bodies are checked through the router, without a socket; what needs a process (signals, slow
//! clients, what is printed) runs the real binary on a free port.

#[cfg(test)]
mod support;

#[cfg(test)]
mod wiki;

#[cfg(test)]
mod score;

#[cfg(test)]
mod what_if;

#[cfg(test)]
mod edits;

#[cfg(test)]
mod by_id;

#[cfg(test)]
mod fetching;

#[cfg(test)]
mod stream;

#[cfg(test)]
mod thresholds;

#[cfg(test)]
mod ores;

#[cfg(test)]
mod lift_wing;

#[cfg(test)]
mod open_inference;

#[cfg(test)]
mod faults;

#[cfg(test)]
mod judgements;

#[cfg(test)]
mod reload;

#[cfg(test)]
mod models;

#[cfg(test)]
mod health;

#[cfg(test)]
mod hostile;

#[cfg(test)]
mod overload;

#[cfg(test)]
mod process;

#[cfg(test)]
mod reloading;

#[cfg(test)]
mod full_disk;

#[cfg(test)]
mod crowd;

#[cfg(test)]
mod http2;

#[cfg(test)]
mod mediawiki;

#[cfg(test)]
mod changes;

#[cfg(test)]
mod openapi;

#[cfg(test)]
mod crash;
