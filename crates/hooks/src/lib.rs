//! The hook contract: manifests, signed lists and the WebAssembly sandbox.
//!
//! A hook is a folder with a manifest, a component and, if the manifest asks for one, a signed list: a
//! [`Package`]. A [`Host`] loads it, and the [`LoadedHook`] is what the gate asks. `wit/hook.wit` is the contract
//! with those who write hooks; `docs/hooks.md` is their guide.
//!
//! What this crate promises: a component that imports anything is refused by name before it is compiled; every
//! message gets a fresh instance; a hook sees the views that its manifest names and nothing else; it stops within
//! its limits; and every way of giving no verdict is a [`Failure`] of its own. Nothing here reads a clock: time
//! comes in as milliseconds since 1970, and only to tell whether a list is still valid.
//!
//! This is the only crate that names wasmtime.
//!
//! Reading order: [`limits`], [`manifest`], [`list`], [`order`], [`package`], [`host`], [`inspection`], [`encode`].
//!
//! [`Failure`]: airlock_protocol::gate::Failure

#[cfg(feature = "host")]
mod answer;
mod component;
pub mod difference;
pub mod digest;
pub mod encode;
pub mod host;
pub mod inspection;
pub mod limits;
pub mod list;
pub mod manifest;
pub mod order;
pub mod package;
mod plain_text;
mod reference;
#[cfg(feature = "views")]
pub mod views;

pub use difference::{Change, Difference, Terms};
pub use digest::Digest;
pub use encode::{CONTRACT, EncodeError, component_of};
pub use host::{Host, HostError, LoadError, LoadedHook};

pub use inspection::{Inspection, Leak, inspect, inspect_component};
pub use list::{Entry, List, ListError, ListFormatError, SignedList};
pub use manifest::{Manifest, ManifestError, Strength, View};
pub use order::{Order, OrderError, SignedOrder};
pub use package::{Package, PackageError};
pub use plain_text::PlainTextError;
