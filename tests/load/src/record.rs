//! What a run notes while it goes: the ledger, the latencies, and when.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use serde::Serialize;
use tokio::time::sleep;

use crate::{
    error::LoadError,
    latency::{Latencies, Quantiles},
    ledger::{Counts, Ledger},
    letter::{Filler, Letter, Route},
};

/// How long accepted messages may stay away without one more coming before they are given up as lost.
const PATIENCE: Duration = Duration::from_secs(15);

/// How often a run looks whether all has come.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// The time of a run that counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    /// Before the figures count: connections find their pace, tables grow.
    pub(crate) warm_up: Duration,
    pub(crate) measured: Duration,
}

impl Window {
    pub(crate) fn end(&self) -> Duration {
        self.warm_up + self.measured
    }

    fn holds(&self, at: Duration) -> bool {
        at >= self.warm_up && at < self.end()
    }
}

/// Shared by all senders and receivers of a run.
pub(crate) struct Record {
    noted: Mutex<Noted>,
    began: Instant,
    window: Window,
    pub(crate) filler: Filler,
}

struct Noted {
    ledger: Ledger,
    accepted: Latencies,
    delivered: Latencies,
    /// Deliveries inside of the window.
    in_window: u64,
}

/// What a run came to.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Outcome {
    pub(crate) counts: Counts,
    /// Delivered per second, in the time that counts.
    pub(crate) messages_per_second: f64,
    /// From send to the answer, in milliseconds.
    pub(crate) accepted: Quantiles,
    /// From send to arrival, in milliseconds.
    pub(crate) delivered: Quantiles,
}

impl Record {
    /// The run begins now.
    pub(crate) fn begin(window: Window) -> Result<Self, LoadError> {
        let noted = Noted {
            ledger: Ledger::default(),
            accepted: Latencies::new()?,
            delivered: Latencies::new()?,
            in_window: 0,
        };
        let filler = Filler::new()?;
        Ok(Self { noted: Mutex::new(noted), began: Instant::now(), window, filler })
    }

    /// Since the run began.
    pub(crate) fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// The same point as an instant.
    pub(crate) fn instant(&self, at: Duration) -> Instant {
        self.began + at
    }

    pub(crate) fn window(&self) -> Window {
        self.window
    }

    /// Whether nothing more is to be sent.
    pub(crate) fn is_over(&self) -> bool {
        self.now() >= self.window.end()
    }

    /// A new message on this route, meant to be sent at `sent`, and its body.
    pub(crate) fn write(&self, route: Route, sent: Duration, size: usize) -> (Letter, Vec<u8>) {
        let letter = Letter { route, number: self.noted().ledger.send(route), sent };
        (letter, self.filler.body(&letter, size))
    }

    pub(crate) fn accepted(&self, letter: &Letter) {
        let took = self.now().saturating_sub(letter.sent);
        let mut noted = self.noted();
        noted.ledger.accept(letter.route, letter.number);
        if self.window.holds(letter.sent) {
            noted.accepted.record(took);
        }
    }

    pub(crate) fn refused(&self, letter: &Letter) {
        self.noted().ledger.refuse(letter.route, letter.number);
    }

    /// Bodies that came to `receiver` just now, in this order.
    pub(crate) fn delivered<'a>(&self, receiver: u32, bodies: impl Iterator<Item = &'a [u8]>) {
        let now = self.now();
        let letters: Vec<Option<Letter>> = bodies.map(|body| self.filler.read(body)).collect();
        let mut noted = self.noted();
        for letter in letters {
            let Some(letter) = letter else {
                noted.ledger.damaged();
                continue;
            };
            noted.ledger.deliver(receiver, letter.route, letter.number);
            if self.window.holds(letter.sent) {
                noted.delivered.record(now.saturating_sub(letter.sent));
            }
            if self.window.holds(now) {
                noted.in_window += 1;
            }
        }
    }

    pub(crate) fn acknowledged(&self, count: u64) {
        self.noted().ledger.acknowledged(count);
    }

    /// Returns when all that was accepted has come, or when nothing has come any more for [`PATIENCE`].
    pub(crate) async fn settled(&self) {
        let mut left = u64::MAX;
        let mut since = Instant::now();
        loop {
            let now_left = self.noted().ledger.outstanding();
            if now_left < left {
                (left, since) = (now_left, Instant::now());
            }
            if now_left == 0 || since.elapsed() >= PATIENCE {
                return;
            }
            sleep(LOOK_EVERY).await;
        }
    }

    pub(crate) fn outcome(&self) -> Outcome {
        let noted = self.noted();
        Outcome {
            counts: noted.ledger.counts(),
            messages_per_second: noted.in_window as f64 / self.window.measured.as_secs_f64(),
            accepted: noted.accepted.quantiles(),
            delivered: noted.delivered.quantiles(),
        }
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
