//! Copies the write-ahead log into the database file, on a thread and a connection of its own.

use std::{
    sync::{Arc, mpsc::Receiver},
    time::Instant,
};

use rusqlite::Connection;

use super::{Shared, StoreError};
use crate::limits::{CHECKPOINT_BUSY, WAL_PAGES_MAX};

/// Works whenever woken, and once more, completely, when the writer has ended.
pub(super) fn run(connection: &Connection, woken: &Receiver<()>, shared: &Arc<Shared>) {
    // A checkpoint that had to give up says so in its answer, and is no error.
    if let Err(source) = connection.busy_timeout(CHECKPOINT_BUSY) {
        return shared.fail(StoreError::Write { source });
    }
    while woken.recv().is_ok() {
        let began = Instant::now();
        let checkpointed = checkpoint(connection, "PASSIVE").and_then(|pages| {
            // Under steady load a passive checkpoint never meets the log's end, and the log only grows.
            if pages > WAL_PAGES_MAX { checkpoint(connection, "TRUNCATE") } else { Ok(pages) }
        });
        if let Err(source) = checkpointed {
            return shared.fail(StoreError::Write { source });
        }
        shared.metrics.checkpoint_seconds.time(began.elapsed());
    }
    if let Err(source) = checkpoint(connection, "TRUNCATE") {
        shared.fail(StoreError::Write { source });
    }
}

/// The number of pages in the log.
fn checkpoint(connection: &Connection, kind: &str) -> rusqlite::Result<u32> {
    // -1 when there is no log.
    connection
        .query_row(&format!("PRAGMA wal_checkpoint({kind})"), (), |row| row.get::<_, i64>(1))
        .map(|pages| u32::try_from(pages).unwrap_or(0))
}
