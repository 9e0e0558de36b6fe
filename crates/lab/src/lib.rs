//! The same conversation under different gate settings, compared from the bytes each party got.
//!
//! A [`World`] is relay, tap, Alice, Bob and an authority in one process. [`Observations`] are everything that each
//! party really got in it, and a [`Marker`] looks for a planted text in them. A [`Scenario`] is a scripted
//! conversation; [`run()`] plays it once per setting and gives a [`Report`]. Nothing here states a result: all of them are
//! computed from the observations.

pub mod live;
pub mod marker;
pub mod measure;
pub mod observer;
pub mod report;
pub mod scenario;
pub mod setting;
pub mod tap;

mod conclude;
mod error;
mod list_change;
mod logs;
mod opened_vault;
mod outcome;
mod person;
mod photographs;
#[allow(dead_code, reason = "the pictures of several programs, of which this uses a part")]
mod pictures;
mod play;
mod record;
mod request_watch;
mod run;
mod server_scan;
mod store_reader;
mod unpacked;
mod watch;
mod world;

pub use error::{LabError, WorldError};
pub use live::{CarrierCheck, EnvelopeRow, HookShown, MailboxView, RelayView, ReportView};
pub use marker::Marker;
pub use measure::{Measure, MeasureError, Measured};
pub use observer::{Finding, Observations, Party};
pub use person::Person;
pub use report::Report;
pub use run::{Doing, Progress, RunOptions, Step, run, run_script};
pub use scenario::Scenario;
pub use setting::Setting;
pub use world::{Lock, World, WorldClock, WorldOptions};
