//! Named sets of features, for recipes.

use std::str::FromStr;

use serde::Deserialize;

use super::{Feature, GROUPS, find};

/// The features of revscoring's enwiki models (damaging and goodfaith, revscoring 2.11.13 and
/// editquality 0.5.1), in the order of their vectors. [`Feature::revscoring`] has its names.
pub static ORES: [&str; 80] = [
    "page.is_articleish",
    "page.is_mainspace",
    "page.is_draftspace",
    "parent.chars",
    "parent.tokens",
    "parent.words",
    "parent.uppercase_words",
    "parent.headings",
    "parent.wikilinks",
    "parent.external_links",
    "parent.templates",
    "parent.ref_tags",
    "parent.chars_per_word",
    "parent.words_per_token",
    "parent.uppercase_words_per_word",
    "parent.markups_per_token",
    "frequency.markup_delta_sum",
    "frequency.markup_delta_increase",
    "frequency.markup_delta_decrease",
    "frequency.markup_prop_delta_sum",
    "frequency.markup_prop_delta_increase",
    "frequency.markup_prop_delta_decrease",
    "frequency.number_delta_sum",
    "frequency.number_delta_increase",
    "frequency.number_delta_decrease",
    "frequency.number_prop_delta_sum",
    "frequency.number_prop_delta_increase",
    "frequency.number_prop_delta_decrease",
    "frequency.uppercase_word_delta_sum",
    "frequency.uppercase_word_delta_increase",
    "frequency.uppercase_word_delta_decrease",
    "frequency.uppercase_word_prop_delta_sum",
    "frequency.uppercase_word_prop_delta_increase",
    "frequency.uppercase_word_prop_delta_decrease",
    "size.chars_change",
    "size.tokens_change",
    "size.words_change",
    "size.markups_change",
    "size.headings_change",
    "size.external_links_change",
    "size.wikilinks_change",
    "size.templates_change",
    "size.tags_change",
    "size.ref_tags_change",
    "longest.new_token",
    "longest.new_repeated_char",
    "user.is_bot",
    "user.has_advanced_rights",
    "user.is_admin",
    "user.is_trusted",
    "user.is_patroller",
    "user.is_curator",
    "user.is_anonymous",
    "user.age",
    "comment.suggests_section_edit",
    "comment.has_link",
    "words.badwords_delta_sum",
    "words.badwords_delta_increase",
    "words.badwords_delta_decrease",
    "words.badwords_prop_delta_sum",
    "words.badwords_prop_delta_increase",
    "words.badwords_prop_delta_decrease",
    "words.informals_delta_sum",
    "words.informals_delta_increase",
    "words.informals_delta_decrease",
    "words.informals_prop_delta_sum",
    "words.informals_prop_delta_increase",
    "words.informals_prop_delta_decrease",
    "dictionary.known_delta_sum",
    "dictionary.known_delta_increase",
    "dictionary.known_delta_decrease",
    "dictionary.known_prop_delta_sum",
    "dictionary.known_prop_delta_increase",
    "dictionary.known_prop_delta_decrease",
    "dictionary.unknown_delta_sum",
    "dictionary.unknown_delta_increase",
    "dictionary.unknown_delta_decrease",
    "dictionary.unknown_prop_delta_sum",
    "dictionary.unknown_prop_delta_increase",
    "dictionary.unknown_prop_delta_decrease",
];

/// A named set of features.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeatureSet {
    /// The 80 of revscoring's enwiki model.
    Ores,
    /// All.
    Full,
}

impl FeatureSet {
    /// The set's features, in order.
    pub fn features(self) -> Vec<&'static Feature> {
        match self {
            Self::Ores => ORES.iter().filter_map(|name| find(name)).collect(),
            Self::Full => GROUPS.iter().flat_map(|group| group.features).collect(),
        }
    }

    /// The names of the set's features, in order.
    pub fn names(self) -> Vec<&'static str> {
        self.features().iter().map(|feature| feature.name).collect()
    }
}

impl FromStr for FeatureSet {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "ores" => Ok(Self::Ores),
            "full" => Ok(Self::Full),
            _ => Err(format!("expected ores or full, got {text:?}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ores_set_is_complete_and_has_revscorings_names() {
        assert_eq!(FeatureSet::Ores.names(), ORES);
        let known = FeatureSet::Ores.features();
        assert!(known.iter().all(|feature| feature.revscoring.is_some()));
        assert!(FeatureSet::Full.names().len() > ORES.len());
    }

    #[test]
    fn sets_are_known_by_name() {
        assert_eq!("ores".parse(), Ok(FeatureSet::Ores));
        assert_eq!("full".parse(), Ok(FeatureSet::Full));
        assert_eq!(
            "all".parse::<FeatureSet>(),
            Err("expected ores or full, got \"all\"".to_owned())
        );
    }
}
