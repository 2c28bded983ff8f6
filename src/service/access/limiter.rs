//! So much a second, and so much at once: a bucket of tokens for each name.
//!
//! Full buckets say nothing and are thrown away, so that strangers cannot fill the memory.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Buckets beyond which full ones are looked for.
const MAX_BUCKETS: usize = 4_096;

/// A limit by name.
pub(super) struct Limiter {
    per_second: f64,
    burst: f64,
    buckets: Mutex<HashMap<String, Bucket>>,
}

struct Bucket {
    left: f64,
    at: Instant,
}

impl Limiter {
    /// So many a second, and so many at once.
    pub(super) fn new((per_second, burst): (f64, f64)) -> Self {
        Self {
            per_second,
            burst,
            buckets: Mutex::default(),
        }
    }

    /// Takes one, or says when there will be one.
    pub(super) fn take(&self, name: &str, now: Instant) -> Result<(), Duration> {
        let mut buckets = self.lock();
        if buckets.len() >= MAX_BUCKETS {
            buckets.retain(|_, bucket| self.level(bucket, now) < self.burst);
        }
        let left = buckets
            .get(name)
            .map_or(self.burst, |bucket| self.level(bucket, now));
        self.enough(left)?;
        let bucket = Bucket {
            left: left - 1.0,
            at: now,
        };
        buckets.insert(name.to_owned(), bucket);
        Ok(())
    }

    /// Whether there is one, without taking it.
    pub(super) fn look(&self, name: &str, now: Instant) -> Result<(), Duration> {
        let buckets = self.lock();
        let bucket = buckets.get(name);
        self.enough(bucket.map_or(self.burst, |bucket| self.level(bucket, now)))
    }

    fn enough(&self, left: f64) -> Result<(), Duration> {
        match left >= 1.0 {
            true => Ok(()),
            false => Err(Duration::from_secs_f64((1.0 - left) / self.per_second)),
        }
    }

    fn level(&self, bucket: &Bucket, now: Instant) -> f64 {
        let gained = now.saturating_duration_since(bucket.at).as_secs_f64() * self.per_second;
        (bucket.left + gained).min(self.burst)
    }

    /// Nothing fails under the lock.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_fills_and_is_forgotten() {
        let limiter = Limiter::new((2.0, 3.0));
        let start = Instant::now();
        let take = |name: &str, ms: u64| limiter.take(name, start + Duration::from_millis(ms));
        assert_eq!([take("a", 0), take("a", 0), take("a", 0)], [Ok(()); 3]);
        assert_eq!(take("a", 0), Err(Duration::from_millis(500)));
        assert_eq!(take("b", 0), Ok(()));
        assert!(take("a", 499).is_err());
        assert_eq!(
            [take("a", 500), take("a", 500).map_err(|_| Duration::ZERO)],
            [Ok(()), Err(Duration::ZERO)]
        );
        for idx in 0..MAX_BUCKETS {
            let _ = take(&format!("c{idx}"), 600);
        }
        assert_eq!(take("last", 10_000), Ok(()));
        assert_eq!(limiter.lock().len(), 1);
    }
}
