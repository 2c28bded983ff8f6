//! Parquet: small, typed, and read by every data tool. Written and read column by column, without
//! arrow.

use std::fs::File;
use std::io::Write;
use std::sync::Arc;

use ::parquet::basic::{
    Compression, LogicalType, Repetition, TimeUnit, Type as PhysicalType, ZstdLevel,
};
use ::parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use ::parquet::data_type::{BoolType, DataType, FloatType, Int64Type};
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use ::parquet::schema::types::{ColumnDescriptor, PrimitiveTypeBuilder, Type};
use anyhow::{Context, bail, ensure};
use revscore::dataset::RowId;
use revscore::revision::Timestamp;

use super::{ID_COLUMNS, LabelColumn, Role, RowsRead, TableRow, assign_roles, row_id};

/// Rows that are held in memory until they are written together.
const ROWS_IN_A_GROUP: usize = 8192;

/// Collects rows into groups of columns.
pub(super) struct Writer<W: Write + Send> {
    file: SerializedFileWriter<W>,
    rows: Vec<RowId>,
    features: Vec<Vec<f32>>,
    labels: Vec<Vec<Option<bool>>>,
}

impl<W: Write + Send> Writer<W> {
    pub(super) fn new(file: W, features: &[String], labels: &[String]) -> anyhow::Result<Self> {
        let time = LogicalType::timestamp(true, TimeUnit::MILLIS);
        let mut columns = vec![
            column(ID_COLUMNS[0], PhysicalType::INT64, Repetition::REQUIRED).build()?,
            column(ID_COLUMNS[1], PhysicalType::INT64, Repetition::REQUIRED).build()?,
            column(ID_COLUMNS[2], PhysicalType::INT64, Repetition::OPTIONAL)
                .with_logical_type(Some(time))
                .build()?,
        ];
        for name in features {
            columns.push(column(name, PhysicalType::FLOAT, Repetition::OPTIONAL).build()?);
        }
        for name in labels {
            columns.push(column(name, PhysicalType::BOOLEAN, Repetition::OPTIONAL).build()?);
        }
        let schema = Type::group_type_builder("rows")
            .with_fields(columns.into_iter().map(Arc::new).collect())
            .build()?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_created_by(concat!("revscore ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        Ok(Self {
            file: SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties))?,
            rows: Vec::new(),
            features: vec![Vec::new(); features.len()],
            labels: vec![Vec::new(); labels.len()],
        })
    }

    pub(super) fn push(&mut self, row: TableRow<'_>) -> anyhow::Result<()> {
        self.rows.push(row.id);
        for (column, value) in self.features.iter_mut().zip(row.features) {
            column.push(*value);
        }
        for (column, label) in self.labels.iter_mut().zip(row.labels) {
            column.push(*label);
        }
        if self.rows.len() >= ROWS_IN_A_GROUP {
            self.write_group()
        } else {
            Ok(())
        }
    }

    pub(super) fn finish(mut self) -> anyhow::Result<W> {
        if !self.rows.is_empty() {
            self.write_group()?;
        }
        Ok(self.file.into_inner()?)
    }

    fn write_group(&mut self) -> anyhow::Result<()> {
        let mut group = self.file.next_row_group()?;
        let revisions = self
            .rows
            .iter()
            .map(|row| to_int64(row.revision.0))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let pages = self
            .rows
            .iter()
            .map(|row| to_int64(row.page.0))
            .collect::<anyhow::Result<Vec<_>>>()?;
        write_column::<Int64Type, _>(&mut group, &revisions, None)?;
        write_column::<Int64Type, _>(&mut group, &pages, None)?;
        let times = self
            .rows
            .iter()
            .map(|row| row.timestamp.map(|time| time.0.saturating_mul(1000)));
        write_optional::<Int64Type, _>(&mut group, times)?;
        for column in &mut self.features {
            write_optional::<FloatType, _>(
                &mut group,
                column
                    .drain(..)
                    .map(|value| (!value.is_nan()).then_some(value)),
            )?;
        }
        for column in &mut self.labels {
            write_optional::<BoolType, _>(&mut group, column.drain(..))?;
        }
        group.close()?;
        self.rows.clear();
        Ok(())
    }
}

fn column(name: &str, kind: PhysicalType, repetition: Repetition) -> PrimitiveTypeBuilder<'_> {
    Type::primitive_type_builder(name, kind).with_repetition(repetition)
}

/// Writes the next column, nulls left out and marked by a level of 0.
fn write_optional<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    cells: impl Iterator<Item = Option<T::T>>,
) -> anyhow::Result<()> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    for cell in cells {
        levels.push(i16::from(cell.is_some()));
        values.extend(cell);
    }
    write_column::<T, W>(group, &values, Some(&levels))
}

fn write_column<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> anyhow::Result<()> {
    let mut column = group
        .next_column()?
        .context("expected another column in the schema")?;
    column.typed::<T>().write_batch(values, levels, None)?;
    column.close()?;
    Ok(())
}

fn to_int64(id: u64) -> anyhow::Result<i64> {
    i64::try_from(id).with_context(|| format!("expected an id below 2^63, got {id}"))
}

