//! Version 2: `{"scores": {"enwiki": {"damaging": {"version": .., "scores": {"123": ..}}}}}`.

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::error::OresError;
use super::model_info::whole;
use super::request::OresRequest;
use super::scores::{Scores, find, score};
use crate::service::App;
use crate::service::wiki::Named;

/// All wikis with their models.
pub(super) async fn contexts(
    State(app): State<App>,
    request: OresRequest,
) -> Result<Response, OresError> {
    let models = app.models();
    let wikis = app.wikis().iter().map(|wiki| {
        let named = wiki.models(&models).into_iter();
        let versions = named.map(|named| (named.name, json!({"version": named.served.version})));
        (wiki.name.clone(), Value::Object(versions.collect()))
    });
    let wikis = Value::Object(wikis.collect());
    Ok(request.style.write(&json!({"scores": wikis})))
}

/// Scores of the revisions that are named, by all models or those that are named.
pub(super) async fn context(
    State(app): State<App>,
    Path(context): Path<String>,
    request: OresRequest,
) -> Result<Response, OresError> {
    let rev_ids = request.revids.clone().unwrap_or_default();
    answer(&app, &context, request.models.clone(), &rev_ids, &request).await
}

/// One model's scores.
pub(super) async fn model(
    State(app): State<App>,
    Path((context, model)): Path<(String, String)>,
    request: OresRequest,
) -> Result<Response, OresError> {
    let rev_ids = request.revids.clone().unwrap_or_default();
    answer(&app, &context, Some(vec![model]), &rev_ids, &request).await
}

/// One model's score of one revision.
pub(super) async fn revision(
    State(app): State<App>,
    Path((context, model, revid)): Path<(String, String, String)>,
    request: OresRequest,
) -> Result<Response, OresError> {
    let rev_id = OresRequest::of_path(&revid)?;
    answer(&app, &context, Some(vec![model]), &[rev_id], &request).await
}

async fn answer(
    app: &App,
    context: &str,
    names: Option<Vec<String>>,
    rev_ids: &[u64],
    request: &OresRequest,
) -> Result<Response, OresError> {
    let (wiki, models) = find(app, context, names.as_deref())?;
    let scores = score(app, wiki, models, rev_ids, request).await?;
    let by_model = scores.models.iter().map(|named| {
        let body = model_body(named, &scores, request);
        (named.name.clone(), body)
    });
    let by_model = Value::Object(by_model.collect());
    Ok(request.style.write(&json!({"scores": {context: by_model}})))
}

fn model_body(named: &Named, scores: &Scores, request: &OresRequest) -> Value {
    let mut body = json!({"version": named.served.version});
    if request.model_info.is_some() {
        body["info"] = whole(named);
    }
    if scores.revisions.is_empty() {
        return body;
    }
    let (mut by_revision, mut features) = (Map::new(), Map::new());
    for revision in &scores.revisions {
        let Some(scored) = revision.by_model.get(&named.name) else {
            continue;
        };
        let id = revision.rev_id.to_string();
        let (Ok(score) | Err(score)) = &scored.score;
        by_revision.insert(id.clone(), score.clone());
        if let Some(values) = &scored.features {
            features.insert(id, values.clone());
        }
    }
    body["scores"] = Value::Object(by_revision);
    if request.has_features {
        body["features"] = Value::Object(features);
    }
    body
}
