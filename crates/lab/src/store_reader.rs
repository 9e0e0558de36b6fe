//! Reads the relay's store from outside, as whoever has its disk would: the lab does not ask the relay what it holds.

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
    /// Those that came after the one that was asked for, in the order in which they came: number, name, bytes.
    pub(crate) new: Vec<(u64, EnvelopeKey, Vec<u8>)>,
}

/// A relay deletes what is acknowledged, which may be sooner than anybody looks. So the store itself is made to keep a
/// copy of each envelope, in the very transaction that stores it; one that a hostile relay puts back is the same one.
const KEEP_COPIES: &str = "
    BEGIN IMMEDIATE;
    CREATE TABLE IF NOT EXISTS lab_seen (
        number INTEGER PRIMARY KEY AUTOINCREMENT, device BLOB NOT NULL, sequence INTEGER NOT NULL, sealed BLOB NOT NULL,
        UNIQUE (device, sequence));
    CREATE TRIGGER IF NOT EXISTS lab_keep AFTER INSERT ON envelope BEGIN
        INSERT INTO lab_seen (device, sequence, sealed)
            SELECT id, NEW.sequence, NEW.sealed FROM device WHERE number = NEW.device ON CONFLICT DO NOTHING;
    END;
    COMMIT;";

/// An open store, for reading alone.
#[derive(Debug)]
pub(crate) struct StoreReader {
    database: Connection,
}

impl StoreReader {
    /// Opens the store of a relay that runs on `folder`, and lets it keep copies from now on.
    pub(crate) fn open(folder: &Path) -> rusqlite::Result<Self> {
        let file = folder.join(STORE_FILE);
        let open = |access| {
            let database = Connection::open_with_flags(&file, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
            database.busy_timeout(BUSY_TIMEOUT).map(|()| database)
        };
        open(OpenFlags::SQLITE_OPEN_READ_WRITE)?.execute_batch(KEEP_COPIES)?;
        Ok(Self { database: open(OpenFlags::SQLITE_OPEN_READ_ONLY)? })
    }

    /// Reads the store, and the bytes of each envelope that came after the one of this number.
    pub(crate) fn read(&self, after: u64) -> rusqlite::Result<Stored> {
        // One transaction, so that all of it is of one moment.
        let moment = self.database.unchecked_transaction()?;
        let key = |device, sequence: i64| EnvelopeKey {
            device: DeviceId(device),
            sequence: sequence.cast_unsigned(),
        };
        let held = moment
            .prepare_cached(
                "SELECT device.id, envelope.sequence FROM envelope JOIN device ON device.number = envelope.device",
            )?
            .query_map([], |columns| Ok(key(columns.get(0)?, columns.get(1)?)))?
            .collect::<Result<_, _>>()?;
        let new = moment
            .prepare_cached(
                "SELECT number, device, sequence, sealed FROM lab_seen WHERE number > ?1 ORDER BY number",
            )?
            .query_map([after.cast_signed()], |columns| {
                let number: i64 = columns.get(0)?;
                Ok((number.cast_unsigned(), key(columns.get(1)?, columns.get(2)?), columns.get(3)?))
            })?
            .collect::<Result<_, _>>()?;
        Ok(Stored { held, new })
    }
}