/// Reads all rows whose label is known.
pub(super) fn read(file: File, label: LabelColumn<'_>) -> anyhow::Result<RowsRead> {
    let reader = SerializedFileReader::new(file)?;
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let names: Vec<&str> = schema
        .columns()
        .iter()
        .map(|column| column.name())
        .collect();
    let is_boolean: Vec<bool> = schema
        .columns()
        .iter()
        .map(|column| column.physical_type() == PhysicalType::BOOLEAN)
        .collect();
    let roles = assign_roles(&names, &is_boolean, label)?;
    let mut read = RowsRead {
        names: Vec::new(),
        values: Vec::new(),
        labels: Vec::new(),
        rows: Vec::new(),
    };
    read.names = names
        .iter()
        .zip(&roles)
        .filter(|(_, role)| **role == Role::Feature)
        .map(|(name, _)| (*name).to_owned())
        .collect();
    let mut n_rows_before = 0;
    for group_idx in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group_idx)?;
        let mut columns = Vec::with_capacity(roles.len());
        for (column_idx, role) in roles.iter().enumerate() {
            let descriptor = &schema.columns()[column_idx];
            let cells = match role {
                Role::OtherLabel => Vec::new(),
                _ => read_column(group.get_column_reader(column_idx)?, descriptor)
                    .with_context(|| format!("column {:?}", names[column_idx]))?,
            };
            columns.push(cells);
        }
        let n_rows = columns.iter().map(Vec::len).max().unwrap_or(0);
        for ((cells, name), role) in columns.iter().zip(&names).zip(&roles) {
            ensure!(
                *role == Role::OtherLabel || cells.len() == n_rows,
                "column {name:?}: expected {n_rows} rows in group {group_idx}, got {}",
                cells.len(),
            );
        }
        for row_idx in 0..n_rows {
            read.push(n_rows_before + row_idx, &names, &roles, |column_idx| {
                columns[column_idx].get(row_idx).copied().flatten()
            })?;
        }
        n_rows_before += n_rows;
    }
    Ok(read)
}

impl RowsRead {
    /// Takes over a row, unless its label is null.
    fn push(
        &mut self,
        row_idx: usize,
        names: &[&str],
        roles: &[Role],
        cell: impl Fn(usize) -> Option<f64>,
    ) -> anyhow::Result<()> {
        let at = |column_idx: usize, expected: &str, got: f64| {
            anyhow::anyhow!(
                "row {}, column {:?}: expected {expected}, got {got}",
                row_idx + 1,
                names[column_idx]
            )
        };
        let label_idx = roles.iter().position(|role| *role == Role::Label);
        let Some((label_idx, label)) = label_idx.and_then(|idx| Some((idx, cell(idx)?))) else {
            return Ok(());
        };
        if label != 0.0 && label != 1.0 {
            return Err(at(label_idx, "a label of 0 or 1, or null", label));
        }
        let (mut revision, mut page, mut timestamp) = (None, None, None);
        for (column_idx, role) in roles.iter().enumerate() {
            match (role, cell(column_idx)) {
                (Role::Revision | Role::Page, Some(id)) => {
                    if id < 0.0 || id.fract() != 0.0 || id > MAX_ID {
                        return Err(at(column_idx, "an id", id));
                    }
                    *(if *role == Role::Revision {
                        &mut revision
                    } else {
                        &mut page
                    }) = Some(id as u64);
                }
                (Role::Timestamp, Some(time_ms)) => {
                    timestamp = Some(Timestamp((time_ms / 1000.0).floor() as i64))
                }
                (Role::Feature, value) => self
                    .values
                    .push(value.map_or(f32::NAN, |value| value as f32)),
                _ => {}
            }
        }
        self.labels.push(label == 1.0);
        self.rows.push(RowId {
            timestamp,
            ..row_id(row_idx, revision, page)
        });
        Ok(())
    }
}

/// Cells are read as `f64`, which holds ids up to here exactly; wikis are far from it.
const MAX_ID: f64 = (1_u64 << 53) as f64;

/// A group's column as numbers, null as `None`.
fn read_column(
    reader: ColumnReader,
    column: &ColumnDescriptor,
) -> anyhow::Result<Vec<Option<f64>>> {
    ensure!(
        column.max_rep_level() == 0 && column.max_def_level() <= 1,
        "expected one number or null a row, got a nested column"
    );
    let optional = column.max_def_level() == 1;
    match reader {
        ColumnReader::BoolColumnReader(reader) => {
            read_cells(reader, optional, |value| f64::from(u8::from(*value)))
        }
        ColumnReader::Int32ColumnReader(reader) => {
            read_cells(reader, optional, |value| f64::from(*value))
        }
        ColumnReader::Int64ColumnReader(reader) => {
            read_cells(reader, optional, |value| *value as f64)
        }
        ColumnReader::FloatColumnReader(reader) => {
            read_cells(reader, optional, |value| f64::from(*value))
        }
        ColumnReader::DoubleColumnReader(reader) => read_cells(reader, optional, |value| *value),
        _ => bail!("expected numbers, got {}", column.physical_type()),
    }
}

fn read_cells<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    optional: bool,
    number: impl Fn(&T::T) -> f64,
) -> anyhow::Result<Vec<Option<f64>>> {
    let mut cells = Vec::new();
    loop {
        let (mut values, mut levels) = (Vec::new(), Vec::new());
        let (n_records, _, _) =
            reader.read_records(ROWS_IN_A_GROUP, Some(&mut levels), None, &mut values)?;
        if n_records == 0 {
            return Ok(cells);
        }
        let mut values = values.iter();
        if optional {
            cells.extend(levels.iter().map(|level| {
                if *level == 1 {
                    values.next().map(&number)
                } else {
                    None
                }
            }));
        } else {
            cells.extend(values.map(|value| Some(number(value))));
        }
    }
}
