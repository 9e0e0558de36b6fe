//! How the gate stands, at rest in the vault.

use airlock_hooks::{Digest, Package, View};
use airlock_protocol::{Mode, gate::ListIdentity};
use airlock_wire::AccountId;
use serde::{Deserialize, Serialize};

use super::EnableError;

/// The hooks that were ever enabled and not removed since, in the order in which they are asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredGate {
    pub(crate) hooks: Vec<StoredHook>,
}

/// One hook and what its user agreed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredHook {
    /// The hook's folder under [`Home::hooks`](crate::Home::hooks), which is its id.
    pub(crate) hook: String,
    /// The manifest as it was when the user enabled it. Another one is not the hook that they agreed to.
    pub(crate) manifest: [u8; 32],
    /// [`Mode::Off`] for a hook that is installed and not asked.
    pub(crate) mode: Mode,
    /// To whom its reports go, now or the next time that it is in report mode.
    pub(crate) authority: Option<AccountId>,
    /// What the user lets it see.
    pub(crate) views: Vec<View>,
    /// Who may change any of this.
    pub(crate) lock: Lock,
    /// The order that put it here, as it was signed.
    pub(crate) order: Option<Vec<u8>>,
    /// The edition of its list that the user agreed to.
    pub(crate) list_seen: Option<ListIdentity>,
}

impl StoredHook {
    /// Whether a package has the list that the user agreed to. One that is missing or out of date is a failure of each
    /// check, for which the manifest has a policy.
    pub(crate) fn agrees_on_list(&self, package: &Package) -> Result<(), EnableError> {
        let (Some(agreed), Some(found)) = (&self.list_seen, &package.list) else { return Ok(()) };
        if agreed.digest == found.digest().0 {
            return Ok(());
        }
        let name = |id: &str, version: u64, digest: &Digest| {
            let digest = digest.to_string();
            format!("{id} v{version} ({}…)", digest.get(..8).unwrap_or(&digest))
        };
        Err(EnableError::ListChanged {
            agreed: name(&agreed.id, agreed.version, &Digest(agreed.digest)),
            found: name(found.id(), found.version(), &found.digest()),
        })
    }
}

/// Who may change how a hook stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lock {
    /// Whoever uses this device.
    #[default]
    User,
    /// Whoever knows the guardian's passphrase.
    Guardian,
    /// An authority, until its order expires.
    Order,
}

impl StoredGate {
    pub(crate) fn get(&self, id: &str) -> Option<&StoredHook> {
        self.hooks.iter().find(|hook| hook.hook == id)
    }

    /// Puts a hook in its place: where it was, or at the end.
    pub(crate) fn put(&mut self, hook: StoredHook) {
        match self.hooks.iter_mut().find(|known| known.hook == hook.hook) {
            Some(known) => *known = hook,
            None => self.hooks.push(hook),
        }
    }

    /// Those that are asked.
    pub(crate) fn asked(&self) -> impl Iterator<Item = &StoredHook> {
        self.hooks.iter().filter(|hook| hook.mode != Mode::Off)
    }
}
