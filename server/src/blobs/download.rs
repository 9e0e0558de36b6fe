//! Downloads, whole or in part, for whoever knows the id.

use std::os::unix::fs::FileExt;

use airlock_wire::{BlobAnswer, BlobId, Refusal};
use quinn::SendStream;

use super::{Blobs, Ended, say, send};
use crate::limits::BLOB_BUFFER_BYTES;

impl Blobs {
    /// Sends `length` bytes from `offset`, or those that there are.
    pub(super) async fn get(
        &self,
        sending: &mut SendStream,
        id: BlobId,
        offset: u64,
        length: u64,
    ) -> Result<(), Ended> {
        let entry = self.store.blob(&id).filter(|entry| entry.stored).ok_or(Refusal::NoSuchBlob)?;
        let Some(rest) = entry.blob.bytes.checked_sub(offset) else {
            let what = "the offset".to_owned();
            return Err(Refusal::TooLarge { what, got: offset, max: entry.blob.bytes }.into());
        };
        let bytes = rest.min(length);
        let files = self.files.clone();
        let mut file = self.on_disk(move || files.open(entry.number)).await?;
        say(sending, Ok(BlobAnswer::Coming { bytes })).await?;

        let mut buffer = Vec::new();
        let (mut at, end) = (offset, offset + bytes);
        while at < end {
            buffer.resize(usize::try_from(end - at).unwrap_or(usize::MAX).min(BLOB_BUFFER_BYTES), 0);
            (file, buffer) = self
                .on_disk(move || {
                    file.read_exact_at(&mut buffer, at)?;
                    Ok((file, buffer))
                })
                .await?;
            send(sending, &buffer).await?;
            self.store.metrics().blob_bytes_sent.inc_by(buffer.len() as u64);
            at += buffer.len() as u64;
        }
        sending.finish().map_err(|_| Ended::Lost)
    }
}
