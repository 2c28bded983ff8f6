//! Wikis that the service fetches revisions from, each over its Action API.
//!
//! Only what the configuration names is ever called. A [`Wiki`] knows its [`api`], and the models
//! by the names that clients of other services use; [`fetch`] gives revisions by id, each fetched
//! once whoever asks for it, [`changes`] lists what changed lately, and [`answer`] is the shape of what the
//! API says.

mod answer;
mod api;
mod changes;
mod fetch;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

pub(crate) use api::ApiError;
pub(crate) use changes::Changes;
pub(crate) use fetch::{FetchError, Fetched, fetch};

use super::config::{Secret, WikiConfig};
use super::models::{Models, Served};
use crate::model::Target;
use api::Api;
use fetch::InFlight;

/// The wikis of the configuration.
#[derive(Default)]
pub struct Wikis {
    by_name: BTreeMap<String, Arc<Wiki>>,
    /// Also by their own names.
    aliases: HashMap<String, Arc<Wiki>>,
}

/// One of them.
pub(crate) struct Wiki {
    pub(crate) name: String,
    /// The code by which revert-risk clients call it.
    pub(crate) language: String,
    /// A client's name -> the target that serves it, besides the targets' own names.
    models: BTreeMap<String, Target>,
    /// Whether it is read with a token of its own, which may see what strangers may not.
    pub(crate) is_private: bool,
    api: Api,
    in_flight: Mutex<InFlight>,
    /// Its place among the wikis, for keys of caches.
    pub(crate) idx: u32,
}

/// Why the wikis of the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WikisError {
    /// The file with the token cannot be read.
    #[error("the token of {wiki} cannot be read from {}: {cause}", path.display())]
    Token {
        /// The wiki.
        wiki: String,
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// A user agent or a token that no header can hold.
    #[error("expected {what} of {wiki} in printable ASCII, got something else")]
    Header {
        /// The wiki.
        wiki: String,
        /// Which.
        what: &'static str,
    },
    /// The client cannot be made, for want of certificates or of randomness.
    #[error("calls to {wiki} cannot be made: {cause}")]
    Client {
        /// The wiki.
        wiki: String,
        /// What it says.
        cause: reqwest::Error,
    },
}

/// A model under a client's name.
#[derive(Clone)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) served: Arc<Served>,
}

impl Named {
    /// Whether `true` under this name says that an edit is good.
    pub(crate) fn is_good(&self) -> bool {
        self.name == Target::Goodfaith.name()
    }

    /// The probability of `true` under this name.
    pub(crate) fn probability(&self, wanted_probability: f64) -> f64 {
        match self.is_good() {
            true => 1.0 - wanted_probability,
            false => wanted_probability,
        }
    }

    /// Whether a model of another target serves the name.
    pub(crate) fn is_borrowed(&self) -> bool {
        self.name != self.served.model.target().name()
    }
}

impl Wikis {
    /// Gets ready to call them; calls nobody yet.
    ///
    /// # Errors
    /// When a token cannot be read, or the client cannot be made.
    pub fn new(configs: &BTreeMap<String, WikiConfig>) -> Result<Self, WikisError> {
        let mut wikis = Self::default();
        for (idx, (name, config)) in configs.iter().enumerate() {
            let token = config.oauth_token_file.as_ref().map(|path| {
                std::fs::read_to_string(path)
                    .map(|token| Secret(token.trim().to_owned()))
                    .map_err(|cause| WikisError::Token {
                        wiki: name.clone(),
                        path: path.clone(),
                        cause,
                    })
            });
            let wiki = Arc::new(Wiki {
                name: name.clone(),
                language: config.language_of(name),
                models: config.models.clone(),
                is_private: config.oauth_token_file.is_some(),
                api: Api::new(name, config, token.transpose()?)?,
                in_flight: Mutex::default(),
                idx: idx as u32,
            });
            for alias in config.aliases.iter().chain([name]) {
                wikis.aliases.insert(alias.clone(), Arc::clone(&wiki));
            }
            wikis.by_name.insert(name.clone(), wiki);
        }
        Ok(wikis)
    }

    /// The wiki of a name or an alias.
    pub(crate) fn find(&self, name: &str) -> Option<&Arc<Wiki>> {
        self.aliases.get(name)
    }

    /// The name by which the ledger knows a wiki: its own, where this is an alias.
    pub(crate) fn own_name(&self, name: String) -> String {
        self.find(&name).map_or(name, |wiki| wiki.name.clone())
    }

    /// The wiki of a language's code. MediaWiki's extension writes some with underscores, as in the
    /// names of databases.
    pub(crate) fn of_language(&self, language: &str) -> Option<&Arc<Wiki>> {
        let language = language.replace('_', "-");
        self.iter().find(|wiki| wiki.language == language)
    }

    /// All of them, by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Wiki>> {
        self.by_name.values()
    }

    /// Their names in a sentence.
    pub(crate) fn names(&self) -> String {
        let names: Vec<&str> = self.by_name.keys().map(String::as_str).collect();
        match names.is_empty() {
            true => "none".to_owned(),
            false => names.join(", "),
        }
    }
}

impl Wiki {
    /// The address of its `api.php`.
    pub(crate) fn api_url(&self) -> &reqwest::Url {
        self.api.url()
    }

    /// The models by the names of clients, in the order of the names.
    pub(crate) fn models(&self, models: &Models) -> Vec<Named> {
        let own = Target::ALL.iter().map(|target| target.name());
        let names: BTreeSet<&str> = own.chain(self.models.keys().map(String::as_str)).collect();
        let named = names
            .into_iter()
            .filter_map(|name| self.model(models, name));
        named.collect()
    }

    /// The model of one name: the one that the configuration says, or that of the target.
    pub(crate) fn model(&self, models: &Models, name: &str) -> Option<Named> {
        let configured = self.models.get(name).copied();
        let targets = [configured, name.parse().ok()].into_iter().flatten();
        let mut served = targets.filter_map(|target| models.find(&self.name, target));
        Some(Named {
            name: name.to_owned(),
            served: Arc::clone(served.next()?),
        })
    }

    /// Names of the configuration that no model is there for.
    pub(crate) fn unserved(&self, models: &Models) -> impl Iterator<Item = (&str, Target)> {
        let named = self.models.iter();
        named
            .filter(|(_, target)| models.find(&self.name, **target).is_none())
            .map(|(name, target)| (name.as_str(), *target))
    }
}
