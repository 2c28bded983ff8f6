//! Tables on disk: labelled rows of feature values, as Parquet or CSV.
//!
//! Our own tables begin with the columns `rev_id`, `page_id` and `timestamp`; then come features
//! (numbers; an empty cell or null is a missing value) and labels (`true` or `false`; empty where
//! unknown). Any other CSV or Parquet file of numbers with a label column can be read too: its
//! rows then count as pages of their own. This room knows no feature and no label by name.

mod csv;
mod parquet;

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use ndarray::Array2;
use revscore::dataset::{Dataset, RowId};
use revscore::revision::{PageId, RevisionId};
use tempfile::NamedTempFile;

/// How a table is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum Format {
    /// Apache Parquet, compressed with zstd.
    Parquet,
    /// Comma-separated values with a header.
    Csv,
}

/// One row to write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TableRow<'a> {
    /// Which edit the row describes.
    pub(crate) id: RowId,
    /// One value a feature column; NaN when missing.
    pub(crate) features: &'a [f32],
    /// One value a label column; `None` when unknown.
    pub(crate) labels: &'a [Option<bool>],
}

/// The columns that say what a row is about.
const ID_COLUMNS: [&str; 3] = ["rev_id", "page_id", "timestamp"];

/// The label column that is looked for first when none is named.
const DEFAULT_LABEL: &str = "label";

