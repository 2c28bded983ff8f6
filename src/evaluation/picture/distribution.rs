//! Which probabilities edits of either label get.

use super::super::Report;
use super::Picture;
use super::plot::{Axis, BLUE, ORANGE, Plot, percent};

/// Half a bin beyond the outermost inner edges of [`super::super::Distribution`], in log-odds.
const OUTERMOST: f64 = 7.5;

pub(super) fn draw(report: &Report) -> Option<Picture> {
    let label = &report.label;
    let distribution = &report.distribution;
    let shares = |counts: &[u64]| {
        let sum = counts.iter().sum::<u64>().max(1) as f64;
        counts
            .iter()
            .map(|&count| count as f64 / sum)
            .collect::<Vec<_>>()
    };
    let (positives, negatives) = (
        shares(&distribution.positives),
        shares(&distribution.negatives),
    );
    let highest = positives
        .iter()
        .chain(&negatives)
        .copied()
        .reduce(f64::max)?;
    let edges: Vec<f64> = distribution
        .edges
        .iter()
        .map(|&edge| log_odds(edge))
        .collect();
    let ticks = [0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999];
    let x = Axis {
        title: "probability given (stretched near 0 % and 100 %)".to_owned(),
        low: -OUTERMOST,
        high: OUTERMOST,
        ticks: ticks
            .into_iter()
            .map(|share| (log_odds(share), percent(share)))
            .collect(),
    };
    let mut plot = Plot::new(
        "scores",
        "Which probabilities edits get",
        &format!(
            "Distribution of the probabilities of {label} edits and of all others, each summing to 100 %."
        ),
        x,
        Axis::of_shares("share of the edits of that label", highest),
    );
    plot.legend(
        BLUE,
        false,
        &format!("not {label} (n = {})", report.n - report.positives),
    );
    plot.legend(
        ORANGE,
        false,
        &format!("{label} (n = {})", report.positives),
    );
    plot.histogram(&edges, &negatives, BLUE);
    plot.histogram(&edges, &positives, ORANGE);
    Some(Picture {
        name: "scores",
        svg: plot.finish(),
    })
}

fn log_odds(probability: f64) -> f64 {
    (probability / (1.0 - probability))
        .ln()
        .clamp(-OUTERMOST, OUTERMOST)
}
