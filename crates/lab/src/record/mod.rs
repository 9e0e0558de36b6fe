//! A run: what came of one scenario under one setting. Plain values.
//!
//! Every number and every "found" is computed from what the parties got; none is typed here. Claims and panels are
//! computed from runs, and from nothing else.

mod gate;
mod message;

use std::collections::BTreeMap;

pub(crate) use self::{
    gate::{DecisionSeen, InGate, OrderInGate, Shown, VerdictSeen},
    message::{Arrival, Chosen, Ended, Fate, Had, MessageRun, OnTheWire},
};
use crate::{
    observer::{Finding, Party, Searched},
    outcome::Outcome,
    person::Person,
    request_watch::Deliveries,
    setting::Setting,
    tap::TapTotals,
};

/// One scenario under one setting, in a world of its own.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// Under which.
    pub(crate) setting: Setting,
    /// Alice's status line at the end; none where she has no gate.
    pub(crate) gate: Option<String>,
    /// In the order of the scenario.
    pub(crate) messages: Vec<MessageRun>,
    /// How much of each party's bytes the markers were looked for in.
    pub(crate) searched: BTreeMap<Party, Searched>,
    /// What passed the tap during the conversation, from the first message to the last delivery.
    pub(crate) wire: TapTotals,
    /// What the relay stored during the conversation, oldest first.
    pub(crate) envelopes: Vec<EnvelopeSeen>,
    /// Envelopes that were stored and that the lab no longer has.
    pub(crate) envelopes_missed: u64,
    /// Requests that the relay got and that the lab no longer has.
    pub(crate) requests_missed: u64,
    /// What was brought to the relay, and whether it named whom it is from; none where nobody looked.
    pub(crate) deliveries: Option<Deliveries>,
    /// What the authority got.
    pub(crate) reports: Vec<ReportSeen>,
    /// Reports that were made and are held on Alice's device.
    pub(crate) held: usize,
    /// What happened besides the messages, in order.
    pub(crate) happened: Vec<Happened>,
    /// What Alice's audit log proves; none where there is no log.
    pub(crate) audit: Option<Audit>,
}

/// Further runs of a scenario, for what the wire tells.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rounds {
    /// Each setting again.
    pub(crate) again: Vec<Run>,
    /// Off once more, as often as it was played: what it is told from is the same.
    pub(crate) control: Vec<Run>,
}

/// Something that happened besides the messages.
#[derive(Clone, Debug)]
pub(crate) struct Happened {
    /// What, and what came of it.
    pub(crate) outcome: Outcome,
    /// What was shown to whom, word for word as the client has it.
    pub(crate) shown: Vec<(Person, String)>,
    /// Which messages somebody who took something could read in it, with the place; none if nothing was taken.
    pub(crate) taken: Option<Taken>,
}

/// What somebody who took a device or a key could read with it: for each message of the scenario where it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) findings: Vec<Vec<Finding>>,
}

impl Taken {
    /// How many messages could be read.
    pub(crate) fn read(&self) -> usize {
        self.findings.iter().filter(|found| found.iter().any(|one| one.encoding.is_content())).count()
    }
}

/// What an audit log proves afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Audit {
    /// Whether the chain of the log is whole, and has every end that was noted.
    pub(crate) verified: bool,
    /// Ends of it that were noted during the conversation.
    pub(crate) noted: usize,
    /// Decisions in it.
    pub(crate) decisions: usize,
    /// Of these, how many came out the same when the hook was asked again: verdict and fuel.
    pub(crate) same: usize,
    /// How many openings let somebody else check what was judged.
    pub(crate) opened: usize,
    /// The most linear memory that a hook had when it was asked again, in bytes.
    pub(crate) memory_bytes: u64,
}

/// An envelope as the relay stored it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EnvelopeSeen {
    /// Whose mailbox.
    pub(crate) mailbox: Person,
    /// Its size: a padding bucket.
    pub(crate) bytes: u64,
}

/// A report as the authority got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReportSeen {
    /// All of its evidence.
    pub(crate) evidence: Vec<u8>,
}

/// Evidence for people, as far as it is text.
pub(crate) fn readable(evidence: &[u8]) -> String {
    String::from_utf8_lossy(evidence).escape_debug().to_string()
}

impl Run {
    /// Messages of Alice, whose gate is compared.
    pub(crate) fn alices(&self) -> impl Iterator<Item = &MessageRun> {
        self.messages.iter().filter(|message| message.from == Person::Alice)
    }

    /// Those of them that she could write at all.
    pub(crate) fn written(&self) -> impl Iterator<Item = &MessageRun> {
        self.alices().filter(|message| message.was_written())
    }

    /// How often Alice was shown something of this kind.
    pub(crate) fn shown(&self, kind: impl Fn(&Shown) -> bool) -> usize {
        self.alices().flat_map(|message| &message.shown).filter(|shown| kind(shown)).count()
    }

    /// How many of the messages that Alice wrote had this fate.
    pub(crate) fn fates(&self, fate: Fate) -> usize {
        self.written().filter(|message| message.fate() == fate).count()
    }

    /// How many of them did not arrive as she wrote them.
    pub(crate) fn kept_back(&self) -> usize {
        self.written().count() - self.fates(Fate::AsWritten)
    }

    /// How many messages this party could read.
    pub(crate) fn read_by(&self, party: Party) -> usize {
        self.messages.iter().filter(|message| message.read_by(party)).count()
    }

    /// Work of the hooks in all messages, in units of WebAssembly fuel.
    pub(crate) fn fuel(&self) -> u64 {
        self.messages.iter().map(MessageRun::fuel).sum()
    }

    /// Envelopes that came into the authority's mailbox: what left Alice because of the hook.
    pub(crate) fn for_authority(&self) -> impl Iterator<Item = &EnvelopeSeen> {
        self.envelopes.iter().filter(|envelope| envelope.mailbox == Person::Authority)
    }

    /// Their sealed bytes.
    pub(crate) fn hook_bytes(&self) -> u64 {
        self.for_authority().map(|envelope| envelope.bytes).sum()
    }

    /// The middle one of the times that Alice's messages took from the key press to the outbox.
    pub(crate) fn compose_us_median(&self) -> u64 {
        let mut times: Vec<u64> = self.alices().map(|message| message.compose_us).collect();
        times.sort_unstable();
        times.get(times.len() / 2).copied().unwrap_or(0)
    }
}
