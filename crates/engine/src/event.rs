//! What the engine tells those who watch it.

use airlock_protocol::MessageId;
use airlock_wire::AccountId;

use crate::{
    attachments::Transfer,
    vault::{attachments::FileState, messages::Delivery},
};

/// Events kept for a watcher that is slow. One that is slower reads the engine anew.
pub(crate) const EVENTS_KEPT: usize = 1_024;

/// Something changed. The change is in the vault already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The connection to our relay.
    Connection(Connection),
    /// A message came in.
    Received {
        /// From whom.
        account: AccountId,
        /// Which.
        id: MessageId,
    },
    /// A message of ours has come further.
    Delivery {
        /// To whom.
        account: AccountId,
        /// Which.
        id: MessageId,
        /// How far.
        delivery: Delivery,
    },
    /// A file has come further on its way to or from a relay.
    Transfer {
        /// With whom.
        account: AccountId,
        /// Of which message.
        id: MessageId,
        /// How far.
        transfer: Transfer,
    },
    /// The state of a file has changed.
    File {
        /// With whom.
        account: AccountId,
        /// Of which message.
        id: MessageId,
        /// To this.
        state: FileState,
    },
    /// A contact is new, or has changed.
    Contact {
        /// Who.
        account: AccountId,
    },
    /// The authority's relay accepted a report of ours.
    ReportSent {
        /// Which.
        number: u64,
    },
    /// We are an authority, and a report came in.
    ReportReceived,
    /// An envelope that could not be opened. It is gone: asking the sender to write again is all that helps.
    Rejected {
        /// What was wrong with it.
        why: String,
    },
    /// An envelope was refused as repeated: its key was used, mostly because the sender or the relay did not hear that
    /// it had arrived, or was given up. Nothing is shown.
    Repeated,
    /// The outbox has become shorter.
    Outbox,
    /// The gate was set.
    Gate,
    /// The vault can't be written: nothing is received or sent any more.
    Stopped {
        /// Why.
        why: String,
    },
}

/// How the connection to our own relay stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connection {
    /// Not asked for.
    Offline,
    /// Under way.
    Connecting,
    /// What comes in comes at once.
    Online,
    /// It failed, and is tried again.
    Waiting {
        /// What went wrong.
        why: String,
        /// In this time.
        retry_in_ms: u64,
    },
    /// It failed in a way that trying again won't mend.
    Refused {
        /// What has to be seen to.
        why: String,
    },
}
