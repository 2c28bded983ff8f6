//! A model: everything that is needed to score edits of a wiki, in one file.
//!
//! It is opened once and then only read: scoring is pure, takes no lock and cannot fail. The
//! trainer makes models, the service opens them, and this room is where the two meet. Opening
//! and saving a model are its only I/O.

mod card;
mod explanation;
mod family;
mod format;
mod scale;
mod target;
mod wording;

use std::fmt;
use std::path::{Path, PathBuf};

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

pub use card::Card;
pub use explanation::{Explanation, FeaturePart, Reason};
pub use family::Family;
pub use scale::{QuantileMap, Scale, ScoredTwice, Shift, ShiftRow};
pub use target::{Target, TargetError};

use crate::edit::Edit;
use crate::envelope;
use crate::estimator::{Calibration, Predictor};
use crate::evaluation::Report;
use crate::feature::{self, Feature};
use crate::language::{Evidence, Language, Vocabulary};
use crate::revision::Timestamp;

/// The name that stands for the wiki of a model which serves every wiki.
pub const ANY_WIKI: &str = "any";

/// What a model is made from.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The wiki whose edits it scores, as a database name (`papwiki`), or [`ANY_WIKI`].
    pub wiki: String,
    /// What its probability is the probability of.
    pub target: Target,
    /// The names of the columns, in the estimator's order.
    pub features: Vec<String>,
    /// Whether the columns are those of a table from elsewhere, which this crate cannot compute:
    /// such a model scores rows, not edits.
    pub foreign: bool,
    /// The wiki's words; empty where no feature looks words up.
    pub vocabulary: Vocabulary,
    /// The fitted estimator.
    pub predictor: Predictor,
    /// From its raw score to the probability that the edit is one that is looked for.
    pub calibration: Calibration,
    /// Whose scale its probabilities are on, where that is not its own.
    pub scale: Option<Scale>,
    /// What it catches, measured on edits that it had not seen.
    pub report: Report,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// Where a model comes from: enough to make it again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The version of this crate that fitted it.
    pub crate_version: String,
    /// What was read.
    pub sources: Vec<Source>,
    /// Rows that it was fitted on.
    pub n_rows: u64,
    /// Those with a true label.
    pub n_positive: u64,
    /// The first row's time.
    pub first: Option<Timestamp>,
    /// The last row's time.
    pub last: Option<Timestamp>,
    /// The options that chose among what was read, as on the command line.
    pub selection: Vec<String>,
    /// How the held-out edits of its report were chosen, in words.
    pub held_out: String,
    /// The recipe, as TOML.
    pub recipe: String,
    /// The seed of everything random.
    pub seed: u64,
}

/// One input of the training.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// File name without its directory.
    pub name: String,
    /// Pages read.
    pub pages: u64,
    /// Revisions read.
    pub revisions: u64,
}

/// A model that scores edits.
#[derive(Clone)]
pub struct Model {
    parts: Parts,
    columns: Vec<&'static Feature>,
    checksum: u128,
}

/// What a model says about one edit.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Score {
    /// The calibrated probability of the target.
    pub probability: f64,
    /// Whether it is more likely than not.
    pub prediction: bool,
}

/// Why a file is not a model that can be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// Another kind of file.
    #[error("expected a model file that begins with REVSCORE, got \"{got}\"")]
    NotAModel {
        /// Its first bytes.
        got: String,
    },
    /// A format that this version does not know.
    #[error(
        "expected a model file of format 1 to {}, got format {got}; retrain it, or use the version of revscore that wrote it",
        format::FORMAT_VERSION
    )]
    Version {
        /// The file's format.
        got: u32,
    },
    /// Cut off, or something was appended.
    #[error("expected a model file of {expected} bytes, got {got}; copy it again")]
    Length {
        /// What the header says.
        expected: u64,
        /// What is there.
        got: u64,
    },
    /// Damaged.
    #[error("expected a model file with checksum {expected:032x}, got {got:032x}; copy it again")]
    Checksum {
        /// What the header says.
        expected: u128,
        /// What the body has.
        got: u128,
    },
    /// A body that does not hold a model.
    #[error("the model file's body cannot be read: {0}")]
    Body(String),
    /// Columns that this version cannot compute.
    #[error(
        "the model needs the feature {name:?} (column {column}), which this version of revscore does not have"
    )]
    UnknownFeature {
        /// The column's name.
        name: String,
        /// Its place, from 0.
        column: usize,
    },
    /// The estimator does not fit the columns, or is damaged.
    #[error("the model's estimator cannot be used: {0}")]
    Estimator(String),
    /// The file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

/// The body as it is stored. Fields are only ever appended together with a new format version.
#[derive(Serialize, Deserialize)]
struct Body {
    wiki: String,
    target: Target,
    features: Vec<String>,
    foreign: bool,
    vocabulary: Vocabulary,
    predictor: Predictor,
    calibration: Calibration,
    /// JSON, so that statistics can grow without a new format.
    report: String,
    provenance: Provenance,
    /// Since format 2; its weights since format 3.
    evidence: Evidence,
    /// Since format 4, and in no file of a lower one: a scale's map, and what is said of it, as JSON
    /// for the same reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    scale: Option<(QuantileMap, String)>,
}

