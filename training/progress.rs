//! Progress on standard error: a bar on a terminal, a plain line every few seconds elsewhere.
//!
//! It only looks at the reader's [`Meter`]; nothing waits for it, and nothing is measured here.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};
use indicatif::{ProgressBar, ProgressStyle};
use revscore::corpus::{Input, Meter};

use crate::output;

const TERMINAL_INTERVAL: Duration = Duration::from_millis(200);
const PLAIN_INTERVAL: Duration = Duration::from_secs(5);

/// Shows progress until it is dropped. It also carries Ctrl-C over to the reader.
pub(crate) struct Progress {
    meter: Arc<Meter>,
    /// Dropped to end the thread.
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Begins to show the progress of `what` over the files.
    pub(crate) fn start(what: &'static str, inputs: &[Input]) -> Self {
        let meter = Arc::new(Meter::default());
        // Without the size of every file there is no share and no end to tell.
        let total_bytes: Option<u64> = inputs.iter().map(Input::packed_bytes).sum();
        let (end, ended) = bounded(0);
        let shown = meter.clone();
        let thread = thread::spawn(move || {
            let bar = std::io::stderr()
                .is_terminal()
                .then(|| new_bar(total_bytes));
            let start = Instant::now();
            let mut shown_at = start;
            while ended.recv_timeout(TERMINAL_INTERVAL) == Err(RecvTimeoutError::Timeout) {
                shown
                    .stop
                    .fetch_or(output::is_interrupted(), Ordering::Relaxed);
                let state = State::of(&shown, total_bytes, start.elapsed());
                if let Some(bar) = &bar {
                    bar.set_position(state.packed_bytes);
                    bar.set_message(format!("{what}: {}", state.counts()));
                } else if shown_at.elapsed() >= PLAIN_INTERVAL {
                    shown_at = Instant::now();
                    eprintln!("{what}: {}", state.line());
                }
            }
            if let Some(bar) = bar {
                bar.finish_and_clear();
            }
            eprintln!(
                "{what}: {}",
                State::of(&shown, None, start.elapsed()).line()
            );
        });
        Self {
            meter,
            end: Some(end),
            thread: Some(thread),
        }
    }

    /// What the reader counts into.
    pub(crate) fn meter(&self) -> &Meter {
        &self.meter
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // A display that failed must not fail the work.
            let _ = thread.join();
        }
    }
}

fn new_bar(total_bytes: Option<u64>) -> ProgressBar {
    let (bar, template) = match total_bytes {
        Some(bytes) => (
            ProgressBar::new(bytes),
            "{bar:30} {percent:>3}% {msg}, ETA {eta}",
        ),
        None => (ProgressBar::new_spinner(), "{spinner} {msg}, {elapsed}"),
    };
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

struct State {
    pages: u64,
    revisions: u64,
    xml_bytes: u64,
    packed_bytes: u64,
    total_bytes: Option<u64>,
    elapsed: Duration,
}

impl State {
    fn of(meter: &Meter, total_bytes: Option<u64>, elapsed: Duration) -> Self {
        Self {
            pages: meter.pages.load(Ordering::Relaxed),
            revisions: meter.revisions.load(Ordering::Relaxed),
            xml_bytes: meter.xml_bytes.load(Ordering::Relaxed),
            packed_bytes: meter.packed_bytes.load(Ordering::Relaxed),
            total_bytes,
            elapsed,
        }
    }

    fn counts(&self) -> String {
        let mb_per_second = self.xml_bytes as f64 / 1e6 / self.elapsed.as_secs_f64().max(1e-3);
        format!(
            "{} pages, {} revisions, {mb_per_second:.1} MB/s",
            self.pages, self.revisions
        )
    }

    fn line(&self) -> String {
        let elapsed = self.elapsed.as_secs_f64();
        let mut line = self.counts();
        if let Some(total) = self.total_bytes.filter(|&total| total > 0) {
            let share = (self.packed_bytes as f64 / total as f64).min(1.0);
            line += &format!(", {:.0} %", share * 100.0);
            if share > 0.0 {
                line += &format!(", {:.0} s to go", elapsed / share - elapsed);
            }
        }
        line + &format!(", {elapsed:.1} s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_line_says_how_far_and_how_long() {
        let state = State {
            pages: 3,
            revisions: 40,
            xml_bytes: 10_000_000,
            packed_bytes: 250,
            total_bytes: Some(1000),
            elapsed: Duration::from_secs(2),
        };
        assert_eq!(
            state.line(),
            "3 pages, 40 revisions, 5.0 MB/s, 25 %, 6 s to go, 2.0 s"
        );
        assert_eq!(
            State {
                total_bytes: None,
                ..state
            }
            .line(),
            "3 pages, 40 revisions, 5.0 MB/s, 2.0 s"
        );
    }
}
