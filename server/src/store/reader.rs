//! Threads that read envelopes for pushing, each on a connection of its own, so that no read waits for a commit.

use std::sync::{Arc, mpsc::Receiver};

use airlock_wire::{Push, Sequence};
use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::oneshot;

use super::{
    Shared, StoreError,
    mailbox_index::{DeviceNumber, Entry},
    prekeys,
};

/// A question to a reader.
pub(super) enum Read {
    /// The envelopes of these entries that are still there.
    Envelopes { device: DeviceNumber, entries: Vec<Entry>, answer: oneshot::Sender<Vec<Push>> },
    /// One-time prekeys left: X25519, ML-KEM-768.
    PrekeysLeft { device: DeviceNumber, answer: oneshot::Sender<(u32, u32)> },
}

/// Answers until nobody can ask any more. Whoever asks for what can't be read gets no answer.
pub(super) fn run(connection: &Connection, questions: &Receiver<Read>, shared: &Arc<Shared>) {
    while let Ok(question) = questions.recv() {
        // An answer that nobody waits for any more is dropped: its connection has gone.
        let read = match question {
            Read::Envelopes { device, entries, answer } => {
                envelopes(connection, device, &entries).map(|found| {
                    answer.send(found).ok();
                })
            }
            Read::PrekeysLeft { device, answer } => prekeys::count(connection, device).map(|left| {
                answer.send(left).ok();
            }),
        };
        if let Err(source) = read {
            shared.fail(StoreError::Read { source });
        }
    }
}

fn envelopes(
    connection: &Connection,
    device: DeviceNumber,
    entries: &[Entry],
) -> rusqlite::Result<Vec<Push>> {
    // A row number may serve again after a deletion, so the row must also be the one that the entry means.
    let mut select = connection
        .prepare_cached("SELECT sealed FROM envelope WHERE row = ?1 AND device = ?2 AND sequence = ?3")?;
    let mut found = Vec::with_capacity(entries.len());
    for entry in entries {
        let wanted = params![entry.row, device.0, entry.sequence.cast_signed()];
        if let Some(sealed) = select.query_row(wanted, |row| row.get(0)).optional()? {
            found.push(Push { sequence: Sequence(entry.sequence), sealed });
        }
    }
    Ok(found)
}
