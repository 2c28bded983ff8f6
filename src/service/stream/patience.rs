//! Waiting for what is down at the moment: pauses that grow up to a bound, and are never the same twice.

use std::time::Duration;

use super::metrics::Waiting;
use crate::service::calling::jittered;

/// The first pause, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// How long somebody has waited so far.
pub(crate) struct Patience {
    pause: Duration,
    pub(crate) n_waits: u32,
    /// Says so from the first pause to the end.
    pub(super) waiting: Option<Waiting>,
}

impl Patience {
    pub(crate) fn new() -> Self {
        Self {
            pause: FIRST_PAUSE,
            n_waits: 0,
            waiting: None,
        }
    }

    /// Something goes on for now, and may go on for long.
    pub(super) fn rest(&mut self) {
        self.waiting = None;
    }

    /// Waits once more, half to one and a half times the pause.
    pub(crate) async fn wait(&mut self) {
        tokio::time::sleep(jittered(self.pause)).await;
        self.pause = (2 * self.pause).min(LONGEST_PAUSE);
        self.n_waits = self.n_waits.saturating_add(1);
    }
}
