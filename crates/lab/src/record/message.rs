//! What came of one message.

use std::collections::BTreeMap;

use super::{DecisionSeen, InGate, Shown};
use crate::{
    observer::{Finding, Party},
    person::Person,
};

/// What came of one message.
#[derive(Clone, Debug)]
pub(crate) struct MessageRun {
    /// As in the scenario.
    pub(crate) id: String,
    /// Who wrote.
    pub(crate) from: Person,
    /// To whom.
    pub(crate) to: Person,
    /// What was looked for.
    pub(crate) marker: String,
    /// What the lab had put into the sender's gate when it was written.
    pub(crate) in_gate: Vec<InGate>,
    /// The sender's status line then; none where there is no gate.
    pub(crate) status: Option<String>,
    /// What the sender saw of the gate, in order.
    pub(crate) shown: Vec<Shown>,
    /// What the sender came to.
    pub(crate) ended: Ended,
    /// What reached the recipient; none when nothing did.
    pub(crate) arrival: Option<Arrival>,
    /// Where the marker was found, for each party that was looked at. One that had nothing of it has none.
    pub(crate) findings: BTreeMap<Party, Vec<Finding>>,
    /// What the hooks of the sender's gate decided about it, by the audit log.
    pub(crate) decisions: Vec<DecisionSeen>,
    /// From the key press to the message being in the outbox, or not: the gate, the sealing and the vault.
    pub(crate) compose_us: u64,
    /// What the wire carried while it was sent.
    pub(crate) on_the_wire: OnTheWire,
}

/// The datagrams to the relay from the key press until the sender's outbox was empty: what somebody on the path sees
/// of a message, who knows when it was sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct OnTheWire {
    /// Bytes of each, in order.
    pub(crate) sizes: Vec<f64>,
    /// Microseconds between each and the one before.
    pub(crate) gaps: Vec<f64>,
}

/// What the sender came to with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It was sealed and sent, and this is what the sender chose to send.
    Sent(Chosen),
    /// The sender was asked, and left it.
    LeftByChoice,
    /// The gate did not send it.
    Stopped,
    /// It could not be sent.
    Failed,
    /// Nobody could write it.
    NotWritten,
}

/// What a sender chose to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub(crate) text: String,
    /// Whether the scripted file goes with it.
    pub(crate) with_file: bool,
}

/// What reached a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// Whether it is what was written first, text and file byte for byte.
    pub(crate) as_written: bool,
    /// Whether it is what the sender chose in the end, text and file byte for byte.
    pub(crate) as_chosen: bool,
}

/// How much a party had of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Had {
    /// Nobody looked, or not at everything.
    NotLookedAt,
    /// Nothing that was found.
    Nothing,
    /// A digest of it and nothing more: it can tell that it is the same as something it knows.
    Digest,
    /// The content.
    Content,
}

/// What reached the recipient, in three kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// What was written first.
    AsWritten,
    /// Something else.
    Changed,
    /// Nothing.
    NotDelivered,
}

impl Fate {
    pub(crate) fn of(arrival: Option<Arrival>) -> Self {
        match arrival {
            None => Self::NotDelivered,
            Some(Arrival { as_written: true, .. }) => Self::AsWritten,
            Some(_) => Self::Changed,
        }
    }
}

impl MessageRun {
    /// How much of it was found among what this party got.
    pub(crate) fn had(&self, party: Party) -> Had {
        match self.findings.get(&party).map(Vec::as_slice) {
            None => Had::NotLookedAt,
            Some([]) => Had::Nothing,
            Some(found) if found.iter().any(|one| one.encoding.is_content()) => Had::Content,
            Some(_) => Had::Digest,
        }
    }

    /// Whether this party could read it.
    pub(crate) fn read_by(&self, party: Party) -> bool {
        self.had(party) == Had::Content
    }

    /// Whether anybody could write it at all.
    pub(crate) fn was_written(&self) -> bool {
        self.ended != Ended::NotWritten
    }

    pub(crate) fn was_sent(&self) -> bool {
        matches!(self.ended, Ended::Sent(_))
    }

    pub(crate) fn fate(&self) -> Fate {
        Fate::of(self.arrival)
    }

    /// Work of the hooks on it, in units of WebAssembly fuel.
    pub(crate) fn fuel(&self) -> u64 {
        self.decisions.iter().map(|decision| decision.fuel).sum()
    }
}
