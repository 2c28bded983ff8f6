//! Configuration: flags over environment variables over a file over defaults.
//!
//! One struct is all of it: every option is a flag, an environment variable and a key of the
//! file, under the same name. Values from the file take the place of the defaults before flags
//! and environment are read, so there is one parser and one precedence. Below this file nothing
//! reads flags, environment or files; values are passed. `docs/CONFIGURATION.md` has the options
//! as a table, which a test compares with this struct. The wikis whose revisions are fetched stand in
//! the file alone, in tables.

mod stream;
mod wiki;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use axum::http::HeaderName;
use clap::builder::{OsStr, TypedValueParser as _};
use clap::{ArgAction, CommandFactory, FromArgMatches, Parser, ValueEnum};
use serde::Deserialize;

use super::access::ReadAccess;
use super::ledger::LedgerPlace;
use stream::check_streams;
pub use stream::{
    EventGateConfig, EventStreamsConfig, KafkaOptions, KafkaSinkConfig, KafkaSourceConfig,
    RecentChangesConfig, ScoreSchema, Selection, SinkConfig, SourceConfig, Start, WebhookConfig,
};
pub(super) use wiki::Secret;
use wiki::check_wikis;
pub use wiki::{ApiUrl, WikiConfig};

/// Scores edits of MediaWiki wikis over HTTP.
///
/// Opens every model of a directory and answers `POST /api/v1/score` with the probability that an
/// edit will be reverted (or is damaging, or was made in good faith), for the models at hand. Clients
/// of ORES and Lift Wing are answered in their own dialects (GET / names the routes); for those the
/// file names the wikis whose revisions may be fetched, as tables [wiki.NAME] with an api_url.
/// Every option can also be set by its environment variable, or in a TOML file by its name with
/// underscores (`max_body_bytes = 1000000`). Flags win over the environment, the environment wins
/// over the file.
#[derive(Clone, PartialEq, Debug, Parser)]
#[command(name = "revscore-serve", version, max_term_width = 100)]
#[command(
    after_help = "Try it:\n  revscore-serve --listen 127.0.0.1:8080 --models models\n  curl -s http://127.0.0.1:8080/api/v1/models\n\nSIGHUP opens the models anew; SIGTERM and SIGINT finish what was begun and end."
)]
pub struct Config {
    /// Address and port to listen on; port 0 takes a free one, which is printed
    #[arg(
        long,
        env = "REVSCORE_LISTEN",
        value_name = "ADDR:PORT",
        default_value = "127.0.0.1:8080"
    )]
    pub listen: SocketAddr,

    /// Directory of the model files, named WIKI.TARGET.model; any.TARGET.model serves every wiki that has none of its own
    #[arg(
        long,
        env = "REVSCORE_MODELS",
        value_name = "DIR",
        default_value = "models"
    )]
    pub models: PathBuf,

    /// TOML file with further options
    #[arg(long, env = "REVSCORE_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Threads that score edits; 0 takes one for each core
    #[arg(long, env = "REVSCORE_THREADS", value_name = "N", default_value_t = 0)]
    pub threads: usize,

    /// Edits that may wait for a thread; requests that would exceed it are answered 503 at once
    #[arg(
        long,
        env = "REVSCORE_QUEUE",
        value_name = "EDITS",
        default_value_t = 512
    )]
    pub queue: usize,

    /// Scoring requests that may be read or answered at the same time, which bounds memory (docs/CONFIGURATION.md, sizing); more are answered 503
    #[arg(
        long,
        env = "REVSCORE_MAX_REQUESTS",
        value_name = "N",
        default_value_t = 64
    )]
    pub max_requests: usize,

    /// Open connections; more wait until one closes. Over HTTP/2 one carries up to 100 requests at a time
    #[arg(
        long,
        env = "REVSCORE_MAX_CONNECTIONS",
        value_name = "N",
        default_value_t = 1024
    )]
    pub max_connections: usize,

    /// Largest request body; larger ones are answered 413
    #[arg(long, env = "REVSCORE_MAX_BODY_BYTES", value_name = "BYTES", default_value_t = 8 << 20)]
    pub max_body_bytes: usize,

    /// Largest text of an edit, in UTF-8; the default is the largest page that MediaWiki saves (its $wgMaxArticleSize)
    #[arg(long, env = "REVSCORE_MAX_TEXT_BYTES", value_name = "BYTES", default_value_t = 2 << 20)]
    pub max_text_bytes: usize,

    /// Time to score a request once it has been read; then it is answered 504
    #[arg(
        long,
        env = "REVSCORE_TIMEOUT_MS",
        value_name = "MS",
        default_value_t = 10_000, value_parser = milliseconds()
    )]
    pub timeout_ms: u64,

    /// Time to receive a request's body; then it is answered 408
    #[arg(
        long,
        env = "REVSCORE_BODY_TIMEOUT_MS",
        value_name = "MS",
        default_value_t = 10_000, value_parser = milliseconds()
    )]
    pub body_timeout_ms: u64,

    /// Time to receive a request's header (the first bytes of a connection have that time too), and for which an idle connection is kept open
    #[arg(
        long,
        env = "REVSCORE_HEADER_TIMEOUT_MS",
        value_name = "MS",
        default_value_t = 30_000, value_parser = milliseconds()
    )]
    pub header_timeout_ms: u64,

    /// Time that requests in flight get to finish after SIGTERM or SIGINT
    #[arg(
        long,
        env = "REVSCORE_DRAIN_MS",
        value_name = "MS",
        default_value_t = 10_000, value_parser = milliseconds()
    )]
    pub drain_ms: u64,

    /// Time between two savings of the wikis' histories (WIKI.history in the directory of the models); also saved at the end; 0 never saves
    #[arg(
        long,
        env = "REVSCORE_HISTORY_SAVE_SECONDS",
        value_name = "SECONDS",
        default_value_t = 300, value_parser = clap::builder::RangedU64ValueParser::<u64>::new().range(0..=86_400)
    )]
    pub history_save_seconds: u64,

    /// Time between two looks at what other services over the same ledger were told of; a postgres:// ledger alone shares it
    #[arg(
        long,
        env = "REVSCORE_HISTORY_FOLLOW_MS",
        value_name = "MS",
        default_value_t = 250, value_parser = milliseconds()
    )]
    pub history_follow_ms: u64,

    /// Wikis whose history is begun where there is none yet, with commas between their names
    #[arg(long, env = "REVSCORE_LEARN_HISTORY", value_name = "WIKI,...")]
    pub learn_history: Option<WikiNames>,

    /// Memory for fetched revisions and for scores by revision id
    #[arg(long, env = "REVSCORE_CACHE_BYTES", value_name = "BYTES", default_value_t = 128 << 20)]
    pub cache_bytes: u64,

    /// Time for which a fetched revision and its scores are kept; what is hidden on the wiki meanwhile is still scored
    #[arg(
        long,
        env = "REVSCORE_CACHE_SECONDS",
        value_name = "SECONDS",
        default_value_t = 3_600, value_parser = clap::builder::RangedU64ValueParser::<u64>::new().range(1..=86_400)
    )]
    pub cache_seconds: u64,

    /// Scoring requests that one client may have open at the same time; more are answered 429; 0 sets no limit
    #[arg(
        long,
        env = "REVSCORE_MAX_CLIENT_REQUESTS",
        value_name = "N",
        default_value_t = 0
    )]
    pub max_client_requests: usize,

    /// Header in which a trusted proxy names the client, such as X-Client-IP; without it a client is an address that connects
    #[arg(long, env = "REVSCORE_CLIENT_HEADER", value_name = "NAME")]
    pub client_header: Option<HeaderName>,

    /// File with the token that POST /api/v1/admin/reload asks for; without it that route is closed
    #[arg(long, env = "REVSCORE_ADMIN_TOKEN_FILE", value_name = "FILE")]
    pub admin_token_file: Option<PathBuf>,

    /// File with the tokens that judging, administration and, where it is not public, reading ask for; `revscore-serve token` makes them
    #[arg(long, env = "REVSCORE_TOKENS_FILE", value_name = "FILE")]
    pub tokens_file: Option<PathBuf>,

    /// Who may read dashboard, report and judgements: public for everybody, token for whoever has one; scoring stays open
    #[arg(
        long,
        env = "REVSCORE_READ_ACCESS",
        value_name = "WHO",
        default_value = "public"
    )]
    pub read_access: ReadAccess,

    /// Directory of models that score beside those of the same names, and are only compared with them in /metrics
    #[arg(long, env = "REVSCORE_SHADOW_MODELS", value_name = "DIR")]
    pub shadow_models: Option<PathBuf>,

    /// File, or postgres:// address, in which scores, what became of the edits and what people said of them are kept; without it nothing is kept, and there are no reports
    #[arg(
        long,
        env = "REVSCORE_LEDGER",
        value_name = "PLACE",
        value_parser = ledger_place(),
        hide_env_values = true,
        hide_default_value = true
    )]
    pub ledger: Option<LedgerPlace>,

    /// Connections to the ledger's database, at most; a job that one of several services does takes one more while it is done
    #[arg(
        long,
        env = "REVSCORE_LEDGER_CONNECTIONS",
        value_name = "N",
        default_value_t = 8, value_parser = clap::value_parser!(u32).range(2..=1_000)
    )]
    pub ledger_connections: u32,

    /// Wikis whose edits the ledger keeps besides those with a table [wiki.NAME], with commas between their names
    #[arg(long, env = "REVSCORE_LEDGER_WIKIS", value_name = "WIKI,...")]
    pub ledger_wikis: Option<WikiNames>,

    /// Keep the names of accounts in the ledger; without it authors are numbers that only this ledger has
    #[arg(
        long,
        env = "REVSCORE_LEDGER_NAMES",
        value_name = "BOOL",
        default_value_t = false,
        action = ArgAction::Set,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub ledger_names: bool,

    /// Days for which the ledger keeps single edits; older ones become counts by day, which reports go on with; 0 keeps them for ever
    #[arg(
        long,
        env = "REVSCORE_LEDGER_KEEP_DAYS",
        value_name = "DAYS",
        default_value_t = 400, value_parser = clap::value_parser!(u32).range(0..=36_500)
    )]
    pub ledger_keep_days: u32,

    /// Hours after which an edit that nobody has reverted counts as kept
    #[arg(
        long,
        env = "REVSCORE_SETTLE_HOURS",
        value_name = "HOURS",
        default_value_t = 48, value_parser = clap::value_parser!(u32).range(1..=8_760)
    )]
    pub settle_hours: u32,

    /// What to log on standard error: off, error, warn, info (each request), debug, trace, or a filter such as info,hyper=debug
    #[arg(
        long,
        env = "REVSCORE_LOG",
        value_name = "FILTER",
        default_value = "info"
    )]
    pub log: String,

    /// How to log: text for people, json with one object a line
    #[arg(
        long,
        env = "REVSCORE_LOG_FORMAT",
        value_name = "FORMAT",
        default_value = "text"
    )]
    pub log_format: LogFormat,

    /// Ask the service that listens at --listen whether it is ready, and end: 0 when it is
    #[arg(long)]
    pub check_health: bool,

    /// The wikis whose revisions are fetched, by name; tables of the file.
    #[arg(skip)]
    pub wikis: BTreeMap<String, WikiConfig>,

    /// Where events of edits come from, by name; tables of the file.
    #[arg(skip)]
    pub sources: BTreeMap<String, SourceConfig>,

    /// Where scores of such edits go, by name; tables of the file.
    #[arg(skip)]
    pub sinks: BTreeMap<String, SinkConfig>,
}

