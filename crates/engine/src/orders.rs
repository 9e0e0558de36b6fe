//! Orders of authorities: signing them as one, putting them into force as whom they bind, and their end.

use airlock_hooks::{
    Order, OrderError, Package, SignedOrder,
    list::Day,
    order::{Demand, OrderFormatError, OutOfScope},
};
use airlock_protocol::{AccountKey, Mode};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    consent::{Consent, Locked, demand_of},
    engine::Engine,
    gate::{EnableError, GateStatus, Lock, StoredHook},
    guardian::Guardian,
    seen::Seen,
    unlock::Passphrase,
    vault::{VaultError, settings},
};

/// How a hook stood before an order; it returns to that when the order ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Suspended {
    hook: String,
    /// None: it was not here, or never enabled.
    before: Option<StoredHook>,
}

/// Why an order could not be signed.
#[derive(Debug, thiserror::Error)]
pub enum SignOrderError {
    /// It can't be an order.
    #[error(transparent)]
    Format(#[from] OrderFormatError),
    /// The account's key can't be read.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// Why an order changes nothing here.
#[derive(Debug, thiserror::Error)]
pub enum OrderRefused {
    /// It is not signed, not ours, not in date, or an earlier one than we have seen.
    #[error(transparent)]
    Order(#[from] OrderError),
    /// It is about another hook or list.
    #[error(transparent)]
    OutOfScope(#[from] OutOfScope),
    /// Whoever installs it has not agreed.
    #[error("nobody has agreed to it")]
    NotAccepted,
    /// The hook can't be put into the gate like this.
    #[error(transparent)]
    Enable(#[from] EnableError),
    /// The vault refuses.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl Engine {
    /// Signs an order with the key of our account, as an authority. A demand of another authority gets a signature
    /// that does not verify.
    ///
    /// # Errors
    /// When the demand can't be an order, or the vault can't be read.
    pub fn sign_order(&self, demand: Demand) -> Result<SignedOrder, SignOrderError> {
        let seed: Zeroizing<[u8; 32]> =
            Zeroizing::new(settings::need(self.state()?.vault.read(), settings::Name::AccountKey)?);
        Ok(SignedOrder::sign(demand, &AccountKey::from_bytes(&seed))?)
    }

    /// Checks that an order is its authority's, binds us, is in force now, and is not an earlier edition of one that
    /// was installed here.
    ///
    /// # Errors
    /// Which of these is not so.
    pub fn verify_order(&self, order: &SignedOrder) -> Result<Order, OrderRefused> {
        let state = self.state()?;
        let order = order.verify(&state.us.account(), self.now_ms())?;
        Seen::load(state.vault.read())?.admits_order(&order)?;
        Ok(order)
    }

    /// Puts an order into force: the hook stands as it demands, and stays so until it ends.
    ///
    /// # Errors
    /// When the order is not one for us, is about another hook or list, was not agreed to, or the hook can't stand
    /// like that. Nothing is changed then.
    pub async fn install_order(
        &self,
        order: &SignedOrder,
        package: Package,
        consent: Consent<'_>,
    ) -> Result<GateStatus, OrderRefused> {
        let verified = self.verify_order(order)?;
        verified.fits(&package)?;
        let demand = verified.demand();
        let stored = self.stored_gate()?.hooks.into_iter().find(|hook| hook.hook == demand.hook.id);
        let earlier = stored.as_ref().and_then(demand_of);
        if let Some(stored) = &stored {
            let replaces = earlier
                .as_ref()
                .is_some_and(|earlier| (earlier.authority, &earlier.id) == (demand.authority, &demand.id));
            if !replaces {
                self.admit_by_lock(stored, None, &consent)?;
            }
        }
        if !consent.wider {
            return Err(OrderRefused::NotAccepted);
        }
        let file = order.to_json().map_err(|error| EnableError::Write(std::io::Error::other(error)))?;
        let authority = (demand.mode == Mode::Report).then_some(demand.authority);
        let status = self
            .put_hook(
                package,
                demand.mode,
                demand.views.clone(),
                authority,
                (Lock::Order, Some(file.into_bytes())),
            )
            .await?;
        self.state()?.vault.write(|db| {
            let mut seen = Seen::load(db)?;
            seen.remember_order(&verified);
            seen.store(db)?;
            let mut suspended = suspended(db)?;
            // What returns when the last edition of an order ends is what was before its first.
            if !suspended.iter().any(|known| known.hook == demand.hook.id) {
                suspended.push(Suspended { hook: demand.hook.id.clone(), before: stored });
            }
            settings::put(db, settings::Name::Suspended, &suspended)
        })?;
        Ok(status)
    }

    /// Ends the orders whose last day is over: what was before them returns. Called before the gate is asked.
    ///
    /// # Errors
    /// When the vault can't be written.
    pub(crate) fn end_orders(&self) -> Result<(), VaultError> {
        if !self.current_gate().is_ordered() {
            return Ok(());
        }
        let today = Day::of_ms(self.now_ms());
        let gate = self.stored_gate()?;
        let over: Vec<&StoredHook> = gate
            .hooks
            .iter()
            .filter(|hook| hook.lock == Lock::Order)
            // An order that is not signed is none, and holds nothing.
            .filter(|hook| demand_of(hook).is_none_or(|demand| today > demand.expires))
            .collect();
        for hook in over {
            let mut waiting = suspended(self.state()?.vault.read())?;
            let place = waiting.iter().position(|known| known.hook == hook.hook);
            let before = place.and_then(|place| waiting.swap_remove(place).before);
            self.state()?.vault.write(|db| settings::put(db, settings::Name::Suspended, &waiting))?;
            // The order may have brought another edition of the hook, and one that nobody agreed to stays out.
            let before = before.filter(|before| before.manifest == hook.manifest);
            // A later edition of its list that came meanwhile was agreed to on its own.
            let before = before.map(|before| StoredHook { list_seen: hook.list_seen.clone(), ..before });
            let off = StoredHook { mode: Mode::Off, lock: Lock::User, order: None, ..hook.clone() };
            self.keep_hook(before.unwrap_or(off))?;
        }
        Ok(())
    }

    /// Gives the lock of a hook to a guardian. The first time sets the passphrase; later ones must know it.
    ///
    /// # Errors
    /// When the hook was never enabled, an order holds it, or the passphrase is another than the guardian's.
    pub fn lock_hook(&self, hook: &str, passphrase: &Passphrase) -> Result<GateStatus, EnableError> {
        let stored = self.enabled_once(hook)?;
        let consent = Consent { wider: false, guardian: Some(passphrase) };
        self.admit_by_lock(&stored, None, &consent)?;
        {
            let mut state = self.state()?;
            let state = &mut *state;
            let known: Option<Guardian> = settings::get(state.vault.read(), settings::Name::Guardian)?;
            let guardian = match known {
                Some(guardian) if guardian.admits(passphrase).map_err(Locked::Unlock)? => guardian,
                Some(_) => return Err(Locked::WrongPassphrase.into()),
                None => Guardian::new(passphrase, &mut *state.rng).map_err(Locked::Unlock)?,
            };
            state.vault.write(|db| settings::put(db, settings::Name::Guardian, &guardian))?;
        }
        Ok(self.keep_hook(StoredHook { lock: Lock::Guardian, ..stored })?)
    }

    /// Gives the lock of a hook back to its user. The last one forgets the guardian's passphrase.
    ///
    /// # Errors
    /// When no guardian has locked it, or the passphrase is missing or wrong.
    pub fn unlock_hook(&self, hook: &str, consent: Consent<'_>) -> Result<GateStatus, EnableError> {
        let stored = self.enabled_once(hook)?;
        if stored.lock != Lock::Guardian {
            return Err(Locked::NotGuarded { hook: hook.into() }.into());
        }
        self.admit_by_lock(&stored, None, &consent)?;
        let status = self.keep_hook(StoredHook { lock: Lock::User, ..stored })?;
        if !self.stored_gate()?.hooks.iter().any(|hook| hook.lock == Lock::Guardian) {
            self.state()?.vault.write(|db| settings::remove(db, settings::Name::Guardian))?;
        }
        Ok(status)
    }

    fn enabled_once(&self, hook: &str) -> Result<StoredHook, EnableError> {
        let stored = self.stored_gate()?.hooks.into_iter().find(|stored| stored.hook == hook);
        stored.ok_or_else(|| EnableError::NotEnabled(hook.into()))
    }
}

fn suspended(db: &rusqlite::Connection) -> Result<Vec<Suspended>, VaultError> {
    Ok(settings::get(db, settings::Name::Suspended)?.unwrap_or_default())
}
