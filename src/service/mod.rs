//! The HTTP service: models behind an API, for wikis that score edits as they are saved.
//!
//! The only room that knows HTTP, clocks and threads. Flags become a [`Config`], which with the
//! opened [`Models`] and [`Histories`] becomes an [`App`]; [`run()`] serves it, and [`router()`] is the same service
//! without a socket. Nothing here computes features: a handler reads a request, lets the core
//! score it on the [`Pool`], and writes the answer. Revisions that a client names by id are fetched
//! from their wiki by `wiki`. API dialects live under `dialect`, one room and one row each, with their
//! own types, over the one call of `scoring`.

mod config;

mod access;

mod log;

mod measure;

mod models;

mod histories;

mod pool;

mod metrics;

mod clients;

mod calling;

mod wiki;

mod scoring;

mod observing;

mod past;

mod caches;

mod ledger;

mod report;

mod dashboard;
mod replay;

mod stream;

mod app;

mod error;

mod body;

mod dialect;

mod router;

mod greeting;

mod watching;

mod run;

mod check;

pub use access::{Access, ReadAccess, Right, Token, TokenCommand, TokenError, Tokens, TokensError};
pub use app::{App, AppParts, ReloadError};
pub use check::check_health;
pub use config::{
    ApiUrl, Config, ConfigError, EventGateConfig, EventStreamsConfig, KafkaOptions,
    KafkaSinkConfig, KafkaSourceConfig, LogFormat, RecentChangesConfig, ScoreSchema, Selection,
    SinkConfig, SourceConfig, Start, WebhookConfig, WikiConfig, WikiNames,
};
pub use greeting::greeting;
pub use histories::Histories;
pub use ledger::{Ledger, LedgerError, LedgerOptions, LedgerPlace};
pub use log::start_logging;
pub use models::{Models, ModelsError};
pub use pool::{Done, Pool, PoolError};
pub use replay::{ReplayArgs, replay};
pub use router::router;
pub use run::run;
pub use stream::{DeadLettersArgs, Streams, StreamsError, handle_dead_letters};
pub use wiki::{Wikis, WikisError};
