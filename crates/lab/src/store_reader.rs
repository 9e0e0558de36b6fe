//! Reads the relay's store from outside, as whoever takes its disk would: the lab does not ask the relay what it
//! holds.

use std::{collections::BTreeSet, path::Path, time::Duration};

use airlock_wire::DeviceId;
use rusqlite::{Connection, OpenFlags};

/// The relay's database in its data folder.
const STORE_FILE: &str = "relay.db";

/// How long a read waits for the relay's own transaction: far longer than any commit takes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Names an envelope for good: a mailbox never uses a sequence twice. (The store does use its row numbers again.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EnvelopeKey {
    /// Whose mailbox.
    pub(crate) device: DeviceId,
    /// Its place in the mailbox.
    pub(crate) sequence: u64,
}

/// What the store holds at one moment.
pub(crate) struct Stored {
    /// Every envelope.
    pub(crate) held: BTreeSet<EnvelopeKey>,
    /// The bytes of those that were not known, in the order in which they came.
    pub(crate) new: Vec<(EnvelopeKey, Vec<u8>)>,
}

/// An open store, for reading alone.
#[derive(Debug)]
pub(crate) struct StoreReader {
    database: Connection,
}

impl StoreReader {
    /// Opens the store of a relay that runs or ran on `folder`.
    pub(crate) fn open(folder: &Path) -> rusqlite::Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let database = Connection::open_with_flags(folder.join(STORE_FILE), flags)?;
        database.busy_timeout(BUSY_TIMEOUT)?;
        Ok(Self { database })
    }

    /// Reads the store, and the bytes of each envelope for which `is_new` is true.
    pub(crate) fn read(&self, is_new: impl Fn(&EnvelopeKey) -> bool) -> rusqlite::Result<Stored> {
        // One transaction, so that all of it is of one moment.
        let moment = self.database.unchecked_transaction()?;
        let rows: Vec<(i64, EnvelopeKey)> = moment
            .prepare_cached(
                "SELECT envelope.row, device.id, envelope.sequence
                 FROM envelope JOIN device ON device.number = envelope.device ORDER BY envelope.row",
            )?
            .query_map([], |columns| {
                let sequence: i64 = columns.get(2)?;
                let key =
                    EnvelopeKey { device: DeviceId(columns.get(1)?), sequence: sequence.cast_unsigned() };
                Ok((columns.get(0)?, key))
            })?
            .collect::<Result<_, _>>()?;
        let mut new = Vec::new();
        let mut sealed = moment.prepare_cached("SELECT sealed FROM envelope WHERE row = ?1")?;
        for (row, key) in rows.iter().filter(|(_, key)| is_new(key)) {
            new.push((*key, sealed.query_row([row], |columns| columns.get(0))?));
        }
        Ok(Stored { held: rows.into_iter().map(|(_, key)| key).collect(), new })
    }
}
