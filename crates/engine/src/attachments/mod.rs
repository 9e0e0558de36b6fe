//! Files that go and come with messages.
//!
//! Out: [`read()`] measures a file, the gate judges what it found, `encrypt` writes the ciphertext to the home's folder
//! `blobs/` and checks that it is still the same file, and the message is sealed and stored together with a note that
//! its file is to be uploaded. `upload` brings the ciphertext to the recipient's relay, going on where it stopped;
//! only then does the message itself leave. In: a message announces a file; `download` fetches its ciphertext, going
//! on where it stopped, and `save` opens it into a file that appears under its name when all of it is authentic.

mod download;
mod encrypt;
mod kept;
mod name;
mod plaintext;
mod read;
mod save;
mod sniff;
#[cfg(test)]
mod tests;
mod upload;

use std::{
    collections::HashMap,
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use airlock_protocol::{
    Attachment, AttachmentSealer, Checked, Draft, MessageId, SealedAttachment,
    attachment::ATTACHMENT_BYTES_MAX,
};
use airlock_wire::{AccountId, BlobId};

pub(crate) use self::kept::Kept;
pub use self::{
    name::{FILE_NAME_BYTES_MAX, safe_name},
    read::FileError,
    save::{SaveError, SaveTo, Saved},
    sniff::media_type,
};
use self::{plaintext::Plaintext, read::read};
use crate::{
    compose::{ComposeError, Composed},
    engine::Engine,
    vault::{
        VaultError,
        attachments::{self, StoredFile},
        messages::{self, Message},
    },
};

/// Where the bytes of a file come from: they are read once for the gate and once to be encrypted.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// A file of the user's.
    Path(PathBuf),
    /// What was encrypted for a message that failed.
    Kept(Box<StoredFile>, Kept),
}

/// A file on its way through the gate.
#[derive(Debug)]
pub(crate) struct FileDraft {
    pub(crate) source: Source,
    /// The whole file, when a hook is granted to see into it and it is not too large for that.
    pub(crate) bytes: Option<Vec<u8>>,
}

impl Source {
    fn path(&self) -> &Path {
        match self {
            Self::Path(path) => path,
            Self::Kept(file, _) => Path::new(&file.attachment.name),
        }
    }

    fn open(&self) -> Result<Box<dyn io::Read>, FileError> {
        match self {
            Self::Path(path) => Ok(Box::new(read::open(path)?)),
            Self::Kept(file, kept) => {
                let unreadable = |why| FileError::Unreadable { path: self.path().to_owned(), why };
                let ciphertext: File = kept.open(&file.blob.0).map_err(unreadable)?;
                Ok(Box::new(Plaintext::new(ciphertext, &file.attachment, &file.pointer)))
            }
        }
    }
}

/// How much of each file that is under way has been carried.
#[derive(Default)]
pub(crate) struct Transfers(Mutex<HashMap<BlobId, Transfer>>);

/// How far a file has come on its way to or from a relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Bytes of ciphertext carried.
    pub done: u64,
    /// All of them: a little more than the file, as its length is hidden.
    pub total: u64,
}

impl Transfers {
    /// Begins one; None when the same file is under way already.
    fn begin(&self, blob: BlobId, transfer: Transfer) -> Option<UnderWay<'_>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.contains_key(&blob) {
            return None;
        }
        all.insert(blob, transfer);
        Some(UnderWay { transfers: self, blob })
    }

    fn get(&self, blob: &BlobId) -> Option<Transfer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(blob).copied()
    }

    fn set(&self, blob: BlobId, transfer: Transfer) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(blob, transfer);
    }
}

/// A file that is under way until this is dropped.
struct UnderWay<'a> {
    transfers: &'a Transfers,
    blob: BlobId,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.transfers.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.blob);
    }
}

impl Engine {
    /// Takes a file through the gate, with its name and caption, and if that lets it, into the outbox: encrypted, and
    /// uploaded before the message that announces it leaves.
    ///
    /// # Errors
    /// When it can't be read or is larger than [`ATTACHMENT_BYTES_MAX`], or as [`Engine::compose`].
    pub async fn compose_file(
        &self,
        to: AccountId,
        path: &Path,
        caption: Option<&str>,
    ) -> Result<Composed, ComposeError> {
        let name = path.file_name().map(|name| safe_name(&name.to_string_lossy())).unwrap_or_default();
        self.compose_source(to, Source::Path(path.to_owned()), name, caption.map(str::to_owned)).await
    }

    pub(crate) async fn compose_source(
        &self,
        to: AccountId,
        source: Source,
        name: String,
        caption: Option<String>,
    ) -> Result<Composed, ComposeError> {
        let keep = self.current_gate().file_bytes_wanted();
        let first = source.clone();
        let reading = tokio::task::spawn_blocking(move || {
            read(first.open()?, first.path(), ATTACHMENT_BYTES_MAX, keep)
        });
        let reading = reading.await.map_err(|_| ComposeError::Check)??;
        let attachment = Attachment {
            name,
            caption,
            size: reading.size,
            media_type: reading.media_type.into(),
            digest: reading.digest,
        };
        let draft = Draft::attachment(self.message_id()?, attachment)?;
        self.pass_gate(to, draft, Some(FileDraft { source, bytes: reading.bytes })).await
    }

    /// Encrypts the file of a checked message into the home.
    pub(crate) async fn encrypt(
        &self,
        checked: &Checked,
        source: Source,
    ) -> Result<SealedAttachment, ComposeError> {
        let sealer =
            AttachmentSealer::new(checked, &mut *self.state()?.rng).map_err(|_| ComposeError::Check)?;
        let (message, kept) = (checked.id(), self.inner.home.kept());
        let encrypting =
            tokio::task::spawn_blocking(move || encrypt::encrypt(sealer, message, &source, &kept));
        Ok(encrypting.await.map_err(|_| ComposeError::Check)??)
    }

    /// Sends a file once more whose message failed: from the encrypted copy, through the gate as it stands now.
    pub(crate) async fn compose_again(&self, message: &Message) -> Result<Composed, ComposeError> {
        let key = message.file_key();
        let stored = attachments::get(self.state()?.vault.read(), &key)?.ok_or(ComposeError::NotFailed)?;
        let kept = self.inner.home.kept();
        let caption = (!message.text.is_empty()).then(|| message.text.clone());
        let (name, old) = (stored.attachment.name.clone(), stored.blob);
        let source = Source::Kept(Box::new(stored), kept.clone());
        let composed = self.compose_source(message.account, source, name, caption).await?;
        if let Composed::Queued { .. } = composed {
            // Nothing refers to it any more; were it to stay, the next start would sweep it away.
            let _ = kept.remove(&old.0);
        }
        Ok(composed)
    }

    /// The messages with a file whose id begins with these hexadecimal digits, newest first, at most `limit`.
    ///
    /// # Errors
    /// When the vault can't be read.
    pub fn messages_with_file(&self, prefix: &str, limit: usize) -> Result<Vec<Message>, VaultError> {
        messages::with_file(self.state()?.vault.read(), &prefix.to_ascii_lowercase(), limit)
    }

    /// How far the file of a message is on its way, when it is on its way now.
    ///
    /// # Errors
    /// When the vault can't be read.
    pub fn transfer(&self, id: MessageId) -> Result<Option<Transfer>, VaultError> {
        let Some(message) = self.message(id)? else { return Ok(None) };
        let stored = attachments::get(self.state()?.vault.read(), &message.file_key())?;
        Ok(stored.and_then(|file| self.inner.transfers.get(&file.blob)))
    }
}