/// Which column of a table to learn.
#[derive(Clone, Copy, Debug)]
pub(crate) enum LabelColumn<'a> {
    /// This one.
    Named(&'a str),
    /// The column `label`, or else, as in our own tables, the one that bears the target's name.
    OfTarget(&'a str),
}

impl<'a> LabelColumn<'a> {
    /// The column that was named on the command line, or that of the target.
    pub(crate) fn new(named: Option<&'a str>, target: &'a str) -> Self {
        named.map_or(Self::OfTarget(target), Self::Named)
    }
}

/// Writes a table row by row. What is written appears under its name only with
/// [`TableWriter::finish`]; until then, and if that is never called, there is just a temporary
/// file beside it.
pub(crate) struct TableWriter {
    path: PathBuf,
    n_features: usize,
    n_labels: usize,
    rows: RowWriter,
}

enum RowWriter {
    Parquet(Box<parquet::Writer<NamedTempFile>>),
    Csv(Box<csv::Writer<BufWriter<NamedTempFile>>>),
}

impl TableWriter {
    /// Begins a table with these feature and label columns.
    pub(crate) fn create(
        path: &Path,
        format: Format,
        features: &[String],
        labels: &[String],
    ) -> anyhow::Result<Self> {
        let mut names: Vec<&str> = ID_COLUMNS
            .iter()
            .copied()
            .chain(features.iter().chain(labels).map(String::as_str))
            .collect();
        check_names(&names).with_context(|| path.display().to_string())?;
        let file = temporary_file_beside(path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        let rows = match format {
            Format::Parquet => {
                RowWriter::Parquet(Box::new(parquet::Writer::new(file, features, labels)?))
            }
            Format::Csv => RowWriter::Csv(Box::new(csv::Writer::new(
                BufWriter::new(file),
                &mut names,
            )?)),
        };
        Ok(Self {
            path: path.to_owned(),
            n_features: features.len(),
            n_labels: labels.len(),
            rows,
        })
    }

    /// Appends a row. A Parquet table is written in groups of rows, so this is also when earlier
    /// rows may fail to be written.
    pub(crate) fn push(&mut self, row: TableRow<'_>) -> anyhow::Result<()> {
        ensure!(
            row.features.len() == self.n_features && row.labels.len() == self.n_labels,
            "expected {} features and {} labels in a row, got {} and {}",
            self.n_features,
            self.n_labels,
            row.features.len(),
            row.labels.len(),
        );
        let written = match &mut self.rows {
            RowWriter::Parquet(rows) => rows.push(row),
            RowWriter::Csv(rows) => rows.push(row),
        };
        written.with_context(|| format!("cannot write {}", self.path.display()))
    }

    /// Writes what is left and gives the file its name, in place of any older one.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        let path = self.path;
        let finish = || -> anyhow::Result<()> {
            let file = match self.rows {
                RowWriter::Parquet(rows) => rows.finish()?,
                RowWriter::Csv(rows) => rows.finish()?.into_inner()?,
            };
            file.as_file().sync_all()?;
            file.persist(&path)?;
            Ok(())
        };
        finish().with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Reads a table: `.parquet`, `.csv`, `.csv.gz` or `.csv.xz`.
///
/// Rows whose label is not known are left out. Other columns of `true` and `false` are labels
/// too, and left out, in a table of ours (one with a column `rev_id`); in others they are features
/// of 0 and 1.
pub(crate) fn read_table(path: &Path, label: LabelColumn<'_>) -> anyhow::Result<Dataset> {
    let open = || File::open(path).with_context(|| format!("cannot read {}", path.display()));
    let name = path.to_string_lossy().to_lowercase();
    let columns = if name.ends_with(".parquet") {
        parquet::read(open()?, label)
    } else if name.ends_with(".csv") {
        csv::read(open, label)
    } else if name.ends_with(".csv.gz") {
        csv::read(|| Ok(flate2::read::MultiGzDecoder::new(open()?)), label)
    } else if name.ends_with(".csv.xz") {
        csv::read(
            || Ok(liblzma::read::XzDecoder::new_multi_decoder(open()?)),
            label,
        )
    } else {
        bail!(
            "expected a table named .parquet, .csv, .csv.gz or .csv.xz, got {}",
            path.display()
        );
    };
    columns
        .and_then(RowsRead::into_dataset)
        .with_context(|| path.display().to_string())
}

/// Rows as they come from a file.
struct RowsRead {
    names: Vec<String>,
    /// Row after row.
    values: Vec<f32>,
    labels: Vec<bool>,
    rows: Vec<RowId>,
}

impl RowsRead {
    fn into_dataset(self) -> anyhow::Result<Dataset> {
        let n_rows = self.labels.len();
        Ok(Dataset {
            values: Array2::from_shape_vec((n_rows, self.names.len()), self.values)?,
            names: self.names,
            weights: vec![1.0; n_rows],
            labels: self.labels,
            rows: self.rows,
        })
    }
}

/// What is known of a row's identity; a row without a page is a page of its own.
fn row_id(row_idx: usize, revision: Option<u64>, page: Option<u64>) -> RowId {
    let ordinal = row_idx as u64 + 1;
    RowId {
        revision: RevisionId(revision.unwrap_or(ordinal)),
        page: PageId(page.unwrap_or(ordinal)),
        timestamp: None,
    }
}

/// What a column of a file is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Role {
    Revision,
    Page,
    Timestamp,
    Feature,
    /// The label to learn.
    Label,
    /// A label that is not asked for.
    OtherLabel,
}

/// Gives each column its role. `is_boolean` says which hold `true` and `false`.
fn assign_roles(
    names: &[&str],
    is_boolean: &[bool],
    label: LabelColumn<'_>,
) -> anyhow::Result<Vec<Role>> {
    check_names(names)?;
    let ours = names.contains(&ID_COLUMNS[0]);
    let booleans: Vec<&str> = names
        .iter()
        .zip(is_boolean)
        .filter(|(_, boolean)| ours && **boolean)
        .map(|(name, _)| *name)
        .collect();
    let label = match label {
        LabelColumn::OfTarget(_) if names.contains(&DEFAULT_LABEL) => DEFAULT_LABEL,
        LabelColumn::Named(label) | LabelColumn::OfTarget(label) if names.contains(&label) => label,
        LabelColumn::Named(label) => {
            bail!("expected a label column {label:?}, got {}", listed(names))
        }
        LabelColumn::OfTarget(target) => bail!(
            "expected a label column {DEFAULT_LABEL:?} or {target:?}, got {}",
            listed(names)
        ),
    };
    let roles: Vec<Role> = names
        .iter()
        .map(|&name| match name {
            _ if name == label => Role::Label,
            "rev_id" => Role::Revision,
            "page_id" => Role::Page,
            "timestamp" => Role::Timestamp,
            _ if booleans.contains(&name) => Role::OtherLabel,
            _ => Role::Feature,
        })
        .collect();
    ensure!(
        roles.contains(&Role::Feature),
        "expected feature columns, got {}",
        listed(names)
    );
    Ok(roles)
}

/// Every column has a name of its own.
fn check_names(names: &[&str]) -> anyhow::Result<()> {
    let mut sorted = names.to_vec();
    sorted.sort_unstable();
    if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        bail!(
            "expected columns of different names, got {:?} twice",
            pair[0]
        );
    }
    ensure!(
        !sorted.first().is_some_and(|name| name.is_empty()),
        "expected a name for every column, got none for one"
    );
    Ok(())
}

/// At most ten names, quoted.
fn listed(names: &[&str]) -> String {
    let mut text = names
        .iter()
        .take(10)
        .map(|name| format!("{name:?}"))
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > 10 {
        text += &format!(" and {} more", names.len() - 10);
    }
    if text.is_empty() {
        "no columns".to_owned()
    } else {
        text
    }
}

/// A file in the directory where `path` will be, so that renaming it cannot fail half-way.
fn temporary_file_beside(path: &Path) -> std::io::Result<NamedTempFile> {
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".table-").suffix(".partial");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // What the umask leaves of it, like any other file; temporary ones are private otherwise.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(directory)
}

#[cfg(test)]
mod tests;
