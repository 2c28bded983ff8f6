//! So much a second, and so much at once: a bucket of tokens for each name.
//!
//! Strangers cannot fill the memory: names are cut, full buckets say nothing and are thrown away, and where
//! there are still too many, the fullest go, which say least.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Buckets that are kept.
const MAX_BUCKETS: usize = 4_096;

/// Room that is made at once, so that a crowd of names does not look through all of them for each.
const ROOM: usize = MAX_BUCKETS / 8;

/// Bytes of a name that count.
const MAX_NAME_BYTES: usize = 64;

/// A limit by name.
pub(super) struct Limiter {
    per_second: f64,
    burst: f64,
    buckets: Mutex<HashMap<String, Bucket>>,
}

struct Bucket {
    /// Below zero after something larger than the burst.
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

    /// Takes so many, or says when they will be there. More than fit into a bucket pass when it is full,
    /// and leave it in debt, which is waited for afterwards.
    pub(super) fn take(&self, name: &str, n: usize, now: Instant) -> Result<(), Duration> {
        let name = &name[..name.floor_char_boundary(MAX_NAME_BYTES)];
        let n = n as f64;
        let mut buckets = self.lock();
        let left = buckets
            .get(name)
            .map_or(self.burst, |bucket| self.level(bucket, now));
        let lacking = n.min(self.burst) - left;
        if lacking > 0.0 {
            return Err(Duration::from_secs_f64(lacking / self.per_second));
        }
        let bucket = Bucket {
            left: left - n,
            at: now,
        };
        if let Some(known) = buckets.get_mut(name) {
            *known = bucket;
        } else {
            self.make_room(&mut buckets, now);
            buckets.insert(name.to_owned(), bucket);
        }
        Ok(())
    }

    /// Throws out full buckets when there are too many, and then the fullest.
    fn make_room(&self, buckets: &mut HashMap<String, Bucket>, now: Instant) {
        if buckets.len() < MAX_BUCKETS {
            return;
        }
        let mut levels: Vec<f64> = buckets
            .values()
            .map(|bucket| self.level(bucket, now))
            .collect();
        let (_, limit, _) = levels.select_nth_unstable_by(MAX_BUCKETS - ROOM, f64::total_cmp);
        let limit = limit.min(self.burst);
        // Of equals all go: a crowd that asked once each is alike.
        buckets.retain(|_, bucket| self.level(bucket, now) < limit);
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

/// What a client is limited by: of an address of IPv6 the network, because whoever has one has 2^64.
pub(super) fn key_of(client: &str) -> String {
    match client
        .parse::<IpAddr>()
        .map(|address| address.to_canonical())
    {
        Ok(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        Ok(address) => address.to_string(),
        Err(_) => client.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills() {
        let limiter = Limiter::new((2.0, 3.0));
        let start = Instant::now();
        let take = |name: &str, ms: u64| limiter.take(name, 1, start + Duration::from_millis(ms));
        assert_eq!([take("a", 0), take("a", 0), take("a", 0)], [Ok(()); 3]);
        assert_eq!(take("a", 0), Err(Duration::from_millis(500)));
        assert_eq!(take("b", 0), Ok(()));
        assert!(take("a", 499).is_err());
        assert_eq!(
            [take("a", 500), take("a", 500).map_err(|_| Duration::ZERO)],
            [Ok(()), Err(Duration::ZERO)]
        );
    }

    #[test]
    fn more_than_a_bucket_passes_when_it_is_full_and_is_waited_for_afterwards() {
        let limiter = Limiter::new((2.0, 3.0));
        let start = Instant::now();
        let take =
            |n: usize, seconds: u64| limiter.take("a", n, start + Duration::from_secs(seconds));
        assert_eq!(take(13, 0), Ok(()));
        // Ten are owed, and one is asked for.
        assert_eq!(take(1, 0), Err(Duration::from_millis(5_500)));
        assert!(take(4, 6).is_err());
        assert_eq!(take(1, 6), Ok(()));
        assert_eq!(take(4, 60), Ok(()));
    }

    #[test]
    fn strangers_fill_no_memory_and_whoever_was_limited_stays_so() {
        let limiter = Limiter::new((0.001, 2.0));
        let start = Instant::now();
        assert_eq!(limiter.take("limited", 2, start), Ok(()));
        for idx in 0..3 * MAX_BUCKETS {
            let name = format!("{idx}{}", "é".repeat(1_000));
            assert_eq!(limiter.take(&name, 1, start), Ok(()));
        }
        let buckets = limiter.lock();
        assert!(buckets.len() <= MAX_BUCKETS, "{}", buckets.len());
        assert!(buckets.keys().all(|name| name.len() <= MAX_NAME_BYTES));
        drop(buckets);
        assert!(limiter.take("limited", 1, start).is_err());
    }

    #[test]
    fn addresses_are_limited_by_their_network() {
        for (client, expected) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("a name", "a name"),
        ] {
            assert_eq!(key_of(client), expected);
        }
    }
}