/// What stands for the fields that a body of an older format lacks.
fn missing(version: u32) -> &'static [u8] {
    // Lists of length 0, then no scale.
    match version {
        0..2 => &[0, 0, 0],
        2 => &[0, 0],
        3 => &[0],
        _ => &[],
    }
}

impl Body {
    /// The whole file. A model on its own scale is written as it was before there were scales, so
    /// that older readers open it, too; one on another's they must not read, and refuse.
    fn to_bytes(&self) -> Result<Vec<u8>, ModelError> {
        let version = match self.scale {
            None => format::WITHOUT_SCALE,
            Some(_) => format::FORMAT_VERSION,
        };
        format::write(self, version)
    }
}

impl Model {
    /// Puts a model together.
    ///
    /// # Errors
    /// When a column is not a feature of this version, or the estimator expects other columns.
    pub fn new(parts: Parts) -> Result<Self, ModelError> {
        // The checksum is that of the stored form, so that a model is the same before and after.
        let (body, checksum) = format::read(&Body::from(parts).to_bytes()?, missing)?;
        Self::from_body(body, checksum)
    }

    /// Opens a model file.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged, or was made for another version; the error says
    /// what was expected.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ModelError> {
        let path = path.as_ref();
        let io = |source| ModelError::Io {
            path: path.to_owned(),
            source,
        };
        let size = std::fs::metadata(path).map_err(io)?.len();
        if size > format::MAX_BYTES {
            return Err(ModelError::Length {
                expected: format::MAX_BYTES,
                got: size,
            });
        }
        Self::from_bytes(&std::fs::read(path).map_err(io)?)
    }

    /// Reads a model file's bytes.
    ///
    /// # Errors
    /// As [`Model::open`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        let (body, checksum) = format::read(bytes, missing)?;
        Self::from_body(body, checksum)
    }

    /// The bytes of its file; the same model always gives the same bytes.
    ///
    /// # Errors
    /// None that a model made by this crate can meet; the encoder's are passed on.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ModelError> {
        Body::from(self.parts.clone()).to_bytes()
    }

    /// Saves it: whole, or not at all (a temporary file beside it is renamed when complete).
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), ModelError> {
        let path = path.as_ref();
        envelope::save(&self.to_bytes()?, path).map_err(|source| ModelError::Io {
            path: path.to_owned(),
            source,
        })
    }

    fn from_body(body: Body, checksum: u128) -> Result<Self, ModelError> {
        let names = if body.foreign {
            &[][..]
        } else {
            &body.features[..]
        };
        let columns = names
            .iter()
            .enumerate()
            .map(|(column, name)| {
                feature::find(name).ok_or_else(|| ModelError::UnknownFeature {
                    name: name.clone(),
                    column,
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        body.predictor
            .check()
            .map_err(|error| ModelError::Estimator(error.to_string()))?;
        body.calibration
            .check()
            .map_err(|error| ModelError::Estimator(error.to_string()))?;
        if !body.evidence.is_sound() {
            return Err(ModelError::Body(
                "its evidence has the wrong size".to_owned(),
            ));
        }
        if body.predictor.n_features() != body.features.len() {
            return Err(ModelError::Estimator(format!(
                "it was fitted on {} columns, and {} are named",
                body.predictor.n_features(),
                body.features.len()
            )));
        }
        let report = serde_json::from_str(&body.report)
            .map_err(|error| ModelError::Body(format!("its report: {error}")))?;
        let scale = body.scale.map(read_scale).transpose()?;
        let parts = Parts {
            wiki: body.wiki,
            target: body.target,
            features: body.features,
            foreign: body.foreign,
            vocabulary: body.vocabulary.with_evidence(body.evidence),
            predictor: body.predictor,
            calibration: body.calibration,
            scale,
            report,
            provenance: body.provenance,
        };
        Ok(Self {
            parts,
            columns,
            checksum,
        })
    }

    /// The wiki that it was trained for, or `any`.
    pub fn wiki(&self) -> &str {
        &self.parts.wiki
    }

    /// What its probability is the probability of.
    pub fn target(&self) -> Target {
        self.parts.target
    }

    /// Whether it was fitted on a table whose columns this crate cannot compute. It scores rows
    /// ([`Model::score_row`]); to it, every feature of an edit is missing.
    pub fn is_foreign(&self) -> bool {
        self.parts.foreign
    }

    /// The names of its columns, in order.
    pub fn column_names(&self) -> &[String] {
        &self.parts.features
    }

    /// Its name: `papwiki.reverted`.
    pub fn name(&self) -> String {
        format!("{}.{}", self.parts.wiki, self.parts.target)
    }

    /// The checksum of its stored form: no other model has it.
    pub fn checksum(&self) -> u128 {
        self.checksum
    }

    /// The version: the crate's that fitted it, and the first digits of its checksum.
    pub fn version(&self) -> String {
        format!(
            "{}+{:08x}",
            self.parts.provenance.crate_version,
            (self.checksum >> 96) as u32
        )
    }

    /// The language of its wiki.
    pub fn language(&self) -> &'static Language {
        Language::of_wiki(&self.parts.wiki)
    }

    /// The features that it looks at, in order.
    pub fn features(&self) -> &[&'static Feature] {
        &self.columns
    }

    /// Whose scale its probabilities are on; `None` where it is its own.
    pub fn scale(&self) -> Option<&Scale> {
        self.parts.scale.as_ref()
    }

    /// What it catches, measured on edits that it had not seen.
    pub fn report(&self) -> &Report {
        &self.parts.report
    }

    /// Where it comes from.
    pub fn provenance(&self) -> &Provenance {
        &self.parts.provenance
    }

    /// The words that it knows.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.parts.vocabulary
    }

    /// How much each feature counts, in the order of [`Model::features`]; sums to 1.
    pub fn importance(&self) -> Vec<f64> {
        self.parts.predictor.importance()
    }

    /// The features' values for an edit, in the model's order; NaN when missing.
    pub fn extract(&self, edit: &Edit<'_>) -> Vec<f32> {
        if self.parts.foreign {
            return vec![f32::NAN; self.parts.features.len()];
        }
        feature::values(&self.columns, edit, &self.parts.vocabulary)
    }

    /// Scores an edit.
    pub fn score(&self, edit: &Edit<'_>) -> Score {
        self.score_row(&self.extract(edit))
    }

    /// Scores extracted values, which must be in the order of [`Model::column_names`].
    pub fn score_row(&self, row: &[f32]) -> Score {
        self.score_of(self.wanted_probability(row))
    }

    /// The score that goes with a [`Model::wanted_probability`].
    pub fn score_of(&self, wanted_probability: f64) -> Score {
        let probability = match self.parts.target.is_inverted() {
            true => 1.0 - wanted_probability,
            false => wanted_probability,
        };
        Score {
            probability,
            prediction: probability >= 0.5,
        }
    }

    /// The probability that the edit is one that is looked for: the scale of the report and its
    /// thresholds, whatever the target.
    pub fn wanted_probability(&self, row: &[f32]) -> f64 {
        self.published(self.parts.predictor.raw_score(row))
    }

    /// The same for many rows of extracted values, in less time than one by one.
    pub fn wanted_probabilities(&self, rows: ArrayView2<'_, f32>) -> Vec<f64> {
        let scores = self.parts.predictor.raw_scores(rows).into_iter();
        scores.map(|raw| self.published(raw)).collect()
    }

    /// The probability that is published for a raw score: calibrated, and on the predecessor's scale
    /// where there is one.
    fn published(&self, raw: f64) -> f64 {
        let probability = self.parts.calibration.probability(raw);
        match &self.parts.scale {
            Some(scale) => scale.map.apply(probability),
            None => probability,
        }
    }

    /// Scores an edit and says what moved the score.
    pub fn explain(&self, edit: &Edit<'_>) -> Explanation {
        self.explain_row(edit, &self.extract(edit))
    }

    /// How far each family of features moves the raw score of a row, the strongest first.
    pub fn reasons(&self, row: &[f32]) -> Vec<(Family, f64)> {
        explanation::families(self.features(), &self.parts.predictor.contributions(row))
    }

    /// The same for an edit's extracted values, some of which may have been replaced.
    pub fn explain_row(&self, edit: &Edit<'_>, row: &[f32]) -> Explanation {
        Explanation::new(self, edit, row)
    }

    /// The model in short: what it is, what it catches, what it is made from.
    pub fn card(&self) -> Card {
        Card::new(self)
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model")
            .field("name", &self.name())
            .field("version", &self.version())
            .finish_non_exhaustive()
    }
}

fn read_scale((map, said): (QuantileMap, String)) -> Result<Scale, ModelError> {
    let unusable = |error: String| ModelError::Body(format!("its scale: {error}"));
    map.check().map_err(unusable)?;
    let scale: Scale = serde_json::from_str(&said).map_err(|error| unusable(error.to_string()))?;
    Ok(Scale { map, ..scale })
}

impl From<Parts> for Body {
    fn from(parts: Parts) -> Self {
        Self {
            wiki: parts.wiki,
            target: parts.target,
            features: parts.features,
            foreign: parts.foreign,
            evidence: parts.vocabulary.evidence().clone(),
            vocabulary: parts.vocabulary,
            predictor: parts.predictor,
            calibration: parts.calibration,
            scale: parts.scale.map(|scale| {
                let said = serde_json::to_string(&scale);
                (
                    scale.map,
                    said.expect("what is said has only string keys and finite numbers"),
                )
            }),
            report: serde_json::to_string(&parts.report)
                .expect("a report has only string keys and finite numbers"),
            provenance: parts.provenance,
        }
    }
}
