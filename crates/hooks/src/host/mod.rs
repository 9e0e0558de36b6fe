//! Loads hooks and asks them.
//!
//! Every check is a fresh instance: no message can leave a trace that the next one finds. See `sandbox.rs` for
//! what an instance may use, and `limits.rs` for how much.
//!
//! Without the feature `host` there is no engine in the build, and `absent.rs` stands in its place: it refuses to
//! start, so that nothing could be asked. Whoever calls sees the same types.

mod error;

#[cfg(feature = "host")]
pub(crate) mod bindings;
#[cfg(feature = "host")]
mod deadline;
#[cfg(feature = "host")]
mod sandbox;
#[cfg(feature = "host")]
mod sandboxed;

#[cfg(not(feature = "host"))]
mod absent;

#[cfg(not(feature = "host"))]
pub use absent::{Host, LoadedHook};
pub use error::{HostError, LoadError};
#[cfg(feature = "host")]
pub use sandboxed::{Host, LoadedHook};

pub use crate::component::ComponentError;
