//! The host of a build with a WebAssembly engine.

use std::{path::Path, sync::Arc};

use airlock_protocol::gate::{Examination, Failure, Hook, HookIdentity, ListIdentity, Subject};
use wasmtime::{
    Cache, CacheConfig, Engine,
    component::{Component, Linker},
};

use super::{
    HostError, LoadError,
    bindings::{HookPre, Parameter},
    deadline::Ticker,
    sandbox::{self, Bounds, Input, Run, Sandbox},
};
use crate::{
    Digest, List, ListError, Manifest, Package, SignedList, answer,
    component::Shape,
    manifest::{self, View},
    views::Shown,
};

/// Compiles hooks. One is enough for a process; hooks keep what they need of it alive.
pub struct Host {
    sandbox: Arc<Sandbox>,
}

impl Host {
    /// Starts a host that keeps compiled hooks in `cache`, if given.
    ///
    /// What is in that folder is run as it is: it must belong to the user alone.
    ///
    /// # Errors
    /// When the folder can't be used, or this machine can't run the sandbox.
    pub fn new(cache: Option<&Path>) -> Result<Self, HostError> {
        let mut config = sandbox::config();
        if let Some(dir) = cache {
            config.cache(Some(compiled_cache(dir)?));
        }
        let engine =
            Engine::new(&config).map_err(|error| HostError::Engine(error.root_cause().to_string()))?;
        Ok(Self { sandbox: Arc::new(Sandbox { engine, ticker: Ticker::default() }) })
    }

    /// Checks a package and compiles its component. `now_ms` (milliseconds since 1970) tells whether its list is
    /// still valid.
    ///
    /// A list that can't be used does not stop loading: each check then fails with [`Failure::List`], for which
    /// the manifest has a policy, and [`LoadedHook::list`] tells why.
    ///
    /// # Errors
    /// When the component is not the manifest's, imports anything, is not of this contract or can't start.
    pub fn load(&self, package: &Package, now_ms: u64) -> Result<LoadedHook, LoadError> {
        let Package { manifest, component, list, .. } = package;
        let digest = Digest::of(component);
        if digest != manifest.component {
            return Err(LoadError::Digest { manifest: manifest.component, component: digest });
        }
        Shape::read(component).and_then(|shape| shape.check()).map_err(LoadError::Component)?;
        self.sandbox.ticker.start(&self.sandbox.engine).map_err(LoadError::Deadline)?;
        let engine = &self.sandbox.engine;
        let plain = |error: wasmtime::Error| error.root_cause().to_string();
        let compiled =
            Component::from_binary(engine, component).map_err(|error| LoadError::Compile(plain(error)))?;
        // The linker stays empty: there is nothing that a hook could be linked to.
        let pre = Linker::new(engine)
            .instantiate_pre(&compiled)
            .and_then(HookPre::new)
            .map_err(|error| LoadError::Contract(plain(error)))?;
        self.sandbox.try_instance(&pre, &manifest.limits).map_err(|error| {
            match sandbox::failure(&error) {
                Failure::Garbage(why) => LoadError::Contract(why),
                failure => LoadError::Start(failure),
            }
        })?;
        let hook = Loaded {
            sandbox: Arc::clone(&self.sandbox),
            pre,
            manifest: manifest.clone(),
            list: list.clone(),
        };
        Ok(LoadedHook::at_time(Arc::new(hook), now_ms))
    }
}

/// A hook that can be asked. Clones share everything.
#[derive(Clone)]
pub struct LoadedHook {
    hook: Arc<Loaded>,
    granted: Arc<[View]>,
    list: Option<Result<Arc<List>, ListError>>,
    identity: HookIdentity,
}

struct Loaded {
    sandbox: Arc<Sandbox>,
    pre: HookPre<Bounds>,
    manifest: Manifest,
    list: Option<SignedList>,
}

