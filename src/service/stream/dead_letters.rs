//! `revscore-serve dead-letters`: what could not be worked on, listed and tried again.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Parser, ValueEnum};

use crate::service::config::{Config, KafkaSourceConfig, SourceConfig};

/// Lists messages that could not be worked on, or has them tried again.
///
/// A message that is no event, or that a sink or the ledger refuses for good, goes into a topic of dead letters
/// with the reason and its origin. `list` shows those that are open, a line each: when it was put there, where
/// it came from (topic/partition@offset), how often it was tried, the revision, the reason. `replay` sends
/// them through a topic that the running service reads too; `list` shows them no longer then. One that fails
/// again is a dead letter again.
#[derive(Debug, Parser)]
#[command(name = "revscore-serve dead-letters", version, max_term_width = 100)]
#[command(
    after_help = "Try it:\n  revscore-serve dead-letters list --config revscore.toml\n  revscore-serve dead-letters replay --config revscore.toml --limit 100"
)]
pub struct DeadLettersArgs {
    /// What to do
    action: Action,

    /// The service's TOML file, which names its sources
    #[arg(long, env = "REVSCORE_CONFIG", value_name = "FILE")]
    config: PathBuf,

    /// The table [source.NAME] whose dead letters are meant; may be left out where there is one of Kafka
    #[arg(long, value_name = "NAME")]
    source: Option<String>,

    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    limit: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Action {
    /// Show those that are open
    List,
    /// Have them tried again
    Replay,
}

/// Does what was asked for.
///
/// # Errors
/// When the configuration names no such source, or the brokers do not answer.
pub async fn handle_dead_letters(args: &DeadLettersArgs) -> anyhow::Result<()> {
    let path = args.config.as_os_str();
    let config = Config::read(["revscore-serve".as_ref(), "--config".as_ref(), path])?;
    let source = find(&config, args.source.as_deref())
        .with_context(|| format!("in {}", args.config.display()))?;
    act(args, source).await
}

fn find<'a>(config: &'a Config, name: Option<&str>) -> anyhow::Result<&'a KafkaSourceConfig> {
    let of_kafka = config
        .sources
        .iter()
        .filter_map(|(name, source)| match source {
            SourceConfig::Kafka(source) => Some((name.as_str(), source)),
            _ => None,
        });
    let found: Vec<_> = of_kafka
        .filter(|(known, _)| name.is_none_or(|name| name == *known))
        .collect();
    match (found.as_slice(), name) {
        ([(_, source)], _) => Ok(source),
        ([], Some(name)) => bail!("expected a table [source.{name}] from Kafka, got none"),
        ([], None) => bail!("expected a table [source.NAME] from Kafka, got none"),
        (several, _) => {
            let names: Vec<&str> = several.iter().map(|(name, _)| *name).collect();
            bail!("expected --source {}, got none", names.join(" or "))
        }
    }
}

#[cfg(feature = "kafka")]
async fn act(args: &DeadLettersArgs, source: &KafkaSourceConfig) -> anyhow::Result<()> {
    use super::kafka;

    match args.action {
        Action::List => kafka::list(source, args.limit),
        Action::Replay => kafka::replay(source, args.limit).await,
    }
}

#[cfg(not(feature = "kafka"))]
#[expect(clippy::unused_async, reason = "the other one waits for brokers")]
async fn act(_args: &DeadLettersArgs, _source: &KafkaSourceConfig) -> anyhow::Result<()> {
    bail!("this binary was built without Kafka: build it with --features kafka")
}
