//! What the author did before on this wiki, and what became of it.
//!
//! From the wiki's [`History`](crate::History); all are missing where none is given, and for
//! suppressed authors. What the edit itself does is in the groups before.

use super::{Feature, Unit};

/// The features.
pub(super) const FEATURES: &[Feature] = &[
    Feature::of_history(
        "author_history.edits",
        Unit::LogCount,
        "edits of the author so far",
        |facts| facts.author_edits.ln_1p(),
    ),
    Feature::of_history(
        "author_history.reverted",
        Unit::LogCount,
        "edits of the author that others have reverted so far",
        |facts| facts.author_reverted.ln_1p(),
    ),
    Feature::of_history(
        "author_history.reverted_share",
        Unit::Ratio,
        "reverted share of the author's edits so far, smoothed with two edits of the wiki's share",
        |facts| facts.author_reverted_share,
    ),
    Feature::of_history(
        "author_history.since_first",
        Unit::LogSeconds,
        "time since the author's first edit; missing for a first edit",
        |facts| facts.author_since_first_seconds.ln_1p(),
    ),
    Feature::of_history(
        "author_history.since_last",
        Unit::LogSeconds,
        "time since the author's last edit; missing for a first edit",
        |facts| facts.author_since_last_seconds.ln_1p(),
    ),
    Feature::of_history(
        "author_history.since_reverted",
        Unit::LogSeconds,
        "time since an edit of the author was reverted; missing if none was",
        |facts| facts.author_since_reverted_seconds.ln_1p(),
    ),
    Feature::of_history(
        "author_history.recent_edits",
        Unit::LogCount,
        "edits of the author lately: each counts half after a day, a quarter after two",
        |facts| facts.author_recent_edits.ln_1p(),
    ),
    Feature::of_history(
        "author_history.days",
        Unit::LogCount,
        "different days on which the author edited",
        |facts| facts.author_days.ln_1p(),
    ),
    Feature::of_history(
        "author_history.pages",
        Unit::LogCount,
        "different pages that the author edited",
        |facts| facts.author_pages.ln_1p(),
    ),
    Feature::of_history(
        "author_history.reverts_made",
        Unit::LogCount,
        "edits with which the author reverted others",
        |facts| facts.author_reverts_made.ln_1p(),
    ),
    Feature::of_history(
        "author_history.page_edits",
        Unit::LogCount,
        "edits of the author on this page so far",
        |facts| facts.author_page_edits.ln_1p(),
    ),
    Feature::of_history(
        "author_history.page_reverted",
        Unit::LogCount,
        "edits of the author on this page that others have reverted so far",
        |facts| facts.author_page_reverted.ln_1p(),
    ),
    Feature::of_history(
        "author_history.run",
        Unit::LogCount,
        "the page's last edits in a row that are the author's, up to 16",
        |facts| facts.author_run.ln_1p(),
    ),
    Feature::of_history(
        "author_history.network_edits",
        Unit::LogCount,
        "edits so far from the address's network; missing for accounts",
        |facts| facts.network_edits.ln_1p(),
    ),
    Feature::of_history(
        "author_history.network_reverted_share",
        Unit::Ratio,
        "reverted share of the network's edits so far, smoothed; missing for accounts",
        |facts| facts.network_reverted_share,
    ),
];
