//! Registration: who is on which device list, inside one transaction.

use airlock_wire::{
    AccountId, DeliveryTokenHash, DeviceId, DeviceList, InviteCode, Refusal, SignedDeviceList, encode,
};
use rusqlite::{OptionalExtension, Transaction, params};

use super::{invites, mailbox_index::DeviceNumber};
use crate::config::Registration;

/// A request to register, its device list verified.
#[derive(Debug)]
pub(crate) struct Register {
    /// The authenticated device; it is on the list.
    pub(crate) device: DeviceId,
    pub(crate) list: DeviceList,
    pub(crate) signed: SignedDeviceList,
    pub(crate) token: DeliveryTokenHash,
    pub(crate) invite: Option<InviteCode>,
}

/// What a registration changed.
#[derive(Debug)]
pub(crate) struct Registered {
    pub(crate) account: AccountId,
    /// Whether it was not there before.
    pub(crate) is_new: bool,
    pub(crate) token: DeliveryTokenHash,
    /// Devices that now belong to the account; `true` for those that have just got a mailbox.
    pub(crate) devices: Vec<(DeviceId, DeviceNumber, bool)>,
    pub(crate) removed: Vec<(DeviceId, DeviceNumber)>,
}

/// Who may still register.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    pub(crate) registration: Registration,
    pub(crate) accounts_max: u32,
}

/// Makes or updates the account. There are `accounts` already.
pub(crate) fn register(
    transaction: &Transaction<'_>,
    (policy, accounts): (Policy, usize),
    request: &Register,
    now: u64,
) -> rusqlite::Result<Result<Registered, Refusal>> {
    let account = request.list.account;
    let encoded = encode(&request.signed);
    let stored = transaction
        .prepare_cached("SELECT version, devices FROM account WHERE id = ?1")?
        .query_row([&account.0], |row| Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, Vec<u8>>(1)?)))
        .optional()?;
    let is_new = stored.is_none();
    match stored {
        // The same version with other content would let two lists stand side by side.
        Some((version, devices))
            if version > request.list.version || version == request.list.version && devices != encoded =>
        {
            return Ok(Err(Refusal::OldDeviceList { stored: version }));
        }
        Some(_) => {}
        None if accounts >= policy.accounts_max as usize => return Ok(Err(Refusal::RegistrationClosed)),
        None => {
            if let Err(refusal) = admit(transaction, policy.registration, request.invite, now)? {
                return Ok(Err(refusal));
            }
        }
    }
    transaction
        .prepare_cached(
            "INSERT INTO account (id, version, devices, token) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (id) DO UPDATE SET version = ?2, devices = ?3, token = ?4",
        )?
        .execute(params![account.0, request.list.version.cast_signed(), encoded, request.token.0])?;

    let mut devices = Vec::new();
    for device in &request.list.devices {
        if let Some((number, new)) = bind(transaction, device.id, account, request.device)? {
            devices.push((device.id, number, new));
        }
    }
    let removed = remove_unlisted(transaction, &request.list)?;
    Ok(Ok(Registered { account, is_new, token: request.token, devices, removed }))
}

fn admit(
    transaction: &Transaction<'_>,
    registration: Registration,
    invite: Option<InviteCode>,
    now: u64,
) -> rusqlite::Result<Result<(), Refusal>> {
    match (registration, invite) {
        (Registration::Open, _) => Ok(Ok(())),
        (Registration::Closed, _) => Ok(Err(Refusal::RegistrationClosed)),
        (Registration::Invite, None) => Ok(Err(Refusal::InviteNeeded)),
        (Registration::Invite, Some(code)) => invites::redeem(transaction, code, now),
    }
}

/// Gives a listed device to the account, if it may have it.
///
/// An account can list any id, also that of somebody else's device. So only a device that speaks for itself
/// can be taken from the account that has it.
fn bind(
    transaction: &Transaction<'_>,
    device: DeviceId,
    account: AccountId,
    speaker: DeviceId,
) -> rusqlite::Result<Option<(DeviceNumber, bool)>> {
    let stored = transaction
        .prepare_cached("SELECT number, account FROM device WHERE id = ?1")?
        .query_row([&device.0], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?)))
        .optional()?;
    match stored {
        None => {
            transaction
                .prepare_cached("INSERT INTO device (id, account) VALUES (?1, ?2)")?
                .execute(params![device.0, account.0])?;
            Ok(Some((DeviceNumber(transaction.last_insert_rowid()), true)))
        }
        Some((number, _)) if device == speaker => {
            transaction
                .prepare_cached("UPDATE device SET account = ?2 WHERE number = ?1")?
                .execute(params![number, account.0])?;
            Ok(Some((DeviceNumber(number), false)))
        }
        Some((number, owner)) => Ok((owner == account.0).then_some((DeviceNumber(number), false))),
    }
}

fn remove_unlisted(
    transaction: &Transaction<'_>,
    list: &DeviceList,
) -> rusqlite::Result<Vec<(DeviceId, DeviceNumber)>> {
    let bound: Vec<(DeviceId, DeviceNumber)> = transaction
        .prepare_cached("SELECT id, number FROM device WHERE account = ?1")?
        .query_map([&list.account.0], |row| Ok((DeviceId(row.get(0)?), DeviceNumber(row.get(1)?))))?
        .collect::<rusqlite::Result<_>>()?;
    let removed: Vec<_> = bound.into_iter().filter(|(id, _)| list.device(id).is_none()).collect();
    for (_, number) in &removed {
        for delete in [
            "DELETE FROM one_time_curve WHERE device = ?1",
            "DELETE FROM one_time_kem WHERE device = ?1",
            "DELETE FROM device WHERE number = ?1",
        ] {
            transaction.prepare_cached(delete)?.execute([number.0])?;
        }
    }
    Ok(removed)
}
