//! Watches the relay's store and remembers each envelope it sees, because a relay deletes what is acknowledged.

use std::{
    collections::{BTreeMap, VecDeque},
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{RecvTimeoutError, Sender, channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use airlock_wire::DeviceId;

use crate::store_reader::{EnvelopeKey, StoreReader};

/// How often the store is read. An envelope lives in it for at least two commits and a round trip, which is about
/// as long; one that was missed shows in [`StoreWatch::missed`].
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Most bytes of envelopes that are remembered: thousands of short messages. Beyond it the oldest go.
const REMEMBERED_BYTES_MAX: usize = 16 * 1024 * 1024;

/// An envelope that was in the store.
#[derive(Clone, Debug)]
pub(crate) struct SeenEnvelope {
    /// Counts the envelopes that were seen, from 1.
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
    /// The highest sequence seen of each device.
    last: BTreeMap<DeviceId, u64>,
    seen_total: u64,
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
            last: BTreeMap::new(),
            seen_total: 0,
            evicted: 0,
        };
        let memory = Arc::new(Mutex::new(memory));
        let (stop, stopped) = channel::<()>();
        let watched = Arc::clone(&memory);
        let thread = thread::spawn(move || {
            while stopped.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
                // What a look that failed did not see, the next one sees, or it counts as missed.
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

    /// How many envelopes were stored and can't be shown: gone again between two looks (a mailbox counts without gaps),
    /// or no longer remembered.
    pub(crate) fn missed(&self) -> u64 {
        let memory = lock(&self.memory);
        memory.last.values().sum::<u64>().saturating_sub(memory.seen_total) + memory.evicted
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
        let last = &self.last;
        let stored = self.reader.read(|key| last.get(&key.device).is_none_or(|last| key.sequence > *last))?;
        for (key, sealed) in stored.new {
            self.last.insert(key.device, key.sequence);
            self.seen_total += 1;
            self.bytes += sealed.len();
            self.envelopes.push_back(SeenEnvelope {
                number: self.seen_total,
                key,
                sealed: sealed.into(),
                seen: Instant::now(),
                held: true,
            });
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
