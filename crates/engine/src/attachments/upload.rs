//! Out: the ciphertext of files to the relays of their recipients, going on where it stopped, until each is there.

use airlock_protocol::MessageId;
use airlock_wire::{Blob, Refusal, RelayAddress};
use getrandom::SysRng;
use rand_core::UnwrapErr;

use super::Transfer;
use crate::{
    backoff::Backoff,
    blob_client::BlobError,
    engine::Engine,
    event::Event,
    relay_client::{NetworkError, RelayClient},
    vault::{
        VaultError,
        attachments::{self, FileState, StoredFile},
        contacts,
        messages::{self, Delivery},
        outbox,
    },
};

/// A step in which progress is told: 1 part in so many.
const STEPS: u64 = 100;

enum UploadError {
    /// Try again after a while.
    Later,
    Vault(VaultError),
}

impl From<VaultError> for UploadError {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}

impl Engine {
    /// Uploads what waits for one relay, and returns when nothing does.
    pub(crate) async fn upload_to(&self, relay: &RelayAddress) -> Result<(), VaultError> {
        let mut backoff = Backoff::default();
        loop {
            match self.upload_all(relay, &mut backoff).await {
                Ok(()) => return Ok(()),
                Err(UploadError::Vault(error)) => return Err(error),
                Err(UploadError::Later) => {}
            }
            let wait = backoff.next(&mut UnwrapErr(SysRng));
            tokio::time::sleep(wait).await;
        }
    }

    async fn upload_all(&self, relay: &RelayAddress, backoff: &mut Backoff) -> Result<(), UploadError> {
        let (client, _pushes) = match RelayClient::connect(relay).await {
            Ok(connected) => connected,
            Err(error) => {
                self.set_delivery_problem(Some(error.to_string()));
                return Err(UploadError::Later);
            }
        };
        self.set_delivery_problem(None);
        let waiting = attachments::to_upload(self.state()?.vault.read(), relay)?;
        let mut put_off = false;
        for file in waiting {
            match self.upload(&client, &file).await? {
                Fate::Stored => {
                    backoff.reset();
                    self.uploaded(&file)?;
                }
                Fate::Refused(why) => self.give_up(&file, why)?,
                // A relay that has no room for one recipient may have some for another.
                Fate::Later(why) => {
                    put_off = true;
                    self.set_delivery_problem(Some(why));
                }
                Fate::Broken(why) => {
                    self.set_delivery_problem(Some(why));
                    return Err(UploadError::Later);
                }
            }
        }
        client.leave();
        if put_off { Err(UploadError::Later) } else { Ok(()) }
    }

    /// Uploads one file. A relay that got other bytes than it was told of is tried once more, from the beginning.
    async fn upload(&self, client: &RelayClient, file: &StoredFile) -> Result<Fate, VaultError> {
        let token = contacts::token(self.state()?.vault.read(), &file.key.account)?;
        let (Some(token), Some(blob)) = (token, file.upload) else {
            return Ok(Fate::Refused("its recipient is no longer a contact".into()));
        };
        let begun = Transfer { done: 0, total: blob.bytes };
        let Some(_under_way) = self.inner.transfers.begin(blob.id, begun) else {
            return Ok(Fate::Later("the same file is being uploaded already".into()));
        };
        let mut put = self.put(client, file, token, &blob).await;
        if put.is_err() {
            put = self.put(client, file, token, &blob).await;
        }
        let damaged = |Damaged| Fate::Refused("the encrypted copy in this home is damaged".into());
        Ok(put.unwrap_or_else(damaged))
    }

    async fn put(
        &self,
        client: &RelayClient,
        file: &StoredFile,
        token: airlock_wire::DeliveryToken,
        blob: &Blob,
    ) -> Result<Fate, Damaged> {
        let unreadable =
            |error: std::io::Error| Fate::Refused(format!("the encrypted copy cannot be read: {error}"));
        let ciphertext = match self.inner.home.kept().open(&blob.id.0) {
            Ok(ciphertext) => ciphertext,
            Err(error) => return Ok(unreadable(error)),
        };
        let tell = self.teller(file, blob.bytes);
        Ok(match client.put_blob((file.key.account, token), blob, ciphertext, tell).await {
            Ok(()) => Fate::Stored,
            Err(BlobError::File(error)) => unreadable(error),
            Err(BlobError::Network(NetworkError::Refused(Refusal::BlobDamaged))) => return Err(Damaged),
            Err(BlobError::Network(NetworkError::Refused(refusal))) if refusal.is_temporary() => {
                Fate::Later(refusal.to_string())
            }
            Err(BlobError::Network(NetworkError::Refused(refusal))) => Fate::Refused(refusal.to_string()),
            Err(BlobError::Network(error)) => Fate::Broken(error.to_string()),
        })
    }

    /// Tells how far a file has come, each time that it has come noticeably further.
    pub(super) fn teller(&self, file: &StoredFile, total: u64) -> impl FnMut(u64) + use<> {
        let engine = self.clone();
        let (key, blob) = (file.key, file.blob);
        let mut told = None;
        move |done| {
            let step = done.saturating_mul(STEPS) / total.max(1);
            if told == Some(step) {
                return;
            }
            told = Some(step);
            let transfer = Transfer { done, total };
            engine.inner.transfers.set(blob, transfer);
            engine.tell(Event::Transfer { account: key.account, id: key.message, transfer });
        }
    }

    /// The relay has it: the message that waited may go.
    fn uploaded(&self, file: &StoredFile) -> Result<(), VaultError> {
        self.state()?.vault.write(|db| attachments::set_state(db, &file.key, FileState::Uploaded))?;
        self.tell(Event::File {
            account: file.key.account,
            id: file.key.message,
            state: FileState::Uploaded,
        });
        self.inner.outgoing.notify_one();
        Ok(())
    }

    /// The relay will never take it, so its message does not go either.
    fn give_up(&self, file: &StoredFile, why: String) -> Result<(), VaultError> {
        let (account, id) = (file.key.account, file.key.message);
        let delivery = Delivery::Failed(why);
        self.state()?.vault.write(|db| {
            attachments::set_state(db, &file.key, FileState::Refused)?;
            outbox::delete_message(db, &id)?;
            messages::set_delivery(db, &id, &delivery)
        })?;
        self.tell(Event::Delivery { account, id, delivery });
        self.tell(Event::Outbox);
        Ok(())
    }

    /// The recipient's relay has the message and its file: the encrypted copy here has done its duty.
    pub(crate) fn forget_upload(&self, id: MessageId) -> Result<(), VaultError> {
        let Some(message) = self.message(id)? else { return Ok(()) };
        if message.file.is_some()
            && let Some(file) = attachments::get(self.state()?.vault.read(), &message.file_key())?
        {
            // What can't be removed now is swept away at the next start.
            let _ = self.inner.home.kept().remove(&file.blob.0);
        }
        Ok(())
    }
}

/// What became of one upload.
enum Fate {
    Stored,
    /// For good.
    Refused(String),
    /// For now.
    Later(String),
    /// The connection ended.
    Broken(String),
}

/// The relay got other bytes than it was told of, and has thrown them away.
struct Damaged;
