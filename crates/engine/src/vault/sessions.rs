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

/// Forgets all but this session of a device and those that were heard on last, or are newest. Their ids are kept.
pub(crate) fn trim(db: &Connection, newest: &Session, now_ms: u64) -> Result<(), VaultError> {
    let mut delete = db.prepare_cached(
        "DELETE FROM session WHERE device = ?1 AND id NOT IN (SELECT id FROM session WHERE device = ?1
         ORDER BY id = ?3 DESC, max(heard_ms, created_ms) DESC LIMIT ?2) RETURNING id",
    )?;
    let forgotten: Vec<Vec<u8>> = delete
        .query_map(
            params![
                newest.peer().device.0.as_slice(),
                int(SESSIONS_PER_DEVICE_MAX as u64),
                newest.id().0.as_slice()
            ],
            |row| row.get(0),
        )?
        .collect::<Result<_, _>>()?;
    for id in forgotten {
        db.prepare_cached("INSERT OR REPLACE INTO forgotten_session (id, forgotten_ms) VALUES (?1, ?2)")?
            .execute(params![id, int(now_ms)])?;
    }
    Ok(())
}

/// Whether a session was here and was forgotten. Its first message must not start it again: under a key of last resort
/// it could, as often as somebody repeats it.
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
    query.query_row([id.0.as_slice()], |row| row.get(0)).optional()?.map(restore).transpose()
}

/// The session to send on: of those with a post-quantum ratchet the one heard on last, else the newest. Others were
/// saved by an earlier version, and only open what still comes for them.
pub(crate) fn for_sending(db: &Connection, device: &DeviceId) -> Result<Option<Session>, VaultError> {
    let mut query = db.prepare_cached(
        "SELECT state FROM session WHERE device = ?1 ORDER BY heard_ms DESC, created_ms DESC",
    )?;
    let mut rows = query.query([device.0.as_slice()])?;
    while let Some(row) = rows.next()? {
        let session = restore(row.get(0)?)?;
        if session.is_post_quantum() {
            return Ok(Some(session));
        }
    }
    Ok(None)
}

/// Whether anything was ever heard from an account, whichever of its devices, on a session that is kept.
pub(crate) fn heard(db: &Connection, account: &AccountId) -> Result<bool, VaultError> {
    Ok(db
        .prepare_cached("SELECT 1 FROM session WHERE account = ?1 AND heard_ms > 0")?
        .exists([account.0.as_slice()])?)
}

fn restore(state: Vec<u8>) -> Result<Session, VaultError> {
    let malformed = |_| VaultError::Malformed { what: "session", cause: airlock_wire::CodecError::Malformed };
    Session::restore(&Zeroizing::new(state)).map_err(malformed)
}

#[cfg(test)]
mod tests {
    use airlock_protocol::{
        AccountKey, CurvePrekeySecret, CurveRole, DeviceKeys, KemPrekeySecret, LocalIdentity, VerifiedBundle,
    };
    use airlock_wire::{Bundle, DeviceList, KemRole, PrekeyId};
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    fn vault() -> Connection {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(include_str!("schema.sql")).unwrap();
        db
    }

    /// As the last build of version 1 saved it: crates/protocol/tests/vectors/version_1.json.
    fn of_version_1() -> Session {
        let vector = include_str!("../../../protocol/tests/vectors/version_1.json");
        let (_, rest) = vector.split_once("\"bob_state\": \"").unwrap();
        let (hex, _) = rest.split_once('"').unwrap();
        Session::restore(&data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap()).unwrap()
    }

    fn device(rng: &mut ChaCha20Rng) -> LocalIdentity {
        let (account, device) = (AccountKey::generate(rng), DeviceKeys::generate(rng));
        let list = DeviceList { account: account.id(), version: 1, devices: vec![device.public()] };
        LocalIdentity::new(device, account.sign_device_list(&list)).unwrap()
    }

    /// With some device.
    fn of_now(created_ms: u64) -> Session {
        let rng = &mut ChaCha20Rng::seed_from_u64(1);
        let (us, them) = (device(rng), device(rng));
        let keys = them.device();
        let bundle = Bundle {
            device: keys.id(),
            signed: CurvePrekeySecret::generate(CurveRole::Signed, PrekeyId(1), rng).public(keys),
            one_time: None,
            kem: KemPrekeySecret::generate(KemRole::LastResort, PrekeyId(2), rng).public(keys),
        };
        let bundle = VerifiedBundle::verify(bundle, &them.device_list().verify().unwrap()).unwrap();
        Session::initiate(&us, bundle, created_ms, rng).unwrap()
    }

    #[test]
    fn a_session_of_version_1_is_kept_to_open_with_and_not_given_out_to_send_on() {
        let db = vault();
        let old = of_version_1();
        let device = old.peer().device;
        put(&db, &old, Some(5)).unwrap();
        assert!(get(&db, &old.id()).unwrap().is_some());
        assert!(for_sending(&db, &device).unwrap().is_none());
        assert!(heard(&db, &old.peer().account).unwrap());
        trim(&db, &old, 9).unwrap();
        assert!(get(&db, &old.id()).unwrap().is_some());
    }

    #[test]
    fn a_new_session_is_sent_on_although_one_of_version_1_was_heard_on_later() {
        let db = vault();
        let (old, new) = (of_version_1(), of_now(3));
        put(&db, &old, Some(9)).unwrap();
        put(&db, &new, None).unwrap();
        db.execute("UPDATE session SET device = ?1", [old.peer().device.0.as_slice()]).unwrap();
        let chosen = for_sending(&db, &old.peer().device).unwrap().unwrap();
        assert_eq!(chosen.id(), new.id());
    }
}
