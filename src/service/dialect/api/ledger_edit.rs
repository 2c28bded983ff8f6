//! `GET /api/v1/edits/{wiki}/{rev_id}`: what the ledger has of an edit: what was said of it, what became of
//! it, and what people said.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, header};
use serde::Serialize;

use crate::evaluation::{Kind, UserClass};
use crate::revision::{RevisionId, Timestamp};
use crate::service::App;
use crate::service::error::ServiceError;
use crate::service::ledger::{Fate, Judgement, LedgerEdit, LedgerScore, StoredModel};

#[derive(Serialize)]
pub(crate) struct EditBody {
    wiki: String,
    rev_id: RevisionId,
    page: PageBody,
    timestamp: Option<Timestamp>,
    user_class: UserClass,
    kind: Option<Kind>,
    creates_page: bool,
    /// As far as told by a stream.
    is_text_hidden: bool,
    scored_at: Option<Timestamp>,
    scores: Vec<ScoreBody>,
    outcome: OutcomeBody,
    judgements: Vec<JudgementBody>,
}

#[derive(Serialize)]
struct PageBody {
    id: u64,
    title: String,
    namespace: i32,
    /// As far as told by a stream.
    is_deleted: bool,
}

#[derive(Serialize)]
struct ScoreBody {
    model: String,
    version: String,
    /// That the edit is one that is looked for: for `goodfaith`, one that was not made in good faith.
    probability: f64,
    levels: Vec<String>,
    /// Whether the model's recipe measures by such edits.
    is_counted: bool,
    reasons: Vec<ReasonBody>,
}

#[derive(Serialize)]
struct ReasonBody {
    family: &'static str,
    contribution: f32,
}

#[derive(Serialize)]
struct OutcomeBody {
    /// `reverted`, `self_reverted`, `revert_undone`, `kept`, or `pending`.
    status: &'static str,
    reverted_by: Option<RevisionId>,
    reverted_by_user_class: Option<UserClass>,
    seconds_to_revert: Option<i64>,
}

#[derive(Serialize)]
struct JudgementBody {
    by: String,
    at: Timestamp,
    damaging: Option<bool>,
    goodfaith: Option<bool>,
    spam: Option<bool>,
    note: Option<String>,
}

/// Answers with an edit.
pub(crate) async fn show(
    State(app): State<App>,
    path: Result<Path<(String, u64)>, PathRejection>,
    headers: HeaderMap,
) -> Result<([(HeaderName, &'static str); 1], Json<EditBody>), ServiceError> {
    app.access().reader(&headers)?;
    let Path((wiki, rev_id)) =
        path.map_err(|error| ServiceError::InvalidRequest(error.body_text()))?;
    let ledger = app.ledger().ok_or(ServiceError::NoLedger)?;
    let wiki = app
        .wikis()
        .find(&wiki)
        .map_or(wiki, |wiki| wiki.name.clone());
    let store = ledger.store();
    let edit = store.edit(&wiki, RevisionId(rev_id)).await?;
    let edit = edit.ok_or(ServiceError::EditNotFound { rev_id })?;
    let models = store.models(&wiki).await?;
    let settled_until = ledger.settled_until(&wiki).await;
    let body = EditBody::new(wiki, edit, &models, settled_until);
    // It changes with what becomes of the edit, and may be for whoever has a token.
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(body)))
}

impl EditBody {
    fn new(
        wiki: String,
        edit: LedgerEdit,
        models: &[StoredModel],
        settled_until: Timestamp,
    ) -> Self {
        let at = edit.timestamp.or(edit.scored_at);
        let is_settled = at.is_some_and(|at| at <= settled_until);
        Self {
            wiki,
            rev_id: edit.revision,
            page: PageBody {
                id: edit.page.id.0,
                title: edit.page.title,
                namespace: edit.page.namespace,
                is_deleted: edit.is_page_deleted,
            },
            timestamp: edit.timestamp,
            user_class: edit.user_class,
            kind: edit.kind,
            creates_page: edit.is_first,
            is_text_hidden: edit.is_text_hidden,
            scored_at: edit.scored_at,
            scores: edit
                .scores
                .into_iter()
                .filter_map(|score| ScoreBody::new(score, models))
                .collect(),
            outcome: OutcomeBody::new(&edit.fate, is_settled),
            judgements: edit
                .judgements
                .into_iter()
                .map(JudgementBody::from)
                .collect(),
        }
    }
}

impl ScoreBody {
    fn new(score: LedgerScore, models: &[StoredModel]) -> Option<Self> {
        let stored = models.iter().find(|stored| stored.id == score.model)?;
        let levels = stored.model.levels.iter();
        let levels = levels.filter(|(_, threshold)| score.probability >= *threshold);
        let reasons = score.reasons.iter();
        Some(Self {
            model: stored.model.name.clone(),
            version: stored.model.version.clone(),
            probability: score.probability,
            is_counted: score.is_counted,
            levels: levels.map(|(name, _)| name.clone()).collect(),
            reasons: reasons
                .map(|(family, contribution)| ReasonBody {
                    family: family.name(),
                    contribution: *contribution,
                })
                .collect(),
        })
    }
}

impl OutcomeBody {
    fn new(fate: &Fate, is_settled: bool) -> Self {
        let reverted = fate.reverted.as_ref();
        let status = match () {
            () if fate.revert_undone => "revert_undone",
            () if reverted.is_some() => "reverted",
            () if fate.self_reverted => "self_reverted",
            () if is_settled => "kept",
            () => "pending",
        };
        Self {
            status,
            reverted_by: reverted.map(|reverted| reverted.revision),
            reverted_by_user_class: reverted.map(|reverted| reverted.user_class),
            seconds_to_revert: reverted.and_then(|reverted| reverted.seconds),
        }
    }
}

impl From<Judgement> for JudgementBody {
    fn from(judgement: Judgement) -> Self {
        Self {
            by: judgement.by,
            at: judgement.at,
            damaging: judgement.damaging,
            goodfaith: judgement.goodfaith,
            spam: judgement.spam,
            note: judgement.note,
        }
    }
}
