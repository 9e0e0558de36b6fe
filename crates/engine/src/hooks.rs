//! Setting the gate: which hooks in which order, in which modes, reporting to whom.

use std::{fs, sync::Arc};

use airlock_hooks::{Package, View};
use airlock_protocol::{Hook as _, Mode, gate::ActiveMode};
use airlock_wire::AccountId;

use crate::{
    audit::{AuditEntry, ChainHook, keep_edition},
    consent::{Consent, Proposal},
    engine::Engine,
    gate::{
        Authority, CHAIN_MAX, EnableError, Fresh, Gate, GateStatus, Installed, Lock, OpenHook, StoredGate,
        StoredHook,
    },
    seen::Seen,
    vault::{VaultError, audit as log, contacts, settings},
};

impl Engine {
    /// How the gate stands: what a status line shows.
    #[must_use]
    pub fn gate(&self) -> GateStatus {
        // A vault that can't be written keeps the order, and each message says so.
        drop(self.end_orders());
        self.current_gate().status(|account| self.authority(account), self.now_ms())
    }

    fn authority(&self, account: AccountId) -> Authority {
        let known =
            self.state().ok().and_then(|state| contacts::get(state.vault.read(), &account).ok()).flatten();
        Authority { account, name: known.map_or_else(|| account.to_string(), |contact| contact.name) }
    }

    /// Installs a hook and puts it into the gate, where it was or after the others, for somebody who has agreed to all
    /// of it: see [`Engine::enable_hook_with`].
    ///
    /// # Errors
    /// As [`Engine::enable_hook_with`].
    pub async fn enable_hook(
        &self,
        package: Package,
        mode: Mode,
        authority: Option<AccountId>,
    ) -> Result<GateStatus, EnableError> {
        self.enable_hook_with(package, mode, authority, Consent::WIDER).await
    }

    /// Installs a hook and puts it into the gate: where it was, or after the others. It is shown what its manifest asks
    /// for, or what was granted before when the manifest is the same.
    ///
    /// # Errors
    /// When a lock holds the hook as it is, it widens and nobody has agreed, it is refused, its list can't be used or
    /// went back, the chain is full, or report mode has no authority. The gate stays as it was.
    pub async fn enable_hook_with(
        &self,
        package: Package,
        mode: Mode,
        authority: Option<AccountId>,
        consent: Consent<'_>,
    ) -> Result<GateStatus, EnableError> {
        let known = self.stored_gate()?.get(&package.manifest.id).cloned();
        let same = known.as_ref().filter(|known| known.manifest == package.manifest.digest().0);
        let views = same.map_or_else(|| package.manifest.views.clone(), |known| known.views.clone());
        self.change_hook(package, mode, views, authority, consent).await
    }

    /// Sets the mode of a hook that was enabled before, or of the only one when none is named, for somebody who has
    /// agreed to it: see [`Engine::set_mode_with`].
    ///
    /// # Errors
    /// As [`Engine::set_mode_with`].
    pub async fn set_mode(&self, hook: Option<&str>, mode: Mode) -> Result<GateStatus, EnableError> {
        self.set_mode_with(hook, mode, Consent::WIDER).await
    }

    /// Sets the mode of a hook that was enabled before, or of the only one when none is named. `off` unloads it and
    /// keeps it installed.
    ///
    /// # Errors
    /// When no such hook was ever enabled, several were and none is named, or as [`Engine::enable_hook_with`].
    pub async fn set_mode_with(
        &self,
        hook: Option<&str>,
        mode: Mode,
        consent: Consent<'_>,
    ) -> Result<GateStatus, EnableError> {
        if mode == Mode::Off {
            return self.disable_hook_with(hook, consent);
        }
        let stored = named(&self.stored_gate()?, hook)?.clone();
        let package = self.agreed(&stored)?;
        self.change_hook(package, mode, stored.views, stored.authority, consent).await
    }

    /// Sets what a hook is shown, of what its manifest asks for.
    ///
    /// # Errors
    /// When there is no such hook, or as [`Engine::enable_hook_with`].
    pub async fn grant_views(
        &self,
        hook: &str,
        views: &[View],
        consent: Consent<'_>,
    ) -> Result<GateStatus, EnableError> {
        let stored = named(&self.stored_gate()?, Some(hook))?.clone();
        let package = self.agreed(&stored)?;
        let asked = package.manifest.views.iter().filter(|view| views.contains(view));
        let views: Vec<View> = asked.copied().collect();
        if stored.mode == Mode::Off {
            let proposal =
                Proposal { package: &package, mode: Mode::Off, views: &views, authority: stored.authority };
            self.admit(&proposal, &consent)?;
            return Ok(self.keep_hook(StoredHook { views, ..stored })?);
        }
        self.change_hook(package, stored.mode, views, stored.authority, consent).await
    }

