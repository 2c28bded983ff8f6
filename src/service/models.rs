//! The models that the service has, and which of them serves a wiki.
//!
//! A directory holds one file a model, named `<wiki>.<target>.model`. They are opened at start,
//! where one that is broken is named and left out, and the others serve; and anew when the service
//! is told to, where one that is broken leaves everything as it was. A model of the wiki `any`
//! serves every wiki that has none of its own for that target. Cards and tables are rendered here,
//! once, so that asking for them costs nothing later.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Bytes;
use serde::Serialize;

use super::ledger::LedgerModel;
use super::measure::Measure;
use crate::corpus::Rule;
use crate::model::{ANY_WIKI, Model, ModelError, Target};

/// All models at hand.
#[derive(Debug, Default)]
pub struct Models {
    by_wiki: BTreeMap<String, BTreeMap<Target, Arc<Served>>>,
    refused: Vec<Refused>,
    directory: Option<PathBuf>,
}

/// A model with what the service says about it.
pub(crate) struct Served {
    pub(crate) model: Model,
    pub(crate) name: String,
    pub(crate) version: String,
    /// Whether it asks what the wiki's history says.
    pub(crate) is_historic: bool,
    /// What its recipe measures by.
    pub(crate) measure: Measure,
    /// As the ledger knows it.
    pub(crate) ledgered: Arc<LedgerModel>,
    /// The card as JSON.
    pub(crate) card: Bytes,
    /// The caught table as JSON.
    pub(crate) caught: Bytes,
}

/// A file that is not served.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Its name.
    pub file: String,
    /// What is wrong with it.
    pub reason: String,
}

/// Why there is nothing to serve.
#[derive(Debug, thiserror::Error)]
pub enum ModelsError {
    /// The directory cannot be listed.
    #[error("expected a directory of models at {}, got: {cause}{HOW_TO_GET_A_MODEL}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// No file in it is called a model.
    #[error("expected at least one file <wiki>.<target>.model in {}, got none{HOW_TO_GET_A_MODEL}", path.display())]
    Empty {
        /// The directory.
        path: PathBuf,
    },
    /// Every model in it is broken.
    #[error("expected at least one usable model in {}, got none: {}{HOW_TO_GET_A_MODEL}", path.display(), in_lines(refused))]
    AllRefused {
        /// The directory.
        path: PathBuf,
        /// Each file with what is wrong with it.
        refused: Vec<Refused>,
    },
}

fn in_lines(refused: &[Refused]) -> String {
    let reasons = refused.iter();
    reasons
        .map(|Refused { file, reason }| format!("\n  {file}: {reason}"))
        .collect()
}

const HOW_TO_GET_A_MODEL: &str = "\ntrain one with `revscore-train run --wiki enwiki --target reverted --dump FILE... \
                                  --out models/enwiki.reverted.model`, or name another directory with --models";

/// Why a file that holds a model is not served.
#[derive(Debug, thiserror::Error)]
enum RefusedError {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(
        "its columns come from a table of another program, so that it scores rows and not edits"
    )]
    Foreign,
    #[error("expected the file name {expected}, after the model in it")]
    FileName { expected: String },
}

impl Models {
    /// Opens a directory's models. Which files were refused, and why, is logged.
    ///
    /// # Errors
    /// When not a single model can be served.
    pub fn open(directory: &Path) -> Result<Self, ModelsError> {
        let files = model_files(directory).map_err(|cause| ModelsError::Directory {
            path: directory.to_owned(),
            cause,
        })?;
        if files.is_empty() {
            return Err(ModelsError::Empty {
                path: directory.to_owned(),
            });
        }
        let (mut models, mut refused) = (Vec::new(), Vec::new());
        for path in files {
            let file = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            match open(&path, &file) {
                Ok(model) => models.push(model),
                Err(error) => {
                    let reason = error.to_string();
                    tracing::warn!(file, reason, "the model {file} is not served: {reason}");
                    refused.push(Refused { file, reason });
                }
            }
        }
        if models.is_empty() {
            return Err(ModelsError::AllRefused {
                path: directory.to_owned(),
                refused,
            });
        }
        Ok(Self {
            refused,
            directory: Some(directory.to_owned()),
            ..Self::new(models)
        })
    }

