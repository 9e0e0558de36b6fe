//! Sealed envelopes that wait for a relay's "accepted".

use airlock_protocol::MessageId;
use airlock_wire::{AccountId, DeliveryToken, DeviceId, Envelope, RelayAddress, SubmitId};
use rusqlite::{Connection, params};

use super::{VaultError, attachments::MESSAGE_WAITS, fixed, int, uint};

/// What waits for an envelope's fate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A message on the sender's screen.
    Message(MessageId),
    /// A report.
    Report(u64),
    /// Nothing: a receipt, a return address.
    Nothing,
}

/// One envelope on its way.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) number: u64,
    pub(crate) submit: SubmitId,
    pub(crate) account: AccountId,
    pub(crate) token: DeliveryToken,
    pub(crate) envelope: Envelope,
    pub(crate) subject: Subject,
}

pub(crate) fn put(
    db: &Connection,
    submit: SubmitId,
    account: &AccountId,
    envelope: &Envelope,
    subject: Subject,
) -> Result<(), VaultError> {
    let (message, report) = match &subject {
        Subject::Message(id) => (Some(id.0.as_slice()), None),
        Subject::Report(number) => (None, Some(int(*number))),
        Subject::Nothing => (None, None),
    };
    db.prepare_cached(
        "INSERT INTO outbox (submit, account, device, sealed, message, report) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        submit.0.as_slice(),
        account.0.as_slice(),
        envelope.device.0.as_slice(),
        envelope.sealed,
        message,
        report
    ])?;
    Ok(())
}

/// The relays for which something waits that can go now: a message goes after its file.
pub(crate) fn relays(db: &Connection) -> Result<Vec<RelayAddress>, VaultError> {
    let mut query = db.prepare_cached(&format!(
        "SELECT DISTINCT relay FROM contact
         WHERE account IN (SELECT account FROM outbox WHERE NOT {MESSAGE_WAITS})"
    ))?;
    let texts: Vec<String> = query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let malformed =
        |_| VaultError::Malformed { what: "relay address", cause: airlock_wire::CodecError::Malformed };
    texts.iter().map(|text| text.parse().map_err(malformed)).collect()
}

/// The oldest envelopes for one relay after a number, in the order in which they were sealed, without those whose
/// file is still to be uploaded.
pub(crate) fn next(
    db: &Connection,
    relay: &RelayAddress,
    after: u64,
    limit: usize,
) -> Result<Vec<Outgoing>, VaultError> {
    type Columns = (i64, Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>, Option<Vec<u8>>, Option<i64>);
    let mut query = db.prepare_cached(&format!(
        "SELECT number, submit, outbox.account, token, device, sealed, message, report
         FROM outbox JOIN contact USING (account)
         WHERE relay = ?1 AND number > ?2 AND NOT {MESSAGE_WAITS} ORDER BY number LIMIT ?3"
    ))?;
    let rows: Vec<Columns> = query
        .query_map(params![relay.to_string(), int(after), int(limit as u64)], |row| {
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
        })?
        .collect::<Result<_, _>>()?;
    rows.into_iter()
        .map(|(number, submit, account, token, device, sealed, message, report)| {
            let subject = match (message, report) {
                (Some(id), _) => Subject::Message(MessageId(fixed("message id", &id)?)),
                (None, Some(number)) => Subject::Report(uint(number)),
                (None, None) => Subject::Nothing,
            };
            Ok(Outgoing {
                number: uint(number),
                submit: SubmitId(fixed("submit id", &submit)?),
                account: AccountId(fixed("account id", &account)?),
                token: DeliveryToken(fixed("delivery token", &token)?),
                envelope: Envelope { device: DeviceId(fixed("device id", &device)?), sealed },
                subject,
            })
        })
        .collect()
}

pub(crate) fn delete(db: &Connection, number: u64) -> Result<(), VaultError> {
    db.prepare_cached("DELETE FROM outbox WHERE number = ?1")?.execute([int(number)])?;
    Ok(())
}

/// Takes back the envelopes of a message that can't be delivered.
pub(crate) fn delete_message(db: &Connection, message: &MessageId) -> Result<(), VaultError> {
    db.prepare_cached("DELETE FROM outbox WHERE message = ?1")?.execute([message.0.as_slice()])?;
    Ok(())
}

/// Whether any envelope of a message still waits.
pub(crate) fn waits(db: &Connection, message: &MessageId) -> Result<bool, VaultError> {
    Ok(db.prepare_cached("SELECT 1 FROM outbox WHERE message = ?1")?.exists([message.0.as_slice()])?)
}

pub(crate) fn len(db: &Connection) -> Result<usize, VaultError> {
    let count: i64 = db.prepare_cached("SELECT count(*) FROM outbox")?.query_row([], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}