/// The tables of the file.
#[derive(Default, Deserialize)]
struct Tables {
    #[serde(default)]
    wiki: BTreeMap<String, WikiConfig>,
    #[serde(default)]
    source: BTreeMap<String, SourceConfig>,
    #[serde(default)]
    sink: BTreeMap<String, SinkConfig>,
}

/// Names of wikis.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WikiNames(pub Vec<String>);

impl FromStr for WikiNames {
    type Err = String;

    /// Reads names with commas between. They become names of files, so they are plain.
    fn from_str(text: &str) -> Result<Self, String> {
        let names = text.split(',').map(|name| {
            is_wiki_name(name)
                .then(|| name.to_owned())
                .ok_or_else(|| format!("expected names such as enwiki,papwiki, got {name:?}"))
        });
        names.collect::<Result<_, _>>().map(Self)
    }
}

/// Whether a name can be that of a wiki: a database name.
fn is_wiki_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
    (1..=64).contains(&name.len()) && name.chars().all(is_plain)
}

/// How log lines are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Why the service was not configured.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A flag, an environment variable or a value from the file; also `--help` and `--version`.
    #[error("{0}")]
    Arguments(#[from] clap::Error),
    /// The file cannot be read.
    #[error("the configuration file {} cannot be read: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The file is not TOML.
    #[error("the configuration file {} is not TOML: {cause}", path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// Where and why.
        cause: toml::de::Error,
    },
    /// The tables of wikis, sources and sinks.
    #[error("the tables of the configuration file {} are not understood: {cause}", path.display())]
    Tables {
        /// The file.
        path: PathBuf,
        /// Where and why.
        cause: toml::de::Error,
    },
    /// A wiki that cannot be as it is described.
    #[error("expected {expected} in the table [wiki.{wiki}] of the configuration file {}, got {got}", path.display())]
    Wiki {
        /// The file.
        path: PathBuf,
        /// The wiki.
        wiki: String,
        /// What should stand there.
        expected: &'static str,
        /// What stands there.
        got: String,
    },
    /// A source or a sink that cannot be as it is described.
    #[error("expected {expected} in the table [{table}] of the configuration file {}, got {got}", path.display())]
    Stream {
        /// The file.
        path: PathBuf,
        /// The table.
        table: String,
        /// What should stand there.
        expected: &'static str,
        /// What stands there.
        got: String,
    },
    /// A key that is no option.
    #[error("expected an option ({expected}) in the configuration file {}, got {got:?}", path.display())]
    UnknownOption {
        /// The file.
        path: PathBuf,
        /// Every option that can be set in a file.
        expected: String,
        /// The key.
        got: String,
    },
    /// A value that no option takes, or not this one.
    #[error("expected {expected} as {option} in the configuration file {}, got {got}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// The key.
        option: String,
        /// What it takes.
        expected: String,
        /// The value.
        got: String,
    },
}

