//! The gate as this device has it: which hook, in which mode, reporting to whom.
//!
//! With the gate off nothing of the hook is read, compiled or run. With it on, a hook that can't be used does not
//! turn the gate off: each message then fails in the way that the hook's manifest states.

use std::{fmt, io, path::Path};

use airlock_hooks::{Host, LoadedHook, Manifest, Package, manifest::View};
use airlock_protocol::{
    Examination, Hook, HookIdentity, Mode,
    gate::{ActiveMode, Failure, OnFailure, Setting, Subject},
};
use airlock_wire::AccountId;
use serde::{Deserialize, Serialize};

use crate::{home::Home, vault::VaultError};

/// How the gate stands, in the vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredGate {
    pub(crate) mode: Mode,
    /// The hook's folder under [`Home::hooks`].
    pub(crate) hook: String,
    /// The manifest as it was when the user enabled it. Another one is not the hook that they agreed to.
    pub(crate) manifest: [u8; 32],
    pub(crate) authority: Option<AccountId>,
}

/// A gate that is ready to be asked.
pub(crate) enum Gate {
    Off,
    On(Box<OpenGate>),
}

pub(crate) struct OpenGate {
    mode: ActiveMode,
    hook: InstalledHook,
    pub(crate) authority: Option<AccountId>,
}

/// The hook of a gate that is on.
enum InstalledHook {
    Loaded { hook: Box<LoadedHook> },
    Unusable(Box<UnusableHook>),
}

/// Stands where a hook can't be loaded: every check fails, and says why.
pub(crate) struct UnusableHook {
    identity: HookIdentity,
    why: String,
    manifest: Option<Manifest>,
}

impl Hook for UnusableHook {
    fn check(&self, _subject: Subject<'_>) -> Examination {
        Examination { answer: Err(Failure::Unloadable(self.why.clone())), fuel: 0 }
    }

    fn identity(&self) -> &HookIdentity {
        &self.identity
    }
}

/// What the status line of every conversation shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GateStatus {
    /// What verdicts may do.
    pub mode: Mode,
    /// Which hook, when the mode is not off.
    pub hook: Option<HookIdentity>,
    /// To whom `report` verdicts go, in report mode.
    pub authority: Option<Authority>,
    /// Reports that are held before the first leaves.
    pub threshold: u32,
    /// Why the hook can't be used, and what that means for messages.
    pub problem: Option<String>,
    /// What the hook's codes mean, by code.
    pub codes: Vec<(u8, String)>,
}

/// Who gets reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Authority {
    /// The account.
    pub account: AccountId,
    /// Our name for it.
    pub name: String,
}

impl fmt::Display for GateStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gate {}", self.mode)?;
        if let Some(hook) = &self.hook {
            write!(f, " · {} {} · {}", hook.id, hook.version, short(&hook.component))?;
            if let Some(list) = &hook.list {
                write!(f, " · list {} v{}", list.id, list.version)?;
            }
        }
        if let Some(authority) = &self.authority {
            write!(f, " · reports to {}", authority.name)?;
        }
        match &self.problem {
            Some(problem) => write!(f, " · {problem}"),
            None => Ok(()),
        }
    }
}

