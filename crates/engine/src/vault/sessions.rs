//! Sessions at rest.

use airlock_protocol::{Peer, Session, SessionId, session::SESSIONS_PER_DEVICE_MAX};
use airlock_wire::{AccountId, DeviceId};
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

/// Forgets all but the sessions of a device that were heard on last, or are newest. Their ids are kept.
pub(crate) fn trim(db: &Connection, device: &DeviceId, now_ms: u64) -> Result<(), VaultError> {
    let mut delete = db.prepare_cached(
        "DELETE FROM session WHERE device = ?1 AND id NOT IN (SELECT id FROM session WHERE device = ?1
         ORDER BY max(heard_ms, created_ms) DESC LIMIT ?2) RETURNING id",
    )?;
    let forgotten: Vec<Vec<u8>> = delete
        .query_map(params![device.0.as_slice(), int(SESSIONS_PER_DEVICE_MAX as u64)], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for id in forgotten {
        db.prepare_cached("INSERT OR REPLACE INTO forgotten_session (id, forgotten_ms) VALUES (?1, ?2)")?
            .execute(params![id, int(now_ms)])?;
    }
    Ok(())
}

/// Whether a session was here and was forgotten. Its first message must not start it again: under a key of last resort it
/// could, as often as somebody repeats it.
pub(crate) fn is_forgotten(db: &Connection, id: &SessionId) -> Result<bool, VaultError> {
    Ok(db.prepare_cached("SELECT 1 FROM forgotten_session WHERE id = ?1")?.exists([id.0.as_slice()])?)
}

/// Drops the ids of sessions that were forgotten before `before_ms`. Once the prekeys are gone that were there then,
/// nothing can start these again.
pub(crate) fn drop_forgotten(db: &Connection, before_ms: u64) -> Result<(), VaultError> {
    db.prepare_cached("DELETE FROM forgotten_session WHERE forgotten_ms < ?1")?.execute([int(before_ms)])?;
    Ok(())
}

pub(crate) fn get(db: &Connection, id: &SessionId) -> Result<Option<Session>, VaultError> {
    let mut query = db.prepare_cached("SELECT state FROM session WHERE id = ?1")?;
    restore(query.query_row([id.0.as_slice()], |row| row.get(0)).optional()?)
}

/// The session to send on: the one heard on last, else the newest.
pub(crate) fn for_sending(db: &Connection, device: &DeviceId) -> Result<Option<Session>, VaultError> {
    let mut query = db.prepare_cached(
        "SELECT state FROM session WHERE device = ?1 ORDER BY heard_ms DESC, created_ms DESC LIMIT 1",
    )?;
    restore(query.query_row([device.0.as_slice()], |row| row.get(0)).optional()?)
}

/// Whether anything was ever heard from an account, whichever of its devices, on a session that is kept.
pub(crate) fn heard(db: &Connection, account: &AccountId) -> Result<bool, VaultError> {
    Ok(db
        .prepare_cached("SELECT 1 FROM session WHERE account = ?1 AND heard_ms > 0")?
        .exists([account.0.as_slice()])?)
}

fn restore(state: Option<Vec<u8>>) -> Result<Option<Session>, VaultError> {
    let malformed = |_| VaultError::Malformed { what: "session", cause: airlock_wire::CodecError::Malformed };
    state.map(Zeroizing::new).map(|state| Session::restore(&state).map_err(malformed)).transpose()
}