impl Default for Config {
    /// The defaults, whatever the environment says.
    fn default() -> Self {
        let command = Self::command().mut_args(|arg| arg.env(None::<&str>));
        let matches = command.try_get_matches_from(["revscore-serve"]);
        matches
            .and_then(|matches| Self::from_arg_matches(&matches))
            .expect("every option has a default that it takes")
    }
}

impl Config {
    /// Reads flags, the environment, and the file that one of them names.
    ///
    /// # Errors
    /// When one of them holds an option that does not exist, or a value that it does not take;
    /// `--help` and `--version` also come as an error, to be printed.
    pub fn read(
        arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    ) -> Result<Self, ConfigError> {
        let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
        let config = Self::try_parse_from(&arguments)?;
        let Some(path) = config.config else {
            return Ok(config);
        };
        let (command, tables) = with_file(Self::command(), &path)?;
        let config = Self::from_arg_matches(&command.try_get_matches_from(&arguments)?)?;
        Ok(Self {
            wikis: tables.wiki,
            sources: tables.source,
            sinks: tables.sink,
            ..config
        })
    }
}

/// Where a ledger is kept. Takes any text: what is wrong with it is said where it is opened, without its password.
pub(super) fn ledger_place() -> impl clap::builder::TypedValueParser<Value = LedgerPlace> {
    clap::builder::OsStringValueParser::new().map(LedgerPlace::from)
}

