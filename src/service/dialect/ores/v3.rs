//! Version 3: `{"enwiki": {"models": .., "scores": {"123": {"damaging": {"score": ..}}}}}`.

use std::time::Instant;

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::error::OresError;
use super::model_info::{Paths, describe};
use super::request::OresRequest;
use super::scores::{Scores, find, score};
use crate::service::App;
use crate::service::error::ServiceError;
use crate::service::wiki::Named;

/// All wikis with their models.
pub(super) async fn contexts(
    State(app): State<App>,
    request: OresRequest,
) -> Result<Response, OresError> {
    let paths = Paths::read(request.model_info.as_deref())?;
    let models = app.models();
    let wikis = app.wikis().iter();
    let wikis: Vec<(String, Vec<Named>)> = wikis
        .map(|wiki| (wiki.name.clone(), wiki.models(&models)))
        .collect();
    let described = describe_all(&app, wikis, paths).await?;
    let document = described
        .into_iter()
        .map(|(name, models)| (name, json!({"models": models})));
    Ok(request.style.write(&Value::Object(document.collect())))
}

/// A wiki's models, and scores of the revisions that are named.
pub(super) async fn context(
    State(app): State<App>,
    Path(context): Path<String>,
    request: OresRequest,
) -> Result<Response, OresError> {
    let rev_ids = request.revids.clone().unwrap_or_default();
    answer(&app, &context, request.models.clone(), &rev_ids, &request).await
}

/// Scores of one revision.
pub(super) async fn revision(
    State(app): State<App>,
    Path((context, revid)): Path<(String, String)>,
    request: OresRequest,
) -> Result<Response, OresError> {
    let rev_id = OresRequest::of_path(&revid)?;
    answer(&app, &context, request.models.clone(), &[rev_id], &request).await
}

/// One model's score of one revision.
pub(super) async fn model(
    State(app): State<App>,
    Path((context, revid, model)): Path<(String, String, String)>,
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
    let paths = Paths::read(request.model_info.as_deref())?;
    let (wiki, models) = find(app, context, names.as_deref())?;
    let wikis = vec![("models".to_owned(), models.clone())];
    let mut body = describe_all(app, wikis, paths).await?;
    if !rev_ids.is_empty() {
        let scores = score(app, wiki, models, rev_ids, request).await?;
        body.insert("scores".to_owned(), write_scores(&scores));
    }
    // By the name that the client has for it.
    Ok(request.style.write(&json!({context: body})))
}

/// Revision -> model -> score.
pub(in crate::service::dialect) fn write_scores(scores: &Scores) -> Value {
    let revisions = scores.revisions.iter().map(|revision| {
        let by_model = revision.by_model.iter().map(|(name, scored)| {
            let mut body = match &scored.score {
                Ok(score) => json!({"score": score}),
                Err(error) => error.clone(),
            };
            if let Some(features) = &scored.features {
                body["features"] = features.clone();
            }
            (name.clone(), body)
        });
        (
            revision.rev_id.to_string(),
            Value::Object(by_model.collect()),
        )
    });
    Value::Object(revisions.collect())
}

/// For each list of models: name -> what was asked of the model. Tables of thresholds take time, so
/// the pool makes what is not at hand.
async fn describe_all(
    app: &App,
    lists: Vec<(String, Vec<Named>)>,
    paths: Paths,
) -> Result<Map<String, Value>, OresError> {
    let is_default = paths.is_default();
    let describe_list = move |(name, models): (String, Vec<Named>)| {
        let described = models
            .iter()
            .map(|named| Ok((named.name.clone(), describe(named, &paths)?)));
        let described: Result<_, OresError> = described.collect();
        Ok((name, Value::Object(described?)))
    };
    if is_default {
        return lists.into_iter().map(describe_list).collect();
    }
    let deadline = Instant::now() + app.limits().timeout;
    let done = app.compute(lists, deadline, describe_list).await?;
    let described = done
        .into_iter()
        .map(|done| done.value.unwrap_or(Err(ServiceError::Internal.into())));
    described.collect()
}
