//! In: the ciphertext of a file from our relay, going on where it stopped.

use std::io;

use airlock_protocol::AttachmentOpener;
use airlock_wire::{Refusal, RelayAddress, Request};

use super::{SaveError, Transfer, kept::FETCHED_BYTES_MAX, plaintext::Plaintext};
use crate::{
    blob_client::BlobError,
    engine::Engine,
    event::Event,
    relay_client::{NetworkError, RelayClient},
    vault::{
        VaultError,
        attachments::{self, FileState, StoredFile},
        settings,
    },
};

impl Engine {
    /// Makes sure that the ciphertext of a file is in this home, whole and authentic.
    pub(super) async fn fetch_file(&self, file: &StoredFile) -> Result<(), SaveError> {
        let opener = AttachmentOpener::new(&file.attachment, &file.pointer);
        let total = opener.blob_bytes();
        let begun = Transfer { done: 0, total };
        let Some(_under_way) = self.inner.transfers.begin(file.blob, begun) else {
            return Err(SaveError::Busy);
        };
        let relay: Option<RelayAddress> = settings::get(self.state()?.vault.read(), settings::Name::Relay)?;
        let relay = relay.ok_or(NetworkError::NotRegistered)?;
        let (client, _pushes) = RelayClient::connect(&relay).await?;
        let resumed = self.download(&client, file, total).await?;
        if let Err(why) = self.authentic(file).await? {
            self.inner.home.kept().remove(&file.blob.0).map_err(SaveError::Home)?;
            if !resumed {
                return Err(SaveError::NotAuthentic(why));
            }
            // What an earlier attempt left may be at fault, so this one begins anew.
            self.download(&client, file, total).await?;
            if let Err(why) = self.authentic(file).await? {
                self.inner.home.kept().remove(&file.blob.0).map_err(SaveError::Home)?;
                return Err(SaveError::NotAuthentic(why));
            }
        }
        self.fetched(file)?;
        // Were it not released, it would be deleted when its time is over.
        let _ = self.release(&client, file).await;
        client.close().await;
        Ok(())
    }

    /// Brings the ciphertext here; true when a part of it was here already.
    async fn download(&self, client: &RelayClient, file: &StoredFile, total: u64) -> Result<bool, SaveError> {
        let kept = self.inner.home.kept();
        if kept.len(&file.blob.0) > total {
            kept.remove(&file.blob.0).map_err(SaveError::Home)?;
        }
        let have = kept.len(&file.blob.0);
        if have == total {
            return Ok(true);
        }
        let ciphertext = kept.append(&file.blob.0).map_err(SaveError::Home)?;
        let tell = self.teller(file, total);
        match client.get_blob(file.blob, (have, total), ciphertext, tell).await {
            Ok(()) => Ok(have > 0),
            Err(BlobError::File(error)) => Err(SaveError::Home(error)),
            Err(BlobError::Network(NetworkError::Refused(Refusal::NoSuchBlob))) => {
                self.set_file_state(file, FileState::Gone)?;
                let _ = kept.remove(&file.blob.0);
                Err(SaveError::Gone)
            }
            Err(BlobError::Network(error)) => Err(error.into()),
        }
    }

    /// Reads all of it once, so that no part of a file is used before the whole is known to be right.
    async fn authentic(&self, file: &StoredFile) -> Result<Result<(), String>, SaveError> {
        let (kept, file) = (self.inner.home.kept(), file.clone());
        let reading = tokio::task::spawn_blocking(move || {
            let ciphertext = kept.open(&file.blob.0)?;
            io::copy(&mut Plaintext::new(ciphertext, &file.attachment, &file.pointer), &mut io::sink())
        });
        match reading.await.map_err(|_| SaveError::Home(io::ErrorKind::Other.into()))? {
            Ok(_) => Ok(Ok(())),
            Err(error)
                if matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) =>
            {
                Ok(Err(error.to_string()))
            }
            Err(error) => Err(SaveError::Home(error)),
        }
    }

    fn fetched(&self, file: &StoredFile) -> Result<(), VaultError> {
        self.set_file_state(file, FileState::Fetched)?;
        let fetched = attachments::in_states(self.state()?.vault.read(), &[FileState::Fetched])?;
        let kept = self.inner.home.kept();
        let blobs: Vec<[u8; 32]> = fetched.iter().map(|file| file.blob.0).collect();
        for surplus in kept.surplus(&blobs, FETCHED_BYTES_MAX) {
            // Never the one that was asked for just now, however large.
            if surplus == file.blob.0 {
                continue;
            }
            if let Some(old) = fetched.iter().find(|old| old.blob.0 == surplus)
                && kept.remove(&surplus).is_ok()
            {
                self.set_file_state(old, FileState::Gone)?;
            }
        }
        Ok(())
    }

    fn set_file_state(&self, file: &StoredFile, state: FileState) -> Result<(), VaultError> {
        self.state()?.vault.write(|db| attachments::set_state(db, &file.key, state))?;
        self.tell(Event::File { account: file.key.account, id: file.key.message, state });
        Ok(())
    }

    /// Tells the relay that this device has a file safe.
    async fn release(&self, client: &RelayClient, file: &StoredFile) -> Result<(), NetworkError> {
        let device = match self.state() {
            Ok(state) => state.us.device().id(),
            // Whoever reads the vault next says so.
            Err(_) => return Ok(()),
        };
        self.authenticate(client, device).await?;
        client.tell(Request::ReleaseBlob { blob: file.blob }).await
    }
}
