//! Charts as inline SVG: a line with intervals, and bars. Colours come from the style sheet, for light and
//! dark; each chart has a title and a description, and a table beside it says the same to the digit.
//!
//! The pictures of `evaluation` carry their own colours and words, so that they can stand in any file;
//! these speak the reader's language.

use maud::{Markup, html};

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 84.0;
const RIGHT: f64 = 628.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 250.0;

/// One axis: its end, and what stands along it.
pub(super) struct Axis {
    pub(super) title: String,
    /// Where it ends; it begins at 0.
    pub(super) end: f64,
    pub(super) ticks: Vec<(f64, String)>,
}

/// A chart's frame.
pub(super) struct Frame<'a> {
    /// Unlike any other on the page.
    pub(super) name: &'static str,
    pub(super) title: &'a str,
    pub(super) description: &'a str,
    pub(super) x: Axis,
    pub(super) y: Axis,
}

/// A point with its interval.
#[derive(Clone, Copy)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) interval: Option<(f64, f64)>,
}

impl Frame<'_> {
    fn draw(&self, marks: &Markup) -> Markup {
        let (title, description) = (
            format!("{}-title", self.name),
            format!("{}-desc", self.name),
        );
        html! {
            svg.chart viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-labelledby=(format!("{title} {description}")) {
                title id=(title) { (self.title) }
                desc id=(description) { (self.description) }
                @for (value, label) in &self.y.ticks {
                    @let y = self.y(*value);
                    line.grid x1=(LEFT) x2=(RIGHT) y1=(n(y)) y2=(n(y)) {}
                    text.tick x=(LEFT - 8.0) y=(n(y + 4.0)) text-anchor="end" { (label) }
                }
                @for (value, label) in &self.x.ticks {
                    text.tick x=(n(self.x(*value))) y=(BOTTOM + 22.0) text-anchor="middle" { (label) }
                }
                text.tick x=(n((LEFT + RIGHT) / 2.0)) y=(HEIGHT - 6.0) text-anchor="middle" { (self.x.title) }
                (marks)
            }
        }
    }

    pub(super) fn x(&self, value: f64) -> f64 {
        LEFT + (RIGHT - LEFT) * (value / self.x.end).clamp(0.0, 1.0)
    }

    pub(super) fn y(&self, value: f64) -> f64 {
        BOTTOM - (BOTTOM - TOP) * (value / self.y.end).clamp(0.0, 1.0)
    }

    /// A line through points with their intervals as a band; one point is marked.
    pub(super) fn curve(&self, points: &[Point], marked: Option<Point>) -> Markup {
        let line = self.path(points.iter().map(|point| (point.x, point.y)));
        let ends = points
            .iter()
            .filter_map(|point| Some((point.x, point.interval?)));
        let low = ends.clone().map(|(x, (low, _))| (x, low));
        let high = ends.rev().map(|(x, (_, high))| (x, high));
        let band = self.path(low.chain(high));
        self.draw(&html! {
            path.chance d=(self.path([(0.0, 0.0), (self.x.end, self.x.end)].into_iter())) {}
            @if !band.is_empty() { path.band d=(format!("{band}Z")) {} }
            path.line d=(line) {}
            @if let Some(point) = marked {
                circle.marker r="7" cx=(n(self.x(point.x))) cy=(n(self.y(point.y))) {}
            }
        })
    }

    /// Dots with their intervals, joined.
    pub(super) fn dots(&self, points: &[Point]) -> Markup {
        self.draw(&html! {
            path.line.thin d=(self.path(points.iter().map(|point| (point.x, point.y)))) {}
            @for point in points {
                @if let Some((low, high)) = point.interval {
                    line.whisker x1=(n(self.x(point.x))) x2=(n(self.x(point.x))) y1=(n(self.y(low))) y2=(n(self.y(high))) {}
                }
                circle.dot r="4" cx=(n(self.x(point.x))) cy=(n(self.y(point.y))) {}
            }
        })
    }

    /// Bars, each with a part of it: a whole number from 0 each.
    pub(super) fn bars(&self, bars: &[(u64, u64)]) -> Markup {
        let step = (RIGHT - LEFT) / bars.len().max(1) as f64;
        let width = (step * 0.8).min(40.0);
        self.draw(&html! {
            @for (idx, (whole, part)) in bars.iter().enumerate() {
                @let x = LEFT + step * (idx as f64 + 0.5) - width / 2.0;
                @for (class, value) in [("bar", *whole as f64), ("bar part", *part as f64)] {
                    rect class=(class) x=(n(x)) width=(n(width)) y=(n(self.y(value))) height=(n(BOTTOM - self.y(value))) {}
                }
            }
        })
    }

    fn path(&self, points: impl Iterator<Item = (f64, f64)>) -> String {
        let mut path = String::new();
        for (idx, (x, y)) in points.enumerate() {
            let command = if idx == 0 { 'M' } else { 'L' };
            path += &format!("{command}{} {}", n(self.x(x)), n(self.y(y)));
        }
        path
    }
}

impl Axis {
    /// Shares from 0 to a round share that is not below the highest.
    pub(super) fn of_shares(title: String, highest: f64, label: impl Fn(f64) -> String) -> Self {
        Self::of(title, highest, 1.0, label)
    }

    /// Counts from 0.
    pub(super) fn of_counts(title: String, highest: u64, label: impl Fn(f64) -> String) -> Self {
        Self::of(title, highest.max(1) as f64, f64::INFINITY, label)
    }

    fn of(title: String, highest: f64, end: f64, label: impl Fn(f64) -> String) -> Self {
        let rough = highest.max(1e-4) / 5.0;
        let power = 10_f64.powf(rough.log10().floor());
        let steps = [1.0, 2.0, 2.5, 5.0, 10.0].map(|step| step * power);
        let mut steps = steps.into_iter();
        let step = steps.find(|step| *step >= rough * 0.999).unwrap_or(rough);
        // Edits are not halved.
        let step = if end.is_infinite() { step.ceil() } else { step };
        let n_steps = (highest / step - 1e-9).ceil().max(1.0);
        let end = (n_steps * step).min(end);
        let ticks = (0..=n_steps as u32).map(|idx| f64::from(idx) * step);
        Self {
            title,
            end,
            ticks: ticks
                .filter(|value| *value <= end * 1.001)
                .map(|value| (value, label(value)))
                .collect(),
        }
    }
}

/// A coordinate.
fn n(value: f64) -> String {
    format!("{value:.1}")
}

/// A share as a bar beside its number, for the eye alone.
pub(super) fn bar(share: Option<f64>) -> Markup {
    html! {
        svg.share viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" {
            @if let Some(share) = share {
                rect.bar width="100" height="6" {}
                rect.bar.part width=(n(100.0 * share)) height="6" {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_at_round_numbers() {
        #[track_caller]
        fn check(axis: Axis, expected: &[&str]) {
            let labels: Vec<_> = axis.ticks.iter().map(|(_, label)| label.as_str()).collect();
            assert_eq!(labels, expected);
        }
        let shares =
            |highest| Axis::of_shares(String::new(), highest, |value| format!("{value:.2}"));
        let counts = |highest| Axis::of_counts(String::new(), highest, |value| value.to_string());
        check(
            shares(1.0),
            &["0.00", "0.20", "0.40", "0.60", "0.80", "1.00"],
        );
        check(
            shares(0.23),
            &["0.00", "0.05", "0.10", "0.15", "0.20", "0.25"],
        );
        check(counts(3), &["0", "1", "2", "3"]);
        check(counts(0), &["0", "1"]);
        check(counts(1_234), &["0", "250", "500", "750", "1000", "1250"]);
    }
}