/// The first four bytes of a digest, enough to see that it changed.
fn short(digest: &[u8; 32]) -> String {
    digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// Why the gate can't be set so.
#[derive(Debug, thiserror::Error)]
pub enum EnableError {
    /// The package is not a hook that this build accepts.
    #[error("{0}")]
    Load(#[from] airlock_hooks::LoadError),
    /// There is no such hook, or its folder is not a hook's.
    #[error("{0}")]
    Package(#[from] airlock_hooks::PackageError),
    /// The sandbox does not start.
    #[error("{0}")]
    Host(#[from] airlock_hooks::HostError),
    /// Report mode needs somebody to report to.
    #[error("report mode needs an authority: an account that reports go to")]
    NoAuthority,
    /// The authority is not a contact.
    #[error("the authority is not a contact, so there is no way to reach it")]
    UnknownAuthority,
    /// No hook has been enabled yet, so there is none to set a mode for.
    #[error("no hook is installed")]
    NoHook,
    /// The list is missing, expired or wrong now, at the moment when somebody enables it.
    #[error("the hook's list cannot be used: {0}")]
    List(airlock_hooks::ListError),
    /// The files changed since the user enabled the hook.
    #[error("the hook's files have changed since it was enabled")]
    Changed,
    /// The hook's files can't be written.
    #[error("the hook's files cannot be written: {0}")]
    Write(io::Error),
    /// The vault refuses.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// A hook in the home.
#[derive(Debug)]
pub struct Installed {
    /// What it is.
    pub package: Package,
    /// Whether the gate asks it now.
    pub enabled: bool,
}

impl Gate {
    /// The gate as it is stored. Never fails: what can't be loaded becomes a hook that fails.
    pub(crate) fn open(stored: Option<&StoredGate>, home: &Home, now_ms: u64) -> Self {
        let Some(stored) = stored else { return Self::Off };
        let Some(mode) = ActiveMode::new(stored.mode) else { return Self::Off };
        let package = Package::read_dir(&home.hooks().join(&stored.hook));
        let hook = match package {
            Err(error) => InstalledHook::unusable(stored, None, &error),
            Ok(package) if package.manifest.digest().0 != stored.manifest => {
                InstalledHook::unusable(stored, None, &EnableError::Changed)
            }
            Ok(package) => match load(&package, &home.cache(), now_ms) {
                Ok(hook) => InstalledHook::Loaded { hook: Box::new(hook) },
                Err(error) => InstalledHook::unusable(stored, Some(package.manifest), &error),
            },
        };
        Self::On(Box::new(OpenGate { mode, hook, authority: stored.authority }))
    }

    /// The gate with a hook that has just been loaded.
    pub(crate) fn with(hook: LoadedHook, mode: ActiveMode, authority: Option<AccountId>) -> Self {
        Self::On(Box::new(OpenGate { mode, hook: InstalledHook::Loaded { hook: Box::new(hook) }, authority }))
    }

    pub(crate) fn status(&self, authority: Option<Authority>, now_ms: u64) -> GateStatus {
        match self {
            Self::Off => GateStatus {
                mode: Mode::Off,
                hook: None,
                authority: None,
                threshold: 0,
                problem: None,
                codes: Vec::new(),
            },
            Self::On(gate) => {
                let asked = gate.at(now_ms);
                GateStatus {
                    mode: gate.mode.mode(),
                    hook: Some(asked.hook().identity().clone()),
                    authority,
                    threshold: gate.threshold(),
                    problem: asked.problem(),
                    codes: gate
                        .manifest()
                        .map(|manifest| {
                            manifest.codes.iter().map(|code| (code.code, code.text.clone())).collect()
                        })
                        .unwrap_or_default(),
                }
            }
        }
    }
}

impl OpenGate {
    /// The hook at this moment: its list may have expired since the last message.
    pub(crate) fn at(&self, now_ms: u64) -> AskedHook<'_> {
        match &self.hook {
            InstalledHook::Loaded { hook } => AskedHook::Loaded(Box::new(hook.at(now_ms))),
            InstalledHook::Unusable(hook) => AskedHook::Unusable(hook),
        }
    }

    pub(crate) fn setting<'a>(&self, asked: &'a AskedHook<'a>) -> Setting<'a> {
        let on_failure =
            self.manifest().map_or(OnFailure::Hold, |manifest| manifest.on_failure.in_mode(self.mode));
        Setting::On { hook: asked.hook(), mode: self.mode, on_failure }
    }

    fn manifest(&self) -> Option<&Manifest> {
        match &self.hook {
            InstalledHook::Loaded { hook } => Some(hook.manifest()),
            InstalledHook::Unusable(hook) => hook.manifest.as_ref(),
        }
    }

    pub(crate) fn threshold(&self) -> u32 {
        self.manifest().map_or(1, |manifest| manifest.threshold)
    }

    /// What a code of this hook means, for people.
    pub(crate) fn code_text(&self, code: u8) -> String {
        let declared =
            self.manifest().and_then(|manifest| manifest.codes.iter().find(|text| text.code == code));
        declared.map_or_else(|| format!("code {code}"), |text| text.text.clone())
    }

    /// The views that the hook is shown.
    pub(crate) fn views(&self) -> Vec<String> {
        let views: &[View] = self.manifest().map_or(&[], |manifest| &manifest.views);
        views.iter().map(ToString::to_string).collect()
    }
}

/// A hook at the moment of being asked.
pub(crate) enum AskedHook<'a> {
    Loaded(Box<LoadedHook>),
    Unusable(&'a UnusableHook),
}

impl AskedHook<'_> {
    fn hook(&self) -> &dyn Hook {
        match self {
            Self::Loaded(hook) => &**hook,
            Self::Unusable(hook) => *hook,
        }
    }

    fn problem(&self) -> Option<String> {
        match self {
            Self::Loaded(hook) => match hook.list() {
                Some(Err(why)) => Some(format!("its list cannot be used: {why}")),
                _ => None,
            },
            Self::Unusable(hook) => Some(hook.why.clone()),
        }
    }
}

impl InstalledHook {
    fn unusable(stored: &StoredGate, manifest: Option<Manifest>, why: &dyn fmt::Display) -> Self {
        let identity = HookIdentity {
            id: stored.hook.clone(),
            version: manifest.as_ref().map_or_else(|| "?".into(), |manifest| manifest.version.clone()),
            component: manifest.as_ref().map_or([0; 32], |manifest| manifest.component.0),
            manifest: stored.manifest,
            list: None,
        };
        Self::Unusable(Box::new(UnusableHook { identity, why: why.to_string(), manifest }))
    }
}

/// Compiles a hook, or takes it from the cache of compiled ones.
pub(crate) fn load(package: &Package, cache: &Path, now_ms: u64) -> Result<LoadedHook, EnableError> {
    Ok(Host::new(Some(cache))?.load(package, now_ms)?)
}
