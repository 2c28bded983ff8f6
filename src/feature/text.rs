//! What was learned about the words of an edit: whether edits with such words were bad.
//!
//! By naive Bayes over what training edits added, removed and said of themselves (see
//! [`Evidence`](crate::language::Evidence)); all are missing where a model has learned nothing.

use super::{Feature, Unit};
use crate::language::Channel;

/// The features.
pub(super) const FEATURES: &[Feature] = &[
    Feature::of_text(
        "text.added_words",
        Unit::Nats,
        "how bad edits with the words added were; missing without words",
        |judgement| judgement.of(Channel::AddedWords).sum,
    ),
    Feature::of_text(
        "text.added_words_worst",
        Unit::Nats,
        "how bad edits with the three worst words added were; missing without words",
        |judgement| judgement.of(Channel::AddedWords).worst,
    ),
    Feature::of_text(
        "text.added_words_best",
        Unit::Nats,
        "how bad edits with the three best words added were; missing without words",
        |judgement| judgement.of(Channel::AddedWords).best,
    ),
    Feature::of_text(
        "text.added_pairs",
        Unit::Nats,
        "how bad edits with the pairs of words added were; missing without two words",
        |judgement| judgement.of(Channel::AddedPairs).sum,
    ),
    Feature::of_text(
        "text.added_letters",
        Unit::Nats,
        "how bad edits with the sequences of letters added were; missing without words",
        |judgement| judgement.of(Channel::AddedLetters).sum,
    ),
    Feature::of_text(
        "text.added_letters_worst",
        Unit::Nats,
        "how bad edits with the three worst sequences of letters added were; missing without words",
        |judgement| judgement.of(Channel::AddedLetters).worst,
    ),
    Feature::of_text(
        "text.removed_words",
        Unit::Nats,
        "how bad edits with the words removed were; missing without words",
        |judgement| judgement.of(Channel::RemovedWords).sum,
    ),
    Feature::of_text(
        "text.summary",
        Unit::Nats,
        "how bad edits with the words of the summary were; missing without words",
        |judgement| judgement.of(Channel::Summary).sum,
    ),
    Feature::of_text(
        "text.together",
        Unit::Nats,
        "how bad edits with all these words and sequences were, weighed beside each other; 0 when nothing is known of any",
        |judgement| judgement.together,
    ),
];
