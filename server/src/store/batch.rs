//! One commit under way: what its operations do to the tables, and what is to be shown after it.

use std::collections::BTreeSet;

use airlock_wire::{Answer, BlobId, Refusal, Sequence, SubmitId};
use rusqlite::{Transaction, params};

use super::{
    Shared, StoreError,
    accounts::{self, Policy, Registered},
    blob_index::BlobNumber,
    blobs::{self, Lifetimes},
    mailbox_index::{DeviceNumber, Entry, NoPlace},
    operation::Action,
    prekeys,
    submits::RecentSubmits,
};
use crate::{
    guarded,
    limits::{PURGE_ROWS_MAX, SUBMIT_KEPT_SECONDS, SUBMITS_KEPT_MAX},
};

/// An operation's result: an answer to give after the commit, or after the commit that deletes.
pub(super) enum Outcome {
    Answer(Result<Answer, Refusal>),
    AfterDeletion,
}

/// A transaction with the memory that goes with it.
pub(super) struct Batch<'a> {
    pub(super) transaction: Transaction<'a>,
    pub(super) shared: &'a Shared,
    pub(super) submits: &'a mut RecentSubmits,
    /// Envelopes that no mailbox has any more, and whose rows are still there.
    pub(super) deletes: &'a mut Vec<(DeviceNumber, i64)>,
    pub(super) policy: Policy,
    /// Unix time in seconds.
    pub(super) now: u64,
    pub(super) shown: Shown,
}

/// What becomes visible with the commit.
#[derive(Default)]
pub(super) struct Shown {
    pub(super) stored: Vec<Stored>,
    /// Envelopes that were sent again although they are stored.
    pub(super) repeated: u64,
    /// Envelopes that were taken out because their device has them.
    pub(super) acknowledged: u64,
    /// Envelopes that were taken out for their age.
    pub(super) expired: u64,
    pub(super) registered: Vec<Registered>,
    pub(super) blobs_stored: Vec<BlobId>,
    pub(super) blobs_gone: Vec<BlobId>,
    /// They made room for others and are in no index any more.
    pub(super) uploads_gone: Vec<BlobNumber>,
}

/// An envelope that is now in a mailbox.
pub(super) struct Stored {
    pub(super) device: DeviceNumber,
    pub(super) entry: Entry,
    pub(super) sealed: Vec<u8>,
}

