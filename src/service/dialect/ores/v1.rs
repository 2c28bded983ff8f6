//! Version 1: `{"123": {"damaging": {"prediction": .., "probability": ..}}}`.

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::error::OresError;
use super::model_info::whole;
use super::request::OresRequest;
use super::scores::{ModelScore, find, score};
use crate::service::App;

/// The wikis.
pub(super) async fn contexts(State(app): State<App>, request: OresRequest) -> Response {
    let names: Vec<&str> = app.wikis().iter().map(|wiki| wiki.name.as_str()).collect();
    request.style.write(&json!({"contexts": names}))
}

/// Scores by revision and model; the wiki's models where no revision is named.
pub(super) async fn context(
    State(app): State<App>,
    Path(context): Path<String>,
    request: OresRequest,
) -> Result<Response, OresError> {
    let (wiki, models) = find(&app, &context, request.models.as_deref())?;
    let Some(rev_ids) = &request.revids else {
        let versions = models
            .iter()
            .map(|named| (named.name.clone(), json!({"version": named.served.version})));
        let versions = Value::Object(versions.collect());
        return Ok(request.style.write(&json!({"models": versions})));
    };
    let scores = score(&app, wiki, models, rev_ids, &request).await?;
    let revisions = scores.revisions.iter().map(|revision| {
        let by_model = revision.by_model.iter();
        let by_model = by_model.map(|(name, scored)| (name.clone(), write_score(scored)));
        (
            revision.rev_id.to_string(),
            Value::Object(by_model.collect()),
        )
    });
    Ok(request.style.write(&Value::Object(revisions.collect())))
}

/// One model's scores by revision; what the model is where no revision is named.
pub(super) async fn model(
    State(app): State<App>,
    Path((context, model)): Path<(String, String)>,
    request: OresRequest,
) -> Result<Response, OresError> {
    let rev_ids = request.revids.clone();
    answer(&app, &context, model, rev_ids.as_deref(), &request).await
}

/// One model's score of one revision.
pub(super) async fn revision(
    State(app): State<App>,
    Path((context, model, revid)): Path<(String, String, String)>,
    request: OresRequest,
) -> Result<Response, OresError> {
    let rev_id = OresRequest::of_path(&revid)?;
    answer(&app, &context, model, Some(&[rev_id]), &request).await
}

async fn answer(
    app: &App,
    context: &str,
    model: String,
    rev_ids: Option<&[u64]>,
    request: &OresRequest,
) -> Result<Response, OresError> {
    let (wiki, models) = find(app, context, Some(&[model]))?;
    let Some(rev_ids) = rev_ids else {
        let described = models.first().map(whole);
        return Ok(request.style.write(&described.unwrap_or_default()));
    };
    let scores = score(app, wiki, models, rev_ids, request).await?;
    let revisions = scores.revisions.iter().filter_map(|revision| {
        let scored = revision.by_model.values().next()?;
        Some((revision.rev_id.to_string(), write_score(scored)))
    });
    Ok(request.style.write(&Value::Object(revisions.collect())))
}

fn write_score(scored: &ModelScore) -> Value {
    let (Ok(score) | Err(score)) = &scored.score;
    score.clone()
}
