//! One client of a world: its home, and the engine that is open on it.

use std::path::{Path, PathBuf};

use airlock_engine::{Engine, Home, Passphrase, Sources, Start, Unlock};
use airlock_wire::{AccountId, DeviceId, RelayAddress};
use getrandom::SysRng;
use rand_chacha::ChaCha20Rng;
use rand_core::{CryptoRng, SeedableRng, UnwrapErr};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::clock::Running;
use crate::{
    error::{Doing, WorldError},
    person::Person,
};

/// How a home is locked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lock {
    /// By a key in a file beside the vault.
    #[default]
    KeyFile,
    /// By a passphrase.
    Passphrase,
}

impl Lock {
    /// What opens it.
    pub(crate) fn unlock(self) -> Unlock {
        match self {
            Self::KeyFile => Unlock::KeyFile,
            Self::Passphrase => Unlock::Passphrase(Passphrase::new("four kites over a mill".into())),
        }
    }
}

pub(crate) struct Seat {
    pub(crate) person: Person,
    pub(crate) home: PathBuf,
    pub(crate) account: AccountId,
    pub(crate) device: DeviceId,
    pub(crate) lock: Lock,
    pub(crate) engine: Engine,
}

impl Seat {
    /// Makes a home. Nothing goes over the network yet.
    pub(crate) fn new(
        person: Person,
        root: &Path,
        lock: Lock,
        seed: Option<u64>,
        clock: Running,
    ) -> Result<Self, WorldError> {
        let home = root.join(person.name().to_lowercase());
        let name = person.name();
        let engine =
            Engine::create_with(Home::new(&home), &lock.unlock(), name, sources(person, seed, 0, clock));
        let engine = engine.doing(name, "make a home")?;
        let me = engine.me().doing(name, "read the vault")?;
        Ok(Self { person, home, account: me.account, device: me.device, lock, engine })
    }

    /// Closes the client, gives its home away, and opens it again.
    pub(crate) async fn reopened<T>(
        self,
        seed: Option<u64>,
        clock: Running,
        meanwhile: impl FnOnce(&Path) -> Result<T, WorldError>,
    ) -> Result<(Self, T), WorldError> {
        let Self { person, home, account, device, lock, engine } = self;
        engine.shutdown().await;
        drop(engine);
        let result = meanwhile(&home)?;
        let again = Engine::open_with(Home::new(&home), &lock.unlock(), sources(person, seed, 1, clock));
        let engine = again.doing(person.name(), "open the home again")?;
        engine.start(Start::DeliverAndReceive).await;
        Ok((Self { person, home, account, device, lock, engine }, result))
    }

    /// Registers at the relay and goes online.
    pub(crate) async fn join(&self, relay: &RelayAddress) -> Result<(), WorldError> {
        self.engine.register(relay.clone(), None).await.doing(self.person.name(), "register")?;
        self.engine.start(Start::DeliverAndReceive).await;
        Ok(())
    }
}

fn sources(person: Person, seed: Option<u64>, opened: u8, clock: Running) -> Sources {
    Sources { rng: randomness(person, seed, opened), clock: Box::new(move || clock.now_ms()) }
}

/// The system's, or a stream of each person's own, another one each time that a home is opened.
fn randomness(person: Person, seed: Option<u64>, opened: u8) -> Box<dyn CryptoRng + Send> {
    let Some(seed) = seed else { return Box::new(UnwrapErr(SysRng)) };
    let mut digest = Sha256::new();
    digest.update(b"Airlock lab, keys of ");
    digest.update(person.name());
    digest.update(seed.to_le_bytes());
    digest.update([opened]);
    Box::new(ChaCha20Rng::from_seed(digest.finalize().into()))
}

impl std::fmt::Debug for Seat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seat").field("person", &self.person).finish_non_exhaustive()
    }
}
