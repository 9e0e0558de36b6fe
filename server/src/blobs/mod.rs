//! Blobs: streams that upload and download them, and the files in which they lie.
//!
//! A blob stream begins with one frame ([`airlock_wire::BlobRequest`]). Each is served by a task of its own, beside the
//! connection's requests and behind them in priority. Disk work is done chunk by chunk on the runtime's threads for
//! that, so a peer that is slow holds a buffer and no thread.

mod download;
mod files;
mod turns;
mod upload;

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use airlock_wire::{BlobReply, BlobRequest, CloseReason, FRAME_HEADER_BYTES, Refusal, decode, frame};
use quinn::{Connection, RecvStream, SendStream};
use tokio::{
    sync::Semaphore,
    task::{JoinSet, spawn_blocking},
    time::timeout,
};

pub(crate) use self::{files::BlobFiles, turns::Turns};
use crate::{
    limits::{BLOB_IDLE_TIMEOUT, BLOB_REQUEST_BYTES_MAX, BLOB_STREAMS_MAX, OPENING_TIMEOUT},
    metrics::{Kind, Outcome},
    observer::ConnectionObserver,
    store::{Store, StoreError},
};

/// How long a client is asked to wait when too many blob streams are open: longer than one chunk takes.
const RETRY_AFTER_SECONDS: u32 = 5;

/// Requests and answers on the first stream go before the bytes of blobs.
const STREAM_PRIORITY: i32 = -1;

/// What all blob streams of a relay share.
#[derive(Debug)]
pub(crate) struct Blobs {
    store: Arc<Store>,
    files: BlobFiles,
    room: Semaphore,
    /// Bytes of the largest blob.
    bytes_max: AtomicU64,
}

/// Why a blob stream ends before its end.
#[derive(Debug)]
enum Ended {
    /// The client is told.
    Refused(Refusal),
    /// What came is not what belongs there: the stream is reset with the reason.
    Misused,
    /// The client is gone, too slow, or was superseded: there is nobody to tell.
    Lost,
}

impl From<Refusal> for Ended {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Blobs {
    pub(crate) fn new(store: Arc<Store>, bytes_max: u64) -> Self {
        let files = store.blob_files().clone();
        Self { store, files, room: Semaphore::new(BLOB_STREAMS_MAX), bytes_max: bytes_max.into() }
    }

    /// The largest blob from now on.
    pub(crate) fn set_bytes_max(&self, bytes: u64) {
        self.bytes_max.store(bytes, Ordering::Relaxed);
    }

    /// Serves every stream that the client opens after its first, until the connection ends. `used` is set once a blob
    /// is asked for: the client then need not ask for anything on the first stream.
    pub(crate) async fn serve(
        self: &Arc<Self>,
        connection: &Connection,
        used: &Arc<AtomicBool>,
        observer: &ConnectionObserver,
    ) {
        let mut streams = JoinSet::new();
        loop {
            tokio::select! {
                opened = connection.accept_bi() => {
                    let Ok((sending, receiving)) = opened else { return };
                    let (blobs, used, observer) = (self.clone(), used.clone(), observer.clone());
                    let serving = async move { blobs.serve_stream((sending, receiving), &used, &observer).await };
                    streams.spawn(serving);
                }
                Some(_) = streams.join_next(), if !streams.is_empty() => {}
            }
        }
    }

    async fn serve_stream(
        &self,
        (mut sending, mut receiving): (SendStream, RecvStream),
        used: &AtomicBool,
        observer: &ConnectionObserver,
    ) {
        // Fails only when the stream is gone already, as do the resets below.
        sending.set_priority(STREAM_PRIORITY).ok();
        let Err(ended) = self.answer(&mut sending, &mut receiving, (used, observer)).await else { return };
        let code = CloseReason::Malformed.code().into();
        match ended {
            Ended::Refused(refusal) => {
                say(&mut sending, Err(refusal)).await.ok();
                sending.finish().ok();
                receiving.stop(0_u32.into()).ok();
            }
            Ended::Misused => {
                sending.reset(code).ok();
                receiving.stop(code).ok();
            }
            Ended::Lost => {
                sending.reset(0_u32.into()).ok();
                receiving.stop(0_u32.into()).ok();
            }
        }
    }

