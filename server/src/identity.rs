//! The relay's key: made once, kept in the data directory, known to clients by its fingerprint.
//!
//! The certificate is made anew from the key at each start. Clients pin the key, not the certificate.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use airlock_wire::Fingerprint;
use rcgen::{CertificateParams, KeyPair, PublicKeyData};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::error::StartError;

/// The key file in the data directory.
pub(crate) const KEY_FILE: &str = "relay.key";

const LOCK_FILE: &str = "relay.lock";

/// The name in the certificate. Clients that pin do not look at it.
const CERTIFICATE_NAME: &str = "airlock-relay";

/// The key of a relay and a certificate for it.
pub(crate) struct Identity {
    key: KeyPair,
}

impl Identity {
    /// Reads the key of the data directory, or makes one if there is none.
    pub(crate) fn load_or_create(data_dir: &Path) -> Result<Self, StartError> {
        match Self::load(data_dir) {
            Err(StartError::NoRelay { .. }) => Self::create(data_dir),
            other => other,
        }
    }

    /// Reads the key of the data directory.
    pub(crate) fn load(data_dir: &Path) -> Result<Self, StartError> {
        let path = data_dir.join(KEY_FILE);
        let pem = match fs::read_to_string(&path) {
            Ok(pem) => Zeroizing::new(pem),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StartError::NoRelay { path: data_dir.to_owned() });
            }
            Err(source) => return Err(StartError::File { act: "read", path, source }),
        };
        let key =
            KeyPair::from_pem(&pem).map_err(|error| StartError::Identity { path, why: error.to_string() })?;
        Ok(Self { key })
    }

    fn create(data_dir: &Path) -> Result<Self, StartError> {
        let key = KeyPair::generate().map_err(|error| StartError::Tls(error.to_string()))?;
        let path = data_dir.join(KEY_FILE);
        let pem = Zeroizing::new(key.serialize_pem());
        write_secret(&path, &pem).map_err(|source| StartError::File { act: "write", path, source })?;
        Ok(Self { key })
    }

    /// A secret for one purpose, the same at each start.
    pub(crate) fn derive(&self, purpose: &str) -> [u8; 32] {
        let key = Zeroizing::new(self.key.serialize_der());
        Sha256::new()
            .chain_update(b"Airlock v1 relay secret")
            .chain_update([0])
            .chain_update(purpose.as_bytes())
            .chain_update([0])
            .chain_update(&*key)
            .finalize()
            .into()
    }

    /// What clients pin.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of_spki(&self.key.subject_public_key_info())
    }

    /// A self-signed certificate and the key, for the TLS library.
    pub(crate) fn certificate(
        &self,
    ) -> Result<(CertificateDer<'static>, PrivatePkcs8KeyDer<'static>), StartError> {
        let certificate = CertificateParams::new([CERTIFICATE_NAME.to_owned()])
            .and_then(|params| params.self_signed(&self.key))
            .map_err(|error| StartError::Tls(error.to_string()))?;
        Ok((certificate.into(), PrivatePkcs8KeyDer::from(self.key.serialize_der())))
    }
}

/// Writes a file that only its owner can read, whole or not at all: a cut key would be a lost identity.
pub(crate) fn write_secret(path: &Path, text: &str) -> io::Result<()> {
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let unfinished = path.with_extension("new");
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    File::open(folder)?.sync_all()
}

/// Makes the data directory, readable by its owner only, if it is not there.
pub(crate) fn create_data_dir(path: &Path) -> Result<(), StartError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|source| StartError::File {
        act: "create",
        path: path.to_owned(),
        source,
    })
}

/// Held while a relay runs on a data directory; the system releases it even after a kill.
#[derive(Debug)]
pub(crate) struct DirLock {
    _file: File,
}

impl DirLock {
    pub(crate) fn take(data_dir: &Path) -> Result<Self, StartError> {
        let path: PathBuf = data_dir.join(LOCK_FILE);
        let failed = |source| StartError::File { act: "lock", path: path.clone(), source };
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StartError::InUse { path: data_dir.to_owned() }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_key_is_made_once_and_only_its_owner_can_read_it() {
        let dir = tempfile::tempdir().unwrap();
        let first = Identity::load_or_create(dir.path()).unwrap().fingerprint();
        assert_eq!(Identity::load_or_create(dir.path()).unwrap().fingerprint(), first);
        let mode = fs::metadata(dir.path().join(KEY_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_key_is_never_replaced_silently() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(KEY_FILE), "-----BEGIN PRIVATE KEY-----\n").unwrap();
        let refused = Identity::load_or_create(dir.path());
        assert!(matches!(refused, Err(StartError::Identity { .. })));
    }

    #[test]
    fn a_data_directory_has_one_relay_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let lock = DirLock::take(dir.path()).unwrap();
        assert!(matches!(DirLock::take(dir.path()), Err(StartError::InUse { .. })));
        drop(lock);
        DirLock::take(dir.path()).unwrap();
    }
}
