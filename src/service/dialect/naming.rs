//! Models by the names that clients of other services use.

use crate::service::App;
use crate::service::models::Models;
use crate::service::wiki::Named;

/// A wiki's models by clients' names. A wiki that is not configured has those of its targets.
pub(super) fn models_of(app: &App, models: &Models, wiki: &str) -> Vec<Named> {
    match app.wikis().find(wiki) {
        Some(wiki) => wiki.models(models),
        None => {
            let served = models.for_wiki(wiki).into_iter();
            let named = served.map(|served| Named {
                name: served.model.target().name().to_owned(),
                served,
            });
            named.collect()
        }
    }
}
