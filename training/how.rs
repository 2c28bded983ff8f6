//! What `run` and `fit` have in common once the rows are there: options that change how a recipe is
//! learned, and the learning itself.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use revscore::model::Target;

use crate::blind::{Blind, learn_blind};
use crate::learning::{Learned, learn};
use crate::predecessor::Predecessor;
use crate::recipe::Recipe;
use crate::rows::Rows;
use crate::tune::{Budget, tune};

/// How to learn.
#[derive(Args, Debug)]
pub(crate) struct HowArgs {
    /// Spend so much time on looking for better hyperparameters than the recipe's, by
    /// cross-validation over pages and forward in time: such as 10m. The model keeps the recipe
    /// with those that won, if any did by more than noise
    #[arg(long, value_name = "TIME")]
    tune: Option<Budget>,

    /// Learn without the features that tell about this; the report says what that costs
    #[arg(long, value_name = "WHAT", value_enum)]
    blind: Option<Blind>,

    /// Publish scores on the scale of this model, the one in use so far: a threshold that was chosen for
    /// it then flags about as large a share of edits as before. The card shows what that changes, the
    /// report's calibration what it costs
    #[arg(long, value_name = "MODEL")]
    keep_scale_of: Option<PathBuf>,
}

impl HowArgs {
    /// Learns. A tuned estimator goes into the recipe and its text; what a model may not see goes
    /// out of the rows.
    pub(crate) fn learn(
        &self,
        mut rows: Rows,
        recipe: &mut Recipe,
        recipe_text: &mut String,
        target: Target,
        i_know: bool,
    ) -> Result<(Rows, Learned)> {
        let say = |message: &str| eprintln!("{message}");
        let mut remark = None;
        if let Some(budget) = self.tune {
            let tuned = match self.blind {
                Some(blind) => tune(&blind.rows(&rows)?, recipe, budget, &say)?,
                None => tune(&rows, recipe, budget, &say)?,
            };
            remark = tuned.record(recipe, recipe_text)?;
        }
        let mut learned = match self.blind {
            Some(blind) => {
                let blinded = blind.rows(&rows)?;
                let learned = learn_blind(&rows, &blinded, recipe, target, i_know, &say)?;
                rows = blinded;
                learned
            }
            None => learn(&rows, recipe, target, i_know, &say)?,
        };
        learned.held_out.extend(remark);
        Ok((rows, learned))
    }

    /// The model whose scale is kept, if one is.
    pub(crate) fn predecessor(&self, wiki: &str, target: Target) -> Result<Option<Predecessor>> {
        let path = self.keep_scale_of.as_deref();
        path.map(|path| Predecessor::open(path, wiki, target))
            .transpose()
    }

    /// The options that say what the model does not see, and whose scale it keeps. The search leaves
    /// its own word in the recipe.
    pub(crate) fn selection(&self) -> Vec<String> {
        let mut selection = self
            .blind
            .map_or_else(Vec::new, |blind| blind.selection().into());
        if let Some(path) = &self.keep_scale_of {
            let name = path.file_name().unwrap_or(path.as_os_str());
            let name = name.to_string_lossy().into_owned();
            selection.extend(["--keep-scale-of".to_owned(), name]);
        }
        selection
    }
}
