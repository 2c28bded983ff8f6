//! `POST /api/v1/admin/reload`: the models' files opened anew, all or none.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;

use crate::service::App;
use crate::service::error::ServiceError;
use crate::service::{ReloadError, Right};

#[derive(Serialize)]
pub(crate) struct Reloaded {
    models: Vec<ModelVersion>,
}

#[derive(Serialize)]
struct ModelVersion {
    name: String,
    version: String,
}

/// Opens the models anew for whoever has the token.
pub(crate) async fn reload(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Json<Reloaded>, ServiceError> {
    if !app.access().is_open_for(Right::Admin) {
        return Err(ServiceError::AdminClosed);
    }
    app.access().actor(&headers, Right::Admin, None)?;
    // Reads files, and reads them to the end whether or not somebody waits.
    let models = tokio::task::spawn_blocking(move || app.reload())
        .await
        .map_err(|_| ServiceError::Internal)?;
    let models = models.map_err(|error| match error {
        ReloadError::Refused(refused) => {
            let files: Vec<&str> = refused
                .iter()
                .map(|refused| refused.file.as_str())
                .collect();
            ServiceError::ReloadRefused(format!("{} (the log says why)", files.join(", ")))
        }
        ReloadError::Models(_) => ServiceError::ReloadRefused(
            "there is none in the directory (the log says more)".to_owned(),
        ),
        ReloadError::NoDirectory => ServiceError::ReloadRefused(error.to_string()),
    })?;
    let versions = models.iter().map(|served| ModelVersion {
        name: served.name.clone(),
        version: served.version.clone(),
    });
    Ok(Json(Reloaded {
        models: versions.collect(),
    }))
}
