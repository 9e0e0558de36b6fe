//! Conversations.

use airlock_protocol::{Attachment, MessageId, gate::Effect};
use airlock_wire::AccountId;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use super::{
    VaultError,
    attachments::{self, FileKey, FileState},
    fixed, int, uint,
};

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The contact.
    In,
    /// We.
    Out,
}

/// How far a message has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "state", content = "why")]
pub enum Delivery {
    /// Ours: sealed and safe here, not yet accepted by the relay.
    Queued,
    /// Ours: the relay has it on disk.
    Sent,
    /// Ours: the recipient's device has opened and stored it.
    Delivered,
    /// Ours: the relay refuses it for good; the reason is for people.
    Failed(String),
    /// Theirs.
    Received,
    /// No message: their device began a new session in place of one that had been used.
    Renewed,
}

impl Delivery {
    fn name(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Failed(_) => "failed",
            Self::Received => "received",
            Self::Renewed => "renewed",
        }
    }

    fn from_columns(name: &str, failure: Option<String>) -> Option<Self> {
        Some(match name {
            "queued" => Self::Queued,
            "sent" => Self::Sent,
            "delivered" => Self::Delivered,
            "failed" => Self::Failed(failure.unwrap_or_default()),
            "received" => Self::Received,
            "renewed" => Self::Renewed,
            _ => return None,
        })
    }
}

/// A message in a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Names it on both sides.
    pub id: MessageId,
    /// The contact of the conversation.
    pub account: AccountId,
    /// Who wrote it.
    pub direction: Direction,
    /// What was sent; with a file, its caption.
    pub text: String,
    /// What was written, when the sender accepted a rewrite of it.
    pub original: Option<String>,
    /// When it was sent, by its sender's clock, in ms since 1970.
    pub at_ms: u64,
    /// How far it has come.
    pub delivery: Delivery,
    /// What our gate did with it; None when the gate was off, or the message is theirs.
    pub effect: Option<String>,
    /// The file that came or goes with it.
    pub file: Option<MessageFile>,
}

impl Message {
    /// Where its file is in the vault, if it has one.
    pub(crate) fn file_key(&self) -> FileKey {
        FileKey { account: self.account, direction: self.direction, message: self.id }
    }
}

/// The file of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MessageFile {
    /// What it is, as its sender says. The name is not safe to show or to make a file of: see [`crate::safe_name`].
    #[serde(flatten)]
    pub attachment: Attachment,
    /// How far it has come.
    pub state: FileState,
}

const COLUMNS: &str = "id, account, incoming, text, original, at_ms, delivery, failure, effect";

type Columns = (Vec<u8>, Vec<u8>, bool, String, Option<String>, i64, String, Option<String>, Option<String>);

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
        row.get(8)?,
    ))
}

/// With its file, which is stored apart.
fn message(db: &Connection, columns: Columns) -> Result<Message, VaultError> {
    let (id, account, incoming, text, original, at_ms, delivery, failure, effect) = columns;
    let malformed =
        VaultError::Malformed { what: "delivery state", cause: airlock_wire::CodecError::Malformed };
    let id = MessageId(fixed("message id", &id)?);
    let account = AccountId(fixed("account id", &account)?);
    let direction = if incoming { Direction::In } else { Direction::Out };
    let file = attachments::get(db, &FileKey { account, direction, message: id })?;
    Ok(Message {
        id,
        account,
        direction,
        text,
        original,
        at_ms: uint(at_ms),
        delivery: Delivery::from_columns(&delivery, failure).ok_or(malformed)?,
        effect,
        file: file.map(|file| MessageFile { attachment: file.attachment, state: file.state }),
    })
}

/// Stores a message without its file; false when it is there already.
pub(crate) fn put(db: &Connection, message: &Message) -> Result<bool, VaultError> {
    let incoming = message.direction == Direction::In;
    let changed = db
        .prepare_cached(
            "INSERT INTO message (id, account, incoming, text, original, at_ms, delivery, effect, unread, untaken)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?3, ?3) ON CONFLICT (account, incoming, id) DO NOTHING",
        )?
        .execute(params![
            message.id.0.as_slice(),
            message.account.0.as_slice(),
            incoming,
            message.text,
            message.original,
            int(message.at_ms),
            message.delivery.name(),
            message.effect
        ])?;
    Ok(changed > 0)
}

/// The effect's name, as stored and shown.
pub(crate) fn effect_name(effect: Effect) -> &'static str {
    match effect {
        Effect::Pass => "pass",
        Effect::AskRewrite => "rewrite",
        Effect::AskWarn => "warn",
        Effect::AskFailure => "failure",
        Effect::Block => "block",
        Effect::Hold => "hold",
        Effect::Report => "report",
    }
}

/// Moves one of our messages on. It never moves back: a receipt may overtake the relay's answer.
pub(crate) fn set_delivery(db: &Connection, id: &MessageId, delivery: &Delivery) -> Result<bool, VaultError> {
    let failure = if let Delivery::Failed(why) = delivery { Some(why) } else { None };
    let from = match delivery {
        Delivery::Sent => "('queued')",
        Delivery::Delivered => "('queued', 'sent')",
        _ => "('queued', 'sent', 'failed')",
    };
    let sql = format!(
        "UPDATE message SET delivery = ?2, failure = ?3 WHERE id = ?1 AND incoming = 0 AND delivery IN {from}"
    );
    let changed = db.prepare_cached(&sql)?.execute(params![id.0.as_slice(), delivery.name(), failure])?;
    Ok(changed > 0)
}

