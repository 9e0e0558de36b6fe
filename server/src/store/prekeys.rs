//! Prekeys: published by their device, handed out to whoever starts a session. Each one-time key leaves once.

use airlock_wire::{
    AccountId, Answer, Bundle, CurvePrekey, DeviceId, KemPrekey, PrekeyUpload, Refusal, SignedDeviceList,
    decode, encode,
};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde::de::DeserializeOwned;

use super::{StoreError, mailbox_index::DeviceNumber};
use crate::limits::ONE_TIME_PREKEYS_MAX;

/// Stores what a device publishes and answers how many one-time keys it has now.
pub(super) fn publish(
    transaction: &Transaction<'_>,
    device: DeviceNumber,
    upload: &PrekeyUpload,
) -> rusqlite::Result<Result<Answer, Refusal>> {
    let stored = transaction
        .prepare_cached("SELECT curve_last, kem_last FROM device WHERE number = ?1")?
        .query_row([device.0], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))
        .optional()?;
    let Some((curve_last, kem_last)) = stored else { return Ok(Err(Refusal::NotRegistered)) };

    // A number seen before is a repeated upload: its key is here, or was handed out already.
    let curve: Vec<_> = upload
        .one_time
        .iter()
        .map(|key| (i64::from(key.id.0), encode(key)))
        .filter(|(n, _)| *n > curve_last)
        .collect();
    let kem: Vec<_> = upload
        .one_time_kem
        .iter()
        .map(|key| (i64::from(key.id.0), encode(key)))
        .filter(|(n, _)| *n > kem_last)
        .collect();
    let (curve_left, kem_left) = count(transaction, device)?;
    for (left, new) in [(curve_left, curve.len()), (kem_left, kem.len())] {
        let got = left as usize + new;
        if got > ONE_TIME_PREKEYS_MAX {
            return Ok(Err(Refusal::TooLarge {
                what: "the store of one-time prekeys".to_owned(),
                got: got as u64,
                max: ONE_TIME_PREKEYS_MAX as u64,
            }));
        }
    }

    let mut insert =
        transaction.prepare_cached("INSERT OR IGNORE INTO one_time_curve VALUES (?1, ?2, ?3)")?;
    for (number, key) in &curve {
        insert.execute(params![device.0, number, key])?;
    }
    let mut insert = transaction.prepare_cached("INSERT OR IGNORE INTO one_time_kem VALUES (?1, ?2, ?3)")?;
    for (number, key) in &kem {
        insert.execute(params![device.0, number, key])?;
    }
    let highest = |keys: &[(i64, Vec<u8>)], last: i64| keys.iter().map(|(n, _)| *n).fold(last, i64::max);
    transaction
        .prepare_cached(
            "UPDATE device SET signed_prekey = ?2, last_resort = ?3, curve_last = ?4, kem_last = ?5
             WHERE number = ?1",
        )?
        .execute(params![
            device.0,
            encode(&upload.signed),
            encode(&upload.last_resort),
            highest(&curve, curve_last),
            highest(&kem, kem_last)
        ])?;
    let (curve, kem) = count(transaction, device)?;
    Ok(Ok(Answer::PrekeysLeft { curve, kem }))
}

/// How many one-time keys of each kind a device has left.
pub(super) fn count(connection: &Connection, device: DeviceNumber) -> rusqlite::Result<(u32, u32)> {
    let count = |query: &str| connection.prepare_cached(query)?.query_row([device.0], |row| row.get(0));
    Ok((
        count("SELECT count(*) FROM one_time_curve WHERE device = ?1")?,
        count("SELECT count(*) FROM one_time_kem WHERE device = ?1")?,
    ))
}

/// The device list of an account, and a bundle of each of its devices that has published one.
pub(super) fn fetch(
    transaction: &Transaction<'_>,
    account: AccountId,
) -> Result<Result<Answer, Refusal>, StoreError> {
    let write = |source| StoreError::Write { source };
    let devices: Option<Vec<u8>> = transaction
        .prepare_cached("SELECT devices FROM account WHERE id = ?1")
        .and_then(|mut select| select.query_row([&account.0], |row| row.get(0)).optional())
        .map_err(write)?;
    let Some(devices) = devices else { return Ok(Err(Refusal::NoSuchRecipient)) };
    let devices: SignedDeviceList = stored(&devices)?;

    let published: Vec<Published> = transaction
        .prepare_cached(
            "SELECT number, id, signed_prekey, last_resort FROM device
             WHERE account = ?1 AND signed_prekey IS NOT NULL ORDER BY number",
        )
        .and_then(|mut select| {
            let row = |row: &rusqlite::Row<'_>| {
                Ok(Published {
                    number: DeviceNumber(row.get(0)?),
                    id: DeviceId(row.get(1)?),
                    signed: row.get(2)?,
                    last_resort: row.get(3)?,
                })
            };
            select.query_map([&account.0], row)?.collect()
        })
        .map_err(write)?;
    if published.is_empty() {
        return Ok(Err(Refusal::NoPrekeys));
    }

    let mut bundles = Vec::with_capacity(published.len());
    for device in published {
        let curve = pop(transaction, POP_CURVE, device.number).map_err(write)?;
        let kem = pop(transaction, POP_KEM, device.number).map_err(write)?;
        bundles.push(Bundle {
            device: device.id,
            signed: stored::<CurvePrekey>(&device.signed)?,
            one_time: curve.map(|bytes| stored::<CurvePrekey>(&bytes)).transpose()?,
            kem: stored::<KemPrekey>(kem.as_ref().unwrap_or(&device.last_resort))?,
        });
    }
    Ok(Ok(Answer::Bundles { devices, bundles }))
}

struct Published {
    number: DeviceNumber,
    id: DeviceId,
    signed: Vec<u8>,
    last_resort: Vec<u8>,
}

const POP_CURVE: &str = "DELETE FROM one_time_curve WHERE device = ?1 AND number =
    (SELECT min(number) FROM one_time_curve WHERE device = ?1) RETURNING prekey";

const POP_KEM: &str = "DELETE FROM one_time_kem WHERE device = ?1 AND number =
    (SELECT min(number) FROM one_time_kem WHERE device = ?1) RETURNING prekey";

fn pop(
    transaction: &Transaction<'_>,
    delete: &str,
    device: DeviceNumber,
) -> rusqlite::Result<Option<Vec<u8>>> {
    transaction.prepare_cached(delete)?.query_row([device.0], |row| row.get(0)).optional()
}

fn stored<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreError> {
    decode(bytes).map_err(|_| StoreError::Damaged { what: "a prekey or device list can't be decoded" })
}
