//! What happened on the page before, and who left it as it is.
//!
//! From the wiki's [`History`](crate::History); all are missing where none is given.

use super::{Feature, Unit};

/// The features.
pub(super) const FEATURES: &[Feature] = &[
    Feature::of_history(
        "page_history.edits",
        Unit::LogCount,
        "edits of the page so far",
        |facts| facts.page_edits.ln_1p(),
    ),
    Feature::of_history(
        "page_history.editors",
        Unit::LogCount,
        "different authors of the page so far",
        |facts| facts.page_editors.ln_1p(),
    ),
    Feature::of_history(
        "page_history.since_first",
        Unit::LogSeconds,
        "time since the page's first edit; missing for a new page",
        |facts| facts.page_since_first_seconds.ln_1p(),
    ),
    Feature::of_history(
        "page_history.reverted_share",
        Unit::Ratio,
        "reverted share of the page's edits so far, smoothed with two edits of the wiki's share",
        |facts| facts.page_reverted_share,
    ),
    Feature::of_history(
        "page_history.anonymous_share",
        Unit::Ratio,
        "share of the page's edits so far that came from IP addresses; missing for a new page",
        |facts| facts.page_anonymous_share,
    ),
    Feature::of_history(
        "page_history.recently_reverted",
        Unit::Count,
        "reverted edits among the page's last 16",
        |facts| facts.page_recently_reverted,
    ),
    Feature::of_history(
        "page_history.recent_reverts",
        Unit::LogCount,
        "reverts on the page lately: each counts half after a week, a quarter after two",
        |facts| facts.page_recent_reverts.ln_1p(),
    ),
    Feature::of_history(
        "page_history.recent_edits",
        Unit::LogCount,
        "edits of the page lately: each counts half after a day, a quarter after two",
        |facts| facts.page_recent_edits.ln_1p(),
    ),
    Feature::of_history(
        "page_history.since_revert",
        Unit::LogSeconds,
        "time since the last revert on the page; missing if there was none",
        |facts| facts.page_since_revert_seconds.ln_1p(),
    ),
    Feature::of_history(
        "page_history.parent_is_revert",
        Unit::Flag,
        "the edit before restored an earlier text; missing for a new page",
        |facts| facts.parent_is_revert,
    ),
    Feature::of_history(
        "page_history.parent_author_edits",
        Unit::LogCount,
        "edits so far of who made the edit before; missing for a new page",
        |facts| facts.parent_author_edits.ln_1p(),
    ),
    Feature::of_history(
        "page_history.parent_author_reverted_share",
        Unit::Ratio,
        "reverted share of the edits of who made the edit before, smoothed; missing for a new page",
        |facts| facts.parent_author_reverted_share,
    ),
];
