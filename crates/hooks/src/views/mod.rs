//! What hooks are shown of a message, and how it is decoded.
//!
//! The same message makes the same views on every machine, which is what a replay of the audit log stands on: all
//! arithmetic is of integers, or of floating point in a stated order.

mod luma;
mod picture;
mod rgb;
#[cfg(feature = "host")]
mod shown;

pub use luma::{LUMA_SIDE, luma};
pub use picture::{Format, Picture, PictureError};
pub use rgb::{RGB_SIDE, rgb};
#[cfg(feature = "host")]
pub(crate) use shown::Shown;
#[cfg(feature = "host")]
pub use shown::urls;
