//! Random choices that can be repeated: when to kill, what to send.

use std::env;

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};

/// The environment variable that fixes the seed, to repeat a run that failed.
const SEED: &str = "AIRLOCK_E2E_SEED";

/// The seed of a run that asks for no other: the same on every machine, so that a failure can be looked into.
const SEED_DEFAULT: u64 = 20_260_101;

/// A seeded source of choices. Prints its seed, which a failing test then shows.
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// Dice for the test of this name.
    ///
    /// # Panics
    /// When the environment names a seed that is no number.
    #[must_use]
    pub fn new(test: &str) -> Self {
        let seed = env::var(SEED).map_or(SEED_DEFAULT, |text| text.parse().expect("the seed is a number"));
        println!("{test}: {SEED}={seed}");
        Self::seeded(seed, test)
    }

    /// Dice for one purpose of a run with this seed. Those of another purpose fall otherwise.
    #[must_use]
    pub fn seeded(seed: u64, purpose: &str) -> Self {
        let name = purpose.bytes().fold(0u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        Self(ChaCha8Rng::seed_from_u64(seed ^ name))
    }

    /// A number from `low` up to, but not including, `high`.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.0.next_u64() % (high - low)
    }

    /// That many random bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}
