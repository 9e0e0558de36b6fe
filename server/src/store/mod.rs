//! The store: mailboxes, prekeys and accounts on SQLite, durable before "accepted".
//!
//! One thread writes ([`writer`]), a few read ([`reader`]), one checkpoints ([`checkpoint`]), one deletes files
//! ([`blob_files`]). What must be
//! looked up for each request is also in memory: which envelopes wait where ([`mailbox_index`]), who may
//! deliver to whom ([`directory`]), what was submitted lately ([`submits`]), which blobs there are ([`blob_index`]),
//! and for a moment what is to be pushed at once ([`recent`]).

mod accounts;
mod batch;
mod blob_files;
mod blob_index;
mod blobs;
pub(crate) mod ceiling;
mod checkpoint;
mod directory;
mod error;
pub(crate) mod filling;
pub(crate) mod invites;
mod key;
mod load;
mod mailbox_index;
mod operation;
mod prekeys;
mod reader;
mod recent;
mod rules;
pub(crate) mod schema;
mod status;
mod submits;
#[cfg(test)]
mod tests;
mod writer;

use std::{
    sync::{
        Arc, Mutex, RwLock,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
};

use airlock_wire::{AccountId, Answer, BlobId, DeliveryToken, DeviceId, Push, Refusal};
use tokio::sync::{Semaphore, oneshot, watch};

pub(crate) use self::status::disk_bytes;
pub(crate) use self::{
    accounts::Register,
    blob_index::{BlobEntry, BlobNumber},
    mailbox_index::DeviceNumber,
    operation::Action,
};
use self::{
    blob_index::BlobIndex,
    directory::Directory,
    mailbox_index::MailboxIndex,
    operation::{Operation, ToWriter},
    reader::Read,
    recent::RecentEnvelopes,
    rules::Rules,
    schema::Open,
};
pub use self::{
    error::StoreError,
    key::{StoreKey, StoreKeyError},
    status::Status,
};
use crate::{
    blobs::{BlobFiles, Turns},
    config::Config,
    data_dir::DataDir,
    guarded,
    lease::Leases,
    limits::{BLOB_DELETIONS_MAX, PUSH_READ_BYTES_MAX, READERS, WRITE_QUEUE_MAX},
    metrics::{Metrics, StoreFigures},
    reply::Reply,
};

/// What the threads of the store share.
#[derive(Debug)]
struct Shared {
    rules: Mutex<Rules>,
    index: Mutex<MailboxIndex>,
    recent: Mutex<RecentEnvelopes>,
    directory: RwLock<Directory>,
    blobs: Mutex<BlobIndex>,
    turns: Turns,
    leases: Arc<Leases>,
    metrics: Arc<Metrics>,
    failure: watch::Sender<Option<Arc<StoreError>>>,
}

impl Shared {
    /// From now on nothing is accepted. The first failure is the one that is told.
    fn fail(&self, error: StoreError) {
        self.failure.send_if_modified(|failure| {
            let first = failure.is_none();
            if first {
                *failure = Some(Arc::new(error));
            }
            first
        });
    }

    fn has_failed(&self) -> bool {
        self.failure.borrow().is_some()
    }
}

/// A handle on the store's threads.
#[derive(Debug)]
pub(crate) struct Store {
    shared: Arc<Shared>,
    to_writer: mpsc::Sender<ToWriter>,
    room: Arc<Semaphore>,
    readers: Vec<mpsc::Sender<Read>>,
    next_reader: AtomicUsize,
    writing: Mutex<Vec<JoinHandle<()>>>,
    blob_files: BlobFiles,
    data_dir: DataDir,
}

impl Store {
    /// Opens the store of the data directory, made if there is none, and starts its threads.
    pub(crate) fn open(config: &Config, metrics: Arc<Metrics>) -> Result<Self, StoreError> {
        let data_dir = &config.data_dir;
        let connection = schema::open(data_dir, Open::OrCreate)?;
        let (wake_checkpoint, woken) = mpsc::sync_channel(1);
        let (delete_file, files_to_delete) = mpsc::sync_channel(BLOB_DELETIONS_MAX);
        let blob_files =
            BlobFiles::in_dir(data_dir.path()).map_err(|source| StoreError::BlobFile { source })?;
        let (shared, writer) =
            load::load(connection, config, metrics, &blob_files, (wake_checkpoint, delete_file))?;

        let (to_writer, queue) = mpsc::channel();
        let writing = vec![
            start("writer", &shared, move |_| writer.run(&queue))?,
            start("checkpoint", &shared, {
                let connection = schema::open(data_dir, Open::Existing)?;
                move |shared| checkpoint::run(&connection, &woken, shared)
            })?,
            start("blob-files", &shared, {
                let files = blob_files.clone();
                move |shared| blob_files::delete(&files, &files_to_delete, shared)
            })?,
        ];
        let mut readers = Vec::with_capacity(READERS);
        for _ in 0..READERS {
            let connection = schema::open(data_dir, Open::Existing)?;
            let (ask, questions) = mpsc::channel();
            start("reader", &shared, move |shared| reader::run(&connection, &questions, shared))?;
            readers.push(ask);
        }
        Ok(Self {
            shared,
            to_writer,
            room: Arc::new(Semaphore::new(WRITE_QUEUE_MAX)),
            readers,
            next_reader: AtomicUsize::new(0),
            writing: Mutex::new(writing),
            blob_files,
            data_dir: data_dir.clone(),
        })
    }

    /// Hands a change to the writer, which answers when it is on disk. Waits while the queue is full.
    pub(crate) async fn submit(&self, action: Action, reply: Reply) {
        let room = self.room.clone().acquire_owned().await.ok();
        let operation = ToWriter::Operation(Operation { action, reply, room });
        if let Err(mpsc::SendError(ToWriter::Operation(unsent))) = self.to_writer.send(operation) {
            unsent.reply.give(Err(Refusal::StorageFailed));
        }
    }

    /// The same for a task that waits for the answer, and needs to know no more than that it is done.
    pub(crate) async fn ask(&self, action: Action) -> Result<Answer, Refusal> {
        let (asker, answered) = oneshot::channel();
        self.submit(action, Reply::Task(asker)).await;
        answered.await.unwrap_or(Err(Refusal::StorageFailed))
    }

    /// A blob that was announced or stored.
    pub(crate) fn blob(&self, id: &BlobId) -> Option<BlobEntry> {
        guarded(&self.shared.blobs).get(id)
    }

    /// The uploads under way.
    pub(crate) fn turns(&self) -> &Turns {
        &self.shared.turns
    }

    /// The files of blobs.
    pub(crate) fn blob_files(&self) -> &BlobFiles {
        &self.blob_files
    }

    /// Ends the store because of a failure that its threads did not see.
    pub(crate) fn fail(&self, error: StoreError) {
        self.shared.fail(error);
    }

    /// The envelopes that wait for a device after `sequence`, oldest first, as many as fit one read.
    /// `None` if the store failed.
    pub(crate) async fn envelopes_after(
        &self,
        device: DeviceNumber,
        sequence: u64,
        count: usize,
    ) -> Option<Vec<Push>> {
        let entries = guarded(&self.shared.index).after(device, sequence, count, PUSH_READ_BYTES_MAX);
        if entries.is_empty() {
            return Some(Vec::new());
        }
        let recent = guarded(&self.shared.recent).take(device, &entries);
        if recent.is_some() {
            return recent;
        }
        let (answer, answered) = oneshot::channel();
        self.read(Read::Envelopes { device, entries, answer });
        answered.await.ok()
    }

    /// One-time prekeys that a device has left: X25519, ML-KEM-768. `None` if the store failed.
    pub(crate) async fn prekeys_left(&self, device: DeviceNumber) -> Option<(u32, u32)> {
        let (answer, answered) = oneshot::channel();
        self.read(Read::PrekeysLeft { device, answer });
        answered.await.ok()
    }

    fn read(&self, question: Read) {
        let next = self.next_reader.fetch_add(1, Ordering::Relaxed);
        if let Some(reader) = self.readers.get(next % self.readers.len()) {
            // A reader that has ended drops the question, and with it the asker's hope of an answer.
            reader.send(question).ok();
        }
    }

    /// The mailbox number of a registered device.
    pub(crate) fn number(&self, device: &DeviceId) -> Option<DeviceNumber> {
        self.directory().number(device)
    }

    /// The mailbox of the device, for someone who has its account's token.
    pub(crate) fn for_delivery(
        &self,
        device: &DeviceId,
        token: &DeliveryToken,
    ) -> Result<DeviceNumber, Refusal> {
        self.directory().for_delivery(device, token)
    }

    /// Whether someone with this token may fetch the account's bundles now.
    pub(crate) fn for_fetch(&self, account: &AccountId, token: &DeliveryToken) -> Result<(), Refusal> {
        let mut directory = self.shared.directory.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        directory.for_fetch(account, token, std::time::Instant::now())
    }

    /// Whether someone with this token may upload for the account.
    pub(crate) fn for_blob(&self, account: &AccountId, token: &DeliveryToken) -> Result<(), Refusal> {
        self.directory().for_blob(account, token)
    }

    fn directory(&self) -> std::sync::RwLockReadGuard<'_, Directory> {
        self.shared.directory.read().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// The connections that get envelopes.
    pub(crate) fn leases(&self) -> &Arc<Leases> {
        &self.shared.leases
    }

    /// Whether it has failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.shared.has_failed()
    }

    /// What is counted.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.shared.metrics
    }

    /// How full it is. Looks at files, and so may block.
    pub(crate) fn figures(&self) -> StoreFigures {
        let (envelopes, envelope_bytes) = guarded(&self.shared.index).reserved();
        let (blobs, blob_bytes) = guarded(&self.shared.blobs).charged();
        StoreFigures {
            envelopes,
            envelope_bytes,
            blobs,
            blob_bytes,
            queued_operations: WRITE_QUEUE_MAX.saturating_sub(self.room.available_permits()) as u64,
            disk_bytes: disk_bytes(&self.data_dir.store()),
        }
    }

    /// Tells of the store's failure, once there is one.
    pub(crate) fn failure(&self) -> watch::Receiver<Option<Arc<StoreError>>> {
        self.shared.failure.subscribe()
    }

    /// Returns when the store has failed.
    pub(crate) async fn failed(&self) -> Arc<StoreError> {
        match self.failure().wait_for(Option::is_some).await.map(|failure| failure.clone()) {
            Ok(Some(error)) => error,
            // Its sender lives as long as the store.
            Ok(None) | Err(_) => std::future::pending().await,
        }
    }

    /// Where it lies.
    pub(crate) fn data_dir(&self) -> &DataDir {
        &self.data_dir
    }

    /// Commits what was submitted and ends the writing threads. Blocks until they have ended.
    pub(crate) fn close(&self) {
        // An error means that the writer has ended by itself.
        self.to_writer.send(ToWriter::Stop).ok();
        for thread in guarded(&self.writing).drain(..) {
            // A panic in it has been told by its guard.
            thread.join().ok();
        }
    }
}

/// Starts a thread of the store. If it ever panics, the store has failed: a writer that is gone must not look
/// like one that is slow.
fn start(
    name: &'static str,
    shared: &Arc<Shared>,
    work: impl FnOnce(&Arc<Shared>) + Send + 'static,
) -> Result<JoinHandle<()>, StoreError> {
    struct Guard {
        name: &'static str,
        shared: Arc<Shared>,
    }
    impl Drop for Guard {
        fn drop(&mut self) {
            if thread::panicking() {
                self.shared.fail(StoreError::Thread { thread: self.name, source: None });
            }
        }
    }
    let guard = Guard { name, shared: shared.clone() };
    thread::Builder::new()
        .name(format!("store-{name}"))
        .spawn(move || work(&guard.shared))
        .map_err(|source| StoreError::Thread { thread: name, source: Some(source) })
}