impl LoadedHook {
    fn at_time(hook: Arc<Loaded>, now_ms: u64) -> Self {
        let list = hook.manifest.list.as_ref().map(|wanted| match &hook.list {
            Some(list) => list.verify(wanted, now_ms).map(Arc::new),
            None => Err(ListError::Missing { wanted: wanted.id.clone() }),
        });
        let in_use = list.as_ref().and_then(|list| list.as_ref().ok());
        let identity = HookIdentity {
            id: hook.manifest.id.clone(),
            version: hook.manifest.version.clone(),
            component: hook.manifest.component.0,
            manifest: hook.manifest.digest().0,
            list: in_use.map(|list| ListIdentity {
                id: list.id().into(),
                version: list.version(),
                digest: list.digest().0,
            }),
        };
        let granted = hook.manifest.views.as_slice().into();
        Self { hook, granted, list, identity }
    }

    /// The same hook at another time: its list may have expired since it was loaded. Nothing is compiled again.
    #[must_use]
    pub fn at(&self, now_ms: u64) -> Self {
        let granted = Arc::clone(&self.granted);
        Self { granted, ..Self::at_time(Arc::clone(&self.hook), now_ms) }
    }

    /// The same hook, shown only those of its views that are in `granted`. A view that it does not ask for is
    /// not granted by naming it.
    #[must_use]
    pub fn with_views(&self, granted: &[View]) -> Self {
        let views = self.manifest().views.iter().filter(|view| granted.contains(view));
        Self { granted: views.copied().collect(), ..self.clone() }
    }

    /// What it is shown: of what its manifest asks for, what was granted.
    #[must_use]
    pub fn views(&self) -> &[View] {
        &self.granted
    }

    /// What it promises.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.hook.manifest
    }

    /// The list in use, or why it can't be used. None when the manifest names no list.
    #[must_use]
    pub fn list(&self) -> Option<Result<&List, &ListError>> {
        self.list.as_ref().map(|list| list.as_deref())
    }
}

impl Hook for LoadedHook {
    fn check(&self, subject: Subject<'_>) -> Examination {
        let manifest = self.manifest();
        let refuse = |failure| Examination { answer: Err(failure), fuel: 0, memory_bytes: 0 };
        let list = match self.list() {
            None => None,
            Some(Ok(list)) => Some(list),
            Some(Err(why)) => return refuse(Failure::List(why.to_string())),
        };
        let shown = match Shown::of(subject, &self.granted) {
            Ok(shown) => shown,
            Err(failure) => return refuse(failure),
        };
        let (got, max) = (shown.size(), manifest.limits.input_bytes);
        if got > max {
            return refuse(Failure::OversizedInput { got, max });
        }
        let hook = &self.hook;
        let parameters: Vec<Parameter<'_>> = manifest.parameters.iter().map(parameter).collect();
        let input =
            Input { views: shown.views(), entries: list.map_or(&[], List::payload), parameters: &parameters };
        let Run { answer, fuel, memory_bytes } = hook.sandbox.run(&hook.pre, &manifest.limits, input);
        let entries = list.map_or(0, |list| list.entries().len());
        let answer = answer.and_then(|answer| answer::validate(answer, manifest, entries));
        Examination { answer, fuel, memory_bytes }
    }

    fn identity(&self) -> &HookIdentity {
        &self.identity
    }
}

fn parameter(stated: &manifest::Parameter) -> Parameter<'_> {
    Parameter { name: &stated.name, value: stated.value }
}

impl std::fmt::Debug for LoadedHook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoadedHook").field("identity", &self.identity).finish_non_exhaustive()
    }
}

fn compiled_cache(dir: &Path) -> Result<Cache, HostError> {
    let mut config = CacheConfig::new();
    config.with_directory(dir);
    Cache::new(config).map_err(|error| HostError::Cache {
        dir: dir.display().to_string(),
        why: error.root_cause().to_string(),
    })
}
