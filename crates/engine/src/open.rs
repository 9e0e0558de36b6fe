//! Making and opening a home: keys, vault, lock.

use std::{io, sync::Arc};

use airlock_protocol::{AccountKey, DeviceKeys, LocalIdentity, outgoing::NAME_BYTES_MAX};
use airlock_wire::{CodecError, DeliveryToken, DeviceList};
use zeroize::Zeroizing;

use crate::{
    engine::{Engine, Inner, Sources, State, contact_name},
    gate::{Gate, StoredGate},
    home::{Home, HomeLock, LockError},
    unlock::{self, Protection, Unlock, UnlockError, VaultKey},
    vault::{Vault, VaultError, attachments, settings},
};

/// Why a home could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// There is one.
    #[error("there is a vault here already")]
    Exists,
    /// The name can't be an introduction.
    #[error("the name `{0}` is empty or longer than {NAME_BYTES_MAX} bytes")]
    Name(String),
    /// The folder can't be made or used.
    #[error("the folder cannot be made or used: {0}")]
    Io(#[from] io::Error),
    /// Another process is at it.
    #[error("another airlock is using this home")]
    InUse,
    /// The key file can't be made.
    #[error(transparent)]
    Unlock(#[from] UnlockError),
    /// The vault can't be made.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// Why a home could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is none.
    #[error("there is no vault here yet")]
    NotInitialised,
    /// The folder can't be used.
    #[error("the folder cannot be used: {0}")]
    Io(io::Error),
    /// Another process is at it.
    #[error("another airlock is using this home")]
    InUse,
    /// The key can't be had.
    #[error(transparent)]
    Unlock(#[from] UnlockError),
    /// The vault can't be read.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl Home {
    /// What opening this home takes.
    ///
    /// # Errors
    /// When there is no vault, or its key file can't be read.
    pub fn protection(&self) -> Result<Protection, OpenError> {
        if !self.exists() {
            return Err(OpenError::NotInitialised);
        }
        Ok(unlock::protection(self)?)
    }
}

impl Engine {
    /// Makes keys and a vault in a new home. Nothing goes over the network: see [`Engine::register`].
    ///
    /// # Errors
    /// [`CreateError`]; a vault that exists is never touched.
    pub fn create(home: Home, unlock: &Unlock, name: &str) -> Result<Self, CreateError> {
        Self::create_with(home, unlock, name, Sources::default())
    }

    /// As [`Engine::create`], with randomness and time from elsewhere.
    ///
    /// # Errors
    /// [`CreateError`].
    pub fn create_with(
        home: Home,
        unlock: &Unlock,
        name: &str,
        sources: Sources,
    ) -> Result<Self, CreateError> {
        let Sources { mut rng, clock } = sources;
        let name = contact_name(name).ok_or_else(|| CreateError::Name(name.into()))?;
        home.create()?;
        let lock = home.lock().map_err(|error| match error {
            LockError::Taken => CreateError::InUse,
            LockError::Io(error) => CreateError::Io(error),
        })?;
        if home.vault().exists() && home.key().exists() {
            return Err(CreateError::Exists);
        }
        // A key file without a vault, or the reverse, is what a kill during an earlier attempt leaves.
        for leftover in [home.vault(), home.key()] {
            match std::fs::remove_file(leftover) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        let account = AccountKey::generate(&mut *rng);
        let device = DeviceKeys::generate(&mut *rng);
        let list = DeviceList { account: account.id(), version: 1, devices: vec![device.public()] };
        let list = account.sign_device_list(&list);
        let mut token = DeliveryToken([0; 16]);
        rng.fill_bytes(&mut token.0);
        let key = VaultKey::create(&home, unlock, &mut *rng)?;
        let mut vault = Vault::create(&home, &key)?;
        vault.write(|db| {
            settings::put(db, settings::Name::AccountKey, &*account.to_bytes())?;
            settings::put(db, settings::Name::DeviceKeys, &*device.save())?;
            settings::put(db, settings::Name::DeviceList, &list)?;
            settings::put(db, settings::Name::Token, &token)?;
            settings::put(db, settings::Name::Profile, &name)
        })?;
        Ok(Self::assemble(home, vault, Sources { rng, clock }, lock)?)
    }

    /// Opens a home.
    ///
    /// # Errors
    /// [`OpenError`] tells apart: no vault, in use, wrong passphrase, damaged.
    pub fn open(home: Home, unlock: &Unlock) -> Result<Self, OpenError> {
        Self::open_with(home, unlock, Sources::default())
    }

    /// As [`Engine::open`], with randomness and time from elsewhere.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_with(home: Home, unlock: &Unlock, sources: Sources) -> Result<Self, OpenError> {
        if !home.exists() {
            return Err(OpenError::NotInitialised);
        }
        let lock = home.lock().map_err(|error| match error {
            LockError::Taken => OpenError::InUse,
            LockError::Io(error) => OpenError::Io(error),
        })?;
        let key = VaultKey::open(&home, unlock)?;
        let vault = Vault::open(&home, &key)?;
        Ok(Self::assemble(home, vault, sources, lock)?)
    }

    fn assemble(home: Home, vault: Vault, sources: Sources, lock: HomeLock) -> Result<Self, VaultError> {
        let malformed = |what| VaultError::Malformed { what, cause: CodecError::Malformed };
        let keys: Zeroizing<Vec<u8>> =
            Zeroizing::new(settings::need(vault.read(), settings::Name::DeviceKeys)?);
        let keys = DeviceKeys::restore(&keys).map_err(|_| malformed("device keys"))?;
        let list = settings::need(vault.read(), settings::Name::DeviceList)?;
        let us = LocalIdentity::new(keys, list).map_err(|_| malformed("device list"))?;
        let Sources { rng, clock } = sources;
        let stored: StoredGate = settings::get(vault.read(), settings::Name::Gate)?.unwrap_or_default();
        let gate = Gate::open(&stored, &home, clock());
        let referred = attachments::kept_blobs(vault.read())?;
        // What a kill left behind takes room and nothing else, so it is no reason not to start.
        let _ = home.kept().sweep(&referred);
        let state = State { vault, us, rng, prekeys_used: false };
        Ok(Self { inner: Arc::new(Inner::new(home, state, gate, clock, lock)) })
    }
}