    async fn answer(
        &self,
        sending: &mut SendStream,
        receiving: &mut RecvStream,
        (used, observer): (&AtomicBool, &ConnectionObserver),
    ) -> Result<(), Ended> {
        let request = timeout(OPENING_TIMEOUT, request(receiving)).await.map_err(|_| Ended::Lost)??;
        used.store(true, Ordering::Relaxed);
        observer.blob_request(&request);
        let kind = Kind::from(&request);
        let answered = self.serve_request(request, sending, receiving).await;
        let outcome = match &answered {
            Ok(()) => Outcome::Ok,
            Err(Ended::Refused(refusal)) => refusal.into(),
            Err(Ended::Misused | Ended::Lost) => Outcome::CutOff,
        };
        self.store.metrics().requests.count((kind, outcome));
        answered
    }

    async fn serve_request(
        &self,
        request: BlobRequest,
        sending: &mut SendStream,
        receiving: &mut RecvStream,
    ) -> Result<(), Ended> {
        let busy = Refusal::Busy { retry_after_seconds: RETRY_AFTER_SECONDS };
        let _room = self.room.try_acquire().map_err(|_| busy)?;
        match request {
            BlobRequest::Put { account, token, blob } => {
                self.store.for_blob(&account, &token)?;
                self.put(sending, receiving, account, blob).await
            }
            BlobRequest::Get { id, offset, length } => self.get(sending, id, offset, length).await,
        }
    }

    /// Does work with files where it may block.
    async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> Result<T, Ended> {
        match spawn_blocking(work).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(self.disk_failed(error)),
            Err(_) => Err(Ended::Lost),
        }
    }

    /// A full disk refuses the blob, and mail goes on. Any other failure is the disk's, and a disk that fails can't be
    /// trusted with what is to be accepted next.
    fn disk_failed(&self, source: io::Error) -> Ended {
        use io::ErrorKind::{FileTooLarge, NotFound, QuotaExceeded, StorageFull};
        match source.kind() {
            StorageFull | QuotaExceeded | FileTooLarge => {
                tracing::warn!(error = %source, "no space for attachments: uploads are refused");
                Ended::Refused(Refusal::BlobsFull)
            }
            // Deleted while it was served.
            NotFound => Ended::Refused(Refusal::NoSuchBlob),
            _ => {
                self.store.fail(StoreError::BlobFile { source });
                Ended::Refused(Refusal::StorageFailed)
            }
        }
    }
}

/// The first frame.
async fn request(receiving: &mut RecvStream) -> Result<BlobRequest, Ended> {
    let mut header = [0; FRAME_HEADER_BYTES];
    receiving.read_exact(&mut header).await.map_err(cut)?;
    let length = u32::from_le_bytes(header) as usize;
    if length > BLOB_REQUEST_BYTES_MAX {
        return Err(Ended::Misused);
    }
    let mut body = vec![0; length];
    receiving.read_exact(&mut body).await.map_err(cut)?;
    decode(&body).map_err(|_| Ended::Misused)
}

fn cut(error: quinn::ReadExactError) -> Ended {
    match error {
        quinn::ReadExactError::FinishedEarly(_) => Ended::Misused,
        quinn::ReadExactError::ReadError(_) => Ended::Lost,
    }
}

async fn say(sending: &mut SendStream, reply: BlobReply) -> Result<(), Ended> {
    send(sending, &frame(&reply)).await
}

/// Sends to a client that reads; one that does not for [`BLOB_IDLE_TIMEOUT`] is given up and may come again.
async fn send(sending: &mut SendStream, bytes: &[u8]) -> Result<(), Ended> {
    in_time(sending.write_all(bytes)).await?.map_err(|_| Ended::Lost)
}

async fn in_time<T>(work: impl Future<Output = T>) -> Result<T, Ended> {
    timeout(BLOB_IDLE_TIMEOUT, work).await.map_err(|_| Ended::Lost)
}
