//! A tuned estimator in a recipe's text: the recipe stays as it was written, its `[estimator]` is
//! replaced, and comments say where the numbers come from.

use anyhow::{Context as _, Result};
use revscore::estimator::EstimatorParams;

use crate::recipe::Recipe;

/// The recipe's text with that estimator, if it is to be changed, and with the account of the
/// search.
pub(super) fn record(
    text: &str,
    estimator: &EstimatorParams,
    is_changed: bool,
    account: &[String],
) -> Result<String> {
    let comment: String = account
        .iter()
        .map(|line| format!("# Tuned: {}.\n", line.replace(['\n', '\r'], " ")))
        .collect();
    if !is_changed {
        return Ok(format!("{}\n\n{comment}", text.trim_end()));
    }
    let table = as_table(estimator)?;
    // Inner tables belong to the estimator.
    let lines = toml::to_string(&table)?.replace("\n[", "\n[estimator.");
    let section = format!("{comment}[estimator]\n{lines}");
    let recorded = match replace_section(text, &section) {
        // What was meant is what the new text says.
        Some(replaced) if says(&replaced, estimator) => replaced,
        _ => {
            let mut whole: toml::Table = toml::from_str(text)?;
            whole.insert("estimator".to_owned(), toml::Value::Table(table));
            format!("{comment}\n{}", toml::to_string(&whole)?)
        }
    };
    Ok(recorded)
}

fn says(text: &str, estimator: &EstimatorParams) -> bool {
    Recipe::parse(text).is_ok_and(|recipe| recipe.estimator == *estimator)
}

/// The estimator's own table. By way of JSON, which writes an `f32` as the short number that it
/// was made from.
fn as_table(estimator: &EstimatorParams) -> Result<toml::Table> {
    let json = serde_json::to_string(estimator)?;
    serde_json::from_str(&json).context("the estimator as a table")
}

/// Puts other lines where `[estimator]` and its inner tables stand; `None` where they do not stand
/// under one header.
fn replace_section(text: &str, section: &str) -> Option<String> {
    let is_header = |line: &str| line.trim_start().starts_with('[');
    let is_ours = |line: &str| {
        let name = line.trim();
        name == "[estimator]" || name.starts_with("[estimator.")
    };
    let lines: Vec<&str> = text.lines().collect();
    let start = lines.iter().position(|line| is_ours(line))?;
    let end = lines[start..]
        .iter()
        .position(|line| is_header(line) && !is_ours(line))
        .map_or(lines.len(), |after| start + after);
    let before = lines[..start].join("\n");
    let after = lines[end..].join("\n");
    Some(format!("{before}\n{section}\n{after}\n"))
}

#[cfg(test)]
mod tests {
    use revscore::estimator::{BlendParams, GradientBoostingParams};

    use super::*;
    use crate::recipe::DEFAULT;

    fn tuned() -> EstimatorParams {
        EstimatorParams::Blend(BlendParams {
            boosting_share: 0.65,
            gradient_boosting: GradientBoostingParams {
                learning_rate: 0.013,
                n_trees: 777,
                ..GradientBoostingParams::default()
            },
            ..BlendParams::default()
        })
    }

    #[track_caller]
    fn check(text: &str) -> String {
        let account = ["this and that".to_owned()];
        let recorded = record(text, &tuned(), true, &account).unwrap();
        let (before, after) = (
            Recipe::parse(text).unwrap(),
            Recipe::parse(&recorded).unwrap(),
        );
        assert_eq!(after.estimator, tuned());
        let expected = Recipe {
            estimator: tuned(),
            ..before
        };
        assert_eq!(format!("{after:?}"), format!("{expected:?}"));
        assert!(recorded.contains("# Tuned: this and that."), "{recorded}");
        recorded
    }

    #[test]
    fn a_recipe_keeps_its_words_and_gets_the_estimator() {
        let recorded = check(DEFAULT);
        assert!(recorded.contains("learning_rate = 0.013\n"), "{recorded}");
        assert!(
            recorded.contains("# Bots' edits are not what"),
            "{recorded}"
        );
        // Recording again replaces what was recorded.
        assert_eq!(check(&recorded).matches("[estimator]").count(), 1);
    }

    #[test]
    fn an_estimator_in_another_form_is_replaced_too() {
        let inline = DEFAULT
            .replace("[estimator]\n", "")
            .replace("kind = \"blend\"\nboosting_share = 0.85\n", "");
        let inline = format!("estimator = {{ kind = \"blend\" }}\n{inline}");
        check(&inline);
    }

    #[test]
    fn a_kept_estimator_leaves_the_recipe_as_it_was() {
        let account = ["kept".to_owned()];
        let recorded = record(DEFAULT, &tuned(), false, &account).unwrap();
        assert!(recorded.starts_with(DEFAULT.trim_end()));
        assert!(recorded.ends_with("# Tuned: kept.\n"));
    }
}
