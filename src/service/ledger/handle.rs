//! stub
use super::{Change, ScoredEdit, Store};
use crate::revision::Timestamp;
use std::sync::Arc;
pub struct Ledger(Arc<dyn Store>);
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct LedgerError;
pub(crate) fn now() -> Timestamp {
    Timestamp(0)
}
#[derive(Clone, Debug)]
pub struct LedgerOptions {
    pub path: std::path::PathBuf,
    pub wikis: Vec<String>,
    pub names: bool,
    pub settle_seconds: i64,
    pub keep_days: u32,
}
impl LedgerOptions {
    pub(crate) fn new(path: &std::path::Path, wikis: impl IntoIterator<Item = String>) -> Self {
        Self {
            path: path.to_owned(),
            wikis: wikis.into_iter().collect(),
            names: false,
            settle_seconds: 0,
            keep_days: 0,
        }
    }
}
impl Ledger {
    pub async fn open(
        _o: LedgerOptions,
        _l: impl Fn(&str) -> crate::corpus::LabelOptions + Send + Sync + 'static,
    ) -> Result<Self, LedgerError> {
        Err(LedgerError)
    }
    pub async fn close(&self) {}

    pub(crate) fn keeps(&self, _wiki: &str) -> bool {
        true
    }
    pub(crate) fn record(&self, _edit: ScoredEdit) {}
    pub(crate) async fn write(&self, changes: Vec<Change>) -> Result<(), LedgerError> {
        self.0.apply(&changes).await.map_err(|_| LedgerError)
    }
    pub(crate) fn author(&self, _name: &str) -> u64 {
        0
    }
    pub(crate) fn keeps_names(&self) -> bool {
        false
    }
    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        &self.0
    }
    pub(crate) async fn settled_until(&self, _wiki: &str) -> Timestamp {
        now()
    }
}
