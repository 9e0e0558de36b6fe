//! The files that belong to messages: what they are, where their ciphertext is, and how far it has come.

use airlock_protocol::{Attachment, MessageId, attachment::Pointer};
use airlock_wire::{AccountId, Blob, BlobId, RelayAddress, encode};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use zeroize::Zeroizing;

use super::{VaultError, fixed, messages::Direction, stored};

/// How far a file has come. Each direction has its own states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FileState {
    /// Ours: encrypted here, not yet whole at the recipient's relay. The message waits for it.
    Uploading,
    /// Ours: the relay has it on disk.
    Uploaded,
    /// Ours: the relay refuses it for good. The encrypted copy stays, so that it can be sent again.
    Refused,
    /// Theirs: announced, and at our relay.
    Offered,
    /// Theirs: whole and authentic, encrypted in this home.
    Fetched,
    /// Theirs: it can no longer be had.
    Gone,
}

impl FileState {
    const ALL: [Self; 6] =
        [Self::Uploading, Self::Uploaded, Self::Refused, Self::Offered, Self::Fetched, Self::Gone];

    /// As in the vault and in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Uploading => "uploading",
            Self::Uploaded => "uploaded",
            Self::Refused => "refused",
            Self::Offered => "offered",
            Self::Fetched => "fetched",
            Self::Gone => "gone",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// Which file: that of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileKey {
    pub(crate) account: AccountId,
    pub(crate) direction: Direction,
    pub(crate) message: MessageId,
}

/// A file with what only this device knows of it.
#[derive(Clone, Debug)]
pub(crate) struct StoredFile {
    pub(crate) key: FileKey,
    pub(crate) attachment: Attachment,
    /// Opens the ciphertext.
    pub(crate) pointer: Pointer,
    /// The ciphertext's name, here and at the relay.
    pub(crate) blob: BlobId,
    /// What the relay is told of the ciphertext, of a file of ours.
    pub(crate) upload: Option<Blob>,
    pub(crate) state: FileState,
}

const COLUMNS: &str = "attachment.account, attachment.incoming, attachment.message, attachment, pointer, blob, \
                       upload, state";

type Columns = (Vec<u8>, bool, Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>, Option<Vec<u8>>, String);

fn columns(row: &Row<'_>) -> rusqlite::Result<Columns> {
    Ok((
        row.get(0)?,
        row.get(1)?,
        row.get(2)?,
        row.get(3)?,
        row.get(4)?,
        row.get(5)?,
        row.get(6)?,
        row.get(7)?,
    ))
}

fn stored_file(columns: Columns) -> Result<StoredFile, VaultError> {
    let (account, incoming, message, attachment, pointer, blob, upload, state) = columns;
    let pointer = Zeroizing::new(pointer);
    let malformed = VaultError::Malformed { what: "file state", cause: airlock_wire::CodecError::Malformed };
    Ok(StoredFile {
        key: FileKey {
            account: AccountId(fixed("account id", &account)?),
            direction: if incoming { Direction::In } else { Direction::Out },
            message: MessageId(fixed("message id", &message)?),
        },
        attachment: stored("attachment", &attachment)?,
        pointer: stored("attachment's pointer", &pointer)?,
        blob: BlobId(fixed("blob id", &blob)?),
        upload: upload.map(|bytes| stored("attachment's upload", &bytes)).transpose()?,
        state: FileState::from_name(&state).ok_or(malformed)?,
    })
}

/// Stores the file of a message that is stored in the same transaction.
pub(crate) fn put(db: &Connection, file: &StoredFile) -> Result<(), VaultError> {
    let StoredFile { key, attachment, pointer, blob, upload, state } = file;
    let pointer = Zeroizing::new(encode(pointer));
    db.prepare_cached(
        "INSERT INTO attachment (account, incoming, message, attachment, pointer, blob, upload, state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (account, incoming, message) DO NOTHING",
    )?
    .execute(params![
        key.account.0.as_slice(),
        key.direction == Direction::In,
        key.message.0.as_slice(),
        encode(attachment),
        pointer.as_slice(),
        blob.0.as_slice(),
        upload.as_ref().map(encode),
        state.name()
    ])?;
    Ok(())
}

