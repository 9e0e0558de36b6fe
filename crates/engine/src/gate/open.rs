//! The gate, ready to be asked.

use std::sync::Arc;

use airlock_hooks::{
    Host, HostError, LoadedHook, Manifest, Package, View, limits::SHOWN_ATTACHMENT_BYTES_MAX,
};
use airlock_protocol::{
    Examination, Hook, HookIdentity,
    gate::{ActiveMode, Failure, Finding, OnFailure, Setting, Step, Subject},
};
use airlock_wire::AccountId;

use super::{Authority, EnableError, GateStatus, HookStatus, Lock, OrderInForce, StoredGate, StoredHook};
use crate::home::Home;

/// The chain of hooks that are asked. Empty when the gate is off: then no host exists either.
#[derive(Default)]
pub(crate) struct Gate {
    hooks: Vec<Arc<OpenHook>>,
    /// What the hooks run in. It goes with the last of them.
    host: Option<Arc<Host>>,
}

/// A hook that has just been loaded, and where.
pub(crate) struct Fresh {
    pub(crate) host: Arc<Host>,
    pub(crate) hook: OpenHook,
}

/// One hook of the chain. It keeps alive what it needs of its host.
pub(crate) struct OpenHook {
    pub(crate) id: String,
    mode: ActiveMode,
    authority: Option<AccountId>,
    lock: Lock,
    order: Option<OrderInForce>,
    hook: InstalledHook,
}

enum InstalledHook {
    Loaded(Box<LoadedHook>),
    Unusable(Box<UnusableHook>),
}

/// Stands where a hook can't be loaded: every check fails, and says why.
struct UnusableHook {
    identity: HookIdentity,
    why: String,
    manifest: Option<Manifest>,
}

impl Hook for UnusableHook {
    fn check(&self, _subject: Subject<'_>) -> Examination {
        Examination { answer: Err(Failure::Unloadable(self.why.clone())), fuel: 0, memory_bytes: 0 }
    }

    fn identity(&self) -> &HookIdentity {
        &self.identity
    }
}

impl Gate {
    /// How many bytes of a file are to be kept in memory for the hooks: none unless one is granted to see into it.
    pub(crate) fn file_bytes_wanted(&self) -> u64 {
        let wanted = self.hooks.iter().any(|hook| hook.granted().iter().any(|view| view.needs_file()));
        if wanted { SHOWN_ATTACHMENT_BYTES_MAX } else { 0 }
    }

    /// The gate as it is stored. Never fails: what can't be loaded becomes a hook that fails.
    pub(crate) fn open(stored: &StoredGate, home: &Home, now_ms: u64) -> Self {
        Self::default().again(stored, None, home, now_ms)
    }

    /// The gate as it is stored now. A hook that stands as before is not loaded again, and `fresh` has just been.
    pub(crate) fn again(&self, stored: &StoredGate, fresh: Option<Fresh>, home: &Home, now_ms: u64) -> Self {
        let (host, mut fresh) = fresh.map(|fresh| (fresh.host, Arc::new(fresh.hook))).unzip();
        let mut host = host.or_else(|| self.host.clone());
        let again = |stored: &StoredHook| {
            let mode = ActiveMode::new(stored.mode)?;
            if let Some(hook) = fresh.take_if(|hook| hook.id == stored.hook) {
                return Some(hook);
            }
            let same = self.hooks.iter().find(|hook| hook.is(stored, mode));
            let open = || Arc::new(OpenHook::open(stored, mode, &mut host, home, now_ms));
            Some(same.map_or_else(open, Arc::clone))
        };
        let hooks: Vec<_> = stored.asked().filter_map(again).collect();
        let host = host.filter(|_| !hooks.is_empty());
        Self { hooks, host }
    }

    /// Whether an order holds a hook of the chain.
    pub(crate) fn is_ordered(&self) -> bool {
        self.hooks.iter().any(|hook| hook.lock == Lock::Order)
    }

    /// What hooks run in: the one that runs, or a new one.
    pub(crate) fn host(&self, home: &Home) -> Result<Arc<Host>, HostError> {
        host(&mut self.host.clone(), home)
    }

