//! The HTTP service: models behind an API, for wikis that score edits as they are saved.
//!
//! The only room that knows HTTP, clocks and threads. Flags become a [`Config`], which with the
//! opened [`Models`] and [`Histories`] becomes an [`App`]; [`run()`] serves it, and [`router()`] is the same service
//! without a socket. Nothing here computes features: a handler reads a request, lets the core
//! score it on the [`Pool`], and writes the answer. API dialects live under `api`, one directory
//! each, with their own types.

mod config;

mod log;

mod models;

mod histories;

mod pool;

mod metrics;

mod app;

mod error;

mod body;

mod api;

mod router;

mod greeting;

mod run;

pub use app::App;
pub use config::{Config, ConfigError, LogFormat, WikiNames};
pub use greeting::greeting;
pub use histories::Histories;
pub use log::start_logging;
pub use models::{Models, ModelsError};
pub use pool::{Done, Pool, PoolError};
pub use router::router;
pub use run::run;
