//! The files of blobs: one each, in one folder, named by number. What a file lacks is still to come, so an upload goes
//! on where its file ends; whether what is there is right, the digest over all of it says.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::turns::Writing;
use crate::{limits::BLOB_BUFFER_BYTES, store::BlobNumber};

/// The folder in the data directory.
const FOLDER: &str = "blobs";

/// Where blobs lie.
#[derive(Clone, Debug)]
pub(crate) struct BlobFiles {
    folder: PathBuf,
}

impl BlobFiles {
    /// Makes the folder if there is none.
    pub(crate) fn in_dir(data_dir: &Path) -> io::Result<Self> {
        let folder = data_dir.join(FOLDER);
        match DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => sync_folder(data_dir)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        Ok(Self { folder })
    }

    /// Where the blobs of a data directory lie, if there are any.
    pub(crate) fn at(data_dir: &Path) -> Self {
        Self { folder: data_dir.join(FOLDER) }
    }

    /// Makes the file of a blob that has none.
    pub(crate) fn create(&self, blob: BlobNumber) -> io::Result<File> {
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(self.path(blob))
    }

    /// Syncs the folder.
    pub(crate) fn sync(&self) -> io::Result<()> {
        sync_folder(&self.folder)
    }

    /// Opens the file of a blob, to read it.
    pub(crate) fn open(&self, blob: BlobNumber) -> io::Result<File> {
        File::open(self.path(blob))
    }

    /// Bytes of a blob's file. None if it has none.
    pub(crate) fn length(&self, blob: BlobNumber) -> io::Result<Option<u64>> {
        match fs::metadata(self.path(blob)) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Deletes the file of a blob that is in no table any more. One that is not there is as good as deleted.
    pub(crate) fn delete(&self, blob: BlobNumber) -> io::Result<()> {
        match fs::remove_file(self.path(blob)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Deletes the files that no table knows: a relay that was killed between the two left them.
    pub(crate) fn delete_others(&self, known: impl Fn(BlobNumber) -> bool) -> io::Result<()> {
        for file in fs::read_dir(&self.folder)? {
            let file = file?;
            let number = file.file_name().to_str().and_then(|name| i64::from_str_radix(name, 16).ok());
            match number.map(BlobNumber) {
                Some(number) if !known(number) => self.delete(number)?,
                // Whatever else lies here is not ours to delete.
                _ => {}
            }
        }
        Ok(())
    }

    /// Where the file of a blob is, or would be.
    pub(crate) fn path(&self, blob: BlobNumber) -> PathBuf {
        self.folder.join(format!("{:016x}", blob.0))
    }
}

/// A blob that is coming in.
#[derive(Debug)]
pub(super) struct Part {
    file: File,
    folder: PathBuf,
    digest: Sha256,
    bytes: u64,
    /// Given back when the file is closed.
    _writing: Writing,
}

impl Part {
    /// Opens the file of a blob, made if there is none, and reads what it has already.
    pub(super) fn open(
        files: &BlobFiles,
        blob: BlobNumber,
        bytes_max: u64,
        writing: Writing,
    ) -> io::Result<Self> {
        let mut file =
            OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(files.path(blob))?;
        if file.metadata()?.len() > bytes_max {
            file.set_len(0)?;
        }
        let mut digest = Sha256::new();
        let mut bytes = 0;
        let mut buffer = vec![0; BLOB_BUFFER_BYTES];
        loop {
            match file.read(&mut buffer)? {
                0 => break,
                read => {
                    digest.update(buffer.get(..read).unwrap_or_default());
                    bytes += read as u64;
                }
            }
        }
        Ok(Self { file, folder: files.folder.clone(), digest, bytes, _writing: writing })
    }

    /// How much is there.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.digest.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Syncs the file and its place in the folder, and gives the digest of all that is in it.
    pub(super) fn finish(self) -> io::Result<[u8; 32]> {
        self.file.sync_all()?;
        sync_folder(&self.folder)?;
        Ok(self.digest.finalize().into())
    }
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::PermissionsExt, sync::Arc};

    use super::*;

    async fn writing() -> Writing {
        Arc::new(tokio::sync::Mutex::new(())).lock_owned().await
    }

    #[tokio::test]
    async fn a_part_goes_on_where_its_file_ends() {
        let dir = tempfile::tempdir().unwrap();
        let files = BlobFiles::in_dir(dir.path()).unwrap();
        let mut part = Part::open(&files, BlobNumber(10), 9, writing().await).unwrap();
        part.append(b"burnt").unwrap();
        drop(part);
        let mut part = Part::open(&files, BlobNumber(10), 10, writing().await).unwrap();
        assert_eq!(part.bytes(), 5);
        part.append(b"toast").unwrap();
        assert_eq!(part.finish().unwrap()[..], Sha256::digest(b"burnttoast")[..]);
        assert_eq!(files.length(BlobNumber(10)).unwrap(), Some(10));
    }

    #[tokio::test]
    async fn a_file_that_is_longer_than_its_blob_starts_over() {
        let dir = tempfile::tempdir().unwrap();
        let files = BlobFiles::in_dir(dir.path()).unwrap();
        Part::open(&files, BlobNumber(1), 9, writing().await).unwrap().append(&[0; 9]).unwrap();
        let part = Part::open(&files, BlobNumber(1), 8, writing().await).unwrap();
        assert_eq!(part.bytes(), 0);
    }

    #[tokio::test]
    async fn a_full_disk_is_an_error_of_its_own_kind() {
        let dir = tempfile::tempdir().unwrap();
        let files = BlobFiles::in_dir(dir.path()).unwrap();
        // Reads of this device never end, so only its writing end is opened.
        let file = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut part = Part {
            file,
            folder: files.folder.clone(),
            digest: Sha256::new(),
            bytes: 0,
            _writing: writing().await,
        };
        let error = part.append(b"toast").unwrap_err();
        assert_eq!((error.kind(), part.bytes()), (io::ErrorKind::StorageFull, 0));
    }

    #[tokio::test]
    async fn only_the_owner_can_read_a_blob_and_only_unknown_ones_are_deleted() {
        let dir = tempfile::tempdir().unwrap();
        let files = BlobFiles::in_dir(dir.path()).unwrap();
        for number in [1, 2] {
            drop(Part::open(&files, BlobNumber(number), 1, writing().await).unwrap());
        }
        fs::write(files.folder.join("notes"), "of the operator").unwrap();
        let mode = fs::metadata(files.path(BlobNumber(1))).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        files.delete_others(|number| number == BlobNumber(2)).unwrap();
        let lengths = [1, 2].map(|number| files.length(BlobNumber(number)).unwrap());
        assert_eq!(lengths, [None, Some(0)]);
        assert!(files.folder.join("notes").exists());
        files.delete(BlobNumber(1)).unwrap();
    }
}
