//! Watches the relay's store and remembers each envelope that was ever in it.

use std::{
    collections::VecDeque,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{RecvTimeoutError, Sender, channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crate::store_reader::{EnvelopeKey, StoreReader};

/// How often the store is read, so that a time stands beside each envelope. None is missed between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Most bytes of envelopes that are remembered: thousands of short messages. Beyond it the oldest go.
const REMEMBERED_BYTES_MAX: usize = 16 * 1024 * 1024;

/// An envelope that was in the store.
#[derive(Clone, Debug)]
pub(crate) struct SeenEnvelope {
    /// Counts the envelopes that were stored, from 1.
    pub(crate) number: u64,
    pub(crate) key: EnvelopeKey,
    pub(crate) sealed: Arc<[u8]>,
    pub(crate) seen: Instant,
    /// Whether it still is in the store.
    pub(crate) held: bool,
}

/// A thread that reads the store until this is dropped.
#[derive(Debug)]
pub(crate) struct StoreWatch {
    memory: Arc<Mutex<Memory>>,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Memory {
    reader: StoreReader,
    envelopes: VecDeque<SeenEnvelope>,
    bytes: usize,
    /// The number of the last one.
    last: u64,
    /// Envelopes that were seen and are no longer remembered.
    evicted: u64,
}

impl StoreWatch {
    /// Starts watching the store of the relay in `folder`.
    pub(crate) fn start(folder: &Path) -> rusqlite::Result<Self> {
        let memory = Memory {
            reader: StoreReader::open(folder)?,
            envelopes: VecDeque::new(),
            bytes: 0,
            last: 0,
            evicted: 0,
        };
        let memory = Arc::new(Mutex::new(memory));
        let (stop, stopped) = channel::<()>();
        let watched = Arc::clone(&memory);
        let thread = thread::spawn(move || {
            while stopped.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
                // What a look that failed did not see, the next one sees.
                let _next_time = lock(&watched).look();
            }
        });
        Ok(Self { memory, stop: Some(stop), thread: Some(thread) })
    }

    /// Everything remembered, oldest first, after one more look.
    pub(crate) fn envelopes(&self) -> rusqlite::Result<Vec<SeenEnvelope>> {
        let mut memory = lock(&self.memory);
        memory.look()?;
        Ok(memory.envelopes.iter().cloned().collect())
    }

    /// How many envelopes were stored and can't be shown, because they are no longer remembered.
    pub(crate) fn missed(&self) -> u64 {
        lock(&self.memory).evicted
    }
}

impl Drop for StoreWatch {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // A watcher that panicked has nothing more to say.
            let _ended = thread.join();
        }
    }
}

impl Memory {
    fn look(&mut self) -> rusqlite::Result<()> {
        let stored = self.reader.read(self.last)?;
        for (number, key, sealed) in stored.new {
            self.last = number;
            self.bytes += sealed.len();
            let (sealed, seen) = (sealed.into(), Instant::now());
            self.envelopes.push_back(SeenEnvelope { number, key, sealed, seen, held: true });
        }
        for envelope in &mut self.envelopes {
            envelope.held = stored.held.contains(&envelope.key);
        }
        while self.bytes > REMEMBERED_BYTES_MAX {
            let Some(oldest) = self.envelopes.pop_front() else { break };
            self.bytes -= oldest.sealed.len();
            self.evicted += 1;
        }
        Ok(())
    }
}

fn lock(memory: &Mutex<Memory>) -> MutexGuard<'_, Memory> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    #[test]
    fn an_envelope_that_comes_and_goes_between_two_looks_is_seen_and_one_that_is_put_back_once() {
        let folder = tempfile::tempdir().unwrap();
        let relay = Connection::open(folder.path().join("relay.db")).unwrap();
        relay
            .execute_batch(
                "CREATE TABLE device (number INTEGER PRIMARY KEY, id BLOB);
                 CREATE TABLE envelope (row INTEGER PRIMARY KEY, device INTEGER, sequence INTEGER, sealed BLOB);
                 INSERT INTO device VALUES (3, zeroblob(32));",
            )
            .unwrap();
        let watch = StoreWatch::start(folder.path()).unwrap();
        relay
            .execute_batch(
                "BEGIN; INSERT INTO envelope VALUES (1, 3, 7, x'01'); DELETE FROM envelope; COMMIT;
                 INSERT INTO envelope VALUES (1, 3, 8, x'02'); INSERT INTO envelope VALUES (2, 3, 9, x'03');
                 DELETE FROM envelope WHERE row = 2; INSERT INTO envelope VALUES (2, 3, 9, x'03');",
            )
            .unwrap();
        let seen = watch.envelopes().unwrap();
        let seen: Vec<_> =
            seen.iter().map(|one| (one.number, one.key.sequence, &*one.sealed, one.held)).collect();
        assert_eq!(seen, [(1, 7, &[1_u8][..], false), (2, 8, &[2][..], true), (3, 9, &[3][..], true)]);
        assert_eq!(watch.missed(), 0);
    }
}
