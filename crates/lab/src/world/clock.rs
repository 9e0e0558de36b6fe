//! The time in a world: the system's, or one that begins on a day that was chosen, so that the dates in a report are
//! the same another time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Instant, SystemTime, UNIX_EPOCH},
};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// What time it is in a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorldClock {
    /// The system's.
    System,
    /// This many milliseconds since 1970 at the start, and then as time goes by.
    From(u64),
}

/// A world's clock, which can be put forward.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    start: Instant,
    start_ms: u64,
    ahead_ms: Arc<AtomicU64>,
}

impl WorldClock {
    pub(crate) fn start(self) -> Running {
        let start_ms = match self {
            Self::From(ms) => ms,
            Self::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
            }
        };
        Running { start: Instant::now(), start_ms, ahead_ms: Arc::default() }
    }
}

impl Running {
    pub(crate) fn now_ms(&self) -> u64 {
        let since = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.start_ms.saturating_add(since).saturating_add(self.ahead_ms.load(Ordering::Relaxed))
    }

    pub(crate) fn let_pass(&self, days: u64) {
        self.ahead_ms.fetch_add(days.saturating_mul(DAY_MS), Ordering::Relaxed);
    }
}
