//! What became of earlier edits that added the words that the edit adds.
//!
//! From the wiki's [`History`](crate::History); all are missing where none is given, and for edits
//! that add no words. A word counts as reverted from the moment when an edit that added it was.

use super::{Feature, Unit};

/// The features.
pub(super) const FEATURES: &[Feature] = &[
    Feature::of_history(
        "word_history.reverted_share_most",
        Unit::Ratio,
        "reverted share of the earlier edits that added the worst word; missing without words",
        |facts| facts.word_reverted_share_most,
    ),
    Feature::of_history(
        "word_history.reverted_share_mean",
        Unit::Ratio,
        "mean over the words added of the reverted share of earlier edits that added them; missing without words",
        |facts| facts.word_reverted_share_mean,
    ),
    Feature::of_history(
        "word_history.log_odds_top",
        Unit::Nats,
        "how much oftener than usual the three worst words added were reverted; missing without words",
        |facts| facts.word_log_odds_top,
    ),
    Feature::of_history(
        "word_history.log_odds_bottom",
        Unit::Nats,
        "how much oftener than usual the three best words added were reverted; missing without words",
        |facts| facts.word_log_odds_bottom,
    ),
    Feature::of_history(
        "word_history.never_kept_share",
        Unit::Ratio,
        "share of the words added that no kept edit has added before; missing without words",
        |facts| facts.word_never_kept_share,
    ),
];
