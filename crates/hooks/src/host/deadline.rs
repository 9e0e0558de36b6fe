//! The wall-clock backstop: one thread that advances the engine's epoch while a check is running.
//!
//! It starts with the first hook that is loaded and sleeps while nothing runs, so that a client without a hook
//! has no such thread and one that waits for its user does not wake up for it.

use std::{
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use wasmtime::Engine;

use crate::limits::{DEADLINE_TICK, deadline};

/// Ticks until a check that may use `fuel` is interrupted. One more than fit, because the first may come at once.
pub(super) fn ticks(fuel: u64) -> u64 {
    let ticks = deadline(fuel).as_millis() / DEADLINE_TICK.as_millis() + 1;
    u64::try_from(ticks).unwrap_or(u64::MAX)
}

/// Owns the thread, which ends with it.
#[derive(Default)]
pub(super) struct Ticker {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    started: bool,
    stopped: bool,
    /// The thread waits for the first check: waking a thread costs more than many a check, so it is done only then.
    idle: bool,
    running: usize,
}

impl Shared {
    /// A thread that panicked while it held the lock leaves counters that are still right.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Held during a check: the epoch advances as long as one exists.
pub(super) struct Running<'a>(&'a Shared);

impl Ticker {
    /// Starts the thread, unless it runs.
    pub(super) fn start(&self, engine: &Engine) -> io::Result<()> {
        let mut state = self.shared.lock();
        if !state.started {
            let (shared, engine) = (Arc::clone(&self.shared), engine.clone());
            thread::Builder::new().name("hook-deadline".into()).spawn(move || tick(&shared, &engine))?;
            state.started = true;
        }
        Ok(())
    }

    pub(super) fn running(&self) -> Running<'_> {
        let mut state = self.shared.lock();
        state.running += 1;
        if std::mem::take(&mut state.idle) {
            self.shared.changed.notify_all();
        }
        drop(state);
        Running(&self.shared)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.lock().running -= 1;
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.lock().stopped = true;
        self.shared.changed.notify_all();
    }
}

fn tick(shared: &Shared, engine: &Engine) {
    loop {
        let state = shared.lock();
        let idle = |state: &mut State| {
            state.idle = state.running == 0 && !state.stopped;
            state.idle
        };
        let state = shared.changed.wait_while(state, idle).unwrap_or_else(PoisonError::into_inner);
        if state.stopped {
            return;
        }
        drop(state);
        thread::sleep(DEADLINE_TICK);
        engine.increment_epoch();
    }
}