/// Up to a day.
fn milliseconds() -> clap::builder::RangedU64ValueParser {
    clap::builder::RangedU64ValueParser::new().range(1..=86_400_000)
}

/// The command with the file's values for defaults, and the file's tables.
fn with_file(
    mut command: clap::Command,
    path: &Path,
) -> Result<(clap::Command, Tables), ConfigError> {
    let path_buf = || path.to_owned();
    let text = std::fs::read_to_string(path).map_err(|cause| ConfigError::Read {
        path: path_buf(),
        cause,
    })?;
    let mut table: toml::Table = text.parse().map_err(|cause| ConfigError::Toml {
        path: path_buf(),
        cause,
    })?;
    let named = ["wiki", "source", "sink"].map(|name| table.remove(name));
    let mut tables = Tables::default();
    if named.iter().any(Option::is_some) {
        // Read from the text, so that an error names the line.
        tables = toml::from_str(&text).map_err(|cause| ConfigError::Tables {
            path: path_buf(),
            cause,
        })?;
        check_wikis(&tables.wiki, path)?;
        let wikis: Vec<&str> = tables.wiki.keys().map(String::as_str).collect();
        check_streams(&tables.source, &tables.sink, &wikis, path)?;
    }
    let options: Vec<String> = options(&command)
        .map(|arg| arg.get_id().to_string())
        .collect();
    for (key, value) in table {
        if !options.contains(&key) {
            return Err(ConfigError::UnknownOption {
                path: path_buf(),
                expected: options.join(", "),
                got: key,
            });
        }
        let value_error = |expected: &str, got: String| ConfigError::Value {
            path: path_buf(),
            option: key.clone(),
            expected: expected.to_owned(),
            got,
        };
        let text = match value {
            toml::Value::String(text) => text,
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Boolean(is_so) => is_so.to_string(),
            other => {
                let expected = "a string, a whole number, true or false";
                return Err(value_error(expected, other.to_string()));
            }
        };
        // Tried alone, so that the error names the file; `--key=` lets values begin with a dash.
        let alone = [
            "revscore-serve".to_owned(),
            format!("--{}={text}", key.replace('_', "-")),
        ];
        if Config::command()
            .mut_args(|arg| arg.env(None::<&str>))
            .try_get_matches_from(alone)
            .is_err()
        {
            return Err(value_error(
                "a value that the flag takes",
                format!("{text:?}"),
            ));
        }
        command = command.mut_arg(&key, |arg| arg.default_value(OsStr::from(text)));
    }
    Ok((command, tables))
}

