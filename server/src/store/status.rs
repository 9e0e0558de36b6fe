//! What the store holds, in figures, read from the file: works beside a running relay.

use std::{fs, path::Path};

use serde::{Deserialize, Serialize};

use super::{
    StoreError,
    schema::{self, Open},
};
use crate::data_dir::DataDir;

/// What a relay holds. It has no ids: an operator's screen and logs need none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Registered accounts.
    pub accounts: u64,
    /// Devices on their lists.
    pub devices: u64,
    /// Mailboxes with at least one envelope.
    pub mailboxes_waiting: u64,
    /// Envelopes in all mailboxes.
    pub envelopes: u64,
    /// Their sizes together, in bytes.
    pub envelope_bytes: u64,
    /// One-time X25519 prekeys left.
    pub curve_prekeys: u64,
    /// One-time ML-KEM-768 prekeys left.
    pub kem_prekeys: u64,
    /// Invites that can still be used.
    pub invites_open: u64,
    /// Attachments that are stored.
    pub blobs: u64,
    /// Attachments that are announced and not whole yet.
    pub uploads: u64,
    /// Bytes of both, as announced.
    pub blob_bytes: u64,
    /// Bytes of the store on disk, with its log and without attachments.
    pub disk_bytes: u64,
}

impl Status {
    /// Reads the figures of the store, with `now` in Unix seconds.
    pub(crate) fn read(data_dir: &DataDir, now: u64) -> Result<Self, StoreError> {
        let connection = schema::open(data_dir, Open::ReadOnly)?;
        let status = connection
            .query_row(
                "SELECT (SELECT count(*) FROM account), (SELECT count(*) FROM device),
                    (SELECT count(DISTINCT device) FROM envelope), (SELECT count(*) FROM envelope),
                    (SELECT coalesce(sum(length(sealed)), 0) FROM envelope),
                    (SELECT count(*) FROM one_time_curve), (SELECT count(*) FROM one_time_kem),
                    (SELECT count(*) FROM invite WHERE expires > ?1
                        AND hash NOT IN (SELECT hash FROM invite_use)),
                    (SELECT count(*) FROM blob WHERE stored = 1), (SELECT count(*) FROM blob WHERE stored = 0),
                    (SELECT coalesce(sum(bytes), 0) FROM blob)",
                [now.cast_signed()],
                |row| {
                    let figure = |column| row.get::<_, i64>(column).map(i64::cast_unsigned);
                    Ok(Self {
                        accounts: figure(0)?,
                        devices: figure(1)?,
                        mailboxes_waiting: figure(2)?,
                        envelopes: figure(3)?,
                        envelope_bytes: figure(4)?,
                        curve_prekeys: figure(5)?,
                        kem_prekeys: figure(6)?,
                        invites_open: figure(7)?,
                        blobs: figure(8)?,
                        uploads: figure(9)?,
                        blob_bytes: figure(10)?,
                        disk_bytes: 0,
                    })
                },
            )
            .map_err(|source| StoreError::Read { source })?;
        Ok(Self { disk_bytes: disk_bytes(&data_dir.store()), ..status })
    }
}

/// The log and its index are there only while someone has the store open.
pub(crate) fn disk_bytes(path: &Path) -> u64 {
    ["", "-wal", "-shm"]
        .iter()
        .filter_map(|end| {
            let mut file = path.as_os_str().to_owned();
            file.push(end);
            fs::metadata(file).ok()
        })
        .map(|metadata| metadata.len())
        .sum()
}
