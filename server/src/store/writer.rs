//! The one thread that writes: it takes what came during the last commit, commits it once, then answers.
//!
//! Deletions are gathered for a moment first: those of neighbouring envelopes touch the same pages.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError},
    },
    time::{Duration, Instant},
};

use airlock_wire::{Answer, Refusal};
use rusqlite::{Connection, TransactionBehavior};

use super::{
    Shared, StoreError,
    batch::{Batch, Outcome, Shown, Stored},
    blob_index::BlobNumber,
    mailbox_index::DeviceNumber,
    operation::{Action, Operation, ToWriter},
    submits::RecentSubmits,
};
use crate::{
    clock::unix_seconds,
    guarded,
    limits::{
        BATCH_BYTES_MAX, BATCH_OPERATIONS_MAX, CHECKPOINT_PAGES, DELETE_DELAY, DELETES_GATHERED_MAX,
        PURGE_EVERY,
    },
    reply::Reply,
};

/// Pages that a commit writes to the log besides its envelopes: the ends of two tables and their parents.
const PAGES_PER_COMMIT: u32 = 4;

const PAGE_BYTES: usize = 4_096;

/// The writer and all that only it knows.
pub(super) struct Writer {
    pub(super) connection: Connection,
    pub(super) shared: Arc<Shared>,
    pub(super) submits: RecentSubmits,
    /// To the thread that deletes files, which may take as long as the disk likes.
    pub(super) delete_files: SyncSender<BlobNumber>,
    pub(super) deletes: Deletes,
    pub(super) next_purge: Instant,
    /// Wakes the thread that checkpoints.
    pub(super) checkpoint: SyncSender<()>,
    /// About how many pages the log has grown by since then.
    pub(super) log_pages: u32,
}

/// Deletions that wait for company.
#[derive(Default)]
pub(super) struct Deletes {
    /// Rows of the table `envelope`, and whose they were.
    pub(super) rows: Vec<(DeviceNumber, i64)>,
    /// Acknowledgements to answer when the rows are gone.
    pub(super) replies: Vec<Reply>,
    pub(super) since: Option<Instant>,
}

/// When to end gathering.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Gathering {
    WhileUseful,
    Over,
}

impl Writer {
    /// Works until [`ToWriter::Stop`], until nobody can ask any more, or until a write fails.
    pub(super) fn run(mut self, queue: &Receiver<ToWriter>) {
        loop {
            let (operations, ends) = self.next_batch(queue);
            let gathering = if ends { Gathering::Over } else { Gathering::WhileUseful };
            if let Err(error) = self.commit(operations, unix_seconds(), gathering) {
                self.shared.fail(error);
                return refuse_all(queue);
            }
            if ends {
                return;
            }
        }
    }

