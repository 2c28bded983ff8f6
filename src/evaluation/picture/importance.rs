//! Which features a scorer leans on.

use std::fmt::Write as _;

use super::Picture;
use super::plot::{BLUE, escape, open, percent};

/// How many features are drawn.
const MAX_BARS: usize = 20;

const BAR_PITCH: f64 = 22.0;
const TOP: f64 = 44.0;
const NAMES_END: f64 = 290.0;
const BARS_WIDTH: f64 = 360.0;

pub(super) fn draw(shares: &[(&str, f64)]) -> Picture {
    let mut shares: Vec<_> = shares
        .iter()
        .filter(|(_, share)| share.is_finite())
        .collect();
    shares.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    let n_features = shares.len();
    shares.truncate(MAX_BARS);
    let n_bars = shares.len();
    let highest = shares
        .first()
        .map_or(1.0, |(_, share)| share.max(f64::MIN_POSITIVE));
    let title = match n_features {
        n if n > n_bars => format!("The {n_bars} most important of {n} features"),
        _ => "Importance of the features".to_owned(),
    };
    let description = shares.first().map_or_else(
        || "There are no features.".to_owned(),
        |(name, share)| {
            format!(
                "The most important feature is {name}, with {} of the whole.",
                percent(*share)
            )
        },
    );
    let mut svg = open(
        "importance",
        &title,
        &description,
        TOP + BAR_PITCH * n_bars as f64 + 12.0,
    );
    for (idx, (name, share)) in shares.into_iter().enumerate() {
        let top = TOP + BAR_PITCH * idx as f64;
        let width = BARS_WIDTH * (share / highest).clamp(0.0, 1.0);
        let baseline = top + 12.5;
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{baseline:.1}\" text-anchor=\"end\">{}</text>\n\
             <rect x=\"{NAMES_END}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"16\" fill=\"{BLUE}\"/>\n\
             <text x=\"{:.1}\" y=\"{baseline:.1}\" font-size=\"12\">{}</text>",
            NAMES_END - 8.0,
            escape(name),
            NAMES_END + width + 6.0,
            percent(*share),
        );
    }
    svg.push_str("</svg>\n");
    Picture {
        name: "importance",
        svg,
    }
}
