//! A limit on how often something may happen: a burst at once, then one per interval. Pure: takes `now`.

use std::time::{Duration, Instant};

/// How much may happen at once, and how soon once more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    pub(crate) burst: u32,
    pub(crate) interval: Duration,
}

/// What is left of a [`Rate`].
#[derive(Clone, Debug)]
pub(crate) struct TokenBucket {
    /// When the bucket will be full again; in the past when it is. One number holds level and time.
    full_at: Instant,
}

impl TokenBucket {
    pub(crate) fn full(now: Instant) -> Self {
        Self { full_at: now }
    }

    /// Whether nothing is missing, as if it had never been used.
    pub(crate) fn is_full(&self, now: Instant) -> bool {
        self.full_at <= now
    }

    /// Takes one, or says how long to wait for it.
    pub(crate) fn take(&mut self, rate: Rate, now: Instant) -> Result<(), Duration> {
        let missing = self.full_at.saturating_duration_since(now) + rate.interval;
        let capacity = rate.interval * rate.burst;
        if missing > capacity {
            return Err(missing - capacity);
        }
        self.full_at = now + missing;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 3, interval: Duration::from_secs(10) };

    #[test]
    fn a_burst_passes_and_then_one_per_interval() {
        let start = Instant::now();
        let mut bucket = TokenBucket::full(start);
        for _ in 0..3 {
            assert_eq!(bucket.take(RATE, start), Ok(()));
        }
        assert_eq!(bucket.take(RATE, start), Err(Duration::from_secs(10)));
        let later = start + Duration::from_secs(4);
        assert_eq!(bucket.take(RATE, later), Err(Duration::from_secs(6)));
        let due = start + Duration::from_secs(10);
        assert_eq!(bucket.take(RATE, due), Ok(()));
        assert!(
            !bucket.is_full(due + Duration::from_secs(29)) && bucket.is_full(due + Duration::from_secs(30))
        );
        assert_eq!(bucket.take(RATE, due), Err(Duration::from_secs(10)));
    }

    #[test]
    fn a_long_rest_gives_no_more_than_the_burst() {
        let start = Instant::now();
        let mut bucket = TokenBucket::full(start);
        let later = start + Duration::from_secs(1_000);
        for _ in 0..3 {
            assert_eq!(bucket.take(RATE, later), Ok(()));
        }
        assert!(bucket.take(RATE, later).is_err());
    }
}
