//! What pictures draw on: a frame with two axes, and marks in the axes' units.
//!
//! It knows coordinates, colours and escaping, and nothing of what is drawn.

use std::fmt::Write as _;

use super::super::figure::number;

/// Mid-tones: contrast is at least 3 to 1 on #ffffff and on #0d1117 (WCAG 2.1 for graphics), and
/// at least 4 to 1 for text. The first two are told apart without red and green.
pub(super) const BLUE: &str = "#3d85d8";
pub(super) const ORANGE: &str = "#d4730f";
pub(super) const TEXT: &str = "#787d86";

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 450.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = WIDTH - 30.0;
const TOP: f64 = 66.0;
const BOTTOM: f64 = HEIGHT - 54.0;

/// One axis of a plot.
pub(super) struct Axis {
    pub(super) title: String,
    pub(super) low: f64,
    pub(super) high: f64,
    /// Values that have a grid line and a label.
    pub(super) ticks: Vec<(f64, String)>,
}

/// A plot that is being drawn.
pub(super) struct Plot {
    svg: String,
    x: Axis,
    y: Axis,
    legend_end: f64,
}

/// A point with its interval in y.
#[derive(Clone, Copy)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) interval: Option<(f64, f64)>,
}

impl Axis {
    /// Shares from 0 to a round number at or above `highest`, in percent.
    pub(super) fn of_shares(title: impl Into<String>, highest: f64) -> Self {
        let step = [
            0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2,
        ]
        .into_iter()
        .find(|step| highest / step <= 6.0)
        .unwrap_or(0.2);
        let n_steps = (highest / step - 1e-9).ceil().clamp(1.0, 10_000.0) as usize;
        let ticks = (0..=n_steps).map(|idx| idx as f64 * step);
        Self {
            title: title.into(),
            low: 0.0,
            high: n_steps as f64 * step,
            ticks: ticks.map(|value| (value, percent(value))).collect(),
        }
    }
}

/// A share in percent: one decimal where it needs one, two below 1 %.
pub(super) fn percent(share: f64) -> String {
    let text = number(100.0 * share, if share < 0.01 { 2 } else { 1 });
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Opens a document of that height.
pub(super) fn open(name: &str, title: &str, description: &str, height: f64) -> String {
    let (title, description) = (escape(title), escape(description));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" role=\"img\" aria-labelledby=\"{name}-title {name}-desc\" \
         font-family=\"system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif\" font-size=\"13\" fill=\"{TEXT}\">\n\
         <title id=\"{name}-title\">{title}</title>\n<desc id=\"{name}-desc\">{description}</desc>\n\
         <text x=\"12\" y=\"24\" font-size=\"16\" font-weight=\"600\">{title}</text>\n"
    )
}

/// Text as XML content; characters that XML does not have are dropped.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => {}
            character if character.is_control() => {}
            character => escaped.push(character),
        }
    }
    escaped
}

impl Plot {
    /// A frame with grid, labels and titles.
    pub(super) fn new(name: &str, title: &str, description: &str, x: Axis, y: Axis) -> Self {
        let mut plot = Self {
            svg: open(name, title, description, HEIGHT),
            x,
            y,
            legend_end: LEFT,
        };
        plot.draw_grid();
        plot
    }

    fn draw_grid(&mut self) {
        let mut grid = format!("<g stroke=\"{TEXT}\" stroke-opacity=\"0.28\">\n");
        let mut labels = String::new();
        for (value, label) in &self.x.ticks {
            let x = self.x_of(*value);
            let _ = writeln!(
                grid,
                "<line x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{BOTTOM}\"/>"
            );
            let y = BOTTOM + 18.0;
            let _ = writeln!(
                labels,
                "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{}</text>",
                escape(label)
            );
        }
        for (value, label) in &self.y.ticks {
            let y = self.y_of(*value);
            let _ = writeln!(
                grid,
                "<line x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{RIGHT}\" y2=\"{y:.1}\"/>"
            );
            let (x, y) = (LEFT - 8.0, y + 4.5);
            let _ = writeln!(
                labels,
                "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"end\">{}</text>",
                escape(label)
            );
        }
        let (middle_x, middle_y) = ((LEFT + RIGHT) / 2.0, (TOP + BOTTOM) / 2.0);
        let _ = write!(
            self.svg,
            "{grid}</g>\n{labels}<text x=\"{middle_x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\n\
             <text transform=\"translate(16 {middle_y:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n",
            HEIGHT - 12.0,
            escape(&self.x.title),
            escape(&self.y.title),
        );
    }

    /// An entry of the legend, which is one line above the frame.
    pub(super) fn legend(&mut self, colour: &str, is_dashed: bool, text: &str) {
        let (start, middle) = (self.legend_end, 46.0);
        let dashes = if is_dashed {
            " stroke-dasharray=\"5 4\""
        } else {
            ""
        };
        let _ = writeln!(
            self.svg,
            "<line x1=\"{start:.1}\" y1=\"{middle}\" x2=\"{:.1}\" y2=\"{middle}\" stroke=\"{colour}\" \
             stroke-width=\"3\"{dashes}/>\n<text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            start + 22.0,
            start + 28.0,
            middle + 4.5,
            escape(text),
        );
        // Text cannot be measured here: 6.8 is about the mean width of a character at this size.
        self.legend_end = start + 28.0 + 6.8 * text.chars().count() as f64 + 18.0;
    }

