//! The host of a build without a WebAssembly engine: it does not start, so it loads nothing.

use std::{convert::Infallible, path::Path};

use airlock_protocol::gate::{Examination, Hook, HookIdentity, Subject};

use super::{HostError, LoadError};
use crate::{List, ListError, Manifest, Package, manifest::View};

/// There is none in this build.
pub struct Host(Infallible);

impl Host {
    /// Fails.
    ///
    /// # Errors
    /// Always [`HostError::Absent`].
    pub fn new(_: Option<&Path>) -> Result<Self, HostError> {
        Err(HostError::Absent)
    }

    /// Never called: there is no host.
    ///
    /// # Errors
    /// None.
    pub fn load(&self, _: &Package, _: u64) -> Result<LoadedHook, LoadError> {
        match self.0 {}
    }
}

/// There is none in this build, and never will be one.
#[derive(Clone, Debug)]
pub struct LoadedHook(Infallible);

impl LoadedHook {
    /// Never called: there is no hook.
    #[must_use]
    pub fn at(&self, _: u64) -> Self {
        match self.0 {}
    }

    /// Never called: there is no hook.
    #[must_use]
    pub fn with_views(&self, _: &[View]) -> Self {
        match self.0 {}
    }

    /// Never called: there is no hook.
    #[must_use]
    pub fn views(&self) -> &[View] {
        match self.0 {}
    }

    /// Never called: there is no hook.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        match self.0 {}
    }

    /// Never called: there is no hook.
    #[must_use]
    pub fn list(&self) -> Option<Result<&List, &ListError>> {
        match self.0 {}
    }
}

impl Hook for LoadedHook {
    fn check(&self, _: Subject<'_>) -> Examination {
        match self.0 {}
    }

    fn identity(&self) -> &HookIdentity {
        match self.0 {}
    }
}