/// The file of one message.
pub(crate) fn get(db: &Connection, key: &FileKey) -> Result<Option<StoredFile>, VaultError> {
    let mut query = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM attachment WHERE account = ?1 AND incoming = ?2 AND message = ?3"
    ))?;
    let parameters =
        params![key.account.0.as_slice(), key.direction == Direction::In, key.message.0.as_slice()];
    query.query_row(parameters, columns).optional()?.map(stored_file).transpose()
}

pub(crate) fn set_state(db: &Connection, key: &FileKey, state: FileState) -> Result<(), VaultError> {
    db.prepare_cached(
        "UPDATE attachment SET state = ?4 WHERE account = ?1 AND incoming = ?2 AND message = ?3",
    )?
    .execute(params![
        key.account.0.as_slice(),
        key.direction == Direction::In,
        key.message.0.as_slice(),
        state.name()
    ])?;
    Ok(())
}

pub(crate) fn delete_outgoing(db: &Connection, message: &MessageId) -> Result<(), VaultError> {
    db.prepare_cached("DELETE FROM attachment WHERE message = ?1 AND incoming = 0")?
        .execute([message.0.as_slice()])?;
    Ok(())
}

/// The relays to which files have to go.
pub(crate) fn relays(db: &Connection) -> Result<Vec<RelayAddress>, VaultError> {
    let mut query = db.prepare_cached(
        "SELECT DISTINCT relay FROM contact
         WHERE account IN (SELECT account FROM attachment WHERE incoming = 0 AND state = 'uploading')",
    )?;
    let texts: Vec<String> = query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let malformed =
        |_| VaultError::Malformed { what: "relay address", cause: airlock_wire::CodecError::Malformed };
    texts.iter().map(|text| text.parse().map_err(malformed)).collect()
}

/// Our files that one relay does not have yet, in the order in which their messages were written.
pub(crate) fn to_upload(db: &Connection, relay: &RelayAddress) -> Result<Vec<StoredFile>, VaultError> {
    let mut query = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM attachment JOIN contact USING (account)
              JOIN message ON message.id = attachment.message AND message.account = attachment.account
                          AND message.incoming = 0
         WHERE attachment.incoming = 0 AND state = 'uploading' AND relay = ?1 ORDER BY message.number"
    ))?;
    let rows: Vec<Columns> = query.query_map([relay.to_string()], columns)?.collect::<Result<_, _>>()?;
    rows.into_iter().map(stored_file).collect()
}

/// The files in these states.
pub(crate) fn in_states(db: &Connection, states: &[FileState]) -> Result<Vec<StoredFile>, VaultError> {
    let mut query = db.prepare_cached(&format!("SELECT {COLUMNS} FROM attachment WHERE state = ?1"))?;
    let mut files = Vec::new();
    for state in states {
        let rows: Vec<Columns> = query.query_map([state.name()], columns)?.collect::<Result<_, _>>()?;
        for row in rows {
            files.push(stored_file(row)?);
        }
    }
    Ok(files)
}

/// The blobs whose ciphertext, or a part of it, this home has to keep: what is not whole at its relay yet, what may
/// have to be sent again, and what can be saved.
pub(crate) fn kept_blobs(db: &Connection) -> Result<Vec<[u8; 32]>, VaultError> {
    let mut query = db.prepare_cached(
        "SELECT blob FROM attachment WHERE state IN ('uploading', 'refused', 'offered', 'fetched')
             OR state = 'uploaded' AND EXISTS (SELECT 1 FROM message WHERE message.id = attachment.message
                    AND message.incoming = 0 AND message.delivery IN ('queued', 'failed'))",
    )?;
    let rows: Vec<Vec<u8>> = query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    rows.iter().map(|blob| fixed("blob id", blob)).collect()
}

/// Whether the message still waits for its file to be uploaded.
pub(crate) const MESSAGE_WAITS: &str = "EXISTS (SELECT 1 FROM attachment WHERE attachment.message = outbox.message \
     AND attachment.account = outbox.account AND attachment.incoming = 0 AND attachment.state = 'uploading')";
