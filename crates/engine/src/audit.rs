//! The audit log: what the gate decided, what the sender chose, what left because of it.
//!
//! It is local and hash-chained, and holds no content: a message is there as a keyed commitment, which its sender
//! can open to somebody by showing the text and the key.

use airlock_protocol::{
    MessageId,
    gate::{Choice, Decision, Effect, HookIdentity, Mode, Verdict},
};
use airlock_wire::AccountId;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::vault::VaultError;

const CHAIN_LABEL: &[u8] = b"Airlock v1 audit chain";
const COMMITMENT_LABEL: &[u8] = b"Airlock v1 audit commitment";

/// One thing that happened at the gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AuditEntry {
    /// The gate was set.
    Set {
        /// When, in ms since 1970.
        at_ms: u64,
        /// To this.
        mode: Mode,
        /// With this hook.
        hook: Option<HookIdentity>,
        /// Reporting to this account.
        authority: Option<AccountId>,
    },
    /// A hook was asked.
    Decided(DecisionEntry),
    /// The sender chose.
    Chose {
        /// When, in ms since 1970.
        at_ms: u64,
        /// About which message.
        message: MessageId,
        /// What.
        choice: Choice,
    },
    /// A report was sealed and left for the authority, or waits to.
    Reported {
        /// When, in ms since 1970.
        at_ms: u64,
        /// The message because of which it was made.
        message: MessageId,
        /// To whom.
        authority: AccountId,
        /// Bytes of the sealed envelope.
        bytes: u64,
    },
}

/// What a hook answered once and what the gate made of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionEntry {
    /// When, in ms since 1970.
    pub at_ms: u64,
    /// About which message.
    pub message: MessageId,
    /// By which hook, with which list.
    pub hook: HookIdentity,
    /// In which mode.
    pub mode: Mode,
    /// The verdict's kind as the hook gave it: pass, abstain, rewrite, warn, block, report; or `failed`.
    pub verdict: String,
    /// Its code, if it has one.
    pub code: Option<u8>,
    /// Why there is no verdict.
    pub failure: Option<String>,
    /// What the gate did.
    pub effect: Effect,
    /// Whether the mode allowed less than the hook answered.
    pub clamped: bool,
    /// Units of WebAssembly fuel used.
    pub fuel: u64,
    /// Views that the hook was shown.
    pub views: Vec<String>,
    /// HMAC-SHA-256 of the text as written, under a key of its own.
    pub commitment: [u8; 32],
}

impl DecisionEntry {
    pub(crate) fn new(
        decision: &Decision,
        message: MessageId,
        at_ms: u64,
        views: Vec<String>,
        commitment: [u8; 32],
    ) -> Self {
        let (verdict, code, failure) = match &decision.answer {
            Ok(Verdict::Pass) => ("pass", None, None),
            Ok(Verdict::Abstain) => ("abstain", None, None),
            Ok(Verdict::Rewrite(_)) => ("rewrite", None, None),
            Ok(Verdict::Warn(finding)) => ("warn", Some(finding.code.0), None),
            Ok(Verdict::Block(finding)) => ("block", Some(finding.code.0), None),
            Ok(Verdict::Report { finding, .. }) => ("report", Some(finding.code.0), None),
            Err(failure) => ("failed", None, Some(failure.to_string())),
        };
        Self {
            at_ms,
            message,
            hook: decision.hook.clone(),
            mode: decision.mode,
            verdict: verdict.into(),
            code,
            failure,
            effect: decision.effect,
            clamped: decision.clamped(),
            fuel: decision.fuel,
            views,
            commitment,
        }
    }
}

/// An entry in its place in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditRecord {
    /// Its place, from 1.
    pub number: u64,
    /// What happened.
    pub entry: AuditEntry,
    /// Opens the entry's commitment. A secret of the sender, so it is not shown unless asked for.
    #[serde(skip)]
    pub opening: Option<[u8; 32]>,
    /// Over the hash before and this entry.
    pub hash: [u8; 32],
}

/// Why the log can't be shown.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// An entry was changed, removed or put elsewhere.
    #[error("the audit log is broken at entry {number}: an entry was changed, moved or removed")]
    Broken {
        /// The first entry that does not fit.
        number: u64,
    },
    /// The vault can't be read.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// The hash of an entry, over the hash before it, its number and its bytes.
pub(crate) fn chain(previous: &[u8; 32], number: u64, encoded: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update(CHAIN_LABEL)
        .chain_update([0])
        .chain_update(previous)
        .chain_update(number.to_le_bytes())
        .chain_update(encoded)
        .finalize()
        .into()
}

/// The commitment to a text under a key.
#[must_use]
pub fn commitment(key: &[u8; 32], text: &str) -> [u8; 32] {
    // HMAC takes keys of any length; a fixed array never fails.
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    mac.chain_update(COMMITMENT_LABEL)
        .chain_update([0])
        .chain_update(text.as_bytes())
        .finalize()
        .into_bytes()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        home::Home,
        unlock::VaultKey,
        vault::{Vault, audit},
    };

    fn set(at_ms: u64) -> AuditEntry {
        AuditEntry::Set { at_ms, mode: Mode::Off, hook: None, authority: None }
    }

    /// A vault with three entries, changed by `sql`, and what reading its log gives.
    fn log_after(sql: &str) -> Result<Vec<AuditRecord>, AuditError> {
        let folder = tempfile::tempdir().unwrap();
        let mut vault = Vault::create(&Home::new(folder.path()), &VaultKey([1; 32])).unwrap();
        vault
            .write(|db| {
                for at_ms in 1..=3 {
                    audit::append(db, &set(at_ms), None)?;
                }
                Ok::<_, VaultError>(db.execute_batch(sql)?)
            })
            .unwrap();
        audit::all(vault.read())
    }

    #[test]
    fn an_untouched_log_reads_in_order() {
        let log = log_after("").unwrap();
        assert_eq!(log.iter().map(|record| record.number).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(log[1].entry, set(2));
    }

    #[test]
    fn an_edited_a_removed_and_a_moved_entry_break_the_chain() {
        let changes = [
            ("UPDATE audit SET entry = (SELECT entry FROM audit WHERE number = 3) WHERE number = 2", 2),
            ("DELETE FROM audit WHERE number = 2", 2),
            ("DELETE FROM audit WHERE number = 1", 1),
            ("UPDATE audit SET number = 9 WHERE number = 3", 3),
        ];
        for (sql, broken_at) in changes {
            match log_after(sql) {
                Err(AuditError::Broken { number }) => assert_eq!(number, broken_at, "{sql}"),
                other => panic!("{sql}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_commitment_opens_with_its_own_text_and_key_only() {
        let made = commitment(&[1; 32], "picnic");
        assert_eq!(made, commitment(&[1; 32], "picnic"));
        assert_ne!(made, commitment(&[2; 32], "picnic"));
        assert_ne!(made, commitment(&[1; 32], "picnics"));
    }
}
