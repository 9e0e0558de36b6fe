//! A client without a screen: vault, contacts, gate, outbox, inbox. The terminal client, the command line, the lab
//! and the tests all use this one.
//!
//! Reading order: [`engine`] (what one device is and does), `open` (making and opening its home), `compose` (a draft's
//! way through the gate into the outbox), `delivery` (out to relays), `inbox` (in from ours), `attachments` (files,
//! both ways), [`gate`], [`audit`]; at the bottom `vault` (everything at rest), `relay_client` (one connection) and
//! `blob_client` (files over it).

mod attachments;
pub mod audit;
mod backoff;
mod blob_client;
mod compose;
mod consent;
mod contacts;
mod delivery;
pub mod engine;
mod event;
pub mod gate;
mod guardian;
mod home;
mod hooks;
mod inbox;
mod link;
mod open;
mod orders;
mod prekeys;
mod relay_client;
mod seen;
mod tls;
mod unlock;
mod vault;

pub use attachments::{
    FILE_NAME_BYTES_MAX, FileError, SaveError, SaveTo, Saved, Transfer, media_type, safe_name,
};
pub use audit::{
    AuditEntry, AuditError, AuditRecord, ChainHook, DecisionEntry, Form, Kept, LogHead, Opened, Opening,
    OpeningError, Replay, Replayed,
};
pub use compose::{ComposeError, Composed, Concerned, Pending};
pub use consent::{Consent, Locked};
pub use contacts::{AddError, Added, ContactError, SessionError, Verified};
pub use engine::{Engine, LinkUnavailable, Me, RegisterError, Sources, Start};
pub use event::{Connection, Event};
pub use gate::{Authority, CHAIN_MAX, EnableError, GateStatus, HookStatus, Installed, Lock, OrderInForce};
pub use home::Home;
pub use link::{ContactLink, LinkError};
pub use open::{CreateError, OpenError};
pub use orders::{OrderRefused, SignOrderError};
pub use relay_client::NetworkError;
pub use seen::ListRollback;
pub use unlock::{Passphrase, Protection, Unlock, UnlockError};
pub use vault::{
    VaultError,
    attachments::FileState,
    contacts::Contact,
    messages::{Delivery, Direction, Message, MessageFile},
    reports::{ReportMade, ReportReceived, ReportState},
};
