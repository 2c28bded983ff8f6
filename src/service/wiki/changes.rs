//! What changed on a wiki lately, as it lists it (`list=recentchanges`): the oldest first, a call's worth at a
//! time. What a row means is known to who asks.

use serde_json::Value;

use super::{ApiError, Wiki};
use crate::revision::Timestamp;
use crate::service::metrics::Metrics;

/// Rows that MediaWiki gives anybody at once.
const ROWS: &str = "500";

/// What is asked of each row.
const PROPERTIES: &str =
    "ids|title|timestamp|user|userid|flags|sizes|comment|loginfo|sha1|redirect";

/// A part of the list.
pub(crate) struct Changes {
    pub(crate) rows: Vec<Value>,
    /// What asks for the rows behind these; `None` when they are the last ones.
    pub(crate) rest: Option<String>,
    /// What the wiki's clock said.
    pub(crate) now: Timestamp,
}

impl Wiki {
    /// Edits, new pages and log entries from a moment on, or the rest of those; without a moment only what
    /// time it is.
    pub(crate) async fn changes(
        &self,
        metrics: &Metrics,
        since: Option<Timestamp>,
        rest: Option<&str>,
    ) -> Result<Changes, ApiError> {
        let mut parameters = vec![("curtimestamp", "1")];
        let since = since.map(|since| since.to_string());
        if let Some(since) = &since {
            parameters.extend([
                ("list", "recentchanges"),
                ("rctype", "edit|new|log"),
                ("rcdir", "newer"),
                ("rcstart", since),
                ("rclimit", ROWS),
                ("rcprop", PROPERTIES),
            ]);
        }
        if let Some(rest) = rest {
            parameters.extend([("rccontinue", rest), ("continue", "-||")]);
        }
        let answer = self.api.query(metrics, "changes", &parameters).await?;
        let now = answer.curtimestamp.and_then(|now| now.parse().ok());
        let rest = answer.rest.as_ref().and_then(|rest| rest.get("rccontinue"));
        Ok(Changes {
            rest: rest.and_then(Value::as_str).map(str::to_owned),
            rows: answer.query.recentchanges,
            now: now.ok_or(ApiError::Garbage)?,
        })
    }
}