    /// A line through points, with their intervals as a band.
    pub(super) fn curve(&mut self, points: &[Point], colour: &str) {
        if points.iter().any(|point| point.interval.is_some()) {
            // A point without an interval has no spread.
            let ends = points
                .iter()
                .map(|point| (point.x, point.interval.unwrap_or((point.y, point.y))));
            let low = ends.clone().map(|(x, (low, _))| (x, low));
            let high = ends.rev().map(|(x, (_, high))| (x, high));
            let path = self.path(low.chain(high));
            let _ = writeln!(
                self.svg,
                "<path d=\"{path}Z\" fill=\"{colour}\" fill-opacity=\"0.22\"/>"
            );
        }
        let path = self.path(points.iter().map(|point| (point.x, point.y)));
        let _ = writeln!(
            self.svg,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.5\" stroke-linejoin=\"round\"/>"
        );
    }

    /// A dashed straight line.
    pub(super) fn dashes(&mut self, from: (f64, f64), to: (f64, f64)) {
        let path = self.path([from, to].into_iter());
        let _ = writeln!(
            self.svg,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{TEXT}\" stroke-width=\"1.5\" stroke-dasharray=\"5 4\"/>"
        );
    }

    /// A dot, with its interval as a vertical line.
    pub(super) fn dot(&mut self, point: Point, colour: &str) {
        let x = self.x_of(point.x);
        if let Some((low, high)) = point.interval {
            let (low, high) = (self.y_of(low), self.y_of(high));
            let _ = writeln!(
                self.svg,
                "<line x1=\"{x:.1}\" y1=\"{low:.1}\" x2=\"{x:.1}\" y2=\"{high:.1}\" stroke=\"{colour}\" \
                 stroke-width=\"2\"/>"
            );
        }
        let y = self.y_of(point.y);
        let _ = writeln!(
            self.svg,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.5\" fill=\"{colour}\"/>"
        );
    }

    /// Lines of text in the lower right corner, each with a dot before it.
    pub(super) fn list(&mut self, lines: &[String], colour: &str) {
        // Text cannot be measured here: 6.5 is about the mean width of a character at this size.
        let n_chars = lines
            .iter()
            .map(|line| line.chars().count())
            .max()
            .unwrap_or(0);
        let left = RIGHT - 22.0 - 6.5 * n_chars as f64;
        for (line, idx) in lines.iter().rev().zip(0u8..) {
            let y = BOTTOM - 14.0 - 19.0 * f64::from(idx);
            let _ = writeln!(
                self.svg,
                "<circle cx=\"{left:.1}\" cy=\"{:.1}\" r=\"3.5\" fill=\"{colour}\"/>\n\
                 <text x=\"{:.1}\" y=\"{y:.1}\" font-size=\"12\">{}</text>",
                y - 4.5,
                left + 10.0,
                escape(line)
            );
        }
    }

    /// A histogram: the outline of the bars between edges, filled, from the first bar that has
    /// a height to the last.
    pub(super) fn histogram(&mut self, edges: &[f64], heights: &[f64], colour: &str) {
        let bars = heights.iter().zip(edges.windows(2));
        let is_flat = |bar: &(&f64, &[f64])| *bar.0 <= 0.0;
        let mut bars: Vec<_> = bars.skip_while(is_flat).collect();
        while bars.last().is_some_and(is_flat) {
            bars.pop();
        }
        let (Some(first), Some(last)) = (bars.first(), bars.last()) else {
            return;
        };
        let (start, end) = ((first.1[0], 0.0), (last.1[1], 0.0));
        let tops = bars
            .iter()
            .flat_map(|(height, ends)| [(ends[0], **height), (ends[1], **height)]);
        let path = self.path(std::iter::once(start).chain(tops).chain([end]));
        let _ = writeln!(
            self.svg,
            "<path d=\"{path}Z\" fill=\"{colour}\" fill-opacity=\"0.3\" stroke=\"{colour}\" \
             stroke-width=\"2\"/>"
        );
    }

    /// The finished document.
    pub(super) fn finish(mut self) -> String {
        self.svg.push_str("</svg>\n");
        self.svg
    }

    fn path(&self, points: impl Iterator<Item = (f64, f64)>) -> String {
        let mut path = String::new();
        for (idx, (x, y)) in points.enumerate() {
            let command = if idx == 0 { 'M' } else { 'L' };
            let _ = write!(path, "{command}{:.1} {:.1}", self.x_of(x), self.y_of(y));
        }
        path
    }

    fn x_of(&self, value: f64) -> f64 {
        LEFT + (RIGHT - LEFT) * position(value, &self.x)
    }

    fn y_of(&self, value: f64) -> f64 {
        BOTTOM - (BOTTOM - TOP) * position(value, &self.y)
    }
}

/// Where on an axis a value lies, 0 to 1; values beyond the axis lie at its end.
fn position(value: f64, axis: &Axis) -> f64 {
    ((value - axis.low) / (axis.high - axis.low)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_axis(highest: f64, expected: &[&str]) {
        let labels: Vec<_> = Axis::of_shares("", highest)
            .ticks
            .into_iter()
            .map(|(_, label)| label)
            .collect();
        assert_eq!(labels, expected, "{highest}");
    }

    #[test]
    fn axes_end_at_round_numbers() {
        check_axis(1.0, &["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]);
        check_axis(0.23, &["0 %", "5 %", "10 %", "15 %", "20 %", "25 %"]);
        check_axis(0.0004, &["0 %", "0.01 %", "0.02 %", "0.03 %", "0.04 %"]);
        check_axis(0.0, &["0 %", "0.01 %"]);
    }

    #[test]
    fn text_is_escaped() {
        assert_eq!(
            escape("a<b> & \"c\"\u{0}\u{ffff}"),
            "a&lt;b&gt; &amp; &quot;c&quot;"
        );
    }
}
