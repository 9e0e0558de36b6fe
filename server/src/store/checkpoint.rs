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

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use crate::{
        blobs::BlobFiles,
        config::Config,
        limits::DATABASE_BUSY,
        store::{
            load,
            schema::{self, Open, STORE_FILE},
        },
    };

    use super::*;

    #[test]
    fn a_reader_of_an_older_state_keeps_the_log_and_neither_ends_the_store_nor_holds_its_writer_up() {
        let dir = tempfile::tempdir().unwrap();
        let store = dir.path().into();
        let writer = schema::open(&store, Open::OrCreate).unwrap();
        let files = BlobFiles::in_dir(dir.path()).unwrap();
        let channels = (mpsc::sync_channel(1).0, mpsc::sync_channel(1).0);
        let connection = schema::open(&store, Open::Existing).unwrap();
        let (shared, _) =
            load::load(connection, &Config::loopback(dir.path()), Arc::default(), &files, channels).unwrap();

        // As `check` and `backup` do.
        let mut reader = schema::open(&store, Open::ReadOnly).unwrap();
        let snapshot = reader.transaction().unwrap();
        let count = |connection: &Connection| {
            connection.query_row("SELECT count(*) FROM invite", (), |row| row.get(0))
        };
        assert_eq!(count(&snapshot), Ok(0));
        writer.execute("INSERT INTO invite (hash, expires) VALUES (x'01', 1)", ()).unwrap();

        let checkpoints = schema::open(&store, Open::Existing).unwrap();
        let (wake, woken) = mpsc::sync_channel(1);
        wake.send(()).unwrap();
        drop(wake);
        run(&checkpoints, &woken, &shared);
        assert!(!shared.has_failed());
        let waits: i64 = checkpoints.query_row("PRAGMA busy_timeout", (), |row| row.get(0)).unwrap();
        assert!(
            u128::from(waits.unsigned_abs()) * 10 < DATABASE_BUSY.as_millis(),
            "a writer waits {waits} ms for it"
        );

        // The log was not cut back under the reader, and is once it has gone.
        let log = dir.path().join(format!("{STORE_FILE}-wal"));
        assert_ne!(std::fs::metadata(&log).unwrap().len(), 0);
        assert_eq!(count(&snapshot), Ok(0));
        drop(snapshot);
        run(&checkpoints, &woken, &shared);
        assert_eq!(std::fs::metadata(&log).unwrap().len(), 0);
        assert_eq!(count(&writer), Ok(1));
    }
}
