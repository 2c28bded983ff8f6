//! How precise flags are, by how much they catch.

use super::super::Report;
use super::Picture;
use super::caught::point;
use super::plot::{Axis, BLUE, Plot, TEXT, percent};

pub(super) fn draw(report: &Report) -> Option<Picture> {
    let average_precision = report.headline.average_precision_at_base_rate?;
    let label = &report.label;
    let base_rate = report.caught.base_rate;
    let mut plot = Plot::new(
        "precision-recall",
        &format!("Precision of flags, by share of {label} edits caught"),
        &format!(
            "Precision among live edits, of which {} are {label}, against recall; average precision {:.3}.",
            percent(base_rate),
            average_precision.value,
        ),
        Axis::of_shares(format!("share of {label} edits caught (recall)"), 1.0),
        Axis::of_shares(format!("flagged edits that are {label} (precision)"), 1.0),
    );
    plot.legend(
        BLUE,
        false,
        &format!(
            "highest scores first (band: 95 % interval, n = {})",
            report.positives
        ),
    );
    plot.legend(TEXT, true, &format!("random order: {}", percent(base_rate)));
    plot.dashes((0.0, base_rate), (1.0, base_rate));
    plot.curve(
        &report
            .curves
            .precision_recall
            .iter()
            .map(point)
            .collect::<Vec<_>>(),
        BLUE,
    );
    Some(Picture {
        name: "precision-recall",
        svg: plot.finish(),
    })
}
