//! Waiting for what is down at the moment: pauses that grow up to a bound, and are never the same twice.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// The first pause, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// How long somebody has waited so far.
pub(crate) struct Patience {
    pause: Duration,
    pub(crate) n_waits: u32,
}

impl Patience {
    pub(crate) fn new() -> Self {
        Self {
            pause: FIRST_PAUSE,
            n_waits: 0,
        }
    }

    /// Waits once more, half to one and a half times the pause.
    pub(crate) async fn wait(&mut self) {
        // Every state has keys of its own.
        let chance = RandomState::new().hash_one(()) as f64 / u64::MAX as f64;
        tokio::time::sleep(self.pause.mul_f64(0.5 + chance)).await;
        self.pause = (2 * self.pause).min(LONGEST_PAUSE);
        self.n_waits = self.n_waits.saturating_add(1);
    }
}
