//! Sessions at rest.

use airlock_protocol::{Peer, Session, SessionId, session::SESSIONS_PER_DEVICE_MAX};
use airlock_wire::DeviceId;
use rusqlite::{Connection, OptionalExtension, params};
use zeroize::Zeroizing;

use super::{VaultError, int};

/// Stores a session. `heard_ms` is when it last opened a message; None leaves that as it is.
pub(crate) fn put(db: &Connection, session: &Session, heard_ms: Option<u64>) -> Result<(), VaultError> {
    let Peer { account, device } = session.peer();
    db.prepare_cached(
        "INSERT INTO session (id, account, device, created_ms, heard_ms, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (id) DO UPDATE SET state = ?6, heard_ms = max(heard_ms, ?5)",
    )?
    .execute(params![
        session.id().0.as_slice(),
        account.0.as_slice(),
        device.0.as_slice(),
        int(session.created_ms()),
        int(heard_ms.unwrap_or(0)),
        session.save().as_slice()
    ])?;
    Ok(())
}

/// Forgets all but the sessions of a device that were heard on last, or are newest.
pub(crate) fn trim(db: &Connection, device: &DeviceId) -> Result<(), VaultError> {
    db.prepare_cached(
        "DELETE FROM session WHERE device = ?1 AND id NOT IN (SELECT id FROM session WHERE device = ?1
         ORDER BY max(heard_ms, created_ms) DESC LIMIT ?2)",
    )?
    .execute(params![device.0.as_slice(), int(SESSIONS_PER_DEVICE_MAX as u64)])?;
    Ok(())
}

pub(crate) fn get(db: &Connection, id: &SessionId) -> Result<Option<Session>, VaultError> {
    let mut query = db.prepare_cached("SELECT state FROM session WHERE id = ?1")?;
    query.query_row([id.0.as_slice()], |row| row.get(0)).optional()?.map(restore).transpose()
}

/// The session to send on: of those with a post-quantum ratchet the one heard on last, else the newest. Others were saved
/// by an earlier version, and only open what still comes for them.
pub(crate) fn for_sending(db: &Connection, device: &DeviceId) -> Result<Option<Session>, VaultError> {
    let mut query = db
        .prepare_cached("SELECT state FROM session WHERE device = ?1 ORDER BY heard_ms DESC, created_ms DESC")?;
    let mut rows = query.query([device.0.as_slice()])?;
    while let Some(row) = rows.next()? {
        let session = restore(row.get(0)?)?;
        if session.is_post_quantum() {
            return Ok(Some(session));
        }
    }
    Ok(None)
}

/// Whether anything was ever heard from a device, on a session that is kept.
pub(crate) fn heard(db: &Connection, device: &DeviceId) -> Result<bool, VaultError> {
    let mut query =
        db.prepare_cached("SELECT EXISTS (SELECT 1 FROM session WHERE device = ?1 AND heard_ms > 0)")?;
    Ok(query.query_row([device.0.as_slice()], |row| row.get(0))?)
}

fn restore(state: Vec<u8>) -> Result<Session, VaultError> {
    let malformed = |_| VaultError::Malformed { what: "session", cause: airlock_wire::CodecError::Malformed };
    Session::restore(&Zeroizing::new(state)).map_err(malformed)
}
