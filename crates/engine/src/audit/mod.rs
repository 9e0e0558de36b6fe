//! The audit log: what the gate decided, what the sender chose, what left because of it.
//!
//! It is local and hash-chained, and its entries hold no content: what a hook judged is there as a keyed commitment,
//! which its sender can open to somebody ([`Opening`]). Beside the chain the vault keeps what was judged, so that a
//! decision can be replayed and explained, until its sender has it forgotten; the commitment stays.

mod commitment;
mod entry;
mod opening;
mod replay;

pub use commitment::{Commitment, Kept, chain, commitment};
pub use entry::{AuditEntry, ChainHook, DecisionEntry, Form};

pub use opening::{OPENING_BYTES_MAX, Opened, Opening, OpeningError};
pub(crate) use replay::keep_edition;
pub use replay::{Replay, Replayed};

use serde::Serialize;

use crate::{
    engine::Engine,
    vault::{VaultError, audit as log},
};

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

impl Engine {
    /// The audit log, oldest first, if it is the one that was written.
    ///
    /// # Errors
    /// When an entry was changed, moved or removed, at its end too, what is kept beside it was changed, or the vault
    /// can't be read.
    pub fn audit_log(&self) -> Result<Vec<AuditRecord>, AuditError> {
        log::all(self.state()?.vault.read())
    }

    /// Checks the whole log and says where it ends. `noted` is where it ended when somebody wrote that down: the log
    /// must still have that entry.
    ///
    /// # Errors
    /// As [`Engine::audit_log`], and when the log is not the one that `noted` is about.
    pub fn verify_log(&self, noted: Option<LogHead>) -> Result<LogHead, AuditError> {
        let records = self.audit_log()?;
        let last = records.last().map_or(0, |record| record.number);
        if let Some(LogHead { number, hash }) = noted.filter(|noted| noted.number > 0) {
            match records.iter().find(|record| record.number == number) {
                None => return Err(AuditError::CutOff { expected: number, found: last }),
                Some(record) if record.hash != hash => return Err(AuditError::OtherHead { number }),
                Some(_) => {}
            }
        }
        Ok(log::head(self.state()?.vault.read())?)
    }

    /// Forgets what was judged in these decisions: they can't be replayed or opened any more. Their entries stay, and
    /// say that this was done. Gives how many had something left to forget.
    ///
    /// # Errors
    /// When a number is no decision's, the log was changed, or the vault can't be written. Nothing is forgotten then.
    pub fn forget(&self, decisions: &[u64]) -> Result<usize, AuditError> {
        let records = self.audit_log()?;
        let is_decision = |record: &AuditRecord, number| {
            record.number == number && matches!(record.entry, AuditEntry::Decided(_))
        };
        if let Some(number) =
            decisions.iter().find(|number| !records.iter().any(|record| is_decision(record, **number)))
        {
            return Err(AuditError::NoDecision(*number));
        }
        let at_ms = self.now_ms();
        self.state()?.vault.write(|db| {
            let mut forgotten = 0;
            for number in decisions {
                if log::forget(db, *number)? {
                    log::append(db, &AuditEntry::Forgot { at_ms, decision: *number }, None)?;
                    forgotten += 1;
                }
            }
            Ok(forgotten)
        })
    }

    /// What opens a decision to somebody else: it shows them what was written.
    ///
    /// # Errors
    /// When it is no decision or was forgotten, or the log was changed.
    pub fn opening(&self, number: u64) -> Result<Opening, AuditError> {
        let records = self.audit_log()?;
        let at = records
            .iter()
            .position(|record| record.number == number)
            .ok_or(AuditError::NoDecision(number))?;
        let previous = at.checked_sub(1).map_or([0; 32], |before| records[before].hash);
        Opening::of(&records[at], &previous)
    }
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
mod tests;
