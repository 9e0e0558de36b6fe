//! A file out of its ciphertext and onto the user's disk: whole and authentic, or not at all.

use std::{
    fs::File,
    io::{self, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use airlock_protocol::MessageId;

use super::{
    Kept,
    name::{numbered, safe_name},
    plaintext::Plaintext,
    read::BUFFER_BYTES,
    sniff::{SNIFFED_BYTES, media_type},
};
use crate::{
    engine::Engine,
    relay_client::NetworkError,
    vault::{
        VaultError,
        attachments::{self, FileState, StoredFile},
        messages::Direction,
    },
};

/// Most files of the same name in one folder before somebody should look at it.
const SAME_NAME_MAX: u32 = 999;

/// Where a file is to be saved. What is there already is never overwritten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SaveTo {
    /// In this folder, under the name that its sender gave it, made safe, and numbered if that is taken.
    Folder(PathBuf),
    /// Under this very name.
    File(PathBuf),
}

/// A file that was saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Where.
    pub path: PathBuf,
    /// Its bytes.
    pub size: u64,
    /// SHA-256: of the file that its sender's gate checked, and of this one.
    pub digest: [u8; 32],
    /// What its content looks like here.
    pub media_type: String,
    /// What its sender's client said that it is.
    pub claimed_type: String,
}

/// Why a file could not be saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// The message has none.
    #[error("there is no such message with a file")]
    NoFile,
    /// We sent it, and no copy of it was kept.
    #[error("you sent this file yourself, and no copy of it is kept")]
    Ours,
    /// It was not fetched in time, or its copy here made room for others.
    #[error("the relay no longer has the file, and neither has this home")]
    Gone,
    /// Another one is at it.
    #[error("the same file is being fetched already")]
    Busy,
    /// The relay can't be reached, or refuses.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// What the relay gave is not what was sent.
    #[error("what the relay has is not the file that was sent: {0}")]
    NotAuthentic(String),
    /// There is something of that name.
    #[error("{} exists", .0.display())]
    Exists(PathBuf),
    /// It can't be written there.
    #[error("{} cannot be written: {why}", path.display())]
    Target {
        /// Where.
        path: PathBuf,
        /// What the system says.
        why: io::Error,
    },
    /// The encrypted copy can't be read or written.
    #[error("the encrypted copy in the home cannot be read or written: {0}")]
    Home(io::Error),
    /// The vault refuses.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl Engine {
    /// Saves the file of a message, fetching it first if it is not here yet. May be repeated after it broke off: it
    /// goes on where it stopped.
    ///
    /// # Errors
    /// [`SaveError`]; nothing appears under the file's name then.
    pub async fn save(&self, id: MessageId, to: SaveTo) -> Result<Saved, SaveError> {
        let message = self.message(id)?.ok_or(SaveError::NoFile)?;
        let key = message.file_key();
        let file = attachments::get(self.state()?.vault.read(), &key)?.ok_or(SaveError::NoFile)?;
        let kept = self.inner.home.kept();
        // Asked before anything is fetched, as far as it can be known.
        if let SaveTo::File(path) = &to
            && path.symlink_metadata().is_ok()
        {
            return Err(SaveError::Exists(path.clone()));
        }
        match (key.direction, file.state) {
            (Direction::Out, _) if kept.len(&file.blob.0) == 0 => return Err(SaveError::Ours),
            (Direction::Out, _) => {}
            (Direction::In, FileState::Gone) => return Err(SaveError::Gone),
            (Direction::In, FileState::Fetched) if kept.len(&file.blob.0) > 0 => {}
            (Direction::In, _) => self.fetch_file(&file).await?,
        }
        let saving = tokio::task::spawn_blocking(move || open_to(&file, &kept, &to));
        saving.await.map_err(|_| SaveError::Home(io::ErrorKind::Other.into()))?
    }
}

fn open_to(file: &StoredFile, kept: &Kept, to: &SaveTo) -> Result<Saved, SaveError> {
    let (folder, name) = match to {
        SaveTo::Folder(folder) => (folder.as_path(), None),
        SaveTo::File(path) => (path.parent().unwrap_or_else(|| Path::new("")), Some(path.as_path())),
    };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let target = |why| SaveError::Target { path: name.unwrap_or(folder).to_owned(), why };
    let ciphertext = kept.open(&file.blob.0).map_err(SaveError::Home)?;
    let mut plaintext = Plaintext::new(ciphertext, &file.attachment, &file.pointer);
    let mut unnamed = tempfile::Builder::new().prefix(".airlock-").tempfile_in(folder).map_err(target)?;
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, unnamed.as_file_mut());
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut beginning = Vec::new();
    loop {
        let count = plaintext.read(&mut buffer).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
                SaveError::NotAuthentic(error.to_string())
            }
            _ => SaveError::Home(error),
        })?;
        if count == 0 {
            break;
        }
        let room = SNIFFED_BYTES.saturating_sub(beginning.len());
        beginning.extend_from_slice(&buffer[..count.min(room)]);
        out.write_all(&buffer[..count]).map_err(target)?;
    }
    out.flush().map_err(target)?;
    drop(out);
    unnamed.as_file().sync_all().map_err(target)?;
    let path = match name {
        Some(path) => persist(unnamed, path).map_err(|(_, error)| error)?,
        None => persist_in(unnamed, folder, &safe_name(&file.attachment.name))?,
    };
    // The name is there for everybody; were the power to fail now, the file could be saved once more.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(Saved {
        path,
        size: file.attachment.size,
        digest: file.attachment.digest,
        media_type: media_type(&beginning).into(),
        claimed_type: file.attachment.media_type.clone(),
    })
}

fn persist_in(mut unnamed: tempfile::NamedTempFile, folder: &Path, name: &str) -> Result<PathBuf, SaveError> {
    for number in 1..=SAME_NAME_MAX {
        let path = folder.join(if number == 1 { name.to_owned() } else { numbered(name, number) });
        match persist(unnamed, &path) {
            Err((back, SaveError::Exists(_))) => unnamed = back,
            Err((_, error)) => return Err(error),
            Ok(path) => return Ok(path),
        }
    }
    Err(SaveError::Exists(folder.join(name)))
}

/// Gives a file its name, unless that is taken, by a link too.
fn persist(
    unnamed: tempfile::NamedTempFile,
    path: &Path,
) -> Result<PathBuf, (tempfile::NamedTempFile, SaveError)> {
    match unnamed.persist_noclobber(path) {
        Ok(_) => Ok(path.to_owned()),
        Err(tempfile::PersistError { error, file }) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err((file, SaveError::Exists(path.to_owned())))
        }
        Err(tempfile::PersistError { error, file }) => {
            Err((file, SaveError::Target { path: path.to_owned(), why: error }))
        }
    }
}
