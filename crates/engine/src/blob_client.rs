//! Ciphertext of files to and from a relay, each on a stream of its own beside the requests.

use std::{io::SeekFrom, time::Duration};

use airlock_wire::{
    AccountId, Blob, BlobAnswer, BlobId, BlobReply, BlobRequest, DeliveryToken, decode, frame,
};
use quinn::{RecvStream, SendStream};
use tokio::{
    fs::File,
    io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _},
    time::timeout,
};

use crate::relay_client::{ANSWER_TIMEOUT, NetworkError, RelayClient, next_frame};

/// Bytes carried at a time: large enough that the disk is asked rarely, small enough that progress shows.
const PIECE_BYTES: usize = 256 * 1024;

/// A relay hashes and syncs a whole file before it says "stored"; on a slow disk a gigabyte takes that long.
const STORED_TIMEOUT: Duration = Duration::from_secs(120);

/// Why ciphertext could not be carried.
#[derive(Debug)]
pub(crate) enum BlobError {
    /// The relay, or the way to it.
    Network(NetworkError),
    /// The copy in this home.
    File(std::io::Error),
}

impl From<NetworkError> for BlobError {
    fn from(error: NetworkError) -> Self {
        Self::Network(error)
    }
}

impl From<std::io::Error> for BlobError {
    fn from(error: std::io::Error) -> Self {
        Self::File(error)
    }
}

impl RelayClient {
    /// Uploads what the relay does not have yet of a blob, and returns when it has all of it on disk.
    pub(crate) async fn put_blob(
        &self,
        (account, token): (AccountId, DeliveryToken),
        blob: &Blob,
        file: std::fs::File,
        mut carried: impl FnMut(u64),
    ) -> Result<(), BlobError> {
        let request = BlobRequest::Put { account, token, blob: *blob };
        let (mut sender, mut receiver) = self.ask_for_blob(&request).await?;
        let mut at = match self.blob_answer(&mut receiver, ANSWER_TIMEOUT).await? {
            BlobAnswer::Stored => return Ok(()),
            BlobAnswer::Ready { offset } if offset <= blob.bytes => offset,
            other => return Err(unexpected(&other).into()),
        };
        carried(at);
        let mut file = File::from_std(file);
        file.seek(SeekFrom::Start(at)).await?;
        let mut piece = vec![0; PIECE_BYTES];
        while at < blob.bytes {
            let count = file.read(&mut piece).await?;
            if count == 0 {
                return Err(BlobError::File(std::io::ErrorKind::UnexpectedEof.into()));
            }
            if let Err(error) = sender.write_all(&piece[..count]).await {
                // A relay that stops reading has said why.
                self.blob_answer(&mut receiver, ANSWER_TIMEOUT).await?;
                return Err(self.broken(&error.to_string()).into());
            }
            at += count as u64;
            carried(at.min(blob.bytes));
        }
        // A stream that has ended already tells its reason in the answer.
        let _ = sender.finish();
        match self.blob_answer(&mut receiver, STORED_TIMEOUT).await? {
            BlobAnswer::Stored => Ok(()),
            other => Err(unexpected(&other).into()),
        }
    }

    /// Appends to `file`, which holds the first `have` bytes of a blob, the rest up to `total`.
    ///
    /// What came stays in the file when the connection breaks.
    pub(crate) async fn get_blob(
        &self,
        id: BlobId,
        (have, total): (u64, u64),
        file: std::fs::File,
        mut carried: impl FnMut(u64),
    ) -> Result<(), BlobError> {
        let request = BlobRequest::Get { id, offset: have, length: u64::MAX };
        let (mut sender, mut receiver) = self.ask_for_blob(&request).await?;
        let _ = sender.finish();
        match self.blob_answer(&mut receiver, ANSWER_TIMEOUT).await? {
            BlobAnswer::Coming { bytes } if have.checked_add(bytes) == Some(total) => {}
            BlobAnswer::Coming { bytes } => {
                let why = format!("it has {bytes} more bytes of a file, and {} are missing", total - have);
                return Err(NetworkError::Protocol(why).into());
            }
            other => return Err(unexpected(&other).into()),
        }
        let mut file = File::from_std(file);
        let mut at = have;
        carried(at);
        let mut piece = vec![0; PIECE_BYTES];
        while at < total {
            let wanted = piece.len().min(usize::try_from(total - at).unwrap_or(usize::MAX));
            let count = match timeout(ANSWER_TIMEOUT, receiver.read(&mut piece[..wanted])).await {
                Ok(Ok(Some(count))) => count,
                Ok(Ok(None)) => return Err(self.broken("it ended in the middle of a file").into()),
                Ok(Err(error)) => return Err(self.broken(&error.to_string()).into()),
                Err(_) => return Err(self.broken("it stopped in the middle of a file").into()),
            };
            file.write_all(&piece[..count]).await?;
            at += count as u64;
            carried(at);
        }
        file.sync_all().await?;
        Ok(())
    }

    async fn ask_for_blob(&self, request: &BlobRequest) -> Result<(SendStream, RecvStream), NetworkError> {
        let opened = timeout(ANSWER_TIMEOUT, self.connection().open_bi()).await;
        let (mut sender, receiver) = match opened {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(self.broken(&error.to_string())),
            Err(_) => return Err(self.broken("the relay takes no more files at once")),
        };
        match sender.write_all(&frame(request)).await {
            Ok(()) => Ok((sender, receiver)),
            Err(error) => Err(self.broken(&error.to_string())),
        }
    }

    async fn blob_answer(
        &self,
        receiver: &mut RecvStream,
        limit: Duration,
    ) -> Result<BlobAnswer, NetworkError> {
        let body = match timeout(limit, next_frame(receiver)).await {
            Ok(Some(body)) => body,
            Ok(None) => return Err(self.broken("the connection ended")),
            Err(_) => return Err(self.broken(&format!("no answer in {} s", limit.as_secs()))),
        };
        match decode::<BlobReply>(&body) {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(refusal)) => Err(NetworkError::Refused(refusal)),
            Err(error) => Err(NetworkError::Protocol(error.to_string())),
        }
    }
}

fn unexpected(answer: &BlobAnswer) -> NetworkError {
    let kind = match answer {
        BlobAnswer::Ready { .. } => "a place to go on from",
        BlobAnswer::Stored => "stored",
        BlobAnswer::Coming { .. } => "a file",
    };
    NetworkError::Protocol(format!("it answered with {kind}, which does not fit what was asked"))
}
