//! The tables `[wiki.NAME]` of the configuration file: where a wiki's revisions come from.
//!
//! They stand in the file alone: nobody writes a dozen wikis as flags. Secrets are files, so that
//! the configuration can be shown; what is read from them is shown as `***`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{ConfigError, is_wiki_name};
use crate::model::Target;

/// Calls to a wiki's API that may be open at the same time; Wikimedia asks for few.
const MAX_CONCURRENT: usize = 4;

/// Time for one call: Lift Wing's limit.
const TIMEOUT_MS: u64 = 5_000;

/// How often a call is repeated that may succeed later.
const MAX_RETRIES: u32 = 3;

/// The replication lag above which MediaWiki refuses, as its manual recommends.
const MAXLAG_SECONDS: u32 = 5;

/// One wiki.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WikiConfig {
    /// The address of its `api.php`.
    pub api_url: ApiUrl,
    /// The code by which revert-risk clients call it; its name up to `wiki` when left out.
    pub language: Option<String>,
    /// Other names that clients have for it.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// How the service introduces itself to it; wikis ask for a way to reach the operator.
    pub user_agent: Option<String>,
    /// A file with an OAuth 2 access token, sent as `Authorization: Bearer`.
    pub oauth_token_file: Option<PathBuf>,
    /// Time for one call.
    #[serde(default = "timeout_ms")]
    pub timeout_ms: u64,
    /// Calls that may be open at the same time.
    #[serde(default = "max_concurrent")]
    pub max_concurrent: usize,
    /// How often a call is repeated that may succeed later.
    #[serde(default = "max_retries")]
    pub max_retries: u32,
    /// The replication lag above which the wiki is to refuse.
    #[serde(default = "maxlag_seconds")]
    pub maxlag_seconds: u32,
    /// A client's name for a model -> the target of the model that serves it, besides the names of
    /// the targets that there are models for.
    #[serde(default)]
    pub models: BTreeMap<String, Target>,
}

impl WikiConfig {
    /// The code by which revert-risk clients call it: `en` of `enwiki`, `zh-min-nan` of
    /// `zh_min_nanwiki`.
    pub(in crate::service) fn language_of(&self, name: &str) -> String {
        let of_name = name.strip_suffix("wiki").unwrap_or(name);
        self.language
            .as_deref()
            .unwrap_or(of_name)
            .replace('_', "-")
    }
}

/// An address with `http` or `https`.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct ApiUrl(pub reqwest::Url);

/// A text that no log shows.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::service) struct Secret(pub(in crate::service) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl TryFrom<String> for ApiUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || {
            format!("expected an address such as https://en.wikipedia.org/w/api.php, got {text:?}")
        };
        let url: reqwest::Url = text.parse().map_err(|_| wrong())?;
        let is_plain = url.username().is_empty() && url.password().is_none();
        match matches!(url.scheme(), "http" | "https") && url.has_host() && is_plain {
            true => Ok(Self(url)),
            false => Err(wrong()),
        }
    }
}

fn timeout_ms() -> u64 {
    TIMEOUT_MS
}

fn max_concurrent() -> usize {
    MAX_CONCURRENT
}

fn max_retries() -> u32 {
    MAX_RETRIES
}

fn maxlag_seconds() -> u32 {
    MAXLAG_SECONDS
}

/// Finds what cannot be: every name leads to one wiki, and limits allow something.
pub(super) fn check_wikis(
    wikis: &BTreeMap<String, WikiConfig>,
    path: &Path,
) -> Result<(), ConfigError> {
    let mut names: Vec<&str> = wikis.keys().map(String::as_str).collect();
    for (name, wiki) in wikis {
        let wrong = |expected, got: String| ConfigError::Wiki {
            path: path.to_owned(),
            wiki: name.clone(),
            expected,
            got,
        };
        if !is_wiki_name(name) {
            return Err(wrong("a name such as enwiki", format!("{name:?}")));
        }
        let language = wiki.language_of(name);
        let mut others = wikis.iter().filter(|(other, _)| *other != name);
        if others.any(|(other, config)| config.language_of(other) == language) {
            let expected = "a language that no other wiki has";
            return Err(wrong(expected, format!("{language:?}")));
        }
        for alias in &wiki.aliases {
            if names.contains(&alias.as_str()) || !is_wiki_name(alias) {
                let expected = "aliases such as en, each of one wiki alone";
                return Err(wrong(expected, format!("{alias:?}")));
            }
            names.push(alias);
        }
        // A client's name follows the wiki's and a dash.
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mut models = wiki.models.keys();
        if let Some(name) = models.find(|name| name.is_empty() || !name.chars().all(is_plain)) {
            let expected = "names of letters, digits and _ as models";
            return Err(wrong(expected, format!("{name:?}")));
        }
        if !(1..=60_000).contains(&wiki.timeout_ms) {
            let expected = "timeout_ms of 1 to 60000";
            return Err(wrong(expected, wiki.timeout_ms.to_string()));
        }
        if !(1..=100).contains(&wiki.max_concurrent) {
            let expected = "max_concurrent of 1 to 100";
            return Err(wrong(expected, wiki.max_concurrent.to_string()));
        }
        if wiki.max_retries > 10 {
            let expected = "max_retries of 0 to 10";
            return Err(wrong(expected, wiki.max_retries.to_string()));
        }
    }
    Ok(())
}
