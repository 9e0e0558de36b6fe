//! Uploads: resumable, checked against the announced digest, on disk before "stored".

use std::sync::atomic::Ordering;

use airlock_wire::{AccountId, Blob, BlobAnswer, Refusal};
use quinn::{RecvStream, SendStream};
use tokio::time::{Instant, timeout_at};

use super::{Blobs, Ended, files::Part, in_time, say, turns::Turn};
use crate::{
    limits::{BLOB_BUFFER_BYTES, BLOB_IDLE_TIMEOUT},
    store::{Action, BlobEntry},
};

/// An upload that expires while it comes in starts anew when the client asks again.
const EXPIRED_MEANWHILE: Refusal = Refusal::Busy { retry_after_seconds: 1 };

impl Blobs {
    /// Takes a blob in, from where an earlier upload of it ended.
    pub(super) async fn put(
        &self,
        sending: &mut SendStream,
        receiving: &mut RecvStream,
        account: AccountId,
        blob: Blob,
    ) -> Result<(), Ended> {
        let max = self.bytes_max.load(Ordering::Relaxed);
        if blob.bytes > max {
            let what = "the attachment".to_owned();
            return Err(Refusal::TooLarge { what, got: blob.bytes, max }.into());
        }
        self.store.ask(Action::AnnounceBlob { account, blob }).await?;
        let entry = self.store.blob(&blob.id).ok_or(EXPIRED_MEANWHILE)?;
        let turn = self.store.turns().take(entry.number);
        let digest = tokio::select! {
            digest = self.receive(sending, receiving, entry, &turn) => digest?,
            () = turn.superseded() => return Err(Ended::Lost),
        };
        match digest {
            None => {}
            Some(digest) if digest == blob.digest => {
                let finished = self.store.ask(Action::FinishBlob { id: blob.id, number: entry.number }).await;
                finished.map_err(|refusal| match refusal {
                    Refusal::NoSuchBlob => EXPIRED_MEANWHILE,
                    other => other,
                })?;
            }
            Some(_) => {
                self.store.ask(Action::DiscardBlob { id: blob.id, number: entry.number }).await?;
                return Err(Refusal::BlobDamaged.into());
            }
        }
        say(sending, Ok(BlobAnswer::Stored)).await?;
        sending.finish().map_err(|_| Ended::Lost)
    }

    /// Receives what is missing and gives the digest of all, once all is on disk. None if it was stored before.
    async fn receive(
        &self,
        sending: &mut SendStream,
        receiving: &mut RecvStream,
        BlobEntry { blob, number, .. }: BlobEntry,
        turn: &Turn,
    ) -> Result<Option<[u8; 32]>, Ended> {
        // The turn stays with the file until it is closed, even if this task ends while the disk is at work.
        let guard = turn.begins().await;
        // It may have gone by then, and even be announced anew: that is another file, for which this is not the turn.
        let entry =
            self.store.blob(&blob.id).filter(|entry| entry.number == number).ok_or(EXPIRED_MEANWHILE)?;
        if entry.stored {
            return Ok(None);
        }
        let files = self.files.clone();
        let mut part = self.on_disk(move || Part::open(&files, number, blob.bytes, guard)).await?;
        say(sending, Ok(BlobAnswer::Ready { offset: part.bytes() })).await?;

        let mut buffer = Vec::new();
        while part.bytes() < blob.bytes {
            let missing = usize::try_from(blob.bytes - part.bytes()).unwrap_or(usize::MAX);
            buffer.resize(missing.min(BLOB_BUFFER_BYTES), 0);
            let (got, cut) = fill(receiving, &mut buffer).await;
            buffer.truncate(got);
            self.store.metrics().blob_bytes_received.inc_by(got as u64);
            (part, buffer) = self
                .on_disk(move || {
                    part.append(&buffer)?;
                    Ok((part, buffer))
                })
                .await?;
            if cut {
                return Err(Ended::Lost);
            }
        }
        // Nothing may follow.
        if in_time(receiving.read_chunk(1, true)).await?.map_err(|_| Ended::Lost)?.is_some() {
            return Err(Ended::Misused);
        }
        self.on_disk(move || part.finish()).await.map(Some)
    }
}

/// Reads until the buffer is full: how much came, and whether the client ended, went away or was too slow for it. What
/// came by then is worth keeping.
async fn fill(receiving: &mut RecvStream, buffer: &mut [u8]) -> (usize, bool) {
    let mut got = 0;
    let deadline = Instant::now() + BLOB_IDLE_TIMEOUT;
    while let Some(room) = buffer.get_mut(got..).filter(|room| !room.is_empty()) {
        match timeout_at(deadline, receiving.read(room)).await {
            Ok(Ok(Some(read))) => got += read,
            Ok(Ok(None) | Err(_)) | Err(_) => return (got, true),
        }
    }
    (got, false)
}
