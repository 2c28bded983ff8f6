//! How much is caught when people look at the edits with the highest scores first.

use super::super::{CurvePoint, Report, Slice};
use super::Picture;
use super::plot::{Axis, BLUE, Plot, Point, TEXT, percent};

pub(super) fn draw(report: &Report) -> Option<Picture> {
    let group = report.caught.group(Slice::All)?;
    let curve: Vec<Point> = report.curves.caught.iter().map(point).collect();
    if curve.is_empty() {
        return None;
    }
    let label = &report.label;
    let mut plot = Plot::new(
        "caught",
        &format!("How many {label} edits are caught, by edits looked at"),
        &format!(
            "{}; edits with the highest scores are looked at first.",
            report.one_line()
        ),
        Axis::of_shares("share of all live edits that somebody looks at", 1.0),
        Axis::of_shares(format!("share of {label} edits caught"), 1.0),
    );
    plot.legend(
        BLUE,
        false,
        &format!(
            "highest scores first (band: 95 % interval, n = {})",
            report.positives
        ),
    );
    plot.legend(TEXT, true, "random order");
    plot.dashes((0.0, 0.0), (1.0, 1.0));
    plot.curve(&curve, BLUE);
    let mut lines = Vec::new();
    for row in &group.review {
        if let (Some(recall), Some(workload)) = (row.recall, row.workload) {
            plot.dot(
                Point {
                    x: workload.value,
                    y: recall.value,
                    interval: None,
                },
                BLUE,
            );
            lines.push(format!(
                "{} caught with {} to review",
                percent(recall.value),
                percent(workload.value)
            ));
        }
    }
    plot.list(&lines, BLUE);
    Some(Picture {
        name: "caught",
        svg: plot.finish(),
    })
}

/// A point of a report's curve.
pub(super) fn point(point: &CurvePoint) -> Point {
    Point {
        x: point.x,
        y: point.y.value,
        interval: point.y.low.zip(point.y.high),
    }
}