    /// Serves these.
    pub fn new(models: impl IntoIterator<Item = Model>) -> Self {
        let mut by_wiki: BTreeMap<String, BTreeMap<Target, Arc<Served>>> = BTreeMap::new();
        for model in models {
            let targets = by_wiki.entry(model.wiki().to_owned()).or_default();
            targets.insert(model.target(), Arc::new(Served::new(model)));
        }
        Self {
            by_wiki,
            refused: Vec::new(),
            directory: None,
        }
    }

    /// The model of the same wiki and target.
    pub(crate) fn same(&self, served: &Served) -> Option<&Arc<Served>> {
        let model = &served.model;
        self.by_wiki.get(model.wiki())?.get(&model.target())
    }

    /// The model for a wiki's edits: the wiki's own, or the one for any wiki.
    pub(crate) fn find(&self, wiki: &str, target: Target) -> Option<&Arc<Served>> {
        [wiki, ANY_WIKI]
            .iter()
            .find_map(|wiki| self.by_wiki.get(*wiki)?.get(&target))
    }

    /// One model for each target that a wiki's edits can be scored for.
    pub(crate) fn for_wiki(&self, wiki: &str) -> Vec<Arc<Served>> {
        let mut by_target: BTreeMap<Target, &Arc<Served>> = BTreeMap::new();
        for wiki in [ANY_WIKI, wiki] {
            by_target.extend(
                self.by_wiki
                    .get(wiki)
                    .into_iter()
                    .flatten()
                    .map(|(target, model)| (*target, model)),
            );
        }
        by_target.into_values().cloned().collect()
    }

    /// Every model, by wiki and target.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Served>> {
        self.by_wiki.values().flat_map(BTreeMap::values)
    }

    /// The files that are not served.
    pub(crate) fn refused(&self) -> &[Refused] {
        &self.refused
    }

    /// Where they were opened.
    pub(crate) fn directory(&self) -> Option<&Path> {
        self.directory.as_deref()
    }

    /// The models' names in a sentence.
    pub(crate) fn names(&self) -> String {
        let names: Vec<&str> = self.iter().map(|served| served.name.as_str()).collect();
        names.join(", ")
    }

    /// A wiki that can be scored, to show how.
    pub(crate) fn example_wiki(&self) -> &str {
        self.by_wiki
            .keys()
            .map(String::as_str)
            .find(|wiki| *wiki != ANY_WIKI)
            .unwrap_or("enwiki")
    }
}

impl Served {
    fn new(model: Model) -> Self {
        let measure = Measure::of(&model);
        Self {
            name: model.name(),
            version: model.version(),
            card: json(&model.card()),
            caught: json(&model.report().caught),
            is_historic: model.features().iter().any(|feature| feature.is_historic()),
            ledgered: Arc::new(ledgered(&model, measure.rule)),
            measure,
            model,
        }
    }

    /// From where on an edit is likely enough to be looked at.
    pub(crate) fn review_threshold(&self) -> f64 {
        self.ledgered.review().1
    }
}

impl std::fmt::Debug for Served {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.model.fmt(f)
    }
}

/// A model as the ledger knows it.
fn ledgered(model: &Model, rule: Rule) -> LedgerModel {
    let report = model.report();
    let levels = report.levels.iter();
    let levels =
        levels.filter_map(|level| Some((level.name.clone(), level.point.as_ref()?.threshold)));
    let mut levels: Vec<(String, f64)> = levels.collect();
    levels.sort_by(|a, b| a.1.total_cmp(&b.1));
    let spreads = report.spreads.iter();
    LedgerModel {
        name: model.name(),
        version: model.version(),
        target: model.target(),
        checksum: model.checksum(),
        rule,
        levels,
        features: spreads.map(|spread| spread.feature.clone()).collect(),
    }
}

fn json(document: &impl Serialize) -> Bytes {
    serde_json::to_vec(document)
        .expect("cards and tables have only string keys and finite numbers")
        .into()
}

fn open(path: &Path, file: &str) -> Result<Model, RefusedError> {
    let model = Model::open(path)?;
    if model.is_foreign() {
        return Err(RefusedError::Foreign);
    }
    let expected = format!("{}.model", model.name());
    if expected != file {
        Err(RefusedError::FileName { expected })
    } else {
        Ok(model)
    }
}

/// The directory's model files, by name.
fn model_files(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "model")
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