    /// Puts another edition of an enabled hook in its place, with the mode and the authority that it has.
    ///
    /// # Errors
    /// When there is no such hook, or as [`Engine::enable_hook_with`].
    pub async fn update_hook(
        &self,
        package: Package,
        consent: Consent<'_>,
    ) -> Result<GateStatus, EnableError> {
        let stored = named(&self.stored_gate()?, Some(&package.manifest.id))?.clone();
        self.enable_hook_with(package, stored.mode, stored.authority, consent).await
    }

    /// The hook as its user agreed to it.
    fn agreed(&self, stored: &StoredHook) -> Result<Package, EnableError> {
        let package = Package::read_dir(&self.inner.home.hooks().join(&stored.hook))?;
        if package.manifest.digest().0 != stored.manifest {
            return Err(EnableError::Changed);
        }
        stored.agrees_on_list(&package)?;
        Ok(package)
    }

    /// Every change of a hook that is asked: whether it is admitted, and then the change.
    async fn change_hook(
        &self,
        package: Package,
        mode: Mode,
        views: Vec<View>,
        authority: Option<AccountId>,
        consent: Consent<'_>,
    ) -> Result<GateStatus, EnableError> {
        let known = self.stored_gate()?.get(&package.manifest.id).cloned();
        if mode == Mode::Off {
            return self.disable_hook_with(Some(&package.manifest.id), consent);
        }
        let reports_to = authority.filter(|_| mode == Mode::Report);
        let proposal = Proposal { package: &package, mode, views: &views, authority: reports_to };
        self.admit(&proposal, &consent)?;
        let (lock, order) = known.map_or((Lock::User, None), |known| (known.lock, known.order));
        self.put_hook(package, mode, views, authority, (lock, order)).await
    }

    /// Puts a hook into the gate as it was admitted.
    pub(crate) async fn put_hook(
        &self,
        package: Package,
        mode: Mode,
        views: Vec<View>,
        authority: Option<AccountId>,
        (lock, order): (Lock, Option<Vec<u8>>),
    ) -> Result<GateStatus, EnableError> {
        let mut gate = self.stored_gate()?;
        let Some(active) = ActiveMode::new(mode) else {
            return self.disable_hook(Some(&package.manifest.id));
        };
        let known = gate.get(&package.manifest.id);
        if known.is_none_or(|hook| hook.mode == Mode::Off) && gate.asked().count() >= CHAIN_MAX {
            return Err(EnableError::ChainFull);
        }
        let authority = match mode {
            Mode::Report => Some(authority.ok_or(EnableError::NoAuthority)?),
            _ => authority.or_else(|| known.and_then(|hook| hook.authority)),
        };
        if mode == Mode::Report
            && let Some(account) = &authority
            && contacts::devices(self.state()?.vault.read(), account)?.is_none()
        {
            return Err(EnableError::UnknownAuthority);
        }
        let (host, now_ms) = (self.current_gate().host(&self.inner.home)?, self.now_ms());
        let (package, hook, host) = tokio::task::spawn_blocking(move || {
            let hook = host.load(&package, now_ms)?;
            Ok::<_, EnableError>((package, hook, host))
        })
        .await
        .map_err(|error| EnableError::Write(error.into()))??;
        if let Some(Err(why)) = hook.list() {
            return Err(EnableError::List(why.clone()));
        }
        let id = package.manifest.id.clone();
        package.write_dir(&self.inner.home.hooks().join(&id)).map_err(EnableError::Write)?;
        keep_edition(&self.inner.home, &package).map_err(EnableError::Write)?;
        if let (Some(wanted), Some(list)) = (&package.manifest.list, &package.list) {
            self.state()?.vault.write(|db| {
                let mut seen = Seen::load(db)?;
                seen.remember_list(wanted, list);
                seen.store(db)
            })?;
        }
        let stored = StoredHook {
            hook: id,
            manifest: package.manifest.digest().0,
            mode,
            authority,
            views,
            lock,
            order,
            list_seen: hook.identity().list.clone(),
        };
        let fresh = Fresh { host, hook: OpenHook::loaded(&stored, active, hook) };
        gate.put(stored);
        Ok(self.store_gate(&gate, Some(fresh))?)
    }

    /// Keeps a hook as it is given: back as it stood, or under another lock. What it needs is loaded.
    pub(crate) fn keep_hook(&self, stored: StoredHook) -> Result<GateStatus, VaultError> {
        let mut gate = self.stored_gate()?;
        gate.put(stored);
        self.store_gate(&gate, None)
    }