impl Batch<'_> {
    pub(super) fn apply(&mut self, action: Action) -> Result<Outcome, StoreError> {
        let answer = match action {
            Action::Deliver { device, submit, sealed } => self.deliver(device, submit, sealed),
            Action::Acknowledge { device, sequences } => return Ok(self.acknowledge(device, &sequences)),
            Action::PublishPrekeys { device, upload } => prekeys::publish(&self.transaction, device, &upload),
            Action::FetchBundles { account } => {
                return prekeys::fetch(&self.transaction, account).map(Outcome::Answer);
            }
            Action::Register(request) => {
                let rules = (self.policy, self.accounts());
                accounts::register(&self.transaction, rules, &request, self.now).map(|result| {
                    result.map(|registered| {
                        self.shown.registered.push(registered);
                        Answer::Done
                    })
                })
            }
            Action::AnnounceBlob { account, blob } => {
                let mut index = guarded(&self.shared.blobs);
                let (turns, gone) = (&self.shared.turns, &mut self.shown.uploads_gone);
                blobs::announce(&self.transaction, &mut index, turns, (account, &blob), self.now, gone)
            }
            Action::FinishBlob { id, number } => {
                blobs::finish(&self.transaction, number, self.now).map(|found| {
                    self.shown.blobs_stored.extend(found.then_some(id));
                    if found { Ok(Answer::Done) } else { Err(Refusal::NoSuchBlob) }
                })
            }
            Action::DiscardBlob { id, number } => blobs::discard(&self.transaction, number).map(|()| {
                self.shown.blobs_gone.push(id);
                Ok(Answer::Done)
            }),
            Action::ReleaseBlob { device, id } => {
                blobs::release(&self.transaction, device, &id).map(|last| {
                    self.shown.blobs_gone.extend(last.then_some(id));
                    Ok(Answer::Done)
                })
            }
        };
        answer.map(Outcome::Answer).map_err(|source| StoreError::Write { source })
    }

    fn deliver(
        &mut self,
        device: DeviceNumber,
        submit: SubmitId,
        sealed: Vec<u8>,
    ) -> rusqlite::Result<Result<Answer, Refusal>> {
        if self.submits.contains(device, submit) {
            self.shown.repeated += 1;
            return Ok(Ok(Answer::Accepted));
        }
        let bytes = u32::try_from(sealed.len()).unwrap_or(u32::MAX);
        let sequence = match guarded(&self.shared.index).reserve(device, bytes) {
            Ok(sequence) => sequence,
            Err(NoPlace::Full) => return Ok(Err(Refusal::MailboxFull)),
            Err(NoPlace::Gone) => return Ok(Err(Refusal::NoSuchRecipient)),
        };
        let arrived = self.now.cast_signed();
        self.transaction
            .prepare_cached(
                "INSERT INTO envelope (device, sequence, arrived, sealed) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![device.0, sequence.cast_signed(), arrived, sealed])?;
        let row = self.transaction.last_insert_rowid();
        self.transaction
            .prepare_cached("INSERT INTO submit (device, id, arrived) VALUES (?1, ?2, ?3)")?
            .execute(params![device.0, submit.0, arrived])?;
        self.submits.remember(device, submit, self.now);
        self.shown.stored.push(Stored { device, entry: Entry { row, sequence, bytes }, sealed });
        Ok(Ok(Answer::Accepted))
    }

    /// How many there are, with those of this commit. Counted by SQLite, a million would hold all others up for
    /// tens of milliseconds.
    fn accounts(&self) -> usize {
        let new = self.shown.registered.iter().filter(|registered| registered.is_new).count();
        let directory = self.shared.directory.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        directory.accounts() + new
    }

    fn acknowledge(&mut self, device: DeviceNumber, sequences: &[Sequence]) -> Outcome {
        let mut index = guarded(&self.shared.index);
        let before = self.deletes.len();
        let rows = sequences.iter().filter_map(|sequence| index.take(device, sequence.0));
        self.deletes.extend(rows.map(|entry| (device, entry.row)));
        self.shown.acknowledged += (self.deletes.len() - before) as u64;
        if self.deletes.len() == before {
            return Outcome::Answer(Ok(Answer::Done));
        }
        Outcome::AfterDeletion
    }

    /// Deletes the rows that were gathered.
    pub(super) fn delete_gathered(&mut self) -> rusqlite::Result<()> {
        let mut rows = std::mem::take(self.deletes);
        // Neighbours share pages.
        rows.sort_unstable_by_key(|(_, row)| *row);
        let mut delete = self.transaction.prepare_cached("DELETE FROM envelope WHERE row = ?1")?;
        for (_, row) in &rows {
            delete.execute([row])?;
        }
        // The deleted rows can no longer tell which sequences were used.
        let mut remember =
            self.transaction.prepare_cached("UPDATE device SET last_sequence = ?2 WHERE number = ?1")?;
        let devices: BTreeSet<DeviceNumber> = rows.iter().map(|(device, _)| *device).collect();
        for device in devices {
            let last = guarded(&self.shared.index).last_sequence(device);
            if let Some(last) = last {
                remember.execute(params![device.0, last.cast_signed()])?;
            }
        }
        Ok(())
    }

    /// Takes envelopes, submit ids and blobs out that have waited too long. `true` if more may be left.
    pub(super) fn purge(
        &mut self,
        message_seconds: u64,
        blob_lifetimes: Lifetimes,
    ) -> rusqlite::Result<bool> {
        let more_blobs =
            blobs::purge(&self.transaction, blob_lifetimes, self.now, &mut self.shown.blobs_gone)?;
        let oldest = self.now.saturating_sub(message_seconds).cast_signed();
        let expired: Vec<(DeviceNumber, u64, i64)> = self
            .transaction
            .prepare_cached(
                "SELECT device, sequence, row FROM (SELECT * FROM envelope ORDER BY row LIMIT ?2)
                 WHERE arrived < ?1",
            )?
            .query_map(params![oldest, PURGE_ROWS_MAX], |row| {
                Ok((DeviceNumber(row.get(0)?), row.get::<_, i64>(1)?.cast_unsigned(), row.get(2)?))
            })?
            .collect::<rusqlite::Result<_>>()?;
        {
            let mut index = guarded(&self.shared.index);
            for (device, sequence, row) in &expired {
                self.shown.expired += u64::from(index.take(*device, *sequence).is_some());
                self.deletes.push((*device, *row));
            }
        }
        self.delete_gathered()?;

        let oldest = self.now.saturating_sub(SUBMIT_KEPT_SECONDS);
        self.submits.forget_before(oldest);
        let forgotten = self
            .transaction
            .prepare_cached(
                "DELETE FROM submit WHERE row IN (SELECT row FROM submit ORDER BY row LIMIT ?2)
                 AND (arrived < ?1 OR row <= (SELECT max(row) FROM submit) - ?3)",
            )?
            .execute(params![oldest.cast_signed(), PURGE_ROWS_MAX, SUBMITS_KEPT_MAX as i64])?;
        let full = PURGE_ROWS_MAX as usize;
        Ok(expired.len() == full || forgotten == full || more_blobs)
    }
}
