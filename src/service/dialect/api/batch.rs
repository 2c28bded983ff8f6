//! A request with a batch of edits: its frame is read here, its edits later, each on its own.
//!
//! What the edits are sent for is the routes' concern.

use std::sync::Arc;

use axum::body::Bytes;
use serde_json::value::RawValue;

use crate::service::App;
use crate::service::error::ServiceError;
use crate::service::wiki::Wiki;

/// Edits that one request may hold.
const MAX_EDITS: usize = 256;

/// A body as text.
pub(super) fn text_of(body: &Bytes) -> Result<&str, ServiceError> {
    std::str::from_utf8(body).map_err(|error| ServiceError::NotUtf8 {
        at: error.valid_up_to(),
    })
}

/// The edits of a request.
pub(super) enum Edits {
    /// With their texts, each a slice of the body.
    Texts(Vec<Bytes>),
    /// Revisions that are fetched.
    Ids(Vec<u64>),
}

impl Edits {
    /// Those that a body has, which are of one kind.
    pub(super) fn read(
        body: &Bytes,
        edits: Option<&[&RawValue]>,
        rev_ids: Option<Vec<u64>>,
    ) -> Result<Self, ServiceError> {
        let check = |got: usize| match (1..=MAX_EDITS).contains(&got) {
            true => Ok(()),
            false => Err(ServiceError::BatchSize {
                limit: MAX_EDITS,
                got,
            }),
        };
        match (edits, rev_ids) {
            (Some(edits), None) => {
                check(edits.len())?;
                let slice = |edit: &&RawValue| body.slice_ref(edit.get().as_bytes());
                Ok(Self::Texts(edits.iter().map(slice).collect()))
            }
            (None, Some(ids)) => {
                check(ids.len())?;
                Ok(Self::Ids(ids))
            }
            _ => Err(ServiceError::InvalidRequest(
                "expected edits, with their texts, or rev_ids, which are fetched".to_owned(),
            )),
        }
    }
}

/// The wiki that revisions are fetched from.
pub(super) fn find_wiki<'a>(app: &'a App, name: &str) -> Result<&'a Arc<Wiki>, ServiceError> {
    let wiki = app.wikis().find(name);
    wiki.ok_or_else(|| ServiceError::WikiNotFound {
        wiki: name.chars().take(40).collect(),
        known: app.wikis().names(),
    })
}
