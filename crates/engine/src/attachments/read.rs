//! The first reading of a file: what it is, before anything of it is encrypted.
//!
//! The gate judges what this reading found. The second reading, which encrypts, computes the digest again and stops
//! when it differs: what leaves is what was checked.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::sniff::{SNIFFED_BYTES, media_type};

/// Bytes read at a time.
pub(crate) const BUFFER_BYTES: usize = 64 * 1024;

/// Why a file can't be sent.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It can't be read.
    #[error("{} cannot be read: {why}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system says.
        why: io::Error,
    },
    /// A folder, a device, a pipe.
    #[error("{} is not a file", path.display())]
    NotAFile {
        /// What.
        path: PathBuf,
    },
    /// Over the limit.
    #[error("the file has {got} bytes or more, and the limit is {max}")]
    TooLarge {
        /// Its bytes, as far as they were counted.
        got: u64,
        /// The limit.
        max: u64,
    },
    /// The second reading found other bytes than the first.
    #[error("the file changed while it was checked")]
    Changed,
    /// The ciphertext can't be written.
    #[error("the encrypted copy cannot be written: {0}")]
    Copy(io::Error),
}

/// What the first reading found.
pub(crate) struct Reading {
    pub(crate) size: u64,
    pub(crate) digest: [u8; 32],
    pub(crate) media_type: &'static str,
    /// The file itself, when it was asked for and is not larger than the hooks take.
    pub(crate) bytes: Option<Vec<u8>>,
}

/// Opens what is a file, and nothing that blocks or never ends.
pub(crate) fn open(path: &Path) -> Result<File, FileError> {
    let unreadable = |why| FileError::Unreadable { path: path.to_owned(), why };
    // Asked before it is opened: opening a pipe waits for its other end.
    if !path.metadata().map_err(unreadable)?.is_file() {
        return Err(FileError::NotAFile { path: path.to_owned() });
    }
    let file = File::open(path).map_err(unreadable)?;
    if file.metadata().map_err(unreadable)?.is_file() {
        Ok(file)
    } else {
        Err(FileError::NotAFile { path: path.to_owned() })
    }
}

/// Reads to the end. `keep` is how many bytes are kept for the hooks at most.
pub(crate) fn read(mut source: impl Read, path: &Path, max: u64, keep: u64) -> Result<Reading, FileError> {
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut hasher = Sha256::new();
    let (mut beginning, mut kept) = (Vec::new(), Vec::new());
    let mut size = 0_u64;
    loop {
        let count = match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(why) => return Err(FileError::Unreadable { path: path.to_owned(), why }),
        };
        let part = &buffer[..count];
        size += count as u64;
        if size > max {
            return Err(FileError::TooLarge { got: size, max });
        }
        hasher.update(part);
        let room = SNIFFED_BYTES.saturating_sub(beginning.len());
        beginning.extend_from_slice(&part[..count.min(room)]);
        if size <= keep {
            kept.extend_from_slice(part);
        }
    }
    Ok(Reading {
        size,
        digest: hasher.finalize().into(),
        media_type: media_type(&beginning),
        bytes: (keep > 0 && size <= keep).then_some(kept),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(bytes: &[u8], max: u64, keep: u64) -> Result<Reading, FileError> {
        read(bytes, Path::new("picnic.txt"), max, keep)
    }

    #[test]
    fn a_file_is_measured_and_kept_up_to_the_limit_alone() {
        let bytes = b"bread and butter\n".repeat(10_000);
        let reading = read_all(&bytes, 1_000_000, 1_000_000).unwrap();
        assert_eq!((reading.size, reading.media_type), (170_000, "text/plain"));
        assert_eq!(reading.digest, <[u8; 32]>::from(Sha256::digest(&bytes)));
        assert_eq!(reading.bytes.as_deref(), Some(&*bytes));
        assert!(read_all(&bytes, 1_000_000, 169_999).unwrap().bytes.is_none());
        assert!(read_all(&bytes, 1_000_000, 0).unwrap().bytes.is_none());
    }

    #[test]
    fn a_file_that_never_ends_is_refused_at_the_limit() {
        let error = read(io::repeat(7), Path::new("zero"), 100_000, 0).map(|_| ()).unwrap_err();
        assert!(matches!(error, FileError::TooLarge { got, max: 100_000 } if got > 100_000), "{error}");
    }

    #[test]
    fn folders_and_pipes_are_no_files() {
        let folder = tempfile::tempdir().unwrap();
        let error = open(folder.path()).unwrap_err();
        assert!(matches!(error, FileError::NotAFile { .. }), "{error}");
        let error = open(&folder.path().join("missing")).unwrap_err();
        assert!(matches!(error, FileError::Unreadable { .. }), "{error}");
        assert!(matches!(open(Path::new("/dev/null")).unwrap_err(), FileError::NotAFile { .. }));
    }
}
