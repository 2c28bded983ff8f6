//! Whether probabilities mean what they say.

use super::super::Report;
use super::Picture;
use super::plot::{Axis, BLUE, Plot, Point, TEXT};

pub(super) fn draw(report: &Report) -> Option<Picture> {
    let label = &report.label;
    let points: Vec<Point> = report
        .calibration
        .bins
        .iter()
        .map(|bin| Point {
            x: bin.predicted,
            y: bin.observed.value,
            interval: bin.observed.low.zip(bin.observed.high),
        })
        .collect();
    let highest_of = |point: &Point| {
        point
            .interval
            .map_or(point.y, |(_, high)| high)
            .max(point.x)
    };
    let highest = points.iter().map(highest_of).reduce(f64::max)?;
    let x = Axis::of_shares("mean probability given", highest);
    let end = x.high;
    let mut plot = Plot::new(
        "calibration",
        "Whether probabilities mean what they say",
        &format!(
            "Share of {label} edits against mean probability in {} groups of edits with similar probabilities; \
             calibration error {:.4}.",
            points.len(),
            report.calibration.expected_error,
        ),
        x,
        Axis::of_shares(format!("share that is {label}, as sampled"), highest),
    );
    let n_bins = points.len();
    plot.legend(
        BLUE,
        false,
        &format!(
            "{n_bins} groups of edits (line: 95 % interval, n = {})",
            report.n
        ),
    );
    plot.legend(TEXT, true, "as it should be");
    plot.dashes((0.0, 0.0), (end, end));
    for point in points {
        plot.dot(point, BLUE);
    }
    Some(Picture {
        name: "calibration",
        svg: plot.finish(),
    })
}