/// What a configuration file may set.
fn options(command: &clap::Command) -> impl Iterator<Item = &clap::Arg> {
    command
        .get_arguments()
        .filter(|arg| arg.get_env().is_some() && arg.get_id() != "config")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    fn read(text: &str, flags: &[&str]) -> Result<Config, ConfigError> {
        let file = file(text);
        let path = file.path().to_str().unwrap();
        Config::read(["revscore-serve", "--config", path].iter().chain(flags)).map(|config| {
            Config {
                config: None,
                ..config
            }
        })
    }

    #[test]
    fn the_table_in_the_manual_names_every_option() {
        let mut table =
            String::from("| flag | environment | in the file | default | what |\n|-|-|-|-|-|\n");
        for arg in Config::command()
            .get_arguments()
            .filter(|arg| arg.get_env().is_some())
        {
            let default = arg
                .get_default_values()
                .first()
                .map_or("-".into(), |value| value.to_string_lossy());
            let key = if arg.get_id() == "config" {
                "-"
            } else {
                arg.get_id().as_str()
            };
            table += &format!(
                "| `--{}` | `{}` | `{key}` | `{default}` | {} |\n",
                arg.get_long().unwrap(),
                arg.get_env().unwrap().to_string_lossy(),
                arg.get_help().unwrap(),
            );
        }
        let manual = include_str!("../../docs/CONFIGURATION.md");
        assert!(
            manual.contains(&table),
            "docs/CONFIGURATION.md should have this table:\n\n{table}"
        );
    }

    #[test]
    fn the_file_changes_defaults_and_flags_win_over_it() {
        let text = "listen = '0.0.0.0:9090'\nqueue = 7\nlog_format = 'json'\nlearn_history = 'enwiki,papwiki'\nledger = 'a.db'\nledger_names = true";
        let expected = Config {
            listen: "0.0.0.0:9090".parse().unwrap(),
            queue: 8,
            log_format: LogFormat::Json,
            learn_history: Some(WikiNames(vec!["enwiki".to_owned(), "papwiki".to_owned()])),
            ledger: Some("a.db".into()),
            ledger_names: true,
            ..Config::default()
        };
        assert_eq!(read(text, &["--queue", "8"]).unwrap(), expected);
    }

    #[test]
    fn a_flag_that_is_set_or_not_says_so_in_each_way() {
        for (text, flags, expected) in [
            ("", &[][..], false),
            ("", &["--ledger-names"], true),
            ("", &["--ledger-names=false"], false),
            ("ledger_names = true", &[], true),
            ("ledger_names = true", &["--ledger-names=false"], false),
            ("ledger_names = 'true'", &[], true),
        ] {
            let config = read(text, flags).unwrap();
            assert_eq!(config.ledger_names, expected, "{text} {flags:?}");
        }
    }

    #[track_caller]
    fn check(text: &str, flags: &[&str], message: &str) {
        let error = read(text, flags).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }

    #[test]
    fn errors_name_the_option_and_where_it_stands() {
        check("lisen = 'x'", &[], ", got \"lisen\"");
        check(
            "lisen = 'x'",
            &[],
            "expected an option (listen, models, threads, queue, ",
        );
        check(
            "queue = 'many'",
            &[],
            "expected a value that the flag takes as queue in the configuration file ",
        );
        check("queue = -1", &[], ", got \"-1\"");
        check(
            "queue = [1]",
            &[],
            "expected a string, a whole number, true or false as queue in ",
        );
        check("config = 'other.toml'", &[], ", got \"config\"");
        check("queue = ", &[], "is not TOML: ");
        check(
            "ledger_names = 1",
            &[],
            "expected a value that the flag takes as ledger_names in ",
        );
        check("", &["--settle-hours", "0"], "0 is not in 1..=8760");
        check("", &["--drain-ms", "0"], "0 is not in 1..=86400000");
        check(
            "",
            &["--learn-history", "enwiki,../etc"],
            "expected names such as enwiki,papwiki, got \"../etc\"",
        );
        check(
            "learn_history = 'EN'",
            &[],
            "expected a value that the flag takes as learn_history in the configuration file ",
        );
        check(
            "",
            &["--listen", "somewhere"],
            "invalid value 'somewhere' for '--listen <ADDR:PORT>'",
        );
        let missing =
            Config::read(["revscore-serve", "--config", "/nowhere/at/all.toml"]).unwrap_err();
        assert!(
            missing
                .to_string()
                .starts_with("the configuration file /nowhere/at/all.toml cannot be read: ")
        );
    }
}
