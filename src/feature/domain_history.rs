//! What became of links to the sites that the edit links to.
//!
//! From the wiki's [`History`](crate::History); all are missing where none is given, and for edits
//! that add no link to another site.

use super::{Feature, Unit};

/// The features.
pub(super) const FEATURES: &[Feature] = &[
    Feature::of_history(
        "domain_history.kept_least",
        Unit::LogCount,
        "earlier edits that linked to the least known site linked to and were not reverted; missing without links",
        |facts| facts.domain_kept_least.ln_1p(),
    ),
    Feature::of_history(
        "domain_history.reverted_share_most",
        Unit::Ratio,
        "reverted share of the earlier edits that linked to the worst site linked to, smoothed; missing without links",
        |facts| facts.domain_reverted_share_most,
    ),
];
