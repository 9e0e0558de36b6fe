//! The folder `blobs/` of a home: ciphertext that waits to be uploaded, is being downloaded, or was fetched.
//!
//! A file's name there is a hash of its blob's id: the id itself is the right to fetch the blob, and stays in the
//! vault.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::PathBuf,
    time::SystemTime,
};

use sha2::{Digest, Sha256};

/// Most ciphertext of files that were fetched already, in bytes: what can be saved a second time without the relay,
/// which has deleted its copy. Beyond it the oldest go.
pub(crate) const FETCHED_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Where a home keeps ciphertext.
#[derive(Clone, Debug)]
pub(crate) struct Kept(PathBuf);

impl Kept {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// The ciphertext of a blob, whole or not.
    pub(crate) fn path(&self, blob: &[u8; 32]) -> PathBuf {
        let name = Sha256::digest(blob);
        self.0.join(name.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    }

    /// Makes the folder, for its owner alone.
    pub(crate) fn create_folder(&self) -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.0)
    }

    /// A new file for ciphertext. What a kill left of an earlier attempt goes.
    pub(crate) fn create(&self, blob: &[u8; 32]) -> io::Result<File> {
        self.create_folder()?;
        OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(self.path(blob))
    }

    /// A file to go on with, which may be new.
    pub(crate) fn append(&self, blob: &[u8; 32]) -> io::Result<File> {
        self.create_folder()?;
        OpenOptions::new().create(true).append(true).mode(0o600).open(self.path(blob))
    }

    pub(crate) fn open(&self, blob: &[u8; 32]) -> io::Result<File> {
        File::open(self.path(blob))
    }

    /// How much is here.
    pub(crate) fn len(&self, blob: &[u8; 32]) -> u64 {
        self.path(blob).metadata().map_or(0, |metadata| metadata.len())
    }

    /// What is not here is removed already.
    pub(crate) fn remove(&self, blob: &[u8; 32]) -> io::Result<()> {
        match fs::remove_file(self.path(blob)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Gives a file its name. It survives a power cut, as the file itself does when it was synced.
    pub(crate) fn rename(&self, from: &[u8; 32], to: &[u8; 32]) -> io::Result<()> {
        fs::rename(self.path(from), self.path(to))?;
        File::open(&self.0)?.sync_all()
    }

    /// Removes every file that nothing refers to: what a kill left between a file and its entry in the vault.
    pub(crate) fn sweep(&self, referred: &[[u8; 32]]) -> io::Result<()> {
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let referred: Vec<PathBuf> = referred.iter().map(|blob| self.path(blob)).collect();
        for entry in entries {
            let path = entry?.path();
            if !referred.contains(&path) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// The blobs to remove so that those left take at most `max` bytes: the ones that were written longest ago.
    pub(crate) fn surplus(&self, fetched: &[[u8; 32]], max: u64) -> Vec<[u8; 32]> {
        let mut files: Vec<(SystemTime, u64, [u8; 32])> = fetched
            .iter()
            .filter_map(|blob| {
                let metadata = self.path(blob).metadata().ok()?;
                Some((metadata.modified().ok()?, metadata.len(), *blob))
            })
            .collect();
        files.sort();
        let mut total: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
        let too_many = files.into_iter().take_while(|(_, bytes, _)| {
            let over = total > max;
            total = total.saturating_sub(*bytes);
            over
        });
        too_many.map(|(_, _, blob)| blob).collect()
    }

    #[cfg(test)]
    pub(crate) fn folder(&self) -> &std::path::Path {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Write as _, os::unix::fs::PermissionsExt as _, path::Path, time::Duration};

    use super::*;

    fn kept() -> (tempfile::TempDir, Kept) {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::new(folder.path().join("blobs"));
        (folder, kept)
    }

    #[test]
    fn ciphertext_is_for_its_owner_alone_and_can_be_gone_on_with() {
        let (_folder, kept) = kept();
        kept.create(&[1; 32]).unwrap().write_all(b"half").unwrap();
        kept.append(&[1; 32]).unwrap().write_all(b" and half").unwrap();
        assert_eq!(fs::read(kept.path(&[1; 32])).unwrap(), b"half and half");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(kept.folder()), mode(&kept.path(&[1; 32]))), (0o700, 0o600));
    }

    #[test]
    fn what_nothing_refers_to_is_swept_away() {
        let (_folder, kept) = kept();
        kept.sweep(&[]).unwrap();
        for blob in [[1; 32], [2; 32]] {
            kept.create(&blob).unwrap();
        }
        kept.sweep(&[[2; 32]]).unwrap();
        assert!(!kept.path(&[1; 32]).exists() && kept.path(&[2; 32]).exists());
    }

    #[test]
    fn the_oldest_go_until_the_rest_fits() {
        let (_folder, kept) = kept();
        let day = |number| SystemTime::UNIX_EPOCH + Duration::from_secs(number * 86_400);
        for number in 1..=4_u8 {
            let mut file = kept.create(&[number; 32]).unwrap();
            file.write_all(&[0; 100]).unwrap();
            file.set_modified(day(u64::from(number))).unwrap();
        }
        let all = [[3; 32], [1; 32], [4; 32], [2; 32], [9; 32]];
        assert_eq!(kept.surplus(&all, 250), [[1; 32], [2; 32]]);
        assert_eq!(kept.surplus(&all, 400), [[0; 32]; 0]);
        assert_eq!(kept.surplus(&all, 0).len(), 4);
    }
}
