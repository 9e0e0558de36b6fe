//! Setting the gate: which hook, in which mode, reporting to whom.

use std::fs;

use airlock_hooks::Package;
use airlock_protocol::{Mode, gate::ActiveMode};
use airlock_wire::AccountId;

use crate::{
    audit::AuditEntry,
    engine::Engine,
    gate::{Authority, EnableError, Gate, GateStatus, Installed, StoredGate, load},
    vault::{VaultError, audit as log, contacts, settings},
};

impl Engine {
    /// How the gate stands: what a status line shows.
    #[must_use]
    pub fn gate(&self) -> GateStatus {
        let gate = self.current_gate();
        let account = match &*gate {
            Gate::Off => None,
            Gate::On(open) => open.authority,
        };
        gate.status(account.map(|account| self.authority(account)), self.now_ms())
    }

    fn authority(&self, account: AccountId) -> Authority {
        let known =
            self.state().ok().and_then(|state| contacts::get(state.vault.read(), &account).ok()).flatten();
        Authority { account, name: known.map_or_else(|| account.to_string(), |contact| contact.name) }
    }

    /// Installs a hook and turns the gate on.
    ///
    /// # Errors
    /// When the hook is refused, its list can't be used, or report mode has no authority. The gate stays as it was.
    pub async fn enable_hook(
        &self,
        package: Package,
        mode: Mode,
        authority: Option<AccountId>,
    ) -> Result<GateStatus, EnableError> {
        let Some(active) = ActiveMode::new(mode) else { return self.disable_hook() };
        let authority =
            if mode == Mode::Report { Some(authority.ok_or(EnableError::NoAuthority)?) } else { None };
        if let Some(account) = &authority
            && contacts::devices(self.state()?.vault.read(), account)?.is_none()
        {
            return Err(EnableError::UnknownAuthority);
        }
        let (cache, now_ms) = (self.inner.home.cache(), self.now_ms());
        let (package, hook) = tokio::task::spawn_blocking(move || {
            let hook = load(&package, &cache, now_ms)?;
            Ok::<_, EnableError>((package, hook))
        })
        .await
        .map_err(|error| EnableError::Write(error.into()))??;
        if let Some(Err(why)) = hook.list() {
            return Err(EnableError::List(why.clone()));
        }
        let id = package.manifest.id.clone();
        package.write_dir(&self.inner.home.hooks().join(&id)).map_err(EnableError::Write)?;
        let stored = StoredGate { mode, hook: id, manifest: package.manifest.digest().0, authority };
        self.store_gate(&stored, Gate::with(hook, active, authority))
    }

    /// Sets the mode of the hook that was enabled last. `off` unloads it and keeps it installed.
    ///
    /// # Errors
    /// When no hook was ever enabled, or as [`Engine::enable_hook`].
    pub async fn set_mode(&self, mode: Mode) -> Result<GateStatus, EnableError> {
        if mode == Mode::Off {
            return self.disable_hook();
        }
        let stored = self.stored_gate()?.ok_or(EnableError::NoHook)?;
        let package = Package::read_dir(&self.inner.home.hooks().join(&stored.hook))?;
        if package.manifest.digest().0 != stored.manifest {
            return Err(EnableError::Changed);
        }
        let authority = self.reports_to(&stored)?;
        self.enable_hook(package, mode, authority).await
    }

    /// The authority of the gate, or of the last time that it was in report mode.
    fn reports_to(&self, stored: &StoredGate) -> Result<Option<AccountId>, VaultError> {
        if stored.authority.is_some() {
            return Ok(stored.authority);
        }
        settings::get(self.state()?.vault.read(), settings::Name::Authority)
    }

    /// Turns the gate off: nothing of the hook stays loaded.
    ///
    /// # Errors
    /// When the vault can't be written.
    pub fn disable_hook(&self) -> Result<GateStatus, EnableError> {
        match self.stored_gate()? {
            Some(stored) => {
                self.store_gate(&StoredGate { mode: Mode::Off, authority: None, ..stored }, Gate::Off)
            }
            None => Ok(self.gate()),
        }
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
            let enabled = stored.as_ref().is_some_and(|stored| {
                stored.mode != Mode::Off && entry.file_name().to_str() == Some(stored.hook.as_str())
            });
            installed.push(Installed { package, enabled });
        }
        installed.sort_by(|a, b| a.package.manifest.id.cmp(&b.package.manifest.id));
        Ok(installed)
    }

    fn stored_gate(&self) -> Result<Option<StoredGate>, VaultError> {
        settings::get(self.state()?.vault.read(), settings::Name::Gate)
    }

    fn store_gate(&self, stored: &StoredGate, gate: Gate) -> Result<GateStatus, EnableError> {
        let (mode, authority) = (stored.mode, stored.authority);
        let hook = gate.status(None, self.now_ms()).hook;
        let entry = AuditEntry::Set { at_ms: self.now_ms(), mode, hook, authority };
        self.state()?.vault.write(|db| -> Result<(), VaultError> {
            settings::put(db, settings::Name::Gate, stored)?;
            if let Some(authority) = &authority {
                settings::put(db, settings::Name::Authority, authority)?;
            }
            log::append(db, &entry, None)?;
            Ok(())
        })?;
        self.replace_gate(gate);
        Ok(self.gate())
    }
}
