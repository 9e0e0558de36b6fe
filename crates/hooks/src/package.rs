//! A hook as it is handed around: a folder with `hook.toml`, `hook.wasm` and, if the manifest asks for it,
//! `list.json`.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use crate::{
    Manifest, ManifestError, SignedList,
    limits::{COMPONENT_BYTES_MAX, LIST_FILE_BYTES_MAX, MANIFEST_BYTES_MAX},
    list::ListFormatError,
};

/// A hook that was read but not loaded: nothing of it has been compiled, and its list is not verified.
#[derive(Clone, PartialEq)]
pub struct Package {
    /// What it promises.
    pub manifest: Manifest,
    /// The WebAssembly component.
    pub component: Vec<u8>,
    /// The list that came with it. None when there is none, whether or not the manifest names one.
    pub list: Option<SignedList>,
    files: Files,
}

/// The bytes of manifest and list as they were read: what digests and signatures are about.
#[derive(Clone, PartialEq)]
struct Files {
    manifest: Vec<u8>,
    list: Option<Vec<u8>>,
}

/// Why a folder is not a hook.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// A file is missing or can't be read.
    #[error("{} can't be read: {why}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system says.
        #[source]
        why: io::Error,
    },
    /// A file is too large to be read.
    #[error("{} is larger than {max} bytes", path.display())]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// The limit.
        max: usize,
    },
    /// The manifest is refused.
    #[error("{MANIFEST_FILE}: {0}")]
    Manifest(#[from] ManifestError),
    /// The list is refused.
    #[error("{LIST_FILE}: {0}")]
    List(#[from] ListFormatError),
    /// A list that the hook would never see.
    #[error("there is a {LIST_FILE}, and the manifest names no list")]
    UnwantedList,
}

impl Package {
    /// Reads a hook's folder.
    ///
    /// # Errors
    /// When a file is missing, too large or malformed. A missing list is not an error here: it is a failure of
    /// every check, for which the manifest has a policy.
    pub fn read_dir(dir: &Path) -> Result<Self, PackageError> {
        let manifest = read(&dir.join(MANIFEST_FILE), MANIFEST_BYTES_MAX)?;
        let component = read(&dir.join(COMPONENT_FILE), COMPONENT_BYTES_MAX)?;
        let list = match read(&dir.join(LIST_FILE), LIST_FILE_BYTES_MAX) {
            Ok(list) => Some(list),
            Err(PackageError::Read { why, .. }) if why.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        Self::new(&manifest, component, list.as_deref())
    }

    /// A hook from the bytes of its files.
    ///
    /// # Errors
    /// When the manifest or the list is malformed, or the list is one that the manifest does not name.
    pub fn new(manifest: &[u8], component: Vec<u8>, list: Option<&[u8]>) -> Result<Self, PackageError> {
        let files = Files { manifest: manifest.into(), list: list.map(Into::into) };
        let manifest = Manifest::parse(manifest)?;
        let list = list.map(SignedList::parse).transpose()?;
        if list.is_some() && manifest.list.is_none() {
            return Err(PackageError::UnwantedList);
        }
        Ok(Self { manifest, component, list, files })
    }

    /// The same hook with another list, from the bytes of its file.
    ///
    /// # Errors
    /// When the list is malformed, or the manifest names none.
    pub fn with_list(&self, list: &[u8]) -> Result<Self, PackageError> {
        Self::new(&self.files.manifest, self.component.clone(), Some(list))
    }

    /// Writes the hook's files into a folder, which is made if need be, as [`Package::read_dir`] reads them.
    ///
    /// # Errors
    /// When the system refuses. The folder may then hold some of the files.
    pub fn write_dir(&self, dir: &Path) -> io::Result<()> {
        fs::create_dir_all(dir)?;
        fs::write(dir.join(MANIFEST_FILE), &self.files.manifest)?;
        fs::write(dir.join(COMPONENT_FILE), &self.component)?;
        match &self.files.list {
            Some(list) => fs::write(dir.join(LIST_FILE), list),
            None => match fs::remove_file(dir.join(LIST_FILE)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            },
        }
    }
}

/// Shows which hook it is, and the size of its component.
impl std::fmt::Debug for Package {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { manifest, component, list, files: _ } = self;
        f.debug_struct("Package")
            .field("id", &manifest.id)
            .field("version", &manifest.version)
            .field("component_bytes", &component.len())
            .field("list", &list.as_ref().map(SignedList::id))
            .finish_non_exhaustive()
    }
}

/// The manifest's file name.
pub const MANIFEST_FILE: &str = "hook.toml";
/// The component's file name.
pub const COMPONENT_FILE: &str = "hook.wasm";
/// The list's file name.
pub const LIST_FILE: &str = "list.json";

/// Reads a file, but never more than its kind may have.
fn read(path: &Path, max: usize) -> Result<Vec<u8>, PackageError> {
    let failed = |why| PackageError::Read { path: path.into(), why };
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(max as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > max {
        return Err(PackageError::TooLarge { path: path.into(), max });
    }
    Ok(bytes)
}