    /// Takes a hook out of the gate, or all of them: nothing of it stays loaded.
    ///
    /// # Errors
    /// When there is no such hook, a lock holds one, or the vault can't be written. None is taken out then.
    pub fn disable_hook(&self, hook: Option<&str>) -> Result<GateStatus, EnableError> {
        self.disable_hook_with(hook, Consent::WIDER)
    }

    /// As [`Engine::disable_hook`], with what a lock may want.
    ///
    /// # Errors
    /// As [`Engine::disable_hook`].
    pub fn disable_hook_with(
        &self,
        hook: Option<&str>,
        consent: Consent<'_>,
    ) -> Result<GateStatus, EnableError> {
        let mut gate = self.stored_gate()?;
        if let Some(hook) = hook {
            named(&gate, Some(hook))?;
        }
        let asked = |stored: &&mut StoredHook| {
            stored.mode != Mode::Off && hook.is_none_or(|hook| stored.hook == hook)
        };
        let mut changed = false;
        for stored in gate.hooks.iter_mut().filter(asked) {
            self.admit_by_lock(stored, None, &consent)?;
            stored.mode = Mode::Off;
            changed = true;
        }
        if changed { Ok(self.store_gate(&gate, None)?) } else { Ok(self.gate()) }
    }

    /// Moves a hook to a place in the chain, from 1.
    ///
    /// # Errors
    /// When there is no such hook, or the vault can't be written.
    pub fn move_hook(&self, hook: &str, place: usize) -> Result<GateStatus, EnableError> {
        let mut gate = self.stored_gate()?;
        named(&gate, Some(hook))?;
        // Places count the hooks that are asked: those that are off stand behind them.
        let (mut asked, off): (Vec<_>, Vec<_>) =
            gate.hooks.into_iter().partition(|stored| stored.mode != Mode::Off);
        if let Some(now) = asked.iter().position(|stored| stored.hook == hook) {
            let moved = asked.remove(now);
            asked.insert(place.saturating_sub(1).min(asked.len()), moved);
        }
        gate = StoredGate { hooks: asked.into_iter().chain(off).collect() };
        Ok(self.store_gate(&gate, None)?)
    }

    /// The hooks in this home.
    ///
    /// # Errors
    /// When a folder under `hooks/` is not a hook's.
    pub fn installed_hooks(&self) -> Result<Vec<Installed>, EnableError> {
        let stored = self.stored_gate()?;
        let entries = match fs::read_dir(self.inner.home.hooks()) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(EnableError::Write(error)),
        };
        let mut installed = Vec::new();
        for entry in entries {
            let entry = entry.map_err(EnableError::Write)?;
            let package = Package::read_dir(&entry.path())?;
            let known = entry.file_name().to_str().and_then(|name| stored.get(name));
            installed.push(Installed { package, mode: known.map_or(Mode::Off, |known| known.mode) });
        }
        installed.sort_by(|a, b| a.package.manifest.id.cmp(&b.package.manifest.id));
        Ok(installed)
    }

    pub(crate) fn stored_gate(&self) -> Result<StoredGate, VaultError> {
        Ok(settings::get(self.state()?.vault.read(), settings::Name::Gate)?.unwrap_or_default())
    }

    /// Stores the gate and loads what it needs that is not loaded yet.
    fn store_gate(&self, stored: &StoredGate, fresh: Option<Fresh>) -> Result<GateStatus, VaultError> {
        let gate: Gate = self.current_gate().again(stored, fresh, &self.inner.home, self.now_ms());
        let chain = gate.status(|account| self.authority(account), self.now_ms()).hooks;
        let chain = chain.iter().map(ChainHook::of).collect();
        let entry = AuditEntry::Set { at_ms: self.now_ms(), chain };
        self.state()?.vault.write(|db| -> Result<(), VaultError> {
            settings::put(db, settings::Name::Gate, stored)?;
            log::append(db, &entry, None)?;
            Ok(())
        })?;
        self.replace_gate(Arc::new(gate));
        Ok(self.gate())
    }
}

/// The hook that is meant: the named one, or the only one.
fn named<'a>(gate: &'a StoredGate, hook: Option<&str>) -> Result<&'a StoredHook, EnableError> {
    match (hook, gate.hooks.as_slice()) {
        (Some(id), _) => gate.get(id).ok_or_else(|| EnableError::NotEnabled(id.into())),
        (None, []) => Err(EnableError::NoHook),
        (None, [hook]) => Ok(hook),
        (None, hooks) => Err(EnableError::WhichHook(hooks.iter().map(|hook| hook.hook.clone()).collect())),
    }
}
