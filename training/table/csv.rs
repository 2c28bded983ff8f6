//! CSV: readable everywhere, slow and large. Plain to write; also compressed to read.

use std::io::{Read, Write};

use anyhow::{anyhow, ensure};
use revscore::dataset::RowId;
use revscore::revision::Timestamp;

use super::{LabelColumn, Role, RowsRead, TableRow, assign_roles, row_id};

/// Writes rows as they come.
pub(super) struct Writer<W: Write> {
    csv: ::csv::Writer<W>,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(file: W, names: &mut Vec<&str>) -> anyhow::Result<Self> {
        let mut csv = ::csv::Writer::from_writer(file);
        csv.write_record(names.drain(..))?;
        Ok(Self { csv })
    }

    pub(super) fn push(&mut self, row: TableRow<'_>) -> anyhow::Result<()> {
        let RowId {
            revision,
            page,
            timestamp,
        } = row.id;
        self.csv.write_field(revision.0.to_string())?;
        self.csv.write_field(page.0.to_string())?;
        self.csv.write_field(
            timestamp
                .map(|timestamp| timestamp.to_string())
                .unwrap_or_default(),
        )?;
        for value in row.features {
            // The shortest digits that read back as the same number.
            self.csv.write_field(if value.is_nan() {
                String::new()
            } else {
                value.to_string()
            })?;
        }
        for label in row.labels {
            self.csv
                .write_field(label.map(|label| label.to_string()).unwrap_or_default())?;
        }
        self.csv.write_record(None::<&[u8]>)?;
        Ok(())
    }

    pub(super) fn finish(self) -> anyhow::Result<W> {
        self.csv
            .into_inner()
            .map_err(|error| anyhow!("{}", error.error()))
    }
}

/// Reads all rows whose label is known. Opens the file twice: first to see what its columns hold.
pub(super) fn read<R: Read>(
    open: impl Fn() -> anyhow::Result<R>,
    label: LabelColumn<'_>,
) -> anyhow::Result<RowsRead> {
    let (header, is_boolean) = look_at_columns(open()?)?;
    let names: Vec<&str> = header.iter().collect();
    let roles = assign_roles(&names, &is_boolean, label)?;
    let mut read = RowsRead {
        names: Vec::new(),
        values: Vec::new(),
        labels: Vec::new(),
        rows: Vec::new(),
    };
    read.names = of_role(&names, &roles, Role::Feature)
        .map(|name| (*name).to_owned())
        .collect();
    for (row_idx, record) in reader(open()?).records().enumerate() {
        let record = record?;
        let line = record.position().map_or(0, ::csv::Position::line);
        let at = |column_idx: usize, expected: &str| {
            let got: String = record[column_idx].chars().take(40).collect();
            anyhow!(
                "line {line}, column {:?}: expected {expected}, got {got:?}",
                names[column_idx]
            )
        };
        let Some(label_idx) = roles.iter().position(|role| *role == Role::Label) else {
            continue;
        };
        if record[label_idx].is_empty() {
            continue;
        }
        let label = read_boolean(&record[label_idx])
            .ok_or_else(|| at(label_idx, "a label of 0 or 1, or empty"))?;
        let (mut revision, mut page, mut timestamp) = (None, None, None);
        for (column_idx, (cell, role)) in record.iter().zip(&roles).enumerate() {
            let id = || {
                cell.parse::<u64>()
                    .map(Some)
                    .map_err(|_| at(column_idx, "an id"))
            };
            match role {
                Role::Revision => revision = id()?,
                Role::Page => page = id()?,
                Role::Timestamp if cell.is_empty() => {}
                Role::Timestamp => {
                    let time = cell.parse::<Timestamp>();
                    timestamp = Some(
                        time.map_err(|_| at(column_idx, "a time such as 2026-01-31T23:59:59Z"))?,
                    );
                }
                Role::Feature => {
                    let value = read_number(cell)
                        .ok_or_else(|| at(column_idx, "a number or an empty cell"))?;
                    read.values.push(value);
                }
                Role::Label | Role::OtherLabel => {}
            }
        }
        read.labels.push(label);
        read.rows.push(RowId {
            timestamp,
            ..row_id(row_idx, revision, page)
        });
    }
    Ok(read)
}

/// The header, and which columns hold `true` and `false`. That shows in a column's first cell
/// that is not empty, so this ends early unless a column is empty throughout; a label may begin
/// anywhere, and must not be taken for a feature.
fn look_at_columns(file: impl Read) -> anyhow::Result<(::csv::StringRecord, Vec<bool>)> {
    let mut reader = reader(file);
    let header = reader.headers()?.clone();
    ensure!(!header.is_empty(), "expected a header, got an empty file");
    let mut is_boolean: Vec<Option<bool>> = vec![None; header.len()];
    let mut record = ::csv::StringRecord::new();
    while is_boolean.contains(&None) && reader.read_record(&mut record)? {
        for (boolean, cell) in is_boolean.iter_mut().zip(&record) {
            if boolean.is_none() && !cell.is_empty() {
                *boolean = Some(read_boolean(cell).is_some() && cell.parse::<f32>().is_err());
            }
        }
    }
    Ok((
        header,
        is_boolean
            .into_iter()
            .map(Option::unwrap_or_default)
            .collect(),
    ))
}

fn reader<R: Read>(file: R) -> ::csv::Reader<R> {
    ::csv::ReaderBuilder::new()
        .buffer_capacity(1 << 16)
        .from_reader(file)
}

fn of_role<'a, T>(items: &'a [T], roles: &'a [Role], role: Role) -> impl Iterator<Item = &'a T> {
    items
        .iter()
        .zip(roles)
        .filter(move |(_, item_role)| **item_role == role)
        .map(|(item, _)| item)
}

/// A number; NaN for an empty cell; 1 and 0 for true and false.
fn read_number(cell: &str) -> Option<f32> {
    if cell.is_empty() {
        return Some(f32::NAN);
    }
    cell.parse()
        .ok()
        .or_else(|| read_boolean(cell).map(|truth| f32::from(u8::from(truth))))
}

fn read_boolean(cell: &str) -> Option<bool> {
    match cell {
        "1" | "1.0" | "true" | "True" | "TRUE" => Some(true),
        "0" | "0.0" | "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}