/// One of our messages to `account` was opened at the other end.
pub(crate) fn confirm(db: &Connection, account: &AccountId, id: &MessageId) -> Result<bool, VaultError> {
    let ours = db
        .prepare_cached("SELECT 1 FROM message WHERE id = ?1 AND account = ?2 AND incoming = 0")?
        .exists(params![id.0.as_slice(), account.0.as_slice()])?;
    if ours { set_delivery(db, id, &Delivery::Delivered) } else { Ok(false) }
}

/// A message of either side by its id.
pub(crate) fn get(db: &Connection, id: &MessageId) -> Result<Option<Message>, VaultError> {
    let mut query = db.prepare_cached(&format!("SELECT {COLUMNS} FROM message WHERE id = ?1"))?;
    query.query_row([id.0.as_slice()], columns).optional()?.map(|row| message(db, row)).transpose()
}

pub(crate) fn delete_outgoing(db: &Connection, id: &MessageId) -> Result<(), VaultError> {
    db.prepare_cached("DELETE FROM message WHERE id = ?1 AND incoming = 0")?.execute([id.0.as_slice()])?;
    Ok(())
}

/// The newest messages of a conversation, oldest first.
pub(crate) fn newest(db: &Connection, account: &AccountId, limit: usize) -> Result<Vec<Message>, VaultError> {
    let mut query = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM (SELECT * FROM message WHERE account = ?1 ORDER BY number DESC LIMIT ?2)
         ORDER BY number"
    ))?;
    let rows: Vec<Columns> = query
        .query_map(params![account.0.as_slice(), int(limit as u64)], columns)?
        .collect::<Result<_, _>>()?;
    rows.into_iter().map(|row| message(db, row)).collect()
}

/// Incoming messages that `take` has not given out yet, oldest first; they count as given out from now on.
pub(crate) fn take(db: &Connection) -> Result<Vec<Message>, VaultError> {
    let mut query =
        db.prepare_cached(&format!("SELECT {COLUMNS} FROM message WHERE untaken = 1 ORDER BY number"))?;
    let rows: Vec<Columns> = query.query_map([], columns)?.collect::<Result<_, _>>()?;
    db.prepare_cached("UPDATE message SET untaken = 0, unread = 0 WHERE untaken = 1")?.execute([])?;
    rows.into_iter().map(|row| message(db, row)).collect()
}

pub(crate) fn mark_read(db: &Connection, account: &AccountId) -> Result<(), VaultError> {
    db.prepare_cached("UPDATE message SET unread = 0, untaken = 0 WHERE account = ?1 AND unread = 1")?
        .execute([account.0.as_slice()])?;
    Ok(())
}

/// Notes that a receipt is owed.
pub(crate) fn owe_receipt(db: &Connection, account: &AccountId, id: &MessageId) -> Result<(), VaultError> {
    db.prepare_cached("INSERT OR IGNORE INTO receipt (account, message) VALUES (?1, ?2)")?
        .execute(params![account.0.as_slice(), id.0.as_slice()])?;
    Ok(())
}

/// The receipts owed to one account, at most `limit`; they count as given from now on.
pub(crate) fn take_receipts(
    db: &Connection,
    limit: usize,
) -> Result<Option<(AccountId, Vec<MessageId>)>, VaultError> {
    let account: Option<Vec<u8>> = db
        .prepare_cached("SELECT account FROM receipt LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    let Some(account) = account else { return Ok(None) };
    let mut query = db.prepare_cached("SELECT message FROM receipt WHERE account = ?1 LIMIT ?2")?;
    let rows: Vec<Vec<u8>> =
        query.query_map(params![account, int(limit as u64)], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for message in &rows {
        db.prepare_cached("DELETE FROM receipt WHERE account = ?1 AND message = ?2")?
            .execute(params![account, message])?;
    }
    let ids: Result<Vec<MessageId>, VaultError> =
        rows.iter().map(|id| Ok(MessageId(fixed("message id", id)?))).collect();
    Ok(Some((AccountId(fixed("account id", &account)?), ids?)))
}

/// Messages with a file whose id begins with these hexadecimal digits, newest first.
pub(crate) fn with_file(db: &Connection, prefix: &str, limit: usize) -> Result<Vec<Message>, VaultError> {
    let mut query = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM message WHERE substr(lower(hex(id)), 1, length(?1)) = ?1
             AND EXISTS (SELECT 1 FROM attachment WHERE attachment.message = message.id
                         AND attachment.account = message.account AND attachment.incoming = message.incoming)
         ORDER BY number DESC LIMIT ?2"
    ))?;
    let rows: Vec<Columns> =
        query.query_map(params![prefix, int(limit as u64)], columns)?.collect::<Result<_, _>>()?;
    rows.into_iter().map(|row| message(db, row)).collect()
}
