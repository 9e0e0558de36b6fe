//! How long to wait before the next attempt at a relay.

use std::time::Duration;

use rand_core::Rng;

/// After the first failure.
const FIRST: Duration = Duration::from_millis(250);

/// Never longer: a relay that comes back is noticed within this time.
const LONGEST: Duration = Duration::from_secs(30);

/// Doubles with each failure, with jitter, so that clients do not come back all at once.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The wait after one more failure: between half the step and the whole step.
    ///
    /// `rng` is not the one that keys come from: how often a relay failed must not change what is sent.
    pub(crate) fn next(&mut self, rng: &mut (impl Rng + ?Sized)) -> Duration {
        let step = FIRST.saturating_mul(1 << self.failures.min(16)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        let half = step / 2;
        half + half.mul_f64(f64::from(rng.next_u32()) / f64::from(u32::MAX))
    }

    /// It worked.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    #[test]
    fn waits_grow_up_to_a_limit_and_start_again_after_success() {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let mut backoff = Backoff::default();
        let waits: Vec<Duration> = (0..40).map(|_| backoff.next(&mut rng)).collect();
        assert!(waits[0] <= FIRST && waits[0] >= FIRST / 2);
        assert!(waits.iter().all(|wait| *wait <= LONGEST));
        assert!(waits[39] >= LONGEST / 2);
        backoff.reset();
        assert!(backoff.next(&mut rng) <= FIRST);
    }
}