    pub(crate) fn is_off(&self) -> bool {
        self.hooks.is_empty()
    }

    /// The chain at this moment: a list may have expired since the last message.
    pub(crate) fn at(&self, now_ms: u64) -> Chain<'_> {
        Chain { hooks: self.hooks.iter().map(|hook| (&**hook, hook.at(now_ms))).collect() }
    }

    /// The hook of a step, if the chain still has it.
    pub(crate) fn hook(&self, identity: &HookIdentity) -> Option<&OpenHook> {
        self.hooks.iter().map(|hook| &**hook).find(|hook| hook.id == identity.id)
    }

    /// What a hook of the chain found, for people.
    pub(crate) fn finding_text(&self, hook: &HookIdentity, finding: &Finding) -> String {
        let code = finding.code.0;
        self.hook(hook).map_or_else(|| format!("code {code}"), |hook| hook.code_text(code))
    }

    /// What else there is to know of it.
    pub(crate) fn finding_detail(&self, hook: &HookIdentity, finding: &Finding) -> Option<String> {
        self.hook(hook)?.finding_detail(finding)
    }

    /// How it stands; `name` names an authority.
    pub(crate) fn status(&self, name: impl Fn(AccountId) -> Authority, now_ms: u64) -> GateStatus {
        let status = |(hook, asked): &(&OpenHook, AskedHook<'_>)| HookStatus {
            hook: asked.hook().identity().clone(),
            mode: hook.mode.mode(),
            authority: hook.authority().map(&name),
            threshold: hook.threshold(),
            lock: hook.lock,
            order: hook.order.clone(),
            problem: asked.problem(),
            codes: hook.codes(),
        };
        GateStatus { hooks: self.at(now_ms).hooks.iter().map(status).collect() }
    }
}

/// The hooks of a chain, as they are at one moment.
pub(crate) struct Chain<'a> {
    hooks: Vec<(&'a OpenHook, AskedHook<'a>)>,
}

impl Chain<'_> {
    pub(crate) fn steps(&self) -> Vec<Step<'_>> {
        let step = |(open, asked)| Self::step(open, asked);
        self.hooks.iter().map(|(open, asked)| (*open, asked)).map(step).collect()
    }

    fn step<'a>(open: &OpenHook, asked: &'a AskedHook<'_>) -> Step<'a> {
        Step { hook: asked.hook(), mode: open.mode, on_failure: open.on_failure() }
    }
}

