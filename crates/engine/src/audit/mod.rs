//! The audit log: what the gate decided, what the sender chose, what left because of it.
//!
//! It is local and hash-chained, and its entries hold no content: what a hook judged is there as a keyed commitment,
//! which its sender can open to somebody ([`Opening`]). Beside the chain the vault keeps what was judged, so that a
//! decision can be replayed and explained, until its sender has it forgotten; the commitment stays.

mod commitment;
mod entry;

pub use commitment::{Commitment, Kept, chain, commitment};
pub use entry::{AuditEntry, ChainHook, DecisionEntry, Form};

use serde::Serialize;

use crate::vault::VaultError;

/// An entry in its place in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditRecord {
    /// Its place, from 1.
    pub number: u64,
    /// What happened.
    pub entry: AuditEntry,
    /// What opens the entry's commitments. A secret of the sender, so it is not shown unless asked for. None when the
    /// entry has no commitment, or was forgotten.
    #[serde(skip)]
    pub kept: Option<Kept>,
    /// Over the hash before and this entry.
    pub hash: [u8; 32],
}

/// Where the log ends: who wrote this down can tell later whether the log was cut off before it, or made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct LogHead {
    /// Number of its last entry; 0 when it is empty.
    pub number: u64,
    /// The last entry's hash; zeros when it is empty.
    pub hash: [u8; 32],
}

/// Why the log is not to be believed, or can't be shown.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// An entry was changed, removed or put elsewhere.
    #[error("the audit log is broken at entry {number}: an entry was changed, moved or removed")]
    Broken {
        /// The first entry that does not fit.
        number: u64,
    },
    /// Entries at its end are gone, or others were put there.
    #[error("the audit log was cut off: it ends with entry {found}, and {expected} were written")]
    CutOff {
        /// Number of the last entry that was written.
        expected: u64,
        /// Number of the last that is there.
        found: u64,
    },
    /// The last entry is not the one that was written last.
    #[error("the audit log was made anew: its entry {number} is not the one that was written")]
    OtherHead {
        /// Which entry.
        number: u64,
    },
    /// The content that is kept beside an entry is not what the hook judged.
    #[error("the content kept for entry {number} was changed: it does not open the entry's commitment")]
    Content {
        /// Which entry.
        number: u64,
    },
    /// There is no such entry, or it is none that a hook decided.
    #[error("entry {0} of the audit log is no decision of a hook")]
    NoDecision(u64),
    /// The vault can't be read.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

#[cfg(test)]
mod tests {
    use airlock_protocol::Content;

    use super::*;
    use crate::{
        home::Home,
        unlock::VaultKey,
        vault::{Vault, audit},
    };

    fn set(at_ms: u64) -> AuditEntry {
        AuditEntry::Set { at_ms, chain: Vec::new() }
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
        let text = |text: &str| Content::Text(text.into());
        let made = commitment(&[1; 32], &text("picnic"));
        assert_eq!(made, commitment(&[1; 32], &text("picnic")));
        assert_ne!(made, commitment(&[2; 32], &text("picnic")));
        assert_ne!(made, commitment(&[1; 32], &text("picnics")));
        assert_ne!(made, commitment(&[1; 32], &Content::Profile("picnic".into())));
    }
}
