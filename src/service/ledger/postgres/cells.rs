//! PostgreSQL's rows as cells: whole numbers of each width, and text as it was told.

use sqlx::postgres::{PgRow, PgValueFormat};
use sqlx::{Row as _, ValueRef as _};

use super::text::from_stored;
use crate::service::ledger::rows::Cells;
use crate::service::ledger::store::StoreError;

impl Cells for PgRow {
    fn maybe_int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        let value = self.try_get_raw(column)?;
        if value.is_null() {
            return Ok(None);
        }
        // Prepared statements answer in binary, most significant byte first.
        let is_binary = value.format() == PgValueFormat::Binary;
        let bytes = value.as_bytes().unwrap_or_default();
        let number = match bytes.len() {
            2 => bytes
                .try_into()
                .map(|bytes| i16::from_be_bytes(bytes).into()),
            4 => bytes
                .try_into()
                .map(|bytes| i32::from_be_bytes(bytes).into()),
            _ => bytes.try_into().map(i64::from_be_bytes),
        };
        let number = number.ok().filter(|_| is_binary);
        let wrong = || StoreError::NotUnderstood(format!("no whole number in column {column}"));
        number.map(Some).ok_or_else(wrong)
    }

    fn maybe_flag(&self, column: usize) -> Result<Option<bool>, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn maybe_text(&self, column: usize) -> Result<Option<String>, StoreError> {
        let stored: Option<String> = self.try_get(column)?;
        Ok(stored.map(from_stored))
    }

    fn maybe_bytes(&self, column: usize) -> Result<Option<&[u8]>, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn float(&self, column: usize) -> Result<f64, StoreError> {
        Ok(self.try_get(column)?)
    }
}
