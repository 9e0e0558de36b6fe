//! What an order is about: one hook, one list, some accounts. Whatever else there is stays as it is.

use airlock_wire::AccountId;

use super::{Demand, Order, OutOfScope};
use crate::{Digest, Manifest, Package, SignedList, list::ListKey};

/// The hook that an order demands, down to its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemandedHook {
    /// Its id.
    pub id: String,
    /// SHA-256 of its component.
    pub component: Digest,
    /// SHA-256 of its manifest: the same code under other limits, thresholds or failure policies is another hook.
    pub manifest: Digest,
}

/// The list that an order demands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemandedList {
    /// Its id.
    pub id: String,
    /// Who signs it.
    pub key: ListKey,
    /// The oldest edition that is enough.
    pub version_min: u64,
}

/// Whom an order is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Binds {
    /// Whoever installs it.
    Everyone,
    /// These accounts alone.
    Accounts(Vec<AccountId>),
}

impl Binds {
    /// Whether it is for this account.
    #[must_use]
    pub fn binds(&self, account: &AccountId) -> bool {
        match self {
            Self::Everyone => true,
            Self::Accounts(accounts) => accounts.contains(account),
        }
    }
}

impl Order {
    /// Checks that the order is about this hook with the list that it has now.
    ///
    /// # Errors
    /// The first thing that is another than the order names.
    pub fn fits(&self, package: &Package) -> Result<(), OutOfScope> {
        self.demand().fits(package)
    }
}

impl Demand {
    /// As [`Order::fits`], for an order whose signature has not been looked at.
    ///
    /// # Errors
    /// The first thing that is another than the order names.
    pub fn fits(&self, package: &Package) -> Result<(), OutOfScope> {
        let manifest = &package.manifest;
        self.hook.is(manifest)?;
        self.list_fits(manifest, package.list.as_ref())?;
        match self.views.iter().find(|view| !manifest.asks_for(**view)) {
            Some(view) => Err(OutOfScope::View(*view)),
            None => Ok(()),
        }
    }

    fn list_fits(&self, manifest: &Manifest, list: Option<&SignedList>) -> Result<(), OutOfScope> {
        let (wanted, named) = match (&self.list, &manifest.list) {
            (None, None) => return Ok(()),
            (Some(wanted), None) => return Err(OutOfScope::NoList { wanted: wanted.id.clone() }),
            (None, Some(named)) => return Err(OutOfScope::UnnamedList { id: named.id.clone() }),
            (Some(wanted), Some(named)) => (wanted, named),
        };
        if wanted.id != named.id {
            return Err(OutOfScope::List { wanted: wanted.id.clone(), got: named.id.clone() });
        }
        if wanted.key != named.key {
            return Err(OutOfScope::ListKey { wanted: wanted.key.to_string(), got: named.key.to_string() });
        }
        let Some(list) = list else { return Err(OutOfScope::NoList { wanted: wanted.id.clone() }) };
        if list.authenticate(named).is_err() {
            return Err(OutOfScope::ForeignList { id: wanted.id.clone() });
        }
        let (got, min) = (list.version(), wanted.version_min);
        if got < min { Err(OutOfScope::ListVersion { min, got }) } else { Ok(()) }
    }
}

impl DemandedHook {
    /// The hook as it is in a package.
    #[must_use]
    pub fn of(manifest: &Manifest) -> Self {
        Self { id: manifest.id.clone(), component: manifest.component, manifest: manifest.digest() }
    }

    fn is(&self, manifest: &Manifest) -> Result<(), OutOfScope> {
        if self.id != manifest.id {
            return Err(OutOfScope::Hook { wanted: self.id.clone(), got: manifest.id.clone() });
        }
        let (wanted, got) = (self.component, manifest.component);
        if wanted != got {
            return Err(OutOfScope::Component { wanted, got });
        }
        let (wanted, got) = (self.manifest, manifest.digest());
        if wanted != got { Err(OutOfScope::Manifest { wanted, got }) } else { Ok(()) }
    }
}
