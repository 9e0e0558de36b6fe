//! Invites: codes that each let one account register at a relay whose policy is `invite`.
//!
//! Only hashes are stored. `airlock-relay invite` adds codes while the relay runs, so that is the one table it
//! writes; what the relay knows of them, that one was used, is in a table of its own.

use airlock_wire::{InviteCode, Refusal};
use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};

use super::{
    StoreError,
    schema::{self, Open},
};
use crate::{data_dir::DataDir, limits::INVITE_KEPT_SECONDS};

/// Adds an invite, in a short transaction on a connection of its own.
pub(crate) fn add(store: &DataDir, code: InviteCode, expires: u64, now: u64) -> Result<(), StoreError> {
    let write = |source| StoreError::Write { source };
    let mut connection = schema::open(store, Open::Existing)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(write)?;
    let forgotten = now.saturating_sub(INVITE_KEPT_SECONDS).cast_signed();
    transaction.execute("DELETE FROM invite WHERE expires < ?1", [forgotten]).map_err(write)?;
    transaction
        .execute("INSERT INTO invite VALUES (?1, ?2)", params![code.hash().0, expires.cast_signed()])
        .map_err(write)?;
    transaction.commit().map_err(write)
}

/// Uses an invite up.
pub(super) fn redeem(
    transaction: &Transaction<'_>,
    code: InviteCode,
    now: u64,
) -> rusqlite::Result<Result<(), Refusal>> {
    let hash = code.hash().0;
    let expires: Option<i64> = transaction
        .prepare_cached("SELECT expires FROM invite WHERE hash = ?1")?
        .query_row([&hash], |row| row.get(0))
        .optional()?;
    let Some(expires) = expires else { return Ok(Err(Refusal::InviteUnknown)) };
    let used = transaction.prepare_cached("SELECT 1 FROM invite_use WHERE hash = ?1")?.exists([&hash])?;
    if used {
        return Ok(Err(Refusal::InviteUsed));
    }
    if expires.cast_unsigned() <= now {
        return Ok(Err(Refusal::InviteExpired));
    }
    transaction
        .prepare_cached("INSERT INTO invite_use VALUES (?1, ?2)")?
        .execute(params![hash, now.cast_signed()])?;
    Ok(Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_works_once_and_in_time_and_each_refusal_says_which() {
        let dir = tempfile::tempdir().unwrap();
        let store = dir.path().into();
        let mut relay = schema::open(&store, Open::OrCreate).unwrap();
        let [good, late, never] = [1, 2, 3].map(|byte| InviteCode([byte; 16]));
        add(&store, good, 200, 100).unwrap();
        add(&store, late, 150, 100).unwrap();

        let transaction = relay.transaction().unwrap();
        assert_eq!(redeem(&transaction, never, 160), Ok(Err(Refusal::InviteUnknown)));
        assert_eq!(redeem(&transaction, late, 160), Ok(Err(Refusal::InviteExpired)));
        assert_eq!(redeem(&transaction, good, 160), Ok(Ok(())));
        assert_eq!(redeem(&transaction, good, 160), Ok(Err(Refusal::InviteUsed)));
    }
}