/// What [`airlock_protocol::gate::check`] takes: off, or these steps.
pub(crate) fn setting<'a>(steps: &'a [Step<'a>]) -> Setting<'a> {
    if steps.is_empty() { Setting::Off } else { Setting::On { steps } }
}

impl OpenHook {
    /// A hook that has just been loaded.
    pub(crate) fn loaded(stored: &StoredHook, mode: ActiveMode, hook: LoadedHook) -> Self {
        Self::with(stored, mode, InstalledHook::Loaded(Box::new(hook.with_views(&stored.views))))
    }

    fn open(
        stored: &StoredHook,
        mode: ActiveMode,
        running: &mut Option<Arc<Host>>,
        home: &Home,
        now_ms: u64,
    ) -> Self {
        let load = |running: &mut Option<Arc<Host>>, package| -> Result<_, EnableError> {
            Ok(host(running, home)?.load(package, now_ms)?)
        };
        let hook = match Package::read_dir(&home.hooks().join(&stored.hook)) {
            Err(error) => InstalledHook::unusable(stored, None, &error),
            Ok(package) if package.manifest.digest().0 != stored.manifest => {
                InstalledHook::unusable(stored, None, &EnableError::Changed)
            }
            Ok(package) => match stored.agrees_on_list(&package).and_then(|()| load(running, &package)) {
                Ok(hook) => InstalledHook::Loaded(Box::new(hook.with_views(&stored.views))),
                Err(error) => InstalledHook::unusable(stored, Some(package.manifest), &error),
            },
        };
        Self::with(stored, mode, hook)
    }

    fn with(stored: &StoredHook, mode: ActiveMode, hook: InstalledHook) -> Self {
        Self {
            id: stored.hook.clone(),
            mode,
            authority: stored.authority,
            lock: stored.lock,
            order: OrderInForce::of(stored),
            hook,
        }
    }

    /// Whether it stands as stored, so that it can stay as it is.
    fn is(&self, stored: &StoredHook, mode: ActiveMode) -> bool {
        let InstalledHook::Loaded(hook) = &self.hook else { return false };
        self.id == stored.hook
            && hook.identity().manifest == stored.manifest
            && hook.views() == stored.views
            && self.order == OrderInForce::of(stored)
            && (self.mode, self.authority, self.lock) == (mode, stored.authority, stored.lock)
    }

    fn at(&self, now_ms: u64) -> AskedHook<'_> {
        match &self.hook {
            InstalledHook::Loaded(hook) => AskedHook::Loaded(Box::new(hook.at(now_ms))),
            InstalledHook::Unusable(hook) => AskedHook::Unusable(hook),
        }
    }

    fn manifest(&self) -> Option<&Manifest> {
        match &self.hook {
            InstalledHook::Loaded(hook) => Some(hook.manifest()),
            InstalledHook::Unusable(hook) => hook.manifest.as_ref(),
        }
    }

    fn on_failure(&self) -> OnFailure {
        self.manifest().map_or(OnFailure::Hold, |manifest| manifest.on_failure.in_mode(self.mode))
    }

    /// To whom it reports, in report mode.
    pub(crate) fn authority(&self) -> Option<AccountId> {
        self.authority.filter(|_| self.mode.mode() == airlock_protocol::Mode::Report)
    }

    pub(crate) fn threshold(&self) -> u32 {
        self.manifest().map_or(1, |manifest| manifest.threshold)
    }

    fn codes(&self) -> Vec<(u8, String)> {
        let codes = self.manifest().map(|manifest| manifest.codes.as_slice()).unwrap_or_default();
        codes.iter().map(|code| (code.code, code.text.clone())).collect()
    }

    /// What a code of this hook means, for people.
    pub(crate) fn code_text(&self, code: u8) -> String {
        let declared =
            self.manifest().and_then(|manifest| manifest.codes.iter().find(|text| text.code == code));
        declared.map_or_else(|| format!("code {code}"), |text| text.text.clone())
    }

    /// What else there is to know of a finding: how sure or how near, and who asked to look for it.
    pub(crate) fn finding_detail(&self, finding: &Finding) -> Option<String> {
        let declared = self.manifest().and_then(|manifest| manifest.score.as_ref());
        let score = finding.score.zip(declared);
        let score = score.map(|(score, declared)| format!("{} {score} {}", declared.name, declared.unit));
        let list = match &self.hook {
            InstalledHook::Loaded(hook) => hook.list().and_then(Result::ok),
            InstalledHook::Unusable(_) => None,
        };
        let entry = finding.entry.and_then(|entry| usize::try_from(entry).ok());
        let entry = list.zip(entry).and_then(|(list, entry)| list.entries().get(entry));
        let entry = entry.map(|entry| format!("listed for {}", entry.submitter));
        let parts: Vec<String> = score.into_iter().chain(entry).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// The views that the hook is shown.
    pub(crate) fn views(&self) -> Vec<String> {
        self.granted().iter().map(ToString::to_string).collect()
    }

    fn granted(&self) -> &[View] {
        match &self.hook {
            InstalledHook::Loaded(hook) => hook.views(),
            InstalledHook::Unusable(_) => &[],
        }
    }
}

/// A hook at the moment of being asked.
enum AskedHook<'a> {
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
    fn unusable(stored: &StoredHook, manifest: Option<Manifest>, why: &dyn std::fmt::Display) -> Self {
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

/// The host that runs, or a new one, which keeps compiled hooks in the home.
fn host(running: &mut Option<Arc<Host>>, home: &Home) -> Result<Arc<Host>, HostError> {
    if let Some(host) = running {
        return Ok(Arc::clone(host));
    }
    let host = Arc::new(Host::new(Some(&home.cache()))?);
    Ok(Arc::clone(running.insert(host)))
}
