//! What was learned about the words of an edit: whether edits with such words were bad.
//!
//! By naive Bayes over what training edits added, removed and said of themselves (see
//! [`Evidence`](crate::language::Evidence)); all are missing where a model has learned nothing.

use super::{Feature, Unit};
use crate::language::{Channel, Verdict};

/// The features.
pub(super) const FEATURES: &[Feature] = &[
    Feature::of_text(
        "text.added_words",
        Unit::Nats,
        "how bad edits with the words added were; missing without words",
        Channel::AddedWords,
        |verdict: Verdict| verdict.sum,
    ),
    Feature::of_text(
        "text.added_words_worst",
        Unit::Nats,
        "how bad edits with the three worst words added were; missing without words",
        Channel::AddedWords,
        |verdict: Verdict| verdict.worst,
    ),
    Feature::of_text(
        "text.added_words_best",
        Unit::Nats,
        "how bad edits with the three best words added were; missing without words",
        Channel::AddedWords,
        |verdict: Verdict| verdict.best,
    ),
    Feature::of_text(
        "text.added_pairs",
        Unit::Nats,
        "how bad edits with the pairs of words added were; missing without two words",
        Channel::AddedPairs,
        |verdict: Verdict| verdict.sum,
    ),
    Feature::of_text(
        "text.added_letters",
        Unit::Nats,
        "how bad edits with the sequences of letters added were; missing without words",
        Channel::AddedLetters,
        |verdict: Verdict| verdict.sum,
    ),
    Feature::of_text(
        "text.added_letters_worst",
        Unit::Nats,
        "how bad edits with the three worst sequences of letters added were; missing without words",
        Channel::AddedLetters,
        |verdict: Verdict| verdict.worst,
    ),
    Feature::of_text(
        "text.removed_words",
        Unit::Nats,
        "how bad edits with the words removed were; missing without words",
        Channel::RemovedWords,
        |verdict: Verdict| verdict.sum,
    ),
    Feature::of_text(
        "text.summary",
        Unit::Nats,
        "how bad edits with the words of the summary were; missing without words",
        Channel::Summary,
        |verdict: Verdict| verdict.sum,
    ),
];
