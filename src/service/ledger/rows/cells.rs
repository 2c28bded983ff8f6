//! A row's cells, by the places of their columns, whichever database gives the row.

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use crate::service::ledger::store::StoreError;

/// A row. Whole numbers are of any width, and what is asked for without `maybe` is there.
pub(crate) trait Cells {
    fn maybe_int(&self, column: usize) -> Result<Option<i64>, StoreError>;

    fn maybe_flag(&self, column: usize) -> Result<Option<bool>, StoreError>;

    fn maybe_text(&self, column: usize) -> Result<Option<String>, StoreError>;

    fn maybe_bytes(&self, column: usize) -> Result<Option<&[u8]>, StoreError>;

    fn float(&self, column: usize) -> Result<f64, StoreError>;

    fn int(&self, column: usize) -> Result<i64, StoreError> {
        self.maybe_int(column).and_then(there(column))
    }

    fn small(&self, column: usize) -> Result<i32, StoreError> {
        let number = self.int(column)?;
        let small = i32::try_from(number);
        small.map_err(|_| StoreError::NotUnderstood(format!("{number} in column {column}")))
    }

    fn flag(&self, column: usize) -> Result<bool, StoreError> {
        self.maybe_flag(column).and_then(there(column))
    }

    fn text(&self, column: usize) -> Result<String, StoreError> {
        self.maybe_text(column).and_then(there(column))
    }

    fn bytes(&self, column: usize) -> Result<&[u8], StoreError> {
        self.maybe_bytes(column).and_then(there(column))
    }
}

fn there<T>(column: usize) -> impl FnOnce(Option<T>) -> Result<T, StoreError> {
    move |value| {
        value.ok_or_else(|| StoreError::NotUnderstood(format!("nothing in column {column}")))
    }
}

impl Cells for SqliteRow {
    fn maybe_int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn maybe_flag(&self, column: usize) -> Result<Option<bool>, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn maybe_text(&self, column: usize) -> Result<Option<String>, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn maybe_bytes(&self, column: usize) -> Result<Option<&[u8]>, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn float(&self, column: usize) -> Result<f64, StoreError> {
        Ok(self.try_get(column)?)
    }
}