    /// Waits for work and takes what is there, up to a commit's size. `true` if nothing comes after it.
    fn next_batch(&self, queue: &Receiver<ToWriter>) -> (Vec<Operation>, bool) {
        let mut operations = Vec::new();
        let mut bytes = 0;
        match queue.recv_timeout(self.patience()) {
            Ok(ToWriter::Operation(operation)) => {
                bytes += operation.action.bytes();
                operations.push(operation);
            }
            Ok(ToWriter::Stop) | Err(RecvTimeoutError::Disconnected) => return (operations, true),
            Err(RecvTimeoutError::Timeout) => return (operations, false),
        }
        while operations.len() < BATCH_OPERATIONS_MAX && bytes < BATCH_BYTES_MAX {
            match queue.try_recv() {
                Ok(ToWriter::Operation(operation)) => {
                    bytes += operation.action.bytes();
                    operations.push(operation);
                }
                Ok(ToWriter::Stop) => return (operations, true),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
        (operations, false)
    }

    /// How long there is nothing to do of the writer's own accord.
    fn patience(&self) -> Duration {
        let purge = self.next_purge.saturating_duration_since(Instant::now());
        match self.deletes.since {
            Some(since) => purge.min(DELETE_DELAY.saturating_sub(since.elapsed())),
            None => purge,
        }
    }

    /// Commits the operations together, then answers them. After an error none of them counts.
    pub(super) fn commit(
        &mut self,
        operations: Vec<Operation>,
        now: u64,
        gathering: Gathering,
    ) -> Result<(), StoreError> {
        if self.shared.has_failed() {
            refuse(operations.into_iter().map(|operation| operation.reply));
            return Ok(());
        }
        let began = Instant::now();
        let count = operations.len();
        let bytes: usize = operations.iter().map(|operation| operation.action.bytes()).sum();
        let mut replies = Vec::with_capacity(operations.len());
        let mut actions = Vec::with_capacity(operations.len());
        let mut rooms = Vec::with_capacity(operations.len());
        for Operation { action, reply, room } in operations {
            actions.push(action);
            replies.push(reply);
            rooms.push(room);
        }
        let Written { outcomes, shown, deleted } = match self.write(actions, now, gathering) {
            Ok(written) => written,
            Err(error) => {
                refuse(replies.into_iter().chain(self.deletes.replies.drain(..)));
                return Err(error);
            }
        };

        self.shared.metrics.commit_operations.number(count);
        self.shared.metrics.commit_seconds.time(began.elapsed());
        self.show(shown);
        for (reply, outcome) in replies.into_iter().zip(outcomes) {
            match outcome {
                Outcome::Answer(answer) => reply.give(answer),
                Outcome::AfterDeletion => self.deletes.replies.push(reply),
            }
        }
        if deleted {
            self.deletes.replies.drain(..).for_each(|reply| reply.give(Ok(Answer::Done)));
        }
        self.note_deletes();
        self.ask_for_checkpoint(bytes);
        Ok(())
    }

    fn write(&mut self, actions: Vec<Action>, now: u64, gathering: Gathering) -> Result<Written, StoreError> {
        let failed = |source| StoreError::Write { source };
        let rules = *guarded(&self.shared.rules);
        let purge_due = self.next_purge <= Instant::now();
        let waited = self.deletes.since.is_some_and(|since| since.elapsed() >= DELETE_DELAY);
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        let mut batch = Batch {
            transaction,
            shared: &self.shared,
            submits: &mut self.submits,
            deletes: &mut self.deletes.rows,
            policy: rules.policy,
            now,
            shown: Shown::default(),
        };
        let outcomes =
            actions.into_iter().map(|action| batch.apply(action)).collect::<Result<Vec<_>, _>>()?;
        let deleted = waited
            || purge_due
            || gathering == Gathering::Over
            || batch.deletes.len() >= DELETES_GATHERED_MAX;
        if deleted {
            batch.delete_gathered().map_err(failed)?;
        }
        if purge_due {
            let more = batch.purge(rules.message_seconds, rules.blob_lifetimes).map_err(failed)?;
            self.next_purge = Instant::now() + if more { Duration::ZERO } else { PURGE_EVERY };
        }
        let Batch { transaction, shown, .. } = batch;
        transaction.commit().map_err(failed)?;
        Ok(Written { outcomes, shown, deleted })
    }

    /// Lets the other threads see what has just been committed.
    fn show(&mut self, shown: Shown) {
        let metrics = &self.shared.metrics;
        metrics.envelopes_accepted.inc_by(shown.stored.len() as u64);
        metrics.envelopes_repeated.inc_by(shown.repeated);
        metrics.envelopes_acknowledged.inc_by(shown.acknowledged);
        metrics.envelopes_expired.inc_by(shown.expired);
        let mut index = guarded(&self.shared.index);
        let mut woken = Vec::with_capacity(shown.stored.len());
        for Stored { device, entry, sealed } in shown.stored {
            if !index.publish(device, entry) {
                metrics.envelopes_removed.inc();
                self.deletes.rows.push((device, entry.row));
            } else if self.shared.leases.has(device) {
                guarded(&self.shared.recent).keep(device, entry.sequence, sealed);
                woken.push(device);
            }
        }
        for registered in shown.registered {
            let mut directory =
                self.shared.directory.write().unwrap_or_else(|poisoned| poisoned.into_inner());
            directory.set_account(registered.account, registered.token, Instant::now());
            for (id, number, new) in registered.devices {
                directory.set_device(id, number, registered.account);
                if new {
                    index.add(number, 0);
                }
            }
            for (id, number) in registered.removed {
                directory.remove_device(&id);
                let left = index.remove(number);
                metrics.envelopes_removed.inc_by(left.len() as u64);
                self.deletes.rows.extend(left.into_iter().map(|entry| (number, entry.row)));
            }
        }
        drop(index);
        let mut blobs = guarded(&self.shared.blobs);
        shown.blobs_stored.iter().for_each(|id| blobs.set_stored(id));
        let gone = shown.blobs_gone.iter().filter_map(|id| blobs.remove(id)).map(|entry| entry.number);
        for number in gone.chain(shown.uploads_gone) {
            // If its queue is full or its thread has ended, the next start finds the file without a row.
            self.delete_files.try_send(number).ok();
        }
        drop(blobs);
        woken.into_iter().for_each(|device| self.shared.leases.wake(device));
    }

    fn note_deletes(&mut self) {
        self.deletes.since = match self.deletes.since {
            _ if self.deletes.rows.is_empty() => None,
            Some(since) => Some(since),
            None => Some(Instant::now()),
        };
    }

    fn ask_for_checkpoint(&mut self, bytes: usize) {
        self.log_pages += PAGES_PER_COMMIT + u32::try_from(bytes / PAGE_BYTES).unwrap_or(u32::MAX / 2);
        // A full channel means that the thread has been woken already.
        if self.log_pages >= CHECKPOINT_PAGES && self.checkpoint.try_send(()).is_ok() {
            self.log_pages = 0;
        }
    }
}

struct Written {
    outcomes: Vec<Outcome>,
    shown: Shown,
    /// Whether the gathered deletions are part of the commit.
    deleted: bool,
}

fn refuse(replies: impl Iterator<Item = Reply>) {
    replies.for_each(|reply| reply.give(Err(Refusal::StorageFailed)));
}

/// Answers all who still ask, until the relay has stopped.
fn refuse_all(queue: &Receiver<ToWriter>) {
    while let Ok(ToWriter::Operation(operation)) = queue.recv() {
        refuse(std::iter::once(operation.reply));
    }
}
